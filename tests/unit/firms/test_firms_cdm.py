"""The chain from R&D to productivity: stages against single estimates, bootstrap, options, bad input."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "support"))

import statsmodels.api as sm
from firm_chain_cases import CHAIN_FORMULAS, chain_firms
from scipy import stats

from innospace.core.errors import DataError, FormulaError, LabelError, SpecError
from innospace.firms.cdm import cdm
from innospace.firms.result import FirmResult
from innospace.firms.selection import heckman


@pytest.fixture(scope="module")
def firms():
    return chain_firms(1500)


@pytest.fixture(scope="module")
def result(firms):
    return cdm(firms, **CHAIN_FORMULAS, bootstrap=40, seed=5)


def coefficients(result, stage):
    frame = result.coefficients()
    return frame[[n.startswith(f"{stage}: ") for n in frame.index]]["estimate"].to_numpy()


def test_stages_agree_with_single_estimates(firms, result):
    first = heckman(CHAIN_FORMULAS["intensity"], CHAIN_FORMULAS["selection"], firms)
    np.testing.assert_allclose(result.estimates.values[:8], first.estimates.values, rtol=1e-8)
    latent = first.estimates.values[0] + first.estimates.values[1] * firms["shifter"]
    x = sm.add_constant(np.column_stack([firms["need"], latent]))
    product = sm.Probit(firms["product"], x).fit(disp=0, tol=1e-12)
    np.testing.assert_allclose(coefficients(result, "product"), np.asarray(product.params), rtol=1e-6)
    z = sm.add_constant(np.column_stack([firms["plant"], latent]))
    process = sm.Probit(firms["process"], z).fit(disp=0, tol=1e-12)
    w = sm.add_constant(np.column_stack([firms["size"], product.predict(), process.predict()]))
    np.testing.assert_allclose(
        coefficients(result, "productivity"), np.asarray(sm.OLS(firms["output"], w).fit().params), rtol=1e-6
    )
    np.testing.assert_allclose(result.frames["predictions"]["predicted_product"], product.predict(), atol=1e-8)
    assert list(result.frames["predictions"].columns[2:]) == [
        "predicted_rd_intensity",
        "predicted_product",
        "predicted_process",
    ]


def test_the_chain_multiplies_its_links(result):
    product = result.effect("product: predicted_rd_intensity", "average_marginal_effect")["estimate"]
    gain = result.coefficients().loc["productivity: predicted_product", "estimate"]
    ways = result.effects()
    ways = ways[ways["kind"] == "rd_on_productivity"].set_index("name")["estimate"]
    assert ways["through product"] == pytest.approx(product * gain)
    assert ways["total"] == pytest.approx(ways["through product"] + ways["through process"])
    assert "direct" not in ways


def test_bootstrap_errors_exceed_those_of_the_last_stage_alone(firms, result):
    alone = cdm(firms, **CHAIN_FORMULAS, bootstrap=0)
    np.testing.assert_allclose(alone.estimates.values, result.estimates.values)
    assert alone.kind == "uncorrected"
    assert "ignore that predictions are estimated" in alone.warnings[-1]
    assert result.kind == "bootstrap"
    assert result.numbers["bootstrap_draws"] == 40
    ratio = result.coefficients()["std_error"] / alone.coefficients()["std_error"]
    assert 0.6 < ratio.median() < 1.6


def test_a_seed_fixes_the_draws_and_progress_is_told(firms, result, tmp_path):
    told = []
    how = {"seed": 5, "resume": tmp_path / "long", "progress": lambda m, f: told.append(f)}
    again = cdm(firms, **CHAIN_FORMULAS, bootstrap=40, **how)
    np.testing.assert_array_equal(again.covariance, result.covariance)
    assert told[-1] == pytest.approx(1.0)
    other = cdm(firms, **CHAIN_FORMULAS, bootstrap=40, seed=6)
    assert not np.array_equal(other.covariance, result.covariance)


def test_whole_firms_are_drawn(firms):
    twice = firms.loc[firms.index.repeat(2)].reset_index(drop=True)
    twice["firm"] = np.repeat(np.arange(len(firms)), 2)
    panel = cdm(twice, **CHAIN_FORMULAS, bootstrap=30, seed=1, firm="firm")
    single = cdm(firms, **CHAIN_FORMULAS, bootstrap=30, seed=1)
    assert panel.numbers["firms"] == len(firms)
    # every row twice in one firm: the same draws of firms give the same estimates
    np.testing.assert_allclose(panel.estimates.values, single.estimates.values, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(np.diag(panel.covariance), np.diag(single.covariance), rtol=1e-4)


def test_conditional_predictions_add_the_mills_ratio(firms):
    r = cdm(firms, **CHAIN_FORMULAS, bootstrap=0, prediction="conditional")
    theta = r.estimates.values
    index = theta[2] + theta[3] * firms["size"] + theta[4] * firms["subsidy"] + theta[5] * firms["shifter"]
    rho_sigma = np.tanh(theta[6]) * np.exp(theta[7])
    up = stats.norm.pdf(index) / stats.norm.cdf(index)
    down = -stats.norm.pdf(index) / stats.norm.cdf(-index)
    expected = theta[0] + theta[1] * firms["shifter"] + rho_sigma * np.where(firms["performs"] == 1, up, down)
    np.testing.assert_allclose(r.frames["predictions"]["predicted_rd_intensity"], expected, atol=1e-8)


def test_performers_only(firms):
    r = cdm(firms, **CHAIN_FORMULAS, bootstrap=0, all_firms=False)
    performs = firms["performs"] == 1
    latent = r.frames["predictions"]["predicted_rd_intensity"]
    x = sm.add_constant(np.column_stack([firms["need"], latent]))[performs]
    peer = sm.Probit(firms["product"][performs], x).fit(disp=0, tol=1e-12)
    np.testing.assert_allclose(coefficients(r, "product"), np.asarray(peer.params), rtol=1e-6)


def test_predictions_may_be_written_into_the_formulas(firms):
    wanted = CHAIN_FORMULAS | {"productivity": "output ~ size + predicted_product + predicted_rd_intensity"}
    r = cdm(firms, **wanted, bootstrap=0)
    names = [n for n in r.estimates.names if n.startswith("productivity")]
    assert "productivity: predicted_process" not in names
    assert "direct" in list(r.effects()["name"])


def test_a_result_survives_storage(result):
    again = FirmResult.from_bundle(result.to_bundle())
    assert str(again.to_dict()) == str(result.to_dict())
    assert result.sections()
    assert "predicted R&D intensity" in result.sentences[0]


@pytest.mark.parametrize(
    ("change", "error", "match"),
    [
        ({"innovation": []}, SpecError, "at least one innovation"),
        ({"innovation": ["product ~ need", "product ~ plant"]}, SpecError, "names of their own"),
        ({"prediction": "mean"}, LabelError, "prediction"),
        ({"innovation": ["output ~ need"]}, DataError, "must hold 0 and 1"),
        ({"productivity": "output ~ size + log(predicted_product)"}, FormulaError, "only by itself"),
        ({"firm": "company"}, LabelError, "company"),
        ({"intensity": "log(rd) ~ shifter + absent"}, LabelError, "absent"),
        ({"bootstrap": 1}, SpecError, "at least 2 draws"),
    ],
)
def test_bad_specifications_are_refused(firms, change, error, match):
    with pytest.raises(error, match=match):
        cdm(firms, **(CHAIN_FORMULAS | {"bootstrap": 0} | change))


def test_bad_tables_are_refused(firms):
    with pytest.raises(DataError, match="Every row is selected"):
        cdm(firms.assign(performs=1), **CHAIN_FORMULAS, bootstrap=0)
    with pytest.raises(DataError, match="No row is selected"):
        cdm(firms.assign(performs=0), **CHAIN_FORMULAS, bootstrap=0)
    with pytest.raises(DataError, match=r"log\(rd\) is not a finite number"):
        cdm(firms.assign(rd=firms["rd"].where(firms["rd"] < 3, -1.0)), **CHAIN_FORMULAS, bootstrap=0)
    with pytest.raises(SpecError, match="already has a column 'predicted_product'"):
        cdm(firms.assign(predicted_product=0.0), **CHAIN_FORMULAS, bootstrap=0)
    with pytest.raises(DataError, match="'product' is 1 in every row"):
        cdm(firms.assign(product=1), **CHAIN_FORMULAS, bootstrap=0)
    with pytest.raises(DataError, match="Perfect separation"):
        cdm(firms.assign(need=firms["product"]), **CHAIN_FORMULAS, bootstrap=0)


def test_no_exclusion_restriction_is_warned_of(firms):
    wanted = CHAIN_FORMULAS | {"intensity": "log(rd) ~ size + subsidy + shifter"}
    assert "No exclusion restriction" in cdm(firms, **wanted, bootstrap=0).warnings[0]


def test_collinear_predictions_fail_a_check(firms):
    wanted = CHAIN_FORMULAS | {"innovation": ["product ~ need", "process ~ need"]}
    r = cdm(firms, **wanted, bootstrap=0)
    check = next(c for c in r.checks if c.name == "condition_productivity")
    assert check.value > next(c for c in cdm(firms, **CHAIN_FORMULAS, bootstrap=0).checks if c.name == check.name).value
