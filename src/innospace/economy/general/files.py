"""A model as a file: the same things as in :mod:`innospace.economy.general.spec`, quantities as cells of a matrix.

A quantity or rate is a number or a text: sums and differences of cells ``ROW:COLUMN`` of the matrix, and at most one
ratio of two such sums (``"IDT:BRD / CAP:BRD + LAB:BRD"``).
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

from innospace.core.errors import SpecError, offenders
from innospace.core.labels import require_known
from innospace.data.sam import SAM, read_sam
from innospace.economy.general.spec import (
    Activity,
    Agent,
    Commodity,
    Condition,
    Endowment,
    Instrument,
    Schedule,
    Spec,
    Stock,
    Transfer,
)
from innospace.economy.general.trees import Flow, Nest, Tax

KEYS = (
    "name",
    "title",
    "sam",
    "numeraire",
    "complementary",
    "commodity",
    "activity",
    "agent",
    "transfer",
    "schedule",
    "instrument",
)
WORKBOOK = ".xlsx"
Record = TypeVar("Record", Transfer, Schedule, Condition, Tax, Stock)
Table = Mapping[str, Any]


def read_model(path: str | Path) -> Spec:
    """Read a model; its matrix is read from the path it names, relative to the file.

    Parameters
    ----------
    path : str or Path
        TOML: ``name``, ``numeraire`` (``{ LAB = 1.0 }``), ``sam``, ``complementary``; tables ``[[commodity]]`` (only
        where a benchmark price is not one), ``[[activity]]``, ``[[agent]]``, ``[[transfer]]``, ``[[schedule]]``,
        ``[[instrument]]``. A tree is ``{ name, elasticity, flows, nests }``; ``flows`` gives each commodity a quantity
        or ``{ quantity, taxes }``. XLSX: see :mod:`innospace.economy.general.workbook`; sheet ``sam`` is the matrix.

    Raises
    ------
    SpecError, LabelError, DataError
        The file cannot be read, a key is unknown or missing, a cell does not exist, the matrix is not balanced.
    """
    file = Path(path)
    if file.suffix.lower() == WORKBOOK:
        return _from_workbook(file)
    try:
        data = tomllib.loads(file.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise SpecError(f"The model cannot be read: {error.strerror}.", where=str(file)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SpecError(f"The model is not valid TOML: {error}.", where=str(file)) from error
    sam = None
    if "sam" in data:
        sam = read_sam(file.parent / str(data["sam"]))
        sam.require_balanced()
    return spec_from_dict({"name": file.stem, **data}, sam)


def _from_workbook(file: Path) -> Spec:
    from innospace.data.workbooks import read_records
    from innospace.economy.general.workbook import SAM as SHEET
    from innospace.economy.general.workbook import from_sheets

    try:
        sheets = read_records(file.read_bytes(), str(file))
    except OSError as error:
        raise SpecError(f"The model cannot be read: {error.strerror}.", where=str(file)) from error
    sam = read_sam(file, sheet=SHEET) if SHEET in sheets else None
    if sam is not None:
        sam.require_balanced()
    return spec_from_dict({"name": file.stem, **from_sheets(sheets, str(file))}, sam)


def spec_from_dict(data: Table, sam: SAM | None = None) -> Spec:
    """Return the model in plain types; ``sam`` is where texts for quantities look up cells."""
    return _Reader(str(data.get("name", "model")), sam).spec(data)


@dataclass(frozen=True)
class _Reader:
    """Reads tables; knows the model's name for messages and its matrix for cells."""

    name: str
    sam: SAM | None

    def spec(self, data: Table) -> Spec:
        self._known(data, KEYS, "the model")
        self._needed(data, ("numeraire",), "the model")
        activities = tuple(self._activity(a) for a in data.get("activity", ()))
        agents = tuple(self._agent(a) for a in data.get("agent", ()))
        prices = {str(c["name"]): self.number(c.get("price", 1.0)) for c in data.get("commodity", ())}
        trees = [t for a in activities for t in (a.inputs, a.outputs)] + [a.demand for a in agents if a.demand]
        used = [f.commodity for t in trees for f in t.flows]
        used += [e.commodity for a in agents for e in a.endowments]
        return Spec(
            self.name,
            tuple(Commodity(n, prices.get(n, 1.0)) for n in dict.fromkeys((*prices, *used))),
            activities,
            agents,
            tuple((str(n), self.number(w)) for n, w in data["numeraire"].items()),
            tuple(self._record(Transfer, t, "a transfer") for t in data.get("transfer", ())),
            tuple(self._record(Schedule, s, "a schedule") for s in data.get("schedule", ())),
            tuple(self._instrument(i) for i in data.get("instrument", ())),
            bool(data.get("complementary", False)),
            str(data.get("title", "")),
        )

    def number(self, value: Any) -> float:
        """Return a number, or what a text about cells comes to."""
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
        if not isinstance(value, str):
            raise SpecError(
                f"{value!r} is no quantity.", where=f"model {self.name!r}", allowed="a number or a text of cells"
            )
        top, slash, bottom = value.partition("/")
        return self._sum(top) / self._sum(bottom) if slash else self._sum(top)

    def _sum(self, text: str) -> float:
        total = 0.0
        for word in text.replace("+", " +").replace(" - ", " + -").split("+"):
            term = word.strip()
            if not term:
                continue
            sign, cell = (-1.0, term[1:].strip()) if term.startswith("-") else (1.0, term)
            row, colon, column = cell.partition(":")
            if not colon or self.sam is None:
                raise SpecError(
                    f"{cell!r} is no cell of a matrix.",
                    where=f"model {self.name!r}",
                    allowed="ROW:COLUMN, with the key 'sam' naming the matrix",
                )
            total += sign * self.sam.cell(row.strip(), column.strip())
        return total

    def _activity(self, data: Table) -> Activity:
        where = f"activity {data.get('name', '?')!r}"
        self._known(data, [f.name for f in fields(Activity)], where)
        self._needed(data, ("name", "inputs", "outputs"), where)
        return Activity(
            str(data["name"]),
            self._tree(data["inputs"], where, "inputs"),
            self._tree(data["outputs"], where, "outputs"),
            self.number(data.get("tax", 0.0)),
            str(data.get("base", "cost")),
            str(data.get("collector", "")),
            bool(data.get("calibrated", True)),
        )

    def _agent(self, data: Table) -> Agent:
        where = f"agent {data.get('name', '?')!r}"
        self._known(data, [f.name for f in fields(Agent)], where)
        self._needed(data, ("name",), where)
        return Agent(
            str(data["name"]),
            tuple(Endowment(str(c), self.number(q)) for c, q in data.get("endowments", {}).items()),
            self._tree(data["demand"], where, "demand") if "demand" in data else None,
            tuple(Flow(str(c), self.number(q)) for c, q in data.get("fixed", {}).items()),
            tuple(self._record(Stock, s, where) for s in data.get("stocks", ())),
        )

    def _tree(self, data: Table, where: str, name: str) -> Nest:
        self._known(data, ("name", "elasticity", "flows", "nests"), where)
        nests = tuple(self._tree(n, where, f"{name}-{k}") for k, n in enumerate(data.get("nests", ())))
        flows = tuple(self._flow(str(c), v, where) for c, v in data.get("flows", {}).items())
        return Nest(str(data.get("name", name)), self.number(data.get("elasticity", 0.0)), (*nests, *flows))

    def _flow(self, commodity: str, value: Any, where: str) -> Flow:
        if not isinstance(value, Mapping):
            return Flow(commodity, self.number(value))
        self._known(value, ("quantity", "taxes"), where)
        self._needed(value, ("quantity",), where)
        taxes = tuple(self._record(Tax, t, where) for t in value.get("taxes", ()))
        return Flow(commodity, self.number(value["quantity"]), taxes)

    def _instrument(self, data: Table) -> Instrument:
        where = f"instrument {data.get('name', '?')!r}"
        self._known(data, [f.name for f in fields(Instrument)], where)
        self._needed(data, ("name", "kind", "target", "condition"), where)
        rest = {k: v for k, v in data.items() if k != "condition"}
        return Instrument(**rest, condition=self._record(Condition, data["condition"], where))

    def _record(self, kind: type[Record], data: Table, where: str) -> Record:
        """Return a record whose fields are texts, numbers, booleans or lists of texts."""
        known = {f.name: str(f.type) for f in fields(kind)}
        self._known(data, list(known), where)
        values: dict[str, Any] = {k: self.number(v) if known[k] == "float" else v for k, v in data.items()}
        values = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
        try:
            return kind(**values)
        except TypeError as error:
            raise SpecError(f"A key is missing: {error}.", where=f"model {self.name!r}, {where}") from error

    def _known(self, data: Table, known: Any, where: str) -> None:
        require_known(list(data), list(known), kind="key", where=f"model {self.name!r}, {where}")

    def _needed(self, data: Table, keys: tuple[str, ...], where: str) -> None:
        missing = [k for k in keys if k not in data]
        if missing:
            raise SpecError(f"Keys are missing: {offenders(missing)}.", where=f"model {self.name!r}, {where}")
