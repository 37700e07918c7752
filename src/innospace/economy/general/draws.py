"""One model solved at many sets of assumptions: each from the nearest one solved before, moved along a tangent.

With ``F(x, p(a)) = 0`` at assumptions ``a``, the solution moves by ``dx/da = -F_x^-1 F_p dp/da``. The tangent is taken
once a scenario, at the assumptions of the model; with it Newton starts so near that two steps are enough as a rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from innospace.core.progress import Progress, silent
from innospace.core.status import Status, StatusCode
from innospace.economy.general.compiled import Economy
from innospace.economy.general.coordinates import Coordinates
from innospace.economy.general.result import Equilibrium
from innospace.economy.general.scenarios import shocked
from innospace.economy.general.solve import solve
from innospace.economy.general.welfare import variations
from innospace.economy.scenario import Scenario
from innospace.numerics.newton import TOLERANCE

if TYPE_CHECKING:
    from innospace.economy.general.sensitivity import Uncertain

Array = NDArray[np.float64]
STEP = 1e-4
"""Half the distance of the two points at which the derivative by an assumption is taken; assumptions lie in (-1, 1)."""
KEPT = 256
"""Solutions that are kept to start from."""
CHORDS, SHRINKS = 8, 0.5
"""Steps with one factorisation before Newton's method begins anew, and how much each must take off the residual."""
TOLD = 20
"""Points between two messages of progress."""


def effects(
    economy: Economy,
    scenarios: Sequence[Scenario],
    uncertain: Sequence[Uncertain],
    points: Array,
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
    baseline = _Branch(economy, Scenario("assumptions"), uncertain)
    branches = [_Branch(economy, s, uncertain) for s in scenarios]
    found = np.full((len(points), len(scenarios), len(economy.arrays.demanding)), np.nan)
    for n, x in enumerate(points):
        if n % TOLD == 0:
            progress(f"Other assumptions, {n + 1} of {len(points)}", n / len(points))
        before = baseline.solve(x, None)
        for k, branch in enumerate(branches):
            after = branch.solve(x, before)
            if before.status.converged and after.status.converged:
                spending, ev, _ = variations(before, after)
                found[n, k] = 100.0 * ev / spending
    progress("Done", 1.0)
    return found


class _Branch:
    """Solutions of one scenario at the points that were solved so far."""

    def __init__(self, economy: Economy, scenario: Scenario, uncertain: Sequence[Uncertain]) -> None:
        self.economy, self.scenario, self.uncertain = economy, scenario, uncertain
        self.coordinates = Coordinates(economy)
        self.places: list[Array] = []
        self.solved: list[Array] = []
        self.tangent: Array | None = None
        centre = np.zeros(len(uncertain))
        found = solve(economy, self.parameters(centre))
        if found.status.converged:
            self.places, self.solved = [centre], [self.coordinates.to_x(found.unknowns)]
            self.tangent = None if economy.complementary else self._tangent(found)

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
        if found.status.converged and len(self.places) < KEPT:
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

    def _tangent(self, centre: Equilibrium) -> Array | None:
        """Return the derivative of the solution by the assumptions, shape (unknowns, assumptions)."""
        from scipy.sparse.linalg import splu

        x = self.solved[0]
        _, jacobian = self.coordinates.evaluate(x, centre.parameters)
        moved = []
        for step in STEP * np.eye(len(self.uncertain)):
            ends = [self.coordinates.residual(x, self.parameters(sign * step)) for sign in (1.0, -1.0)]
            moved.append((ends[0] - ends[1]) / (2.0 * STEP))
        try:
            found = -splu(jacobian).solve(np.array(moved).T)
        except RuntimeError:  # a singular point: starts are then the nearest solutions as they are
            return None
        return np.asarray(found) if np.isfinite(found).all() else None
