"""Equations, a file for each part of the economy; every family of equations names its origin."""

from __future__ import annotations

from collections.abc import Iterator

from innospace.economy.models.knowledge.blocks import (
    bank,
    capital,
    government,
    households,
    labour,
    prices,
    production,
    trade,
)
from innospace.economy.models.knowledge.closure import Closure
from innospace.economy.system import EquationFamily, Symbols

BLOCKS = (production, prices, trade, labour, capital, households, government, bank)


def equations(m: Symbols, closure: Closure) -> Iterator[EquationFamily]:
    """Yield every family of equations of the model under a closure."""
    for block in BLOCKS:
        yield from block.equations(m, closure)
