"""Scenario after scenario on one compiled model: what was solved is kept, so that only what changed is solved again.

Paths are those of :func:`innospace.economy.models.knowledge.dynamics.solve_path`, which a study calls too. The gate
that solves everything again by the second method takes far longer than the solution; a study makes it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from innospace.core.checks import Check
from innospace.core.inputs import LinkedValue
from innospace.core.provenance import fingerprint
from innospace.economy.models.knowledge.dynamics import BASELINE, Path, largest_feasible_part, solve_path
from innospace.economy.models.knowledge.gates import base_year, explosion, neutrality, scenario_gates
from innospace.economy.models.knowledge.levers import Lever, levers
from innospace.economy.models.knowledge.model import KnowledgeModel
from innospace.economy.models.knowledge.result import EconomyResult
from innospace.economy.models.knowledge.solve import result_of
from innospace.economy.scenario import Scenario

KEPT = 200
"""Solved scenarios that are kept; one takes some 50 kB."""


@dataclass(frozen=True, slots=True)
class Solved:
    """A scenario with its path, its gates and, when it failed, the largest part of it that has a solution."""

    path: Path
    gates: tuple[Check, ...]
    feasible: float | None


class Explorer:
    """One model, and the scenarios that were solved on it.

    Parameters
    ----------
    model : KnowledgeModel
    efficiency : LinkedValue
        Where the efficiency of the model comes from.
    """

    def __init__(self, model: KnowledgeModel, efficiency: LinkedValue) -> None:
        self.model, self.efficiency = model, efficiency
        self._kept: OrderedDict[str, Solved] = OrderedDict()

    @cached_property
    def levers(self) -> tuple[Lever, ...]:
        """Levers of the model."""
        return levers(self.model)

    def result(self, scenarios: Sequence[Scenario]) -> EconomyResult:
        """Return the baseline and scenarios, solved as far as they were not.

        Raises
        ------
        SpecError, LabelError
            What a scenario asks for is not allowed; nothing is solved.
        """
        for scenario in scenarios:
            self.model.paths(scenario)
        found = {s.name: self._solved(s) for s in (BASELINE, *scenarios)}
        checks = (*self._of_model, *(check for solved in found.values() for check in solved.gates))
        feasible = {name: solved.feasible for name, solved in found.items() if solved.feasible is not None}
        return result_of(self.model, {n: s.path for n, s in found.items()}, checks, feasible, self.efficiency)

    @cached_property
    def _of_model(self) -> tuple[Check, ...]:
        """Gates that no scenario changes."""
        found = [base_year(self.model), explosion(self.model)]
        baseline = self._solved(BASELINE).path
        if baseline.failure is None:
            found += [neutrality(self.model, baseline, 10.0, "homogeneity")]
            found += [neutrality(self.model, baseline, 2.0, "money_neutrality")]
        return tuple(found)

    def _solved(self, scenario: Scenario) -> Solved:
        key = fingerprint(scenario.to_dict())
        if key not in self._kept:
            path = solve_path(self.model, scenario)
            gates = tuple(scenario_gates(self.model, scenario.name, path))
            failed = path.failure is not None and scenario.shocks
            feasible = largest_feasible_part(self.model, scenario) if failed else None
            self._kept[key] = Solved(path, gates, feasible)
        self._kept.move_to_end(key)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return self._kept[key]
