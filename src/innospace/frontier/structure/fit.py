"""The verb: from a formula and a table to a frontier with a structure."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from innospace.core.errors import BoundaryWarning, DataError, MissingRowsWarning, SpecError, offenders
from innospace.core.labels import require_known
from innospace.core.progress import Progress, silent
from innospace.core.provenance import Provenance
from innospace.data import formula as language
from innospace.frontier.densities.base import Array
from innospace.frontier.efficiency import check_level
from innospace.frontier.fitting import independent, row_clusters, row_weights
from innospace.frontier.spec import check_covariance, refuse_two_steps
from innospace.frontier.structure.arrays import Arrays
from innospace.frontier.structure.spec import COVARIANCES, StructureSpec

if TYPE_CHECKING:
    import pandas as pd

    from innospace.data import Dataset
    from innospace.frontier.structure.result import StructureResult

FEWEST_PER_PARAMETER = 2
"""Rows for each parameter below which a structure is not estimated."""
LARGEST_COUNT = 2.0**53
"""Beyond it whole numbers are not exact."""


def fit_structure(
    formula: str | StructureSpec,
    data: Any,
    *,
    model: str = "latent_class",
    inefficiency: str = "half_normal",
    cost: bool = False,
    weights: str | None = None,
    cluster: str | None = None,
    classes: int = 2,
    selected: str | None = None,
    vcov: str = "hessian",
    level: float = 0.95,
    seed: int = 0,
    progress: Progress = silent,
) -> StructureResult:
    """Fit a stochastic frontier with a structure.

    Parameters
    ----------
    formula : str or StructureSpec
        ``outcome ~ regressors`` and after bars the parts of the model, in the language of
        :mod:`innospace.data.formula`: ``u: z`` and ``v: w`` (regressors of ``ln sigma_u^2`` and ``ln sigma_v^2``),
        ``class: q`` (of the probability of a class), ``select: z`` (of the selection), ``endogenous: x`` and
        ``instruments: z`` (exogenous regressors are instruments by themselves). A spec holds all that follows up to
        ``selected``.
    data : Dataset, pandas or polars frame, or mapping of arrays
        Rows with a missing cell in a used column are left out, with a warning that counts them.
    model : str
        ``zero_inefficiency`` (a share of the units is fully efficient), ``latent_class`` (several technologies),
        ``contaminated_noise`` (noise of two variances), ``counts`` (the outcome is a count, zeros included),
        ``selection`` (the outcome is seen for selected rows only), ``endogenous`` (regressors that go with noise).
    inefficiency : str
        ``half_normal`` or ``exponential``; ``half_normal`` with ``selection``.
    cost : bool
        Cost frontier.
    weights : str, optional
        Column of positive weights that multiply each row's log-likelihood.
    cluster : str, optional
        Column of clusters, for ``vcov="cluster"`` and ``"jackknife"``.
    classes : int
        Number of latent classes; smaller numbers are estimated too, for comparison by BIC.
    selected : str, optional
        Column of zeros and ones that says where the outcome is seen, for ``selection``; the part ``select: z`` has the
        regressors of the selection. Cells of the outcome and the regressors may be missing in rows with 0.
    vcov : str
        ``hessian``, ``opg``, ``robust`` or ``cluster``; can be changed afterwards. ``jackknife`` leaves out one cluster
        after the other, to first order, and is there only when it is asked for: an evaluation for each cluster.
    level : float
        Coverage of the intervals of efficiency.
    seed : int
        Draws some starts of latent classes.
    progress : callable
        Called with a message and a finished fraction.

    Returns
    -------
    StructureResult

    Raises
    ------
    FormulaError, LabelError, DataError, SpecError
        The input cannot be estimated; the message says where and what to do.

    Notes
    -----
    Analytic score and Hessian; latent classes begin with expectation and maximisation from several divisions of the
    rows. Class 1 has the best frontier at the mean of the regressors, the next ones follow in order. The likelihood of
    latent classes has no upper bound (a class may close in on a few rows), so that the highest maximum inside is
    reported. Limits of a model are named in ``status``: no fully efficient units (``all_inefficient``), no
    inefficiency (``sigma_u_zero``, ``class_without_inefficiency``), noise of one variance (``one_noise``), no noise
    beyond that of counts (``poisson_alone``), a class without rows (``class_empty``, ``class_on_few_rows``), a
    correlation of one (``rho_one``).

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from innospace.frontier.structure.fit import fit_structure
    >>> rng = np.random.default_rng(1)
    >>> x = rng.normal(size=400)
    >>> u = np.where(rng.uniform(size=400) < 0.5, 0.0, np.abs(rng.normal(size=400)))
    >>> table = pd.DataFrame({"x": x, "y": 1.0 + 0.5 * x + 0.2 * rng.normal(size=400) - u})
    >>> found = fit_structure("y ~ x", table, model="zero_inefficiency")
    >>> bool(found.status.converged), 0.3 < found.numbers["share_2"] < 0.7
    (True, True)
    """
    from innospace.frontier.structure.estimation import estimate

    given = (model, inefficiency, cost, weights, cluster, classes, selected)
    spec = formula if isinstance(formula, StructureSpec) else StructureSpec(formula, *given)
    check_covariance(vcov, spec.cluster is not None, COVARIANCES)
    check_level(level)
    progress("Reading the model", 0.0)
    inputs = read_structure(spec, data)
    if inputs.message:
        warnings.warn(inputs.message, MissingRowsWarning, stacklevel=2)
    provenance = Provenance.now(inputs.sources, spec.to_dict(), seed)
    found = estimate(spec, inputs.arrays, inputs.labels, provenance, vcov, level, seed, progress)
    messages: tuple[str, ...] = (inputs.message,) if inputs.message else ()
    if found.status.boundary:
        messages = (*messages, f"{found.status.message} {found.status.remedy}")
        warnings.warn(messages[-1], BoundaryWarning, stacklevel=2)
    progress("Done", 1.0)
    return replace(found, warnings=messages, steps=inputs.steps)


@dataclass(frozen=True, slots=True)
class StructureInputs:
    """A table as arrays, with what a reader is to know of it.

    Attributes
    ----------
    arrays : Arrays
    labels : pandas.DataFrame
        Region, firm and year of every row given; no columns where there are none.
    message : str
        Rows left out; empty when there are none.
    sources, steps : tuple
        Where the table comes from, what was done to it.
    """

    arrays: Arrays
    labels: pd.DataFrame
    message: str
    sources: tuple[Any, ...]
    steps: tuple[str, ...]


def read_structure(spec: StructureSpec, data: Any) -> StructureInputs:
    """Return the arrays of a model, or raise what :func:`fit_structure` would raise without estimating."""
    from innospace.data import as_dataset

    if data is None:
        raise SpecError("A frontier with a structure needs a table.", remedy="Give data=, a frame with the columns.")
    dataset = as_dataset(data)
    frame = dataset.frame
    if len(frame) == 0:
        raise DataError("The table has no rows.", remedy="Check the file and any filter applied to it.")
    parsed = language.parse(spec.formula, spec.described.parts)
    refuse_two_steps(parsed.outcome)
    also = tuple(c for c in (spec.weights, spec.cluster) if c is not None)
    if spec.selected is not None:
        return _read_selection(spec, dataset, parsed, also)
    m = language.materialise(parsed, frame, also)
    parts = {name: found for name, found in m.parts.items() if found[1] != ("Intercept",)}
    if spec.model == "endogenous":
        parts = _with_exogenous(m.x, m.names, parts)
    w = row_weights(None if spec.weights is None else frame[spec.weights].to_numpy(), len(frame), m.kept)
    clusters = row_clusters(None if spec.cluster is None else frame[spec.cluster].to_numpy(), len(frame), m.kept)
    arrays = Arrays(m.y, m.x, m.names, spec.sign, w, parts, clusters, m.kept, len(frame))
    if spec.model == "counts":
        _require_counts(arrays.y, arrays.kept, spec.formula)
    _require_estimable(spec, arrays)
    labels = frame[[c for c in language.LABELS if c in frame.columns]]
    return StructureInputs(arrays, labels, language.left_out(frame, m.kept), (dataset.source,), dataset.steps)


def _with_exogenous(
    x: Array, names: tuple[str, ...], parts: dict[str, tuple[Array, tuple[str, ...]]]
) -> dict[str, tuple[Array, tuple[str, ...]]]:
    """Return the parts with exogenous regressors, of the frontier and of inefficiency, among the instruments."""
    (_, endogenous), (z, columns) = parts["endogenous"], parts["instruments"]
    others = [(names, x), *((parts[p][1], parts[p][0]) for p in ("u", "v") if p in parts)]
    known = {name: matrix[:, j] for own, matrix in others for j, name in enumerate(own)}
    require_known(endogenous, list(known), kind="regressor", where="part endogenous")
    exogenous = {name: column for name, column in known.items() if name not in endogenous}
    extra = [j for j, name in enumerate(columns) if name not in exogenous and name not in endogenous]
    if len(extra) < len(endogenous):
        raise SpecError(
            f"{len(endogenous)} endogenous regressor{'s' if len(endogenous) > 1 else ''} cannot be told with "
            f"{len(extra)} instrument{'s' if len(extra) != 1 else ''} that the frontier does not have.",
            where=f"instruments {offenders(columns)}",
            allowed="as many instruments of their own as endogenous regressors, or more",
            remedy="Add instruments that move these regressors and have no effect of their own.",
        )
    matrix = np.column_stack((*exogenous.values(), z[:, extra]))
    return parts | {"instruments": (matrix, (*exogenous, *(columns[j] for j in extra)))}


def _read_selection(
    spec: StructureSpec, dataset: Dataset, parsed: language.ParsedFormula, also: tuple[str, ...]
) -> StructureInputs:
    """Return the arrays of a selection, selected rows first; the others need the regressors of the selection only."""
    frame, column = dataset.frame, str(spec.selected)
    select = language.materialise(language.parse(f"`{column}` ~ {parsed.parts['select']}"), frame, also)
    odd = select.kept[~np.isin(select.y, (0.0, 1.0))]
    if len(odd) or len(np.unique(select.y)) < 2:
        raise DataError(
            f"Column {column!r} must hold zeros and ones, some of each.",
            where=offenders(language.row_labels(frame, odd[:5])) if len(odd) else f"all values are {select.y[0]:g}",
            allowed="1 where the outcome is seen, 0 elsewhere",
            remedy="Check the column of the selection.",
        )
    chosen = select.kept[select.y == 1.0]
    main = language.materialise(
        language.parse(f"{parsed.outcome} ~ {parsed.regressors}"), frame.iloc[chosen].reset_index(drop=True)
    )
    seen, rest = chosen[main.kept], select.kept[select.y == 0.0]
    kept = np.concatenate((seen, rest))
    place = np.searchsorted(select.kept, kept)
    w = row_weights(None if spec.weights is None else frame[spec.weights].to_numpy(), len(frame), kept)
    clusters = row_clusters(None if spec.cluster is None else frame[spec.cluster].to_numpy(), len(frame), kept)
    parts = {"select": (select.x[place], select.names)}
    # a sample that is drawn may select other rows
    unseen = language.applied(parsed, frame.iloc[seen], frame.iloc[rest])
    arrays = Arrays(main.y, main.x, main.names, spec.sign, w, parts, clusters, kept, len(frame), unseen)
    own = replace(arrays, parts={}, weights=None if w is None else w[: len(seen)], kept=seen, unseen=None)
    _require_estimable(spec, own)
    independent(select.x[place], w, select.names, "Regressor of part select", "regressors of part select")
    labels = frame[[c for c in language.LABELS if c in frame.columns]]
    message = language.left_out(frame, np.sort(kept))
    return StructureInputs(arrays, labels, message, (dataset.source,), dataset.steps)


def _require_counts(y: Array, kept: np.ndarray[Any, np.dtype[np.int64]], formula: str) -> None:
    """Raise unless an outcome is counts: whole numbers from zero on."""
    bad = kept[(y < 0.0) | (y != np.round(y)) | (y > LARGEST_COUNT)]
    if len(bad):
        raise DataError(
            "The outcome of a frontier of counts is not a count.",
            where=f"formula {formula!r}, rows {offenders((bad + 1).tolist())}",
            allowed="whole numbers: 0, 1, 2, ...",
            remedy="Give the counts themselves, not their logarithms or means: means over years times the years.",
        )


def _require_estimable(spec: StructureSpec, arrays: Arrays) -> None:
    size = arrays.x.shape[1] * (spec.classes if spec.model == "latent_class" else 1) + 3 * spec.classes
    need = FEWEST_PER_PARAMETER * size
    if arrays.n < need:
        raise DataError(
            f"{arrays.n} row{'s' if arrays.n != 1 else ''} cannot tell about {size} parameters of a structure.",
            where=f"formula {spec.formula!r}, {spec.described.title.lower()}",
            allowed=f"at least {need} rows without missing cells",
            remedy="Add rows, use fewer classes or regressors, or fit a frontier without a structure.",
        )
    spread = float(np.ptp(arrays.y))
    if spread <= 1e-12 * float(np.abs(arrays.y).max()) or spread == 0.0:
        raise DataError(
            "The outcome is constant, so there is nothing to explain.",
            where=f"all {arrays.n} values equal {arrays.y[0]:g}",
            remedy="Check the outcome column.",
        )
    standard = independent(arrays.x, arrays.weights, arrays.names, "Regressor", "regressors")
    for part, (z, names) in arrays.parts.items():
        independent(z, arrays.weights, names, f"Regressor of part {part}", f"regressors of part {part}")
    residual = arrays.y - standard @ np.linalg.lstsq(standard, arrays.y, rcond=None)[0]
    if float(np.sqrt(np.mean(residual**2))) <= 1e-10 * spread:
        raise DataError(
            "The regressors reproduce the outcome exactly, so there is neither noise nor inefficiency.",
            where=f"columns {offenders(arrays.names)}",
            remedy="Check that the outcome is not computed from the regressors.",
        )
