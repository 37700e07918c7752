"""Cards: what a column and a sample are, where they come from, what may be done with them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from innospace.core.provenance import Nature


@dataclass(frozen=True, slots=True)
class ColumnCard:
    """One column: name, unit, meaning, and which values are allowed."""

    name: str
    unit: str
    meaning: str
    rule: str = ""


@dataclass(frozen=True, slots=True)
class SampleCard:
    """Provenance of a shipped sample.

    Attributes
    ----------
    name, title, description : str
    nature : Nature
        Observed, reconstructed, assumed or simulated.
    origin, licence, citation : str
    rows : int
    columns : tuple of ColumnCard
    file : str
        File inside the package.
    notes : tuple of str
        What a user must know before using it.
    """

    name: str
    title: str
    description: str
    nature: Nature
    origin: str
    licence: str
    citation: str
    rows: int
    columns: tuple[ColumnCard, ...]
    file: str
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return plain types."""
        return {**asdict(self), "nature": str(self.nature)}

    def _repr_html_(self) -> str:
        from innospace.core.notebook import card, grid, listed

        facts = [
            ("Name", self.name),
            ("Nature", self.nature),
            ("Rows", self.rows),
            ("About", self.description),
            ("Origin", self.origin),
            ("Licence", self.licence),
            ("Citation", self.citation),
        ]
        columns = grid(("Column", "Unit", "Meaning"), [(c.name, c.unit, c.meaning) for c in self.columns])
        return card(self.title, facts, listed(self.notes), columns)
