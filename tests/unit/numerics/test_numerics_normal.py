"""Normal tails against 60-digit decimal arithmetic."""

from __future__ import annotations

from decimal import Decimal, getcontext, localcontext

import numpy as np
import pytest
from scipy import special

from innospace.numerics.normal import (
    log_cdf_and_mills,
    log_cdf_excess,
    truncated_log_mean_exp,
    truncated_mean_standard,
    truncated_quantile,
)

# a few units in the last place of float64: one of erfcx, one of log, one of the square
ROUNDING = 4e-15
DIGITS = 60
SERIES_BELOW = 4  # the continued fraction converges slowly near zero, the series loses digits far out
POINTS = (-1e6, -1e4, -1234.5, -100.0, -38.0, -37.0, -20.0, -8.0, -3.0, -1.0, -0.3, -1e-9, 0.0, 0.4, 1.0, 2.5, 6.0, 9.0)

getcontext()  # decimal contexts are per thread; each helper sets its own precision


def upper_mills(x: Decimal) -> Decimal:
    """Return ``Q(x) / phi(x)`` for x > 0."""
    if x < SERIES_BELOW:
        return sqrt_2pi() * (x * x / 2).exp() * (Decimal("0.5") - phi(x) * odd_series(x))
    found = x
    for k in range(400, 0, -1):
        found = x + k / found
    return 1 / found


def sqrt_2pi() -> Decimal:
    return Decimal("2.506628274631000502415765284811045253006986740609938316629923576342293654608")


def phi(x: Decimal) -> Decimal:
    return (-x * x / 2).exp() / sqrt_2pi()


def odd_series(x: Decimal) -> Decimal:
    term = total = x
    k = 1
    while abs(term) > Decimal(10) ** -(DIGITS + 5):
        term *= x * x / (2 * k + 1)
        total += term
        k += 1
    return total


def log_cdf(z: Decimal) -> Decimal:
    if z >= 0:
        return (1 - upper_mills(z) * phi(z)).ln() if z > 0 else Decimal("0.5").ln()
    return upper_mills(-z).ln() - z * z / 2 - sqrt_2pi().ln()


def inverse_mills(z: Decimal) -> Decimal:
    return 1 / upper_mills(-z) if z < 0 else phi(z) / log_cdf(z).exp()


def exact(function, *arguments: float) -> float:
    with localcontext() as context:
        context.prec = DIGITS + 10
        context.Emin, context.Emax = -(10**15), 10**15
        return float(function(*(Decimal(a) for a in arguments)))


def test_the_reference_agrees_with_scipy():
    z = np.linspace(-30.0, 5.0, 36)
    np.testing.assert_allclose([exact(log_cdf, v) for v in z], special.log_ndtr(z), rtol=1e-13)


@pytest.mark.parametrize("z", POINTS)
def test_log_cdf_and_mills(z):
    log_phi, mills = log_cdf_and_mills(np.array(z))
    assert float(log_phi) == pytest.approx(exact(log_cdf, z), rel=ROUNDING, abs=1e-16)
    # far above zero the kernel exp(-z^2 / 2) carries the rounding of its argument
    assert float(mills) == pytest.approx(exact(inverse_mills, z), rel=ROUNDING * (1.0 + z * z * (z > 0)))


@pytest.mark.parametrize("z", POINTS)
def test_log_cdf_excess_gives_the_square_back(z):
    excess, square = log_cdf_excess(np.array(z))
    assert float(square) == (0.5 * z * z if z < 0 else 0.0)
    assert float(excess - square) == pytest.approx(exact(log_cdf, z), rel=ROUNDING, abs=1e-16)
    if z < 0:
        assert float(excess) == pytest.approx(exact(lambda v: log_cdf(v) + v * v / 2, z), rel=ROUNDING, abs=1e-15)


def test_shapes_and_far_arguments_stay_finite():
    z = np.array([[-1e150, -1e8], [1e8, 1e150]])
    log_phi, mills = log_cdf_and_mills(z)
    assert log_phi.shape == mills.shape == z.shape
    assert np.all(np.isfinite(log_phi))
    np.testing.assert_allclose(mills[0], -z[0], rtol=1e-15)
    np.testing.assert_array_equal(mills[1], 0.0)


@pytest.mark.parametrize("r", [-1e8, -1e4, -1001.0, -999.0, -100.0, -10.0, -1.0, 0.0, 1.0, 8.0, 50.0])
def test_truncated_mean(r):
    got = float(truncated_mean_standard(np.array(r)))
    # r + mills(r) cancels: what is left of it is of size 1 / |r|, an absolute error of |r| in units of rounding
    relative = 1e-15 * (1.0 + min(r, 0.0) ** 2) if r > -1e3 else 1e-14
    assert got == pytest.approx(exact(lambda v: v + inverse_mills(v), r), rel=relative)
    assert got > 0.0


@pytest.mark.parametrize("sigma", [1e-6, 0.01, 0.2, 1.0, 5.0])
@pytest.mark.parametrize("r", [-1e5, -300.0, -20.0, -2.0, -0.1, 0.0, 0.5, 3.0, 20.0])
def test_log_mean_exp(r, sigma):
    mu = r * sigma

    def definition(m: Decimal, s: Decimal) -> Decimal:
        return -m + s * s / 2 + log_cdf(m / s - s) - log_cdf(m / s)

    got = float(truncated_log_mean_exp(np.array(mu), np.array(sigma)))
    # two logarithms of size log |r| are subtracted
    assert got == pytest.approx(exact(definition, mu, sigma), rel=1e-14, abs=1e-14)
    assert got <= 0.0


@pytest.mark.parametrize("p", [1e-6, 0.025, 0.5, 0.975])
@pytest.mark.parametrize("r", [-1e6, -2e4, -5e3, -50.0, -29.0, -3.0, 0.0, 2.0, 30.0])
def test_quantile_solves_its_equation(r, p):
    sigma = 0.3
    mu = r * sigma
    u = float(truncated_quantile(np.array(mu), np.array(sigma), p))
    assert u >= 0.0

    def error(m: Decimal, s: Decimal, x: Decimal, q: Decimal) -> Decimal:
        # distance in u, relative: (log survival(u) - log p) / hazard / u
        z = (m - x) / s
        return (log_cdf(z) - log_cdf(m / s) - q.ln()) / (inverse_mills(z) / s) / x

    # rounding of the log-probabilities, over the log-probability left to explain: worst where p is near one
    assert abs(exact(error, mu, sigma, u, p)) < 1e-11


def test_quantiles_are_ordered_and_elementwise():
    mu = np.array([-3.0, 0.0, 2.0])
    low, high = (truncated_quantile(mu, np.array(0.7), p) for p in (0.9, 0.1))
    assert low.shape == mu.shape
    assert np.all(low < high)
