"""Random-effects probit: brute-force integrals, numerical derivatives, quadrature that has not converged, bad input.

INTEGRAL: scipy's adaptive integration stops at a relative 1e-12 a firm; ours doubles nodes until 1e-6 of the sum.
DERIVATIVES: central differences with a step of 1e-5 leave about 1e-7 of the curvature.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, optimize, special, stats

from innospace.core.errors import DataError, LabelError, MissingRowsWarning, SolverError, SpecError
from innospace.firms.choice import random_effects_fit as fitting
from innospace.firms.choice import random_effects_likelihood as likelihood
from innospace.firms.choice.binary import binary
from innospace.firms.choice.random_effects import fit_panel, random_effects_probit
from innospace.firms.result import FirmResult
from innospace.numerics.quadrature import adaptive_grid, standard_grid

INTEGRAL = 1e-7
DERIVATIVES = 1e-5


def simulate(firms=120, periods=6, sigma=1.0, seed=3, unbalanced=True):
    rng = np.random.default_rng(seed)
    counts = rng.integers(1, periods + 1, firms) if unbalanced else np.full(firms, periods)
    firm = np.repeat(np.arange(firms), counts)
    year = np.concatenate([2000 + np.arange(c) for c in counts])
    x = rng.normal(size=len(firm)) * 2.0 + 5.0
    d = (rng.random(len(firm)) < 0.4).astype(float)
    index = -2.0 + 0.4 * x + 0.5 * d + sigma * rng.normal(size=firms)[firm]
    y = (index + rng.normal(size=len(firm)) > 0).astype(int)
    return pd.DataFrame({"firm": firm, "year": year, "y": y, "x": x, "d": d, "region": firm % 15})


@pytest.fixture(scope="module")
def table():
    return simulate()


def brute_force(table, theta):
    """Return the log-likelihood at (constant, x, d, ln sigma_u), every firm's integral by scipy."""
    sign, x = 2.0 * table["y"].to_numpy() - 1.0, np.column_stack([np.ones(len(table)), table["x"], table["d"]])
    index, total = x @ theta[:3], 0.0
    for firm in table["firm"].unique():
        rows = (table["firm"] == firm).to_numpy()
        s, z = sign[rows], index[rows]

        def terms(v, s=s, z=z):
            return float(np.exp(special.log_ndtr(s * (z + np.exp(theta[3]) * v)).sum() + stats.norm.logpdf(v)))

        total += np.log(integrate.quad(terms, -9.0, 9.0, epsabs=0.0, epsrel=1e-11, limit=200)[0])
    return total


def test_the_log_likelihood_is_the_brute_force_integral(table):
    result = random_effects_probit("y ~ x + d", table)
    assert result.status.converged
    assert all(c.ok for c in result.checks)
    assert result.log_likelihood == pytest.approx(brute_force(table, result.estimates.values), abs=2e-6)


def trapezoid(table, theta):
    """Return the same log-likelihood by a fine trapezoidal rule, which has no error to speak of for such integrands."""
    sign, x = 2.0 * table["y"].to_numpy() - 1.0, np.column_stack([np.ones(len(table)), table["x"], table["d"]])
    v = np.linspace(-9.0, 9.0, 1201)
    terms = special.log_ndtr(sign[:, None] * ((x @ theta[:3])[:, None] + np.exp(theta[3]) * v))
    by_firm = pd.DataFrame(terms).groupby(table["firm"].to_numpy()).sum().to_numpy() + stats.norm.logpdf(v)
    return float((special.logsumexp(by_firm, axis=1) + np.log(v[1] - v[0])).sum())


def test_a_search_without_our_derivatives_ends_at_the_same_point(table):
    result = random_effects_probit("y ~ x + d", table)
    assert trapezoid(table, result.estimates.values) == pytest.approx(result.log_likelihood, abs=2e-6)
    start = result.estimates.values + np.array([0.1, -0.05, 0.1, -0.2])
    other = optimize.minimize(lambda t: -trapezoid(table, t), start, method="BFGS", options={"gtol": 1e-4})
    # BFGS with finite differences stops where the gradient is 1e-3 to 1e-4
    np.testing.assert_allclose(other.x, result.estimates.values, atol=1e-3)


@pytest.mark.parametrize("loadings", [1, 2])
@pytest.mark.parametrize("adaptive", [True, False])
def test_score_and_hessian_are_numerical_derivatives(table, loadings, adaptive):
    x = np.column_stack([np.ones(len(table)), table["x"], table["d"]])
    codes = table["firm"].to_numpy()
    loading = None if loadings == 1 else (table["year"] == 2000).to_numpy().astype(np.int64)
    panel = likelihood.panel_of(table["y"].to_numpy(float), x, codes, loading)
    point = np.array([-1.5, 0.3, 0.2, 0.9, 0.5][: 3 + loadings])
    grid = standard_grid(panel.n_firms, 16)
    if adaptive:
        grid = adaptive_grid(*likelihood.posterior_modes(panel, point[:3], point[3:]), 7)
    at = likelihood.evaluate(panel, point[:3], point[3:], grid)

    def value(p):
        return likelihood.log_likelihood(panel, p[:3], p[3:], grid)

    def gradient(p):
        return likelihood.evaluate(panel, p[:3], p[3:], grid).gradient

    assert at.value == pytest.approx(value(point), rel=1e-13)
    np.testing.assert_allclose(at.gradient, optimize.approx_fprime(point, value, 1e-7), rtol=1e-4, atol=1e-3)
    step = 1e-5 * np.eye(len(point))
    numerical = np.array([(gradient(point + h) - gradient(point - h)) / 2e-5 for h in step])
    np.testing.assert_allclose(at.hessian, numerical, rtol=DERIVATIVES, atol=DERIVATIVES)
    np.testing.assert_allclose(at.scores.sum(axis=0), at.gradient, rtol=1e-12, atol=1e-10)


def test_chunks_do_not_change_the_likelihood(table, monkeypatch):
    before = random_effects_probit("y ~ x + d", table, nodes=24)
    monkeypatch.setattr(likelihood, "CELLS", 200)
    after = random_effects_probit("y ~ x + d", table, nodes=24)
    np.testing.assert_allclose(after.covariance, before.covariance, rtol=1e-8)


def test_parameters_of_two_loadings_follow_the_chain_rule():
    point = np.array([0.3, 0.8])
    value, first, second = fitting.initial_loading(point)
    step = 1e-6 * np.eye(2)
    ends = [(fitting.initial_loading(point + h), fitting.initial_loading(point - h)) for h in step]
    np.testing.assert_allclose(first, np.array([(a[0] - b[0]) / 2e-6 for a, b in ends]).T, atol=1e-8)
    np.testing.assert_allclose(second, np.moveaxis([(a[1] - b[1]) / 2e-6 for a, b in ends], 0, 2), atol=1e-8)
    np.testing.assert_allclose(value, [np.exp(0.3), 0.8 * np.exp(0.3)])


def test_adaptive_and_standard_nodes_agree_once_converged(table):
    one = random_effects_probit("y ~ x + d", table)
    other = random_effects_probit("y ~ x + d", table, method="standard")
    assert one.log_likelihood == pytest.approx(other.log_likelihood, abs=2e-6)
    np.testing.assert_allclose(one.estimates.values, other.estimates.values, atol=INTEGRAL * 100)
    for kind in ("hessian", "opg", "robust"):
        a, b = one.vcov(kind).coefficients(), other.vcov(kind).coefficients()
        np.testing.assert_allclose(a["std_error"], b["std_error"], rtol=1e-5)


@pytest.fixture(scope="module")
def strong():
    """A panel with so strong an effect that twelve plain nodes are far off."""
    return simulate(firms=300, periods=10, sigma=3.0, seed=21, unbalanced=False)


def test_too_few_nodes_are_told(strong):
    few = random_effects_probit("y ~ x + d", strong, nodes=12, method="standard")
    check = next(c for c in few.checks if c.name == "quadrature_converged")
    assert not check.ok
    assert any("quadrature has not converged" in w and "12 nodes" in w for w in few.warnings)
    assert few.numbers["nodes"] == 12
    enough = random_effects_probit("y ~ x + d", strong)
    assert next(c for c in enough.checks if c.name == "quadrature_converged").ok
    assert not any("quadrature" in w for w in enough.warnings)
    assert enough.numbers["nodes"] > 12
    assert abs(few.log_likelihood - enough.log_likelihood) > 1e-3


def test_doubling_gives_up_at_a_limit_and_says_so(strong, monkeypatch):
    monkeypatch.setattr(fitting, "MOST_NODES", 24)
    result = random_effects_probit("y ~ x + d", strong, method="standard")
    assert result.numbers["nodes"] == 24
    assert any("not converged" in w for w in result.warnings)


def test_effects_are_integrated_over_the_random_effect(table):
    result = random_effects_probit("y ~ x + d", table)
    c = result.coefficients()["estimate"]
    v, w = np.polynomial.hermite_e.hermegauss(60)
    w = w / w.sum()
    fixed = c["Intercept"] + c["x"] * table["x"].to_numpy()
    effect = np.exp(c["ln_sigma_u"]) * v
    index = (fixed + c["d"] * table["d"].to_numpy())[:, None] + effect
    slope = (stats.norm.pdf(index) @ w).mean() * c["x"]
    assert result.effect("x", "average_partial_effect")["estimate"] == pytest.approx(slope, rel=1e-8)
    one, zero = (stats.norm.cdf(fixed[:, None] + c["d"] * at + effect) @ w for at in (1.0, 0.0))
    change = result.effect("d", "average_discrete_change")["estimate"]
    assert change == pytest.approx((one - zero).mean(), rel=1e-8)


def test_errors_of_effects_follow_from_numerical_derivatives(table):
    result = random_effects_probit("y ~ x + d", table)
    x = np.column_stack([np.ones(len(table)), table["x"], table["d"]])

    def effects(theta):
        scaled = theta[:3] / np.sqrt(1.0 + np.exp(2.0 * theta[3]))
        mean = stats.norm.pdf(x @ scaled).mean()
        zero = x * [1.0, 1.0, 0.0]
        jump = (stats.norm.cdf(zero @ scaled + scaled[2]) - stats.norm.cdf(zero @ scaled)).mean()
        return np.array([scaled[1] * mean, scaled[2] * mean, jump])

    theta = result.estimates.values
    jacobian = np.array([(effects(theta + h) - effects(theta - h)) / 2e-6 for h in 1e-6 * np.eye(4)]).T
    errors = np.sqrt(np.einsum("ij,jk,ik->i", jacobian, result.covariance, jacobian))
    np.testing.assert_allclose(result.effects()["std_error"], errors, rtol=1e-6)


def test_numbers_of_the_random_effect(table):
    result = random_effects_probit("y ~ x + d", table)
    n, error = result.numbers, result.coefficients().loc["ln_sigma_u", "std_error"]
    sigma = np.exp(result.coefficients().loc["ln_sigma_u", "estimate"])
    assert n["sigma_u"] == pytest.approx(sigma)
    assert n["rho"] == pytest.approx(sigma**2 / (1 + sigma**2))
    assert n["sigma_u_std_error"] == pytest.approx(sigma * error)
    near = special.expit(2.0 * (np.log(sigma) + np.array([1e-6, -1e-6])))
    assert n["rho_std_error"] == pytest.approx((near[0] - near[1]) / 2e-6 * error, rel=1e-6)
    pooled = binary("y ~ x + d", table)
    assert n["pooled_log_likelihood"] == pytest.approx(pooled.log_likelihood)
    statistic = 2.0 * (result.log_likelihood - pooled.log_likelihood)
    assert n["lr_no_effect"] == pytest.approx(statistic)
    assert n["lr_no_effect_p_value"] == pytest.approx(0.5 * stats.chi2.sf(statistic, 1))
    assert n["firms"] == table["firm"].nunique()
    changes = table.groupby("firm")["y"].nunique() > 1
    assert n["firms_that_change"] == changes.sum()


def test_covariances_treat_firms_as_units(table):
    result = random_effects_probit("y ~ x + d", table, cluster="region")
    assert result.kind == "cluster"
    by_firm = random_effects_probit("y ~ x + d", table, cluster="firm")
    np.testing.assert_allclose(by_firm.covariance, by_firm.vcov("robust").covariance, rtol=1e-10)
    assert list(result.estimates.covariances) == ["cluster", "hessian", "opg", "robust"]
    assert not np.allclose(result.covariance, result.vcov("hessian").covariance)


def test_firm_effects_are_posterior_means(table):
    result = random_effects_probit("y ~ x + d", table)
    frame = result.frames["firm_effects"].set_index("firm")
    assert list(frame.index) == list(table["firm"].unique())
    shares = table.groupby("firm")["y"].mean()
    assert np.corrcoef(frame["effect"], shares.loc[frame.index])[0, 1] > 0.7
    assert (frame["deviation"] > 0).all()
    assert (frame["deviation"] < result.numbers["sigma_u"]).all()


def test_no_effect_is_a_boundary_and_gives_the_pooled_probit():
    rng = np.random.default_rng(2)
    # outcomes that alternate within firms are less alike than by chance
    table = pd.DataFrame({"firm": np.repeat(np.arange(100), 4), "x": rng.normal(size=400), "y": np.tile([0, 1], 200)})
    result = random_effects_probit("y ~ x", table)
    pooled = binary("y ~ x", table)
    assert result.status.code == "boundary"
    assert result.status.boundary == "no_effect"
    assert list(result.estimates.names) == ["Intercept", "x"]
    np.testing.assert_allclose(result.estimates.values, pooled.estimates.values, rtol=1e-8)
    np.testing.assert_allclose(result.covariance, pooled.covariance, rtol=1e-7)
    assert result.numbers["sigma_u"] == 0.0
    assert result.numbers["lr_no_effect_p_value"] == 1.0
    assert any("pooled probit" in w for w in result.warnings)
    assert np.isfinite(result.effects()["std_error"]).all()
    assert any("no lasting difference" in s for s in result.findings())
    assert all(c.ok for c in result.checks)


def test_a_result_tells_and_comes_back_from_storage(table):
    result = random_effects_probit("y ~ x + d", table, year="year", vcov="robust")
    assert result.kind == "robust"
    assert any("Lasting differences" in s for s in result.findings())
    back = FirmResult.from_bundle(result.to_bundle())
    pd.testing.assert_frame_equal(back.effects(), result.effects())
    assert back.table("random_effects_probit-random-effect").display().shape == (2, 5)
    assert result.to_dict()["coefficients"]["ln_sigma_u"]["estimate"] == result.estimates.values[-1]


def test_a_constant_alone_is_a_model(table):
    result = random_effects_probit("y ~ 1", table)
    assert list(result.estimates.names) == ["Intercept", "ln_sigma_u"]
    assert result.effects().empty
    (sentence,) = result.findings()
    assert "Lasting differences" in sentence
    assert result.summary()


@pytest.mark.parametrize(("sigma", "periods"), [(8.0, 8), (2.0, 100), (0.3, 4)])
def test_strong_effects_and_long_panels_converge(sigma, periods):
    hard = simulate(firms=60, periods=periods, sigma=sigma, seed=int(10 * sigma))
    result = random_effects_probit("y ~ x + d", hard)
    assert result.status.converged
    assert all(c.ok for c in result.checks)
    assert result.log_likelihood == pytest.approx(trapezoid(hard, result.estimates.values), abs=2e-6)


def test_progress_is_told(table):
    told = []
    random_effects_probit("y ~ x + d", table, progress=lambda message, share: told.append((message, share)))
    assert told
    assert all(0.0 <= share <= 1.0 for _, share in told)


def test_missing_cells_leave_rows_out_with_a_warning(table):
    holes = table.copy()
    holes.loc[5, "x"] = np.nan
    holes["firm"] = holes["firm"].astype(float)
    holes.loc[7, "firm"] = np.nan
    with pytest.warns(MissingRowsWarning, match="2 of"):
        result = random_effects_probit("y ~ x + d", holes)
    assert result.n == len(table) - 2


def refused(error, words, *args, **options):
    with pytest.raises(error) as caught:
        random_effects_probit(*args, **options)
    text = str(caught.value)
    assert words in text, text
    assert caught.value.remedy
    return text


def test_bad_input_is_refused(table):
    refused(LabelError, "firm_id", "y ~ x + d", table, firm="firm_id")
    refused(LabelError, "anno", "y ~ x + d", table, year="anno")
    refused(LabelError, "gauss", "y ~ x + d", table, method="gauss")
    refused(SpecError, "1 nodes", "y ~ x + d", table, nodes=1)
    refused(SpecError, "-3 nodes", "y ~ x + d", table, nodes=-3)
    refused(SpecError, "5000 nodes", "y ~ x + d", table, nodes=5000)
    refused(SpecError, "cluster", "y ~ x + d", table, vcov="cluster")
    refused(DataError, "must hold 0 and 1", "x ~ d", table)
    one = table.groupby("firm").head(1)
    refused(DataError, "one period only", "y ~ x + d", one)
    constant = table.assign(y=(table["firm"] % 2))
    refused(DataError, "never changes within any firm", "y ~ x + d", constant)
    doubled = pd.concat([table, table.head(2)])
    text = refused(DataError, "appear more than once", "y ~ x + d", doubled, year="year")
    assert "0, 2000" in text
    refused(DataError, "Perfect separation", "y ~ x + told", table.assign(told=table["y"]))
    refused(DataError, "more than one cluster", "y ~ x + d", table.assign(c=table["year"] % 2), cluster="c")


def test_an_effect_without_bound_is_told(monkeypatch):
    table = simulate(firms=200, periods=6, sigma=4.0, seed=5, unbalanced=False)
    monkeypatch.setattr(fitting, "LARGEST", 2.0)
    with pytest.raises(SolverError, match="grows without bound"):
        random_effects_probit("y ~ x + d", table)


def test_few_firms_that_change_are_told():
    table = simulate(firms=14, periods=4, seed=12, unbalanced=False)
    result = random_effects_probit("y ~ x", table)
    assert any("firms only" in w for w in result.warnings)


def test_arrays_can_be_fitted_without_a_table(table):
    x = np.column_stack([np.ones(len(table)), table["x"], table["d"]])
    fitted = fit_panel(table["y"].to_numpy(float), x, table["firm"].to_numpy())
    result = random_effects_probit("y ~ x + d", table)
    np.testing.assert_allclose(fitted.fit.theta, result.estimates.values, rtol=1e-12)
