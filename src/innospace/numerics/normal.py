"""Normal distribution in logs, accurate in both tails.

Quotients of densities and distribution functions turn into 0/0 a few standard deviations out; everything here
goes through the scaled complementary error function ``erfcx`` instead, which does not underflow.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

Array = NDArray[np.float64]

LOG_2PI = float(np.log(2.0 * np.pi))
_SQRT_HALF = float(np.sqrt(0.5))
_INV_SQRT_2PI = float(1.0 / np.sqrt(2.0 * np.pi))
_FAR_MEAN = -1.0e3  # beyond it r + mills(r) is taken from its series, exact to rounding there
_FAR_VARIANCE = -30.0  # beyond it 1 - mills (r + mills) has fewer digits than six terms of its series
_FAR_QUANTILE = -30.0  # beyond it the quantile is a small difference of large numbers and solved for by itself


def log_cdf_and_mills(z: Array) -> tuple[Array, Array]:
    """Return ``log Phi(z)`` and the inverse Mills ratio ``phi(z) / Phi(z)``.

    Parameters
    ----------
    z : ndarray, any shape
        Finite standard normal arguments.

    Returns
    -------
    tuple of ndarray
        Both of the shape of ``z``; finite for every finite ``z`` whose square does not overflow.
    """
    z = np.asarray(z, dtype=np.float64)
    negative = z < 0.0
    half_square = 0.5 * z * z
    scaled = 0.5 * special.erfcx(np.abs(z) * _SQRT_HALF)
    kernel = np.exp(-half_square)
    # Phi(z) above zero, in [1/2, 1]; below it Phi(z) exp(z^2 / 2)
    cdf = np.where(negative, scaled, 1.0 - scaled * kernel)
    log_cdf = np.log(cdf) - np.where(negative, half_square, 0.0)
    return log_cdf, np.where(negative, _INV_SQRT_2PI, _INV_SQRT_2PI * kernel) / cdf


def log_cdf_excess(z: Array) -> tuple[Array, Array]:
    """Return ``log Phi(z) + z^2 / 2`` where ``z < 0`` and ``log Phi(z)`` elsewhere, with the squares taken out.

    Sums such as ``log Phi(z1) - log Phi(z0)`` lose all digits when both arguments are far in the lower tail;
    their squares cancel analytically in composed-error densities, so they are returned apart.

    Returns
    -------
    tuple of ndarray
        ``excess`` and ``square`` with ``log Phi(z) = excess - square``; ``square`` is ``z^2 / 2`` or 0.
    """
    z = np.asarray(z, dtype=np.float64)
    negative = z < 0.0
    half_square = 0.5 * z * z
    scaled = special.erfcx(np.abs(z) * _SQRT_HALF)
    upper = 1.0 - 0.5 * scaled * np.exp(-half_square)
    return np.log(np.where(negative, 0.5 * scaled, upper)), np.where(negative, half_square, 0.0)


def truncated_mean_standard(r: Array) -> Array:
    """Return ``r + phi(r) / Phi(r)``: mean of ``N(r, 1)`` truncated to positive values.

    Parameters
    ----------
    r : ndarray
        Location in standard deviations; may be far negative, where the mean tends to ``-1 / r``.
    """
    r = np.asarray(r, dtype=np.float64)
    return _mean(r, log_cdf_and_mills(r)[1])


def _mean(r: Array, mills: Array) -> Array:
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        x = -r
        series = (1.0 - (2.0 - 10.0 / (x * x)) / (x * x)) / x
    return np.where(r < _FAR_MEAN, series, r + mills)


def truncated_variance_standard(r: Array) -> Array:
    """Return the variance of ``N(r, 1)`` truncated to positive values, ``1 - m (r + m)`` with ``m = phi(r) / Phi(r)``.

    Parameters
    ----------
    r : ndarray
        Location in standard deviations; far below zero the variance tends to ``1 / r^2`` and is taken from its series.
    """
    r = np.asarray(r, dtype=np.float64)
    return _variance(r, log_cdf_and_mills(r)[1])


def _variance(r: Array, mills: Array) -> Array:
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        s = 1.0 / (r * r)
        series = s * (1.0 - s * (6.0 - s * (50.0 - s * (518.0 - s * (6354.0 - s * 89782.0)))))
    return np.where(r < _FAR_VARIANCE, series, 1.0 - mills * (r + mills))


def truncated_moments_standard(r: Array) -> tuple[Array, Array, Array]:
    """Return the inverse Mills ratio, the mean and the variance of ``N(r, 1)`` truncated to positive values."""
    r = np.asarray(r, dtype=np.float64)
    _, mills = log_cdf_and_mills(r)
    return mills, _mean(r, mills), _variance(r, mills)


def half_normal_given(e: Array, variance_u: Array | float, variance_v: Array | float) -> tuple[Array, Array]:
    """Return location and scale of ``u`` given ``e = v - u``: normal truncated to positive values.

    ``-e s_u^2 / (s_u^2 + s_v^2)`` and ``s_u s_v / sqrt(s_u^2 + s_v^2)`` (Jondrow, Lovell, Materov and Schmidt 1982).

    Parameters
    ----------
    e : ndarray
        Composed errors.
    variance_u, variance_v : ndarray or float
        Squared scale of the half-normal ``u`` and variance of the normal ``v``.
    """
    total = variance_u + variance_v
    scale = np.sqrt(variance_u * variance_v / total)
    return np.asarray(-e * (variance_u / total)), np.asarray(scale)


def truncated_log_mean_exp(mu: Array, sigma: Array) -> Array:
    """Return ``log E[exp(-u)]`` for ``u ~ N(mu, sigma^2)`` truncated to positive values.

    ``-mu + sigma^2/2 + log Phi(mu/sigma - sigma) - log Phi(mu/sigma)``, arranged so that nothing cancels.
    """
    r = np.asarray(mu / sigma, dtype=np.float64)
    low_excess, low_square = log_cdf_excess(r - sigma)
    excess, square = log_cdf_excess(r)
    both_low = (r < 0.0) & (r - sigma < 0.0)
    # with both arguments negative the squares cancel against -mu + sigma^2 / 2 exactly
    rest = np.where(both_low, 0.0, -mu + 0.5 * sigma * sigma - low_square + square)
    return low_excess - excess + rest


def truncated_quantile(mu: Array, sigma: Array, upper_probability: Array | float) -> Array:
    """Return the ``u`` that a truncated normal ``N+(mu, sigma^2)`` exceeds with the given probability.

    Parameters
    ----------
    mu, sigma : ndarray
        Location and scale before truncation.
    upper_probability : float or ndarray
        In (0, 1); an array is broadcast against ``mu``.

    Notes
    -----
    Solves ``Phi((mu - u) / sigma) = p Phi(mu / sigma)`` in logs (Horrace and Schmidt 1996, eq. 2.4).
    """
    r = np.asarray(mu / sigma, dtype=np.float64)
    log_p = np.log(upper_probability)
    log_cdf, _ = log_cdf_and_mills(r)
    standard = np.asarray(r - special.ndtri_exp(log_p + log_cdf))
    far = r < _FAR_QUANTILE
    if far.any():
        r, log_p = np.broadcast_arrays(r, log_p)
        far = np.broadcast_to(far, r.shape)
        standard[far] = _far_quantile(r[far], log_p[far])
    return np.maximum(np.asarray(sigma * standard, dtype=np.float64), 0.0)


def _far_quantile(r: Array, log_p: Array) -> Array:
    """Solve ``log Phi(r - x) - log Phi(r) = log p`` far in the lower tail by Newton from the exponential limit."""
    x = np.asarray(log_p / r)
    excess_r, _ = log_cdf_excess(r)
    for _ in range(3):
        excess, _ = log_cdf_excess(r - x)
        _, hazard = log_cdf_and_mills(r - x)
        x = x + (excess - excess_r + 0.5 * x * (2.0 * r - x) - log_p) / hazard
    return x
