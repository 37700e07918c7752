from __future__ import annotations

import hashlib
from importlib import resources

import numpy as np
import pandas as pd
import pytest

from innospace.core.errors import DataError, LabelError
from innospace.core.provenance import Nature
from innospace.data import load_geometry, load_sample, match_regions, published_table, samples
from innospace.data.regions import catalogue

CARDS = {c.name: c for c in samples()}
CODES = catalogue()["region_code"].tolist()
SHA256 = {
    "eu-nuts2-patents": "035d951431bd85e82067f8d226d22c0205253cbaf20034b2209c7ac599d35cd5",
    "firms-synthetic-annual": "4d46a17ef0f9cde1546393a6be67c8ce31dc1994e7d9cadd59ca0c7a73c01c67",
    "firms-synthetic-2005-2009": "c948fd27b377f6d3ff777b8a6ef14fdf6fb68bf65905d7c729f0d172b02e8d3b",
    "ecuador-innovators-2014": "d576408575ddc464dc127cdcb490db2032f307ba18f700e3fb671a168aff0e8e",
    "bashkortostan-2012-controls": "c2c9e3a8f4111b5ce56c384072fc32f372d29e6cb219190149b11a1992b84343",
    "russia-2010-2012": "2d16c70152ad5c8cc6c588ece24be0ab455809d33f36d9d08c20f3f6010695a0",
    "russia-2010-2012-sp-product": "b6e690ccf481dda83b0c80e012129e86e8cfbed8b9351bebc2178368c8d4b026",
    "makarov-2016": "4e07a83cdf040d3e3800ad382884e01af7f19539c2c102ee974a2d4855698326",
    "russia-regions": "c3d8c79826528e46bb731c008ebee8f15c9bffd16b2e2a26461fb033510ad816",
    "rosstat-innovation-activity": "b87805ffeb12f2ee928842c302764492038ef8ec36ec0c849f8b651adf71822a",
    "rosstat-innovative-goods": "fdbff31a3e05788df983b129e6bfc67af19e2d0c6555f2637521cb438906fe11",
    "rosstat-goods-shipped": "d8310f259312f93e149e018d0cc65998d52360a6520485eb95cae134603e4fd0",
    "rosstat-rd-personnel": "dd44d5054489c44647075a370506b5214a3e2d77e70d60a401f5a30189d1d057",
    "rosstat-fixed-assets": "45f27c4c672b169be8951636c3c0befcd6cc75efa54bad631b01de830dfca4f0",
    "russia-innovation-types-2010-2012": "14ab0a0cf74600992e8b0a0412d406f8658dc10bf9a624faae1a64dd0ef4ce87",
    "rosstat-rd-organisations-national": "dcd0d5a718e4f1bb610b6ec375eb20d880f700863939580bdb235db768bd3ec3",
}


@pytest.fixture(scope="module")
def panel() -> pd.DataFrame:
    return load_sample("russia-2010-2012").frame


@pytest.mark.parametrize("name", CARDS)
def test_the_card_describes_the_file(name):
    card, dataset = CARDS[name], load_sample(name)
    assert len(dataset.frame) == card.rows
    assert tuple(dataset.frame.columns) == tuple(c.name for c in card.columns)
    assert all(c.unit and c.meaning for c in card.columns)
    assert card.title
    assert card.description
    assert card.origin
    assert card.licence
    assert card.citation
    assert dataset.source.nature is card.nature
    assert dataset.source.licence == card.licence
    assert card.to_dict()["nature"] == str(card.nature)


@pytest.mark.parametrize("name", CARDS)
def test_the_hash_is_that_of_the_shipped_bytes(name):
    raw = (resources.files("innospace.data") / "samples" / CARDS[name].file).read_bytes()
    assert b"\r" not in raw
    assert hashlib.sha256(raw).hexdigest() == load_sample(name).source.sha256


@pytest.mark.parametrize("name", SHA256)
def test_samples_that_results_are_compared_on_do_not_change(name):
    assert load_sample(name).source.sha256 == SHA256[name]


@pytest.mark.parametrize("name", [n for n, c in CARDS.items() if "region_code" in {k.name for k in c.columns}])
def test_no_code_is_missing_and_none_is_foreign(name):
    frame = load_sample(name).frame
    assert set(frame["region_code"]) == set(CODES)
    assert list(match_regions(frame["region"].tolist()).codes) == frame["region_code"].tolist()
    keys = [c for c in ("region_code", "year", "oslo_manual_edition") if c in frame.columns]
    assert not frame.duplicated(keys).any()


@pytest.mark.parametrize("name", [n for n in CARDS if n.startswith("rosstat-")])
def test_series_of_the_statistical_office_are_plausible(name):
    frame = load_sample(name).frame
    values = frame.iloc[:, -1]
    assert values.notna().all()
    assert (values >= 0).all()
    assert frame["year"].between(2000, 2024).all()
    if "percent" in values.name:
        assert (values <= 100).all()
    assert CARDS[name].nature is Nature.OBSERVED


def test_units_of_codes_are_text_with_their_zeros():
    frame = load_sample("russia-regions").frame
    assert frame["okato2"].str.len().eq(2).all()
    assert frame["okato"].eq(frame["okato2"] + "000000").all()
    assert frame.loc[frame["region_code"] == "RU-ALT", "okato2"].tolist() == ["01"]


def test_the_panel_is_balanced(panel):
    assert panel.groupby("year")["region_code"].nunique().to_dict() == {2010: 80, 2011: 80, 2012: 80}
    assert panel.notna().all(axis=None)
    regions = load_sample("russia-regions").frame.set_index("region_code")
    of_panel = regions.loc[panel["region_code"]]
    assert panel["region_ru"].tolist() == of_panel["region_ru"].tolist()
    assert panel["federal_district"].tolist() == of_panel["federal_district_2010_2012"].tolist()
    assert panel["federal_district"].nunique() == 8


def test_counts_of_the_panel(panel):
    assert panel["technologies_total"].dtype.kind == "i"
    np.testing.assert_allclose(panel["technologies_total"], 3 * panel["technologies"], atol=2e-6)
    assert panel.groupby("year")["technologies_total"].sum().tolist() == [2440, 2791, 3325]
    assert panel.groupby("year")["technologies_total"].apply(lambda q: (q == 0).sum()).tolist() == [16, 17, 17]


def test_the_space_of_the_panel(panel):
    assert (panel["ln_space_lower"] <= panel["ln_space"]).all()
    assert (panel["ln_space"] <= panel["ln_space_upper"]).all()
    np.testing.assert_allclose(np.log(panel["space"]), panel["ln_space"], atol=1e-8)
    width = panel["ln_space_upper"] - panel["ln_space_lower"]
    # the numbers that the notes of the card give
    assert width.median() == pytest.approx(0.005, abs=0.001)
    assert width.max() == pytest.approx(0.24, abs=0.01)
    assert panel["published_te"].between(0.0, 1.0, inclusive="neither").all()
    assert (panel["published_space_used"] < panel["space"]).all()


def test_the_panel_holds_what_table_4_prints(panel):
    printed = load_sample("makarov-2016").frame.set_index("region")
    for year, rows in panel.groupby("year"):
        at = printed.loc[rows["region"]]
        np.testing.assert_array_equal(rows["published_te"], at[f"te_{year}"])
        np.testing.assert_array_equal(rows["published_space_used"], at[f"v_{year}"])


def test_the_panel_is_not_called_observed():
    card = CARDS["russia-2010-2012"]
    assert card.nature is Nature.RECONSTRUCTED
    assert "not Rosstat data" in " ".join(card.notes)
    assert "Table 4" in card.origin
    assert "not Rosstat data" in load_sample("russia-2010-2012").source.note


def test_the_derived_product_follows_from_its_parents(panel):
    product = load_sample("russia-2010-2012-sp-product").frame.set_index(["region_code", "year"])
    share = load_sample("rosstat-innovation-activity").frame.query("oslo_manual_edition == 3")
    share = share.set_index(["region_code", "year"])["innovation_activity_percent"] / 100
    given = product[product["sp_product"].notna()]
    space = panel.set_index(["region_code", "year"])["space"]
    np.testing.assert_allclose(given["sp_product"] * share.loc[given.index], space.loc[given.index], rtol=1e-3)
    assert (given["sp_lo"] <= given["sp_product"]).all()
    assert (given["sp_product"] <= given["sp_hi"]).all()
    without = product.index[product["sp_product"].isna()]
    assert (share.loc[without] == 0).all()


def test_published_tables():
    assert [len(published_table(n)) for n in range(1, 7)] == [4, 5, 9, 80, 11, 4]
    with pytest.raises(LabelError, match="'7'"):
        published_table(7)


def test_unknown_names_are_answered_with_near_ones():
    with pytest.raises(LabelError) as error:
        load_sample("russia-2010-2013")
    assert "'russia-2010-2012'" in error.value.remedy
    with pytest.raises(LabelError, match="moon"):
        load_geometry("moon")


def test_a_loaded_sample_is_the_users_own(panel):
    first = load_sample("russia-regions").frame
    first["region"] = "changed"
    assert load_sample("russia-regions").frame["region"].ne("changed").all()


# geometry


def rings():
    for feature in load_geometry()["features"]:
        shape = feature["geometry"]
        polygons = [shape["coordinates"]] if shape["type"] == "Polygon" else shape["coordinates"]
        for polygon in polygons:
            yield feature["id"], polygon


def area(ring) -> float:
    x, y = np.array(ring).T
    return float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y)) / 2


def test_every_region_has_one_shape():
    features = load_geometry()["features"]
    assert load_geometry()["type"] == "FeatureCollection"
    assert sorted(f["id"] for f in features) == sorted(CODES)
    english = catalogue().set_index("region_code")["region"]
    assert {f["id"]: f["properties"]["region"] for f in features} == english.to_dict()


def test_rings_are_closed_wound_for_renderers_and_on_the_globe():
    for code, polygon in rings():
        outer, *holes = polygon
        assert outer[0] == outer[-1], code
        assert area(outer) < 0, code
        assert all(area(h) > 0 for h in holes), code
        x, y = np.array(outer).T
        assert x.min() >= -180, code
        assert x.max() <= 180, code
        assert y.min() > 41, code
        assert y.max() < 82, code


def test_moscow_is_the_small_one():
    sizes: dict[str, float] = {}
    for code, polygon in rings():
        sizes[code] = sizes.get(code, 0.0) + abs(area(polygon[0]))
    assert sizes["RU-MOW"] < sizes["RU-MOS"] / 5
    assert max(sizes, key=sizes.get) == "RU-SA"
    assert sizes["RU-TYU"] > 10 * sizes["RU-OMS"]  # with both autonomous districts


def test_tables_in_memory():
    polars = pytest.importorskip("polars")
    from innospace.data import as_dataset

    assert as_dataset(polars.DataFrame({"a": [1, 2]})).frame["a"].tolist() == [1, 2]
    assert as_dataset({"a": [1]}, "mine").source.name == "mine"
    dataset = as_dataset({"a": [1]})
    assert as_dataset(dataset) is dataset
    changed = dataset.with_frame(dataset.frame, "step")
    assert (changed.steps, dataset.steps) == (("step",), ())
    with pytest.raises(DataError, match="list is not a table"):
        as_dataset([1, 2])


def test_european_regions_hold_what_the_card_says():
    table = load_sample("eu-nuts2-patents").frame
    assert table["nuts2"].is_unique
    assert table["country"].equals(table["nuts2"].str[:2])
    both = table.dropna(subset=["epo_patents_avg_2008_2010", "rd_personnel_fte_2009"])
    assert (len(both), both["country"].nunique()) == (246, 27)
    years = table[["epo_patents_2008", "epo_patents_2009", "epo_patents_2010"]]
    assert (years.mean(axis=1) - table["epo_patents_avg_2008_2010"]).abs().max() < 1e-3


def test_types_of_innovation_are_the_samples_they_join():
    frame = load_sample("russia-innovation-types-2010-2012").frame
    panel = load_sample("russia-2010-2012").frame
    assert frame["region"].tolist() == panel["region"].tolist()
    assert frame[["technologies", "space"]].to_numpy() == pytest.approx(panel[["technologies", "space"]].to_numpy())
    keys = ["region_code", "year"]
    for sample, column in (
        ("rosstat-innovative-goods", "innovative_goods_mln_rub"),
        ("rosstat-innovation-activity", "innovation_activity_percent"),
        ("rosstat-fixed-assets", "fixed_assets_mln_rub"),
        ("rosstat-goods-shipped", "goods_shipped_mln_rub"),
    ):
        own = load_sample(sample).frame.query("2010 <= year <= 2012").set_index(keys)[column]
        assert frame[column].to_numpy() == pytest.approx(own.loc[pd.MultiIndex.from_frame(frame[keys])], abs=1e-4)
    ratio = 100.0 * frame["innovative_goods_mln_rub"] / frame["goods_shipped_mln_rub"]
    assert frame["innovative_goods_percent"].to_numpy() == pytest.approx(ratio, abs=1e-4)
