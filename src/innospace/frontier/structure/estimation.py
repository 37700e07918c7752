"""From arrays to a result: the search, every covariance, efficiencies, tests, checks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from innospace.core.checks import Check
from innospace.core.progress import Progress
from innospace.core.provenance import Provenance
from innospace.core.status import Status, StatusCode
from innospace.frontier.densities import density
from innospace.frontier.estimate import maximise_likelihood
from innospace.frontier.result import SCORE_TOLERANCE
from innospace.frontier.structure.arrays import Arrays
from innospace.frontier.structure.built import Built
from innospace.frontier.structure.classes import Parts, contaminated_noise, latent_class, zero_inefficiency
from innospace.frontier.structure.counts import counts
from innospace.frontier.structure.endogenous import endogenous
from innospace.frontier.structure.result import StructureResult
from innospace.frontier.structure.search import WORDS, Found, best_of, covariances, status_of
from innospace.frontier.structure.selection import selection
from innospace.frontier.structure.spec import StructureSpec
from innospace.numerics.covariance import smallest_scaled_eigenvalue
from innospace.numerics.maximum_likelihood import newton_decrement

if TYPE_CHECKING:
    import pandas as pd

BUILDERS: Mapping[str, Callable[[StructureSpec, Arrays, int], Built]] = {
    "zero_inefficiency": zero_inefficiency,
    "latent_class": latent_class,
    "contaminated_noise": contaminated_noise,
    "counts": counts,
    "selection": selection,
    "endogenous": endogenous,
}


def estimate(
    spec: StructureSpec,
    arrays: Arrays,
    labels: pd.DataFrame,
    provenance: Provenance,
    vcov: str,
    level: float,
    seed: int,
    progress: Progress,
) -> StructureResult:
    """Estimate a frontier with a structure and put the result together.

    Parameters
    ----------
    spec : StructureSpec
    arrays : Arrays
    labels : pandas.DataFrame
        Region, year and the like of every row given.
    provenance : Provenance
    vcov : str
    level : float
        Coverage of the intervals of efficiency.
    seed : int
        Draws some starts of latent classes.
    progress : callable
    """
    # tolerances are relative to a log-likelihood of one unit a row, whatever unit the weights are in
    unit = 1.0 if arrays.weights is None else float(arrays.weights.mean())
    scaled = arrays if arrays.weights is None else replace(arrays, weights=arrays.weights / unit)
    progress("Maximising the likelihood", 0.1)
    built = BUILDERS[spec.model](spec, scaled, seed)
    found = _settled(built, best_of(built.likelihood, built.starts, built.limits))
    loglik = unit * (found.optimum.value - built.shift)
    more = _criteria(spec, scaled, seed, progress, unit)
    status = status_of(found)
    if not found.edge and loglik <= more.get(f"log_likelihood_{spec.classes - 1}", -np.inf):
        status = Status(StatusCode.BOUNDARY, *WORDS["class_empty"], "class_empty", status.numbers)
    forward = built.layout.forward()
    held = np.any(forward[:, ~found.free] != 0.0, axis=1)
    made = covariances(built.likelihood, found, forward, arrays.clusters, vcov == "jackknife")
    for kind in ("hessian", "opg"):
        made[kind] = made[kind] / unit
    size = float(found.free.sum())
    numbers = {
        "log_likelihood": loglik,
        "aic": 2.0 * size - 2.0 * loglik,
        "bic": size * float(np.log(arrays.total_weight)) - 2.0 * loglik,
        **built.numbers(found.optimum.theta),
        "starts_tried": float(found.tried),
        "starts_agreed": float(found.agreed),
        "level": level,
        **more,
    }
    return StructureResult(
        spec,
        tuple(built.layout.names),
        np.where(held, np.nan, forward @ found.optimum.theta + built.layout.offset()),
        made,
        _rows(built, found, labels, arrays, level),
        numbers,
        built.tests(found.optimum.value, unit),
        status,
        _checks(built, found),
        provenance,
        vcov,
        arrays=arrays,
    )


def _settled(built: Built, found: Found) -> Found:
    """Return what was found with the classes in their order."""
    theta, places = built.settle(found.optimum.theta)
    free = found.free[places]
    value, gradient, hessian = built.likelihood.evaluate(theta)
    g, h = gradient[free], hessian[np.ix_(free, free)]
    optimum = replace(found.optimum, theta=theta, value=value, gradient=g, hessian=h, decrement=newton_decrement(g, h))
    return replace(found, optimum=optimum, free=free)


def _criteria(spec: StructureSpec, arrays: Arrays, seed: int, progress: Progress, unit: float) -> dict[str, float]:
    """Return log-likelihood and BIC of every smaller number of latent classes."""
    if spec.model != "latent_class":
        return {}
    numbers = {}
    for classes in range(1, spec.classes):
        progress(f"Comparing with {classes} class{'es' if classes > 1 else ''}", 0.3 + 0.5 * classes / spec.classes)
        if classes == 1:
            p = Parts(spec, arrays)
            one = maximise_likelihood(p.problem(density(spec.inefficiency), arrays.weights), seed)
            size = len(one.theta)
            value = unit * (one.loglik - 0.5 * p.standard.log_unit_squared * arrays.total_weight)
        else:
            built = latent_class(replace(spec, classes=classes), arrays, seed)
            found = best_of(built.likelihood, built.starts, built.limits)
            size, value = int(found.free.sum()), unit * (found.optimum.value - built.shift)
        numbers[f"log_likelihood_{classes}"] = float(value)
        numbers[f"bic_{classes}"] = float(size * np.log(unit * arrays.total_weight) - 2.0 * value)
    return numbers


def _rows(built: Built, found: Found, labels: pd.DataFrame, arrays: Arrays, level: float) -> pd.DataFrame:
    """Return efficiency and posterior of every row given; rows left out have missing values."""
    frame = labels.reset_index(drop=True)
    frame.insert(0, "row", np.arange(1, arrays.rows + 1))
    for name, value in built.rows(found.optimum.theta, level).items():
        full = np.full(arrays.rows, np.nan)
        full[arrays.kept] = value
        frame[name] = full
    return frame


def _checks(built: Built, found: Found) -> tuple[Check, ...]:
    o = found.optimum
    promised = newton_decrement(o.gradient, o.hessian) if np.all(np.isfinite(o.hessian)) else float("inf")
    return (
        Check.at_most(
            "score_at_optimum",
            promised / (1.0 + abs(o.value)),
            SCORE_TOLERANCE,
            "Log-likelihood that one more Newton step would still gain, relative to its size.",
            "The search did not reach a maximum: see the status and its remedy.",
        ),
        Check.at_least(
            "hessian_negative_definite",
            smallest_scaled_eigenvalue(o.hessian),
            1e-10,
            "Smallest eigenvalue of the information matrix scaled to unit diagonal; near zero means parameters that "
            "the data cannot tell apart.",
            "Drop regressors or use a simpler model.",
        ),
        Check.at_least(
            "starts_agree",
            found.agreed / found.tried,
            1.5 / max(found.tried, 2),
            f"Share of the {found.tried} starts that reached the reported optimum; a maximum that a single start "
            "reached may not be the highest.",
            "Try other seeds and compare the log-likelihoods, or use a simpler model.",
        ),
        *built.checks(o.theta),
    )
