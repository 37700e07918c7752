"""Bivariate normal distribution function and its derivatives, accurate in absolute and in relative terms.

In the bulk it is a sum of two of Owen's T functions, exact to rounding for every correlation. Where the probability
is small that sum cancels, so the logarithm is taken from an integral of a positive, log-concave function instead.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from innospace.numerics.normal import LOG_2PI, log_cdf_and_mills

Array = NDArray[np.float64]
LogDensity = Callable[[Array], tuple[Array, Array]]
"""``x -> (log f(x), derivative)``; ``x`` of shape (n, m), one row an integral."""

SMALL = 1e-5
"""Below this probability the tail integral replaces the sum, whose relative error is about 1e-16 / probability."""
_FAR = 1e8
_ZERO = 1e-200
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(20)
_DROP = 80.0  # twice the fall of the logarithm at which the integrand is cut off: e^-40
_KINK = np.array([-9.0, -4.0, -1.5, 0.0, 1.5, 4.0, 9.0])
_BISECTIONS = 40
_ROWS = 4096  # rows handled at once: bounds the memory of the tail integrals


@dataclass(frozen=True, slots=True)
class BivariateDerivatives:
    """A function of ``(h, k, rho)``, with derivatives; each of shape (n,).

    Attributes
    ----------
    value : ndarray
    d1, d2, dr : ndarray
        By ``h``, ``k`` and ``rho``.
    d11, d12, d22, d1r, d2r, drr : ndarray
        Second derivatives.
    """

    value: Array
    d1: Array
    d2: Array
    dr: Array
    d11: Array
    d12: Array
    d22: Array
    d1r: Array
    d2r: Array
    drr: Array


def bivariate_density(h: Array, k: Array, rho: Array) -> Array:
    """Return the standard bivariate normal density; ``|rho| < 1``."""
    return np.asarray(np.exp(_log_density(h, k, rho)))


def bivariate_cdf(h: Array, k: Array, rho: Array) -> Array:
    """Return ``P(X <= h, Y <= k)`` of standard normals with correlation ``rho``.

    Parameters
    ----------
    h, k, rho : ndarray or float
        Broadcast to one shape; ``-1 <= rho <= 1``, limits may be infinite.

    Returns
    -------
    ndarray
        Absolute error about 1e-16, relative error about 1e-11 or better while the probability does not underflow.

    Notes
    -----
    Owen (1956), Ann. Math. Stat. 27: ``Phi2 = (Phi(h) + Phi(k)) / 2 - T(h, a) - T(k, b) - [h k < 0] / 2``. Numerical
    alternatives: Genz (2004), Statistics and Computing 14.
    """
    h, k, rho = _together(h, k, rho)
    found = _by_owen(h, k, rho)
    small = (found < SMALL) & (np.abs(rho) < 1.0)
    if small.any():
        found[small] = np.exp(_log_tail(h[small], k[small], rho[small]))
    return found


def log_bivariate_cdf(h: Array, k: Array, rho: Array) -> Array:
    """Return ``log P(X <= h, Y <= k)``, finite for finite limits and ``|rho| < 1``; see :func:`bivariate_cdf`."""
    h, k, rho = _together(h, k, rho)
    found = _by_owen(h, k, rho)
    small = found < SMALL
    with np.errstate(divide="ignore"):
        result = np.log(np.maximum(found, 0.0))
    inside = small & (np.abs(rho) < 1.0)
    if inside.any():
        result[inside] = _log_tail(h[inside], k[inside], rho[inside])
    return result


def log_bivariate_slopes(h: Array, k: Array, rho: Array) -> tuple[Array, Array, Array]:
    """Return ``log Phi2`` and its derivatives by ``h`` and ``k``."""
    h, k, rho = _together(h, k, rho)
    log_p = log_bivariate_cdf(h, k, rho)
    return log_p, np.exp(_log_margin(h, k, rho) - log_p), np.exp(_log_margin(k, h, rho) - log_p)


def bivariate_derivatives(h: Array, k: Array, rho: Array) -> BivariateDerivatives:
    """Return ``Phi2`` with its first and second derivatives.

    ``d Phi2 / dh = phi(h) Phi((k - rho h) / s)``, ``d Phi2 / d rho = phi2`` (Plackett 1954), ``s^2 = 1 - rho^2``.
    """
    h, k, rho = _together(h, k, rho)
    density = bivariate_density(h, k, rho)
    first, second = np.exp(_log_margin(h, k, rho)), np.exp(_log_margin(k, h, rho))
    by_h, by_k, by_rho = _density_slopes(h, k, rho)
    return BivariateDerivatives(
        bivariate_cdf(h, k, rho),
        first,
        second,
        density,
        -h * first - rho * density,
        density,
        -k * second - rho * density,
        density * by_h,
        density * by_k,
        density * by_rho,
    )


def log_bivariate_derivatives(h: Array, k: Array, rho: Array) -> BivariateDerivatives:
    """Return ``log Phi2`` with its first and second derivatives; ``|rho| < 1``. Greene (2018), section 17.9."""
    h, k, rho = _together(h, k, rho)
    log_p = log_bivariate_cdf(h, k, rho)
    first, second = np.exp(_log_margin(h, k, rho) - log_p), np.exp(_log_margin(k, h, rho) - log_p)
    density = np.exp(_log_density(h, k, rho) - log_p)
    by_h, by_k, by_rho = _density_slopes(h, k, rho)
    return BivariateDerivatives(
        log_p,
        first,
        second,
        density,
        -h * first - rho * density - first * first,
        density - first * second,
        -k * second - rho * density - second * second,
        density * (by_h - first),
        density * (by_k - second),
        density * (by_rho - density),
    )


def log_concave_integral(evaluate: LogDensity, upper: Array, centres: Array, widths: Array) -> Array:
    """Return ``log`` of the integral of ``f`` from minus infinity to ``upper``, row by row.

    Parameters
    ----------
    evaluate : callable
        ``x, shape (n, m) -> (log f, its derivative)``; the second derivative must be -1 or less everywhere.
    upper : ndarray, shape (n,)
    centres, widths : ndarray, shape (n, q)
        Where, and over what distance, ``f`` changes its shape: panels are laid around these points.

    Notes
    -----
    The peak is found by bisection; as ``(log f)'' <= -1``, ``f`` has fallen by ``e^-40`` at a distance of
    ``80 / (g + sqrt(g^2 + 80))`` from a peak of slope ``g``. Gauss-Legendre with 20 nodes a panel.
    """
    n = len(upper)
    slope = evaluate(upper[:, None])[1][:, 0]
    low, high = upper + np.minimum(slope, 0.0), upper.copy()
    inner = np.flatnonzero(slope < 0.0)
    if len(inner):
        for _ in range(_BISECTIONS):
            middle = 0.5 * (low + high)
            rising = evaluate(middle[:, None])[1][:, 0] > 0.0
            low, high = np.where(rising, middle, low), np.where(rising, high, middle)
    peak = np.where(slope < 0.0, 0.5 * (low + high), upper)
    steep = np.maximum(slope, 0.0)
    reach = _DROP / (steep + np.sqrt(steep * steep + _DROP))
    left, right = peak - reach, np.minimum(upper, peak + np.sqrt(_DROP))
    kinks = (centres[:, :, None] + widths[:, :, None] * _KINK).reshape(n, -1)
    marks = np.column_stack((left, peak - 0.3 * reach, peak - 0.08 * reach, peak, kinks, right))
    marks = np.sort(np.clip(marks, left[:, None], right[:, None]), axis=1)
    half = 0.5 * np.diff(marks, axis=1)
    x = (marks[:, :-1] + half)[:, :, None] + half[:, :, None] * _NODES
    height = evaluate(peak[:, None])[0][:, 0]
    values = evaluate(x.reshape(n, -1))[0].reshape(x.shape)
    total = np.einsum("ipq,ip,q->i", np.exp(values - height[:, None, None]), half, _WEIGHTS)
    return np.asarray(height + np.log(total))


def _together(h: Array, k: Array, rho: Array) -> tuple[Array, Array, Array]:
    a, b, r = np.broadcast_arrays(*(np.asarray(v, dtype=np.float64) for v in (h, k, rho)))
    return np.clip(np.atleast_1d(a), -_FAR, _FAR), np.clip(np.atleast_1d(b), -_FAR, _FAR), np.atleast_1d(r)


def _by_owen(h: Array, k: Array, rho: Array) -> Array:
    # Owen's formula is continuous through zero, but zero itself has no sign, and quotients of the smallest numbers err
    h, k = np.where(np.abs(h) < _ZERO, _ZERO, h), np.where(np.abs(k) < _ZERO, _ZERO, k)
    one = np.abs(rho) >= 1.0
    s = np.sqrt(np.where(one, 1.0, (1.0 - rho) * (1.0 + rho)))
    # k - rho h without cancellation when |rho| is near one
    sign = np.where(rho < 0.0, -1.0, 1.0)
    rest = 1.0 - np.abs(rho)
    with np.errstate(over="ignore"):
        to_h = ((k - sign * h) + sign * rest * h) / (h * s)
        to_k = ((h - sign * k) + sign * rest * k) / (k * s)
    cdf_h, cdf_k = special.ndtr(h), special.ndtr(k)
    apart = np.where((h < 0.0) != (k < 0.0), 0.5, 0.0)
    found = 0.5 * (cdf_h + cdf_k) - special.owens_t(h, to_h) - special.owens_t(k, to_k) - apart
    limit = np.where(rho > 0.0, np.minimum(cdf_h, cdf_k), np.maximum(cdf_h - special.ndtr(-k), 0.0))
    return np.asarray(np.where(one, limit, np.clip(found, 0.0, np.minimum(cdf_h, cdf_k))))


def _log_tail(h: Array, k: Array, rho: Array) -> Array:
    """Return ``log Phi2`` as the integral of ``phi(x) Phi((k - rho x) / s)`` over ``x <= h``, with ``h <= k``."""
    if len(h) > _ROWS:
        parts = [slice(i, i + _ROWS) for i in range(0, len(h), _ROWS)]
        return np.concatenate([_log_tail(h[p], k[p], rho[p]) for p in parts])
    low, high = np.minimum(h, k), np.maximum(h, k)
    s = np.sqrt((1.0 - rho) * (1.0 + rho))
    safe = np.where(np.abs(rho) < 1e-30, 1e-30, rho)

    def evaluate(x: Array) -> tuple[Array, Array]:
        log_cdf, mills = log_cdf_and_mills((high[:, None] - rho[:, None] * x) / s[:, None])
        return -0.5 * (x * x + LOG_2PI) + log_cdf, -x - (rho / s)[:, None] * mills

    return log_concave_integral(evaluate, low, (high / safe)[:, None], (s / np.abs(safe))[:, None])


def _log_density(h: Array, k: Array, rho: Array) -> Array:
    square = (1.0 - rho) * (1.0 + rho)
    # h^2 - 2 rho h k + k^2 as a sum of squares
    form = h * h + (k - rho * h) ** 2 / square
    return np.asarray(-LOG_2PI - 0.5 * np.log(square) - 0.5 * form)


def _log_margin(h: Array, k: Array, rho: Array) -> Array:
    """Return ``log phi(h) Phi((k - rho h) / s)``."""
    s = np.sqrt((1.0 - rho) * (1.0 + rho))
    return np.asarray(-0.5 * (h * h + LOG_2PI) + log_cdf_and_mills((k - rho * h) / s)[0])


def _density_slopes(h: Array, k: Array, rho: Array) -> tuple[Array, Array, Array]:
    """Return the derivatives of ``log phi2`` by ``h``, ``k`` and ``rho``."""
    square = (1.0 - rho) * (1.0 + rho)
    a, b = (h - rho * k) / square, (k - rho * h) / square
    return -a, -b, rho / square + a * b
