"""A simulated annual panel with known technology and a known effect of exporting on productivity.

Inputs follow from productivity such that Olley-Pakes, Levinsohn-Petrin and Ackerberg-Caves-Frazer are all consistent:
investment and materials rise with productivity given capital and carry no error, labour also answers to wages.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from innospace.core.errors import SpecError

if TYPE_CHECKING:
    import pandas as pd

YEARS = (2003, 2010)
COHORTS = (2005, 2006, 2007, 2008)
"""Years in which firms may start to export; who starts has nothing to do with productivity, only with capital."""
SAMPLE_FIRMS, SAMPLE_SEED = 800, 20032010
TECHNOLOGY: Mapping[str, float] = {"capital": 0.35, "employees": 0.60}
"""Elasticities of value added."""
LAW: Mapping[str, float] = {"persistence": 0.80, "export": 0.06}
"""Productivity of a year: persistence times that of the year before, plus the effect of having exported then."""
SIGMA: Mapping[str, float] = {"productivity": 0.15, "wages": 0.30, "measurement": 0.10}
_BURN_IN = 15


def event_study_truth(periods: int = 5) -> tuple[float, ...]:
    """Return the effect on log productivity in the year of entry and after: 0, a, a (1 + rho), ..."""
    rho, effect = LAW["persistence"], LAW["export"]
    return tuple(effect * (1.0 - rho**e) / (1.0 - rho) for e in range(periods))


def annual(firms: int = SAMPLE_FIRMS, seed: int = SAMPLE_SEED) -> pd.DataFrame:
    """Draw a panel: one row a firm and year.

    Parameters
    ----------
    firms : int
        At least 1.
    seed : int
        The same seed gives the same panel.

    Returns
    -------
    DataFrame
        ``firm``, ``year``, ``industry``, ``employees``, ``capital``, ``materials``, ``investment``, ``value_added``
        (thousand roubles at constant prices), ``export``. All simulated.

    Raises
    ------
    SpecError
        Fewer than one firm.
    """
    if firms < 1:
        raise SpecError(f"{firms} firms cannot be drawn.", allowed="at least 1", remedy="Ask for more firms.")
    import pandas as pd

    rng = np.random.default_rng(seed)
    industry = rng.choice(["food", "chemicals", "machinery", "metals"], firms)
    capital = rng.normal(8.0, 1.0, firms)
    larger = (capital > 8.0).astype(np.float64)
    enters = rng.random(firms) < 0.35 + 0.25 * larger
    cohort = np.where(enters, rng.choice(COHORTS, firms), YEARS[1] + 1)
    omega, export = np.zeros(firms), np.zeros(firms)
    rows = []
    for year in range(YEARS[0] - _BURN_IN, YEARS[1] + 1):
        shock = SIGMA["productivity"] * rng.normal(size=firms)
        omega = LAW["persistence"] * omega + LAW["export"] * export + shock
        wages = SIGMA["wages"] * rng.normal(size=firms)
        export = (year >= cohort).astype(np.float64)
        labour = 0.4 + 0.45 * capital + 0.8 * omega + wages
        materials = 1.0 + 0.9 * capital + 1.0 * omega
        investment = np.log(0.10) + 0.97 * capital + 0.24 + 0.8 * omega
        error = SIGMA["measurement"] * rng.normal(size=firms)
        output = 3.0 + TECHNOLOGY["capital"] * capital + TECHNOLOGY["employees"] * labour + omega + error
        if year >= YEARS[0]:
            rows.append((year, labour, capital, materials, investment, output, export))
        capital = np.log(0.90 * np.exp(capital) + np.exp(investment))
    ids = [f"A{i:04d}" for i in range(1, firms + 1)]
    frame = pd.concat(
        pd.DataFrame(
            {
                "firm": ids,
                "year": year,
                "industry": industry,
                "employees": np.exp(labour).round(3),
                "capital": np.exp(capital).round(2),
                "materials": np.exp(materials).round(2),
                "investment": np.exp(investment).round(2),
                "value_added": np.exp(output).round(2),
                "export": export.astype(np.int64),
            }
        )
        for year, labour, capital, materials, investment, output, export in rows
    )
    return frame.sort_values(["firm", "year"], ignore_index=True)
