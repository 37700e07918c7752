"""Figures of a fitted frontier."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from innospace.core.errors import SpecError
from innospace.core.figure import Figure, FigureKind
from innospace.core.numbers import percent
from innospace.data.column_words import plain_words
from innospace.frontier.presentation import COVARIANCE_LABELS, labelled_efficiencies, row_names, units

if TYPE_CHECKING:
    import pandas as pd

    from innospace.frontier.result import FrontierResult

RANKED_ROWS = 120
"""Efficiencies of at most this many rows are shown one by one; of more, a histogram and both ends of the ranking."""
ENDS = 20
"""Rows shown at each end of a long ranking."""
BESIDE = 5
"""Rows shown on each side of a chosen one."""
LABELLED = 6
"""Points named in a scatter: those with the largest outcome, and those farthest from the frontier."""
_LOG = re.compile(r"log\((?:`([^`]+)`|(\w+))\)")


def logged(term: str) -> str:
    """Return the column whose natural logarithm a term is, or an empty text."""
    match = _LOG.fullmatch(term.strip())
    return (match[1] or match[2]) if match else ""


def elasticity(result: FrontierResult) -> tuple[str, str, str]:
    """Return outcome, input and coefficient where both are logarithms and there is no other input, or empty texts."""
    outcome = logged(result.spec.formula.partition("~")[0])
    slopes = [n for n in result.sample.names if n != "Intercept"]
    found = logged(slopes[0]) if len(slopes) == 1 else ""
    return (outcome, found, slopes[0]) if outcome and found and "Intercept" in result.sample.names else ("", "", "")


class Plots:
    """Figures of a fitted frontier."""

    def __init__(self, result: FrontierResult) -> None:
        self._result = result

    def all(self) -> list[Figure]:
        """Return every figure that these data allow."""
        r = self._result
        found = [replace(self.frontier(), lead=True)] if logged(r.spec.formula.partition("~")[0]) else []
        if r.estimate.problem.density.name == "none":
            return found
        if r.n > RANKED_ROWS:
            found.append(self.efficiencies())
        return [*found, replace(self.ranking(), lead=True)]

    def frontier(self) -> Figure:
        """Return outcomes in original units against the input with the frontier, or against what the frontier allows.

        Raises
        ------
        SpecError
            The outcome is not the logarithm of a column.
        """
        r = self._result
        outcome, column, slope = elasticity(r)
        outcome = outcome or logged(r.spec.formula.partition("~")[0])
        if not outcome:
            raise SpecError(
                "The outcome is not the logarithm of a column, so it has no units to be drawn in.",
                where=r.spec.formula,
                remedy="Look at the ranking instead: plot.ranking().",
            )
        name = plain_words(outcome, r.spec.names)
        frame = self._points(outcome)
        encoding = {
            "y": "outcome",
            "label": "label",
            "highlight": "highlight",
            "x_log": True,
            "y_log": True,
            "y_title": name,
        }
        half = int((r.used_efficiencies().te_bc < 0.5).sum())
        if column:
            return self._against_input(frame, encoding, name, plain_words(column, r.spec.names), slope)
        return Figure(
            "frontier",
            FigureKind.SCATTER,
            f"{half} of {r.n} {units(r)} reach less than half of what the frontier allows",
            f"{name} against its value on the frontier, {r.n} observations; both axes logarithmic",
            self._caption("Dashed: on the frontier; noise puts some points beyond it. " + self._named()),
            f"Scatter of {name} against its value on the estimated frontier, {r.n} observations.",
            frame,
            {**encoding, "x": "allowed", "x_title": f"{name} on the frontier", "diagonal": True},
        )

    def _against_input(
        self, frame: pd.DataFrame, encoding: dict[str, object], name: str, of: str, slope: str
    ) -> Figure:
        import pandas as pd

        r = self._result
        column = r.estimate.problem.x[:, r.sample.names.index(slope)]
        b, constant = r.parameter(slope), r.parameter("Intercept")
        x = np.linspace(column.min(), column.max(), 50)
        line = pd.DataFrame({"x": np.exp(x), "y": np.exp(constant + b * x), "label": "Frontier"})
        more = percent(float(2.0**b) - 1.0, 0)
        return Figure(
            "frontier",
            FigureKind.SCATTER,
            f"Twice the {of} goes with {more} more on the frontier" if b > 0 else "The frontier does not rise",
            f"{name} against {of}, {r.n} observations; both axes logarithmic",
            self._caption("Line: estimated frontier; noise puts some points above it. " + self._named()),
            f"Scatter of {name} against {of}, {r.n} observations; the frontier has elasticity {b:.3f}.",
            frame.assign(input=np.exp(column)),
            {**encoding, "x": "input", "x_title": of},
            {"line": line},
        )

    def _points(self, outcome: str) -> pd.DataFrame:
        """Return outcome and frontier in original units by row, the telling rows highlighted."""
        import pandas as pd

        r = self._result
        problem = r.estimate.problem
        allowed = problem.x @ r.estimate.theta[: problem.k]
        frame = pd.DataFrame({"label": row_names(r), "outcome": np.exp(problem.y), "allowed": np.exp(allowed)})
        distance = r.spec.sign * (allowed - problem.y)
        largest = frame["outcome"].rank(ascending=False, method="first") <= LABELLED
        farthest = pd.Series(distance).rank(ascending=False, method="first") <= LABELLED // 2
        return frame.assign(highlight=largest | farthest)

    def _named(self) -> str:
        return "Named: the largest outcomes, and those farthest from the frontier."

    def _caption(self, extra: str) -> str:
        r = self._result
        source = "; ".join(s.name for s in r.provenance.sources) or "arrays"
        return f"Source: {source}; {r.spec.inefficiency.replace('_', '-')} inefficiency, estimated. {extra}".strip()

    def efficiencies(self) -> Figure:
        """Return efficiencies: ranked with intervals, or a histogram when there are many rows."""
        r = self._result
        if r.n <= RANKED_ROWS:
            return self.ranking()
        mean = percent(r.mean_efficiency, 0)
        return Figure(
            "efficiencies",
            FigureKind.HISTOGRAM,
            f"On average {mean} of the frontier is reached",
            f"Technical efficiency (Battese–Coelli), share of the frontier, {r.n} observations",
            self._caption(""),
            f"Histogram of technical efficiency of {r.n} observations; the mean is {mean}.",
            labelled_efficiencies(r),
            {
                "value": "te_bc",
                "value_title": "Technical efficiency",
                "reference": r.mean_efficiency,
                "reference_label": f"mean {mean}",
            },
        )

    def ranking(self, chosen: str = "") -> Figure:
        """Return rows ranked by efficiency with intervals: all, or both ends and those beside a chosen one."""
        r = self._result
        frame = labelled_efficiencies(r)
        frame.insert(0, "rank", range(1, len(frame) + 1))
        best, worst = frame.iloc[0], frame.iloc[-1]
        mean = percent(r.mean_efficiency, 0)
        tied = overlapping(frame)
        shown = frame
        if len(frame) > RANKED_ROWS:
            near = np.flatnonzero((frame["label"] == chosen).to_numpy())
            place = np.arange(len(frame))
            kept = (place < ENDS) | (place >= len(frame) - ENDS)
            for at in near:
                kept |= np.abs(place - at) <= BESIDE
            shown = frame[kept]
            shown = shown.assign(label=[f"{n}. {name}" for n, name in zip(shown["rank"], shown["label"], strict=True)])
        ends = f"; the first {ENDS} and the last {ENDS} of {len(frame)}" if len(shown) < len(frame) else ""
        return Figure(
            "ranking" if r.n > RANKED_ROWS else "efficiencies",
            FigureKind.INTERVALS,
            f"{best['label']} ranks first, but {tied} of the {len(frame) - 1} other intervals overlap its own"
            if tied
            else f"{best['label']} ranks first, and its interval overlaps no other",
            f"Technical efficiency (Battese–Coelli) with 95\u202f% intervals given each unit's residual{ends}",
            self._caption("The intervals take the parameters of the frontier as known, so they are too narrow."),
            f"Technical efficiency ranked: {best['label']} is highest with {best['te_bc']:.2f}, "
            f"{worst['label']} lowest with {worst['te_bc']:.2f}.",
            shown,
            {
                "label": "label",
                "value": "te_bc",
                "lower": "te_lower",
                "upper": "te_upper",
                "value_title": "Technical efficiency",
                "reference": r.mean_efficiency,
                "reference_label": f"mean {mean}",
            },
        )

    def coefficients(self, level: float = 0.95) -> Figure:
        """Return frontier coefficients with intervals."""
        r = self._result
        names = [n for n in r.sample.names if n != "Intercept"]
        if not names:
            raise SpecError("The frontier has no coefficient besides the intercept.")
        frame = r.coefficients().join(r.confidence_intervals(level)).loc[names].reset_index()
        moved = int(((frame["lower"] > 0) | (frame["upper"] < 0)).sum())
        return Figure(
            "coefficients",
            FigureKind.COEFFICIENTS,
            f"{moved} of {len(names)} coefficients {'differs' if moved == 1 else 'differ'} from zero "
            f"at the {percent(1 - level, 0)} level"
            if len(names) > 1
            else f"The coefficient of {names[0]} {'differs' if moved else 'does not differ'} from zero at the "
            f"{percent(1 - level, 0)} level",
            f"Coefficients of the frontier of {r.spec.formula.split('~', maxsplit=1)[0].strip()} with "
            f"{percent(level, 0)} intervals, {r.n} observations",
            f"Estimated; standard errors: {COVARIANCE_LABELS[r.covariance_kind]}.",
            "Coefficients: " + ", ".join(f"{row['name']} {row['estimate']:.3f}" for _, row in frame.iterrows()),
            frame,
            {"term": "name", "estimate": "estimate", "lower": "lower", "upper": "upper"},
        )


def overlapping(frame: pd.DataFrame) -> int:
    """Return how many intervals of a ranking overlap that of its first row."""
    return int((frame["te_upper"].iloc[1:] >= frame["te_lower"].iloc[0]).sum())
