"""Cells to columns: which columns are numbers, in which decimal notation, and which cells do not fit.

What could be misread is either read by a stated rule or refused:

- digits with a leading zero, or too many digits to be exact, are codes and stay text;
- ``1,234`` is 1.234 where other cells show decimal commas, 1234 where other cells of the column show ``1,234.5``
  or the decimal mark was named as a point, and an error otherwise;
- ``12 %`` is an error: the reader does not decide between 12 and 0.12.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from innospace.core.errors import SpecError, offenders
from innospace.data.cells import (
    CONTRARY,
    DASHES,
    EXACT,
    NOT_FINITE,
    TRUTH,
    clean,
    is_code,
    is_flagged,
    notation,
    unflagged,
    value_of,
)
from innospace.data.faults import Fault, Found, Place

if TYPE_CHECKING:
    import pandas as pd

MOSTLY = 0.5
"""A column with at least this share of numbers among its cells is a number column, and its other cells are errors."""
DASH_MEANINGS = ("text", "zero", "missing")
FLAG_MEANINGS = ("text", "drop")
MARKS = (".", ",")
_FLAGS = (
    "Letters behind a number are flags of a statistical office (p: provisional, e: estimated, b: break in the series):"
)
_SET_OFF = re.compile(r"[.,:\s].*[a-z]$")
"""What tells a number with a flag from a code such as ``12a``: a decimal mark, or a space before the letters."""
_THOUSAND = re.compile(r"[-+−]?[1-9][0-9]{0,2}\.[0-9]{3}")


@dataclass(frozen=True, slots=True)
class Rules:
    """How rows and cells of a file are to be read.

    Attributes
    ----------
    decimal : str or None
        Decimal mark, or None to recognise it.
    numeric, text : sequence of str
        Columns that must be numbers; columns that are left as they stand.
    dash : str
        ``text``, ``zero`` or ``missing``.
    flags : str
        ``text`` or ``drop``.
    header : int
        Row of the file with the names of columns, counted from 1; what stands above it is left out.
    found : Found, optional
        Where faults of cells are kept. Without it they are raised, all at once.
    """

    decimal: str | None = None
    numeric: Sequence[str] = ()
    text: Sequence[str] = ()
    dash: str = "text"
    flags: str = "text"
    header: int = 1
    found: Found | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if self.dash not in DASH_MEANINGS:
            raise SpecError(f"Unknown meaning of a dash: {self.dash!r}.", allowed=", ".join(DASH_MEANINGS))
        if self.flags not in FLAG_MEANINGS:
            raise SpecError(f"Unknown meaning of flags: {self.flags!r}.", allowed=", ".join(FLAG_MEANINGS))
        if self.decimal is not None and self.decimal not in MARKS:
            raise SpecError(f"Unknown decimal mark: {self.decimal!r}.", allowed="'.' or ','")
        if self.header < 1:
            raise SpecError(f"There is no row {self.header} for the names of columns.", allowed="1 and above")
        both = [n for n in self.numeric if n in self.text]
        if both:
            raise SpecError(f"Columns are to be numbers and text at once: {offenders(both)}.", remedy="Choose one.")


@dataclass(frozen=True, slots=True)
class _Cells:
    """One column taken apart."""

    name: str
    values: list[Any]
    forms: list[str | None]
    filled: list[int]
    dashes: frozenset[int]

    @classmethod
    def of(cls, name: str, raw: Sequence[Any]) -> _Cells:
        known: dict[Any, tuple[Any, str | None]] = {}
        values, forms = [], []
        for cell in raw:
            key = (type(cell), cell)
            if key not in known:
                value = clean(cell)
                known[key] = (value, None if value is None else notation(value))
            values.append(known[key][0])
            forms.append(known[key][1])
        filled = [i for i, v in enumerate(values) if v is not None]
        dashes = frozenset(i for i in filled if isinstance(values[i], str) and values[i] in DASHES)
        return cls(name, values, forms, filled, dashes)

    def without_flags(self) -> _Cells:
        """Return the column without letters behind its numbers; as it is when it is not one of numbers then."""
        found = _Cells.of(self.name, [unflagged(v) for v in self.values])
        return found if found.mostly(sum(f is not None for f in found.forms)) else self

    def count(self, *forms: str) -> int:
        return sum(f in forms for f in self.forms)

    def mostly(self, hits: int) -> bool:
        return hits > 0 and hits >= MOSTLY * (len(self.filled) - len(self.dashes))


@dataclass(frozen=True, slots=True)
class _Shared:
    """What the whole table shows: its more frequent decimal mark, and whether decimal commas occur at all."""

    mark: str
    commas: bool


def parse_columns(
    cells: Mapping[str, Sequence[Any]], rules: Rules, place: Place, commas: int = 0
) -> dict[str, pd.Series]:
    """Turn cells into columns.

    Parameters
    ----------
    cells : mapping of str to sequence
        Cells of each column: text, numbers, dates, truth values or None.
    rules : Rules
    place : Place
        For messages.
    commas : int
        Columns of the table that were read before and showed decimal commas.

    Returns
    -------
    dict of str to pandas.Series
        ``int64`` where every cell is a whole number, ``float64``, ``bool`` or text.

    Raises
    ------
    DataError
        Text, dates, percent signs, nan or inf in a number column, or an ambiguous comma: names the first cells;
        several faulty columns are a :class:`~innospace.data.faults.TableProblemsError`.
        Where ``place`` keeps faults nothing is raised, and such a column stays text.
    """
    columns = [_Cells.of(name, raw) for name, raw in cells.items()]
    if rules.flags == "drop":
        columns = [c if c.name in rules.text else c.without_flags() for c in columns]
    commas_found, points = (sum(c.count(*forms) for c in columns) for forms in (("comma",), ("point", "grouped")))
    shared = _Shared("," if commas or commas_found > points else ".", commas > 0 or commas_found > 0)
    found = {c.name: _column(c, rules, shared) for c in columns}
    place.tell(*(p for p in found.values() if isinstance(p, Fault)), note=" (the header counts)")
    return {c.name: _text(c) if isinstance(p := found[c.name], Fault) else p for c in columns}


def _column(cells: _Cells, rules: Rules, shared: _Shared) -> pd.Series | Fault:
    import pandas as pd

    required = cells.name in rules.numeric
    if cells.name in rules.text:
        return _text(cells)
    if not cells.filled:
        return pd.Series(np.full(len(cells.values), np.nan))
    if not required:
        if (truth := _truth(cells)) is not None:
            return truth
        if _is_code(cells):
            return _text(cells)
        if (fault := _percent(cells)) is not None:
            return fault
        if not cells.mostly(sum(f is not None for f in cells.forms)):
            return _flagged(cells) or _text(cells)
    mark = rules.decimal or _mark(cells, shared)
    if rules.decimal is None and (fault := _ambiguous(cells, mark, shared)) is not None:
        return fault
    return _numbers(cells, mark, rules.dash)


def _text(cells: _Cells) -> pd.Series:
    import pandas as pd

    return pd.Series([None if v is None else _as_text(v) for v in cells.values], dtype="str")


def _as_text(value: Any) -> str:
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date().isoformat()
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _truth(cells: _Cells) -> pd.Series | None:
    import pandas as pd

    if len(cells.filled) < len(cells.values):
        return None
    found = [v if isinstance(v, bool) else TRUTH.get(v) if isinstance(v, str) else None for v in cells.values]
    return None if None in found else pd.Series(np.array(found, dtype=bool))


def _is_code(cells: _Cells) -> bool:
    """Whether the numbers are bare digits and one of them would lose digits by becoming a number."""
    digits = all(f in (None, "plain") for f in cells.forms)
    return digits and any(is_code(cells.values[i]) for i in cells.filled)


def _mark(cells: _Cells, shared: _Shared) -> str:
    """Return the decimal mark of a column: its own evidence first, then that of the table."""
    commas, points = cells.count("comma"), cells.count("point", "grouped")
    if commas == points:
        return shared.mark
    return "," if commas > points else "."


def _percent(cells: _Cells) -> Fault | None:
    signed = [i for i in cells.filled if isinstance(cells.values[i], str) and cells.values[i].endswith("%")]
    bad = [i for i in signed if notation(cells.values[i][:-1].rstrip(" \u00a0\u202f")) is not None]
    if not cells.mostly(len(bad)):
        return None
    return Fault(
        f"Column {cells.name!r} holds percent signs: {offenders([cells.values[i] for i in bad])}.",
        cells.name,
        bad,
        "A percent sign where a number is needed.",
        "numbers without a unit",
        "Remove the signs and say in the name of the column that it is in percent, or read the column as text.",
    )


def _flagged(cells: _Cells) -> Fault | None:
    """Return the cells of a column that is one of numbers but for letters behind them; None for codes such as 12a."""
    bad = [i for i in cells.filled if isinstance(cells.values[i], str) and is_flagged(cells.values[i])]
    if cells.without_flags() is cells or not any(_SET_OFF.search(cells.values[i]) for i in bad):
        return None
    return Fault(
        f"Column {cells.name!r} holds letters behind most of its numbers: {offenders([cells.values[i] for i in bad])}.",
        cells.name,
        bad,
        "Letters behind a number.",
        "numbers without letters, or text",
        f'{_FLAGS} read with flags="drop" (--flags drop). If the column is no column of numbers, read it as text '
        f"(--text {cells.name}).",
    )


def _ambiguous(cells: _Cells, mark: str, shared: _Shared) -> Fault | None:
    """Return the cells whose mark may stand before decimals or between thousands when nothing tells which."""
    bad = [i for i in cells.filled if cells.forms[i] == "either"]
    if mark == "," or cells.count("grouped"):
        bad = []
    elif shared.commas and all(
        _THOUSAND.fullmatch(str(v)) for v, f in zip(cells.values, cells.forms, strict=True) if f == "point"
    ):
        bad += [i for i in cells.filled if cells.forms[i] == "point"]
    if not bad:
        return None
    first = str(cells.values[bad[0]])
    digits = re.sub("[,.]", "", first)
    return Fault(
        f"Column {cells.name!r} holds {offenders([cells.values[i] for i in bad])}: the mark may stand before decimals "
        "or between thousands.",
        cells.name,
        bad,
        "The mark may stand before decimals or between thousands.",
        f"{first} may be {digits[:-3]}.{digits[-3:]} or {digits}",
        "Name the decimal mark, or remove the marks between thousands.",
    )


def _numbers(cells: _Cells, mark: str, dash: str) -> pd.Series | Fault:
    import pandas as pd

    contrary = CONTRARY[mark]
    values = [
        None if f is None or f in contrary else value_of(v, f, mark) if isinstance(v, str) else float(v)
        for v, f in zip(cells.values, cells.forms, strict=True)
    ]
    bad = [i for i in cells.filled if values[i] is None and not (i in cells.dashes and dash != "text")]
    if bad:
        return _not_numbers(cells, bad, mark)
    out = np.array([np.nan if v is None else v for v in values], dtype=np.float64)
    if dash == "zero":
        out[sorted(cells.dashes)] = 0.0
    return pd.Series(whole(out))


def whole(values: np.ndarray) -> np.ndarray:
    """Return floats as integers when every one is a whole number that is exact."""
    fits = bool((np.isfinite(values) & (values == np.round(values)) & (np.abs(values) <= EXACT)).all())
    return values.astype(np.int64) if fits else values


def _not_numbers(cells: _Cells, bad: list[int], mark: str) -> Fault:
    shown = [_as_text(cells.values[i]) for i in bad]
    remedy = "Mend the cells, name the decimal mark if it was taken wrongly, or read the column as text."
    what, cell = "holds text where numbers are needed: {}.", "Text where a number is needed."
    if all(i in cells.dashes for i in bad):
        cells_said = f"{len(bad)} cell{'s' if len(bad) > 1 else ''}"
        what, cell = f"holds a dash in {cells_said}.", "A dash where a number is needed."
        remedy = 'In Rosstat tables a dash means "phenomenon absent": read with dash="zero" or dash="missing" (--dash).'
    elif all(s.casefold().lstrip("+-−") in NOT_FINITE for s in shown):
        what, cell = "holds {}, which is not a finite number.", "This is not a finite number."
        remedy = "Leave the cell empty if the value is missing."
    elif all(isinstance(cells.values[i], datetime.date | datetime.time) for i in bad):
        what, cell = "holds dates where numbers are needed: {}.", "A date where a number is needed."
        remedy = "Spreadsheets turn 1.5 into a date: format the column as numbers and enter the cells again."
    else:
        others = [s for i, s in zip(bad, shown, strict=True) if i not in cells.dashes]
        if any(map(is_flagged, others)):
            remedy = f'{_FLAGS} read with flags="drop" (--flags drop), or put them into a column of their own.'
            remedy += "" if all(map(is_flagged, others)) else " Mend the other cells."
        if len(others) < len(bad):
            remedy += ' For a lone dash say what it means: dash="zero" or dash="missing" (--dash).'
    return Fault(
        f"Column {cells.name!r} {what.replace('{}', offenders(shown))}",
        cells.name,
        bad,
        cell,
        f"numbers with decimal mark {mark!r}; an empty cell for a missing value",
        remedy,
    )
