"""A difference of two means of potential outcomes, in words, tables and figures: weighting and double robustness."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from innospace.core.labels import require_known
from innospace.core.numbers import fixed, percent
from innospace.core.status import Status
from innospace.firms.effects.balance import balance_check, effective_size
from innospace.firms.effects.balance_views import balance_table, both, love_plot, overlap_figure, samples_table
from innospace.firms.effects.matching_estimate import cluster_error, naive_difference, weighted_difference_influence
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
from innospace.firms.estimates import Array, Effects, Integers
from innospace.firms.result import CLOSED_FORM, FirmResult

ERRORS = {
    "influence": "heteroskedasticity and every estimated part: score, weights, regressions (M-estimation)",
    "robust": "heteroskedasticity, given the weights (HC0)",
    "cluster": "clustering by the column given and every estimated part",
    "cluster_robust": "clustering by the column given, given the weights",
    "subclass": "clustering by class of the score, given the weights (few clusters: too small if anything)",
}


@dataclass(frozen=True, slots=True)
class Contrast:
    """Two means of potential outcomes and the difference between them.

    Attributes
    ----------
    treated, untreated : float
        Mean outcome of the target with and without the treatment.
    influences : mapping of str to (ndarray, ndarray), each of shape (n,)
        Influence of every row on both means, by kind of error (``influence``, ``robust``); the default first.
    classes : ndarray of int, shape (n,), or None
        Class of the score of every row, when there are classes.
    """

    treated: float
    untreated: float
    influences: Mapping[str, tuple[Array, Array]]
    classes: Integers | None = None

    @property
    def value(self) -> float:
        """The effect."""
        return self.treated - self.untreated


def given_weights(y: Array, treated: Booleans, w: Array) -> tuple[Array, Array]:
    """Return the influences on both weighted means when the weights are taken as given."""
    influence = weighted_difference_influence(y, treated, w)
    return np.where(treated, influence, 0.0), np.where(treated, 0.0, -influence)


def contrast_errors(c: Contrast, s: Sample, keep: Booleans) -> tuple[dict[str, Array], str]:
    """Return errors of effect, treated and untreated mean by kind, shape (3,) each, and the first kind."""
    found: dict[str, Array] = {}
    clusters = s.design.clusters
    for kind, (a, b) in c.influences.items():
        parts = (a - b, a, b)
        if clusters is not None:
            name = "cluster" if kind == "influence" else "cluster_robust"
            found[name] = np.array([cluster_error(p, clusters, keep) for p in parts])
        found[kind] = np.array([np.sqrt(np.sum(np.square(p))) for p in parts])
    if c.classes is not None:
        a, b = c.influences["robust"]
        n = int(keep.sum())
        scale = np.sqrt((n - 1) / (n - 2))
        found["subclass"] = scale * np.array([cluster_error(p, c.classes, keep) for p in (a - b, a, b)])
    return found, next(iter(found))


def report(
    s: Sample,
    contrasts: Mapping[str, Contrast],
    weights: Array,
    estimand: str,
    *,
    method: str,
    how: str,
    description: str,
    options: dict[str, Any],
    keep: Booleans,
    errors: str = "",
    title: str = "",
    status: Status = CLOSED_FORM,
    numbers: Mapping[str, float] | None = None,
    steps: tuple[str, ...] = (),
) -> FirmResult:
    """Put contrasts of one method into a result.

    Parameters
    ----------
    s : Sample
    contrasts : mapping of str to Contrast
        By outcome.
    weights : ndarray, shape (n,)
        For the balance.
    estimand, method, how, description : str
    options : dict
    keep : ndarray of bool, shape (n,)
        Rows that are used.
    errors : str
        Kind of standard error shown first.
    """
    names = list(contrasts)
    found = {o: contrast_errors(c, s, keep) for o, c in contrasts.items()}
    kinds = list(found[names[0]][0])
    if errors:
        require_known([errors], kinds, kind="standard error", where=method)
    kind = errors or found[names[0]][1]
    treatment = s.design.outcome
    before, after = both(s, weights, estimand)
    covered = overlap(s.score.values[keep], s.treated[keep])
    t = s.treated
    result = FirmResult(
        method=method,
        title=title or f"Effect of {treatment} on {', '.join(names)} by {how}",
        description=f"{description} {UNCONFOUNDED}",
        n=int(keep.sum()),
        provenance=s.design.provenance(options),
        estimates=s.estimates,
        effects_found=_effects(s, contrasts, {o: f[0][kind] for o, f in found.items()}, estimand, kind),
        status=status,
        numbers={
            "treated": float(t.sum()),
            "untreated": float((~t).sum()),
            "left_out": float(np.sum(~keep)),
            "effective_treated": effective_size(weights[t]),
            "effective_untreated": effective_size(weights[~t]),
            "largest_smd_before": float(np.nanmax(np.abs(before.smd[1:]))),
            "largest_smd_after": float(np.nanmax(np.abs(after.smd[1:]))),
            **overlap_numbers(covered),
            **(numbers or {}),
        },
        equations=(EQUATIONS[estimand],),
        tables=(
            balance_table(method, s, before, after, estimand),
            samples_table(s, weights),
            errors_table(method, {k: np.array([found[o][0][k][0] for o in names]) for k in kinds}, names, ERRORS),
        ),
        figures=(love_plot(s, before, after), overlap_figure(s, covered)),
        frames={"scores": row_frame(s, weights)},
        checks=(balance_check(after.smd[1:][np.isfinite(after.smd[1:])]), overlap_check(covered, estimand)),
        warnings=(*s.design.messages, *_warnings(s, weights, keep)),
        steps=(*s.design.steps, *steps),
    )
    return replace(result, sentences=_sentences(result, s, estimand))


def _effects(
    s: Sample, contrasts: Mapping[str, Contrast], errors: Mapping[str, Array], estimand: str, kind: str
) -> Effects:
    names = tuple(contrasts)
    naive = [naive_difference(s.outcomes[o], s.treated) for o in names]
    rows = [
        (estimand, [c.value for c in contrasts.values()], [errors[o][0] for o in names]),
        ("mean_with_treatment", [c.treated for c in contrasts.values()], [errors[o][1] for o in names]),
        ("mean_without_treatment", [c.untreated for c in contrasts.values()], [errors[o][2] for o in names]),
        ("unadjusted", [v for v, _ in naive], [e for _, e in naive]),
    ]
    return Effects(
        names * len(rows),
        np.concatenate([r[1] for r in rows]),
        tuple(r[0] for r in rows for _ in names),
        std_errors=np.concatenate([r[2] for r in rows]),
        unit=unit_of(s.outcomes.values()),
        errors=f"{kind}: {ERRORS[kind]}; of the unadjusted difference: unequal variances",
    )


def _warnings(s: Sample, weights: Array, keep: Booleans) -> tuple[str, ...]:
    texts = []
    left = int(np.sum(~keep))
    if left:
        texts.append(f"{left} of {s.n} rows were left out by the trimming: the effect is one of the others.")
    for name, group in (("treated", s.treated), ("untreated", ~s.treated)):
        share = float(weights[group].max() / weights[group].sum())
        if share > 0.05 and int(group.sum()) > 40:
            texts.append(f"One {name} row carries {percent(share)} of the weight of its group.")
    return tuple(texts)


def _sentences(result: FirmResult, s: Sample, estimand: str) -> tuple[str, ...]:
    frame, n = result.effects(), result.numbers
    rows = (
        f"{fixed(n['treated'], 0)} treated, {fixed(n['untreated'], 0)} untreated rows; effective "
        f"{fixed(n['effective_treated'], 1)} and {fixed(n['effective_untreated'], 1)}"
    )
    told = [
        effect_sentence(r["name"], s.design.outcome, r, estimand, rows, probability=is_share(s.outcomes[r["name"]]))
        for _, r in frame[frame["kind"] == estimand].iterrows()
    ]
    first, last = n["largest_smd_before"], n["largest_smd_after"]
    verdict = "the groups are alike" if last <= 0.1 else "the groups still differ"
    told.append(
        f"After weighting {verdict}: the largest standardised mean difference of a covariate is {fixed(last, 2)} "
        f"(before: {fixed(first, 2)}); {percent(n['treated_outside_support'])} of the treated have a score that no "
        "untreated row reaches."
    )
    return tuple(told)
