"""Many regions year by year: base year, exact properties, two routes, lags, known answers, inputs, results."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path as File

import numpy as np
import pytest

sys.path.insert(0, str(File(__file__).parents[2] / "support"))
from explained import names_of, unexplained

from innospace.core.errors import DataError, InnospaceError, LabelError, SpecError
from innospace.core.figure import Figure, FigureKind
from innospace.core.inputs import LinkedValue, StepInputs
from innospace.core.table import Table
from innospace.data import load_sample
from innospace.economy.general.accounts import accounts
from innospace.economy.general.solve import compile_spec, solve
from innospace.economy.models.regions import glossary
from innospace.economy.models.regions.assumptions import Assumptions
from innospace.economy.models.regions.base_year import base_year
from innospace.economy.models.regions.dynamics import Path, lever_paths
from innospace.economy.models.regions.model import region_spec
from innospace.economy.models.regions.result import RegionsResult
from innospace.economy.models.regions.run import solve_regions, with_channels
from innospace.economy.models.regions.step import Options, preflight, run
from innospace.economy.scenario import Scenario, Shock

SOLVED = 1e-9
"""Solutions end at residuals below 1e-10 of the size of a condition."""
EXACT = 1e-12
BALANCED = 1e-10
"""The trade matrix is balanced to 1e-11 of a region's sales."""
BY_TRADE = 1e-3
"""R&D of regions that a scenario does not move changes by what they earn, a thousandth of what it does itself."""
FEW = ("RU-BA", "RU-TA", "RU-CHE", "RU-MOW", "RU-PRI")
BASHKORTOSTAN = {"region": ("Republic of Bashkortostan",)}
MORE = Scenario("more", "More efficient", "", (Shock("technical_efficiency", "set", 0.6, BASHKORTOSTAN, (2014, 2016)),))
RESEARCH = Scenario("research", "", "", (Shock("research_share", "multiply", 2.0, BASHKORTOSTAN, (2013, 2016)),))
YEARS = (2012, 2016)


def few(order=FEW):
    table = load_sample("russia-80-economy-2012")
    frame = table.frame.set_index("region_code").loc[list(order)].reset_index()
    return table.with_frame(frame)


@pytest.fixture(scope="module")
def result():
    return solve_regions(few(), (MORE, RESEARCH), years=YEARS, seed=3)


def paths(result, name="product", scenario="baseline"):
    return result.path(scenario).pivot(index="year", columns="region", values=name)


def test_trade_of_eighty_regions_sells_and_buys_everything():
    base = base_year(load_sample("russia-80-economy-2012"))
    assert len(base.regions) == 80
    assert np.allclose(base.trade.sum(axis=0) / base.output, 1.0, atol=BALANCED)
    assert np.allclose(base.trade.sum(axis=1) / base.output, 1.0, atol=BALANCED)
    # twice a gravity flow where distance is half, net of what origins and destinations explain
    i, j, k, m = 0, 20, 40, 60
    odds = base.trade[i, j] * base.trade[k, m] / (base.trade[i, m] * base.trade[k, j])
    far = base.distance
    assert odds == pytest.approx(far[i, m] * far[k, j] / (far[i, j] * far[k, m]), rel=BALANCED)


def test_the_base_year_is_reproduced_without_a_step_and_accounts_close(result):
    a, base = Assumptions(), base_year(few())
    found = solve(compile_spec(region_spec(base, a)))
    assert found.iterations == 0
    assert np.max(np.abs(found.margins)) < BALANCED
    matrix = accounts(found)
    value = sum(
        matrix.loc[f"price.{f}.{r}", owner]
        for r in base.codes
        for owner in (f"value.{r}", f"research.{r}")
        for f in ("capital", "labour")
    )
    assert value == pytest.approx(base.product.sum(), rel=BALANCED)
    assert np.allclose(paths(result).loc[2012, list(base.regions)], base.product, rtol=EXACT)


def test_every_gate_holds(result):
    assert result.status.converged
    names = {c.name for c in result.checks}
    kinds = ("conditions", "walras", "accounts", "numeraire")
    assert names >= {f"{k}.{s}" for k in kinds for s in ("baseline", "more", "research")} | {"base_year", "two_routes"}
    assert [c.name for c in result.checks if not c.ok] == []


def test_the_order_of_regions_carries_nothing(result):
    turned = solve_regions(few(FEW[::-1]), (MORE,), years=YEARS, second_route=False)
    for name in ("baseline", "more"):
        one, two = paths(result, scenario=name), paths(turned, scenario=name)
        assert np.allclose(two[one.columns] / one, 1.0, atol=SOLVED)


def test_elimination_goes_the_same_way_through_all_years(result):
    other = solve_regions(few(), (MORE,), years=YEARS, route="block", second_route=False)
    for column in ("product", "real_wage", "labour", "knowledge", "terms_of_trade"):
        for name in ("baseline", "more"):
            assert np.allclose(paths(other, column, name) / paths(result, column, name), 1.0, atol=SOLVED)


def test_stocks_and_productivity_follow_their_equations(result):
    a, base, rows = Assumptions(), base_year(few()), result.path("research")
    of = {
        q: rows.pivot(index="year", columns="region", values=q)[list(base.regions)].to_numpy() for q in rows.columns[3:]
    }
    k, n, z, labour, wage = (of[q] for q in ("capital", "knowledge", "research", "labour", "real_wage"))
    assert np.allclose(n[1:], (1.0 - a.knowledge_depreciation) * n[:-1] + z[:-1], rtol=EXACT)
    assert np.allclose(labour.sum(axis=1), labour[0].sum(), rtol=EXACT)
    pull = labour[:-1] * wage[:-1] ** a.migration
    assert np.allclose(labour[1:], labour[0].sum() * pull / pull.sum(axis=1, keepdims=True), rtol=EXACT)
    assert np.all(k[1:] > (1.0 - a.depreciation) * k[:-1])
    heard = np.vstack((n[0], n[:-1]))
    for t in range(5):
        for r in range(5):
            others = [s for s in range(5) if s != r]
            near = [np.exp(-base.distance[r, s] / a.reach_km) for s in others]
            reach = sum(w * heard[t, s] for w, s in zip(near, others, strict=True))
            first = sum(w * n[0, s] for w, s in zip(near, others, strict=True))
            log = a.technical_progress * t + a.own_knowledge * np.log(n[t, r] / n[0, r])
            log += a.spillover * np.log(reach / first)
            assert of["productivity"][t, r] == pytest.approx(np.exp(log), rel=EXACT)


def test_nothing_moves_before_a_shock_and_efficiency_raises_productivity_as_assumed(result):
    effects = result.effects("more").pivot(index="year", columns="region", values="productivity")
    assert np.all(effects.loc[[2012, 2013]].abs() < SOLVED)
    table = few().frame.set_index("region_code")
    rise = Assumptions().efficiency_effect * (0.6 - table.loc["RU-BA", "technical_efficiency"])
    assert effects.loc[2014, "Republic of Bashkortostan"] == pytest.approx(100.0 * np.expm1(rise), rel=SOLVED)
    assert result.touched("more") == ("Republic of Bashkortostan",)


def test_knowledge_reaches_others_two_years_after_the_spending_and_the_near_ones_more():
    a = Assumptions(own_knowledge=0.0)
    found = solve_regions(few(), (RESEARCH,), years=YEARS, assumptions=a, second_route=False)
    effects = found.effects("research").pivot(index="year", columns="region", values="productivity")
    others = effects.drop(columns="Republic of Bashkortostan")
    # spent in 2013, in the stock of 2014, heard of in 2015
    assert np.all(others.loc[:2014].abs() < SOLVED)
    assert np.all(others.loc[2015] > 1e-6)
    # what reaches a region falls with its distance
    base, heard = base_year(few()), paths(found, "knowledge").loc[2014].to_numpy()
    knows = dict(zip(sorted(base.regions), heard, strict=True))
    heard = np.array([knows[r] for r in base.regions])
    near = np.exp(-base.distance / a.reach_km) * (1.0 - np.eye(5))
    log = np.log1p(effects.loc[2015, list(base.regions)].to_numpy() / 100.0)
    more = np.expm1(log / a.spillover) * (near @ heard)
    assert np.allclose(more[1:] / more[1], near[0, 1:] / near[0, 1], rtol=BY_TRADE)
    none = solve_regions(few(), (RESEARCH,), years=YEARS, assumptions=replace(a, spillover=0.0), second_route=False)
    quiet = none.effects("research").pivot(index="year", columns="region", values="productivity")
    assert np.all(quiet.abs() < SOLVED)


def test_an_economy_that_only_replaces_its_capital_stands_still():
    a = Assumptions(technical_progress=0.0, own_knowledge=0.0, spillover=0.0)
    table = few()
    frame = table.frame.assign(fixed_assets_mln_rub=a.saving_share * table.frame["grp_mln_rub"] / a.depreciation)
    still = paths(solve_regions(table.with_frame(frame), years=YEARS, assumptions=a, second_route=False))
    assert np.allclose(still / still.iloc[0], 1.0, atol=SOLVED)


def test_twice_all_money_of_the_table_is_twice_all_money(result):
    table = few()
    columns = ["grp_mln_rub", "fixed_assets_mln_rub"]
    frame = table.frame.assign(**{c: 2.0 * table.frame[c] for c in columns})
    a = Assumptions(research_cost=2.0 * Assumptions().research_cost)
    twice = solve_regions(table.with_frame(frame), years=YEARS, assumptions=a, second_route=False)
    assert np.allclose(paths(twice) / paths(result), 2.0, atol=SOLVED)


def test_a_year_without_solution_is_told(monkeypatch):
    from innospace.economy.general import recursive

    calls = []

    def some(*args, **kwargs):
        calls.append(1)
        return solve(*args, **kwargs, tolerance=-1.0 if len(calls) == 3 else 1e-10)

    monkeypatch.setattr(recursive, "solve", some)
    found = solve_regions(few(), (MORE,), years=YEARS, second_route=False)
    assert not found.status.converged
    assert "baseline, 2014" in found.status.message
    assert found.solved == ()
    assert "no solution" in " ".join(found.findings())


BAD_TABLES = {
    "column": (lambda f: f.drop(columns="grp_mln_rub"), DataError, "grp_mln_rub"),
    "region": (lambda f: f.assign(region=["Atlantis", *f["region"][1:]]), LabelError, "Atlantis"),
    "twice": (lambda f: f.assign(region=[f["region"][1], *f["region"][1:]]), DataError, "Tatarstan"),
    "one": (lambda f: f.head(1), DataError, "two regions"),
    "zero": (lambda f: f.assign(rd_personnel=[0, *f["rd_personnel"][1:]]), DataError, "Bashkortostan"),
    "text": (lambda f: f.assign(grp_mln_rub=["much", *f["grp_mln_rub"][1:]]), DataError, "Bashkortostan"),
    "efficiency": (lambda f: f.assign(technical_efficiency=1.5), DataError, "at most 1"),
    "research": (lambda f: f.assign(rd_personnel=f["grp_mln_rub"] * 2.0), DataError, "research_cost"),
}


@pytest.mark.parametrize("name", BAD_TABLES)
def test_a_table_that_cannot_be_used_is_refused(name):
    change, error, said = BAD_TABLES[name]
    table = few()
    table = table.with_frame(change(table.frame))
    with pytest.raises(error, match=said):
        base_year(table)
    assert said in str(preflight(Options(), StepInputs({"table": table}))[0])


@pytest.mark.parametrize(
    ("name", "value"), [("migration", -1.0), ("spillover", 1.0), ("reach_km", np.nan), ("labour_share", True)]
)
def test_assumptions_out_of_range_are_refused(name, value):
    with pytest.raises(SpecError, match=name):
        Assumptions(**{name: value})


def test_other_mistakes_are_found_before_anything_is_solved():
    inputs = StepInputs({"table": few()}, {}, (MORE.to_dict(),))
    for options, said in (
        (Options(assumptions={"spilover": 0.1}), "spillover"),
        (Options(assumptions={"research_labour": 0.95}), "goods"),
        (Options(years=[2012, 2012]), "2012"),
        (Options(scenarios=["fewer"]), "fewer"),
        (Options(years=[2012, 2013]), "2014"),
    ):
        found = preflight(options, inputs)
        assert len(found) == 1
        assert said in str(found[0])
    with pytest.raises(SpecError, match="taken"):
        solve_regions(few(), (Scenario("baseline"),))
    for shock, said in (
        (Shock("technical_efficiency", "set", 1.2, BASHKORTOSTAN), "1.2"),
        (Shock("taxes", "set", 0.1), "taxes"),
        (Shock("productivity", "set", 1.1, {"region": ("Bashkortostan",)}), "Republic of Bashkortostan"),
    ):
        with pytest.raises(InnospaceError, match=said):
            lever_paths(base_year(few()), Assumptions(), [2012, 2013], Scenario("bad", "", "", (shock,)))
    assert preflight(Options(), inputs) == []


def test_a_linked_number_moves_a_region():
    shock = {
        "parameter": "technical_efficiency",
        "op": "set",
        "value": {"link": "te"},
        "where": {"region": ["Republic of Bashkortostan"]},
    }
    links = {"linked.te": LinkedValue(0.5, 0.4, 0.6, "fraction", "frontier.technical_efficiency")}
    inputs = StepInputs({"table": few()}, links, ({"name": "linked", "shock": [shock]},))
    found = run(Options(years=[2012, 2013]), inputs)
    effects = [
        found.effects(n).query("year == 2013")["product"].max() for n in ("linked-lower", "linked", "linked-upper")
    ]
    assert effects == sorted(effects)
    waiting = {"linked.te": LinkedValue(np.nan, np.nan, np.nan, "", "")}
    assert preflight(Options(), StepInputs({"table": few()}, waiting, inputs.scenarios)) == []
    offered = found.offers("product_effect")
    assert list(offered.columns) == ["scenario", "region", "value", "lower", "upper", "unit"]
    assert len(offered) == 15


def test_channels_add_up_and_without_spillovers_nothing_comes_by_them(result):
    split = with_channels(result, few())
    rows = split.frames["channels"]
    last = result.effects("research").query("year == 2016").set_index("region")["product"]
    mine = rows[rows["scenario"] == "research"].set_index("region")
    assert np.allclose(mine["whole"], last[mine.index], rtol=EXACT)
    assert np.allclose(mine["without_spillover"] + mine["by_spillover"], mine["whole"], atol=EXACT)
    assert np.all(mine["by_spillover"].drop("Republic of Bashkortostan") > 1e-3)
    alone = solve_regions(few(), (RESEARCH,), years=YEARS, assumptions=Assumptions(spillover=0.0), second_route=False)
    assert np.all(with_channels(alone, few()).frames["channels"]["by_spillover"].abs() < SOLVED)
    assert unexplained(names_of(split)) == []
    asked = run(
        Options(years=[2012, 2014], channels=True),
        StepInputs(
            {"table": few()},
            {},
            (RESEARCH.to_dict() | {"shock": [{**RESEARCH.shocks[0].to_dict(), "years": [2013, 2014]}]},),
        ),
    )
    assert len(asked.table("channels").frame) == 5
    assert len(result.table("channels").frame) == 0
    assert RegionsResult.from_bundle(split.to_bundle()).table("channels").frame.equals(split.table("channels").frame)


def test_a_stored_result_is_the_same(result):
    again = RegionsResult.from_bundle(result.to_bundle())
    assert again.to_dict() == result.to_dict()
    assert again.findings() == result.findings()
    assert again.table("effects").frame.equals(result.table("effects").frame)


def test_what_is_assumed_stands_in_the_report_and_every_name_is_explained(result):
    blocks = [b for s in result.sections() for b in s.blocks]
    assert [b.nature for b in blocks if hasattr(b, "nature")] == ["assumed"] * 4
    assert {b.name for b in blocks if isinstance(b, Table)} == {"growth", "effects", "shocks", "assumptions", "paths"}
    assert len([b for b in blocks if isinstance(b, Figure)]) == 5
    assert unexplained(names_of(result)) == []
    assert unexplained(t.name for t in glossary.explain_terms()) == []
    assert all(len(line) <= 100 for line in result.summary().splitlines())


def test_a_reader_looks_into_a_scenario(result):
    scenario, effect, year, region = result.choices()
    assert list(scenario.options) == ["more", "research"]
    view = result.view({"effect": "labour"})
    assert view.title == "More efficient"
    assert view.figures[0].kind == FigureKind.MAP
    assert list(view.figures[0].data["effect"].unique()) == ["Labour"]
    assert list(view.table.frame["region"]) != sorted(region.options)
    assert sorted(view.table.frame["region"]) == list(region.options)
    last = result.effects("more").query(f"year == {result.years[1]}").set_index("region")
    assert dict(zip(view.table.frame["region"], view.table.frame["labour"], strict=True)) == last["labour"].to_dict()
    # another year and one region
    assert list(year.options) == [str(y) for y in range(result.years[1], result.years[0], -1)]
    first, name = min(year.options), next(iter(region.options))
    seen = result.view({"year": first, "region": name, "scenario": "research"})
    assert f"{name} in {first} against the baseline" in seen.sentences[0]
    path = result.effects("research").query("region == @name")
    assert seen.own[0].data["product"].tolist() == path["product"].tolist()
    assert first in seen.figures[0].subtitle
    assert str(result.years[1]) not in seen.figures[0].subtitle
    with pytest.raises(LabelError, match="year"):
        result.view({"year": "1999"})
    assert effect.default == "product"
    alone = solve_regions(few(), years=(2012, 2013), second_route=False)
    assert alone.choices() == ()
    assert len(alone.sections()) == 2


def test_a_path_may_be_followed_by_hand():
    a, base = Assumptions(), base_year(few())
    economy = compile_spec(region_spec(base, a))
    path = Path(economy, base, a, lever_paths(base, a, [2012, 2013], Scenario("baseline")))
    found = path.solve(2)
    assert len(path.stocks) == len(found) == 2
    built = a.saving_share * base.product * np.array([found[0].level(f"investor.{r}") for r in base.codes])
    assert np.allclose(path.stocks[1].capital, (1.0 - a.depreciation) * base.capital + built, rtol=EXACT)


def with_transfers(amounts):
    table = few()
    return table.with_frame(table.frame.assign(net_transfers_mln_rub=amounts))


GIVEN = (5_000.0, -20_000.0, 8_000.0, -13_000.0, 20_000.0)


def test_transfers_between_regions_are_in_the_base_year_and_keep_their_purchasing_power():
    table = with_transfers(GIVEN)
    base = base_year(table)
    assert np.allclose(base.trade.sum(axis=1), base.output, rtol=BALANCED)
    assert np.allclose(base.trade.sum(axis=0), base.output + GIVEN, rtol=BALANCED)
    economy = compile_spec(region_spec(base))
    found = solve(economy)
    assert found.iterations == 0
    earned = base.product + np.maximum(GIVEN, 0.0)
    assert [found.income(f"household.{r}") for r in base.codes] == pytest.approx(list(earned), rel=EXACT)
    paid = [found.transfer(f"grant.{r}") for r, x in zip(base.codes, GIVEN, strict=True) if x > 0.0]
    assert paid == pytest.approx([x for x in GIVEN if x > 0.0], rel=EXACT)
    assert found.transfer("levy.RU-TA") == pytest.approx(20_000.0, rel=EXACT)
    spent = [found.flow(f"household.{r}", f"mix.{r}") for r in base.codes]
    saved = (1.0 - Assumptions().saving_share) * (base.product + GIVEN)
    assert spent == pytest.approx(list(saved - base.research), rel=1e-11)


def test_grants_move_consumption_to_those_who_receive_and_both_routes_agree(result):
    moved = solve_regions(with_transfers(GIVEN), years=YEARS)
    assert all(c.ok for c in moved.checks)
    change = (paths(moved, "consumption") - paths(result, "consumption")).loc[2012, list(few().frame["region"])]
    assert np.allclose(change, (1.0 - Assumptions().saving_share) * np.array(GIVEN), rtol=1e-8)
    assert solve_regions(with_transfers((0.0,) * 5), years=YEARS).path("baseline").equals(result.path("baseline"))


@pytest.mark.parametrize(
    ("amounts", "said"),
    [
        ((1.0, 1.0, 1.0, 1.0, 1.0), "sum to 5 million"),
        ((np.nan, 1.0, -1.0, 0.0, 0.0), "net_transfers_mln_rub"),
        ((1e6, -1e6, 0.0, 0.0, 0.0), "payments below half"),
    ],
)
def test_transfers_that_cannot_be_are_refused(amounts, said):
    with pytest.raises(DataError, match=said):
        base_year(with_transfers(amounts))
