"""Policy levers as controls: what each one moves, in which unit, how far, and what that means.

``levers.csv`` holds what is chosen (range, step, words). Which agents, products and items a lever has, what their
baseline is and what values are allowed come from the model. A lever is moved in percent or percentage points, zero
where nothing changes; shocks are made from that in one place, so that whoever moves it gets the same numbers.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any

import numpy as np

from innospace.core.errors import SpecError
from innospace.core.labels import require_known
from innospace.core.numbers import fixed, signed, significant
from innospace.economy.models.knowledge import labels as k
from innospace.economy.models.knowledge.families import PARAMETERS, SETS
from innospace.economy.models.knowledge.model import KnowledgeModel
from innospace.economy.scenario import Scenario, Shock, selected
from innospace.economy.system import Family

DIGITS = 10
"""Decimals of a percentage that are kept: 30 % is a factor of exactly 1.3, as one would write it."""
ALL = ""
"""Label of a lever that moves one number."""
UNITS = {"multiply": "%", "set": "%", "add": "percentage points"}
"""Unit in which a lever is moved, by what it does to its parameter."""
TITLES = {
    **k.AGENT_TITLES,
    **k.PRODUCT_TITLES,
    **{f"subsidy_{i}": k.AGENT_TITLES[i] for i in k.PRODUCERS},
}
"""Labels of members as a reader sees them."""


@dataclass(frozen=True, slots=True)
class Lever:
    """One policy lever of a model.

    Attributes
    ----------
    name, group, title : str
    parameter : str
        Family of parameters that it moves.
    where : mapping of str to str
        Labels that are the same for all its members.
    over : str
        Dimension along which its members differ; empty when it moves one number.
    operation : str
        ``multiply`` (moved in percent of the baseline), ``set`` (in percent) or ``add`` (in percentage points).
    low, high, step : float
        Range and step of a slider, in ``unit``.
    meaning, reason : str
        What moving it means; why the range is what it is.
    allowed : str
        Interval that the parameter itself must stay in.
    measured : str
        Unit of the parameter itself.
    baseline : mapping of str to tuple of float
        Value of the parameter by label and year.
    years : tuple of int
        Years that may be changed.
    idle : mapping of str to str
        Labels that cannot be moved in this model, with the reason.
    """

    name: str
    group: str
    title: str
    parameter: str
    where: Mapping[str, str]
    over: str
    operation: str
    low: float
    high: float
    step: float
    meaning: str
    reason: str
    allowed: str
    measured: str
    baseline: Mapping[str, tuple[float, ...]]
    years: tuple[int, ...]
    idle: Mapping[str, str]

    @property
    def unit(self) -> str:
        """Unit in which it is moved."""
        return UNITS[self.operation]

    @property
    def percent(self) -> bool:
        """Whether the parameter is a fraction, which a reader sees in percent."""
        return self.measured == "fraction"

    @property
    def labels(self) -> tuple[str, ...]:
        """Members that can be moved."""
        return tuple(self.baseline)

    def label_title(self, label: str) -> str:
        """Return a member as a reader sees it."""
        return TITLES.get(label, label) if label else self.title

    def value(self, moved: float) -> float:
        """Return the value of a shock that moves the lever so far.

        Raises
        ------
        SpecError
            Not a number, or outside of the range of the lever.
        """
        if not math.isfinite(moved) or not self.low <= moved <= self.high:
            raise SpecError(
                f"{self.title} cannot be moved by {moved:g}." if math.isfinite(moved) else f"{self.title}: no number.",
                where=f"lever {self.name!r}",
                allowed=f"{self.low:g} to {self.high:g} {self.unit}",
                remedy="Stay within the range, or write a scenario file, which knows no such limit.",
            )
        return round((1.0 if self.operation == "multiply" else 0.0) + moved / 100.0, DIGITS + 2)

    def moved(self, value: float) -> float:
        """Return how far a shock of this value moves the lever."""
        return round(100.0 * (value - (1.0 if self.operation == "multiply" else 0.0)), DIGITS)

    def result(self, label: str, moved: float, year: int) -> float:
        """Return the value of the parameter when the lever is moved."""
        base, value = self.baseline[label][self.years.index(year)], self.value(moved)
        if self.operation == "multiply":
            return base * value
        return value if self.operation == "set" else base + value


@dataclass(frozen=True, slots=True)
class Setting:
    """How far a lever is moved, by label, and in which years (first and last)."""

    lever: str
    moved: Mapping[str, float]
    years: tuple[int, int]

    def to_dict(self) -> dict[str, Any]:
        """Return plain types."""
        return {"lever": self.lever, "moved": dict(self.moved), "years": list(self.years)}


def levers(model: KnowledgeModel) -> tuple[Lever, ...]:
    """Return the levers of a model, group by group."""
    paths, position = model.paths(), model.system.input_position
    found = []
    for row in _rows():
        family = _family(row["parameter"])
        where = dict(pair.split("=") for pair in row["where"].split(";") if pair)
        baseline: dict[str, tuple[float, ...]] = {}
        idle: dict[str, str] = {}
        for name, label in _members(family, where, row["over"], row["members"]):
            values = paths[1:, position[name]]
            if name not in model.system.used:
                idle[label] = "no equation holds it under the rules of this study"
            elif row["operation"] == "multiply" and not np.any(values):
                idle[label] = "it is zero in the baseline, and any part of zero is zero"
            else:
                baseline[label] = tuple(float(v) for v in values)
        if baseline:
            found.append(_lever(row, family, where, baseline, model.years[1:], idle))
    return tuple(found)


def _lever(
    row: Mapping[str, str],
    family: Family,
    where: Mapping[str, str],
    baseline: Mapping[str, tuple[float, ...]],
    years: tuple[int, ...],
    idle: Mapping[str, str],
) -> Lever:
    head = (row["name"], row["group"], row["title"], family.name, where, row["over"], row["operation"])
    low, high, step = (float(row[key]) for key in ("low", "high", "step"))
    texts = (row["meaning"], row["reason"], family.range.text, family.unit)
    lever = Lever(*head, low, high, step, *texts, baseline, years, idle)
    # a model may leave less room than there is in general: an efficiency of 0.8 cannot double
    while high > 0.0 and not _holds(lever, family, high):
        high -= step
    while low < 0.0 and not _holds(lever, family, low):
        low += step
    return replace(lever, low=low, high=high)


def _holds(lever: Lever, family: Family, moved: float) -> bool:
    """Whether the parameter stays within its range when the lever is moved so far."""
    values = [lever.result(label, moved, year) for label in lever.labels for year in lever.years]
    return bool(family.range.holds(np.array(values)).all())


@cache
def _rows() -> tuple[dict[str, str], ...]:
    text = resources.files(__package__).joinpath("levers.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def _family(name: str) -> Family:
    return next(f for f in PARAMETERS if f.name == name)


def _members(family: Family, where: Mapping[str, str], over: str, members: str) -> list[tuple[str, str]]:
    """Return the parameters that a lever may move, each with its label along ``over``."""
    chosen = {labels[0] for labels in SETS[members]} if members else None
    found = []
    for name, labels in zip(family.ids(), family.members, strict=True):
        own = dict(zip(family.dims, labels, strict=True))
        label = own.get(over, ALL)
        if all(own[d] == wanted for d, wanted in where.items()) and (chosen is None or label in chosen):
            found.append((name, label))
    return found


def shocks(every: Sequence[Lever], settings: Iterable[Setting]) -> tuple[Shock, ...]:
    """Return the shocks that settings of levers stand for, in the order of the levers.

    Labels that are moved equally far share a shock; those that are not moved are left out.

    Raises
    ------
    SpecError, LabelError
        An unknown lever or label, or a value outside of the range of its lever.
    """
    by_name = {lever.name: lever for lever in every}
    given = {s.lever: s for s in settings}
    require_known(list(given), list(by_name), kind="lever")
    found = []
    for lever in every:
        setting = given.get(lever.name)
        if setting is None:
            continue
        require_known(list(setting.moved), lever.labels, kind=lever.over or "label", where=f"lever {lever.name!r}")
        together: dict[float, list[str]] = {}
        for label in lever.labels:
            moved = setting.moved.get(label, 0.0)
            if moved != 0.0:
                together.setdefault(lever.value(moved), []).append(label)
        whole = setting.years == (lever.years[0], lever.years[-1])
        for value, labels in together.items():
            where: dict[str, tuple[str, ...]] = {dim: (label,) for dim, label in lever.where.items()}
            where |= {lever.over: tuple(labels)} if lever.over else {}
            found.append(Shock(lever.parameter, lever.operation, value, where, () if whole else setting.years))
    return tuple(found)


def settings(every: Sequence[Lever], scenario: Scenario) -> tuple[Setting, ...]:
    """Return the settings of levers that a scenario stands for.

    Raises
    ------
    SpecError
        The levers cannot say the same; the reason is given.
    """
    found: dict[str, Setting] = {}
    for shock in scenario.shocks:
        family = next((f for f in PARAMETERS if f.name == shock.parameter), None)
        parts = _spread(every, shock, family) if family is not None else None
        if not parts:
            raise _beyond(scenario, f"no lever moves {shock.parameter} of {_places(shock)}")
        for lever, labels in parts:
            _require_sayable(scenario, lever, shock)
            years = (lever.years[0], lever.years[-1]) if not shock.years else (shock.years[0], shock.years[1])
            moved = {label: lever.moved(float(shock.value)) for label in labels}  # type: ignore[arg-type]
            before = found.get(lever.name)
            if before is not None and (before.years != years or set(before.moved) & set(moved)):
                raise _beyond(scenario, f"{_inside(lever.title)} is moved more than once")
            found[lever.name] = Setting(lever.name, {**(before.moved if before else {}), **moved}, years)
    return tuple(found.values())


def _spread(every: Sequence[Lever], shock: Shock, family: Family) -> list[tuple[Lever, list[str]]] | None:
    """Return the levers whose members a shock moves; None when it moves a member that no lever has."""
    left = dict.fromkeys(selected(shock, family))
    parts = []
    for lever in every:
        if lever.parameter != family.name:
            continue
        names = {name: label for name, label in _members(family, lever.where, lever.over, "") if label in lever.labels}
        labels = [label for name, label in names.items() if name in left]
        for name in names:
            left.pop(name, None)
        if labels:
            parts.append((lever, labels))
    return None if left else parts


def _require_sayable(scenario: Scenario, lever: Lever, shock: Shock) -> None:
    title = _inside(lever.title)
    if isinstance(shock.value, tuple):
        raise _beyond(scenario, f"{title} follows a path of one value a year, and a slider holds one value")
    if shock.operation != lever.operation:
        does = {"multiply": "multiplied", "set": "set to a value", "add": "raised by a number"}
        raise _beyond(scenario, f"{title} is {does[shock.operation]}, and its slider moves it in {lever.unit}")
    moved = lever.moved(shock.value)
    if not lever.low <= moved <= lever.high:
        raise _beyond(
            scenario, f"{title} is moved by {significant(moved)} {lever.unit}, beyond the range of its slider"
        )
    if lever.value(moved) != shock.value:
        raise _beyond(scenario, f"{title} has a value with more digits than a slider holds")


def _places(shock: Shock) -> str:
    return ", ".join(_inside(TITLES.get(x, x)) for labels in shock.where.values() for x in labels) or "all"


def _inside(title: str) -> str:
    """Return a title as it stands within a sentence."""
    return title[:1].lower() + title[1:]


def _beyond(scenario: Scenario, why: str) -> SpecError:
    return SpecError(
        f"The sliders cannot show scenario {scenario.name!r}: {why}.",
        where=f"scenario {scenario.name!r}",
        remedy="It can be solved and compared as it is; to change it, edit its file.",
    )


def in_words(every: Sequence[Lever], given: Iterable[Setting]) -> list[str]:
    """Return what settings change, a clause a lever and value: who, how far, in which years."""
    by_name = {lever.name: lever for lever in every}
    found = []
    for setting in given:
        lever = by_name[setting.lever]
        together: dict[float, list[str]] = {}
        for label in lever.labels:
            if setting.moved.get(label, 0.0) != 0.0:
                together.setdefault(setting.moved[label], []).append(label)
        first, last = setting.years
        span = "" if setting.years == (lever.years[0], lever.years[-1]) else f", {first} to {last}"
        for moved, labels in together.items():
            whole = not lever.over or len(labels) == len(lever.labels)
            who = "" if whole else f" ({', '.join(_inside(TITLES.get(x, x)) for x in labels)})"
            found.append(f"{lever.title}{who} {told(lever, moved)}{span}")
    return found


def told(lever: Lever, moved: float) -> str:
    """Return how far a lever is moved, with unit, and with sign where it is a change."""
    decimals = next(d for d in range(DIGITS + 1) if round(moved, d) == moved or d == DIGITS)
    unit = "\u202f%" if lever.unit == "%" else f" {lever.unit}"
    return f"{(fixed if lever.operation == 'set' else signed)(moved, decimals)}{unit}"
