"""Two goods, two factors, two households, and a tax on capital in one sector (Shoven and Whalley 1984)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from innospace.economy.general.models.ready_model import ReadyModel, data
from innospace.economy.general.result import Equilibrium
from innospace.economy.general.spec import Activity, Agent, Commodity, Endowment, Spec, Transfer
from innospace.economy.general.trees import Flow, Nest, Tax, single
from innospace.economy.scenario import Scenario, Shock

FISC = "revenue"
"""The agent that collects the tax and hands it to the households in fixed shares."""


def _activity(name: str, given: Mapping[str, float]) -> Activity:
    """Return ``Q = phi (delta L^r + (1 - delta) K^r)^(1/r)`` by its cost shares at prices of one."""
    sigma, delta = given["sigma"], given["delta_labour"]
    labour, capital = delta**sigma, (1.0 - delta) ** sigma
    cost = (labour + capital) ** (1.0 / (1.0 - sigma)) / given["phi"]
    tax = Tax("capital", 0.0, FISC)
    flows = (
        Flow("L", cost * labour / (labour + capital)),
        Flow("K", cost * capital / (labour + capital), (tax,)),
    )
    return Activity(name, Nest("factors", sigma, flows), single("output", name, 1.0), calibrated=False)


def _agent(name: str, given: Mapping[str, Any]) -> Agent:
    owned = tuple(Endowment(f, given[f]) for f in ("K", "L") if given[f])
    wanted = tuple(Flow(g, given[f"alpha_{g}"]) for g in ("M", "N"))
    return Agent(name, owned, Nest("consumption", given["sigma"], wanted))


def build() -> Spec:
    """Return the model; levels are quantities, its benchmark is no equilibrium."""
    given = data("shoven-whalley")
    people = given["consumers"]
    return Spec(
        "shoven-whalley",
        tuple(map(Commodity, ("M", "N", "K", "L"))),
        tuple(_activity(n, v) for n, v in given["producers"].items()),
        (*(_agent(n, v) for n, v in people.items()), Agent(FISC)),
        (("L", 1.0),),
        (
            Transfer("share.R", FISC, "R", "share", people["R"]["revenue_share"]),
            Transfer("share.P", FISC, "P", "rest"),
        ),
    )


def levels(found: Equilibrium) -> dict[str, float]:
    """Return the numbers of the published tables."""
    out = {"w": found.price("L"), "r": found.price("K"), "p_M": found.price("M"), "p_N": found.price("N")}
    for good in ("M", "N"):
        out |= {
            f"Q_{good}": found.flow(good, good),
            f"K_{good}": found.flow(good, "K"),
            f"L_{good}": found.flow(good, "L"),
        }
        out |= {f"D_{a}_{good}": found.flow(a, good) for a in ("R", "P")}
    return out | {"revenue": sum(found.tax("capital").values())}


MODEL = ReadyModel(
    "shoven-whalley",
    "Two goods, two factors, two households",
    "Shoven and Whalley (1984), Journal of Economic Literature 22(3)",
    build,
    levels,
    (
        Scenario(
            "capital-tax",
            "50 % tax on capital in manufacturing",
            "The experiment of the article",
            (Shock("tax", "set", 0.5, {"where": ("M",)}),),
        ),
    ),
)
