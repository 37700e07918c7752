"""Text that is safe to set: no control characters, unique file names and anchors."""

from __future__ import annotations

import re
from collections.abc import Iterable

from innospace.core.slugs import slug

_UNSAFE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def clean(text: object) -> str:
    """Return text in which control characters and lone surrogates are replaced by U+FFFD."""
    return _UNSAFE.sub("\ufffd", str(text))


def one_line(text: object) -> str:
    """Return :func:`clean` text with every run of white space made one space, except non-breaking ones."""
    return re.sub(r"[ \t\r\n\v\f\u2028\u2029]+", " ", clean(text)).strip()


def prose(text: object) -> str:
    """Return :func:`one_line` text with a real minus sign where a hyphen stands before a number."""
    return re.sub(r"(?<![\w\d\u2013.)\]-])-(?=\.?\d)", "\u2212", one_line(text))


def unique(names: Iterable[str], fallback: str = "item", taken: Iterable[str] = ()) -> list[str]:
    """Return slugs that differ from each other and from ``taken``, also on systems that ignore case."""
    seen = {t.casefold() for t in taken}
    found = []
    for name in names:
        stem = candidate = slug(name, fallback)
        number = 2
        while candidate.casefold() in seen:
            candidate, number = f"{stem}-{number}", number + 1
        seen.add(candidate.casefold())
        found.append(candidate)
    return found
