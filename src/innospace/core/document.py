"""A report as data. Engines write sections; the study puts them together; the report room sets them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from innospace.core.checks import Check
from innospace.core.figure import Figure
from innospace.core.provenance import Nature, Provenance
from innospace.core.table import Table

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Plain text; no markup."""

    text: str


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading within a section.

    Attributes
    ----------
    text : str
    folded : bool
        What stands under it, up to the next heading or the end of the section, is for looking up: a page shows it on
        request, paper has it in an annex. It then says what that is, without repeating the heading before it.
    """

    text: str
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Equation:
    """One displayed equation in LaTeX (for HTML and LaTeX) and Typst (for PDF), with a plain reading."""

    name: str
    latex: str
    typst: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A labelled remark: what is reconstructed, assumed or simulated, or where sources disagree."""

    text: str
    nature: Nature


Block = Paragraph | Heading | Equation | Notice | Figure | Table


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a report with a heading and an anchor (lower case, hyphens); ``step`` is the step it came from."""

    anchor: str
    title: str
    blocks: tuple[Block, ...]
    step: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A whole report.

    Attributes
    ----------
    title, subtitle : str
        Heading of the report.
    findings : tuple of str
        What was found, in sentences, most important first.
    checks : tuple of Check
        Every check of every step.
    sections : tuple of Section
        The body.
    provenance : Provenance
        Versions, inputs, options.
    command : str
        What reproduces this page.
    run_id : str
        Identity of the stored run the numbers were read from.
    again : str
        What sets this page again from the stored run, whatever became of the study; empty without a stored run.
    data : mapping of str to pandas.DataFrame
        Whole results behind the page, one tidy frame a step; written as files on request, never shown.
    highlights : tuple of str
        The few findings that a brief report states; when there are none, the first of ``findings``.
    """

    title: str
    subtitle: str
    findings: tuple[str, ...]
    checks: tuple[Check, ...]
    sections: tuple[Section, ...]
    provenance: Provenance
    command: str
    run_id: str = ""
    language: str = field(default="en")
    data: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    highlights: tuple[str, ...] = ()
    again: str = ""

    def _repr_html_(self) -> str:
        from innospace.core.notebook import card, counted, listed

        facts = [
            ("Subtitle", self.subtitle),
            ("Sections", "; ".join(s.title for s in self.sections)),
            ("Holds", f"{counted(len(self.figures()), 'figure')}, {counted(len(self.tables()), 'table')}"),
            ("Made by", self.command),
        ]
        return card(self.title, facts, listed(self.findings))

    def tables(self) -> list[Table]:
        """Return every table, in order."""
        return [b for s in self.sections for b in s.blocks if isinstance(b, Table)]

    def figures(self) -> list[Figure]:
        """Return every figure, in order."""
        return [b for s in self.sections for b in s.blocks if isinstance(b, Figure)]
