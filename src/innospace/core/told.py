"""Results told by other modules: words, tables and figures are loaded when somebody asks for them."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

from innospace.core.document import Section
from innospace.core.labels import require_known
from innospace.core.table import Table

if TYPE_CHECKING:
    from innospace.core.explore import Choice, View


class Told:
    """The part of the contract of a result that is words; results with fields are dataclasses with ``repr=False``.

    Attributes
    ----------
    WORDS : class attribute
        Module with ``summary``, ``findings`` and ``sections``, each a function of the result.
    TABLES, FIGURES : class attributes
        Modules with ``TABLES``, functions of the result by name, and with ``Plots``, a class made of the result;
        ``WORDS`` where they are empty.
    FIRST : class attribute
        The table that is shown when none is named, and in a notebook.
    """

    WORDS: ClassVar[str]
    TABLES: ClassVar[str] = ""
    FIGURES: ClassVar[str] = ""
    FIRST: ClassVar[str] = "coefficients"

    def summary(self) -> str:
        """Return text for a terminal, at most 100 columns wide."""
        return str(import_module(self.WORDS).summary(self))

    def table(self, kind: str = "") -> Table:
        """Return a table by name, the first one where none is named.

        Raises
        ------
        LabelError
            There is no such table; the names are told.
        """
        known: Mapping[str, Any] = import_module(self.TABLES or self.WORDS).TABLES
        require_known([kind or self.FIRST], list(known), kind="table")
        found: Table = known[kind or self.FIRST](self)
        return found

    @property
    def plot(self) -> Any:
        """Figures, each a method."""
        return import_module(self.FIGURES or self.WORDS).Plots(self)

    def findings(self) -> tuple[str, ...]:
        """Return what was found, in sentences, most important first."""
        return tuple(import_module(self.WORDS).findings(self))

    def sections(self) -> tuple[Section, ...]:
        """Return the part of a report."""
        return tuple(import_module(self.WORDS).sections(self))

    def __repr__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        return self.table(self.FIRST)._repr_html_()


class Explored(Told):
    """A result that a reader can look into.

    Attributes
    ----------
    LOOK : class attribute
        Module with ``choices``, a function of the result, and ``view``, one of the result and what was chosen.
    """

    LOOK: ClassVar[str]

    def choices(self) -> tuple[Choice, ...]:
        """Return what a reader can look into."""
        return tuple(import_module(self.LOOK).choices(self))

    def view(self, chosen: Mapping[str, str]) -> View:
        """Return what a reader sees for a choice."""
        shown: View = import_module(self.LOOK).view(self, chosen)
        return shown
