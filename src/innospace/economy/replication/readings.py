"""What the effects rest on besides numbers: rules of the model, and what exactly an option changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from innospace.economy.models.knowledge.closure import CHOICES
from innospace.economy.models.knowledge.dynamics import solve_path
from innospace.economy.models.knowledge.model import KnowledgeModel
from innospace.economy.models.knowledge.sensitivity import growth_of
from innospace.economy.models.knowledge.solve import OPTIONS, option_readings, shipped_scenarios
from innospace.economy.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd

DEFAULT = "default"
OTHERS = ("companies", "fixed-capital", "transfers")
"""Other readings of options 1, 2 and 4, by the end of their names."""


def readings(model: KnowledgeModel) -> pd.DataFrame:
    """Return effects of the options under every rule of set-price supply and stocks, and in every reading.

    Returns
    -------
    pandas.DataFrame
        ``set_price_supply, knowledge, options, baseline`` (growth, percent a year), one column an option (percentage
        points), ``ratio`` (loss of option 2 over gain of option 1, where it is one). Missing where a year has no
        solution.
    """
    import pandas as pd

    rows = []
    for supply in CHOICES["set_price_supply"]:
        for knowledge in CHOICES["knowledge"]:
            closure = replace(model.closure, set_price_supply=supply, knowledge=knowledge)
            other = KnowledgeModel(model.sam, model.inputs, model.spec, closure, model.last_year)
            rows.append(_row(other, DEFAULT, shipped_scenarios()))
    known = {**shipped_scenarios(), **option_readings()}
    rows += [_row(model, kind, {n: known.get(f"{n}-{kind}", known[n]) for n in OPTIONS}) for kind in OTHERS]
    return pd.DataFrame(rows)


def _row(model: KnowledgeModel, kind: str, options: Mapping[str, Scenario]) -> dict[str, Any]:
    base = growth_of(model, solve_path(model))
    effects = {name: 100.0 * (growth_of(model, solve_path(model, s)) - base) for name, s in options.items()}
    rules = {"set_price_supply": model.closure.set_price_supply, "knowledge": model.closure.knowledge}
    gain, loss = effects["option-1"], -effects["option-2"]
    ratio = loss / gain if gain > 0.0 and loss > 0.0 else float("nan")
    return {**rules, "options": kind, "baseline": 100.0 * base, **effects, "ratio": ratio}
