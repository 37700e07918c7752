"""Firms with known truth for tests of complementarity, partners, selection and the chain to productivity."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import ndtr

GAIN = 0.6
"""What both practices add beyond the sum of each, in :func:`practice_firms`."""


def practice_firms(n=1500, seed=1, gain=GAIN, practices=("make", "buy", "mach")):
    """Return practices, a continuous and a binary outcome, size and industry; only the first pair is complementary."""
    rng = np.random.default_rng(seed)
    size = rng.normal(size=n)
    industry = rng.integers(1, 4, n)
    common = 0.5 * rng.normal(size=n) + 0.3 * size
    adopted = [(common + rng.normal(size=n) > 0.2).astype(int) for _ in practices]
    index = 0.3 * adopted[0] + 0.2 * adopted[1] + gain * adopted[0] * adopted[1] + 0.4 * size + 0.2 * (industry == 2)
    if len(practices) > 2:
        index = index + 0.1 * adopted[2]
    frame = pd.DataFrame(dict(zip(practices, adopted, strict=True)))
    shock = rng.normal(size=n)
    return frame.assign(
        size=size, industry=industry, sales=1.0 + index + shock, product=(index - 0.5 + shock > 0).astype(int)
    )


SELECTION = {"Intercept": -0.2, "size": 0.5, "subsidy": 0.8}
OUTCOME = {"Intercept": 1.0, "size": 0.4}
RHO, SIGMA = 0.5, 1.5


def selected_firms(n=1500, seed=2, rho=RHO):
    """Return firms whose R&D is seen only when they perform it."""
    rng = np.random.default_rng(seed)
    size, subsidy = rng.normal(size=n), rng.normal(size=n)
    u = rng.normal(size=n)
    e = SIGMA * (rho * u + np.sqrt(1.0 - rho * rho) * rng.normal(size=n))
    performs = SELECTION["Intercept"] + SELECTION["size"] * size + SELECTION["subsidy"] * subsidy + u > 0.0
    log_rd = OUTCOME["Intercept"] + OUTCOME["size"] * size + e
    frame = pd.DataFrame({"size": size, "subsidy": subsidy, "performs": performs.astype(int)})
    return frame.assign(rd=np.where(performs, np.exp(log_rd), 0.0), log_rd=np.where(performs, log_rd, np.nan))


CHAIN = {"product_rd": 0.6, "process_rd": 0.2, "product": 0.8, "process": 0.5}


def chain_firms(n=3000, seed=3):
    """Return firms in which latent R&D intensity moves two innovations, and their propensities move productivity."""
    rng = np.random.default_rng(seed)
    frame = selected_firms(n, seed)
    need, plant = rng.normal(size=n), rng.normal(size=n)
    shifter = rng.normal(size=n)
    u = rng.normal(size=n)
    e = SIGMA * (RHO * u + np.sqrt(1.0 - RHO * RHO) * rng.normal(size=n))
    latent = 0.5 + 0.8 * shifter
    performs = -0.1 + 0.4 * frame["size"] + 0.8 * frame["subsidy"] + u > 0.0
    product = ndtr(-0.3 + CHAIN["product_rd"] * latent + 0.5 * need)
    process = ndtr(0.1 + CHAIN["process_rd"] * latent + 0.6 * plant)
    output = (
        2.0 + CHAIN["product"] * product + CHAIN["process"] * process + 0.3 * frame["size"] + 0.5 * rng.normal(size=n)
    )
    return frame.assign(
        need=need,
        plant=plant,
        shifter=shifter,
        performs=performs.astype(int),
        rd=np.where(performs, np.exp(latent + e), 0.0),
        product=(rng.uniform(size=n) < product).astype(int),
        process=(rng.uniform(size=n) < process).astype(int),
        output=output,
    )


CHAIN_FORMULAS = {
    "selection": "performs ~ size + subsidy + shifter",
    "intensity": "log(rd) ~ shifter",
    "innovation": ["product ~ need", "process ~ plant"],
    "productivity": "output ~ size",
}


def mediated_firms(n=1500, seed=4, treatment_on_mediator=0.9, mediator_on_outcome=0.7, direct=0.1):
    """Return firms whose owners work on R&D through partners."""
    rng = np.random.default_rng(seed)
    size = rng.normal(size=n)
    foreign = (rng.uniform(size=n) < 0.3).astype(int)
    partner = (-0.4 + treatment_on_mediator * foreign + 0.3 * size + rng.normal(size=n) > 0).astype(int)
    domestic = (0.1 + 0.2 * size + rng.normal(size=n) > 0).astype(int)
    index = -0.3 + direct * foreign + mediator_on_outcome * partner + 0.4 * domestic + 0.4 * size
    rd = (index + rng.normal(size=n) > 0).astype(int)
    score = index + rng.normal(size=n)
    return pd.DataFrame(
        {"size": size, "foreign": foreign, "partner": partner, "domestic": domestic, "rd": rd, "score": score}
    )
