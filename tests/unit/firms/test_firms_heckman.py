"""Tobit of type 2: derivatives, a second likelihood, two steps written out by hand, bad input."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "support"))

import statsmodels.api as sm
from firm_chain_cases import selected_firms
from scipy import optimize, stats

from innospace.core.errors import DataError, LabelError, MissingRowsWarning
from innospace.core.status import StatusCode
from innospace.firms.result import FirmResult
from innospace.firms.selection import heckman
from innospace.firms.selection_likelihood import fit_selection, log_likelihood

OUTCOME, SELECTION = "log(rd) ~ size", "performs ~ size + subsidy"
# the peer maximises without derivatives of second order
PEER = 2e-4


@pytest.fixture(scope="module")
def firms():
    return selected_firms()


def arrays(frame):
    s = frame["performs"].to_numpy() == 1
    x = np.column_stack([np.ones(len(frame)), frame["size"]])
    z = np.column_stack([x, frame["subsidy"]])
    return frame["log_rd"].to_numpy()[s], x[s], z, s


def plain_log_likelihood(theta, y, x, z, s):
    """Return the textbook form: conditional normals, no reparametrised indices (Amemiya 1985, section 10.7)."""
    beta, gamma, rho, sigma = theta[:2], theta[2:5], np.tanh(theta[5]), np.exp(theta[6])
    e = y - x @ beta
    index = (z[s] @ gamma + rho / sigma * e) / np.sqrt(1.0 - rho**2)
    seen = stats.norm.logcdf(index) + stats.norm.logpdf(e, scale=sigma)
    return seen.sum() + stats.norm.logcdf(-z[~s] @ gamma).sum()


def test_derivatives_agree_with_differences(firms):
    data = arrays(firms)
    rng = np.random.default_rng(0)
    for _ in range(3):
        theta = np.array([1.0, 0.4, -0.2, 0.5, 0.8, 0.3, 0.2]) + 0.3 * rng.normal(size=7)
        value, scores, hessian = log_likelihood(theta, *data)
        assert value == pytest.approx(plain_log_likelihood(theta, *data), rel=1e-10)
        h = 1e-5
        steps = h * np.eye(7)
        slope = [
            (plain_log_likelihood(theta + e, *data) - plain_log_likelihood(theta - e, *data)) / (2 * h) for e in steps
        ]
        np.testing.assert_allclose(scores.sum(axis=0), slope, rtol=1e-5, atol=1e-4)
        both = ((log_likelihood(theta + e, *data)[1], log_likelihood(theta - e, *data)[1]) for e in steps)
        bend = [(up.sum(axis=0) - down.sum(axis=0)) / (2 * h) for up, down in both]
        np.testing.assert_allclose(hessian, bend, rtol=1e-5, atol=1e-3)


def test_the_maximum_is_that_of_a_general_optimiser(firms):
    data = arrays(firms)
    r = heckman(OUTCOME, SELECTION, firms)
    found = optimize.minimize(lambda t: -plain_log_likelihood(t, *data), np.array([1, 0.3, 0, 0.4, 0.6, 0.1, 0.3]))
    assert r.log_likelihood == pytest.approx(-found.fun, abs=1e-4)
    np.testing.assert_allclose(r.estimates.values, found.x, atol=PEER)
    assert r.status.converged
    assert all(c.ok for c in r.checks)


def test_two_steps_agree_with_statsmodels_and_the_formula_of_the_errors(firms):
    y, x, z, s = arrays(firms)
    r = heckman(OUTCOME, SELECTION, firms, method="two_step")
    probit = sm.Probit(s.astype(float), z).fit(disp=0, tol=1e-12)
    index = z[s] @ probit.params
    mills = stats.norm.pdf(index) / stats.norm.cdf(index)
    w = np.column_stack([x, mills])
    ols = sm.OLS(y, w).fit()
    np.testing.assert_allclose(r.estimates.values[:3], ols.params, rtol=1e-6)
    delta = mills * (mills + index)
    sigma2 = ols.resid @ ols.resid / len(y) + delta.mean() * ols.params[2] ** 2
    rho2 = ols.params[2] ** 2 / sigma2
    inverse, d = np.linalg.inv(w.T @ w), np.diag(delta)
    q = rho2 * w.T @ d @ z[s] @ probit.cov_params() @ z[s].T @ d @ w
    v = sigma2 * inverse @ (w.T @ (np.eye(len(y)) - rho2 * d) @ w + q) @ inverse
    np.testing.assert_allclose(r.coefficients()["std_error"][:3], np.sqrt(np.diag(v)), rtol=1e-5)
    assert r.numbers["sigma"] == pytest.approx(np.sqrt(sigma2), rel=1e-6)
    assert r.numbers["lambda"] == pytest.approx(ols.params[2], rel=1e-6)


def test_effects_follow_the_coefficients(firms):
    r = heckman(OUTCOME, SELECTION, firms)
    _, x, z, s = arrays(firms)
    theta = r.estimates.values
    h = 1e-5

    def given(t, dx, dz):
        index = (z[s] + dz) @ t[2:5]
        return ((x + dx) @ t[:2] + np.tanh(t[5]) * np.exp(t[6]) * stats.norm.pdf(index) / stats.norm.cdf(index)).mean()

    def size_effect(t):
        return (given(t, [0, h], [0, h, 0]) - given(t, [0, -h], [0, -h, 0])) / (2 * h)

    row = r.effect("size", "conditional_marginal_effect")
    assert row["estimate"] == pytest.approx(size_effect(theta), rel=1e-5)
    k = 1e-4
    gradient = np.array([(size_effect(theta + k * e) - size_effect(theta - k * e)) / (2 * k) for e in np.eye(7)])
    assert row["std_error"] == pytest.approx(np.sqrt(gradient @ r.covariance @ gradient), rel=1e-3)
    parameter = r.effect("rho", "parameter")
    assert parameter["estimate"] == pytest.approx(np.tanh(theta[5]))
    assert parameter["std_error"] == pytest.approx((1 - np.tanh(theta[5]) ** 2) * np.sqrt(r.covariance[5, 5]))


def test_without_correlation_the_likelihood_falls_apart(firms):
    y, x, z, s = arrays(firms)
    fit = fit_selection(y, x, z, s)
    apart = sm.Probit(s.astype(float), z).fit(disp=0).llf + sm.OLS(y, x).fit().llf
    assert fit.independent == pytest.approx(apart, abs=1e-6)
    assert fit.log_likelihood > apart


def test_a_constant_far_away_changes_nothing_else(firms):
    far = firms.assign(rd=firms["rd"] * np.exp(300.0))
    near, moved = heckman(OUTCOME, SELECTION, firms), heckman(OUTCOME, SELECTION, far)
    np.testing.assert_allclose(moved.estimates.values[1:], near.estimates.values[1:], atol=1e-7)
    assert moved.estimates.values[0] - near.estimates.values[0] == pytest.approx(300.0, abs=1e-6)


def test_a_warm_start_ends_at_the_same_place(firms):
    y, x, z, s = arrays(firms)
    cold = fit_selection(y, x, z, s)
    np.testing.assert_allclose(fit_selection(y, x, z, s, cold.theta + 0.05).theta, cold.theta, atol=1e-8)


def test_no_exclusion_restriction_is_warned_of(firms):
    r = heckman("log(rd) ~ size + subsidy", SELECTION, firms)
    assert "No exclusion restriction" in r.warnings[0]
    assert not heckman(OUTCOME, SELECTION, firms).warnings


def test_missing_outcomes_of_selected_rows_are_counted(firms):
    frame = firms.copy()
    gone = frame.index[frame["performs"] == 1][:3]
    frame.loc[gone, "log_rd"] = np.nan
    with pytest.warns(MissingRowsWarning, match="3 selected rows"):
        r = heckman("log_rd ~ size", SELECTION, frame)
    assert r.n == len(firms) - 3
    assert r.numbers["selected"] == firms["performs"].sum() - 3
    assert r.frames["rows"]["row"].is_unique
    peer = heckman("log_rd ~ size", SELECTION, firms.drop(index=gone))
    np.testing.assert_allclose(r.estimates.values, peer.estimates.values, rtol=1e-10)


def test_clusters_give_clustered_errors(firms):
    r = heckman(OUTCOME, SELECTION, firms.assign(region=np.arange(len(firms)) // 30), cluster="region")
    assert r.kind == "cluster"
    assert {"hessian", "opg", "robust"} <= set(r.estimates.covariances)
    assert np.isfinite(r.vcov("hessian").coefficients()["std_error"]).all()


def test_all_or_nobody_selected_is_refused(firms):
    with pytest.raises(DataError, match="Every row is selected"):
        heckman("size ~ subsidy", "performs ~ size", firms.assign(performs=1))
    with pytest.raises(DataError, match="No row is selected"):
        heckman(OUTCOME, "performs ~ size", firms.assign(performs=0))
    with pytest.raises(DataError, match="must hold 0 and 1"):
        heckman(OUTCOME, "size ~ subsidy", firms)


def test_negative_spending_in_logs_is_refused_by_row(firms):
    frame = firms.copy()
    at = int(np.flatnonzero(frame["performs"] == 1)[5])
    frame.loc[at, "rd"] = -1.0
    with pytest.raises(DataError, match=r"log\(rd\) is not a finite number in 1 row") as error:
        heckman(OUTCOME, SELECTION, frame)
    assert f"row {at + 1}" in error.value.where


def test_other_bad_input(firms):
    with pytest.raises(DataError, match="Perfect separation"):
        heckman(OUTCOME, "performs ~ size + copy", firms.assign(copy=firms["performs"]))
    with pytest.raises(DataError, match="collinear"):
        heckman("log(rd) ~ size + twice", SELECTION, firms.assign(twice=2 * firms["size"]))
    with pytest.raises(LabelError, match="method"):
        heckman(OUTCOME, SELECTION, firms, method="gmm")
    with pytest.raises(LabelError, match="nothing"):
        heckman("log(rd) ~ nothing", SELECTION, firms)


def test_a_correlation_of_one_is_reported_as_a_boundary():
    rng = np.random.default_rng(0)
    n = 400
    size, u = rng.normal(size=n), rng.normal(size=n)
    performs = (0.3 * size + u > 0).astype(int)
    frame = {"size": size, "performs": performs, "y": np.where(performs == 1, 1.0 + size + u, np.nan)}
    r = heckman("y ~ size", "performs ~ size", frame)
    assert r.status.code is StatusCode.BOUNDARY
    assert r.status.boundary == "rho_one"
    assert not next(c for c in r.checks if c.name == "rho_inside").ok


def test_a_result_survives_storage(firms):
    for method in ("ml", "two_step"):
        r = heckman(OUTCOME, SELECTION, firms, method=method)
        again = FirmResult.from_bundle(r.to_bundle())
        assert str(again.to_dict()) == str(r.to_dict())
        assert r.sections()
        assert "positively selected" in r.sentences[0]
