"""A small engine for tests of studies: sums a column; can be slow, warn, and fail on request."""

from __future__ import annotations

import os
import time
import warnings
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
from pydantic import BaseModel

from innospace.core.checks import Check
from innospace.core.document import Notice, Paragraph, Section
from innospace.core.errors import DataError, InnospaceWarning, SolverError
from innospace.core.provenance import Provenance
from innospace.core.result import Bundle
from innospace.core.status import Status, StatusCode
from innospace.core.table import Column, Table

CALLS: list[str] = []


class Options(BaseModel, extra="forbid"):
    column: str = "value"
    factor: float = 1.0
    status: StatusCode = StatusCode.CONVERGED
    passes: bool = True
    warns: bool = False
    fails: bool = False
    bug: bool = False
    waits: bool = False


@dataclass(frozen=True)
class FakeResult:
    total: float
    frame: pd.DataFrame
    status: Status
    checks: tuple[Check, ...]
    provenance: Provenance
    numbers: dict[str, float] = field(default_factory=dict)

    def summary(self) -> str:
        return f"total {self.total}"

    def to_frame(self) -> pd.DataFrame:
        return self.frame

    def table(self, kind: str = "rows") -> Table:
        return Table("rows", "Rows", self.frame, (Column("region", "Region"), Column("value", "Value", "fixed:1")))

    def to_dict(self) -> dict[str, Any]:
        return {"total": self.total, **self.numbers}

    def offers(self, name: str) -> pd.DataFrame:
        nothing = float("nan")
        return self.frame.assign(lower=nothing, upper=nothing, unit="links")

    def findings(self) -> tuple[str, ...]:
        return (f"Сумма равна {self.total:g}.",)

    def sections(self) -> tuple[Section, ...]:
        notices = [Notice(f"{s.name}: {s.note}", s.nature) for s in self.provenance.sources if s.note]
        return (Section("numbers", "Numbers", (Paragraph("A sum."), *notices, self.table())),)

    def to_bundle(self) -> Bundle:
        meta = {
            "total": self.total,
            "status": self.status.to_dict(),
            "checks": [c.to_dict() for c in self.checks],
            "provenance": self.provenance.to_dict(),
            "numbers": self.numbers,
        }
        return Bundle("fake", meta, {"rows": self.frame})

    @classmethod
    def from_bundle(cls, bundle: Bundle) -> FakeResult:
        m = bundle.meta
        checks = tuple(Check.from_dict(c) for c in m["checks"])
        status, provenance = Status.from_dict(m["status"]), Provenance.from_dict(m["provenance"])
        return cls(m["total"], bundle.frames["rows"], status, checks, provenance, dict(m["numbers"]))


RESULTS = {"fake": FakeResult}
ROLES = {"table": True, "more": False}
OFFERS = ("value",)
TAKES = ("weight",)
SCENARIOS = True
RECEIVED: list[Any] = []


def preflight(options: Options, inputs: Any) -> list[Any]:
    dataset = inputs.table
    if options.column in dataset.frame.columns:
        return []
    return [DataError(f"No column {options.column!r}.", where="preflight", remedy="Name another.")]


def run(options: Options, inputs: Any, *, seed: int, progress: Any) -> FakeResult:
    dataset = inputs.table
    CALLS.append(options.column)
    RECEIVED.append(inputs)
    progress("summing", 0.5)
    if options.waits:
        time.sleep(float(os.environ.get("FAKE_ENGINE_WAITS", "0")))
    if options.warns:
        warnings.warn("осторожно", InnospaceWarning, stacklevel=2)
    if options.fails:
        raise SolverError("No solution was reached.", remedy="Try another start.")
    if options.bug:
        raise ZeroDivisionError("inside")
    total = options.factor * float(dataset.frame[options.column].sum())
    checks = (Check.at_most("small", 0.0 if options.passes else 9.0, 1.0, "Is it small?", "Make it smaller."),)
    frame = dataset.frame[["region", "value"]].reset_index(drop=True)
    numbers = {"nothing": float("nan"), "all": float("inf"), "seed": seed}
    provenance = Provenance.now((dataset.source,), {"factor": options.factor}, seed)
    return FakeResult(total, frame, Status(options.status, "Ended."), checks, provenance, numbers)
