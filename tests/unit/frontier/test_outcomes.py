"""Several outcomes beside each other: plain frontiers, rank correlations another way, known truth, rows left out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from innospace.core.errors import LabelError, SpecError
from innospace.core.figure import Figure
from innospace.core.result import Estimated, Result
from innospace.data import load_sample
from innospace.frontier.figures import ENDS
from innospace.frontier.fitting import fit
from innospace.frontier.outcomes import OutcomesResult, OutcomesSpec, fit_outcomes

RELATIVE = 1e-9  # the same likelihood on the same rows
FORMULA = "log(outcome) ~ log(space)"
TYPES = ("Продукты", "processes", "patents")


def simulated(regions=150, seed=3):
    """Two types share inefficiency, the third has its own; one zero in each of the last two."""
    rng = np.random.default_rng(seed)
    space = np.exp(rng.normal(9.0, 1.5, regions))
    shared, own = np.abs(rng.normal(size=(2, regions)))
    made = {"region": [f"Область {i}" for i in range(regions)], "year": 2012, "space": space}
    for name, u in zip(TYPES, (shared, shared, own), strict=True):
        made[name] = np.exp(-3.0 + 0.6 * np.log(space) + 0.2 * rng.normal(size=regions) - u)
    frame = pd.DataFrame(made).assign(z=rng.normal(size=regions))
    frame.loc[4, "processes"] = frame.loc[7, "patents"] = 0.0
    return frame


@pytest.fixture(scope="module")
def table():
    return simulated()


@pytest.fixture(scope="module")
def result(table):
    return fit_outcomes(FORMULA, table, outcomes=TYPES, zero_rule="drop")


def test_each_is_a_plain_frontier_on_its_own_rows(table, result):
    assert isinstance(result, Result)
    assert isinstance(result, Estimated)
    alone = fit("log(processes) ~ log(space)", table[table["processes"] > 0].reset_index(drop=True))
    assert result.fits["processes"].loglik == pytest.approx(alone.loglik, rel=RELATIVE)
    assert [r.n for r in result.fits.values()] == [150, 149, 149]
    assert result.status.converged


def test_efficiencies_stand_beside_their_own_row(table, result):
    found = result.efficiencies.set_index("region")
    assert np.isnan(found.loc["Область 4", "te_processes"])
    assert found.loc["Область 4", ["te_Продукты", "te_patents"]].notna().all()
    kept = table[table["patents"] > 0]
    alone = fit("log(patents) ~ log(space)", kept.reset_index(drop=True)).used_efficiencies().te_bc
    assert found.loc[kept["region"], "te_patents"].to_numpy() == pytest.approx(alone, rel=1e-6)
    assert found["mean_rank"].isna().sum() == 2


def test_rank_correlations_tell_shared_inefficiency(result):
    frame = result.efficiencies.dropna()
    pairs = result.correlations.set_index(["first", "second"])
    assert pairs.loc[("Продукты", "processes"), "spearman"] > 0.75
    assert abs(pairs.loc[("Продукты", "patents"), "spearman"]) < 0.2
    assert pairs["rows"].tolist() == [149, 149, 148]
    ranks = frame[["te_processes", "te_patents"]].rank()
    by_hand = np.corrcoef(ranks["te_processes"], ranks["te_patents"])[0, 1]
    assert pairs.loc[("processes", "patents"), "spearman"] == pytest.approx(by_hand, abs=1e-12)
    z = by_hand * np.sqrt(146 / (1 - by_hand**2))
    assert pairs.loc[("processes", "patents"), "p_value"] == pytest.approx(2 * stats.t.sf(abs(z), 146), rel=1e-9)


def test_words_tables_figures_and_storage(result):
    assert max(map(len, result.summary().splitlines())) <= 100
    assert "mostly efficient too" in result.findings()[0]
    assert len(result.table("models").columns) == 4
    assert len(result.table("correlations").frame) == 3
    figures = result.plot.all()
    assert [f.name for f in figures] == ["outcomes-1", "outcomes-2", "outcomes-3"]
    assert all(isinstance(f, Figure) for f in figures)
    assert [s.anchor for s in result.sections()] == ["model", "pairs", "estimates", "efficiency"]
    again = OutcomesResult.from_bundle(result.to_bundle())
    pd.testing.assert_frame_equal(again.efficiencies, result.efficiencies)
    assert again.summary() == result.summary()
    assert again.spec == result.spec


def test_determinants_by_outcome(table):
    found = fit_outcomes(FORMULA + " | u: z", table, outcomes=TYPES[:2], zero_rule="replace", zero_value=0.01)
    assert found.table("determinants").frame["outcome"].tolist() == ["Продукты"] * 2 + ["processes"] * 2
    assert any("replaced by 0.01" in s for s in found.steps)


def test_a_reader_picks_an_outcome(result):
    (outcome,) = result.choices()
    assert list(outcome.options) == list(TYPES)
    shown = result.view({"outcome": "patents"})
    (ranking,) = shown.figures  # no region of the simulated table has a place on a map
    own = result.fits["patents"].used_efficiencies().te_bc
    best_first = np.sort(own)[::-1]
    ends = np.r_[best_first[:ENDS], best_first[-ENDS:]]  # 149 rows are too many to draw
    assert ranking.data["te_bc"].to_numpy() == pytest.approx(ends, rel=RELATIVE)
    assert len(shown.table.frame) == 150
    with pytest.raises(LabelError, match="patent"):
        result.view({"outcome": "patent"})


def test_maps_and_ranks_of_a_year():
    table = load_sample("russia-innovation-types-2010-2012")
    types = ("technologies", "innovative_goods_mln_rub")
    result = fit_outcomes(FORMULA, table, outcomes=types, zero_rule="drop")
    outcome, year = result.choices()
    assert (list(outcome.options), list(year.options), year.default) == (list(types), ["2010", "2011", "2012"], "2012")
    shown = result.view({"outcome": types[1], "year": "2010"})
    map_, ranking = shown.figures
    rows = table.frame[(table.frame["year"] == 2010) & (table.frame[types[1]] > 0)]
    assert set(map_.data["region_code"]) == set(rows["region_code"])
    found = result.efficiencies
    found = found[found["year"] == 2010].set_index("region")[f"te_{types[1]}"]
    by_region = ranking.data.set_index("label")["te_bc"]
    assert by_region.to_numpy() == pytest.approx(found[by_region.index].to_numpy(), rel=RELATIVE)
    assert set(shown.table.frame["region"]) >= set(by_region.index)


def test_refusals(table, result):
    with pytest.raises(SpecError, match="word outcome once"):
        OutcomesSpec("log(patents) ~ log(space)", TYPES)
    with pytest.raises(SpecError, match="several different"):
        OutcomesSpec(FORMULA, ("patents",))
    with pytest.raises(LabelError, match="patent"):
        fit_outcomes(FORMULA, table, outcomes=("patent", "processes"))
    with pytest.raises(SpecError, match="no parameter 'mu'"):
        OutcomesSpec(FORMULA + " | mu: z", TYPES)
    with pytest.raises(SpecError, match="no regressors"):
        result.table("determinants")
    with pytest.raises(LabelError, match="product"):
        result.plot.pair("product", "patents")


def test_a_step_of_a_study(table, tmp_path):
    from innospace.study.execute import run
    from innospace.study.inspect import problems
    from innospace.study.store import read_run

    table.to_csv(tmp_path / "types.csv", index=False)
    head = '[study]\ntitle = "T"\n[data.t]\nfile = "types.csv"\n[step.types]\nengine = "frontier"\ndata = "t"\n'
    step = f'{head}formula = "{FORMULA}"\nzero_rule = "drop"\noutcomes = ["processes", "patents"]\n'
    (tmp_path / "study.toml").write_text(step, encoding="utf-8")
    assert problems(tmp_path) == []
    run(tmp_path)
    stored = read_run(tmp_path).results["types"]
    assert stored.correlations["rows"].tolist() == [148]
    (tmp_path / "study.toml").write_text(step.replace('"processes", ', '"process", '), encoding="utf-8")
    assert "process" in problems(tmp_path)[0].what
    (tmp_path / "study.toml").write_text(step + 'noise = "laplace"\n', encoding="utf-8")
    assert "with outcomes: noise" in problems(tmp_path)[0].what
