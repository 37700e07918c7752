"""The model put together: calibrated values, compiled equations, paths of what comes from outside."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from innospace.core.errors import SpecError, offenders
from innospace.economy.models.knowledge import labels as k
from innospace.economy.models.knowledge.accounts import cells
from innospace.economy.models.knowledge.blocks import equations
from innospace.economy.models.knowledge.blocks.trade import WALRAS, excess_demand
from innospace.economy.models.knowledge.calibrate import Calibration, calibrate
from innospace.economy.models.knowledge.closure import CHOICES, Closure
from innospace.economy.models.knowledge.families import PARAMETERS, VARIABLES
from innospace.economy.models.knowledge.spec import KnowledgeSpec
from innospace.economy.scenario import Scenario, Shares, apply, selected
from innospace.economy.system import Symbols, System, compile_system

if TYPE_CHECKING:
    from innospace.data.sam import SAM
    from innospace.economy.models.knowledge.prior import BaseInputs

Array = NDArray[np.float64]
BUDGET_SHARES = Shares("budget_share", k.ITEMS)
EXCESS = f"excess.{WALRAS}"


@dataclass(frozen=True)
class KnowledgeModel:
    """A calibrated knowledge economy.

    Attributes
    ----------
    sam : SAM
    inputs : BaseInputs
    spec : KnowledgeSpec
    closure : Closure
    last_year : int
    """

    sam: SAM
    inputs: BaseInputs
    spec: KnowledgeSpec
    closure: Closure = field(default_factory=Closure)
    last_year: int = 2030

    def __post_init__(self) -> None:
        if self.last_year <= self.inputs.year:
            raise SpecError(
                f"The last year {self.last_year} is not after the base year {self.inputs.year}.",
                allowed=f"years = [{self.inputs.year}, a later year]",
            )

    def __reduce__(self) -> tuple[Any, ...]:
        # compiled functions stay where they are: another process compiles its own
        return type(self), (self.sam, self.inputs, self.spec, self.closure, self.last_year)

    def with_spec(self, spec: KnowledgeSpec) -> KnowledgeModel:
        """Return the model under other assumptions.

        Assumptions are parameters of the equations and change no base-year level, so both share compiled equations.
        """
        other = replace(self, spec=spec)
        vars(other).update(system=self.system, base_x=self.base_x)
        return other

    @property
    def years(self) -> tuple[int, ...]:
        """Base year to last year."""
        return tuple(range(self.inputs.year, self.last_year + 1))

    @cached_property
    def calibration(self) -> Calibration:
        """Base-year levels of all unknowns and parameters."""
        return calibrate(self.sam, self.inputs, self.spec, self.closure)

    @cached_property
    def system(self) -> System:
        """The compiled equations."""
        m = Symbols(VARIABLES, PARAMETERS)
        reported = {EXCESS: m("P", WALRAS) * excess_demand(m, WALRAS)}
        reported |= {f"{row}|{column}": value for (row, column), value in cells(m).items()}
        return compile_system(m, equations(m, self.closure), reported, self.calibration.all)

    @cached_property
    def base_x(self) -> Array:
        """Base-year unknowns in the coordinates of the solver, shape (n,)."""
        return self.system.to_x(np.array([self.calibration.unknowns[i] for i in self.system.unknowns]))

    @cached_property
    def base_p(self) -> Array:
        """Base-year parameters, shape (m,)."""
        return np.array([self.calibration.parameters[i] for i in self.system.inputs])

    def paths(self, scenario: Scenario | None = None) -> Array:
        """Return parameters by year under a scenario, shape (years, m); states are filled in while solving."""
        t = np.arange(len(self.years))
        out = np.tile(self.base_p, (len(t), 1))
        position = self.system.input_position
        out[:, position["money_supply"]] *= (1.0 + self.spec.money_growth) ** t
        for name in ("federal_transfer", "outside_income", "world_demand"):
            out[:, position[name]] *= (1.0 + self.spec.outside_growth) ** t
        for lab in k.LABOUR:
            out[:, position[f"labour_supply.{lab}"]] *= (1.0 + self.spec.labour_growth) ** t
        if scenario is None:
            return out
        moved = apply(scenario, out, self.years, PARAMETERS, position, BUDGET_SHARES)
        self._require_effect(scenario)
        return moved

    def _require_effect(self, scenario: Scenario) -> None:
        """Raise when a shock moves a parameter that no equation holds under the closure."""
        for shock in scenario.shocks:
            family = next(f for f in PARAMETERS if f.name == shock.parameter)
            idle = [i for i in selected(shock, family) if i not in self.system.used]
            if idle:
                raise SpecError(
                    f"A shock has no effect under this closure: {offenders(idle)}.",
                    where=f"scenario {scenario.name!r}, {shock.parameter}",
                    allowed=f"set_price_supply = {self.closure.set_price_supply}: "
                    + CHOICES["set_price_supply"][self.closure.set_price_supply],
                    remedy="Move the norm or the state order of these products, or change the closure.",
                )
