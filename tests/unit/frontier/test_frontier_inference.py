"""Covariances against formulas written out row by row."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from innospace.core.errors import SpecError
from innospace.frontier.fitting import fit
from innospace.frontier.likelihood import evaluate, scores

LAWS = ("half_normal", "exponential", "truncated_normal")


@pytest.fixture(scope="module", params=LAWS)
def result(request, simulated):
    table = simulated(request.param, 400, 4).assign(firm=np.arange(400) // 5, w=np.linspace(0.5, 1.5, 400))
    found = fit("y ~ a + b", table, inefficiency=request.param, weights="w", cluster="firm")
    assert found.status.converged
    return found


def parts(result):
    """Return information, scores and weights in the units of the data."""
    e = result.estimate
    return -evaluate(e.problem, e.theta)[2], scores(e.problem, e.theta), e.problem.weights


def brute(result, kind):
    information, s, w = parts(result)
    bread = np.linalg.inv(information)
    if kind == "hessian":
        return bread
    if kind == "opg":
        return np.linalg.inv(sum(wi * np.outer(si, si) for wi, si in zip(w, s, strict=True)))
    if kind == "robust":
        meat = sum(wi**2 * np.outer(si, si) for wi, si in zip(w, s, strict=True))
        return bread @ meat @ bread
    groups = result.sample.clusters
    sums = [sum(w[i] * s[i] for i in np.flatnonzero(groups == g)) for g in np.unique(groups)]
    g = len(sums)
    return bread @ sum(np.outer(v, v) for v in sums) @ bread * g / (g - 1)


@pytest.mark.parametrize("kind", ["hessian", "opg", "robust", "cluster"])
def test_against_written_out_formulas(result, kind):
    expected = brute(result, kind)
    got = result.vcov(kind)
    scale = np.sqrt(np.diag(expected))
    np.testing.assert_allclose(got.covariance / np.outer(scale, scale), expected / np.outer(scale, scale), atol=1e-6)
    np.testing.assert_allclose(got.coefficients()["std_error"], scale, rtol=1e-6)
    assert got.covariance_kind == kind
    assert got.loglik == result.loglik
    np.testing.assert_array_equal(got.covariance, got.covariance.T)


def test_z_p_and_interval(result):
    table, bounds = result.coefficients(), result.confidence_intervals(0.9)
    np.testing.assert_allclose(table["z"], table["estimate"] / table["std_error"])
    np.testing.assert_allclose(bounds["upper"] - bounds["lower"], 2 * 1.6448536269514722 * table["std_error"])
    assert result.test_wald(["a"]).p_value == pytest.approx(table.loc["a", "p_value"])


def test_singleton_clusters_are_robust_up_to_the_correction(simulated):
    table = simulated("half_normal", 150, 4).assign(i=np.arange(150))
    found = fit("y ~ a + b", table, cluster="i")
    np.testing.assert_allclose(
        found.vcov("cluster").covariance, found.vcov("robust").covariance * 150 / 149, rtol=1e-10, atol=1e-15
    )


def test_kinds_agree_when_the_model_is_right(simulated):
    found = fit("y ~ a + b", simulated("half_normal", 20_000, 5))
    errors = pd.DataFrame({k: found.vcov(k).coefficients()["std_error"] for k in ("hessian", "opg", "robust")})
    # information equality; sampling error of a variance from 20,000 rows is about one percent
    np.testing.assert_allclose(errors.div(errors["hessian"], axis=0), 1.0, atol=0.06)


def test_unknown_and_impossible_kinds(front41):
    found = fit("q ~ k + l", front41)
    with pytest.raises(SpecError, match="needs cluster labels"):
        found.vcov("cluster")
    with pytest.raises(SpecError, match="Unknown covariance") as caught:
        found.vcov("robus")
    assert "robust" in caught.value.remedy
    with pytest.raises(SpecError):
        fit("q ~ k + l", front41, vcov="cluster")


def test_clusters_may_be_text_and_arrays(front41):
    labels = np.array(["a", "b", "c", "d"])[np.arange(60) % 4]
    by_array = fit("q ~ k + l", front41, cluster=labels, vcov="cluster")
    by_column = fit("q ~ k + l", front41.assign(g=labels), cluster="g", vcov="cluster")
    np.testing.assert_array_equal(by_array.covariance, by_column.covariance)
