"""A reader looks into frontiers of several outcomes: an outcome and a year, on a map and by rank."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from innospace.core.explore import Choice, View, settled
from innospace.core.figure import Figure, FigureKind
from innospace.core.numbers import fixed, percent
from innospace.frontier.figures import ENDS, RANKED_ROWS
from innospace.frontier.outcomes.presentation import efficiencies
from innospace.frontier.presentation import row_names

if TYPE_CHECKING:
    import pandas as pd

    from innospace.frontier.outcomes.result import OutcomesResult

OUTCOME, YEAR = "outcome", "year"


def choices(result: OutcomesResult) -> tuple[Choice, ...]:
    """Return the outcomes whose efficiencies differ between rows and, where there are several, the years."""
    names = [o for o, r in result.fits.items() if r.estimate.problem.density.name != "none"]
    if not names:
        return ()
    outcomes = Choice(OUTCOME, "Outcome", {o: result.spec.title(o) for o in names}, names[0])
    found = result.efficiencies
    # a year that is missing or broken somewhere cannot be chosen
    years = sorted(set(found["year"])) if "year" in found and found["year"].dtype == "int64" else []
    if len(years) < 2:
        return (outcomes,)
    return outcomes, Choice(YEAR, "Year", {str(y): str(y) for y in years}, str(years[-1]))


def view(result: OutcomesResult, chosen: Mapping[str, str]) -> View:
    """Return efficiency in an outcome and a year on a map and by rank, and all outcomes of that year as a table.

    Raises
    ------
    LabelError
        There is no such outcome or year.
    """
    known = settled(choices(result), chosen)
    outcome, year = known[OUTCOME], known.get(YEAR, "")
    rows = ranked(result, outcome, year)
    table = efficiencies(result)
    if year:
        kept = table.frame["year"].astype(str) == year
        columns = tuple(c for c in table.columns if c.key != "year")
        title = f"{table.title}, {year}"
        table = replace(table, title=title, frame=table.frame[kept].reset_index(drop=True), columns=columns)
    drawn = _map(result, outcome, year, rows)
    figures = (_ranking(result, outcome, year, rows),)
    name = result.spec.title(outcome)
    return View(f"{name}, {year}" if year else name, (), (), (drawn, *figures) if drawn else figures, table)


def ranked(result: OutcomesResult, outcome: str, year: str = "") -> pd.DataFrame:
    """Return rows of an outcome, of one year where one is named, best first.

    Columns: ``label``, ``te_bc``, ``te_lower``, ``te_upper``, ``rank``, and ``region_code`` where the table has it.
    """
    import pandas as pd

    own = result.fits[outcome]
    labels = own.sample.labels if own.sample.labels is not None else pd.DataFrame(index=range(own.n))
    values = own.used_efficiencies()
    rows = pd.DataFrame({c: getattr(values, c) for c in ("te_bc", "te_lower", "te_upper")})
    rows.insert(0, "label", row_names(own))
    if "region_code" in labels:
        rows["region_code"] = labels["region_code"].to_numpy()
    if year:
        unit = next((c for c in ("region", "firm") if c in labels), "")
        rows["label"] = labels[unit].astype(str).to_numpy() if unit else rows["label"]
        # a year is a float where some other row has none
        rows = rows[(labels["year"].astype("int64").astype(str) == year).to_numpy()]
    rows = rows.sort_values("te_bc", ascending=False, kind="stable").reset_index(drop=True)
    return rows.assign(rank=range(1, len(rows) + 1))


def _sources(result: OutcomesResult, more: str) -> str:
    named = "; ".join(f"{s.name} ({s.nature})" for s in result.provenance.sources)
    return f"Source: {named}. Estimated. {more}"


def _map(result: OutcomesResult, outcome: str, year: str, rows: pd.DataFrame) -> Figure | None:
    """Return efficiency of regions on a map; None where no region has a place on it, or one has several rows."""
    from innospace.data import load_geometry

    if "region_code" not in rows:
        return None
    geometry = load_geometry()
    shown = rows[rows["region_code"].isin({f["id"] for f in geometry["features"]})]
    if shown.empty or shown["region_code"].duplicated().any():
        return None
    half, title = int((shown["te_bc"] < 0.5).sum()), result.spec.title(outcome)
    when = f", {year}" if year else ""
    return Figure(
        "outcome-map",
        FigureKind.MAP,
        f"{title}: {half} of {len(shown)} regions reach less than half of what the frontier allows",
        f"Technical efficiency in {title}{when}, share of the frontier",
        _sources(result, "Borders: Natural Earth, public domain; the 80 regions of 2008–2012."),
        f"Map of technical efficiency in {title}{when} of {len(shown)} regions; {half} are below 0.5.",
        shown,
        {
            "code": "region_code",
            "value": "te_bc",
            "label": "label",
            "value_title": "Technical efficiency",
            "value_format": ".2f",
            "domain": [0.0, 1.0],
        },
        geometry=geometry,
    )


def _ranking(result: OutcomesResult, outcome: str, year: str, rows: pd.DataFrame) -> Figure:
    """Return rows ranked by efficiency with intervals: all, or both ends where there are many."""
    title, when = result.spec.title(outcome), f", {year}" if year else ""
    best, worst, mean = rows.iloc[0], rows.iloc[-1], float(rows["te_bc"].mean())
    shown, ends = rows, ""
    if len(rows) > RANKED_ROWS:
        shown = rows[(rows["rank"] <= ENDS) | (rows["rank"] > len(rows) - ENDS)]
        shown = shown.assign(label=[f"{n}. {name}" for n, name in zip(shown["rank"], shown["label"], strict=True)])
        ends = f"; the first {ENDS} and the last {ENDS} of {len(rows)}"
    return Figure(
        "outcome-ranking",
        FigureKind.INTERVALS,
        f"{title}: {best['label']} is first with {percent(float(best['te_bc']), 0)} of the frontier, "
        f"{worst['label']} last with {percent(float(worst['te_bc']), 0)}",
        f"Technical efficiency in {title}{when} with 95\u202f% intervals given each residual{ends}",
        _sources(result, "The intervals take the parameters of the frontier as known, so they are too narrow."),
        f"Technical efficiency in {title}{when}, ranked: {best['label']} {fixed(float(best['te_bc']), 2)}, "
        f"{worst['label']} {fixed(float(worst['te_bc']), 2)}.",
        shown,
        {
            "label": "label",
            "value": "te_bc",
            "lower": "te_lower",
            "upper": "te_upper",
            "value_title": "Technical efficiency",
            "reference": mean,
            "reference_label": f"mean {percent(mean, 0)}",
        },
    )
