"""Rules of matching, all of them declared, and the matched sets they lead to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from innospace.core.errors import DataError, SpecError
from innospace.core.labels import require_known
from innospace.core.numbers import significant
from innospace.core.progress import Progress, silent
from innospace.firms.effects.propensity import Booleans, Sample
from innospace.firms.estimates import Array, Integers
from innospace.numerics import nearest
from innospace.numerics import nearest_space as space
from innospace.numerics.linear import dependent_columns, standardise

DISTANCES = ("propensity", "linear_propensity", "mahalanobis")
ORDERS = ("largest", "smallest", "closest", "random", "data")
TIES = ("first", "average")
ESTIMANDS = ("att", "atc", "ate")
SCALES = ("sd", "raw")


@dataclass(frozen=True, slots=True)
class Rules:
    """Every choice that decides who is matched with whom.

    Attributes
    ----------
    distance : str
        ``propensity`` (the probability), ``linear_propensity`` (the index, log odds of a logit) or ``mahalanobis`` (of
        the covariates, by their covariance over all rows, as in Stata and Abadie and Imbens).
    neighbours : int
    replace : bool
    order : str
        In which rows choose, without replacement.
    ties : str
        ``first`` in the data, or ``average`` of all.
    caliper : float or None
    caliper_scale : str
        ``sd`` of the distance over all rows, or ``raw``.
    tie_tolerance : float
        Added to the squared distance, in squared standard deviations, up to which ties reach.
    exact : tuple of str
    estimand : str
    common_support : bool
    seed : int
        Of the random order.
    """

    distance: str = "propensity"
    neighbours: int = 1
    replace: bool = False
    order: str = "largest"
    ties: str = "first"
    caliper: float | None = None
    caliper_scale: str = "sd"
    tie_tolerance: float = 0.0
    exact: tuple[str, ...] = ()
    estimand: str = "att"
    common_support: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        known = (
            ("distance", self.distance, DISTANCES),
            ("order", self.order, ORDERS),
            ("rule for ties", self.ties, TIES),
            ("estimand", self.estimand, ESTIMANDS),
            ("scale of the caliper", self.caliper_scale, SCALES),
        )
        for kind, value, allowed in known:
            require_known([value], allowed, kind=kind, where="matching rules")
        _require_numbers(self)
        _require_agreement(self)

    def sentences(self) -> tuple[str, ...]:
        """Return the rules in plain words."""
        distance = {
            "propensity": "the propensity score",
            "linear_propensity": "the index of the propensity score (linear score)",
            "mahalanobis": "the Mahalanobis distance of the covariates (covariance of all rows)",
        }[self.distance]
        count = f"{self.neighbours} nearest neighbour{'s' if self.neighbours > 1 else ''}"
        way = "with replacement" if self.replace else f"without replacement, greedily, {_ORDER_WORDS[self.order]}"
        ties = {"first": "of ties the first in the data", "average": "ties are averaged"}[self.ties]
        if self.tie_tolerance > 0.0:
            ties += f" (squared distances within {self.tie_tolerance:g} of the last one tie)"
        caliper = "no caliper"
        if self.caliper is not None:
            unit = "standard deviations of the distance" if self.caliper_scale == "sd" else "units of the distance"
            caliper = f"caliper {significant(self.caliper)} {unit}"
            caliper = (
                f"caliper {significant(self.caliper)} (Mahalanobis)" if self.distance == "mahalanobis" else caliper
            )
        more = [f"exact on {', '.join(self.exact)}"] if self.exact else []
        more += ["rows outside the common support left out"] if self.common_support else []
        return (f"Matching on {distance}: {'; '.join((f'{count} {way}', ties, caliper, *more))}.",)


_ORDER_WORDS = {
    "largest": "the highest score chooses first",
    "smallest": "the lowest score chooses first",
    "closest": "the closest pair first",
    "random": "in random order",
    "data": "in the order of the data",
}


def _require_numbers(r: Rules) -> None:
    if isinstance(r.neighbours, bool) or not isinstance(r.neighbours, int | np.integer) or r.neighbours < 1:
        raise SpecError(
            f"neighbours is {r.neighbours!r}.", allowed="a whole number from 1", remedy="One neighbour is the default."
        )
    if r.caliper is not None and not (np.isfinite(r.caliper) and r.caliper > 0.0):
        raise SpecError(
            f"The caliper is {r.caliper:g}.",
            allowed="a positive number, or none",
            remedy="0.2 standard deviations of the score is usual (Austin, 2011).",
        )
    if not (np.isfinite(r.tie_tolerance) and r.tie_tolerance >= 0.0):
        raise SpecError(f"tie_tolerance is {r.tie_tolerance:g}.", allowed="zero or a positive number")
    if r.seed < 0:
        raise SpecError(f"The seed is {r.seed}.", allowed="zero or a positive whole number")


def _require_agreement(r: Rules) -> None:
    if not r.replace and r.estimand == "ate":
        raise SpecError(
            "The effect on all (ate) needs matching with replacement: both groups are matched, and one is smaller.",
            allowed="estimand ate with replace=True; att or atc without replacement",
            remedy="Set replace=True, or estimand='att'.",
        )
    if not r.replace and r.ties == "average":
        raise SpecError(
            "Ties cannot be averaged without replacement: whoever is taken is gone.",
            allowed="ties='first' without replacement; either with it",
            remedy="Set replace=True, or ties='first'.",
        )
    if r.tie_tolerance > 0.0 and r.ties != "average":
        raise SpecError("tie_tolerance says which ties are averaged.", remedy="Set replace=True and ties='average'.")
    if r.distance == "mahalanobis" and r.order in ("largest", "smallest") and not r.replace:
        raise SpecError(
            f"The order {r.order!r} is one of scores; a Mahalanobis distance has none.",
            allowed="closest, random or data",
            remedy="Set order='closest'.",
        )


@dataclass(frozen=True, slots=True)
class Metric:
    """Where the rows stand: on a line, in standard deviations of the score, or at points in space.

    Attributes
    ----------
    line : ndarray, shape (n,), or None
    points : Points or None
    unit : float
        One standard deviation of the score in its own units; 1 for the Mahalanobis distance.
    """

    line: Array | None
    points: space.Points | None
    unit: float

    def all(self, focal: Integers, pool: Integers, k: int, radius: float, slack: float) -> nearest.Neighbours:
        """Return the ``k`` nearest with their ties; ``focal`` and ``pool`` are rows."""
        if self.line is not None:
            return nearest.on_line_all(self.line[focal], self.line[pool], k, radius=radius, slack=slack)
        points = self._points
        return space.in_space_all(points.of(focal), points.of(pool), k, radius=radius, slack=slack)

    def first(self, focal: Integers, pool: Integers, k: int, radius: float) -> nearest.Neighbours:
        """Return the ``k`` nearest, of ties the first."""
        if self.line is not None:
            return nearest.on_line_first(self.line[focal], self.line[pool], k, radius=radius)
        points = self._points
        return space.in_space_first(points.of(focal), points.of(pool), k, radius=radius)

    def once(
        self, focal: Integers, pool: Integers, k: int, sequence: Integers | None, radius: float
    ) -> nearest.Neighbours:
        """Return the nearest that are free, row by row in ``sequence``."""
        if self.line is not None:
            return nearest.on_line_once(self.line[focal], self.line[pool], k, sequence, radius=radius)
        points = self._points
        return space.in_space_once(points.of(focal), points.of(pool), k, sequence, radius=radius)

    def between(self, a: Integers, b: Integers) -> Array:
        """Return the distances of pairs of rows, in their own units."""
        if self.line is not None:
            return np.asarray(np.abs(self.line[a] - self.line[b]) * self.unit)
        points = self._points
        return np.asarray(
            np.linalg.norm(points.coordinates[points.cell[a]] - points.coordinates[points.cell[b]], axis=1)
        )

    @property
    def _points(self) -> space.Points:
        if self.points is None:
            raise ValueError("a metric is a line or points")
        return self.points


def metric(s: Sample, distance: str) -> Metric:
    """Return where the rows stand under a distance.

    Raises
    ------
    DataError
        Mahalanobis: the covariates have no covariance of full rank.
    """
    if distance == "mahalanobis":
        _require_spread(s)
        covariance = np.atleast_2d(np.cov(s.covariates, rowvar=False))
        return Metric(None, space.whitened(s.covariates, covariance), 1.0)
    values = s.score.values if distance == "propensity" else s.score.index
    unit = float(np.std(values, ddof=1))
    if not unit > 0.0:
        raise DataError(
            "The propensity score is the same for every row: the covariates say nothing about the treatment.",
            where=f"{s.n} rows",
            remedy="Use other covariates.",
        )
    return Metric(nearest.snapped(values / unit, nearest.TIE), None, unit)


def _require_spread(s: Sample) -> None:
    for j in dependent_columns(standardise(np.column_stack([np.ones(s.n), s.covariates])).matrix):
        raise DataError(
            f"Covariate {s.names[j - 1]!r} is a combination of the others, so there is no Mahalanobis distance.",
            remedy="Leave it out of the formula.",
        )


@dataclass(frozen=True, slots=True)
class Direction:
    """Rows of one group matched with rows of the other, stratum by stratum.

    Attributes
    ----------
    focal, pool : ndarray of int
        Rows of both groups, in order.
    parts : tuple of (ndarray, ndarray, Neighbours)
        Positions in ``focal`` and in ``pool`` of each stratum, and who is matched with whom in it.
    """

    focal: Integers
    pool: Integers
    parts: tuple[tuple[Integers, Integers, nearest.Neighbours], ...]

    @property
    def counts(self) -> Integers:
        """Matches of every focal row."""
        found = np.zeros(len(self.focal), dtype=np.int64)
        for f, _, sets in self.parts:
            found[f] = sets.counts
        return found

    def mean(self, values: Array) -> Array:
        """Return the mean over the matches of every focal row of ``values``, one a pool row; NaN without a match."""
        found = np.full(len(self.focal), np.nan)
        for f, p, sets in self.parts:
            found[f] = sets.mean(values[p])
        return found

    def usage(self, power: int = 1) -> Array:
        """Return ``sum 1 / counts ** power`` over the focal rows that a pool row is matched with, one a pool row."""
        found = np.zeros(len(self.pool))
        for f, p, sets in self.parts:
            found[p] = sets.usage(np.ones(len(f)), power)
        return found

    @property
    def size(self) -> int:
        """Number of pairs."""
        return int(self.counts.sum())

    def pairs(self) -> tuple[Integers, Integers]:
        """Return rows of both members of every pair, in the order of the focal rows."""
        found = [(f[a], p[b]) for f, p, sets in self.parts for a, b in [sets.pairs()]]
        if not found:
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        focal, pool = (np.concatenate([x[i] for x in found]) for i in (0, 1))
        order = np.argsort(focal, kind="stable")
        return self.focal[focal[order]], self.pool[pool[order]]


def strata(s: Sample, exact: Sequence[str]) -> Integers:
    """Return the stratum of every row: rows in different strata are never matched."""
    if not exact:
        return np.zeros(s.n, dtype=np.int64)
    return np.asarray(s.design.frame.groupby(list(exact), sort=False, observed=True).ngroup(), dtype=np.int64)


def match_rows(
    where: Metric,
    score: Array,
    treated: Booleans,
    stratum: Integers,
    rules: Rules,
    *,
    focal_treated: bool,
    eligible: Booleans,
    progress: Progress = silent,
) -> Direction:
    """Match rows of one group with rows of the other.

    Parameters
    ----------
    where : Metric
    score : ndarray, shape (n,)
        Decides the order of choice.
    treated : ndarray of bool, shape (n,)
    stratum : ndarray of int, shape (n,)
    rules : Rules
    focal_treated : bool
        Whether the treated look for matches (ATT) or the untreated do (ATC).
    eligible : ndarray of bool, shape (n,)
        Focal rows that may be matched.
    """
    rows = np.arange(len(treated))
    focal, pool = rows[(treated == focal_treated) & eligible], rows[treated != focal_treated]
    radius = np.inf
    if rules.caliper is not None:
        radius = rules.caliper / (where.unit if rules.caliper_scale == "raw" else 1.0)
    rng = np.random.default_rng(rules.seed)
    turn = _turns(score[focal], rules.order, rng)
    members_f, members_p = _by_stratum(stratum[focal]), _by_stratum(stratum[pool])
    parts = []
    for number, (key, f) in enumerate(members_f.items()):
        p = members_p.get(key)
        if p is None:
            continue
        progress("Matching", number / len(members_f))
        parts.append((f, p, _matched(where, rules, focal[f], pool[p], turn[f], radius)))
    return Direction(focal, pool, tuple(parts))


def _matched(
    where: Metric, rules: Rules, focal: Integers, pool: Integers, turn: Integers, radius: float
) -> nearest.Neighbours:
    if not rules.replace:
        sequence = None if rules.order == "closest" else np.argsort(turn, kind="stable")
        return where.once(focal, pool, rules.neighbours, sequence, radius)
    if rules.ties == "first":
        return where.first(focal, pool, rules.neighbours, radius)
    return where.all(focal, pool, rules.neighbours, radius, rules.tie_tolerance)


def _turns(score: Array, order: str, rng: np.random.Generator) -> Integers:
    """Return the turn of every focal row."""
    n = len(score)
    sequence = np.arange(n)
    if order in ("largest", "smallest"):
        sequence = np.argsort(-score if order == "largest" else score, kind="stable")
    elif order == "random":
        sequence = rng.permutation(n)
    turn = np.empty(n, dtype=np.int64)
    turn[sequence] = np.arange(n)
    return turn


def _by_stratum(stratum: Integers) -> dict[int, Integers]:
    """Return the positions of every stratum, strata in order of number."""
    order = np.argsort(stratum, kind="stable")
    keys, starts = np.unique(stratum[order], return_index=True)
    return dict(zip(keys.tolist(), np.split(order, starts[1:]), strict=True))
