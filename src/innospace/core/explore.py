"""Results a reader looks into: what can be chosen, and what is shown for a choice. Numbers come from the result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from innospace.core.figure import Figure
from innospace.core.labels import require_known
from innospace.core.table import Table


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing a reader chooses.

    Attributes
    ----------
    name : str
        Key of the choice, lower case.
    label : str
        What is chosen, as a reader says it: ``Year``.
    options : mapping of str to str
        Value to label, in order.
    default : str
        An option, or empty when nothing needs to be chosen.
    many : bool
        So many options that a reader searches rather than scrolls; marks of drawings lead to them.
    """

    name: str
    label: str
    options: Mapping[str, str]
    default: str = ""
    many: bool = False


@dataclass(frozen=True, slots=True)
class View:
    """What is shown for a choice.

    Attributes
    ----------
    title : str
        Of the sentences: what was picked; empty when nothing was.
    sentences : tuple of str
    own : tuple of Figure
        Of what was picked.
    figures : tuple of Figure
        Of everything, with what was picked highlighted.
    table : Table or None
        The numbers behind the figures.
    """

    title: str
    sentences: tuple[str, ...]
    own: tuple[Figure, ...] = ()
    figures: tuple[Figure, ...] = field(default=())
    table: Table | None = None


@runtime_checkable
class Explorable(Protocol):
    """A result that a reader can look into."""

    def choices(self) -> tuple[Choice, ...]:
        """Return what can be chosen."""
        ...

    def view(self, chosen: Mapping[str, str]) -> View:
        """Return what is shown for a choice; what is not chosen has its default."""
        ...


def settled(choices: tuple[Choice, ...], chosen: Mapping[str, str]) -> dict[str, str]:
    """Return a value for every choice: what was chosen, else the default.

    Raises
    ------
    LabelError
        When there is no such choice or no such option.
    """
    known = {c.name: c for c in choices}
    require_known(list(chosen), list(known), kind="choice")
    for name, value in chosen.items():
        if value or known[name].default:
            require_known([value], list(known[name].options), kind=known[name].label.lower())
    return {c.name: chosen.get(c.name, c.default) for c in choices}
