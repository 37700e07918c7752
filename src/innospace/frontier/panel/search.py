"""From arrays of a panel to a verified maximum: scaling, several starts, boundaries by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from innospace.core.status import Status, StatusCode
from innospace.frontier import ridge
from innospace.frontier.densities import DENSITIES, NoInefficiency
from innospace.frontier.densities.base import Array
from innospace.frontier.panel import mixed, one_sided
from innospace.frontier.panel.decay import DECAYS
from innospace.frontier.panel.determinants import coefficients
from innospace.frontier.panel.effects import Flat
from innospace.frontier.panel.mixed import MixedProblem
from innospace.frontier.panel.models import Family, Model
from innospace.frontier.panel.one_sided import PanelProblem
from innospace.frontier.panel.units import Index, Units
from innospace.numerics.bootstrap import resampled_rows
from innospace.numerics.covariance import inverse_information
from innospace.numerics.linear import intercept_column, least_squares, standardise
from innospace.numerics.maximum_likelihood import Evaluation, Optimum, maximise, newton_decrement

if TYPE_CHECKING:
    import pandas as pd

Problem = PanelProblem | MixedProblem
Flags = NDArray[np.bool_]
SHARES = (0.2, 0.5, 0.8)
"""Shares of a variance given to inefficiency, one start each."""
FLOOR = -20.0
"""Log-variance, relative to the variance of residuals, at which a component counts as absent."""
FLOOR_BESIDE_MEAN = -14.0
"""The same for the spread of a truncated normal, whose mean stays: lower, the likelihood loses its digits."""
FAINT = -8.0
"""Log-variance below which a component is left out if the likelihood does not miss it: there it is flat."""
NOT_MISSED = 1e-8
"""What the log-likelihood may lose by that, relative to 1 + |log-likelihood|."""
FAR_BELOW = -300.0
"""``mu / sigma_u`` at which a truncated normal counts as its exponential limit."""
ABOVE, FAR_ABOVE = 5.0, 300.0
"""``mu`` in standard deviations of residuals: where a trend is tried in its place, and where it counts as one."""
DEEP, LEAVE, ROUNDS = -3.0, -1.5, 3
"""``mu / sigma_u`` below which the search takes the coordinates of its ridge, above which it leaves; how often."""
FAINT_NOISE = -3.0
"""``ln (sigma_v^2 / sigma_u^2)`` below which a search that finds no maximum counts as one towards no noise."""
SAME_OPTIMUM = 1e-7
"""Two starts agree when their log-likelihoods differ by less than this times 1 + |log-likelihood|."""
_MEAN = float(np.sqrt(2.0 / np.pi))
_VARIANCE = 1.0 - 2.0 / np.pi


@dataclass(frozen=True, slots=True)
class PanelEstimate:
    """A maximum of the likelihood of a panel.

    Attributes
    ----------
    problem : PanelProblem or MixedProblem
        In the units of the data.
    names, owners : tuple of str
        Of ``theta``, and the parameter that each coefficient after the frontier belongs to.
    theta : ndarray, shape (p,)
    loglik : float
    gradient : ndarray, shape (p,)
        Score by standardised parameters.
    hessian : ndarray, shape (p, p)
        By standardised parameters.
    scores : ndarray, shape (units, p)
        By standardised parameters.
    forward : ndarray, shape (p, p)
        ``d theta / d standardised parameters``.
    free : ndarray of bool, shape (p,)
        Parameters that are not held at a boundary.
    tried, agreed : int
        Starts tried, and how many of them reached the reported optimum.
    status : Status
    """

    problem: Problem
    names: tuple[str, ...]
    owners: tuple[str, ...]
    theta: Array
    loglik: float
    gradient: Array
    hessian: Array
    scores: Array
    forward: Array
    free: Flags
    tried: int
    agreed: int
    status: Status


@dataclass(frozen=True, slots=True)
class Arrays:
    """Data of a panel: ``y``, shape (n,), ``x``, shape (n, k), names of its columns, sign, units.

    ``z``, shapes (n, p), are regressors of parameters of the components by name, ``columns`` the names of theirs.
    """

    y: Array
    x: Array
    names: tuple[str, ...]
    sign: float
    units: Units
    z: Mapping[str, Array] = field(default_factory=dict)
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def drawn(self, times: Index) -> Arrays:
        """Return the panel of some units by how often each is drawn; one that is drawn twice becomes two units."""
        units = self.units
        rows, own = resampled_rows(np.repeat(np.arange(len(units.counts)), units.counts), times)
        counts = np.bincount(own)
        again = Units(
            np.arange(len(rows)),
            np.concatenate(([0], np.cumsum(counts)[:-1])),
            counts,
            tuple(units.labels[i] for i in np.repeat(np.arange(len(times)), times)),
            units.time[rows],
        )
        z = {name: matrix[rows] for name, matrix in self.z.items()}
        return replace(self, y=self.y[rows], x=self.x[rows], units=again, z=z)

    def to_frame(self) -> tuple[dict[str, Any], pd.DataFrame]:
        """Return plain types, and one row a row, for storage."""
        import pandas as pd

        units = self.units
        columns = {"y": self.y, **{f"x{j}": c for j, c in enumerate(self.x.T)}}
        for name, matrix in self.z.items():
            columns |= {f"{name}:{j}": c for j, c in enumerate(matrix.T)}
        frame = pd.DataFrame(columns).assign(order=units.order, time=units.time)
        meta = {"names": list(self.names), "sign": self.sign, "columns": {n: list(c) for n, c in self.columns.items()}}
        return {**meta, "units": list(units.labels), "counts": units.counts.tolist()}, frame

    @classmethod
    def from_frame(cls, meta: Mapping[str, Any], frame: pd.DataFrame) -> Arrays:
        """Rebuild from :meth:`to_frame`."""
        counts = np.array(meta["counts"], dtype=np.int64)
        starts = np.concatenate(([0], np.cumsum(counts)[:-1]))
        order, time = frame["order"].to_numpy(np.int64), frame["time"].to_numpy(np.float64)
        columns = {name: tuple(own) for name, own in meta["columns"].items()}
        z = {n: frame[[f"{n}:{j}" for j in range(len(own))]].to_numpy(np.float64) for n, own in columns.items()}
        x = frame[[f"x{j}" for j in range(len(meta["names"]))]].to_numpy(np.float64)
        units = Units(order, starts, counts, tuple(meta["units"]), time)
        return cls(frame["y"].to_numpy(np.float64), x, tuple(meta["names"]), meta["sign"], units, z, columns)


@dataclass(frozen=True, slots=True)
class _Scaled:
    """The same likelihood in standardised columns and residuals, and the way back.

    ``owners`` says which parameter a coefficient belongs to (empty for the frontier), ``levels`` the same for the one
    that is the level of its parameter (empty for slopes).
    """

    raw: Problem
    problem: Problem
    names: tuple[str, ...]
    owners: tuple[str, ...]
    levels: tuple[str, ...]
    forward: Array
    offset: Array
    loglik_shift: float
    times: Array  # by which standardised parameters of the path are multiplied inside the likelihood

    def evaluate(self, theta: Array) -> Evaluation:
        value, gradient, hessian = _evaluate(self.problem, theta * self.times)
        return value, gradient * self.times, hessian * np.outer(self.times, self.times)

    def scores(self, theta: Array) -> Array:
        function = one_sided.unit_scores if isinstance(self.problem, PanelProblem) else mixed.unit_scores
        return np.asarray(function(self.problem, theta * self.times) * self.times)  # type: ignore[arg-type]


def _evaluate(problem: Problem, theta: Array) -> Evaluation:
    if isinstance(problem, PanelProblem):
        return one_sided.evaluate(problem, theta)
    return mixed.evaluate(problem, theta)


def maximise_panel(arrays: Arrays, model: Model, inefficiency: str, near: Array | None = None) -> PanelEstimate:
    """Maximise the likelihood of a panel model from several starts.

    ``near``, shape (p,), are parameters in the units of the data close to the maximum: the search begins there alone
    and takes the other starts as well when it does not end inside the parameter space.
    """
    scaled = scale(arrays, model, inefficiency)
    if near is not None:
        warm: Array = np.asarray(np.linalg.solve(scaled.forward, near - scaled.offset), dtype=np.float64)
        found = _best(scaled, [warm])
        if found.status.converged:
            return found
        usual, others = _starts(scaled, model)
        return _best(scaled, [warm, *usual], others)
    return _best(scaled, *_starts(scaled, model))


def _best(scaled: _Scaled, starts: Sequence[Array], others: Sequence[Array] = ()) -> PanelEstimate:
    """Return the best of the maxima that searches reach.

    ``others`` look where the usual starts seldom lead: they count as tried only where one of them finds the best.
    """
    found = [climb(scaled, start) for start in (*starts, *others)]
    usable = [f for f in found if np.isfinite(f[0].value)] or found
    best, free = max(usable, key=lambda f: f[0].value)
    near = SAME_OPTIMUM * (1.0 + abs(best.value))
    agree = [bool(best.value - f[0].value <= near) for f in found]
    if any(agree[: len(starts)]):
        agree = agree[: len(starts)]
    theta = scaled.forward @ best.theta + scaled.offset
    status = _status(scaled, best, free)
    parts = (best.gradient, best.hessian, scaled.scores(best.theta), scaled.forward, free)
    return PanelEstimate(
        scaled.raw,
        scaled.names,
        scaled.owners,
        theta,
        best.value + scaled.loglik_shift,
        *parts,
        len(agree),
        sum(agree),
        status,
    )


def without_inefficiency(arrays: Arrays, model: Model, inefficiency: str, *, persistent: bool = False) -> float:
    """Return the log-likelihood of a model with an effect of the unit but no inefficiency of the period.

    With ``persistent`` it keeps that of the period and loses the persistent one.
    """
    if persistent:
        return maximise_panel(arrays, replace(model, effect=NoInefficiency()), inefficiency).loglik
    return maximise_panel(arrays, model, "none").loglik


def least_squares_loglik(arrays: Arrays) -> float:
    """Return the log-likelihood of pooled least squares."""
    e = arrays.y - arrays.x @ least_squares(arrays.y, arrays.x, None)
    return float(-0.5 * len(e) * (np.log(2.0 * np.pi * np.mean(e * e)) + 1.0))


def scale(arrays: Arrays, model: Model, inefficiency: str) -> _Scaled:
    """Return the likelihood in standardised columns and residuals, and the way back."""
    units, y, x = arrays.units, arrays.y, arrays.x
    if isinstance(model.effect, Flat):
        y = y - units.spread(units.sums(y) / units.counts)
        x = x - units.spread(units.sums(x) / units.counts[:, None])
    columns = standardise(x)
    fitted = least_squares(y, columns.matrix, None)
    residuals = y - columns.matrix @ fitted
    unit = float(np.sqrt(np.mean(residuals**2)))
    build = _one_sided if model.family is Family.ONE_SIDED else _mixed
    raw, parameters = build(replace(arrays, y=y, x=x), model, inefficiency)
    designs = {n: standardise(_of_parameter(z, model, units)) for n, z in arrays.z.items() if n in parameters}
    rows = units.spread if model.family is Family.ONE_SIDED else np.asarray
    standard = {n: rows(d.matrix) for n, d in designs.items()}
    problem, _ = build(replace(arrays, y=residuals / unit, x=columns.matrix, z=standard), model, inefficiency)
    own, owners, levels = coefficients(parameters, {n: arrays.columns[n] for n in designs})
    k = x.shape[1]
    forward = np.eye(k + len(own))
    forward[:k, :k] = unit * columns.back
    offset = np.concatenate((columns.back @ fitted, np.zeros(len(own))))
    times = np.ones(k + len(own))
    span = max(float(np.ptp(units.time)), 1.0)
    powers = {"eta": 1.0, "b": 1.0, "c": 2.0}
    for name in parameters:
        place = np.flatnonzero([o == name for o in owners]) + k
        back = designs[name].back if name in designs else np.eye(1)
        forward[np.ix_(place, place)] = back * (unit if name == "mu" else 1.0)
        if name in powers:
            times[place] = span ** -powers[name]
            forward[place, place] = times[place]
        elif name != "mu":
            offset[place[0]] = 2.0 * np.log(unit)
    lost = len(units.counts) if isinstance(model.effect, Flat) else 0
    shift = -(units.n - lost) * float(np.log(unit))
    # with orthonormal differences the density of what is left has this constant
    shift += 0.5 * float(np.log(units.counts).sum()) if lost else 0.0
    frontier = ("",) * k
    names = ((*arrays.names, *own), (*frontier, *owners), (*frontier, *levels))
    return _Scaled(raw, problem, *names, forward, offset, shift, times)


def _of_parameter(z: Array, model: Model, units: Units) -> Array:
    """Return regressors of a parameter, one row a unit where the model has one inefficiency a unit."""
    return z[units.starts] if model.family is Family.ONE_SIDED else z


def _one_sided(arrays: Arrays, model: Model, inefficiency: str) -> tuple[PanelProblem, tuple[str, ...]]:
    decay = DECAYS[model.decay]
    one = np.ones((len(arrays.units.counts), 1))
    z = {name: matrix[arrays.units.starts] for name, matrix in arrays.z.items()}
    mu = z.get("mu", one) if inefficiency == "truncated_normal" else None
    u, v = (z.get(name, one) for name in ("lnsigma_u2", "lnsigma_v2"))
    problem = PanelProblem(arrays.y, arrays.x, arrays.sign, arrays.units, decay, mu, u, v)
    return problem, (*(("mu",) if mu is not None else ()), "lnsigma_u2", "lnsigma_v2", *decay.parameters)


def _mixed(arrays: Arrays, model: Model, inefficiency: str) -> tuple[MixedProblem, tuple[str, ...]]:
    assert model.effect is not None  # every model of this family has one
    rows = NoInefficiency() if inefficiency == "none" else DENSITIES[inefficiency]
    z = tuple(arrays.z.get(name, np.ones((arrays.units.n, 1))) for name in rows.parameters)
    problem = MixedProblem(arrays.y, arrays.x, arrays.sign, arrays.units, rows, model.effect, z)
    names = {("lnsigma_v2",): ("lnsigma_w2",), ("lnsigma_u2", "lnsigma_v2"): ("lnsigma_h2", "lnsigma_w2"), (): ()}
    return problem, (*rows.parameters, *names[model.effect.parameters])


def _starts(scaled: _Scaled, model: Model) -> tuple[list[Array], list[Array]]:
    """Return starts: every share of a variance with a path that is constant; other paths with one share."""
    k = scaled.problem.x.shape[1]
    own = scaled.levels[k:]
    decay = DECAYS[model.decay] if model.decay else None
    first, *others = decay.starts() if decay else ((),)
    between, within = _variances(scaled.problem)
    spread = 1.0 if model.family is Family.ONE_SIDED else within
    shares = SHARES if "lnsigma_u2" in own else (0.0,)
    starts = []
    for share, path in [*((share, first) for share in shares), *((SHARES[1], path) for path in others)]:
        g = _inefficiency_path(scaled, path)
        values = {"mu": 0.0, **dict(zip(decay.parameters if decay else (), path, strict=True))}
        values["lnsigma_u2"] = np.log(max(share, 1e-3) * spread / _VARIANCE / float(np.mean(g * g)))
        values["lnsigma_v2"] = np.log((1.0 - share) * spread)
        persistent = between / (2.0 * _VARIANCE) if "lnsigma_h2" in own else 0.0
        values["lnsigma_h2"] = np.log(max(persistent, 1e-3))
        values["lnsigma_w2"] = np.log(between / (2.0 if persistent else 1.0))
        beta = np.zeros(k)
        constant = intercept_column(scaled.problem.x)
        if constant is not None:
            mean = np.exp(0.5 * values["lnsigma_u2"]) * float(g.mean()) * bool(share) + np.sqrt(persistent)
            beta[constant] = scaled.problem.sign * _MEAN * mean / scaled.problem.x[0, constant]
        starts.append(np.array([*beta, *(values[name] if name else 0.0 for name in own)]))
    return starts[: len(shares)], starts[len(shares) :]


def _inefficiency_path(scaled: _Scaled, path: Sequence[float] | Array) -> Array:
    """Return what multiplies inefficiency at every row, by standardised parameters of its path."""
    problem = scaled.problem
    if not isinstance(problem, PanelProblem):
        return np.ones(1)
    return problem.decay.evaluate(problem.units, np.array(path) * scaled.times[_path(scaled)]).value


def _variances(problem: Problem) -> tuple[float, float]:
    """Return variances between and within units of residuals of unit variance, neither of them tiny."""
    units = problem.units
    mean = units.sums(problem.y) / units.counts
    within = float(np.sum((problem.y - units.spread(mean)) ** 2) / max(units.n - len(mean), 1))
    between = float(np.var(mean)) - within * float(np.mean(1.0 / units.counts))
    return max(between, 0.02), max(within, 0.02)


def climb(scaled: _Scaled, start: Array) -> tuple[Optimum, Flags]:
    """Maximise; a component that vanishes, or a path that jumps, is held where it is and the others go on."""
    logs = np.array([name.startswith("lnsigma") for name in scaled.levels])
    free = np.ones(len(start), dtype=bool)
    theta = start
    for _ in range(int(logs.sum() + _path(scaled).sum()) + 1):
        path = free & _path(scaled)
        found = _maximise(scaled, free, theta, _edge(scaled, free & logs, int(path.sum())))
        if found.code is not StatusCode.BOUNDARY:
            break
        low = free & logs & (_sizes(scaled, found.theta) < _floors(scaled))
        if low.any():
            free = free & ~_whole(scaled, low)
            theta = _at_floor(scaled, low, found.theta)
        elif path.any() and _jumps(scaled, found.theta, int(path.sum())):
            # the last parameter goes first: what the others can still determine they do
            free[np.flatnonzero(path)[-1]] = False
            theta = found.theta
        else:
            found = _at_limit(scaled, free, found)
            break
    found, free = _without_faint(scaled, found, free, logs)
    return _far_above(scaled, found, free)


def _at_limit(scaled: _Scaled, free: Flags, found: Optimum) -> Optimum:
    """Return the best exponential inefficiency that a truncated normal far below zero tends to."""
    at = scaled.levels.index("lnsigma_u2")
    if scaled.owners.count("mu") != 1 or not free[at] or found.theta[scaled.owners.index("mu")] > 0.0:
        return found
    mu, objective = scaled.owners.index("mu"), _holding(scaled.evaluate, free)
    start = ridge.at_ratio(found.theta, mu, at, FAR_BELOW)
    best = maximise(ridge.tied_objective(objective, mu, at, FAR_BELOW), start)
    theta = best.theta.copy()
    theta[mu] = FAR_BELOW * np.exp(0.5 * theta[at])
    value, gradient, hessian = objective(theta)
    steps = found.iterations + best.iterations
    return Optimum(StatusCode.BOUNDARY, theta, value, gradient, hessian, newton_decrement(gradient, hessian), steps)


def _far_above(scaled: _Scaled, found: Optimum, free: Flags) -> tuple[Optimum, Flags]:
    """Hold ``mu`` far above zero where a path next to constant turns it into a trend in time that all units share.

    There ``mu g(t)`` is an intercept and a trend, and the likelihood rises as ``mu`` grows and the path flattens.
    """
    path, x = _path(scaled) & free, scaled.problem.x
    constant = intercept_column(x)
    if not path.any() or scaled.owners.count("mu") != 1 or constant is None:
        return found, free
    mu = scaled.owners.index("mu")
    if not found.theta[mu] > ABOVE or not free[mu]:
        return found, free
    kept = free & (np.arange(len(free)) != mu)
    level = float(_inefficiency_path(scaled, np.zeros(int(path.sum()))).mean())
    start, far = found.theta.copy(), max(FAR_ABOVE, found.theta[mu])
    start[mu] = far
    start[path] *= found.theta[mu] / far
    start[constant] += scaled.problem.sign * level * (far - found.theta[mu]) / x[0, constant]
    held = maximise(_holding(scaled.evaluate, kept), start)
    return (held, kept) if held.value >= found.value else (found, free)


def _maximise(scaled: _Scaled, free: Flags, start: Array, ended: Callable[[Array], bool]) -> Optimum:
    """Maximise over free parameters; a truncated normal far below zero goes on in the coordinates of its ridge."""
    objective = _holding(scaled.evaluate, free)
    places = np.flatnonzero([name == "mu" for name in scaled.owners])
    if not len(places) or not free[at := scaled.levels.index("lnsigma_u2")]:
        return maximise(objective, start, stop=ended)
    mu = slice(int(places[0]), int(places[-1]) + 1)
    below = _highest_mean(scaled)
    found = maximise(objective, start, stop=lambda theta: ended(theta) or below(theta) < DEEP)
    for _ in range(ROUNDS):
        if found.code is not StatusCode.BOUNDARY or ended(found.theta):
            break
        along = maximise(
            ridge.canonical_objective(objective, mu, at),
            ridge.to_canonical(found.theta, mu, at),
            stop=lambda point: ended(p := ridge.from_canonical(point, mu, at)) or below(p) > LEAVE,
        )
        theta = ridge.from_canonical(along.theta, mu, at)
        value, gradient, hessian = objective(theta)
        steps, decrement = found.iterations + along.iterations, newton_decrement(gradient, hessian)
        found = Optimum(along.code, theta, value, gradient, hessian, decrement, steps)
        if below(theta) <= LEAVE:
            break
        found = maximise(objective, theta, stop=lambda theta: ended(theta) or below(theta) < DEEP)
    return found


def _without_faint(scaled: _Scaled, found: Optimum, free: Flags, logs: Flags) -> tuple[Optimum, Flags]:
    """Hold components at the floor that ended so small that the likelihood does not miss them."""
    faint = free & logs & (_sizes(scaled, found.theta) < FAINT)
    if not faint.any():
        return found, free
    kept = free & ~_whole(scaled, faint)
    held = maximise(_holding(scaled.evaluate, kept), _at_floor(scaled, faint, found.theta))
    lost = found.value - held.value
    return (held, kept) if lost <= NOT_MISSED * (1.0 + abs(found.value)) else (found, free)


def _path(scaled: _Scaled) -> Flags:
    """Return which parameters are those of the path of inefficiency over time."""
    own = scaled.problem.decay.parameters if isinstance(scaled.problem, PanelProblem) else ()
    return np.array([bool(name) and name in own for name in scaled.levels])


def _jumps(scaled: _Scaled, theta: Array, free: int) -> bool:
    problem, path = scaled.problem, (theta * scaled.times)[_path(scaled)]
    return isinstance(problem, PanelProblem) and problem.decay.jumps(problem.units, path, free)


def _floors(scaled: _Scaled) -> Array:
    """Return the log-variances at which components count as absent."""
    beside = "mu" in scaled.owners
    return np.array([FLOOR_BESIDE_MEAN if beside and name == "lnsigma_u2" else FLOOR for name in scaled.levels])


def _sizes(scaled: _Scaled, theta: Array) -> Array:
    """Return parameters with the log-variance of inefficiency where its path has it largest."""
    problem, place = scaled.problem, _path(scaled)
    if not isinstance(problem, PanelProblem) or not place.any():
        return theta
    with np.errstate(over="ignore"):
        largest = float(_inefficiency_path(scaled, theta[place]).max())
    sizes = theta.copy()
    sizes[scaled.levels.index("lnsigma_u2")] += 2.0 * np.log(largest)
    return sizes


def _whole(scaled: _Scaled, levels: Flags) -> Flags:
    """Return the flags of levels for every coefficient of their parameters."""
    gone = {scaled.owners[i] for i in np.flatnonzero(levels)}
    return np.array([bool(o) and o in gone for o in scaled.owners])


def _at_floor(scaled: _Scaled, levels: Flags, theta: Array) -> Array:
    """Return parameters with levels at the floor and without the slopes that belong to them."""
    floor = _floors(scaled) - (_sizes(scaled, theta) - theta)
    return np.where(levels, floor, np.where(_whole(scaled, levels), 0.0, theta))


def _holding(function: Callable[[Array], Evaluation], free: Flags) -> Callable[[Array], Evaluation]:
    """Return the function of the free parameters, in the dimension of all."""
    if free.all():
        return function

    def held(theta: Array) -> Evaluation:
        value, gradient, hessian = function(theta)
        gradient = np.where(free, gradient, 0.0)
        hessian = np.where(np.outer(free, free), hessian, 0.0)
        hessian[~free, ~free] = -1.0
        return value, gradient, hessian

    return held


def _highest_mean(scaled: _Scaled) -> Callable[[Array], float]:
    """Return the function that tells the largest ``mu / sigma_u`` of a unit; of another model it is zero."""
    problem = scaled.problem
    if not isinstance(problem, PanelProblem) or problem.z_mu is None:
        return lambda _: 0.0
    z_mu, z_u = problem.z_mu, problem.z_u

    def highest(theta: Array) -> float:
        _, mu, log_u, _, _ = problem.split(theta)
        return float(np.max(z_mu @ mu * np.exp(-0.5 * (z_u @ log_u))))

    return highest


def _edge(scaled: _Scaled, watched: Flags, path: int) -> Callable[[Array], bool]:
    highest, floors = _highest_mean(scaled), _floors(scaled)
    mu = scaled.owners.index("mu") if scaled.owners.count("mu") == 1 else None

    def trend(theta: Array) -> bool:
        return mu is not None and theta[mu] > FAR_ABOVE

    def ended(theta: Array) -> bool:
        vanished = np.any(watched & (_sizes(scaled, theta) < floors))
        outside = highest(theta) < FAR_BELOW or (path > 0 and (trend(theta) or _jumps(scaled, theta, path)))
        return bool(vanished or outside)

    return ended


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


def _status(scaled: _Scaled, best: Optimum, free: Flags) -> Status:
    numbers = {"iterations": float(best.iterations), "decrement": float(best.decrement)}
    for name, (boundary, message, remedy) in _GONE.items():
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
    if _noise_vanishes(scaled, best):
        return Status(
            StatusCode.BOUNDARY,
            "The likelihood rises or stays as noise vanishes (sigma_v to 0): with so few periods effects of the units "
            "and inefficiency take its place, and below this noise the integral over effects is no longer exact.",
            "Choose a model with one inefficiency a unit (pitt_lee, battese_coelli_1992), fit all rows without a panel "
            "and with terms of the year, or add periods.",
            "gamma_one",
            numbers,
        )
    return Status(
        best.code,
        f"The search ended with {best.code} after {best.iterations} iterations.",
        "Choose a model with fewer components, or rescale time.",
        numbers=numbers,
    )


def _noise_vanishes(scaled: _Scaled, best: Optimum) -> bool:
    """Whether a search beside effects of the units was left where noise is faint next to inefficiency."""
    if not isinstance(scaled.problem, MixedProblem) or "lnsigma_u2" not in scaled.levels:
        return False
    u, v = (float(best.theta[scaled.levels.index(name)]) for name in ("lnsigma_u2", "lnsigma_v2"))
    return v - u < FAINT_NOISE


def promised(estimate: PanelEstimate) -> float:
    """Return how much log-likelihood one more Newton step of the free parameters would gain, relative to its size."""
    where = np.flatnonzero(estimate.free)
    left = newton_decrement(estimate.gradient[where], estimate.hessian[np.ix_(where, where)])
    return left / (1.0 + abs(estimate.loglik))
