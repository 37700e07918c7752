"""Names that the program itself has: keys and values of study files, methods and arguments, samples, endings, regions.

Each is made from what reads it, so that a new key, value, argument or sample is known as soon as it exists.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from innospace.core.terms import Term
from innospace.study import schema
from innospace.study.engines import ENGINES, engine
from innospace.study.forms import ENGINE_WORDS, ROLE_WORDS, choice_words

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic.fields import FieldInfo

    from innospace.data.cards import ColumnCard

HEADINGS = {"study": "[study]", "data": "[data.NAME]", "step": "[step.NAME]", "link": "[[link]]"}
_MODELS: dict[str, type[BaseModel]] = {
    "study": schema.Head,
    "data": schema.Table,
    "step": schema.Step,
    "link": schema.Link,
}
_SIMPLE = (str, int, float)


@dataclass(frozen=True, slots=True)
class Named:
    """A term with its dotted name in a study file (empty when it has none), and the engine it belongs to.

    ``adds`` says that it only adds a place where no other term of the engine has this name.
    """

    term: Term
    path: str = ""
    engine: str = ""
    adds: bool = False


def program_terms() -> Iterator[Named]:
    """Yield every name that the program has by itself."""
    for table, model in _MODELS.items():
        yield from _keys(model, table, f"key of {HEADINGS[table]}", "", adds=False)
    for name in ENGINES:
        yield from _engine(name)
    yield from _methods()
    yield from _samples()
    yield from _endings()


def _engine(name: str) -> Iterator[Named]:
    """Yield an engine, the parts its tables play, its options, and what links may take from it and give it."""
    module = engine(name)
    of = f'[step.NAME] with engine = "{name}"'
    yield Named(Term(name, "", "", f"Engine. {ENGINE_WORDS[name]}.", where="value of engine in [step.NAME]"))
    yield from _keys(module.Options, f"step.{name}", f"key of {of}", name, adds=False)
    for role, needed in module.ROLES.items():
        meaning = f"Part that a table plays in a step: {ROLE_WORDS[role].lower()}{', needed' if needed else ''}."
        yield Named(Term(role, "", "", meaning, where=f"key data of {of}"), engine=name, adds=True)
    for quantity in module.OFFERS:
        meaning = "Quantity that a link may take from a step, selected by labels."
        yield Named(Term(quantity, "", "", meaning, where=f"key from of [[link]], engine {name}"), "", name, adds=True)
    for quantity in module.TAKES:
        meaning = "Quantity that a link may give to a step."
        short = quantity.removesuffix(".*")
        yield Named(Term(short, "", "", meaning, where=f"key to of [[link]], engine {name}"), "", name, adds=True)


def _keys(model: type[BaseModel], path: str, where: str, of: str, *, adds: bool) -> Iterator[Named]:
    """Yield the keys of a table, the tables within it, and the values of choices."""
    for name, info in model.model_fields.items():
        key = info.alias or name
        told = " ".join(f"{text.rstrip('.')}." for text in (info.title, info.description) if text)
        values = list(_values(info.annotation))
        extra = [f"Values: {', '.join(values)}." if values else "", _default(info)]
        meaning = " ".join(part for part in (told, *extra) if part)
        yield Named(Term(key, "", "", meaning, where=where), f"{path}.{key}", of, adds)
        for value in values:
            words = f"{choice_words(value)}: value of {key}. {told}".strip()
            yield Named(Term(value, "", "", words, where=f"{where}: {key}"), f"{path}.{key}.{value}", of, adds=True)
        inner = _table(info.annotation)
        if inner is not None:
            place = where.replace("[step.NAME]", f"[step.NAME.{key}]")
            yield from _keys(inner, f"{path}.{key}", place, of, adds=True)


def _values(annotation: Any) -> Iterator[str]:
    """Yield the values of a choice."""
    if typing.get_origin(annotation) is Literal:
        yield from map(str, typing.get_args(annotation))
    elif isinstance(annotation, types.UnionType) or typing.get_origin(annotation) in (typing.Union, typing.Annotated):
        for part in typing.get_args(annotation):
            yield from _values(part)


def _table(annotation: Any) -> type[BaseModel] | None:
    """Return the model of a table within a table, also of a list of tables."""
    inner = typing.get_args(annotation)[0] if typing.get_origin(annotation) is list else annotation
    return inner if isinstance(inner, type) and hasattr(inner, "model_fields") else None


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return "It must be given."
    value = info.get_default(call_default_factory=True)
    if isinstance(value, bool):
        return f"Default: {str(value).lower()}."
    return f"Default: {value}." if isinstance(value, _SIMPLE) and str(value) else ""


def _methods() -> Iterator[Named]:
    """Yield the methods on firms, and their arguments once for each meaning."""
    from innospace.firms.verbs import VERBS, arguments

    found: dict[tuple[str, str], list[str]] = {}
    for name, verb in VERBS.items():
        where = f'innospace firms {name}; method of [step.NAME] with engine = "firms"'
        yield Named(Term(name, "", "", f"Method. {verb.summary}", where=where), f"step.firms.method.{name}", "firms")
        for argument in arguments(verb).values():
            found.setdefault((argument.name, argument.meaning), []).append(name)
    for (name, meaning), methods in found.items():
        where = f"argument of innospace firms {', '.join(methods)}"
        yield Named(Term(name, "", "", meaning, where=where), f"step.firms.arguments.{name}", "firms")


def _samples() -> Iterator[Named]:
    """Yield the samples, and their columns once for each meaning."""
    from innospace.data.catalogue import samples

    found: dict[ColumnCard, list[str]] = {}
    for card in samples():
        meaning = f"Sample, {card.nature}: {card.title}. {card.description}"
        where = f"innospace samples {card.name}; key sample of [data.NAME]"
        yield Named(Term(card.name, "", "", meaning, "", card.origin, where=where))
        for column in card.columns:
            found.setdefault(column, []).append(card.name)
    for column, names in found.items():
        where = f"column of {', '.join(names)}"
        meaning = column.meaning.rstrip(".") + "."
        yield Named(Term(column.name, "", column.unit, meaning, where=where), adds=True)


def _endings() -> Iterator[Named]:
    from innospace.core.status import MEANINGS

    for code, meaning in MEANINGS.items():
        yield Named(Term(str(code), "", "", f"Status. {meaning}", where="status of every result"))


def region(name: str) -> Term | None:
    """Return the region that has this name or code, in Russian or English; None when there is none."""
    from innospace.data.regions import catalogue, match_regions

    (code,) = match_regions([name]).codes
    if code is None:
        return None
    table = catalogue()
    row = table[table["region_code"] == code].iloc[0]
    meaning = (
        f"Region of Russia, {row['region_ru']}: ISO 3166-2 {code}, OKATO {row['okato2']}, "
        f"{row['federal_district_2010_2012']} federal district (2010-2012)."
    )
    meaning += "" if row["members"] == code else f" With {row['members']}."
    where = "label region of tables, links and scenarios, by either name"
    return Term(str(row["region"]), code, "label", meaning, where=where)


def region_names() -> list[str]:
    """Return the names of regions in both languages."""
    from innospace.data.regions import catalogue

    table = catalogue()
    return [*table["region"], *table["region_ru"]]
