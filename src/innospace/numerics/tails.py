"""Distribution functions and quantiles of test statistics: normal, chi-squared, t and F.

They are those of :mod:`scipy.special`, to the last digit what :mod:`scipy.stats` gives; that package alone takes longer
to load than most commands need for their work, and is loaded only where its tests are used.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special


def normal_cdf(z: Any) -> Any:
    """Return ``Phi(z)``; scalar or array, as all functions here."""
    return special.ndtr(z)


def normal_sf(z: Any) -> Any:
    """Return ``1 - Phi(z)``, accurate in the upper tail."""
    return special.ndtr(np.negative(z))


def normal_ppf(p: Any) -> Any:
    """Return the quantile of a probability."""
    return special.ndtri(p)


def chi2_sf(x: Any, degrees: Any) -> Any:
    """Return the upper tail of chi-squared; 1 below zero, NaN of NaN."""
    return special.gammaincc(0.5 * np.asarray(degrees), 0.5 * np.maximum(x, 0.0))


def chi2_ppf(p: Any, degrees: Any) -> Any:
    """Return the quantile of a probability."""
    return 2.0 * special.gammaincinv(0.5 * np.asarray(degrees), p)


def chi2_isf(q: Any, degrees: Any) -> Any:
    """Return the value whose upper tail is ``q``."""
    return 2.0 * special.gammainccinv(0.5 * np.asarray(degrees), q)


def t_cdf(t: Any, degrees: Any) -> Any:
    """Return the distribution function of t; infinite degrees are the normal."""
    return special.stdtr(degrees, t)


def t_sf(t: Any, degrees: Any) -> Any:
    """Return the upper tail of t; infinite degrees are the normal."""
    return special.stdtr(degrees, np.negative(t))


def t_ppf(p: Any, degrees: Any) -> Any:
    """Return the quantile of a probability; infinite degrees are the normal."""
    return special.stdtrit(degrees, p)


def f_sf(x: Any, first: Any, second: Any) -> Any:
    """Return the upper tail of F; 1 below zero."""
    return special.fdtrc(first, second, np.maximum(x, 0.0))
