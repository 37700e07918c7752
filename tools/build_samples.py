"""Build the shipped samples from the raw files of the project's data collection.

Usage: python tools/build_samples.py RAW_FOLDER   (RAW_FOLDER holds paper/ and regions/)

Deterministic: the same raw files give the same bytes. What each sample holds and where it is from stands in
``samples/cards.toml``, which is written by hand; a test holds the cards against the files.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pandas as pd

OUT = Path(__file__).resolve().parent.parent / "src" / "innospace" / "data" / "samples"
ROSTAT = {
    "rosstat-innovation-activity": ("ru_innovation_activity_pct_2010_2024.csv", "innovation_activity_percent"),
    "rosstat-innovative-goods": ("ru_innovative_goods_mln_rub_2010_2024.csv", "innovative_goods_mln_rub"),
    "rosstat-goods-shipped": ("ru_goods_shipped_mln_rub_2010_2024.csv", "goods_shipped_mln_rub"),
    "rosstat-rd-personnel": ("ru_rd_personnel_2010_2024.csv", "rd_personnel"),
    "rosstat-fixed-assets": ("ru_fixed_assets_full_value_mln_rub.csv", "fixed_assets_mln_rub"),
}


def write(frame: pd.DataFrame, name: str) -> None:
    """Write a table as UTF-8 with line feeds, the same on every platform."""
    frame.to_csv(OUT / name, index=False, lineterminator="\n")


def regions(raw: Path) -> pd.DataFrame:
    """Copy the catalogue of regions; codes stay text, so that OKATO 01 keeps its zero."""
    table = pd.read_csv(raw / "paper/regions.csv", dtype=str)
    table = table.rename(columns={"iso_3166_2": "region_code", "name_ru": "region_ru"})
    write(table, "regions.csv")
    return table


def panel(raw: Path, table: pd.DataFrame) -> None:
    """Write the panel that was recovered from Table 4 of the source paper, with names and federal districts."""
    data = pd.read_csv(raw / "paper/reconstructed_panel.csv")
    names = table.set_index("region_code")
    out = pd.DataFrame(
        {
            "region": data["region"],
            "region_code": data["iso_3166_2"],
            "region_ru": data["iso_3166_2"].map(names["region_ru"]),
            "federal_district": data["iso_3166_2"].map(names["federal_district_2010_2012"]),
            "year": data["year"],
            "technologies_total": data["teh_sum3"],
            "technologies": (data["teh_sum3"] / 3).round(6),
            "space": data["v_total"],
            "ln_space": data["ln_v"],
            "ln_space_lower": data["ln_v_lo"],
            "ln_space_upper": data["ln_v_hi"],
            "published_te": data["te"],
            "published_space_used": data["v_used"],
        }
    )
    # v_total is rounded to a decimal; the logarithm carries the digits
    out["space"] = out["ln_space"].map(lambda v: float(f"{2.718281828459045**v:.10g}"))
    write(out, "russia-2010-2012.csv")


def published(raw: Path) -> None:
    """Copy the six printed tables as transcribed, with line feeds: bytes and hashes are the same in every checkout."""
    for number in range(1, 7):
        text = (raw / f"paper/table{number}.csv").read_bytes().replace(b"\r\n", b"\n")
        (OUT / f"makarov-2016-table-{number}.csv").write_bytes(text)


def rosstat(raw: Path) -> None:
    """Turn Rosstat's wide tables into long ones, cells that are missing there left out."""
    for name, (file, value) in ROSTAT.items():
        wide = pd.read_csv(raw / "regions" / file)
        wide = wide.rename(columns={"iso_3166_2": "region_code"}).drop(columns="paper_order")
        long = wide.melt(id_vars=["region", "region_code"], var_name="year", value_name=value)
        edition = long["year"].str.partition("_")[2]
        long["year"] = long["year"].str.slice(0, 4).astype(int)
        if edition.ne("").any():
            # Rosstat changed the Oslo edition: 2017 is given twice, from 2018 only the fourth
            fourth = edition.eq("oslo4") | long["year"].ge(2018)
            long.insert(3, "oslo_manual_edition", fourth.map({True: 4, False: 3}))
        order = ["region_code", "year"] + (["oslo_manual_edition"] if "oslo_manual_edition" in long else [])
        write(long.dropna(subset=[value]).sort_values(order, kind="stable"), f"{name}.csv")
    national = pd.read_csv(raw / "regions/ru_national_rd_organizations_2000_2024.csv")
    long = national.melt(id_vars="sector", var_name="year", value_name="rd_organisations")
    write(long.assign(year=long["year"].astype(int)), "rosstat-rd-organisations-national.csv")
    product = pd.read_csv(raw / "regions/ru_derived_sp_product.csv").rename(columns={"iso_3166_2": "region_code"})
    write(product[["region", "region_code", "year", "sp_product", "sp_lo", "sp_hi"]], "russia-2010-2012-sp-product.csv")


def european(raw: Path) -> None:
    """Copy patents and R&D personnel of European regions; what Eurostat cannot assign to a region is left out."""
    table = pd.read_csv(raw / "regions/eu_nuts2_patents_rd.csv")
    write(table[~table["nuts2"].str.endswith("XX")], "eu-nuts2-patents.csv")


def signed_area(ring: list[list[float]]) -> float:
    """Return the area of a ring by the shoelace rule: negative when it runs clockwise."""
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, ring[1:] + ring[:1], strict=True)) / 2


def rewound(polygon: list[list[list[float]]]) -> list[list[list[float]]]:
    """Wind exterior rings clockwise and holes the other way, as spherical renderers expect."""
    out = []
    for i, ring in enumerate(polygon):
        clockwise = signed_area(ring) < 0
        out.append(ring if clockwise == (i == 0) else ring[::-1])
    return out


def geometry(raw: Path) -> None:
    """Write the polygons, rings wound for spherical renderers, properties reduced to the name."""
    data = json.loads((raw / "regions/ru80_naturalearth50m.geojson").read_text(encoding="utf-8"))
    for feature in data["features"]:
        shape = feature["geometry"]
        if shape["type"] == "Polygon":
            shape["coordinates"] = rewound(shape["coordinates"])
        else:
            shape["coordinates"] = [rewound(p) for p in shape["coordinates"]]
        feature["properties"] = {"region": feature["properties"]["region"]}
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    (OUT / "russia-80.geojson").write_text(text + "\n", encoding="utf-8")


def main() -> None:
    """Build every sample from the folder named on the command line."""
    if len(sys.argv) != 2 or not (Path(sys.argv[1]) / "paper").is_dir():
        raise SystemExit(__doc__)
    raw = Path(sys.argv[1])
    OUT.mkdir(parents=True, exist_ok=True)
    panel(raw, regions(raw))
    published(raw)
    rosstat(raw)
    european(raw)
    geometry(raw)


if __name__ == "__main__":
    main()
