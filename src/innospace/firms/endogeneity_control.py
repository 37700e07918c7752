"""Control functions for binary outcomes on arrays: two-stage residual inclusion with stacked errors."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from innospace.core.errors import InnospaceError, SolverError
from innospace.core.parts import Resume, resumed
from innospace.core.progress import Progress, silent
from innospace.firms.choice.binary import (
    average_effects,
    density_and_slope,
    fit_binary,
    log_distribution,
)
from innospace.firms.choice.categories import discrete_columns
from innospace.firms.endogeneity_design import Instrumented
from innospace.firms.endogeneity_fit import FTest
from innospace.firms.estimates import Array, Effects, Integers
from innospace.firms.least_squares import fit_linear
from innospace.numerics.chunks import Chunks
from innospace.numerics.covariance import clustered_meat
from innospace.numerics.maximum_likelihood import Optimum
from innospace.numerics.tails import chi2_sf

FIRST_STAGES = ("linear", "probit")
LOST = 0.1
"""Share of bootstrap draws that may fail."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A first stage: its residual, and what errors need.

    Attributes
    ----------
    theta : ndarray, shape (l,)
    residual, slope : ndarray, shape (n,)
        Residual and its derivative by the first-stage index.
    scores : ndarray, shape (n, l)
    hessian : ndarray, shape (l, l)
        Derivative of the summed scores.
    """

    theta: Array
    residual: Array
    slope: Array
    scores: Array
    hessian: Array


@dataclass(frozen=True, slots=True)
class ControlFit:
    """Both stages.

    Attributes
    ----------
    names : tuple of str
        Of all parameters: outcome equation, residuals, first stages.
    theta : ndarray, shape (p,)
    w : ndarray, shape (n, k + e)
        Regressors and residuals.
    stages : tuple of Stage
    covariances : dict of str to ndarray, shape (p, p)
    log_likelihood : float
        Of the outcome equation.
    optimum : Optimum
    """

    names: tuple[str, ...]
    theta: Array
    w: Array
    stages: tuple[Stage, ...]
    covariances: dict[str, Array]
    log_likelihood: float
    optimum: Optimum

    def exogeneity(self, covariance: Array) -> FTest:
        """Return the Wald test that no residual matters: the regressors are exogenous."""
        e, k = len(self.stages), self.w.shape[1]
        at = slice(k - e, k)
        kappa = self.theta[at]
        statistic = float(kappa @ np.linalg.solve(covariance[at, at], kappa))
        return FTest(statistic, float(e), float("inf"), float(chi2_sf(statistic, e)))


def fit_control(d: Instrumented, link: str, first_stage: str) -> ControlFit:
    """Fit both stages; covariances come from their stacked estimating equations.

    Parameters
    ----------
    d : Instrumented
    link : str
        ``probit`` or ``logit``.
    first_stage : str
        ``linear`` or ``probit``.

    Notes
    -----
    With scores ``s`` of all parameters and ``A`` the derivative of their sum, the covariance is ``A^-1 B A^-T`` with
    ``B = sum s s'``. ``A`` has a block for the first stage inside the outcome equation, which is what a second stage
    fitted as if residuals were data leaves out.
    """
    make = {"linear": _linear_stage, "probit": _probit_stage}[first_stage]
    stages = tuple(make(d.x[:, j], d.z) for j in d.endogenous)
    w = np.column_stack([d.x, *(s.residual for s in stages)])
    fit = fit_binary(d.y, w, link)
    names = (*d.names, *(f"residual: {n}" for n in d.endogenous_names))
    for n in d.endogenous_names:
        names += tuple(f"first stage {n}: {z}" for z in d.z_names)
    theta = np.concatenate([fit.theta, *(s.theta for s in stages)])
    found = ControlFit(names, theta, w, stages, {}, fit.log_likelihood, fit.optimum)
    return replace(found, covariances=_covariances(d, found, link, fit.scores, fit.hessian))


def _linear_stage(column: Array, z: Array) -> Stage:
    fit = fit_linear(column, z)
    return Stage(fit.theta, fit.residuals, np.full(len(z), -1.0), z * fit.residuals[:, None], -z.T @ z)


def _probit_stage(column: Array, z: Array) -> Stage:
    fit = fit_binary(column, z)
    sign = np.where(column == 1.0, 1.0, -1.0)
    _, first, second = log_distribution(sign * (z @ fit.theta), "probit")
    return Stage(fit.theta, sign * first, second, fit.scores, fit.hessian)


def _covariances(d: Instrumented, found: ControlFit, link: str, scores: Array, hessian: Array) -> dict[str, Array]:
    k, size, each = found.w.shape[1], len(found.theta), d.z.shape[1]
    derivative = np.zeros((size, size))
    derivative[:k, :k] = hessian
    sign = np.where(d.y == 1.0, 1.0, -1.0)
    _, first, second = log_distribution(sign * (found.w @ found.theta[:k]), link)
    for s, stage in enumerate(found.stages):
        column, block = k - len(found.stages) + s, slice(k + s * each, k + (s + 1) * each)
        derivative[block, block] = stage.hessian
        derivative[:k, block] = (found.w * (second * found.theta[column] * stage.slope)[:, None]).T @ d.z
        derivative[column, block] += (sign * first * stage.slope) @ d.z
    # columns of very different size are scaled before the inverse
    scale = 1.0 / np.sqrt(np.abs(np.diag(derivative)))
    inverse = np.linalg.inv(derivative * np.outer(scale, scale)) * np.outer(scale, scale)
    stacked = np.column_stack([scores, *(s.scores for s in found.stages)])
    n = len(d.y)
    meats = {"robust": stacked.T @ stacked * (n / (n - 1))}
    if d.clusters is not None:
        meats = {"cluster": clustered_meat(stacked, d.clusters), **meats}
    return {kind: inverse @ meat @ inverse.T for kind, meat in meats.items()}


def control_effects(d: Instrumented, found: ControlFit, link: str) -> Effects:
    """Return average effects over rows, each with its residual, with derivatives by the parameters of both stages."""
    k, e = found.w.shape[1], len(found.stages)
    theta = found.theta[:k]
    made = average_effects(found.w, found.names[:k], theta, link)
    shown = [i for i, name in enumerate(made.names) if name in d.names]
    jacobian = np.zeros((len(shown), len(found.theta)))
    jacobian[:, :k] = np.asarray(made.jacobian)[shown]
    columns = [(found.names.index(made.names[i]), made.kinds[i]) for i in shown]
    zeros = discrete_columns(found.w, found.names[:k])
    by_index = np.array(
        [_by_index(found.w, j, zeros[j] if "discrete" in kind else [], theta, link) for j, kind in columns]
    )
    for s, stage in enumerate(found.stages):
        block = slice(k + s * d.z.shape[1], k + (s + 1) * d.z.shape[1])
        jacobian[:, block] = by_index @ (d.z * (theta[k - e + s] * stage.slope)[:, None]) / len(d.y)
    names, kinds = tuple(made.names[i] for i in shown), tuple(made.kinds[i] for i in shown)
    return Effects(names, made.values[shown], kinds, jacobian=jacobian, unit=made.unit)


def _by_index(w: Array, j: int, zeros: list[int], theta: Array, link: str) -> Array:
    """Return the derivative of every row's effect by its index; a marginal effect has no columns that go to zero."""
    index = w @ theta
    if not zeros:
        return np.asarray(theta[j] * density_and_slope(index, link)[1])
    rest = index - w[:, zeros] @ theta[zeros]
    return density_and_slope(rest + theta[j], link)[0] - density_and_slope(rest, link)[0]


def bootstrap_control(
    d: Instrumented,
    link: str,
    first_stage: str,
    draws: int,
    seed: int,
    *,
    workers: int | None = 1,
    executor: Any = None,
    resume: Resume = None,
    progress: Progress = silent,
) -> tuple[Array, int]:
    """Return the covariance of all parameters over draws of rows or clusters, and how many draws were lost.

    Raises
    ------
    SolverError
        More than a tenth of the draws could not be fitted.
    """
    groups = np.arange(len(d.y)) if d.clusters is None else d.clusters
    given = (d, link, first_stage, groups, seed)
    # of the design, which holds the table, no draw takes more than its clusters
    identity = (d.y, d.x, d.names, d.z, d.z_names, d.excluded, d.endogenous, *given[1:])
    how: dict[str, Any] = {"workers": workers, "executor": executor}

    def told(done: int, of: int) -> None:
        progress(f"Draw {done} of {of}", done / of)

    with resumed(resume) as parts, Chunks(_draw, given, "control", identity, parts=parts, **how) as work:
        results = work.run(range(draws), told)
    thetas = [t for t in results if t is not None]
    lost = draws - len(thetas)
    if lost > LOST * draws or len(thetas) < 2:
        raise SolverError(
            f"{lost} of {draws} bootstrap draws could not be fitted.",
            where="usually too few rows of one outcome, or of one value of a 0/1 regressor",
            remedy="Leave draws at 0 for analytic errors, or leave out a regressor that is rarely 0 or 1.",
        )
    return np.atleast_2d(np.cov(np.array(thetas), rowvar=False)), lost


def _draw(shared: tuple[Instrumented, str, str, Integers, int], number: int) -> Array | None:
    d, link, first_stage, groups, seed = shared
    order = np.argsort(groups, kind="stable")
    starts = np.searchsorted(groups[order], np.arange(int(groups.max()) + 2))
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(number,)))
    drawn = rng.integers(0, len(starts) - 1, len(starts) - 1)
    rows = np.concatenate([order[starts[g] : starts[g + 1]] for g in drawn])
    resampled = replace(d, design=replace(d.design, clusters=None), y=d.y[rows], x=d.x[rows], z=d.z[rows])
    try:
        return fit_control(resampled, link, first_stage).theta
    except (InnospaceError, np.linalg.LinAlgError):
        return None
