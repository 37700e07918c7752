"""Scenarios on the parameters of a spec."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from innospace.economy.general.compiled import Economy
from innospace.economy.scenario import Scenario, apply

Array = NDArray[np.float64]
YEARS = (0, 1)
"""The benchmark and what is solved."""


def shocked(economy: Economy, scenario: Scenario) -> Array:
    """Return the parameters under a scenario.

    Raises
    ------
    LabelError, SpecError
        Unknown parameter or label; a value outside of its range.
    """
    known = economy.parameters
    paths = np.tile(known.values, (2, 1))
    families = [f for f in known.families if f.members]
    return np.asarray(apply(scenario, paths, YEARS, families, known.position)[1])
