"""Numbers as a reader sees them: thin spaces between thousands, a real minus sign, fixed decimals."""

from __future__ import annotations

import math
from typing import Any

THIN_SPACE = "\u202f"
MINUS = "\u2212"
MISSING = "\u2013"


def _is_missing(value: Any) -> bool:
    """Whether a cell is None, nan of any float type, or one of the missing values of pandas."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return not isinstance(value, str) and bool(value != value)  # noqa: PLR0124 - nan differs from itself


def fixed(value: float, decimals: int = 3) -> str:
    """Return ``value`` with fixed decimals: ``-1234.5`` becomes ``−1 234.500``."""
    if _is_missing(value):
        return MISSING
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    text = f"{abs(value):,.{decimals}f}".replace(",", THIN_SPACE)
    negative = value < 0 and any(c in "123456789" for c in text)
    return (MINUS if negative else "") + text


def signed(value: float, decimals: int) -> str:
    """Return :func:`fixed` with a plus before numbers above zero as they are shown."""
    text = fixed(value, decimals)
    shown = any(c in "123456789" for c in text) and not text.startswith(MINUS)
    return f"+{text}" if shown else text


def significant(value: float, digits: int = 3) -> str:
    """Return ``value`` with ``digits`` significant digits, in powers of ten when very small or large."""
    if _is_missing(value) or math.isinf(value) or value == 0:
        return fixed(value, 0)
    # rounding may carry into the next power of ten: 9.996 has the three digits 10.0
    mantissa, _, power = f"{float(value):.{digits - 1}e}".partition("e")
    exponent = int(power)
    if -4 <= exponent < 7:
        return fixed(value, max(0, digits - 1 - exponent))
    raised = str(exponent).replace("-", MINUS).translate(_SUPERSCRIPT)
    return f"{fixed(float(mantissa), digits - 1)}{THIN_SPACE}×{THIN_SPACE}10{raised}"


_SUPERSCRIPT = str.maketrans(f"0123456789{MINUS}", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def percent(fraction: float, decimals: int = 1) -> str:
    """Return a fraction as percent: ``0.8123`` becomes ``81.2 %``."""
    if _is_missing(fraction):
        return MISSING
    return f"{fixed(100.0 * fraction, decimals)}\u202f%"


def p_value(value: float) -> str:
    """Return a p-value, never as zero."""
    if _is_missing(value):
        return MISSING
    return f"<{THIN_SPACE}0.001" if value < 0.001 else fixed(value, 3)


def show(value: Any, style: str) -> str:
    """Format one cell.

    Parameters
    ----------
    value : object
        The cell.
    style : str
        ``text``, ``integer``, ``year``, ``p``, ``percent:D``, ``fixed:D`` or ``significant:D``.
    """
    name, _, digits = style.partition(":")
    if name == "text":
        return MISSING if _is_missing(value) else str(value)
    number = math.nan if _is_missing(value) else float(value)
    if name == "integer":
        return fixed(number, 0)
    if name == "year":
        return MISSING if math.isnan(number) else str(int(number))
    if name == "p":
        return p_value(number)
    formatter = {"percent": percent, "fixed": fixed, "significant": significant}[name]
    return formatter(number, int(digits)) if digits else formatter(number)
