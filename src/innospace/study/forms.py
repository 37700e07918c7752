"""Forms of steps: what an engine's options are called, mean and may hold, made from the options themselves.

A page draws these fields, a reference prints them; there is no second list of options.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal

from innospace.core.conditions import unmet
from innospace.core.errors import StudyError
from innospace.study.engines import engine

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic.fields import FieldInfo


class Kind(StrEnum):
    """What a field is filled with."""

    TEXT = "text"
    NUMBER = "number"
    WHOLE = "whole number"
    CHECK = "yes or no"
    CHOICE = "choice"
    COLUMN = "column"
    FORMULA = "formula"
    LIST = "list"
    PAIRS = "pairs"
    NAME = "name"
    RATES = "number or pairs"
    TABLES = "tables"


ENGINE_WORDS = {
    "frontier": "Frontier: how much more could be reached with the same inputs",
    "economy": "Economy: what policy would do to a region, year by year",
    "equilibrium": "General equilibrium: a textbook model or one of your own, with and without shocks",
    "regions": "Regions: what changes in one do to all others, year by year",
    "firms": "Firms: what goes with innovation in firms",
    "agents": "Agents: how cooperation makes technologies, and what policy adds",
}
MORE = "More options"
"""Group of the fields that are seldom changed."""
ROLE_WORDS = {
    "table": "Table",
    "controls": "Figures of the region",
    "sam": "Social accounting matrix",
    "panel": "Panel of two waves",
    "annual": "Annual panel",
    "cross_section": "Cross-section",
    "partner": "Matrix of the second country (two countries)",
}
"""Parts that tables play."""
_CHOICE_WORDS = {
    "half_normal": "Half-normal",
    "truncated_normal": "Truncated normal",
    "student_t": "Student t",
    "hessian": "Observed information (Hessian)",
    "opg": "Outer product of scores",
    "robust": "Robust (sandwich)",
    "cluster": "Clustered",
    "jackknife": "Jackknife by cluster",
    "replace": "Replace them (an assumption)",
    "drop": "Leave these rows out",
    "error": "Refuse the table",
}
_FIRST = ("model", "formula", "method", "analysis", "inefficiency", "years", "efficiency", "zero_rule", "zero_value")
_ARGUMENT = "arguments"


@dataclass(frozen=True, slots=True)
class FormField:
    """One field of a form.

    Attributes
    ----------
    key : str
        Key of the step; with a dot, a key of a table within it: ``closure.knowledge``.
    title, help : str
    kind : Kind
    choices : mapping of str to str
        Value -> words, of a choice; an empty value leaves the key out.
    default : object
        What is meant when the key is left out; None when nothing is.
    required : bool
    item : type
        Of a list, or of the values of pairs: ``str``, ``int`` or ``float``; of tables the options of one.
    group : str
        Heading it stands under; empty for the first ones.
    """

    key: str
    title: str
    help: str
    kind: Kind
    choices: Mapping[str, str]
    default: Any
    required: bool = False
    item: type = str
    group: str = ""


def fields_of(name: str, values: Mapping[str, Any]) -> tuple[FormField, ...]:
    """Return the fields of a step that matter for what it says.

    Parameters
    ----------
    name : str
        Of an engine.
    values : mapping
        What the step says: a formula has no place beside a model, and the arguments are those of the method.

    Returns
    -------
    tuple of FormField
    """
    found = list(_options(engine(name).Options, values, "", ""))
    method = values.get("method")
    if name == "firms" and isinstance(method, str):
        found += _arguments(method)
    if name == "equilibrium":
        from innospace.study.forms_equilibrium import adapted

        found = list(adapted(found, values))
    return tuple(found)


def fitting(name: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a step says without the keys that have no place beside the others."""
    known = engine(name).Options.model_fields
    return {
        k: v for k, v in values.items() if k not in known or not unmet(str(_extra(known[k]).get("only", "")), values)
    }


def _extra(info: FieldInfo) -> Mapping[str, Any]:
    return info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}


def _options(model: type[BaseModel], values: Mapping[str, Any], prefix: str, group: str) -> Iterator[FormField]:
    for key, info in model.model_fields.items():
        extra = _extra(info)
        if extra.get("form") in ("none", "parts") or unmet(str(extra.get("only", "")), values):
            continue
        inner = info.annotation
        if isinstance(inner, type) and hasattr(inner, "model_fields"):
            yield from _options(inner, {}, f"{prefix}{key}.", key.capitalize())
            continue
        yield _field(prefix + key, info, group or ("" if key in _FIRST else MORE))


def _field(key: str, info: FieldInfo, group: str) -> FormField:
    kind, choices, item, empty = _kind(info.annotation)
    form = _extra(info).get("form")
    if form == "method":
        from innospace.firms.verbs import VERBS

        kind, choices = Kind.CHOICE, {name: f"{name}: {verb.summary}" for name, verb in VERBS.items()}
    elif form in ("column", "formula", "name"):
        kind = Kind(str(form))
    default = None if info.is_required() else info.get_default(call_default_factory=True)
    if kind is Kind.CHOICE and (empty or form == "method"):
        choices = {"": str(_extra(info).get("empty", "Choose one" if form == "method" else "None")), **choices}
    title = info.title or words(key.rpartition(".")[2])
    return FormField(key, title, info.description or "", kind, choices, default, info.is_required(), item, group)


def choice_words(value: str) -> str:
    """Return a value of a choice as a page shows it."""
    return _CHOICE_WORDS.get(value) or words(value)


def words(name: str) -> str:
    """Return a name as words: ``half_normal`` is ``Half normal``."""
    text = name.replace("_", " ")
    return text[:1].upper() + text[1:]


def _kind(hint: Any) -> tuple[Kind, dict[str, str], type, bool]:
    """Return kind, choices, kind of items, and whether it may be left empty."""
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        inner = [h for h in typing.get_args(hint) if h is not type(None)]
        kind, choices, item, _ = _kind(inner[0]) if len(inner) == 1 else (Kind.TEXT, {}, float, True)
        return kind, choices, item, True
    origin, inner_hints = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Annotated:
        return _kind(inner_hints[0])
    if origin is Literal:
        return Kind.CHOICE, {str(v): choice_words(str(v)) for v in inner_hints}, str, False
    if origin is list and hasattr(inner_hints[0], "model_fields"):
        return Kind.TABLES, {}, inner_hints[0], True
    if origin is list:
        return Kind.LIST, {}, inner_hints[0], True
    if origin is dict:
        return Kind.PAIRS, {}, inner_hints[1], True
    plain: dict[Any, Kind] = {bool: Kind.CHECK, int: Kind.WHOLE, float: Kind.NUMBER}
    return plain.get(hint, Kind.TEXT), {}, str, False


def _arguments(method: str) -> Iterator[FormField]:
    """Yield the fields of the arguments of a method; the required ones come first."""
    from innospace.firms.verbs import VERBS, arguments

    if method not in VERBS:
        return
    plain = {bool: Kind.CHECK, int: Kind.WHOLE, float: Kind.NUMBER, str: Kind.TEXT}
    for name, a in sorted(arguments(VERBS[method]).items(), key=lambda pair: not pair[1].required):
        kind = Kind.LIST if a.several else plain[a.kind]
        if "formula" in name and not a.several:
            kind = Kind.FORMULA
        default = None if a.required or a.default in ((), "") else a.default
        group = "" if a.required else MORE
        yield FormField(f"{_ARGUMENT}.{name}", words(name), a.meaning, kind, {}, default, a.required, a.kind, group)


def value_at(values: Mapping[str, Any], key: str) -> Any:
    """Return what a step says under a key, with a dot for a table within it; None when it says nothing."""
    first, _, rest = key.partition(".")
    found = values.get(first)
    if not rest:
        return found
    return found.get(rest) if isinstance(found, Mapping) else None


def with_value(values: Mapping[str, Any], key: str, value: Any) -> dict[str, Any]:
    """Return what a step says with another value under a key; None leaves it out."""
    first, _, rest = key.partition(".")
    out = dict(values)
    if rest:
        inner = out.get(first)
        value = with_value(inner if isinstance(inner, Mapping) else {}, rest, value) or None
    if value is None:
        out.pop(first, None)
    else:
        out[first] = value
    return out


def shown(field: FormField, value: Any) -> Any:
    """Return a value as its control shows it."""
    if field.kind is Kind.TABLES:
        rows = value if isinstance(value, list) else []
        return "\n".join(", ".join(f"{k} = {v}" for k, v in row.items()) for row in rows if isinstance(row, Mapping))
    if field.kind in (Kind.LIST, Kind.PAIRS, Kind.RATES):
        if isinstance(value, Mapping):
            return "\n".join(f"{k} = {v}" for k, v in value.items())
        return "\n".join(
            map(str, value if isinstance(value, Sequence) and not isinstance(value, str) else [value or ""])
        )
    if field.kind is Kind.CHECK:
        return bool(field.default) if value is None else bool(value)
    if field.kind in (Kind.NUMBER, Kind.WHOLE):
        return value
    if field.kind is Kind.CHOICE and value is None and "" not in field.choices:
        return str(field.default)
    return "" if value is None else str(value)


def taken(field: FormField, given: Any) -> Any:
    """Return what a control holds as the step says it; None when it says nothing besides the default.

    Raises
    ------
    StudyError
        It is not of the kind of the field.
    """
    if given is None or (isinstance(given, str) and not given.strip()):
        return None
    if field.kind is Kind.LIST:
        return [_item(field, line.strip()) for line in str(given).splitlines() if line.strip()] or None
    if field.kind is Kind.PAIRS:
        return _pairs(field, str(given)) or None
    if field.kind is Kind.RATES:
        return _pairs(field, str(given)) if "=" in str(given) else _item(field, str(given).strip())
    if field.kind is Kind.TABLES:
        return [_row(field, line) for line in map(str.strip, str(given).splitlines()) if line] or None
    if field.kind is Kind.WHOLE:
        if float(given) != int(given):
            raise _wrong(field, given, "a whole number")
        given = int(given)
    elif field.kind is Kind.NUMBER:
        given = float(given)
    elif field.kind is Kind.TEXT and field.item is float:
        given = _number_or_word(str(given).strip())
    elif isinstance(given, str):
        given = given.strip()
    return None if given == field.default and type(given) is type(field.default) else given


def _number_or_word(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _item(field: FormField, text: str) -> Any:
    if field.item is str:
        return text
    try:
        return field.item(text)
    except (TypeError, ValueError) as error:
        raise _wrong(field, text, "numbers, one a line") from error


def _pairs(field: FormField, given: str) -> dict[str, Any]:
    found = {}
    for line in filter(None, map(str.strip, given.splitlines())):
        key, equals, value = line.partition("=")
        if not equals or not key.strip() or not value.strip():
            raise _wrong(field, line, "name = value, one a line")
        found[key.strip().strip('"')] = _item(field, value.strip().strip('"'))
    return found


def _row(field: FormField, line: str) -> dict[str, Any]:
    """Return one table of a list of tables, written as ``key = value, key = value``."""
    known: Mapping[str, FieldInfo] = field.item.model_fields  # type: ignore[attr-defined]
    needed = [k for k, info in known.items() if info.is_required()]
    form = ", ".join(f"{k} = {'NAME' if known[k].annotation is str else 'number'}" for k in known)
    found: dict[str, Any] = {}
    for part in line.split(","):
        key, _, value = (text.strip() for text in part.partition("="))
        if key not in known or not value:
            raise _wrong(field, line, form)
        try:
            found[key] = value.strip('"') if known[key].annotation is str else float(value)
        except ValueError as error:
            raise _wrong(field, line, form) from error
    if any(key not in found for key in needed):
        raise _wrong(field, line, form)
    return found


def _wrong(field: FormField, given: Any, allowed: str) -> StudyError:
    return StudyError(
        f"{field.title}: {given!r} cannot be used.", where=f"key {field.key!r}", allowed=allowed, remedy=field.help
    )
