"""Figures of a solved general equilibrium model. Titles state what the numbers show, whatever they show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from innospace.core.errors import LabelError
from innospace.core.figure import Figure, FigureKind
from innospace.core.numbers import signed
from innospace.economy.general.comparison import EV
from innospace.economy.general.tables import agent_title, changes, title_of

if TYPE_CHECKING:
    from innospace.economy.general.study_result import EquilibriumResult

SHOWN = 16
"""Marks of a chart of changes: the largest ones."""
KINDS = {
    "price": "Prices",
    "level": "Levels of activities and demands",
    "income": "Incomes of agents",
    "transfer": "Transfers",
}
"""Kinds of unknowns whose changes are drawn."""


class Plots:
    """Figures by name; each returns data that :meth:`innospace.core.figure.Figure.draw` draws."""

    def __init__(self, result: EquilibriumResult) -> None:
        self._result = result

    def all(self) -> list[Figure]:
        """Return welfare of all scenarios, then prices and levels of the first scenario that is solved."""
        solved = solved_names(self._result)
        if not solved:
            return []
        first = [] if self._result.welfare["ev_percent"].isna().all() else [self.welfare()]
        beside = [] if self._result.closures is None else [self.closures()]
        beside += [] if self._result.path is None else [self.path()]
        return [*first, *beside, *(self.changes(n, kind) for n in solved[:1] for kind in ("price", "level"))]

    def welfare(self) -> Figure:
        """Return EV in percent of spending, by agent and scenario."""
        r = self._result
        frame = r.welfare.dropna(subset=["ev_percent"])
        if frame.empty:
            raise LabelError(
                "No scenario has a measure of welfare.",
                allowed="scenarios with a solution that leave fixed purchases and elasticities of demand alone",
            )
        best = max(frame.to_dict("records"), key=lambda row: abs(row["ev_percent"]))
        data = frame[["agent", "scenario", "ev_percent"]].assign(
            agent=[agent_title(str(n)) for n in frame["agent"]],
            scenario=[title_of(r, n) for n in frame["scenario"]],
            lower=frame["ev_percent"],
            upper=frame["ev_percent"],
        )
        listed = "; ".join(
            f"{row['scenario']}, {row['agent']} {signed(row['ev_percent'], 2)}"
            for row in data.head(SHOWN).to_dict("records")
        )
        return Figure(
            "welfare",
            FigureKind.COEFFICIENTS,
            f"{title_of(r, best['scenario'])} moves {agent_title(str(best['agent']))} most: "
            f"{signed(best['ev_percent'], 2)}\u202f% of its spending",
            "Equivalent variation in percent of spending before the change, by agent and scenario",
            f"Simulated: {r.title or r.spec.name}. For a government or an investor the value of the volume bought.",
            f"Equivalent variation in percent of spending: {listed}.",
            data,
            {
                "term": "agent",
                "estimate": "ev_percent",
                "lower": "lower",
                "upper": "upper",
                "model": "scenario",
                "value_title": "EV, % of spending",
            },
            lead=True,
        )

    def closures(self, name: str = "") -> Figure:
        """Return what a scenario is worth to every agent under several closures; the first scenario when not named."""
        from innospace.core.labels import require_known

        r = self._result
        known = [] if r.closures is None else list(dict.fromkeys(r.closures["scenario"]))
        if not known or r.closures is None:
            raise LabelError("No closures were compared.", remedy="Add tables [[step.NAME.closures]].")
        name = name or known[0]
        require_known([name], known, kind="scenario")
        frame = r.closures[(r.closures["scenario"] == name) & (r.closures["measure"] == EV)].dropna(subset=["value"])
        if frame.empty:
            raise LabelError("No closure has a measure of welfare.", allowed="scenarios with a solution")
        spread = frame.groupby("name", sort=False)["value"].agg(lambda v: float(v.max() - v.min()))
        widest = str(spread.idxmax())
        data = frame[["name", "closure", "value"]].assign(lower=frame["value"], upper=frame["value"])
        listed = "; ".join(f"{x['closure']}, {x['name']} {signed(x['value'], 2)}" for x in data.to_dict("records"))
        return Figure(
            "closures",
            FigureKind.COEFFICIENTS,
            f"{title_of(r, name)}: the closure matters most to {widest}, by {spread.max():.2f} points",
            "Equivalent variation in percent of spending before the change, by agent and closure",
            f"Simulated: {r.title or r.spec.name}. Against the baseline of the same closure.",
            f"Equivalent variation in percent of spending: {listed}.",
            data,
            {
                "term": "name",
                "estimate": "value",
                "lower": "lower",
                "upper": "upper",
                "model": "closure",
                "value_title": "EV, % of spending",
            },
        )

    def path(self, series: str = "consumption") -> Figure:
        """Return what scenarios change year by year in one series, in percent of the baseline."""
        from innospace.core.labels import require_known

        r = self._result
        if r.path is None:
            raise LabelError("The model has one year.", allowed="models with years: dyncge, ramsey")
        require_known([series], list(r.path.columns[2:]), kind="series")
        base = r.path[r.path["scenario"] == r.path["scenario"].iloc[0]].set_index("year")[series]
        data = r.path.loc[r.path["scenario"].isin(solved_names(r)), ["scenario", "year", series]]
        data = data.assign(percent=100.0 * (data[series].to_numpy() / base.loc[data["year"]].to_numpy() - 1.0))
        data = data.dropna(subset=["percent"]).assign(scenario=[title_of(r, n) for n in data["scenario"]])
        ends = data.groupby("scenario", sort=False)["percent"].agg(["first", "last"])
        listed = "; ".join(f"{n} {signed(x, 2)} and {signed(y, 2)}" for n, x, y in ends.itertuples())
        top, years, words = ends.iloc[0], (data["year"].min(), data["year"].max()), series.replace("_", " ")
        foreseen = " The last years hang on the horizon." if "interest" in r.path.columns else ""
        return Figure(
            "path",
            FigureKind.LINES,
            f"{ends.index[0]}: {words} changes by {signed(top['first'], 2)}\u202f% in the first year and by "
            f"{signed(top['last'], 2)}\u202f% in the last",
            f"{words.capitalize()}, change against the baseline in percent, years {years[0]}–{years[1]}",
            f"Simulated: {r.title or r.spec.name}.{foreseen}",
            f"Change of {words} in percent in the first and the last year: {listed}.",
            data[["scenario", "year", series, "percent"]].reset_index(drop=True),
            {
                "x": "year",
                "y": "percent",
                "series": "scenario",
                "reference": 0.0,
                "x_title": "Year",
                "y_title": f"{words.capitalize()}, % of the baseline",
            },
        )

    def changes(self, name: str, kind: str = "price") -> Figure:
        """Return the largest changes of one kind of unknowns in a scenario."""
        from innospace.core.labels import require_known

        r = self._result
        require_known([name], solved_names(r), kind="scenario")
        require_known([kind], list(KINDS), kind="kind of unknown")
        frame = changes(r, name, kind)
        if frame.empty:
            raise LabelError(f"The model has no {KINDS[kind].lower()} to compare.", allowed=", ".join(KINDS))
        shown = frame.head(SHOWN)
        top = shown.iloc[0]
        listed = ", ".join(f"{row['name']} {signed(row['percent'], 2)}" for row in shown.to_dict("records"))
        part = f"the {len(shown)} largest of {len(frame)}" if len(frame) > len(shown) else f"all {len(frame)}"
        return Figure(
            f"changes-{kind}",
            FigureKind.INTERVALS,
            f"{title_of(r, name)}: {top['name']} changes most, {signed(top['percent'], 2)}\u202f%",
            f"{KINDS[kind]}, change against the baseline in percent, {part}",
            f"Simulated: {r.title or r.spec.name}. Prices are relative to the numeraire.",
            f"Changes in percent: {listed}.",
            shown.assign(lower=shown["percent"], upper=shown["percent"]),
            {
                "label": "name",
                "value": "percent",
                "lower": "lower",
                "upper": "upper",
                "value_title": "Change against the baseline, %",
                "reference": 0.0,
                "reference_label": "baseline",
            },
        )


def solved_names(result: EquilibriumResult) -> list[str]:
    """Return the scenarios that have a solution."""
    return [n for n, s in result.shocked.items() if s.status.converged]
