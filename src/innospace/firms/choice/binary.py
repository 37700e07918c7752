"""Probit and logit of one decision, with average effects by the delta method."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

from innospace.core.checks import Check
from innospace.core.document import Equation
from innospace.core.errors import DataError
from innospace.core.labels import require_known
from innospace.core.status import Status, StatusCode
from innospace.firms.choice.categories import discrete_columns, is_dummy
from innospace.firms.design import Design, design, require_binary
from innospace.firms.estimates import Array, Effects, Estimates, likelihood_covariances
from innospace.firms.result import FirmResult
from innospace.numerics.linear import intercept_column, standardise
from innospace.numerics.maximum_likelihood import Optimum, maximise
from innospace.numerics.normal import log_cdf_and_mills

LINKS = ("probit", "logit")
SUSPICIOUS = 5.0
"""Where no row is predicted more surely than by an index of this size, separation is out of the question."""
_SQRT_2PI = float(np.sqrt(2.0 * np.pi))


@dataclass(frozen=True, slots=True)
class BinaryFit:
    """A fitted probit or logit.

    Attributes
    ----------
    theta : ndarray, shape (k,)
    log_likelihood : float
    hessian : ndarray, shape (k, k)
        Of the log-likelihood, in the units of ``x``.
    scores : ndarray, shape (n, k)
        Derivative of each row's log-likelihood, weights applied.
    optimum : Optimum
        How the search in standardised columns ended.
    """

    theta: Array
    log_likelihood: float
    hessian: Array
    scores: Array
    optimum: Optimum


def fit_binary(y: Array, x: Array, link: str = "probit", weights: Array | None = None) -> BinaryFit:
    """Maximise the likelihood of a binary choice.

    ``P(y = 1 | x) = F(x'b)`` with ``F`` the normal (probit) or logistic (logit) distribution function.

    Parameters
    ----------
    y : ndarray, shape (n,)
        0 and 1.
    x : ndarray, shape (n, k)
        Of full rank.
    link : str
        ``probit`` or ``logit``.
    weights : ndarray, shape (n,), optional

    Raises
    ------
    DataError
        Perfect separation: some combination of regressors tells 0 and 1 apart, and no maximum exists.
    """
    standard = standardise(x, weights)
    sign = np.where(y == 1.0, 1.0, -1.0)
    w = np.ones(len(y)) if weights is None else weights

    def objective(theta: Array) -> tuple[float, Array, Array]:
        value, first, second = log_distribution(sign * (standard.matrix @ theta), link)
        gradient = standard.matrix.T @ (w * first * sign)
        hessian = (standard.matrix * (w * second)[:, None]).T @ standard.matrix
        return float(w @ value), gradient, hessian

    found = maximise(objective, np.zeros(x.shape[1]), stop=lambda t: _separates(sign, standard.matrix @ t))
    _require_overlap(found, sign, standard.matrix)
    theta = standard.back @ found.theta
    value, first, second = log_distribution(sign * (x @ theta), link)
    hessian = (x * (w * second)[:, None]).T @ x
    scores = x * (w * first * sign)[:, None]
    return BinaryFit(theta, float(w @ value), hessian, scores, found)


def log_distribution(z: Array, link: str) -> tuple[Array, Array, Array]:
    """Return ``log F(z)`` of the link and its two derivatives."""
    if link == "logit":
        p = special.expit(-z)
        return -np.logaddexp(0.0, -z), p, -p * (1.0 - p)
    log_cdf, mills = log_cdf_and_mills(z)
    return log_cdf, mills, -mills * (z + mills)


def _separates(sign: Array, index: Array) -> bool:
    """Whether the index tells all ones from all zeros: the likelihood then rises for ever."""
    return bool(np.min(sign * index) > 0.0)


def _require_overlap(found: Optimum, sign: Array, x: Array) -> None:
    index = sign * (x @ found.theta)
    if not (_separates(sign, x @ found.theta) or (np.max(index) > SUSPICIOUS and _separable(sign, x))):
        return
    raise DataError(
        "Perfect separation: some combination of regressors tells zeros and ones apart, so no maximum exists.",
        where=f"{len(sign)} rows, {int(np.sum(sign > 0.0))} with 1 and {int(np.sum(sign < 0.0))} with 0",
        allowed="regressors that leave both outcomes possible for every value",
        remedy="Leave out the regressor that predicts the outcome, or merge a class in which only one outcome occurs.",
    )


def _separable(sign: Array, x: Array) -> bool:
    """Whether some direction never lowers the likelihood of a row and raises that of one (Konis 2007).

    A linear program: the largest sum of ``sign x'b`` with none of them negative, ``b`` within a box. It is zero if and
    only if zeros and ones overlap.
    """
    from scipy.optimize import linprog

    signed = x * sign[:, None]
    found = linprog(-signed.mean(axis=0), -signed, np.zeros(len(x)), bounds=(-1.0, 1.0), method="highs")
    return bool(found.status == 0 and -found.fun > 1e-9)


def require_no_perfect_predictor(y: Array, x: Array, names: tuple[str, ...]) -> None:
    """Raise :class:`DataError` naming a 0/1 regressor within one value of which only one outcome occurs."""
    for j, name in enumerate(names):
        column = x[:, j]
        if not is_dummy(column):
            continue
        for level in (0.0, 1.0):
            inside = y[column == level]
            if len(inside) and (inside == inside[0]).all():
                raise DataError(
                    f"Perfect separation: where {name!r} is {level:g}, the outcome is always {inside[0]:g}.",
                    where=f"{len(inside)} rows",
                    allowed="regressors that leave both outcomes possible for every value",
                    remedy=f"Leave {name!r} out, or leave these rows out, or merge it with another class.",
                )


def binary(
    formula: str,
    data: Any,
    *,
    link: str = "probit",
    cluster: str | None = None,
    weights: str | None = None,
    vcov: str = "",
    title: str = "",
) -> FirmResult:
    """Fit a probit or logit and its average effects.

    Parameters
    ----------
    formula : str
        ``outcome ~ regressors``; the outcome holds 0 and 1.
    data : Dataset, frame or mapping of arrays
    link : str
        ``probit`` or ``logit``.
    cluster, weights : str, optional
        Columns of cluster labels and of positive row weights.
    vcov : str, optional
        ``hessian``, ``opg``, ``robust`` or ``cluster``; clustered when ``cluster`` is given, else the Hessian's.
    title : str, optional

    Returns
    -------
    FirmResult
        Effects: ``average_marginal_effect`` of every regressor (mean derivative of the probability) and
        ``average_discrete_change`` of every 0/1 regressor (mean difference of the probability at 1 and at 0).

    Raises
    ------
    FormulaError, LabelError, DataError
        Also on perfect separation.

    Notes
    -----
    Second method: ``statsmodels`` (tests). Delta method: Greene (2018), section 17.3.
    """
    require_known([link], LINKS, kind="link")
    d = design(formula, data, cluster=cluster, weights=weights)
    require_binary(d.y, d.outcome)
    require_no_perfect_predictor(d.y, d.x, d.names)
    fit = fit_binary(d.y, d.x, link, d.weights)
    estimates = Estimates(d.names, fit.theta, likelihood_covariances(fit.hessian, fit.scores, d.clusters))
    options = {"formula": formula, "link": link, "cluster": cluster, "weights": weights}
    result = FirmResult(
        method=link,
        title=title or f"{link.capitalize()} of {d.outcome}",
        description=f"{link.capitalize()}: the probability of {d.outcome} = 1 is a function of the regressors, by "
        "maximum likelihood with analytic derivatives. Effects are averages over the rows used; their errors follow "
        "by the delta method.",
        n=d.n,
        provenance=d.provenance(options),
        estimates=estimates,
        effects_found=average_effects(d.x, d.names, fit.theta, link, d.weights),
        status=_status(fit.optimum),
        log_likelihood=fit.log_likelihood,
        numbers=_numbers(d, fit),
        equations=(_EQUATIONS[link],),
        checks=(optimum_check(fit.optimum),),
        warnings=d.messages,
        steps=d.steps,
    )
    return result.vcov(vcov) if vcov else result


def average_effects(x: Array, names: tuple[str, ...], theta: Array, link: str, weights: Array | None = None) -> Effects:
    """Return average marginal effects and, for 0/1 columns, average discrete changes, with their derivatives.

    A level of a category is compared with the base level: the other levels are zero on both sides.
    """
    w = np.full(len(x), 1.0 / len(x)) if weights is None else weights / weights.sum()
    constant = intercept_column(x)
    index = x @ theta
    density, slope = density_and_slope(index, link)
    found: list[tuple[str, str, float, Array]] = []
    shown = [j for j in range(len(names)) if j != constant]
    mean_density, mean_slope = float(w @ density), (w * slope) @ x
    for j in shown:
        gradient = theta[j] * mean_slope
        gradient[j] += mean_density
        found.append((names[j], "average_marginal_effect", theta[j] * mean_density, gradient))
    for j, group in discrete_columns(x, names).items():
        value, gradient = _discrete_change(x, j, group, index, theta, link, w)
        found.append((names[j], "average_discrete_change", value, gradient))
    return Effects(
        tuple(f[0] for f in found),
        np.array([f[2] for f in found]),
        tuple(f[1] for f in found),
        jacobian=np.array([f[3] for f in found]).reshape(len(found), len(names)),
        unit="points of probability",
    )


def _discrete_change(
    x: Array, j: int, group: list[int], index: Array, theta: Array, link: str, w: Array
) -> tuple[float, Array]:
    """Return the mean of ``F(x'b | x_j = 1) - F(x'b | x_j = 0)``, other levels at zero, and its gradient."""
    rest = index - x[:, group] @ theta[group]
    at_one, at_zero = rest + theta[j], rest
    value = float(w @ (distribution(at_one, link) - distribution(at_zero, link)))
    one, zero = density_and_slope(at_one, link)[0], density_and_slope(at_zero, link)[0]
    gradient = (w * (one - zero)) @ x
    gradient[group] = 0.0
    gradient[j] = float(w @ one)
    return value, gradient


def distribution(index: Array, link: str) -> Array:
    """Return ``F`` of the link at every index."""
    return np.asarray(special.ndtr(index) if link == "probit" else special.expit(index))


def density_and_slope(index: Array, link: str) -> tuple[Array, Array]:
    """Return the density of the link and its derivative."""
    if link == "probit":
        density = np.exp(-0.5 * index * index) / _SQRT_2PI
        return density, -index * density
    p = special.expit(index)
    density = p * (1.0 - p)
    return density, density * (1.0 - 2.0 * p)


def _status(found: Optimum) -> Status:
    numbers = {"iterations": float(found.iterations), "decrement": found.decrement}
    if found.code is StatusCode.CONVERGED:
        return Status(found.code, "The maximum of the likelihood was reached.", numbers=numbers)
    remedy = "Look for regressors that nearly determine the outcome, and for extreme values."
    return Status(found.code, "The maximum of the likelihood was not reached.", remedy, numbers=numbers)


def optimum_check(found: Optimum) -> Check:
    """Return the check that Newton's method promises no further gain."""
    return Check.at_most(
        "score_at_optimum",
        found.decrement / (1.0 + abs(found.value)),
        1e-8,
        "Log-likelihood that one more Newton step would still gain, relative to its size.",
        "The search did not reach a maximum: see the status and its remedy.",
    )


def _numbers(d: Design, fit: BinaryFit) -> dict[str, float]:
    w = np.ones(d.n) if d.weights is None else d.weights
    share = float(w @ d.y / w.sum())
    null = float(w.sum() * (share * np.log(share) + (1.0 - share) * np.log1p(-share)))
    numbers = {"share_of_ones": share, "null_log_likelihood": null, "pseudo_r2": 1.0 - fit.log_likelihood / null}
    if d.clusters is not None:
        numbers["clusters"] = float(d.clusters.max() + 1)
    return numbers


_EQUATIONS = {
    "probit": Equation(
        "probit", r"P(y_i = 1 \mid x_i) = \Phi(x_i'\beta)", "P(y_i = 1 | x_i) = Phi(x_i' beta)", "Probit"
    ),
    "logit": Equation(
        "logit",
        r"P(y_i = 1 \mid x_i) = 1 / (1 + e^{-x_i'\beta})",
        "P(y_i = 1 | x_i) = 1 \\/ (1 + e^(-x_i' beta))",
        "Logit",
    ),
}
