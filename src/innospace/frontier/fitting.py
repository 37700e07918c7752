"""The verb: from a formula and a table, or from arrays, to a fitted frontier."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from innospace.core.errors import BoundaryWarning, DataError, MissingRowsWarning, SpecError, offenders
from innospace.core.labels import require_known
from innospace.core.progress import Progress, silent
from innospace.core.provenance import Provenance
from innospace.data import formula as language
from innospace.frontier.densities.base import Array
from innospace.frontier.estimate import maximise_likelihood
from innospace.frontier.likelihood import Problem
from innospace.frontier.result import FrontierResult, Sample
from innospace.frontier.spec import PARTS, WITH_INTERCEPT, FrontierSpec, check_covariance, refuse_two_steps
from innospace.numerics.linear import dependent_columns, least_squares, standardise

if TYPE_CHECKING:
    import pandas as pd

LABEL_COLUMNS = ("region", "region_code", "firm", "year")


def fit(
    formula: str | FrontierSpec | None = None,
    data: Any = None,
    *,
    y: Any = None,
    X: Any = None,
    names: Sequence[str] | None = None,
    intercept: bool = True,
    determinants: Mapping[str, Any] | None = None,
    inefficiency: str = "half_normal",
    noise: str = "normal",
    cost: bool = False,
    weights: Any = None,
    cluster: Any = None,
    vcov: str = "hessian",
    seed: int = 0,
    progress: Progress = silent,
) -> FrontierResult:
    """Fit a stochastic frontier by maximum likelihood.

    ``y = x'b + v - u`` (production) or ``y = x'b + v + u`` (cost), ``v ~ N(0, sigma_v^2)``, ``u >= 0``.

    Parameters
    ----------
    formula : str or FrontierSpec
        ``outcome ~ regressors`` in the language of :mod:`innospace.data.formula`. After bars follow regressors of
        the parameters of the distributions: ``| u: z1 + z2`` of ``ln sigma_u^2``, ``| v: w`` of ``ln sigma_v^2``,
        ``| mu: z`` of the mean before truncation (Battese and Coelli 1995); ``u`` and ``mu`` together are Wang (2002);
        ``| scale: z`` stretches truncated-normal inefficiency (the scaling property, Wang and Schmidt 2002).
    data : Dataset, pandas or polars frame, or mapping of arrays
        Rows with a missing cell in a used column are left out, with a warning that counts them.
    y, X : array, shapes (n,) and (n, k)
        Instead of ``formula`` and ``data``; missing or infinite values raise.
    names : sequence of str, optional
        Names of the columns of ``X``.
    intercept : bool
        Array input only: put an intercept in front.
    determinants : mapping of str to array or frame, shape (n, p), optional
        Array input only: regressors by part (``u``, ``v``, ``mu``, ``scale``); an intercept is put in front of each
        but ``scale``.
    inefficiency : str
        Distribution of inefficiency: ``half_normal``, ``exponential``, ``truncated_normal``, ``rayleigh``, ``uniform``,
        ``generalised_exponential``, ``truncated_laplace``, ``gamma``, ``weibull`` or ``lognormal``.
    noise : str
        Distribution of noise: ``normal``, ``student_t`` or ``laplace``.
    cost : bool
        Cost frontier.
    weights : str or array, shape (n,), optional
        Column or array of positive weights that multiply each row's log-likelihood.
    cluster : str or array, shape (n,), optional
        Column or array of cluster labels, for ``vcov="cluster"``.
    vcov : str
        ``hessian``, ``opg``, ``robust`` or ``cluster``; can be changed afterwards.
    seed : int
        Draws the rows on which the starts of a large sample are tried.
    progress : callable
        Called with a message and a finished fraction.

    Returns
    -------
    FrontierResult

    Raises
    ------
    FormulaError, LabelError, DataError, SpecError
        The input cannot be estimated; the message says where and what to do.

    Notes
    -----
    Aigner, Lovell and Schmidt (1977); Meeusen and van den Broeck (1977); Stevenson (1980). Analytic score and
    Hessian; several starts; a maximum on the boundary of the parameter space is named in ``status``.
    """
    progress("Reading the model", 0.0)
    if isinstance(formula, FrontierSpec):
        spec = formula
        inputs = _from_table(spec, data, spec.weights, spec.cluster)
    elif formula is not None:
        by_weights, by_cluster = (v if isinstance(v, str) else None for v in (weights, cluster))
        spec = FrontierSpec(formula, inefficiency, cost, by_weights, by_cluster, noise)
        inputs = _from_table(spec, data, weights, cluster)
    else:
        inputs = _from_arrays(y, X, names, intercept, weights, cluster, determinants or {})
        spec = FrontierSpec(_describe(inputs.sample, intercept), inefficiency, cost, noise=noise)
    check_covariance(vcov, inputs.sample.clusters is not None)
    problem = _problem(spec, inputs)
    progress("Maximising the likelihood", 0.1)
    estimate = maximise_likelihood(problem, seed)
    progress("Done", 1.0)
    messages = list(inputs.messages)
    if estimate.status.boundary:
        messages.append(f"{estimate.status.message} {estimate.status.remedy}")
        warnings.warn(messages[-1], BoundaryWarning, stacklevel=2)
    options = {**spec.to_dict(), "intercept": intercept} if formula is None else spec.to_dict()
    options = {k: v for k, v in options.items() if v not in (None, {})}
    provenance = Provenance.now(inputs.sources, options, seed)
    return FrontierResult(spec, inputs.sample, estimate, provenance, vcov, tuple(messages), inputs.steps)


def require_fit(spec: FrontierSpec, data: Any) -> None:
    """Raise what :func:`fit` would raise for this formula and table, without estimating.

    Raises
    ------
    FormulaError, LabelError, DataError, SpecError
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MissingRowsWarning)
        _problem(spec, _from_table(spec, data, spec.weights, spec.cluster))


@dataclass(frozen=True, slots=True)
class _Inputs:
    """Arrays of a fit: y, shape (n,); x, shape (n, k); weights, shape (n,), or None; what to tell the reader.

    ``z`` holds designs of parameters that have regressors, by name of the parameter.
    """

    y: Array
    x: Array
    weights: Array | None
    sample: Sample
    z: Mapping[str, Array]
    messages: tuple[str, ...] = ()
    sources: tuple[Any, ...] = ()
    steps: tuple[str, ...] = ()


def _problem(spec: FrontierSpec, inputs: _Inputs) -> Problem:
    law = spec.law
    z = tuple(inputs.z.get(name) for name in law.parameters) if inputs.z else ()
    problem = Problem(inputs.y, inputs.x, spec.sign, law, inputs.weights, z)
    require_estimable(problem, inputs.sample)
    return problem


def _describe(sample: Sample, intercept: bool) -> str:
    """Return array input as a formula."""
    names = sample.names
    text = f"y ~ {' + '.join(['1', *names[1:]] if intercept else ['0', *names])}"
    for part, parameter in PARTS.items():
        if parameter in sample.determinants:
            text += f" | {part}: {' + '.join(n for n in sample.determinants[parameter] if n != 'Intercept')}"
    return text


def _from_table(spec: FrontierSpec, data: Any, weights: Any, cluster: Any) -> _Inputs:
    from innospace.data import as_dataset

    if data is None:
        raise SpecError("A formula needs a table.", remedy="Give data=, a frame with the columns of the formula.")
    dataset = as_dataset(data)
    frame = dataset.frame
    if len(frame) == 0:
        raise DataError("The table has no rows.", remedy="Check the file and any filter applied to it.")
    parsed = language.parse(spec.formula, WITH_INTERCEPT)
    refuse_two_steps(parsed.outcome)
    also = tuple(c for c in (weights, cluster) if isinstance(c, str))
    matrices = language.materialise(parsed, frame, also)
    kept, n_rows = matrices.kept, len(frame)
    w = row_weights(_column(frame, weights), n_rows, kept)
    clusters = row_clusters(_column(frame, cluster), n_rows, kept)
    label_columns = [c for c in LABEL_COLUMNS if c in frame.columns]
    labels = frame[label_columns].iloc[kept].reset_index(drop=True) if label_columns else None
    message = language.left_out(frame, kept)
    if message:
        warnings.warn(message, MissingRowsWarning, stacklevel=3)
    # an intercept alone is a parameter that is one number
    own = {PARTS[part]: found for part, found in matrices.parts.items() if found[1] != ("Intercept",)}
    sample = Sample(matrices.names, kept, n_rows, clusters, labels, {name: found[1] for name, found in own.items()})
    z = {name: found[0] for name, found in own.items()}
    messages = (message,) if message else ()
    return _Inputs(matrices.y, matrices.x, w, sample, z, messages, (dataset.source,), dataset.steps)


def _column(frame: pd.DataFrame, given: Any) -> Any:
    return frame[given].to_numpy() if isinstance(given, str) else given


def _from_arrays(
    y: Any,
    X: Any,
    names: Sequence[str] | None,
    intercept: bool,
    weights: Any,
    cluster: Any,
    determinants: Mapping[str, Any],
) -> _Inputs:
    if y is None and X is None:
        raise SpecError(
            "There is nothing to fit.",
            allowed='fit("outcome ~ regressors", data) or fit(y=..., X=...)',
            remedy="Give a formula and a table, or arrays y and X.",
        )
    outcome = _finite("y", y)
    matrix = _finite("X", X)
    if outcome.ndim != 1:
        raise DataError(f"y has shape {outcome.shape}.", allowed="a vector of shape (n,)")
    matrix = matrix[:, None] if matrix.ndim == 1 else matrix
    n = len(outcome)
    if n == 0:
        raise DataError("The arrays have no rows.")
    if matrix.ndim != 2 or len(matrix) != n:
        raise DataError(f"X has shape {matrix.shape} and y has {n} rows.", allowed="X of shape (n, k)")
    labels = tuple(names) if names is not None else tuple(f"x{j + 1}" for j in range(matrix.shape[1]))
    if len(labels) != matrix.shape[1]:
        raise DataError(f"{len(labels)} names were given for {matrix.shape[1]} columns of X.")
    if intercept:
        matrix = np.column_stack((np.ones(n), matrix))
        labels = ("Intercept", *labels)
    kept = np.arange(n)
    z: dict[str, Array] = {}
    columns: dict[str, tuple[str, ...]] = {}
    for part, given in determinants.items():
        require_known([part], list(PARTS), kind="part", where="determinants")
        z[PARTS[part]], columns[PARTS[part]] = _determinants(part, given, n)
    sample = Sample(labels, kept, n, row_clusters(cluster, n, kept), None, columns)
    return _Inputs(outcome, np.ascontiguousarray(matrix), row_weights(weights, n, kept), sample, z)


def _determinants(part: str, given: Any, n: int) -> tuple[Array, tuple[str, ...]]:
    """Return the design of one parameter, intercept first, and the names of its columns."""
    matrix = _finite(f"determinants[{part!r}]", given)
    matrix = matrix[:, None] if matrix.ndim == 1 else matrix
    if matrix.ndim != 2 or len(matrix) != n:
        raise DataError(f"determinants[{part!r}] has shape {matrix.shape}.", allowed=f"shape ({n}, p)")
    columns = getattr(given, "columns", None)
    names = [f"z{j + 1}" for j in range(matrix.shape[1])] if columns is None else [str(c) for c in columns]
    if not WITH_INTERCEPT[part]:
        return np.ascontiguousarray(matrix), tuple(names)
    return np.column_stack((np.ones(n), matrix)), ("Intercept", *names)


def _finite(name: str, values: Any) -> Array:
    if values is None:
        raise SpecError("Array input needs both y and X.", remedy="Give fit(y=..., X=...).")
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"{name} does not hold numbers only: {error}.", allowed="an array of numbers") from error
    rows = array.reshape(len(array), -1) if array.size and array.ndim else array.reshape(1, -1)
    bad = np.flatnonzero(~np.isfinite(rows).all(axis=1))
    if len(bad):
        raise DataError(
            f"{name} holds missing or infinite values.",
            where=f"rows {offenders((bad + 1).tolist())}",
            allowed="finite numbers",
            remedy="Drop these rows from y and X, or use a formula and a table, which leaves them out and says so.",
        )
    return array


def _require_array(what: str, given: Any) -> None:
    if isinstance(given, str):
        raise SpecError(
            f"{what} are named by a column ({given!r}), but there is no table.",
            allowed="an array with array input; a column name with a formula and a table",
        )


def row_weights(given: Any, rows: int, kept: np.ndarray[Any, Any]) -> Array | None:
    """Return the weights of the rows used, or raise unless they are positive numbers, one a row given."""
    if given is None:
        return None
    _require_array("Weights", given)
    try:
        w = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"Weights are not numbers: {error}.", allowed="positive numbers, one a row") from error
    if w.shape != (rows,):
        raise DataError(f"Weights have shape {w.shape} for {rows} rows.", allowed=f"shape ({rows},)")
    w = np.ascontiguousarray(w[kept])
    bad = kept[~(np.isfinite(w) & (w > 0.0))]
    if len(bad):
        raise DataError(
            "Weights must be positive and finite.",
            where=f"rows {offenders((bad + 1).tolist())}",
            remedy="Drop rows of zero weight before fitting.",
        )
    return w


def row_clusters(given: Any, rows: int, kept: np.ndarray[Any, Any]) -> np.ndarray[Any, np.dtype[np.int64]] | None:
    """Return the cluster number of each row used, or raise unless there are two clusters or more."""
    if given is None:
        return None
    import pandas as pd

    _require_array("Cluster labels", given)
    labels = np.asarray(given)
    if labels.shape != (rows,):
        raise DataError(f"Cluster labels have shape {labels.shape} for {rows} rows.", allowed=f"shape ({rows},)")
    codes, groups = pd.factorize(pd.Series(labels[kept]))
    if len(groups) < 2:
        raise DataError(
            "Clustered errors need at least two clusters.",
            where=f"found {len(groups)}",
            remedy="Name the column that tells the clusters apart, or leave cluster out.",
        )
    return np.asarray(codes, dtype=np.int64)


def require_estimable(problem: Problem, sample: Sample) -> None:
    """Raise unless the model can be estimated: enough rows, full rank, an outcome that varies and is not exact."""
    parameters = problem.places()[-1].stop
    own = [name for name in sample.of(problem.density.parameters) if name not in sample.names]
    if problem.n <= parameters:
        raise DataError(
            f"{problem.n} row{'s' if problem.n != 1 else ''} cannot determine {parameters} parameters.",
            where=f"coefficients {offenders(sample.names)} and {offenders(own)}",
            allowed=f"more than {parameters} rows without missing cells",
            remedy="Add rows or drop regressors.",
        )
    spread = float(np.ptp(problem.y))
    if spread <= 1e-12 * float(np.abs(problem.y).max()) or spread == 0.0:
        raise DataError(
            "The outcome is constant, so there is nothing to explain.",
            where=f"all {problem.n} values equal {problem.y[0]:g}",
            remedy="Check the outcome column.",
        )
    standard = independent(problem.x, problem.weights, sample.names, "Regressor", "regressors")
    for name, z in zip(problem.density.parameters, problem.designs, strict=True):
        if z is not None:
            independent(z, problem.weights, sample.determinants[name], f"Regressor of {name}", f"regressors of {name}")
    residual = problem.y - standard @ least_squares(problem.y, standard)
    if float(np.sqrt(np.mean(residual * residual))) <= 1e-10 * spread:
        raise DataError(
            "The regressors reproduce the outcome exactly, so there is neither noise nor inefficiency.",
            where=f"outcome of the formula, {problem.n} rows",
            remedy="Check that the outcome is not computed from the regressors.",
        )


def independent(x: Array, weights: Array | None, names: tuple[str, ...], one: str, many: str) -> Array:
    """Return standardised columns, or raise when some column is a combination of others."""
    standard = standardise(x, weights).matrix
    for j, others in dependent_columns(standard).items():
        made_of = f"a linear combination of {offenders([names[i] for i in others])}" if others else "zero"
        raise DataError(
            f"{one} {names[j]!r} is {made_of}: the {many} are perfectly collinear.",
            where=f"columns {offenders(names)}",
            allowed="regressors that are linearly independent",
            remedy=f"Leave {names[j]!r} out of the formula.",
        )
    return standard
