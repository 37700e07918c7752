"""A solved knowledge economy in words: summary, findings, sections of a report. Claims follow the numbers."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from innospace.core.document import Block, Equation, Heading, Notice, Paragraph, Section
from innospace.core.numbers import fixed, percent, signed
from innospace.core.provenance import Nature
from innospace.economy.models.knowledge import labels as k
from innospace.economy.models.knowledge.figures import reversal
from innospace.economy.models.knowledge.tables import decomposition, summary_rows
from innospace.economy.models.knowledge.wording import (
    NEAR,
    PAPER,
    against_baseline,
    change,
    interval_clause,
    label,
    percent_of_growth,
    points,
    published,
    ranked,
    size,
    solved,
    title_of,
    verdict,
)

if TYPE_CHECKING:
    from innospace.economy.models.knowledge.result import EconomyResult
    from innospace.economy.system import EquationFamily

MOST = 8
"""Scenarios that get a sentence each; tables and figures hold all."""


def summary(result: EconomyResult) -> str:
    """Return text for a terminal, at most 100 columns wide."""
    r = result
    te = r.efficiency
    lines = [
        f"Knowledge economy, {r.years[0]}-{r.years[-1]}: {r.model.system.size} equations a year, "
        f"{len(r.paths)} scenarios",
        f"Efficiency of the innovation space: {fixed(te.value, 4)}{_bounds(result, 4)}"[:100],
        f"  {te.origin}"[:100],
        "",
        f"{'scenario':<30}{'growth, %':>12}{'effect, points':>16}{'% of baseline':>16}"
        f"{f'GRP {r.years[-1]}, %':>16}{'steps':>8}",
        *summary_rows(r),
        "",
        *_folded(f"Gates: {verdict(r.checks)}"),
        *_folded(f"Status: {r.status.code}. {r.status.message}"),
    ]
    return "\n".join(lines)


def _folded(text: str) -> list[str]:
    import textwrap

    return textwrap.wrap(text, 100, subsequent_indent="  ")


def findings(result: EconomyResult) -> tuple[str, ...]:
    """Return what was found, in sentences, most important first."""
    r = result
    names = ranked(r)
    base = r.paths[r.baseline]
    if base.failure is not None:
        return (f"The baseline has no solution beyond {base.years[-1] if base.years else 'the data'}.", *_limits(r))
    found = []
    by_size = sorted(names, key=lambda n: -abs(points(r, n)))
    found += [_effect(r, n, first=i == 0) for i, n in enumerate(by_size[:MOST])]
    if not names:
        found.append(
            f"In the baseline real gross regional product grows by {percent(r.growth[r.baseline], 2)} a year from "
            f"{r.years[0]} to {r.years[-1]}."
        )
    found += [_failed(r, n) for n in r.paths if n not in solved(r)]
    found += [
        *_order(r, names),
        *_draws(r, names),
        *_first_years(r, names),
        *_source_of_growth(r),
        *_limits(r),
        _efficiency(r),
    ]
    return tuple(found)


def _effect(r: EconomyResult, name: str, *, first: bool) -> str:
    """Say what a scenario does to growth and to the level of the last year."""
    effect, gap = points(r, name), float(against_baseline(r, name)[-1])
    if abs(effect) < NEAR:
        return f"{_named(r, name)} leaves growth as it is ({signed(effect, 3)} points)."
    verb = "raises" if effect > 0 else "lowers"
    what = "average annual growth" + (f" of real GRP from {r.years[0]} to {r.years[-1]}" if first else "")
    known = f", from {percent(r.growth[r.baseline], 2)} to {percent(r.growth[name], 2)}" if first else ""
    part = fixed(abs(percent_of_growth(r, name)), 1)
    return (
        f"{_named(r, name)} {verb} {what} by {size(effect)} percentage points a year ({part}\u202f% of "
        f"baseline growth{interval_clause(r, name)}){known}; GRP of {r.years[-1]} is {fixed(abs(gap), 1)}\u202f% "
        f"{'above' if gap >= 0 else 'below'} the baseline."
    )


def _named(r: EconomyResult, name: str) -> str:
    title = title_of(r.paths[name].scenario)
    return label(name) if title in (name, label(name), label(name, inside=True)) else f"{label(name)} ({title})"


def _failed(r: EconomyResult, name: str) -> str:
    path = r.paths[name]
    part = f"; {percent(r.feasible[name], 0)} of its changes have one" if name in r.feasible else ""
    return f"{_named(r, name)} has no solution beyond {path.years[-1] if path.years else 'the data'}{part}."


def _order(r: EconomyResult, names: list[str]) -> list[str]:
    """Say in which order the options stand, whether the paper has the same, and whether effects add up."""
    if len(names) < 2:
        return []
    shown = " > ".join(f"{label(n, inside=True)} ({change(points(r, n))})" for n in names)
    found = [f"Order of effects, in percentage points: {shown}."]
    paper = published(r)
    if len(paper) > 1:
        ours = sorted(paper, key=lambda n: -points(r, n))
        same = ours == sorted(paper, key=lambda n: -paper[n])
        signs = all((points(r, n) > 0) == (paper[n] > 0) for n in paper)
        found[0] += (
            f" The paper's Table 6 has {'the same' if same else 'another'} order of its {len(paper)} options and "
            f"{'the same' if signs else 'other'} signs."
        )
    if {"option-1", "option-2"} <= set(paper):
        up, down = points(r, "option-1"), points(r, "option-2")
        if up > 0 > down:
            found.append(
                f"A cut costs {'less' if -down < up - NEAR else 'more'} growth than an equal rise brings: "
                f"{signed(down, 2)} against {signed(up, 2)} points."
            )
    if {"option-1", "option-3", "option-4"} <= set(paper):
        extra = points(r, "option-4") - points(r, "option-1") - points(r, "option-3")
        more = "more than" if extra > NEAR else "less than" if extra < -NEAR else "as much as"
        found.append(f"Investment and tax relief together bring {more} both alone: {signed(extra, 2)} points.")
    return found


def _draws(r: EconomyResult, names: list[str]) -> list[str]:
    """Say in how many draws of the assumptions each effect has its sign."""
    if r.draws is None or not names:
        return []
    from innospace.economy.models.knowledge.uncertainty import ordering_share, summarise

    frame = summarise(r.draws).set_index("scenario")
    positive, failures = frame["positive"].to_dict(), frame["failed"].to_dict()
    same = {n: positive[n] if points(r, n) > 0 else 1.0 - positive[n] for n in names if n in positive}
    shown = ", ".join(f"{label(n, inside=True)} {percent(v, 0)}" for n, v in same.items())
    failed = sum(int(failures[n]) for n in same)
    count = int(frame["draws"].max())
    text = f"With assumptions drawn {count} times from their ranges, effects keep their sign in: {shown}"
    order = ordering_share(r.draws)
    if np.isfinite(order):
        text += f"; options 4, 1, 3, the baseline and option 2 keep this order in {percent(order, 0)}"
    return [f"{text}; {failed} paths have no solution." if failed else f"{text}."] if same else []


def _first_years(r: EconomyResult, names: list[str]) -> list[str]:
    """Say where the first years go the other way, and whether labour of other industries moves as that suggests."""
    turned = {n: count for n in names if (count := reversal(against_baseline(r, n))) is not None}
    if not turned:
        return []
    first = r.years[1]
    one = max(turned, key=lambda n: abs(points(r, n)))
    gap = float(against_baseline(r, one)[1])
    text = (
        f"In the first years the effect goes the other way under {_listed([label(n, inside=True) for n in turned])}: "
        f"{label(one, inside=True)} changes GRP of {first} by {signed(gap, 2)}\u202f% and has its final sign from "
        f"{r.years[1] + turned[one]} on"
    )
    moved = {n: _hands(r, n, k.OTHER) - _hands(r, r.baseline, k.OTHER) for n in turned}
    if all(np.sign(moved[n]) == np.sign(against_baseline(r, n)[1]) for n in moved):
        where = "leaves" if moved[one] < 0 else "moves into"
        text += (
            f". Labour {where} other industries at once ({signed(moved[one], 1)} thousand persons in {first}); what is "
            "bought of knowledge works only in later years"
        )
    return [text + "."]


def _hands(r: EconomyResult, name: str, producer: str) -> float:
    """Return labour of a producer in the first year after the base year, thousand persons."""
    return float(r.values(name, "L1", producer)[1] + r.values(name, "L3", producer)[1]) / 1000.0


def _source_of_growth(r: EconomyResult) -> list[str]:
    """Say by how much knowledge and capital of other industries grow in the baseline."""
    parts = decomposition(r, r.baseline, k.OTHER)
    if parts["output"] <= 0.0:
        return []
    stocks = parts["knowledge"] + parts["training"] + parts["innovation"]
    return [
        f"In the baseline {percent(stocks / parts['output'], 0)} of the growth of other industries comes from "
        f"knowledge, training and innovative goods, {percent(parts['capital'] / parts['output'], 0)} from capital; the "
        "coefficients behind this are assumed."
    ]


def _limits(r: EconomyResult) -> list[str]:
    """Say how much of the matrix rests on assumptions."""
    counts = r.model.sam.count_natures() if r.model.sam.natures is not None else {}
    total = sum(counts.values())
    if not total:
        return ["On what the cells of the matrix rest is not recorded."]
    assumed, rest = counts.get("assumption", 0), counts.get("residual", 0)
    firm = {"published figures": counts.get("real", 0), "computed from published figures": counts.get("derived", 0)}
    lead = "Most" if 2 * (assumed + rest) > total else "A part"
    known = ", ".join(f"{n} are {what}" for what, n in firm.items() if n) or "none is a published figure by itself"
    return [
        f"{lead} of the matrix of {r.years[0]} is no statistics: of {total} cells {assumed} rest on assumptions and "
        f"{rest} on what balances the others; {known}. Effects are those of this model under its assumptions, not "
        "forecasts."
    ]


def _efficiency(r: EconomyResult) -> str:
    te = r.efficiency
    moved = [
        label(n, inside=True) for n in r.paths if any(s.parameter == "efficiency" for s in r.paths[n].scenario.shocks)
    ]
    role = f"it moves only under {_listed(moved)}" if moved else "it is constant, so no effect above depends on it"
    taken = "given" if te.origin.startswith("given") else f"taken over from {te.origin}"
    return f"The efficiency of the innovation space is {fixed(te.value, 3)}{_bounds(r, 3)}, {taken}; {role}."


def _bounds(r: EconomyResult, decimals: int) -> str:
    te = r.efficiency
    if not (math.isfinite(te.lower) and math.isfinite(te.upper)):
        return ""
    return f" (interval {fixed(te.lower, decimals)} to {fixed(te.upper, decimals)})"


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def sections(result: EconomyResult) -> tuple[Section, ...]:
    """Return the part of a report: results first, then the model, its equations, assumptions and data."""
    r = result
    plot, several = r.plot, bool(ranked(r))
    effects = replace(r.table("effects"), lead=True)
    outcome: list[Block] = [Paragraph(str(r.model.spec))]
    if several:
        outcome += [replace(plot.difference(), lead=True), effects, replace(plot.effects(), lead=True)]
        outcome += [r.table("uncertainty")] if r.draws is not None else []
        outcome += [r.table("paper")] if published(r) else []
    else:
        outcome.append(effects)
    if solved(r):
        outcome += [replace(plot.growth(), lead=not several), *_looked_up("Growth by year", r.table("growth"))]
    inside: list[Block] = [plot.shares()] if solved(r) else []
    inside += [plot.budget()] if several else []
    tables = (r.table("sectors"), r.table("growth-accounts"), r.table("markets"))
    inside += _looked_up("Sectors, growth accounts and markets", *tables)
    return (
        Section("results", "What the scenarios do", tuple(outcome)),
        *((Section("scenarios", "What the scenarios are", (r.table("scenarios"),)),) if several else ()),
        Section("inside", "What happens inside the economy", tuple(inside)),
        Section("agents", "Agents and markets", (*_model_notices(r), plot.diagram(), *_payments(r))),
        Section("equations", "Equations", tuple(_equations(r))),
        Section("assumptions", "Closure and assumptions", tuple(_assumptions(r))),
        Section("data", "Data of the base year", tuple(_data(r))),
    )


def _model_notices(r: EconomyResult) -> list[Block]:
    """Say which parts are the paper's and which are reconstruction, by the origins of the equations."""
    families = r.model.system.families
    own = sorted((f for f in families if f.origin == "paper"), key=lambda f: int(f.number))
    return [
        Paragraph(
            f"From {PAPER}: the seven agents, the nine product and two labour markets and who trades on them, market "
            "and set prices, the six groups of policy levers, solving by iterative recalculation, the four options. "
            f"Of the equations: {_listed([f'({f.number}) {f.name}' for f in own])}. Production is its equation (5)."
        ),
        Notice(
            f"The paper does not print its other equations: {len(families) - len(own)} of {len(families)} families of "
            "equations, all parameters and what budgets hold are reconstruction. Each equation says which it is.",
            Nature.RECONSTRUCTED,
        ),
    ]


def _equations(r: EconomyResult) -> list[Block]:
    """Return the equations block by block, in the order of the model."""
    system = r.model.system
    count = sum(len(f.equations) for f in system.families)
    found: list[Block] = [
        Paragraph(
            f"{count} equations for {system.size} unknowns a year, solved together by Newton's method with exact "
            "derivatives and, as a check, by iterative recalculation. Labels: i producers, a agents, x products, "
            "q products that are also imported, e products sold outside, 0 base year."
        )
    ]
    for block, members in itertools.groupby(system.families, key=lambda f: f.block):
        families = list(members)
        numbers = ", ".join(f"({f.number})" for f in families)
        found.append(Heading(f"{block.capitalize()}: {numbers}", folded=True))
        found += [_equation(f) for f in families]
    return [*found, Heading("Variables", folded=True), r.table("variables")]


def _equation(family: EquationFamily) -> Equation:
    origin = "the paper's" if family.origin == "paper" else "reconstruction"
    times = f", {len(family.equations)} equations" if len(family.equations) > 1 else ""
    meaning = f"({family.number}) {family.name[:1].upper()}{family.name[1:]}; {origin}{times}. {family.meaning}"
    return Equation(f"({family.number}) {family.name}", family.latex, family.typst, meaning)


def _assumptions(r: EconomyResult) -> list[Block]:
    return [
        Notice(
            "Elasticities, coefficients of knowledge and growth of what comes from outside are assumed, not estimated; "
            "each has a reason. The choice of rules moves results more than any elasticity.",
            Nature.ASSUMED,
        ),
        r.table("closure"),
        r.table("assumptions"),
        r.table("levers"),
    ]


def _data(r: EconomyResult) -> list[Block]:
    found: list[Block] = [
        Notice(f"{s.name}: {s.note or s.origin or s.nature}", s.nature)
        for s in r.provenance.sources
        if s.nature is not Nature.OBSERVED or s.note
    ]
    found += [r.table("natures"), Paragraph(_efficiency(r))]
    cells = (r.table("assumed-cells"),) if r.model.sam.natures is not None else ()
    return [*found, *_looked_up("The matrix and its assumed cells", *cells, r.table("matrix"))]


def _payments(r: EconomyResult) -> list[Block]:
    return _looked_up("What each agent receives and pays", r.table("payments"))


def _looked_up(title: str, *blocks: Block) -> list[Block]:
    """Return blocks that a page folds."""
    return [Heading(title, folded=True), *blocks]
