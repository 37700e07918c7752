"""What frontiers of several outcomes assume."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from innospace.core.document import Equation
from innospace.core.errors import SpecError, offenders
from innospace.frontier.spec import FrontierSpec

PLACE = "outcome"
"""Word on the left of the formula in whose place each outcome stands."""
MOST = 8
_PLACE = re.compile(rf"\b{PLACE}\b")


@dataclass(frozen=True, slots=True)
class OutcomesSpec:
    """One frontier for each of several outcomes, such as types of innovation, on the same inputs.

    Attributes
    ----------
    formula : str
        As in :class:`innospace.frontier.spec.FrontierSpec`, with the word ``outcome`` in place of a column:
        ``log(outcome) ~ log(space) | u: z``.
    outcomes : tuple of str
        Columns, two or more.
    inefficiency : str
    cost : bool
    names : mapping of str to str
        What columns are called in charts, tables and sentences.
    """

    formula: str
    outcomes: tuple[str, ...]
    inefficiency: str = "half_normal"
    cost: bool = False
    names: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        left = self.formula.partition("~")[0]
        if len(_PLACE.findall(left)) != 1 or _PLACE.search(self.formula.partition("~")[2]):
            raise SpecError(
                f"The formula must hold the word {PLACE} once, on its left side.",
                where=f"formula {self.formula!r}",
                allowed=f"log({PLACE}) ~ log(space)",
                remedy=f"Write {PLACE} where each of {offenders(self.outcomes)} shall stand.",
            )
        if not 2 <= len(set(self.outcomes)) == len(self.outcomes) <= MOST:
            raise SpecError(
                "Outcomes are set beside each other when there are several different ones.",
                where=f"outcomes {offenders(self.outcomes)}",
                allowed=f"2 to {MOST} different columns",
                remedy="Name the columns once each; fit one outcome by a plain formula.",
            )
        for name in self.outcomes:
            self.of(name)

    def of(self, outcome: str) -> FrontierSpec:
        """Return the frontier of one outcome."""
        column = outcome if outcome.isidentifier() else f"`{outcome}`"
        formula = _PLACE.sub(lambda _: column, self.formula, count=1)
        return FrontierSpec(formula, self.inefficiency, self.cost, names=self.names)

    def title(self, outcome: str) -> str:
        """Return what an outcome is called."""
        return str(self.names.get(outcome, outcome))

    def __str__(self) -> str:
        kind = "cost" if self.cost else "production"
        return (
            f"A stochastic {kind} frontier {self.formula} for each of {', '.join(map(self.title, self.outcomes))}, "
            f"with {self.of(self.outcomes[0]).law.title} inefficiency, by maximum likelihood; rows are the same, so "
            "that efficiencies can be compared."
        )

    def equations(self) -> tuple[Equation, ...]:
        """Return the model as equations; they are those of one outcome."""
        return self.of(self.outcomes[0]).equations()

    def to_dict(self) -> dict[str, Any]:
        """Return plain types."""
        return {**asdict(self), "outcomes": list(self.outcomes)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> OutcomesSpec:
        """Rebuild from :meth:`to_dict`."""
        return cls(**{**data, "outcomes": tuple(data["outcomes"])})
