"""Controls tables: the figures a base year is built from, each with its unit, status, weight, source and reason.

A model gives the catalogue of items it needs; a table gives each of them a value. A :class:`Figure` is a value that
remembers how far it can be trusted: a calculation is as weak as its weakest figure.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from innospace.core.errors import DataError, InnospaceError, LabelError, ProblemsError, offenders
from innospace.core.labels import suggest
from innospace.core.provenance import Source
from innospace.data.dataset import Dataset, as_dataset

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = ("item", "value", "unit", "year", "status", "weight", "source", "reason")
STATUSES = ("real", "derived", "assumption")
"""From the firmest to the weakest."""
EXACT = "exact"
UNITS: Mapping[str, Mapping[str, float]] = {
    "mln RUB": {"RUB": 1e-6, "thousand RUB": 1e-3, "mln RUB": 1.0, "bn RUB": 1e3},
    "RUB per month": {"RUB per month": 1.0, "thousand RUB per month": 1e3},
    "persons": {"persons": 1.0, "thousand persons": 1e3, "mln persons": 1e6},
    "fraction": {"fraction": 1.0, "percent": 0.01},
    "ratio": {"ratio": 1.0},
}
"""Base unit of each kind of figure, and the units it may be given in with their size in base units."""
RANGES: Mapping[str, tuple[Callable[[float], bool], str]] = {
    "positive": (lambda v: v > 0.0, "above zero"),
    "not_negative": (lambda v: v >= 0.0, "zero or more"),
    "any": (math.isfinite, ""),
}
_ALIASES = {
    "руб.": "RUB",
    "тыс. руб.": "thousand RUB",
    "млн руб.": "mln RUB",
    "млн. руб.": "mln RUB",
    "млрд руб.": "bn RUB",
    "млрд. руб.": "bn RUB",
    "руб. в месяц": "RUB per month",
    "руб. в мес.": "RUB per month",
    "чел.": "persons",
    "человек": "persons",
    "тыс. чел.": "thousand persons",
    "млн чел.": "mln persons",
    "процент": "percent",
    "%": "percent",
    "доля": "fraction",
    "million rub": "mln RUB",
    "billion rub": "bn RUB",
}


@dataclass(frozen=True, slots=True)
class Item:
    """One figure that a model needs.

    Attributes
    ----------
    name : str
    unit : str
        Base unit, a key of ``UNITS``.
    timing : str
        ``base`` (of the base year), ``before`` (of the year before) or ``any``.
    range : str
        ``positive``, ``not_negative`` or ``any``.
    meaning : str
    """

    name: str
    unit: str
    timing: str
    range: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A value in its base unit, the weight it has in balancing, and what it rests on."""

    value: float
    weight: float = math.inf
    nature: str = "real"

    def _with(self, other: Figure | float, value: float) -> Figure:
        if not isinstance(other, Figure):
            return Figure(value, self.weight, self._weakest(self.nature, "derived"))
        nature = self._weakest("derived", self._weakest(self.nature, other.nature))
        return Figure(value, min(self.weight, other.weight), nature)

    @staticmethod
    def _weakest(a: str, b: str) -> str:
        # what is left over rests on what it was taken from; in a calculation it counts as assumed
        rank = {**{s: i for i, s in enumerate(STATUSES)}, "residual": 2}
        return STATUSES[max(rank[a], rank[b])]

    def __add__(self, other: Figure | float) -> Figure:
        return self._with(other, self.value + _value(other))

    def __sub__(self, other: Figure | float) -> Figure:
        return self._with(other, self.value - _value(other))

    def __mul__(self, other: Figure | float) -> Figure:
        return self._with(other, self.value * _value(other))

    def __truediv__(self, other: Figure | float) -> Figure:
        return self._with(other, self.value / _value(other))

    __radd__, __rmul__ = __add__, __mul__

    def __rsub__(self, other: float) -> Figure:
        return self._with(other, other - self.value)

    def as_residual(self, weight: float | None = None) -> Figure:
        """Return the same value as one that other figures leave over."""
        return Figure(self.value, self.weight if weight is None else weight, "residual")


def _value(figure: Figure | float) -> float:
    return figure.value if isinstance(figure, Figure) else float(figure)


def total(figures: Sequence[Figure]) -> Figure:
    """Return the sum of some figures."""
    first, *rest = figures
    for figure in rest:
        first = first + figure
    return first


@dataclass(frozen=True, slots=True)
class Control:
    """One row of the table, its value in the base unit of its item."""

    item: str
    value: float
    unit: str
    year: int
    status: str
    weight: float
    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class Controls:
    """A controls table that fits its catalogue.

    Attributes
    ----------
    rows : mapping of str to Control
    year : int
        Base year.
    source : Source
    """

    rows: Mapping[str, Control]
    year: int
    source: Source

    def figure(self, item: str) -> Figure:
        """Return one figure in its base unit."""
        row = self.rows[item]
        return Figure(row.value, row.weight, row.status)

    def value(self, item: str) -> float:
        """Return one value in its base unit."""
        return self.rows[item].value

    def with_value(self, item: str, value: float) -> Controls:
        """Return the table with one value, in its base unit, replaced."""
        if item not in self.rows:
            raise LabelError(f"Unknown item: {item!r}.", remedy=suggest(item, self.rows))
        return replace(self, rows={**self.rows, item: replace(self.rows[item], value=value)})

    def count_statuses(self) -> dict[str, int]:
        """Return how many rows have which status."""
        return {s: sum(r.status == s for r in self.rows.values()) for s in STATUSES}


class ControlsError(ProblemsError, DataError):
    """Everything that keeps a controls table from being used."""

    subject = "controls table"


def read_controls(data: str | Path | Dataset | Any, catalogue: Sequence[Item]) -> Controls:
    """Read a controls table and hold it against a catalogue.

    Parameters
    ----------
    data : path, Dataset or frame
        Columns ``item, value, unit, year, status, weight, source, reason``; an empty weight is ``exact``.
    catalogue : sequence of Item
        What the model needs.

    Returns
    -------
    Controls
        Values in base units.

    Raises
    ------
    ControlsError
        All problems at once.
    """
    from pathlib import Path

    if isinstance(data, str | Path):
        from innospace.data.readers import read_table

        dataset = read_table(data, columns=COLUMNS, text=COLUMNS)
    else:
        dataset = as_dataset(data)
    where = dataset.source.name
    missing = [c for c in COLUMNS if c not in dataset.frame.columns]
    if missing:
        near = suggest(missing[0], [str(c) for c in dataset.frame.columns])
        problem = LabelError(
            f"The table lacks columns: {offenders(missing)}.", where=where, allowed=", ".join(COLUMNS), remedy=near
        )
        raise ControlsError(where, [problem])
    problems, rows = _rows(_table(dataset), {item.name: item for item in catalogue}, where)
    year, late = _years(rows, {item.name: item for item in catalogue}, where)
    problems += late
    if problems:
        raise ControlsError(where, problems)
    return Controls({item.name: rows[item.name] for item in catalogue}, year, dataset.source)


@dataclass(frozen=True, slots=True)
class _Row:
    """One row as it stands in the table.

    ``place`` counts the header as row 1; ``mark`` is the decimal mark other cells show, empty when they do not agree.
    """

    place: int
    text: Mapping[str, str]
    mark: str = ""

    def number(self, column: str) -> float:
        """Return a cell as a number; NaN when it is none, or may be two (``1,234``)."""
        from innospace.data.cells import notation, to_number

        text = self.text[column]
        form = notation(text)
        mark = {"comma": ",", "either": self.mark}.get(form or "", ".")
        found = to_number(text, mark) if form is not None and mark else None
        return math.nan if found is None else float(found)


def _table(dataset: Dataset) -> list[_Row]:
    from innospace.data.cells import clean, notation

    records = dataset.frame[list(COLUMNS)].to_dict("records")
    cells = [{str(k): clean(v) for k, v in record.items()} for record in records]
    text = [{k: "" if v is None else str(v) for k, v in row.items()} for row in cells]
    forms = {notation(row[column]) for row in text for column in ("value", "weight")}
    commas, points = "comma" in forms, bool(forms & {"point", "grouped"})
    mark = "" if commas == points else "," if commas else "."
    return [_Row(i + 2, row, mark) for i, row in enumerate(text)]


def _rows(
    table: Sequence[_Row], known: Mapping[str, Item], where: str
) -> tuple[list[InnospaceError], dict[str, Control]]:
    problems: list[InnospaceError] = []
    rows: dict[str, Control] = {}
    for row in table:
        name = row.text["item"]
        at = f"{where}, row {row.place}"
        if name not in known:
            remedy = suggest(name, known) or "innospace sam build --help lists where the items are described."
            problems.append(LabelError(f"Unknown item: {name!r}.", where=at, remedy=remedy))
        elif name in rows:
            problems.append(DataError(f"Item {name!r} stands twice.", where=at, remedy="Keep one of the rows."))
        else:
            rows[name], found = _control(row, known[name], f"{at}, item {name!r}")
            problems += found
    absent = [n for n in known if n not in rows]
    for name in absent:
        item = known[name]
        units = ", ".join(UNITS[item.unit])
        problems.append(
            DataError(f"Item {name!r} is missing: {item.meaning}.", where=where, allowed=units, remedy="Add a row.")
        )
    return problems, rows


def _control(row: _Row, item: Item, at: str) -> tuple[Control, list[InnospaceError]]:
    found: list[InnospaceError] = []
    text = row.text
    size = _size(text["unit"], item)
    if size is None:
        allowed = ", ".join(UNITS[item.unit])
        found.append(DataError(f"Unit {text['unit']!r} does not fit.", where=at, allowed=allowed))
    value = row.number("value")
    if not math.isfinite(value):
        remedy = "Give a number, without marks between thousands."
        found.append(DataError(f"Value {text['value']!r} is not a finite number.", where=at, remedy=remedy))
    elif not RANGES[item.range][0](value):
        found.append(DataError(f"Value {value:g} is out of range.", where=at, allowed=RANGES[item.range][1]))
    elif item.unit == "fraction" and size is not None and value * size > 1.0:
        found.append(DataError(f"Share {value:g} {text['unit']} is above one.", where=at, allowed="0 to 1"))
    if text["status"] not in STATUSES:
        remedy = suggest(text["status"], STATUSES)
        found.append(
            LabelError(f"Unknown status {text['status']!r}.", where=at, allowed=", ".join(STATUSES), remedy=remedy)
        )
    weight = math.inf if text["weight"].casefold() in ("", EXACT) else row.number("weight")
    if not weight > 0.0:
        allowed = "a positive number, or exact"
        found.append(DataError(f"Weight {text['weight']!r} cannot be used.", where=at, allowed=allowed))
    year = row.number("year")
    if not (math.isfinite(year) and year == int(year)):
        found.append(DataError(f"Year {text['year']!r} is not a year.", where=at, allowed="a whole number"))
        year = 0.0
    if text["status"] == "assumption" and not text["reason"]:
        found.append(DataError("An assumption needs a reason.", where=at, remedy="Say in column 'reason' why."))
    if text["status"] in ("real", "derived") and not text["source"]:
        found.append(DataError("A figure needs a source.", where=at, remedy="Name publisher and table in 'source'."))
    base = value * (size or 1.0)
    return Control(item.name, base, item.unit, int(year), text["status"], weight, text["source"], text["reason"]), found


def _size(unit: str, item: Item) -> float | None:
    name = _ALIASES.get(unit.casefold(), unit)
    return {u.casefold(): size for u, size in UNITS[item.unit].items()}.get(name.casefold())


def _years(rows: Mapping[str, Control], known: Mapping[str, Item], where: str) -> tuple[int, list[InnospaceError]]:
    """Return the base year, which is that of most rows, and the rows of another."""
    of_base = [r.year for r in rows.values() if known[r.item].timing == "base" and r.year]
    base = max(sorted(set(of_base)), key=of_base.count, default=0)
    wanted = {"base": base, "before": base - 1}
    problems: list[InnospaceError] = []
    for row in rows.values():
        year = wanted.get(known[row.item].timing)
        if row.year and year is not None and row.year != year:
            remedy = f"Give the figure of {year}; most rows are of {base}."
            problems.append(
                DataError(f"The figure is of {row.year}.", where=f"{where}, item {row.item!r}", remedy=remedy)
            )
    return base, problems
