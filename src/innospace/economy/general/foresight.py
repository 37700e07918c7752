"""Perfect foresight: all years of an economy as one equilibrium, in which capital carries goods from year to year.

Commodities are dated; their prices are present values. In year ``t`` capital ``K(t)`` is held: it gives services in
``t`` and what is left of it in ``t + 1``; investment turns goods of ``t`` into capital of ``t + 1``. A household with a
budget over all years owns the first capital and the labour of every year, so that the Euler equation is its choice
between dated goods, and zero profit of holding and investing is the equality of returns:

    p_K(t) = R(t) + (1 - d) p_K(t+1),    p_K(t+1) = p(t)

The capital that is left after the last year is bought by the household at its share of the balanced path, in one nest
with consumption. With logarithmic utility and full depreciation this is the value of capital in an endless future, so
that the horizon does not matter at all; otherwise what the horizon changes dies out backwards, and a longer one tells
how far. The equations of a year touch its neighbours only, but for the one budget, so that a stacked Newton step by a
sparse factorisation costs time in proportion to the years.

Lau, Pahlke and Rutherford (2002), Approximating infinite-horizon models in a complementarity format, Journal of
Economic Dynamics and Control 26(4), describe the problem of the last year.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from innospace.core.errors import SpecError
from innospace.economy.general.result import Equilibrium
from innospace.economy.general.spec import Activity, Agent, Commodity, Endowment, Spec
from innospace.economy.general.trees import Flow, Nest, Tax, single

if TYPE_CHECKING:
    import pandas as pd

HOUSEHOLD = "household"
TAX = "capital tax"
LEAST_PRICE = 1e-9
"""Present value below which a price is too near to zero to be solved for."""


@dataclass(frozen=True, slots=True)
class Growth:
    """A balanced path, of which the benchmark is a part.

    Attributes
    ----------
    years : int
        Years after the first.
    interest, growth, depreciation : float
        Per year; the rate of interest is net of tax and above growth.
    capital_share : float
        Of what output costs, the tax included.
    substitution : float
        Elasticity between capital and labour.
    intertemporal : float
        Elasticity of consumption between years; 1 is logarithmic utility.
    tax : float
        Rate on services of capital, paid back to the household.
    output : float
        Of the first year.
    """

    years: int = 40
    interest: float = 0.05
    growth: float = 0.02
    depreciation: float = 0.06
    capital_share: float = 0.35
    substitution: float = 1.0
    intertemporal: float = 1.0
    tax: float = 0.0
    output: float = 100.0

    def __post_init__(self) -> None:
        limits = {
            "years": (1, 2000),
            "interest": (1e-6, 10.0),
            "growth": (-0.5, 1.0),
            "depreciation": (0.0, 1.0),
            "capital_share": (1e-6, 1.0 - 1e-6),
            "substitution": (0.0, 100.0),
            "intertemporal": (1e-3, 100.0),
            "tax": (-0.99, 100.0),
            "output": (1e-9, 1e15),
        }
        for f in fields(self):
            value, (low, high) = getattr(self, f.name), limits[f.name]
            if not low <= value <= high:
                raise SpecError(f"{f.name} is {value}.", where=f"key {f.name!r}", allowed=f"{low:g} to {high:g}")
        if self.interest <= self.growth:
            raise SpecError(
                f"Interest of {self.interest:g} is not above growth of {self.growth:g}: no finite value.",
                where="keys 'interest' and 'growth'",
                allowed="interest above growth",
            )
        if (1.0 + self.interest) ** -self.years < LEAST_PRICE:
            raise SpecError(
                f"A good after {self.years} years is worth less than {LEAST_PRICE:g} today.",
                where="keys 'years' and 'interest'",
                allowed=f"up to {int(-np.log(LEAST_PRICE) / np.log1p(self.interest))} years at this rate of interest",
            )
        if self.growth + self.depreciation <= 0.0:
            raise SpecError(
                "Capital neither wears out nor grows, so that nothing is invested on the balanced path.",
                where="keys 'growth' and 'depreciation'",
                allowed="a positive sum of the two",
            )
        if self.consumption <= 0.0:
            raise SpecError(
                "Investment takes all output of the balanced path.",
                where="keys 'capital_share', 'growth' and 'depreciation'",
                remedy="Lower the share of capital or growth, or raise the rate of interest.",
            )

    @property
    def capital(self) -> float:
        """First capital: its services, taxed, are its share of output."""
        return self.capital_share * self.output / ((self.interest + self.depreciation) * (1.0 + self.tax))

    @property
    def consumption(self) -> float:
        """Of the first year."""
        return self.output - (self.growth + self.depreciation) * self.capital


def foresight_spec(growth: Growth | None = None, name: str = "ramsey") -> Spec:
    """Return all years of an economy of one good as a model; the numeraire is the good of the first year.

    Commodities ``good.T``, ``labour.T``, ``service.T`` and ``capital.T``, activities ``make.T``, ``hold.T`` and
    ``invest.T``, with ``T`` from 0 to the last year (capital to the year after).

    Parameters
    ----------
    growth : Growth, optional
    name : str
    """
    g = growth or Growth()
    span = range(g.years + 1)
    price = {t: (1.0 + g.interest) ** -t for t in (*span, -1)}
    commodities = [Commodity(f"{kind}.{t}", price[t]) for kind in ("good", "labour", "service") for t in span]
    commodities += [Commodity(f"capital.{t}", price[t - 1]) for t in (*span, g.years + 1)]
    works = [a for t in span for a in _year(g, t)]
    last = g.capital * (1.0 + g.growth) ** (g.years + 1)
    bought = [Flow(f"good.{t}", g.consumption * (1.0 + g.growth) ** t) for t in span]
    owned = [Endowment("capital.0", g.capital)]
    owned += [Endowment(f"labour.{t}", (1.0 - g.capital_share) * g.output * (1.0 + g.growth) ** t) for t in span]
    utility = Nest("utility", g.intertemporal, (*bought, Flow(f"capital.{g.years + 1}", last)))
    agents = (Agent(HOUSEHOLD, tuple(owned), utility),)
    return Spec(name, tuple(commodities), tuple(works), agents, (("good.0", 1.0),), title="Perfect foresight")


def _year(g: Growth, t: int) -> tuple[Activity, ...]:
    size = (1.0 + g.growth) ** t
    services = (g.interest + g.depreciation) * g.capital * size
    taxes = (Tax(TAX, g.tax, HOUSEHOLD),)
    inputs = (
        Flow(f"service.{t}", services, taxes),
        Flow(f"labour.{t}", (1.0 - g.capital_share) * g.output * size),
    )
    left = (1.0 - g.depreciation) * g.capital * size
    gives: tuple[Flow, ...] = (Flow(f"service.{t}", services),)
    if left > 0.0:
        gives = (*gives, Flow(f"capital.{t + 1}", left))
    built = (g.growth + g.depreciation) * g.capital * size
    return (
        Activity(f"make.{t}", Nest("factors", g.substitution, inputs), single("output", f"good.{t}", g.output * size)),
        Activity(f"hold.{t}", single("capital", f"capital.{t}", g.capital * size), Nest("gives", 0.0, gives)),
        Activity(f"invest.{t}", single("goods", f"good.{t}", built), single("built", f"capital.{t + 1}", built)),
    )


def path(found: Equilibrium) -> pd.DataFrame:
    """Return the years of a solution of :func:`foresight_spec`.

    Returns
    -------
    pandas.DataFrame
        ``year, output, consumption, investment, capital`` (at the beginning), ``interest`` (to the next year,
        from present values; missing in the last) and ``wage`` over the price of the good, 1 on the balanced path.
    """
    import pandas as pd

    span = range(sum(a.name.startswith("make.") for a in found.economy.spec.activities))
    price = np.array([found.price(f"good.{t}") for t in span])
    return pd.DataFrame(
        {
            "year": list(span),
            "output": [found.flow(f"make.{t}", f"good.{t}") for t in span],
            "consumption": [found.flow(HOUSEHOLD, f"good.{t}") for t in span],
            "investment": [found.flow(f"invest.{t}", f"good.{t}") for t in span],
            "capital": [found.flow(f"hold.{t}", f"capital.{t}") for t in span],
            "interest": np.append(price[:-1] / price[1:] - 1.0, np.nan),
            "wage": np.array([found.price(f"labour.{t}") for t in span]) / price,
        }
    )
