"""Matching: every treated row beside untreated rows that were as likely to be treated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from innospace.core.errors import DataError, SpecError
from innospace.core.labels import require_known
from innospace.core.progress import Progress, silent
from innospace.firms.effects.matching_estimate import Matched, matched_effect
from innospace.firms.effects.matching_report import MatchingRun, report
from innospace.firms.effects.matching_rules import Direction, Metric, Rules, match_rows, metric, strata
from innospace.firms.effects.propensity import (
    Sample,
    overlap,
    sample,
)
from innospace.firms.result import FirmResult

if TYPE_CHECKING:
    pass


def match(
    treatment: str,
    outcome: str | Sequence[str],
    data: Any,
    *,
    distance: str = "propensity",
    link: str = "logit",
    neighbours: int = 1,
    replace: bool = False,
    order: str = "",
    ties: str = "",
    tie_tolerance: float = 0.0,
    caliper: float | None = None,
    caliper_scale: str = "sd",
    exact: Sequence[str] = (),
    estimand: str = "att",
    common_support: bool = False,
    bias_adjust: bool = False,
    errors: str = "",
    variance_neighbours: int = 1,
    cluster: str | None = None,
    seed: int = 0,
    title: str = "",
    progress: Progress = silent,
) -> FirmResult:
    """Estimate the effect of a treatment by nearest-neighbour matching.

    Parameters
    ----------
    treatment : str
        ``treatment ~ covariates``; the treatment holds 0 and 1. Gives the propensity score, or the covariates of the
        Mahalanobis distance.
    outcome : str or sequence of str
        Outcome columns, or transforms of them; matched once, an effect for each.
    data : Dataset, frame or mapping of arrays
    distance : str
        ``propensity`` (default), ``linear_propensity`` or ``mahalanobis``.
    link : str
        ``logit`` (default) or ``probit``, of the propensity score.
    neighbours : int
        Matches a row, 1 by default.
    replace : bool
        Whether an untreated row may serve several times.
    order : str
        Who chooses first without replacement: ``largest`` score (default, as MatchIt), ``smallest``, ``closest`` pair
        (default of the Mahalanobis distance), ``random`` or ``data``.
    ties : str
        Of equally near rows: ``average`` (default with replacement, as in Stata and Matching) or ``first`` in the data
        (without replacement the only way).
    tie_tolerance : float
        How much larger a squared distance, in squared standard deviations, still ties (1e-5 in R's Matching); 0 means
        exact ties.
    caliper : float, optional
        Largest distance of a match; rows without a match within it are left out and counted.
    caliper_scale : str
        ``sd``: in standard deviations of the distance over all rows (default, as MatchIt); ``raw``: in its own units.
        A Mahalanobis distance is in standard deviations either way.
    exact : sequence of str
        Columns that matches must share (industry).
    estimand : str
        ``att`` (default), ``atc``, or with replacement ``ate``.
    common_support : bool
        Leave out rows whose score no row of the other group reaches.
    bias_adjust : bool
        Correct for what the covariates still differ by, with a regression on the matched rows (Abadie and Imbens,
        2011).
    errors : str
        Standard error shown first; every kind stands in the table ``match-errors``. Without replacement ``pairs``
        (default), ``robust``, ``cluster``; with it ``abadie_imbens_score`` (default on a score without caliper or exact
        columns, as Stata), ``abadie_imbens``, ``homoskedastic``, ``robust``, ``cluster``.
    variance_neighbours : int
        Rows of the same group behind each conditional variance of Abadie and Imbens.
    cluster : str, optional
        Column of cluster labels; makes ``cluster`` the default error.
    seed : int
        Of the random order.
    title : str, optional
    progress : callable

    Returns
    -------
    FirmResult
        Effects by outcome: ``att`` (or ``atc``, ``ate``) and ``unadjusted`` (difference of means before matching).
        Coefficients: the propensity model. Tables ``balance``, ``samples``, ``match-errors``; figures ``balance`` (love
        plot) and ``overlap``; frames ``scores`` and ``pairs``.

    Raises
    ------
    FormulaError, LabelError, DataError, SpecError
        Also when nobody has a match within the caliper and the exact columns.

    Notes
    -----
    Rubin (1973); Rosenbaum and Rubin (1983); Abadie and Imbens (2006, 2011, 2016); greedy matching without replacement
    as MatchIt (Ho, Imai, King and Stuart, 2011), found in n log n.
    """
    rules = Rules(
        distance=distance,
        neighbours=neighbours,
        replace=replace,
        order=order or ("closest" if distance == "mahalanobis" else "largest"),
        ties=ties or ("average" if replace else "first"),
        caliper=caliper,
        caliper_scale=caliper_scale,
        tie_tolerance=tie_tolerance,
        exact=tuple(exact),
        estimand=estimand,
        common_support=common_support,
        seed=seed,
    )
    if variance_neighbours < 1:
        raise SpecError(f"variance_neighbours is {variance_neighbours}.", allowed="a whole number from 1")
    s = sample(treatment, outcome, data, link=link, cluster=cluster, also=rules.exact)
    found = run(s, rules, bias_adjust=bias_adjust, others=variance_neighbours, errors=errors, progress=progress)
    options = {"treatment": treatment, "outcome": outcome, "link": link, "bias_adjust": bias_adjust, "cluster": cluster}
    return report(s, rules, found, title=title, options={**options, **_plain(rules)})


def run(
    s: Sample,
    rules: Rules,
    *,
    bias_adjust: bool = False,
    others: int = 1,
    errors: str = "",
    progress: Progress = silent,
) -> MatchingRun:
    """Match and estimate."""
    where = metric(s, rules.distance)
    found = overlap(s.score.values, s.treated)
    inside = (s.score.values >= found.low) & (s.score.values <= found.high)
    eligible = inside if rules.common_support else np.ones(s.n, dtype=bool)
    stratum = strata(s, rules.exact)
    ways = {"att": (True,), "atc": (False,), "ate": (True, False)}[rules.estimand]
    directions = [
        match_rows(
            where, s.score.values, s.treated, stratum, rules, focal_treated=way, eligible=eligible, progress=progress
        )
        for way in ways
    ]
    _require_matches(s, rules, directions)
    m = Matched.of(directions, s.n)
    plain = rules.caliper is None and not rules.exact and not rules.common_support and not bias_adjust
    of_score = rules.replace and rules.distance != "mahalanobis" and plain
    effects = {}
    for number, (name, y) in enumerate(s.outcomes.items()):
        progress(f"Standard errors of {name}", number / len(s.outcomes))
        effects[name] = matched_effect(
            s,
            where,
            m,
            y,
            rules.estimand,
            replace=rules.replace,
            bias_adjust=bias_adjust,
            variance_neighbours=others,
            tie_tolerance=rules.tie_tolerance,
            score_errors=of_score,
        )
    kinds = list(dict.fromkeys(k for e in effects.values() for k in e.errors))
    shared = [k for k in kinds if all(k in e.errors for e in effects.values())]
    if errors:
        require_known([errors], shared, kind="standard error", where="match")
    kind = errors or ("cluster" if "cluster" in shared else shared[0])
    tied = _tied(where, directions, rules) if rules.replace else float("nan")
    return MatchingRun(where, m, eligible, effects, kind, tied)


def _require_matches(s: Sample, rules: Rules, directions: Sequence[Direction]) -> None:
    for d in directions:
        who = "treated" if len(d.focal) and s.treated[d.focal[0]] else "untreated"
        matched = int(np.sum(d.counts > 0)) if len(d.focal) else 0
        if matched >= 2:
            continue
        how = f"a caliper of {rules.caliper:g}" if rules.caliper is not None else "the rules given"
        raise DataError(
            f"{'No' if matched == 0 else 'Only one'} {who} row finds a match under {how}.",
            where=f"{len(d.focal)} {who} rows, {len(d.pool)} in the other group"
            + (f"; exact on {', '.join(rules.exact)}" if rules.exact else ""),
            allowed="two matched rows or more",
            remedy="Widen the caliper, drop exact columns, or accept that there is no overlap.",
        )


def _tied(where: Metric, directions: Sequence[Direction], rules: Rules) -> float:
    """Return how many focal rows have a further row as near as the last of their matches."""
    total = 0
    for d in directions:
        for f, p, sets in d.parts:
            everything = where.all(d.focal[f], d.pool[p], rules.neighbours, np.inf, rules.tie_tolerance).counts
            total += int(np.sum((everything > rules.neighbours) & (sets.counts > 0)))
    return float(total)


def _plain(rules: Rules) -> dict[str, Any]:
    return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(rules).items()}
