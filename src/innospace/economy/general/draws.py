"""One model solved at many sets of assumptions: each from the nearest one solved before, moved along a tangent.

With ``F(x, p(a)) = 0`` at assumptions ``a``, the solution moves by ``dx/da = -F_x^-1 F_p dp/da``. The tangent is taken
once a scenario, at the assumptions of the model; with it Newton starts so near that two steps are enough as a rule.
Points are solved by chunks that know nothing of each other, so that numbers do not depend on where chunks are solved.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from innospace.core.parts import Resume, resumed
from innospace.core.progress import Progress, silent
from innospace.core.status import Status, StatusCode
from innospace.economy.general.compiled import Economy
from innospace.economy.general.coordinates import Coordinates
from innospace.economy.general.result import Equilibrium
from innospace.economy.general.scenarios import shocked
from innospace.economy.general.solve import solve
from innospace.economy.general.welfare import variations
from innospace.economy.scenario import Scenario
from innospace.numerics.chunks import Chunks
from innospace.numerics.newton import TOLERANCE

if TYPE_CHECKING:
    from innospace.economy.general.sensitivity import Uncertain

Array = NDArray[np.float64]
STEP = 1e-4
"""Half the distance of the two points at which the derivative by an assumption is taken; assumptions lie in (-1, 1)."""
ASSUMPTIONS = Scenario("assumptions")
"""Nothing but other assumptions."""
CHORDS, SHRINKS = 8, 0.5
"""Steps with one factorisation before Newton's method begins anew, and how much each must take off the residual."""
CHUNK = 64
"""Points that are solved and kept together."""


def effects(
    economy: Economy,
    scenarios: Sequence[Scenario],
    uncertain: Sequence[Uncertain],
    points: Array,
    *,
    workers: int | None = 1,
    executor: Any = None,
    resume: Resume = None,
    progress: Progress = silent,
) -> Array:
    """Return what scenarios are worth at every point, shape (points, scenarios, agents), EV in percent of spending.

    Parameters
    ----------
    economy : Economy
    scenarios : sequence of Scenario
        Applied after the change of assumptions.
    uncertain : sequence of Uncertain
    points : ndarray, shape (points, assumptions)
        In (-1, 1).
    workers, executor, resume
        See :func:`innospace.economy.general.sensitivity.sensitivity`.
    progress : callable

    Returns
    -------
    ndarray
        Missing where there is no solution.

    Raises
    ------
    SpecError, LabelError
        An assumption or a scenario names what the model does not have.
    """
    given, moved = tuple(scenarios), tuple(uncertain)
    centres = tuple(centre_of(economy, s, moved) for s in (ASSUMPTIONS, *given))
    task = Task(economy, given, moved, centres)
    spans = [points[i : i + CHUNK] for i in range(0, len(points), CHUNK)]
    how: dict[str, Any] = {"workers": workers, "executor": executor}

    def told(done: int, of: int) -> None:
        progress(f"Other assumptions, {done} of {of}", done / of)

    identity = (economy, given, moved)
    with resumed(resume) as parts, Chunks(solve_chunk, task, "assumptions", identity, parts=parts, **how) as work:
        return np.concatenate(work.run(spans, told, [len(span) for span in spans]))


@dataclass(frozen=True)
class Centre:
    """The solution of a scenario at the assumptions of the model.

    Attributes
    ----------
    x : ndarray, shape (unknowns,), or None
        Missing where there is no solution.
    tangent : ndarray, shape (unknowns, assumptions), or None
        Its derivative by the assumptions; missing where the model has slack conditions, and at a singular point.
    """

    x: Array | None
    tangent: Array | None


@dataclass(frozen=True)
class Task:
    """What every chunk needs; centres are those without scenario and of every scenario."""

    economy: Economy
    scenarios: tuple[Scenario, ...]
    uncertain: tuple[Uncertain, ...]
    centres: tuple[Centre, ...]


def centre_of(economy: Economy, scenario: Scenario, uncertain: tuple[Uncertain, ...]) -> Centre:
    """Return where solutions of a scenario start from."""
    branch = _Branch(economy, scenario, uncertain, Centre(None, None))
    found = solve(economy, branch.parameters(np.zeros(len(uncertain))))
    if not found.status.converged:
        return Centre(None, None)
    x = branch.coordinates.to_x(found.unknowns)
    return Centre(x, None if economy.complementary else branch.tangent_at(x, found.parameters))


def solve_chunk(task: Task, points: Array) -> Array:
    """Return what scenarios are worth at some points, shape (points, scenarios, agents)."""
    economy = task.economy
    starts = zip((ASSUMPTIONS, *task.scenarios), task.centres, strict=True)
    baseline, *branches = (_Branch(economy, s, task.uncertain, centre) for s, centre in starts)
    found = np.full((len(points), len(branches), len(economy.arrays.demanding)), np.nan)
    for n, x in enumerate(points):
        before = baseline.solve(x, None)
        for k, branch in enumerate(branches):
            after = branch.solve(x, before)
            if before.status.converged and after.status.converged:
                spending, ev, _ = variations(before, after)
                found[n, k] = 100.0 * ev / spending
    return found


class _Branch:
    """Solutions of one scenario at the points that were solved so far."""

    def __init__(self, economy: Economy, scenario: Scenario, uncertain: tuple[Uncertain, ...], centre: Centre) -> None:
        self.economy, self.scenario, self.uncertain = economy, scenario, uncertain
        self.coordinates = Coordinates(economy)
        self.tangent = centre.tangent
        self.places = [] if centre.x is None else [np.zeros(len(uncertain))]
        self.solved = [] if centre.x is None else [centre.x]

    def parameters(self, x: Array) -> Array:
        """Return the parameters of the scenario at a point."""
        moved = tuple(u.shock(float(v)) for u, v in zip(self.uncertain, x, strict=True))
        return shocked(self.economy, Scenario(self.scenario.name, shocks=(*moved, *self.scenario.shocks)))

    def solve(self, x: Array, before: Equilibrium | None) -> Equilibrium:
        """Return the solution at a point; when it is not found from near, from the same point without the scenario."""
        p, plain = self.parameters(x), None if before is None else before.unknowns
        known = None if before is None else (before.unknowns, before.parameters)
        found = None
        if self.places:
            near = int(np.argmin(np.sum((np.array(self.places) - x) ** 2, axis=1)))
            start = self.solved[near]
            if self.tangent is not None:
                start = start + self.tangent @ (x - self.places[near])
                found = self._chord(start, p)
            if found is None:
                found = solve(self.economy, p, start=self.coordinates.to_v(start), known=known)
        if found is None or not found.status.converged:
            found = solve(self.economy, p, start=plain, known=known)
        if found.status.converged:
            self.places.append(x)
            self.solved.append(self.coordinates.to_x(found.unknowns))
        return found

    def _chord(self, x: Array, p: Array) -> Equilibrium | None:
        """Return the solution near ``x`` by Newton's method with one factorisation; None unless it comes fast."""
        from scipy.sparse.linalg import splu

        f, factors, size = self.coordinates.residual(x, p), None, np.inf
        for step in range(CHORDS + 1):
            before, size = size, float(np.max(np.abs(f)))
            if size <= TOLERANCE:
                status = Status(StatusCode.CONVERGED, f"Solved in {step} steps.", numbers={"iterations": float(step)})
                return Equilibrium(self.economy, p, self.coordinates.to_v(x), status, "newton")
            if not size < SHRINKS * before:
                return None
            try:
                factors = splu(self.coordinates.evaluate(x, p)[1]) if factors is None else factors
            except RuntimeError:
                return None
            x = x - factors.solve(f)
            f = self.coordinates.residual(x, p)
        return None

    def tangent_at(self, x: Array, parameters: Array) -> Array | None:
        """Return the derivative of the solution by the assumptions, shape (unknowns, assumptions)."""
        from scipy.sparse.linalg import splu

        _, jacobian = self.coordinates.evaluate(x, parameters)
        moved = []
        for step in STEP * np.eye(len(self.uncertain)):
            ends = [self.coordinates.residual(x, self.parameters(sign * step)) for sign in (1.0, -1.0)]
            moved.append((ends[0] - ends[1]) / (2.0 * STEP))
        try:
            found = -splu(jacobian).solve(np.array(moved).T)
        except RuntimeError:  # a singular point: starts are then the nearest solutions as they are
            return None
        return np.asarray(found) if np.isfinite(found).all() else None
