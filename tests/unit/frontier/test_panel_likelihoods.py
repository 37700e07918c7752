"""Likelihoods of panels: reference maxima, numerical derivatives, brute-force integrals, limits."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, special, stats

from innospace.core.errors import DataError, SpecError
from innospace.frontier.densities import Exponential, HalfNormal, NoInefficiency
from innospace.frontier.panel import mixed, one_sided
from innospace.frontier.panel.decay import DECAYS, follow
from innospace.frontier.panel.distribution_free import fit_distribution_free
from innospace.frontier.panel.effects import Flat
from innospace.frontier.panel.efficiency import efficiencies
from innospace.frontier.panel.mixed import MixedProblem
from innospace.frontier.panel.one_sided import PanelProblem
from innospace.frontier.panel.units import units_of
from innospace.numerics.maximum_likelihood import maximise

REFERENCE = Path(__file__).parents[2] / "reference" / "riceProdPhil"
LOGLIK = 1e-8  # relative: closed forms reach rounding, stored values have ten digits and more
COEFFICIENTS = 1e-6  # absolute: both maxima are exact to this
DERIVATIVES = 1e-6  # relative to the largest: central differences of step 1e-5 lose about half of the digits
INTEGRAL = 1e-8  # relative: adaptive quadrature of scipy is asked for 1e-11
SUMS = 5e-4  # of a probability: 24 levels of persistent inefficiency, a kink where it alone is the sum
LARGE_MEAN = 1e-9  # relative: residuals of y less 3e4 keep twelve digits, and none are lost after
STEP = 1e-5


def rice():
    d = pd.read_csv(REFERENCE / "data.csv")
    units = units_of(d["FMERCODE"], d["YEARDUM"])
    d = d.iloc[units.order]
    x = np.column_stack([np.ones(len(d)), *(np.log(d[c]) for c in ("AREA", "LABOR", "NPK"))])
    return np.log(d["PROD"].to_numpy()), x, units


def simulated(units=40, periods=5, seed=3):
    rng = np.random.default_rng(seed)
    n = units * periods
    unit = np.repeat(np.arange(units), periods)
    found = units_of(unit, np.tile(np.arange(periods), units))
    x = np.column_stack([np.ones(n), rng.normal(size=(n, 2))])
    effect = rng.normal(0.0, 0.3, units) - np.abs(rng.normal(0.0, 0.3, units))
    y = x @ [1.0, 0.5, 0.3] + effect[unit] + rng.normal(0.0, 0.2, n) - np.abs(rng.normal(0.0, 0.4, n))
    return y[found.order], x[found.order], found


def assert_derivatives(evaluate, theta):
    _, gradient, hessian = evaluate(theta)
    axes = np.eye(len(theta)) * STEP
    slopes = np.array([(evaluate(theta + h)[0] - evaluate(theta - h)[0]) / (2 * STEP) for h in axes])
    curves = np.array([(evaluate(theta + h)[1] - evaluate(theta - h)[1]) / (2 * STEP) for h in axes])
    assert np.abs(slopes - gradient).max() < DERIVATIVES * np.abs(gradient).max()
    assert np.abs(curves - hessian).max() < DERIVATIVES * np.abs(hessian).max()


@pytest.mark.parametrize(
    ("decay", "truncated", "reference"),
    [
        ("constant", False, "exact_pittlee_hn"),
        ("constant", True, "exact_pittlee_tn"),
        ("battese_coelli_1992", False, "exact_bc92_hn"),
        ("battese_coelli_1992", True, "exact_bc92_tn"),
    ],
)
def test_maxima_are_the_stored_ones(decay, truncated, reference):
    models = json.loads((REFERENCE / "exact.json").read_text(encoding="utf-8"))["models"]
    expected = next(m for m in models if m["id"] == reference)
    y, x, units = rice()
    one = np.ones((len(units.counts), 1))
    problem = PanelProblem(y, x, 1.0, units, DECAYS[decay], one if truncated else None, one, one)
    start = [*np.linalg.lstsq(x, y, rcond=None)[0], *([0.0] if truncated else []), -2.0, -3.0]
    found = maximise(lambda t: one_sided.evaluate(problem, t), [*start, *(0.0 for _ in problem.decay.parameters)])
    assert found.value == pytest.approx(expected["loglik"], rel=LOGLIK)
    assert found.theta[:4] == pytest.approx(list(expected["coef"].values())[:4], abs=COEFFICIENTS)


@pytest.mark.parametrize("decay", DECAYS)
@pytest.mark.parametrize(("mean", "relative"), [(None, False), (0.3, True), (-0.4, True), (-0.4, False)])
def test_derivatives_of_one_sided_models_are_those_of_differences(decay, mean, relative):
    y, x, units = simulated()
    z = np.column_stack([np.ones(len(units.counts)), np.linspace(-1.0, 1.0, len(units.counts))])
    weights = np.linspace(0.5, 2.0, len(units.counts))
    problem = PanelProblem(y, x, -1.0, units, DECAYS[decay], z if mean else None, z, z, weights, relative)
    theta = [*np.linalg.lstsq(x, y, rcond=None)[0], *([mean, 0.1] if mean else []), -2.0, 0.2, -3.0, 0.1]
    theta = np.array([*theta, *(0.05, 0.01)[: len(problem.decay.parameters)]])
    assert_derivatives(lambda t: one_sided.evaluate(problem, t), theta)
    scores = one_sided.unit_scores(problem, theta)
    assert weights @ scores == pytest.approx(one_sided.evaluate(problem, theta)[1], rel=1e-9)


@pytest.mark.parametrize("effect", [NoInefficiency(), HalfNormal(), Flat()])
@pytest.mark.parametrize("density", [HalfNormal(), Exponential()])
def test_derivatives_of_mixed_models_are_those_of_differences(effect, density):
    y, x, units = simulated()
    x = x[:, 1:] if isinstance(effect, Flat) else x
    z = np.column_stack([np.ones(len(y)), np.sin(np.arange(len(y)))])
    weights = np.linspace(0.5, 2.0, len(units.counts))
    problem = MixedProblem(y, x, 1.0, units, density, effect, (z, z[:, :1]), weights)
    theta = np.array([*np.linalg.lstsq(x, y, rcond=None)[0], -2.0, 0.2, -3.0, *(-2.5 for _ in effect.parameters)])
    assert_derivatives(lambda t: mixed.evaluate(problem, t), theta)
    assert weights @ mixed.unit_scores(problem, theta) == pytest.approx(mixed.evaluate(problem, theta)[1], rel=1e-9)


def test_one_sided_likelihood_is_the_integral_over_inefficiency():
    y, x, units = simulated(3, 4)
    one = np.ones((3, 1))
    problem = PanelProblem(y, x, 1.0, units, DECAYS["battese_coelli_1992"], one, one, one)
    theta = np.array([1.0, 0.5, 0.3, 0.2, -2.0, -3.0, 0.1])
    found = one_sided.unit_logliks(problem, theta)
    e = y - x @ theta[:3]
    g = np.exp(-0.1 * units.remaining)
    su, sv = np.exp(-1.0), np.exp(-1.5)
    for i, value in enumerate(found):
        rows = slice(units.starts[i], units.starts[i] + units.counts[i])

        def density(u, rows=rows):
            noise = np.exp(-0.5 * ((e[rows] + g[rows] * u) / sv) ** 2) / (sv * np.sqrt(2 * np.pi))
            return np.prod(noise) * np.exp(-0.5 * ((u - 0.2) / su) ** 2)

        scale = integrate.quad(lambda u: np.exp(-0.5 * ((u - 0.2) / su) ** 2), 0.0, 8.0, epsrel=1e-12)[0]
        whole = integrate.quad(density, 0.0, 8.0, epsrel=1e-11, epsabs=0.0, points=[0.2])[0] / scale
        assert value == pytest.approx(np.log(whole), rel=INTEGRAL)


def test_a_logistic_path_has_all_its_digits_where_it_is_tiny():
    """There ``1 / (1 + exp(index))`` is ``exp(-index)`` less its square, relative to its largest too."""
    units = units_of(np.repeat(np.arange(3), 4), np.tile(np.arange(4), 3))
    index = 30.0 * (units.time + 1.0)
    path = follow(DECAYS["kumbhakar_1990"], units, np.array([30.0, 0.0]))
    assert path.value == pytest.approx(np.exp(-index), rel=LOGLIK, abs=0.0)
    assert path.first[:, 0] == pytest.approx(-np.exp(-index) * (units.time + 1.0), rel=LOGLIK, abs=0.0)
    relative = follow(DECAYS["kumbhakar_1990"], units, np.array([300.0, 0.0]), relative=True)
    assert relative.value == pytest.approx(np.tile([2.0, 0.0, 0.0, 0.0], 3), rel=LOGLIK)
    assert np.mean(relative.value**2) == pytest.approx(1.0, rel=LOGLIK)


@pytest.mark.parametrize("log_u", [-1.0, -7.0, -19.0])
def test_a_large_mean_costs_no_digits(log_u):
    """Far above zero nothing is cut off and errors of a unit are jointly normal."""
    y, x, units = simulated(6, 4)
    one, mu, eta = np.ones((6, 1)), 3e4, 2e-5
    problem = PanelProblem(y, x, 1.0, units, DECAYS["battese_coelli_1992"], one, one, one)
    found = one_sided.unit_logliks(problem, np.array([1.0 + mu, 0.5, 0.3, mu, log_u, -2.0, eta]))
    errors = (y - x @ [1.0, 0.5, 0.3] + mu * np.expm1(-eta * units.remaining)).reshape(6, 4)
    g = np.exp(-eta * units.remaining[:4])
    covariance = np.exp(-2.0) * np.eye(4) + np.exp(log_u) * np.outer(g, g)
    assert found == pytest.approx(stats.multivariate_normal.logpdf(errors, cov=covariance), rel=LARGE_MEAN)


@pytest.mark.parametrize("effect", [NoInefficiency(), HalfNormal(), Flat()])
def test_mixed_likelihood_is_the_integral_over_the_effect(effect):
    y, x, units = simulated(3, 4)
    problem = MixedProblem(y, x, 1.0, units, HalfNormal(), effect, (np.ones((12, 1)),) * 2)
    theta = np.array([1.0, 0.5, 0.3, -2.0, -3.0, *(-2.2 for _ in effect.parameters)])
    e = y - x @ theta[:3]
    own = tuple(np.array(v) for v in theta[5:])
    for i, value in enumerate(mixed.unit_logliks(problem, theta)):
        rows = slice(units.starts[i], units.starts[i] + units.counts[i])

        def density(b, rows=rows):
            within = HalfNormal().evaluate(e[rows] - b, (np.array(-2.0), np.array(-3.0))).value.sum()
            return np.exp(within + effect.evaluate(np.array([b]), own).value[0])

        whole = integrate.quad(density, -6.0, 6.0, epsrel=1e-11, epsabs=0.0, limit=400, points=[e[rows].mean()])[0]
        assert value == pytest.approx(np.log(whole), rel=INTEGRAL)


@pytest.mark.parametrize("logs", [(-0.5, -16.0, -1.0, -0.5), (-1.0, -2.0, -0.5, -17.0), (0.0, -14.0, 0.2, -19.0)])
@pytest.mark.parametrize("density", [HalfNormal(), Exponential()])
def test_edges_of_any_width_are_integrated(density, logs):
    """Next to no noise, or next to no normal effect, make edges of a thousandth and less of the whole."""
    y, x, units = simulated(4, 4)
    problem = MixedProblem(y, x, 1.0, units, density, HalfNormal(), (np.ones((16, 1)),) * 2)
    theta = np.array([1.0, 0.5, 0.3, *logs])
    e = y - x @ theta[:3]
    own = tuple(np.array(v) for v in logs)
    for i, value in enumerate(mixed.unit_logliks(problem, theta)):
        rows = e[units.starts[i] : units.starts[i] + units.counts[i]]

        def log_density(b, rows=rows):
            within = sum(density.evaluate(r - b, own[:2]).value for r in rows)
            return within + HalfNormal().evaluate(b, own[2:]).value

        around = np.array([-20.0, -5.0, 0.0, 5.0, 20.0])
        marks = [*(rows[:, None] + around * np.exp(logs[1] / 2)).ravel(), *(around * np.exp(logs[3] / 2)), -9.0, 9.0]
        marks = np.unique(np.clip(marks, -9.0, 9.0))
        nodes, weights = np.polynomial.legendre.leggauss(60)
        half = 0.5 * np.diff(marks)[:, None]
        mass = log_density((marks[:-1, None] + half + half * nodes).ravel()) + np.log(half * weights).ravel()
        assert value == pytest.approx(special.logsumexp(mass), rel=INTEGRAL)


def test_a_flat_effect_leaves_the_density_of_differences():
    """For two periods the likelihood is the density of the difference of two composed errors."""
    theta = (np.array(-2.0), np.array(-3.0))
    units = units_of([0, 0], [1, 2])

    def loglik(difference):
        problem = MixedProblem(
            np.array([0.0, difference]), np.zeros((2, 0)), 1.0, units, HalfNormal(), Flat(), (np.ones((2, 1)),) * 2
        )
        return mixed.unit_logliks(problem, np.array([-2.0, -3.0]))[0]

    def convolution(difference):
        both = lambda e: np.exp(HalfNormal().evaluate(np.array([e, e + difference]), theta).value.sum())  # noqa: E731
        return np.log(integrate.quad(both, -6.0, 6.0, epsrel=1e-11, limit=400)[0])

    for difference in (-0.7, 0.0, 0.3, 2.0):
        assert loglik(difference) == pytest.approx(convolution(difference), rel=INTEGRAL)
    total = integrate.quad(lambda d: np.exp(loglik(d)), -6.0, 6.0, epsrel=1e-9)[0]
    assert total == pytest.approx(1.0, rel=1e-7)


def test_true_fixed_effects_do_not_depend_on_the_effects():
    y, x, units = simulated()
    shifted = y + units.spread(np.linspace(-50.0, 50.0, len(units.counts)))
    theta = np.array([0.5, 0.3, -2.0, -3.0])
    z = (np.ones((len(y), 1)),) * 2
    values = [
        mixed.evaluate(MixedProblem(v, x[:, 1:], 1.0, units, HalfNormal(), Flat(), z), theta)[0] for v in (y, shifted)
    ]
    assert values[0] == pytest.approx(values[1], rel=1e-10)


def test_more_nodes_change_nothing():
    y, x, units = simulated(60, 6)
    z = (np.ones((len(y), 1)),) * 2
    theta = np.array([1.1, 0.5, 0.3, -2.0, -3.0, -2.3, -2.4])
    few, many = (
        mixed.evaluate(MixedProblem(y, x, 1.0, units, HalfNormal(), HalfNormal(), z, nodes=n), theta)[0]
        for n in (mixed.NODES, 120)
    )
    assert few == pytest.approx(many, rel=1e-11)


def test_efficiencies_are_those_of_the_integral():
    y, x, units = simulated(3, 4)
    problem = MixedProblem(y, x, 1.0, units, HalfNormal(), HalfNormal(), (np.ones((12, 1)),) * 2)
    theta = np.array([1.0, 0.5, 0.3, -2.0, -3.0, -2.2, -2.6])
    found = efficiencies(problem, theta, 0.9)
    persistent = found.te_persistent
    e = (y - x @ theta[:3])[:4]
    grid = np.linspace(-4.0, 4.0, 20_001)
    own = (np.array(-2.2), np.array(-2.6))
    logs = HalfNormal().evaluate(grid, own).value
    logs = logs + sum(HalfNormal().evaluate(v - grid, (np.array(-2.0), np.array(-3.0))).value for v in e)
    share = np.exp(logs - logs.max())
    share /= share.sum()
    posterior = HalfNormal().posterior(grid, own)
    from innospace.numerics.normal import truncated_log_mean_exp

    given = np.exp(truncated_log_mean_exp(posterior.location, np.full_like(grid, posterior.scale)))
    assert persistent[0] == pytest.approx(float(share @ given), rel=1e-7)


def test_intervals_of_four_components_hold_both_inefficiencies():
    y, x, units = simulated(3, 4)
    problem = MixedProblem(y, x, 1.0, units, HalfNormal(), HalfNormal(), (np.ones((12, 1)),) * 2)
    theta = np.array([1.0, 0.5, 0.3, -2.0, -3.0, -2.2, -2.6])
    found = efficiencies(problem, theta, 0.9)
    e = (y - x @ theta[:3])[:4]
    grid = np.linspace(-2.0, 2.0, 1_001)
    own, of_rows = (np.array(-2.2), np.array(-2.6)), (np.array(-2.0), np.array(-3.0))
    logs = HalfNormal().evaluate(grid, own).value
    logs = logs + sum(HalfNormal().evaluate(v - grid, of_rows).value for v in e)
    share = np.exp(logs - logs.max()) / np.exp(logs - logs.max()).sum()
    h, u = HalfNormal().posterior(grid, own), HalfNormal().posterior(e[0] - grid, of_rows)
    for bound, expected in ((found.te_lower[0], 0.05), (found.te_upper[0], 0.95)):
        points = np.linspace(0.0, -np.log(bound), 801)[:, None]
        density = np.exp(-0.5 * ((points - h.location) / h.scale) ** 2)
        density /= np.sqrt(2.0 * np.pi) * h.scale * special.ndtr(h.location / h.scale)
        beyond = special.ndtr((u.location - points[::-1]) / u.scale) / special.ndtr(u.location / u.scale)
        alone = special.ndtr((h.location - points[-1]) / h.scale) / special.ndtr(h.location / h.scale)
        beyond = integrate.trapezoid(density * beyond, points, axis=0) + alone
        assert float(share @ beyond) == pytest.approx(expected, abs=SUMS)


def test_units_stand_together_whatever_the_order_of_the_rows():
    units = units_of(["b", "a", "b", "a"], [2, 1, 1, 3])
    assert units.order.tolist() == [1, 3, 2, 0]
    assert units.labels == ("a", "b")
    assert units.remaining.tolist() == [-2.0, 0.0, -1.0, 0.0]


def test_two_rows_of_a_unit_at_one_time_are_named():
    with pytest.raises(DataError, match="same time") as error:
        units_of(["Уфа", "Уфа"], [2012, 2012])
    assert "Уфа at 2012" in error.value.where


def test_distribution_free_frontiers_are_dummy_variable_regressions():
    y, x, units = simulated(8, 6)
    found = fit_distribution_free(y, x[:, 1:], ("a", "b"), 1.0, units, 1)
    dummies = np.repeat(np.eye(8), 6, axis=0)
    beta = np.linalg.lstsq(np.column_stack([x[:, 1:], dummies]), y, rcond=None)[0]
    assert found.beta == pytest.approx(beta[:2], abs=1e-10)
    assert found.inefficiency == pytest.approx(np.repeat(beta[2:].max() - beta[2:], 6), abs=1e-9)
    assert found.degrees == 48 - 8 - 2
    own = fit_distribution_free(y, x[:, 1:], ("a", "b"), 1.0, units, 3)
    t = np.tile(np.arange(6.0), 8)[:, None] ** np.arange(3)
    design = np.column_stack([x[:, 1:], (dummies[:, :, None] * t[:, None, :]).reshape(48, 24)])
    assert own.beta == pytest.approx(np.linalg.lstsq(design, y, rcond=None)[0][:2], abs=1e-9)


def test_regressors_that_do_not_vary_within_units_are_named():
    y, x, units = simulated(8, 6)
    fixed = units.spread(np.arange(8.0))
    with pytest.raises(SpecError, match="does not vary within units") as error:
        fit_distribution_free(y, np.column_stack([x[:, 1], fixed]), ("log(k)", "region"), 1.0, units, 1)
    assert "region" in error.value.where
    assert "log(k)" not in error.value.where
