"""Every distribution of inefficiency with every noise, against integrals taken by another method."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy import stats

from innospace.core.errors import SpecError
from innospace.frontier.densities import DENSITIES, PRIORS, Composed, density
from innospace.frontier.densities.noise import NOISES, NormalNoise
from innospace.frontier.efficiency import from_residuals

VALUES = {"lnsigma_u2": -1.2, "mu": -1.0, "lnshape_u": 0.4, "lnsigma_v2": -2.0, "lndf_v": 1.4}
LAWS = [*DENSITIES.values(), *(density(name, noise) for name in PRIORS for noise in ("student_t", "laplace"))]
STENCIL = ((1, 45.0), (2, -9.0), (3, 1.0))
STEP = 1e-2
NODES = np.polynomial.legendre.leggauss(400)
POWER = 20
E = np.array([-2.5, -1.0, -0.4, -0.1, 0.05, 0.4, 0.9])


def named(law):
    return f"{law.name}-{law.noise}"


@pytest.fixture(params=LAWS, ids=named)
def law(request):
    return request.param


def parameters(law, **moved):
    values = {**VALUES, **moved}
    return tuple(np.float64(values[p]) for p in law.parameters)


def of_u(law, theta):
    """Return the distribution of inefficiency by scipy."""
    values = dict(zip(law.parameters, theta, strict=True))
    s = float(np.exp(0.5 * values["lnsigma_u2"]))
    k = float(np.exp(values.get("lnshape_u", 0.0)))
    mu = float(values.get("mu", 0.0))
    if law.name == "generalised_exponential":
        return Curve(lambda u: 2.0 / s * np.exp(-u / s) * -np.expm1(-u / s))
    if law.name == "truncated_laplace":
        c = (1.0 + k) / (s * (1.0 + 2.0 * k))
        return Curve(lambda u: c * (2.0 * np.exp(-u / s) - np.exp(-(1.0 + k) * u / s)))
    return {
        "half_normal": lambda: stats.halfnorm(scale=s),
        "exponential": lambda: stats.expon(scale=s),
        "truncated_normal": lambda: stats.truncnorm(-mu / s, np.inf, loc=mu, scale=s),
        "rayleigh": lambda: stats.rayleigh(scale=s),
        "uniform": lambda: stats.uniform(0.0, np.sqrt(12.0) * s),
        "gamma": lambda: stats.gamma(k, scale=s),
        "weibull": lambda: stats.weibull_min(k, scale=s),
        "lognormal": lambda: stats.lognorm(s, scale=np.exp(mu)),
    }[law.name]()


class Curve:
    """A density given by its formula."""

    def __init__(self, pdf):
        self.pdf = pdf


def of_v(law, theta):
    values = dict(zip(law.parameters, theta, strict=True))
    s = float(np.exp(0.5 * values["lnsigma_v2"]))
    return {
        "normal": lambda: stats.norm(scale=s),
        "student_t": lambda: stats.t(float(np.exp(values.get("lndf_v", 0.0))), scale=s),
        "laplace": lambda: stats.laplace(scale=s / np.sqrt(2.0)),
    }[law.noise]()


def integral(law, theta, e, weight=lambda u: 1.0, end=np.inf):
    u, v = of_u(law, theta), of_v(law, theta)
    s = float(np.exp(0.5 * dict(zip(law.parameters, theta, strict=True))["lnsigma_v2"]))
    top = np.sqrt(12.0) * np.exp(0.5 * VALUES["lnsigma_u2"]) if law.name == "uniform" else 60.0
    top = min(top, end)
    marks = sorted({0.0, top, *(m for m in (-e - 4 * s, -e, -e + 4 * s, 1e-3, 0.05, 0.5, 2.0, 8.0) if 0.0 < m < top)})
    return sum(by_gauss(lambda x: weight(x) * u.pdf(x) * v.pdf(e + x), a, b) for a, b in pairwise(marks))


def by_gauss(f, a, b):
    """Integrate over one piece, from zero in a power of u that takes away what is singular there."""
    x, w = NODES
    if a > 0.0 or b < 0.0 or a < 0.0:
        return float(0.5 * (b - a) * np.sum(w * f(0.5 * (a + b) + 0.5 * (b - a) * x)))
    t = 0.5 * (1.0 + x)
    return float(0.5 * b * np.sum(w * POWER * t ** (POWER - 1) * f(b * t**POWER)))


def test_value_is_the_convolution(law):
    theta = parameters(law)
    expected = [np.log(integral(law, theta, float(e))) for e in E]
    np.testing.assert_allclose(law.evaluate(E, theta).value, expected, atol=1e-7)


@pytest.mark.parametrize("moved", [{"lnsigma_v2": -9.0}, {"lnsigma_u2": -5.0}, {"lnshape_u": -1.2}, {"lndf_v": 3.0}])
def test_little_noise_little_inefficiency_other_shapes(law, moved):
    if not set(moved) <= set(law.parameters):
        return
    theta = parameters(law, **moved)
    e = np.array([-0.9, -0.2, 0.01])
    if law.name == "uniform" and "lnsigma_u2" in moved:
        return
    if law.noise == "normal" and "lnsigma_v2" in moved:
        e = np.array([-0.9, -0.2, -0.01])
    expected = [np.log(integral(law, theta, float(v))) for v in e]
    np.testing.assert_allclose(law.evaluate(e, theta).value, expected, atol=2e-6)


def test_integrates_to_one(law):
    theta = parameters(law)

    def f(e):
        return np.exp(law.evaluate(e, theta).value)

    # uniform inefficiency ends at sqrt(12) sigma_u, and with it Laplace noise has a second kink
    end = -float(np.sqrt(12.0) * np.exp(0.5 * VALUES["lnsigma_u2"]))
    marks = [-80.0, -8.0, -3.0, end, -1.5, -0.7, -0.3, 0.0, 0.3, 0.7, 1.5, 10.0]
    x, w = np.polynomial.legendre.leggauss(40)
    total = sum(0.5 * (b - a) * np.sum(w * f(0.5 * (a + b) + 0.5 * (b - a) * x)) for a, b in pairwise(marks))
    # a Student t leaves about P(v > 10), here 4e-6, outside
    assert total == pytest.approx(1.0, abs=6e-6 if law.noise == "student_t" else 1e-7)


def test_derivatives(law):
    theta = parameters(law)
    scales = [np.exp(0.5 * VALUES["lnsigma_v2"]), *(1.0 for _ in theta)]
    got = law.evaluate(E, theta)
    closed = law.noise == "normal" and not isinstance(law, Composed)
    left = 1e-9 if closed else 2e-8 if law.noise == "normal" else 5e-5
    place = 0

    def at(i, step):
        arguments = [E, *theta]
        arguments[i] = arguments[i] + step * STEP * scales[i]
        return law.evaluate(arguments[0], tuple(arguments[1:]))

    moved = [[(c, at(i, s), at(i, -s)) for s, c in STENCIL] for i in range(len(theta) + 1)]

    def along(i, part):
        return sum(c * (part(up) - part(down)) for c, up, down in moved[i]) / (60.0 * STEP * scales[i])

    for i in range(len(theta) + 1):
        np.testing.assert_allclose(got.first[i], along(i, lambda d: d.value), rtol=left, atol=left)
        for j in range(i, len(theta) + 1):
            second = along(j, lambda d, i=i: d.first[i])
            # a Laplace kink makes the second derivative a corner at e = 0, which differences round off
            np.testing.assert_allclose(got.second[place], second, rtol=20 * left, atol=20 * left)
            place += 1


@pytest.mark.parametrize("name", sorted(set(PRIORS)))
def test_closed_form_agrees_with_quadrature(name):
    theta = parameters(DENSITIES[name])
    closed, composed = DENSITIES[name].evaluate(E, theta), Composed(PRIORS[name], NormalNoise()).evaluate(E, theta)
    np.testing.assert_allclose(composed.value, closed.value, atol=1e-8)
    for a, b in zip((*composed.first, *composed.second), (*closed.first, *closed.second), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-6)


def test_parameters_by_row(law):
    theta = parameters(law)
    by_row = tuple(v + np.linspace(-0.2, 0.2, len(E)) for v in theta)
    together = law.evaluate(E, by_row)
    for i in (0, 3, 6):
        alone = law.evaluate(E[i : i + 1], tuple(v[i] for v in by_row))
        assert together.value[i] == pytest.approx(alone.value[0], rel=1e-12, abs=1e-12)
        for a, b in zip((*together.first, *together.second), (*alone.first, *alone.second), strict=True):
            assert np.broadcast_to(a, E.shape)[i] == pytest.approx(np.ravel(b)[0], rel=1e-9, abs=1e-9)


def test_efficiencies_are_means_of_the_posterior(law):
    theta = parameters(law)
    some = E[[0, 2, 5]]
    found = from_residuals(some, law, theta, 0.9)
    for n, e in enumerate(some):
        whole = integral(law, theta, float(e))
        assert -np.log(found.te_jlms[n]) == pytest.approx(integral(law, theta, float(e), lambda u: u) / whole, rel=2e-6)
        assert found.te_bc[n] == pytest.approx(integral(law, theta, float(e), lambda u: np.exp(-u)) / whole, rel=1e-6)
        for bound, probability in ((found.te_lower[n], 0.95), (found.te_upper[n], 0.05)):
            below = integral(law, theta, float(e), end=-np.log(bound)) / whole
            assert below == pytest.approx(probability, abs=1e-6)


def test_modes(law):
    theta = parameters(law)
    u, v = of_u(law, theta), of_v(law, theta)
    grid = np.linspace(1e-6, 6.0, 100_001)
    found = from_residuals(E, law, theta)
    with np.errstate(divide="ignore"):
        log_u = np.log(u.pdf(grid))
        for n, e in enumerate(E):
            best = grid[np.argmax(log_u + v.logpdf(e + grid))]
            assert -np.log(found.te_mode[n]) == pytest.approx(best, abs=1e-4)


def test_mean_inefficiency_and_mean_efficiency(law):
    theta = parameters(law)
    u = of_u(law, theta)
    top = np.sqrt(12.0) * np.exp(0.5 * VALUES["lnsigma_u2"]) if law.name == "uniform" else 200.0
    marks = [0.0, 0.05, 0.5, min(2.0, 0.9 * top), top]
    for weight, got in (
        (lambda x: x, law.mean_inefficiency(theta)),
        (lambda x: np.exp(-x), law.mean_efficiency(theta)),
    ):
        expected = sum(by_gauss(lambda x, w=weight: w(x) * u.pdf(x), a, b) for a, b in pairwise(marks))
        assert float(got) == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("name", sorted(set(PRIORS) - {"lognormal", "uniform"}))
def test_moments_give_the_scale_back(name):
    prior = PRIORS[name]
    for shape in prior.shapes:
        _, variance, third = prior.moments(shape)
        theta = Composed(prior, NormalNoise())._matched(0.3 * variance, -0.125 * third, None, shape, ())
        np.testing.assert_allclose(np.exp(0.5 * theta[prior.parameters.index("lnsigma_u2")]), 0.5, rtol=1e-8)
        np.testing.assert_allclose(np.exp(theta[-1]), 0.05 * variance, rtol=1e-6)


def test_units(law):
    """``f_s(s e) = f(e) / s`` when parameters move as they say."""
    theta, s = parameters(law), 37.0
    moved = tuple(s ** kind.value[0] * v + kind.value[1] * np.log(s) for v, kind in zip(theta, law.units, strict=True))
    np.testing.assert_allclose(law.evaluate(s * E, moved).value, law.evaluate(E, theta).value - np.log(s), atol=1e-7)


def test_noise_has_heavy_tails_without_nan():
    for noise in NOISES:
        law = density("half_normal", noise)
        theta = parameters(law)
        wild = np.array([-1e8, -1e4, 1e4, 1e8])
        found = from_residuals(wild, law, theta)
        assert np.all(np.isfinite(law.evaluate(wild, theta).value))
        assert all(
            np.all(np.isfinite(getattr(found, c))) for c in ("te_jlms", "te_bc", "te_mode", "te_lower", "te_upper")
        )


def test_a_noise_that_does_not_exist():
    with pytest.raises(SpecError, match="distribution of noise"):
        density("gamma", "cauchy")
