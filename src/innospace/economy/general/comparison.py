"""The same scenarios under several closures: what each does to welfare, the real product and the rewards of factors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from innospace.core.progress import Progress, silent
from innospace.economy.general.macro import Macro, deflator, factors_of, real_product
from innospace.economy.general.result import Equilibrium
from innospace.economy.general.scenarios import shocked
from innospace.economy.general.solve import compile_spec, solve
from innospace.economy.general.spec import Spec
from innospace.economy.general.welfare import welfare

if TYPE_CHECKING:
    import pandas as pd

    from innospace.economy.general.study_result import EquilibriumResult

OWN = "as chosen"
"""Name of the closure of the result itself."""
EV, PRODUCT, REWARD = "ev_percent", "real_product", "real_reward"
COLUMNS = ("closure", "scenario", "measure", "name", "value")


def with_closures(
    result: EquilibriumResult, closures: Mapping[str, Spec], progress: Progress = silent
) -> EquilibriumResult:
    """Return the result with the effects of its scenarios under other closures of its model.

    Parameters
    ----------
    result : EquilibriumResult
        Brings scenarios and the effects under its own closure.
    closures : mapping of str to Spec
        The model under every closure, by name; see :mod:`innospace.economy.general.closure`.
    progress : callable

    Returns
    -------
    EquilibriumResult
        ``closures`` holds ``closure, scenario, measure, name, value`` in percent against the baseline of the same
        closure: ``ev_percent`` of spending by agent, ``real_product`` at baseline prices, ``real_reward`` of factors
        (price over the deflator of the product). Missing where there is no solution.

    Raises
    ------
    SpecError, LabelError
        A closure leaves an unknown without an equation, or takes away what a scenario moves.
    """
    import pandas as pd

    frames = [_effects(OWN, n, result.baseline, s) for n, s in result.shocked.items()]
    for k, (name, spec) in enumerate(closures.items()):
        progress(f"Closure {name}", k / len(closures))
        economy = compile_spec(spec)
        before = solve(economy)
        start = None if economy.has_benchmark else before.unknowns
        for scenario in result.scenarios.values():
            p = shocked(economy, scenario)
            after = solve(economy, p, start=start, known=(before.unknowns, before.parameters))
            frames.append(_effects(name, scenario.name, before, after))
    progress("Done", 1.0)
    return replace(result, closures=pd.concat(frames, ignore_index=True))


def _effects(closure: str, scenario: str, before: Equilibrium, after: Equilibrium) -> pd.DataFrame:
    import pandas as pd

    gain = welfare(before, after)
    base, now = Macro(before), Macro(after)
    factors = factors_of(before.economy.spec)
    if before.status.converged and after.status.converged:
        prices = deflator(base, now)
        rewards = [100.0 * (after.price(f) / before.price(f) / prices - 1.0) for f in factors]
        product, worth = 100.0 * (real_product(base, now) / base.product - 1.0), gain["ev_percent"].to_numpy()
    else:
        rewards, product, worth = [np.nan] * len(factors), np.nan, np.full(len(gain), np.nan)
    rows = [(EV, agent, float(v)) for agent, v in zip(gain["agent"], worth, strict=True)]
    rows += [(PRODUCT, "product", product), *((REWARD, f, v) for f, v in zip(factors, rewards, strict=True))]
    return pd.DataFrame([(closure, scenario, *row) for row in rows], columns=list(COLUMNS))


def unsolved(frame: pd.DataFrame) -> float:
    """Return the part of scenarios and closures without a solution."""
    product = frame[frame["measure"] == PRODUCT]
    return float(product["value"].isna().mean())
