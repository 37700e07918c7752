"""One good over a hundred years that everybody foresees: consumption is smoothed, capital accumulates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from innospace.economy.general.foresight import TAX, Growth, foresight_spec, path
from innospace.economy.general.models.ready_model import Dynamics, ReadyModel
from innospace.economy.general.result import Equilibrium
from innospace.economy.scenario import Scenario, Shock

GROWTH = Growth(years=100, tax=0.2, intertemporal=0.8)
LATER = 10
"""Year from which the announced change of tax holds."""


def levels(found: Equilibrium) -> dict[str, float]:
    """Return output, consumption, investment and capital by year, and rates of interest."""
    frame = path(found)
    letters = {"Y": "output", "C": "consumption", "I": "investment", "K": "capital", "r": "interest"}
    return {
        f"{letter}.{int(row['year'])}": float(row[column])
        for letter, column in letters.items()
        for row in frame.dropna(subset=[column]).to_dict("records")
    }


def scenarios(growth: Growth) -> tuple[Scenario, ...]:
    """Return a loss of capital and, where there is a tax long enough, its end announced for later."""
    lost = Scenario(
        "capital-lost",
        "A fifth of the first capital lost",
        "Return to the balanced path",
        (Shock("endowment", "multiply", 0.8, {"commodity": ("capital.0",)}),),
    )
    if growth.years < LATER or growth.tax == 0.0:
        return (lost,)
    taxed = {"tax": (TAX,), "where": tuple(f"make.{t}" for t in range(LATER, growth.years + 1))}
    announced = Scenario(
        "tax-announced",
        f"Tax on capital gone from year {LATER} on",
        "What is foreseen is answered before it holds",
        (Shock("tax", "set", 0.0, taxed),),
    )
    return (lost, announced)


def remade(numbers: Mapping[str, float]) -> ReadyModel:
    """Return the model with years and rates as in :class:`innospace.economy.general.foresight.Growth`."""
    growth = Growth(int(numbers["years"]), **{k: v for k, v in numbers.items() if k != "years"})
    return ReadyModel(
        "ramsey",
        f"Perfect foresight over {growth.years + 1} years",
        "Ramsey (1928), Cass (1965) and Koopmans (1965), on numbers of an example",
        lambda: foresight_spec(growth),
        levels,
        scenarios(growth),
        dynamics=Dynamics(asdict(growth), remade, path),
    )


MODEL = remade(asdict(GROWTH))
