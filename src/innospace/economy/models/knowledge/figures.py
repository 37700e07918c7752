"""Figures of a solved knowledge economy. Titles state what the numbers show, whatever they show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from innospace.core.errors import LabelError
from innospace.core.figure import Figure, FigureKind
from innospace.core.numbers import fixed, percent, signed
from innospace.economy.models.knowledge import labels as k
from innospace.economy.models.knowledge.flows import OTHER_PAYMENTS, PAYMENTS, VIA, VIA_GROUP, flows
from innospace.economy.models.knowledge.gates import LEAST_BUDGET
from innospace.economy.models.knowledge.wording import (
    LINKED_ENDS,
    against_baseline,
    at_ends,
    billions,
    change,
    effect_clause,
    intervals,
    label,
    points,
    published,
    ranked,
    solved,
    span,
    strongest,
)

if TYPE_CHECKING:
    import pandas as pd

    from innospace.economy.models.knowledge.result import EconomyResult

ROUNDED = 0.005
"""Effects in percent below this are zero with the two decimals that sentences show."""
SYNOPSIS = 4
"""Largest flows that the text alternative of the diagram names."""


class Plots:
    """Figures by name; each returns data that :meth:`innospace.core.figure.Figure.draw` draws."""

    def __init__(self, result: EconomyResult) -> None:
        self._result = result

    def all(self) -> list[Figure]:
        """Return every figure that this result allows, the diagram last."""
        several = len(ranked(self._result)) > 0
        results = [self.difference(), self.effects()] if several else []
        return [*results, self.growth(), self.shares(), *([self.budget()] if several else []), self.diagram()]

    def growth(self) -> Figure:
        """Return real gross regional product by scenario."""
        r = self._result
        self._require(solved(r), "a scenario that is solved to the last year")
        index = {name: 100.0 * r.real_grp(name) for name in r.paths}
        finals = {name: float(index[name][-1]) for name in solved(r)}
        low, high = min(finals, key=lambda n: finals[n]), max(finals, key=lambda n: finals[n])
        title = (
            f"By {r.years[-1]} real GRP stands at {fixed(finals[low], 0)} to {fixed(finals[high], 0)} percent of "
            f"{r.years[0]}, lowest under {label(low, inside=True)} and highest under {label(high, inside=True)}"
            if low != high
            else f"By {r.years[-1]} real GRP stands at {fixed(finals[low], 0)} percent of {r.years[0]}"
        )
        return Figure(
            "growth",
            FigureKind.LINES,
            title,
            f"Gross regional product at constant prices (chained), {r.years[0]} = 100, {span(r)}",
            self._caption(""),
            f"Lines of real gross regional product, {r.years[0]} = 100. In {r.years[-1]}: "
            + ", ".join(f"{label(n)} {fixed(v, 1)}" for n, v in finals.items())
            + ".",
            self._lines(index),
            {**_LINES, "x_title": "Year", "y_title": f"Real GRP, {r.years[0]} = 100"},
        )

    def difference(self) -> Figure:
        """Return real gross regional product against the baseline, in percent, by year."""
        r = self._result
        names = ranked(r)
        self._require(names, "a scenario besides the baseline that is solved to the last year")
        paths = {name: against_baseline(r, name) for name in r.paths}
        best = strongest(r)
        end = float(paths[best][-1])
        turned = [n for n in names if reversal(paths[n]) is not None]
        title = f"{label(best)} leaves GRP of {r.years[-1]} {fixed(abs(end), 1)}\u202f% {_side(end)} the baseline" + (
            "; at first the effects go the other way" if turned else ""
        )
        ends = ", ".join(f"{label(n)} {signed(float(paths[n][-1]), 1)} %" for n in names)
        return Figure(
            "difference",
            FigureKind.LINES,
            title,
            f"Real gross regional product, difference from the baseline in percent, {span(r)}",
            self._caption("The baseline is the zero line."),
            f"Lines of the difference of real gross regional product from the baseline. In {r.years[-1]}: {ends}.",
            self._lines(paths),
            {**_LINES, "x_title": "Year", "y_title": "Difference from the baseline, %"},
        )

    def effects(self) -> Figure:
        """Return effects on average annual growth, with the numbers of the paper in both readings beside ours."""
        import pandas as pd

        r = self._result
        names = ranked(r)
        self._require(names, "a scenario besides the baseline that is solved to the last year")
        bounds, paper, linked = intervals(r), published(r), at_ends(r)
        baseline = 100.0 * r.growth[r.baseline]
        readings = {
            "Paper, read as percentage points": 1.0,
            "Paper, read as percent of baseline growth": baseline / 100.0,
        }
        rows = []
        for name in [n for n in r.paths if n in names]:
            ours = points(r, name)
            ends = tuple(points(r, n) for n in linked[name]) if name in linked else (ours, ours)
            lower, upper = bounds.get(name, (min(ends), max(ends)))
            term = f"{label(name)}: {change(ours)}"
            rows.append((name, term, "This model", ours, lower, upper))
            if name in paper:
                values = [(reading, paper[name] * factor) for reading, factor in readings.items()]
                rows += [(name, term, reading, v, v, v) for reading, v in values]
        best = strongest(r)
        beside = f" (intervals: {bounds_level()})" if bounds else f" (intervals: {LINKED_ENDS})" if linked else ""
        return Figure(
            "effects",
            FigureKind.COEFFICIENTS,
            f"{label(best)} moves average annual growth most: {effect_clause(r, best)}",
            f"Effect on average annual growth of real GRP {span(r)}, percentage points a year{beside}; baseline growth "
            f"{fixed(baseline, 2)}\u202f%",
            self._caption("Paper: Table 6, whose unit is open; both readings are shown." if paper else ""),
            "Effects on average annual growth in percentage points: "
            + ", ".join(f"{label(n)} {change(points(r, n))}" for n in names)
            + ".",
            pd.DataFrame(rows, columns=["scenario", "term", "model", "points", "lower", "upper"]),
            {
                "term": "term",
                "estimate": "points",
                "lower": "lower",
                "upper": "upper",
                "model": "model",
                "value_title": "Percentage points a year",
            },
        )

    def shares(self) -> Figure:
        """Return the share of the innovation sector in gross regional product by scenario."""
        r = self._result
        self._require(solved(r), "a scenario that is solved to the last year")
        paths = {n: 100.0 * sector_share(r, n, k.INNOVATION) for n in r.paths}
        first, base = float(paths[r.baseline][0]), float(paths[r.baseline][-1])
        most = max(solved(r), key=lambda n: abs(float(paths[n][-1]) - base))
        title = f"The innovation sector makes {fixed(base, 1)}\u202f% of GRP in {r.years[-1]} in the baseline"
        if most != r.baseline:
            title += f", {fixed(float(paths[most][-1]), 1)}\u202f% under {label(most, inside=True)}"
        science = 100.0 * sector_share(r, r.baseline, k.SCIENCE)
        return Figure(
            "shares",
            FigureKind.LINES,
            title,
            f"Share of the innovation sector in nominal GRP, percent, {span(r)}",
            self._caption(
                f"Science and education: {fixed(float(science[0]), 1)}\u202f% in {r.years[0]}, "
                f"{fixed(float(science[-1]), 1)}\u202f% in {r.years[-1]} (baseline); other industries make the rest."
            ),
            f"Lines of the innovation sector's share, from {fixed(first, 1)} % in {r.years[0]}. In {r.years[-1]}: "
            + ", ".join(f"{label(n)} {fixed(float(paths[n][-1]), 1)} %" for n in solved(r))
            + ".",
            self._lines(paths),
            {**_LINES, "x_title": "Year", "y_title": "Share in GRP, %"},
        )

    def budget(self) -> Figure:
        """Return the scale of the authorities' flexible items with the gate below which their budget is exhausted."""
        r = self._result
        names = [n for n in r.paths if n != r.baseline]
        self._require(names, "a scenario besides the baseline")
        scale = {n: r.values(n, "lam", k.AUTHORITIES) for n in names}
        low = min(names, key=lambda n: float(scale[n].min()))
        value = float(scale[low].min())
        year = r.paths[low].years[int(np.argmin(scale[low]))]
        verdict = "stays far above" if value > 2 * LEAST_BUDGET else "stays above" if value > LEAST_BUDGET else "meets"
        gate = {f"Gate {LEAST_BUDGET:g}": np.full(len(r.years), LEAST_BUDGET)}
        steady = r.values(r.baseline, "lam", k.AUTHORITIES)
        return Figure(
            "budget",
            FigureKind.LINES,
            f"The authorities' budget {verdict} its gate of {LEAST_BUDGET:g}: lowest {fixed(value, 2)} "
            f"({label(low, inside=True)}, {year})",
            "Scale of what the authorities spend on social payments, subsidies and innovative goods (λ₅ in the "
            f"equations), {r.years[0]} = 1, {span(r)}",
            self._caption(
                f"Baseline, not drawn: {fixed(float(steady.min()), 2)} to {fixed(float(steady.max()), 2)}. Purchases "
                "at set prices come first and this scale gives way; near zero the budget is exhausted."
            ),
            "Lines of the scale of the authorities' flexible items, lowest value by scenario: "
            + ", ".join(f"{label(n)} {fixed(float(scale[n].min()), 3)}" for n in names)
            + f"; gate {LEAST_BUDGET:g}.",
            self._lines({**gate, **scale}),
            {**_LINES, "x_title": "Year", "y_title": f"Scale, {r.years[0]} = 1"},
        )

    def diagram(self) -> Figure:
        """Return agents and markets of the base year with the flows of money between them."""
        r = self._result
        year = r.years[0]
        found = flows(r.accounts(r.baseline, year))
        names = {**k.AGENT_TITLES, **VIA}
        frame = found.assign(
            payer=[names[s] for s in found["source"]],
            receiver=[names[t] for t in found["target"]],
            group=[VIA_GROUP[t if step == 0 else s] for s, t, step in _ends(found)],
            bn_rub=found["value"] / 1000.0,
        )
        top = frame[(frame["step"] == 0) & (frame["group"] != PAYMENTS)].nlargest(SYNOPSIS, "value")
        largest = "; ".join(f"{a}, {billions(v)} for {b}" for a, b, v in _named(top))
        small = found[(found["step"] == 0) & found["target"].isin(["n1", "z1", "r1"])]["value"].sum()
        part = float(small) / r.model.calibration.unknowns["GRP"]
        return Figure(
            "diagram",
            FigureKind.NETWORK,
            "Seven agents meet on nine product markets and two labour markets; innovative goods, education and R&D "
            f"sold in the region are {percent(part, 1)} of GRP",
            f"Flows of money, {year}, billion roubles: from who pays (left) through markets to who receives (right)",
            self._caption(
                "Drawn from the accounts of the model. Deposits and loans are counted when made and when returned with "
                "interest; VAT goes from its market to the authorities."
            ),
            f"Diagram of {len(k.AGENTS)} agents, {len(VIA) - len(OTHER_PAYMENTS) - len(k.LABOUR)} product markets, "
            f"{len(k.LABOUR)} labour markets and {len(OTHER_PAYMENTS)} kinds of payments without a market in {year}. "
            f"Largest: {largest}.",
            frame[["step", "payer", "receiver", "bn_rub", "set_price", "group"]],
            {
                "step": "step",
                "source": "payer",
                "target": "receiver",
                "value": "bn_rub",
                "group": "group",
                "dashed": "set_price",
                "dashed_title": "at a set price or wage",
                "headings": ["Who pays", "Market or payment", "Who receives"],
                "unit": "bn RUB",
                "muted": PAYMENTS,
            },
            {"nodes": _nodes()},
        )

    def _lines(self, paths: dict[str, np.ndarray]) -> pd.DataFrame:
        """Return paths by year as rows ``scenario, year, value``."""
        import pandas as pd

        years = self._result.years
        rows = [
            (label(name) if name in self._result.paths else name, years[t], float(v))
            for name, path in paths.items()
            for t, v in enumerate(path)
        ]
        return pd.DataFrame(rows, columns=["scenario", "year", "value"])

    def _require(self, found: object, what: str) -> None:
        if not found:
            raise LabelError(f"There is nothing to draw: no {what}.", allowed=", ".join(self._result.paths))

    def _caption(self, extra: str) -> str:
        source = self._result.model.sam.source
        return f"Source: computed from {source.name} ({source.nature}). {extra}".strip()


_LINES = {"x": "year", "y": "value", "series": "scenario"}


def bounds_level() -> str:
    """Return the level of intervals from draws in words."""
    from innospace.economy.models.knowledge.wording import LEVEL

    return percent(LEVEL, 0)


def reversal(path: np.ndarray) -> int | None:
    """Return in how many first years an effect has the opposite sign of its last year; None when in none.

    An effect in percent that is zero with two decimals has no sign.
    """
    moved = path[1:]
    if not len(moved) or abs(moved[0]) < ROUNDED or np.sign(moved[0]) * np.sign(moved[-1]) >= 0:
        return None
    return int(np.argmax(np.sign(moved) == np.sign(moved[-1])))


def sector_share(r: EconomyResult, name: str, producer: str) -> np.ndarray:
    """Return the share of a producer in nominal gross regional product by year."""
    return r.values(name, "PY", producer) * r.values(name, "Y", producer) / r.values(name, "GRP")


def _nodes() -> pd.DataFrame:
    import pandas as pd

    rows = [(k.AGENT_TITLES[a], k.AGENT_TITLES[a], c, "") for c in (0, 2) for a in k.AGENTS]
    rows += [(VIA[x], VIA[x], 1, VIA_GROUP[x]) for x in VIA]
    return pd.DataFrame(rows, columns=["node", "label", "column", "group"])


def _ends(frame: pd.DataFrame) -> list[tuple[str, str, int]]:
    return list(zip(frame["source"], frame["target"], frame["step"], strict=True))


def _named(frame: pd.DataFrame) -> list[tuple[str, str, float]]:
    return list(zip(frame["payer"], frame["receiver"], frame["value"], strict=True))


def _side(value: float) -> str:
    return "above" if value >= 0 else "below"
