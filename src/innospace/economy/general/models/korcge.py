"""Korea 1963, three sectors, two households: import rationing at a given exchange rate.

The parameters of production, imports and exports are given, not calibrated, and rounded in print; the benchmark
therefore nearly is an equilibrium. The exchange rate and the price index are both fixed, so that a premium on imports,
earned by owners of capital, balances trade.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from innospace.economy.general.models.ready_model import ReadyModel, cobb_douglas, data
from innospace.economy.general.result import Equilibrium
from innospace.economy.general.spec import (
    Activity,
    Agent,
    Commodity,
    Condition,
    Endowment,
    Instrument,
    Spec,
    Stock,
    Transfer,
)
from innospace.economy.general.trees import Flow, Nest, Tax, single
from innospace.economy.scenario import Scenario, Shock

Data = Mapping[str, Any]
LABOUR, CAPITAL, GOVERNMENT, INVESTMENT = "lab-hh", "cap-hh", "government", "investment"


def _rents(g: Data, i: str) -> tuple[float, float]:
    """Return value added and the price of capital of a sector."""
    value = g["sectres"]["pva"][i] * g["sectres"]["xd"][i]
    return value, (1.0 - sum(g["alphl"][i].values())) * value / g["sectres"]["k"][i]


def _production(g: Data, i: str) -> Activity:
    """Return production, imports and exports as given: quantities at benchmark prices follow from the parameters."""
    z, wages, value = g["zz"], g["labres2"]["wa"], _rents(g, i)[0]
    labour = {lc: g["alphl"][i][lc] * value / (wages[lc] * g["wdist"][i][lc]) for lc in wages if g["alphl"][i][lc]}
    output = z["ad"][i] * g["sectres"]["k"][i] ** (1.0 - sum(g["alphl"][i].values()))
    for lc, n in labour.items():
        output *= n ** g["alphl"][i][lc]
    paid = [Flow(lc, n, (Tax("wage difference", g["wdist"][i][lc] - 1.0, CAPITAL),)) for lc, n in labour.items()]
    factors = Nest("factors", 1.0, (*paid, Flow(f"K.{i}", g["sectres"]["k"][i])))
    bought = tuple(Flow(f"P.{j}", g["io"][j][i] * output) for j in g["alphl"] if g["io"][j][i])
    power, share = 1.0 / z["sigt"][i] + 1.0, z["gamma"][i]
    ratio = ((1.0 - share) / share * g["sectres"]["pe"][i]) ** z["sigt"][i]
    home = output / (z["at"][i] * (share * ratio**power + 1.0 - share) ** (1.0 / power))
    duty = Tax("export duty", -z["te"][i], GOVERNMENT)
    sold = (Flow(f"D.{i}", home), Flow(f"E.{i}", ratio * home, (duty,)))
    return Activity(
        f"X.{i}",
        Nest("cost", 0.0, (factors, *bought)),
        Nest("sales", z["sigt"][i], sold),
        z["itax"][i],
        "revenue",
        GOVERNMENT,
        calibrated=False,
    )


def _mix(g: Data, i: str) -> Activity:
    z = g["zz"]
    sigma, share, supply = z["sigc"][i], z["delta"][i], g["sectres"]["x"][i]
    power = 1.0 / sigma - 1.0
    price = z["pwm"][i] * (1.0 + z["tm"][i])
    ratio = (share / (1.0 - share) / price) ** sigma
    home = supply / (z["ac"][i] * (share * ratio**-power + 1.0 - share) ** (-1.0 / power))
    taxes = (Tax("tariff", z["tm"][i], GOVERNMENT), Tax("premium", 0.0, CAPITAL))
    flows = (Flow(f"D.{i}", home), Flow(f"M.{i}", ratio * home, taxes))
    return Activity(f"Q.{i}", Nest("mix", sigma, flows), single("supply", f"P.{i}", supply), calibrated=False)


def _activities(g: Data, i: str) -> list[Activity]:
    z, row = g["zz"], g["sectres"]
    parts = {j: g["imat"][j][i] * row["dk"][i] for j in g["alphl"] if g["imat"][j][i]}
    return [
        _production(g, i),
        _mix(g, i),
        Activity(
            f"C.{i}",
            Nest("composition", 0.0, tuple(Flow(f"P.{j}", n) for j, n in parts.items())),
            single("capital", f"C.{i}", sum(parts.values())),
        ),
        Activity(f"E.{i}", single("goods", f"E.{i}", row["e"][i]), single("exchange", "FX", z["pwe"][i] * row["e"][i])),
        Activity(f"M.{i}", single("exchange", "FX", z["pwm"][i] * row["m"][i]), single("goods", f"M.{i}", row["m"][i])),
    ]


def _household(g: Data, name: str, owned: tuple[Endowment, ...]) -> Agent:
    spent = g["hhres"]["yh"][name]
    wanted = tuple(Flow(f"P.{i}", g["cles"][i][name] * spent) for i in g["alphl"])
    return Agent(name, owned, Nest("consumption", 1.0, wanted))


def build() -> Spec:
    """Return the model."""
    g = data("korcge")
    sectors, s, z = list(g["alphl"]), g["scalars"], g["zz"]
    wages, supply = g["labres2"]["wa"], g["labres2"]["ls"]
    commodities = [Commodity(f"{kind}.{i}") for i in sectors for kind in ("P", "D", "E", "C")]
    commodities += [Commodity(f"M.{i}", z["pwm"][i]) for i in sectors]
    commodities += [Commodity(f"K.{i}", _rents(g, i)[1]) for i in sectors]
    commodities += [Commodity(lc, w) for lc, w in wages.items()] + [Commodity("FX", s["er"])]
    workers = _household(g, LABOUR, (*(Endowment(lc, n) for lc, n in supply.items()), Endowment("FX", s["remit"])))
    stock = tuple(Endowment(f"K.{i}", g["sectres"]["k"][i]) for i in sectors)
    owners = _household(g, CAPITAL, (*stock, Endowment("FX", s["fbor"])))
    public = tuple(Flow(f"P.{i}", z["gles"][i] * s["gdtot"]) for i in sectors)
    inventories = tuple(Stock(f"P.{i}", f"X.{i}", z["dstr"][i] * g["sectres"]["xd"][i]) for i in sectors)
    investment = Agent(
        INVESTMENT,
        (Endowment("FX", s["fsav"]),),
        Nest("investment", 1.0, tuple(Flow(f"C.{i}", z["kio"][i] * s["invest"]) for i in sectors)),
        (),
        inventories,
    )
    worn = tuple(
        Transfer(
            f"depreciation.{i}", CAPITAL, INVESTMENT, "amount", z["depr"][i] * g["sectres"]["k"][i], price=f"C.{i}"
        )
        for i in sectors
    )
    taken = {CAPITAL: tuple(t.name for t in worn), LABOUR: ()}
    transfers = [*worn]
    for h in (LABOUR, CAPITAL):
        tax = Transfer(f"tax.{h}", h, GOVERNMENT, "share", g["htax"][h], taken[h])
        saving = Transfer(f"saving.{h}", h, INVESTMENT, "share", g["hhres"]["mps"][h], (*taken[h], tax.name))
        transfers += [tax, saving]
    transfers.append(Transfer("government saving", GOVERNMENT, INVESTMENT, "rest"))
    premium = Instrument("premium", "tax", "premium", Condition("price", "FX", 1.0))
    return Spec(
        "korcge",
        tuple(commodities),
        tuple(a for i in sectors for a in _activities(g, i)),
        (workers, owners, Agent(GOVERNMENT, (), None, public), investment),
        tuple((f"P.{i}", z["pwts"][i]) for i in sectors),
        tuple(transfers),
        instruments=(premium,),
    )


def levels(found: Equilibrium) -> dict[str, float]:
    """Return the variables by the names of the published model."""
    g = data("korcge")
    out: dict[str, float] = {"er": found.price("FX"), "pr": found.instrument("premium")}
    for i in g["alphl"]:
        x, q = f"X.{i}", f"Q.{i}"
        activity = next(a for a in found.economy.spec.activities if a.name == x)
        output = sum(f.quantity for f in activity.inputs.flows if f.commodity.startswith("P."))
        output /= sum(g["io"][j][i] for j in g["alphl"])
        made = output * found.level(x)
        out |= {
            f"pd.{i}": found.price(f"D.{i}"),
            f"pm.{i}": found.paid(q, f"M.{i}"),
            f"pe.{i}": found.paid(x, f"E.{i}"),
            f"p.{i}": found.price(f"P.{i}"),
            f"pk.{i}": found.price(f"C.{i}"),
            f"px.{i}": _receipts(found, x) / made,
            f"pva.{i}": found.use(f"{x}.factors") * found.cost(f"{x}.factors") / made,
            f"xd.{i}": made,
            f"x.{i}": found.flow(q, f"P.{i}"),
            f"xxd.{i}": found.flow(q, f"D.{i}"),
            f"m.{i}": found.flow(q, f"M.{i}"),
            f"e.{i}": found.flow(x, f"E.{i}"),
            f"cd.{i}": found.flow(LABOUR, f"P.{i}") + found.flow(CAPITAL, f"P.{i}"),
            f"gd.{i}": found.flow(GOVERNMENT, f"P.{i}"),
            f"int.{i}": sum(found.flow(f"X.{j}", f"P.{i}") for j in g["alphl"]),
            f"id.{i}": sum(found.flow(f"C.{j}", f"P.{i}") for j in g["alphl"]),
            f"dk.{i}": found.flow(INVESTMENT, f"C.{i}"),
        }
        out |= {f"l.{i}.{lc}": found.flow(x, lc) for lc in g["labres2"]["wa"]}
    return out | _totals(found, g, out)


def _receipts(found: Equilibrium, activity: str) -> float:
    goods = activity.removeprefix("X.")
    return sum(found.paid(activity, f"{k}.{goods}") * found.flow(activity, f"{k}.{goods}") for k in ("D", "E"))


def _totals(found: Equilibrium, g: Data, out: Mapping[str, float]) -> dict[str, float]:
    worn = sum(found.transfer(f"depreciation.{i}") for i in g["alphl"])
    income = {LABOUR: found.income(LABOUR), CAPITAL: found.income(CAPITAL) - worn}
    totals = {f"wa.{lc}": found.price(lc) for lc in g["labres2"]["wa"]}
    totals |= {f"yh.{h}": value for h, value in income.items()}
    totals |= {
        "y": sum(income.values()),
        "tothhtax": sum(found.transfer(f"tax.{h}") for h in income),
        "hhsav": sum(found.transfer(f"saving.{h}") for h in income),
        "govsav": found.transfer("government saving"),
        "gr": found.income(GOVERNMENT),
        "tariff": sum(found.tax("tariff").values()),
        "indtax": sum(found.activity_tax(f"X.{i}") for i in g["alphl"]),
        "netsub": -sum(found.tax("export duty").values()),
        "savings": found.income(INVESTMENT),
        "invest": found.income(INVESTMENT),
        "deprecia": worn,
    }
    weights = {i: g["cles"][i][LABOUR] for i in g["alphl"]}
    return totals | {"omega": cobb_douglas({i: out[f"cd.{i}"] for i in weights}, weights)}


MODEL = ReadyModel(
    "korcge",
    "Korea, three sectors, two households",
    "Chenery, Lewis, de Melo and Robinson (1986), in: Industrialization and Growth, chapter 11",
    build,
    levels,
    (Scenario("tariffs", "Tariffs removed", "", (Shock("tax", "set", 0.0, {"tax": ("tariff",)}),)),),
)
