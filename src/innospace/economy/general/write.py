"""A model as plain types and as a TOML file that :func:`innospace.economy.general.files.read_model` reads."""

from __future__ import annotations

from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any

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
    """Write a model to a TOML file that does not exist yet: a ready model to change.

    Raises
    ------
    SpecError
        The file exists, or cannot be written.
    """
    import tomlkit

    file = Path(path)
    content = {k: v for k, v in spec_to_dict(spec).items() if v not in ("", [], False)}
    try:
        with file.open("x", encoding="utf-8", newline="\n") as out:
            out.write(tomlkit.dumps(content))
    except OSError as error:
        raise SpecError(
            f"The model cannot be written: {error.strerror}.", where=str(file), remedy="Choose another name."
        ) from error
    return file


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
        # a file has plain values before tables: all flows in one form, so that they keep their order
        taxed = any(f.taxes for f in flows)
        made["flows"] = {f.commodity: _flow(f) if taxed else f.quantity for f in flows}
    if nests:
        made["nests"] = [_tree(n) for n in nests]
    return made


def _flow(flow: Flow) -> dict[str, Any]:
    taxes = {"taxes": [_record(t) for t in flow.taxes]} if flow.taxes else {}
    return {"quantity": flow.quantity, **taxes}


def _record(record: Any) -> dict[str, Any]:
    """Return the fields of a record that differ from their defaults."""
    return {f.name: _plain(getattr(record, f.name)) for f in fields(record) if _said(record, f)}


def _said(record: Any, field: Field[Any]) -> bool:
    return field.default is MISSING or getattr(record, field.name) != field.default


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
