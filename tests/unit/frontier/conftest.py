"""Puts cases that tests share within reach."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

SUPPORT = str(Path(__file__).parents[2] / "support")
if SUPPORT not in sys.path:
    sys.path.insert(0, SUPPORT)

REFERENCE = Path(__file__).parents[2] / "reference"


def simulate(law, n, seed, *, cost=False, sigma_u=0.5, sigma_v=0.2, mu=0.4):
    """Return a table ``y, a, b`` with coefficients 1, 0.6 and -0.3."""
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(2, n))
    if law == "half_normal":
        u = np.abs(sigma_u * rng.normal(size=n))
    elif law == "exponential":
        u = rng.exponential(sigma_u, size=n)
    else:
        draws = mu + sigma_u * rng.normal(size=20 * n)
        u = draws[draws > 0.0][:n]
    e = sigma_v * rng.normal(size=n) + (u if cost else -u)
    return pd.DataFrame({"y": 1.0 + 0.6 * a - 0.3 * b + e, "a": a, "b": b})


@pytest.fixture(scope="session")
def simulated():
    return simulate


@pytest.fixture(scope="session")
def front41():
    frame = pd.read_csv(REFERENCE / "front41Data" / "data.csv")
    return frame.assign(q=np.log(frame["output"]), k=np.log(frame["capital"]), l=np.log(frame["labour"]))


@pytest.fixture(scope="session")
def rice():
    frame = pd.read_csv(REFERENCE / "riceProdPhil" / "data.csv")
    return frame.assign(**{c.lower(): np.log(frame[c]) for c in ("PROD", "AREA", "LABOR", "NPK")})
