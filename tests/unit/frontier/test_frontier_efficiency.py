"""Efficiencies against quadrature of ``p(u | e)``, built from the definitions and not from the engine's posterior."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, optimize, stats

from innospace.core.errors import SpecError
from innospace.frontier.densities import DENSITIES, NoInefficiency
from innospace.frontier.efficiency import COLUMNS, check_level, efficiencies, from_residuals
from innospace.frontier.likelihood import Problem

PARAMETERS = {
    "half_normal": (np.log(0.36), np.log(0.04)),
    "exponential": (np.log(0.16), np.log(0.04)),
    "truncated_normal": (0.5, np.log(0.16), np.log(0.09)),
}
RESIDUALS = np.array([-1.4, -0.6, -0.1, 0.0, 0.2, 0.7])


def prior(law):
    p = PARAMETERS[law]
    if law == "half_normal":
        return stats.halfnorm(scale=np.exp(0.5 * p[0]))
    if law == "exponential":
        return stats.expon(scale=np.exp(0.5 * p[0]))
    su = np.exp(0.5 * p[1])
    return stats.truncnorm(-p[0] / su, np.inf, loc=p[0], scale=su)


def posterior(law, e):
    """Return the unnormalised density of ``u | e`` and its mass."""
    u, sv = prior(law), np.exp(0.5 * PARAMETERS[law][-1])

    def density(x):
        return u.pdf(x) * stats.norm.pdf(e + x, scale=sv)

    return density, integral(density, 0.0, 6.0)


def integral(f, a, b):
    return integrate.quad(f, a, b, points=[p for p in (0.3, 1.0, 2.0) if a < p < b], epsabs=1e-15, limit=200)[0]


@pytest.mark.parametrize("e", RESIDUALS)
@pytest.mark.parametrize("law", PARAMETERS)
def test_against_quadrature(law, e):
    density, mass = posterior(law, e)
    got = from_residuals(np.array([e]), DENSITIES[law], tuple(np.float64(v) for v in PARAMETERS[law]), 0.9)
    mean = integral(lambda x: x * density(x), 0.0, 6.0) / mass
    te = integral(lambda x: np.exp(-x) * density(x), 0.0, 6.0) / mass
    mode = optimize.minimize_scalar(
        lambda x: -density(x), bounds=(0.0, 6.0), method="bounded", options={"xatol": 1e-9}
    ).x
    assert got.te_jlms[0] == pytest.approx(np.exp(-mean), rel=1e-8)
    assert got.te_bc[0] == pytest.approx(te, rel=1e-8)
    assert got.te_mode[0] == pytest.approx(np.exp(-mode), rel=1e-5)  # a minimiser finds half the digits
    for bound, probability in ((got.te_lower[0], 0.95), (got.te_upper[0], 0.05)):
        # te_lower is exceeded by u with probability 5 %: 95 % of inefficiency lies below it
        below = integral(density, 0.0, -np.log(bound)) / mass
        assert below == pytest.approx(probability, abs=1e-8)


@pytest.mark.parametrize("law", PARAMETERS)
def test_horrace_schmidt_formula(law):
    theta = tuple(np.float64(v) for v in PARAMETERS[law])
    location, scale = DENSITIES[law].posterior(RESIDUALS, theta)
    got = from_residuals(RESIDUALS, DENSITIES[law], theta, 0.95)
    share = stats.norm.cdf(location / scale)
    np.testing.assert_allclose(got.te_lower, np.exp(-location - scale * stats.norm.isf(0.025 * share)), rtol=1e-8)
    np.testing.assert_allclose(got.te_upper, np.exp(-location - scale * stats.norm.isf(0.975 * share)), rtol=1e-8)


@pytest.mark.parametrize("law", PARAMETERS)
def test_order_and_range_over_extreme_residuals(law):
    e = np.concatenate((-np.logspace(3, -3, 40), [0.0], np.logspace(-3, 3, 40)))
    got = from_residuals(e, DENSITIES[law], tuple(np.float64(v) for v in PARAMETERS[law]))
    for column in COLUMNS:
        values = getattr(got, column)
        assert np.all((values >= 0.0) & (values <= 1.0))
        assert np.all(np.diff(values) >= -1e-15)  # the better the residual, the more efficient
    assert np.all(got.te_lower <= got.te_upper)
    assert np.all((got.te_lower <= got.te_bc) & (got.te_bc <= got.te_upper))
    assert np.all(got.te_jlms <= got.te_bc)  # Jensen
    assert np.all(got.te_jlms <= got.te_mode * (1.0 + 1e-12))  # the mean of a truncated normal is above its mode


def test_limits():
    law, theta = DENSITIES["half_normal"], (np.float64(np.log(0.36)), np.float64(2 * np.log(1e-6)))
    e = np.array([-0.5, -1.0])
    noiseless = from_residuals(e, law, theta)
    for column in COLUMNS:
        np.testing.assert_allclose(getattr(noiseless, column), np.exp(e), rtol=1e-5)
    none = from_residuals(e, NoInefficiency(), (np.float64(0.0),))
    assert all(np.all(getattr(none, c) == 1.0) for c in COLUMNS)


def test_wider_level_wider_interval():
    theta = tuple(np.float64(v) for v in PARAMETERS["half_normal"])
    narrow, wide = (from_residuals(RESIDUALS, DENSITIES["half_normal"], theta, level) for level in (0.5, 0.99))
    assert np.all(wide.te_lower < narrow.te_lower)
    assert np.all(narrow.te_upper < wide.te_upper)


@pytest.mark.parametrize("level", [0.0, 1.0, 95, -0.5, float("nan")])
def test_level_must_be_a_probability(level):
    with pytest.raises(SpecError, match="level"):
        check_level(level)


def test_cost_efficiency_uses_the_mirrored_residual():
    x = np.ones((6, 1))
    theta = np.array([0.0, *PARAMETERS["half_normal"]])
    production = efficiencies(Problem(RESIDUALS, x, 1.0, DENSITIES["half_normal"]), theta)
    cost = efficiencies(Problem(-RESIDUALS, x, -1.0, DENSITIES["half_normal"]), theta)
    np.testing.assert_array_equal(production.te_bc, cost.te_bc)
