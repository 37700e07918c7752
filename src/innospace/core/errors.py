"""Errors a user can act on.

Every error says what is wrong, where (the first offenders by label), what is allowed, and how to mend it.
The class decides the exit code of the command line.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

_SHOWN = 5


def offenders(labels: Iterable[object], shown: int = _SHOWN) -> str:
    """Name the first ``shown`` labels and count the rest: ``'a', 'b' and 3 more``."""
    items = [repr(x) if isinstance(x, str) else str(x) for x in labels]
    head = ", ".join(items[:shown])
    rest = len(items) - shown
    return f"{head} and {rest} more" if rest > 0 else head


class InnospaceError(Exception):
    """Base of every error raised on purpose.

    Parameters
    ----------
    what : str
        What is wrong, in one sentence.
    where : str, optional
        File, column, row or key, with the first offenders by label.
    allowed : str, optional
        What would have been accepted.
    remedy : str, optional
        What to do now.
    """

    exit_code: ClassVar[int] = 2

    def __init__(self, what: str, *, where: str = "", allowed: str = "", remedy: str = "") -> None:
        self.what, self.where, self.allowed, self.remedy = what, where, allowed, remedy
        super().__init__(what)

    def __str__(self) -> str:
        parts = [self.what]
        for label, text in (("Where", self.where), ("Allowed", self.allowed), ("To mend it", self.remedy)):
            if text:
                parts.append(f"  {label}: {text}")
        return "\n".join(parts)

    def to_dict(self) -> dict[str, Any]:
        """Return the parts of the message, for ``--json``."""
        return {
            "type": type(self).__name__,
            "what": self.what,
            "where": self.where,
            "allowed": self.allowed,
            "remedy": self.remedy,
        }

    def __reduce__(self) -> tuple[Any, ...]:
        # keyword-only arguments would be lost when a worker process sends the error back
        return (_rebuild, (type(self), self.what, self.where, self.allowed, self.remedy))


def _rebuild(cls: type[InnospaceError], what: str, where: str, allowed: str, remedy: str) -> InnospaceError:
    return cls(what, where=where, allowed=allowed, remedy=remedy)


class ProblemsError(InnospaceError):
    """Several problems as one error, so that a user mends them in one go.

    Parameters
    ----------
    where : str
        File or table.
    problems : iterable of InnospaceError
        Each with its own place and remedy; at least one.
    """

    subject: ClassVar[str] = "input"

    def __init__(self, where: str, problems: Iterable[InnospaceError]) -> None:
        self.problems = tuple(problems)
        count = len(self.problems)
        super().__init__(f"The {self.subject} has {count} problem{'s' if count != 1 else ''}.", where=where)

    def __str__(self) -> str:
        listed = [f"{i + 1}. " + str(p).replace("\n", "\n   ") for i, p in enumerate(self.problems)]
        return "\n".join([super().__str__(), *listed])

    def to_dict(self) -> dict[str, Any]:
        """Return the parts of the message and of every problem, for ``--json``."""
        return {**super().to_dict(), "problems": [p.to_dict() for p in self.problems]}

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.where, self.problems))


class DataError(InnospaceError):
    """A table cannot be used as it is: missing file, wrong type, impossible value, duplicate key."""


class LabelError(DataError):
    """Labels do not match what was expected: unknown column, region, year or parameter."""


class FormulaError(InnospaceError):
    """A formula is not in the allowed language or does not fit the table."""


class SpecError(InnospaceError):
    """A model specification contradicts itself or cannot be estimated on these data."""


class StudyError(InnospaceError):
    """A study file is missing, malformed or inconsistent."""


class StoreError(InnospaceError):
    """A stored run is missing or corrupt, or a folder cannot be written."""


class SolverError(InnospaceError):
    """An optimiser or equilibrium solver did not reach a solution."""

    exit_code: ClassVar[int] = 3


class InnospaceWarning(UserWarning):
    """Base of every warning raised on purpose, so that users can filter them."""


class MissingRowsWarning(InnospaceWarning):
    """Rows with missing cells were left out of an estimate."""


class BoundaryWarning(InnospaceWarning):
    """The estimate lies on the boundary of the parameter space."""


class OtherWorkWarning(InnospaceWarning):
    """A folder of finished parts holds those of other work only, so that nothing is resumed."""
