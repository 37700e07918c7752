"""Welfare: what a change is worth to an agent in money, at the prices before it (EV) and after it (CV).

The demand of an agent is a tree of constant elasticities over what is left after fixed purchases, so that its
expenditure function is ``E(p, u) = p f + P(p) u`` with ``f`` the fixed purchases, ``P`` the price of the tree and ``u``
the level of demand. From state 0 to state 1

    EV = E(p0, u1) - E(p0, u0) = P(p0) (u1 - u0),    CV = E(p1, u1) - E(p1, u0) = P(p1) (u1 - u0),

both positive for a gain (Varian 1992, chapter 10). For a government or an investor the same numbers value the volume
that is bought.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

    from innospace.economy.general.result import Equilibrium

Array = NDArray[np.float64]


def welfare(before: Equilibrium, after: Equilibrium) -> pd.DataFrame:
    """Return what a change is worth to every agent with a demand.

    Parameters
    ----------
    before, after : Equilibrium
        Two solutions of one model in the same numeraire.

    Returns
    -------
    pandas.DataFrame
        ``agent, spending`` (of the demand before, at its prices), ``ev, cv`` (money of the model), ``ev_percent``
        (of spending), ``real_income`` (level of demand after, before = 1). EV and CV are missing where the change moves
        fixed purchases or elasticities of the agent: tastes then differ and no amount of money compares the states.
    """
    import pandas as pd

    spending, ev, cv = variations(before, after)
    e = before.economy
    works = len(e.spec.activities)
    return pd.DataFrame(
        {
            "agent": [e.spec.agents[k].name for k in e.arrays.demanding],
            "spending": spending,
            "ev": ev,
            "cv": cv,
            "ev_percent": 100.0 * ev / spending,
            "real_income": after.point.level[works:] / before.point.level[works:],
        }
    )


def variations(before: Equilibrium, after: Equilibrium) -> tuple[Array, Array, Array]:
    """Return spending before, EV and CV of every agent with a demand; see :func:`welfare`."""
    e = before.economy
    roots = e.arrays.root_demand
    scale = e.arrays.node_value[roots]
    first, second = (scale * np.exp(s.point.node_price[roots]) for s in (before, after))
    works = len(e.spec.activities)
    u0, u1 = before.point.level[works:], after.point.level[works:]
    gain = np.where(~_tastes_moved(before, after), u1 - u0, np.nan)
    return first * u0, first * gain, second * gain


def _tastes_moved(before: Equilibrium, after: Equilibrium) -> NDArray[np.bool_]:
    """Return for every agent with a demand whether its fixed purchases or elasticities differ."""
    e = before.economy
    moved = before.parameters != after.parameters
    slices = e.parameters.slices
    nests = e.arrays.node_level[np.flatnonzero(moved[slices["elasticity"]])] - len(e.spec.activities)
    buyers = {int(e.fixed[0][k]) for k in np.flatnonzero(moved[slices["fixed"]])}
    return np.array([k in nests or int(agent) in buyers for k, agent in enumerate(e.arrays.demanding)], dtype=bool)
