"""What a proposal of a model is made from, and what it says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from innospace.study.column_parts import ColumnSeen, Part, is_firm
from innospace.study.row_use import RowUse

if TYPE_CHECKING:
    from innospace.data import Dataset

_PLAIN = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True, slots=True)
class Proposal:
    """A model for a table.

    Attributes
    ----------
    columns : tuple of ColumnSeen
        What was recognised, in the order of the table.
    label, time : str
        Columns that name the rows and their time; empty when there is none.
    renamed : mapping of str to str
        Name under which the study knows a column -> name in the file.
    schema : str
        Schema that the table fits, or empty.
    step : mapping
        What the step says, besides its data.
    title : str
    reasons, against : tuple of str
        Sentences.
    use : RowUse
    others : tuple of str
        Formulas that could stand in its place.
    """

    columns: tuple[ColumnSeen, ...]
    label: str
    time: str
    renamed: Mapping[str, str]
    schema: str
    step: Mapping[str, Any]
    title: str
    reasons: tuple[str, ...]
    against: tuple[str, ...]
    use: RowUse
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the user says; everything else is proposed.

    Attributes
    ----------
    formula, engine, label, time, inefficiency, method : str
        Empty when not said.
    arguments : mapping
        Of a method on firms.
    """

    formula: str = ""
    engine: str = ""
    label: str = ""
    time: str = ""
    inefficiency: str = ""
    method: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Table:
    """A table with what was recognised in it, and what its user wants."""

    dataset: Dataset
    seen: tuple[ColumnSeen, ...]
    label: str
    time: str
    wishes: Wishes

    def of(self, *parts: Part) -> list[ColumnSeen]:
        """Return the columns of some parts by name, so that their order in the table does not matter."""
        return sorted((c for c in self.seen if c.part in parts), key=lambda c: c.name)

    @property
    def unit(self) -> str:
        """What a row is: a firm or a region."""
        return "firm" if is_firm(self.label) else "region"

    @property
    def naming(self) -> str:
        """A sentence on the column that names the rows; empty when there is none."""
        if not self.label:
            return ""
        if bool(self.dataset.frame[[self.label, *filter(None, [self.time])]].duplicated().any()):
            return f"{self.label} names the rows, as was asked for."
        within = f" within {self.time}" if self.time else ""
        return f"{self.label} tells the rows apart{within}: it names them."

    def renamed(self, used: Iterable[str]) -> dict[str, str]:
        """Return new names of label and time, unless a formula uses them under their own."""
        wanted = {self.unit: self.label, "year": self.time}
        taken = set(used)
        return {new: old for new, old in wanted.items() if old and old != new and old not in taken | {new}}


def quoted_column(name: str) -> str:
    """Return a column as a formula writes it: in backticks when it is not one word."""
    return name if _PLAIN.fullmatch(name) else f"`{name}`"


def term(column: ColumnSeen) -> str:
    """Return a column as a term of a formula: its logarithm, unless it is one already."""
    name = quoted_column(column.name)
    return name if column.logged else f"log({name})"


def formula_names(formula: str) -> tuple[str, ...]:
    """Return the columns that a formula of a frontier uses, outcome first."""
    from innospace.data.formula import parse
    from innospace.frontier.spec import WITH_INTERCEPT

    return parse(formula, WITH_INTERCEPT).names


def listed(words: Sequence[str]) -> str:
    """Return words as a list in a sentence."""
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1] if words else "")))
