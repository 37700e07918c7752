"""Effects from matched sets, and their standard errors: pure numbers on arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from innospace.firms.effects.matching_rules import Direction, Metric
from innospace.firms.effects.propensity import Booleans, Sample
from innospace.firms.estimates import Array, Integers
from innospace.numerics.covariance import inverse_information

ERRORS = {
    "abadie_imbens": "matching with replacement, conditional variance from nearest rows of the same group "
    "(Abadie and Imbens, 2006)",
    "abadie_imbens_score": "as abadie_imbens, and that the propensity score is estimated (Abadie and Imbens, 2016)",
    "homoskedastic": "matching with replacement, one variance for all rows (Abadie and Imbens, 2006)",
    "pairs": "clustering by matched set, given the matches (MatchIt's advice without replacement)",
    "robust": "heteroskedasticity, given the weights of the matched rows (HC0)",
    "cluster": "clustering by the column given, given the weights of the matched rows",
}


@dataclass(frozen=True, slots=True)
class MatchedEffect:
    """One effect.

    Attributes
    ----------
    value : float
    errors : mapping of str to float
        By kind, the default first.
    """

    value: float
    errors: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Matched:
    """Rows as matched.

    Attributes
    ----------
    directions : tuple of Direction
        One, or for the ATE two: treated look for untreated, and the other way round.
    focal : ndarray, shape (n,)
        1 for a row that looked for a match and found one.
    used, used_squared : ndarray, shape (n,)
        Sum of the shares a row has as a match of others, and of the squared shares.
    """

    directions: tuple[Direction, ...]
    focal: Array
    used: Array
    used_squared: Array

    @property
    def weights(self) -> Array:
        """Weight of every row in the comparison, shape (n,)."""
        return self.focal + self.used

    @classmethod
    def of(cls, directions: Sequence[Direction], n: int) -> Matched:
        """Count matches of every one of ``n`` rows."""
        focal, used, squared = np.zeros(n), np.zeros(n), np.zeros(n)
        for d in directions:
            focal[d.focal[d.counts > 0]] = 1.0
            used[d.pool] += d.usage()
            squared[d.pool] += d.usage(2)
        return cls(tuple(directions), focal, used, squared)


def matched_effect(
    s: Sample,
    where: Metric,
    m: Matched,
    y: Array,
    estimand: str,
    *,
    replace: bool,
    bias_adjust: bool = False,
    variance_neighbours: int = 1,
    tie_tolerance: float = 0.0,
    score_errors: bool = False,
) -> MatchedEffect:
    """Return the mean difference between rows and their matches.

    Parameters
    ----------
    s : Sample
    where : Metric
        The distance that was matched on.
    m : Matched
    y : ndarray, shape (n,)
    estimand : str
    replace : bool
        Decides which standard errors there are.
    bias_adjust : bool
        Correct for remaining differences of covariates by a regression on the matched rows (Abadie and Imbens, 2011).
    variance_neighbours : int
        Other rows of the same group behind each conditional variance.
    tie_tolerance : float
        Ties among these; see :class:`~innospace.firms.effects.matching_rules.Rules`.
    score_errors : bool
        Also allow for the estimated score.
    """
    differences = []
    squares = 0.0
    residuals = y
    for d in m.directions:
        residuals = y - _regression(s, d, y) if bias_adjust else y
        sign = 1.0 if s.treated[d.focal[0]] else -1.0
        found = d.counts > 0
        own, of_pool = residuals[d.focal][found], residuals[d.pool]
        differences.append(sign * (own - d.mean(of_pool)[found]))
        squares += _pairwise(own, of_pool, d, found)
    tau = np.concatenate(differences)
    value = float(tau.mean())
    spread = float(np.sum(np.square(tau - value)))
    n = len(tau)
    errors: dict[str, float] = {}
    if replace:
        repeated = np.square(m.used) + 2.0 * m.used * m.focal - m.used_squared
        repeated = np.where(m.used > 0.0, repeated, 0.0)
        variance = own_variances(where, s.treated, y, m.used > 0.0, variance_neighbours, tie_tolerance)
        robust = (spread + float(repeated @ variance)) / n**2
        if score_errors:
            adjusted = robust + score_adjustment(s, where, y, value, estimand, n, variance_neighbours)
            errors |= {"abadie_imbens_score": float(np.sqrt(adjusted))} if adjusted > 0.0 else {}
        errors["abadie_imbens"] = float(np.sqrt(robust))
        one = 0.5 * (squares / n - value**2)
        errors["homoskedastic"] = float(np.sqrt((spread + float(repeated.sum()) * one) / n**2))
    else:
        rows = float(np.sum(m.weights > 0.0))
        errors["pairs"] = float(np.sqrt(spread * n / max(n - 1, 1) * (rows - 1) / (rows - 2))) / n if n > 1 else np.nan
    return MatchedEffect(value, errors | _given_weights(s, m, residuals if len(m.directions) == 1 else y))


def _pairwise(own: Array, pool: Array, d: Direction, found: Booleans) -> float:
    """Return the sum over focal rows of the mean squared difference to each single match."""
    centre = float(pool.mean())
    own, pool = own - centre, pool - centre
    first, second = d.mean(pool)[found], d.mean(np.square(pool))[found]
    return float(np.sum(np.square(own) - 2.0 * own * first + second))


def _regression(s: Sample, d: Direction, y: Array) -> Array:
    """Return predictions for all rows from a regression on the matched rows of the pool, weighted by their use."""
    use = d.usage()
    some = use > 0.0
    x = np.column_stack([np.ones(s.n), s.covariates])
    root = np.sqrt(use[some])[:, None]
    rows = d.pool[some]
    # covariates that do not vary among the matches get the smallest coefficients that fit
    theta = np.linalg.lstsq(x[rows] * root, y[rows] * root[:, 0], rcond=None)[0]
    return np.asarray(x @ theta)


def own_variances(
    where: Metric, treated: Booleans, y: Array, wanted: Booleans, others: int, slack: float = 0.0
) -> Array:
    """Return the variance of the outcome of every row given where it stands, shape (n,); zero for rows not wanted.

    The sample variance of a row and the nearest ``others`` rows of its own group (ties are all used).
    """
    found = np.zeros(len(y))
    for group in (treated, ~treated):
        rows, asked = np.flatnonzero(group), np.flatnonzero(group & wanted)
        if not len(asked):
            continue
        sets = where.all(asked, rows, others + 1, np.inf, slack)
        centred = y[rows] - y[rows].mean()
        variance = sets.mean(np.square(centred)) - np.square(sets.mean(centred))
        counts = sets.counts
        found[asked] = np.maximum(variance, 0.0) * counts / np.maximum(counts - 1, 1)
    return found


def score_adjustment(
    s: Sample, where: Metric, y: Array, value: float, estimand: str, n_target: int, others: int
) -> float:
    """Return what an estimated score adds to the variance of a matching estimate (Abadie and Imbens, 2016).

    For the ATE ``-c' V c`` with ``c`` the mean of ``f(x'g) (cov(x, y1 | p) / p + cov(x, y0 | p) / (1 - p))`` and ``V``
    the covariance of the coefficients of the score; for the ATT ``-c' V c + d' V d``, where ``d`` is the derivative of
    the effect by these coefficients, with the means of the outcome given the covariates by regressions in each group.
    """
    covariance = inverse_information(s.score.fit.hessian)
    if covariance is None:
        return 0.0
    if estimand == "atc":  # the ATT of not being treated, with the opposite sign
        return _adjust_treated(s, where, y, -value, ~s.treated, 1.0 - s.score.values, n_target, others, covariance)
    if estimand == "att":
        return _adjust_treated(s, where, y, value, s.treated, s.score.values, n_target, others, covariance)
    f, p = s.score.density, s.score.values
    cov1, _ = _local_moments(s, where, y, s.treated, others)
    cov0, _ = _local_moments(s, where, y, ~s.treated, others)
    c = np.mean(f[:, None] * (cov1 / p[:, None] + cov0 / (1.0 - p)[:, None]), axis=0)
    return float(-c @ covariance @ c)


def _adjust_treated(
    s: Sample,
    where: Metric,
    y: Array,
    value: float,
    group: Booleans,
    p: Array,
    n_target: int,
    others: int,
    covariance: Array,
) -> float:
    x, f = s.design.x, s.score.density
    cov1, mean1 = _local_moments(s, where, y, group, others)
    cov0, mean0 = _local_moments(s, where, y, ~group, others)
    odds = (p / (1.0 - p))[:, None]
    c = np.sum(x * (f * (mean1 - mean0 - value))[:, None] + f[:, None] * (cov1 + odds * cov0), axis=0) / n_target
    fitted = [x @ np.linalg.lstsq(x[g], y[g], rcond=None)[0] for g in (group, ~group)]
    d = x.T @ (f * (fitted[0] - fitted[1] - value)) / n_target
    return float(d @ covariance @ d - c @ covariance @ c)


def _local_moments(s: Sample, where: Metric, y: Array, group: Booleans, others: int) -> tuple[Array, Array]:
    """Return covariances of regressors and outcome, shape (n, k), and mean outcomes of a group near every row."""
    rows = np.flatnonzero(group)
    sets = where.all(np.arange(s.n), rows, max(others + 1, 2), np.inf, 0.0)
    shift = float(y[rows].mean())
    yc = y[rows] - shift
    mean_y, counts = sets.mean(yc), sets.counts
    scale = counts / np.maximum(counts - 1, 1)
    columns = []
    for column in s.design.x.T:
        xc = column[rows] - column[rows].mean()
        columns.append((sets.mean(xc * yc) - sets.mean(xc) * mean_y) * scale)
    return np.column_stack(columns), mean_y + shift


def _given_weights(s: Sample, m: Matched, y: Array) -> dict[str, float]:
    """Return errors of a weighted difference of means, given the weights."""
    w, t = m.weights, s.treated
    influence = weighted_difference_influence(y, t, w)
    errors = {"robust": float(np.sqrt(np.sum(np.square(influence))))}
    if s.design.clusters is not None:
        errors = {"cluster": cluster_error(influence, s.design.clusters, w > 0.0), **errors}
    return errors


def weighted_difference_influence(y: Array, treated: Booleans, w: Array) -> Array:
    """Return the influence of every row on a difference of weighted means, the weights given, shape (n,)."""
    influence = np.zeros(len(y))
    for group, sign in ((treated, 1.0), (~treated, -1.0)):
        share = w[group] / w[group].sum()
        influence[group] = sign * share * (y[group] - share @ y[group])
    return influence


def cluster_error(influence: Array, clusters: Integers, used: Booleans | None = None) -> float:
    """Return ``sqrt(G / (G - 1) sum_g (sum of influence in g)^2)`` over the clusters with a row in use."""
    sums = np.bincount(clusters, weights=influence)
    groups = len(np.unique(clusters if used is None else clusters[used]))
    return float(np.sqrt(np.sum(np.square(sums)) * groups / max(groups - 1, 1)))


def naive_difference(y: Array, treated: Booleans) -> tuple[float, float]:
    """Return the difference of means before matching and its error with unequal variances."""
    a, b = y[treated], y[~treated]
    error = np.sqrt(np.var(a, ddof=1) / len(a) + np.var(b, ddof=1) / len(b)) if min(len(a), len(b)) > 1 else np.nan
    return float(a.mean() - b.mean()), float(error)
