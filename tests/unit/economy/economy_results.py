"""Solved economies for tests of what a reader sees, solved once a process."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import economy_cases as cases
import numpy as np
import pandas as pd

from innospace.core.inputs import LinkedValue
from innospace.economy.models.knowledge.gates import base_year, scenario_gates
from innospace.economy.models.knowledge.result import EconomyResult

LINKED = LinkedValue(0.72, 0.6, 0.83, "fraction", "frontier.technical_efficiency (Somewhere, 2012)")


@cache
def result() -> EconomyResult:
    """The four options and a scenario that moves efficiency, with the cheap gates."""
    efficient = replace(cases.shock("efficiency", "set", 0.75), name="better-use")
    r = cases.bare_result(cases.shipped(), *(cases.option(n) for n in cases.OPTIONS), efficient)
    gates = [base_year(r.model), *(g for n, p in r.paths.items() for g in scenario_gates(r.model, n, p))]
    return replace(r, gates=tuple(gates), efficiency=LINKED)


@cache
def alone() -> EconomyResult:
    """A baseline of two years without scenarios."""
    return cases.bare_result(cases.model(last_year=2013))


@cache
def failing() -> EconomyResult:
    """A scenario that ends before the last year."""
    r = result()
    name = "option-1"
    path = r.paths[name]
    lost = replace(
        path,
        years=path.years[:5],
        levels=path.levels[:5],
        parameters=path.parameters[:5],
        reported=path.reported[:5],
        iterations=path.iterations[:5],
        failure=_failure(),
    )
    return replace(r, paths={**r.paths, name: lost}, feasible={name: 0.5})


def _failure():
    from innospace.core.status import StatusCode
    from innospace.economy.solve import YearSolution

    return YearSolution(StatusCode.MAX_ITERATIONS, np.zeros(104), 50, 0.25, "supply (determines S.n2)", 0.1)


@cache
def drawn() -> EconomyResult:
    """The same with effects of 40 draws."""
    r = result()
    spread = np.linspace(0.5, 1.5, 40)
    rows = [
        {"draw": d, "scenario": n, "growth": 3.0, "effect_points": float(r.effects.loc[n, "effect_points"]) * s}
        for d, s in enumerate(spread)
        for n in r.paths
    ]
    return replace(r, draws=pd.DataFrame(rows).assign(effect_percent=0.0))
