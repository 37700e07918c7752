"""Japan year by year: capital cannot move once it is invested, investment follows returns (recursive dynamics)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from innospace.core.errors import SpecError
from innospace.economy.general.compiled import Economy
from innospace.economy.general.models.open_economy import Country, Roles, levels, parts
from innospace.economy.general.models.ready_model import Dynamics, ReadyModel, cobb_douglas, sample_sam
from innospace.economy.general.recursive import solve_years
from innospace.economy.general.result import Equilibrium
from innospace.economy.general.spec import Agent, Spec, Transfer
from innospace.economy.general.trees import Flow
from innospace.economy.scenario import Scenario, Shock

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]
YEARS = 31
SCENARIOS = (Scenario("tariffs", "Tariffs removed", "The experiment of the textbook", (Shock("tax", "set", 0.0),)),)


@dataclass(frozen=True, slots=True)
class Rates:
    """Years, and rates a year.

    Attributes
    ----------
    years : int
        Their number, the first included.
    return_rate : float
        Income of capital over its stock in the benchmark.
    depreciation, growth : float
        Of capital; of labour, public consumption and foreign saving.
    response : float
        Elasticity of the shares of sectors in investment to the price of their capital.
    """

    years: int = YEARS
    return_rate: float = 0.05
    depreciation: float = 0.04
    growth: float = 0.02
    response: float = 1.0

    def __post_init__(self) -> None:
        limits = {
            "years": (1, 500),
            "return_rate": (1e-6, 10.0),
            "depreciation": (0.0, 1.0),
            "growth": (-0.5, 1.0),
            "response": (0.0, 100.0),
        }
        for f in fields(self):
            value, (low, high) = getattr(self, f.name), limits[f.name]
            if not low <= value <= high:
                where = f"key 'dynamics', {f.name!r}"
                raise SpecError(f"{f.name} is {value:g}.", where=where, allowed=f"{low:g} to {high:g}")


def japan() -> Country:
    """Return the country of the textbook."""
    return Country(sample_sam("dyncge-sam"), Roles(("AGR", "LMN", "HMN", "SRV"), ("CAP", "LAB")), specific=("CAP",))


def build(c: Country) -> Spec:
    """Return the model of one year: real public consumption is given and a direct tax pays for it."""
    r, sam = c.roles, c.sam
    made = parts(c, balanced=False)
    household, _, fund = made.agents
    bought = tuple(Flow(f"Q.{i}", sam.cell(i, r.government)) for i in r.goods if sam.cell(i, r.government))
    revenue = sum(sam.cell(a, i) for a in (r.indirect, r.tariff) for i in r.goods)
    tax = sum(f.quantity for f in bought) - revenue
    gain = sum(amount for _, amount in c.factors())
    saving = gain - tax - sum(sam.cell(i, r.household) for i in r.goods)
    transfers = (
        Transfer("direct tax, negative", r.government, r.household, "rest"),
        Transfer("private saving", r.household, r.investment, "share", saving / (gain - tax)),
    )
    agents = (household, Agent(r.government, (), None, bought), fund)
    total = sum(c.supplied(i) for i in r.goods)
    weights = tuple((f"Q.{i}", c.supplied(i) / total) for i in r.goods)
    return Spec("dyncge", made.commodities, made.activities, agents, weights, transfers)


def year_levels(found: Equilibrium, c: Country, rates: Rates) -> dict[str, float]:
    """Return the variables of the textbook in one year."""
    r, out = c.roles, levels(found, c)
    basket = {i: c.sam.cell(i, r.household) for i in r.goods if c.sam.cell(i, r.household)}
    scale = sum(basket.values()) / cobb_douglas(basket, basket)
    out |= {
        "epsilon": found.price("FX"),
        "Td": -found.transfer("direct tax, negative"),
        "pk": found.cost(f"{r.investment}.investment"),
        "III": found.use(f"{r.investment}.investment"),
        "CC": scale * cobb_douglas({i: out[f"Xp.{i}"] for i in basket}, basket),
    }
    return out | {f"II.{j}": v for j, v in zip(r.goods, investment(found, c, rates), strict=True)}


def investment(found: Equilibrium, c: Country, rates: Rates) -> Array:
    """Return investment by sector in units of the capital good: shares follow returns ``pf^zeta F``."""
    names = [c.factor(c.specific[0], j) for j in c.roles.goods]
    price = np.array([found.price(n) for n in names])
    used = np.array([found.flow(f"Z.{j}", n) for j, n in zip(c.roles.goods, names, strict=True)])
    share = price**rates.response * used
    return np.asarray(share / share.sum() * found.use(f"{c.roles.investment}.investment"))


def years_of(economy: Economy, p: Array, c: Country, rates: Rates) -> tuple[Equilibrium, ...]:
    """Solve year after year from the base year, ``p`` being the parameters of the first.

    ``K(t+1) = (1 - d) K(t) + I(t)`` by sector; labour, public consumption and foreign saving grow at one rate.

    Returns
    -------
    tuple of Equilibrium
        Up to the last year, or to the first that has no solution.
    """
    r, position = c.roles, economy.parameters.position
    own = [position[f"endowment.{r.household}.{c.factor(c.specific[0], j)}"] for j in r.goods]
    growing = [position[f"endowment.{r.household}.{h}"] for h in r.factors if h not in c.specific]
    growing += [position[n] for n in position if n == f"endowment.{r.investment}.FX" or n.startswith("fixed.")]

    def forward(_year: int, this: Equilibrium) -> Array:
        after = this.parameters.copy()
        capital = after[own] / rates.return_rate
        after[own] = rates.return_rate * ((1.0 - rates.depreciation) * capital + investment(this, c, rates))
        after[growing] *= 1.0 + rates.growth
        return after

    return solve_years(economy, p, rates.years, forward)


def path(found: Equilibrium, c: Country, rates: Rates) -> pd.DataFrame:
    """Return the years that follow from a solution of the first.

    Returns
    -------
    pandas.DataFrame
        ``year`` from 0; ``output, consumption, investment, capital`` (volumes at prices of the benchmark), ``wage`` and
        ``exchange_rate``; then variables of the textbook by sector. Missing from the first year without a solution on.
    """
    import pandas as pd

    rows = []
    for year, this in enumerate(years_of(found.economy, found.parameters, c, rates)):
        if this.status.converged:
            out, free = year_levels(this, c, rates), [h for h in c.roles.factors if h not in c.specific]
            used = sum(out[f"F.{c.specific[0]}.{j}"] for j in c.roles.goods)
            main = {"output": sum(out[f"Z.{j}"] for j in c.roles.goods), "consumption": out["CC"]}
            main |= {"investment": out["III"], "capital": used / rates.return_rate}
            main |= {"wage": out[f"pf.{free[-1]}"], "exchange_rate": out["epsilon"]}
            rows.append({"year": year, **main, **{k: v for k, v in out.items() if "." in k}})
    frame = pd.DataFrame(rows).set_index("year").reindex(range(rates.years))
    return frame.rename_axis("year").reset_index()


def model_on(c: Country, rates: Rates) -> ReadyModel:
    """Return the model of a country, of which one factor, capital, cannot move."""

    def remade(numbers: Mapping[str, float]) -> ReadyModel:
        return model_on(c, Rates(int(numbers["years"]), **{k: v for k, v in numbers.items() if k != "years"}))

    return ReadyModel(
        "dyncge",
        f"Japan, {rates.years} years",
        "Hosoe, Gasawa and Hashimoto, Textbook of Computable General Equilibrium Modelling, second edition",
        lambda: build(c),
        lambda found: year_levels(found, c, rates),
        SCENARIOS,
        dynamics=Dynamics(asdict(rates), remade, lambda found: path(found, c, rates)),
    )


MODEL = replace(model_on(japan(), Rates()), samples=("dyncge-sam",))
