"""How many draws a recovery test takes, and how often intervals of 95 % must hold the truth over them.

The suite takes few draws, enough to see a formula that is wrong; bands of coverage then are those a right interval
leaves once in ten thousand runs. ``INNOSPACE_DRAWS=full`` takes all of them and holds intervals to the bands that are
asked for; continuous integration does so after the suite.
"""

from __future__ import annotations

import os

from scipy import stats

FULL = os.environ.get("INNOSPACE_DRAWS") == "full"
ALARM = 1e-4
"""Chance that a right interval fails a short run; the seeds are fixed, so that a run that passed passes again."""


def draws(full: int, short: int) -> int:
    """Return the number of draws of this run."""
    return full if FULL else short


def band(asked: tuple[float, float], independent: int, level: float = 0.95) -> tuple[float, float]:
    """Return the band of a share that should be `level`: as asked in full, else of a binomial of `independent` trials.

    The wider of the two counts in a short run: where the band asked for allows for a bias of small samples, so must it.
    """
    if FULL:
        return asked
    low, high = stats.binom.ppf([ALARM / 2, 1 - ALARM / 2], independent, level) / independent
    return min(asked[0], float(low)), max(asked[1], float(high))
