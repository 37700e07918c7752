"""The metafrontier: what units could reach with the technology of any group."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from innospace.core.errors import DataError, SpecError, offenders
from innospace.core.labels import require_known
from innospace.core.progress import Progress, silent
from innospace.core.provenance import Provenance
from innospace.data.groups import Grouping
from innospace.frontier.densities.base import Array
from innospace.frontier.efficiency import check_level
from innospace.frontier.fitting import fit
from innospace.frontier.result import FrontierResult
from innospace.frontier.structure.envelope import linear_envelope, quadratic_envelope
from innospace.frontier.structure.metafrontier_result import MetafrontierResult
from innospace.frontier.structure.metafrontier_spec import MetafrontierSpec

if TYPE_CHECKING:
    import pandas as pd

LABELS = ("region", "region_code", "year", "firm")
"""Columns that name rows and stand beside their efficiencies."""


def metafrontier(
    formula: str | MetafrontierSpec,
    data: Any,
    *,
    group: str = "group",
    method: str = "linear",
    inefficiency: str = "half_normal",
    cost: bool = False,
    draws: int = 0,
    grouping: Grouping | None = None,
    level: float = 0.95,
    seed: int = 0,
    progress: Progress = silent,
) -> MetafrontierResult:
    """Fit a frontier to each group and the metafrontier that envelops them.

    Parameters
    ----------
    formula : str or MetafrontierSpec
        As in :func:`innospace.fit`; outcome in logarithms, so that gaps are ratios. A spec holds all that follows up to
        ``grouping``.
    data : Dataset, pandas or polars frame, or mapping of arrays
    group : str
        Column whose values are the groups.
    method : str
        ``linear`` or ``quadratic`` (least sum of distances, or of their squares, above all group frontiers; Battese,
        Rao and O'Donnell 2004), ``stochastic`` (a frontier of fitted group frontiers; Huang, Huang and Liu 2014).
    inefficiency : str
        Distribution in every group.
    cost : bool
        Cost frontier.
    draws : int
        Draws of group coefficients from their normal limit, for standard errors of ``linear`` and ``quadratic``.
    grouping : Grouping, optional
        Make the groups of regions from columns of the table (:class:`innospace.data.groups.Grouping`); ``group`` is
        then what their column is called.
    level : float
        Coverage of the intervals of gap ratios, which a stochastic metafrontier has.
    seed : int
    progress : callable
        Called with a message and a finished fraction.

    Returns
    -------
    MetafrontierResult

    Raises
    ------
    FormulaError, LabelError, DataError, SpecError, SolverError

    Notes
    -----
    ``TE against the metafrontier = TE of the group * gap ratio``, ``gap ratio = exp(S (f_group - f_meta))``. Standard
    errors of the stochastic metafrontier are the sandwich; group frontiers count as data in it and rows as independent,
    so that errors are too small where a whole group lies one distance from the metafrontier. Few groups that differ
    mostly in their intercepts leave that regression without noise: its status names the boundary. Its gap ratios are
    ``E[exp(-u) | e]`` given the row's residual ``e`` in that regression, with the equal-tailed interval of
    ``exp(-u) | e`` (Horrace and Schmidt 1996): group frontiers and parameters are taken as known.
    """
    from innospace.data import as_dataset

    check_level(level)
    given = (group, method, inefficiency, cost, draws, grouping)
    spec = formula if isinstance(formula, MetafrontierSpec) else MetafrontierSpec(formula, *given)
    dataset = as_dataset(data)
    frame = _grouped(spec, dataset.frame)
    progress("Estimating the pooled frontier", 0.0)
    options: dict[str, Any] = {"inefficiency": spec.inefficiency, "cost": spec.cost, "seed": seed}
    pooled = fit(spec.formula, frame[frame[spec.group].notna()], **options)
    fits, places = {}, _places(spec, frame, pooled)
    for i, (name, at) in enumerate(places.items()):
        progress(f"Estimating the frontier of {name}", (i + 1) / (len(places) + 2))
        fits[name] = _own_frontier(spec, frame.iloc[at], name, pooled, options)
    place = np.concatenate(list(places.values()))
    order = np.argsort(place)
    x = np.concatenate([r.estimate.problem.x for r in fits.values()])[order]
    own = np.concatenate([r.estimate.problem.x @ r.estimate.theta[: x.shape[1]] for r in fits.values()])[order]
    te = np.concatenate([r.used_efficiencies().te_bc for r in fits.values()])[order]
    progress("Estimating the metafrontier", 1.0 - 1.0 / (len(places) + 2))
    meta, gap, second = above(spec, x, own, pooled.sample.names)
    drawn = [(r, np.searchsorted(place[order], places[n])) for n, r in fits.items()]
    errors = _errors(spec, x, drawn, seed) if second is None else np.sqrt(np.diag(second.covariance))[: len(meta)]
    rows = frame[[c for c in LABELS if c in frame.columns and c != spec.group]].assign(group=frame[spec.group])
    numbers = {"te": te, "gap_ratio": gap, **_bounds(second, level), "te_meta": te * gap}
    numbers |= {"group_frontier": own, "metafrontier": x @ meta}
    rows = rows.assign(**dict.fromkeys(numbers, np.nan))
    rows.loc[place[order], list(numbers)] = np.column_stack(list(numbers.values()))
    rows.insert(0, "row", np.arange(1, len(rows) + 1))
    progress("Done", 1.0)
    provenance = Provenance.now((dataset.source,), spec.to_dict(), seed)
    return MetafrontierResult(spec, fits, pooled, meta, errors, rows, provenance, second, dataset.steps, level=level)


def require_metafrontier(spec: MetafrontierSpec, data: Any) -> None:
    """Raise what :func:`metafrontier` would raise for this table before any group is estimated."""
    from innospace.data import as_dataset
    from innospace.frontier.fitting import require_fit
    from innospace.frontier.spec import FrontierSpec

    frame = _grouped(spec, as_dataset(data).frame)
    own = FrontierSpec(spec.formula, spec.inefficiency, spec.cost)
    require_fit(own, frame[frame[spec.group].notna()])
    for name, rows in frame.groupby(spec.group, sort=False):
        try:
            require_fit(own, rows)
        except DataError as error:
            raise DataError(error.what, where=f"group {name}", allowed=error.allowed, remedy=error.remedy) from error


def _grouped(spec: MetafrontierSpec, frame: pd.DataFrame) -> pd.DataFrame:
    frame = frame.reset_index(drop=True)
    if spec.grouping is not None:
        found = spec.grouping.of(frame)
        return frame.assign(**{spec.group: frame["region"].map(found.group.map(found.names)).astype("object")})
    require_known([spec.group], [str(c) for c in frame.columns], kind="column", where="group")
    return frame.assign(**{spec.group: frame[spec.group].astype("object")})


def above(
    spec: MetafrontierSpec, x: Array, own: Array, names: tuple[str, ...]
) -> tuple[Array, Array, FrontierResult | None]:
    """Return the metafrontier, gap ratios, and the regression of fitted group frontiers where it is stochastic.

    Parameters
    ----------
    spec : MetafrontierSpec
    x : ndarray, shape (n, k)
    own : ndarray, shape (n,)
        The group frontier at each row.
    names : tuple of str
        Columns of ``x``.
    """
    if spec.method == "stochastic":
        second = fit(
            y=own, X=x, names=names, intercept=False, inefficiency=spec.inefficiency, cost=spec.cost, vcov="robust"
        )
        return second.estimate.theta[: x.shape[1]], second.used_efficiencies().te_bc, second
    meta = _envelope(spec)(x, own, spec.sign)
    return meta, np.exp(np.minimum(0.0, spec.sign * (own - x @ meta))), None


def _bounds(second: FrontierResult | None, level: float) -> dict[str, Array]:
    """Return ends of intervals of gap ratios, shape (n,) each; none under an envelope."""
    if second is None:
        return {}
    found = second.used_efficiencies(level)
    return {"gap_ratio_lower": found.te_lower, "gap_ratio_upper": found.te_upper}


def _envelope(spec: MetafrontierSpec) -> Callable[[Array, Array, float], Array]:
    return linear_envelope if spec.method == "linear" else quadratic_envelope


def _errors(spec: MetafrontierSpec, x: Array, drawn: list[tuple[FrontierResult, Any]], seed: int) -> Array:
    """Return simulated errors of an envelope; NaN without draws."""
    if not spec.draws:
        return np.full(x.shape[1], np.nan)
    envelope = _envelope(spec)
    found = [envelope(x, f, spec.sign) for f in _drawn(drawn, spec.draws, seed)]
    return np.asarray(np.std(found, axis=0, ddof=1), dtype=np.float64)


def _places(spec: MetafrontierSpec, frame: pd.DataFrame, pooled: FrontierResult) -> dict[str, Any]:
    """Return the positions in the table of the rows that each group uses."""
    values = frame[spec.group]
    present = np.flatnonzero(values.notna().to_numpy())[pooled.sample.kept]
    counts = values.iloc[present].value_counts(sort=False)
    need = len(pooled.asked) + 1
    small = [f"{name} ({n} rows)" for name, n in counts.items() if n < need]
    if len(counts) < 2 or small:
        raise DataError(
            "A group is too small for a frontier of its own." if small else "A metafrontier needs two groups or more.",
            where=offenders(small) if small else f"column {spec.group!r} has {len(counts)} value",
            allowed=f"at least {need} rows without missing cells in each of two groups or more",
            remedy="Merge small groups or use fewer regressors.",
        )
    return {str(name): present[(values.iloc[present] == name).to_numpy()] for name in counts.index}


def _own_frontier(
    spec: MetafrontierSpec, rows: pd.DataFrame, name: str, pooled: FrontierResult, options: dict[str, Any]
) -> FrontierResult:
    """Return the frontier of a group on the regressors of all groups."""
    r = fit(spec.formula, rows, **options)
    if r.sample.names != pooled.sample.names:
        raise DataError(
            "Groups must have the same regressors.",
            where=f"group {name}",
            remedy="Leave out categories that a group does not have.",
        )
    return r


def _drawn(fits: list[tuple[FrontierResult, Any]], draws: int, seed: int) -> list[Array]:
    """Return group frontiers at all rows for coefficients drawn from their normal limits."""
    rng = np.random.default_rng(seed)
    out = np.empty((draws, sum(len(where) for _, where in fits)))
    for r, where in fits:
        x = r.estimate.problem.x
        k = x.shape[1]
        v = r.covariance[:k, :k]
        if not np.isfinite(v).all():
            raise SpecError(
                "Standard errors need a covariance of every group frontier.",
                where=f"{r.spec.formula}: {r.status.boundary or r.status.code}",
                remedy="Use draws=0, or merge the group with another.",
            )
        out[:, where] = rng.multivariate_normal(r.estimate.theta[:k], v, size=draws) @ x.T
    return list(out)
