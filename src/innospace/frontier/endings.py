"""How a search for a maximum can end, in words: with what it means and what to do."""

from __future__ import annotations

from innospace.core.status import Status, StatusCode
from innospace.frontier.densities.base import Array
from innospace.frontier.indexed import edge
from innospace.frontier.likelihood import Problem
from innospace.frontier.starts import LeastSquares
from innospace.numerics.covariance import inverse_information
from innospace.numerics.maximum_likelihood import Optimum

UNKNOWN = 100.0
"""Variance of ``ln sigma_v^2`` from which on low noise counts as none."""
LOW, LOWEST = -8.0, -14.0
"""Scaled ``ln sigma_v^2`` below which noise is low; below which it is what makes an information matrix singular."""


def without_inefficiency(ols: LeastSquares, iterations: int) -> Status:
    """Return the status of a model whose likelihood is largest with ``sigma_u = 0``."""
    wrong = ols.third >= 0.0
    return Status(
        StatusCode.BOUNDARY,
        "The residuals are skewed the wrong way, so the likelihood is largest without inefficiency (sigma_u = 0)."
        if wrong
        else "The likelihood is largest without inefficiency (sigma_u = 0).",
        "Check the sign (production or cost), the functional form and outliers; with a right specification, "
        "wrong skewness in a small sample is chance, and least squares is the estimate.",
        "wrong_skewness" if wrong else "sigma_u_zero",
        {"skewness": ols.skewness, "iterations": float(iterations)},
    )


def exponential_limit(limit: Status) -> Status:
    """Return the status of a truncated normal whose likelihood rises towards the exponential model."""
    if limit.code is StatusCode.BOUNDARY:
        return limit
    return Status(
        StatusCode.BOUNDARY,
        "The truncated-normal likelihood has no interior maximum: it rises as mu -> -infinity towards the "
        "exponential model, whose estimates are given.",
        'Use inefficiency = "exponential", or give mu explanatory variables.',
        "mu_minus_infinity",
        dict(limit.numbers),
    )


_EDGES = {
    "sigma_u_zero": (
        "The search ended where inefficiency is next to nothing beside the spread of the residuals (sigma_u below a "
        "twenty-thousandth of it), though the likelihood is above that without inefficiency, as happens where a few "
        "rows far from all others make that spread.",
        "Look for rows far from all others and correct them or leave them out; the estimates are not to be used.",
    ),
    "gamma_one": (
        "The likelihood is largest without noise (sigma_v = 0, gamma = 1): every deviation counts as inefficiency and "
        "usual standard errors do not exist.",
        "Look for outliers on the frontier and for too few rows; a deterministic frontier may be meant. Intervals of "
        "coefficients of the frontier are those of the profile likelihood: result.profile(name).",
    ),
    "index_unbounded": (
        "A coefficient of ln sigma_u^2 or ln sigma_v^2 grows without limit: its regressors set rows apart that have no "
        "noise or no inefficiency.",
        "Drop or merge categories among the regressors of the variance, or look for outliers among them.",
    ),
    "shape_unbounded": (
        "The shape of the distribution of inefficiency goes to the end of its range, where it becomes a simpler "
        "distribution or cannot be told from noise.",
        "Use a distribution without a shape: exponential, half_normal or rayleigh.",
    ),
    "noise_is_normal": (
        "The degrees of freedom of the noise go to the end of their range: without heavy tails noise is normal.",
        'Use noise = "normal".',
    ),
    "mu_minus_infinity_index": (
        "The likelihood has no interior maximum: it rises as mu -> -infinity with its regressors, towards an "
        "exponential model.",
        'Use inefficiency = "exponential" and give ln sigma_u^2 these regressors (the part u).',
    ),
}
"""What the end of a search on an edge means, and what to do."""
_RECEDES = (
    "Check the sign (production or cost), the functional form and outliers: the residuals are not skewed as "
    "inefficiency skews them. Levels of efficiency mean nothing here; use half_normal or exponential."
)
_FEW = (
    "The shape goes to the lower end of its range: nearly every row is efficient and a few lie far below the frontier.",
    "Look for outliers among the rows far below the frontier; use a distribution without a shape: exponential or "
    "half_normal.",
)
_SHAPES = {
    ("gamma", True): (
        "The shape goes to the upper end of its range: the frontier and inefficiency recede together, and inefficiency "
        "becomes normal around its mean, which cannot be told from noise.",
        _RECEDES,
    ),
    ("weibull", True): (
        "The shape goes to the upper end of its range: the frontier and inefficiency recede together, and inefficiency "
        "around its mean becomes the logarithm of an exponential variable, which has no end.",
        _RECEDES,
    ),
    ("gamma", False): _FEW,
    ("weibull", False): _FEW,
}
"""The same for the ends of a shape, by law and whether it is the upper one."""


def status_of(problem: Problem, best: Optimum) -> Status:
    """Return how a search ended, with a remedy where it did not end at a maximum inside."""
    iterations = best.iterations
    numbers = {"iterations": float(iterations), "decrement": float(best.decrement)}
    information = inverse_information(best.hessian)
    none = information is None and _low_noise(problem, best.theta, LOWEST)
    if information is not None and _low_noise(problem, best.theta, LOW):
        # a variance of noise that is known to no power of e is none
        at = problem.place("lnsigma_v2").start
        none = bool(information[at, at] >= UNKNOWN)
        information = None if none else information
    if best.code is StatusCode.CONVERGED and information is not None:
        return Status(StatusCode.CONVERGED, f"Converged in {iterations} iterations.", numbers=numbers)
    boundary = edge(problem, best.theta)
    if not boundary and best.code is StatusCode.BOUNDARY and problem.indexed:
        boundary = "mu_minus_infinity_index"
    if not boundary and none:
        boundary = "gamma_one"
    if boundary in _EDGES:
        return Status(StatusCode.BOUNDARY, *_words(problem, best.theta, boundary), boundary, numbers)
    if best.code is StatusCode.CONVERGED:
        return Status(
            StatusCode.SINGULAR,
            "The log-likelihood is flat at its maximum: some parameters are not identified.",
            "Drop regressors, use a simpler distribution of inefficiency, or add data.",
            numbers=numbers,
        )
    return Status(
        best.code,
        f"The search ended with {best.code} after {iterations} iterations.",
        "Rescale or drop regressors, or try another distribution of inefficiency.",
        numbers=numbers,
    )


def _words(problem: Problem, theta: Array, boundary: str) -> tuple[str, str]:
    """Return what an end means and what to do."""
    if boundary != "shape_unbounded":
        return _EDGES[boundary]
    upper = bool(theta[problem.place("lnshape_u").start] > 0.0)
    return _SHAPES.get((problem.density.name, upper), _EDGES[boundary])


def _low_noise(problem: Problem, theta: Array, below: float) -> bool:
    place = problem.place("lnsigma_v2")
    return bool(place.stop - place.start == 1 and theta[place.start] < below)
