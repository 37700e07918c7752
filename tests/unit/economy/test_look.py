"""What a reader sees of a solved economy for a series and a scenario."""

from __future__ import annotations

import economy_results as solved
import numpy as np
import pytest

from innospace.core.errors import LabelError
from innospace.core.explore import Explorable
from innospace.economy.models.knowledge.indicators import INDICATORS
from innospace.economy.models.knowledge.wording import strongest


def test_choices_are_series_scenarios_and_how_they_are_shown():
    r = solved.result()
    assert isinstance(r, Explorable)
    series, scenario, shown = r.choices()
    assert list(series.options) == list(INDICATORS)
    assert list(scenario.options) == list(r.paths)
    assert scenario.default == strongest(r)
    assert shown.default == "differences"


@pytest.mark.parametrize("series", list(INDICATORS))
def test_drawn_numbers_are_those_of_the_series(series):
    r = solved.result()
    data = r.view({"series": series, "scenario": "option-1"}).figures[0].data
    own = data[data["name"] == "option-1"]["value"]
    assert np.array_equal(own, INDICATORS[series].against(r, "option-1"))
    levels = r.view({"series": series, "shown": "levels"}).figures[0].data
    assert np.array_equal(levels[levels["name"] == r.baseline]["value"], INDICATORS[series].series(r, r.baseline))


def test_first_sentence_is_the_title_of_the_figure():
    found = solved.result().view({"scenario": "option-2"})
    assert found.sentences[0] == f"{found.figures[0].title}."
    assert found.title == "Option 2"


def test_baseline_alone_shows_levels():
    r = solved.alone()
    assert [c.name for c in r.choices()] == ["series", "scenario"]
    assert set(r.view({}).figures[0].data["name"]) == {r.baseline}


def test_scenario_that_failed_can_be_looked_at():
    r = solved.failing()
    found = r.view({"scenario": "option-1"})
    assert len(found.figures[0].data.query("name == 'option-1'")) == 5


def test_unknown_choices_are_refused():
    for chosen in ({"series": "happiness"}, {"scenario": "option-9"}, {"shown": "pie"}):
        with pytest.raises(LabelError):
            solved.result().view(chosen)
