"""What the columns of a table are likely to be, told from their names and values by a few stated rules."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd


class Part(StrEnum):
    """What a column may be."""

    LABEL = "names the rows"
    TIME = "time"
    OUTCOME = "outcome"
    SIZE = "input"
    SHARE = "share or rate"
    YES_NO = "yes or no"
    NUMBER = "number"
    GROUP = "group"
    UNUSED = "not used"


SPENDING = ("expendit", "spending", "cost", "budget", "затрат", "расход", "финансирован")
"""Words of an input wherever they stand: expenditure on innovation is not innovation."""
SIZES = {
    "person": "people",
    "staff": "people",
    "employ": "people",
    "worker": "people",
    "research": "research",
    "labour": "people",
    "labor": "people",
    "r&d": "research",
    "rd": "research",
    "organi": "organisations",
    "enterpris": "companies",
    "compan": "companies",
    "capital": "capital",
    "assets": "capital",
    "material": "materials",
    "space": "innovation space",
    "персонал": "people",
    "занят": "people",
    "числен": "people",
    "сотрудник": "people",
    "работник": "people",
    "исследоват": "research",
    "организац": "organisations",
    "предприят": "companies",
    "компани": "companies",
    "фонд": "capital",
    "капитал": "capital",
}
"""Beginnings of words that name an input, and what of."""
OUTCOMES = {
    "patent": "patents",
    "invention": "inventions",
    "technolog": "technologies",
    "innovat": "innovations",
    "publication": "publications",
    "output": "output",
    "sales": "sales",
    "revenue": "sales",
    "turnover": "sales",
    "shipped": "sales",
    "value_added": "value added",
    "value added": "value added",
    "grp": "regional product",
    "gdp": "product",
    "патент": "patents",
    "изобретен": "inventions",
    "технолог": "technologies",
    "инновац": "innovations",
    "публикац": "publications",
    "выпуск": "output",
    "выручк": "sales",
    "отгружен": "sales",
    "добавленн": "value added",
    "врп": "regional product",
}
"""Beginnings of words that name an outcome, and of what."""
SHARES = ("percent", "pct", "share", "rate", "ratio", "index", "per_capita", "per capita", "доля", "удельн", "уровень")
REGIONS = ("region", "nuts", "регион", "субъект", "территор", "область", "county", "province", "oblast")
FIRMS = ("firm", "company", "plant", "inn", "инн", "фирм", "предприяти", "компани", "okpo", "окпо")
NAMES = ("name", "geo", "code", "iso", "country", "id", "unit", "назван", "наимен", "код", "страна", "город", "city")
TIMES = ("year", "period", "wave", "год", "период", "волна")
LOGS = ("ln", "log", "лог")
YEARS = (1900, 2100)
COUNTED = 5
"""From so many rows on, a column of 1, 2, 3, ... in any order counts them."""
_WORD = re.compile(r"r&d|[^\W_]+", re.IGNORECASE)
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)")


@dataclass(frozen=True, slots=True)
class ColumnSeen:
    """One column.

    Attributes
    ----------
    name : str
    part : Part
    about : str
        Of what, such as ``patents``; empty when the name does not tell.
    years : tuple of int
        First and last year in the name; empty when there is none.
    stem : str
        The name without its years: columns that share it hold one quantity over time.
    missing, zeros, negatives, distinct : int
        Cells.
    logged : bool
        The name says that the values are logarithms already.
    """

    name: str
    part: Part
    about: str
    years: tuple[int, ...]
    stem: str
    missing: int
    zeros: int
    negatives: int
    distinct: int
    logged: bool = False

    @property
    def middle(self) -> float:
        """Middle of the years in the name; NaN when there is none."""
        return float(np.mean(self.years)) if self.years else float("nan")

    def __str__(self) -> str:
        told = f"{self.part}: {self.about}" if self.about else str(self.part)
        counts = ((self.missing, "missing"), (self.zeros, "zero"), (self.negatives, "negative"))
        notes = [f"{count} {word}" for count, word in counts if count]
        if self.part in (Part.LABEL, Part.GROUP):
            notes.append(f"{self.distinct} different")
        return f"{told} ({', '.join(notes)})" if notes else told


def columns_seen(frame: pd.DataFrame) -> tuple[ColumnSeen, ...]:
    """Return what each column is likely to be, in the order of the table.

    Parameters
    ----------
    frame : pandas.DataFrame

    Returns
    -------
    tuple of ColumnSeen
        At most one names the rows and at most one is the time.
    """
    seen = [_seen(str(name), frame.iloc[:, i]) for i, name in enumerate(frame.columns)]
    time = min((c.name for c in seen if c.part is Part.TIME), key=_time_order, default="")
    label = label_column(frame, seen, time)
    return tuple(_settled(c, label, time) for c in seen)


def _settled(column: ColumnSeen, label: str, time: str) -> ColumnSeen:
    if column.name == label:
        return _as(column, Part.LABEL)
    if column.part is Part.LABEL:
        return _as(column, Part.GROUP)
    return _as(column, Part.NUMBER) if column.part is Part.TIME and column.name != time else column


def _as(column: ColumnSeen, part: Part) -> ColumnSeen:
    from dataclasses import replace

    return replace(column, part=part)


def _time_order(name: str) -> tuple[int, int, str]:
    """Return the place of a column of time among others: years before periods before waves."""
    words = words_of(name)
    rank = next((i for i, stem in enumerate(TIMES) if any(w.startswith(stem) for w in words)), len(TIMES))
    return rank, len(name), name


def label_column(frame: pd.DataFrame, seen: Sequence[ColumnSeen], time: str) -> str:
    """Return the column that names the rows, or an empty text.

    Of the columns that tell the rows apart, alone or with the time: one named after regions or firms before one of
    other names and codes, then the one of most names.
    """
    found = []
    for column in seen:
        if column.part not in (Part.LABEL, Part.GROUP):
            continue
        keys = [column.name, time] if time and time != column.name else [column.name]
        if column.missing or bool(frame[keys].duplicated().any()):
            continue
        found.append(((_name_rank(column.name), -column.distinct, column.name), column.name))
    return min(found, default=(None, ""))[1]


def _name_rank(name: str) -> int:
    words = words_of(name)
    groups = ((*REGIONS, *FIRMS), NAMES)
    return next((i for i, g in enumerate(groups) if any(_begins(w, s) for w in words for s in g)), len(groups))


def is_firm(name: str) -> bool:
    """Whether the name of a column says that it holds firms."""
    return any(_begins(w, s) for w in words_of(name) for s in FIRMS)


def words_of(name: str) -> list[str]:
    """Return the words of a name in small letters: ``RD_Personnel2009`` has ``rd`` and ``personnel2009``."""
    apart = re.sub(r"(?<=[a-zа-яё])(?=[A-ZА-ЯЁ])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    return [w.casefold() for w in _WORD.findall(apart)]


def _begins(word: str, stem: str) -> bool:
    """Whether a word begins with a stem; short stems must be the whole word."""
    return word == stem if len(stem) <= 3 else word.startswith(stem)


def _seen(name: str, column: pd.Series) -> ColumnSeen:
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    years = tuple(sorted(int(y) for y in _YEAR.findall(name)))
    span = (years[0], years[-1]) if years else ()
    stem = re.sub(r"[\s_\-–.,]+", " ", _YEAR.sub(" ", name)).strip().casefold()
    missing, distinct = int(column.isna().sum()), int(column.nunique())
    if is_bool_dtype(column.dtype):
        return ColumnSeen(name, Part.YES_NO, "", span, stem, missing, 0, 0, distinct)
    if not is_numeric_dtype(column.dtype):
        # a text column may name the rows: that is settled when all columns are known
        part = Part.LABEL if distinct else Part.UNUSED
        return ColumnSeen(name, part, "", span, stem, missing, 0, 0, distinct)
    values = column.dropna().to_numpy(dtype=np.float64)
    zeros, negatives = int((values == 0).sum()), int((values < 0).sum())
    part, about = _number_part(name, values, len(column))
    logged = words_of(name)[:1] != [] and words_of(name)[0] in LOGS
    return ColumnSeen(name, part, about, span, stem, missing, zeros, negatives, distinct, logged)


def _number_part(name: str, values: np.ndarray, rows: int) -> tuple[Part, str]:
    words = words_of(name)
    whole = len(values) > 0 and bool((values == np.round(values)).all())
    if len(np.unique(values)) < 2:
        return Part.UNUSED, "one value in all rows" if len(values) else "no value"
    if whole and _is_time(words, values):
        return Part.TIME, ""
    if whole and _is_identifier(words):
        return Part.LABEL, ""
    if set(np.unique(values)) == {0.0, 1.0}:
        return Part.YES_NO, about_of(name)[1]
    if any(s in name.casefold() for s in SHARES if len(s) > 4) or "%" in name or set(words) & set(SHARES):
        return Part.SHARE, ""
    part, about = about_of(name)
    if (
        part is Part.NUMBER
        and rows >= COUNTED
        and any(np.array_equal(np.sort(values), np.arange(first, first + rows)) for first in (0, 1))
    ):
        return Part.UNUSED, "counts the rows"
    return part, about


def _is_time(words: list[str], values: np.ndarray) -> bool:
    named = any(_begins(w, s) for w in words for s in TIMES)
    in_years = values.min() >= YEARS[0] and values.max() <= YEARS[1]
    return named and (in_years or (values.min() >= 0 and values.max() <= 100))


def _is_identifier(words: list[str]) -> bool:
    """Whether a number names a row: the column is called after firms, and says that it is a code or nothing more."""
    firm = any(_begins(w, s) for w in words for s in FIRMS)
    coded = any(w in ("id", "code", "код", "inn", "инн", "okpo", "окпо", "number", "no", "номер") for w in words)
    return firm and (coded or len(words) == 1)


def about_of(name: str) -> tuple[Part, str]:
    """Return whether the name of a number column says outcome or input, and of what.

    Words of spending make it an input wherever they stand; otherwise the first word that is known decides.
    """
    words = words_of(name)
    if any(_begins(w, s) for w in words for s in SPENDING):
        return Part.SIZE, "spending"
    text = name.casefold()
    for word in words:
        for part, known in ((Part.OUTCOME, OUTCOMES), (Part.SIZE, SIZES)):
            for stem, about in known.items():
                compound = any(c in stem for c in " _&") and stem in text and stem.startswith(word)
                if _begins(word, stem) or compound:
                    return part, about
    return Part.NUMBER, ""
