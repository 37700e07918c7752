"""Parts of the study on the two-wave panel that its other estimators make."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from innospace.core.figure import Figure
from innospace.core.numbers import fixed, percent
from innospace.core.progress import Progress
from innospace.core.provenance import Provenance
from innospace.core.table import Column, Table
from innospace.firms.internationalisation.equations import MIN_FIRMS, term
from innospace.firms.internationalisation.parts import starters_table_rows
from innospace.firms.internationalisation.waves import TwoWaves
from innospace.firms.internationalisation.wording import doing, words
from innospace.firms.presentation import p_clause
from innospace.firms.result import FirmResult

if TYPE_CHECKING:
    import pandas as pd

    from innospace.data.dataset import Dataset


def controls(waves: TwoWaves) -> list[str]:
    """Return the terms that stand in every equation: size, productivity, traits, industry."""
    industry = ["C(industry)"] if waves.plan.industry else []
    return ["size", "productivity", *map(term, waves.plan.traits), *industry]


def descriptives(waves: TwoWaves) -> FirmResult:
    """Return firms by class and channel with the share that started each innovation, and constraints by R&D."""
    rows = starters_table_rows(waves)
    plan = waves.plan
    shares = tuple(
        column
        for o in plan.outcomes
        for column in (
            Column(f"{o}_at_risk", "firms", "integer", f"Started {words(o)}"),
            Column(f"{o}_share", "share", "percent:1", f"Started {words(o)}"),
        )
    )
    head = (Column("channel", "Channel"), Column("class", "Class"), Column("firms", "Firms", "integer"))
    note = (
        "Never: in neither wave; starter: in the last only; quitter: in the first only; continuous: in both. Firms "
        "that had the innovation in the first wave cannot start it. Classes with fewer than "
        f"{MIN_FIRMS} firms get no headline."
    )
    tables = [Table("classes", "Firms by class of trade, and starts of innovation", rows, (*head, *shares), (note,))]
    sentences = [_classes_sentence(waves)]
    if plan.constraints and "rd" in plan.outcomes:
        frame = constraints_by_rd(waves)
        columns = (
            Column("constraint", "Constraint"),
            Column("rd", "R&D"),
            Column("firms", "Firms", "integer"),
            Column("share", "Name it serious", "percent:1"),
            Column("lower", "from", "percent:1", "95\u202f% interval"),
            Column("upper", "to", "percent:1", "95\u202f% interval"),
        )
        tables.append(Table("constraints", "Constraints to business by R&D", frame, columns))
        sentences += _constraint_sentences(frame)
    return FirmResult(
        method="descriptives",
        title="Who trades, who starts to innovate",
        description="Counts and shares of the panel as it is; nothing is held constant.",
        n=len(waves.frame),
        provenance=Provenance.now((waves.source,), plan.to_dict()),
        tables=tuple(tables),
        steps=waves.steps,
        sentences=tuple(sentences),
    )


def _classes_sentence(waves: TwoWaves) -> str:
    counts = [f"{fixed(waves.starters(c), 0)} started {words(c)}" for c in waves.plan.channels]
    return f"Of {fixed(len(waves.frame), 0)} firms in both waves, {', '.join(counts)} between them."


def constraints_by_rd(waves: TwoWaves) -> pd.DataFrame:
    """Return the share of firms that name a constraint, by R&D in both waves, one, or none; Wilson intervals."""
    import pandas as pd

    frame = waves.frame
    both = frame["rd_before"] + frame["rd_after"]
    rows = []
    for name in waves.plan.constraints:
        for label, value in (("in both waves", 2.0), ("in one wave", 1.0), ("in neither", 0.0)):
            inside = frame.loc[both == value, f"{name}_after"]
            low, high = _wilson(float(inside.sum()), len(inside))
            share = float(inside.mean()) if len(inside) else np.nan
            row = {"constraint": words(name), "rd": label, "firms": len(inside)}
            rows.append({**row, "share": share, "lower": low, "upper": high})
    return pd.DataFrame(rows)


def _wilson(hits: float, n: int) -> tuple[float, float]:
    if n == 0:
        return np.nan, np.nan
    z2 = 1.959963984540054**2
    centre = (hits + 0.5 * z2) / (n + z2)
    half = np.sqrt(z2) / (n + z2) * np.sqrt(hits * (n - hits) / n + 0.25 * z2)
    return centre - half, centre + half


def _constraint_sentences(frame: pd.DataFrame) -> list[str]:
    told = []
    for name, rows in frame.groupby("constraint", sort=False):
        share, firms = (dict(zip(rows["rd"], rows[c], strict=True)) for c in ("share", "firms"))
        always, never = percent(share["in both waves"], 0), percent(share["in neither"], 0)
        told.append(
            f"{str(name)[:1].upper()}{str(name)[1:]} is named a serious constraint by {always} of firms that do R&D in "
            f"both waves ({fixed(firms['in both waves'], 0)} firms) and by {never} of those that never do "
            f"({fixed(firms['in neither'], 0)})."
        )
    return told


def long_of(waves: TwoWaves) -> Dataset:
    """Return one row a firm and wave: channels, productivity, size and industry of the first wave."""
    import pandas as pd

    plan, frame = waves.plan, waves.frame
    first, last = plan.waves
    fixed = ["firm", "size", *(["industry"] if plan.industry else [])]
    before = {c: frame[f"{c}_quitter"] + frame[f"{c}_continuous"] for c in plan.channels}
    after = {c: frame[f"{c}_starter"] + frame[f"{c}_continuous"] for c in plan.channels}
    rows = [
        frame[fixed].assign(year=first, productivity=frame["productivity"], **before),
        frame[fixed].assign(year=last, productivity=frame["productivity"] + frame["growth"], **after),
    ]
    long = pd.concat(rows, ignore_index=True)
    # methods speak of a channel by the name of its column
    long = long.rename(columns={c: words(c) for c in plan.channels})
    return waves.rows(long.assign(value_added_per_worker=np.exp(long["productivity"])))


def premium(waves: TwoWaves, channel: str) -> FirmResult:
    """Return by how many percent classes of a channel are more productive than firms that never trade."""
    from innospace.firms.premia import premia

    factors = ["industry*year"] if waves.plan.industry else ["year"]
    found = premia(
        long_of(waves),
        "value_added_per_worker",
        words(channel),
        classes=True,
        controls=["size"],
        fixed_effects=factors,
        title=f"Productivity by class of {words(channel)}",
    )
    return replace(found, figures=_premium_figure(found, channel), sentences=_premium_sentences(found, channel))


_CLASSES = {"starter": "start", "quitter": "stop", "continuous": "trade in both waves"}


def _premium_sentences(found: FirmResult, channel: str) -> tuple[str, ...]:
    """Return the premia by class in sentences; gaps between classes as the method tells them."""
    frame = found.effects()
    frame = frame[frame["kind"] == "premium_percent"].set_index("name")
    told = []
    for name, row in frame.iterrows():
        n = found.numbers.get(f"firms_{name}", np.nan)
        if not n >= MIN_FIRMS:
            continue
        clear = row["lower"] > 0.0 or row["upper"] < 0.0
        side = "more" if row["estimate"] > 0.0 else "less"
        size = f"{fixed(abs(row['estimate']), 1)}\u202f% {side} productive than firms that never trade so"
        interval = f"95\u202f% interval {fixed(row['lower'], 1)} to {fixed(row['upper'], 1)}\u202f%"
        told.append(
            f"{words(channel)[:1].upper()}{words(channel)[1:]}, firms that {_CLASSES[str(name)]}: "
            f"{'' if clear else 'not clearly '}{size} ({interval}, {p_clause(row['p_value'])}; {fixed(n, 0)} firms)."
        )
    return (*told, *(text for text in found.sentences if "premium of" in text or "too few" in text))


def _premium_figure(found: FirmResult, channel: str) -> tuple[Figure, ...]:
    frame = found.effects()
    frame = frame[(frame["kind"] == "premium_percent") & np.isfinite(frame["estimate"])].reset_index(drop=True)
    if frame.empty:
        return ()
    top = frame.iloc[int(np.argmax(frame["estimate"]))]
    drawn = found.plot.effects()
    title = f"No class of {words(channel)} is clearly more productive than firms that never trade so"
    if top["lower"] > 0.0:
        who = _CLASSES[str(top["name"])]
        size = f"{fixed(top['estimate'], 0)}\u202f% more productive than never traders"
        title = f"{words(channel)}: firms that {who} are {size}"
    title = title[:1].upper() + title[1:]
    encoding = {k: v for k, v in drawn.encoding.items() if k != "model"} | {"value_title": "Premium, percent"}
    subtitle = (
        f"Value added per worker against firms that never trade so, of the same industry, year and size; percent, "
        f"95\u202f% intervals, {fixed(found.n, 0)} firm-years"
    )
    data = drawn.data.iloc[: len(frame)]
    return (replace(drawn, title=title, subtitle=subtitle, data=data, encoding=encoding),)


def before_entry(waves: TwoWaves, channel: str, *, draws: int, seed: int, progress: Progress) -> FirmResult:
    """Return the whole distribution of productivity before entry: later starters against never.

    With fewer than two draws, errors are those of kernel densities.
    """
    from innospace.firms.self_selection import pre_entry

    factors = ["industry"] if waves.plan.industry else []
    return pre_entry(
        long_of(waves),
        "value_added_per_worker",
        words(channel),
        adjust=factors,
        controls=["size"],
        errors="bootstrap" if draws > 1 else "analytic",
        replications=draws,
        seed=seed,
        progress=progress,
        title=f"Productivity before {words(channel)}: later starters against never",
    )


def matched(waves: TwoWaves, channel: str) -> FirmResult:
    """Return the effect of entering on innovation: each starter against the nearest firm that never traded."""
    from innospace.firms.effects.matching import match

    frame = waves.frame
    outside = frame[frame[f"{channel}_class"].isin(("never", "starter"))]
    others = [f"{c}_{k}" for c in waves.plan.channels if c != channel for k in ("starter", "continuous")]
    formula = f"{term(f'new_{channel}')} ~ {' + '.join([*controls(waves), *map(term, others)])}"
    outcomes = [f"{o}_after" for o in waves.plan.outcomes]
    title = f"Matching: innovation after the start of {words(channel)}"
    data = waves.rows(outside.rename(columns={f"{channel}_starter": f"new_{channel}"}))
    return match(formula, outcomes, data, caliper=0.2, title=title)


def matched_growth(waves: TwoWaves, channel: str) -> FirmResult:
    """Return the effect of entering on the growth of productivity by matched differences in differences."""
    from innospace.firms.effects.match_did import match_did

    frame = waves.frame.assign(log_productivity=waves.frame["productivity"] + waves.frame["growth"])
    outside = frame[frame[f"{channel}_class"].isin(("never", "starter"))]
    others = [f"{c}_{k}" for c in waves.plan.channels if c != channel for k in ("starter", "continuous")]
    formula = f"{term(f'new_{channel}')} ~ {' + '.join([*controls(waves), *map(term, others)])}"
    title = f"Matched difference-in-differences: productivity after the start of {words(channel)}"
    data = waves.rows(outside.rename(columns={f"{channel}_starter": f"new_{channel}"}))
    found = match_did(formula, "productivity", "log_productivity", data, caliper=0.2, title=title)
    row = found.effect(kind="att")
    clear = row["lower"] > 0.0 or row["upper"] < 0.0
    size = f"{fixed(abs(row['estimate']), 3)} log points {'more' if row['estimate'] > 0 else 'less'}"
    who = f"firms that start {doing(channel)} than in their matches"
    drawn = found.plot.effects()
    drawn = replace(
        drawn,
        title=f"Productivity grows {size} in {who}" if clear else f"Productivity grows no faster in {who}",
        subtitle="Change of log value added per worker between the waves, matched and unadjusted, and the difference "
        f"of levels before; log points, 95\u202f% intervals, {fixed(found.numbers['matched_starters'], 0)} pairs",
        encoding={**drawn.encoding, "value_title": "Log points"},
    )
    # the pairs are those of the matching before, whose balance, overlap and checks stand there
    description = (
        "The pairs are those of the matching above. It is the effect of the start only if starters and their matches "
        "would have grown alike without it."
    )
    first = found.sentences[:1] if found.checks[0].ok else found.sentences
    return replace(
        found,
        description=description,
        figures=(drawn,),
        tables=(),
        steps=(),
        warnings=(),
        sentences=first,
        checks=found.checks[:1],
    )


def joint_decisions(waves: TwoWaves, *, seed: int, progress: Progress) -> FirmResult:
    """Return R&D, new products and technologies of the last wave as joint decisions, by exact likelihood."""
    from innospace.firms.choice.bivariate import biprobit
    from innospace.firms.choice.multivariate import multivariate_probit

    classes = [f"{c}_{k}" for c in waves.plan.channels for k in ("starter", "continuous")]
    right = " + ".join([*map(term, classes), "size", "productivity"])
    formulas = [f"{term(f'{o}_after')} ~ {term(f'{o}_before')} + {right}" for o in waves.plan.outcomes]
    title = f"Joint decisions: {', '.join(words(o) for o in waves.plan.outcomes)}"
    if len(formulas) == 2:
        return biprobit(formulas[0], formulas[1], waves.rows(waves.frame), title=title)
    return multivariate_probit(formulas, waves.rows(waves.frame), seed=seed, title=title, progress=progress)


def complementarity(waves: TwoWaves, *, seed: int) -> FirmResult:
    """Return whether importing inputs before and starting to import machinery are complements in new products."""
    from innospace.firms.complementarity import complementarity as test

    frame = waves.frame.assign(inputs_before=waves.frame["inputs_quitter"] + waves.frame["inputs_continuous"])
    data = waves.rows(frame[frame["product_start"].notna() & (frame["machinery_quitter"] == 0)])
    others = ["export_starter", "export_continuous", "machinery_continuous", "inputs_starter", "inputs_continuous"]
    practices = ["inputs_before", "machinery_starter"]
    rest = [*others, *controls(waves)]
    title = "Inputs imported before and the start of importing machinery as complements in new products"
    return test("product_start", practices, data, controls=rest, link="probit", vcov="robust", seed=seed, title=title)


def interaction(waves: TwoWaves) -> FirmResult:
    """Return how starting to import machinery works where the share of imported inputs was high."""
    from innospace.firms.complementarity_interaction import interaction as effect

    share = waves.plan.inputs_share
    right = [
        f"{share}*machinery_starter",
        *("machinery_quitter", "machinery_continuous", "inputs_starter", "inputs_quitter", "inputs_continuous"),
        *controls(waves),
    ]
    formula = f"product_start ~ {' + '.join(right)}"
    options = {"x": share, "z": "machinery_starter", "link": "probit", "vcov": "robust"}
    title = "The start of importing machinery where the share of imported inputs was high"
    return effect(formula, waves.at_risk("product"), **options, title=title)


def joint_partners(waves: TwoWaves) -> FirmResult:
    """Return both kinds of new partners as a joint decision."""
    from innospace.firms.choice.bivariate import biprobit
    from innospace.firms.internationalisation.equations import partner_regressors

    right = " + ".join(map(term, partner_regressors(waves)))
    foreign, domestic = (f"{term(p)} ~ {right}" for p in waves.plan.partners)
    title = "Joint decisions: new foreign and new domestic partners"
    return biprobit(foreign, domestic, waves.rows(waves.frame), vcov="robust", title=title)


def mediation(waves: TwoWaves, outcome: str, *, draws: int, seed: int, progress: Progress) -> FirmResult:
    """Return how much of the effect of a foreign owner on starting an innovation goes through foreign partners."""
    from innospace.firms.mediation import mediation as split

    foreign, _ = waves.plan.owners
    rest = [t for t in controls(waves) if t != term(foreign)]
    exports = [f"{m}_before" for m in waves.plan.markets]
    found = split(
        f"{outcome}_start",
        waves.plan.partners[0],
        foreign,
        waves.at_risk(outcome),
        controls=[*rest, *map(term, (*exports, *waves.locations))],
        title=f"A foreign owner and the start of {words(outcome)}: directly, and through foreign partners",
        bootstrap=draws,
        seed=seed,
        progress=progress,
    )
    row = found.effect(kind="indirect_average")
    clear = row["lower"] > 0.0 or row["upper"] < 0.0
    size = f"{fixed(100.0 * row['estimate'], 1)} percentage points of a foreign owner's effect on the start of"
    none = "No clear part of a foreign owner's effect goes through foreign partners"
    head = f"{size} {words(outcome)} go through foreign partners" if clear else none
    return replace(found, figures=tuple(replace(f, title=head) for f in found.figures))
