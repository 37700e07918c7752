"""Several problems as one error, so that a user mends them in one go."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

from innospace.core.errors import InnospaceError, StudyError


class StudyProblemsError(StudyError):
    """Everything that keeps a study from running.

    Parameters
    ----------
    file : str
        The study file.
    problems : iterable of InnospaceError
        Each with its own place and remedy; at least one.
    """

    def __init__(self, file: str, problems: Iterable[InnospaceError]) -> None:
        self.file = file
        self.problems = tuple(problems)
        count = len(self.problems)
        super().__init__(f"The study has {count} problem{'s' if count != 1 else ''}.", where=file)

    def __str__(self) -> str:
        listed = [f"{i + 1}. " + str(p).replace("\n", "\n   ") for i, p in enumerate(self.problems)]
        return "\n".join([super().__str__(), *listed])

    def to_dict(self) -> dict[str, Any]:
        """Return the parts of the message and of every problem, for ``--json``."""
        return {**super().to_dict(), "problems": [p.to_dict() for p in self.problems]}

    def __reduce__(self) -> tuple[Any, ...]:
        return (StudyProblemsError, (self.file, self.problems))


def at(error: InnospaceError, place: str) -> InnospaceError:
    """Return ``error`` with ``place`` in front of where it happened."""
    placed = copy.copy(error)
    placed.where = f"{place}: {error.where}" if error.where else place
    return placed


def raise_all(file: str, problems: Iterable[InnospaceError]) -> None:
    """Raise :class:`StudyProblemsError` when there are any."""
    found = tuple(problems)
    if found:
        raise StudyProblemsError(file, found)
