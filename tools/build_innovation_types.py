"""Build the sample of innovation types from the samples it joins: ``python tools/build_innovation_types.py``."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from innospace.data import load_sample

TARGET = Path(__file__).parents[1] / "src/innospace/data/samples/russia-innovation-types-2010-2012.csv"
KEYS = ["region_code", "year"]


def innovation_types() -> pd.DataFrame:
    """Return the reconstructed panel of regions with observed columns of Rosstat beside it, 240 rows."""
    panel = load_sample("russia-2010-2012").frame
    frame = panel[["region", "region_code", "region_ru", "federal_district", "year", "technologies", "space"]]
    for sample, column in (
        ("rosstat-innovative-goods", "innovative_goods_mln_rub"),
        ("rosstat-goods-shipped", "goods_shipped_mln_rub"),
        ("rosstat-fixed-assets", "fixed_assets_mln_rub"),
        ("rosstat-innovation-activity", "innovation_activity_percent"),
    ):
        own = load_sample(sample).frame.query("2010 <= year <= 2012")[[*KEYS, column]]
        frame = frame.merge(own, on=KEYS, how="left", validate="one_to_one")
    staff = load_sample("rosstat-rd-personnel").frame.query("year == 2010").set_index("region_code")["rd_personnel"]
    goods = frame["goods_shipped_mln_rub"]
    return frame.assign(
        rd_personnel_2010=frame["region_code"].map(staff),
        innovative_goods_percent=(100.0 * frame["innovative_goods_mln_rub"] / goods).round(4),
        goods_per_assets=(goods / frame["fixed_assets_mln_rub"]).round(5),
        rd_personnel_per_bln=(1000.0 * frame["region_code"].map(staff) / goods).round(4),
    )


if __name__ == "__main__":
    digits = {"innovative_goods_mln_rub": 4, "goods_shipped_mln_rub": 4}
    innovation_types().round(digits).to_csv(TARGET, index=False, lineterminator="\n")
