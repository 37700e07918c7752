"""What must hold for any data: units, order of rows, copies of rows, mirrors, shifts."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from innospace.core.errors import BoundaryWarning
from innospace.frontier.densities import DENSITIES
from innospace.frontier.efficiency import COLUMNS, from_residuals
from innospace.frontier.fitting import fit

LAWS = ("half_normal", "exponential", "truncated_normal")
# two searches stop within half the square root of the optimiser's tolerance of the same maximum
SAME_LOGLIK = 1e-8
SAME_TE = 1e-6
SEARCHES = settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
FORMULAS = settings(max_examples=150, deadline=None, derandomize=True)


@st.composite
def samples(draw):
    """Return y, X (with intercept) and the law of a sample with clear inefficiency."""
    n = draw(st.integers(60, 160))
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    x = np.column_stack((np.ones(n), rng.normal(size=(n, draw(st.integers(1, 3))))))
    beta = rng.normal(size=x.shape[1])
    u = np.abs(rng.normal(size=n)) if draw(st.booleans()) else rng.exponential(0.7, n)
    return x @ beta + draw(st.floats(0.1, 0.5)) * rng.normal(size=n) - u, x, draw(st.sampled_from(LAWS))


def quietly(y, x, law, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BoundaryWarning)
        return fit(y=y, X=x, intercept=False, inefficiency=law, **options)


def same(a, b, shift=0.0, te=SAME_TE):
    """Compare status, log-likelihood and efficiency of two fits."""
    assert a.status.boundary == b.status.boundary
    # without noise, units of rounding decide where the last digits of sigma_v are lost
    tolerance = 1e-5 if a.status.boundary == "gamma_one" else SAME_LOGLIK * (1.0 + abs(a.loglik))
    assert a.loglik == pytest.approx(b.loglik + shift, abs=tolerance)
    np.testing.assert_allclose(a.used_efficiencies().te_bc, b.used_efficiencies().te_bc, atol=10 * te)


scales = st.floats(-6.0, 6.0).map(lambda p: 10.0**p)


@SEARCHES
@given(samples(), scales, scales)
def test_units_of_regressors(sample, first, rest):
    y, x, law = sample
    units = np.r_[1.0, first, np.full(x.shape[1] - 2, rest)]
    base, scaled = quietly(y, x, law), quietly(y, x * units, law)
    same(base, scaled)
    k = x.shape[1]
    np.testing.assert_allclose(scaled.estimate.theta[:k] * units, base.estimate.theta[:k], rtol=1e-5, atol=1e-5)
    if base.status.converged:
        errors = [np.sqrt(np.diag(r.covariance))[:k] for r in (base, scaled)]
        np.testing.assert_allclose(errors[1] * units, errors[0], rtol=1e-4)


@SEARCHES
@given(samples(), scales)
def test_units_of_the_outcome(sample, s):
    y, x, law = sample
    base, scaled = quietly(y, x, law), quietly(s * y, x, law)
    assert base.status.boundary == scaled.status.boundary
    tolerance = 1e-5 if base.status.boundary == "gamma_one" else SAME_LOGLIK * (1.0 + abs(base.loglik))
    assert scaled.loglik == pytest.approx(base.loglik - len(y) * np.log(s), abs=tolerance + 1e-8 * abs(scaled.loglik))
    k = x.shape[1]
    np.testing.assert_allclose(scaled.estimate.theta[:k] / s, base.estimate.theta[:k], rtol=1e-5, atol=1e-5)
    assert scaled.sigma_v / s == pytest.approx(base.sigma_v, rel=1e-4, abs=1e-6)


@SEARCHES
@given(samples(), st.floats(-1e4, 1e4))
def test_adding_a_constant_moves_the_intercept_only(sample, shift):
    y, x, law = sample
    base, moved = quietly(y, x, law), quietly(y + shift, x, law)
    same(base, moved)
    difference = moved.estimate.theta - base.estimate.theta
    assert difference[0] == pytest.approx(shift, abs=1e-5 * (1 + abs(shift)))
    np.testing.assert_allclose(difference[1 : x.shape[1]], 0.0, atol=1e-5)


@SEARCHES
@given(samples(), st.integers(0, 100))
def test_order_of_rows(sample, seed):
    y, x, law = sample
    order = np.random.default_rng(seed).permutation(len(y))
    base, shuffled = quietly(y, x, law), quietly(y[order], x[order], law)
    assert base.loglik == pytest.approx(shuffled.loglik, abs=1e-5)
    np.testing.assert_allclose(shuffled.used_efficiencies().te_bc, base.used_efficiencies().te_bc[order], atol=1e-5)


@SEARCHES
@given(samples(), st.integers(0, 100))
def test_a_row_twice_is_a_weight_of_two(sample, seed):
    y, x, law = sample
    copies = np.random.default_rng(seed).integers(1, 4, size=len(y))
    index = np.repeat(np.arange(len(y)), copies)
    repeated, weighted = quietly(y[index], x[index], law), quietly(y, x, law, weights=copies)
    assert repeated.status.boundary == weighted.status.boundary
    assert repeated.loglik == pytest.approx(weighted.loglik, abs=1e-5)
    if weighted.status.converged:
        errors = [np.sqrt(np.diag(r.covariance)) for r in (repeated, weighted)]
        np.testing.assert_allclose(errors[0], errors[1], rtol=1e-3)


@SEARCHES
@given(samples())
def test_cost_is_the_mirror_of_production(sample):
    y, x, law = sample
    production, cost = quietly(y, x, law), quietly(-y, x, law, cost=True)
    same(production, cost)
    k = x.shape[1]
    np.testing.assert_allclose(cost.estimate.theta[:k], -production.estimate.theta[:k], atol=1e-6)


@SEARCHES
@given(samples())
def test_likelihood_is_at_least_that_of_the_models_inside(sample):
    y, x, _ = sample
    found = {law: quietly(y, x, law) for law in LAWS}
    for result in found.values():
        assert result.loglik >= result.estimate.ols.loglik - 1e-9
    nested = max(found["half_normal"].loglik, found["exponential"].loglik)
    wrong = found["truncated_normal"].estimate.ols.third >= 0.0
    assert wrong or found["truncated_normal"].loglik >= nested - 1e-6


laws = st.sampled_from(LAWS)


@FORMULAS
@given(
    laws,
    st.floats(-5.0, 5.0),
    st.floats(-12.0, 4.0),
    st.floats(-12.0, 4.0),
    st.lists(st.floats(-50.0, 50.0), min_size=2, max_size=20, unique=True),
    st.floats(0.05, 0.99),
)
def test_efficiencies_of_any_residual(law, mu, a, b, residuals, level):
    e = np.sort(np.array(residuals))
    theta = (a, b) if law != "truncated_normal" else (mu, a, b)
    found = from_residuals(e, DENSITIES[law], tuple(np.float64(v) for v in theta), level)
    for column in COLUMNS:
        values = getattr(found, column)
        assert np.all((values >= 0.0) & (values <= 1.0))  # exp(-u) underflows to zero for u above 745
        # a better residual is never less efficient; rounding of large exponents aside
        assert np.all(np.diff(values) >= -1e-9 * values[1:])
    slack = 1.0 + 1e-9
    assert np.all(found.te_lower <= found.te_upper * slack)
    assert np.all(found.te_jlms <= found.te_bc * slack)
    assert np.all(found.te_jlms <= found.te_mode * slack)
    assert np.all(found.te_lower <= found.te_mode * slack)


@FORMULAS
@given(laws, st.floats(-5.0, 5.0), st.floats(-8.0, 3.0), st.floats(-8.0, 3.0), st.floats(-30.0, 30.0), scales)
def test_density_in_other_units(law, mu, a, b, e, s):
    """``f_s(s e) = f(e) / s`` when every scale is multiplied by s."""
    theta = [a, b] if law != "truncated_normal" else [mu, a, b]
    moved = [v + 2 * np.log(s) for v in theta[-2:]]
    moved = moved if law != "truncated_normal" else [mu * s, *moved]
    density = DENSITIES[law]
    base = density.evaluate(np.array([e]), tuple(np.float64(v) for v in theta)).value[0]
    scaled = density.evaluate(np.array([s * e]), tuple(np.float64(v) for v in moved)).value[0]
    assert scaled == pytest.approx(base - np.log(s), rel=1e-10, abs=1e-9)
