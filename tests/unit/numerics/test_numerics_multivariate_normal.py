"""Normal probabilities in two, three and more dimensions against brute-force integration and differences."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import integrate, special, stats

from innospace.numerics.bivariate_normal import (
    _by_owen,
    _log_tail,
    bivariate_cdf,
    bivariate_density,
    bivariate_derivatives,
    log_bivariate_cdf,
    log_bivariate_derivatives,
)
from innospace.numerics.ghk import correlation_matrix, ghk_log_probability, halton_draws, pairs
from innospace.numerics.multivariate_normal import (
    log_trivariate_cdf,
    log_trivariate_derivatives,
    positive_definite,
    trivariate_cdf,
    trivariate_gradient,
)

ABSOLUTE = 1e-14  # a few units in the last place of one
TAIL = 1e-11  # relative to the probability: rounding of exponents of size 100 and Gauss-Legendre panels
QUAD = 1e-12  # what scipy.integrate.quad reaches on these integrands
# central differences with step 1e-5: rounding 1e-11, truncation 1e-10 times a third derivative
DIFFERENCES = 3e-6


def by_quadrature(h, k, rho):
    """Return log Phi2 by adaptive quadrature of phi(x) Phi((k - rho x) / s), scaled by its maximum."""
    h, k = min(h, k), max(h, k)
    s = np.sqrt((1 - rho) * (1 + rho))

    def log_f(x):
        return -0.5 * x * x - 0.5 * np.log(2 * np.pi) + special.log_ndtr((k - rho * x) / s)

    grid = np.linspace(h - 14, h, 60_001)
    values = log_f(grid)
    peak, height = grid[np.argmax(values)], values.max()
    kept = grid[values > height - 60]
    marks = np.unique(np.clip([kept[0], peak, k / rho, h - 1e-2, h - 0.1, h - 1, h], kept[0], h))
    parts = [
        integrate.quad(lambda x: np.exp(log_f(x) - height), a, b, epsabs=0, epsrel=1e-12, limit=400)[0]
        for a, b in itertools.pairwise(marks)
    ]
    return height + np.log(sum(parts))


def correlations(rng, n, spread=1.0):
    a = rng.normal(size=(n, 3, 3)) + spread * rng.normal(size=(n, 3, 1))
    c = np.einsum("nij,nkj->nik", a, a)
    d = np.sqrt(np.einsum("nii->ni", c))
    c = c / d[:, :, None] / d[:, None, :]
    return np.column_stack((c[:, 0, 1], c[:, 0, 2], c[:, 1, 2]))


@pytest.mark.parametrize(
    ("h", "k", "rho"),
    [
        (0.3, -0.4, 0.5),
        (-1.0, -1.5, -0.7),
        (-6.0, -5.0, 0.9),
        (-3.0, 2.0, -0.95),
        (-8.0, -9.0, 0.3),
        (-2.0, 1.9, -0.999),
        (-5.0, -5.1, 0.9999),
        (-20.0, -25.0, 0.6),
        (1.0, -4.0, -0.8),
    ],
)
def test_bivariate_against_quadrature(h, k, rho):
    expected = by_quadrature(h, k, rho)
    found = log_bivariate_cdf(np.array([h]), np.array([k]), np.array([rho]))[0]
    assert found == pytest.approx(expected, rel=QUAD, abs=TAIL)
    assert bivariate_cdf(h, k, rho)[0] == pytest.approx(np.exp(expected), rel=1e-10)


def test_two_methods_agree_for_every_correlation():
    rng = np.random.default_rng(0)
    n = 2000
    for gap in (0.5, 1e-2, 1e-4, 1e-8, 1e-12, 1e-15):
        for sign in (1.0, -1.0):
            h = 2 * rng.normal(size=n)
            # half of the points near the ridge, where a correlation near one matters
            k = np.where(rng.random(n) < 0.5, sign * h + np.sqrt(2 * gap) * rng.normal(size=n), 2 * rng.normal(size=n))
            rho = np.full(n, sign * (1 - gap))
            assert np.abs(_by_owen(h, k, rho) - np.exp(_log_tail(h, k, rho))).max() < ABSOLUTE


def test_bivariate_identities():
    rng = np.random.default_rng(1)
    h, k, rho = rng.normal(size=500), rng.normal(size=500), rng.uniform(-1, 1, 500)
    total = bivariate_cdf(h, k, rho) + bivariate_cdf(h, -k, -rho)
    np.testing.assert_allclose(total, special.ndtr(h), atol=ABSOLUTE)
    np.testing.assert_allclose(bivariate_cdf(h, k, rho), bivariate_cdf(k, h, rho), atol=ABSOLUTE)
    np.testing.assert_allclose(bivariate_cdf(h, k, 0.0), special.ndtr(h) * special.ndtr(k), atol=ABSOLUTE)
    np.testing.assert_allclose(bivariate_cdf(0.0, 0.0, rho), 0.25 + np.arcsin(rho) / (2 * np.pi), atol=ABSOLUTE)
    np.testing.assert_allclose(bivariate_cdf(h, 0.0, rho) + bivariate_cdf(h, 0.0, -rho), special.ndtr(h), atol=ABSOLUTE)
    np.testing.assert_allclose(bivariate_cdf(h, k, 1.0), np.minimum(special.ndtr(h), special.ndtr(k)), atol=ABSOLUTE)
    low = np.maximum(special.ndtr(h) - special.ndtr(-k), 0)
    np.testing.assert_allclose(bivariate_cdf(h, k, -1.0), low, atol=ABSOLUTE)
    np.testing.assert_allclose(bivariate_cdf(h, np.inf, rho), special.ndtr(h), atol=ABSOLUTE)
    assert bivariate_cdf(-np.inf, 1.0, 0.4)[0] == 0.0
    assert bivariate_cdf(5e-324, -5e-324, 0.5)[0] == pytest.approx(1 / 3, abs=ABSOLUTE)


def test_logarithm_at_the_bounds():
    found = log_bivariate_cdf(np.array([-1.0, -1.0, 1.0]), np.array([0.5, 0.5, 2.0]), np.array([1.0, -1.0, -1.0]))
    expected = [stats.norm.logcdf(-1.0), -np.inf, np.log(stats.norm.cdf(1.0) - stats.norm.cdf(-2.0))]
    np.testing.assert_allclose(found, expected, rtol=1e-14)


def test_bivariate_density():
    expected = stats.multivariate_normal(cov=[[1, 0.6], [0.6, 1]]).pdf([0.4, -1.2])
    assert bivariate_density(np.array(0.4), np.array(-1.2), np.array(0.6)) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("function", [bivariate_derivatives, log_bivariate_derivatives])
def test_bivariate_derivatives_against_differences(function):
    rng = np.random.default_rng(2)
    n = 300
    point = [2 * rng.normal(size=n), 2 * rng.normal(size=n), rng.uniform(-0.98, 0.98, n)]
    d = function(*point)
    step = 1e-5
    second = {0: ("d11", "d12", "d1r"), 1: ("d12", "d22", "d2r"), 2: ("d1r", "d2r", "drr")}
    for j, first in enumerate(("d1", "d2", "dr")):
        up, down = ([p + sign * step * (i == j) for i, p in enumerate(point)] for sign in (1, -1))
        a, b = function(*up), function(*down)
        expected = getattr(d, first)
        assert np.max(np.abs((a.value - b.value) / (2 * step) - expected) / (1 + np.abs(expected))) < DIFFERENCES
        for name, by in zip(("d1", "d2", "dr"), second[j], strict=True):
            expected = getattr(d, by)
            numerical = (getattr(a, name) - getattr(b, name)) / (2 * step)
            assert np.max(np.abs(numerical - expected) / (1 + expected**2)) < DIFFERENCES


def test_far_tails_stay_finite():
    d = log_bivariate_derivatives(np.array([-300.0, -40.0, 30.0]), np.array([-200.0, 60.0, -100.0]), np.array(-0.9))
    assert all(np.isfinite(getattr(d, name)).all() for name in d.__slots__)
    # deep in the tail of one variable alone, the slope is its Mills ratio
    assert d.d1[1] == pytest.approx(40.0249, rel=1e-4)


def by_conditioning(limits, r12, r13, r23):
    """Return Phi3 as one quadrature, given the first variable, of Phi2, which is tested above."""
    s2, s3 = np.sqrt(1 - r12**2), np.sqrt(1 - r13**2)
    inner = (r23 - r12 * r13) / (s2 * s3)

    def f(x):
        given = bivariate_cdf((limits[1] - r12 * x) / s2, (limits[2] - r13 * x) / s3, inner)[0]
        return np.exp(-0.5 * x * x) / np.sqrt(2 * np.pi) * given

    return integrate.quad_vec(f, -9.0, limits[0], epsabs=1e-13)[0]


def test_trivariate_against_integration():
    rng = np.random.default_rng(3)
    b, r = 1.2 * rng.normal(size=(25, 3)), correlations(rng, 25)
    for limits, rho in zip(b, r, strict=True):
        assert trivariate_cdf(limits, rho)[0] == pytest.approx(by_conditioning(limits, *rho), abs=1e-11)


def test_trivariate_path_and_tail_integral_agree():
    from innospace.numerics import multivariate_normal as module

    rng = np.random.default_rng(4)
    r = np.concatenate([correlations(rng, 40, spread) for spread in (0.0, 3.0, 100.0)])
    b = 1.3 * rng.normal(size=r.shape)
    assert np.linalg.eigvalsh([correlation_matrix(x, 3) for x in r]).min() < 1e-4  # nearly singular ones are there
    path, tail = module._by_path(b, r), np.exp(module._log_tail(b, r))
    # the path is cut into panels of 16 nodes; 1e-10 was asked for
    np.testing.assert_allclose(path, tail, atol=1e-11)


def test_trivariate_orthant_and_independence():
    r = np.array([0.3, -0.2, 0.5])
    expected = 0.125 + np.arcsin(r).sum() / (4 * np.pi)
    assert trivariate_cdf(np.zeros(3), r)[0] == pytest.approx(expected, abs=ABSOLUTE)
    b = np.array([0.3, -1.0, 0.7])
    assert trivariate_cdf(b, np.zeros(3))[0] == pytest.approx(special.ndtr(b).prod(), abs=ABSOLUTE)
    far = np.array([-30.0, -35.0, -25.0])
    assert log_trivariate_cdf(far, np.zeros(3))[0] == pytest.approx(special.log_ndtr(far).sum(), rel=1e-12)
    assert positive_definite(np.array([[0.9, 0.9, -0.9], [0.1, 0.2, 0.3]])).tolist() == [False, True]


def test_trivariate_derivatives_against_differences():
    rng = np.random.default_rng(5)
    r = correlations(rng, 150)
    b = 1.5 * rng.normal(size=r.shape)
    regular = np.linalg.eigvalsh([correlation_matrix(x, 3) for x in r])[:, 0] > 0.05
    x = np.column_stack((b, r))[regular]
    d = log_trivariate_derivatives(x[:, :3], x[:, 3:])
    value, gradient = trivariate_gradient(x[:, :3], x[:, 3:])
    np.testing.assert_allclose(np.log(value), d.value, rtol=1e-9)
    np.testing.assert_allclose(gradient / value[:, None], d.first, rtol=1e-7, atol=1e-12)
    step = 1e-5
    for j in range(6):
        move = step * (np.arange(6) == j)
        up, down = (log_trivariate_derivatives((x + s * move)[:, :3], (x + s * move)[:, 3:]) for s in (1, -1))
        first, second = (up.value - down.value) / (2 * step), (up.first - down.first) / (2 * step)
        assert np.max(np.abs(first - d.first[:, j]) / (1 + np.abs(d.first[:, j]))) < DIFFERENCES
        assert np.max(np.abs(second - d.second[:, j]) / (1 + d.second[:, j] ** 2)) < DIFFERENCES


def test_simulated_against_exact():
    rng = np.random.default_rng(6)
    n = 400
    index, signs = rng.normal(size=(n, 3)), np.where(rng.random((n, 3)) < 0.5, -1.0, 1.0)
    r = np.array([0.5, 0.3, -0.2])
    found = ghk_log_probability(index, signs, r, halton_draws(n, 1000, 2, 0)).value
    turned = np.column_stack([signs[:, i] * signs[:, j] for i, j in pairs(3)]) * r
    exact = log_trivariate_cdf(signs * index, turned)
    # one row differs by the noise of 1000 quasi-random draws, a few percent where probabilities are small
    assert np.sqrt(np.mean((found - exact) ** 2)) < 0.01
    assert abs(found.sum() - exact.sum()) < 0.2


def test_two_equations_simulated_with_all_draws_equal_owen():
    index, signs = np.array([[0.4, -0.3]]), np.array([[1.0, -1.0]])
    found = ghk_log_probability(index, signs, np.array([0.6]), halton_draws(1, 20_000, 1, 3)).value[0]
    # quasi-random points in one dimension: an error of the order of one over their number
    assert found == pytest.approx(np.log(bivariate_cdf(0.4, 0.3, -0.6)[0]), abs=1e-5)


def test_simulated_slopes_against_differences():
    rng = np.random.default_rng(7)
    n, m = 60, 4
    index, signs = rng.normal(size=(n, m)), np.where(rng.random((n, m)) < 0.5, -1.0, 1.0)
    r = np.array([0.5, 0.3, -0.2, 0.1, 0.4, 0.2])
    u = halton_draws(n, 40, m - 1, 0)
    d = ghk_log_probability(index, signs, r, u)
    step = 1e-6

    def value(a, c):
        return ghk_log_probability(a, signs, c, u, slopes=False).value

    for j in range(m):
        move = step * (np.arange(m) == j)
        numerical = (value(index + move, r) - value(index - move, r)) / (2 * step)
        np.testing.assert_allclose(numerical, d.by_index[:, j], atol=1e-7, rtol=1e-7)
    for p in range(6):
        move = step * (np.arange(6) == p)
        numerical = (value(index, r + move) - value(index, r - move)) / (2 * step)
        np.testing.assert_allclose(numerical, d.by_correlation[:, p], atol=1e-7, rtol=1e-7)


def test_draws_are_repeatable_antithetic_and_even():
    u = halton_draws(50, 20, 3, 5)
    assert u.shape == (50, 20, 3)
    np.testing.assert_array_equal(u, halton_draws(50, 20, 3, 5))
    assert not np.array_equal(u, halton_draws(50, 20, 3, 6))
    np.testing.assert_allclose(u[:, :10] + u[:, 10:], 1.0, atol=1e-15)
    assert (u > 0).all()
    assert (u < 1).all()
    tails = ghk_log_probability(np.full((1, 3), -30.0), np.ones((1, 3)), np.array([0.1, 0.1, 0.1]), u[:1, :, :2])
    assert np.isfinite(tails.value).all()
    assert np.isfinite(tails.by_index).all()
