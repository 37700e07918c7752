"""What distributions share whose likelihood with normal noise has a closed form."""

from __future__ import annotations

from typing import ClassVar

from innospace.frontier.densities.composed import Composed
from innospace.frontier.densities.noise import NormalNoise
from innospace.frontier.densities.prior import Prior


class ClosedForm(Composed):
    """A distribution of inefficiency with normal noise; subclasses bring ``law`` and an ``evaluate`` of their own."""

    __slots__ = ()
    law: ClassVar[Prior]

    def __init__(self) -> None:
        super().__init__(self.law, NormalNoise())

    def guesses(self, second: float, third: float, shares: tuple[float, ...]) -> list[tuple[float, ...]]:
        """Return starting values: every shape by its moments, then shares of the variance."""
        shaped = super().guesses(second, third, ())
        return shaped + [self.from_moments(second, third, share) for share in shares]
