"""Matching with differences in differences: starters against rows that were as likely to start."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from innospace.core.checks import Check
from innospace.core.errors import SpecError, offenders
from innospace.core.labels import require_known
from innospace.core.numbers import fixed
from innospace.core.progress import Progress, silent
from innospace.firms.design import table_of
from innospace.firms.effects.matching import run
from innospace.firms.effects.matching_report import report
from innospace.firms.effects.matching_rules import Rules
from innospace.firms.effects.propensity import Sample, sample
from innospace.firms.effects.words import effect_sentence
from innospace.firms.estimates import Effects
from innospace.firms.result import FirmResult


def match_did(
    treatment: str,
    before: str | Sequence[str],
    after: str | Sequence[str],
    data: Any,
    *,
    minimum_starters: int = 10,
    distance: str = "propensity",
    link: str = "logit",
    neighbours: int = 1,
    replace: bool = False,
    order: str = "",
    ties: str = "",
    caliper: float | None = None,
    caliper_scale: str = "sd",
    exact: Sequence[str] = (),
    common_support: bool = False,
    errors: str = "",
    cluster: str | None = None,
    seed: int = 0,
    title: str = "",
    progress: Progress = silent,
) -> FirmResult:
    """Compare the change of starters with the change of matched rows that did not start.

    Parameters
    ----------
    treatment : str
        ``starter ~ covariates before the start``; 1 for starters, 0 for those who never start.
    before : str or sequence of str
        Outcome before the start, one column an outcome.
    after : str or sequence of str
        Outcome after the start, in the same order.
    data : Dataset, frame or mapping of arrays
        One row a firm.
    minimum_starters : int
        With fewer matched starters than these the effect is no headline.
    distance, link : str
        As in :func:`~innospace.firms.effects.matching.match`.
    neighbours : int
        Matches a starter.
    replace : bool
        Whether a row may be the match of several starters.
    order, ties : str
        Who chooses first; which of equally near rows.
    caliper : float, optional
        Largest distance of a match.
    caliper_scale : str
        ``sd`` or ``raw``.
    exact : sequence of str
        Columns that matches must share (industry).
    common_support : bool
        Leave out starters whose score no other row reaches.
    errors : str
        Standard error shown first.
    cluster : str, optional
        Column of cluster labels.
    seed : int
        Of a random order.
    title : str, optional
    progress : callable

    Returns
    -------
    FirmResult
        Effects, named after the column after the start: ``att`` (difference of the changes), ``before_difference``
        (matched difference before the start: near zero when matching works) and ``unadjusted`` (difference of changes
        without matching). Numbers ``starters`` and ``matched_starters``.

    Raises
    ------
    FormulaError, LabelError, DataError, SpecError
        Also when columns before and after are not as many.

    Notes
    -----
    Heckman, Ichimura and Todd (1997). Differences take out what is constant about a firm; the assumption left is that
    starters and their matches would have changed alike.
    """
    firsts, lasts = ([c] if isinstance(c, str) else list(c) for c in (before, after))
    if len(firsts) != len(lasts) or not firsts:
        raise SpecError(
            f"{len(firsts)} columns before and {len(lasts)} after the start do not pair up.",
            allowed="as many before as after, in the same order",
            remedy="Name both columns of every outcome.",
        )
    if minimum_starters < 1:
        raise SpecError(f"minimum_starters is {minimum_starters}.", allowed="a whole number from 1")
    rules = Rules(
        distance=distance,
        neighbours=neighbours,
        replace=replace,
        order=order or ("closest" if distance == "mahalanobis" else "largest"),
        ties=ties or ("average" if replace else "first"),
        caliper=caliper,
        caliper_scale=caliper_scale,
        exact=tuple(exact),
        common_support=common_support,
        seed=seed,
    )
    dataset = table_of(data)
    require_known([*firsts, *lasts], [str(c) for c in dataset.frame.columns], kind="column", where="match_did")
    twice = [c for c in dict.fromkeys((*firsts, *lasts)) if (firsts + lasts).count(c) > 1]
    if twice:
        raise SpecError(f"Column {offenders(twice)} is named twice.", remedy="Name each column once.")
    s = sample(treatment, (*firsts, *lasts), dataset, link=link, cluster=cluster, also=rules.exact)
    changes = {b: s.outcomes[b] - s.outcomes[a] for a, b in zip(firsts, lasts, strict=True)}
    levels = {f"{b}": s.outcomes[a] for a, b in zip(firsts, lasts, strict=True)}
    moved = run(dataclasses.replace(s, outcomes=changes), rules, errors=errors, progress=progress)
    start = run(dataclasses.replace(s, outcomes=levels), rules, errors=moved.kind)
    options = {"treatment": treatment, "before": firsts, "after": lasts, "link": link, "cluster": cluster}
    options |= {k: getattr(rules, k) for k in ("distance", "neighbours", "replace", "order", "ties", "caliper")}
    result = report(
        dataclasses.replace(s, outcomes=changes),
        rules,
        moved,
        options={**options, "exact": list(rules.exact), "seed": seed},
        title=title or f"Change of {', '.join(lasts)} after the start of {s.design.outcome}, matched",
        method="match_did",
    )
    f = result.effects_found
    effects = Effects(
        (*f.names, *lasts),
        np.concatenate([f.values, [start.effects[o].value for o in lasts]]),
        (*f.kinds, *["before_difference"] * len(lasts)),
        std_errors=np.concatenate([_known(f.std_errors), [start.effects[o].errors[moved.kind] for o in lasts]]),
        unit="units of the outcome, of changes; the difference before the start is one of levels",
        errors=f.errors,
    )
    return _finished(dataclasses.replace(result, effects_found=effects), s, minimum_starters)


def _known(errors: Any) -> Any:
    return np.zeros(0) if errors is None else errors


def _finished(result: FirmResult, s: Sample, minimum: int) -> FirmResult:
    starters, matched = float(s.treated.sum()), result.numbers["matched_treated"]
    enough = Check.at_least(
        "starters",
        matched,
        float(minimum),
        "Starters that are matched: with few of them one firm decides the effect.",
        "Report the number of starters and no headline; pool waves or channels.",
    )
    frame = result.effects()
    rows = f"{fixed(matched, 0)} of {fixed(starters, 0)} starters matched"
    told = [
        effect_sentence(f"the change of {r['name']}", s.design.outcome, r, "att", rows)
        for _, r in frame[frame["kind"] == "att"].iterrows()
    ]
    if not enough.ok:
        told = [
            f"Only {rows}: fewer than {fixed(minimum, 0)}, so their change against matched firms is no finding; the "
            "table gives it for completeness."
        ]
    told += list(result.sentences[-2:])
    return dataclasses.replace(
        result,
        description=result.description.replace("the outcome without", "the change of the outcome without"),
        sentences=tuple(told),
        checks=(enough, *result.checks),
        numbers={"starters": starters, "matched_starters": matched, **result.numbers},
    )
