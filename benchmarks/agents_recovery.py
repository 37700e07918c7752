"""What takes too long for tests: frontiers estimated on panels that agents made, and 500 runs of the country.

    python benchmarks/agents_recovery.py [panels] [runs] [workers]

Part 1 draws inefficiency and noise of every region anew, makes a panel of 2010 to 2012 with agents of that openness
(means over three years, as the panel that ships), estimates the frontier on it in two ways, and counts the panels that
recover the true elasticity.

- Pooled: half-normal on all three years, standard errors clustered by region. Rule: ``|d - delta| <= 2 se``; a fit that
  ends without noise (gamma = 1) or without inefficiency has no such errors and counts as missed.
- One year: half-normal on the last year alone. Rule: the truth lies in the interval at two standard errors; without
  noise it is the profile likelihood with a deviance up to ``2^2``, which is the same interval wherever the
  log-likelihood is a parabola. A fit with neither is missed.

The rules were written before the panels 0 to 199 were counted; the pooled route was chosen among six on the panels
1000 to 1059. The same draws without agents, ``ln Q = c + delta ln V + v - u``, show what is due to the frontier's
estimator on one year alone.
Part 2 runs the country and holds means against the frontier. The last outcome is kept in ``agents_recovery.txt``.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections import Counter
from dataclasses import dataclass, replace

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
from innospace.frontier.profile import deviance

FRONTIER = FrontierNumbers(0.6196, float(np.exp(-4.1746 / 0.6196)), 2.088, 0.448)
CALIBRATED = Calibrated(0.286, 0.608, 0.284)
ROOMY = Assumptions(acceptance=0.02)
"""Room above the frontier for every draw of noise."""
INSIDE, BOUNDARY = "inside", "gamma_one"
LIMIT = 2.0
"""Standard errors."""
ROUTES = ("agents, pooled", "agents, one year", "frontier alone, one year")
WINDOW = 3
"""Years of which the panel has means."""


@dataclass(frozen=True)
class Found:
    """One panel: how the fit ended, the estimate, its error, the deviance of the truth, the rank correlation of TE."""

    end: str
    delta: float
    error: float
    deviance: float
    rank: float

    @property
    def within(self) -> bool:
        """Whether the truth lies in the interval at two standard errors."""
        if self.end == BOUNDARY:
            # not a number where the rule has no profile: missed
            return bool(self.deviance <= LIMIT**2)
        return bool(abs(self.delta - FRONTIER.delta) <= LIMIT * self.error)


def one_panel(setup, number):
    """Return what is found on a panel of agents, pooled and on its last year, and on the same draws without agents."""
    rng = np.random.default_rng([11, number])
    space = setup.population.space
    u = np.abs(FRONTIER.sigma_u * rng.standard_normal(len(space)))
    v = FRONTIER.sigma_v * rng.standard_normal(len(space))
    level = FRONTIER.expected(space) * np.exp(v - u)
    still = Calibrated(0.0, CALIBRATED.openness_sd, CALIBRATED.dispersion)
    model = AgentModel(setup.population, ROOMY, still, FRONTIER.delta, FRONTIER.share, 2012, level)
    run = simulate(model, 2010 - WINDOW + 1, 2012, seed=23, replication=number)
    q = windows(run.innovations, WINDOW)
    q = np.where(q > 0.0, q, ZERO)
    return pooled(q, space, u), estimated(q[:, -1], space, u), estimated(level, space, u)


def pooled(q, space, u):
    """Return the frontier of all years of a panel, shape (R, T), errors clustered by region."""
    regions, years = q.shape
    table = {"q": q.ravel(), "v": np.repeat(space, years), "region": np.repeat(np.arange(regions), years)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = fit("log(q) ~ log(v)", table, cluster="region", vcov="cluster")
    te = found.efficiencies()["te_bc"].to_numpy().reshape(q.shape).mean(axis=1)
    return told_of(found, te, u, np.nan)


def estimated(q, space, u):
    """Return the frontier of one panel."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = fit("log(q) ~ log(v)", {"q": q, "v": space})
        away = deviance(found.estimate, 1, FRONTIER.delta)
    return told_of(found, np.asarray(found.offers("technical_efficiency")["value"]), u, away)


def told_of(found, te, u, away):
    """Return what a fit found."""
    rank = float(stats.spearmanr(te, np.exp(-u)).statistic) if np.ptp(te) > 0.0 else 0.0
    error = float(np.sqrt(found.covariance[1, 1]))
    return Found(found.status.boundary or INSIDE, found.parameter("log(v)"), error, away, rank)


def told(name, panels):
    """Print what was found on all panels of one kind."""
    delta = np.array([p.delta for p in panels])
    ends = Counter(p.end for p in panels)
    print(f"  {name}: delta {delta.mean():.4f} (true {FRONTIER.delta}), standard deviation {delta.std(ddof=1):.4f}")
    for end, count in ends.most_common():
        some = [p for p in panels if p.end == end]
        print(f"    ended {end}: {count}, the truth within the interval in {sum(p.within for p in some)}")
    print(f"    within the interval: {sum(p.within for p in panels)} of {len(panels)}")
    if not np.isnan([p.deviance for p in panels]).any():
        print(f"    deviance of the truth up to {LIMIT**2:g}: {sum(p.deviance <= LIMIT**2 for p in panels)}")
    print(f"    rank correlation of TE with the truth: {np.mean([p.rank for p in panels]):.3f}")


def main(panels=200, runs=500, workers=2):
    """Print both parts."""
    panel = Panel.of(validate(load_sample("russia-2010-2012")).frame)
    setup, _, _ = set_up(panel, FRONTIER, AgentSpec(), 20121231)
    start = time.process_time()
    found = [one_panel(setup, n) for n in range(panels)]
    print(f"{panels} panels, {time.process_time() - start:.0f} s of processor time")
    for number, name in enumerate(ROUTES):
        told(name, [f[number] for f in found])
    model = setup.model(CALIBRATED)
    start = time.perf_counter()
    many = replicate(model, (), 2010, 2012, runs, seed=1, workers=workers)
    expected, links = many.of("expected")[:, 0, -1].mean(axis=0), many.of("links")[:, 0, -1].mean(axis=0)
    some = expected > 0.0
    slope = stats.linregress(np.log(model.innovations[some]), np.log(expected[some])).slope
    zero = np.mean([(windows(c, 3) == 0).mean() for c in many.of("innovations")[:, 0]])
    print(f"{runs} runs, {time.perf_counter() - start:.0f} s: slope on the frontier {slope:.4f}")
    print(f"  expected innovations {expected.sum():.0f}, of the frontier {model.innovations.sum():.0f}")
    print(f"  links {links.sum():.0f}, closed form {model.links.sum():.0f}")
    print(f"  zero share {zero:.3f}, of the panel {(panel.innovations == 0).mean():.3f}")
    start = time.process_time()
    simulate(replace(model), 2012, 2032, seed=1)
    print(f"20 years of the country: {time.process_time() - start:.1f} s of processor time")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
