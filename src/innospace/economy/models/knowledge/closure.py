"""Who adjusts: choices about rules and markets that change results more than any elasticity. A study names them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from innospace.core.errors import SpecError
from innospace.core.labels import require_known, suggest

CHOICES = {
    "set_price_supply": {
        "state_order": "the authorities order quantities of free education and non-market R&D; final goods for them "
        "are a fixed share of output",
        "fixed_share": "every set-price product is a fixed share of its seller's output",
        "fixed_money": "the authorities spend fixed shares of their flexible budget; the quantity adjusts",
    },
    "norm_index": {
        "wages": "norms follow consumer prices and, by the labour share of science and education, the public wage",
        "consumer_prices": "norms follow consumer prices alone",
    },
    "knowledge": {
        "cumulative": "a stock is the sum of real spending of all earlier years",
        "lag": "only last year's spending counts",
        "perpetual_inventory": "a stock depreciates",
    },
    "relief": {
        "budget": "tax relief joins the budget of the producer",
        "deposit": "tax relief is kept on account",
    },
}
"""Every choice with its options and what they mean; the first option is the default."""


@dataclass(frozen=True, slots=True)
class Closure:
    """Choices of rules, by name; see :data:`CHOICES`."""

    set_price_supply: str = "state_order"
    norm_index: str = "wages"
    knowledge: str = "cumulative"
    relief: str = "budget"

    def __post_init__(self) -> None:
        for f in fields(self):
            value, options = getattr(self, f.name), CHOICES[f.name]
            if value not in options:
                raise SpecError(
                    f"Unknown choice {value!r} for {f.name}.",
                    where=f"closure, key {f.name!r}",
                    allowed=", ".join(options),
                    remedy=suggest(str(value), options) or "Use one of the names above.",
                )

    def describe(self) -> dict[str, str]:
        """Return what each choice means."""
        return {f.name: CHOICES[f.name][getattr(self, f.name)] for f in fields(self)}

    def to_dict(self) -> dict[str, str]:
        """Return plain types."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Closure:
        """Rebuild from :meth:`to_dict`."""
        require_known(list(data), list(CHOICES), kind="choice", where="closure")
        return cls(**data)
