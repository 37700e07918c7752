"""Fields of an equilibrium step that depend on its model: parts of accounts, and the elasticities the model has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from innospace.economy.general.models import MODELS, ready
from innospace.economy.general.own_matrix import ON_MATRIX, OPEN, PARTS
from innospace.study.forms import FormField, Kind, words

if TYPE_CHECKING:
    from innospace.economy.general.models.ready_model import ReadyModel

SEVERAL = ("goods", "factors")
"""Parts that several accounts play."""
_CLOSED = (*SEVERAL, "household")
CLOSURE = ("numeraire", "unemployment", "fixed_transfers", "adjusting_transfers")
"""Keys that say who adjusts to whom."""
_FOUND = "Found by its usual name and by who pays whom when empty."
_ELASTICITIES = {
    "armington": ("Between imports and home goods", "2"),
    "cet": ("Of transformation between exports and home sales", "2"),
    "value_added": ("Between factors", "1"),
    "consumption": ("Between goods in what the household buys", "1"),
}
"""Key -> words and what is meant when it is left out."""


def adapted(fields: Sequence[FormField], values: Mapping[str, Any]) -> Iterator[FormField]:
    """Yield the fields of an equilibrium step: the model as a choice, then those that go with it."""
    model = str(values.get("model", ""))
    for field in fields:
        if field.key == "model":
            offered = ON_MATRIX if values.get("data") else tuple(MODELS)
            choices = {"": "Choose one", **{name: f"{name}: {ready(name).title}" for name in offered}}
            yield replace(field, kind=Kind.CHOICE, choices=choices)
        elif field.key in CLOSURE:
            yield replace(field, group="Closure")
        else:
            yield field
    if model in MODELS:
        yield from _of_ready(ready(model))
    if values.get("data") and model in ON_MATRIX:
        yield from _of_matrix(model)


def _of_ready(model: ReadyModel) -> Iterator[FormField]:
    """Yield the closures by name, and the years and rates, that a ready model has."""
    for account, rules in model.closures.items():
        usual = next(iter(rules), "")
        choices = {"": f"{usual} (of the model)", **{name: name for name in rules if name != usual}}
        yield FormField(f"rules.{account}", words(account), "", Kind.CHOICE, choices, None, group="Closure")
    for key, number in model.dynamics.numbers.items() if model.dynamics is not None else ():
        told = f"{number:g} when empty."
        yield FormField(f"dynamics.{key}", words(key), told, Kind.NUMBER, {}, None, item=float, group="Years and rates")


def _of_matrix(model: str) -> Iterator[FormField]:
    """Yield the parts of accounts and the elasticities of a ready model on a matrix of one's own."""
    for part in PARTS if model in OPEN else _CLOSED:
        if part == "capital" and ready(model).dynamics is None:
            continue
        kind = Kind.LIST if part in SEVERAL else Kind.NAME
        yield FormField(f"accounts.{part}", words(part), _FOUND, kind, {}, None, group="Accounts of the matrix")
    for key, (what, usual) in _ELASTICITIES.items() if model in OPEN else ():
        one = key == "consumption"
        told = f"{what}; {usual} when empty." + ("" if one else " A number, or good = number, one a line.")
        kind = Kind.NUMBER if one else Kind.RATES
        title = "CET" if key == "cet" else words(key)
        yield FormField(f"elasticities.{key}", title, told, kind, {}, None, item=float, group="Elasticities")
