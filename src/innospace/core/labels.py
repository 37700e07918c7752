"""Strict labels: what does not match raises and names the offenders. Nothing is filled in silently."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence

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
            remedy=suggest(unknown[0], known) or f"Use one of the {kind}s listed.",
        )


def require_same(left: Sequence[Hashable], right: Sequence[Hashable], *, dim: str) -> None:
    """Raise :class:`LabelError` unless both sides carry the same labels of ``dim`` in the same order."""
    if list(left) == list(right):
        return
    only_left = list((Counter(left) - Counter(right)).elements())
    only_right = list((Counter(right) - Counter(left)).elements())
    if not only_left and not only_right:
        raise LabelError(
            f"The labels of {dim!r} are the same but their order differs.",
            remedy=f"Sort both sides by {dim!r}.",
        )
    raise LabelError(
        f"The labels of {dim!r} do not match.",
        where=f"only on the left: {offenders(only_left) or 'none'}; only on the right: "
        f"{offenders(only_right) or 'none'}",
        remedy="Select the common labels on both sides before joining them.",
    )
