"""From runs to tidy frames: paths, effects of policies, networks, the shares in use against those of the frontier."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from innospace.agents.model import AgentModel
from innospace.agents.network import MEASURES
from innospace.agents.replicate import Replications
from innospace.agents.targets import FrontierNumbers, Panel, windows

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]
LEVEL = 0.95
"""Level of the intervals: from the 2.5th to the 97.5th percentile of runs."""
COUNTRY = "All regions"
UNITS = {"links": "links", "used_share": "fraction", "innovations": "per year", "technical_efficiency": "fraction"}
QUANTITIES = tuple(UNITS)


def efficiency(runs: Replications, model: AgentModel, frontier: FrontierNumbers) -> tuple[NDArray[np.int64], Array]:
    """Return years and TE of every run, shape (n, P, T', R): innovations averaged over the window, as in the panel."""
    window = model.assumptions.window
    counts, years = runs.of("innovations"), runs.years[window - 1 :]
    growth = np.array([model.frontier_growth(int(y)) for y in years])
    n, policies = counts.shape[:2]
    space = model.population.space[:, None]
    found = [
        [frontier.efficiency(windows(counts[i, p], window), space, growth).T for p in range(policies)] for i in range(n)
    ]
    return years, np.array(found)


def series(
    runs: Replications, model: AgentModel, frontier: FrontierNumbers
) -> tuple[NDArray[np.int64], dict[str, Array]]:
    """Return years from the base year on, and each of :data:`QUANTITIES`, shape (n, P, T, R)."""
    years, te = efficiency(runs, model, frontier)
    from_base = years >= model.base
    kept = years[from_base]
    at = np.searchsorted(runs.years, kept)
    links = runs.of("links")[:, :, at]
    return kept, {
        "links": links,
        "used_share": links / np.maximum(model.population.space, 1.0),
        "innovations": runs.of("innovations")[:, :, at],
        "technical_efficiency": te[:, :, from_base],
    }


def bands(values: Array) -> tuple[Array, Array, Array]:
    """Return mean, lower and upper end over the first axis."""
    tail = 50.0 * (1.0 - LEVEL)
    lower, upper = np.percentile(values, [tail, 100.0 - tail], axis=0)
    return values.mean(axis=0), lower, upper


def paths(runs: Replications, years: NDArray[np.int64], found: dict[str, Array], panel: Panel) -> pd.DataFrame:
    """Return mean and interval of every quantity by policy, region and year; one row each."""
    import pandas as pd

    policies, regions = len(runs.policies), len(panel.regions)
    frame = pd.DataFrame(
        {
            "policy": np.repeat(runs.policies, len(years) * regions),
            "region": list(panel.regions) * (policies * len(years)),
            "region_code": list(panel.codes) * (policies * len(years)),
            "year": np.tile(np.repeat(years, regions), policies),
        }
    )
    for name in QUANTITIES:
        for suffix, values in zip(("", "_lower", "_upper"), bands(found[name]), strict=True):
            frame[name + suffix] = values.ravel()
    return frame


def country(runs: Replications, years: NDArray[np.int64], found: dict[str, Array]) -> pd.DataFrame:
    """Return links and innovations of all regions by policy and year."""
    import pandas as pd

    frame = pd.DataFrame({"policy": np.repeat(runs.policies, len(years)), "year": np.tile(years, len(runs.policies))})
    for name in ("links", "innovations"):
        for suffix, values in zip(("", "_lower", "_upper"), bands(found[name].sum(axis=3)), strict=True):
            frame[name + suffix] = values.ravel()
    return frame


def effects(
    runs: Replications, years: NDArray[np.int64], found: dict[str, Array], touched: dict[str, set[str]], panel: Panel
) -> pd.DataFrame:
    """Return policy less no policy, run by run with common numbers, for regions it touches and for the country.

    Columns: ``policy, region, year, quantity, unit, value, lower, upper``, and the standard error of the mean.
    """
    import pandas as pd

    at = np.searchsorted(runs.years, years)
    extra = {
        "spent": runs.of("spent")[:, :, at],
        "anyway": runs.of("anyway")[:, :, at],
        "funded": runs.of("funded")[:, :, at],
    }
    units = {**UNITS, "spent": "million roubles", "anyway": "links", "funded": "links"}
    rows = []
    for p, policy in enumerate(runs.policies[1:], start=1):
        for name, values in {**found, **extra}.items():
            change = values[:, p] - values[:, 0]
            parts = {r: change[:, :, panel.regions.index(r)] for r in sorted(touched[policy])}
            if name in ("links", "innovations", "spent"):
                parts[COUNTRY] = change.sum(axis=2)
            for region, runs_ in parts.items():
                mean, lower, upper = bands(runs_)
                error = (
                    runs_.std(axis=0, ddof=1) / np.sqrt(len(runs_)) if len(runs_) > 1 else np.full(len(years), np.nan)
                )
                rows.append(
                    pd.DataFrame(
                        {
                            "policy": policy,
                            "region": region,
                            "year": years,
                            "quantity": name,
                            "unit": units[name],
                            "value": mean,
                            "lower": lower,
                            "upper": upper,
                            "std_error": error,
                        }
                    )
                )
    names = ["policy", "region", "year", "quantity", "unit", "value", "lower", "upper", "std_error"]
    return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=names)


def networks(runs: Replications) -> pd.DataFrame:
    """Return network measures of the last year by policy."""
    import pandas as pd

    mean, lower, upper = bands(runs.networks)
    return pd.DataFrame(
        {
            "policy": np.repeat(runs.policies, len(MEASURES)),
            "measure": list(MEASURES) * len(runs.policies),
            "unit": [u for u, _ in MEASURES.values()] * len(runs.policies),
            "value": mean.ravel(),
            "lower": lower.ravel(),
            "upper": upper.ravel(),
        }
    )


def flow_table(runs: Replications, panel: Panel) -> pd.DataFrame:
    """Return mean links between regions, from that of the organisation to that of the company, largest first."""
    import pandas as pd

    i, j = np.nonzero(runs.flows > 0.0)
    frame = pd.DataFrame(
        {
            "organisation_region": [panel.regions[k] for k in i],
            "company_region": [panel.regions[k] for k in j],
            "links": runs.flows[i, j],
        }
    )
    return frame.sort_values("links", ascending=False, ignore_index=True)


def by_region(runs: Replications, model: AgentModel, frontier: FrontierNumbers, panel: Panel) -> pd.DataFrame:
    """Return what the frontier expects and what runs give in the base year, one row a region.

    ``frontier_share`` is ``W_i = w TE_i^(1 / delta)`` of the base year; ``used_share`` is that of the runs.
    """
    import pandas as pd

    at = int(np.searchsorted(runs.years, model.base))
    te = frontier.efficiency(panel.innovations[:, -1], panel.space[:, -1])
    share = runs.of("links")[:, 0, at] / np.maximum(model.population.space, 1.0)
    window = model.assumptions.window
    means = np.array([windows(c, window)[:, at - window + 1] for c in runs.of("innovations")[:, 0]])
    frame = pd.DataFrame(
        {
            "region": panel.regions,
            "region_code": panel.codes,
            "organisations": model.population.organisations.counts,
            "companies": model.population.companies.counts,
            "space": model.population.space,
            "technologies": panel.innovations[:, -1],
            "frontier_expected": model.innovations,
            "frontier_te": te,
            "frontier_share": frontier.share * te ** (1.0 / frontier.delta),
            "openness": model.openness,
            "expected_innovations": runs.of("expected")[:, 0, at].mean(axis=0),
        }
    )
    for name, values in (("used_share", share), ("simulated_technologies", means)):
        for suffix, numbers in zip(("", "_lower", "_upper"), bands(values), strict=True):
            frame[name + suffix] = numbers
    return frame
