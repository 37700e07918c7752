"""Terms of every engine, columns of every schema, names of the program and words of the house, in one place."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache

from innospace.core.errors import LabelError
from innospace.core.labels import suggest
from innospace.core.terms import Term
from innospace.study.engines import ENGINES
from innospace.study.house_terms import HOUSE
from innospace.study.program_terms import Named, program_terms, region, region_names

GLOSSARIES: dict[str, str] = {
    "innospace.frontier.glossary": "frontier",
    "innospace.economy.models.knowledge.glossary": "economy",
    "innospace.economy.general.glossary": "economy",
    "innospace.economy.models.regions.glossary": "regions",
    "innospace.firms.glossary": "firms",
    "innospace.agents.glossary": "agents",
}
"""Modules that offer ``explain_terms()`` -> engine."""

_ENDS = ("lower", "upper", "median", "difference", "before", "after", "delta", "bootstrap")
"""Ends of names of columns that say which number of a quantity they hold; each is a term."""
_ENDS_OF_DATA = ("treated", "control", "at_risk", "share", "complementarity", "substitutability")
"""Ends behind names that a study gives itself, and beginnings in front of them."""
_BEGINNINGS_OF_DATA = ("predicted", "index", "gap", "value", "te")
_YEARS = re.compile(r"[-_.](?:19|20)\d\d(?:[-_.].*)?$")
_EQUATION = re.compile(r"^(?:equation )?\(?(\d{1,2})\)?(?: .*)?$")
_LEVEL = re.compile(r"_0\.\d+$")
_NUMBER = re.compile(r"(?<=[a-z\d])[-_:]\d+$|(?<=[a-z])\d+$")


@dataclass(frozen=True)
class _Words:
    """Terms in order, and which of them go by a name or symbol, as written and whatever its capitals."""

    every: tuple[Named, ...]
    written: dict[str, list[Term]] = field(default_factory=dict)
    folded: dict[str, list[Term]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for named in self.every:
            words = (named.term.name, named.term.symbol)
            for known, keys in ((self.written, words), (self.folded, [w.casefold() for w in words])):
                for key in dict.fromkeys(keys):
                    known.setdefault(key, []).append(named.term)


def terms() -> tuple[Term, ...]:
    """Return every term but members of families (names with a dot), which :func:`find` knows as well."""
    return tuple(dict.fromkeys(n.term for n in _every(tuple(GLOSSARIES.items())) if "." not in n.term.name))


@cache
def _every(glossaries: tuple[tuple[str, str], ...]) -> tuple[Named, ...]:
    """Return every term; engines may use one name for different things, columns and words of the house only add."""
    from innospace.data.schemas import innovation_space

    found = [Named(t, "", of) for name, of in glossaries for t in importlib.import_module(name).explain_terms()]
    known = {(n.engine, word) for n in found for word in (n.term.name, n.term.symbol) if word}
    columns = (
        Term(c.name, "", c.unit, c.meaning + (f" ({c.rule})." if c.rule else "."), "", "column of innovation_space")
        for c in innovation_space.describe()
    )
    names = {name for _, name in known}
    found += [Named(t) for t in (*columns, *HOUSE) if t.name not in names]
    names |= {n.term.name for n in found}
    paths: list[Named] = []
    for named in program_terms():
        # what only adds a place is left to the word that says what it is
        taken = (named.engine, named.term.name) in known if named.engine else named.term.name in names
        (paths if named.adds and taken else found).append(named)
        known.add((named.engine, named.term.name))
    return tuple(_placed(found, paths))


@lru_cache(maxsize=16)
def _words(glossaries: tuple[tuple[str, str], ...], more: tuple[Term, ...], engine: str = "") -> _Words:
    """Return the words of every term, or of those of one engine."""
    every = (*_every(glossaries), *map(Named, more))
    return _Words(tuple(n for n in every if n.engine == engine) if engine else every)


def _placed(found: Iterable[Named], paths: Iterable[Named]) -> Iterator[Named]:
    """Yield terms with the places in which the program uses their names as well."""
    places: dict[tuple[str, str], list[Named]] = {}
    for named in paths:
        places.setdefault((named.engine, named.term.name), []).append(named)
    for named in found:
        keys = {(named.engine, named.term.name), ("", named.term.name)}
        more = [] if named.path else [p for key in sorted(keys) for p in places.get(key, ())]
        where = "; ".join(dict.fromkeys(w for w in (named.term.where, *(p.term.where for p in more)) if w))
        term = replace(named.term, where=where)
        yield replace(named, term=term)
        yield from (Named(term, p.path, p.engine) for p in more if p.path)


def find(name: str, more: Iterable[Term] = ()) -> tuple[Term, ...]:
    """Return the terms that have this name or symbol; capitals count only where they decide.

    Parameters
    ----------
    name : str
        Also with a dot: a key of a study file (``step.frontier.inefficiency``), an engine in front
        (``economy.GRP``), a check as reports name it (``frontier.2010.skewness``); or a region.
    more : iterable of Term
        Further terms that the caller knows.

    Raises
    ------
    LabelError
        When there is none; the nearest are named.
    """
    asked = (tuple(GLOSSARIES.items()), tuple(more))
    every = _words(*asked)
    first, dot, _ = name.removeprefix("step.").partition(".")
    own = _words(*asked, first) if dot and first in ENGINES else None
    for reading in _readings(name):
        if found := _named(reading, own, every):
            return found
    if found := _shown(name, every):
        return found
    place = region(name) if name else None
    if place is not None:
        return (place,)
    known = (word for n in every.every for word in (n.term.name, n.term.symbol, n.path) if word)
    raise LabelError(
        f"Unknown term: {name!r}.",
        allowed="names that innospace explain lists, their symbols, keys of study files, regions",
        remedy=suggest(name, [*known, *region_names()]) or "See the list: innospace explain",
    )


def _readings(name: str) -> Iterator[tuple[str, ...]]:
    """Yield what a name may stand for, nearest first; a reading of two words is a quantity and which end of it.

    Names of checks carry the step and the model in front or a year behind (``frontier.2010.skewness``,
    ``delta.2010``), those of columns and charts a year, a number or an end (``map-2012``, ``x0``, ``te_lower``);
    equations have a number (``31``, ``equation 31``, ``(31) product markets``); words may stand for underscores.
    """
    if _LEVEL.search(name):
        yield (_LEVEL.sub("", name),)
    words = name.split(".")
    while len(words) > 1 and words[0] in ("step", *ENGINES):
        words = words[1:]  # where a name belongs does not stand for the name
    parts = list(dict.fromkeys((name, name.strip().replace(" ", "_"), *reversed(words))))
    yield from ((part,) for part in parts)
    if equation := _EQUATION.match(name):
        yield (f"({equation[1]})",)
    for part in parts:
        plain = _YEARS.sub("", part)
        if plain != part:
            yield (plain,)
        yield from ((plain.removesuffix(f"_{end}"), end) for end in _ENDS if plain.endswith(f"_{end}"))
        yield from ((end,) for end in _ENDS_OF_DATA if plain.endswith(f"_{end}"))
        yield from ((begin,) for begin in _BEGINNINGS_OF_DATA if plain.startswith(f"{begin}_"))
        if _NUMBER.search(plain):
            yield (_NUMBER.sub("", plain),)
    # a coefficient: the equation or parameter in front, its regressor behind (``lnsigma_u2:z``, ``x2:Intercept``)
    yield from ((part,) for part in name.split(":") if part != name)


def _named(reading: tuple[str, ...], own: _Words | None, every: _Words) -> tuple[Term, ...]:
    """Return the terms of every word of a reading, those of its own engine first; nothing when one is not known."""
    found: list[Term] = []
    for word in reading:
        some = (_exact(word, own) if own else ()) or _exact(word, every)
        if not some:
            return ()
        found += some
    return tuple(dict.fromkeys(found))


def _shown(name: str, every: _Words) -> tuple[Term, ...]:
    """Return the tables, charts and checks whose names begin or end this one, the longest first.

    In a study of firms the name of a table carries the part of the study in front (``matching-export-balance``), that
    of a chart of a policy the policy behind it (``agents-effect-centre``).
    """
    kinds = {"-": ("Table", "Chart"), "_": ("Check", "Gate")}
    for mark, begins in kinds.items():
        words = name.rpartition(".")[2].split(mark)
        cuts = range(1, len(words))
        for part in (*(mark.join(words[i:]) for i in cuts), *(mark.join(words[:-i]) for i in cuts)):
            if found := tuple(t for t in _exact(part, every) if t.meaning.startswith(begins)):
                return found
    return ()


def _exact(word: str, known: _Words) -> tuple[Term, ...]:
    """Return the terms of a dotted name of a study file, of a name, or of a symbol."""
    if not word:
        return ()
    if "." in word and (paths := [n.term for n in known.every if f".{n.path}".endswith(f".{word}")]):
        return tuple(paths)
    return tuple(known.written.get(word) or known.folded.get(word.casefold()) or ())
