"""Tables: numbers agree with the result, sums close, pages and files hold the same."""

from __future__ import annotations

from dataclasses import replace

import economy_results as solved
import numpy as np
import pytest

from innospace.core.errors import LabelError
from innospace.data import published_table
from innospace.economy.models.knowledge import labels as k
from innospace.economy.models.knowledge import tables
from innospace.economy.models.knowledge.flows import VIA, flows


@pytest.mark.parametrize("kind", list(tables.TABLES))
@pytest.mark.parametrize("which", ["result", "alone", "failing", "drawn"])
def test_every_table_can_be_shown(kind, which):
    r = getattr(solved, which)()
    table = r.table(kind)
    shown = table.display()
    assert not shown.astype(str).isin(["nan", "None"]).any().any()
    assert all(rule <= len(shown) for rule in table.rules)
    if kind not in ("paper", "uncertainty"):
        assert len(shown)


def test_unknown_kinds_name_the_nearest():
    with pytest.raises(LabelError, match="effects"):
        solved.result().table("efects")


def test_effects_beside_the_paper():
    frame = solved.result().table("paper").frame
    assert frame["paper"].tolist() == published_table(6).iloc[:, -1].tolist()
    assert np.allclose(frame["points"] - frame["paper"], frame["points_difference"])
    notes = " ".join(solved.result().table("paper").notes)
    assert "percent of baseline growth" in notes
    assert "neither is asserted" in notes
    assert solved.alone().table("paper").frame.empty


def test_growth_agrees_with_effects():
    r = solved.result()
    last = r.table("growth").frame.iloc[-1]
    for name in r.paths:
        average = (last[f"index.{name}"] / 100.0) ** (1.0 / (len(r.years) - 1)) - 1.0
        assert 100.0 * average == pytest.approx(float(r.effects.loc[name, "growth"]), rel=1e-12)
    assert np.isnan(solved.failing().table("growth").frame["index.option-1"].iloc[-1])


def test_growth_accounts_sum_to_output():
    frame = solved.result().table("growth-accounts").frame
    assert np.allclose(frame[list(tables.ACCOUNTS)].sum(axis=1), frame["output"], atol=1e-9)
    moved = frame.set_index("scenario")["efficiency"]
    assert moved["better-use"] > 0.0 == moved["option-1"]


def test_agents_receive_what_they_pay():
    r = solved.result()
    frame = r.table("payments").frame
    total = frame[frame["item"] == "total"].pivot(index="agent", columns="side", values=["base", "last"])
    assert set(total.index) == set(k.AGENTS)
    for year in ("base", "last"):
        assert np.allclose(total[year]["pays"], total[year]["receives"], rtol=1e-9)


def test_flows_close_at_every_market_and_hold_every_cell():
    r = solved.result()
    accounts = r.accounts("option-4", 2030)
    found = flows(accounts)
    into = found[found["step"] == 0].groupby("target")["value"].sum()
    out = found[found["step"] == 1].groupby("source")["value"].sum()
    assert set(into.index) == set(out.index) == set(VIA)
    assert np.allclose(into, out.loc[into.index], rtol=1e-9)
    sold = accounts.loc[[f"act.{i}" for i in k.PRODUCERS]].to_numpy().sum()
    own = found[(found["step"] == 1) & found["target"].isin(k.PRODUCERS) & found["source"].isin(k.MARKET)]
    assert own["value"].sum() < sold


def test_sectors_shares_sum_to_one():
    frame = solved.result().table("sectors").frame
    assert np.allclose(frame.groupby(["scenario", "year"])["share"].sum(), 1.0)


def test_natures_count_every_cell():
    r = solved.result()
    frame = r.table("natures").frame
    assert frame["cells"].sum() == len(r.model.sam.to_frame())
    assert frame["share"].sum() == pytest.approx(1.0)
    bare = replace(r.model, sam=replace(r.model.sam, natures=None))
    assert replace(r, model=bare).table("natures").frame["nature"].tolist() == ["not recorded"]
    assert replace(r, model=bare).table("assumed-cells").frame.empty


def test_the_matrix_of_the_file_balances():
    frame = solved.result().table("matrix").frame
    for column in ("value", "value_2030_baseline"):
        gap = frame.groupby("row")[column].sum() - frame.groupby("column")[column].sum()
        assert gap.abs().max() < 1e-9 * frame[column].sum()


def test_assumptions_say_what_the_study_changed():
    r = solved.result()
    reasons = r.table("assumptions").frame.set_index("assumption")["reason"]
    assert not reasons.str.contains("set by the study").any()
    spec = replace(r.model.spec, substitution=3.0)
    changed = replace(r, model=replace(r.model, spec=spec)).table("assumptions").frame.set_index("assumption")
    assert changed.loc["substitution", "reason"].startswith("set by the study")
    assert changed.loc["substitution", "value.all"] == 3.0


def test_every_unknown_is_counted_with_its_equation():
    r = solved.result()
    frame = r.table("variables").frame
    assert frame["members"].sum() == r.model.system.size
    assert (frame["equations"] != "").all()
