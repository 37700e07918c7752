"""A model as a workbook: one sheet a kind of thing, the same things as in the TOML file of a model.

Trees are two sheets: ``nests`` (owner, side, nest, parent, elasticity) and ``flows`` (owner, side, nest, commodity,
quantity); ``side`` is ``inputs`` or ``outputs`` of an activity, ``demand`` of an agent; the nest without a parent is
the root. Quantities are numbers or texts about cells of the matrix, which may be the sheet ``sam`` of the workbook.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from innospace.core.errors import SpecError, offenders
from innospace.core.labels import require_known

Row = Mapping[str, Any]
Sheets = Mapping[str, Sequence[Row]]
SAM, SHEETS = "sam", "sheets"
"""Sheet of the matrix; key of a definition that holds the sheets of a workbook."""
_OWN = ("owner", "side", "nest")
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "model": ("key", "value"),
    "numeraire": ("commodity", "weight"),
    "commodities": ("name", "price"),
    "activities": ("name", "tax", "base", "collector", "calibrated"),
    "nests": (*_OWN, "parent", "elasticity"),
    "flows": (*_OWN, "commodity", "quantity"),
    "taxes": (*_OWN, "commodity", "name", "rate", "collector"),
    "agents": ("name",),
    "endowments": ("agent", "commodity", "quantity"),
    "fixed": ("agent", "commodity", "quantity"),
    "stocks": ("agent", "commodity", "activity", "quantity"),
    "transfers": ("name", "payer", "receiver", "rule", "value", "after", "price"),
    "schedules": ("name", "commodity", "exchange", "quantity", "elasticity", "sells"),
    "instruments": ("name", "kind", "target", "value", "bounded", "collector", "condition", "of", "at", "flow", "bend"),
}
"""Sheets and their columns."""
_NUMBERS = ("weight", "price", "tax", "elasticity", "quantity", "rate", "value", "at", "bend")
_CONDITION = {"condition": "kind", "of": "name", "at": "value", "flow": "flow", "bend": "elasticity"}
"""Columns of an instrument that say its condition, and the keys they stand for."""
_SIDES = ("inputs", "outputs", "demand")
_BETWEEN = ";"
"""Between several transfers in one cell."""


def from_sheets(sheets: Sheets, where: str) -> dict[str, Any]:
    """Return a model in the plain types of :func:`innospace.economy.general.files.spec_from_dict`.

    Parameters
    ----------
    sheets : mapping of str to sequence of mapping
        Rows of sheets; see :func:`innospace.data.workbooks.read_records`. The sheet ``sam`` is passed over.
    where : str
        File, for messages.

    Raises
    ------
    LabelError, SpecError
        A sheet or column is not known, a cell is missing, a nest has no parent or stands twice.
    """
    require_known([n for n in sheets if n != SAM], list(COLUMNS), kind="sheet", where=where)
    rows = {name: [_clean(name, r, where) for r in sheets.get(name, ())] for name in COLUMNS}
    if not rows["activities"] and not rows["agents"]:
        raise SpecError(
            "The workbook has no activities and no agents.", where=where, allowed=f"sheets {offenders(COLUMNS, 20)}"
        )
    trees = _Trees(rows["nests"], rows["flows"], rows["taxes"], where)
    data: dict[str, Any] = {str(r["key"]): r["value"] for r in rows["model"]}
    data["numeraire"] = {r["commodity"]: r.get("weight", 1.0) for r in rows["numeraire"]}
    data["commodity"] = [_kept(r) for r in rows["commodities"]]
    data["activity"] = [
        {**_kept(r), "inputs": trees.of(r["name"], "inputs"), "outputs": trees.of(r["name"], "outputs")}
        for r in rows["activities"]
    ]
    data["agent"] = [_agent(r["name"], rows, trees) for r in rows["agents"]]
    owners = {*(r["name"] for r in rows["activities"]), *(r["name"] for r in rows["agents"])}
    require_known(sorted(trees.owners), sorted(owners), kind="owner", where=f"{where}, sheets 'nests' and 'flows'")
    for sheet in ("endowments", "fixed", "stocks"):
        named = [r["agent"] for r in rows[sheet]]
        require_known(named, [r["name"] for r in rows["agents"]], kind="agent", where=f"{where}, sheet {sheet!r}")
    data["transfer"] = [_kept(r) | _after(r) for r in rows["transfers"]]
    data["schedule"] = [_kept(r) for r in rows["schedules"]]
    data["instrument"] = [_instrument(r) for r in rows["instruments"]]
    return data


def to_sheets(data: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Return the sheets of a model in plain types; see :func:`innospace.economy.general.write.spec_to_dict`."""
    told = ("name", "title", "complementary")
    sheets: dict[str, list[dict[str, Any]]] = {name: [] for name in COLUMNS}
    sheets["model"] = [{"key": k, "value": data[k]} for k in told if data.get(k)]
    sheets["numeraire"] = [{"commodity": c, "weight": w} for c, w in data["numeraire"].items()]
    sheets["commodities"] = [dict(c) for c in data["commodity"]]
    for activity in data["activity"]:
        sheets["activities"].append({k: v for k, v in activity.items() if k not in _SIDES})
        for side in ("inputs", "outputs"):
            _flatten(activity[side], (activity["name"], side), "", sheets)
    for agent in data["agent"]:
        sheets["agents"].append({"name": agent["name"]})
        for sheet in ("endowments", "fixed"):
            rows = agent.get(sheet, {}).items()
            sheets[sheet] += [{"agent": agent["name"], "commodity": c, "quantity": q} for c, q in rows]
        sheets["stocks"] += [{"agent": agent["name"], **s} for s in agent.get("stocks", ())]
        if "demand" in agent:
            _flatten(agent["demand"], (agent["name"], "demand"), "", sheets)
    sheets["transfers"] = [
        {k: f"{_BETWEEN} ".join(v) if k == "after" else v for k, v in t.items()} for t in data["transfer"]
    ]
    sheets["schedules"] = [dict(s) for s in data["schedule"]]
    for i in data["instrument"]:
        condition = {column: i["condition"][key] for column, key in _CONDITION.items() if key in i["condition"]}
        sheets["instruments"].append({k: v for k, v in i.items() if k != "condition"} | condition)
    return sheets


def _flatten(tree: Row, owner: tuple[str, str], parent: str, sheets: dict[str, list[dict[str, Any]]]) -> None:
    place = {"owner": owner[0], "side": owner[1], "nest": tree["name"]}
    above = {"parent": parent} if parent else {}
    sheets["nests"].append({**place, **above, "elasticity": tree["elasticity"]})
    for nest in tree.get("nests", ()):
        _flatten(nest, owner, tree["name"], sheets)
    for commodity, flow in tree.get("flows", {}).items():
        quantity, taxes = (flow["quantity"], flow["taxes"]) if isinstance(flow, Mapping) else (flow, ())
        sheets["flows"].append({**place, "commodity": commodity, "quantity": quantity})
        sheets["taxes"] += [{**place, "commodity": commodity, **tax} for tax in taxes]


def _clean(sheet: str, row: Row, where: str) -> dict[str, Any]:
    """Return a row with names as text and yes or no as truth; the number of the row under ``""``."""
    place = f"{where}, sheet {sheet!r}, row {row.get('', '?')}"
    require_known([k for k in row if k], COLUMNS[sheet], kind="column", where=place)
    first = [c for c in (*_OWN, "agent", "commodity") if c in COLUMNS[sheet]] or [COLUMNS[sheet][0]]
    missing = [c for c in first if c not in row]
    if missing:
        raise SpecError(f"Cells are empty: {offenders(missing)}.", where=place, remedy="Fill them in.")
    out: dict[str, Any] = {"": place}
    for column, value in row.items():
        if column in ("bounded", "calibrated", "sells"):
            out[column] = _truth(value, f"{place}, column {column!r}")
        elif column and sheet != "model":
            out[column] = value if column in _NUMBERS and sheet != "transfers" else _text(value)
        elif column:
            out[column] = value
    if sheet == "transfers":
        out |= {"value": row["value"]} if "value" in row else {}
    return out


def _text(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()


def _truth(value: Any, where: str) -> bool:
    known = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    text = _text(value).casefold()
    if text not in known:
        raise SpecError(f"{value!r} is neither yes nor no.", where=where, allowed="yes, no, TRUE, FALSE")
    return known[text]


def _kept(row: Row) -> dict[str, Any]:
    return {k: v for k, v in row.items() if k}


def _after(row: Row) -> dict[str, Any]:
    names = [n.strip() for n in str(row.get("after", "")).split(_BETWEEN)]
    return {"after": [n for n in names if n]} if any(names) else {}


def _instrument(row: Row) -> dict[str, Any]:
    condition = {key: row[column] for column, key in _CONDITION.items() if column in row}
    return {k: v for k, v in _kept(row).items() if k not in _CONDITION} | {"condition": condition}


def _agent(name: str, rows: Mapping[str, Sequence[Row]], trees: _Trees) -> dict[str, Any]:
    made: dict[str, Any] = {"name": name}
    for sheet in ("endowments", "fixed"):
        mine = {r["commodity"]: r.get("quantity", 0.0) for r in rows[sheet] if r["agent"] == name}
        made |= {sheet: mine} if mine else {}
    stocks = [{k: v for k, v in _kept(r).items() if k != "agent"} for r in rows["stocks"] if r["agent"] == name]
    made |= {"stocks": stocks} if stocks else {}
    return made | ({"demand": trees.of(name, "demand")} if trees.has(name, "demand") else {})


class _Trees:
    """Trees from rows of nests, flows and taxes."""

    def __init__(self, nests: Sequence[Row], flows: Sequence[Row], taxes: Sequence[Row], where: str) -> None:
        self.where = where
        self.nests: dict[tuple[str, str], dict[str, Row]] = {}
        self.flows: dict[tuple[str, str, str], dict[str, Any]] = {}
        for row in nests:
            require_known([row["side"]], _SIDES, kind="side", where=row[""])
            mine = self.nests.setdefault((row["owner"], row["side"]), {})
            if row["nest"] in mine:
                raise SpecError(f"Nest {row['nest']!r} stands twice.", where=row[""])
            mine[row["nest"]] = row
        for row in flows:
            mine = self.nests.get((row["owner"], row["side"]), {})
            require_known([row["nest"]], list(mine), kind="nest", where=row[""])
            held = self.flows.setdefault((row["owner"], row["side"], row["nest"]), {})
            if row["commodity"] in held:
                raise SpecError(f"{row['commodity']!r} stands twice in nest {row['nest']!r}.", where=row[""])
            held[row["commodity"]] = row.get("quantity", 0.0)
        for row in taxes:
            held = self.flows.get((row["owner"], row["side"], row["nest"]), {})
            require_known([row["commodity"]], list(held), kind="commodity of the nest", where=row[""])
            flow, tax = (
                held[row["commodity"]],
                {k: v for k, v in _kept(row).items() if k in ("name", "rate", "collector")},
            )
            given = flow if isinstance(flow, dict) else {"quantity": flow, "taxes": []}
            held[row["commodity"]] = {**given, "taxes": [*given["taxes"], tax]}

    @property
    def owners(self) -> set[str]:
        """Owners of trees."""
        return {owner for owner, _ in self.nests}

    def has(self, owner: str, side: str) -> bool:
        """Return whether an owner has a tree."""
        return (owner, side) in self.nests

    def of(self, owner: str, side: str) -> dict[str, Any]:
        """Return the tree of an owner."""
        mine = self.nests.get((owner, side), {})
        roots = [n for n, row in mine.items() if "parent" not in row]
        if len(roots) != 1:
            raise SpecError(
                f"{side.capitalize()} of {owner!r} have {len(roots)} nests without a parent.",
                where=f"{self.where}, sheet 'nests'",
                allowed="one root; every other nest names its parent",
            )
        for row in mine.values():
            require_known([row["parent"]] if "parent" in row else [], list(mine), kind="parent", where=row[""])
        reached: list[str] = []
        tree = self._tree((owner, side), roots[0], reached)
        lost = [n for n in mine if n not in reached]
        if lost:
            raise SpecError(
                f"Nests hang on each other and not on the root: {offenders(lost)}.", where=mine[lost[0]][""]
            )
        return tree

    def _tree(self, key: tuple[str, str], nest: str, reached: list[str]) -> dict[str, Any]:
        reached.append(nest)
        mine = self.nests[key]
        made: dict[str, Any] = {"name": nest, "elasticity": mine[nest].get("elasticity", 0.0)}
        below = [n for n, row in mine.items() if row.get("parent") == nest]
        if below:
            made["nests"] = [self._tree(key, n, reached) for n in below]
        held = self.flows.get((*key, nest))
        return made | ({"flows": held} if held else {})
