"""Dynamic probit: rows by true previous years, ready-made columns, the first period's equation, bad input.

INTEGRAL: a trapezoidal rule of 1,201 points from -9 to 9 is exact to rounding; ours doubles nodes until 1e-6.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import special, stats

from innospace.core.errors import DataError, LabelError, MissingRowsWarning, SpecError
from innospace.firms.choice.dynamic import dynamic_probit
from innospace.firms.choice.random_effects import random_effects_probit
from innospace.firms.result import FirmResult

INTEGRAL = 2e-6


def simulate(firms=250, periods=6, rho=0.8, sigma=0.7, seed=11, gaps=0.0):
    rng = np.random.default_rng(seed)
    effect = sigma * rng.normal(size=firms)
    x = rng.normal(size=(firms, periods + 1)) + 0.3 * effect[:, None]
    y = np.empty((firms, periods + 1))
    y[:, 0] = -0.4 + 0.4 * x[:, 0] + 0.9 * effect + rng.normal(size=firms) > 0
    for t in range(1, periods + 1):
        y[:, t] = -0.6 + rho * y[:, t - 1] + 0.5 * x[:, t] + effect + rng.normal(size=firms) > 0
    frame = pd.DataFrame(
        {
            "firm": np.repeat(np.arange(firms), periods + 1),
            "year": np.tile(2000 + np.arange(periods + 1), firms),
            "y": y.ravel().astype(int),
            "x": x.ravel(),
            "fixed": np.repeat(rng.normal(size=firms), periods + 1),
            "region": np.repeat(np.arange(firms) % 20, periods + 1),
        }
    )
    return frame[rng.random(len(frame)) >= gaps].reset_index(drop=True)


@pytest.fixture(scope="module")
def table():
    return simulate()


def by_hand(table, means):
    """Make lag, first outcome and means with groupby on a panel without gaps."""
    made = table.sort_values(["firm", "year"]).copy()
    groups = made.groupby("firm")
    made["lag"], made["first"] = groups["y"].shift(), groups["y"].transform("first")
    later = made[made["lag"].notna()].copy()
    base = later if means == "later" else made
    later["mean_x"] = later["firm"].map(base.groupby("firm")["x"].mean())
    return later


@pytest.mark.parametrize("means", ["later", "all", "none"])
def test_wooldridge_is_a_random_effects_probit_on_columns_made_by_hand(table, means):
    result = dynamic_probit("y ~ x + fixed", table, means=means)
    extra = "" if means == "none" else " + mean_x"
    other = random_effects_probit(f"y ~ lag + x + fixed + first{extra}", by_hand(table, means))
    names = ["Intercept", "lag_y", "x", "fixed", "initial_y", *(["mean_x"] if extra else []), "ln_sigma_u"]
    assert list(result.estimates.names) == names
    assert result.log_likelihood == pytest.approx(other.log_likelihood, abs=1e-9)
    np.testing.assert_allclose(result.estimates.values, other.estimates.values, atol=1e-8)
    np.testing.assert_allclose(result.covariance, other.covariance, rtol=1e-7, atol=1e-12)
    dependence = result.effect("lag_y", "state_dependence")
    change = other.effect("lag", "average_discrete_change")
    assert dependence["estimate"] == pytest.approx(change["estimate"], rel=1e-7)
    assert dependence["std_error"] == pytest.approx(change["std_error"], rel=1e-6)


def test_ready_made_columns_give_the_same(table):
    ready = by_hand(table, "later")
    result = dynamic_probit("y ~ x + fixed + mean_x", ready, lag="lag", initial="first", means="none")
    made = dynamic_probit("y ~ x + fixed", table)
    assert result.log_likelihood == pytest.approx(made.log_likelihood, abs=1e-9)
    one, other = result.effect("lag", "state_dependence"), made.effect("lag_y", "state_dependence")
    assert one["estimate"] == pytest.approx(other["estimate"], rel=1e-7)


def test_effects_are_those_of_the_model_and_leave_controls_out(table):
    result = dynamic_probit("y ~ x", table)
    kinds = result.effects().groupby("kind", sort=False)["name"].apply(list).to_dict()
    assert kinds == {
        "state_dependence": ["lag_y"],
        "persistence_probability": ["lag_y"],
        "entry_probability": ["lag_y"],
        "average_partial_effect": ["x"],
    }
    ready = by_hand(table, "later")
    x = np.column_stack([np.ones(len(ready)), ready[["lag", "x", "first", "mean_x"]]])

    def effects(theta):
        scale = np.sqrt(1.0 + np.exp(2.0 * theta[5]))
        one, zero = (stats.norm.cdf((x * [1, 0, 1, 1, 1] @ theta[:5] + at * theta[1]) / scale) for at in (1, 0))
        return np.array([(one - zero).mean(), one.mean(), zero.mean()])

    theta = result.estimates.values
    shown = result.effects().head(3)
    np.testing.assert_allclose(shown["estimate"], effects(theta), rtol=1e-10)
    jacobian = np.array([(effects(theta + h) - effects(theta - h)) / 2e-6 for h in 1e-6 * np.eye(6)]).T
    errors = np.sqrt(np.einsum("ij,jk,ik->i", jacobian, result.covariance, jacobian))
    np.testing.assert_allclose(shown["std_error"], errors, rtol=1e-6)


def heckman_brute_force(table, theta):
    """Return the log-likelihood of both equations with one regressor, integrals by a trapezoidal rule."""
    made = table.sort_values(["firm", "year"])
    lag = made.groupby("firm")["y"].shift().to_numpy()
    first, sigma = np.isnan(lag), np.exp(theta[5])
    index = np.where(first, theta[3] + theta[4] * made["x"], theta[0] + theta[1] * lag + theta[2] * made["x"])
    loading = np.where(first, theta[6] * sigma, sigma)
    v = np.linspace(-9.0, 9.0, 1201)
    sign = 2.0 * made["y"].to_numpy()[:, None] - 1.0
    terms = special.log_ndtr(sign * (index[:, None] + loading[:, None] * v))
    by_firm = pd.DataFrame(terms).groupby(made["firm"].to_numpy()).sum().to_numpy() + stats.norm.logpdf(v)
    return float(np.log(np.exp(by_firm).sum(axis=1) * (v[1] - v[0])).sum())


def test_heckman_maximises_the_brute_force_likelihood(table):
    result = dynamic_probit("y ~ x", table, method="heckman")
    names = ["Intercept", "lag_y", "x", "initial: Intercept", "initial: x", "ln_sigma_u", "theta"]
    assert list(result.estimates.names) == names
    theta = result.estimates.values
    assert result.log_likelihood == pytest.approx(heckman_brute_force(table, theta), abs=INTEGRAL)
    step = 1e-4 * np.eye(7)
    ends = [(heckman_brute_force(table, theta + h), heckman_brute_force(table, theta - h)) for h in step]
    # at the maximum the first derivative is zero, the second that of the information
    np.testing.assert_allclose([(a - b) / 2e-4 for a, b in ends], 0.0, atol=2e-3)
    curvature = [(a + b - 2.0 * result.log_likelihood) / 1e-8 for a, b in ends]
    information = np.diag(np.linalg.inv(result.vcov("hessian").covariance))
    np.testing.assert_allclose(-np.array(curvature), information, rtol=1e-3)


def test_heckman_takes_its_own_equation_for_the_first_period(table):
    plain = dynamic_probit("y ~ x", table, method="heckman")
    same = dynamic_probit("y ~ x", table, method="heckman", initial_formula="y ~ x")
    np.testing.assert_allclose(same.estimates.values, plain.estimates.values, atol=1e-7)
    other = dynamic_probit("y ~ x", table, method="heckman", initial_formula="y ~ x + fixed")
    assert "initial: fixed" in other.estimates.names
    assert other.log_likelihood >= plain.log_likelihood - 1e-9
    by_region = dynamic_probit("y ~ x", table, method="heckman", cluster="region")
    assert by_region.kind == "cluster"
    np.testing.assert_allclose(by_region.vcov("hessian").covariance, plain.covariance, rtol=1e-8)


def test_only_true_previous_years_are_used():
    table = simulate(gaps=0.15, seed=4)
    result = dynamic_probit("y ~ x", table)
    outcome = {(f, y): v for f, y, v in zip(table["firm"], table["year"], table["y"], strict=True)}
    starts = table.groupby("firm")["year"].min()
    before = [outcome.get((f, y - 1)) for f, y in zip(table["firm"], table["year"], strict=True)]
    has = np.array([b is not None for b in before])
    later = (table["year"] > table["firm"].map(starts)).to_numpy()
    assert result.n == has.sum()
    assert result.numbers["rows_after_gaps"] == (later & ~has).sum()
    assert result.numbers["first_years"] == (~later).sum()
    assert any("after a gap" in w for w in result.warnings)
    made = table.assign(
        lag=[np.nan if b is None else b for b in before],
        first=table["firm"].map(table.sort_values("year").groupby("firm")["y"].first()),
    )[has]
    made["mean_x"] = made.groupby("firm")["x"].transform("mean")
    other = random_effects_probit("y ~ lag + x + first + mean_x", made)
    assert result.log_likelihood == pytest.approx(other.log_likelihood, abs=1e-9)


def test_waves_may_be_years_apart(table):
    waves = table.assign(year=2001 + 4 * (table["year"] - 2000))
    result = dynamic_probit("y ~ x", waves, step=4)
    np.testing.assert_allclose(result.estimates.values, dynamic_probit("y ~ x", table).estimates.values, atol=1e-9)
    assert "4 years before" in result.findings()[0]
    with pytest.raises(DataError, match="1 year earlier"):
        dynamic_probit("y ~ x", waves)


def test_effects_of_years_lose_the_first_year_and_get_no_means(table):
    result = dynamic_probit("y ~ x + C(year)", table)
    years = [n for n in result.estimates.names if n.startswith("C(year)")]
    assert years == [f"C(year)[T.{y}]" for y in range(2002, 2007)]
    assert [n for n in result.estimates.names if n.startswith("mean_")] == ["mean_x"]
    other = dynamic_probit("y ~ x + C(year)", table, method="heckman")
    assert [n for n in other.estimates.names if n.startswith("initial")] == ["initial: Intercept", "initial: x"]


def test_text_years_and_missing_cells(table):
    text = table.assign(year=table["year"].astype(str))
    same = dynamic_probit("y ~ x", table)
    np.testing.assert_allclose(dynamic_probit("y ~ x", text).estimates.values, same.estimates.values)
    holes = table.copy()
    # the regressor of one year is missing, its outcome is known: the row falls out, the lag of the next does not
    holes.loc[(holes["firm"] == 3) & (holes["year"] == 2003), "x"] = np.nan
    with pytest.warns(MissingRowsWarning, match="1 of"):
        assert dynamic_probit("y ~ x", holes).n == same.n - 1


def test_findings_transitions_and_storage(table):
    result = dynamic_probit("y ~ x", table)
    ready = by_hand(table, "later")
    seen = ready.groupby("lag")["y"].mean()
    assert result.numbers["observed_persistence"] == pytest.approx(seen[1.0])
    assert result.numbers["observed_entry"] == pytest.approx(seen[0.0])
    first, second, third = result.findings()
    points = f"{100 * result.effect('lag_y', 'state_dependence')['estimate']:.1f}"
    assert points in first
    assert "state dependence" in second
    assert "Lasting differences" in third
    assert result.table("dynamic_probit-transitions").frame["observed"].tolist() == pytest.approx(
        [seen[1.0], seen[0.0]]
    )
    assert points in result.plot("dynamic_probit-persistence").title
    back = FirmResult.from_bundle(result.to_bundle())
    pd.testing.assert_frame_equal(back.coefficients(), result.coefficients())


def refused(error, words, *args, **options):
    with pytest.raises(error) as caught:
        dynamic_probit(*args, **options)
    assert words in str(caught.value), str(caught.value)
    assert caught.value.remedy or caught.value.allowed


def test_bad_input_is_refused(table):
    refused(LabelError, "company", "y ~ x", table, firm="company")
    refused(LabelError, "wave", "y ~ x", table, year="wave")
    refused(LabelError, "orme", "y ~ x", table, method="orme")
    refused(LabelError, "some", "y ~ x", table, means="some")
    refused(LabelError, "exports", "exports ~ x", table)
    refused(SpecError, "needs a column as outcome", "log(y) ~ x", table)
    refused(SpecError, "step of 0", "y ~ x", table, step=0)
    refused(SpecError, "ready-made", "y ~ x", table, method="heckman", initial="fixed")
    refused(SpecError, "belongs to Heckman", "y ~ x", table, initial_formula="y ~ x")
    refused(SpecError, "has the outcome", "y ~ x", table, method="heckman", initial_formula="x ~ fixed")
    refused(DataError, "appear more than once", "y ~ x", pd.concat([table, table.head(1)]))
    refused(DataError, "whole years", "y ~ x", table.assign(year=table["year"] + 0.5))
    refused(DataError, "whole years", "y ~ x", table.assign(year="spring"))
    refused(DataError, "0 and 1", "y ~ x", table.assign(y=table["y"] * 2))
    refused(DataError, "collinear", "y ~ x + again", table.assign(again=2 * table["x"]))
    one = table.groupby("firm").head(1)
    refused(DataError, "1 year earlier", "y ~ x", one)
    two = table.groupby("firm").head(2)
    refused(DataError, "more than two waves in a row", "y ~ x", two)
    refused(DataError, "more than two waves in a row", "y ~ x", two, method="heckman")
    no_start = table.assign(x=table["x"].where(table["year"] > 2000))
    with pytest.warns(MissingRowsWarning):
        refused(DataError, "complete first year", "y ~ x", no_start, method="heckman")
