"""Densities against quadrature of the convolution that defines them, and their derivatives against differences."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy import integrate, stats

from innospace.core.errors import SpecError
from innospace.frontier.densities import (
    DENSITIES,
    PRIORS,
    Exponential,
    HalfNormal,
    NoInefficiency,
    TruncatedNormal,
    density,
)

EVERY = [*DENSITIES.values(), *(density(name, noise) for name in PRIORS for noise in ("student_t", "laplace"))]
CASES = [
    (HalfNormal(), (np.log(0.25), np.log(0.04))),
    (HalfNormal(), (np.log(4.0), np.log(1e-4))),  # nearly no noise
    (HalfNormal(), (np.log(1e-4), np.log(1.0))),  # nearly no inefficiency
    (Exponential(), (np.log(0.09), np.log(0.04))),
    (Exponential(), (np.log(4.0), np.log(1e-4))),
    (Exponential(), (np.log(1e-3), np.log(1.0))),
    (TruncatedNormal(), (0.3, np.log(0.25), np.log(0.04))),
    (TruncatedNormal(), (-1.5, np.log(0.5), np.log(0.04))),
    (TruncatedNormal(), (3.0, np.log(0.25), np.log(0.09))),
    (TruncatedNormal(), (-40.0, np.log(9.0), np.log(0.04))),  # far along the ridge to the exponential
    (NoInefficiency(), (np.log(0.3),)),
]
# sixth-order central differences with step 1e-2: truncation and rounding both stay near 1e-12
STENCIL = ((1, 45.0), (2, -9.0), (3, 1.0))
STEP = 1e-2
DIFFERENCES = 2e-9


def names(case):
    return f"{case[0].name}{tuple(round(float(v), 1) for v in case[1])}"


@pytest.fixture(params=CASES, ids=names)
def case(request):
    law, theta = request.param
    return law, tuple(np.float64(v) for v in theta)


def law_of_u(law, theta):
    """Return a frozen distribution of inefficiency."""
    if law.name == "half_normal":
        return stats.halfnorm(scale=np.exp(0.5 * theta[0]))
    if law.name == "exponential":
        return stats.expon(scale=np.exp(0.5 * theta[0]))
    mu, su = theta[0], np.exp(0.5 * theta[1])
    return stats.truncnorm(-mu / su, np.inf, loc=mu, scale=su)


def residuals(law, theta):
    """Return residuals from far below to far above the frontier."""
    sv = np.exp(0.5 * theta[-1])
    scale = np.hypot(sv, max(float(law.mean_inefficiency(theta)), sv))
    return scale * np.array([-8.0, -3.0, -1.0, -0.2, 0.0, 0.1, 0.5, 1.5])


def convolution(law, theta, e, power=0.0):
    """Return ``int u^power f_u(u) f_v(e + u) du`` by quadrature around where the integrand lives."""
    u, sv = law_of_u(law, theta), np.exp(0.5 * theta[-1])
    top = float(u.ppf(1.0 - 1e-15))

    def integrand(x):
        return x**power * np.exp(u.logpdf(x) - 0.5 * ((e + x) / sv) ** 2) / (sv * np.sqrt(2.0 * np.pi))

    marks = sorted({m for m in (-e - 8 * sv, -e, -e + 8 * sv, 0.5 * u.mean(), u.mean()) if 0.0 < m < top})
    edges = [0.0, *marks, max(top, -e + 30 * sv)]
    return sum(integrate.quad(integrand, a, b, epsabs=0, epsrel=1e-11, limit=200)[0] for a, b in pairwise(edges))


def test_value_is_the_convolution(case):
    law, theta = case
    if law.name == "none":
        np.testing.assert_allclose(law.evaluate(np.array([0.4]), theta).value, stats.norm.logpdf(0.4, scale=0.3**0.5))
        return
    sv = float(np.exp(0.5 * theta[-1]))
    e = residuals(law, theta)
    e = e[e < 6.0 * sv]  # beyond it quadrature underflows, the log-density does not
    expected = [np.log(convolution(law, theta, float(v))) for v in e]
    np.testing.assert_allclose(law.evaluate(e, theta).value, expected, rtol=1e-8, atol=1e-8)


def test_integrates_to_one(case):
    law, theta = case
    sv = float(np.exp(0.5 * theta[-1]))
    mean = float(law.mean_inefficiency(theta))

    def f(e):
        return float(np.exp(law.evaluate(np.array([e]), theta).value[0]))

    width = 60.0 * max(mean, sv)
    edges = [-width, -6 * mean - 8 * sv, -mean - 2 * sv, -2 * sv, 2 * sv, 12 * sv]
    total = sum(integrate.quad(f, a, b, epsabs=1e-13, limit=200)[0] for a, b in pairwise(edges))
    assert total == pytest.approx(1.0, abs=1e-9)


def test_mean_is_minus_mean_inefficiency(case):
    law, theta = case
    expected = 0.0 if law.name == "none" else law_of_u(law, theta).mean()
    assert float(law.mean_inefficiency(theta)) == pytest.approx(expected, rel=1e-7)


def difference(function, i, arguments):
    """Differentiate ``function(*arguments)`` with respect to argument ``i``."""

    def moved(steps):
        return function(*(a + steps * STEP * scales[i] if j == i else a for j, a in enumerate(arguments)))

    scales = [1.0] * len(arguments)
    scales[i] = DIFFERENCE_SCALES.get(i, 1.0)
    return sum(c * (moved(s) - moved(-s)) for s, c in STENCIL) / (60.0 * STEP * scales[i])


DIFFERENCE_SCALES: dict[int, float] = {}


def steps_of(law, theta):
    """Return a natural unit of each argument: noise for e, one for logarithms, sigma_u for mu."""
    sv = np.exp(0.5 * theta[-1])
    units = {0: float(sv)}
    if "mu" in law.parameters:
        units[1] = float(np.exp(0.5 * theta[1]))
    return units


def test_first_and_second_derivatives(case, monkeypatch):
    law, theta = case
    units = steps_of(law, theta)
    for key, unit in units.items():
        monkeypatch.setitem(DIFFERENCE_SCALES, key, unit)
    e = residuals(law, theta)
    got = law.evaluate(e, theta)
    size = 1 + len(theta)
    # terms of the size of the squared argument of the normal integral cancel in the derivatives
    inner = {
        "truncated_normal": theta[0] / np.exp(0.5 * theta[-2 % len(theta)]),
        "exponential": np.exp(0.5 * (theta[-1] - theta[0])),
    }
    lost = 1e-3 * (1.0 + inner.get(law.name, 0.0) ** 2)
    position = 0
    for i in range(size):
        first = difference(lambda *a: law.evaluate(a[0], a[1:]).value, i, (e, *theta))
        close(got.first[i], first, np.abs(got.value) / units.get(i, 1.0) + lost)
        for j in range(i, size):
            second = difference(lambda *a, i=i: law.evaluate(a[0], a[1:]).first[i] + 0.0 * a[0], j, (e, *theta))
            close(got.second[position], second, np.abs(got.first[i]) / units.get(j, 1.0) + lost)
            position += 1
    assert position == len(got.second)


def close(got, expected, level):
    """Compare with a tolerance for what differences lose: digits of the level over the step."""
    error = np.abs(got - expected) / (DIFFERENCES * (np.abs(expected) + level))
    assert error.max() <= 1.0


@pytest.mark.parametrize("theta", [(-30.0, 2.0), (2.0, -30.0), (0.0, 0.0), (10.0, -10.0), (-10.0, 10.0)])
@pytest.mark.parametrize("law", EVERY, ids=lambda law: f"{law.name}-{law.noise}")
def test_extreme_arguments_stay_finite(law, theta):
    e = np.array([-1e4, -50.0, -1.0, 0.0, 1.0, 50.0, 1e4])
    for mu in (-1e5, -1.0, 0.0, 30.0) if law.name == "truncated_normal" else (-1.0,):
        values = {"mu": mu, "lnsigma_u2": min(theta[0], 5.0) if law.name == "lognormal" else theta[0]}
        values |= {"lnsigma_v2": theta[1], "lnshape_u": 0.3, "lndf_v": 1.2}
        full = tuple(np.float64(values[p]) for p in law.parameters)
        found = law.evaluate(e, full)
        assert np.all(np.isfinite(found.value))
        assert all(np.all(np.isfinite(f)) for f in (*found.first, *found.second))


@pytest.mark.parametrize("ratio", [-1e3, -1e5, -1e7])
def test_truncated_normal_tends_to_the_exponential_with_its_digits(ratio):
    # their difference shrinks as 1 / ratio^2; rounding must not take its place
    e = np.linspace(-3.0, 1.5, 10)
    mean, log_noise = 0.3, np.log(0.04)
    su = -ratio * mean
    truncated = TruncatedNormal().evaluate(e, (np.float64(ratio * su), np.float64(2 * np.log(su)), log_noise))
    limit = Exponential().evaluate(e, (np.float64(2 * np.log(mean)), log_noise))
    np.testing.assert_allclose(truncated.value, limit.value, atol=60.0 / ratio**2 + 1e-12)
    np.testing.assert_allclose(truncated.first[0], limit.first[0], atol=60.0 / ratio**2 + 1e-12)


def test_truncated_normal_at_zero_is_the_half_normal():
    e = np.linspace(-3.0, 1.0, 9)
    a, b = np.float64(-1.0), np.float64(-2.0)
    zero, half = TruncatedNormal().evaluate(e, (np.float64(0.0), a, b)), HalfNormal().evaluate(e, (a, b))
    np.testing.assert_allclose(zero.value, half.value, rtol=1e-13)
    np.testing.assert_allclose(zero.first[2], half.first[1], rtol=1e-11, atol=1e-13)


def test_posterior_is_bayes(case):
    law, theta = case
    if law.name == "none":
        assert np.all(law.posterior(np.zeros(2), theta).scale == 0.0)
        return
    u, sv = law_of_u(law, theta), float(np.exp(0.5 * theta[-1]))
    for e in (-2.0 * sv - u.mean(), -u.mean(), 1.5 * sv):
        location, scale = (float(v) for v in law.posterior(np.array(e), theta))
        given = stats.truncnorm(-location / scale, np.inf, loc=location, scale=scale)
        points = given.ppf([0.05, 0.4, 0.9])
        joint = u.logpdf(points) + stats.norm.logpdf(e + points, scale=sv)
        marginal = law.evaluate(np.array([e]), theta).value
        np.testing.assert_allclose(given.logpdf(points), joint - marginal, rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("law", [HalfNormal(), Exponential()], ids=lambda law: law.name)
def test_moments_give_the_parameters_back(law):
    su, sv = 0.5, 0.3
    u = law_of_u(law, (2 * np.log(su), 0.0))
    _, variance, skew, _ = u.stats("mvsk")
    theta = law.from_moments(float(variance) + sv**2, -float(skew) * float(variance) ** 1.5, None)
    np.testing.assert_allclose(np.exp(0.5 * np.array(theta)), [su, sv], rtol=1e-10)


@pytest.mark.parametrize("law", DENSITIES.values(), ids=lambda law: law.name)
@pytest.mark.parametrize("third", [2.0, 0.0, -1e-9, -50.0])
def test_impossible_moments_still_give_a_start(law, third):
    for share in (None, 0.05, 0.95):
        theta = law.from_moments(1.0, third, share)
        assert np.all(np.isfinite(theta))
        assert len(theta) == len(law.parameters)


def test_names():
    assert density("half_normal").name == "half_normal"
    with pytest.raises(SpecError, match="half_normal") as caught:
        density("half-normal")
    assert "half_normal" in caught.value.remedy
    with pytest.raises(SpecError):
        density("none")
