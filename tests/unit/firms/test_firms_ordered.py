"""Ordered probit: derivatives, statsmodels, effects by brute force, bad input."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from innospace.core.errors import DataError, FormulaError
from innospace.firms.choice.binary import binary
from innospace.firms.choice.ordered import category_effects, ordered_probit
from innospace.firms.choice.ordered_fit import _likelihood, fit_ordered, log_interval
from innospace.firms.result import FirmResult

STATSMODELS = 2e-5  # its Hessian is numerical and its search stops at a gradient of 1e-6
FORMULA = "grade ~ size + foreign"


def simulate(n=1200, seed=0):
    rng = np.random.default_rng(seed)
    size, foreign = rng.normal(50, 3, n), (rng.random(n) < 0.4) * 1.0
    latent = 0.2 * (size - 50) - 0.5 * foreign + rng.normal(size=n)
    grade = np.digitize(latent, [-1.0, 0.0, 0.7])
    return pd.DataFrame(
        {"grade": grade, "size": size, "foreign": foreign, "firm": np.arange(n) % 150, "w": 1 + np.arange(n) % 2}
    )


@pytest.fixture(scope="module")
def frame():
    return simulate()


@pytest.fixture(scope="module")
def result(frame):
    return ordered_probit(FORMULA, frame)


def test_against_statsmodels(result, frame):
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    x = frame[["size", "foreign"]].assign(size=frame["size"] - 50)
    model = OrderedModel(frame["grade"], x, distr="probit")
    fit = model.fit(method="bfgs", disp=0, gtol=1e-9, maxiter=500)
    assert result.log_likelihood == pytest.approx(fit.llf, abs=1e-8)
    ours = result.coefficients()
    np.testing.assert_allclose(ours["estimate"].iloc[:2], fit.params.iloc[:2], rtol=STATSMODELS)
    np.testing.assert_allclose(ours["std_error"].iloc[:2], fit.bse.iloc[:2], rtol=1e-4)
    cuts = model.transform_threshold_params(fit.params.to_numpy()[2:])[1:-1] + 50 * fit.params["size"]
    np.testing.assert_allclose(ours["estimate"].iloc[2:], cuts, rtol=STATSMODELS)
    probabilities = fit.predict(x).to_numpy().mean(axis=0)
    found = result.effects().set_index(["kind", "name"]).loc["probability", "estimate"]
    np.testing.assert_allclose(found, probabilities, atol=STATSMODELS)


def test_score_and_hessian_against_differences():
    rng = np.random.default_rng(1)
    x, codes, w = rng.normal(size=(200, 2)), rng.integers(0, 4, 200), rng.random(200) + 0.5
    theta = np.array([0.4, -0.3, -0.8, 0.1, 0.9])
    _, gradient, hessian, _ = _likelihood(theta, codes, x, w)
    step = 1e-5
    for j in range(5):
        move = step * (np.arange(5) == j)
        up, down = (_likelihood(theta + s * move, codes, x, w) for s in (1, -1))
        # rounding of a sum of a few hundred over the step
        assert gradient[j] == pytest.approx((up[0] - down[0]) / (2 * step), abs=1e-7)
        np.testing.assert_allclose(hessian[j], (up[1] - down[1]) / (2 * step), atol=1e-6)


def test_gradients_of_effects_against_differences(result, frame):
    rows = frame.iloc[:100]
    x, w = rows[["size", "foreign"]].to_numpy(float), np.full(100, 0.01)
    names, categories = ("size", "foreign"), ("category_0", "category_1", "category_2", "category_3")
    theta, step = result.estimates.values, 1e-6

    def effects(t):
        return category_effects(x, w, names, categories, t, {1: [1]})

    for j in range(len(theta)):
        move = step * (np.arange(len(theta)) == j)
        for f, a, b in zip(effects(theta), effects(theta + move), effects(theta - move), strict=True):
            # the index is about ten here: rounding of its product over the step, and a curvature of 50 squared
            assert f[3][j] == pytest.approx((a[2] - b[2]) / (2 * step), abs=1e-6), f[:2]


def test_effects_against_brute_force(result, frame):
    theta = result.estimates.values
    cuts = np.concatenate(([-np.inf], theta[2:], [np.inf]))

    def means(rows):
        index = rows[["size", "foreign"]].to_numpy() @ theta[:2]
        return np.diff(stats.norm.cdf(cuts[:, None] - index), axis=0).mean(axis=1)

    effects = result.effects().set_index(["kind", "name"])["estimate"]
    step = 1e-4
    up, down = (means(frame.assign(size=frame["size"] + s * step)) for s in (1, -1))
    change = means(frame.assign(foreign=1.0)) - means(frame.assign(foreign=0.0))
    for j in range(4):
        assert effects["probability", f"category_{j}"] == pytest.approx(means(frame)[j], abs=1e-12)
        assert effects[f"category_{j}", "size"] == pytest.approx((up - down)[j] / (2 * step), abs=1e-8)
        assert effects[f"category_{j}_discrete", "foreign"] == pytest.approx(change[j], abs=1e-12)
    # what one category gains the others lose
    for name in ("size", "foreign"):
        assert sum(effects[f"category_{j}", name] for j in range(4)) == pytest.approx(0.0, abs=1e-14)


def test_two_categories_of_the_likelihood_are_a_probit(frame):
    y = (frame["grade"] > 1).astype(int).to_numpy()
    fit = fit_ordered(y, frame[["size", "foreign"]].to_numpy(float), 2)
    probit = binary("high ~ size + foreign", frame.assign(high=y))
    assert fit.log_likelihood == pytest.approx(probit.log_likelihood, rel=1e-12)
    np.testing.assert_allclose(fit.theta, [*probit.estimates.values[1:], -probit.estimates.values[0]], rtol=1e-8)


def test_invariances(result, frame):
    shuffled = ordered_probit(FORMULA, frame.sample(frac=1, random_state=1))
    np.testing.assert_allclose(shuffled.estimates.values, result.estimates.values, rtol=1e-9)
    scaled = ordered_probit(FORMULA, frame.assign(size=frame["size"] * 1000))
    np.testing.assert_allclose(
        scaled.effect("size", "category_3")["estimate"] * 1000, result.effect("size", "category_3")["estimate"]
    )
    mirrored = ordered_probit(FORMULA, frame.assign(grade=-frame["grade"]))
    np.testing.assert_allclose(mirrored.estimates.values[:2], -result.estimates.values[:2], rtol=1e-8)
    np.testing.assert_allclose(mirrored.estimates.values[2:], -result.estimates.values[:1:-1], rtol=1e-8)
    assert "category_-3" in set(mirrored.effects()["kind"])


def test_clusters_and_weights(frame):
    fit = ordered_probit(FORMULA, frame, cluster="firm", weights="w", at="means")
    assert fit.kind == "cluster"
    repeated = frame.loc[frame.index.repeat(frame["w"])].reset_index(drop=True)
    long = ordered_probit(FORMULA, repeated, at="means")
    np.testing.assert_allclose(fit.estimates.values, long.estimates.values, rtol=1e-8)
    np.testing.assert_allclose(fit.effects_found.values, long.effects_found.values, atol=1e-9)


def test_stored_and_shown(result):
    again = FirmResult.from_bundle(result.to_bundle())
    pd.testing.assert_frame_equal(again.effects(), result.effects())
    assert result.sections()
    assert result.plot("ordered_probit-highest").data.shape[0] == 2
    assert "Latent index" in result.findings()[0]
    assert result.status.converged
    assert 0 < result.numbers["pseudo_r2"] < 1


def test_recovery_and_coverage():
    """Share of 95 % intervals that hold the truth, over 100 samples."""
    truth = {"size": 0.2, "foreign": -0.5, "cut_1": 9.0, "cut_2": 10.0, "cut_3": 10.7}
    held = []
    for seed in range(100):
        table = ordered_probit(FORMULA, simulate(400, seed)).coefficients()
        held += [table.loc[k, "lower"] <= v <= table.loc[k, "upper"] for k, v in truth.items()]
    # correlated estimates, worth about two independent ones a sample: 3 sqrt(.95 .05 / 200)
    assert np.mean(held) == pytest.approx(0.95, abs=0.046)


def test_logarithm_of_an_interval():
    lower, upper = np.array([-1e8, -40.0, 38.0, 0.5, -2.0]), np.array([-30.0, -39.0, 39.0, 1e8, 3.0])
    expected = [
        stats.norm.logcdf(-30.0),
        stats.norm.logcdf(-39.0) + np.log1p(-np.exp(stats.norm.logcdf(-40.0) - stats.norm.logcdf(-39.0))),
        stats.norm.logcdf(-38.0) + np.log1p(-np.exp(stats.norm.logcdf(-39.0) - stats.norm.logcdf(-38.0))),
        stats.norm.logsf(0.5),
        np.log(stats.norm.cdf(3.0) - stats.norm.cdf(-2.0)),
    ]
    np.testing.assert_allclose(log_interval(lower, upper), expected, rtol=1e-13)


@pytest.mark.parametrize(
    ("formula", "error", "words"),
    [
        ("size ~ foreign", DataError, "different values"),
        ("foreign ~ size", DataError, "has 2 values"),
        ("constant ~ size", DataError, "has 1 value "),
        ("grade ~ size - 1", FormulaError, "must not take it away"),
        ("grade ~ 1", FormulaError, "no regressor"),
        ("grade ~ size + twice", DataError, "collinear"),
        ("grade ~ grade_again", DataError, "Perfect separation: 'grade_again'"),
        ("grade ~ top", DataError, "Perfect separation: 'top'"),
        ("grade ~ one + other", DataError, "a combination of regressors"),
    ],
)
def test_bad_input(frame, formula, error, words):
    rng = np.random.default_rng(0)
    noise = 100 * rng.normal(size=len(frame))
    table = frame.assign(
        constant=1,
        twice=2 * frame["size"],
        grade_again=frame["grade"],
        top=(frame["grade"] == 3) * (frame["size"] > 50) * 1.0,
        one=frame["grade"] + noise,
        other=noise,
    )
    with pytest.raises(error, match=words) as caught:
        ordered_probit(formula, table)
    assert caught.value.remedy
