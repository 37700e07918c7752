"""The open economy of the textbooks: taxes, government, investment, Armington imports, CET exports.

One activity a good turns factors (Cobb-Douglas) and intermediates (fixed proportions) into domestic sales and exports
(CET), with a tax on cost; another mixes domestic goods and imports (Armington), with a tariff. Exports earn and imports
cost foreign exchange, whose price is the exchange rate. The household pays a direct tax and saves shares of its income,
the government saves a share of its; investment spends savings and foreign saving.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from innospace.data.sam import SAM
from innospace.economy.general.result import Equilibrium
from innospace.economy.general.spec import Activity, Agent, Commodity, Endowment, Schedule, Spec, Transfer
from innospace.economy.general.trees import Flow, Nest, Tax, single

LABOUR = ("lab", "labour", "labor", "труд")
"""Names of the factor that is the numeraire; the last factor when none is called so."""


@dataclass(frozen=True)
class Roles:
    """Which accounts of a matrix play which part."""

    goods: tuple[str, ...]
    factors: tuple[str, ...]
    household: str = "HOH"
    government: str = "GOV"
    investment: str = "INV"
    outside: str = "EXT"
    indirect: str = "IDT"
    tariff: str = "TRF"


def numeraire_of(roles: Roles) -> str:
    """Return labour, or the last factor."""
    return next((f for f in roles.factors if f.casefold() in LABOUR), roles.factors[-1])


@dataclass(frozen=True)
class Elasticities:
    """Substitution of imports (``armington``) and transformation of exports (``cet``), by good; 2 when not given."""

    armington: Mapping[str, float] = field(default_factory=dict)
    cet: Mapping[str, float] = field(default_factory=dict)
    value_added: Mapping[str, float] = field(default_factory=dict)
    consumption: float = 1.0


@dataclass(frozen=True)
class Parts:
    """Pieces of a spec that several countries may share."""

    commodities: tuple[Commodity, ...]
    activities: tuple[Activity, ...]
    agents: tuple[Agent, ...]
    transfers: tuple[Transfer, ...]


@dataclass(frozen=True)
class Country:
    """A country: matrix, roles, elasticities; ``prefix`` goes before all its names, ``partner`` sells its imports.

    Factors in ``specific`` cannot move between goods.
    """

    sam: SAM
    roles: Roles
    elasticities: Elasticities = field(default_factory=Elasticities)
    prefix: str = ""
    partner: str = ""
    specific: tuple[str, ...] = ()

    def factor(self, factor: str, good: str) -> str:
        """Return the commodity of a factor in the making of a good: its own where the factor cannot move."""
        return f"{self.prefix}{factor}.{good}" if factor in self.specific else f"{self.prefix}{factor}"

    def factors(self) -> tuple[tuple[str, float], ...]:
        """Return the commodities of factors and the quantities that are used in the benchmark."""
        found: dict[str, float] = {}
        for h in self.roles.factors:
            for j in self.roles.goods:
                key = self.factor(h, j)
                found[key] = found.get(key, 0.0) + self.sam.cell(h, j)
        return tuple(found.items())

    @cached_property
    def _costs(self) -> dict[str, float]:
        r = self.roles
        return {j: sum(self.sam.cell(a, j) for a in (*r.factors, *r.goods)) for j in r.goods}

    def made(self, good: str) -> float:
        """Return cost of production in the benchmark."""
        return self._costs[good]

    def exported(self, good: str) -> float:
        """Return exports."""
        return self.sam.cell(good, self.roles.outside)

    def imported(self, good: str) -> float:
        """Return imports without tariff."""
        return self.sam.cell(self.roles.outside, good)

    def sold(self, good: str) -> float:
        """Return domestic sales of domestic goods."""
        return self.made(good) + self.sam.cell(self.roles.indirect, good) - self.exported(good)

    def supplied(self, good: str) -> float:
        """Return supply of the mix of domestic and imported goods."""
        return self.sold(good) + self.imported(good) + self.sam.cell(self.roles.tariff, good)


def parts(c: Country, *, balanced: bool = True) -> Parts:
    """Return the pieces of one country; ``balanced`` false where a model makes up for imbalances by its own rules."""
    p, r, sam = c.prefix, c.roles, c.sam
    if balanced:
        sam.require_balanced()
    kinds = ("Q", "D", "E") if c.partner else ("Q", "D", "E", "M")
    goods = [Commodity(f"{p}{k}.{i}") for i in r.goods for k in kinds if _traded(c, i, k)]
    factors = [Commodity(name) for name, _ in c.factors()]
    exchange = [] if c.partner else [Commodity(f"{p}FX")]
    activities = [a for i in r.goods for a in (_production(c, i), _mix(c, i), *_border(c, i))]
    saving = sam.cell(r.investment, r.outside)
    foreign = () if c.partner else (Endowment(f"{p}FX", saving),)
    household = Agent(
        f"{p}{r.household}",
        tuple(Endowment(name, amount) for name, amount in c.factors()),
        _basket(c, r.household, "consumption", c.elasticities.consumption),
    )
    government = Agent(f"{p}{r.government}", (), _basket(c, r.government, "public consumption"))
    investment = Agent(f"{p}{r.investment}", foreign, _basket(c, r.investment, "investment"))
    gain = sum(sam.cell(r.household, h) for h in r.factors)
    revenue = sum(sam.cell(r.government, a) for a in (r.household, r.indirect, r.tariff))
    transfers = (
        _share(c, "direct tax", r.household, r.government, sam.cell(r.government, r.household) / gain),
        _share(c, "private saving", r.household, r.investment, sam.cell(r.investment, r.household) / gain),
        _share(c, "government saving", r.government, r.investment, sam.cell(r.investment, r.government) / revenue),
    )
    return Parts((*goods, *factors, *exchange), tuple(activities), (household, government, investment), transfers)


def _traded(c: Country, good: str, kind: str) -> bool:
    return {"E": c.exported(good) > 0.0, "M": c.imported(good) > 0.0}.get(kind, True)


def _share(c: Country, name: str, payer: str, receiver: str, value: float) -> Transfer:
    return Transfer(f"{c.prefix}{name}", f"{c.prefix}{payer}", f"{c.prefix}{receiver}", "share", value)


def _basket(c: Country, account: str, name: str, elasticity: float = 1.0) -> Nest:
    flows = tuple(Flow(f"{c.prefix}Q.{i}", c.sam.cell(i, account)) for i in c.roles.goods if c.sam.cell(i, account))
    return Nest(name, elasticity, flows)


def _production(c: Country, j: str) -> Activity:
    p, r, sam = c.prefix, c.roles, c.sam
    bought = [(i, sam.cell(i, j)) for i in r.goods]
    used = tuple(Flow(f"{p}Q.{i}", amount) for i, amount in bought if amount)
    paid = tuple(Flow(c.factor(h, j), sam.cell(h, j)) for h in r.factors if sam.cell(h, j))
    value_added = Nest("factors", c.elasticities.value_added.get(j, 1.0), paid)
    sold = [Flow(f"{p}D.{j}", c.sold(j))]
    if c.exported(j):
        sold.append(Flow(f"{p}E.{j}", c.exported(j)))
    return Activity(
        f"{p}Z.{j}",
        Nest("cost", 0.0, (value_added, *used)),
        Nest("sales", c.elasticities.cet.get(j, 2.0), tuple(sold)),
        sam.cell(r.indirect, j) / c.made(j),
        "cost",
        f"{p}{r.government}",
    )


def _mix(c: Country, i: str) -> Activity:
    p, r = c.prefix, c.roles
    flows = [Flow(f"{p}D.{i}", c.sold(i))]
    if c.imported(i):
        tariff = Tax(f"{p}tariff", c.sam.cell(r.tariff, i) / c.imported(i), f"{p}{r.government}")
        source = f"{c.partner}E.{i}" if c.partner else f"{p}M.{i}"
        flows.append(Flow(source, c.imported(i), (tariff,)))
    inputs = Nest("mix", c.elasticities.armington.get(i, 2.0), tuple(flows))
    return Activity(f"{p}Q.{i}", inputs, single("supply", f"{p}Q.{i}", c.supplied(i)))


def _border(c: Country, i: str) -> tuple[Activity, ...]:
    """Sell to and buy from an outside that is small country's: at given prices; productivity is the outside price."""
    if c.partner:
        return ()
    p, out = c.prefix, []
    if c.exported(i):
        amount = c.exported(i)
        out.append(Activity(f"{p}E.{i}", single("goods", f"{p}E.{i}", amount), single("exchange", f"{p}FX", amount)))
    if c.imported(i):
        amount = c.imported(i)
        out.append(Activity(f"{p}M.{i}", single("exchange", f"{p}FX", amount), single("goods", f"{p}M.{i}", amount)))
    return tuple(out)


def open_economy(name: str, c: Country, numeraire: str) -> Spec:
    """Return a small open economy."""
    made = parts(c)
    return Spec(name, made.commodities, made.activities, made.agents, ((numeraire, 1.0),), made.transfers)


def large_economy(name: str, c: Country, numeraire: str) -> Spec:
    """Return an open economy whose trade moves outside prices: the outside has the elasticities of the country."""
    made = parts(c)
    works = tuple(a for a in made.activities if a.name[:2] not in ("E.", "M."))
    e = c.elasticities
    schedules = [
        Schedule(f"E.{i}", f"E.{i}", "FX", c.exported(i), e.armington.get(i, 2.0), True)
        for i in c.roles.goods
        if c.exported(i)
    ]
    schedules += [
        Schedule(f"M.{i}", f"M.{i}", "FX", c.imported(i), e.cet.get(i, 2.0), False)
        for i in c.roles.goods
        if c.imported(i)
    ]
    weights = ((numeraire, 1.0),)
    return Spec(name, made.commodities, works, made.agents, weights, made.transfers, tuple(schedules))


def levels(found: Equilibrium, c: Country, unit: str = "") -> dict[str, float]:
    """Return the variables of the textbook, prices in those of ``unit`` (as they are when empty)."""
    p, r = c.prefix, c.roles
    one = found.price(unit) if unit else 1.0
    out: dict[str, float] = {}
    for j in r.goods:
        z, q = f"{p}Z.{j}", f"{p}Q.{j}"
        foreign = f"{c.partner}E.{j}" if c.partner else f"{p}M.{j}"
        out |= {f"F.{h}.{j}": found.flow(z, c.factor(h, j)) for h in r.factors}
        out |= {f"X.{i}.{j}": found.flow(z, f"{p}Q.{i}") for i in r.goods}
        out |= {
            f"Y.{j}": found.use(f"{z}.factors"),
            f"Z.{j}": found.use(f"{z}.cost"),
            f"py.{j}": found.cost(f"{z}.factors") / one,
            f"pz.{j}": found.cost(f"{z}.cost") / one,
            f"pd.{j}": found.price(f"{p}D.{j}") / one,
            f"pq.{j}": found.price(f"{p}Q.{j}") / one,
            f"pe.{j}": found.price(f"{p}E.{j}") / one,
            f"pm.{j}": found.price(foreign) / one,
            f"D.{j}": found.flow(q, f"{p}D.{j}"),
            f"M.{j}": found.flow(q, foreign),
            f"E.{j}": found.flow(z, f"{p}E.{j}"),
            f"Q.{j}": found.flow(q, q),
            f"Tm.{j}": found.tax(f"{p}tariff").get((q, foreign), 0.0) / one,
            f"Tz.{j}": found.activity_tax(z) / one,
        }
        for name, agent in (("Xp", r.household), ("Xg", r.government), ("Xv", r.investment)):
            out[f"{name}.{j}"] = found.flow(f"{p}{agent}", q)
    out |= {f"pf.{name.removeprefix(p)}": found.price(name) / one for name, _ in c.factors()}
    paid = (("Td", "direct tax"), ("Sp", "private saving"), ("Sg", "government saving"))
    known = {t.name for t in found.economy.spec.transfers}
    return out | {k: found.transfer(f"{p}{n}") / one for k, n in paid if f"{p}{n}" in known}
