"""The page of the study file: every table and key, from the models that read it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from typing import Any, Literal, get_args, get_origin

from pieces import code, grid, plain
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from innospace.economy.scenario import OPERATIONS, Scenario, Shock
from innospace.study import schema
from innospace.study.engines import ENGINES, engine

TABLES = {"[study]": schema.Head, "[data.NAME]": schema.Table, "[step.NAME]": schema.Step, "[[link]]": schema.Link}
KINDS = {str: "text", int: "whole number", float: "number", bool: "true or false"}


def page() -> str:
    """Return the page."""
    lines = [
        "# Study file",
        "",
        "Every table and key that a `study.toml` may hold; written from the models that read it. A key that is not "
        "here is an error, and `innospace check` names the nearest one.",
    ]
    for title, model in TABLES.items():
        lines += ["", f"## `{title}`", "", *_model(model)]
    for name in ENGINES:
        lines += ["", f'## `[step.NAME]` with `engine = "{name}"`', "", *_engine(name)]
    lines += ["", "## `[[scenario]]`", "", *_attributes(Scenario, {"shocks": "`[[scenario.shock]]`, one or more"})]
    known = ", ".join(code(o) for o in OPERATIONS)
    renamed = {"operation": f"Written `op`: {known}."}
    lines += ["", "## `[[scenario.shock]]`", "", *_attributes(Shock, renamed)]
    return "\n".join(lines) + "\n"


def _engine(name: str) -> list[str]:
    """Return the options of an engine, what its tables are called, and what links may take and give."""
    module = engine(name)
    parts = [f"{code(part)}{' (needed)' if needed else ''}" for part, needed in module.ROLES.items()]
    lines = [
        *_model(module.Options),
        "",
        f'- Parts that tables may play (`data = {{ PART = "NAME" }}`): {", ".join(parts)}.',
        f"- A link may take from it: {', '.join(map(code, module.OFFERS)) or 'nothing'}.",
        f"- A link may give it: {', '.join(map(code, module.TAKES)) or 'nothing'}.",
    ]
    for key, field in module.Options.model_fields.items():
        if inspect.isclass(field.annotation) and issubclass(field.annotation, BaseModel):
            lines += ["", f"### `[step.NAME.{key}]` of `{name}`", "", *_model(field.annotation)]
    return lines


def _model(model: type[BaseModel]) -> list[str]:
    """Return what a model of pydantic says, and its keys."""
    rows = ([code(f.alias or n), _kind(f.annotation), _default(f), _meaning(f)] for n, f in model.model_fields.items())
    return [_docstring(model), "", *grid(("key", "values", "default", "meaning"), rows)]


def _docstring(kind: type) -> str:
    text = re.sub(r":\w+:`~?\.?([\w.]+)`", r"`\1`", inspect.getdoc(kind) or "")
    return plain(text.partition("\n\nAttributes\n")[0].replace("\n\n", "\n\n"))


def _meaning(field: FieldInfo) -> str:
    return " ".join(s.rstrip(".") + "." for s in (field.title, field.description) if s)


def _kind(annotation: Any) -> str:
    """Return in words what a key may hold."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if annotation in KINDS:
        return KINDS[annotation]
    if origin is Literal:
        return ", ".join(code(a) for a in arguments)
    if origin is list:
        return f"list, each {_kind(arguments[0])}"
    if origin is dict or (inspect.isclass(annotation) and issubclass(annotation, BaseModel)):
        return "table"
    if hasattr(annotation, "__metadata__"):
        return _kind(arguments[0])
    if arguments:
        return " or ".join(dict.fromkeys(_kind(a) for a in arguments if a is not type(None)))
    return "any value"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "must be given"
    value = field.get_default(call_default_factory=True)
    if value in (None, "", [], {}, PydanticUndefined) or isinstance(value, BaseModel):
        return ""
    return code({True: "true", False: "false"}[value] if isinstance(value, bool) else value)


def _attributes(kind: type, also: dict[str, str]) -> list[str]:
    """Return the attributes of a plain class as its docstring tells them."""
    import griffe

    rows: list[Iterable[str]] = []
    for section in griffe.Docstring(inspect.getdoc(kind) or "").parse("numpy"):
        if section.kind is griffe.DocstringSectionKind.attributes:
            rows += [[code(a.name), str(a.annotation), also.get(a.name, plain(a.description))] for a in section.value]
    return grid(("key", "values", "meaning"), rows)
