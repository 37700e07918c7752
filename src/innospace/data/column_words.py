"""Names of columns as a reader sees them."""

from __future__ import annotations

import re
from collections.abc import Mapping

ABBREVIATIONS = {
    "rd": "R&D",
    "epo": "EPO",
    "fte": "FTE",
    "grp": "GRP",
    "gdp": "GDP",
    "avg": "average",
    "mln": "million",
    "bln": "billion",
    "rub": "RUB",
    "pct": "percent",
}
"""Words of column names that a reader knows written otherwise."""


def plain_words(column: str, names: Mapping[str, str] | None = None) -> str:
    """Return a column as words: the ones that were given, or its name taken apart.

    Parameters
    ----------
    column : str
        ``rd_personnel_fte_2009`` is ``R&D personnel FTE 2009``.
    names : mapping of str to str, optional
        Words by column.
    """
    if names and column in names:
        return names[column]
    words = re.sub(r"[_\s]+", " ", column).strip()
    words = re.sub(r"(?<!\d)((?:19|20)\d{2})[ -]((?:19|20)\d{2})(?!\d)", "\\1\u2013\\2", words)
    for small, large in ABBREVIATIONS.items():
        words = re.sub(rf"(?<!\w){small}(?!\w)", large, words, flags=re.IGNORECASE)
    return words or column
