"""Two stored runs side by side: what they were made with, and every number that both hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from innospace.core.errors import StudyError

if TYPE_CHECKING:
    import pandas as pd

    from innospace.study.store import StoredRun

INFERENCE = ("std_error", "z", "p_value", "lower", "upper")
"""Columns that come with an estimate; they follow the estimates in the order of a comparison."""
NEGLIGIBLE = 1e-9
"""Differences below this, relative to the larger number, are rounding."""


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
    only_a, only_b : int
        Numbers that one run alone holds.
    """

    facts: tuple[tuple[str, str, str], ...]
    numbers: pd.DataFrame
    only_a: int
    only_b: int

    @property
    def differing(self) -> pd.DataFrame:
        """The numbers that differ by more than rounding."""
        return self.numbers[self.numbers["relative"] > NEGLIGIBLE]

    def to_dict(self) -> dict[str, Any]:
        """Return plain types, for ``--json``."""
        return {
            "facts": [{"name": n, "a": a, "b": b} for n, a, b in self.facts],
            "numbers": self.numbers.drop(columns="relative").to_dict("records"),
            "compared": len(self.numbers),
            "differing": len(self.differing),
            "only_a": self.only_a,
            "only_b": self.only_b,
        }


def compare_runs(a: StoredRun, b: StoredRun) -> Comparison:
    """Set two runs side by side.

    Numbers are matched by step, quantity and all labels; nothing is filled in where one run has no such number.

    Raises
    ------
    StudyError
        The runs have no number in common.
    """
    import pandas as pd

    left, right = (_numbers(run) for run in (a, b))
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
    return Comparison(_facts(a, b), numbers, int(counts.get("left_only", 0)), int(counts.get("right_only", 0)))


def _numbers(run: StoredRun) -> pd.DataFrame:
    """Return every number of a run: step, quantity, labels, value; labels that occur twice are numbered."""
    import pandas as pd

    rows = [_tidy(step.result.to_frame()).assign(step=step.name) for step in run.steps]
    frame = pd.concat(rows, ignore_index=True)
    again = frame.groupby(["step", "quantity", "labels"]).cumcount()
    frame["labels"] = frame["labels"].where(again == 0, frame["labels"] + " #" + (again + 1).astype(str))
    return frame


def _tidy(frame: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    whole = frame if frame.index.names == [None] else frame.reset_index()
    quantities = [c for c in whole.columns if is_numeric_dtype(whole[c]) and not is_bool_dtype(whole[c])]
    quantities = [c for c in quantities if c not in ("year", "row")]
    labels = [c for c in whole.columns if c not in quantities]
    texts = whole[labels].astype("string").fillna("").agg(", ".join, axis=1) if labels else ""
    parts = [pd.DataFrame({"quantity": str(c), "labels": texts, "value": whole[c].astype(float)}) for c in quantities]
    return pd.concat(parts, ignore_index=True).dropna(subset="value")


def _facts(a: StoredRun, b: StoredRun) -> tuple[tuple[str, str, str], ...]:
    known = [_described(run) for run in (a, b)]
    names = dict.fromkeys((*known[0], *known[1]))
    pairs = [(n, known[0].get(n, "-"), known[1].get(n, "-")) for n in names]
    return tuple(p for p in pairs if p[1] != p[2])


def _described(run: StoredRun) -> dict[str, str]:
    found = {"title": run.title, "innospace": run.version, "seed": str(run.seed)}
    for step in run.steps:
        provenance = step.result.provenance
        found |= {f"{step.name}: {k}": str(v) for k, v in provenance.options.items()}
        found |= {f"{step.name}: data {s.name}": s.sha256[:12] for s in provenance.sources}
    return found
