"""The standard country model of IFPRI: several goods an activity, home consumption, margins, institutions, closures.

The country is made up.

Lofgren, Harris and Robinson (2002), A standard computable general equilibrium (CGE) model in GAMS, IFPRI.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from innospace.economy.general.closure import adjusting_transfer, unemployment
from innospace.economy.general.households import linear_expenditure
from innospace.economy.general.models.ready_model import ReadyModel, data
from innospace.economy.general.result import Equilibrium
from innospace.economy.general.spec import Activity, Agent, Commodity, Condition, Endowment, Instrument, Spec, Transfer
from innospace.economy.general.trees import Flow, Nest, single
from innospace.economy.scenario import Scenario, Shock

GOVERNMENT, ENTERPRISES, INVESTMENT, ABROAD = "government", "enterprises", "investment", "abroad"
EXCHANGE = "FX"
Cells = Mapping[str, Any]


def build() -> Spec:
    """Return the model with flexible government saving, exchange rate and investment, and full employment."""
    d = data("standard")
    pairs = [f"{a}.{c}" for a, facts in d["activities"].items() for c in facts["makes"]]
    traded = [f"{kind}.{c}" for kind in ("X", "D", "E", "M", "Q") for c in d["goods"]]
    households = tuple(_household(n, h) for n, h in d["households"].items())
    basket = [(f"Q.{c}", sum(float(h["goods"][c]) for h in d["households"].values())) for c in d["goods"]]
    total = sum(w for _, w in basket)
    return Spec(
        "standard",
        tuple(map(Commodity, (*pairs, *traded, *d["factors"], EXCHANGE))),
        (*(_maker(n, a, d) for n, a in d["activities"].items()), *(x for c in d["goods"] for x in _market(c, d))),
        (*households, *_institutions(d)),
        tuple((c, w / total) for c, w in basket),
        _transfers(d),
        title="A standard country model",
    )


def _maker(name: str, facts: Cells, d: Cells) -> Activity:
    """Return an activity: factors and goods in, its products in fixed proportions out, a tax on its receipts."""
    bend, used = d["elasticities"], facts["factors"]
    labour = Nest("labour", bend["labour"], tuple(Flow(f, used.get(f, 0.0)) for f in ("LAB", "SKL")))
    added = Nest("value added", bend["value added"], (labour, *(Flow(f, used.get(f, 0.0)) for f in ("CAP", "LAND"))))
    cost = Nest("cost", 0.0, (added, *(Flow(f"Q.{c}", x) for c, x in facts["goods"].items()))).present()
    products = Nest("products", 0.0, tuple(Flow(f"{name}.{c}", x) for c, x in facts["makes"].items()))
    rate = facts["tax"] / sum(facts["makes"].values())
    assert cost is not None
    return Activity(name, cost, products, rate, "revenue", GOVERNMENT)


def _market(c: str, d: Cells) -> tuple[Activity, ...]:
    """Return how a good passes from its makers to its buyers: five activities, with margins on three ways."""
    m, bend, way = d["markets"][c], d["elasticities"], d["markets"][c]["margins"]
    kept = {p: x for h in d["households"].values() for p, x in h["home"].items()}
    sold = [
        (f"{a}.{c}", f["makes"][c] - kept.get(f"{a}.{c}", 0)) for a, f in d["activities"].items() if c in f["makes"]
    ]
    made = sum(x for _, x in sold)

    def moved(name: str, good: str, quantity: float, margin: float) -> Nest:
        flows = (Flow(good, quantity), Flow(f"Q.{d['margin']}", margin))
        return Nest(name, 0.0, tuple(f for f in flows if f.quantity))

    bought, out = m["imports"] + m["tariff"], m["exports"] + way.get("exports", 0)
    domestic = moved("domestic", f"D.{c}", m["domestic"], way.get("domestic", 0))
    imported = moved("imported", f"M.{c}", bought, way.get("imports", 0))
    paid = m["domestic"] + bought + sum(way.get(k, 0) for k in ("domestic", "imports")) + m["sales tax"]
    sales = Nest("sales", bend["sales"], (Flow(f"D.{c}", m["domestic"]), Flow(f"E.{c}", m["exports"])))
    return (
        Activity(
            f"gather.{c}", Nest("makers", bend["makers"], tuple(Flow(*s) for s in sold)), single("out", f"X.{c}", made)
        ),
        Activity(f"sell.{c}", single("in", f"X.{c}", made), sales),
        Activity(
            f"export.{c}", moved("cost", f"E.{c}", m["exports"], way.get("exports", 0)), single("out", EXCHANGE, out)
        ),
        Activity(
            f"import.{c}",
            single("in", EXCHANGE, m["imports"]),
            single("out", f"M.{c}", bought),
            m["tariff"] / m["imports"],
            "cost",
            GOVERNMENT,
        ),
        Activity(
            f"supply.{c}",
            Nest("origins", bend["origins"], (domestic, imported)),
            single("out", f"Q.{c}", paid),
            m["sales tax"] / paid,
            "revenue",
            GOVERNMENT,
        ),
    )


def _household(name: str, h: Cells) -> Agent:
    spent = {f"Q.{c}": float(x) for c, x in h["goods"].items()} | {p: float(x) for p, x in h["home"].items()}
    bends = {k if "." in k else f"Q.{k}": float(e) for k, e in h["elasticity"].items()}
    fixed, demand = linear_expenditure(spent, bends, h["frisch"])
    return Agent(name, tuple(Endowment(f, float(x)) for f, x in h["factors"].items()), demand, fixed)


def _institutions(d: Cells) -> tuple[Agent, ...]:
    """Return enterprises, the government, the investor and the rest of the world."""
    owned = tuple(Endowment(f, float(x)) for f, x in d[ENTERPRISES]["factors"].items())
    public = tuple(Flow(f"Q.{c}", float(x)) for c, x in d[GOVERNMENT]["goods"].items())
    built = Nest("investment", 0.0, tuple(Flow(f"Q.{c}", float(x)) for c, x in d[INVESTMENT].items()))
    inflow = d["foreign saving"] + sum(h["from abroad"] for h in d["households"].values())
    return (
        Agent(ENTERPRISES, owned),
        Agent(GOVERNMENT, (), None, public),
        Agent(INVESTMENT, (), built),
        Agent(ABROAD, (Endowment(EXCHANGE, float(inflow)),)),
    )


def _transfers(d: Cells) -> tuple[Transfer, ...]:
    """Return taxes and saving as shares of income, transfers of the government and remittances as amounts."""
    out: list[Transfer] = []
    profit, firm = sum(d[ENTERPRISES]["factors"].values()), d[ENTERPRISES]
    out.append(Transfer("corporate tax", ENTERPRISES, GOVERNMENT, "share", firm["direct tax"] / profit))
    for n, h in d["households"].items():
        share = h["from enterprises"] / (profit - firm["direct tax"])
        out.append(Transfer(f"profits.{n}", ENTERPRISES, n, "share", share, ("corporate tax",)))
        paid = ("from government", "from enterprises", "from abroad")
        income = sum(h["factors"].values()) + sum(h[k] for k in paid)
        out.append(Transfer(f"direct tax.{n}", n, GOVERNMENT, "share", h["direct tax"] / income))
        rate = h["saving"] / (income - h["direct tax"])
        out.append(Transfer(f"saving.{n}", n, INVESTMENT, "share", rate, (f"direct tax.{n}",)))
        out.append(Transfer(f"benefits.{n}", GOVERNMENT, n, "amount", h["from government"]))
        if h["from abroad"]:
            out.append(Transfer(f"remittances.{n}", ABROAD, n, "amount", h["from abroad"], price=EXCHANGE))
    out.append(Transfer("saving.enterprises", ENTERPRISES, INVESTMENT, "rest"))
    out.append(Transfer("saving.government", GOVERNMENT, INVESTMENT, "rest"))
    out.append(Transfer("saving.abroad", ABROAD, INVESTMENT, "rest"))
    return tuple(out)


def _tax_adjusts(spec: Spec) -> Spec:
    """Government saving stays, the direct tax of urban households adjusts."""
    saved = float(data("standard")[GOVERNMENT]["saving"])
    tax = float(data("standard")["households"]["urban"]["direct tax"])
    return adjusting_transfer(spec, "direct tax.urban", Condition("transfer", "saving.government", saved), tax)


def _rate_fixed(spec: Spec) -> Spec:
    """The exchange rate stays, the inflow from abroad adjusts."""
    moved = Instrument("inflow", "withhold", EXCHANGE, Condition("price", EXCHANGE, 1.0))
    return replace(spec, instruments=(*spec.instruments, moved))


def _investment_fixed(spec: Spec) -> Spec:
    """Real investment stays, saving of urban households adjusts."""
    saved = float(data("standard")["households"]["urban"]["saving"])
    return adjusting_transfer(spec, "saving.urban", Condition("level", INVESTMENT, 1.0), saved)


CLOSURES: Mapping[str, Mapping[str, Callable[[Spec], Spec]]] = {
    "government": {"flexible saving": lambda s: s, "flexible tax": _tax_adjusts},
    "external": {"flexible rate": lambda s: s, "fixed rate": _rate_fixed},
    "saving": {"savings-driven": lambda s: s, "investment-driven": _investment_fixed},
    "labour": {
        "full employment": lambda s: s,
        "fixed wage": lambda s: unemployment(s, "LAB", rate=0.08),
        "wage curve": lambda s: unemployment(s, "LAB", rate=0.08, elasticity=0.1),
    },
}
"""Who adjusts, by account: name -> change of the model; the first of each is that of :func:`build`."""


def levels(found: Equilibrium) -> dict[str, float]:
    """Return the variables of an equilibrium by the names of the IFPRI model."""
    d = data("standard")
    out = {f"QA.{a}": found.level(a) for a in d["activities"]}
    for c in d["goods"]:
        out |= {
            f"{p}.{c}": found.price(f"{k}.{c}") for p, k in zip(("PX", "PDS", "PE", "PM", "PQ"), "XDEMQ", strict=True)
        }
        out |= {f"QX.{c}": found.flow(f"gather.{c}", f"X.{c}"), f"QQ.{c}": found.flow(f"supply.{c}", f"Q.{c}")}
        out |= {f"QE.{c}": found.flow(f"export.{c}", f"E.{c}"), f"QM.{c}": found.flow(f"supply.{c}", f"M.{c}")}
    out |= {f"WF.{f}": found.price(f) for f in d["factors"]}
    return (
        out | {f"YI.{h.name}": found.income(h.name) for h in found.economy.spec.agents} | {"EXR": found.price(EXCHANGE)}
    )


MODEL = ReadyModel(
    "standard",
    "A standard country model",
    "Lofgren, Harris and Robinson (2002), IFPRI, on numbers of a made-up country",
    build,
    levels,
    (
        Scenario(
            "tariffs",
            "Tariffs removed",
            "Most of what they bring is from manufactures",
            (Shock("activity_tax", "set", 0.0, {"activity": ("import.FOOD", "import.MAN")}),),
        ),
        Scenario(
            "yields",
            "A tenth more from small farms",
            "Part of what they make is eaten at home",
            (Shock("productivity", "multiply", 1.1, {"activity": ("SMALL",)}),),
        ),
    ),
    CLOSURES,
)
