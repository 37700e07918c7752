"""What a scenario is worth taken apart by shock: one after another as written, and free of their order (Shapley)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from innospace.core.errors import SolverError
from innospace.core.progress import Progress, silent
from innospace.economy.general.result import Equilibrium
from innospace.economy.general.scenarios import shocked
from innospace.economy.general.solve import solve
from innospace.economy.general.welfare import welfare
from innospace.economy.scenario import Scenario
from innospace.economy.shapley import MOST_SHAPLEY, Part, parts_to_solve, shapley

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]


def decompose(baseline: Equilibrium, scenario: Scenario, *, progress: Progress = silent) -> pd.DataFrame:
    """Take the equivalent variation of a scenario apart by shock.

    Parameters
    ----------
    baseline : Equilibrium
        Without shocks.
    scenario : Scenario
        Its shocks are applied in the order in which they are written, also in every part.
    progress : callable

    Returns
    -------
    pandas.DataFrame
        ``number`` (of the shock, from 1), ``agent, in_turn, alone, shapley``, EV in percent of spending. ``in_turn`` is
        what a shock adds to those before it, and ``shapley`` the mean over all orders; both add up to the whole effect.
        With more than :data:`innospace.economy.shapley.MOST_SHAPLEY` shocks ``alone`` and ``shapley`` are missing.

    Raises
    ------
    SolverError
        A part of the scenario has no solution.
    """
    import pandas as pd

    count = len(scenario.shocks)
    every = parts_to_solve(count)
    agents = welfare(baseline, baseline)["agent"]
    effects: dict[Part, Array] = {(): np.zeros(len(agents))}
    for n, part in enumerate(every):
        progress(f"{scenario.name}: part {n + 1} of {len(every)}", n / len(every))
        effects[part] = _effect(baseline, scenario, part)
    progress("Done", 1.0)
    in_turn = np.diff([effects[tuple(range(i))] for i in range(count + 1)], axis=0)
    whole = count <= MOST_SHAPLEY
    free = shapley(effects, count) if whole else np.full_like(in_turn, np.nan)
    alone = np.array([effects[(i,)] for i in range(count)]) if whole else np.full_like(in_turn, np.nan)
    return pd.DataFrame(
        {
            "number": np.repeat(np.arange(1, count + 1), len(agents)),
            "agent": np.tile(agents, count),
            "in_turn": in_turn.ravel(),
            "alone": alone.ravel(),
            "shapley": free.ravel(),
        }
    )


def _effect(baseline: Equilibrium, scenario: Scenario, part: Part) -> Array:
    economy = baseline.economy
    chosen = Scenario(scenario.name, shocks=tuple(scenario.shocks[i] for i in part))
    known = (baseline.unknowns, baseline.parameters)
    found = solve(economy, shocked(economy, chosen), start=baseline.unknowns, known=known)
    if not found.status.converged:
        raise SolverError(
            f"There is no solution with shock {', '.join(str(i + 1) for i in part)} of {scenario.name!r} only.",
            remedy="Write the shocks in another order, or make them smaller.",
        )
    return welfare(baseline, found)["ev_percent"].to_numpy(np.float64)
