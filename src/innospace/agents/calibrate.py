"""Simulated method of moments with common random numbers.

The moments of :data:`innospace.agents.targets.MOMENTS` are computed in the same way from the panel and from runs, and
the distance ``J = (m - m_s)' S^-1 (m - m_s) / (1 + 1 / R)`` is minimised by Nelder-Mead over three numbers (McFadden
1989; Gourieroux, Monfort and Renault 1993). S is the covariance of the moments of one run. Openness of every
region is not searched for: it follows in closed form from what the frontier expects of the region.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from innospace.agents.assumptions import PARAMETERS, Assumptions, Calibrated
from innospace.agents.model import AgentModel
from innospace.agents.population import Population
from innospace.agents.simulate import simulate
from innospace.agents.targets import HELD_OUT, MOMENTS, FrontierNumbers, Panel, moments, windows
from innospace.core.checks import Check
from innospace.core.errors import InnospaceError, SolverError, SpecError
from innospace.core.parts import Resume, resumed
from innospace.core.progress import Progress, silent
from innospace.core.status import Status, StatusCode
from innospace.numerics.chunks import Chunks
from innospace.numerics.tails import chi2_sf

Array = NDArray[np.float64]
LOWEST = 0.02
"""Below this a standard deviation or a dispersion is at its boundary."""
HIGHEST = 2.0
SHIFTED = {
    "acceptance": 0.5,
    "experience_effect": 2.0,
    "neighbour_effect": 2.0,
    "fit_effect": 1.5,
    "success_rate": 1.25,
    "end_after_failure": 1.25,
    "openness_persistence": 0.75,
}
"""Factors by which assumptions are moved to see whether the moments would tell."""
STEP = 0.1
_CHUNK = 4


@dataclass(frozen=True)
class Setup:
    """What a calibration holds fixed.

    Attributes
    ----------
    panel : Panel
    frontier : FrontierNumbers
    population : Population
    assumptions : Assumptions
    seed : int
    """

    panel: Panel
    frontier: FrontierNumbers
    population: Population
    assumptions: Assumptions
    seed: int

    def model(self, calibrated: Calibrated, growth_after: float = 0.0) -> AgentModel:
        """Return the model with given numbers; what the frontier expects of regions moves with growth."""
        f, a = self.frontier, self.assumptions
        wanted = self.panel.expectation(f, calibrated.growth, a.window)
        return AgentModel(self.population, a, calibrated, f.delta, f.share, self.panel.base, wanted, growth_after)

    def identity(self) -> list[Any]:
        """Return all that decides a run, as plain types."""
        return [
            self.frontier.to_dict(),
            self.assumptions.to_dict(),
            self.seed,
            self.population.identity(),
            [self.panel.innovations.tolist(), self.panel.space.tolist()],
        ]

    def moments(self, calibrated: Calibrated, replications: Sequence[int]) -> list[list[float]]:
        """Return the moments of runs, held-out ones last."""
        model, window = self.model(calibrated), self.assumptions.window
        first, rows = self.panel.years[0] - window + 1, []
        for n in replications:
            run = simulate(model, first, self.panel.base, seed=self.seed, replication=n)
            found = moments(windows(run.innovations, window), self.panel, self.frontier, calibrated.growth)
            rows.append([found[name] for name in (*MOMENTS, *HELD_OUT)])
        return rows


@dataclass(frozen=True)
class Calibration:
    """Calibrated numbers with their fit.

    Attributes
    ----------
    calibrated : Calibrated
    status : Status
    std_errors : dict of str to float
    correlation : ndarray, shape (3, 3)
        Of the estimates.
    distance, p_value : float
        J and its tail, chi-square with two degrees of freedom.
    observed, simulated, spread : dict of str to float
        Moments of the panel, means over runs, standard deviations over runs; held-out ones among them.
    shifts : dict of str to float
        Largest move of a moment, in standard deviations of a run, when an assumption is moved and nothing is calibrated
        again.
    replications, evaluations : int
    """

    calibrated: Calibrated
    status: Status
    std_errors: dict[str, float]
    correlation: Array
    distance: float
    p_value: float
    observed: dict[str, float]
    simulated: dict[str, float]
    spread: dict[str, float]
    shifts: dict[str, float]
    replications: int
    evaluations: int

    def checks(self) -> tuple[Check, ...]:
        """Return whether the search ended, the moments fit, and the held-out moments lie where they should."""
        far = max(abs(self.observed[k] - self.simulated[k]) / max(self.spread[k], 1e-9) for k in HELD_OUT)
        return (
            Check(
                "calibration_converged",
                float(self.status.converged),
                1.0,
                self.status.converged,
                f"Whether the search for the calibrated numbers ended: {self.status.message}",
                self.status.remedy,
            ),
            Check.at_least(
                "calibration_fit",
                self.p_value,
                0.01,
                "Tail probability of the distance between moments of the panel and of runs; small when they disagree.",
                "The mechanism misses something that the moments show; see the table of moments.",
            ),
            Check.at_most(
                "held_out_moments",
                far,
                3.0,
                "Largest distance of a moment that was not aimed at, in standard deviations of a run.",
                "See the table of moments for the one that is missed.",
            ),
            Check.near(
                "zero_share",
                self.simulated["zero_share"],
                self.observed["zero_share"],
                0.05,
                "Share of regions and years without innovations, simulated against observed.",
                "Regions that hardly innovate are not well reproduced; do not read their paths one by one.",
            ),
        )


def calibrate(
    setup: Setup,
    start: Calibrated | None = None,
    *,
    replications: int = 24,
    max_evaluations: int = 90,
    shifts: bool = True,
    workers: int | None = 1,
    executor: Any = None,
    resume: Resume = None,
    progress: Progress = silent,
) -> Calibration:
    """Find growth, changes of openness and dispersion that bring runs close to the panel.

    Parameters
    ----------
    setup : Setup
    start : Calibrated, optional
    replications : int
        Runs a set of numbers is judged by, at least 8.
    max_evaluations : int
        Sets of numbers that may be tried.
    shifts : bool
        Whether to see if the moments would tell other assumptions.
    workers : int, optional
        Processes; all cores when None. No number depends on it.
    executor : optional
        An executor of :mod:`concurrent.futures` instead of ``workers``, such as that of a cluster.
    resume : path or Parts, optional
        A folder where finished parts are kept until all is done, so that an interrupted call goes on.
    progress : callable

    Returns
    -------
    Calibration
        Its status says whether the search converged.

    Raises
    ------
    SpecError
        Fewer than 8 replications, or a panel that does not allow the moments.
    SolverError
        No run has finite moments at the start.
    """
    if replications < 8:
        raise SpecError(f"{replications} replications.", allowed="8 or more", where="replications of the calibration")
    begin = start or Calibrated()
    how: dict[str, Any] = {"workers": workers, "executor": executor}
    with resumed(resume) as parts, Chunks(_runs, setup, "moments", setup.identity(), parts=parts, **how) as work:
        judge = _Judge(work, setup, replications, progress, max_evaluations)
        first = judge.moments(begin)
        if not np.isfinite(first).all():
            raise SolverError("Runs have no finite moments at the start.", remedy="Start from other numbers.")
        covariance = np.asarray(np.cov(first[:, : len(MOMENTS)], rowvar=False))
        judge.weight = np.asarray(np.linalg.pinv(covariance + 1e-8 * np.eye(len(MOMENTS))) / (1.0 + 1.0 / replications))
        found = optimize.minimize(
            judge.distance,
            _searched(begin),
            method="Nelder-Mead",
            options={
                "maxfev": max_evaluations,
                "xatol": 0.02,
                "fatol": 0.02,
                "initial_simplex": _simplex(_searched(begin)),
            },
        )
        best = _numbers(found.x)
        at = judge.moments(best)
        slope = _slope(judge, best)
        moved = _shifted(judge, best) if shifts else {}
    return _made(best, found, at, slope, judge, moved)


def _searched(c: Calibrated) -> Array:
    return np.array([c.growth, np.log(max(c.openness_sd, LOWEST)), np.log(max(c.dispersion, LOWEST))])


def _numbers(x: Array) -> Calibrated:
    sd, dispersion = np.exp(np.clip(x[1:], np.log(LOWEST), np.log(HIGHEST)))
    return Calibrated(float(np.clip(x[0], -0.5, 1.0)), float(sd), float(dispersion))


def _simplex(x: Array) -> Array:
    return np.vstack([x, *(x + step for step in np.diag([0.06, 0.35, 0.35]))])


class _Judge:
    """Moments of runs at given numbers, kept, and their distance from those of the panel."""

    def __init__(self, work: Chunks, setup: Setup, replications: int, progress: Progress, most: int) -> None:
        self.work, self.setup, self.replications = work, setup, replications
        self.progress, self.most, self.evaluations = progress, most, 0
        self.weight: Array = np.eye(len(MOMENTS))

    def moments(self, c: Calibrated, assumptions: Assumptions | None = None) -> Array:
        """Return moments by run, shape (replications, moments)."""
        numbers = range(self.replications)
        tasks = [(c, assumptions, numbers[i : i + _CHUNK]) for i in range(0, len(numbers), _CHUNK)]
        return np.array([row for rows in self.work.run(tasks) for row in rows])

    def distance(self, x: Array) -> float:
        """Return J at searched numbers; large where runs are not possible."""
        self.evaluations += 1
        self.progress(f"Calibration: set {self.evaluations}", min(0.95, self.evaluations / self.most))
        try:
            c = _numbers(x)
            gap = self.gap(self.moments(c), c)
        except InnospaceError:
            return 1e6
        beyond = float(np.sum(np.maximum(0.0, np.abs(x - _searched(_numbers(x))))))
        return float(gap @ self.weight @ gap) + 100.0 * beyond

    def gap(self, runs: Array, c: Calibrated) -> Array:
        """Return moments of the panel less the mean over runs."""
        observed = self.observed(c)
        return np.asarray(np.array([observed[k] for k in MOMENTS]) - runs[:, : len(MOMENTS)].mean(axis=0))

    def observed(self, c: Calibrated) -> dict[str, float]:
        """Return moments of the panel; efficiency depends on the growth of w."""
        return moments(self.setup.panel.innovations, self.setup.panel, self.setup.frontier, c.growth)


def _runs(setup: Setup, task: tuple[Calibrated, Assumptions | None, Sequence[int]]) -> list[list[float]]:
    calibrated, assumptions, numbers = task
    own = setup if assumptions is None else replace(setup, assumptions=assumptions)
    return own.moments(calibrated, numbers)


def _slope(judge: _Judge, best: Calibrated) -> Array:
    """Return the slope of the gap by the searched numbers, shape (moments, 3), by central differences."""
    x = _searched(best)
    columns = []
    for k in range(len(x)):
        ends = []
        for sign in (-1.0, 1.0):
            c = _numbers(x + sign * STEP * np.eye(len(x))[k])
            ends.append((judge.gap(judge.moments(c), c), _searched(c)[k]))
        columns.append((ends[1][0] - ends[0][0]) / max(ends[1][1] - ends[0][1], 1e-9))
    return np.column_stack(columns)


def _shifted(judge: _Judge, best: Calibrated) -> dict[str, float]:
    """Return how far the moments move when an assumption is moved, in standard deviations of a run."""
    base = judge.moments(best)[:, : len(MOMENTS)]
    a, spread = judge.setup.assumptions, np.maximum(base.std(axis=0, ddof=1), 1e-9)
    found = {}
    for name, factor in SHIFTED.items():
        other = replace(a, **{name: getattr(a, name) * factor})
        moved = judge.moments(best, other)[:, : len(MOMENTS)].mean(axis=0)
        found[name] = float(np.max(np.abs(moved - base.mean(axis=0)) / spread))
    return found


def _made(
    best: Calibrated, found: Any, at: Array, slope: Array, judge: _Judge, shifts: dict[str, float]
) -> Calibration:
    names = [*MOMENTS, *HELD_OUT]
    covariance = np.linalg.pinv(slope.T @ judge.weight @ slope)
    errors = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    # from logarithms to the numbers themselves
    scaled = errors * np.array([1.0, best.openness_sd, best.dispersion])
    outer = np.outer(errors, errors)
    observed = judge.observed(best)
    return Calibration(
        best,
        _status(found, best, judge.evaluations),
        dict(zip(PARAMETERS, map(float, scaled), strict=True)),
        np.divide(covariance, outer, out=np.zeros_like(covariance), where=outer > 0.0),
        float(found.fun),
        float(chi2_sf(found.fun, len(MOMENTS) - len(PARAMETERS))),
        {k: float(observed[k]) for k in names},
        dict(zip(names, map(float, at.mean(axis=0)), strict=True)),
        dict(zip(names, map(float, at.std(axis=0, ddof=1)), strict=True)),
        shifts,
        judge.replications,
        judge.evaluations,
    )


def _status(found: Any, best: Calibrated, evaluations: int) -> Status:
    numbers = {"evaluations": float(evaluations), "distance": float(found.fun)}
    if not found.success:
        return Status(
            StatusCode.MAX_ITERATIONS,
            f"The calibration did not converge in {evaluations} sets of numbers; the best one is kept.",
            "Raise max_evaluations or replications of the calibration, or start from the numbers found.",
            numbers=numbers,
        )
    edge = [n for n in ("openness_sd", "dispersion") if not 1.05 * LOWEST < getattr(best, n) < 0.95 * HIGHEST]
    if edge:
        return Status(
            StatusCode.BOUNDARY,
            f"The calibration ended at the boundary of {' and '.join(edge)}.",
            "These moments do not ask for it: read the number as zero, or as beyond the range.",
            edge[0],
            numbers,
        )
    return Status(StatusCode.CONVERGED, f"The search ended after {evaluations} sets of numbers.", numbers=numbers)
