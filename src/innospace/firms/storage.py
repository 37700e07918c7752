"""A result on firms as plain types and frames, and back."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from innospace.core.checks import Check
from innospace.core.document import Equation
from innospace.core.errors import StoreError
from innospace.core.figure import Figure, FigureKind
from innospace.core.provenance import Provenance
from innospace.core.result import Bundle
from innospace.core.status import Status
from innospace.core.table import Column, Table
from innospace.firms.estimates import Array, Effects, Estimates

if TYPE_CHECKING:
    import pandas as pd

    from innospace.firms.result import FirmResult

KIND = "firm_result"
Frames = dict[str, "pd.DataFrame"]


def to_bundle(result: FirmResult) -> Bundle:
    """Return everything the result holds; nothing has to be computed on the way back."""
    frames: Frames = {f"frame-{k}": v for k, v in result.frames.items()}
    parts = {name: to_bundle(part) for name, part in result.parts.items()}
    frames |= {f"{name}/{k}": v for name, part in parts.items() for k, v in part.frames.items()}
    e, f = result.estimates, result.effects_found
    meta = {
        **{k: getattr(result, k) for k in ("method", "title", "description", "n", "covariance_kind")},
        "log_likelihood": result.log_likelihood,
        "numbers": dict(result.numbers),
        "estimates": {
            "names": list(e.names),
            "values": e.values.tolist(),
            "covariances": {k: v.tolist() for k, v in e.covariances.items()},
            "degrees": e.degrees,
        },
        "effects": {
            "names": list(f.names),
            "kinds": list(f.kinds),
            "unit": f.unit,
            "errors": f.errors,
            **{k: _listed(getattr(f, k)) for k in ("values", "jacobian", "std_errors", "lower", "upper")},
        },
        "status": result.status.to_dict(),
        "checks": [c.to_dict() for c in result.checks],
        "equations": [asdict(q) for q in result.equations],
        "tables": [_table_out(t, frames) for t in result.tables],
        "figures": [_figure_out(g, frames) for g in result.figures],
        "frames": list(result.frames),
        **{k: list(getattr(result, k)) for k in ("warnings", "steps", "sentences")},
        "provenance": result.provenance.to_dict(),
        "parts": {name: part.meta for name, part in parts.items()},
        "chapters": {k: list(v) for k, v in result.chapters.items()},
        "labels": dict(result.labels),
    }
    return Bundle(KIND, meta, frames)


def from_bundle(bundle: Bundle) -> dict[str, Any]:
    """Return the arguments of :class:`FirmResult`."""
    if bundle.kind != KIND:
        raise StoreError(f"A stored {bundle.kind!r} is not a {KIND!r}.")
    meta, frames = bundle.meta, bundle.frames
    e, f = meta["estimates"], meta["effects"]
    p = len(e["names"])
    covariances = {k: np.array(v, dtype=np.float64).reshape(p, p) for k, v in e["covariances"].items()}
    arrays = {k: _array(f[k]) for k in ("jacobian", "std_errors", "lower", "upper")}
    values = np.array(f["values"], dtype=np.float64)
    return {
        **{k: meta[k] for k in ("method", "title", "description", "n", "covariance_kind", "log_likelihood", "numbers")},
        "estimates": Estimates(tuple(e["names"]), np.array(e["values"]), covariances, e["degrees"]),
        "effects_found": Effects(
            tuple(f["names"]), values, tuple(f["kinds"]), unit=f["unit"], errors=f["errors"], **arrays
        ),
        "status": Status.from_dict(meta["status"]),
        "checks": tuple(Check.from_dict(c) for c in meta["checks"]),
        "equations": tuple(Equation(**q) for q in meta["equations"]),
        "tables": tuple(_table_in(t, frames) for t in meta["tables"]),
        "figures": tuple(_figure_in(g, frames) for g in meta["figures"]),
        "frames": {k: frames[f"frame-{k}"] for k in meta["frames"]},
        **{k: tuple(meta[k]) for k in ("warnings", "steps", "sentences")},
        "provenance": Provenance.from_dict(meta["provenance"]),
        "parts": {name: _part_in(name, part, frames) for name, part in meta["parts"].items()},
        "chapters": {k: tuple(v) for k, v in meta["chapters"].items()},
        "labels": meta["labels"],
    }


def _part_in(name: str, meta: Mapping[str, Any], frames: Mapping[str, pd.DataFrame]) -> FirmResult:
    from innospace.firms.result import FirmResult

    own = {k.removeprefix(f"{name}/"): v for k, v in frames.items() if k.startswith(f"{name}/")}
    return FirmResult.from_bundle(Bundle(KIND, meta, own))


def pack(result: FirmResult) -> bytes:
    """Return a result as one file, to be kept while a long study goes on."""
    bundle = to_bundle(result)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        # NaN and infinity are written as Python reads them back; the file never leaves the run
        archive.writestr("meta.json", json.dumps(bundle.meta, default=_plain))
        archive.writestr("names.json", json.dumps(list(bundle.frames)))
        for i, frame in enumerate(bundle.frames.values()):
            archive.writestr(f"{i}.parquet", frame.to_parquet())
    return buffer.getvalue()


def unpack(content: bytes) -> FirmResult:
    """Return what :func:`pack` kept."""
    import pandas as pd

    from innospace.firms.result import FirmResult

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = json.loads(archive.read("names.json"))
        frames = {n: pd.read_parquet(io.BytesIO(archive.read(f"{i}.parquet"))) for i, n in enumerate(names)}
        meta = json.loads(archive.read("meta.json"))
    return FirmResult.from_bundle(Bundle(KIND, meta, frames))


def _plain(value: Any) -> Any:
    return value.item()


def _listed(array: Array | None) -> Any:
    return None if array is None else array.tolist()


def _array(values: Any) -> Array | None:
    return None if values is None else np.array(values, dtype=np.float64)


def _table_out(table: Table, frames: Frames) -> dict[str, Any]:
    frames[f"table-{table.name}"] = table.frame
    if table.layout is not None:
        frames[f"layout-{table.name}"] = table.layout
    return {
        "name": table.name,
        "title": table.title,
        "columns": [asdict(c) for c in table.columns],
        "notes": list(table.notes),
        "rules": list(table.rules),
        "folded": table.folded,
    }


def _table_in(meta: Mapping[str, Any], frames: Mapping[str, pd.DataFrame]) -> Table:
    name = meta["name"]
    columns = tuple(Column(**c) for c in meta["columns"])
    layout = frames.get(f"layout-{name}")
    rules, folded = tuple(meta["rules"]), meta["folded"]
    return Table(name, meta["title"], frames[f"table-{name}"], columns, tuple(meta["notes"]), layout, rules, folded)


def _figure_out(figure: Figure, frames: Frames) -> dict[str, Any]:
    frames[f"figure-{figure.name}"] = figure.data
    frames.update({f"layer-{figure.name}-{k}": v for k, v in figure.layers.items()})
    texts = {k: getattr(figure, k) for k in ("name", "title", "subtitle", "caption", "alt")}
    return {**texts, "kind": str(figure.kind), "encoding": dict(figure.encoding), "layers": list(figure.layers)}


def _figure_in(meta: Mapping[str, Any], frames: Mapping[str, pd.DataFrame]) -> Figure:
    name = meta["name"]
    layers = {k: frames[f"layer-{name}-{k}"] for k in meta["layers"]}
    texts = {k: meta[k] for k in ("title", "subtitle", "caption", "alt")}
    data = frames[f"figure-{name}"]
    return Figure(name, FigureKind(meta["kind"]), **texts, data=data, encoding=meta["encoding"], layers=layers)
