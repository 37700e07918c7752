"""Economies of fixed-coefficient activities, some of which do not run: Scarf, Hansen, Kehoe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from innospace.economy.general.models.ready_model import ReadyModel, data
from innospace.economy.general.result import Equilibrium
from innospace.economy.general.spec import Activity, Agent, Commodity, Endowment, Spec
from innospace.economy.general.trees import Flow, Nest
from innospace.economy.scenario import Scenario, Shock

Matrix = Mapping[tuple[str, str], float]


def activity_economy(
    name: str,
    goods: Sequence[str],
    matrix: Matrix,
    endowments: Matrix,
    demands: Matrix,
    elasticities: Mapping[str, float],
    numeraire: Sequence[tuple[str, float]],
) -> Spec:
    """Return an economy of linear activities.

    Parameters
    ----------
    name : str
    goods : sequence of str
    matrix : mapping of (good, activity) to float
        Outputs positive, inputs negative, per unit of level.
    endowments, demands : mapping of (good, agent) to float
        Demands are share parameters ``alpha`` of ``x = alpha M p^(-s) / sum alpha p^(1-s)``.
    elasticities : mapping of str to float
        By agent.
    numeraire : sequence of (good, weight)
    """
    activities = []
    for work in dict.fromkeys(a for _, a in matrix):
        made = tuple(Flow(g, matrix[g, work]) for g in goods if matrix.get((g, work), 0.0) > 0.0)
        used = tuple(Flow(g, -matrix[g, work]) for g in goods if matrix.get((g, work), 0.0) < 0.0)
        activities.append(Activity(work, Nest("inputs", 0.0, used), Nest("outputs", 0.0, made), calibrated=False))
    agents = []
    for agent, elasticity in elasticities.items():
        owned = tuple(Endowment(g, endowments[g, agent]) for g in goods if endowments.get((g, agent)))
        wanted = tuple(Flow(g, demands[g, agent]) for g in goods if demands.get((g, agent)))
        agents.append(Agent(agent, owned, Nest("consumption", elasticity, wanted)))
    return Spec(
        name, tuple(map(Commodity, goods)), tuple(activities), tuple(agents), tuple(numeraire), complementary=True
    )


def _scarf() -> Spec:
    g = data("scarf")
    goods, agents = g["commodities"], g["agents"]

    def table(rows: Sequence[Sequence[float]], labels: Sequence[str]) -> dict[tuple[str, str], float]:
        return {(c, s): v for c, row in zip(goods, rows, strict=True) for s, v in zip(labels, row, strict=True) if v}

    owned = table(g["endowments"], agents)
    unit = [(c, owned[c, agents[0]]) for c in goods if (c, agents[0]) in owned]
    curves = dict(zip(agents, g["esub"], strict=True))
    wanted = table(g["reference_demands"], agents)
    return activity_economy("scarf", goods, table(g["A"], g["sectors"]), owned, wanted, curves, unit)


def _hansen() -> Spec:
    g = data("hansen")["parameters"]

    def table(name: str) -> dict[tuple[str, str], float]:
        return {(key.split(".")[0], key.split(".")[1]): v for key, v in g[name].items()}

    matrix: dict[tuple[str, str], float] = {}
    for key, value in g["DATA"].items():
        side, good, work = key.split(".")
        matrix[good, work] = matrix.get((good, work), 0.0) + (value if side == "OUTPUT" else -value)
    goods = list(dict.fromkeys(good for good, _ in matrix))
    return activity_economy("hansen", goods, matrix, table("E"), table("D"), g["ESUB"], [("AGRIC", 1.0)])


def _kehoe() -> Spec:
    g = data("kehoe")
    goods = g["goods"]
    people = [f"C{k + 1}" for k in range(len(goods))]
    matrix = {
        (c, s): v for c, row in zip(goods, g["A"], strict=True) for s, v in zip(g["activities"], row, strict=True)
    }
    owned = {(c, h): v for c, h, v in zip(goods, people, g["endowment_diag"], strict=True)}
    wanted = {(c, h): v for c, row in zip(goods, g["alpha"], strict=True) for h, v in zip(people, row, strict=True)}
    return activity_economy(
        "kehoe", goods, matrix, owned, wanted, dict.fromkeys(people, 1.0), [(c, 1.0) for c in goods]
    )


def levels(found: Equilibrium) -> dict[str, float]:
    """Return prices, levels of activities and incomes."""
    spec = found.economy.spec
    out = {f"p.{c.name}": found.price(c.name) for c in spec.commodities}
    out |= {f"y.{a.name}": found.level(a.name) for a in spec.activities}
    return out | {f"i.{h.name}": found.income(h.name) for h in spec.agents}


SCARF = ReadyModel("scarf", "Six goods, eight activities, five consumers", "Scarf and Hansen (1973)", _scarf, levels)
HANSEN = ReadyModel(
    "hansen",
    "Fourteen goods, 26 activities, four consumers",
    "Scarf and Hansen (1973)",
    _hansen,
    levels,
    (
        Scenario(
            "capital",
            "Capital endowments + 10 %",
            "",
            (Shock("endowment", "multiply", 1.1, {"commodity": ("CAPBOP",)}),),
        ),
    ),
)
KEHOE = ReadyModel("kehoe", "Four goods, two activities, three equilibria", "Kehoe (1985)", _kehoe, levels, starts=50)
