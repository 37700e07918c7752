"""A synthetic two-wave panel of firms with known truth, built so that the findings of the source study hold in it.

Every number here is **simulated**. The structure follows the questions of the policy brief of the SEARCH project
(work package 4.4) on Russian manufacturing firms; the firm data behind the brief are not public and the brief
prints no coefficient, so the truth below is ours, chosen to have the signs and the order that the brief reports.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from innospace.core.errors import SpecError

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]

WAVES = (2005, 2009)
CHANNELS = ("export", "machinery", "inputs")
OUTCOMES = ("rd", "product", "technology")
PARTNERS = ("new_foreign_partner", "new_domestic_partner")
SAMPLE = "firms-synthetic"
"""Names of the samples that ship begin with it."""
SAMPLE_FIRMS, SAMPLE_SEED = 5000, 20052009
"""Firms and seed of the sample that ships."""

SHARES: Mapping[str, float] = {
    "foreign_owner": 0.10,
    "state_owner": 0.12,
    "group": 0.30,
    "competition": 0.50,
    "catching_up": 0.40,
}
"""Shares of firms with each trait in the first wave; traits are independent."""
LOCATIONS: Mapping[str, float] = {"other": 0.50, "regional capital": 0.42, "capital": 0.08}
INDUSTRIES: Mapping[str, tuple[float, float]] = {
    "food": (0.0, 1.60),
    "textiles": (-0.30, 1.45),
    "wood": (-0.20, 1.50),
    "chemicals": (0.35, 1.70),
    "metals": (0.25, 1.65),
    "machinery": (0.05, 1.55),
    "electrical": (0.10, 1.48),
    "transport equipment": (0.15, 1.52),
}
"""Industry -> productivity (log points) and price level of 2009 (2005 is 1)."""

PRODUCTIVITY: Mapping[str, float] = {"Intercept": 4.0, "size": 0.10, "foreign_owner": 0.25, "sigma": 0.60}
"""Log value added per worker in 2005, thousand roubles; ``size`` is log employment less 5."""
GROWTH: Mapping[str, float] = {
    "Intercept": 0.10,
    "export_starter": 0.06,
    "machinery_starter": 0.12,
    "inputs_starter": 0.05,
    "sigma": 0.25,
}
"""Growth of log real value added per worker between the waves."""
INITIAL: Mapping[str, Mapping[str, float]] = {
    "export": {"Intercept": -0.35, "size": 0.45, "productivity": 0.60},
    "machinery": {"Intercept": -0.55, "size": 0.30, "productivity": 0.40},
    "inputs": {"Intercept": -0.45, "size": 0.25, "productivity": 0.20},
}
"""Probits of trading in 2005; ``productivity`` is in log points less 4."""
ENTRY: Mapping[str, Mapping[str, float]] = {
    "export": {"Intercept": -0.90, "size": 0.35, "productivity": 0.50},
    "machinery": {"Intercept": -0.80, "size": 0.25, "productivity": 0.30},
    "inputs": {"Intercept": -0.75, "size": 0.25, "productivity": 0.0},
}
"""Probits of trading in 2009 for firms that did not in 2005."""
STAY: Mapping[str, float] = {"export": 0.85, "machinery": 0.70, "inputs": 0.75}
"""Share of traders of 2005 that trade in 2009."""
MARKETS: Mapping[str, float] = {"export_cis": 0.80, "export_beyond": 0.45}
"""Shares of exporters by market, independent; an exporter to neither is one to the CIS."""
PARTNER: Mapping[str, Mapping[str, float]] = {
    "new_foreign_partner": {
        "Intercept": -1.00,
        "foreign_owner": 0.90,
        "state_owner": 0.0,
        "export_cis_2005": 0.35,
        "export_beyond_2005": 0.45,
        "capital": 0.40,
        "regional_capital": 0.25,
        "catching_up": 0.0,
        "group": -0.25,
    },
    "new_domestic_partner": {
        "Intercept": 0.10,
        "foreign_owner": 0.0,
        "state_owner": 0.0,
        "export_cis_2005": 0.0,
        "export_beyond_2005": 0.0,
        "capital": 0.0,
        "regional_capital": 0.0,
        "catching_up": 0.40,
        "group": -0.30,
    },
}
"""Probits of new partners between the waves."""
PARTNER_CORRELATION = 0.30
INNOVATION: Mapping[str, Mapping[str, float]] = {
    "rd": {
        "Intercept": -1.55,
        "export_starter": 0.25,
        "export_quitter": 0.0,
        "export_continuous": 0.60,
        "machinery_starter": 0.55,
        "machinery_quitter": 0.0,
        "machinery_continuous": 0.85,
        "inputs_starter": 0.35,
        "inputs_quitter": 0.0,
        "inputs_continuous": 0.60,
        "inputs_share_x_machinery_starter": 0.0,
        "size": 0.20,
        "productivity": 0.15,
        "competition": 0.0,
        "state_owner": 0.35,
        "foreign_owner": 0.0,
        "new_domestic_partner": 0.60,
        "new_foreign_partner": 0.45,
    },
    "product": {
        "Intercept": -1.35,
        "export_starter": 0.20,
        "export_quitter": 0.0,
        "export_continuous": 0.50,
        "machinery_starter": 0.50,
        "machinery_quitter": 0.0,
        "machinery_continuous": 0.75,
        "inputs_starter": 0.30,
        "inputs_quitter": 0.0,
        "inputs_continuous": 0.50,
        "inputs_share_x_machinery_starter": 1.50,
        "size": 0.15,
        "productivity": 0.10,
        "competition": 0.0,
        "state_owner": 0.0,
        "foreign_owner": 0.0,
        "new_domestic_partner": 0.55,
        "new_foreign_partner": 0.25,
    },
    "technology": {
        "Intercept": -1.45,
        "export_starter": 0.20,
        "export_quitter": 0.0,
        "export_continuous": 0.50,
        "machinery_starter": 0.60,
        "machinery_quitter": 0.0,
        "machinery_continuous": 0.85,
        "inputs_starter": 0.30,
        "inputs_quitter": 0.0,
        "inputs_continuous": 0.50,
        "inputs_share_x_machinery_starter": 0.0,
        "size": 0.20,
        "productivity": 0.10,
        "competition": 0.0,
        "state_owner": 0.35,
        "foreign_owner": 0.0,
        "new_domestic_partner": 0.55,
        "new_foreign_partner": 0.20,
    },
}
"""Probits of innovating in 2009 for firms that did not in 2005: of starting."""
CORRELATIONS: Mapping[tuple[str, str], float] = {
    ("rd", "product"): 0.40,
    ("rd", "technology"): 0.35,
    ("product", "technology"): 0.45,
}
"""Of the errors of the three equations."""
INITIAL_INNOVATION: Mapping[str, Mapping[str, float]] = {
    "rd": {"Intercept": -0.60, "size": 0.30, "productivity": 0.20},
    "product": {"Intercept": -0.30, "size": 0.20, "productivity": 0.15},
    "technology": {"Intercept": -0.45, "size": 0.25, "productivity": 0.15},
}
"""Probits of innovating in 2005."""
PERSISTENCE: Mapping[str, float] = {"rd": 1.20, "product": 1.00, "technology": 0.90}
"""Added to the index of 2009 where a firm innovated in 2005."""
CUSTOMS: Mapping[str, float] = {"continuous": 0.46, "never": 0.27, "other": 0.35}
"""Shares that name customs a serious constraint in 2009, by R&D in both waves, in neither, in one."""


@dataclass(frozen=True, slots=True)
class Truth:
    """One parameter of the generator: the equation and the regressor it belongs to, and its value."""

    equation: str
    name: str
    value: float


def truth() -> tuple[Truth, ...]:
    """Return every parameter that can be estimated from the panel."""
    groups: dict[str, Mapping[str, float]] = {
        "productivity": PRODUCTIVITY,
        "growth": GROWTH,
        **{f"initial {k}": v for k, v in INITIAL.items()},
        **{f"entry {k}": v for k, v in ENTRY.items()},
        **PARTNER,
        **{f"start {k}": v for k, v in INNOVATION.items()},
        **{f"initial {k}": v for k, v in INITIAL_INNOVATION.items()},
        "stay": STAY,
        "customs": CUSTOMS,
    }
    found = [Truth(group, name, value) for group, values in groups.items() for name, value in values.items()]
    found += [Truth("correlation", f"{a} and {b}", value) for (a, b), value in CORRELATIONS.items()]
    found.append(Truth("correlation", " and ".join(PARTNERS), PARTNER_CORRELATION))
    return tuple(found)


def two_waves(firms: int = SAMPLE_FIRMS, seed: int = SAMPLE_SEED) -> pd.DataFrame:
    """Draw a panel: one row a firm, columns of a wave end in its year.

    Parameters
    ----------
    firms : int
        At least 1.
    seed : int
        The same seed gives the same panel.

    Returns
    -------
    DataFrame
        ``firm``, traits, and for 2005 and 2009 employees, value added (thousand roubles, current prices), its price
        level, export (with its markets), import of machinery and of inputs, R&D, new product, new technology; new
        partners between the waves; customs as a constraint in 2009. All simulated.

    Raises
    ------
    SpecError
        Fewer than one firm.
    """
    if firms < 1:
        raise SpecError(f"{firms} firms cannot be drawn.", allowed="at least 1", remedy="Ask for more firms.")
    import pandas as pd

    rng = np.random.default_rng(seed)
    columns: dict[str, Array] = {}
    industry = rng.choice(list(INDUSTRIES), firms)
    location = rng.choice(list(LOCATIONS), firms, p=list(LOCATIONS.values()))
    for name, share in SHARES.items():
        columns[name] = (rng.random(firms) < share).astype(np.float64)
    columns["capital"] = (location == "capital").astype(np.float64)
    columns["regional_capital"] = (location == "regional capital").astype(np.float64)
    columns["size"] = rng.normal(size=firms)
    effect = np.array([INDUSTRIES[i][0] for i in industry])
    log_productivity = _index(PRODUCTIVITY, columns) + effect + PRODUCTIVITY["sigma"] * rng.normal(size=firms)
    columns["productivity"] = log_productivity - PRODUCTIVITY["Intercept"]
    _trade(columns, rng)
    _partners(columns, rng)
    _innovate(columns, rng)
    growth = _index(GROWTH, columns) + GROWTH["sigma"] * rng.normal(size=firms)
    price = np.array([INDUSTRIES[i][1] for i in industry])
    money = _money(columns, log_productivity, growth, price, rng)
    customs = _customs(columns, rng)
    ids = {"firm": [f"F{i:05d}" for i in range(1, firms + 1)], "industry": industry, "location": location}
    whole = {k: columns[k].astype(np.int64) for k in (*SHARES, *_stacked(), *PARTNERS)}
    return pd.DataFrame(
        {
            **ids,
            **{k: whole[k] for k in SHARES},
            **money,
            **{k: whole[k] for k in _stacked()},
            "inputs_share_2005": columns["inputs_share_2005"].round(3),
            **{k: whole[k] for k in PARTNERS},
            "customs_constraint_2009": customs,
        }
    )


def _stacked() -> tuple[str, ...]:
    names = (*CHANNELS, *MARKETS, *OUTCOMES)
    return tuple(f"{name}_{wave}" for name in names for wave in WAVES)


def _index(coefficients: Mapping[str, float], columns: Mapping[str, Array]) -> Array:
    """Return ``x'b`` of one equation; ``sigma`` is no regressor."""
    firms = len(next(iter(columns.values())))
    found = np.full(firms, coefficients.get("Intercept", 0.0))
    for name, value in coefficients.items():
        if name not in ("Intercept", "sigma") and value != 0.0:
            found += value * columns[name]
    return found


def _trade(columns: dict[str, Array], rng: np.random.Generator) -> None:
    """Add trade by channel and wave, its classes, the markets of exporters and the share of imported inputs."""
    firms = len(columns["size"])
    for channel in CHANNELS:
        first = _index(INITIAL[channel], columns) + rng.normal(size=firms) > 0.0
        enters = _index(ENTRY[channel], columns) + rng.normal(size=firms) > 0.0
        last = np.where(first, rng.random(firms) < STAY[channel], enters)
        columns[f"{channel}_2005"], columns[f"{channel}_2009"] = first.astype(float), last.astype(float)
        columns[f"{channel}_starter"] = (~first & last).astype(float)
        columns[f"{channel}_quitter"] = (first & ~last).astype(float)
        columns[f"{channel}_continuous"] = (first & last).astype(float)
    for wave in WAVES:
        beyond = rng.random(firms) < MARKETS["export_beyond"]
        cis = (rng.random(firms) < MARKETS["export_cis"]) | ~beyond
        exports = columns[f"export_{wave}"] == 1.0
        columns[f"export_cis_{wave}"] = (exports & cis).astype(float)
        columns[f"export_beyond_{wave}"] = (exports & beyond).astype(float)
    # rounded here, so that the share in the file is the share in the equation
    share = np.where(columns["inputs_2005"] == 1.0, rng.beta(2.0, 3.0, firms), 0.0).round(3)
    columns["inputs_share_2005"] = share
    columns["inputs_share_x_machinery_starter"] = share * columns["machinery_starter"]


def _partners(columns: dict[str, Array], rng: np.random.Generator) -> None:
    errors = _correlated(np.array([[1.0, PARTNER_CORRELATION], [PARTNER_CORRELATION, 1.0]]), columns, rng)
    for j, name in enumerate(PARTNERS):
        columns[name] = (_index(PARTNER[name], columns) + errors[:, j] > 0.0).astype(float)


def _innovate(columns: dict[str, Array], rng: np.random.Generator) -> None:
    firms = len(columns["size"])
    correlation = np.eye(len(OUTCOMES))
    for (a, b), value in CORRELATIONS.items():
        i, j = OUTCOMES.index(a), OUTCOMES.index(b)
        correlation[i, j] = correlation[j, i] = value
    errors = _correlated(correlation, columns, rng)
    for j, name in enumerate(OUTCOMES):
        before = _index(INITIAL_INNOVATION[name], columns) + rng.normal(size=firms) > 0.0
        index = _index(INNOVATION[name], columns) + PERSISTENCE[name] * before
        columns[f"{name}_2005"] = before.astype(float)
        columns[f"{name}_2009"] = (index + errors[:, j] > 0.0).astype(float)


def _correlated(correlation: Array, columns: Mapping[str, Array], rng: np.random.Generator) -> Array:
    firms = len(columns["size"])
    return rng.normal(size=(firms, len(correlation))) @ np.linalg.cholesky(correlation).T


def _money(
    columns: Mapping[str, Array], log_productivity: Array, growth: Array, price: Array, rng: np.random.Generator
) -> dict[str, Array]:
    """Return employees and value added in both waves, in current prices, with the price level."""
    before = np.exp(columns["size"] + 5.0)
    after = before * np.exp(rng.normal(0.0, 0.15, len(before)))
    return {
        "employees_2005": before.round(2),
        "employees_2009": after.round(2),
        # value added belongs to the rounded number of employees, so that productivity is exact in the file
        "value_added_2005": (np.exp(log_productivity) * before.round(2)).round(3),
        "value_added_2009": (np.exp(log_productivity + growth) * price * after.round(2)).round(3),
        "price_level_2005": np.ones(len(before)),
        "price_level_2009": price,
    }


def _customs(columns: Mapping[str, Array], rng: np.random.Generator) -> NDArray[np.int64]:
    both = columns["rd_2005"] + columns["rd_2009"]
    share = np.where(both == 2.0, CUSTOMS["continuous"], np.where(both == 0.0, CUSTOMS["never"], CUSTOMS["other"]))
    return (rng.random(len(share)) < share).astype(np.int64)
