"""What a reader sees of one region or unit: sentences with the numbers of the result, figures that highlight it."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from innospace.core.errors import LabelError
from innospace.core.explore import Explorable
from innospace.frontier import FrontierSpec, fit
from innospace.frontier.space import SpaceSpec, fit_space, simulate_space
from innospace.frontier.space.explore import choices, profile, view


@pytest.fixture(scope="module")
def result():
    years = [simulate_space(60, c=-4.8 + 0.3 * i, seed=i).assign(year=2011 + i) for i in range(2)]
    return fit_space(pd.concat(years, ignore_index=True), SpaceSpec())


REGION = "Simulated region 3"


def test_results_can_be_looked_into(result):
    assert isinstance(result, Explorable)
    year, region = choices(result)
    assert (year.default, list(year.options)) == ("2012", ["2011", "2012"])
    assert REGION in region.options
    assert region.many


def test_sentences_hold_the_numbers_of_the_result(result):
    rows = result.regions[result.regions["region"] == REGION].set_index("year")
    reached, space, change = profile(result, REGION, 2011)
    row = rows.loc[2011]
    numbers = [round(100 * row[c]) for c in ("te", "te_lower", "te_upper")]
    found = [int(n) for n in re.findall(r"(\d+)\u202f%", reached)]
    assert [found[0], *found[2:]] == numbers
    assert found[1] == 95
    assert f"ranks {row['rank']} of 60 regions in 2011" in reached
    assert f"{row['space']:,.0f}".replace(",", "\u202f") in space
    assert f"{rows.loc[2011, 'rank']} of 60 to {rows.loc[2012, 'rank']} of 60" in change
    assert ("rose" in change) == (rows.loc[2012, "te"] >= rows.loc[2011, "te"])
    overlap = rows["te_lower"].max() <= rows["te_upper"].min()
    assert ("do not overlap" in change) == (not overlap)


def test_figures_highlight_what_was_picked_and_the_table_is_of_the_year(result):
    found = view(result, {"year": "2011", "region": REGION})
    assert found.title == REGION
    for figure in found.figures:
        assert list(figure.data["region"][figure.data["highlight"]]) == [REGION]
    own = result.regions[result.regions["year"] == 2011].sort_values("rank")
    assert list(found.table.frame["te"]) == list(own["te"])
    assert list(found.own[0].data["te"]) == list(result.regions[result.regions["region"] == REGION]["te"])


def test_without_a_region_nothing_is_said_of_one(result):
    found = view(result, {})
    assert (found.title, found.sentences, found.own) == ("", (), ())
    assert [f.name for f in found.figures] == ["frontier-2012", "ranking-2012"]


def test_one_year_leaves_no_choice_of_years_and_no_path():
    one = fit_space(simulate_space(60, seed=1).assign(year=2012), SpaceSpec())
    assert [c.name for c in choices(one)] == ["region"]
    found = view(one, {"region": REGION})
    assert found.own == ()
    assert len(found.sentences) == 2


@pytest.mark.parametrize("chosen", [{"year": "1999"}, {"region": "Atlantis"}, {"colour": "red"}, {"year": ""}])
def test_what_cannot_be_chosen_is_refused(result, chosen):
    with pytest.raises(LabelError):
        view(result, chosen)


def test_region_that_a_year_lacks_says_so(result):
    rows = result.data[~((result.data["region"] == REGION) & (result.data["year"] == 2011))]
    lacking = fit_space(rows[["region", "year", "technologies", "space"]], SpaceSpec())
    assert profile(lacking, REGION, 2011) == (f"{REGION} is not among the regions of 2011.",)


def test_unit_of_a_fitted_frontier(simulated):
    table = simulated("half_normal", 40, 3).assign(region=[f"Unit {i}" for i in range(40)])
    result = fit(FrontierSpec("y ~ a + b"), table)
    assert isinstance(result, Explorable)
    found = result.view({"unit": "Unit 7"})
    row = found.table.frame[found.table.frame["label"] == "Unit 7"].iloc[0]
    assert f"ranks {row['rank']} of 40 observations" in found.sentences[0]
    assert f"{100 * row['te_bc']:.0f}\u202f%" in found.sentences[0]
    (figure,) = found.figures
    assert list(figure.data["label"][figure.data["highlight"]]) == ["Unit 7"]
    assert result.view({}).sentences == ()
