"""A closed economy of two goods, two factors and one household, all Cobb-Douglas."""

from __future__ import annotations

from innospace.data.sam import SAM
from innospace.economy.general.models.ready_model import ReadyModel, cobb_douglas, sample_sam
from innospace.economy.general.result import Equilibrium
from innospace.economy.general.spec import Activity, Agent, Commodity, Endowment, Spec
from innospace.economy.general.trees import Flow, Nest, single
from innospace.economy.scenario import Scenario, Shock

GOODS, FACTORS, HOUSEHOLD = ("BRD", "MLK"), ("CAP", "LAB"), "HOH"


def closed_economy(
    sam: SAM, goods: tuple[str, ...] = GOODS, factors: tuple[str, ...] = FACTORS, household: str = HOUSEHOLD
) -> Spec:
    """Return the closed economy of a matrix of goods, factors and one household; the last factor is the numeraire."""
    sam.require_balanced()
    made = tuple(
        Activity(
            f"Z.{j}",
            Nest("factors", 1.0, tuple(Flow(h, sam.cell(h, j)) for h in factors if sam.cell(h, j))),
            single("output", j, sam.cell(j, household)),
        )
        for j in goods
    )
    owner = Agent(
        household,
        tuple(Endowment(h, sam.cell(household, h)) for h in factors),
        Nest("consumption", 1.0, tuple(Flow(i, sam.cell(i, household)) for i in goods)),
    )
    commodities = tuple(map(Commodity, (*goods, *factors)))
    return Spec("splcge", commodities, made, (owner,), ((factors[-1], 1.0),))


def levels(found: Equilibrium) -> dict[str, float]:
    """Return the variables of the textbook."""
    out = {f"X.{i}": found.flow(HOUSEHOLD, i) for i in GOODS}
    out |= {f"F.{h}.{j}": found.flow(f"Z.{j}", h) for h in FACTORS for j in GOODS}
    out |= {f"Z.{j}": found.flow(f"Z.{j}", j) for j in GOODS}
    out |= {f"{p}.{j}": found.price(j) for p in ("px", "pz") for j in GOODS}
    out |= {f"pf.{h}": found.price(h) for h in FACTORS}
    weights = {f.commodity: f.quantity for a in found.economy.spec.agents if a.demand for f in a.demand.flows}
    return out | {"UU": cobb_douglas({i: out[f"X.{i}"] for i in GOODS}, weights)}


MODEL = ReadyModel(
    "splcge",
    "A small closed economy",
    "Hosoe, Gasawa and Hashimoto (2010), chapter 5",
    lambda: closed_economy(sample_sam("splcge-sam")),
    levels,
    (
        Scenario(
            "capital",
            "Capital endowment + 10 %",
            "The experiment of the textbook",
            (Shock("endowment", "multiply", 1.1, {"commodity": ("CAP",)}),),
        ),
    ),
    samples=("splcge-sam",),
)
