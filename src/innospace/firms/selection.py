"""Sample selection: Tobit of type 2 (Heckman) by maximum likelihood or in two steps."""

from __future__ import annotations

import warnings as python_warnings
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from innospace.core.checks import Check
from innospace.core.document import Equation
from innospace.core.errors import DataError, MissingRowsWarning
from innospace.core.labels import require_known
from innospace.core.numbers import fixed
from innospace.core.status import Status, StatusCode
from innospace.data import formula as language
from innospace.firms.choice.binary import average_effects, optimum_check, require_no_perfect_predictor
from innospace.firms.design import Design, design, require_binary, require_full_rank
from innospace.firms.estimates import Array, Effects, Estimates, likelihood_covariances
from innospace.firms.presentation import p_clause
from innospace.firms.result import CLOSED_FORM, FirmResult
from innospace.firms.selection_likelihood import (
    Booleans,
    SelectionFit,
    TwoStepFit,
    at_edge,
    fit_selection,
    fit_two_step,
)
from innospace.numerics.maximum_likelihood import Optimum
from innospace.numerics.normal import log_cdf_and_mills
from innospace.numerics.tails import chi2_sf, normal_sf

METHODS = ("ml", "two_step")
_SEEN = "selected row"
COLLINEAR = 30.0
"""Condition number of the second step beyond which the inverse Mills ratio is nearly a linear index."""


@dataclass(frozen=True, slots=True)
class SelectionData:
    """Arrays of both equations.

    Attributes
    ----------
    selection : Design
        All rows used.
    selected : ndarray of bool, shape (n,)
    outcome : str
    y, x : ndarray, shape (n1,) and (n1, k)
        Selected rows.
    names : tuple of str
        Length k.
    messages : tuple of str
    """

    selection: Design
    selected: Booleans
    outcome: str
    y: Array
    x: Array
    names: tuple[str, ...]
    messages: tuple[str, ...]


def heckman(
    outcome: str,
    selection: str,
    data: Any,
    *,
    method: str = "ml",
    cluster: str | None = None,
    vcov: str = "",
    title: str = "",
) -> FirmResult:
    """Estimate an outcome that is seen only for selected rows.

    Parameters
    ----------
    outcome : str
        ``log(rd) ~ regressors``; evaluated on selected rows only, so the outcome may be empty or zero elsewhere.
    selection : str
        ``performs_rd ~ regressors``; 0 and 1.
    data : Dataset, frame or mapping of arrays
    method : str
        ``ml`` (default, as in Stata) or ``two_step`` with Heckman's corrected errors.
    cluster : str, optional
        Column of cluster labels (``ml`` only).
    vcov : str, optional
        ``hessian``, ``opg``, ``robust`` or ``cluster`` (``ml``).
    title : str, optional

    Returns
    -------
    FirmResult
        Coefficients ``outcome: x``, ``selection: z`` and ``athrho``, ``ln_sigma`` (``ml``) or ``lambda``
        (``two_step``). Effects: ``parameter`` (``rho``, ``sigma``, ``lambda``), and with ``ml``
        ``selection_marginal_effect`` (on the probability of selection, mean over all rows) and
        ``conditional_marginal_effect`` (on the outcome given selection, mean over selected rows). Numbers: ``rho``,
        ``sigma``, ``lambda``, ``selected``, ``censored`` and, with ``ml``, the likelihood-ratio test of ``rho = 0``
        (``lr_independence``, ``p_independence``). Frame ``rows``: index of selection, inverse Mills ratio, linear
        prediction of selected rows.

    Raises
    ------
    FormulaError, LabelError, DataError
        Also when all rows or none are selected, when a logarithm meets a number that is not positive among the
        selected, and on perfect separation.

    Notes
    -----
    Heckman (1979); Greene (1981) for the errors of the second step. A regressor of selection that is not one of the
    outcome is the exclusion restriction; without one the model rests on the normal law alone, which is warned of.
    """
    require_known([method], METHODS, kind="method")
    d = selection_data(outcome, selection, data, cluster)
    options = {"outcome": outcome, "selection": selection, "method": method, "cluster": cluster}
    heading = title or f"{d.outcome} with selection by {d.selection.outcome}"
    common: dict[str, Any] = {
        "method": "heckman",
        "title": heading,
        "n": d.selection.n,
        "provenance": d.selection.provenance(options),
        "equations": (_EQUATION,),
        "warnings": (*d.messages, *exclusion_warning(d)),
        "steps": d.selection.steps,
    }
    result = _by_ml(d, common) if method == "ml" else _by_two_steps(d, common)
    return result.vcov(vcov) if vcov else result


def selection_data(
    outcome: str, selection: str, data: Any, cluster: str | None = None, also: tuple[str, ...] = ()
) -> SelectionData:
    """Return checked arrays of both equations; a missing cell in a column of ``also`` leaves a row out.

    Raises
    ------
    FormulaError, LabelError, DataError
    """
    d = design(selection, data, cluster=cluster, also=also)
    require_selection(d.y, d.outcome)
    parsed = language.parse(outcome)
    # a column that is empty where nothing is selected keeps these rows out of the outcome equation, labels intact
    seen = language.materialise(parsed, d.frame.assign(**{_SEEN: np.where(d.y == 1.0, 1.0, np.nan)}), (_SEEN,))
    gaps = np.setdiff1d(np.flatnonzero(d.y == 1.0), seen.kept)
    messages = d.messages
    if len(gaps):
        messages = (*messages, _gap_message(d, gaps))
        d = _without(d, gaps)
        require_selection(d.y, d.outcome)
    require_full_rank(seen.x, seen.names)
    require_no_perfect_predictor(d.y, d.x, d.names)
    return SelectionData(d, d.y == 1.0, parsed.outcome.strip("`"), seen.y, seen.x, seen.names, messages)


def _without(d: Design, gaps: Any) -> Design:
    """Return the design without some of its rows."""
    rest = np.setdiff1d(np.arange(d.n), gaps)
    require_full_rank(d.x[rest], d.names)
    frame = d.frame.iloc[rest].reset_index(drop=True)
    clusters = None if d.clusters is None else np.unique(d.clusters[rest], return_inverse=True)[1].astype(np.int64)
    return replace(d, y=d.y[rest], x=d.x[rest], frame=frame, kept=d.kept[rest], clusters=clusters)


def _gap_message(d: Design, gaps: Any) -> str:
    shown = ", ".join(language.row_labels(d.frame, gaps[:5])) + ("" if len(gaps) <= 5 else ", ...")
    message = f"{len(gaps)} selected rows have a missing cell in the outcome equation and were left out: {shown}."
    python_warnings.warn(message, MissingRowsWarning, stacklevel=4)
    return message


def require_selection(y: Array, name: str) -> None:
    """Raise :class:`DataError` unless some rows are selected and some are not."""
    require_binary(y, name, varies=False)
    share = float(np.mean(y))
    if share in (0.0, 1.0):
        who = "Every row is" if share == 1.0 else "No row is"
        raise DataError(
            f"{who} selected by {name!r}, so there is no selection to model.",
            where=f"{len(y)} rows",
            allowed="rows with 1 and rows with 0",
            remedy="With every row selected use least squares; with none there is no outcome to explain.",
        )


def exclusion_warning(d: SelectionData) -> tuple[str, ...]:
    """Return a warning when no regressor of selection is left out of the outcome."""
    if set(d.selection.names) - set(d.names):
        return ()
    return (
        f"No exclusion restriction: every regressor of {d.selection.outcome} also explains {d.outcome}, so the model "
        "is identified by the normal law alone. Add to the selection equation a variable that moves selection only.",
    )


def parameter_names(d: SelectionData, first: str = "outcome") -> tuple[str, ...]:
    """Return ``outcome: x``, ``selection: z``, ``athrho``, ``ln_sigma``."""
    both = (*(f"{first}: {n}" for n in d.names), *(f"selection: {n}" for n in d.selection.names))
    return (*both, "athrho", "ln_sigma")


def _by_ml(d: SelectionData, common: dict[str, Any]) -> FirmResult:
    s = d.selection
    fit = fit_selection(d.y, d.x, s.x, d.selected)
    covariances = likelihood_covariances(fit.hessian, fit.scores, s.clusters)
    rho, sigma = float(np.tanh(fit.theta[-2])), float(np.exp(fit.theta[-1]))
    lr = max(0.0, 2.0 * (fit.log_likelihood - fit.independent))
    numbers = {
        **_counts(d),
        "rho": rho,
        "sigma": sigma,
        "lambda": rho * sigma,
        "lr_independence": lr,
        "p_independence": float(chi2_sf(lr, 1)),
        "log_likelihood_independent": fit.independent,
    }
    k = len(d.names)
    return FirmResult(
        **common,
        description=f"Tobit of type 2 by maximum likelihood: {d.outcome} is seen where {s.outcome} = 1; the "
        "disturbances of both equations are jointly normal with correlation rho.",
        estimates=Estimates(parameter_names(d), fit.theta, covariances),
        effects_found=_effects(d, fit),
        status=selection_status(fit.optimum),
        log_likelihood=fit.log_likelihood,
        numbers=numbers,
        checks=(optimum_check(fit.optimum), edge_check(rho)),
        sentences=(_sentence(d, rho, numbers["p_independence"], "likelihood-ratio test"),),
        frames={"rows": _rows(d, fit.theta[k : k + s.x.shape[1]], fit.theta[:k])},
    )


def _by_two_steps(d: SelectionData, common: dict[str, Any]) -> FirmResult:
    s = d.selection
    fit = fit_two_step(d.y, d.x, s.x, d.selected)
    k = len(d.names)
    both = (*(f"outcome: {n}" for n in d.names), "lambda", *(f"selection: {n}" for n in s.names))
    names = ("rho", "sigma", "lambda")
    jacobian_free = np.array([np.nan, np.nan, float(np.sqrt(fit.covariance[k, k]))])
    values = np.array([fit.rho, fit.sigma, fit.theta[k]])
    p = float(2.0 * normal_sf(abs(fit.theta[k]) / jacobian_free[2]))
    return FirmResult(
        **common,
        description=f"Heckman's two steps: a probit of {s.outcome}, then least squares of {d.outcome} on its "
        "regressors and the inverse Mills ratio; errors are corrected for the first step.",
        estimates=Estimates(both, fit.theta, {"analytic": fit.covariance}),
        effects_found=Effects(names, values, ("parameter",) * 3, std_errors=jacobian_free),
        status=CLOSED_FORM,
        numbers={**_counts(d), "rho": fit.rho, "sigma": fit.sigma, "lambda": float(fit.theta[k])},
        checks=(optimum_check(fit.probit.optimum), edge_check(fit.rho), _collinear_check(d, fit)),
        sentences=(_sentence(d, fit.rho, p, "test of lambda"),),
        frames={"rows": _rows(d, fit.probit.theta, fit.theta[:k])},
    )


def _counts(d: SelectionData) -> dict[str, float]:
    found = {"selected": float(d.selected.sum()), "censored": float((~d.selected).sum())}
    if d.selection.clusters is not None:
        found["clusters"] = float(d.selection.clusters.max() + 1)
    return found


def _rows(d: SelectionData, gamma: Array, beta: Array) -> Any:
    import pandas as pd

    index = d.selection.x @ gamma
    prediction = np.full(len(index), np.nan)
    prediction[d.selected] = d.x @ beta
    mills = log_cdf_and_mills(index)[1]
    columns = {"row": d.selection.kept + 1, "selected": d.selected.astype(int)}
    return pd.DataFrame(
        {**columns, "selection_index": index, "inverse_mills_ratio": mills, "linear_prediction": prediction}
    )


def _effects(d: SelectionData, fit: SelectionFit) -> Effects:
    """Return rho, sigma, lambda, and marginal effects on selection and on the outcome given selection."""
    k, m = len(d.names), len(d.selection.names)
    p = k + m + 2
    rho, sigma = float(np.tanh(fit.theta[-2])), float(np.exp(fit.theta[-1]))
    slope = 1.0 - rho * rho
    rows = np.zeros((3, p))
    rows[0, -2], rows[1, -1], rows[2, -2:] = slope, sigma, (slope * sigma, rho * sigma)
    gamma = fit.theta[k : k + m]
    chance = average_effects(d.selection.x, d.selection.names, gamma, "probit")
    marginal = [i for i, kind in enumerate(chance.kinds) if kind == "average_marginal_effect"]
    padded = np.zeros((len(marginal), p))
    padded[:, k : k + m] = (np.zeros((0, m)) if chance.jacobian is None else chance.jacobian)[marginal]
    given_names, given, given_rows = _conditional(d, fit.theta, rho, sigma)
    names = ("rho", "sigma", "lambda", *(chance.names[i] for i in marginal), *given_names)
    kinds = ["parameter"] * 3 + ["selection_marginal_effect"] * len(marginal)
    kinds += ["conditional_marginal_effect"] * len(given_names)
    values = np.concatenate([[rho, sigma, rho * sigma], chance.values[marginal], given])
    return Effects(names, values, tuple(kinds), jacobian=np.vstack([rows, padded, given_rows]))


def _conditional(d: SelectionData, theta: Array, rho: float, sigma: float) -> tuple[list[str], Array, Array]:
    """Return ``b_j - rho sigma g_j mean(delta)`` by regressor, and its derivatives by all parameters."""
    k, m = len(d.names), len(d.selection.names)
    z = d.selection.x[d.selected]
    index = z @ theta[k : k + m]
    mills = log_cdf_and_mills(index)[1]
    delta = mills * (mills + index)
    curve = mills * (1.0 - delta) - delta * (mills + index)
    mean, bend = float(delta.mean()), curve @ z / len(z)
    shown = [n for n in dict.fromkeys((*d.names, *d.selection.names)) if n != "Intercept"]
    values, rows = np.zeros(len(shown)), np.zeros((len(shown), k + m + 2))
    for i, name in enumerate(shown):
        if name in d.names:
            j = d.names.index(name)
            values[i] += theta[j]
            rows[i, j] = 1.0
        if name in d.selection.names:
            j = k + d.selection.names.index(name)
            values[i] -= rho * sigma * theta[j] * mean
            rows[i, k : k + m] -= rho * sigma * theta[j] * bend
            rows[i, j] -= rho * sigma * mean
            rows[i, -2] = -(1.0 - rho * rho) * sigma * theta[j] * mean
            rows[i, -1] = -rho * sigma * theta[j] * mean
    return shown, values, rows


def selection_status(found: Optimum) -> Status:
    """Return how the search ended, in words."""
    numbers = {"iterations": float(found.iterations), "decrement": found.decrement}
    if found.code is StatusCode.CONVERGED:
        return Status(found.code, "The maximum of the likelihood was reached.", numbers=numbers)
    if at_edge(found):
        return Status(
            found.code,
            "The correlation of the disturbances runs to one: the likelihood has no maximum inside.",
            "Add an exclusion restriction, leave out regressors of selection that hardly vary, or use two_step.",
            boundary="rho_one",
            numbers=numbers,
        )
    remedy = "Rescale or drop regressors that nearly determine the outcome, or use two_step."
    return Status(found.code, "The maximum of the likelihood was not reached.", remedy, numbers=numbers)


def edge_check(rho: float) -> Check:
    """Return the check that the correlation lies inside."""
    return Check.at_most(
        "rho_inside",
        rho,
        0.99,
        "Correlation of the disturbances of selection and outcome; at one the model breaks down.",
        "Add an exclusion restriction or question the normal law; two_step shows whether the ratio is collinear.",
    )


def _collinear_check(d: SelectionData, fit: TwoStepFit) -> Check:
    mills = log_cdf_and_mills(d.selection.x[d.selected] @ fit.probit.theta)[1]
    w = np.column_stack([d.x, mills])
    condition = float(np.linalg.cond(w / np.linalg.norm(w, axis=0)))
    return Check.at_most(
        "mills_condition",
        condition,
        COLLINEAR,
        "Condition number of the second step; high when the inverse Mills ratio is nearly linear in the regressors.",
        "Add an exclusion restriction to the selection equation.",
    )


def _sentence(d: SelectionData, rho: float, p: float, test: str) -> str:
    sign = "positively" if rho > 0 else "negatively"
    clear = f"is {sign} selected" if p < 0.05 else "shows no selection on unobservables"
    return (
        f"{d.outcome} {clear}: correlation of the disturbances {fixed(rho, 3)} ({test}, {p_clause(p)}; "
        f"{fixed(float(d.selected.sum()), 0)} of {fixed(d.selection.n, 0)} firms selected)."
    )


_EQUATION = Equation(
    "selection",
    r"s_i = 1(z_i'\gamma + u_i > 0), \quad y_i = x_i'\beta + \varepsilon_i \ \text{seen when}\ s_i = 1, \quad "
    r"\mathrm{corr}(u, \varepsilon) = \rho",
    "s_i = 1(z_i' gamma + u_i > 0), quad y_i = x_i' beta + epsilon_i \" seen when \" s_i = 1, quad "
    'op("corr")(u, epsilon) = rho',
    "Selection and an outcome that is seen for the selected, with correlated disturbances",
)
