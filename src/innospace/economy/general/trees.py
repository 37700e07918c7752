"""Trees of nests: constant elasticities at any depth, in the calibrated share form.

A nest holds flows and further nests. Its elasticity says what it is: 0 Leontief, 1 Cobb-Douglas, infinity excluded; on
the side of outputs the elasticity is that of transformation (CET). With value shares ``theta`` and prices relative to
the benchmark ``r`` the price of a nest is ``P = (sum theta r^(1-s))^(1/(1-s))`` with ``s`` the elasticity on the side
of inputs and its negative on the side of outputs, and quantities are ``x = x0 (P / r)^s``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

from innospace.core.errors import SpecError


@dataclass(frozen=True, slots=True)
class Tax:
    """A tax on one flow, as a part of its price before the tax; negative for a subsidy.

    Attributes
    ----------
    name : str
        Taxes of one name are moved together by a scenario.
    rate : float
        Of inputs ``price paid = (1 + rate) price``, of outputs ``price received = (1 - rate) price``.
    collector : str
        The agent that receives it.
    """

    name: str
    rate: float
    collector: str


@dataclass(frozen=True, slots=True)
class Flow:
    """A quantity of a commodity in the benchmark, with the taxes on it."""

    commodity: str
    quantity: float
    taxes: tuple[Tax, ...] = ()

    @property
    def rate(self) -> float:
        """Sum of the rates."""
        return sum(t.rate for t in self.taxes) if self.taxes else 0.0


@dataclass(frozen=True, slots=True)
class Nest:
    """A nest: its name within the tree, its elasticity (not negative) and what it holds.

    ``flows`` is every flow of the tree, top to bottom.
    """

    name: str
    elasticity: float
    children: tuple[Flow | Nest, ...]
    flows: tuple[Flow, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        found: list[Flow] = []
        for child in self.children:
            if isinstance(child, Flow):
                found.append(child)
            else:
                found += child.flows
        object.__setattr__(self, "flows", tuple(found))

    def nests(self) -> Iterator[Nest]:
        """Return the nest and those below it, parents first."""
        yield self
        for child in self.children:
            if isinstance(child, Nest):
                yield from child.nests()

    def present(self) -> Nest | None:
        """Return the tree without flows of zero and without empty nests; None when nothing is left."""
        kept = [c.present() if isinstance(c, Nest) else (c if c.quantity else None) for c in self.children]
        left = tuple(c for c in kept if c is not None)
        return Nest(self.name, self.elasticity, left) if left else None


def require_sound(nest: Nest, where: str) -> None:
    """Raise unless elasticities are in range, nests are named once and quantities are positive.

    Raises
    ------
    SpecError
    """
    seen: set[str] = set()
    for part in nest.nests():
        if not (math.isfinite(part.elasticity) and part.elasticity >= 0.0):
            raise SpecError(
                f"The elasticity of nest {part.name!r} is {part.elasticity:g}.",
                where=where,
                allowed="0 (fixed proportions), 1 (Cobb-Douglas) or another finite number above zero",
            )
        if part.name in seen:
            raise SpecError(f"Two nests of one tree are called {part.name!r}.", where=where, remedy="Rename one.")
        seen.add(part.name)
        if not part.children:
            raise SpecError(f"Nest {part.name!r} is empty.", where=where, remedy="Leave it out, or give it flows.")
    wrong = [f for f in nest.flows if not 0.0 < f.quantity < math.inf]
    if wrong:
        raise SpecError(
            f"The flow of {wrong[0].commodity!r} is {wrong[0].quantity:g}.",
            where=where,
            allowed="a positive quantity; a flow that does not exist is left out",
        )


def single(name: str, commodity: str, quantity: float, *taxes: Tax) -> Nest:
    """Return a tree of one flow."""
    return Nest(name, 0.0, (Flow(commodity, quantity, taxes),))
