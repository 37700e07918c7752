"""Regions by group of output structure: known groups, the same groups by hand, the metafrontier over them, refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from innospace.core.errors import DataError, LabelError, SpecError
from innospace.data import Grouping, indicator_groups, load_sample
from innospace.frontier.space import SpaceResult, SpaceSpec, fit_space
from innospace.frontier.space.group_tables import agreement
from innospace.frontier.structure.metafrontier import metafrontier
from innospace.frontier.structure.metafrontier_result import MetafrontierResult

SECTORS = ("mining", "manufacturing", "farming")
INDICATORS = ("innovation_activity_percent", "innovative_goods_percent", "goods_per_assets", "rd_personnel_per_bln")
GROUPING = Grouping(SECTORS, 3, 2, names={"farming": "сельское хозяйство"})
FORMULA = "log(technologies) ~ log(space)"


def simulated(regions=240):
    """Two years of regions of three kinds; amounts of output, so that size does not matter for groups."""
    rng = np.random.default_rng(8)
    kind = np.repeat([0, 1, 2], [100, 80, 60])
    amounts = (0.1 + 0.7 * np.eye(3)[kind] + 0.02 * rng.random((regions, 3))) * np.exp(rng.normal(size=(regions, 1)))
    parts = []
    for year in (2011, 2012):
        space = np.exp(rng.normal(9.0, 1.0, regions))
        log_q = (
            -3.0 + 0.3 * kind + 0.6 * np.log(space) + 0.2 * rng.normal(size=regions) - np.abs(rng.normal(size=regions))
        )
        frame = pd.DataFrame({"region": [f"Край {i}" for i in range(regions)], "year": year, "space": space})
        parts.append(frame.assign(technologies=np.exp(log_q), **dict(zip(SECTORS, amounts.T, strict=True))))
    return pd.concat(parts, ignore_index=True), kind


@pytest.fixture(scope="module")
def table():
    return simulated()


@pytest.fixture(scope="module")
def result(table):
    return fit_space(table[0], SpaceSpec(grouping=GROUPING))


def test_known_groups_are_found_and_named_by_what_sets_them_apart(table, result):
    found = result.grouping
    kind = pd.Series(table[1], index=[f"Край {i}" for i in range(240)])
    assert pd.crosstab(found.group, kind[found.group.index]).to_numpy().tolist() == np.diag([100, 80, 60]).tolist()
    assert found.names == {
        1: "group 1 (more mining)",
        2: "group 2 (more manufacturing)",
        3: "group 3 (more сельское хозяйство)",
    }


def test_tables_hold_means_of_the_groups(table, result):
    frame = result.table("groups").frame.set_index("group")
    own = result.regions[result.regions["region"].isin([f"Край {i}" for i in range(180, 240)])]
    assert frame.loc["group 3 (more сельское хозяйство)", "te"] == pytest.approx(own["te"].mean(), rel=1e-12)
    assert frame["regions"].tolist() == [100, 80, 60]
    assert set(result.table("ranking").frame["group"]) == {1, 2, 3}
    loadings = result.table("components").frame.set_index("column").to_numpy()
    assert loadings.T @ loadings == pytest.approx(np.eye(2), abs=1e-12)
    assert result.plot.groups().data["te"].is_monotonic_decreasing
    assert any(f.startswith("Of 3 groups") for f in result.findings())
    again = SpaceResult.from_bundle(result.to_bundle())
    pd.testing.assert_series_equal(again.grouping.group, result.grouping.group)


def test_a_metafrontier_makes_the_groups_it_needs(table, result):
    data, _ = table
    made = metafrontier(FORMULA, data, grouping=GROUPING)
    given = data.assign(kind=data["region"].map(result.grouping.group.map(result.grouping.names)))
    other = metafrontier(FORMULA, given, group="kind")
    assert made.meta == pytest.approx(other.meta, rel=1e-12)
    pd.testing.assert_frame_equal(made.means, other.means)
    again = MetafrontierResult.from_bundle(made.to_bundle())
    assert again.spec == made.spec
    assert "Ward" in str(again.spec)


def test_indicators_have_no_unit():
    frame = load_sample("russia-innovation-types-2010-2012").frame
    found = Grouping(INDICATORS, 4, 3, "indicators").of(frame)
    moved = frame.assign(goods_per_assets=1e6 * frame["goods_per_assets"] + 3.0)
    assert Grouping(INDICATORS, 4, 3, "indicators").of(moved).group.equals(found.group)
    means = frame.groupby("region")[list(INDICATORS)].mean()
    standard = (means - means.mean()) / means.std(ddof=0)
    eigenvalues = np.linalg.eigvalsh(standard.corr())[::-1]
    assert found.explained == pytest.approx(eigenvalues[:3] / 4.0, rel=1e-9)


def test_groups_of_the_source_paper_stand_beside_those_found():
    table = load_sample("russia-innovation-types-2010-2012")
    last = table.with_frame(table.frame.query("year == 2012").reset_index(drop=True))
    found = fit_space(last, SpaceSpec(grouping=Grouping(INDICATORS, 4, 3, "indicators"))).table("published_groups")
    assert not found.display().empty
    assert len(found.frame) == 11
    assert set(found.frame["published_group"]) == {"basic", "manufacturing"}
    assert "of 55 pairs" in found.notes[1]
    assert agreement(pd.Series(list("aab")), pd.Series([1, 1, 2])) == (3, 3)
    assert agreement(pd.Series(list("aab")), pd.Series([1, 2, 2])) == (1, 3)


def test_refusals(table, result):
    data, _ = table
    with pytest.raises(SpecError, match="two or more different"):
        Grouping(("mining",))
    with pytest.raises(SpecError, match="4 components of 3"):
        Grouping(SECTORS, 3, 4)
    with pytest.raises(LabelError, match="mineing"):
        Grouping(("mineing", "farming"), 2, 1).of(data)
    with pytest.raises(DataError, match="the same in all regions"):
        indicator_groups(pd.DataFrame({"a": [1.0, 1.0, 1.0], "b": [1.0, 2.0, 3.0]}), 2, 1)
    zero = data.assign(**{s: data[s].where(data["region"] != "Край 1", 0.0) for s in SECTORS})
    with pytest.raises(DataError, match=r"(?s)no positive number.*Край 1"):
        Grouping(SECTORS, 3, 2).of(zero)
    with pytest.raises(SpecError, match="not grouped"):
        fit_space(data).table("groups")
    with pytest.raises(SpecError, match="No region of this study"):
        result.table("published_groups")


def test_keys_of_groups_belong_to_steps_that_group(table, tmp_path):
    from innospace.study.inspect import problems

    table[0].to_csv(tmp_path / "r.csv", index=False)
    head = '[study]\ntitle = "R"\n[data.r]\nfile = "r.csv"\n[step.s]\nengine = "frontier"\ndata = "r"\n'
    for lines, what in (
        (
            f'formula = "{FORMULA}"\ngroups_from = ["mining", "farming"]\n',
            "without model and without metafrontier",
        ),
        ('model = "innovation_space"\ngroups = 3\n', "without groups_from: groups"),
        ('model = "innovation_space"\ngroups_from = ["mining", "mine"]\ncomponents = 2\n', "mine"),
        ('model = "innovation_space"\ngroups_from = ["mining", "farming"]\ncomponents = 1\ngroups = 2\n', ""),
    ):
        (tmp_path / "study.toml").write_text(head + lines, encoding="utf-8")
        found = problems(tmp_path)
        assert what in found[0].what if what else found == []
