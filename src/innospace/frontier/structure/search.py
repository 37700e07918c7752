"""From starts to a verified maximum, or to a limit of the model by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from innospace.core.status import Status, StatusCode
from innospace.frontier.densities.base import Array
from innospace.numerics.covariance import (
    cluster_jackknife,
    clustered_meat,
    inverse_information,
    outer_product,
    sandwich,
)
from innospace.numerics.maximum_likelihood import Evaluation, Optimum, maximise

SAME_OPTIMUM = 1e-7
"""Two starts agree when their log-likelihoods differ by less than this times 1 + |log-likelihood|."""
NOT_ABOVE = 1e-9
"""A maximum is not above a limit of the model unless it gains more than this times 1 + |log-likelihood|."""
MOST_EDGES = 4
"""Edges that one search may meet one after the other."""

WORDS: Mapping[str, tuple[str, str]] = {
    "all_inefficient": (
        "The likelihood is largest when no unit is fully efficient: the estimates are those of the frontier without "
        "a share of efficient units.",
        "Use the frontier without this structure.",
    ),
    "sigma_u_zero": (
        "The likelihood is largest without inefficiency (sigma_u = 0).",
        "Check the sign (production or cost), the functional form and outliers.",
    ),
    "gamma_one": (
        "The likelihood is largest without noise (sigma_v = 0): usual standard errors do not exist.",
        "Look for outliers on the frontier and for too few rows.",
    ),
    "class_empty": (
        "A class is left with hardly any rows: fewer classes say the same.",
        "Ask for fewer classes.",
    ),
    "class_on_few_rows": (
        "The likelihood grows without limit while a class closes in on rows that it fits exactly; there is no maximum.",
        "Ask for fewer classes or use fewer regressors.",
    ),
    "class_without_inefficiency": (
        "In one class the likelihood is largest without inefficiency (sigma_u = 0 there).",
        "Ask for fewer classes, or read the rows of that class as efficient.",
    ),
    "poisson_alone": (
        "The likelihood is largest without noise beyond that of Poisson counts (sigma_v = 0); the errors of the other "
        "parameters take this as known.",
        "Compare with clustered errors, and look for too few rows or small counts.",
    ),
    "one_noise": (
        "The likelihood is largest when all rows have noise of one variance: there is no contamination.",
        "Use the frontier without this structure.",
    ),
    "rho_one": (
        "The correlation between selection and noise goes to one: selection and outcome cannot be told apart.",
        "Give the selection a regressor that the frontier does not have, or leave the selection out.",
    ),
    "index_unbounded": (
        "A coefficient of an index grows without limit: its regressors set some rows apart completely.",
        "Drop or merge categories among these regressors.",
    ),
}
"""What a limit means, and what to do."""
WITHOUT_ERRORS = ("gamma_one", "class_on_few_rows", "index_unbounded", "rho_one")
"""Limits at which the log-likelihood has no second-order expansion, or no maximum."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A limit of a model: parameters that are held, by position, while the others are estimated.

    Without parameters to hold the search stops there: the likelihood comes near its least upper bound and never
    reaches it. ``valid`` is false where the likelihood has no bound.
    """

    name: str
    pins: Mapping[int, float] = field(default_factory=dict)
    valid: bool = True


class Likelihood(Protocol):
    """A log-likelihood in standardised units."""

    def evaluate(self, theta: Array) -> Evaluation:
        """Return value, score, shape (p,), and Hessian, shape (p, p)."""
        ...

    def scores(self, theta: Array) -> Array:
        """Return the score of each row, without weights, shape (n, p)."""
        ...

    def edge(self, theta: Array) -> Edge | None:
        """Return the limit that ``theta`` has reached, or None."""
        ...

    @property
    def row_weights(self) -> Array | None:
        """Weights of the rows."""
        ...


@dataclass(frozen=True, slots=True)
class Found:
    """Where a search ended: optimum, parameters that are free, the limit's name, starts tried and agreed."""

    optimum: Optimum
    free: NDArray[np.bool_]
    edge: str = ""
    valid: bool = True
    tried: int = 1
    agreed: int = 1


def best_of(likelihood: Likelihood, starts: Sequence[Array], limits: Sequence[tuple[Edge, Array]]) -> Found:
    """Search from every start, and in every limit of the model, and return the highest maximum.

    A maximum inside is reported only where it is above all limits; a search that left for where the likelihood is
    unbounded counts only when nothing else was found.
    """
    found = [climb(likelihood, start) for start in starts]
    known = [climb(likelihood, _held(start, edge), edge) for edge, start in limits]
    usable = [f for f in (*found, *known) if f.valid and np.isfinite(f.optimum.value)] or found
    inside = [f for f in usable if not f.edge and f.optimum.code is StatusCode.CONVERGED]
    best = max(usable, key=lambda f: f.optimum.value)
    if inside and best.edge:
        top = max(inside, key=lambda f: f.optimum.value)
        margin = NOT_ABOVE * (1.0 + abs(best.optimum.value))
        best = top if top.optimum.value > best.optimum.value + margin else best
    near = SAME_OPTIMUM * (1.0 + abs(best.optimum.value))
    agreed = sum(best.optimum.value - f.optimum.value <= near for f in found if f.valid)
    return replace(best, tried=len(found), agreed=agreed)


def climb(likelihood: Likelihood, start: Array, edge: Edge | None = None) -> Found:
    """Climb from ``start``; where an edge is met its parameters are held and the others climb on."""
    theta, free = np.array(start, dtype=np.float64), np.ones(len(start), dtype=bool)
    for _ in range(MOST_EDGES):
        if edge is not None:
            theta = _held(theta, edge)
            free[list(edge.pins)] = False
        optimum = _climb_free(likelihood, theta, free)
        theta = optimum.theta
        if edge is not None and not edge.valid:
            break
        met = likelihood.edge(theta)
        if met is None or not any(free[list(met.pins)]):
            if met is not None and (not met.valid or not met.pins):
                edge = met
            break
        edge = met if edge is None or not met.valid or met.name in WITHOUT_ERRORS else Edge(edge.name, met.pins)
    valid = edge is None or edge.valid
    return Found(optimum, free, edge.name if edge else "", valid)


def _held(theta: Array, edge: Edge) -> Array:
    moved = theta.copy()
    for place, value in edge.pins.items():
        moved[place] = value
    return moved


def _climb_free(likelihood: Likelihood, theta: Array, free: NDArray[np.bool_]) -> Optimum:
    where = np.flatnonzero(free)

    def whole(part: Array) -> Array:
        full = theta.copy()
        full[where] = part
        return full

    def objective(part: Array) -> Evaluation:
        value, gradient, hessian = likelihood.evaluate(whole(part))
        return value, gradient[where], hessian[np.ix_(where, where)]

    def stop(part: Array) -> bool:
        met = likelihood.edge(whole(part))
        return met is not None and (not met.valid or not met.pins or any(free[list(met.pins)]))

    ended = maximise(objective, theta[where], stop=stop)
    return replace(ended, theta=whole(ended.theta))


def status_of(found: Found) -> Status:
    """Return how the search ended, with a remedy where it did not end at a maximum inside."""
    optimum, numbers = found.optimum, {"iterations": float(found.optimum.iterations)}
    if found.edge:
        return Status(StatusCode.BOUNDARY, *WORDS[found.edge], found.edge, numbers)
    if optimum.code is not StatusCode.CONVERGED:
        return Status(
            optimum.code,
            f"The search ended with {optimum.code} after {optimum.iterations} iterations.",
            "Drop regressors, use a simpler model, or look at outliers.",
            numbers=numbers,
        )
    if inverse_information(optimum.hessian) is None:
        return Status(
            StatusCode.SINGULAR,
            "The log-likelihood is flat at its maximum: some parameters are not identified.",
            "Drop regressors, use a simpler model, or add data.",
            numbers=numbers,
        )
    return Status(StatusCode.CONVERGED, f"Converged in {optimum.iterations} iterations.", numbers=numbers)


def covariances(
    likelihood: Likelihood,
    found: Found,
    forward: Array,
    clusters: NDArray[np.int64] | None,
    jackknife: bool = False,
) -> dict[str, Array]:
    """Return every covariance of the parameters in the units of the data; NaN where a parameter was held.

    Parameters
    ----------
    likelihood : Likelihood
    found : Found
    forward : ndarray, shape (p, p)
        ``d theta / d standardised theta``.
    clusters : ndarray of int, shape (n,), or None
    jackknife : bool
        Whether ``jackknife`` is wanted: one evaluation for each cluster.

    Returns
    -------
    dict
        ``hessian``, ``opg``, ``robust``, and ``cluster`` where there are clusters; weights count rows in the first two
        and are sampling weights in the others.
    """
    where = np.flatnonzero(found.free)
    kinds = ("hessian", "opg", "robust") + (() if clusters is None else ("cluster",))
    kinds += ("jackknife",) if jackknife else ()
    nothing = np.full(forward.shape, np.nan)
    bread = None
    if found.edge not in WITHOUT_ERRORS and found.optimum.code is StatusCode.CONVERGED:
        bread = inverse_information(found.optimum.hessian)
    if bread is None:
        return dict.fromkeys(kinds, nothing)
    s = likelihood.scores(found.optimum.theta)[:, where]
    weights = likelihood.row_weights
    w = np.ones(len(s)) if weights is None else weights
    made: dict[str, Array | None] = {
        "hessian": bread,
        "opg": outer_product((s * w[:, None]).T @ s),
        "robust": sandwich(bread, (s * (w * w)[:, None]).T @ s),
    }
    if clusters is not None:
        made["cluster"] = sandwich(bread, clustered_meat(s * w[:, None], clusters))
    if clusters is not None and jackknife:
        own = [_of_cluster(likelihood, found.optimum.theta, w * (clusters == g)) for g in range(clusters.max() + 1)]
        hessians = np.array([h[np.ix_(where, where)] for _, h in own])
        sums = np.array([g[where] for g, _ in own])
        made["jackknife"] = cluster_jackknife(-hessians.sum(axis=0), -hessians, sums)
    held = np.any(forward[:, ~found.free] != 0.0, axis=1)
    return {kind: nothing if v is None else _forward(v, forward[:, where], held) for kind, v in made.items()}


def _of_cluster(likelihood: Likelihood, theta: Array, weights: Array) -> tuple[Array, Array]:
    """Return score and Hessian of the rows that have a weight."""
    alone: Likelihood = replace(cast(Any, likelihood), row_weights=weights)
    _, gradient, hessian = alone.evaluate(theta)
    return gradient, hessian


def _forward(matrix: Array, forward: Array, held: NDArray[np.bool_]) -> Array:
    full = forward @ matrix @ forward.T
    full = 0.5 * (full + full.T)
    full[held, :] = np.nan
    full[:, held] = np.nan
    return np.asarray(full)
