"""Names for files, folders and anchors that every system takes."""

from __future__ import annotations

import re
import unicodedata

_RESERVED = re.compile(r"(?i)^(con|prn|aux|nul|com[\d¹²³]|lpt[\d¹²³])(\.|$)")


def slug(name: str, fallback: str = "item", longest: int = 80, *, plain: bool = False) -> str:
    """Return a name usable as anchor, file and folder name on every system; Cyrillic letters stay.

    Parameters
    ----------
    name : str
    fallback : str
        Name when nothing is left, and what goes before a name that some system keeps for itself.
    longest : int
        Characters.
    plain : bool
        Small letters, digits and hyphens only.
    """
    folded = unicodedata.normalize("NFC", name.casefold() if plain else name)
    kept = re.sub(r"[\W_]+" if plain else r"[^\w.-]+", "-", folded).strip("-._")[:longest].strip("-._")
    if not kept:
        return fallback
    return f"{fallback}-{kept}" if _RESERVED.match(kept) else kept
