"""One cell: missing, a dash, text, or a number in one of several notations.

``1,234`` may be 1.234 or 1234. Whether it is one or the other is never guessed from the cell alone: see
:func:`innospace.data.parsing.parse_columns`.
"""

from __future__ import annotations

import math
import re
from typing import Any

MISSING = frozenset(
    {"", "NA", "N/A", "n/a", "#N/A", "null", "NULL", "None", ".", "…", "...", ":", "н/д", "н.д.", "нет данных"}
)
"""Eurostat writes a colon."""
DASHES = frozenset({"-", "–", "—", "−"})
NOT_FINITE = frozenset({"nan", "inf", "infinity"})
TRUTH = {"True": True, "TRUE": True, "true": True, "False": False, "FALSE": False, "false": False}
EXACT = 2**53
"""Whole numbers beyond this one have no exact place among floating-point numbers."""

_SPACE = "[ \u00a0\u202f\u2009]"
_WHOLE = rf"(?:[0-9]{{1,3}}(?:{_SPACE}[0-9]{{3}})+|[0-9]+)"
_POWER = "(?:[eE][-+−]?[0-9]+)?"
_FORM = re.compile(
    rf"[-+−]?(?:(?P<plain>{_WHOLE}{_POWER})"
    r"|(?P<either>[1-9][0-9]{0,2},[0-9]{3})"
    rf"|(?P<comma>{_WHOLE}?,[0-9]+{_POWER}|[0-9]+,"
    r"|[1-9][0-9]{0,2}(?:\.[0-9]{3})+,[0-9]+|[1-9][0-9]{0,2}(?:\.[0-9]{3}){2,})"
    rf"|(?P<point>{_WHOLE}?\.[0-9]+{_POWER}|[0-9]+\.{_POWER})"
    r"|(?P<grouped>[1-9][0-9]{0,2}(?:,[0-9]{3})+\.[0-9]+|[1-9][0-9]{0,2}(?:,[0-9]{3}){2,}))"
)
_FLAGGED = re.compile(r"(.*[0-9]|:)\s?[a-z]{1,3}")
_SHORT = 300
"""A number of fewer characters and without exponent is finite."""
CONTRARY = {",": ("point", "grouped"), ".": ("comma",)}
"""Notations that do not go with a decimal mark."""
_SPACES = re.compile(_SPACE)
ALL_COMMAS = rf"[-+−]?{_WHOLE}(?:,[0-9]+)?(?:[eE][-+−]?[0-9]{{1,2}})?"
"""Every notation of a column with decimal commas, thousands spaced or not."""
_SURE = re.compile(rf"[-+−]?(?:0|{_WHOLE}),(?:[0-9]{{1,2}}|[0-9]{{4,}})|[-+−]?0,[0-9]+")
_CODE = re.compile("[0-9]+")


def clean(cell: Any) -> Any:
    """Return the cell without surrounding space; None when it is missing."""
    if isinstance(cell, str):
        text = cell.strip().strip("\u00a0\ufeff")
        return None if text in MISSING else text
    if isinstance(cell, float) and math.isnan(cell):
        return None
    return cell


def is_flagged(text: str) -> bool:
    """Whether letters behind a number tell how it came about, as in tables of Eurostat: ``12.5 p``, ``: z``."""
    return bool(unflagged(text) != text)


def unflagged(cell: Any) -> Any:
    """Return a number without the letters behind it, None for a missing value with letters, any other cell as it is."""
    found = _FLAGGED.fullmatch(cell) if isinstance(cell, str) else None
    if found is None or notation(cell) is not None:
        return cell
    if found[1] in MISSING:
        return None
    return found[1] if notation(found[1]) is not None else cell


def notation(cell: Any) -> str | None:
    """Return how a number is written, or None when the cell is no finite number.

    ``plain`` (no mark), ``point`` (``1.5``), ``comma`` (``1,5``), ``grouped`` (``1,234.5`` or ``1,234,567``),
    ``either`` (``1,234``).
    """
    if isinstance(cell, str):
        match = _FORM.fullmatch(cell)
        if match is None or match.lastgroup is None:
            return None
        huge = len(cell) > _SHORT or "e" in cell or "E" in cell
        return None if huge and not math.isfinite(value_of(cell, match.lastgroup, ".")) else match.lastgroup
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        return None
    return "plain" if math.isfinite(cell) else None


def value_of(text: str, form: str, mark: str) -> float:
    """Return the value of a cell whose notation is known."""
    text = _SPACES.sub("", text).replace("−", "-")
    if form == "comma" or (form == "either" and mark == ","):
        text = text.replace(".", "").replace(",", ".")
    return float(text.replace(",", ""))


def to_number(cell: Any, mark: str = ".") -> float | None:
    """Return a cell as a finite number, or None when it is not one under this decimal mark."""
    form = notation(cell)
    if form is None or form in CONTRARY[mark]:
        return None
    return value_of(cell, form, mark) if isinstance(cell, str) else float(cell)


def decimal_commas(text: str) -> bool:
    """Whether a cell is plain digits with a decimal comma that cannot be a mark between thousands."""
    return _SURE.fullmatch(text) is not None


def is_code(cell: Any) -> bool:
    """Whether digits would lose something as a number: a leading zero (OKATO 01), or more digits than are exact."""
    if isinstance(cell, str) and _CODE.fullmatch(cell):
        return (cell[0] == "0" and len(cell) > 1) or int(cell) > EXACT
    return isinstance(cell, int) and abs(cell) > EXACT
