"""Parameters with regressors: recovery, invariance, boundaries by name, effects, predictions, comparison."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from innospace.core.errors import BoundaryWarning, DataError, InnospaceError, SpecError
from innospace.core.status import StatusCode
from innospace.frontier import FrontierResult, compare, rank_correlations
from innospace.frontier.fitting import fit

FORMULA = "y ~ a | u: z | v: w"


def simulate(n=4000, seed=0, law="half_normal"):
    rng = np.random.default_rng(seed)
    a, z, w = rng.normal(size=(3, n))
    su, sv = np.exp(0.5 * (-1.0 + 0.6 * z)), np.exp(0.5 * (-2.5 - 0.4 * w))
    u = su * (np.abs(rng.normal(size=n)) if law == "half_normal" else rng.exponential(size=n))
    return pd.DataFrame({"y": 1.0 + 0.5 * a + sv * rng.normal(size=n) - u, "a": a, "z": z, "w": w, "u": u})


@pytest.fixture(scope="module")
def table():
    return simulate()


@pytest.fixture(scope="module")
def fitted(table):
    return fit(FORMULA, table)


@pytest.mark.parametrize("law", ["half_normal", "exponential"])
def test_recovery(law):
    result = fit(FORMULA, simulate(8000, 1, law), inefficiency=law)
    assert result.status.converged
    truth = [1.0, 0.5, -1.0, 0.6, -2.5, -0.4]
    z = (result.estimate.theta - truth) / result.coefficients()["std_error"]
    assert np.abs(z).max() < 4.0
    assert result.estimate.agreed == result.estimate.tried


def test_coverage_of_slopes():
    held = []
    for seed in range(60):
        bounds = fit(FORMULA, simulate(400, seed)).confidence_intervals()
        held += [
            bounds["lower"][n] <= t <= bounds["upper"][n] for n, t in (("lnsigma_u2:z", 0.6), ("lnsigma_v2:w", -0.4))
        ]
    # 120 trials: three standard errors of a binomial are .06
    assert np.mean(held) == pytest.approx(0.95, abs=0.06)


def test_units_of_everything(table, fitted):
    moved = table.assign(y=1000.0 * table["y"] + 5e4, a=1e-4 * table["a"] - 3.0)
    moved = moved.assign(z=1e6 * table["z"] + 7e6, w=1e-6 * table["w"])
    again = fit(FORMULA, moved)
    assert again.loglik == pytest.approx(fitted.loglik - len(table) * np.log(1000.0), abs=1e-6)
    assert again.parameter("lnsigma_u2:z") * 1e6 == pytest.approx(fitted.parameter("lnsigma_u2:z"), rel=1e-6)
    assert again.parameter("lnsigma_v2:w") * 1e-6 == pytest.approx(fitted.parameter("lnsigma_v2:w"), rel=1e-6)
    errors = again.coefficients()["std_error"], fitted.coefficients()["std_error"]
    assert errors[0]["lnsigma_u2:z"] * 1e6 == pytest.approx(errors[1]["lnsigma_u2:z"], rel=1e-4)


def test_order_of_rows_and_copies(table, fitted):
    order = np.random.default_rng(0).permutation(len(table))
    shuffled = fit(FORMULA, table.iloc[order].reset_index(drop=True))
    np.testing.assert_allclose(shuffled.estimate.theta, fitted.estimate.theta, rtol=1e-6, atol=1e-8)
    some = table.head(300)
    twice = fit(FORMULA, pd.concat([some, some.head(100)], ignore_index=True))
    weighted = fit(FORMULA, some.assign(k=np.where(np.arange(300) < 100, 2.0, 1.0)), weights="k")
    assert weighted.loglik == pytest.approx(twice.loglik, abs=1e-6)
    np.testing.assert_allclose(weighted.estimate.theta, twice.estimate.theta, rtol=1e-5, atol=1e-6)


def test_arrays_say_the_same(table, fitted):
    arrays = fit(y=table["y"], X=table["a"], determinants={"u": table[["z"]], "v": table["w"].to_numpy()})
    np.testing.assert_allclose(arrays.estimate.theta, fitted.estimate.theta, rtol=1e-9)
    assert arrays.names[2:] == ("lnsigma_u2:Intercept", "lnsigma_u2:z", "lnsigma_v2:Intercept", "lnsigma_v2:z1")
    with pytest.raises(InnospaceError, match="part"):
        fit(y=table["y"], X=table["a"], determinants={"sigma": table["z"]})
    with pytest.raises(DataError, match="shape"):
        fit(y=table["y"], X=table["a"], determinants={"u": np.ones(3)})


def test_stored_and_read_back(fitted):
    again = FrontierResult.from_bundle(fitted.to_bundle())
    assert again.names == fitted.names
    np.testing.assert_array_equal(again.covariance, fitted.covariance)
    pd.testing.assert_frame_equal(again.marginal_effects(), fitted.marginal_effects())
    assert again.test_no_inefficiency() == fitted.test_no_inefficiency()


def test_marginal_effects_of_a_scale(fitted, table):
    # E[u_i] = sqrt(2 / pi) exp(index / 2): its derivative by z is half the coefficient times E[u_i]
    gamma = fitted.parameter("lnsigma_u2:z")
    index = fitted.parameter("lnsigma_u2:Intercept") + gamma * table["z"]
    su = np.exp(0.5 * index)
    effects = fitted.marginal_effects()
    assert list(effects.index.get_level_values(0).unique()) == ["z"]
    expected = 0.5 * gamma * np.mean(np.sqrt(2.0 / np.pi) * su)
    assert effects.loc[("z", "inefficiency"), "effect"] == pytest.approx(expected, rel=1e-9)
    # d/ds 2 exp(s^2 / 2) Phi(-s) = 2 (s exp(s^2 / 2) Phi(-s) - phi(0))
    slope = 2.0 * (su * np.exp(su**2 / 2) * stats.norm.cdf(-su) - stats.norm.pdf(0.0)) * 0.5 * gamma * su
    assert effects.loc[("z", "efficiency"), "effect"] == pytest.approx(np.mean(slope), rel=1e-9)
    # by the delta method, by hand
    where = [fitted.names.index(f"lnsigma_u2:{c}") for c in ("Intercept", "z")]
    mean_u = np.sqrt(2.0 / np.pi) * su
    jacobian = [0.25 * gamma * np.mean(mean_u), np.mean(0.5 * mean_u + 0.25 * gamma * mean_u * table["z"])]
    error = np.sqrt(jacobian @ fitted.covariance[np.ix_(where, where)] @ jacobian)
    assert effects.loc[("z", "inefficiency"), "std_error"] == pytest.approx(error, rel=1e-5)


def test_tables_and_report(fitted):
    table = fitted.table("marginal_effects")
    assert set(table.frame["regressor"]) == {"z"}
    assert any(getattr(b, "name", "") == "marginal-effects" for b in fitted.sections()[0].blocks)
    assert "ln σᵤ²: z" in set(fitted.table("coefficients").frame["name"])
    with pytest.raises(SpecError, match="No parameter"):
        fit("y ~ a", simulate(200)).table("marginal_effects")


def test_predictions(fitted, table):
    new = table.head(5).assign(a=[0.0, 1.0, np.nan, 2.0, -1.0])
    found = fitted.predict(new)
    assert list(found["row"]) == [1, 2, 3, 4, 5]
    assert found.loc[2].drop("row").isna().all()
    b0, b1 = fitted.estimate.theta[:2]
    np.testing.assert_allclose(found["frontier"][[0, 1, 3]], b0 + b1 * np.array([0.0, 1.0, 2.0]))
    same = fitted.predict(table)
    np.testing.assert_allclose(same["te_bc"], fitted.efficiencies()["te_bc"])
    unseen = fitted.predict(new.drop(columns="y"))
    assert "te_bc" not in unseen
    np.testing.assert_allclose(unseen["expected"], unseen["frontier"] - unseen["expected_inefficiency"])


def test_predictions_that_cannot_be_made(table):
    with pytest.raises(SpecError, match="fitted to arrays"):
        fit(y=table["y"], X=table["a"]).predict(table)
    with pytest.raises(SpecError, match="centres"):
        fit("y ~ center(a)", table.head(300)).predict(table)
    kinds = table.head(300).assign(kind=np.array(["p", "q", "r"])[np.arange(300) % 3])
    model = fit("y ~ a + C(kind)", kinds)
    with pytest.raises(DataError, match="columns that the frontier was fitted with"):
        model.predict(kinds[kinds["kind"] != "r"])


def test_scaling_property_recovers():
    rng = np.random.default_rng(4)
    n = 4000
    a, z = rng.normal(size=(2, n))
    star = stats.truncnorm.rvs(-1.0, np.inf, loc=0.5, scale=0.5, size=n, random_state=rng)
    table = pd.DataFrame({"y": 1.0 + 0.5 * a + 0.2 * rng.normal(size=n) - np.exp(0.5 * z) * star, "a": a, "z": z})
    result = fit("y ~ a | scale: z", table, inefficiency="truncated_normal")
    assert result.status.converged
    assert result.names[2:] == ("mu", "lnsigma_u2", "lnscale_u:z", "lnsigma_v2")
    error = result.coefficients()["std_error"]["lnscale_u:z"]
    assert result.parameter("lnscale_u:z") == pytest.approx(0.5, abs=4 * error)
    again = FrontierResult.from_bundle(result.to_bundle())
    assert again.loglik == result.loglik
    effect = result.marginal_effects().loc[("z", "inefficiency"), "effect"]
    mean_u = np.mean(result.predict(table)["expected_inefficiency"])
    assert effect == pytest.approx(result.parameter("lnscale_u:z") * mean_u, rel=1e-8)


def test_parts_that_a_distribution_does_not_have(table):
    for part in ("mu", "scale"):
        with pytest.raises(SpecError, match="no parameter"):
            fit(f"y ~ a | {part}: z", table)
    with pytest.raises(DataError, match="collinear"):
        fit("y ~ a | u: z + I(2 * z)", table)
    with pytest.raises(DataError, match="zero"):
        fit("y ~ a | u: nothing", table.assign(nothing=0.0))


def test_two_steps_are_refused(fitted, table):
    frame = table.assign(te_bc=fitted.efficiencies()["te_bc"])
    with pytest.raises(SpecError, match="second step") as caught:
        fit("log(te_bc) ~ z", frame)
    assert "| u:" in caught.value.remedy


def quietly(*arguments, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BoundaryWarning)
        return fit(*arguments, **options)


def test_separated_rows_have_no_limit(table):
    # half of the rows has no inefficiency at all: the coefficient of the group goes to minus infinity
    some = table.head(600).assign(group=lambda f: (f.index % 2).astype(float))
    rng = np.random.default_rng(0)
    some["y"] = 1.0 + 0.5 * some["a"] + 0.1 * rng.normal(size=600) - some["group"] * 0.8 * np.abs(rng.normal(size=600))
    result = quietly("y ~ a | u: group", some)
    assert result.status.code in (StatusCode.CONVERGED, StatusCode.BOUNDARY)
    if result.status.code is StatusCode.BOUNDARY:
        assert result.status.boundary == "index_unbounded"
        assert result.coefficients()["std_error"].isna().all()
    assert result.loglik >= quietly("y ~ a", some).loglik


@pytest.mark.parametrize("part", ["u: z", "v: z", "u: z | v: w"])
def test_wrong_skewness_with_regressors(part):
    rng = np.random.default_rng(2)
    a, z, w = rng.normal(size=(3, 150))
    y = 1.0 + a + 0.3 * rng.normal(size=150) + rng.exponential(0.8, 150)
    table = pd.DataFrame({"y": y, "a": a, "z": z, "w": w})
    result = quietly(f"y ~ a | {part}", table)
    assert result.status.code in (StatusCode.CONVERGED, StatusCode.BOUNDARY)
    assert result.loglik >= result.estimate.noise_loglik - 1e-8
    assert result.summary()
    assert result.sections()
    assert FrontierResult.from_bundle(result.to_bundle()).loglik == pytest.approx(result.loglik, rel=1e-12)


@pytest.mark.parametrize("change", ["outlier", "tiny", "collinear", "large z", "one value"])
@pytest.mark.parametrize("law", ["half_normal", "exponential", "truncated_normal"])
def test_adversarial_tables(law, change):
    table = simulate(150, 3)
    if change == "outlier":
        table.loc[5, "y"] = -1e6
    if change == "tiny":
        table = table.head(9)
    if change == "collinear":
        table["w"] = table["z"] + 1e-7 * table["w"]
    if change == "large z":
        table.loc[7, "z"] = 1e5
    if change == "one value":
        table["z"] = (table.index == 3).astype(float)
    mean = "| mu: z" if law == "truncated_normal" else "| u: z"
    result = quietly(f"y ~ a {mean} | v: w", table, inefficiency=law)
    assert result.status.message
    te = result.efficiencies().drop(columns="row")
    assert te.notna().all(axis=None)
    if result.status.converged:
        assert all(c.ok for c in result.checks if c.name == "score_at_optimum")


def test_side_by_side(table):
    some = table.head(800)
    fits = {law: fit("y ~ a", some, inefficiency=law) for law in ("half_normal", "exponential", "rayleigh")}
    shown = compare(fits).display()
    names = list(shown.iloc[:, 0])
    assert {"AIC", "BIC", "Rank correlation of efficiency with half_normal"} <= set(names)
    ranks = rank_correlations(fits)
    assert np.allclose(np.diag(ranks), 1.0)
    assert ranks.loc["half_normal", "exponential"] > 0.95
    with pytest.raises(SpecError, match="one table"):
        rank_correlations({"a": fits["rayleigh"], "b": fit("y ~ a", some.head(100))})
    r = fits["half_normal"]
    assert r.aic == pytest.approx(2 * 4 - 2 * r.loglik)
    assert r.bic == pytest.approx(4 * np.log(800) - 2 * r.loglik)


def test_vuong(table):
    some = table.head(800)
    first, second = fit("y ~ a", some), fit("y ~ a", some, inefficiency="exponential")
    test, mirrored = first.test_vuong(second), second.test_vuong(first)
    assert test.statistic == pytest.approx(-mirrored.statistic)
    assert np.sign(test.statistic) == np.sign(first.loglik - second.loglik)
    assert test.p_value == pytest.approx(2 * stats.norm.sf(abs(test.statistic)))
    with pytest.raises(SpecError, match="nothing to tell apart"):
        first.test_vuong(first)
    with pytest.raises(SpecError, match="same rows"):
        first.test_vuong(fit("y ~ a", some.head(100)))


def test_schmidt_lin_is_the_transformed_skewness(table):
    result = fit("y ~ a", table.head(60))
    x = np.column_stack((np.ones(60), table["a"].head(60)))
    y = table["y"].head(60).to_numpy()
    residual = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
    z, _ = stats.skewtest(residual)
    test = result.test_skewness("schmidt_lin")
    assert test.statistic == pytest.approx(z, rel=1e-9)
    assert test.p_value == pytest.approx(stats.norm.cdf(z))
