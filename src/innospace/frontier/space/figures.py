"""Figures of an innovation-space study."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from innospace.core.errors import LabelError
from innospace.core.figure import Figure, FigureKind
from innospace.core.numbers import fixed, percent, significant
from innospace.frontier.space.group_tables import by_group

if TYPE_CHECKING:
    import pandas as pd

    from innospace.frontier.space.result import SpaceResult

LABELLED = 8
"""Regions labelled in a scatter besides those in focus: the largest by innovations."""
_LINE = "ln\u00a0Q\u00a0=\u00a0c\u00a0+\u00a0δ\u00a0ln\u00a0V"
SMALL_ON_A_MAP = ("RU-MOW", "RU-SPE")


class Plots:
    """Figures by name; each returns data that :meth:`innospace.core.figure.Figure.draw` draws."""

    def __init__(self, result: SpaceResult) -> None:
        self._result = result

    def frontier(self, year: int | None = None) -> Figure:
        """Return innovations against the innovation space with the estimated frontier."""
        r = self._result
        year = year or r.years[-1]
        p = r.parameters(str(year))
        rows = _highlighted(self._rows(year), "technologies_used", r.spec.focus)
        return Figure(
            f"frontier-{year}",
            FigureKind.SCATTER,
            f"A space ten times larger goes with {fixed(10 ** p['delta'], 1)} times the innovations on the frontier",
            f"New production technologies a year (mean of three years) against the innovation space V, {len(rows)} "
            f"regions, {year}; both axes logarithmic",
            self._caption(" ".join([f"Line: estimated frontier, {_LINE}.", *_substituted(rows)])),
            f"Scatter of innovations against innovation space for {len(rows)} regions in {year}; the frontier has "
            f"elasticity {p['delta']:.3f}.",
            rows[["region", "space", "technologies_used", "highlight"]],
            {
                "x": "space",
                "y": "technologies_used",
                "label": "region",
                "highlight": "highlight",
                "x_log": True,
                "y_log": True,
                "x_title": "Innovation space V, potential links",
                "y_title": "Innovations Q per year",
            },
            {"line": _frontier_line(rows["space"].to_numpy(), p["c"], p["delta"])},
        )

    def persistence(self, first: int, second: int) -> Figure:
        """Return efficiency of one year against the next with the 45-degree line."""
        r = self._result
        key = f"{first}_{second}"
        if key not in r.te_correlation:
            raise LabelError(f"There is no pair of years {first} and {second}.", allowed=", ".join(r.te_correlation))
        wide = r.regions.pivot(index="region", columns="year", values="te")[[first, second]].dropna()
        frame = wide.rename(columns={first: "te_first", second: "te_second"}).reset_index()
        change = (frame["te_second"] - frame["te_first"]).abs()
        frame["highlight"] = (change.rank(ascending=False) <= 5) | frame["region"].isin(r.spec.focus)
        found = r.te_correlation[key]
        return Figure(
            f"persistence-{first}-{second}",
            FigureKind.SCATTER,
            f"Efficiency of {first} mostly carries over to {second}: correlation {fixed(found['pearson'], 2)}",
            f"Technical efficiency, {first} against {second}, {len(frame)} regions; above the diagonal it rose",
            self._caption("Named: the five largest changes" + (" and the regions in focus." if r.spec.focus else ".")),
            f"Scatter of technical efficiency {first} against {second}; Pearson {found['pearson']:.3f}, Spearman "
            f"{found['spearman']:.3f}.",
            frame,
            {
                "x": "te_first",
                "y": "te_second",
                "label": "region",
                "highlight": "highlight",
                "diagonal": True,
                "x_title": f"Technical efficiency {first}",
                "y_title": f"Technical efficiency {second}",
            },
        )

    def used_space(self, year: int | None = None) -> Figure:
        """Return innovations against used space."""
        r = self._result
        year = year or r.years[-1]
        rows = _highlighted(self._rows(year), "technologies_used", r.spec.focus)
        top = rows.sort_values("used_space", ascending=False).head(2)
        names = " and ".join(top["region"])
        share = float(top["used_space"].sum() / rows["used_space"].sum())
        return Figure(
            f"used-space-{year}",
            FigureKind.SCATTER,
            f"{names} hold {percent(share, 0)} of all used links",
            f"New production technologies a year (mean of three years) against used innovation space V̂, {year}",
            self._caption(""),
            f"Scatter of innovations against used innovation space in {year}; {names} stand far out.",
            rows[["region", "used_space", "technologies_used", "highlight"]],
            {
                "x": "used_space",
                "y": "technologies_used",
                "label": "region",
                "highlight": "highlight",
                "x_title": "Used innovation space V̂, links",
                "y_title": "Innovations Q per year",
            },
        )

    def mapped(self, year: int | None = None) -> bool:
        """Whether any region of a year has a place on the map."""
        from innospace.data import load_geometry

        rows = self._rows(year or self._result.years[-1])
        known = {f["id"] for f in load_geometry()["features"]}
        return "region_code" in rows and bool(set(rows["region_code"].dropna()) & known)

    def map(self, year: int | None = None) -> Figure:
        """Return efficiency on the map of regions."""
        from innospace.data import load_geometry

        r = self._result
        year = year or r.years[-1]
        rows = self._rows(year)
        geometry = load_geometry()
        known = {f["id"] for f in geometry["features"]}
        if not self.mapped(year):
            raise LabelError(
                "No region of this table has a place on the map.",
                allowed="a column region_code with ISO 3166-2 codes of Russia",
                remedy="Use region names that the reader can match, or leave the map out.",
            )
        shown = rows[rows["region_code"].isin(known)][["region_code", "region", "te", "te_lower", "te_upper", "rank"]]
        focus = shown["region_code"][shown["region"].isin(r.spec.focus)]
        half = int((shown["te"] < 0.5).sum())
        bounds = f"from {shown['te'].min():.2f} to {shown['te'].max():.2f}"
        return Figure(
            f"map-{year}",
            FigureKind.MAP,
            f"{half} of {len(shown)} regions reach less than half of what the frontier allows",
            f"Technical efficiency in using the innovation space, {year}, share of the frontier",
            self._caption("Borders: Natural Earth, public domain; the 80 regions of 2008–2012."),
            f"Map of technical efficiency {year} of {len(shown)} regions, {bounds}; {half} are below 0.5.",
            shown,
            {
                "code": "region_code",
                "value": "te",
                "label": "region",
                "value_title": "Technical efficiency",
                "value_format": ".2f",
                "domain": [0.0, 1.0],
                "direct": [c for c in (*SMALL_ON_A_MAP, *focus) if c in set(shown["region_code"])],
            },
            geometry=geometry,
        )

    def ranking(self, year: int | None = None) -> Figure:
        """Return regions ranked by efficiency with intervals."""
        r = self._result
        year = year or r.years[-1]
        rows = self._rows(year).sort_values("te", ascending=False, kind="stable")
        rows["highlight"] = rows["region"].isin(r.spec.focus)
        mean = float(rows["te"].mean())
        best = rows.iloc[0]
        level = percent(r.spec.level, 0)
        tied = int((rows["te_upper"].iloc[1:] >= best["te_lower"]).sum())
        return Figure(
            f"ranking-{year}",
            FigureKind.INTERVALS,
            f"{best['region']} ranks first, but {tied} of the {len(rows) - 1} other intervals overlap its own"
            if tied
            else f"{best['region']} ranks first, and its interval overlaps no other",
            f"Technical efficiency {year}, share of the frontier, with {level} intervals given each region's residual",
            self._caption("The intervals take the parameters of the frontier as known, so they are too narrow."),
            f"Ranked technical efficiency of {len(rows)} regions in {year}; {best['region']} {best['te']:.2f} to "
            f"{rows.iloc[-1]['region']} {rows.iloc[-1]['te']:.2f}.",
            rows[["region", "te", "te_lower", "te_upper", "rank", "highlight"]],
            {
                "label": "region",
                "value": "te",
                "lower": "te_lower",
                "upper": "te_upper",
                "highlight": "highlight",
                "value_title": "Technical efficiency",
                "reference": mean,
                "reference_label": f"mean {fixed(mean, 2)}",
            },
        )

    def share(self) -> Figure:
        """Return the share of the space that the frontier uses, by year."""
        import pandas as pd

        r = self._result
        rows = []
        for year in r.years:
            s = r.share(str(year))
            rows.append({"year": year, "w": 100 * s.w, "lower": 100 * s.lower, "upper": 100 * s.upper})
        first, last = rows[0], rows[-1]
        apart = first["lower"] > last["upper"] or last["lower"] > first["upper"]
        return Figure(
            "share-of-space",
            FigureKind.LINES,
            f"The frontier used {significant(last['w'])}\u202f% of the space in {last['year']}, against "
            f"{significant(first['w'])}\u202f% in {first['year']}{'' if apart else '; the intervals overlap'}",
            f"w = exp(c / δ), percent of potential links, {first['year']}–{last['year']}, with "
            f"{percent(r.spec.level, 0)} intervals (delta method)",
            self._caption(""),
            "Share of the innovation space used on the frontier: "
            + ", ".join(f"{row['year']}: {row['w']:.3f} %" for row in rows),
            pd.DataFrame(rows),
            {
                "x": "year",
                "y": "w",
                "lower": "lower",
                "upper": "upper",
                "x_title": "Year",
                "y_title": "Used share of the space, %",
            },
        )

    def determinants(self) -> Figure:
        """Return mean effects of regressors on expected efficiency, by model, with intervals."""
        r = self._result
        table = r.table("determinants").frame
        rows = table[table["of"] == "efficiency"].dropna(subset=["lower"]).reset_index(drop=True)
        rows = rows.assign(regressor=rows["regressor"].astype(str) + ", " + rows["model"].astype(str))
        rows = rows.assign(highlight=(rows["lower"] > 0.0) | (rows["upper"] < 0.0))
        told = int(rows["highlight"].sum())
        title = f"{told} of {len(rows)} effects on expected efficiency can be told from zero"
        return Figure(
            "determinants",
            FigureKind.INTERVALS,
            title,
            f"Change of expected technical efficiency with one unit more of a regressor, share of the frontier, mean "
            f"over regions, with {percent(r.spec.level, 0)} intervals",
            self._caption("Estimated together with the frontier, in one step."),
            f"Effects on efficiency with intervals. {title}.",
            rows[["regressor", "effect", "lower", "upper", "highlight"]],
            {
                "label": "regressor",
                "value": "effect",
                "lower": "lower",
                "upper": "upper",
                "highlight": "highlight",
                "value_title": "Change of expected efficiency",
                "reference": 0.0,
            },
        )

    def groups(self) -> Figure:
        """Return mean efficiency by group of regions, with the middle four fifths of its rows."""
        frame = by_group(self._result).sort_values("te", ascending=False, ignore_index=True)
        best, last = frame.iloc[0], frame.iloc[-1]
        title = (
            f"Mean efficiency is {percent(float(best['te']), 0)} in {best['group']}, "
            f"{percent(float(last['te']), 0)} in {last['group']}"
        )
        return Figure(
            "groups",
            FigureKind.INTERVALS,
            title,
            f"Technical efficiency, share of the frontier, mean over regions and years of {len(frame)} groups",
            self._caption("Bars hold rows between the tenth and the ninetieth percentile."),
            f"Mean technical efficiency by group. {title}.",
            frame[["group", "te", "te_lower", "te_upper", "regions"]],
            {
                "label": "group",
                "value": "te",
                "lower": "te_lower",
                "upper": "te_upper",
                "value_title": "Technical efficiency",
            },
        )

    def all(self) -> list[Figure]:
        """Return every figure that these data allow."""
        r = self._result
        pairs = list(zip(r.years, r.years[1:], strict=False))
        mapped = self.mapped()
        leading = replace(self.frontier(), lead=not mapped)
        figures = [leading, *(self.persistence(a, b) for a, b in pairs), self.used_space()]
        figures += [replace(self.map(), lead=True)] if mapped else []
        figures.append(replace(self.ranking(), lead=True))
        if len(r.years) > 1:
            figures.append(self.share())
        if r.grouping is not None:
            figures.append(self.groups())
        if r.determinants["std_error"].notna().any():
            figures.append(self.determinants())
        return figures

    def _rows(self, year: int) -> pd.DataFrame:
        frame = self._result.regions
        rows = frame[frame["year"] == year].reset_index(drop=True)
        if rows.empty:
            raise LabelError(f"There is no year {year}.", allowed=", ".join(map(str, self._result.years)))
        return rows

    def _caption(self, extra: str) -> str:
        sources = "; ".join(f"{s.name} ({s.nature})" for s in self._result.provenance.sources)
        return f"Source: {sources}. Efficiency and frontier estimated. {extra}".strip()


def _highlighted(rows: pd.DataFrame, by: str, focus: tuple[str, ...]) -> pd.DataFrame:
    top = rows[by].rank(ascending=False, method="first") <= LABELLED
    return rows.assign(highlight=top | rows["region"].isin(focus))


def _substituted(rows: pd.DataFrame) -> list[str]:
    """Say where regions without innovations stand, since a logarithm has no place for zero."""
    replaced = rows[rows["technologies"] != rows["technologies_used"]]
    if replaced.empty:
        return []
    assumed = significant(float(replaced["technologies_used"].iloc[0]), 1)
    return [f"{len(replaced)} regions without innovations stand at {assumed} a year, assumed in place of zero."]


def _frontier_line(space: np.ndarray[Any, Any], c: float, delta: float) -> pd.DataFrame:
    import pandas as pd

    x = np.geomspace(space.min(), space.max(), 50)
    y = np.exp(c + delta * np.log(x))
    return pd.DataFrame({"x": x, "y": y, "label": "Frontier"})
