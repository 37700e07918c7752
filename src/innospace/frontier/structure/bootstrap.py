"""The bootstrap of a frontier with a structure: outcomes are simulated, or rows or blocks of them drawn again."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from innospace.core.errors import InnospaceError, SpecError
from innospace.frontier.bootstrap.draws import KINDS
from innospace.frontier.bootstrap.intervals import acceleration
from innospace.frontier.bootstrap.refits import COLLINEAR, Ask, Means, Refits, Row, collect, collinear
from innospace.frontier.bootstrap.resampled import Resampled
from innospace.frontier.bootstrap.run import blocks_by
from innospace.frontier.densities.base import Array
from innospace.frontier.efficiency import check_level
from innospace.frontier.structure import counts, mixture
from innospace.frontier.structure.arrays import Arrays, Layout
from innospace.frontier.structure.built import Built
from innospace.frontier.structure.draws import DRAWS
from innospace.frontier.structure.estimation import BUILDERS
from innospace.frontier.structure.search import Found, best_of, status_of
from innospace.frontier.structure.selection import LARGEST_ATANH
from innospace.frontier.structure.spec import StructureSpec
from innospace.numerics.bootstrap import block_counts

if TYPE_CHECKING:
    import pandas as pd

    from innospace.frontier.structure.result import StructureResult

TASK = 8
"""Replications of a task."""
NO_MAXIMUM = ("class_empty", "class_on_few_rows", "index_unbounded")
"""Limits at which the likelihood has no maximum, so that there is no estimate."""
STEP = 1e-5
"""Of derivatives of shares and scales by parameters, in standardised units."""
PAST = 1e-6
"""How far below the level at which a log-variance is held one that is minus infinity is put."""
_LEVEL = re.compile(r"(lnsigma_[uv]2(?:_\d+|_wide)?|logit_\w+|atanh_rho)(?::Intercept)?")
_NUMBER = re.compile(r"share_\d+|sigma_[uv](_\d+)?|rho|expected_efficiency")


def drawn(result: StructureResult, ask: Ask, means: Means) -> StructureBootstrap:
    """Estimate the model again on drawn samples; see :class:`innospace.frontier.bootstrap.redrawn.Redrawn`."""
    ask = require_bootstrap(result.spec, ask, result.arrays)
    if not result.status.converged and (result.status.boundary in (*NO_MAXIMUM, "")):
        raise SpecError(
            "The estimate is not a maximum of the likelihood, so that there is nothing to draw around.",
            where=f"status {result.status.boundary or result.status.code}",
            remedy=result.status.remedy,
        )
    given = (result.spec, _arrays_of(result), _limits_of(result), ask.seed, _blocks(result, ask))
    sampler = StructureSampler(str(ask.kind), *given)
    return StructureBootstrap(result, collect(refit_structures, sampler, ask.tasks(TASK), ask, means))


def require_bootstrap(spec: StructureSpec, ask: Ask, arrays: Arrays | None = None) -> Ask:
    """Return what is asked with its kind, or raise :class:`SpecError` where it cannot be drawn.

    Without ``arrays`` what hangs on the data is not looked at.
    """
    asked = ask.of(KINDS, "pairs" if spec.cluster is None else "block")
    unseen = None if arrays is None else arrays.unseen
    if asked.kind == "parametric" and unseen is not None and np.isnan(unseen).any():
        unknown = int(np.isnan(unseen).any(axis=1).sum())
        raise SpecError(
            "A parametric bootstrap draws which rows are selected, and needs the regressors of them all.",
            where=f"{unknown} of {len(unseen)} rows that are not selected have a missing regressor of the frontier",
            remedy='Fill these cells, or use kind="pairs", which draws rows.',
        )
    return asked


def _arrays_of(result: StructureResult) -> Arrays:
    if result.arrays is None:
        raise SpecError("This result was made without its rows.", remedy="Fit it again.")
    found: Arrays = result.arrays
    return found


def _blocks(result: StructureResult, ask: Ask) -> NDArray[np.int64] | None:
    """Return the block of every row used; None where rows are drawn one by one."""
    if ask.kind != "block":
        return None
    arrays = _arrays_of(result)
    return blocks_by(arrays.clusters, result.efficiencies[result.label_columns].iloc[arrays.kept])


@dataclass(frozen=True, slots=True)
class StructureSampler:
    """What samples are drawn from: kind, model, data, estimate, seed, block of every row where blocks are drawn.

    Parameters of the estimate that lie at a limit are not finite: see :func:`at_limits`.
    """

    kind: str
    spec: StructureSpec
    arrays: Arrays
    theta: Array
    seed: int
    blocks: NDArray[np.int64] | None = None

    def sample(self, number: int) -> Arrays:
        """Return one draw: outcomes simulated from the estimate, or rows weighted by how often they were drawn."""
        if self.kind == "parametric":
            rng = np.random.default_rng([self.seed, number])
            made = DRAWS[self.spec.model](rng, self.spec, self.arrays, self.theta)
            return made if made.weights is None else replace(made, weights=made.weights / made.weights.mean())
        codes = np.arange(self.arrays.n) if self.blocks is None else self.blocks
        times = block_counts(int(codes.max()) + 1, self.seed, number)[codes].astype(np.float64)
        return self.arrays.drawn(times if self.arrays.weights is None else times * self.arrays.weights)


def refit_structures(sampler: StructureSampler, numbers: range) -> list[Row | str]:
    """Refit some draws."""
    return [_refit(sampler, number) for number in numbers]


def _refit(sampler: StructureSampler, number: int) -> Row | str:
    arrays = sampler.sample(number)
    if sampler.spec.model == "selection" and len(arrays.y) in (0, arrays.n):
        return "The outcome is seen in all rows of the draw, or in none."
    if any(collinear(z) for z in (arrays.x, *(z for z, _ in arrays.parts.values()))):
        return COLLINEAR
    if np.ptp(arrays.y) == 0.0:
        return "The outcome of the draw is constant."
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            built = BUILDERS[sampler.spec.model](sampler.spec, arrays, sampler.seed)
            at = standard(built.layout, sampler.spec.model, sampler.theta)
            found = _search(built, at if np.isfinite(sampler.theta).all() else None)
            theta, places = built.matched(found.optimum.theta, at)
    except (InnospaceError, np.linalg.LinAlgError) as error:
        return getattr(error, "what", "") or "A matrix of the search is singular."
    status = status_of(found)
    if status.boundary in NO_MAXIMUM or not (status.converged or status.boundary):
        return f"The search ended with {status.boundary or status.code}."
    forward = built.layout.forward()
    held = np.any(forward[:, ~found.free[places]] != 0.0, axis=1)
    theta = at_limits(built.layout.names, forward @ theta + built.layout.offset(), held, status.boundary)
    return theta, sampler.spec.inefficiency, status.boundary or str(status.code)


def _search(built: Built, at: Array | None) -> Found:
    """Search from the estimate, and from all starts where that does not end at a maximum inside."""
    if at is not None:
        near = best_of(built.likelihood, [at], built.limits)
        if status_of(near).converged:
            return near
    return best_of(built.likelihood, [*([] if at is None else [at]), *built.starts], built.limits)


def at_limits(names: Sequence[str], theta: Array, held: NDArray[np.bool_], end: str) -> Array:
    """Return parameters, shape (p,), with what those that are held go to; NaN where they mean nothing there.

    Parameters
    ----------
    names : sequence of str
    theta : ndarray, shape (p,)
    held : ndarray of bool, shape (p,)
    end : str
        Name of the limit.
    """
    shares = ("all_inefficient", "one_noise")  # a class has no rows: its other parameters mean nothing
    found = np.array(theta, dtype=np.float64)
    for j in np.flatnonzero(held):
        level = _LEVEL.fullmatch(names[int(j)])
        stem = level.group(1) if level else ""
        if stem == "atanh_rho":
            found[j] = np.copysign(np.inf, theta[j])
        elif stem.startswith("logit"):
            found[j] = -np.inf if end in shares else np.nan
        else:
            found[j] = -np.inf if stem and not (end in shares and stem.endswith("_wide")) else np.nan
    return found


def _limits_of(result: StructureResult) -> Array:
    """Return the estimate with what parameters at a limit go to."""
    held = np.isnan(result.theta)
    theta = np.where(held, result.numbers.get("rho", np.nan), result.theta)
    return at_limits(result.names, theta, held, result.status.boundary)


def standard(layout: Layout, model: str, theta: Array) -> Array:
    """Return parameters, which may be at limits, in standardised units and finite, shape (p,)."""
    noise = counts.SMALLEST_LOG_NOISE if model == "counts" else mixture.SMALLEST_LOG_NOISE
    levels = {"lnsigma_u2": mixture.NO_INEFFICIENCY, "lnsigma_v2": noise, "logit": mixture.NO_SHARE}
    whole = np.nan_to_num(theta, nan=0.0, posinf=LARGEST_ATANH + 1.0, neginf=-LARGEST_ATANH - 1.0)
    for j in np.flatnonzero(np.isneginf(theta)):
        for kind, level in levels.items():
            if layout.names[j].startswith(kind):
                whole[j] = level - PAST + (layout.log_unit_squared if kind != "logit" else 0.0)
    return layout.standard(whole)


@dataclass(frozen=True, repr=False)
class StructureBootstrap(Resampled):
    """A bootstrap of a frontier with a structure.

    Attributes
    ----------
    result : StructureResult
        What was estimated.
    refits : Refits
        Estimates over replications, classes with the labels of the estimate; those on a boundary are kept.
    """

    result: StructureResult
    refits: Refits

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Coefficients of the model, then shares of the classes, scales, correlation, efficiency at the rows used."""
        return (*self.result.names, *self._numbers)

    @property
    def _numbers(self) -> tuple[str, ...]:
        return tuple(n for n in self.result.numbers if _NUMBER.fullmatch(n))

    @cached_property
    def _built(self) -> Built:
        arrays = _arrays_of(self.result)
        rows = arrays if arrays.weights is None else arrays.drawn(arrays.weights)
        return BUILDERS[self.result.spec.model](self.result.spec, rows, 0)

    @cached_property
    def values(self) -> Array:
        """Values of :attr:`names`, shape (b, m); minus infinity is the logarithm of what is zero."""
        found = [self._numbers_at(self._standard(theta)) for theta in self.refits.theta]
        return np.column_stack((self.refits.theta, np.array(found).reshape(len(found), len(self._numbers))))

    @cached_property
    def estimates(self) -> Array:
        """Estimates of :attr:`names`, shape (m,)."""
        return np.array([*_limits_of(self.result), *(self.result.numbers[n] for n in self._numbers)])

    def _standard(self, theta: Array) -> Array:
        """Return parameters of a replication in the standardised units of the rows used, finite."""
        return standard(self._built.layout, self.result.spec.model, theta)

    def _numbers_at(self, theta: Array) -> Array:
        found = self._built.numbers(theta)
        return np.array([found[name] for name in self._numbers])

    @cached_property
    def _acceleration(self) -> Array:
        """Return accelerations from influences of rows or blocks; zero where the estimate has no covariance."""
        r, built, arrays = self.result, self._built, _arrays_of(self.result)
        covariance = r.covariances["hessian"]
        known = np.flatnonzero(np.isfinite(np.diag(covariance)))
        found = np.zeros(len(self.names))
        if not len(known) or np.isnan(r.theta).any():
            return found
        theta, back = built.layout.standard(r.theta), np.linalg.inv(built.layout.forward())
        influence = built.likelihood.scores(theta) @ back @ covariance
        influence = influence if arrays.weights is None else influence * arrays.weights[:, None]
        codes = _blocks(r, Ask(self.refits.replications, self.refits.kind))
        if codes is not None:
            influence = np.column_stack([np.bincount(codes, weights=c) for c in influence.T])
        slopes = np.empty((len(theta), len(self._numbers)))
        for j, step in enumerate(STEP * np.eye(len(theta))):
            slopes[j] = (self._numbers_at(theta + step) - self._numbers_at(theta - step)) / (2.0 * STEP)
        return acceleration(np.column_stack((influence, influence @ back.T @ slopes)))

    def efficiencies(self, level: float = 0.95) -> pd.DataFrame:
        """Return efficiencies with intervals that carry the uncertainty of the parameters.

        One row per row given, in order: its labels, the estimate ``te``, ``te_bc_lower`` and ``te_bc_upper`` of the
        predictor ``E[exp(-u) | e]`` over replications, and ``te_lower`` and ``te_upper`` of ``exp(-u)`` itself, drawn
        given the row's error at the parameters of each replication (Simar and Wilson 2010).
        """
        check_level(level)
        refits, arrays = self.refits, _arrays_of(self.result)
        count = len(refits.theta)
        # one probability a replication, spread evenly, in an order that has nothing to do with the replications
        order = np.random.default_rng([refits.seed, refits.replications]).permutation(count)
        found = np.empty((2, count, arrays.n))
        for b, theta in enumerate(refits.theta):
            p = (order[b] + 0.5) / count
            given = self._built.rows(self._standard(theta), abs(1.0 - 2.0 * p))
            found[0, b], found[1, b] = given["te"], given["te_lower" if p < 0.5 else "te_upper"]
        tail = 0.5 * (1.0 - level)
        ends = np.full((2, 2, arrays.rows), np.nan)
        ends[:, :, arrays.kept] = np.quantile(found, [tail, 1.0 - tail], axis=1)
        own = self.result.efficiencies
        bounds = {"te_bc_lower": ends[0, 0], "te_bc_upper": ends[1, 0], "te_lower": ends[0, 1], "te_upper": ends[1, 1]}
        return own[[*self.result.label_columns, "te"]].assign(**bounds)


BOOTSTRAP = StructureBootstrap
