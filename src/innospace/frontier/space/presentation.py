"""An innovation-space study in words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from innospace.core.document import Block, Heading, Notice, Paragraph, Section
from innospace.core.numbers import fixed, percent, signed, significant
from innospace.frontier.presentation import p_clause, symbols
from innospace.frontier.space.wording import reach

if TYPE_CHECKING:
    from innospace.frontier.space.result import SpaceResult

LN_V = "log(space)"


def summary(result: SpaceResult) -> str:
    """Return text for a terminal, at most 100 columns wide."""
    lines = [
        "Innovation space: ln Q = c + delta ln V + v - u",
        f"{'model':<10}{'delta':>9}{'c':>10}{'ln L':>12}{'sigma_u':>10}{'sigma_v':>10}{'w':>12}{'status':>14}",
    ]
    for name, model in result.reported.items():
        p = result.parameters(name)
        lines.append(
            f"{name:<10}{p['delta']:>9.4f}{p['c']:>10.4f}{p['log_likelihood']:>12.3f}{p['sigma_u']:>10.4f}"
            f"{p['sigma_v']:>10.4f}{p['w']:>12.3e}{model.status.code!s:>14}"
        )
    for key, value in result.te_correlation.items():
        pearson, spearman = value["pearson"], value["spearman"]
        lines.append(f"TE {key.replace('_', ' and ')}: Pearson {pearson:.4f}, Spearman {spearman:.4f}")
    for row in result.determinants.to_dict("records"):
        effect = f"{row['model']}: {row['of']} by {row['regressor']}"
        lines.append(f"{effect[:48]:<48}{row['effect']:>10.4f} ({row['std_error']:.4f})   p {row['p_value']:.4f}")
    for name, test in result.hypotheses.items():
        lines.append(f"{name:<32}{test.statistic:>10.3f}   p {test.p_value:.4f}   {test.distribution}")
    return "\n".join(lines)


def findings(result: SpaceResult) -> tuple[str, ...]:
    """Return what was found, in sentences, most important first."""
    r = result
    last = r.years[-1]
    year = f"In {last}" if last else "In this table"
    rows = r.regions[r.regions["year"] == last]
    level = percent(r.spec.level, 0)
    found = []
    for name in r.spec.focus:
        row = rows[rows["region"] == name]
        if not row.empty:
            found.append(reach(r, row.iloc[0], len(rows)))
    share = r.share(str(last))
    found.append(
        f"{year} the frontier uses {significant(100 * share.w)}\u202f% of the innovation space ({level} interval "
        f"{significant(100 * share.lower)}\u202f% to {significant(100 * share.upper)}\u202f%); "
        f"regions reach on average {percent(float(rows['te'].mean()), 0)} of the frontier."
    )
    found.append(_elasticity(r, str(last)))
    found += [_growth(r, a, b) for a, b in zip(r.years, r.years[1:], strict=False)]
    found += _persistence(r)
    found += _groups(r)
    found += _determinants(r)
    found += _hypotheses(r)
    return tuple(found)


def _elasticity(r: SpaceResult, model: str) -> str:
    """Say what the elasticity is, and claim less or more than proportion only when its interval excludes 1."""
    delta = r.models[model].parameter(LN_V)
    interval = r.models[model].confidence_intervals(r.spec.level)
    lower, upper = (float(interval[k][LN_V]) for k in ("lower", "upper"))
    effect = (
        f"one percent more links goes with {fixed(delta, 2)} percent more innovations on the frontier "
        f"({percent(r.spec.level, 0)} interval {fixed(lower, 2)} to {fixed(upper, 2)})"
    )
    if upper < 1.0:
        return f"Innovations rise less than in proportion with the space: {effect}."
    if lower > 1.0:
        return f"Innovations rise more than in proportion with the space: {effect}."
    return f"{effect[0].upper()}{effect[1:]}; that they rise in proportion is not ruled out."


def _growth(r: SpaceResult, first: int, second: int) -> str:
    """Say how the used share moved, and whether its intervals leave room for no movement."""
    a, b, g = r.share(str(first)), r.share(str(second)), r.growth_of_w[second]
    moved = f"{'grew' if g >= 0 else 'fell'} by {percent(abs(g), 0)}"
    overlap = a.lower <= b.upper and b.lower <= a.upper
    return (
        f"From {first} to {second} the share of the space that the frontier uses {moved}, from "
        f"{significant(100 * a.w)}\u202f% to {significant(100 * b.w)}\u202f%"
        f"{'; the intervals of the two years overlap' if overlap else ''}."
    )


def _persistence(r: SpaceResult) -> list[str]:
    if not r.te_correlation:
        return []
    values = ", ".join(f"{fixed(v['pearson'], 2)} ({k.replace('_', '–')})" for k, v in r.te_correlation.items())
    return [f"Efficiency is persistent: its correlation between years is {values}."]


def _groups(r: SpaceResult) -> list[str]:
    """Say which groups of regions are nearest to and farthest from the frontier."""
    if r.grouping is None:
        return []
    frame = r.table("groups").frame.sort_values("te", ascending=False, kind="stable")
    best, last = frame.iloc[0], frame.iloc[-1]
    return [
        f"Of {len(frame)} groups of regions, {best['group']} is nearest to the frontier with mean efficiency "
        f"{percent(float(best['te']), 0)} ({int(best['regions'])} regions), {last['group']} farthest with "
        f"{percent(float(last['te']), 0)} ({int(last['regions'])})."
    ]


def _determinants(r: SpaceResult) -> list[str]:
    """Say what a unit more of each regressor of inefficiency does to expected efficiency, in the widest model."""
    if r.determinants.empty:
        return []
    effects = r.determinants[r.determinants["of"] == "efficiency"]
    model = str(effects["model"].iloc[-1])
    where = model if model.isdigit() else "all years"
    found = []
    for row in effects[effects["model"] == model].to_dict("records"):
        points = f"{signed(100 * row['effect'], 2)} points of expected efficiency"
        size = f"one unit more of {row['regressor']} goes with {points}"
        if not np.isfinite(row["std_error"]):
            found.append(f"In {where} {size}; the model ended on a boundary and gives no error.")
            continue
        ends = f"{signed(100 * row['lower'], 2)} to {signed(100 * row['upper'], 2)}"
        told = "" if row["p_value"] < 0.05 else "; that there is no relation is not ruled out"
        found.append(f"In {where} {size} ({percent(r.spec.level, 0)} interval {ends}){told}.")
    return found


def _hypotheses(r: SpaceResult) -> list[str]:
    sentences = []
    tests = r.hypotheses
    for name, meaning in (
        ("hypothesis_2", "the elasticity to the space is constant in time"),
        ("hypothesis_3", "the constant is constant in time"),
    ):
        if f"{name}.lr" in tests:
            test = tests[f"{name}.lr"]
            verdict = _verdict(test.p_value)
            sentences.append(f"That {meaning} ({name.replace('_', ' ')}) {verdict} ({p_clause(test.p_value)}).")
    for year in r.years:
        key = f"hypothesis_1.{year}.lr"
        if key in tests:
            sentences.append(
                f"That R&D organisations and companies count alike (hypothesis 1, {year}) "
                f"{_verdict(tests[key].p_value)} ({p_clause(tests[key].p_value)})."
            )
    return sentences


def _verdict(p: float) -> str:
    if p < 0.05:
        return "is rejected at the 5\u202f% level"
    return "is rejected at the 10\u202f% level only" if p < 0.10 else "is not rejected"


BACKGROUND = ("persistence-", "used-space-")
"""Beginnings of the names of figures that a page folds."""


def _figures(r: SpaceResult) -> tuple[Block, ...]:
    """Return every figure, those of the background last."""
    figures = r.plot.all()
    behind = [f for f in figures if f.name.startswith(BACKGROUND)]
    telling = [f for f in figures if not f.name.startswith(BACKGROUND)]
    return (*telling, Heading("Persistence of efficiency and used links", folded=True), *behind)


def sections(result: SpaceResult) -> tuple[Section, ...]:
    """Return the part of a report."""
    from innospace.data import published_table

    r = result
    data: list[Block] = [Paragraph(step) for step in r.steps]
    data += [
        Notice(f"{s.name}: {s.note or s.origin}", s.nature)
        for s in r.provenance.sources
        if s.nature != "observed" or s.note
    ]
    warned = [Paragraph(f"{n}: {m.status.message} {m.status.remedy}") for n, m in r.reported.items() if m.warnings]
    estimates: list[Block] = [r.table("models"), *warned, r.table("hypotheses")]
    if not r.determinants.empty:
        estimates.insert(1, replace(r.table("determinants"), lead=True))
    if r.te_correlation:
        estimates.append(r.table("correlations"))
    every = Heading("Every region in every year", folded=True)
    grouped: list[Block] = []
    if r.grouping is not None:
        grouped = [r.table("groups"), r.table("components")]
        if set(published_table(5)["table4_region"]) & set(r.grouping.group.index):
            grouped.append(r.table("published_groups"))
    return (
        Section("model", "What was estimated", (Paragraph(symbols(str(r.spec))), *r.spec.equations())),
        Section("figures", "What the data show", _figures(r)),
        Section("estimates", "Estimates and tests", tuple(estimates)),
        Section("regions", "Regions", (replace(r.table("ranking"), lead=True), *grouped, every, r.table("regions"))),
        Section("data", "The data", tuple(data)),
    )
