"""From links to innovations: ideas lie in wait, links find them, and what several find counts once.

Ideas differ in how easily they are found. When the number of ideas that are found at a rate above x per link and year
falls as x^-delta (an infinite urn with a regularly varying tail: Karlin 1967), L links find each idea independently,
and distinct ideas are a Poisson number with mean L^delta: the frontier Q = (w V)^delta with duplication as its reason.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

from innospace.numerics.keyed import uniforms

Array = NDArray[np.float64]
_FACTOR, _COUNT = 31, 32


def expected(links: Array, delta: float) -> Array:
    """Return L^delta, the expected distinct innovations of a year, shape of ``links``; zero for no links."""
    return np.where(links > 0.0, np.maximum(links, 1e-300) ** delta, 0.0)


def drawn(mean: Array, dispersion: float, replication: int, years: NDArray[np.int64]) -> Array:
    """Return counts of innovations, shape (T, R).

    Parameters
    ----------
    mean : ndarray, shape (T, R)
        Expected innovations.
    dispersion : float
        Variance of a gamma factor with mean one by region and year: counts have variance ``m + dispersion m^2``.
    replication : int
        Key.
    years : ndarray of int, shape (T,)

    Notes
    -----
    By inversion of the same uniform numbers, so that a higher mean never gives a lower count.
    """
    from scipy import stats

    regions = np.arange(mean.shape[1])
    at = (np.asarray(years)[:, None], regions[None, :])
    factor = stats.gamma.ppf(uniforms(replication, _FACTOR, *at), 1.0 / dispersion) * dispersion
    counts = stats.poisson.ppf(uniforms(replication, _COUNT, *at), np.maximum(mean * factor, 1e-300))
    return np.where(mean > 0.0, counts, 0.0)


def ideas_found(links: int, delta: float, lowest: float, rng: np.random.Generator) -> tuple[int, int]:
    """Return distinct ideas and all finds of ``links`` links by drawing every idea: the mechanism behind the formula.

    Parameters
    ----------
    links : int
    delta : float
    lowest : float
        Ideas found more seldom than this, per link and year, are left out.
    rng : numpy.random.Generator

    Notes
    -----
    Rates are a Poisson process with tail ``x^-delta / Gamma(1 - delta)``, for which the mean is L^delta exactly
    (Laplace exponent of the stable subordinator). A check of the formula for tests, not a part of a run.
    """
    number = rng.poisson(lowest**-delta / special.gamma(1.0 - delta))
    rates = lowest * rng.random(number) ** (-1.0 / delta)
    # ideas that everyone finds at once need no larger number of finds
    finds = rng.poisson(np.minimum(rates * links, 1e6))
    return int((finds > 0).sum()), int(finds.sum())
