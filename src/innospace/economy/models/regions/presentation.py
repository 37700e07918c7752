"""An economy of many regions in words."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from innospace.core.document import Block, Notice, Paragraph, Section
from innospace.core.numbers import fixed, signed
from innospace.core.provenance import Nature
from innospace.economy.models.regions.assumptions import LEFT_OUT
from innospace.economy.models.regions.result import BASELINE
from innospace.economy.models.regions.tables import title_of

if TYPE_CHECKING:
    from innospace.economy.models.regions.result import RegionsResult

ABOUT = (
    "In every region capital and labour make value added, value added and bought goods make goods, goods of all "
    "regions make the mix that is bought (Armington), and people in R&D make knowledge. Households save, pay for R&D "
    "and consume. From year to year capital is built, workers move where real wages rise, knowledge is gathered and "
    "is heard of in other regions a year later, the less the farther they are; efficiency of the innovation space "
    "raises productivity."
)


def described(result: RegionsResult) -> str:
    """Return growth of the whole country in a sentence."""
    rows = result.path().groupby("year")["product"].sum()
    span = max(1, int(rows.index[-1]) - result.years[0])
    rate = 100.0 * ((rows.iloc[-1] / rows.iloc[0]) ** (1.0 / span) - 1.0)
    return (
        f"On the assumptions of the report, {len(result.frames['regions'])} regions together grow by "
        f"{fixed(rate, 2)}\u202f% a year to {rows.index[-1]} without shocks."
    )


def sentences(result: RegionsResult, name: str, year: int | None = None) -> tuple[str, ...]:
    """Return what a scenario does by a year, the last when not given; one that says so when it has no solution."""
    r, title = result, title_of(result, name)
    if name not in r.solved:
        return (f"{title}: no solution was found to the last year.",)
    when = year or r.years[1]
    rows = {str(row["region"]): row for row in r.effects_in(name, when).to_dict("records")}
    touched = [t for t in r.touched(name) if t in rows]
    others = {n: row for n, row in rows.items() if n not in touched}
    base, moved = (float(r.path(n).groupby("year")["product"].sum()[when]) for n in (BASELINE, name))
    told = [f"{title}: product of all regions in {when} {signed(100.0 * (moved / base - 1.0), 3)}\u202f%."]
    if 0 < len(touched) <= 3:
        own = "; ".join(f"{t} {signed(rows[t]['product'], 2)}\u202f%" for t in touched)
        told.append(f"{title}: product where it acts, {own}.")
    if len(others) > 1:
        top, *_, low = sorted(others, key=lambda n: -others[n]["product"])
        told.append(
            f"{title}: of the other regions {top} gains most, {signed(others[top]['product'], 2)}\u202f% "
            f"(its productivity {signed(others[top]['productivity'], 2)}\u202f%), and {low} least, "
            f"{signed(others[low]['product'], 2)}\u202f%."
        )
    return tuple(told)


def summary(result: RegionsResult) -> str:
    """Return text for a terminal, at most 100 columns wide."""
    lines = [described(result), result.status.message, *findings(result)[1:]]
    return "\n".join(part for line in lines for part in textwrap.wrap(line, 100))


def findings(result: RegionsResult) -> tuple[str, ...]:
    """Return what was found, in sentences."""
    return (described(result), *(s for n in result.scenarios for s in sentences(result, n)))


def sections(result: RegionsResult) -> tuple[Section, ...]:
    """Return the part of a report: what scenarios do, in tables and figures; then the model and what it assumes."""
    r = result
    told: list[Block] = [r.table("shocks"), r.table("effects")] if r.scenarios else []
    if "channels" in r.frames:
        told.append(r.table("channels"))
    told += [*r.plot.all(), r.table("growth")]
    model: list[Block] = [
        Paragraph(ABOUT),
        *(Notice(text, Nature.ASSUMED) for text in LEFT_OUT),
        Paragraph(" ".join(r.log)),
        Paragraph(r.status.message),
        r.table("assumptions"),
        r.table("paths"),
    ]
    return (Section("regions", "Regions", tuple(told)), Section("regions-model", "The model", tuple(model)))
