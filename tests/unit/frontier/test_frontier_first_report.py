"""What a first report of a frontier on any table says and shows: rows by name, original units, both ends."""

import numpy as np
import pandas as pd
import pytest

from innospace.core.errors import BoundaryWarning, SpecError
from innospace.core.figure import FigureKind
from innospace.data import as_dataset
from innospace.data.column_words import plain_words
from innospace.frontier.fitting import fit
from innospace.frontier.spec import FrontierSpec
from innospace.frontier.zeros import logged_columns, without_zeros


def table(n, seed=0, unit="region"):
    rng = np.random.default_rng(seed)
    staff = np.exp(rng.normal(6, 1, n))
    more = np.exp(rng.normal(3, 1, n))
    patents = staff**0.8 * np.exp(rng.normal(-2, 0.2, n) - np.abs(rng.normal(0, 0.7, n)))
    return pd.DataFrame({unit: [f"U{i}" for i in range(n)], "patents": patents, "rd_staff": staff, "more": more})


@pytest.fixture(scope="module")
def small():
    return fit(FrontierSpec("log(patents) ~ log(rd_staff)", names={"patents": "Patents a year"}), table(60))


@pytest.fixture(scope="module")
def large():
    return fit("log(patents) ~ log(rd_staff) + log(more)", table(200, unit="firm"))


def test_findings_name_units_slope_and_ends(small):
    first, ranks, slope, test = small.findings()
    assert first.startswith("Regions reach on average")
    ranking = small.table("efficiencies").frame
    assert ranks.startswith(f"{ranking['label'].iloc[0]} ranks first")
    assert f"{ranking['label'].iloc[-1]} last" in ranks
    assert f"{small.parameter('log(rd_staff)'):.2f}" in slope
    assert "R&D staff" in slope
    assert "Patents a year" in slope
    assert "inefficiency" in test
    assert "nan" not in " ".join(small.findings())


def test_the_frontier_is_drawn_in_original_units(small):
    figure = small.plot.frontier()
    assert figure.kind is FigureKind.SCATTER
    frame = table(60)
    assert figure.data["outcome"].to_numpy() == pytest.approx(frame["patents"].to_numpy())
    assert figure.data["input"].to_numpy() == pytest.approx(frame["rd_staff"].to_numpy())
    assert figure.encoding["y_title"] == "Patents a year"
    assert figure.encoding["x_title"] == "R&D staff"
    line = figure.layers["line"]
    expected = np.exp(small.parameter("Intercept")) * line["x"] ** small.parameter("log(rd_staff)")
    assert line["y"].to_numpy() == pytest.approx(expected.to_numpy())
    assert figure.data["highlight"].sum() >= 6


def test_several_inputs_are_drawn_against_what_the_frontier_allows(large):
    figure = large.plot.frontier()
    half = int((large.used_efficiencies().te_bc < 0.5).sum())
    assert figure.title == f"{half} of 200 firms reach less than half of what the frontier allows"
    problem = large.estimate.problem
    assert figure.data["allowed"].to_numpy() == pytest.approx(np.exp(problem.x @ large.estimate.theta[: problem.k]))
    assert len(large.findings()) == 3, "no elasticity with several inputs"


def test_a_long_ranking_shows_both_ends_and_the_chosen_row(large):
    figure = large.plot.ranking()
    assert list(figure.data["rank"]) == [*range(1, 21), *range(181, 201)]
    label = large.table("efficiencies").frame["label"].iloc[99]
    around = large.plot.ranking(label)
    assert list(around.data["rank"]) == [*range(1, 21), *range(95, 106), *range(181, 201)]
    seen = large.view({"unit": label})
    marked = seen.figures[0].data
    assert list(marked.loc[marked["highlight"], "rank"]) == [100]
    kinds = [f.kind for f in large.plot.all()]
    assert kinds == [FigureKind.SCATTER, FigureKind.HISTOGRAM, FigureKind.INTERVALS]


def test_a_short_ranking_shows_all(small):
    figure = small.plot.efficiencies()
    assert figure.kind is FigureKind.INTERVALS
    assert len(figure.data) == 60
    first = figure.data["te_lower"].iloc[0]
    assert f"but {int((figure.data['te_upper'].iloc[1:] >= first).sum())} of the 59" in figure.title


def test_levels_have_no_frontier_in_units():
    frame = table(80)
    logs = frame.assign(lp=np.log(frame["patents"]), ls=np.log(frame["rd_staff"]))
    result = fit("lp ~ ls", logs)
    with pytest.raises(SpecError, match="not the logarithm"):
        result.plot.frontier()
    assert [f.kind for f in result.plot.all()] == [FigureKind.INTERVALS]


def test_without_inefficiency_nothing_is_ranked():
    frame = table(80)
    with pytest.warns(BoundaryWarning, match="wrong way"):
        result = fit("log(patents) ~ log(rd_staff)", frame.assign(patents=frame["rd_staff"] ** 2 / frame["patents"]))
    first, slope = result.findings()
    assert first.startswith("No inefficiency was found in patents given R&D staff, so regions cannot be ranked by it.")
    assert "goes with" in slope
    assert [f.kind for f in result.plot.all()] == [FigureKind.SCATTER]
    efficiency = result.sections()[-1]
    assert [type(b).__name__ for b in efficiency.blocks] == ["Paragraph", "Figure"]


def test_names_survive_the_store(small):
    again = type(small).from_bundle(small.to_bundle())
    assert again.spec == small.spec
    assert again.findings() == small.findings()


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ("epo_patents_avg_2008_2010", "EPO patents average 2008–2010"),
        ("rd_personnel_fte_2009", "R&D personnel FTE 2009"),
        ("Персонал, чел.", "Персонал, чел."),
        ("order", "order"),
        ("_", "_"),
    ],
)
def test_names_of_columns_in_words(column, words):
    assert plain_words(column) == words
    assert plain_words(column, {column: "Given"}) == "Given"


def test_zeros_by_rule():
    frame = pd.DataFrame({"region": list("abcd"), "Патенты, ед.": [0.0, 2.0, 3.0, np.nan], "x": [1.0, 0.0, 5.0, 1.0]})
    data = as_dataset(frame)
    formula = "log(`Патенты, ед.`) ~ log(x) + region"
    assert logged_columns(formula) == ("Патенты, ед.", "x")
    dropped = without_zeros(data, formula, "drop", None)
    assert list(dropped.frame["region"]) == ["c", "d"]
    assert len(dropped.steps) == 2
    assert "row 1 (a)" in dropped.steps[0]
    replaced = without_zeros(data, formula, "replace", 0.1)
    assert replaced.frame["Патенты, ед."].tolist()[:3] == [0.1, 2.0, 3.0]
    assert "assumed" in replaced.steps[0]
    assert without_zeros(data, formula, "error", None) is data
    assert without_zeros(data, "x ~ 1", "drop", None) is data
    with pytest.raises(SpecError, match="nothing says by what"):
        without_zeros(data, formula, "replace", None)
    assert data.frame["x"].tolist() == [1.0, 0.0, 5.0, 1.0]
