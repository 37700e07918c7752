"""Build the controls table and the social accounting matrix of Bashkortostan, 2012.

Usage: python tools/build_bashkortostan.py RAW_FOLDER   (RAW_FOLDER holds regions/bashkortostan_macro.csv)

Real figures come from the raw file; everything else is an assumption, which stands with its reason in
``bashkortostan_2012_assumptions.csv`` beside this file. Deterministic: the same raw file gives the same bytes.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import pandas as pd

OUT = Path(__file__).resolve().parent.parent / "src" / "innospace" / "data" / "samples"
ASSUMPTIONS = Path(__file__).with_name("bashkortostan_2012_assumptions.csv")
YEAR = 2012
ROSSTAT = "Rosstat / EMISS"
STAFF = (
    "Среднемесячная номинальная начисленная заработная плата работников государственных (муниципальных)  учреждений "
)
MEAN_WAGE = "Среднемесячная номинальная начисленная заработная плата работников, занятых в сфере экономики региона"
REAL = {
    "grp": ("gross_regional_product", "grp_total", "thousand RUB", "gross regional product, release of 30.06.2014"),
    **{
        f"value_added.{item}": (
            "gross_regional_product",
            sector,
            "thousand RUB",
            "gross regional product by kind of activity, release of 30.06.2014",
        )
        for item, sector in (
            ("education", "education"),
            ("mining", "mining"),
            ("manufacturing", "manufacturing"),
            ("utilities", "electricity_gas_water"),
        )
    },
    "goods_shipped": ("goods_shipped", "total", "mln RUB", "goods shipped by region"),
    "innovative_goods_shipped": ("innovative_goods_shipped", "total", "mln RUB", "innovative goods shipped by region"),
    "mean_wage": ("average_wage", MEAN_WAGE, "RUB per month", "mean monthly wage"),
    "cash_income_per_head": ("cash_income_per_capita", "households", "RUB per month", "cash income per head"),
    "wage.education": ("average_wage", STAFF + "образования", "RUB per month", "mean monthly wage, public education"),
    "wage.health": ("average_wage", STAFF + "здравоохранения", "RUB per month", "mean monthly wage, public health"),
    "wage.culture": ("average_wage", STAFF + "культуры и искусства", "RUB per month", "mean monthly wage, culture"),
    "fixed_assets": ("fixed_assets_full_book_value", "total", "mln RUB", "fixed assets, full book value"),
    "fixed_assets_before": ("fixed_assets_full_book_value", "total", "mln RUB", "fixed assets, full book value"),
}
"""Item: indicator and sector of the raw file, unit, what the publisher calls it."""
EXACT = ""


def real_rows(raw: Path) -> dict[str, list[object]]:
    """Return the rows of published figures."""
    table = pd.read_csv(raw / "regions/bashkortostan_macro.csv")
    rows: dict[str, list[object]] = {}
    for item, (indicator, sector, unit, name) in REAL.items():
        year = YEAR - 1 if item.endswith("_before") else YEAR
        found = table[(table["indicator"] == indicator) & (table["sector"] == sector) & (table["year"] == year)]
        value = float(f"{found['value'].item():.14g}")
        rows[item] = [value, unit, year, "real", EXACT, f"{ROSSTAT}: {name}", "Published figure"]
    return rows


def controls(raw: Path) -> pd.DataFrame:
    """Return the controls table in the order of the model's items."""
    from innospace.economy.models.knowledge.base_year import catalogue

    rows = real_rows(raw)
    assumed = pd.read_csv(ASSUMPTIONS, dtype=str, keep_default_na=False)
    for item, value, unit, weight, reason in assumed.itertuples(index=False):
        rows[item] = [value, unit, YEAR, "assumption", weight, "assumption", reason]
    columns = ["value", "unit", "year", "status", "weight", "source", "reason"]
    return pd.DataFrame([[i.name, *rows[i.name]] for i in catalogue()], columns=["item", *columns])


def write(table: pd.DataFrame, name: str) -> None:
    """Write a table as UTF-8 with line feeds, the same on every platform."""
    table.to_csv(OUT / name, index=False, lineterminator="\n", quoting=csv.QUOTE_MINIMAL)


def main() -> None:
    """Build both samples from the folder named on the command line."""
    if len(sys.argv) != 2 or not (Path(sys.argv[1]) / "regions").is_dir():
        raise SystemExit(__doc__)
    from innospace.economy.models.knowledge.prior import build_prior, to_sam

    table = controls(Path(sys.argv[1]))
    write(table, f"bashkortostan-{YEAR}-controls.csv")
    prior = build_prior(table)
    balanced = prior.balance()
    cells = to_sam(prior, balanced).to_frame()
    before = [prior.values.at[r, c] for r, c in zip(cells["row"], cells["column"], strict=True)]
    cells.insert(3, "prior", before)
    cells = cells.assign(unit="mln RUB", year=YEAR)
    write(cells, f"bashkortostan-{YEAR}-sam.csv")


if __name__ == "__main__":
    main()
