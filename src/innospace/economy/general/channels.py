"""What a scenario is worth taken apart by channel: how much of it goes through trade, production and demand.

A channel is a group of nests. Closed, the elasticities of its nests (of the outside too, for trade) are :data:`CLOSED`
of what they are, in the baseline and in the scenario; at zero proportions would be fixed and many models have no
equilibrium. With ``v(S)`` the effect when the channels ``S`` are open and the others closed, the rest is ``v`` with
none open: income and prices at nearly fixed proportions. Each channel has what it adds on the mean over all orders of
opening them (Shapley 1953), so that rest and channels add up to the effect.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from innospace.core.errors import SolverError
from innospace.core.progress import Progress, silent
from innospace.economy.general.compiled import Economy
from innospace.economy.general.macro import exchange_of
from innospace.economy.general.scenarios import shocked
from innospace.economy.general.solve import solve
from innospace.economy.general.spec import Spec
from innospace.economy.general.welfare import variations
from innospace.economy.scenario import Scenario
from innospace.economy.shapley import Part, shapley

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]
REST = "rest"
TRADE, PRODUCTION, DEMAND = "trade", "production", "demand"
CHANNELS = (TRADE, PRODUCTION, DEMAND)
CLOSED = 0.1
"""Part of its elasticities that a closed channel keeps."""


def by_channel(economy: Economy, scenario: Scenario, *, progress: Progress = silent) -> pd.DataFrame:
    """Take the equivalent variation of a scenario apart by channel.

    Parameters
    ----------
    economy : Economy
    scenario : Scenario
    progress : callable

    Returns
    -------
    pandas.DataFrame
        ``agent, channel, alone, shapley``, EV in percent of spending: ``alone`` is what a channel adds to the rest when
        it alone is open. The rest comes first, and ``shapley`` adds up to the whole effect. Channels without a nest
        that reacts are left out.

    Raises
    ------
    SolverError
        There is no equilibrium with some channels closed.
    """
    import pandas as pd

    kinds = kinds_of(economy)
    reacts = economy.part(economy.parameters.values, "elasticity") > 0.0
    open_ = [c for c in CHANNELS if any(k == c and r for k, r in zip(kinds, reacts, strict=True))]
    every = [p for size in range(len(open_) + 1) for p in itertools.combinations(range(len(open_)), size)]
    effects: dict[Part, Array] = {}
    for n, part in enumerate(every):
        progress(f"{scenario.name}: channels, {n + 1} of {len(every)}", n / len(every))
        effects[part] = _effect(economy, scenario, kinds, [open_[k] for k in part])
    progress("Done", 1.0)
    rest = effects[()]
    alone = [rest, *(effects[k,] - rest for k in range(len(open_)))]
    shares = [rest, *shapley(effects, len(open_))]
    agents = [economy.spec.agents[k].name for k in economy.arrays.demanding]
    return pd.DataFrame(
        {
            "agent": np.tile(agents, len(shares)),
            "channel": np.repeat([REST, *open_], len(agents)),
            "alone": np.concatenate(alone),
            "shapley": np.concatenate(shares),
        }
    )


def kinds_of(economy: Economy) -> tuple[str, ...]:
    """Return the channel of every nest: trade where it holds what is traded with the outside, else its owner's."""
    a, traded = economy.arrays, traded_of(economy.spec)
    held: dict[int, list[str]] = {}
    for (_, good), node in zip(a.leaf_names, a.leaf_node, strict=True):
        held.setdefault(int(node), []).append(good)
    works = len(economy.spec.activities)
    own = [DEMAND if level >= works else PRODUCTION for level in a.node_level]
    return tuple(TRADE if traded & set(held.get(k, ())) else kind for k, kind in enumerate(own))


def traded_of(spec: Spec) -> set[str]:
    """Return the commodities that are exported or imported."""
    exchange = set(exchange_of(spec))
    found = {s.commodity for s in spec.schedules}
    for activity in spec.activities:
        inputs, outputs = ({f.commodity for f in tree.flows} for tree in (activity.inputs, activity.outputs))
        found |= outputs if exchange & inputs else set()
        found |= inputs if exchange & outputs else set()
    return found


def _effect(economy: Economy, scenario: Scenario, kinds: tuple[str, ...], opened: list[str]) -> Array:
    families = economy.parameters.slices
    scale = np.where(np.isin(kinds, opened), 1.0, CLOSED)
    before, after = economy.parameters.values.copy(), shocked(economy, scenario)
    for p in (before, after):
        p[families["elasticity"]] *= scale
        if "outside_elasticity" in families and TRADE not in opened:
            p[families["outside_elasticity"]] *= CLOSED
    base = solve(economy, before)
    start = base.unknowns if economy.has_benchmark else None
    found = solve(economy, after, start=start, known=(base.unknowns, base.parameters))
    if not (base.status.converged and found.status.converged):
        closed = [c for c in CHANNELS if c not in opened]
        raise SolverError(
            f"{scenario.name!r} has no solution with closed channels: {', '.join(closed) or 'none'}.",
            remedy="Make the shocks smaller, or leave the decomposition by channel out.",
        )
    spending, ev, _ = variations(base, found)
    return np.asarray(100.0 * ev / spending)
