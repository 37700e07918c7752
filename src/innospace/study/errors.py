"""Several problems as one error, so that a user mends them in one go."""

from __future__ import annotations

import copy
from collections.abc import Iterable

from innospace.core.errors import InnospaceError, ProblemsError, StudyError


class StudyProblemsError(ProblemsError, StudyError):
    """Everything that keeps a study from running."""

    subject = "study"


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
