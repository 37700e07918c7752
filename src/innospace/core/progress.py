"""Progress as a callback: engines report, shells draw."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, float], None]
"""Called with what is being done now and the finished fraction in [0, 1]. It may raise to stop the work."""


def silent(message: str, fraction: float) -> None:
    """Report nothing."""


def part(progress: Progress, first: float, last: float) -> Progress:
    """Return progress of one part as progress of the whole, from ``first`` to ``last``."""

    def report(message: str, fraction: float) -> None:
        progress(message, first + (last - first) * fraction)

    return report
