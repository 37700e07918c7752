"""A model as plain types and as a TOML file that :func:`innospace.economy.general.files.read_model` reads."""

from __future__ import annotations

import json
import re
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any, BinaryIO

from innospace.core.errors import SpecError
from innospace.economy.general.spec import Activity, Agent, Spec
from innospace.economy.general.trees import Flow, Nest

_ACTIVITY = ("tax", "base", "collector", "calibrated")


def spec_to_dict(spec: Spec) -> dict[str, Any]:
    """Return a model in the plain types of a model file; quantities are numbers, not cells of a matrix.

    Within a nest, nests stand before flows.
    """
    return {
        "name": spec.name,
        "title": spec.title,
        "numeraire": dict(spec.numeraire),
        "complementary": spec.complementary,
        "commodity": [{"name": c.name, "price": c.price} for c in spec.commodities],
        "activity": [_activity(a) for a in spec.activities],
        "agent": [_agent(a) for a in spec.agents],
        "transfer": [_record(t) for t in spec.transfers],
        "schedule": [_record(s) for s in spec.schedules],
        "instrument": [{**_record(i), "condition": _record(i.condition)} for i in spec.instruments],
    }


def write_model(spec: Spec, path: str | Path) -> Path:
    """Write a model to a TOML file or a workbook (``.xlsx``) that does not exist yet: a ready model to change.

    Raises
    ------
    SpecError
        The file exists, or cannot be written.
    """
    file = Path(path)
    try:
        if file.suffix.lower() == ".xlsx":
            with file.open("xb") as book:
                _workbook(spec_to_dict(spec), book)
            return file
        with file.open("x", encoding="utf-8", newline="\n") as out:
            out.write(_toml(spec_to_dict(spec)))
    except OSError as error:
        raise SpecError(
            f"The model cannot be written: {error.strerror}.", where=str(file), remedy="Choose another name."
        ) from error
    return file


def _workbook(content: dict[str, Any], out: BinaryIO) -> None:
    """Write the sheets of a model; those without rows keep their headings, to be filled."""
    import pandas as pd

    from innospace.economy.general.workbook import COLUMNS, to_sheets

    with pd.ExcelWriter(out, engine="openpyxl") as book:
        for name, rows in to_sheets(content).items():
            frame = pd.DataFrame(rows, columns=list(COLUMNS[name]))
            frame.to_excel(book, sheet_name=name, index=False, freeze_panes=(1, 0))
            for column in book.sheets[name].columns:
                book.sheets[name].column_dimensions[column[0].column_letter].width = 18


def _toml(content: dict[str, Any]) -> str:
    """Return a model file: plain values first, then a table for every commodity, activity, agent and so on."""
    said = {k: v for k, v in content.items() if v not in ("", [], False)}
    lines = [f"{_text(k)} = {_inline(v)}" for k, v in said.items() if not isinstance(v, list)]
    for key, rows in said.items():
        for row in rows if isinstance(rows, list) else ():
            lines += ["", f"[[{_text(key)}]]", *(f"{_text(k)} = {_inline(v)}" for k, v in row.items())]
    return "\n".join(lines) + "\n"


def _text(name: str) -> str:
    """Return a key, in quotes where it needs them."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else json.dumps(name, ensure_ascii=False)


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_text(k)} = {_inline(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    if isinstance(value, float) and not isinstance(value, bool):
        return repr(float(value))  # numpy's own floats say their type
    return json.dumps(value, ensure_ascii=False)


def _activity(activity: Activity) -> dict[str, Any]:
    made = {"name": activity.name, "inputs": _tree(activity.inputs), "outputs": _tree(activity.outputs)}
    known = {f.name: f for f in fields(activity)}
    return made | {k: getattr(activity, k) for k in _ACTIVITY if getattr(activity, k) != known[k].default}


def _agent(agent: Agent) -> dict[str, Any]:
    made: dict[str, Any] = {"name": agent.name}
    for key, rows in (("endowments", agent.endowments), ("fixed", agent.fixed)):
        if rows:
            made[key] = {row.commodity: row.quantity for row in rows}
    if agent.demand is not None:
        made["demand"] = _tree(agent.demand)
    if agent.stocks:
        made["stocks"] = [_record(s) for s in agent.stocks]
    return made


def _tree(nest: Nest) -> dict[str, Any]:
    made: dict[str, Any] = {"name": nest.name, "elasticity": nest.elasticity}
    flows = [c for c in nest.children if isinstance(c, Flow)]
    nests = [c for c in nest.children if isinstance(c, Nest)]
    if flows:
        made["flows"] = {f.commodity: _flow(f) for f in flows}
    if nests:
        made["nests"] = [_tree(n) for n in nests]
    return made


def _flow(flow: Flow) -> float | dict[str, Any]:
    if not flow.taxes:
        return flow.quantity
    return {"quantity": flow.quantity, "taxes": [_record(t) for t in flow.taxes]}


def _record(record: Any) -> dict[str, Any]:
    """Return the fields of a record that differ from their defaults."""
    return {f.name: _plain(getattr(record, f.name)) for f in fields(record) if _said(record, f)}


def _said(record: Any, field: Field[Any]) -> bool:
    return field.default is MISSING or getattr(record, field.name) != field.default


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
