"""Three and more joint decisions: derivatives, effects, agreement of methods, bad input."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from innospace.core.errors import DataError, SpecError
from innospace.core.progress import silent
from innospace.firms.choice.bivariate import biprobit
from innospace.firms.choice.joint import evaluation_rows, joint_designs
from innospace.firms.choice.multivariate import multivariate_probit
from innospace.firms.choice.multivariate_effects import JointEffects
from innospace.firms.choice.multivariate_fit import Simulation, _boundary, _likelihood, exact, fit_multivariate
from innospace.firms.result import FirmResult
from innospace.numerics.ghk import correlation_matrix, halton_draws, pairs

SCORE = 1e-6  # central differences of step 1e-5 of a log-likelihood of about a thousand
HESSIAN = {"exact": 1e-4, "simulated": 3e-4}  # of entries of about a hundred; the simulated one is itself differenced
GRADIENT = {"exact": 1e-7, "simulated": 1e-6}
THREE = ["a ~ x + z", "b ~ x", "c ~ x + z"]
RHO3, RHO4 = (0.5, 0.3, -0.2), (0.5, 0.3, -0.2, 0.1, 0.4, 0.2)


def simulate(n=800, rho=RHO3, seed=0):
    rng = np.random.default_rng(seed)
    m = 3 if len(rho) == 3 else 4
    e = rng.multivariate_normal(np.zeros(m), correlation_matrix(np.array(rho), m), n)
    x, z = rng.normal(size=n), (rng.random(n) < 0.4) * 1.0
    slopes = ((0.3, 0.6, -0.4), (-0.2, 0.4, 0.0), (0.1, -0.5, 0.5), (0.0, 0.3, 0.3))
    y = {
        k: (c + s * x + t * z + e[:, j] > 0) * 1.0
        for j, (k, (c, s, t)) in enumerate(zip("abcd"[:m], slopes[:m], strict=True))
    }
    return pd.DataFrame({**y, "x": x, "z": z, "firm": np.arange(n) % 100, "w": 1.0 + np.arange(n) % 2})


@pytest.fixture(scope="module")
def frame():
    return simulate()


@pytest.fixture(scope="module")
def result(frame):
    return multivariate_probit(THREE, frame)


def model(kind, n):
    return exact if kind == "exact" else Simulation(halton_draws(n, 20, 2, 0))


@pytest.mark.parametrize("kind", ["exact", "simulated"])
def test_score_and_hessian_against_differences(kind):
    rng = np.random.default_rng(1)
    n = 200
    x = [np.column_stack((np.ones(n), rng.normal(size=n))) for _ in range(3)]
    signs, w = np.where(rng.random((n, 3)) < 0.5, -1.0, 1.0), rng.random(n) + 0.5
    theta = np.concatenate((rng.normal(size=6) * 0.5, [0.3, -0.2, 0.4]))
    p = model(kind, n)
    _, gradient, hessian, scores = _likelihood(theta, x, signs, w, p, newton=True)
    np.testing.assert_allclose(scores.sum(axis=0), gradient, rtol=1e-12)
    step = 1e-5
    for j in range(9):
        move = step * (np.arange(9) == j)
        up, down = (_likelihood(theta + s * move, x, signs, w, p, newton=False) for s in (1, -1))
        assert gradient[j] == pytest.approx((up[0] - down[0]) / (2 * step), abs=SCORE)
        np.testing.assert_allclose(hessian[j], (up[1] - down[1]) / (2 * step), atol=HESSIAN[kind])


@pytest.mark.parametrize("kind", ["exact", "simulated"])
def test_gradients_of_effects_against_differences(kind, result, frame):
    data = frame.iloc[:100]
    designs = joint_designs(THREE, data, None, None)
    p = model(kind, 100)
    w = evaluation_rows(designs[0].x, None, "average")[1]

    def effects(theta):
        return JointEffects(designs, [d.x for d in designs], w, theta, p).found()

    theta, step = result.estimates.values, 1e-5
    here = effects(theta)
    for j in range(len(theta)):
        move = step * (np.arange(len(theta)) == j)
        up, down = effects(theta + move), effects(theta - move)
        for f, a, b in zip(here, up, down, strict=True):
            assert f[3][j] == pytest.approx((a[2] - b[2]) / (2 * step), abs=GRADIENT[kind]), f[:2]


def test_effects_against_brute_force(result, frame):
    data = frame.iloc[:40]
    theta = result.estimates.values
    law = stats.multivariate_normal(cov=correlation_matrix(np.tanh(theta[-3:]), 3))

    def means(rows):
        one = np.ones(len(rows))
        index = np.column_stack(
            (
                np.column_stack((one, rows["x"], rows["z"])) @ theta[:3],
                np.column_stack((one, rows["x"])) @ theta[3:5],
                np.column_stack((one, rows["x"], rows["z"])) @ theta[5:8],
            )
        )
        return law.cdf(index).mean(), law.cdf(-index).mean()

    designs = joint_designs(THREE, data, None, None)
    w = np.full(40, 1 / 40)
    found = {(f[0], f[1]): f[2] for f in JointEffects(designs, [d.x for d in designs], w, theta, exact).found()}
    # scipy integrates at random, to about 1e-5
    assert found["probability", "all_ones"] == pytest.approx(means(data)[0], abs=5e-5)
    assert found["probability", "all_zeros"] == pytest.approx(means(data)[1], abs=5e-5)
    for place, kind in enumerate(("all_ones", "all_zeros")):
        change = means(data.assign(z=1.0))[place] - means(data.assign(z=0.0))[place]
        assert found[f"{kind}_discrete", "z"] == pytest.approx(change, abs=1e-4)
        slope = (means(data.assign(x=data["x"] + 0.1))[place] - means(data.assign(x=data["x"] - 0.1))[place]) / 0.2
        assert found[kind, "x"] == pytest.approx(slope, abs=1e-3)


def test_names_numbers_and_words(result):
    assert result.estimates.names[-3:] == ("athrho_12", "athrho_13", "athrho_23")
    assert result.numbers["lr"] == pytest.approx(
        2 * (result.log_likelihood - result.numbers["independent_log_likelihood"])
    )
    assert result.numbers["lr_degrees"] == 3
    for name in ("rho_12", "rho_13", "rho_23"):
        effect = result.effect(name, "correlation")
        assert effect["estimate"] == pytest.approx(result.numbers[name])
        assert effect["std_error"] == pytest.approx(result.numbers[f"{name}_std_error"])
    assert result.status.converged
    assert all(c.ok for c in result.checks)
    assert "draws" not in result.numbers
    assert "a and b" in result.findings()[0]
    again = FirmResult.from_bundle(result.to_bundle())
    pd.testing.assert_frame_equal(again.effects(), result.effects())
    assert result.sections()


def test_correlations_agree_with_pairs(result, frame):
    """The pairwise bivariate probit is consistent for the same correlation: the two differ by part of an error."""
    pair = biprobit("a ~ x + z", "b ~ x", frame)
    assert abs(pair.numbers["rho"] - result.numbers["rho_12"]) < 0.5 * result.numbers["rho_12_std_error"]


def test_simulated_likelihood_finds_the_exact_maximum(frame, monkeypatch):
    from innospace.firms.choice import multivariate_fit as module

    frame = frame.iloc[:300]
    y, x = [frame[k].to_numpy() for k in "abc"], [np.column_stack((np.ones(len(frame)), frame["x"]))] * 3
    right = module.fit_multivariate(y, x, None, 200, 0, silent)
    monkeypatch.setattr(module, "exact", Simulation(halton_draws(len(frame), 200, 2, 0)))
    simulated = module.fit_multivariate(y, x, None, 200, 0, silent)
    errors = np.sqrt(np.diag(right.covariances(None)["hessian"]))
    again = np.sqrt(np.diag(simulated.covariances(None)["hessian"]))
    # 200 draws a row move estimates by a few hundredths of a standard error
    assert np.max(np.abs(right.theta - simulated.theta) / errors) < 0.15
    np.testing.assert_allclose(again, errors, rtol=0.03)


def test_four_equations_by_simulation():
    frame = simulate(500, RHO4)
    seen = []
    formulas = [*THREE, "d ~ x + z"]
    fit = multivariate_probit(formulas, frame, draws=60, seed=1, progress=lambda what, part: seen.append(part))
    assert fit.status.converged
    assert fit.numbers["draws"] == 60
    assert {c.name for c in fit.checks} >= {"draws_log_likelihood", "draws_estimates"}
    assert len([n for n in fit.estimates.names if n.startswith("athrho")]) == 6
    truth = np.array(RHO4)
    found = np.array([fit.numbers[f"rho_{i + 1}{j + 1}"] for i, j in pairs(4)])
    errors = np.array([fit.numbers[f"rho_{i + 1}{j + 1}_std_error"] for i, j in pairs(4)])
    assert np.max(np.abs(found - truth) / errors) < 3.5  # six estimates
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    same = multivariate_probit(formulas, frame, draws=60, seed=1)
    np.testing.assert_array_equal(same.estimates.values, fit.estimates.values)


def test_too_few_draws_are_told():
    frame = simulate(400, RHO4)
    fit = multivariate_probit([*THREE, "d ~ x"], frame, draws=10)
    assert not all(c.ok for c in fit.checks if c.name.startswith("draws_"))
    assert any("Doubling the draws" in w for w in fit.warnings)


def test_clusters_weights_and_means(frame):
    fit = multivariate_probit(THREE, frame, cluster="firm", weights="w", at="means")
    assert fit.kind == "cluster"
    assert fit.numbers["clusters"] == 100
    repeated = frame.loc[frame.index.repeat(frame["w"].astype(int))].reset_index(drop=True)
    long = multivariate_probit(THREE, repeated, at="means")
    np.testing.assert_allclose(fit.estimates.values, long.estimates.values, rtol=1e-7)
    np.testing.assert_allclose(fit.effects_found.values, long.effects_found.values, rtol=1e-6)


def test_a_combination_that_never_occurs():
    rng = np.random.default_rng(4)
    x = rng.normal(size=400)
    latent = 0.5 * x + rng.normal(size=400)
    other = (x + rng.normal(size=400) > 0) * 1.0
    frame = pd.DataFrame({"a": (latent > 0.4) * 1.0, "b": (latent > -0.4) * 1.0, "c": other, "x": x})
    fit = multivariate_probit(["a ~ x", "b ~ x", "c ~ x"], frame)
    assert not any(c.ok for c in fit.checks if c.name in ("smallest_combination", "correlation_determined"))
    assert any("never occurs" in w for w in fit.warnings)
    assert np.isfinite(fit.coefficients()["std_error"].iloc[:6]).all()


def test_boundary_is_named():
    """Three thresholds on one latent index: the correlations cannot all be inside."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=300)
    latent = 0.5 * x + rng.normal(size=300)
    frame = pd.DataFrame(
        {k: (latent + 0.1 * rng.normal(size=300) > c) * 1.0 for k, c in zip("abc", (0.1, 0.0, -0.1), strict=True)}
    )
    fit = fit_multivariate(
        [frame[k].to_numpy() for k in "abc"], [np.column_stack((np.ones(300), x))] * 3, None, 10, 0, silent
    )
    at_bound = dataclasses.replace(fit, boundary="correlation_one")
    covariance = at_bound.covariances(None)["hessian"]
    assert np.isfinite(np.diag(covariance)[:6]).all()
    assert np.isnan(np.diag(covariance)[6:]).all()
    assert _boundary(np.array([0.0] * 6 + [0.1, 9.0, 0.1]), 3) == "correlation_one"
    assert _boundary(np.concatenate((np.zeros(6), np.arctanh([0.8, 0.6, 0.0]))), 3) == "singular_correlations"
    assert not _boundary(np.zeros(9), 3)


@pytest.mark.parametrize(
    ("formulas", "options", "error", "words"),
    [
        (THREE[:2], {}, SpecError, "three equations or more"),
        ("a ~ x", {}, SpecError, "three equations or more"),
        (THREE, {"draws": 7}, SpecError, "mirror image"),
        (THREE, {"draws": 101}, SpecError, "mirror image"),
        (["a ~ x", "b ~ x", "a ~ z"], {}, SpecError, "more than one equation"),
        (["a ~ x", "b ~ x + a", "c ~ z"], {}, SpecError, "regressor in the equation of 'b'"),
        (["a ~ x", "b ~ x", "x ~ z"], {}, DataError, "must hold 0 and 1"),
        (["a ~ x", "b ~ x", "copy ~ z"], {}, DataError, "the same as"),
        (["a ~ x", "b ~ x", "c ~ perfect"], {}, DataError, "Perfect separation"),
    ],
)
def test_bad_input(frame, formulas, options, error, words):
    table = frame.assign(copy=frame["a"], perfect=frame["c"])
    with pytest.raises(error, match=words) as caught:
        multivariate_probit(formulas, table, **options)
    assert caught.value.remedy
