"""Bivariate and recursive bivariate probit: derivatives, effects by brute force, bad input, bounds."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from innospace.core.errors import DataError, LabelError, MissingRowsWarning, SpecError
from innospace.core.status import StatusCode
from innospace.firms.choice.bivariate import biprobit
from innospace.firms.choice.bivariate_effects import PROBABILITIES
from innospace.firms.choice.bivariate_fit import _likelihood, fit_bivariate
from innospace.firms.choice.recursive import recursive_biprobit
from innospace.firms.result import FirmResult

# central differences of step 1e-5 of a log-likelihood of about a thousand: rounding 1e-8, truncation 1e-8
SLOPES = 1e-6
GRADIENT = 2e-7  # of mean probabilities, differenced with step 1e-5
F1, F2 = "d_e ~ size + foreign", "d_m ~ size + capital"


def simulate(n=1500, rho=0.5, seed=0, gamma=0.0):
    rng = np.random.default_rng(seed)
    size, capital = rng.normal(3, 1.2, n), rng.normal(size=n)
    foreign = (rng.random(n) < 0.3) * 1.0
    e = rng.multivariate_normal([0, 0], [[1, rho], [rho, 1]], n)
    d_m = (-1.0 + 0.3 * size + 0.5 * capital + e[:, 1] > 0) * 1.0
    d_e = (-1.5 + 0.4 * size + 0.6 * foreign + gamma * d_m + e[:, 0] > 0) * 1.0
    firm = rng.integers(0, 200, n)
    return pd.DataFrame(
        {"d_e": d_e, "d_m": d_m, "size": size, "capital": capital, "foreign": foreign, "firm": firm, "w": 1 + firm % 3}
    )


@pytest.fixture(scope="module")
def frame():
    return simulate()


@pytest.fixture(scope="module")
def result(frame):
    return biprobit(F1, F2, frame)


@pytest.fixture(scope="module")
def recursive():
    return recursive_biprobit("d_e ~ d_m + size + foreign", F2, simulate(gamma=0.7))


def test_score_and_hessian_against_differences():
    rng = np.random.default_rng(1)
    n = 300
    x = (np.column_stack((np.ones(n), rng.normal(size=n))), np.column_stack((np.ones(n), rng.normal(size=(n, 2)))))
    signs = tuple(np.where(rng.random(n) < 0.5, -1.0, 1.0) for _ in range(2))
    w = rng.random(n) + 0.5
    theta = np.array([0.2, -0.4, 0.1, 0.5, -0.3, 0.6])
    _, gradient, hessian, scores = _likelihood(theta, x, signs, w, True)
    step = 1e-5
    for j in range(len(theta)):
        move = step * (np.arange(len(theta)) == j)
        up, down = (_likelihood(theta + s * move, x, signs, w, False) for s in (1, -1))
        assert gradient[j] == pytest.approx((up[0] - down[0]) / (2 * step), abs=SLOPES)
        np.testing.assert_allclose(hessian[j], (up[1] - down[1]) / (2 * step), atol=SLOPES * 100)
    np.testing.assert_allclose(scores.sum(axis=0), gradient, rtol=1e-12)


def test_names_numbers_and_checks(result, frame):
    assert result.estimates.names == (
        *("d_e: Intercept", "d_e: size", "d_e: foreign", "d_m: Intercept", "d_m: size", "d_m: capital"),
        "athrho",
    )
    rho = np.tanh(result.estimates.values[-1])
    assert result.numbers["rho"] == pytest.approx(rho)
    error = result.coefficients().loc["athrho", "std_error"] * (1 - rho**2)
    assert result.numbers["rho_std_error"] == pytest.approx(error)
    assert result.effect(kind="correlation")["std_error"] == pytest.approx(error)
    assert result.numbers["rho_lower"] < rho < result.numbers["rho_upper"]
    ratio = 2 * (result.log_likelihood - result.numbers["independent_log_likelihood"])
    assert result.numbers["rho_lr"] == pytest.approx(ratio)
    assert result.numbers["rho_lr_p_value"] == pytest.approx(stats.chi2.sf(ratio, 1))
    assert sum(result.numbers[f"rows_{c}"] for c in ("11", "10", "01", "00")) == len(frame)
    assert result.status.converged
    assert all(c.ok for c in result.checks)
    assert "correlation" in result.findings()[0]
    assert set(result.effects()["kind"]) == {
        *("probability", "correlation", *PROBABILITIES),
        # the one 0/1 regressor stands in the first equation
        *(f"{k}_discrete" for k in PROBABILITIES if k != "marginal_2"),
    }


def probabilities(frame, theta, treatment=False):
    """Return every probability of every row from scipy's distribution function."""
    k = 4 if treatment else 3
    base = np.column_stack((np.ones(len(frame)), frame["size"], frame["foreign"]))
    first = theta[:k][[0, 2, 3]] if treatment else theta[:k]
    gamma = theta[1] if treatment else 0.0
    u = base @ first
    v = np.column_stack((np.ones(len(frame)), frame["size"], frame["capital"])) @ theta[k:-1]
    rho = np.tanh(theta[-1])

    def cdf(a, b, r):
        law = stats.multivariate_normal(cov=[[1, r], [r, 1]])
        return np.array([law.cdf([x, y]) for x, y in zip(a, b, strict=True)])

    j11, j10 = cdf(u + gamma, v, rho), cdf(u, -v, -rho)
    m2 = stats.norm.cdf(v)
    j01, j00 = m2 - j11, 1 - m2 - j10
    m1 = j11 + j10
    values = (j11, j10, j01, j00, m1, m2, j11 / m2, j10 / (1 - m2), j11 / m1, j01 / (1 - m1))
    return dict(zip(PROBABILITIES, values, strict=True))


@pytest.mark.parametrize("model", ["plain", "recursive"])
def test_effects_against_brute_force(model, result, recursive, frame):
    """Means over rows of differences of probabilities in the regressor itself."""
    fit, data = (result, frame) if model == "plain" else (recursive, simulate(gamma=0.7))
    data = data.iloc[:60]
    theta, treated = fit.estimates.values, model == "recursive"
    formulas = (F1, F2) if model == "plain" else ("d_e ~ d_m + size + foreign", F2)
    found = effects_at(formulas, data, theta, treated)
    base = probabilities(data, theta, treated)
    for kind in PROBABILITIES:
        # scipy's bivariate distribution function is good to about 1e-8
        assert found["probability", kind] == pytest.approx(base[kind].mean(), abs=1e-7)
    step = 1e-3
    for name in ("size", "capital", "foreign"):
        up, down = (probabilities(data.assign(**{name: data[name] + s * step}), theta, treated) for s in (1, -1))
        for kind in PROBABILITIES:
            numerical = (up[kind] - down[kind]).mean() / (2 * step)
            assert found.get((kind, name), 0.0) == pytest.approx(numerical, abs=2e-5)
    one, zero = (probabilities(data.assign(foreign=v), theta, treated) for v in (1.0, 0.0))
    for kind in PROBABILITIES:
        assert found.get((f"{kind}_discrete", "foreign"), 0.0) == pytest.approx(
            (one[kind] - zero[kind]).mean(), abs=1e-7
        )


def effects_at(formulas, data, theta, treated):
    return {(f[0], f[1]): f[2] for f in all_effects(formulas, data, theta, treated)}


def all_effects(formulas, data, theta, treated, at="average"):
    from innospace.firms.choice.bivariate_effects import average_effects, point_of
    from innospace.firms.choice.recursive import _through, _treatment_effects
    from innospace.firms.design import design

    designs = tuple(design(f, data, weights="w") for f in formulas)
    if not treated:
        designs = tuple(dataclasses.replace(d, weights=None) for d in designs)
        return average_effects(designs, point_of(designs, theta, at))
    designs = tuple(dataclasses.replace(d, weights=None) for d in designs)
    point = point_of(designs, theta, at, 1)
    parts = (_treatment_effects(designs, theta, at, 1), average_effects(designs, point), _through(designs, point))
    return [f for part in parts for f in part]


@pytest.mark.parametrize("at", ["average", "means"])
@pytest.mark.parametrize("model", ["plain", "recursive"])
def test_gradients_of_effects_against_differences(model, at, result, recursive, frame):
    treated = model == "recursive"
    fit, data = (result, frame) if not treated else (recursive, simulate(gamma=0.7))
    data = data.iloc[:200]
    formulas = (F1, F2) if not treated else ("d_e ~ d_m + size + foreign", F2)
    theta, step = fit.estimates.values, 1e-5
    found = all_effects(formulas, data, theta, treated, at)
    for j in range(len(theta)):
        move = step * (np.arange(len(theta)) == j)
        up, down = (all_effects(formulas, data, theta + s * move, treated, at) for s in (1, -1))
        for here, a, b in zip(found, up, down, strict=True):
            assert here[3][j] == pytest.approx((a[2] - b[2]) / (2 * step), abs=GRADIENT), here[:2]


def test_treatment_effects_against_simulated_truth(recursive):
    """Draw the errors at the estimates: outcomes with and without treatment are both seen."""
    frame = simulate(gamma=0.7)
    theta = recursive.estimates.values
    rng = np.random.default_rng(3)
    rho = np.tanh(theta[-1])
    draws = 400
    e = rng.multivariate_normal([0, 0], [[1, rho], [rho, 1]], (draws, len(frame)))
    base = np.column_stack((np.ones(len(frame)), frame["size"], frame["foreign"])) @ theta[[0, 2, 3]]
    other = np.column_stack((np.ones(len(frame)), frame["size"], frame["capital"])) @ theta[4:7]
    gain = (base + theta[1] + e[..., 0] > 0) * 1.0 - (base + e[..., 0] > 0)
    taken = other + e[..., 1] > 0
    # 600,000 draws of a difference in [-1, 1]: an error of 6e-4, three of them
    assert recursive.effect(kind="ate")["estimate"] == pytest.approx(gain.mean(), abs=2e-3)
    observed = frame["d_m"].to_numpy() == 1
    for kind, rows, chosen in (("att", observed, taken), ("atu", ~observed, ~taken)):
        each = (gain * chosen).sum(axis=0) / np.maximum(chosen.sum(axis=0), 1)
        # the mean over rows of a mean over the draws that chose so
        assert recursive.effect(kind=kind)["estimate"] == pytest.approx(each[rows].mean(), abs=4e-3)
    parts = recursive.effects().set_index(["kind", "name"])["estimate"]
    assert parts["direct", "size"] + parts["indirect", "size"] == pytest.approx(parts["marginal_1", "size"])
    assert parts["direct", "foreign"] == pytest.approx(parts["marginal_1", "foreign"])
    assert parts["indirect", "capital"] == pytest.approx(parts["marginal_1", "capital"])


def test_independent_decisions_are_two_probits(frame):
    from innospace.firms.choice.binary import binary

    shuffled = frame.assign(d_m=frame["d_m"].sample(frac=1, random_state=0).to_numpy())
    fit = biprobit(F1, "d_m ~ size", shuffled)
    alone = binary(F1, shuffled)
    names = [f"d_e: {n}" for n in alone.estimates.names]
    # rho differs from zero by sampling error only, and moves the coefficients by less than a tenth of one
    gap = fit.coefficients().loc[names, "estimate"].to_numpy() - alone.estimates.values
    assert np.max(np.abs(gap / alone.coefficients()["std_error"].to_numpy())) < 0.2
    marginal = fit.effects().set_index(["kind", "name"]).loc["marginal_1"]
    expected = alone.effects().set_index(["kind", "name"]).loc["average_marginal_effect"]
    assert marginal.loc["size", "estimate"] == pytest.approx(expected.loc["size", "estimate"], abs=2e-3)


def test_errors_by_kind_clusters_and_weights(frame):
    fit = biprobit(F1, F2, frame, cluster="firm", weights="w")
    assert fit.kind == "cluster"
    assert {fit.vcov(k).kind for k in ("hessian", "opg", "robust", "cluster")} == {
        "hessian",
        "opg",
        "robust",
        "cluster",
    }
    assert fit.numbers["clusters"] == 200
    assert "Wald" in fit.table("biprobit-tests").notes[0]
    repeated = frame.loc[frame.index.repeat(frame["w"].to_numpy())].reset_index(drop=True)
    long = biprobit(F1, F2, repeated)
    # a weight of three is a row three times
    np.testing.assert_allclose(fit.estimates.values, long.estimates.values, rtol=1e-7)
    np.testing.assert_allclose(fit.effects_found.values, long.effects_found.values, rtol=1e-7)
    robust = biprobit(F1, F2, frame, vcov="robust")
    assert robust.numbers["rho_std_error"] == pytest.approx(robust.effect(kind="correlation")["std_error"])


def test_stored_and_shown(result, recursive):
    for r in (result, recursive):
        again = FirmResult.from_bundle(r.to_bundle())
        pd.testing.assert_frame_equal(again.effects(), r.effects())
        assert again.to_dict()["numbers"] == r.to_dict()["numbers"]
        assert r.sections()[0].blocks
        assert max(len(line) for line in r.summary().splitlines()) <= 100
        assert r.plot(f"{r.method}-joint-effects").data["kind"].nunique() == 4
        assert r.to_dict()["effects"]["joint_11"]["size"]["std_error"] > 0
    assert recursive.to_dict()["effects"]["ate"]["d_m"]["estimate"] > 0
    assert "With d m the probability of d e is higher by" in recursive.findings()[0]


def test_missing_rows_of_either_equation_are_left_out_and_told_once(frame):
    holes = frame.copy()
    holes.loc[3, "capital"] = np.nan
    holes.loc[7, "foreign"] = np.nan
    with pytest.warns(MissingRowsWarning) as seen:
        fit = biprobit(F1, F2, holes)
    assert len(seen) == 1
    assert fit.n == len(frame) - 2
    assert fit.warnings


def test_boundary_is_named():
    # one latent index and two thresholds: whoever passes the higher has passed the lower
    rng = np.random.default_rng(4)
    size = rng.normal(size=800)
    latent = 0.5 * size + rng.normal(size=800)
    frame = pd.DataFrame({"d_e": (latent > 1) * 1.0, "d_m": (latent > -0.5) * 1.0, "size": size})
    fit = biprobit("d_e ~ size", "d_m ~ size", frame)
    assert fit.status.code is StatusCode.BOUNDARY
    assert fit.status.boundary == "rho_plus_one"
    assert fit.status.remedy
    assert any("(1, 0) never occurs" in w for w in fit.warnings)
    assert not any(c.ok for c in fit.checks if c.name in ("smallest_combination", "correlation_determined"))
    coefficients = fit.coefficients()
    assert np.isfinite(coefficients.drop(index="athrho")["std_error"]).all()
    assert np.isnan(coefficients.loc["athrho", "std_error"])
    effects = fit.effects()
    assert np.isfinite(effects[effects["kind"] != "correlation"]["std_error"]).all()
    assert "goes to its bound" in fit.findings()[0]


def test_certain_decisions_leave_every_effect_finite():
    """Indices of sixty: the conditions have probabilities that underflow, the quotients do not."""
    rng = np.random.default_rng(1)
    size = 10 * rng.normal(size=2000)
    e = rng.multivariate_normal([0, 0], [[1, 0.5], [0.5, 1]], 2000)
    both = {"d_e": (1.5 * size + e[:, 0] > 0) * 1.0, "d_m": (e[:, 1] - 1.5 * size > 0) * 1.0}
    fit = biprobit("d_e ~ size", "d_m ~ size", pd.DataFrame({**both, "size": size}))
    assert fit.status.converged
    assert np.isfinite(fit.effects()[["estimate", "std_error", "p_value"]]).all(axis=None)


def test_several_maxima_and_no_instrument_are_told():
    frame = simulate(gamma=0.7)
    fit = recursive_biprobit("d_e ~ d_m + size + capital", F2, frame)
    assert any("normal law of the errors alone" in w for w in fit.warnings)
    pieces = [frame[c].to_numpy() for c in ("d_e", "d_m")]
    x = np.column_stack((np.ones(len(frame)), frame["size"]))
    starts = (0.0, 0.5, -0.5)
    maxima = fit_bivariate((pieces[0], pieces[1]), (x, x), starts=starts).maxima
    np.testing.assert_allclose(maxima, maxima[0], rtol=1e-12)


def bad(frame, **columns):
    return frame.assign(**columns)


@pytest.mark.parametrize(
    ("change", "first", "second", "error", "words"),
    [
        ({"d_e": 2.0}, F1, F2, DataError, "must hold 0 and 1"),
        ({"d_e": 1.0}, F1, F2, DataError, "nothing to estimate"),
        ({}, "d_e ~ d_m + size", F2, SpecError, "regressor in the equation of 'd_e'"),
        ({}, F1, "d_e ~ capital", SpecError, "more than one equation"),
        ({}, F1, "d_m ~ size + twice", DataError, "collinear"),
        ({}, F1, "d_m ~ perfect", DataError, "Perfect separation"),
        ({}, F1, "d_m ~ ordered", DataError, "Perfect separation"),
        ({}, F1, "same ~ size", DataError, "the same as"),
        ({}, F1, "opposite ~ size", DataError, "the opposite of"),
        ({}, F1, "d_m ~ nowhere", LabelError, "nowhere"),
    ],
)
def test_bad_input(frame, change, first, second, error, words):
    table = frame.assign(
        twice=2 * frame["size"],
        perfect=frame["d_m"],
        ordered=frame["d_m"] + 0.1 * np.abs(np.sin(frame["size"])),
        same=frame["d_e"],
        opposite=1 - frame["d_e"],
        **change,
    )
    with pytest.raises(error, match=words) as caught:
        biprobit(first, second, table)
    assert caught.value.remedy


def test_bad_options(frame):
    with pytest.raises(LabelError, match="point of evaluation"):
        biprobit(F1, F2, frame, at="median")
    with pytest.raises(SpecError, match="no 'cluster' covariance"):
        biprobit(F1, F2, frame, vcov="cluster")
    with pytest.raises(LabelError):
        biprobit(F1, F2, frame, cluster="nowhere")


@pytest.mark.parametrize(
    ("outcome", "treatment", "words"),
    [
        ("d_e ~ size", F2, "must hold the treatment"),
        ("d_e ~ d_m + size:d_m", F2, "must hold the treatment"),
        ("d_e ~ d_m + size", "d_m ~ d_e + size", "no such model is coherent"),
        ("d_e ~ d_m + size", "d_e ~ size", "more than one equation"),
    ],
)
def test_bad_recursive_formulas(frame, outcome, treatment, words):
    with pytest.raises(SpecError, match=words):
        recursive_biprobit(outcome, treatment, frame)


def test_treatment_that_decides_the_outcome(frame):
    never = frame.assign(d_e=frame["d_e"] * frame["d_m"])
    with pytest.raises(DataError, match="where 'd_m' is 0, the outcome is always 0"):
        recursive_biprobit("d_e ~ d_m + size", F2, never)
