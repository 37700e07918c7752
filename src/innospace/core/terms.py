"""Terms: what a symbol in a result means, in which unit, by which equation, and where it comes from."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Term:
    """One entry of a glossary.

    Attributes
    ----------
    name : str
        Name in the field, as it stands in results and study files (``technical_efficiency``).
    symbol : str
        Short form on pages and in formulas (``TE``); empty when there is none.
    unit : str
        Unit, or ``label`` for text; empty when it has none.
    meaning : str
        One or two plain sentences.
    equation : str
        Definition in plain text; empty when there is none.
    source : str
        Who defined it, author and year; empty for plain columns.
    latex : str
        The definition in LaTeX, where the program writes it so.
    where : str
        Where a user meets it: a key, an argument, a table, a chart.
    """

    name: str
    symbol: str
    unit: str
    meaning: str
    equation: str = ""
    source: str = ""
    latex: str = ""
    where: str = ""

    def to_dict(self) -> dict[str, str]:
        """Return plain types."""
        return asdict(self)
