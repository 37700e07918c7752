"""Width of text in the fonts of charts, which share the metrics of Arial."""

from __future__ import annotations

import re
import unicodedata

# Advance widths in thousandths of the font size, printable ASCII from the space on (Helvetica AFM).
_ASCII = (
    "278 278 355 556 556 889 667 191 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556 556 556 278 278 "
    "584 584 584 556 1015 667 667 722 722 667 611 778 722 278 500 667 556 833 722 778 667 778 722 667 611 722 667 944 "
    "667 667 611 278 278 278 469 556 333 556 556 500 556 556 278 556 556 222 222 500 222 833 556 556 556 556 333 500 "
    "278 556 500 722 500 500 500 334 260 334 584"
)
_WIDTH = {chr(32 + i): int(w) / 1000.0 for i, w in enumerate(_ASCII.split())}
_WIDTH |= {"\u202f": 0.2, "\u2009": 0.2, "\u00a0": 0.278}
FONT = "Arial, Helvetica, Liberation Sans, sans-serif"
"""Three names for one set of widths, so that what was measured is what is shown."""
FONT_OF_ACCENTS = "DejaVu Sans, Arial, Helvetica, sans-serif"
"""For text with combining accents, which the others lack: drawing programs would set all of it in a serif font."""
BOLD = 1.07
"""Bold text is about this much wider."""


def text_width(text: str, size: float, bold: bool = False) -> float:
    """Return the width of ``text`` in pixels; letters outside ASCII are estimated from their case."""
    total = 0.0
    for character in text:
        if character in _WIDTH:
            total += _WIDTH[character]
        elif not unicodedata.combining(character):
            total += 0.7 if character.isupper() else 0.58
    return total * size * (BOLD if bold else 1.0)


def font_for(text: str, size: float) -> tuple[str, float]:
    """Return font and size for ``text``; the font with every accent is wider, so it is set smaller."""
    if any(unicodedata.combining(c) for c in unicodedata.normalize("NFC", text)):
        return FONT_OF_ACCENTS, 0.92 * size
    return FONT, size


BREAKS = re.compile(r"[ \t\n]+")
"""Where a line may break: not at the thin and no-break spaces that tie a number to its unit."""


def wrap(text: str, width: float, size: float, bold: bool = False) -> list[str]:
    """Break ``text`` into lines no wider than ``width`` pixels; a single longer word stays whole."""
    lines: list[str] = []
    line = ""
    for word in BREAKS.split(text.strip()):
        longer = f"{line} {word}" if line else word
        if line and text_width(longer, size, bold) > width:
            lines.append(line)
            line = word
        else:
            line = longer
    return [*lines, line] if line else lines


def elide(text: str, width: float, size: float) -> str:
    """Return ``text``, shortened with an ellipsis when it is wider than ``width`` pixels."""
    if text_width(text, size) <= width:
        return text
    kept = text
    while kept and text_width(kept + "…", size) > width:
        kept = kept[:-1]
    return kept.rstrip() + "…"
