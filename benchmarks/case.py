"""One timed case of the registry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Case:
    """One timed case.

    Attributes
    ----------
    name : str
    group : str
        Cases of one group are printed together, each with its ratio to the fastest.
    prepare : callable
        Returns the arguments of ``run``; not timed.
    run : callable
    rounds : int
        Repetitions when timed; a smoke run is one.
    small : callable, optional
        Arguments of a smoke run, where the timed case would take too long.
    """

    name: str
    group: str
    prepare: Callable[[], tuple[Any, ...]]
    run: Callable[..., Any]
    rounds: int = 3
    small: Callable[[], tuple[Any, ...]] | None = None
