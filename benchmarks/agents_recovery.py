"""What takes too long for tests: frontiers estimated on panels that agents made, and 500 runs of the country.

    python benchmarks/agents_recovery.py [panels] [runs]

Part 1 draws inefficiency and noise of every region anew, makes a panel with agents of that openness, estimates the
frontier on its last year, and says how often the true elasticity lies within two standard errors, and how well
efficiency is ranked. Part 2 runs the country and holds means against the frontier.
"""

from __future__ import annotations

import sys
import time
import warnings
from dataclasses import replace

import numpy as np
from scipy import stats

from innospace.agents.assumptions import Assumptions, Calibrated
from innospace.agents.country import set_up
from innospace.agents.model import AgentModel
from innospace.agents.replicate import replicate
from innospace.agents.simulate import simulate
from innospace.agents.spec import AgentSpec
from innospace.agents.targets import ZERO, FrontierNumbers, Panel, windows
from innospace.data import load_sample
from innospace.data.schemas.innovation_space import validate
from innospace.frontier import fit

FRONTIER = FrontierNumbers(0.6196, float(np.exp(-4.1746 / 0.6196)), 2.088, 0.448)
CALIBRATED = Calibrated(0.286, 0.608, 0.284)
ROOMY = Assumptions(acceptance=0.02)
"""Room above the frontier for every draw of noise."""


def one_panel(setup, number):
    """Return the estimate of delta, its error, and the rank correlation of efficiency with the truth."""
    rng = np.random.default_rng([11, number])
    space = setup.population.space
    u = np.abs(FRONTIER.sigma_u * rng.standard_normal(len(space)))
    v = FRONTIER.sigma_v * rng.standard_normal(len(space))
    level = FRONTIER.expected(space) * np.exp(v - u)
    still = Calibrated(0.0, CALIBRATED.openness_sd, CALIBRATED.dispersion)
    model = AgentModel(setup.population, ROOMY, still, FRONTIER.delta, FRONTIER.share, 2012, level)
    run = simulate(model, 2010, 2012, seed=23, replication=number)
    q = windows(run.innovations, 3)[:, 0]
    data = {"q": np.where(q > 0.0, q, ZERO), "v": space}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = fit("log(q) ~ log(v)", data)
    te = np.asarray(found.offers("technical_efficiency")["value"])
    error = float(np.sqrt(found.covariance[1, 1]))
    return found.parameter("log(v)"), error, float(stats.spearmanr(te, np.exp(-u)).statistic)


def main(panels=100, runs=500):
    """Print both parts."""
    panel = Panel.of(validate(load_sample("russia-2010-2012")).frame)
    setup, _, _ = set_up(panel, FRONTIER, AgentSpec(), 20121231)
    start = time.perf_counter()
    found = np.array([one_panel(setup, n) for n in range(panels)])
    # on the boundary (no noise) an estimate has no standard error, so that nothing can be said of it
    interior = np.isfinite(found[:, 1])
    inside = np.abs(found[:, 0] - FRONTIER.delta)[interior] <= 2.0 * found[interior, 1]
    print(
        f"{panels} panels, {time.perf_counter() - start:.0f} s: delta {found[:, 0].mean():.4f} (true {FRONTIER.delta})"
    )
    print(f"  standard deviation {found[:, 0].std(ddof=1):.4f}, mean standard error {np.nanmean(found[:, 1]):.4f}")
    print(f"  on the boundary, without a standard error: {(~interior).sum()}")
    print(f"  of the others within two standard errors: {inside.mean():.3f}")
    print(f"  rank correlation of TE with the truth {found[:, 2].mean():.3f}")
    start = time.perf_counter()
    model = setup.model(CALIBRATED)
    many = replicate(model, (), 2010, 2012, runs, seed=1, workers=None)
    expected, links = many.of("expected")[:, 0, -1].mean(axis=0), many.of("links")[:, 0, -1].mean(axis=0)
    some = expected > 0.0
    slope = stats.linregress(np.log(model.innovations[some]), np.log(expected[some])).slope
    zero = np.mean([(windows(c, 3) == 0).mean() for c in many.of("innovations")[:, 0]])
    print(f"{runs} runs, {time.perf_counter() - start:.0f} s: slope on the frontier {slope:.4f}")
    print(f"  expected innovations {expected.sum():.0f}, of the frontier {model.innovations.sum():.0f}")
    print(f"  links {links.sum():.0f}, closed form {model.links.sum():.0f}")
    print(f"  zero share {zero:.3f}, of the panel {(panel.innovations == 0).mean():.3f}")
    start = time.perf_counter()
    simulate(replace(model), 2012, 2032, seed=1)
    print(f"20 years of the country on one core: {time.perf_counter() - start:.1f} s")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
