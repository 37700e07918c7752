"""Fit of the knowledge coefficients to published effects of policy options, by bounded least squares.

Four numbers cannot identify nine coefficients: it is a fit, not an estimate. Weak priors pull towards the default
coefficients and decide only what the numbers leave open. ``delta`` is not fitted: while efficiency does not move, the
calibrated level of technology absorbs it, so no value of ``delta`` changes any of the four numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from innospace.core.progress import Progress, silent
from innospace.economy.models.knowledge import labels as k
from innospace.economy.models.knowledge.dynamics import solve_path
from innospace.economy.models.knowledge.model import KnowledgeModel
from innospace.economy.models.knowledge.sensitivity import growth_derivative, growth_of
from innospace.economy.models.knowledge.spec import KnowledgeSpec
from innospace.economy.scenario import Scenario
from innospace.numerics.parallel import Workers

Array = NDArray[np.float64]
COEFFICIENTS = {"alpha": "z1", "beta": "r1", "gamma": "n1"}
"""Coefficients and the product whose purchases build their stock."""
NAMES = tuple(f"{c}.{i}" for i in k.PRODUCERS for c in COEFFICIENTS)
READINGS = {
    "percent": "percent of baseline growth, as the heading of the published table says",
    "points": "percentage points of average annual growth",
}
SHAPES = {
    "scales": "three scales: the default coefficients of a producer times one number",
    "coefficients": "nine coefficients, each free within bounds",
}
LOWEST = 1e-5
HIGHEST = {k.SCIENCE: 0.03, k.INNOVATION: 0.05, k.OTHER: 0.03}
"""Bounds of every coefficient. Above them stocks that feed on their own output explode before the last year."""
PRIOR_WEIGHT = 1e-3
"""Residual of one coefficient (or scale) that is off its default by 100 %, in units of the published numbers: less
than half of their last digit, so that the prior decides only between equally good fits."""
STARTS = 3
START_RANGE = (0.02, 1.2)
"""Random starts: factors on the default coefficients, uniform in logarithms."""
SAME_OPTIMUM = 2e-3
"""Relative difference of the least-squares objective up to which two starts reached the same optimum."""
TOLERANCE = 1e-6
MAX_EVALUATIONS = 80
NO_SOLUTION = 1e3
"""Residual where some year has no solution."""
KNIFE_EDGE = (0.9, 1.1)


@dataclass(frozen=True, slots=True)
class Fit:
    """A fit in one reading and one shape.

    Attributes
    ----------
    reading, shape : str
        See :data:`READINGS`, :data:`SHAPES`.
    target, fitted : mapping of scenario to float
    rms : float
        Root mean squared error, in the unit of the target.
    coefficients : mapping of str to mapping of producer to float
        ``alpha``, ``beta``, ``gamma``.
    returns : mapping of str to mapping of producer to float
        Implied gross returns: yearly output per rouble spent, as a fraction.
    baseline_growth : float
        Percent a year.
    knife_edge : mapping of str to mapping of scenario to float
        Effects with all coefficients times 0.9 and 1.1.
    at_bound : tuple of str
        Coefficients that ended at a bound.
    starts, reached, evaluations : int
        Starts, those that reached the best optimum, solved sets of paths.
    converged : bool
    """

    reading: str
    shape: str
    target: Mapping[str, float]
    fitted: Mapping[str, float]
    rms: float
    coefficients: Mapping[str, Mapping[str, float]]
    returns: Mapping[str, Mapping[str, float]]
    baseline_growth: float
    knife_edge: Mapping[str, Mapping[str, float]]
    at_bound: tuple[str, ...]
    starts: int
    reached: int
    evaluations: int
    converged: bool

    def to_dict(self) -> dict[str, Any]:
        """Return plain types."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Fit:
        """Rebuild from :meth:`to_dict`."""
        return cls(**{**data, "at_bound": tuple(data["at_bound"])})

    def spec(self, base: KnowledgeSpec) -> KnowledgeSpec:
        """Return assumptions with the fitted coefficients."""
        return replace(base, **{name: dict(values) for name, values in self.coefficients.items()})  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Problem:
    """What every start needs: a model, scenarios and the number each should give."""

    model: KnowledgeModel
    scenarios: tuple[Scenario, ...]
    target: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Start:
    """One start: where the factors on the default coefficients begin, shape (3,) or (9,)."""

    reading: str
    shape: str
    factors: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Optimum:
    """Where a start ended."""

    cost: float
    factors: tuple[float, ...]
    evaluations: int
    converged: bool


def fit_all(
    model: KnowledgeModel,
    scenarios: Sequence[Scenario],
    target: Mapping[str, float],
    *,
    readings: Sequence[str] = tuple(READINGS),
    starts: int = STARTS,
    seed: int = 0,
    workers: int | None = 1,
    progress: Progress = silent,
) -> tuple[Fit, ...]:
    """Fit the coefficients in every reading, first three scales, then nine coefficients.

    Parameters
    ----------
    model : KnowledgeModel
        Its coefficients are the defaults that scales multiply and priors pull to.
    scenarios : sequence of Scenario
    target : mapping of str to float
        Published effect by name of scenario.
    readings : sequence of str
    starts : int
        Per reading and shape. The first start is not random: the defaults, or the three scales that were found.
    seed : int
        Of the random starts.
    workers : int, optional
        Processes; all cores when None.
    progress : callable

    Returns
    -------
    tuple of Fit
        By reading, then shape.
    """
    problem = Problem(model, tuple(scenarios), tuple(target[s.name] for s in scenarios))
    found: dict[tuple[str, str], list[Optimum]] = {(r, s): [] for r in readings for s in SHAPES}

    with Workers(optimise, problem, workers) as pool:
        for shape in SHAPES:
            tasks = []
            for reading in readings:
                before = _best(found[reading, "scales"]).factors if shape == "coefficients" else ()
                tasks += _starts(reading, shape, starts, seed, before)
            told = _counted(progress, f"Fitting {SHAPES[shape].split(':')[0].split(',')[0]}", shape, len(tasks))
            for task, optimum in zip(tasks, pool.run(tasks, told), strict=True):
                found[task.reading, task.shape].append(optimum)
    return tuple(_fit(problem, reading, shape, found[reading, shape]) for reading in readings for shape in SHAPES)


def _counted(progress: Progress, message: str, shape: str, total: int) -> Callable[[int, Any], None]:
    """Report every finished start; scales are a fifth of the work."""
    first, last = (0.0, 0.2) if shape == "scales" else (0.2, 1.0)
    finished = iter(range(1, total + 1))

    def done(*_: Any) -> None:
        progress(message, first + (last - first) * next(finished) / total)

    progress(message, first)
    return done


def _starts(reading: str, shape: str, count: int, seed: int, scales: Sequence[float]) -> list[Start]:
    size = 3 if shape == "scales" else 9
    key = (list(READINGS).index(reading), list(SHAPES).index(shape))
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))
    low, high = np.log(START_RANGE)
    first = np.repeat(scales, 3) if shape == "coefficients" else np.ones(3)
    drawn = [np.exp(rng.uniform(low, high, size)) for _ in range(count - 1)]
    return [Start(reading, shape, tuple(float(v) for v in factors)) for factors in (first, *drawn)]


def defaults(model: KnowledgeModel) -> Array:
    """Return the coefficients of a model in the order of :data:`NAMES`, shape (9,)."""
    return np.array([getattr(model.spec, c)[i] for i in k.PRODUCERS for c in COEFFICIENTS])


def with_coefficients(model: KnowledgeModel, values: Array) -> KnowledgeModel:
    """Return the model with other coefficients, shape (9,), in the order of :data:`NAMES`."""
    table = np.reshape(values, (3, 3))
    by_name = {c: dict(zip(k.PRODUCERS, map(float, table[:, j]), strict=True)) for j, c in enumerate(COEFFICIENTS)}
    return model.with_spec(replace(model.spec, **by_name))  # type: ignore[arg-type]


def effects_of(
    model: KnowledgeModel, scenarios: Sequence[Scenario], reading: str, *, slopes: bool = False
) -> tuple[Array, Array, float]:
    """Return effects, their derivatives by the nine coefficients (shape (scenarios, 9)) and baseline growth, percent.

    Effects are NaN when a path has a year without a solution; derivatives are zero unless asked for.
    """
    paths = [solve_path(model), *(solve_path(model, s) for s in scenarios)]
    g = np.array([growth_of(model, path) for path in paths])
    d = np.zeros((len(g), len(NAMES)))
    if slopes and np.isfinite(g).all():
        d = np.array([growth_derivative(model, path, NAMES) for path in paths])
    if reading == "points":
        return 100.0 * (g[1:] - g[0]), 100.0 * (d[1:] - d[0]), 100.0 * float(g[0])
    slope = d[1:] / g[0] - np.outer(g[1:], d[0]) / g[0] ** 2
    return 100.0 * (g[1:] / g[0] - 1.0), 100.0 * slope, 100.0 * float(g[0])


class _Residuals:
    """Residuals and exact derivatives in the factors; one point is kept, since both are asked for at the same one."""

    def __init__(self, problem: Problem, start: Start) -> None:
        self.problem, self.reading = problem, start.reading
        default = defaults(problem.model)
        self.matrix = default[:, None] * (np.kron(np.eye(3), np.ones((3, 1))) if start.shape == "scales" else np.eye(9))
        self.lower, self.upper = bounds(default, start.shape)
        self.evaluations = 0
        self._at: tuple[bytes, Array, Array] | None = None

    def _evaluate(self, factors: Array) -> tuple[Array, Array]:
        key = factors.tobytes()
        if self._at is None or self._at[0] != key:
            self.evaluations += 1
            model = with_coefficients(self.problem.model, self.matrix @ factors)
            effects, slopes, _ = effects_of(model, self.problem.scenarios, self.reading, slopes=True)
            if not np.isfinite(effects).all():
                effects, slopes = np.full(len(effects), NO_SOLUTION), np.zeros_like(slopes)
            self._at = key, effects, slopes
        return self._at[1], self._at[2]

    def residuals(self, factors: Array) -> Array:
        prior = PRIOR_WEIGHT * (factors - 1.0)
        return np.concatenate([self._evaluate(factors)[0] - self.problem.target, prior])

    def jacobian(self, factors: Array) -> Array:
        prior = PRIOR_WEIGHT * np.eye(len(factors))
        return np.concatenate([self._evaluate(factors)[1] @ self.matrix, prior])


def bounds(default: Array, shape: str) -> tuple[Array, Array]:
    """Return bounds of the factors that keep every coefficient within its own bounds."""
    lower = LOWEST / default
    upper = np.repeat([HIGHEST[i] for i in k.PRODUCERS], len(COEFFICIENTS)) / default
    if shape == "scales":
        return lower.reshape(3, 3).max(axis=1), upper.reshape(3, 3).min(axis=1)
    return lower, upper


def optimise(problem: Problem, start: Start) -> Optimum:
    """Minimise from one start."""
    from scipy.optimize import least_squares

    r = _Residuals(problem, start)
    first = np.clip(start.factors, r.lower * 1.001, r.upper * 0.999)
    tolerances = {"xtol": TOLERANCE, "ftol": TOLERANCE, "gtol": TOLERANCE}
    found = least_squares(
        r.residuals, first, r.jacobian, (r.lower, r.upper), "trf", max_nfev=MAX_EVALUATIONS, **tolerances
    )
    return Optimum(float(found.cost), tuple(float(v) for v in found.x), r.evaluations, found.status > 0)


def _best(optima: Sequence[Optimum]) -> Optimum:
    return min(optima, key=lambda o: o.cost)


def _fit(problem: Problem, reading: str, shape: str, optima: Sequence[Optimum]) -> Fit:
    best, default = _best(optima), defaults(problem.model)
    factors = np.array(best.factors)
    values = default * (np.repeat(factors, 3) if shape == "scales" else factors)
    model, names = with_coefficients(problem.model, values), [s.name for s in problem.scenarios]

    def named(numbers: Array) -> dict[str, float]:
        return dict(zip(names, map(float, numbers), strict=True))

    effects, _, growth = effects_of(model, problem.scenarios, reading)
    nearby = {
        f"{f:g}": named(effects_of(with_coefficients(problem.model, f * values), problem.scenarios, reading)[0])
        for f in KNIFE_EDGE
    }
    lower, upper = bounds(default, "coefficients")
    ratio = values / default
    stopped = [n for n, r, a, b in zip(NAMES, ratio, lower, upper, strict=True) if r <= 1.01 * a or r >= 0.99 * b]
    return Fit(
        reading,
        shape,
        named(np.array(problem.target)),
        named(effects),
        float(np.sqrt(np.mean((effects - problem.target) ** 2))),
        {c: dict(getattr(model.spec, c)) for c in COEFFICIENTS},
        returns(model),
        growth,
        nearby,
        tuple(stopped),
        len(optima),
        sum(o.cost <= best.cost * (1.0 + SAME_OPTIMUM) + 1e-12 for o in optima),
        sum(o.evaluations for o in optima),
        best.converged,
    )


def returns(model: KnowledgeModel) -> dict[str, dict[str, float]]:
    """Return yearly output per rouble spent once, by coefficient and producer: ``alpha_i Y_i / (spending on z1)``."""
    u = model.calibration.unknowns
    return {
        c: {i: getattr(model.spec, c)[i] * u[f"Y.{i}"] / (u[f"D.{i}.{x}"] * u.get(f"PQ.{x}", 1.0)) for i in k.PRODUCERS}
        for c, x in COEFFICIENTS.items()
    }
