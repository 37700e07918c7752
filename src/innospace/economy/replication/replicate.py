"""Replicate Table 6 of Makarov et al. (2016): four policy options in the Republic of Bashkortostan, 2012 to 2030."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from innospace.core.progress import Progress, part, silent
from innospace.economy.models.knowledge.dynamics import solve_path
from innospace.economy.models.knowledge.fit import Fit, effects_of, fit_all
from innospace.economy.models.knowledge.model import KnowledgeModel
from innospace.economy.models.knowledge.solve import shipped_scenarios, solve
from innospace.economy.models.knowledge.spec import KnowledgeSpec
from innospace.economy.replication.published import paper_effects, paper_efficiency
from innospace.economy.replication.result import BashkortostanReplication
from innospace.economy.scenario import Scenario
from innospace.numerics.parallel import single_thread

if TYPE_CHECKING:
    import pandas as pd

CONTROLS, MATRIX = "bashkortostan-2012-controls", "bashkortostan-2012-sam"
SEED = 2016
DEPRECIATION = (0.06, 0.08)
"""Rates at which the fit is repeated: below and above the default."""
FACTORS = tuple(round(float(f), 2) for f in np.linspace(0.5, 1.4, 19))
"""Factors on the fitted coefficients that show how sharp the fit is."""


def shipped_model(efficiency: float) -> KnowledgeModel:
    """Return the model of the shipped matrix with default assumptions."""
    from innospace.data import load_sample
    from innospace.economy.models.knowledge.prior import base_inputs, sam_from_dataset

    inputs = base_inputs(load_sample(CONTROLS))
    return KnowledgeModel(sam_from_dataset(load_sample(MATRIX)), inputs, KnowledgeSpec(efficiency))


def replicate_bashkortostan(
    progress: Progress = silent, *, seed: int = SEED, workers: int | None = 1
) -> BashkortostanReplication:
    """Solve the four options with default assumptions and fit the knowledge coefficients to the published effects.

    Parameters
    ----------
    progress : callable
    seed : int
        Of the random starts of the fits.
    workers : int, optional
        Processes that fit; all cores when None. Numbers do not depend on it.

    Returns
    -------
    BashkortostanReplication
    """
    progress("Reading the accounts of 2012", 0.0)
    paper, efficiency = paper_effects(), paper_efficiency()
    model, known = shipped_model(efficiency.value), shipped_scenarios()
    scenarios = [known[name] for name in paper]
    seconds = _seconds(model, scenarios)
    solved = part(progress, 0.02, 0.1)
    economy = solve(model, scenarios, efficiency=efficiency, seed=seed, progress=solved)
    told = part(progress, 0.1, 0.85)
    fits = fit_all(model, scenarios, paper, seed=seed, workers=workers, progress=told)
    rates = _by_depreciation(model, scenarios, paper, seed, part(progress, 0.85, 1.0))
    rates[model.spec.depreciation] = tuple(f for f in fits if f.reading == "percent")
    progress("Done", 1.0)
    return BashkortostanReplication(paper, economy, fits, rates, _edge(model, scenarios, fits), seconds, seed)


def _seconds(model: KnowledgeModel, scenarios: Sequence[Scenario]) -> float:
    """Return the time in which the baseline and the scenarios are solved, once the equations are compiled."""
    solve_path(model)
    begin = time.perf_counter()
    for scenario in (None, *scenarios):
        solve_path(model, scenario)
    return time.perf_counter() - begin


def _by_depreciation(
    model: KnowledgeModel,
    scenarios: Sequence[Scenario],
    paper: Mapping[str, float],
    seed: int,
    progress: Progress,
) -> dict[float, tuple[Fit, ...]]:
    """Return fits in percent at other rates of depreciation; one start, since all starts reach one optimum."""
    found = {}
    for n, rate in enumerate(DEPRECIATION):
        other = model.with_spec(replace(model.spec, depreciation=rate))
        told = part(progress, n / len(DEPRECIATION), (n + 1) / len(DEPRECIATION))
        found[rate] = fit_all(
            other, scenarios, paper, readings=("percent",), starts=1, seed=seed, workers=1, progress=told
        )
    return found


def _edge(model: KnowledgeModel, scenarios: Sequence[Scenario], fits: Sequence[Fit]) -> pd.DataFrame:
    """Return ``factor, scenario, effect``: effects in percent as the best fit is scaled."""
    import pandas as pd

    best = next(f for f in fits if f.reading == "percent" and f.shape == "coefficients")
    rows = []
    with single_thread():
        for factor in FACTORS:
            spec = best.spec(model.spec)
            scaled = {c: {i: factor * v for i, v in getattr(spec, c).items()} for c in ("alpha", "beta", "gamma")}
            other = model.with_spec(replace(spec, **scaled))  # type: ignore[arg-type]
            effects, _, _ = effects_of(other, scenarios, "percent")
            rows += [(factor, s.name, float(e)) for s, e in zip(scenarios, effects, strict=True)]
    return pd.DataFrame(rows, columns=["factor", "scenario", "effect"])
