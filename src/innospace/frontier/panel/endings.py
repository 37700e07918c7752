"""How a search on the likelihood of a panel ended, in words: a maximum, or a boundary by name."""

from __future__ import annotations

from innospace.core.status import Status, StatusCode
from innospace.frontier.panel.scaled import Flags, Scaled, path_of
from innospace.numerics.covariance import inverse_information
from innospace.numerics.maximum_likelihood import Optimum

_GONE = {
    "mu": (
        "mu_infinity",
        "The truncated-normal likelihood has no interior maximum: it rises as mu grows and the path of inefficiency "
        "flattens, until inefficiency is a trend in time that all units share.",
        'Put time among the regressors, or use inefficiency = "half_normal".',
    ),
    "lnsigma_v2": (
        "gamma_one",
        "The likelihood is largest without noise (sigma_v = 0): every deviation counts as inefficiency.",
        "Look for outliers on the frontier and for too few rows.",
    ),
    "lnsigma_u2": (
        "sigma_u_zero",
        "The likelihood is largest without inefficiency (sigma_u = 0).",
        "Check the sign (production or cost) and the functional form; another panel model may tell inefficiency apart.",
    ),
    "lnsigma_h2": (
        "sigma_h_zero",
        "The likelihood is largest without persistent inefficiency (sigma_h = 0).",
        "The model true_random_effects says the same with one parameter less.",
    ),
    "lnsigma_w2": (
        "sigma_w_zero",
        "The likelihood is largest without effects of the units (sigma_w = 0).",
        "A model without them says the same with one parameter less.",
    ),
    "eta": (
        "path_jumps",
        "The likelihood is largest where the path of inefficiency jumps: all of it is in the last period of a unit, or "
        "all in the first.",
        "Look for outliers in that period; pitt_lee has no path, true_random_effects a new inefficiency each period.",
    ),
    "c": (
        "path_jumps",
        "The likelihood is largest where the path of inefficiency jumps: each period, or all but one, has all of it "
        "or none. The error of b is that at the value of c that is given.",
        "Look for outliers in those periods; pitt_lee has no path, true_random_effects a new inefficiency each period.",
    ),
}
"""Name of the boundary, what it means, what to do, by the parameter that went to infinity or the log to minus that."""
_SHARED = (
    "sigma_u_zero",
    "The likelihood is largest where all units have the same inefficiency (sigma_u = 0): mu times a path over time, "
    "which is a trend or a step that the frontier shares.",
    "Put time or dummies of the periods among the regressors: if no inefficiency is left beside them, units do not "
    'differ in one that follows such a path. Or use inefficiency = "half_normal", or another panel model.',
)
"""The same for ``lnsigma_u2`` beside a mean and a path of inefficiency, which stay."""


def status_of(scaled: Scaled, best: Optimum, free: Flags) -> Status:
    """Return how a search ended; ``free`` says which parameters are not held at a boundary."""
    numbers = {"iterations": float(best.iterations), "decrement": float(best.decrement)}
    shared = "mu" in scaled.levels and bool(path_of(scaled).any())
    endings = {**_GONE, "lnsigma_u2": _SHARED} if shared else _GONE
    for name, (boundary, message, remedy) in endings.items():
        if name in scaled.levels and not free[scaled.levels.index(name)]:
            return Status(StatusCode.BOUNDARY, message, remedy, boundary, numbers)
    if best.code is StatusCode.BOUNDARY:
        return Status(
            StatusCode.BOUNDARY,
            "The truncated-normal likelihood has no interior maximum: it rises as mu goes to minus infinity.",
            'Use inefficiency = "half_normal".',
            "mu_minus_infinity",
            numbers,
        )
    if best.code is StatusCode.CONVERGED and inverse_information(best.hessian) is not None:
        return Status(StatusCode.CONVERGED, f"Converged in {best.iterations} iterations.", numbers=numbers)
    if best.code is StatusCode.CONVERGED:
        return Status(
            StatusCode.SINGULAR,
            "The log-likelihood is flat at its maximum: some parameters are not identified.",
            "Choose a model with fewer components, drop regressors, or add periods.",
            numbers=numbers,
        )
    return Status(
        best.code,
        f"The search ended with {best.code} after {best.iterations} iterations.",
        "Choose a model with fewer components, or rescale time.",
        numbers=numbers,
    )
