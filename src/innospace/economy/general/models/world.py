"""Many regions that trade everything with each other: a closed world of Armington demands, to measure speed on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from innospace.economy.general.spec import Activity, Agent, Commodity, Endowment, Spec
from innospace.economy.general.trees import Flow, Nest, single

Array = NDArray[np.float64]
ROUNDS = 300
"""Rounds of payments after which sizes of regions have settled."""


def world(regions: int, sectors: int, *, elasticity: float = 3.0, seed: int = 0) -> Spec:
    """Return a random balanced world of ``regions (4 sectors + 2)`` prices and quantities.

    Each good of each region is made from two factors (Cobb-Douglas) and mixes of all goods (fixed proportions); each
    mix holds the good of every region (one elasticity of substitution). Households own factors and consume mixes.

    Parameters
    ----------
    regions, sectors : int
    elasticity : float
        Between origins.
    seed : int
        Of shares and sizes.
    """
    rng = np.random.default_rng(seed)
    r, s = regions, sectors
    uses = rng.uniform(0.2, 1.0, (r, s, s))
    uses *= rng.uniform(0.3, 0.6, (r, 1, s)) / uses.sum(axis=1, keepdims=True)  # part of cost, by user
    taste = rng.uniform(0.2, 1.0, (r, s))
    taste /= taste.sum(axis=1, keepdims=True)
    origin = rng.uniform(0.1, 1.0, (r, s, r))
    origin[np.arange(r), :, np.arange(r)] += 0.3 * r
    origin /= origin.sum(axis=2, keepdims=True)  # destination, good, origin
    output = _outputs(uses, taste, origin)
    value_added = output * (1.0 - uses.sum(axis=1))
    income = value_added.sum(axis=1)
    mixes = np.einsum("rij,rj->ri", uses, output) + taste * income[:, None]
    capital = rng.uniform(0.3, 0.7, (r, s))
    goods = [[f"g{a}.{i}" for i in range(s)] for a in range(r)]
    mixed = [[f"m{a}.{i}" for i in range(s)] for a in range(r)]
    activities = []
    for a in range(r):
        for j in range(s):
            factors = (
                Flow(f"K{a}", float(value_added[a, j] * capital[a, j])),
                Flow(f"L{a}", float(value_added[a, j] * (1.0 - capital[a, j]))),
            )
            bought = tuple(map(Flow, mixed[a], (uses[a, :, j] * output[a, j]).tolist()))
            tree = Nest("cost", 0.0, (Nest("factors", 1.0, factors), *bought))
            activities.append(Activity(f"make.{goods[a][j]}", tree, single("output", goods[a][j], float(output[a, j]))))
            amounts = (origin[a, j] * mixes[a, j]).tolist()
            varieties = tuple(map(Flow, [goods[b][j] for b in range(r)], amounts))
            supply = single("supply", mixed[a][j], float(mixes[a, j]))
            activities.append(Activity(f"mix.{mixed[a][j]}", Nest("varieties", elasticity, varieties), supply))
    agents = tuple(
        Agent(
            f"H{a}",
            (
                Endowment(f"K{a}", float((value_added[a] * capital[a]).sum())),
                Endowment(f"L{a}", float((value_added[a] * (1.0 - capital[a])).sum())),
            ),
            Nest("consumption", 1.0, tuple(map(Flow, mixed[a], (taste[a] * income[a]).tolist()))),
        )
        for a in range(r)
    )
    names = [n for row in (*goods, *mixed) for n in row] + [f"{h}{a}" for a in range(r) for h in ("K", "L")]
    return Spec(f"world {r} x {s}", tuple(map(Commodity, names)), tuple(activities), agents, (("L0", 1.0),))


def _outputs(uses: Array, taste: Array, origin: Array) -> Array:
    """Return outputs that clear every market at prices of one: the stationary vector of who pays whom."""
    left = 1.0 - uses.sum(axis=1)
    output = np.ones(taste.shape)
    for _ in range(ROUNDS):
        mixes = np.matmul(uses, output[:, :, None])[:, :, 0] + taste * (output * left).sum(axis=1)[:, None]
        new = np.matmul(origin.transpose(1, 2, 0), mixes.T[:, :, None])[:, :, 0].T
        new *= output.size / new.sum()
        if np.max(np.abs(new / output - 1.0)) < 1e-15:
            break
        output = new
    return np.asarray(output)
