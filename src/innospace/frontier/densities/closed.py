"""What distributions share whose likelihood with normal noise has a closed form."""

from __future__ import annotations

from typing import ClassVar

from innospace.frontier.densities.composed import NEARLY_ALL, Composed
from innospace.frontier.densities.noise import NormalNoise
from innospace.frontier.densities.prior import Prior


class ClosedForm(Composed):
    """A distribution of inefficiency with normal noise; subclasses bring ``law`` and an ``evaluate`` of their own."""

    __slots__ = ()
    law: ClassVar[Prior]

    def __init__(self) -> None:
        super().__init__(self.law, NormalNoise())

    def guesses(self, second: float, third: float, shares: tuple[float, ...]) -> list[tuple[float, ...]]:
        """Return starts: shapes by moments; shares of the variance, with several shapes a large one and nearly all."""
        shapes = self.prior.shapes
        found = [self._matched(second, third, None, shape, ()) for shape in shapes]
        if len(shapes) == 1:
            return found + [self.from_moments(second, third, share) for share in shares]
        found += [self._matched(second, third, NEARLY_ALL, shape, ()) for shape in shapes]
        # on random problems none of these can be left out
        return [*found, self.from_moments(second, third, shares[-2])]
