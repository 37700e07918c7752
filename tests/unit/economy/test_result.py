"""The result: labels and units, plain types, storage and back."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from economy_cases import INNOVATION, OPTIONS, bare_result, levels, model, option, path

from innospace.core.errors import LabelError, StoreError
from innospace.core.inputs import LinkedValue
from innospace.core.result import Bundle, Result
from innospace.economy.models.knowledge.result import EconomyResult
from innospace.economy.models.knowledge.solve import solve

STORED = 1e-12
"""Relative: numbers are stored whole; reported cells are computed anew from them."""


@pytest.fixture(scope="module")
def result():
    return bare_result(model(), *(option(n) for n in OPTIONS))


@pytest.fixture(scope="module")
def failed():
    m = model("fixed_share")
    return solve(m, [option("option-1")])


def test_it_keeps_the_contract_of_results(result):
    assert isinstance(result, Result)
    assert result.status.converged
    assert result.baseline == "baseline"
    assert list(result.paths) == ["baseline", *OPTIONS]


def test_effects_are_differences_of_growth(result):
    effects = result.effects
    assert list(effects.columns) == ["growth", "effect_points", "effect_percent"]
    assert effects.loc["baseline", "effect_points"] == 0.0
    for name in OPTIONS:
        growth, base = effects.loc[name, "growth"], effects.loc["baseline", "growth"]
        assert effects.loc[name, "effect_points"] == pytest.approx(growth - base)
        assert effects.loc[name, "effect_percent"] == pytest.approx(100.0 * (growth - base) / base)
        index = result.real_grp(name)
        assert growth == pytest.approx(100.0 * ((index[-1] / index[0]) ** (1 / 18) - 1.0))


def test_dataset_has_dims_units_and_titles(result):
    data = result.dataset
    assert data["Y"].dims == ("scenario", "year", "agent")
    assert data["D"].dims == ("scenario", "year", "agent", "market")
    assert data["GRP"].dims == ("scenario", "year")
    for family in result.model.system.variables:
        assert data[family.name].attrs["unit"] == family.unit
        assert data[family.name].attrs["long_name"] == family.title
    chosen = data["P"].sel(scenario="option-4", market="n1", year=2030).item()
    assert chosen == levels(result.model, result.paths["option-4"], "P.n1")[-1]
    bought = data["D"].sel(scenario="option-1", agent=INNOVATION, market="z1").to_numpy()
    np.testing.assert_array_equal(bought, levels(result.model, result.paths["option-1"], f"D.{INNOVATION}.z1"))
    assert np.isnan(data["D"].sel(agent="households", market="i1")).all()
    np.testing.assert_array_equal(data["real_GRP"].sel(scenario="option-2"), result.real_grp("option-2"))


def test_tidy_frame_has_a_row_a_number(result):
    frame = result.to_frame()
    assert list(frame.columns) == ["scenario", "year", "variable", "agent", "market", "value", "unit"]
    assert len(frame) == 5 * 19 * (104 + 1)
    assert not frame.duplicated(["scenario", "year", "variable", "agent", "market"]).any()
    row = frame.query("scenario == 'option-3' and year == 2020 and variable == 'D' and agent == 'households'")
    assert set(row["market"]) == {"c1", "r1"}
    real = frame.query("variable == 'real_GRP' and scenario == 'option-2'")
    np.testing.assert_array_equal(real["value"], result.real_grp("option-2"))
    assert set(frame.query("variable == 'L1'")["unit"]) == {"persons"}


def test_to_dict_is_strict_json(result, failed):
    for found in (result, failed):
        plain = json.loads(json.dumps(found.to_dict(), allow_nan=False))
        assert plain["years"] == list(range(2012, 2031))
        assert plain["scenarios"]["baseline"]["growth"] == pytest.approx(100.0 * found.growth["baseline"])
    assert failed.to_dict()["scenarios"]["option-1"] == dict.fromkeys(("growth", "effect_points", "effect_percent"))


def test_offers_effects_by_scenario(result):
    frame = result.offers("growth_effect")
    assert list(frame.columns) == ["scenario", "value", "lower", "upper", "unit"]
    assert frame.set_index("scenario").loc["option-4", "value"] == result.effects.loc["option-4", "effect_points"]
    with pytest.raises(LabelError, match="Did you mean 'growth_effect'"):
        result.offers("growth_effects")


def test_unknown_names_offer_the_nearest(result):
    with pytest.raises(LabelError, match="Did you mean 'option-1'"):
        result.values("option1", "GRP")
    with pytest.raises(LabelError, match="Did you mean"):
        result.values("option-1", "P", "z9")
    with pytest.raises(LabelError, match="Did you mean 'option-1'"):
        result.real_grp("option1")


def stored(found: EconomyResult) -> EconomyResult:
    """Through JSON and back, as the store of a study does."""
    bundle = found.to_bundle()
    meta = json.loads(json.dumps(bundle.meta))
    return EconomyResult.from_bundle(Bundle(bundle.kind, meta, bundle.frames))


def test_storage_keeps_every_number(result):
    again = stored(result)
    assert list(again.paths) == list(result.paths)
    assert again.model.spec == result.model.spec
    assert again.model.closure == result.model.closure
    assert again.model.inputs == result.model.inputs
    assert again.gates == result.gates
    for name, found in result.paths.items():
        kept = again.paths[name]
        np.testing.assert_array_equal(kept.levels, found.levels)
        np.testing.assert_array_equal(kept.parameters, found.parameters)
        np.testing.assert_allclose(kept.reported, found.reported, rtol=STORED, atol=1e-6)
        assert (kept.years, kept.iterations, kept.scenario) == (found.years, found.iterations, found.scenario)
    assert again.effects.equals(result.effects)
    np.testing.assert_array_equal(again.model.sam.values, result.model.sam.values)


def test_storage_keeps_failures(failed):
    again = stored(failed)
    one, other = failed.paths["option-1"].failure, again.paths["option-1"].failure
    assert (one.code, one.iterations, one.reached, one.worst, one.residual) == (
        other.code,
        other.iterations,
        other.reached,
        other.worst,
        other.residual,
    )
    np.testing.assert_array_equal(one.x, other.x)
    assert again.status == failed.status
    assert again.feasible == failed.feasible
    assert again.gates == failed.gates
    assert math.isnan(again.growth["option-1"])


def test_failed_years_are_missing_and_not_zero(failed):
    solved = len(failed.paths["option-1"].years)
    series = failed.dataset["GRP"].sel(scenario="option-1")
    assert series.notnull().sum() == solved < 19
    frame = failed.to_frame()
    assert frame.query("scenario == 'option-1'")["year"].max() == failed.paths["option-1"].years[-1]


def test_another_kind_is_refused(result):
    with pytest.raises(StoreError, match="is not a 'knowledge_economy' result"):
        EconomyResult.from_bundle(Bundle("frontier", {}, {}))


def test_efficiency_keeps_its_origin():
    linked = LinkedValue(0.72, 0.66, 0.79, "fraction", "frontier.technical_efficiency (Bashkortostan, 2012)")
    m = model(last_year=2013)
    found = stored(solve(m, efficiency=linked, seed=7))
    assert found.efficiency == linked
    assert found.provenance.seed == 7
    assert found.to_dict()["efficiency"]["origin"] == linked.origin


def test_progress_rises_to_one():
    said = []
    solve(model(last_year=2013), [option("option-3")], progress=lambda text, part: said.append((text, part)))
    parts = [part for _, part in said]
    assert parts == sorted(parts)
    assert parts[-1] == 1.0
    assert any("option-3" in text for text, _ in said)


def test_paths_are_not_solved_again_by_looking(result, monkeypatch):
    from innospace.economy.models.knowledge import dynamics

    monkeypatch.setattr(dynamics, "solve_path", lambda *a, **k: pytest.fail("solved again"))
    stored(result)
    assert result.paths["option-1"].levels.shape == path("option-1").levels.shape
