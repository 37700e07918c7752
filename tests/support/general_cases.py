"""Random open economies with balanced matrices, and helpers for tests of the general equilibrium engine."""

from __future__ import annotations

import numpy as np
import pandas as pd

from innospace.core.provenance import Source
from innospace.data.sam import SAM
from innospace.economy.general.models.open_economy import Country, Elasticities, Roles


def random_country(seed: int, goods: int = 3, factors: int = 2) -> Country:
    """Return an open economy whose matrix balances by construction; elasticities 0.3 to 4."""
    rng = np.random.default_rng(seed)
    names = tuple(f"g{i}" for i in range(goods))
    owned = tuple(f"f{i}" for i in range(factors))
    roles = Roles(names, owned)
    labels = [*names, *owned, "IDT", "TRF", "HOH", "GOV", "INV", "EXT"]
    m = pd.DataFrame(0.0, index=labels, columns=labels)
    g = list(names)
    m.loc[g, g] = rng.uniform(0.5, 5.0, (goods, goods)) * min(1.0, 5.0 / goods)  # cost stays above what is bought
    m.loc[g, "HOH"] = rng.uniform(5.0, 30.0, goods)
    m.loc[g, "GOV"] = rng.uniform(2.0, 10.0, goods)
    m.loc[g, "INV"] = rng.uniform(2.0, 10.0, goods)
    supply = m.loc[g].sum(axis=1)
    foreign = supply * rng.uniform(0.05, 0.4, goods)
    tariff = rng.uniform(0.0, 0.3, goods)
    m.loc["EXT", g] = (foreign / (1.0 + tariff)).to_numpy()
    m.loc["TRF", g] = (foreign - foreign / (1.0 + tariff)).to_numpy()
    home = supply - foreign
    m.loc[g, "EXT"] = (home * rng.uniform(0.05, 0.5, goods)).to_numpy()
    gross = home + m.loc[g, "EXT"]
    rate = rng.uniform(0.0, 0.2, goods)
    cost = gross / (1.0 + rate)
    m.loc["IDT", g] = (gross - cost).to_numpy()
    left = cost.to_numpy() - m.loc[g, g].sum(axis=0).to_numpy()
    m.loc[list(owned), g] = rng.dirichlet(np.full(factors, 4.0), goods).T * left
    m.loc["HOH", list(owned)] = m.loc[list(owned), g].sum(axis=1).to_numpy()
    m.loc["GOV", "IDT"], m.loc["GOV", "TRF"] = m.loc["IDT"].sum(), m.loc["TRF"].sum()
    spent = m.loc[g, "GOV"].sum()
    m.loc["INV", "GOV"] = 0.1 * spent
    m.loc["GOV", "HOH"] = 1.1 * spent - m.loc["GOV", "IDT"] - m.loc["GOV", "TRF"]
    m.loc["INV", "HOH"] = m.loc["HOH"].sum() - m["HOH"].sum()
    m.loc["INV", "EXT"] = m["INV"].sum() - m.loc["INV"].sum()
    pick = {n: float(rng.uniform(0.3, 4.0)) for n in names}
    curve = {n: float(rng.uniform(0.3, 4.0)) for n in names}
    value = {n: float(rng.uniform(0.3, 2.0)) for n in names}
    elasticities = Elasticities(pick, curve, value, float(rng.uniform(0.3, 2.0)))
    return Country(SAM(m, "money", 0, Source("random", "")), roles, elasticities)


def numerical_jacobian(economy, v, p, step=1e-6):
    """Return derivatives by central differences."""
    out = np.zeros((len(v), len(v)))
    for k in range(len(v)):
        h = step * max(1.0, abs(v[k]))
        up, down = v.copy(), v.copy()
        up[k] += h
        down[k] -= h
        f = [economy.evaluate(x, p, derivatives=False)[0] for x in (up, down)]
        out[:, k] = (f[0] - f[1]) / (2.0 * h)
    return out
