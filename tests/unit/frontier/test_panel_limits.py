"""Panels whose likelihood is largest at a limit of the path of inefficiency or of a truncated normal: by name."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, optimize, stats

sys.path.insert(0, str(Path(__file__).parents[2] / "support"))

from frontier_draws import random_panel

from innospace.core.errors import BoundaryWarning
from innospace.core.status import StatusCode
from innospace.frontier.panel import one_sided
from innospace.frontier.panel.climb import climb
from innospace.frontier.panel.fit import fit_panel, read_panel
from innospace.frontier.panel.models import MODELS
from innospace.frontier.panel.scaled import path_of, scale
from innospace.frontier.panel.search import _highest
from innospace.frontier.panel.spec import PanelSpec
from innospace.frontier.panel.trend import TrendRidge
from innospace.numerics.linear import least_squares
from innospace.numerics.maximum_likelihood import Optimum

SECOND_METHOD = 1e-4  # log-likelihood; limits are approached to e-14, searches without derivatives to 1e-8
TREND = 1e-6  # log-likelihood; mu is 30,000 standard deviations and not infinite
TREND_AND_EFFECTS = 5e-4  # the same beside effects of the units, whose size depends on mu by its inverse as well
KNOWN = 1e-4  # log-likelihood; what many searches from random points do not better, given to five decimals
ROUNDING = 1e-11  # relative
SLOPES = 1e-8  # relative: sums of parts that differ by six powers of ten
STEP = 1e-5
DIFFERENCES = 1e-6  # relative to the largest: central differences of step 1e-5 lose about half of the digits
EXPONENTIAL = 5e-3  # log-likelihood; mu / sigma_u is -300 and not minus infinity


def panel(seed: int, units: int = 30, periods: int = 5) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    code, time = np.repeat(np.arange(units), periods), np.tile(np.arange(periods), units)
    x = rng.normal(size=len(code))
    table = pd.DataFrame({"unit": code, "time": time, "x": x, "y": 1.0 + 0.5 * x + 0.3 * rng.normal(size=len(code))})
    return table.assign(u=np.abs(rng.normal(size=units))[code])


def fitted(table: pd.DataFrame, model: str, boundary: str, inefficiency: str = "half_normal"):
    with pytest.warns(BoundaryWarning):
        found = fit_panel("y ~ x", table, unit="unit", time="time", model=model, inefficiency=inefficiency)
    assert found.status.boundary == boundary
    return found


def of_single_periods(table: pd.DataFrame, inefficient: pd.Series) -> float:
    """Return the largest log-likelihood with half-normal inefficiency in some rows, at most one a unit, by simplex."""
    y, x = table["y"].to_numpy(), table["x"].to_numpy()
    some = inefficient.to_numpy()

    def minus(theta):
        e, su, sv = y - theta[0] - theta[1] * x, np.exp(theta[2]), np.exp(theta[3])
        sigma = np.hypot(su, sv)
        composed = np.log(2.0) + stats.norm.logpdf(e, scale=sigma) + stats.norm.logcdf(-e * su / sv / sigma)
        return -np.sum(np.where(some, composed, stats.norm.logpdf(e, scale=sv)))

    start = np.array([1.0, 0.5, np.log(0.6), np.log(0.3)])
    options = {"xatol": 1e-8, "fatol": 1e-10, "maxiter": 4000, "maxfev": 4000}
    return float(-optimize.minimize(minus, start, method="Nelder-Mead", options=options).fun)


@pytest.mark.parametrize(
    ("model", "period", "seed"), [("battese_coelli_1992", 4, 4), ("kumbhakar_1990", 4, 6), ("kumbhakar_1990", 0, 1)]
)
def test_inefficiency_of_one_period_is_a_path_that_jumps(model, period, seed):
    table = panel(seed)
    inefficient = table["time"] == period
    table["y"] -= np.where(inefficient, table["u"], 0.0)
    found = fitted(table, model, "path_jumps")
    assert found.loglik == pytest.approx(of_single_periods(table, inefficient), abs=SECOND_METHOD)
    errors = found.coefficients()["std_error"]
    assert np.isnan(errors[{"battese_coelli_1992": "eta", "kumbhakar_1990": "c"}[model]])
    assert np.isfinite(errors[["Intercept", "x", "lnsigma_u2", "lnsigma_v2"]]).all()


def test_efficiencies_of_many_periods_are_numbers_where_the_path_jumps():
    """All inefficiency is forty periods before the last one, in which the path is one."""
    table = panel(4, units=20, periods=40)
    table["y"] -= np.where(table["time"] == 0, 2.0 * table["u"], 0.0)
    te = fitted(table, "battese_coelli_1992", "path_jumps").efficiencies[["time", "te", "te_lower", "te_upper"]]
    first, later = (te[rows].drop(columns="time").to_numpy() for rows in (te["time"] == 0, te["time"] > 4))
    assert first.max() < 1.0
    assert later.min() > 1.0 - ROUNDING


def test_a_trend_that_all_units_share_is_named():
    table = panel(3)
    table["y"] -= 0.05 * table["time"]
    found = fitted(table, "battese_coelli_1992", "mu_infinity", "truncated_normal")
    design = np.column_stack((np.ones(len(table)), table[["x", "time"]]))
    y = table["y"].to_numpy()
    e = y - design @ least_squares(y, design, None)
    with_trend = stats.norm.logpdf(e, scale=e.std()).sum()
    assert found.loglik == pytest.approx(with_trend, abs=TREND)
    assert found.coefficients()["std_error"].isna().all()


def with_trend_and_effects(table: pd.DataFrame, powers: int) -> float:
    """Return the largest log-likelihood of normal effects of the units beside powers of time, by their share."""
    time, y = table["time"].to_numpy(), table["y"].to_numpy()
    x = np.column_stack((np.ones(len(y)), table["x"], *(time**p for p in range(1, powers + 1))))
    same = np.equal.outer(table["unit"].to_numpy(), table["unit"].to_numpy())

    def minus(ratio):
        covariance = np.eye(len(y)) + ratio * same
        root = np.linalg.cholesky(covariance)
        left, right = np.linalg.solve(root, x), np.linalg.solve(root, y)
        e = right - left @ np.linalg.lstsq(left, right, rcond=None)[0]
        return -stats.norm.logpdf(e, scale=np.sqrt(np.mean(e**2))).sum() + np.log(np.diag(root)).sum()

    return float(-optimize.minimize_scalar(minus, bounds=(0.0, 50.0), method="bounded").fun)


@pytest.mark.parametrize(
    ("model", "seed", "periods", "powers"), [("battese_coelli_1992", 10, 3, 1), ("kumbhakar_1990", 1, 4, 2)]
)
def test_a_trend_beside_inefficiency_is_found_though_a_lower_maximum_lies_inside(model, seed, periods, powers):
    table = panel(seed, units=15, periods=periods)
    table["y"] -= table["u"] + 0.08 * table["time"]
    found = fitted(table, model, "mu_infinity", "truncated_normal")
    assert found.loglik == pytest.approx(with_trend_and_effects(table, powers), abs=TREND_AND_EFFECTS)


def test_inefficiency_that_is_nearly_normal_is_found_though_a_lower_maximum_lies_at_small_means():
    table = panel(88, units=15, periods=4)
    table["y"] -= 0.2 * table["u"]
    found = fit_panel("y ~ x", table, unit="unit", time="time", model="pitt_lee", inefficiency="truncated_normal")
    y, x = (table[name].to_numpy().reshape(15, 4) for name in ("y", "x"))

    def minus(theta):
        mu, su, sv = theta[2], np.exp(theta[3]), np.exp(theta[4])
        e = y - theta[0] - theta[1] * x
        errors = stats.multivariate_normal([-mu] * 4, sv**2 * np.eye(4) + su**2).logpdf(e)
        given = (mu * sv**2 - su**2 * e.sum(axis=1)) / (su * sv * np.sqrt(sv**2 + 4.0 * su**2))
        return -np.sum(errors + stats.norm.logcdf(given) - stats.norm.logcdf(mu / su))

    start = np.array([1.5, 0.5, 0.5, np.log(0.1), np.log(0.3)])
    options = {"xatol": 1e-8, "fatol": 1e-10, "maxiter": 4000, "maxfev": 4000}
    best = optimize.minimize(minus, start, method="Nelder-Mead", options=options)
    assert found.status.converged
    assert found.loglik >= -best.fun - SECOND_METHOD


def test_a_truncated_normal_far_below_zero_is_the_best_exponential():
    rng = np.random.default_rng(3)
    table = panel(3, units=40, periods=3)
    table["y"] -= np.repeat(rng.exponential(0.7, 40) ** 1.5, 3)
    found = fitted(table, "pitt_lee", "mu_minus_infinity", "truncated_normal")
    y, x = (table[name].to_numpy().reshape(40, 3) for name in ("y", "x"))

    def minus(theta):
        e, mean, sv = y - theta[0] - theta[1] * x, np.exp(theta[2]), np.exp(theta[3])
        # int exp(-u / m) / m prod phi((e + u) / s) / s du, a normal tail
        level, spread = -e.mean(axis=1) - sv**2 / (3.0 * mean), sv / np.sqrt(3.0)
        within = np.sum(stats.norm.logpdf(e, scale=sv), axis=1)
        tail = 0.5 * (level / spread) ** 2 + stats.norm.logcdf(level / spread)
        return -np.sum(within - np.log(mean) + np.log(spread) + 0.5 * np.log(2.0 * np.pi) + tail)

    start = np.array([1.0, 0.5, np.log(0.7), np.log(0.3)])
    best = optimize.minimize(minus, start, method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-10})
    one = y[0] - 1.0 - 0.5 * x[0]
    by_quadrature = integrate.quad(
        lambda u: np.exp(-u / 0.7) / 0.7 * np.prod(stats.norm.pdf(one + u, scale=0.3)), 0.0, 10.0
    )[0]
    y, x = y[:1], x[:1]
    assert -minus(start) == pytest.approx(np.log(by_quadrature), abs=1e-8)
    assert found.loglik == pytest.approx(-best.fun, abs=EXPONENTIAL)


HARD = [
    # the path shrinks as it turns and inefficiency has to grow in step
    ("battese_coelli_1992", "half_normal", 162, "path_jumps", -336.30053),
    ("battese_coelli_1992", "half_normal", 455, "path_jumps", 54.26593),
    ("battese_coelli_1992", "truncated_normal", 13, "sigma_u_zero", -192.02603),
    ("battese_coelli_1992", "truncated_normal", 146, "path_jumps", -56.08584),
    # most periods have 1e-10 of the inefficiency and less
    ("kumbhakar_1990", "half_normal", 69, "path_jumps", -42.24087),
    ("kumbhakar_1990", "half_normal", 322, "path_jumps", -88.71799),
    # a period that counts as level lacks a thousandth of it where the path begins to count as jumping
    ("kumbhakar_1990", "half_normal", 443, "path_jumps", -250.56000),
    # one period is apart from a trend, and from no trend
    ("kumbhakar_1990", "truncated_normal", 291, "mu_infinity", -69.51221),
]


@pytest.mark.parametrize(("model", "inefficiency", "seed", "boundary", "known"), HARD)
def test_the_best_known_limit_is_found_and_named(model, inefficiency, seed, boundary, known):
    table, formula = random_panel(seed)
    with pytest.warns(BoundaryWarning):
        found = fit_panel(formula, table, unit="unit", time="time", model=model, inefficiency=inefficiency)
    assert found.status.boundary == boundary
    assert found.loglik == pytest.approx(known, abs=KNOWN)


def test_a_path_that_is_low_in_the_middle_is_found():
    table, formula = random_panel(184)
    found = fit_panel(formula, table, unit="unit", time="time", model="kumbhakar_1990")
    assert found.status.converged
    assert found.loglik == pytest.approx(-60.08674, abs=KNOWN)


def test_a_step_that_all_units_share_is_the_best_that_least_squares_know():
    table, formula = random_panel(17)
    with pytest.warns(BoundaryWarning, match="all units have the same inefficiency"):
        found = fit_panel(
            formula, table, unit="unit", time="time", model="kumbhakar_1990", inefficiency="truncated_normal"
        )
    arrays = read_panel(found.spec, table).arrays
    logliks = []
    for after in np.unique(arrays.units.time)[1:]:
        x = np.column_stack((arrays.x, arrays.units.time >= after))
        e = arrays.y - x @ np.linalg.lstsq(x, arrays.y, rcond=None)[0]
        logliks.append(stats.norm.logpdf(e, scale=e.std()).sum())
    assert found.status.boundary == "sigma_u_zero"
    assert found.loglik == pytest.approx(max(logliks), abs=KNOWN)


def optimum(value: float, curvature: float) -> Optimum:
    return Optimum(StatusCode.CONVERGED, np.zeros(2), value, np.zeros(2), np.diag([-1.0, -curvature]), 0.0, 1)


def test_of_maxima_that_tie_the_one_that_the_likelihood_determines_is_reported():
    inside, held = np.array([True, True]), np.array([True, False])
    flat, limit, plain = (
        (optimum(-100.0, 0.0), inside),
        (optimum(-100.0, 0.0), held),
        (optimum(-100.000001, 1.0), inside),
    )
    lower = (optimum(-100.1, 1.0), inside)
    assert _highest([flat, limit, plain, lower]) is plain
    assert _highest([flat, limit, lower]) is limit
    assert _highest([flat, lower]) is flat


def test_inefficiency_that_all_units_share_says_what_to_do():
    table, formula = random_panel(13)
    with pytest.warns(BoundaryWarning, match="all units have the same inefficiency"):
        found = fit_panel(
            formula, table, unit="unit", time="time", model="battese_coelli_1992", inefficiency="truncated_normal"
        )
    assert found.status.boundary == "sigma_u_zero"
    assert "dummies of the periods" in found.status.remedy


def standardised(seed: int, model: str):
    table, formula = random_panel(seed)
    arrays = read_panel(PanelSpec(formula, "unit", "time", model, "truncated_normal"), table).arrays
    return scale(arrays, MODELS[model], "truncated_normal")


@pytest.mark.parametrize("model", ["battese_coelli_1992", "kumbhakar_1990"])
def test_coordinates_of_the_trend_have_the_derivatives_of_differences(model):
    scaled = standardised(1, model)
    k, paths = scaled.problem.x.shape[1], {"battese_coelli_1992": [0.02], "kumbhakar_1990": [0.03, -0.01]}
    theta = np.array([6.0, *np.linspace(0.3, -0.2, k - 1), 6.0, -0.5, -1.0, *paths[model]])
    ridge = TrendRidge.of(scaled, path_of(scaled))
    point = ridge.to(theta)
    assert ridge.back(point) == pytest.approx(theta, rel=ROUNDING)
    evaluate = ridge.objective(scaled.evaluate)
    _, gradient, hessian = evaluate(point)
    steps = STEP * np.eye(len(theta))
    slopes = np.array([(evaluate(point + h)[0] - evaluate(point - h)[0]) / (2 * STEP) for h in steps])
    curves = np.array([(evaluate(point + h)[1] - evaluate(point - h)[1]) / (2 * STEP) for h in steps])
    assert gradient == pytest.approx(slopes, abs=DIFFERENCES * np.abs(gradient).max())
    assert hessian == pytest.approx(curves, abs=DIFFERENCES * np.abs(hessian).max())


@pytest.mark.parametrize("seed", [34, 44])
def test_the_ridge_to_a_trend_is_walked_in_few_steps(seed):
    """In natural coordinates each takes some 200: one to the trend, one to a maximum with ``mu`` in the hundreds."""
    scaled = standardised(seed, "battese_coelli_1992")
    start = np.zeros(len(scaled.levels))
    start[scaled.levels.index("lnsigma_u2")] = np.log(0.8 / 0.36)
    start[scaled.levels.index("lnsigma_v2")] = np.log(0.2)
    found, _ = climb(scaled, start)
    assert found.code is StatusCode.CONVERGED
    assert found.theta[scaled.levels.index("mu")] > 100.0
    assert found.iterations < 50


def test_standardised_parameters_lead_to_the_same_likelihood_and_back():
    scaled = standardised(1, "kumbhakar_1990")
    k = scaled.problem.x.shape[1]
    theta = np.array([*np.linspace(0.3, -0.2, k), 0.4, -0.5, -1.0, 2.0, -3.0])
    data = scaled.to_data(theta)
    assert scaled.from_data(data) == pytest.approx(theta, rel=ROUNDING)
    own = one_sided.evaluate(scaled.raw, data)
    standard = scaled.evaluate(theta)
    assert own[0] == pytest.approx(standard[0] + scaled.loglik_shift, rel=ROUNDING)
    assert scaled.jacobian(theta).T @ own[1] == pytest.approx(standard[1], rel=SLOPES)
