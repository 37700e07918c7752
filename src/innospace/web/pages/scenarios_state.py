"""What a visitor of the scenario page has made, kept in the address of the page: reloading and sharing keep it."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from innospace.core.errors import InnospaceError
from innospace.economy.models.knowledge.levers import Lever, Setting
from innospace.study.what_if import MOST_SHOWN, Bench, Draft, Question

LONGEST = 20_000
"""Characters of an address, and of what it unpacks to; more is none of ours."""


@dataclass
class Work:
    """One draft: how far levers are moved, and the scenario of the study that it is to replace."""

    name: str
    settings: dict[str, Setting] = field(default_factory=dict)
    replaces: str = ""

    @property
    def moved(self) -> bool:
        """Whether any lever is moved."""
        return any(v for s in self.settings.values() for v in s.moved.values())

    def draft(self) -> Draft:
        """Return what the study room is asked about."""
        return Draft(self.name, tuple(self.settings.values()))


@dataclass
class State:
    """Drafts, the one that is edited, the scenarios beside them, the series that is shown."""

    drafts: list[Work]
    edited: int = 0
    shown: list[str] = field(default_factory=list)
    indicator: str = "real_grp"
    levels: bool = False

    @property
    def work(self) -> Work:
        """The draft that is edited."""
        return self.drafts[self.edited]

    @property
    def room(self) -> int:
        """How many more scenarios may be shown; the edited draft counts even before it is moved."""
        others = sum(w.moved for w in self.drafts if w is not self.work)
        return MOST_SHOWN - len(self.shown) - others - 1

    def question(self) -> Question:
        """Return what is to be solved: drafts that change something, and what is shown beside them."""
        moved = tuple(w.draft() for w in self.drafts if w.moved)
        names = [d.name for d in moved]
        focus = self.work.name if self.work.name in names else next(iter([*self.shown, *names]), "baseline")
        return Question(moved, tuple(self.shown), focus, self.indicator, self.levels)

    def new(self, taken: Sequence[str], settings: Sequence[Setting] = (), replaces: str = "") -> Work:
        """Add a draft, edit it and return it."""
        names = {*taken, *(w.name for w in self.drafts)}
        name = next(n for n in (f"draft-{i}" for i in range(1, len(names) + 2)) if n not in names)
        self.drafts.append(Work(name, {s.lever: s for s in settings}, replaces))
        self.edited = len(self.drafts) - 1
        return self.work

    def to_text(self) -> str:
        """Return the state as a part of an address."""
        drafts = [
            [w.name, w.replaces, [[s.lever, dict(s.moved), list(s.years)] for s in w.settings.values()]]
            for w in self.drafts
        ]
        plain = [1, drafts, self.edited, self.shown, self.indicator, self.levels]
        return packed(plain)


def packed(plain: Any) -> str:
    """Return plain types as a part of an address."""
    raw = zlib.compress(json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode("utf-8"), 9)
    return base64.urlsafe_b64encode(raw).decode("ascii").rstrip("=")


def begin(bench: Bench) -> State:
    """Return what a first visit shows: an empty draft beside the scenarios that the study solves."""
    state = State([])
    state.new([k.name for k in bench.known])
    state.shown = [k.name for k in bench.known if k.solved][: MOST_SHOWN - 1]
    return state


def from_text(text: str, bench: Bench) -> State:
    """Return the state that an address holds.

    Raises
    ------
    InnospaceError
        The address was cut or changed, or belongs to another study.
    """
    try:
        return _checked(unpacked(text), bench)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, zlib.error, InnospaceError) as error:
        raise InnospaceError(
            "The address of this page holds no scenario of this study.",
            where="the part of the address after ?s=",
            remedy="It may have been cut when it was copied, or the study has changed. The page begins anew.",
        ) from error


def unpacked(text: str) -> Any:
    """Return what a part of an address holds.

    Raises
    ------
    ValueError, zlib.error
        It was cut or changed, or holds more than it may.
    """
    if len(text) > LONGEST:
        raise ValueError("too long")
    content = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    reader = zlib.decompressobj()
    raw = reader.decompress(content, LONGEST)
    if not reader.eof:
        raise ValueError("too long")
    return json.loads(raw.decode("utf-8"))


def _checked(plain: Any, bench: Bench) -> State:
    version, drafts, edited, shown, indicator, levels = plain
    by_name = {lever.name: lever for lever in bench.levers}
    known = [k.name for k in bench.known]
    works = [Work(str(name), _settings(given, by_name), str(replaces)) for name, replaces, given in drafts]
    state = State(works, int(edited), [n for n in shown if n in known], str(indicator), bool(levels))
    right = (
        version == 1,
        0 <= state.edited < len(works) <= MOST_SHOWN,
        state.indicator in bench.indicators,
        state.room >= 0,
        not {w.name for w in works} & set(known),
        len({w.name for w in works}) == len(works),
    )
    if not all(right):
        raise ValueError("no state of this study")
    return state


def _settings(given: Any, levers: Mapping[str, Lever]) -> dict[str, Setting]:
    found = {}
    for name, moved, (first, last) in given:
        lever = levers[name]
        if not (first in lever.years and last in lever.years and first <= last):
            raise ValueError("years")
        values = {label: float(value) for label, value in moved.items() if label in lever.labels}
        for value in values.values():
            lever.value(value)
        found[name] = Setting(name, values, (int(first), int(last)))
    return found
