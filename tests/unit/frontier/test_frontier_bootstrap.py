"""The bootstrap against refits one by one, against asymptotic errors, and against itself."""

from __future__ import annotations

import json
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest

from innospace import fit
from innospace.core.errors import SpecError
from innospace.frontier.bootstrap.draws import Sampler
from innospace.frontier.bootstrap.intervals import acceleration, bias_corrected, percentile
from innospace.frontier.bootstrap.run import asked_problem
from innospace.frontier.bootstrap.stacked import STACKED
from innospace.frontier.densities import NOISES, PRIORS
from innospace.numerics.maximum_likelihood import maximise
from innospace.numerics.stacked import CODES, maximise_stacked

AGREE = 1e-6
"""Two searches of one likelihood agree to this; log-variances near zero are compared by the deviations they mean."""


@pytest.fixture(scope="module")
def results(simulated):
    table = simulated("half_normal", 120, 3, sigma_u=0.8, sigma_v=0.4).assign(firm=np.arange(120) // 4)
    return {law: fit("y ~ a + b", table, inefficiency=law) for law in STACKED}


@pytest.mark.parametrize("law", STACKED)
@pytest.mark.parametrize("kind", ["parametric", "pairs"])
def test_agrees_with_ordinary_fits(results, law, kind):
    result = results[law]
    drawn = result.bootstrap(20, kind=kind, seed=5)
    sampler = Sampler(kind, asked_problem(result), result.estimate.problem, result.estimate.theta, 5)
    assert not drawn.refits.failed
    for number in range(8):
        problem = sampler.problem
        y, weights = sampler.draw(number)
        rows = np.arange(problem.n) if weights is None else np.repeat(np.arange(problem.n), weights.astype(int))
        outcome = (problem.y if y is None else y)[rows]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            alone = fit(y=outcome, X=problem.x[rows], intercept=False, inefficiency=law)
        assert drawn.refits.ends[number] == (alone.status.boundary or "converged")
        got = drawn.values[number]
        np.testing.assert_allclose(got[:3], alone.estimate.theta[:3], atol=AGREE, rtol=AGREE)
        np.testing.assert_allclose(got[-3:-1], [alone.sigma_u, alone.sigma_v], atol=AGREE)
        if alone.status.converged:
            np.testing.assert_allclose(got[:-3], alone.estimate.theta, atol=AGREE, rtol=AGREE)


def test_does_not_depend_on_where_it_runs(results):
    result = results["half_normal"]
    here = result.bootstrap(290, kind="pairs", seed=2)
    with ThreadPoolExecutor(2) as pool:
        there = result.bootstrap(290, kind="pairs", seed=2, executor=pool)
    np.testing.assert_array_equal(here.refits.theta, there.refits.theta)
    assert here.refits.ends == there.refits.ends
    assert not np.array_equal(here.refits.theta[0], result.bootstrap(20, kind="pairs", seed=3).refits.theta[0])


@pytest.mark.filterwarnings("ignore:The residuals are skewed")
def test_boundaries_are_kept_and_counted(simulated):
    table = simulated("half_normal", 60, 1, sigma_u=0.3, sigma_v=0.5)
    drawn = fit("y ~ a + b", table).bootstrap(200, seed=1)
    shares = drawn.refits.shares()
    assert sum(shares.values()) == pytest.approx(1.0)
    assert shares["wrong_skewness"] > 0.2
    assert "boundary" in drawn.doubts()[0]
    where = np.array([law == "none" for law in drawn.refits.laws])
    assert np.all(drawn.values[where, drawn.names.index("sigma_u")] == 0.0)
    assert drawn.intervals(method="percentile").loc["sigma_u", "lower"] == 0.0
    assert drawn.efficiencies()["te_upper"].max() == 1.0


def test_errors_agree_with_the_information(simulated):
    result = fit("y ~ a + b", simulated("exponential", 800, 4), inefficiency="exponential")
    drawn = result.bootstrap(150, seed=1)
    errors = result.coefficients()["std_error"]
    # an error from 150 draws is off by 1 / sqrt(300) = 6 %; four times that
    np.testing.assert_allclose(drawn.std_errors()[errors.index] / errors, 1.0, atol=0.24)


def test_efficiencies_carry_the_uncertainty_of_parameters(results):
    result = results["exponential"]
    drawn = result.bootstrap(200, seed=1).efficiencies()
    plain = result.efficiencies()
    assert np.mean(drawn["te_upper"] - drawn["te_lower"]) > np.mean(plain["te_upper"] - plain["te_lower"])
    assert ((drawn["te_bc_lower"] <= drawn["te_bc_upper"]) & (drawn["te_lower"] <= drawn["te_bc"])).all()


def test_blocks_indexes_and_summary(results):
    result = results["half_normal"]
    drawn = result.bootstrap(40, kind="block", seed=1)
    assert drawn.intervals().loc["a", "lower"] < result.parameter("a") < drawn.intervals().loc["a", "upper"]
    assert max(map(len, drawn.summary().splitlines())) <= 100
    json.dumps(drawn.to_dict(), allow_nan=False)
    assert len(drawn.table().frame) == len(drawn.names)


def test_what_is_refused(results, simulated):
    result = results["half_normal"]
    for arguments, said in (
        ({"kind": "wild"}, "Unknown kind"),
        ({"replications": 3}, "replications"),
        ({"seed": -1}, "seed"),
    ):
        with pytest.raises(SpecError, match=said):
            result.bootstrap(**{"replications": 30, **arguments})
    with pytest.raises(SpecError, match="belong together"):
        fit("y ~ a", simulated("half_normal", 60, 2)).bootstrap(30, kind="block")


def test_intervals_by_hand():
    values = np.arange(1.0, 1001.0)[:, None]
    lower, upper = percentile(values, 0.9)
    assert (lower[0], upper[0]) == (50.0, 950.0)
    lower, upper = bias_corrected(values, np.array([500.5]), np.zeros(1), 0.9)
    assert (lower[0], upper[0]) == (51.0, 950.0) or (lower[0], upper[0]) == (50.0, 950.0)
    moved, _ = bias_corrected(values, np.array([600.0]), np.zeros(1), 0.9)
    assert moved[0] > 50.0
    assert acceleration(np.array([[1.0], [1.0], [-2.0]]))[0] == pytest.approx(-6.0 / (6.0 * 6.0**1.5))


@pytest.mark.parametrize("name", sorted(PRIORS))
def test_draws_have_the_moments_of_their_law(name):
    prior = PRIORS[name]
    shape = prior.shapes[0]
    theta = tuple(np.float64(v) for v in prior.of_scale(0.7, shape))
    drawn = prior.draw(np.random.default_rng(0), theta, 200_000)
    mean, variance, _ = prior.moments(shape)
    # four standard errors of a mean of 200,000 draws
    assert np.mean(drawn) == pytest.approx(0.7 * mean, abs=4.0 * 0.7 * np.sqrt(variance / 200_000))
    assert np.var(drawn) == pytest.approx(0.49 * variance, rel=0.05)
    assert float(prior.mean(theta)) == pytest.approx(0.7 * mean, rel=1e-9)


@pytest.mark.parametrize("name", sorted(NOISES))
def test_draws_of_noise(name):
    theta = (np.float64(-1.0), np.float64(2.0))[: len(NOISES[name].parameters)]
    drawn = NOISES[name].draw(np.random.default_rng(0), theta, 100_000)
    df = np.exp(2.0)
    assert np.var(drawn) == pytest.approx(np.exp(-1.0) * (df / (df - 2.0) if name == "student_t" else 1.0), rel=0.05)


def test_stacked_search_follows_the_ordinary_one():
    centres = np.array([[0.3, -0.2], [5.0, 2.0], [-1.0, 40.0]])

    def one(theta, centre):
        d = theta - centre
        s = 1.0 + d @ d
        return -np.log(s), -2.0 * d / s, -2.0 * np.eye(2) / s + 4.0 * np.outer(d, d) / s**2

    def many(theta, which):
        parts = [one(t, centres[w]) for t, w in zip(theta, which, strict=True)]
        return tuple(np.array(p) for p in zip(*parts, strict=True))

    found = maximise_stacked(many, np.zeros((3, 2)))
    for i, centre in enumerate(centres):
        alone = maximise(lambda t, c=centre: one(t, c), np.zeros(2))
        assert CODES[found.code[i]] == alone.code == "converged"
        np.testing.assert_allclose(found.theta[i], centre, atol=1e-8)
        assert found.iterations[i] == alone.iterations


def test_rows_left_out_stay(simulated):
    table = pd.DataFrame(simulated("half_normal", 60, 2))
    table.loc[3, "a"] = np.nan
    with pytest.warns(UserWarning, match="missing"):
        result = fit("y ~ a + b", table)
    frame = result.bootstrap(30).efficiencies()
    assert len(frame) == 60
    assert np.isnan(frame.loc[3, "te_lower"])
