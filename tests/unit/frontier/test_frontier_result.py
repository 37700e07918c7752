"""What a fitted frontier offers: numbers, tables, text, storage."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import polars as pl
import pytest

from innospace.core.errors import LabelError, SpecError, StoreError
from innospace.core.result import Bundle, Result
from innospace.core.status import StatusCode
from innospace.frontier import FrontierResult, FrontierSpec, compare
from innospace.frontier.fitting import fit

LAWS = ("half_normal", "exponential", "truncated_normal")


@pytest.fixture(scope="module")
def result(front41):
    return fit("log(output) ~ log(capital) + log(labour)", front41)


def test_it_keeps_the_contract(result):
    assert isinstance(result, Result)
    assert result.status.code is StatusCode.CONVERGED
    assert all(c.ok for c in result.checks)
    assert [c.name for c in result.checks] == [
        "score_at_optimum",
        "hessian_negative_definite",
        "skewness",
        "starts_agree",
    ]


def test_fit_is_the_function_wherever_it_is_found():
    import innospace.frontier.space
    from innospace.frontier import fit as from_room

    assert from_room is fit
    assert innospace.fit is fit


def test_names_and_parameters(result):
    assert result.names == ("Intercept", "log(capital)", "log(labour)", "lnsigma_u2", "lnsigma_v2")
    table = result.coefficients()
    assert list(table.index) == list(result.names)
    assert list(table.columns) == ["estimate", "std_error", "z", "p_value"]
    assert result.parameter("log(labour)") == table.loc["log(labour)", "estimate"]
    assert result.sigma_u == pytest.approx(np.exp(0.5 * result.parameter("lnsigma_u2")))
    with pytest.raises(LabelError, match="log\\(labor\\)") as caught:
        result.parameter("log(labor)")
    assert "log(labour)" in caught.value.remedy


def test_dictionary_is_json(result):
    found = result.to_dict()
    expected = {"status", "boundary", "message", "remedy", "converged", "formula", "inefficiency", "cost", "n"}
    expected |= {"rows_left_out", "log_likelihood", "ols_log_likelihood", "covariance", "coefficients", "sigma_u"}
    expected |= {"sigma_v", "mean_efficiency", "tests", "starts", "checks", "warnings", "data_steps"}
    expected |= {"aic", "bic", "noise", "marginal_effects"}
    assert set(found) == expected
    assert set(found["coefficients"]["Intercept"]) == {"estimate", "std_error", "z", "p_value"}
    assert set(found["tests"]) == {"no_inefficiency", "skewness"}
    assert json.loads(json.dumps(found)) == found


@pytest.mark.parametrize("law", LAWS)
def test_summary_fits_a_terminal(front41, law):
    long = front41.assign(**{"a very long name of a regressor that goes on and on": front41["k"]})
    formula = "q ~ `a very long name of a regressor that goes on and on` + l"
    text = fit(formula, long, inefficiency=law).summary()
    assert max(map(len, text.splitlines())) <= 100
    for word in ("Log-likelihood", "sigma_u", "No inefficiency", "Starts", "converged"):
        assert word in text


def test_efficiencies_table(result):
    frame = result.efficiencies()
    assert list(frame.columns) == ["row", "te_jlms", "te_bc", "te_mode", "te_lower", "te_upper"]
    assert list(frame["row"]) == list(range(1, 61))
    assert result.mean_efficiency == pytest.approx(frame["te_bc"].mean())
    assert np.all(result.efficiencies(0.5)["te_lower"] > frame["te_lower"])
    with pytest.raises(SpecError):
        result.efficiencies(95)


def test_tables_and_findings(result):
    for kind in ("coefficients", "tests", "efficiencies"):
        table = result.table(kind)
        assert len(table.display()) == len(table.frame)
        assert "<table" in table._repr_html_()
    assert list(result.table("efficiencies").frame["te_bc"]) == sorted(result.efficiencies()["te_bc"], reverse=True)
    with pytest.raises(LabelError):
        result.table("coeficients")
    assert any("74" in sentence for sentence in result.findings())
    assert [s.anchor for s in result.sections()] == ["frontier", "efficiency"]
    assert len(result.plot.efficiencies().data) == 60
    assert list(result.plot.coefficients().data["name"]) == ["log(capital)", "log(labour)"]


def test_wald_of_constant_returns(result):
    test = result.test_wald(["log(capital)", "log(labour)"])
    assert test.distribution == "chi2(2)"
    assert test.rejected()


def test_likelihood_ratio_between_fits(front41, result):
    small = fit("log(output) ~ log(labour)", front41)
    test = result.test_against(small)
    assert test.statistic == pytest.approx(2 * (result.loglik - small.loglik))
    assert test.distribution == "chi2(1)"
    with pytest.raises(SpecError, match="same rows"):
        result.test_against(fit("log(output) ~ log(labour)", front41.iloc[1:]))
    with pytest.raises(SpecError):
        small.test_against(result)


@pytest.mark.parametrize("kind", ["hessian", "opg", "robust", "cluster"])
@pytest.mark.parametrize("law", LAWS)
def test_storage(front41, law, kind):
    holed = front41.assign(firm=front41["firm"] // 3, w=1.5, region="R", year=2010)
    holed.loc[5, "k"] = np.nan
    with pytest.warns(UserWarning, match="left out"):
        before = fit("q ~ k + l", holed, inefficiency=law, weights="w", cluster="firm", vcov=kind)
    after = again(before)
    same_numbers(before, after)
    assert after.sample.rows == 60
    assert after.provenance == before.provenance


def again(result):
    """Store and read back, through text and a file format as a run does."""
    bundle = result.to_bundle()
    meta = json.loads(json.dumps(bundle.meta))
    frames = {k: pd.DataFrame({c: v[c].to_numpy() for c in v}) for k, v in bundle.frames.items()}
    return FrontierResult.from_bundle(Bundle(bundle.kind, meta, frames))


def same_numbers(before, after):
    np.testing.assert_array_equal(after.estimate.theta, before.estimate.theta)
    assert after.loglik == before.loglik
    assert after.status == before.status
    assert after.warnings == before.warnings
    pd.testing.assert_frame_equal(after.coefficients(), before.coefficients(), rtol=1e-9)
    pd.testing.assert_frame_equal(after.efficiencies(), before.efficiencies(), rtol=1e-12)
    assert [c.ok for c in after.checks] == [c.ok for c in before.checks]
    assert after.summary().splitlines()[:3] == before.summary().splitlines()[:3]


@pytest.mark.parametrize("options", [{"cost": True}, {"inefficiency": "truncated_normal", "cost": True}])
def test_storage_on_a_boundary(front41, options):
    with pytest.warns(UserWarning, match="wrong way"):
        before = fit("q ~ k + l", front41, **options)
    same_numbers(before, again(before))


def test_storage_at_the_exponential_limit(rice):
    with pytest.warns(UserWarning, match="exponential"):
        before = fit("prod ~ area + labor + npk", rice, inefficiency="truncated_normal")
    same_numbers(before, again(before))


def test_foreign_bundle():
    with pytest.raises(StoreError, match="frontier"):
        FrontierResult.from_bundle(Bundle("other", {}, {}))


def test_inputs_that_say_the_same(front41, result):
    x = front41[["k", "l"]].to_numpy()
    names = ["log(capital)", "log(labour)"]
    inputs = {
        "polars": fit("log(output) ~ log(capital) + log(labour)", pl.from_pandas(front41)),
        "mapping": fit("q ~ k + l", {c: front41[c].to_numpy() for c in ("q", "k", "l")}),
        "arrays": fit(y=front41["q"], X=x, names=names),
        "lists": fit(y=list(front41["q"]), X=x.tolist()),
        "own intercept": fit(y=front41["q"], X=np.column_stack((np.ones(60), x)), intercept=False),
        "shuffled index": fit("q ~ k + l", front41.set_index(front41.index[::-1])),
        "unit weights": fit("q ~ k + l", front41, weights=np.ones(60)),
        "spec": fit(FrontierSpec("q ~ k + l"), front41),
        "nullable": fit("q ~ k + l", front41.convert_dtypes()),
    }
    for name, found in inputs.items():
        np.testing.assert_allclose(found.estimate.theta, result.estimate.theta, rtol=1e-9, err_msg=name)
    assert inputs["arrays"].names == result.names
    assert inputs["arrays"].spec.formula == "y ~ 1 + log(capital) + log(labour)"
    assert inputs["own intercept"].spec.formula == "y ~ 0 + x1 + x2 + x3"


def test_categories_and_integers(simulated):
    table = simulated("half_normal", 300, 1).assign(group=np.array(["p", "q", "r"])[np.arange(300) % 3])
    table["count"] = np.arange(300) % 7
    found = fit("y ~ a + b + C(group) + count", table)
    assert found.names[:1] == ("Intercept",)
    assert set(found.names) >= {"C(group)[T.q]", "C(group)[T.r]", "count"}
    by_hand = table.assign(q=(table["group"] == "q") * 1.0, r=(table["group"] == "r") * 1.0)
    assert fit("y ~ a + b + q + r + count", by_hand).loglik == pytest.approx(found.loglik, rel=1e-12)


def test_no_regressors(simulated):
    found = fit("y ~ 1", simulated("half_normal", 300, 2, sigma_u=2.0))
    assert found.names == ("Intercept", "lnsigma_u2", "lnsigma_v2")
    with pytest.raises(SpecError, match="no coefficient"):
        found.plot.coefficients()


def test_compare(front41, result):
    laws = {law: fit("log(output) ~ log(capital) + log(labour)", front41, inefficiency=law) for law in LAWS}
    table = compare(laws)
    shown = table.display().set_index("name")
    assert list(shown.columns) == list(LAWS)
    assert shown.loc["Log-likelihood", "half_normal"] == "−17.027"
    assert shown.loc["μ (before truncation)", "half_normal"] == ""
    assert set(table.frame["model"]) == set(LAWS)
    with pytest.raises(SpecError, match="nothing to compare"):
        compare({})


def test_unknown_name_of_the_room():
    import innospace.frontier

    with pytest.raises(AttributeError, match="nope"):
        innospace.frontier.nope  # noqa: B018


def test_description_of_the_model():
    spec = FrontierSpec("y ~ x", cost=True, weights="w")
    assert "cost frontier" in str(spec)
    assert "weighted by w" in str(spec)
    assert FrontierSpec.from_dict(spec.to_dict()) == spec
    assert len(spec.equations()) == 2


def test_what_was_done_to_the_table_is_told_apart_from_warnings():
    from innospace.data import as_dataset

    rng = np.random.default_rng(3)
    x = rng.normal(size=50)
    frame = {"x": x, "y": x + 0.3 * rng.normal(size=50) - np.abs(rng.normal(size=50))}
    dataset = as_dataset(frame)
    found = fit("y ~ x", dataset.with_frame(dataset.frame, "Read as cp1251."))
    assert found.steps == ("Read as cp1251.",)
    assert found.warnings == ()
    assert type(found).from_bundle(found.to_bundle()).steps == found.steps
    assert any("Read as cp1251." in getattr(b, "text", "") for s in found.sections() for b in s.blocks)
