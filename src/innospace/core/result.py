"""What every result of every engine offers, and how it is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, Self, runtime_checkable

from innospace.core.checks import Check
from innospace.core.document import Section
from innospace.core.provenance import Provenance
from innospace.core.status import Status
from innospace.core.table import Table

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Bundle:
    """A result taken apart for storage: plain types and frames, no objects.

    Attributes
    ----------
    kind : str
        Which result class puts it together again.
    meta : mapping
        Plain types (JSON).
    frames : mapping of str to pandas.DataFrame
        Columns of numbers or text (Parquet).
    """

    kind: str
    meta: Mapping[str, Any]
    frames: Mapping[str, pd.DataFrame] = field(default_factory=dict)


@runtime_checkable
class Result(Protocol):
    """The contract of a result. Implementations are frozen."""

    @property
    def status(self) -> Status:
        """How the computation ended."""
        ...

    @property
    def checks(self) -> tuple[Check, ...]:
        """Gates and their verdicts."""
        ...

    @property
    def provenance(self) -> Provenance:
        """What produced it."""
        ...

    def summary(self) -> str:
        """Return text for a terminal, at most 100 columns wide."""
        ...

    def to_frame(self) -> pd.DataFrame:
        """Return the main numbers, tidy and labelled."""
        ...

    def table(self, kind: str) -> Table:
        """Return one of its tables."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers other programs rely on, as plain types."""
        ...

    def offers(self, name: str) -> pd.DataFrame:
        """Return a quantity another step may take over: label columns, ``value``, ``lower``, ``upper``, ``unit``."""
        ...

    def findings(self) -> tuple[str, ...]:
        """Return what was found, in sentences, most important first."""
        ...

    def sections(self) -> tuple[Section, ...]:
        """Return its part of a report."""
        ...

    def to_bundle(self) -> Bundle:
        """Take the result apart for storage."""
        ...

    @classmethod
    def from_bundle(cls, bundle: Bundle) -> Self:
        """Put a stored result together again."""
        ...


@runtime_checkable
class Estimated(Protocol):
    """A result whose key numbers have errors, so that those of two runs are set beside each other."""

    def estimated(self) -> pd.DataFrame:
        """Return ``name``, ``estimate``, ``std_error``, ``lower``, ``upper``; missing where there is none."""
        ...
