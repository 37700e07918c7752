"""Solve many regions without and with the shocks of scenarios, and keep what readers ask for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from innospace.core.checks import Check
from innospace.core.errors import SpecError, offenders
from innospace.core.progress import Progress, silent
from innospace.core.provenance import Provenance
from innospace.core.status import Status, StatusCode
from innospace.economy.general.compiled import Economy
from innospace.economy.general.gates import gates
from innospace.economy.general.result import Equilibrium
from innospace.economy.general.solve import compile_spec, solve
from innospace.economy.models.regions.assumptions import Assumptions
from innospace.economy.models.regions.base_year import BaseYear, base_year
from innospace.economy.models.regions.dynamics import Path, lever_paths
from innospace.economy.models.regions.model import region_spec
from innospace.economy.models.regions.result import BASELINE, RegionsResult
from innospace.economy.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd

    from innospace.data.dataset import Dataset

Array = NDArray[np.float64]
SAME = 1e-8
"""Largest relative difference of prices and levels between two routes."""
REPRODUCED = 1e-9
"""Largest relative gap between the product of the base year and its figure."""
LONGEST = 100
"""Years that may be solved."""


def require_years(years: tuple[int, int]) -> list[int]:
    """Return the years from the base year on.

    Raises
    ------
    SpecError
        The last is not after the first, or far away.
    """
    first, last = years
    if not 1 <= last - first <= LONGEST:
        raise SpecError(
            f"The years are {first} to {last}.", where="key 'years'", allowed=f"1 to {LONGEST} years after the first"
        )
    return list(range(first, last + 1))


def solve_regions(
    table: Dataset,
    scenarios: Sequence[Scenario] = (),
    *,
    years: tuple[int, int] = (2012, 2030),
    assumptions: Assumptions | None = None,
    route: str = "",
    second_route: bool = True,
    seed: int = 0,
    progress: Progress = silent,
) -> RegionsResult:
    """Solve an economy of many regions year by year.

    Parameters
    ----------
    table : Dataset
        See :func:`innospace.economy.models.regions.base_year.base_year`.
    scenarios : sequence of Scenario
        Shocks of :data:`innospace.economy.models.regions.dynamics.LEVERS` by region and year.
    years : tuple of int
        Base year and last year.
    assumptions : Assumptions, optional
    route : str
        See :func:`innospace.economy.general.solve.solve`.
    second_route : bool
        Solve the last year of the baseline by the other route too, as a check.
    seed : int
        Kept with the result; nothing is drawn.
    progress : callable

    Returns
    -------
    RegionsResult
        A year without solution ends the path of its scenario; the status says so.

    Raises
    ------
    DataError, LabelError, SpecError, SolverError
        See :func:`innospace.economy.models.regions.base_year.base_year` and
        :func:`innospace.economy.models.regions.dynamics.lever_paths`.
    """
    import pandas as pd

    a, calendar = assumptions or Assumptions(), require_years(years)
    names = [s.name for s in scenarios]
    bad = sorted({n for n in names if names.count(n) > 1 or n == BASELINE})
    if bad:
        raise SpecError(f"Scenarios have names that are taken: {offenders(bad)}.", remedy="Rename them.")
    base = base_year(table, a)
    economy = compile_spec(region_spec(base, a))
    every = (Scenario(BASELINE), *scenarios)
    levers = [lever_paths(base, a, calendar, s) for s in every]  # every mistake is found before anything is solved
    frames, checks, statuses = [], [], []
    for n, (scenario, moved) in enumerate(zip(every, levers, strict=True)):
        progress(f"Solving {scenario.name}", n / len(every))
        path = Path(economy, base, a, moved)
        found = path.solve(len(calendar), route)
        solved = [f for f in found if f.status.converged]
        frames.append(_frame(path, scenario.name, calendar, solved))
        checks += _checks(scenario.name, found)
        statuses.append((scenario.name, found, calendar))
        if n == 0:
            checks += _of_baseline(base, found, frames[0], second_route)
    progress("Done", 1.0)
    options = {"assumptions": a.to_dict(), "years": list(years), "scenarios": names, "route": route or "automatic"}
    return RegionsResult(
        a,
        years,
        {s.name: s for s in scenarios},
        {"regions": _regions(base), "paths": pd.concat(frames, ignore_index=True)},
        (*table.steps, *base.log),
        tuple(checks),
        _status(statuses, economy),
        Provenance.now((table.source,), options, seed),
    )


def with_channels(
    result: RegionsResult, table: Dataset, *, route: str = "", progress: Progress = silent
) -> RegionsResult:
    """Return the result with its effects in the last year split: what spillovers of knowledge bring, and all else.

    Everything is solved again with knowledge that stays where it is made (a spillover of zero); the baseline too, so
    that both effects are against a path of the same kind.

    Parameters
    ----------
    result : RegionsResult
    table : Dataset
        That of the result.
    route : str
    progress : callable
    """
    import pandas as pd

    quiet = solve_regions(
        table,
        tuple(result.scenarios.values()),
        years=result.years,
        assumptions=replace(result.assumptions, spillover=0.0),
        route=route,
        second_route=False,
        progress=progress,
    )
    frames = []
    for name in (n for n in result.solved if n in quiet.solved):
        whole, without = (r.effects(name) for r in (result, quiet))
        last = whole["year"] == result.years[1]
        frame = whole.loc[last, ["scenario", "region"]].reset_index(drop=True)
        frame["whole"] = whole.loc[last, "product"].to_numpy()
        frame["without_spillover"] = without.loc[last, "product"].to_numpy()
        frame["by_spillover"] = frame["whole"] - frame["without_spillover"]
        frames.append(frame)
    if not frames:
        return result
    return replace(result, frames={**result.frames, "channels": pd.concat(frames, ignore_index=True)})


def _frame(path: Path, name: str, years: Sequence[int], solved: Sequence[Equilibrium]) -> pd.DataFrame:
    """Return one row a year and region."""
    import pandas as pd

    rows = [_year(path, k, found) for k, found in enumerate(solved)]
    frames = [
        pd.DataFrame({"scenario": name, "year": years[k], "region": path.base.regions, **row})
        for k, row in enumerate(rows)
    ]
    return pd.concat(frames, ignore_index=True)


def _year(path: Path, k: int, found: Equilibrium) -> dict[str, Array]:
    """Return what a year is by region; volumes at prices of the base year."""
    b, a, stocks = path.base, path.assumptions, path.stocks[k]
    studied = path.levels(found, "research")
    factors = a.research_labour + a.research_capital
    product = (b.product - factors * b.research) * path.levels(found, "goods") + factors * b.research * studied
    sold, at = path.prices(found, "goods"), path.prices(found, "mix")
    return {
        "product": product,
        "consumption": (b.income * (1.0 - a.saving_share) - b.research) * path.levels(found, "household"),
        "research": b.research * studied,
        "capital": stocks.capital,
        "knowledge": stocks.knowledge,
        "labour": stocks.labour,
        "real_wage": path.prices(found, "labour") / at,
        "terms_of_trade": sold / at,
        "productivity": path.productivity(k),
        "technical_efficiency": path.levers["technical_efficiency"][k],
    }


def _regions(base: BaseYear) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(
        {
            "region": base.regions,
            "region_code": base.codes,
            "federal_district": base.districts,
            "product": base.product,
            "capital": base.capital,
            "research": base.research,
            "technical_efficiency": base.efficiency,
            "home_share": base.home,
        }
    )


def _checks(name: str, found: Sequence[Equilibrium]) -> list[Check]:
    """Return the gates of the last year, with the worst residual and market of all years."""
    worst = max(found, key=lambda f: f.residual)
    kept = {c.name: c for c in gates({name: found[-1]})}
    over_years = {c.name: c for c in gates({name: worst})} if worst is not found[-1] else kept
    kept[f"conditions.{name}"] = over_years[f"conditions.{name}"]
    return list(kept.values())


def _of_baseline(base: BaseYear, found: Sequence[Equilibrium], frame: pd.DataFrame, second_route: bool) -> list[Check]:
    first = frame["product"].to_numpy()[: len(base.regions)]
    gap = float(np.max(np.abs(first / base.product - 1.0)))
    checks = [
        Check.at_most(
            "base_year",
            max(gap, float(found[0].iterations)),
            REPRODUCED,
            "Largest relative gap between solved and given product of a region in the base year, or the steps that its "
            "solution took if any: figures must be reproduced without any.",
            "The flows of the base year do not balance.",
        )
    ]
    last = found[-1]
    if not (second_route and last.status.converged):
        return checks
    other = solve(
        last.economy, last.parameters, start=last.unknowns, route="newton" if last.route == "block" else "block"
    )
    part = slice(0, last.economy.layout.level.stop)
    apart = float(np.max(np.abs(other.unknowns[part] / last.unknowns[part] - 1.0)))
    return [
        *checks,
        Check.at_most(
            "two_routes",
            apart,
            SAME,
            "Largest relative difference of prices and levels in the last year between Newton's method and "
            "elimination of blocks.",
            "One of the two did not converge: name the other with route.",
        ),
    ]


def _status(paths: Sequence[tuple[str, Sequence[Equilibrium], Sequence[int]]], economy: Economy) -> Status:
    for name, found, years in paths:
        last = found[-1].status
        if not last.converged:
            return Status(last.code, f"{name}, {years[len(found) - 1]}: {last.message}", last.remedy, "", last.numbers)
    steps = sum(f.iterations for _, found, _ in paths for f in found)
    count = sum(len(found) for _, found, _ in paths)
    said = f"{count} years of {len(economy.unknowns)} unknowns solved in {steps} steps."
    return Status(StatusCode.CONVERGED, said, numbers={"iterations": float(steps)})
