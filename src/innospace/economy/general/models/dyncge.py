"""Japan year by year: capital cannot move once it is invested, investment follows returns (recursive dynamics)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from innospace.economy.general.compiled import Economy
from innospace.economy.general.models.open_economy import Country, Roles, levels, parts
from innospace.economy.general.models.ready_model import ReadyModel, cobb_douglas, sample_sam
from innospace.economy.general.recursive import solve_years
from innospace.economy.general.result import Equilibrium
from innospace.economy.general.solve import compile_spec
from innospace.economy.general.spec import Agent, Spec, Transfer
from innospace.economy.general.trees import Flow
from innospace.economy.scenario import Scenario, Shock

Array = NDArray[np.float64]
ROLES = Roles(("AGR", "LMN", "HMN", "SRV"), ("CAP", "LAB"))
YEARS = 31


@dataclass(frozen=True, slots=True)
class Dynamics:
    """Rates a year: return of capital, depreciation, growth of labour and of outside flows; response of investment."""

    return_rate: float = 0.05
    depreciation: float = 0.04
    growth: float = 0.02
    response: float = 1.0


def _country() -> Country:
    return Country(sample_sam("dyncge-sam"), ROLES, specific=("CAP",))


def build() -> Spec:
    """Return the model of one year: real public consumption is given and a direct tax pays for it."""
    c = _country()
    r, sam = c.roles, c.sam
    made = parts(c, balanced=False)
    household, _, investment = made.agents
    bought = tuple(Flow(f"Q.{i}", sam.cell(i, r.government)) for i in r.goods if sam.cell(i, r.government))
    revenue = sum(sam.cell(a, i) for a in (r.indirect, r.tariff) for i in r.goods)
    tax = sum(f.quantity for f in bought) - revenue
    gain = sum(amount for _, amount in c.factors())
    saving = gain - tax - sum(sam.cell(i, r.household) for i in r.goods)
    transfers = (
        Transfer("direct tax, negative", r.government, r.household, "rest"),
        Transfer("private saving", r.household, r.investment, "share", saving / (gain - tax)),
    )
    agents = (household, Agent(r.government, (), None, bought), investment)
    total = sum(c.supplied(i) for i in r.goods)
    weights = tuple((f"Q.{i}", c.supplied(i) / total) for i in r.goods)
    return Spec("dyncge", made.commodities, made.activities, agents, weights, transfers)


def year_levels(found: Equilibrium) -> dict[str, float]:
    """Return the variables of the textbook in one year."""
    c = _country()
    out = levels(found, c)
    pk = found.cost("INV.investment")
    basket = {i: c.sam.cell(i, c.roles.household) for i in c.roles.goods}
    scale = sum(basket.values()) / cobb_douglas(basket, basket)
    out |= {
        "epsilon": found.price("FX"),
        "Td": -found.transfer("direct tax, negative"),
        "pk": pk,
        "III": found.use("INV.investment"),
        "CC": scale * cobb_douglas({i: out[f"Xp.{i}"] for i in c.roles.goods}, basket),
    }
    out |= {f"II.{j}": v for j, v in zip(c.roles.goods, investment(found, Dynamics()), strict=True)}
    return out


def investment(found: Equilibrium, rules: Dynamics) -> Array:
    """Return investment by sector in units of the capital good: shares follow returns ``pf^zeta F``."""
    goods = ROLES.goods
    price = np.array([found.price(f"CAP.{j}") for j in goods])
    used = np.array([found.flow(f"Z.{j}", f"CAP.{j}") for j in goods])
    share = price**rules.response * used
    return np.asarray(share / share.sum() * found.use("INV.investment"))


def path(economy: Economy, p: Array, years: int = YEARS, rules: Dynamics | None = None) -> tuple[Equilibrium, ...]:
    """Solve year after year from the base year, ``p`` being the parameters of the first.

    ``K(t+1) = (1 - d) K(t) + I(t)`` by sector; labour, public consumption and foreign saving grow at one rate.

    Returns
    -------
    tuple of Equilibrium
        Up to the last year, or to the first that has no solution.
    """
    rules = rules or Dynamics()
    position = economy.parameters.position
    own = [position[f"endowment.HOH.CAP.{j}"] for j in ROLES.goods]
    growing = [position["endowment.HOH.LAB"], position["endowment.INV.FX"]]
    growing += [position[n] for n in position if n.startswith("fixed.")]

    def forward(_year: int, this: Equilibrium) -> Array:
        after = this.parameters.copy()
        capital = after[own] / rules.return_rate
        after[own] = rules.return_rate * ((1.0 - rules.depreciation) * capital + investment(this, rules))
        after[growing] *= 1.0 + rules.growth
        return after

    return solve_years(economy, p, years, forward)


def solve_path(scenario: Scenario | None = None, years: int = YEARS) -> tuple[Equilibrium, ...]:
    """Return the years of the model, under a scenario that holds from the first year on."""
    from innospace.economy.general.scenarios import shocked

    economy = compile_spec(build())
    p = economy.parameters.values if scenario is None else shocked(economy, scenario)
    return path(economy, p, years)


MODEL = ReadyModel(
    "dyncge",
    "Japan, 31 years",
    "Hosoe, Gasawa and Hashimoto, Textbook of Computable General Equilibrium Modelling, second edition",
    build,
    year_levels,
    (Scenario("tariffs", "Tariffs removed", "The experiment of the textbook", (Shock("tax", "set", 0.0),)),),
)
