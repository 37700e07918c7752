"""Weighting: untreated rows count by how likely they were to be treated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from innospace.core.errors import DataError, SpecError
from innospace.core.labels import require_known
from innospace.core.status import Status, StatusCode
from innospace.firms.effects.contrast import Contrast, given_weights, report
from innospace.firms.effects.entropy_balancing import entropy_mean_influence, entropy_weights
from innospace.firms.effects.influence import Tilt, potential_mean, tilt
from innospace.firms.effects.propensity import Booleans, Sample, sample
from innospace.firms.estimates import Array, Integers
from innospace.firms.result import CLOSED_FORM, FirmResult

METHODS = ("ipw", "entropy_balancing", "overlap", "subclassification")
_WORDS = {
    "ipw": "inverse probability weighting",
    "entropy_balancing": "entropy balancing",
    "overlap": "overlap weighting",
    "subclassification": "subclassification",
}


def weight(
    treatment: str,
    outcome: str | Sequence[str],
    data: Any,
    *,
    method: str = "ipw",
    estimand: str = "",
    link: str = "logit",
    trim: float | None = None,
    moments: int = 1,
    subclasses: int = 6,
    errors: str = "",
    cluster: str | None = None,
    title: str = "",
) -> FirmResult:
    """Estimate the effect of a treatment by weighting.

    Parameters
    ----------
    treatment : str
        ``treatment ~ covariates``; the treatment holds 0 and 1. Gives the propensity score and what is balanced.
    outcome : str or sequence of str
        Outcome columns, or transforms of them; an effect for each.
    data : Dataset, frame or mapping of arrays
    method : str
        ``ipw`` (default; weights normed within groups, Hajek), ``entropy_balancing`` (means agree exactly),
        ``overlap`` (weights ``1 - p`` and ``p``), ``subclassification`` (classes of the score).
    estimand : str
        ``att`` (default), ``ate`` or ``atc``; of overlap weights ``ato``, the effect where groups overlap.
    link : str
        ``logit`` (default) or ``probit``.
    trim : float, optional
        Leave out rows whose score is below it or above one less it (0.1 in Crump et al., 2009). The score is not
        estimated anew.
    moments : int
        Entropy balancing: 1 means, 2 also squares, 3 also cubes of covariates that are not 0/1.
    subclasses : int
        Classes of equal numbers of the target population.
    errors : str
        Standard error shown first: ``influence`` (default: counts the estimation of the weights), ``robust`` (HC0,
        given the weights), ``cluster``, ``cluster_robust``. Subclassification: ``robust``, ``subclass`` (clustered by
        class, as MatchIt) and ``cluster_robust``.
    cluster : str, optional
        Column of cluster labels.
    title : str, optional

    Returns
    -------
    FirmResult
        Effects by outcome: ``att`` (or ``ate``, ``atc``, ``ato``), ``mean_with_treatment``, ``mean_without_treatment``
        and ``unadjusted``. Coefficients: the propensity model. Tables ``balance``, ``samples``, ``weight-errors``;
        figures ``balance`` and ``overlap``; frame ``scores``.

    Raises
    ------
    FormulaError, LabelError, DataError, SpecError, SolverError
        Also when no weights balance the groups, and when trimming leaves nobody.

    Notes
    -----
    Hirano, Imbens and Ridder (2003); Li, Morgan and Zaslavsky (2018); Hainmueller (2012), whose estimator is doubly
    robust (Zhao and Percival, 2017); Rosenbaum and Rubin (1984) for subclassification.
    """
    require_known([method], METHODS, kind="method", where="weight")
    estimand = _estimand(method, estimand)
    _require_numbers(trim, moments, subclasses)
    s = sample(treatment, outcome, data, link=link, cluster=cluster)
    keep = kept(s, trim)
    options: dict[str, Any] = {"treatment": treatment, "outcome": outcome, "method": method, "estimand": estimand}
    options |= {"link": link, "trim": trim, "moments": moments, "subclasses": subclasses, "cluster": cluster}
    steps = () if trim is None else (f"Rows with a score below {trim:g} or above {1 - trim:g} are left out.",)
    status, numbers = CLOSED_FORM, dict[str, float]()
    if method == "entropy_balancing":
        contrasts, weights, status, numbers = _by_entropy(s, keep, estimand, moments)
    elif method == "subclassification":
        weights, classes = subclass_weights(s.score.values, s.treated, keep, estimand, subclasses)
        contrasts = {o: _given(y, s.treated, weights, classes) for o, y in s.outcomes.items()}
        numbers = {"subclasses": float(subclasses)}
    else:
        contrasts, weights = _by_score(s, keep, estimand)
    return report(
        s,
        contrasts,
        weights,
        estimand,
        method="weight",
        how=_WORDS[method],
        description=_description(method, s, moments),
        options=options,
        keep=keep,
        errors=errors,
        title=title,
        status=status,
        numbers=numbers,
        steps=steps,
    )


def _estimand(method: str, estimand: str) -> str:
    allowed = ("ato",) if method == "overlap" else ("att", "ate", "atc")
    chosen = estimand or allowed[0]
    require_known([chosen], allowed, kind="estimand", where=f"method {method!r}")
    return chosen


def require_trim(trim: float | None) -> None:
    """Raise :class:`SpecError` for a trimming that is not between 0 and 0.5."""
    if trim is not None and not 0.0 < trim < 0.5:
        raise SpecError(
            f"trim is {trim:g}.", allowed="between 0 and 0.5", remedy="0.1 is the rule of Crump et al. (2009)."
        )


def _require_numbers(trim: float | None, moments: int, subclasses: int) -> None:
    require_trim(trim)
    if moments not in (1, 2, 3):
        raise SpecError(f"moments is {moments}.", allowed="1 (means), 2 (and squares) or 3 (and cubes)")
    if subclasses < 2:
        raise SpecError(f"subclasses is {subclasses}.", allowed="a whole number from 2")


def kept(s: Sample, trim: float | None) -> Booleans:
    """Return the rows that trimming leaves.

    Raises
    ------
    DataError
        It leaves nobody in one of the groups.
    """
    if trim is None:
        return np.ones(s.n, dtype=bool)
    keep = (s.score.values >= trim) & (s.score.values <= 1.0 - trim)
    for name, group in (("treated", s.treated), ("untreated", ~s.treated)):
        if int(np.sum(keep & group)) < 2:
            raise DataError(
                f"Trimming at {trim:g} leaves {int(np.sum(keep & group))} {name} rows.",
                where=f"scores from {s.score.values[group].min():.3f} to {s.score.values[group].max():.3f}",
                allowed="two rows in each group or more",
                remedy="Trim less.",
            )
    return keep


def trimmed(t: Tilt, keep: Booleans) -> Tilt:
    """Return weights that are zero for rows left out."""
    return Tilt(t.target * keep, t.weight * keep, t.slope * keep)


def _by_score(s: Sample, keep: Booleans, estimand: str) -> tuple[dict[str, Contrast], Array]:
    t = trimmed(tilt(s.score.values, s.score.density, s.treated, estimand), keep)
    x, influence = s.design.x, s.score.influence
    found = {}
    for name, y in s.outcomes.items():
        with_it, without = (potential_mean(y, x, g, t, x, influence, "ipw") for g in (s.treated, ~s.treated))
        kinds = {"influence": (with_it.influence, without.influence), "robust": given_weights(y, s.treated, t.weight)}
        found[name] = Contrast(with_it.value, without.value, kinds)
    return found, t.weight


def _given(y: Array, treated: Booleans, w: Array, classes: Integers) -> Contrast:
    with_it, without = (float(np.average(y[g], weights=w[g])) for g in (treated, ~treated))
    return Contrast(with_it, without, {"robust": given_weights(y, treated, w)}, classes)


def subclass_weights(
    p: Array, treated: Booleans, keep: Booleans, estimand: str, classes: int
) -> tuple[Array, Integers]:
    """Return weights by which each group is spread over classes of the score as the target is, and the classes.

    Parameters
    ----------
    p : ndarray, shape (n,)
    treated, keep : ndarray of bool, shape (n,)
    estimand : str
    classes : int
        Bounded by quantiles of the score of the target population (MatchIt).

    Raises
    ------
    DataError
        A class has nobody of one group.
    """
    target = keep & {"att": treated, "atc": ~treated}.get(estimand, np.ones_like(treated))
    bounds = np.quantile(p[target], np.linspace(0.0, 1.0, classes + 1))
    code = np.clip(np.searchsorted(bounds, p, "right") - 1, 0, classes - 1)
    wanted = np.bincount(code[target], minlength=classes).astype(np.float64)
    weights = np.zeros(len(p))
    for name, group in (("treated", treated & keep), ("untreated", ~treated & keep)):
        counts = np.bincount(code[group], minlength=classes)
        empty = np.flatnonzero((counts == 0) & (wanted > 0.0))
        if len(empty):
            raise DataError(
                f"Class {int(empty[0]) + 1} of {classes} of the score has no {name} row.",
                where=f"scores from {bounds[empty[0]]:.3f} to {bounds[empty[0] + 1]:.3f}",
                remedy="Use fewer subclasses, or trim.",
            )
        weights[group] = (wanted / np.maximum(counts, 1))[code[group]]
    return weights, code


def _by_entropy(
    s: Sample, keep: Booleans, estimand: str, moments: int
) -> tuple[dict[str, Contrast], Array, Status, dict[str, float]]:
    z, names = with_moments(s.covariates, s.names, moments)
    target = keep & {"att": s.treated, "atc": ~s.treated}.get(estimand, np.ones(s.n, dtype=bool))
    weights, gaps, steps = np.zeros(s.n), [0.0], 0
    groups = {"treated": s.treated & keep, "untreated": ~s.treated & keep}
    for rows in groups.values():
        if (rows == target).all():
            weights[rows] = 1.0
            continue
        found = entropy_weights(z[rows], z[target].mean(axis=0), names)
        weights[rows] = found.weights * target.sum()
        gaps.append(found.gap)
        steps += found.iterations
    contrasts = {}
    for name, y in s.outcomes.items():
        means, influences = zip(*(_entropy_mean(y, z, rows, target, weights) for rows in groups.values()), strict=True)
        robust = given_weights(y, s.treated, weights)
        contrasts[name] = Contrast(means[0], means[1], {"influence": influences, "robust": robust})
    numbers = {"largest_gap": max(gaps), "moments": float(moments)}
    message = "The dual of entropy balancing was maximised: means agree."
    return contrasts, weights, Status(StatusCode.CONVERGED, message, numbers={"iterations": float(steps)}), numbers


def _entropy_mean(y: Array, z: Array, rows: Booleans, target: Booleans, weights: Array) -> tuple[float, Array]:
    influence = np.zeros(len(y))
    w = weights[rows] / weights[rows].sum()
    if (rows == target).all():
        mean = float(y[rows].mean())
        influence[rows] = (y[rows] - mean) * w
        return mean, influence
    mean, of_group, of_target = entropy_mean_influence(y[rows], z[rows], w, z[target])
    influence[rows] += of_group
    influence[target] += of_target
    return mean, influence


def with_moments(x: Array, names: tuple[str, ...], moments: int) -> tuple[Array, tuple[str, ...]]:
    """Return covariates with powers, about their mean, of those that are not 0/1."""
    columns, labels = [x], [*names]
    for j, name in enumerate(names):
        if np.isin(x[:, j], (0.0, 1.0)).all():
            continue
        centred = (x[:, j] - x[:, j].mean()) / max(float(x[:, j].std()), 1e-300)
        for power in range(2, moments + 1):
            columns.append(centred[:, None] ** power)
            labels.append(f"{name}^{power}")
    return np.column_stack(columns), tuple(labels)


def _description(method: str, s: Sample, moments: int) -> str:
    score = f"The score is a {s.score.link} of {s.design.outcome}."
    return {
        "ipw": f"Rows are weighted by the inverse of the probability of the group they are in, normed to sum to one in "
        f"each group. {score}",
        "overlap": f"Treated rows are weighted by 1 - p and untreated ones by p, which balances all means of a logit. "
        f"{score}",
        "subclassification": f"Rows are put into classes of the score; means by class are averaged over the target "
        f"population. {score}",
        "entropy_balancing": "The weights nearest to equal ones (least Kullback-Leibler distance) under which "
        + {1: "means", 2: "means and squares", 3: "means, squares and cubes"}[moments]
        + " of all covariates agree exactly with those of the target population.",
    }[method]
