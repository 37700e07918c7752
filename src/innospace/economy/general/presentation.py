"""A solved general equilibrium model in words."""

from __future__ import annotations

import textwrap
from dataclasses import replace
from typing import TYPE_CHECKING

from innospace.core.document import Block, Notice, Paragraph, Section
from innospace.core.numbers import signed, significant
from innospace.core.provenance import Nature
from innospace.economy.general.figures import solved_names
from innospace.economy.general.tables import agent_title, changes, title_of

if TYPE_CHECKING:
    from innospace.economy.general.study_result import EquilibriumResult

LONG = 90
"""Rows above which a table is folded."""
_ROUTES = {
    "newton": "Newton's method with exact sparse derivatives",
    "block": "elimination of blocks",
    "complementarity": "a semismooth Newton method for complementarity",
}


def described(result: EquilibriumResult) -> str:
    """Return the size of the model in a sentence."""
    s, e = result.spec, result.baseline.economy
    unit = ", ".join(n for n, _ in s.numeraire)
    return (
        f"{len(s.commodities)} commodities, {len(s.activities)} activities, {len(s.agents)} agents and "
        f"{len(s.transfers)} transfers: {len(e.unknowns)} unknowns, each with the condition that determines it. "
        f"Numeraire: {unit}."
    )


def summary(result: EquilibriumResult) -> str:
    """Return text for a terminal, at most 100 columns wide."""
    r = result
    lines = [r.title or r.spec.name, *textwrap.wrap(described(r), 100), *textwrap.wrap(r.status.message, 100)]
    lines += ["", f"{'scenario':<28}{'agent':<20}{'EV':>14}{'CV':>14}{'EV, %':>10}"]
    lines += [
        f"{row['scenario'][:27]:<28}{row['agent'][:19]:<20}{row['ev']:>14.6g}{row['cv']:>14.6g}{row['ev_percent']:>10.3f}"
        for row in r.welfare.to_dict("records")
    ]
    return "\n".join(lines if len(r.welfare) else lines[:-2])


def findings(result: EquilibriumResult) -> tuple[str, ...]:
    """Return what was found, in sentences: welfare, the largest price and the largest level of every scenario."""
    found = [sentence for n in result.scenarios for sentence in sentences(result, n)[:1]]
    failed = [title_of(result, n) for n, s in result.solutions.items() if not s.status.converged]
    if failed:
        found.append(f"No solution was found for: {', '.join(failed)}.")
    if not result.scenarios:
        found.append(f"The model has an equilibrium: {described(result)}")
    if result.path is not None and solved_names(result):
        found.append(f"{result.plot.path().title}.")
    if result.mix is not None:
        found.append(f"{result.table('mix').title}.")
    for n, s in result.solutions.items():
        if s.others:
            found.append(f"{title_of(result, n)}: {1 + len(s.others)} equilibria were found; the first is shown.")
    return tuple(found)


def sentences(result: EquilibriumResult, name: str) -> tuple[str, ...]:
    """Return what a scenario does, in sentences; one that says so when it has no solution."""
    title = title_of(result, name)
    found = result.solution(name)
    if not found.status.converged:
        return (f"{title}: {found.status.message}",)
    told = []
    frame = result.welfare[(result.welfare["scenario"] == name)].dropna(subset=["ev_percent"])
    if len(frame):
        parts = [
            f"{agent_title(str(row['agent']))} {signed(row['ev_percent'], 2)}\u202f% (EV {significant(row['ev'], 4)})"
            for row in frame.head(4).to_dict("records")
        ]
        told.append(f"{title} is worth, in percent of spending: {'; '.join(parts)}.")
    for kind, words in (("price", "price"), ("level", "level")):
        moved = changes(result, name, kind)
        if len(moved):
            top = moved.iloc[0]
            told.append(
                f"{title}: the {words} that changes most is that of {top['name']}, {signed(top['percent'], 2)}\u202f%."
            )
    return tuple(told)


def sections(result: EquilibriumResult) -> tuple[Section, ...]:
    """Return the part of a report: what scenarios do, then the model itself."""
    r = result
    unsolved = [n for n in r.scenarios if n not in solved_names(r)]
    effects: list[Block] = [Paragraph(text) for n in unsolved for text in sentences(r, n)]
    if solved_names(r):
        effects += [r.table("shocks"), r.table("welfare"), *r.plot.all()]
    if r.closures is not None:
        effects.append(r.table("closures"))
    if r.path is not None:
        effects.append(replace(r.table("path"), folded=len(r.path) > LONG))
    if r.mix is not None:
        effects.append(r.table("mix"))
    if r.decomposition is not None:
        effects.append(r.table("decomposition"))
    if r.channels is not None:
        effects.append(r.table("channels"))
    if r.sensitivity is not None:
        effects.append(r.table("sensitivity"))
    if r.importance is not None:
        effects.append(r.table("importance"))
    if any(s.others for s in r.solutions.values()):
        effects.append(r.table("equilibria"))
    kinds = ("gdp", "countries", "levels", "trade", "government", "factors", "price_indices", "taxes")
    # of models with very many names, dated ones among them, long tables are for looking up
    effects += [replace(t, folded=t.folded or len(t.frame) > LONG) for t in map(r.table, kinds) if len(t.frame)]
    route = _ROUTES[r.baseline.route]
    model: list[Block] = [
        Paragraph(f"{r.title or r.spec.name}. {described(r)} Solved by {route}."),
        Notice(
            "Elasticities and what is held fixed are assumptions of the model; the benchmark is reproduced exactly, so "
            "that it is no test of them.",
            Nature.ASSUMED,
        ),
    ]
    if r.source:
        model.insert(1, Paragraph(f"The model and its data are those of {r.source}."))
    if r.textbook is not None:
        model.append(r.table("textbook"))
    model += [r.table("equations"), r.table("variables"), r.table("payments")]
    return (Section("effects", "Scenarios", tuple(effects)), Section("model", "The model", tuple(model)))
