"""Strict labels: what does not match raises and names the offenders. Nothing is filled in silently."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from innospace.core.errors import LabelError, offenders


def nearest(name: str, choices: Iterable[str], n: int = 3) -> list[str]:
    """Return up to ``n`` choices that look like ``name``, best first (case is ignored)."""
    by_fold: dict[str, str] = {}
    for choice in choices:
        by_fold.setdefault(choice.casefold(), choice)
    return [by_fold[k] for k in difflib.get_close_matches(name.casefold(), list(by_fold), n=n, cutoff=0.5)]


def suggest(name: str, choices: Iterable[str]) -> str:
    """Return ``"Did you mean 'x' or 'y'?"``, or an empty string when nothing is near."""
    near = nearest(name, choices)
    return f"Did you mean {' or '.join(repr(x) for x in near)}?" if near else ""


def require_known(names: Iterable[str], known: Sequence[str], *, kind: str, where: str = "") -> None:
    """Raise :class:`LabelError` when any of ``names`` is not in ``known``."""
    allowed = set(known)
    unknown = [n for n in names if n not in allowed]
    if unknown:
        raise LabelError(
            f"Unknown {kind}: {offenders(unknown)}.",
            where=where,
            allowed=offenders(known, shown=12),
            remedy=suggest(unknown[0], known) or "Use one of those listed.",
        )
