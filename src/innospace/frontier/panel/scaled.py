"""The likelihood of a panel in standardised columns and residuals, and the way back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from innospace.frontier.densities import DENSITIES, NoInefficiency
from innospace.frontier.densities.base import Array
from innospace.frontier.panel import mixed, one_sided
from innospace.frontier.panel.arrays import Arrays
from innospace.frontier.panel.decay import DECAYS, log_level
from innospace.frontier.panel.determinants import coefficients
from innospace.frontier.panel.effects import Flat
from innospace.frontier.panel.mixed import MixedProblem
from innospace.frontier.panel.models import Family, Model
from innospace.frontier.panel.one_sided import PanelProblem
from innospace.frontier.panel.units import Units
from innospace.numerics.linear import least_squares, standardise
from innospace.numerics.maximum_likelihood import Evaluation

Problem = PanelProblem | MixedProblem
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Scaled:
    """The same likelihood in standardised columns and residuals, and the way back.

    Inefficiency is that where its path has its root mean square over all rows; ``forward`` and ``offset`` lead to the
    units of the data but for that. ``owners`` says which parameter a coefficient belongs to (empty for the frontier),
    ``levels`` the same for the one that is the level of its parameter (empty for slopes).
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

    def to_data(self, theta: Array) -> Array:
        """Return parameters in the units of the data."""
        return self._releveled(self.forward @ theta + self.offset, -1.0)

    def from_data(self, theta: Array) -> Array:
        """Return standardised parameters, the inverse of :meth:`to_data`."""
        return np.asarray(np.linalg.solve(self.forward, self._releveled(theta, 1.0) - self.offset))

    def jacobian(self, theta: Array) -> Array:
        """Return derivatives of :meth:`to_data`, shape (p, p)."""
        place = path_of(self)
        if not place.any():
            return self.forward
        mu, data = self._mean, self.to_data(theta)
        level, slopes = self._log_level(data)
        made = self.forward.copy()
        made[mu] *= np.exp(-level)
        made[np.ix_(mu, place)] -= np.outer(data[mu], slopes * self.times[place])
        made[self.levels.index("lnsigma_u2"), place] -= 2.0 * slopes * self.times[place]
        return made

    @property
    def _mean(self) -> Flags:
        return np.array([owner == "mu" for owner in self.owners])

    def _log_level(self, data: Array) -> tuple[float, Array]:
        assert isinstance(self.raw, PanelProblem)  # no other has a path
        return log_level(self.raw.decay, self.raw.units, data[path_of(self)])

    def _releveled(self, data: Array, sign: float) -> Array:
        """Return parameters with inefficiency times the root mean square of its path, or divided by it."""
        if not path_of(self).any():
            return data
        level, _ = self._log_level(data)
        made = data.copy()
        made[self._mean] *= np.exp(sign * level)
        made[self.levels.index("lnsigma_u2")] += 2.0 * sign * level
        return made

    def evaluate(self, theta: Array) -> Evaluation:
        """Return value, score, shape (p,), and Hessian, shape (p, p), by standardised parameters."""
        value, gradient, hessian = _evaluate(self.problem, theta * self.times)
        return value, gradient * self.times, hessian * np.outer(self.times, self.times)

    def scores(self, theta: Array) -> Array:
        """Return the score of each unit, shape (units, p), by standardised parameters."""
        function = one_sided.unit_scores if isinstance(self.problem, PanelProblem) else mixed.unit_scores
        return np.asarray(function(self.problem, theta * self.times) * self.times)  # type: ignore[arg-type]


def _evaluate(problem: Problem, theta: Array) -> Evaluation:
    if isinstance(problem, PanelProblem):
        return one_sided.evaluate(problem, theta)
    return mixed.evaluate(problem, theta)


def scale(arrays: Arrays, model: Model, inefficiency: str) -> Scaled:
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
    if isinstance(problem, PanelProblem):
        problem = replace(problem, relative=True)
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
    return Scaled(raw, problem, *names, forward, offset, shift, times)


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


def path_of(scaled: Scaled) -> Flags:
    """Return which parameters are those of the path of inefficiency over time."""
    own = scaled.problem.decay.parameters if isinstance(scaled.problem, PanelProblem) else ()
    return np.array([bool(name) and name in own for name in scaled.levels])


def log_variances_of(scaled: Scaled) -> Flags:
    """Return which parameters are levels of log-variances."""
    return np.array([name.startswith("lnsigma") for name in scaled.levels])


def inefficiency_path(scaled: Scaled, path: Sequence[float] | Array) -> Array:
    """Return what multiplies inefficiency at every row, by standardised parameters of its path."""
    problem = scaled.problem
    if not isinstance(problem, PanelProblem):
        return np.ones(1)
    return problem.path(np.array(path) * scaled.times[path_of(scaled)]).value
