"""A matching in words, tables and figures."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from innospace.core.checks import Check
from innospace.core.numbers import fixed, percent, significant
from innospace.firms.effects.balance import balance_check, effective_size
from innospace.firms.effects.balance_views import balance_table, both, love_plot, overlap_figure, samples_table
from innospace.firms.effects.matching_estimate import ERRORS, Matched, MatchedEffect, naive_difference
from innospace.firms.effects.matching_rules import Metric, Rules
from innospace.firms.effects.propensity import (
    Booleans,
    Sample,
    errors_table,
    overlap,
    overlap_check,
    overlap_numbers,
    row_frame,
)
from innospace.firms.effects.words import EQUATIONS, UNCONFOUNDED, effect_sentence, is_share, unit_of
from innospace.firms.estimates import Array, Effects
from innospace.firms.result import FirmResult

if TYPE_CHECKING:
    import pandas as pd

PAIRS_LISTED = 5_000_000
"""More pairs than this are counted and used, but not listed."""
LEFT_OUT = 0.1
"""Share of rows without a match above which the effect is one of another population."""


@dataclass(frozen=True, slots=True)
class MatchingRun:
    """What matching found, before words.

    Attributes
    ----------
    where : Metric
    matched : Matched
    eligible : ndarray of bool, shape (n,)
    effects : mapping of str to MatchedEffect
        By outcome.
    kind : str
        Standard error shown first.
    tied : float
        Focal rows whose nearest match ties with another one (with replacement).
    """

    where: Metric
    matched: Matched
    eligible: Booleans
    effects: dict[str, MatchedEffect]
    kind: str
    tied: float


def report(
    s: Sample,
    rules: Rules,
    found: MatchingRun,
    *,
    options: dict[str, Any],
    title: str = "",
    method: str = "match",
) -> FirmResult:
    """Put a matching into words, tables and figures."""
    names = list(found.effects)
    before, after = both(s, found.matched.weights, rules.estimand)
    covered = overlap(s.score.values, s.treated)
    naive = [naive_difference(s.outcomes[o], s.treated) for o in names]
    kinds = {k: np.array([found.effects[o].errors[k] for o in names]) for k in _shared(found)}
    effects = Effects(
        (*names, *names),
        np.array([*(found.effects[o].value for o in names), *(v for v, _ in naive)]),
        (*[rules.estimand] * len(names), *["unadjusted"] * len(names)),
        std_errors=np.array([*kinds[found.kind], *(e for _, e in naive)]),
        unit=unit_of(s.outcomes.values()),
        errors=f"{found.kind}: {ERRORS[found.kind]}; of the unadjusted difference: unequal variances",
    )
    treatment = s.design.outcome
    result = FirmResult(
        method=method,
        title=title or f"Effect of {treatment} on {', '.join(names)} by matching",
        description=f"{rules.sentences()[0]} The score is a {s.score.link} of {treatment}. {UNCONFOUNDED}",
        n=s.n,
        provenance=s.design.provenance(options, rules.seed),
        estimates=s.estimates,
        effects_found=effects,
        numbers=_numbers(s, rules, found, before.smd, after.smd) | overlap_numbers(covered),
        equations=(EQUATIONS[rules.estimand],),
        tables=(
            balance_table(method, s, before, after, rules.estimand),
            samples_table(s, found.matched.weights),
            errors_table(method, kinds, names, ERRORS),
        ),
        figures=(love_plot(s, before, after), overlap_figure(s, covered)),
        frames={"scores": row_frame(s, found.matched.weights), **_pairs(s, found)},
        checks=_checks(found, after.smd[1:], overlap_check(covered, rules.estimand)),
        warnings=(*s.design.messages, *_warnings(rules, found)),
        steps=(*s.design.steps, *rules.sentences()),
    )
    return replace(result, sentences=_sentences(result, s, rules))


def _shared(found: MatchingRun) -> list[str]:
    first, *rest = (list(e.errors) for e in found.effects.values())
    return [k for k in first if all(k in other for other in rest)]


def _focal_counts(found: MatchingRun) -> tuple[int, int]:
    """Return focal rows, and how many of them have a match."""
    total = sum(len(d.focal) for d in found.matched.directions) + int(np.sum(~found.eligible & _focal_side(found)))
    return total, int(found.matched.focal.sum())


def _focal_side(found: MatchingRun) -> Booleans:
    """Return whether a row belongs to a group that looks for matches."""
    side = np.ones(len(found.eligible), dtype=bool)
    if len(found.matched.directions) == 1:
        side[found.matched.directions[0].pool] = False
    return side


def _numbers(s: Sample, rules: Rules, found: MatchingRun, before: Array, after: Array) -> dict[str, float]:
    m, t = found.matched, s.treated
    total, matched = _focal_counts(found)
    numbers = {
        "treated": float(t.sum()),
        "untreated": float((~t).sum()),
        "matched_treated": float(np.sum(m.weights[t] > 0.0)),
        "matched_untreated": float(np.sum(m.weights[~t] > 0.0)),
        "without_match": float(total - matched),
        "pairs": float(sum(d.size for d in m.directions)),
        "largest_use": float(m.used.max()),
        "effective_treated": effective_size(m.weights[t]),
        "effective_untreated": effective_size(m.weights[~t]),
        "largest_smd_before": float(np.max(np.abs(before[1:]))),
        "largest_smd_after": float(np.max(np.abs(after[1:]))),
    }
    if rules.caliper is not None:
        unit = found.where.unit if rules.caliper_scale == "sd" else 1.0
        numbers["caliper"] = rules.caliper * unit
    if rules.replace:
        numbers["tied_rows"] = found.tied
    return numbers


def _pairs(s: Sample, found: MatchingRun) -> dict[str, pd.DataFrame]:
    """Return the frame of pairs: rows of the table given, distance, share, outcomes of both."""
    import pandas as pd

    if sum(d.size for d in found.matched.directions) > PAIRS_LISTED:
        return {}
    frames = []
    for d in found.matched.directions:
        focal, pool = d.pairs()
        share = np.zeros(s.n)
        share[d.focal] = 1.0 / np.maximum(d.counts, 1)
        treated_focal = bool(s.treated[d.focal[0]])
        a, b = (focal, pool) if treated_focal else (pool, focal)
        columns: dict[str, Any] = {"set": s.design.kept[focal] + 1}
        for who, rows in (("treated", a), ("control", b)):
            columns |= {f"{who}_{k}": np.asarray(v)[rows] for k, v in s.labels().items()}
        columns |= {"distance": found.where.between(a, b), "share": share[focal]}
        for name, y in s.outcomes.items():
            columns |= {f"{name}_treated": y[a], f"{name}_control": y[b]}
        frames.append(pd.DataFrame(columns))
    return {"pairs": pd.concat(frames, ignore_index=True)}


def _checks(found: MatchingRun, smd: Array, covered: Check) -> tuple[Check, ...]:
    total, matched = _focal_counts(found)
    left_out = Check.at_most(
        "matched",
        1.0 - matched / total,
        LEFT_OUT,
        "Share of the rows that the effect is about which found no match: the effect is one of the others.",
        "Widen the caliper or match on fewer exact columns; else say for whom the effect holds.",
    )
    return balance_check(smd[np.isfinite(smd)]), covered, left_out


def _warnings(rules: Rules, found: MatchingRun) -> tuple[str, ...]:
    total, matched = _focal_counts(found)
    texts = []
    if matched < total:
        texts.append(
            f"{total - matched} of {total} rows found no match: the effect is one of the {matched} matched rows."
        )
    if rules.replace and rules.ties == "first" and found.tied > 0:
        texts.append(
            f"{int(found.tied)} rows have several nearest matches, of which the first in the data is taken: another "
            "order of rows gives another estimate. ties='average' does not depend on it."
        )
    if sum(d.size for d in found.matched.directions) > PAIRS_LISTED:
        texts.append("There are too many pairs to list (ties are averaged); weights of all rows are in the scores.")
    if found.matched.used.max() > 0.1 * matched and rules.replace:
        texts.append(
            f"One row serves as match {significant(float(found.matched.used.max()))} times: the estimate hangs on it."
        )
    return tuple(texts)


def _sentences(result: FirmResult, s: Sample, rules: Rules) -> tuple[str, ...]:
    frame = result.effects()
    main = frame[frame["kind"] == rules.estimand]
    n = result.numbers
    rows = f"{fixed(n['matched_treated'], 0)} treated and {fixed(n['matched_untreated'], 0)} untreated rows matched"
    told = [
        effect_sentence(
            r["name"], s.design.outcome, r, rules.estimand, rows, probability=is_share(s.outcomes[r["name"]])
        )
        for _, r in main.iterrows()
    ]
    first, last = n["largest_smd_before"], n["largest_smd_after"]
    verdict = "the groups are alike" if last <= 0.1 else "the groups still differ"
    told.append(
        f"After matching {verdict}: the largest standardised mean difference of a covariate is {fixed(last, 2)} "
        f"(before: {fixed(first, 2)})."
    )
    told.append(
        f"{percent(n['treated_outside_support'])} of the treated have a score that no untreated row reaches; effective "
        f"sample size {fixed(n['effective_treated'], 1)} treated, {fixed(n['effective_untreated'], 1)} untreated."
    )
    return tuple(told)
