"""Figures: titles follow the numbers, every figure draws at both widths."""

from __future__ import annotations

from dataclasses import replace

import economy_results as solved
import numpy as np
import pytest

from innospace.core.errors import LabelError
from innospace.core.figure import FigureKind
from innospace.economy.models.knowledge import labels as k
from innospace.economy.models.knowledge.flows import MARKETS, VIA


def test_every_figure_draws_at_both_widths():
    pytest.importorskip("altair")
    export = pytest.importorskip("innospace.report.charts.export")
    for figure in solved.result().plot.all():
        for width in (720, 340):
            svg = export.to_svg(figure, width)
            assert svg.startswith("<svg")
            assert "NaN" not in svg
        assert figure.title
        assert figure.alt
        assert "bashkortostan-2012-sam" in figure.caption


@pytest.mark.parametrize("which", ["alone", "failing", "drawn"])
def test_other_results_have_figures_as_well(which):
    figures = getattr(solved, which)().plot.all()
    names = [f.name for f in figures]
    assert len(names) == len(set(names))
    assert "diagram" in names
    assert ("effects" in names) == (which != "alone")


def test_a_figure_that_needs_scenarios_says_so():
    with pytest.raises(LabelError, match="besides the baseline"):
        solved.alone().plot.difference()


def test_the_baseline_is_the_zero_line():
    figure = solved.result().plot.difference()
    rows = figure.data[figure.data["scenario"] == "Baseline"]
    assert (rows["value"] == 0.0).all()
    assert "at first the effects go the other way" in figure.title


def test_effects_show_both_readings_of_the_paper():
    r = solved.result()
    data = r.plot.effects().data
    wide = data.pivot(index="scenario", columns="model", values="points")
    growth = 100.0 * r.growth["baseline"]
    points, percent = (wide[f"Paper, read as {x}"] for x in ("percentage points", "percent of baseline growth"))
    assert points["option-1"] == 0.684
    assert percent["option-1"] == pytest.approx(0.00684 * growth)
    assert np.isnan(points["better-use"])
    drawn = solved.drawn().plot.effects()
    ours = drawn.data[drawn.data["model"] == "This model"]
    assert (ours["lower"] < ours["points"]).all()
    assert "90" in drawn.subtitle


def test_the_strongest_effect_may_be_a_loss():
    r = solved.result()
    loss = replace(r, paths={n: r.paths[n] for n in ("baseline", "option-2")})
    assert "below the baseline" in loss.plot.difference().title
    assert "\u2212" in loss.plot.effects().title


def test_the_budget_figure_carries_its_gate():
    figure = solved.result().plot.budget()
    assert (figure.data.loc[figure.data["scenario"] == "Gate 0.2", "value"] == 0.2).all()
    assert "stays far above its gate of 0.2" in figure.title


def test_the_diagram_has_every_agent_and_market():
    figure = solved.result().plot.diagram()
    assert figure.kind is FigureKind.NETWORK
    nodes = figure.layers["nodes"]
    for column in (0, 2):
        assert set(nodes.loc[nodes["column"] == column, "node"]) == set(k.AGENT_TITLES.values())
    assert len(MARKETS) == 11
    assert set(nodes.loc[nodes["column"] == 1, "node"]) == set(VIA.values())
    pays = figure.data[figure.data["step"] == 0]
    assert set(pays["payer"]) == set(k.AGENT_TITLES.values())
    households = pays[(pays["payer"] == "Households") & pays["receiver"].str.startswith("c1")]
    spent = solved.result().model.sam.cell("c1", "households")
    assert households["bn_rub"].item() == pytest.approx(spent / 1000.0)
