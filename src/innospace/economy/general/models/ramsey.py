"""One good over a hundred years that everybody foresees: consumption is smoothed, capital accumulates."""

from __future__ import annotations

from innospace.economy.general.foresight import TAX, Growth, foresight_spec, path
from innospace.economy.general.models.ready_model import ReadyModel
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


MODEL = ReadyModel(
    "ramsey",
    "Perfect foresight over 101 years",
    "Ramsey (1928), Cass (1965) and Koopmans (1965), on numbers of an example",
    lambda: foresight_spec(GROWTH),
    levels,
    (
        Scenario(
            "capital-lost",
            "A fifth of the first capital lost",
            "Return to the balanced path",
            (Shock("endowment", "multiply", 0.8, {"commodity": ("capital.0",)}),),
        ),
        Scenario(
            "tax-announced",
            f"Tax on capital gone from year {LATER} on",
            "What is foreseen is answered before it holds",
            (
                Shock(
                    "tax",
                    "set",
                    0.0,
                    {"tax": (TAX,), "where": tuple(f"make.{t}" for t in range(LATER, GROWTH.years + 1))},
                ),
            ),
        ),
    ),
)
