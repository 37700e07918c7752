"""The replication of the policy options: print is read, not typed; what is shown follows the numbers; storage."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from explained import names_of, numbers_of, unexplained
from replication_cases import small_replication

import innospace.economy.replication as room
from innospace.core.errors import DataError, LabelError, StoreError
from innospace.core.result import Bundle
from innospace.data import published_table
from innospace.economy.models.knowledge import labels as k
from innospace.economy.models.knowledge.fit import effects_of
from innospace.economy.models.knowledge.solve import shipped_scenarios
from innospace.economy.replication import published
from innospace.economy.replication.readings import readings
from innospace.economy.replication.replicate import shipped_model
from innospace.economy.replication.tables import TABLES


@pytest.fixture(scope="module")
def result() -> room.BashkortostanReplication:
    return small_replication()


def test_published_effects_come_from_table_6():
    table = published_table(6)["grp_growth_change_pct_of_baseline"]
    paper = published.paper_effects()
    assert list(paper) == ["option-1", "option-2", "option-3", "option-4"]
    assert list(paper.values()) == list(table)
    code = "\n".join(p.read_text(encoding="utf-8") for p in Path(room.__file__).parent.glob("*.py"))
    assert not [v for v in table if str(abs(v)) in code]


def test_the_efficiency_is_the_published_one_and_says_so(monkeypatch):
    te = published.paper_efficiency()
    table = published_table(4).set_index("region")
    assert te.value == pytest.approx(float(table.loc[published.REGION, "te_2012"]))
    assert "published, not estimated" in te.origin
    monkeypatch.setattr(published, "REGION", "Atlantis")
    with pytest.raises(DataError, match="0 rows of Atlantis"):
        published.paper_efficiency()


def test_default_assumptions_give_signs_and_order_of_the_paper():
    model = shipped_model(published.paper_efficiency().value)
    options = tuple(shipped_scenarios().values())
    one, two, three, four = effects_of(model, options, "points")[0]
    assert four > one > three > 0.0 > two
    assert abs(two) < one
    assert four > one + three


def test_json_has_what_other_programs_rely_on(result):
    found = json.loads(json.dumps(result.to_dict(), allow_nan=False, default=float))
    for n, value in zip("1234", result.paper.values(), strict=True):
        assert set(found["options"][n]) == {"effect_pp", "effect_percent", "paper"}
        assert found["options"][n]["paper"] == value
        assert found["fit"][n]["paper"] == value
        assert found["fit"][n]["fitted"] == result.fit("percent", "coefficients").fitted[f"option-{n}"]
    assert set(found["fit"]["readings"]) == {"percent", "points"}
    assert found["base_year"]["grp"] == pytest.approx(1_154_056.1, abs=0.1)
    assert found["years"] == [2012, 2013, 2014]
    assert found["solver"]["iterations"] > 0
    assert found["solver"]["seconds"] == 0.5
    assert {"name", "value", "tolerance", "ok", "meaning"} <= set(found["checks"][0])
    assert found["parameters"]["alpha"][k.OTHER] == 0.001


def test_every_name_that_it_shows_is_explained(result):
    labels = {*result.paper, *map(str, result.rates), "0.9", "1.1"}
    assert unexplained([*names_of(result), *numbers_of(result)], labels) == []


def test_checks_follow_the_numbers(result):
    assert [c.name for c in result.checks[:3]] == ["pattern.order", "pattern.less_is_lost", "pattern.together"]
    good = replace(result, fits=tuple(replace(f, rms=0.001) for f in result.fits))
    bad = replace(result, fits=tuple(replace(f, rms=0.3, reached=0) for f in result.fits))
    for replication, ok in ((good, True), (bad, False)):
        verdicts = {c.name: c.ok for c in replication.checks}
        assert verdicts["fit.scales"] is ok
        assert verdicts["fit.coefficients"] is ok
        assert verdicts["starts.points.scales"] is ok
    assert "almost exactly" in " ".join(good.findings())
    assert "not reached" in " ".join(bad.findings())


def test_the_pattern_is_claimed_only_where_it_holds(result):
    claims = {"Signs and order are the published ones": True, "does not hold in full": False}
    holds = all(c.ok for c in result.checks[:3])
    text = " ".join(result.findings())
    assert [claims[c] for c in claims if c in text] == [holds]


@pytest.mark.parametrize("kind", list(TABLES))
def test_tables_show_every_column(result, kind):
    table = result.table(kind)
    shown = table.display()
    assert list(shown.columns) == [c.key for c in table.columns]
    assert len(shown) == len(table.frame) > 0


def test_an_unknown_table_is_refused(result):
    with pytest.raises(LabelError, match="knife"):
        result.table("knife")


def test_the_terminal_is_a_hundred_columns_wide(result):
    assert max(map(len, result.summary().splitlines())) <= 100


def test_the_report_holds_comparison_fits_and_limits(result):
    sections = {s.anchor: s for s in result.sections()}
    assert {"comparison", "fits", "limits"} <= set(sections)
    assert len({s.anchor for s in result.sections()}) == len(result.sections())
    limits = " ".join(getattr(b, "text", "") for b in sections["limits"].blocks)
    assert "Why points are out of reach" in limits
    assert "nan" not in limits


def test_a_stored_replication_shows_the_same(result):
    bundle = result.to_bundle()
    kept = Bundle(bundle.kind, json.loads(json.dumps(bundle.meta, default=float)), bundle.frames)
    again = room.BashkortostanReplication.from_bundle(kept)
    assert again.fits == result.fits
    assert again.findings() == result.findings()
    pd.testing.assert_frame_equal(again.to_frame(), result.to_frame())
    assert [c.ok for c in again.checks] == [c.ok for c in result.checks]
    with pytest.raises(StoreError, match="not a 'replication_bashkortostan'"):
        room.BashkortostanReplication.from_bundle(Bundle("other", {}, {}))


def test_effects_under_other_rules_stand_in_a_table(result):
    frame = result.readings
    first = frame.iloc[0]
    assert (first["set_price_supply"], first["knowledge"], first["options"]) == ("state_order", "cumulative", "default")
    for name, effect in result.effects.items():
        assert first[name] == pytest.approx(effect, abs=1e-9)
    assert len(result.table("readings").display()) == len(frame) == 12


def test_rules_decide_more_than_numbers():
    frame = readings(shipped_model(published.paper_efficiency().value))
    lag = frame[frame["knowledge"] == "lag"]
    assert (lag["option-1"] < 0.01).all(), "one year's spending cannot make up for lost investment"
    shares = frame[(frame["set_price_supply"] == "fixed_share") & (frame["knowledge"] == "cumulative")]
    assert shares["option-1"].isna().all(), "the authorities' budget runs out"
    orders = frame[(frame["set_price_supply"] == "state_order") & (frame["options"] == "default")].set_index(
        "knowledge"
    )
    assert 3.0 < orders["option-1"]["cumulative"] / orders["option-1"]["perpetual_inventory"] < 6.0
    assert frame["ratio"].dropna().gt(0.0).all()
