"""Differences of two exponential laws with normal noise: generalised exponential, truncated skewed Laplace.

``p(u) = c (A exp(-u / s) - exp(-(1 + l) u / s))``. With normal noise each term has the closed form of the exponential.
"""

from __future__ import annotations

import numpy as np

from innospace.frontier.densities.base import Array, Derivatives
from innospace.frontier.densities.exponential import Exponential

_SMALLEST = 1e-15


def difference(e: Array, a: Array, b: Array, rate: Array | float, factor: float) -> Derivatives:
    """Return ``ln(factor h_1 - h_2)`` and derivatives by ``e, a, ln rate, b``; ``h_j`` is the exponential's integral.

    ``h_j = int exp(-r_j u) phi((e + u) / sigma_v) / sigma_v du`` with ``r_1 = exp(-a / 2)``, ``r_2 = rate r_1``: the
    density of the exponential law over its rate.
    """
    log_rate = np.asarray(np.log(rate))
    one = _integral(e, a, b)
    two = _integral(e, a - 2.0 * log_rate, b)
    gap = two.value - one.value - np.log(factor)
    left = np.maximum(-np.expm1(gap), _SMALLEST)
    value = np.log(factor) + one.value + np.log(left)
    share = 1.0 / left
    # order of arguments: e, a, ln rate, b; the second law's a is a - 2 ln rate
    zero = np.zeros_like(one.value)
    f1 = (one.first[0], one.first[1], zero, one.first[2])
    f2 = (two.first[0], two.first[1], -2.0 * two.first[1], two.first[2])
    s1, s2 = _square(one, 0.0), _square(two, -2.0)
    first = tuple(x + (share - 1.0) * (x - y) for x, y in zip(f1, f2, strict=True))
    # with m = share g1 + (1 - share) g2, the mean of products of deviations is share (1 - share) (g1 - g2)^2
    second = tuple(
        s1[n] + (share - 1.0) * (s1[n] - s2[n]) + share * (1.0 - share) * (f1[i] - f2[i]) * (f1[j] - f2[j])
        for n, (i, j) in enumerate(zip(*np.triu_indices(4), strict=True))
    )
    return Derivatives(value, first, second)


def _integral(e: Array, a: Array, b: Array) -> Derivatives:
    """Return the exponential's log-density over its rate: ``ln f + a / 2``."""
    found = Exponential().evaluate(e, (a, b))
    first = (found.first[0], found.first[1] + 0.5, found.first[2])
    return Derivatives(found.value + 0.5 * a, first, found.second)


def _square(law: Derivatives, slope: float) -> list[Array]:
    """Return second derivatives by ``e, a, ln rate, b`` of a law whose ``a`` moves by ``slope`` with ``ln rate``."""
    ee, ea, eb, aa, ab, bb = law.second
    return [ee, ea, slope * ea, eb, aa, slope * aa, ab, slope * slope * aa, slope * ab, bb]
