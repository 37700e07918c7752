"""Small countries of agents for tests, and the shipped panel."""

from __future__ import annotations

from functools import cache

import numpy as np

from innospace.agents.assumptions import Assumptions, Calibrated
from innospace.agents.calibrate import Setup
from innospace.agents.model import AgentModel
from innospace.agents.population import draw_population
from innospace.agents.targets import FrontierNumbers, Panel
from innospace.data import load_sample
from innospace.data.schemas.innovation_space import validate

FRONTIER = FrontierNumbers(0.62, 1.2e-3, 2.088, 0.448)
"""Near the frontier of 2012."""
CALIBRATED = Calibrated(0.28, 0.6, 0.28)
STILL = Calibrated(0.0, 0.0, 0.05)
BASHKORTOSTAN = "Republic of Bashkortostan"


def table():
    return validate(load_sample("russia-2010-2012"))


@cache
def panel():
    return Panel.of(table().frame)


def country(organisations, companies, *, assumptions=None, calibrated=STILL, share=2e-3, te=1.0, seed=3, delta=0.62):
    """Regions in a row, 400 km apart; each uses ``te^(1/delta) share`` of its space."""
    a = assumptions or Assumptions()
    s, b = np.asarray(organisations), np.asarray(companies)
    names = [f"Region {i + 1}" for i in range(len(s))]
    at = 400.0 * np.arange(len(s))
    population = draw_population(names, s, b, np.abs(at[:, None] - at[None, :]), a, seed=seed)
    wanted = te * (share * np.maximum(population.space, 1e-12)) ** delta * (population.space > 0)
    return AgentModel(population, a, calibrated, delta, share, 2012, wanted)


@cache
def small_setup():
    """Twelve regions of the panel, for calibration."""
    whole = panel()
    chosen = np.argsort(-whole.innovations[:, -1])[4:64:5]
    part = Panel(
        tuple(whole.regions[i] for i in chosen),
        tuple(whole.codes[i] for i in chosen),
        whole.years,
        whole.innovations[chosen],
        whole.space[chosen],
    )
    from innospace.agents.population import split

    a = Assumptions()
    counts = split(part.space[:, -1], 400.0)
    distance = 500.0 * (1.0 - np.eye(len(chosen)))
    return Setup(part, FRONTIER, draw_population(part.regions, *counts, distance, a, seed=1), a, 5)
