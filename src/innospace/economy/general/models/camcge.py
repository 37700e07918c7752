"""Cameroon, eleven sectors: wages that differ by sector, fixed capital, real public spending (Condon, Dahl, Devarajan).

Differences of wages between sectors are taxes on labour whose revenue goes to the household, so that all value added is
its income. Depreciation is paid from income into savings at the price of each sector's capital goods. Investment by
sector of destination has fixed value shares and a fixed composition. Inventories grow with output. The exchange rate is
the numeraire.
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
    Endowment,
    Schedule,
    Spec,
    Stock,
    Transfer,
)
from innospace.economy.general.trees import Flow, Nest, Tax, single
from innospace.economy.scenario import Scenario, Shock

Data = Mapping[str, Any]
HOUSEHOLD, GOVERNMENT, INVESTMENT = "household", "government", "investment"


def _value_added(g: Data, i: str) -> float:
    """Return benchmark value added by unit of output."""
    return float(1.0 - sum(g["io"][j][i] for j in g["xd0"]) - g["itax"][i])


def _labour(g: Data, i: str) -> tuple[Flow, ...]:
    """Return labour of a sector; what it pays beyond the average wage is a tax that the household receives."""
    return tuple(
        Flow(lc, g["xle"][i][lc], (Tax("wage difference", g["wdist"][i][lc] - 1.0, HOUSEHOLD),))
        for lc in g["wa0"]
        if g["xle"][i][lc] > 0.0
    )


def _wage_bill(g: Data, i: str) -> float:
    return float(sum(g["wa0"][lc] * g["wdist"][i][lc] * g["xle"][i][lc] for lc in g["wa0"]))


def _activities(g: Data, i: str) -> list[Activity]:
    output, exported, imported = g["xd0"][i], g["e0"][i], g["m0"][i]
    invested = g["kio"][i] * sum(g["id0"].values())
    bought = tuple(Flow(f"P.{j}", g["io"][j][i] * output) for j in g["xd0"] if g["io"][j][i])
    factors = Nest("factors", 1.0, (*_labour(g, i), Flow(f"K.{i}", g["k0"][i])))
    sold = [Flow(f"D.{i}", output - exported)]
    mixed = [Flow(f"D.{i}", output - exported)]
    if imported:
        sold.append(Flow(f"E.{i}", exported))
        mixed.append(Flow(f"M.{i}", imported, (Tax("tariff", g["tm0"][i], GOVERNMENT),)))
    made = [
        Activity(
            f"X.{i}",
            Nest("cost", 0.0, (factors, *bought)),
            Nest("sales", 1.0 / (g["rhot"][i] - 1.0), tuple(sold)),
            g["itax"][i],
            "revenue",
            GOVERNMENT,
        ),
        Activity(
            f"Q.{i}",
            Nest("mix", 1.0 / (1.0 + g["rhoc"][i]), tuple(mixed)),
            single("supply", f"P.{i}", output - exported + imported),
        ),
        Activity(
            f"C.{i}",
            Nest(
                "composition",
                0.0,
                tuple(Flow(f"P.{j}", g["imat"][j][i] * invested) for j in g["xd0"] if g["imat"][j][i]),
            ),
            single("capital", f"C.{i}", sum(g["imat"][j][i] for j in g["xd0"]) * invested),
        ),
    ]
    if imported:
        dollars = imported / (1.0 + g["tm0"][i]) / g["scalars"]["er"]
        made.append(Activity(f"M.{i}", single("exchange", "FX", dollars), single("goods", f"M.{i}", imported)))
    return made


def build() -> Spec:
    """Return the model; its data nearly clear markets, and the solver goes from there."""
    g = data("camcge")
    sectors, s = list(g["xd0"]), g["scalars"]
    traded = [i for i in sectors if g["m0"][i]]
    capital = {i: (_value_added(g, i) * g["xd0"][i] - _wage_bill(g, i)) / g["k0"][i] for i in sectors}
    commodities = [Commodity(f"{kind}.{i}") for i in sectors for kind in ("P", "D", "C")]
    commodities += [Commodity(f"E.{i}") for i in traded]
    commodities += [Commodity(f"M.{i}", 1.0 / (1.0 + g["tm0"][i])) for i in traded]
    commodities += [Commodity(f"K.{i}", capital[i]) for i in sectors]
    commodities += [Commodity(lc, w) for lc, w in g["wa0"].items()] + [Commodity("FX", s["er"])]
    labour = {lc: sum(g["xle"][i][lc] for i in sectors) for lc in g["wa0"]}
    household = Agent(
        HOUSEHOLD,
        (*(Endowment(lc, n) for lc, n in labour.items()), *(Endowment(f"K.{i}", g["k0"][i]) for i in sectors)),
        Nest("consumption", 1.0, tuple(Flow(f"P.{i}", n * s["cdtot0"]) for i, n in g["cles"].items() if n)),
    )
    public = tuple(Flow(f"P.{i}", n * s["gdtot0"]) for i, n in g["gles"].items() if n)
    budget = sum(g["id0"].values())
    investment = Agent(
        INVESTMENT,
        (Endowment("FX", s["fsav0"]),),
        Nest("investment", 1.0, tuple(Flow(f"C.{i}", n * budget) for i, n in g["kio"].items())),
        (),
        tuple(Stock(f"P.{i}", f"X.{i}", g["dstr"][i] * g["xd0"][i]) for i in sectors if g["dstr"][i]),
    )
    worn = tuple(
        Transfer(f"depreciation.{i}", HOUSEHOLD, INVESTMENT, "amount", g["depr"][i] * g["k0"][i], price=f"C.{i}")
        for i in sectors
    )
    transfers = (
        *worn,
        Transfer("saving", HOUSEHOLD, INVESTMENT, "share", s["mps0"], tuple(t.name for t in worn)),
        Transfer("government saving", GOVERNMENT, INVESTMENT, "rest"),
    )
    return Spec(
        "camcge",
        tuple(commodities),
        tuple(a for i in sectors for a in _activities(g, i)),
        (household, Agent(GOVERNMENT, (), None, public), investment),
        (("FX", 1.0),),
        transfers,
        tuple(Schedule(f"E.{i}", f"E.{i}", "FX", g["e0"][i], g["eta"][i], True) for i in traded if g["e0"][i]),
    )


def levels(found: Equilibrium) -> dict[str, float]:
    """Return the variables by the names of the published model."""
    g = data("camcge")
    er = found.price("FX")
    out: dict[str, float] = {}
    for i in g["xd0"]:
        x, q = f"X.{i}", f"Q.{i}"
        out |= {
            f"pd.{i}": found.price(f"D.{i}"),
            f"p.{i}": found.price(f"P.{i}"),
            f"px.{i}": found.cost(f"{x}.sales"),
            f"pk.{i}": found.price(f"C.{i}"),
            f"pva.{i}": found.cost(f"{x}.factors") * _value_added(g, i),
            f"xd.{i}": found.level(x) * g["xd0"][i],
            f"x.{i}": found.flow(q, f"P.{i}"),
            f"xxd.{i}": found.flow(q, f"D.{i}"),
            f"cd.{i}": found.flow(HOUSEHOLD, f"P.{i}"),
            f"gd.{i}": g["gles"][i] * g["scalars"]["gdtot0"],
            f"dk.{i}": found.flow(INVESTMENT, f"C.{i}"),
            f"dst.{i}": g["dstr"][i] * g["xd0"][i] * found.level(x),
            f"int.{i}": sum(found.flow(f"X.{j}", f"P.{i}") for j in g["xd0"]),
            f"id.{i}": sum(found.flow(f"C.{j}", f"P.{i}") for j in g["xd0"]),
        }
        if g["m0"][i]:
            out |= {
                f"pm.{i}": found.paid(q, f"M.{i}"),
                f"pe.{i}": found.price(f"E.{i}"),
                f"pwe.{i}": found.price(f"E.{i}") / er,
                f"m.{i}": found.flow(q, f"M.{i}"),
                f"e.{i}": found.flow(x, f"E.{i}"),
            }
        out |= {f"l.{i}.{lc}": found.flow(x, lc) for lc in g["wa0"]}
    out |= {f"wa.{lc}": found.price(lc) for lc in g["wa0"]}
    worn = sum(found.transfer(f"depreciation.{i}") for i in g["xd0"])
    out |= {
        "y": found.income(HOUSEHOLD) - worn,
        "deprecia": worn,
        "hhsav": found.transfer("saving"),
        "govsav": found.transfer("government saving"),
        "gr": found.income(GOVERNMENT),
        "tariff": sum(found.tax("tariff").values()),
        "indtax": sum(found.activity_tax(f"X.{i}") for i in g["xd0"]),
        "savings": found.income(INVESTMENT),
    }
    weights = {i: w for i, w in g["cles"].items() if w}
    return out | {"omega": cobb_douglas({i: out[f"cd.{i}"] for i in weights}, weights)}


MODEL = ReadyModel(
    "camcge",
    "Cameroon, eleven sectors",
    "Condon, Dahl and Devarajan (1987), Implementing a computable general equilibrium model on GAMS",
    build,
    levels,
    (Scenario("tariffs", "Tariffs removed", "", (Shock("tax", "set", 0.0, {"tax": ("tariff",)}),)),),
)
