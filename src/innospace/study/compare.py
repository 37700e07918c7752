"""Two stored runs side by side: what they were made with, and every number that both hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from innospace.core.errors import StudyError
from innospace.core.figure import Figure, FigureKind
from innospace.core.numbers import fixed
from innospace.core.result import Estimated
from innospace.core.table import Column, Table

if TYPE_CHECKING:
    import pandas as pd

    from innospace.study.store import StoredRun

INFERENCE = ("std_error", "z", "p_value", "lower", "upper")
"""Columns that come with an estimate; they follow the estimates in the order of a comparison."""
NEGLIGIBLE = 1e-9
"""Differences below this, relative to the larger number, are rounding."""

MOST_DRAWN = 12
"""Estimates in one chart: those that differ the most."""
A, B = "A", "B"


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two runs have in common and what they differ in.

    Attributes
    ----------
    facts : tuple of (str, str, str)
        What the runs were made with where it differs: name, in A, in B.
    numbers : DataFrame
        One row a number that both hold: ``step``, ``quantity``, ``labels``, ``a``, ``b``, ``difference``, ``percent``;
        largest relative difference first, estimates before their errors.
    estimates : DataFrame
        One row an estimate (or effect) of both runs: ``step``, ``name``, then ``estimate``, ``std_error``, ``lower``,
        ``upper`` of A (``a_estimate`` ...) and of B, ``difference``, ``percent``, and ``errors_apart``: the difference
        in standard errors of A, missing where A has none. Largest relative difference first.
    only_a, only_b : int
        Numbers that one run alone holds.
    """

    facts: tuple[tuple[str, str, str], ...]
    numbers: pd.DataFrame
    estimates: pd.DataFrame
    only_a: int
    only_b: int

    @property
    def differing(self) -> pd.DataFrame:
        """The numbers that differ by more than rounding."""
        return self.numbers[self.numbers["relative"] > NEGLIGIBLE]

    @property
    def differing_estimates(self) -> pd.DataFrame:
        """The estimates that differ by more than rounding."""
        return self.estimates[self.estimates["relative"] > NEGLIGIBLE]

    def finding(self) -> str:
        """Return how much differs, in sentences."""
        found = [f"{fixed(len(self.numbers), 0)} numbers compared, {fixed(len(self.differing), 0)} differ."]
        if self.only_a or self.only_b:
            found.append(f"Only in A: {fixed(self.only_a, 0)}; only in B: {fixed(self.only_b, 0)}.")
        return " ".join(found)

    def tables(self) -> tuple[Table, ...]:
        """Return every number of both runs, and, where there are any, the estimates with their errors."""
        columns = (
            Column("step", "Step"),
            Column("quantity", "Quantity"),
            Column("labels", "Labels"),
            Column("a", "A", "significant:6"),
            Column("b", "B", "significant:6"),
            Column("difference", "B less A", "significant:4"),
            Column("percent", "B less A, %", "significant:4"),
        )
        numbers = Table("numbers", "Numbers of both runs", self.numbers.drop(columns="relative"), columns)
        return (numbers, self.estimates_table()) if len(self.estimates) else (numbers,)

    def estimates_table(self, *, differing: bool = False) -> Table:
        """Return the estimates of both runs with their errors, or those that differ."""
        frame = (self.differing_estimates if differing else self.estimates).drop(columns="relative")
        errors = bool(frame[["a_std_error", "b_std_error"]].notna().to_numpy().any())
        spread = (("std_error", "std. error"),) if errors else (("lower", "from"), ("upper", "to"))
        columns = [Column("step", "Step"), Column("name", "Estimate")]
        for run, key in ((A, "a"), (B, "b")):
            columns.append(Column(f"{key}_estimate", "estimate", "significant:4", run))
            columns += [Column(f"{key}_{name}", heading, "significant:3", run) for name, heading in spread]
        columns.append(Column("difference", "difference", "significant:3", "B less A"))
        columns += [Column("errors_apart", "in errors of A", "fixed:2", "B less A")] if errors else []
        notes = ("The runs may share their data: the errors of A are a yardstick, not those of the difference.",)
        return Table(
            "estimates", "Estimates of both runs", frame.reset_index(drop=True), tuple(columns), notes if errors else ()
        )

    def figures(self) -> tuple[Figure, ...]:
        """Return a chart for every step whose estimates differ: A and B with their intervals."""
        differing = self.differing_estimates
        return tuple(_figure(str(step), rows) for step, rows in differing.groupby("step", sort=False))

    def to_dict(self) -> dict[str, Any]:
        """Return plain types, for ``--json``."""
        return {
            "facts": [{"name": n, "a": a, "b": b} for n, a, b in self.facts],
            "numbers": self.numbers.drop(columns="relative").to_dict("records"),
            "estimates": self.estimates.drop(columns="relative").to_dict("records"),
            "compared": len(self.numbers),
            "differing": len(self.differing),
            "only_a": self.only_a,
            "only_b": self.only_b,
        }


def compare_runs(a: StoredRun, b: StoredRun) -> Comparison:
    """Set two runs side by side.

    Numbers are matched by step, quantity and labels; nothing is filled in where one run has no such number. A label
    that follows from the first one in both runs, as the code of a region from its name, is left out.

    Raises
    ------
    StudyError
        The runs have no number in common.
    """
    import pandas as pd

    tables = [{step.name: _flat_table(step.result.to_frame()) for step in run.steps} for run in (a, b)]
    spare = {n: _follow(tables[0][n]) & _follow(tables[1][n]) for n in tables[0].keys() & tables[1].keys()}
    left, right = (_numbers(of, spare) for of in tables)
    both = left.merge(right, on=["step", "quantity", "labels"], how="outer", suffixes=("_a", "_b"), indicator="side")
    sides = both["side"].astype(str)
    counts = sides.value_counts()
    shared = both[sides == "both"].drop(columns="side").rename(columns={"value_a": "a", "value_b": "b"})
    if shared.empty:
        steps = [", ".join(s.name for s in run.steps) for run in (a, b)]
        raise StudyError(
            "The two runs have no number in common.",
            where=f"steps of A: {steps[0]}; of B: {steps[1]}",
            remedy="Compare runs whose steps have the same names and do the same.",
        )
    shared["difference"] = shared["b"] - shared["a"]
    shared["percent"] = 100.0 * shared["difference"] / shared["a"].abs()
    largest = shared[["a", "b"]].abs().max(axis=1)
    shared["relative"] = (shared["difference"].abs() / largest).fillna(0.0)
    shared["inference"] = shared["quantity"].isin(INFERENCE)
    ordered = shared.sort_values(["inference", "relative"], ascending=[True, False], kind="stable")
    numbers = pd.DataFrame(ordered.drop(columns="inference").reset_index(drop=True))
    return Comparison(
        _facts(a, b), numbers, _estimates(a, b), int(counts.get("left_only", 0)), int(counts.get("right_only", 0))
    )


def _numbers(tables: Mapping[str, pd.DataFrame], spare: Mapping[str, set[str]]) -> pd.DataFrame:
    """Return every number of a run: step, quantity, labels, value; labels that occur twice are numbered."""
    import pandas as pd

    rows = [_tidy(table, spare.get(step, set())).assign(step=step) for step, table in tables.items()]
    frame = pd.concat(rows, ignore_index=True)
    again = frame.groupby(["step", "quantity", "labels"]).cumcount()
    frame["labels"] = frame["labels"].where(again == 0, frame["labels"] + " #" + (again + 1).astype(str))
    return frame


def _flat_table(frame: pd.DataFrame) -> pd.DataFrame:
    return frame if frame.index.names == [None] else frame.reset_index()


def _labels(table: pd.DataFrame) -> list[str]:
    """Return the columns that say which number a row holds."""
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    numbers = [c for c in table.columns if is_numeric_dtype(table[c]) and not is_bool_dtype(table[c])]
    return [c for c in table.columns if c not in numbers or c in ("year", "row")]


def _follow(table: pd.DataFrame) -> set[str]:
    """Return the labels that have one value for each value of the first, which has several."""
    first, *others = _labels(table) or [""]
    if not others or table[first].nunique(dropna=False) < 2:
        return set()
    most = table.groupby(first, dropna=False)[others].nunique(dropna=False).max()
    return {name for name in others if most[name] == 1}


def _tidy(table: pd.DataFrame, spare: set[str]) -> pd.DataFrame:
    import pandas as pd

    labels = _labels(table)
    quantities = [c for c in table.columns if c not in labels]
    named = [c for c in labels if c not in spare]
    texts = table[named].astype("string").fillna("").agg(", ".join, axis=1) if named else ""
    parts = [pd.DataFrame({"quantity": str(c), "labels": texts, "value": table[c].astype(float)}) for c in quantities]
    return pd.concat(parts, ignore_index=True).dropna(subset="value")


def _estimates(a: StoredRun, b: StoredRun) -> pd.DataFrame:
    """Return the estimates that both runs hold, side by side; names that occur twice are numbered."""
    left, right = (_estimated(run).add_prefix(f"{key}_") for run, key in ((a, "a"), (b, "b")))
    keys = ["step", "name"]
    left, right = (f.rename(columns={f"{k}_{n}": n for n in keys}) for f, k in ((left, "a"), (right, "b")))
    both = left.merge(right, on=keys).dropna(subset=["a_estimate", "b_estimate"])
    gap = both["b_estimate"] - both["a_estimate"]
    both["difference"] = gap
    both["percent"] = 100.0 * gap / both["a_estimate"].abs()
    both["errors_apart"] = gap / both["a_std_error"]
    both["relative"] = (gap.abs() / both[["a_estimate", "b_estimate"]].abs().max(axis=1)).fillna(0.0)
    return both.sort_values("relative", ascending=False, kind="stable").reset_index(drop=True)


def _estimated(run: StoredRun) -> pd.DataFrame:
    import pandas as pd

    columns = ["name", "estimate", "std_error", "lower", "upper"]
    rows = [s.result.estimated()[columns].assign(step=s.name) for s in run.steps if isinstance(s.result, Estimated)]
    frame = pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=[*columns, "step"])
    again = frame.groupby(["step", "name"]).cumcount()
    frame["name"] = frame["name"].where(again == 0, frame["name"] + " #" + (again + 1).astype(str))
    return frame


def _figure(step: str, rows: pd.DataFrame) -> Figure:
    """Draw the estimates of one step that differ the most, A and B beside each other."""
    import pandas as pd

    shown = rows.head(MOST_DRAWN)
    sides = [
        shown[["name", *(f"{key}_{c}" for c in ("estimate", "lower", "upper"))]].set_axis(
            ["name", "estimate", "lower", "upper"], axis=1
        )
        for key in ("a", "b")
    ]
    data = pd.concat([side.assign(run=run) for side, run in zip(sides, (A, B), strict=True)], ignore_index=True)
    first = shown.iloc[0]
    differ = "1 estimate differs" if len(rows) == 1 else f"{len(rows)} estimates differ"
    some = f"the {MOST_DRAWN} that differ the most of {len(rows)}" if len(rows) > MOST_DRAWN else "those that differ"
    return Figure(
        f"estimates-{step}",
        FigureKind.COEFFICIENTS,
        f"{step}: {differ}; the most: {first['name']}",
        f"Estimates of both runs, {some}; lines are their intervals",
        "Computed from the two stored runs.",
        f"Estimates of step {step} in runs A and B. {first['name']}: {first['a_estimate']:.4g} and "
        f"{first['b_estimate']:.4g}.",
        data,
        {"term": "name", "estimate": "estimate", "lower": "lower", "upper": "upper", "model": "run"},
    )


def _facts(a: StoredRun, b: StoredRun) -> tuple[tuple[str, str, str], ...]:
    shared = {s.name for s in a.steps} & {s.name for s in b.steps}
    known = [_described(run, shared) for run in (a, b)]
    names = dict.fromkeys((*known[0], *known[1]))
    pairs = [(n, known[0].get(n, "-"), known[1].get(n, "-")) for n in names]
    return tuple(p for p in pairs if p[1] != p[2])


def _described(run: StoredRun, steps: set[str]) -> dict[str, str]:
    """Return what a run was made with, of steps by name; options within options by their path."""
    found = {"title": run.title, "innospace": run.version, "seed": str(run.seed)}
    found["steps"] = ", ".join(s.name for s in run.steps)
    for step in (s for s in run.steps if s.name in steps):
        provenance = step.result.provenance
        found |= {f"{step.name}: {k}": str(v) for k, v in _flat(provenance.options)}
        found |= {f"{step.name}: data {s.name}": s.sha256[:12] for s in provenance.sources}
    return found


def _flat(options: Mapping[str, Any], before: str = "") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for key, value in options.items():
        found += _flat(value, f"{before}{key}.") if isinstance(value, Mapping) else [(f"{before}{key}", value)]
    return found
