"""Rosenbaum's bounds: how strong an unobserved cause would have to be to explain a matched difference."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

from innospace.core.checks import Check
from innospace.core.document import Equation
from innospace.core.errors import DataError, SpecError
from innospace.core.figure import Figure, FigureKind
from innospace.core.labels import require_known
from innospace.core.numbers import fixed, significant
from innospace.core.provenance import Provenance
from innospace.core.table import Column, Table
from innospace.data import formula as language
from innospace.firms.design import table_of
from innospace.firms.estimates import Array
from innospace.firms.presentation import p_clause
from innospace.firms.result import FirmResult
from innospace.numerics.tails import normal_ppf

GAMMAS = (1.0, 1.25, 1.5, 1.75, 2.0)
LEVEL = 0.05
LARGEST_GAMMA = 1e6
_STEPS = 200


@dataclass(frozen=True, slots=True)
class Bounds:
    """Bounds at given degrees of hidden bias.

    Attributes
    ----------
    gammas : ndarray, shape (g,)
    p_lower, p_upper : ndarray, shape (g,)
        One-sided p-values of the signed-rank test in the direction of the difference.
    hl_lower, hl_upper : ndarray, shape (g,)
        Hodges-Lehmann estimates of an additive effect.
    direction : int
        1 when treated members of pairs are higher in rank, else -1.
    critical : float
        Gamma at which the upper bound reaches 0.05; 1 when there is nothing to explain already, infinite beyond 1e6.
    """

    gammas: Array
    p_lower: Array
    p_upper: Array
    hl_lower: Array
    hl_upper: Array
    direction: int
    critical: float


def rosenbaum_bounds(differences: Array, gammas: Array, level: float = LEVEL) -> Bounds:
    """Return bounds of the Wilcoxon signed-rank test and of the Hodges-Lehmann estimate.

    Parameters
    ----------
    differences : ndarray, shape (n,)
        Treated less untreated, one a pair. Zeros are left out of the test.
    gammas : ndarray, shape (g,)
        At least 1: within a pair, the odds of treatment may differ by this factor.
    level : float
        Of ``critical``.

    Notes
    -----
    The rank of a pair is positive with probability between ``1 / (1 + G)`` and ``G / (1 + G)``, so the sum of positive
    ranks lies between two sums of independent terms; normal approximation without correction for continuity, as in
    Rosenbaum (2002, section 4.3) and the R package rbounds.
    """
    from scipy import stats

    d = differences[differences != 0.0]
    ranks = stats.rankdata(np.abs(d))
    positive = float(ranks[d > 0.0].sum())
    direction = 1 if positive >= float(ranks[d < 0.0].sum()) else -1
    statistic = max(positive, float(ranks.sum()) - positive)

    def p_value(p: Array) -> Array:
        mean, spread = p * ranks.sum(), np.sqrt(p * (1.0 - p) * np.sum(np.square(ranks)))
        return np.asarray(special.ndtr(-(statistic - mean) / spread))

    high, low = gammas / (1.0 + gammas), 1.0 / (1.0 + gammas)
    ends = np.array([_hodges_lehmann(differences, p) for p in np.concatenate([high, low])])
    g = len(gammas)
    upper = p_value(high)
    return Bounds(gammas, p_value(low), upper, ends[:g], ends[g:], direction, _critical(statistic, ranks, level))


def _critical(statistic: float, ranks: Array, level: float) -> float:
    """Solve ``statistic = p S + z sqrt(p (1 - p) Q)`` for ``p``, which rises in ``p`` until the bound meets."""
    total, squares = float(ranks.sum()), float(np.sum(np.square(ranks)))
    z = float(-normal_ppf(level))

    def excess(p: float) -> float:
        return float((statistic - p * total) / np.sqrt(p * (1.0 - p) * squares)) - z

    if excess(0.5) <= 0.0:
        return 1.0
    low, high = 0.5, LARGEST_GAMMA / (1.0 + LARGEST_GAMMA)
    if excess(high) > 0.0:
        return float("inf")
    for _ in range(_STEPS):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if excess(middle) > 0.0 else (low, middle)
    return low / (1.0 - low)


def _hodges_lehmann(d: Array, p: float) -> float:
    """Return the shift at which the signed-rank sum of what is left equals ``p`` of all ranks.

    The sum falls in steps, so it may equal its target over an interval: the middle of it is returned. It counts the
    means of two (one with itself as well) that lie above the shift, those at it by half (Tukey 1949; Hollander and
    Wolfe 1999, section 3.1), which needs no ranks anew at every shift.
    """
    ordered = np.sort(d)
    total = 0.5 * len(d) * (len(d) + 1)
    slack = 1e-9 * total

    def surplus(shift: float) -> float:
        others = 2.0 * shift - ordered
        below = np.searchsorted(ordered, others, "left").sum() + np.searchsorted(ordered, others, "right").sum()
        alone = np.count_nonzero(ordered > shift) + 0.5 * np.count_nonzero(ordered == shift)
        return 0.5 * (float(len(d) ** 2 - 0.5 * below) + float(alone)) - p * total

    found = 0.5 * (_last(d, lambda v: surplus(v) > slack) + _last(d, lambda v: surplus(v) >= -slack))
    return 0.0 if abs(found) <= 1e-10 * (1.0 + float(np.abs(d).max())) else found


def _last(d: Array, holds: Callable[[float], bool]) -> float:
    """Return the largest shift, by bisection, at which a predicate that ends at some shift still holds."""
    low, high = float(d.min()) - 1.0, float(d.max()) + 1.0
    scale = max(abs(low), abs(high))
    while high - low > 1e-12 * scale:
        middle = 0.5 * (low + high)
        low, high = (middle, high) if holds(middle) else (low, middle)
    return 0.5 * (low + high)


def rosenbaum(
    data: Any,
    *,
    outcome: str = "",
    treated: str = "",
    control: str = "",
    gammas: Sequence[float] = GAMMAS,
    title: str = "",
) -> FirmResult:
    """Bound what a hidden cause of the treatment could do to a matched comparison.

    Parameters
    ----------
    data : FirmResult, Dataset, frame or mapping of arrays
        A result of ``match`` or ``match_did``, or a table of pairs.
    outcome : str
        Of a matching result: which outcome; the first when empty.
    treated : str
        Of a table: column with the outcome of the treated member of every pair.
    control : str
        Of a table: column with the outcome of the untreated member.
    gammas : sequence of float
        Degrees of hidden bias, each at least 1: factor by which the odds of treatment of two matched rows may differ.
    title : str, optional

    Returns
    -------
    FirmResult
        Table ``bounds``: ``gamma``, ``p_lower``, ``p_upper`` (one-sided, signed-rank test), ``hl_lower``, ``hl_upper``
        (Hodges-Lehmann). Numbers: ``critical_gamma``, ``pairs``, and ``p_lower_G``, ``p_upper_G`` for every gamma G.

    Raises
    ------
    SpecError, LabelError, DataError
        A gamma below 1, fewer than two pairs that differ, or a result without pairs.

    Notes
    -----
    Rosenbaum (2002). Second method: R package rbounds (reference values) and Monte Carlo (tests).
    """
    degrees = _require_gammas(gammas)
    pairs = _pairs_of(data, outcome, treated, control)
    b = rosenbaum_bounds(pairs.differences, degrees)
    source = pairs.provenance
    numbers = {"pairs": float(len(pairs.differences)), "critical_gamma": b.critical}
    for g, low, high in zip(b.gammas, b.p_lower, b.p_upper, strict=True):
        numbers |= {f"p_lower_{g:g}": float(low), f"p_upper_{g:g}": float(high)}
    numbers["hodges_lehmann"] = _hodges_lehmann(pairs.differences, 0.5)
    check = Check.at_least(
        "hidden_bias",
        min(b.critical, LARGEST_GAMMA),
        1.5,
        "Factor by which a hidden cause must change the odds of treatment to explain the difference at the 5 % level.",
        "Say that a modest unobserved difference between the groups could explain the finding.",
    )
    return FirmResult(
        method="rosenbaum",
        title=title or f"Hidden bias that would explain the difference in {pairs.name}",
        description="Rosenbaum bounds: if an unobserved cause changes the odds of treatment within matched pairs by a "
        "factor of at most Gamma, the p-value of the Wilcoxon signed-rank test lies between the bounds.",
        n=len(pairs.differences),
        provenance=source,
        numbers=numbers,
        equations=(_EQUATION,),
        tables=(_table(b),),
        figures=(_figure(b, pairs.name, len(pairs.differences)),),
        checks=(check,),
        warnings=(*pairs.warnings, *_of_two_values(pairs.differences)),
        sentences=_sentences(b, pairs, numbers["hodges_lehmann"]),
    )


@dataclass(frozen=True, slots=True)
class _Pairs:
    differences: Array
    name: str
    provenance: Provenance
    warnings: tuple[str, ...]


def _require_gammas(gammas: Sequence[float]) -> Array:
    found = np.unique(np.array(list(gammas), dtype=np.float64))
    if len(found) == 0 or not np.all(np.isfinite(found)) or found[0] < 1.0:
        raise SpecError(
            f"Gammas are {', '.join(f'{g:g}' for g in found) or 'none'}.",
            allowed="finite numbers from 1",
            remedy="1 means no hidden bias; 2 that odds of treatment may differ by a factor of two.",
        )
    return found


def _pairs_of(data: Any, outcome: str, treated: str, control: str) -> _Pairs:
    if isinstance(data, FirmResult):
        return _from_result(data, outcome)
    dataset = table_of(data)
    columns = [str(c) for c in dataset.frame.columns]
    for name, value in (("treated", treated), ("control", control)):
        if not value:
            raise SpecError(f"A table of pairs needs {name}=.", allowed=", ".join(columns[:12]))
    found = language.materialise(language.parse(f"`{treated}` ~ `{control}` - 1"), dataset.frame)
    left = len(dataset.frame) - len(found.y)
    texts = (f"{left} pairs with a missing outcome were left out.",) if left else ()
    provenance = Provenance.now((dataset.source,), {"treated": treated, "control": control})
    return _checked(_Pairs(found.y - found.x[:, 0], treated, provenance, texts))


def _from_result(result: FirmResult, outcome: str) -> _Pairs:
    frame = result.frames.get("pairs")
    if frame is None:
        raise SpecError(
            "This result holds no pairs.",
            where=result.title,
            allowed="a result of match or match_did that lists its pairs",
            remedy="Match first; ties that are averaged over millions of pairs are not listed.",
        )
    names = [c.removesuffix("_treated") for c in frame.columns if str(c).endswith("_treated")]
    chosen = outcome or names[0]
    require_known([chosen], names, kind="outcome", where=result.title)
    if "ate" in result.effects_found.kinds:
        raise SpecError("Rosenbaum bounds are for the pairs of an ATT or ATC.", remedy="Match with estimand='att'.")
    difference = (frame[f"{chosen}_treated"] - frame[f"{chosen}_control"]).to_numpy(dtype=np.float64)
    _, code = np.unique(frame["set"].to_numpy(), return_inverse=True)
    averaged = np.bincount(code, difference * frame["share"].to_numpy(dtype=np.float64)).astype(np.float64)
    texts = []
    if result.provenance.options.get("replace"):
        texts.append("Matches are used several times: the bounds are made for pairs that share nobody.")
    if len(averaged) < len(difference):
        texts.append("Rows with several matches enter by the mean of their differences.")
    return _checked(_Pairs(averaged, chosen, result.provenance, tuple(texts)))


def _checked(pairs: _Pairs) -> _Pairs:
    different = int(np.sum(pairs.differences != 0.0))
    if different < 2:
        raise DataError(
            f"Only {different} of {len(pairs.differences)} pairs differ in the outcome.",
            allowed="two pairs that differ or more",
            remedy="The signed-rank test needs an outcome that varies; for 0/1 outcomes use many pairs.",
        )
    return pairs


def _of_two_values(d: Array) -> tuple[str, ...]:
    """Return a warning when the outcome is 0/1, for which an additive shift of every pair means nothing."""
    if not np.isin(d, (-1.0, 0.0, 1.0)).all():
        return ()
    return (
        "The outcome holds 0 and 1 only: p-values are those of McNemar's test under hidden bias; the Hodges-Lehmann "
        "estimates say nothing.",
    )


def _table(b: Bounds) -> Table:
    import pandas as pd

    frame = pd.DataFrame(
        {"gamma": b.gammas, "p_lower": b.p_lower, "p_upper": b.p_upper, "hl_lower": b.hl_lower, "hl_upper": b.hl_upper}
    )
    columns = (
        Column("gamma", "Gamma", "fixed:2"),
        Column("p_lower", "lower", "fixed:4", "p-value"),
        Column("p_upper", "upper", "fixed:4", "p-value"),
        Column("hl_lower", "lower", "significant:4", "Hodges-Lehmann"),
        Column("hl_upper", "upper", "significant:4", "Hodges-Lehmann"),
    )
    higher = "higher" if b.direction > 0 else "lower"
    notes = (
        f"p-values: one-sided, against treated members of pairs being {higher} by rank.",
        "Hodges-Lehmann: additive effect of the treatment, in units of the outcome.",
    )
    return Table("bounds", "Rosenbaum bounds", frame, columns, notes)


def _figure(b: Bounds, name: str, n: int) -> Figure:
    import pandas as pd

    middle = 0.5 * (b.hl_lower + b.hl_upper)
    frame = pd.DataFrame({"gamma": b.gammas, "value": middle, "lower": b.hl_lower, "upper": b.hl_upper, "series": name})
    crossing = frame[(frame["lower"] <= 0.0) & (frame["upper"] >= 0.0)]["gamma"]
    crosses = crossing[crossing > 1.0]
    title = "The range of possible effects leaves out zero at every degree of hidden bias shown"
    if len(crossing):
        start = float(crosses.min()) if len(crosses) else float(crossing.min())
        title = f"With hidden bias of Gamma {start:g} zero is among the possible effects"
    return Figure(
        "bounds",
        FigureKind.LINES,
        title,
        f"Hodges-Lehmann bounds of the effect on {name} by degree of hidden bias (Gamma); {fixed(n, 0)} pairs",
        "Computed from the matched pairs; the band is a range of possible values, not a sampling interval.",
        "Bounds: "
        + "; ".join(f"Gamma {g:g}: {a:.4g} to {c:.4g}" for g, a, c in frame[["gamma", "lower", "upper"]].to_numpy()),
        frame,
        {
            "x": "gamma",
            "y": "value",
            "lower": "lower",
            "upper": "upper",
            "x_title": "Gamma",
            "y_title": f"Effect on {name}",
        },
    )


def _sentences(b: Bounds, pairs: _Pairs, middle: float) -> tuple[str, ...]:
    n = fixed(len(pairs.differences), 0)
    higher = "higher" if b.direction > 0 else "lower"
    first = f"In {n} pairs the Hodges-Lehmann difference in {pairs.name} is {significant(middle, 4)}"
    if _of_two_values(pairs.differences):
        first = f"In {n} pairs the mean difference in {pairs.name} is {significant(float(pairs.differences.mean()), 4)}"
    if b.critical <= 1.0:
        p = p_clause(float(b.p_upper[0])) if b.gammas[0] == 1.0 else ""
        shown = f" ({p}, one-sided)" if p else ""
        return (
            f"{first}; even without hidden bias it is not told apart from zero{shown}, so nothing is to be explained.",
        )
    shown = "beyond a million" if np.isinf(b.critical) else fixed(b.critical, 2)
    return (
        f"{first}: treated members are {higher}. A hidden cause that changes the odds of treatment by a factor of "
        f"{shown} would explain it at the 5\u202f% level.",
    )


_EQUATION = Equation(
    "rosenbaum",
    r"\frac{1}{\Gamma} \le \frac{\pi_i (1 - \pi_j)}{\pi_j (1 - \pi_i)} \le \Gamma",
    "1 / Gamma <= (pi_i (1 - pi_j)) / (pi_j (1 - pi_i)) <= Gamma",
    "Odds of treatment of two matched rows differ at most by Gamma",
)
