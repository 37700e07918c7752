"""The metafrontier: what units could reach with the technology of any group."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from innospace.core.errors import DataError, SpecError, offenders
from innospace.core.labels import require_known
from innospace.core.numbers import fixed
from innospace.frontier.densities.base import Array
from innospace.frontier.fitting import fit
from innospace.frontier.hypothesis_tests import TestResult, likelihood_ratio
from innospace.frontier.result import FrontierResult
from innospace.frontier.structure.envelope import linear_envelope, quadratic_envelope

if TYPE_CHECKING:
    import pandas as pd

METHODS = ("linear", "quadratic", "stochastic")


@dataclass(frozen=True)
class MetafrontierResult:
    """Group frontiers and the metafrontier above them.

    Attributes
    ----------
    formula, group, method : str
    groups : mapping of str to FrontierResult
        The frontier of each group, with its own standard errors.
    pooled : FrontierResult
        One frontier for all rows.
    meta : ndarray, shape (k,)
        Coefficients of the metafrontier, named as those of the pooled frontier.
    errors : ndarray, shape (k,)
        Their standard errors by simulation; NaN without draws.
    rows : pandas.DataFrame
        One row per row given, in order: ``row``, ``group``, ``te`` (against the own group), ``gap_ratio``
        (technology gap ratio), ``te_meta`` (against the metafrontier); missing where a row was left out.
    second : FrontierResult or None
        The stochastic metafrontier's own regression.
    """

    formula: str
    group: str
    method: str
    groups: Mapping[str, FrontierResult]
    pooled: FrontierResult
    meta: Array
    errors: Array
    rows: pd.DataFrame
    second: FrontierResult | None = None

    def coefficients(self) -> pd.DataFrame:
        """Return coefficients by name: metafrontier, its standard error, and the frontier of each group."""
        import pandas as pd

        k = len(self.meta)
        columns: dict[str, Array] = {"metafrontier": self.meta, "std_error": self.errors}
        columns |= {name: r.estimate.theta[:k] for name, r in self.groups.items()}
        return pd.DataFrame(columns, index=pd.Index(self.pooled.sample.names, name="name"))

    def efficiencies(self) -> pd.DataFrame:
        """Return ``rows``."""
        return self.rows

    def test_one_frontier(self) -> TestResult:
        """Test one common frontier by likelihood ratio: group frontiers against the pooled one.

        Raises
        ------
        SpecError
            A frontier lies on a boundary, where the ratio has no chi-square distribution.
        """
        fits = {"all rows": self.pooled, **self.groups}
        at_edge = [name for name, r in fits.items() if r.status.boundary]
        if at_edge:
            raise SpecError(
                "The likelihood ratio has no chi-square distribution: a frontier lies on a boundary.",
                where=offenders(at_edge),
                remedy="Read the status of these frontiers; merge groups without inefficiency with others.",
            )
        full = sum(r.loglik for r in self.groups.values())
        own = sum(len(r.names) for r in self.groups.values()) - len(self.pooled.names)
        return likelihood_ratio(self.pooled.loglik, full, own, "all groups share one frontier")

    def summary(self) -> str:
        """Return a text summary."""
        means = self.rows.dropna().groupby("group", sort=False)[["te", "gap_ratio", "te_meta"]].mean()
        lines = [f"Metafrontier ({self.method}) of {self.formula} by {self.group}", ""]
        for name, value, se in zip(self.pooled.sample.names, self.meta, self.errors, strict=True):
            error = fixed(float(se), 6) if np.isfinite(se) else "-"
            lines.append(f"{name[:28]:<28}{fixed(float(value), 6):>14}{error:>14}")
        lines += ["", f"{'group':<28}{'rows':>8}{'TE':>10}{'gap ratio':>12}{'TE meta':>10}"]
        for name, r in self.groups.items():
            te, gap, both = (fixed(float(v), 4) for v in means.loc[name].to_numpy())
            edge = f"  {r.status.boundary}" if r.status.boundary else ""
            lines.append(f"{name[:28]:<28}{r.n:>8}{te:>10}{gap:>12}{both:>10}{edge}")
        return "\n".join(lines)

    def __repr__(self) -> str:
        return self.summary()


def metafrontier(
    formula: str,
    data: Any,
    *,
    group: str,
    method: str = "linear",
    inefficiency: str = "half_normal",
    cost: bool = False,
    draws: int = 0,
    seed: int = 0,
) -> MetafrontierResult:
    """Fit a frontier to each group and the metafrontier that envelops them.

    Parameters
    ----------
    formula : str
        As in :func:`innospace.fit`; outcome in logarithms, so that gaps are ratios.
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
    seed : int

    Returns
    -------
    MetafrontierResult

    Raises
    ------
    FormulaError, LabelError, DataError, SpecError, SolverError

    Notes
    -----
    ``TE against the metafrontier = TE of the group * gap ratio``, ``gap ratio = exp(S (f_group - f_meta))``. Standard
    errors of the stochastic metafrontier are the sandwich; group frontiers count as data in it. Few groups that differ
    mostly in their intercepts leave that regression without noise: its status then names the boundary.
    """
    from innospace.data import as_dataset

    require_known([method], METHODS, kind="method")
    if draws < 0 or (draws and method == "stochastic"):
        raise SpecError("Draws are a non-negative number for the methods linear and quadratic.", remedy="Use draws=0.")
    frame = as_dataset(data).frame.reset_index(drop=True)
    require_known([group], [str(c) for c in frame.columns], kind="column", where="group")
    frame = frame.assign(**{group: frame[group].astype("object")})
    pooled = fit(formula, frame[frame[group].notna()], inefficiency=inefficiency, cost=cost, seed=seed)
    fits, places = _groups(formula, frame, group, pooled, inefficiency=inefficiency, cost=cost, seed=seed)
    place = np.concatenate(list(places.values()))
    order = np.argsort(place)
    x = np.concatenate([r.estimate.problem.x for r in fits.values()])[order]
    own = np.concatenate([r.estimate.problem.x @ r.estimate.theta[: x.shape[1]] for r in fits.values()])[order]
    te = np.concatenate([r.used_efficiencies().te_bc for r in fits.values()])[order]
    sign, second = pooled.spec.sign, None
    if method == "stochastic":
        second = fit(
            y=own, X=x, names=pooled.sample.names, intercept=False, inefficiency=inefficiency, cost=cost, vcov="robust"
        )
        k = x.shape[1]
        meta, errors = second.estimate.theta[:k], np.sqrt(np.diag(second.covariance))[:k]
        gap = second.used_efficiencies().te_bc
    else:
        envelope = linear_envelope if method == "linear" else quadratic_envelope
        meta = envelope(x, own, sign)
        gap = np.exp(np.minimum(0.0, sign * (own - x @ meta)))
        errors = np.full(len(meta), np.nan)
        if draws:
            frontiers = _drawn([(r, np.searchsorted(place[order], places[n])) for n, r in fits.items()], draws, seed)
            errors = np.std([envelope(x, f, sign) for f in frontiers], axis=0, ddof=1)
    rows = frame[[group]].set_axis(["group"], axis=1).assign(te=np.nan, gap_ratio=np.nan, te_meta=np.nan)
    rows.loc[place[order], ["te", "gap_ratio", "te_meta"]] = np.column_stack((te, gap, te * gap))
    rows.insert(0, "row", np.arange(1, len(rows) + 1))
    return MetafrontierResult(formula, group, method, fits, pooled, meta, errors, rows, second)


def _groups(
    formula: str, frame: pd.DataFrame, group: str, pooled: FrontierResult, **options: Any
) -> tuple[dict[str, FrontierResult], dict[str, np.ndarray[Any, Any]]]:
    """Return the frontier of each group and the positions of its rows in the table."""
    present = np.flatnonzero(frame[group].notna().to_numpy())[pooled.sample.kept]
    counts = frame[group].iloc[present].value_counts(sort=False)
    need = len(pooled.asked) + 1
    small = [f"{name} ({n} rows)" for name, n in counts.items() if n < need]
    if len(counts) < 2 or small:
        raise DataError(
            "A group is too small for a frontier of its own." if small else "A metafrontier needs two groups or more.",
            where=offenders(small) if small else f"column {group!r} has {len(counts)} value",
            allowed=f"at least {need} rows without missing cells in each of two groups or more",
            remedy="Merge small groups or use fewer regressors.",
        )
    fits, places = {}, {}
    for name in counts.index:
        rows = present[(frame[group].iloc[present] == name).to_numpy()]
        r = fit(formula, frame.iloc[rows], **options)
        if r.sample.names != pooled.sample.names:
            raise DataError(
                "Groups must have the same regressors.",
                where=f"group {name}",
                remedy="Leave out categories that a group does not have.",
            )
        fits[str(name)], places[str(name)] = r, rows
    return fits, places


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
