"""Figures of an economy of many regions. Titles state what the numbers show, whatever they show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from innospace.core.figure import Figure, FigureKind
from innospace.core.labels import require_known
from innospace.core.numbers import fixed, signed, significant
from innospace.economy.models.regions.tables import growth, title_of

if TYPE_CHECKING:
    import pandas as pd

    from innospace.economy.models.regions.result import RegionsResult

DRAWN = 2
"""Scenarios that are drawn in a report: the first ones."""
_BORDERS = "Borders: Natural Earth, public domain; the 80 regions of 2008–2012."
PANELS = {
    "product": "Product",
    "productivity": "Productivity",
    "labour": "Labour",
    "real_wage": "Real wage",
    "consumption": "Consumption",
    "terms_of_trade": "Terms of trade",
}
"""Effects that a map may show."""


class Plots:
    """Figures by name; each returns data that :meth:`innospace.core.figure.Figure.draw` draws."""

    def __init__(self, result: RegionsResult) -> None:
        self._result = result

    def all(self) -> list[Figure]:
        """Return growth without shocks, and effects of the first scenarios on maps and by distance."""
        r = self._result
        return [self.growth(), *(f(n) for n in r.solved[:DRAWN] for f in (self.effects, self.reach))]

    def growth(self) -> Figure:
        """Return a map of growth of product without shocks."""
        r = self._result
        frame = growth(r).frame[["region", "product_growth"]].assign(region_code=r.frames["regions"]["region_code"])
        ordered = frame.sort_values("product_growth", kind="stable")
        first, last = ordered.iloc[0], ordered.iloc[-1]
        spread = (
            f"{fixed(first['product_growth'], 1)}\u202f% a year in {first['region']} and "
            f"{fixed(last['product_growth'], 1)}\u202f% in {last['region']}"
        )
        return Figure(
            "growth",
            FigureKind.MAP,
            f"Without shocks regions grow between {spread}",
            f"Gross regional product at prices of {r.years[0]}, growth to {r.years[1]}, % a year",
            f"Simulated, on assumptions that the report lists; no forecast. {_BORDERS}",
            f"Map of growth: between {spread}.",
            frame,
            {
                "code": "region_code",
                "value": "product_growth",
                "label": "region",
                "value_title": "Growth, % a year",
                "value_format": ".1f",
            },
            geometry=_geometry(),
            lead=True,
        )

    def effects(
        self, scenario: str, shown: tuple[str, ...] = ("product", "productivity"), year: int | None = None
    ) -> Figure:
        """Return maps of the effects of a scenario in a year; the scale is that of regions it does not move.

        Parameters
        ----------
        scenario : str
        shown : tuple of str
            One map each, see :data:`PANELS`; a single one has the whole width.
        year : int, optional
            The last one when not given.

        Raises
        ------
        LabelError
            No such scenario, effect or year, or the scenario has no solution.
        """
        r = self._result
        require_known(shown, list(PANELS), kind="effect")
        frame, when = _in_year(r, scenario, year), year or r.years[1]
        others = _others(r, frame, scenario)
        rows = frame.melt(
            ["region", "region_code"], list(shown), var_name="effect", value_name="percent", ignore_index=True
        )
        rows["effect"] = [PANELS[e] for e in rows["effect"]]
        values = others[list(shown)].to_numpy()
        low, high = min(0.0, float(values.min())), max(0.0, float(values.max()))
        top = others.sort_values(shown[0], ascending=False, kind="stable").iloc[0]
        moved = frame[~frame["region"].isin(others["region"])]
        told = _own(moved, shown[0], r.touched(scenario))
        word = PANELS[shown[0]].lower()
        many = len(shown) > 1
        return Figure(
            f"effects-{scenario}" + ("" if year is None else f"-{year}"),
            FigureKind.MAPS if many else FigureKind.MAP,
            f"{title_of(r, scenario)}: {told}{top['region']} gains most {'of the others' if told else 'of all'}, "
            f"{signed(top[shown[0]], 2)}\u202f% of {word}",
            f"{'Effects' if many else PANELS[shown[0]]} in {when} against the baseline, %"
            + (". Colours end at the largest effects elsewhere" if told else ""),
            f"Simulated. Productivity elsewhere moves by knowledge alone. {_BORDERS}",
            f"Maps of effects: {told}elsewhere between {signed(low, 2)} and {signed(high, 2)} percent.",
            rows,
            {
                "code": "region_code",
                "value": "percent",
                "label": "region",
                **({"panel": "effect"} if many else {}),
                "value_title": "Against the baseline, %",
                "value_format": ".2f",
                "domain": [low, high if high > low else low + 1.0],
            },
            geometry=_geometry(),
            lead=True,
        )

    def path(self, region: str, scenario: str, shown: str = "product") -> Figure:
        """Return the effect of a scenario on a region by year.

        Raises
        ------
        LabelError
            No such region, scenario or effect, or the scenario has no solution.
        """
        r = self._result
        require_known([shown], list(PANELS), kind="effect")
        frame = r.effects(scenario)
        require_known([region], list(frame["region"].unique()), kind="region")
        rows = frame.loc[frame["region"] == region, ["year", shown]].reset_index(drop=True)
        last = f"{signed(float(rows[shown].iloc[-1]), 2)}\u202f% in {r.years[1]}"
        return Figure(
            f"effect-path-{scenario}",
            FigureKind.LINES,
            f"{title_of(r, scenario)}: {PANELS[shown].lower()} of {region} {last}",
            f"{PANELS[shown]} against the baseline, %, {r.years[0]}–{r.years[1]}",
            "Simulated.",
            f"Effect on {region} by year: {last}.",
            rows,
            {"x": "year", "y": shown, "x_title": "Year", "y_title": f"{PANELS[shown]}, %"},
        )

    def reach(self, scenario: str, year: int | None = None) -> Figure:
        """Return effects on productivity of regions that a scenario does not move, by distance to it.

        Parameters
        ----------
        scenario : str
        year : int, optional
            The last one when not given.

        Raises
        ------
        LabelError
            No such scenario or year, or the scenario has no solution.
        """
        r = self._result
        frame = _in_year(r, scenario, year)
        others = _others(r, frame, scenario).copy()
        others["distance_km"] = _away(r, scenario, others)
        near = others.sort_values("distance_km").head(max(1, len(others) // 8))
        far = others.sort_values("distance_km").tail(max(1, len(others) // 2))
        a, b = float(near["productivity"].mean()), float(far["productivity"].mean())
        rows = others[["region", "distance_km", "productivity"]].reset_index(drop=True)
        return Figure(
            f"reach-{scenario}" + ("" if year is None else f"-{year}"),
            FigureKind.SCATTER,
            f"{title_of(r, scenario)}: productivity moves by {_small(a)}\u202f% in the nearest eighth of other "
            f"regions, by {_small(b)}\u202f% in the farther half",
            f"Productivity in {year or r.years[1]} against the baseline, %, by distance between centres",
            "Simulated. Regions that the scenario itself moves are left out.",
            f"Effects by distance: {_small(a)} percent near, {_small(b)} percent far.",
            rows,
            {
                "x": "distance_km",
                "y": "productivity",
                "label": "region",
                "x_title": "Distance to the nearest region that the scenario moves, km",
                "y_title": "Productivity, %",
            },
        )


def _small(value: float) -> str:
    """Return a number that may be near zero, with its sign."""
    return f"{'+' if value > 0.0 else ''}{significant(value, 2)}"


def _own(moved: pd.DataFrame, quantity: str, touched: tuple[str, ...]) -> str:
    """Return what a scenario does where it moves something, as the beginning of a sentence."""
    if moved.empty:
        return ""
    values = moved[quantity]
    if len(moved) == 1:
        return f"{touched[0]} {signed(float(values.iloc[0]), 1)}\u202f%, "
    return f"{len(moved)} regions {signed(float(values.min()), 1)} to {signed(float(values.max()), 1)}\u202f%, "


def _in_year(r: RegionsResult, scenario: str, year: int | None) -> pd.DataFrame:
    codes = r.frames["regions"].set_index("region")["region_code"]
    frame = r.effects_in(scenario, year)
    return frame.assign(region_code=codes[frame["region"]].to_numpy())


def _others(r: RegionsResult, frame: pd.DataFrame, scenario: str) -> pd.DataFrame:
    """Return the regions that a scenario does not move; all where it moves every one."""
    left = frame[~frame["region"].isin(r.touched(scenario))]
    return left if len(left) else frame


def _away(r: RegionsResult, scenario: str, others: pd.DataFrame) -> list[float]:
    from innospace.data.geography import centres, distances

    places = centres(_geometry())
    codes = list(r.frames["regions"]["region_code"])
    known = r.frames["regions"]["region"].isin(r.touched(scenario)).to_numpy()
    far = distances([places[c] for c in codes])[:, known].min(axis=1)
    by_code = dict(zip(codes, far.tolist(), strict=True))
    return [by_code[c] for c in others["region_code"]]


def _geometry() -> dict[str, Any]:
    from innospace.data import load_geometry

    known: dict[str, Any] = load_geometry()
    return known
