"""Ordered probit: an outcome of ordered categories, with effects on the probability of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy import special

from innospace.core.document import Equation
from innospace.core.errors import DataError, FormulaError, offenders
from innospace.core.figure import Figure, FigureKind
from innospace.core.numbers import fixed
from innospace.core.table import Column, Table
from innospace.data import formula as language
from innospace.firms.choice.binary import optimum_check
from innospace.firms.choice.bivariate_effects import Found, effects_of
from innospace.firms.choice.categories import discrete_columns, is_dummy
from innospace.firms.choice.joint import evaluation_rows, joint_status, require_at
from innospace.firms.choice.ordered_fit import OrderedFit, fit_ordered
from innospace.firms.design import Design, design
from innospace.firms.estimates import Array, Estimates, Integers, likelihood_covariances
from innospace.firms.presentation import estimate_clause, label
from innospace.firms.result import FirmResult
from innospace.numerics.linear import intercept_column

MOST = 20
"""More values than this are no categories."""
_CERTAIN = -1e-6
"""Mean log-likelihood above which every category is predicted with certainty."""
_SQRT_2PI = float(np.sqrt(2.0 * np.pi))


def ordered_probit(
    formula: str,
    data: Any,
    *,
    cluster: str | None = None,
    weights: str | None = None,
    vcov: str = "",
    at: str = "average",
    title: str = "",
) -> FirmResult:
    """Fit an ordered probit and its effects on every category.

    ``P(y <= j | x) = Phi(cut_j - x'b)``.

    Parameters
    ----------
    formula : str
        ``outcome ~ regressors``; the values of the outcome are ordered categories, at most 20. The constant is left
        out: the cut points take its place.
    data : Dataset, frame or mapping of arrays
    cluster, weights : str, optional
        Columns of cluster labels and of positive row weights.
    vcov : str, optional
        ``hessian``, ``opg``, ``robust`` or ``cluster``; clustered when ``cluster`` is given, else the Hessian's.
    at : str
        ``average`` or ``means``: where effects are evaluated.
    title : str, optional

    Returns
    -------
    FirmResult
        Coefficients by regressor, then ``cut_1``, ``cut_2``, ... Effects ``category_{value}`` of every regressor and,
        with the suffix ``_discrete``, of 0/1 regressors; mean probabilities ``category_{value}`` (kind
        ``probability``).

    Raises
    ------
    FormulaError, LabelError, DataError

    Notes
    -----
    Second method: ``OrderedModel`` of statsmodels (tests), whose Hessian is numerical and which takes no weights.
    Greene (2018), section 18.3; signs and cut points as ``oprobit`` of Stata and ``polr`` of R.
    """
    require_at(at)
    d = design(formula, data, cluster=cluster, weights=weights)
    values, codes = _categories(d)
    x, names = _without_constant(d, formula)
    _require_overlap(x, names, codes, values)
    fit = fit_ordered(codes, x, len(values), d.weights)
    if fit.log_likelihood > _CERTAIN * d.n:
        raise _separated("a combination of regressors", values, d.n)
    cuts = tuple(f"cut_{j + 1}" for j in range(len(values) - 1))
    estimates = Estimates((*names, *cuts), fit.theta, likelihood_covariances(fit.hessian, fit.scores, d.clusters))
    categories = tuple(f"category_{v:g}" for v in values)
    rows, w = evaluation_rows(x, d.weights, at)
    found = category_effects(rows, w, names, categories, fit.theta, discrete_columns(x, names))
    where = "averages over the rows used" if at == "average" else "taken at the means of the regressors"
    predicted = np.array([f[2] for f in found[: len(values)]])
    result = FirmResult(
        method="ordered_probit",
        title=title or f"Ordered probit of {label(d.outcome)}",
        description=f"Ordered probit: {label(d.outcome)} is the category into which a latent normal index falls, by "
        f"maximum likelihood with analytic derivatives. Effects are {where}; their errors follow by the delta method.",
        n=d.n,
        provenance=d.provenance({"formula": formula, "cluster": cluster, "weights": weights, "at": at}),
        estimates=estimates,
        effects_found=effects_of(found),
        status=joint_status(fit.optimum),
        log_likelihood=fit.log_likelihood,
        numbers=_numbers(d, fit, len(values)),
        equations=(EQUATION,),
        tables=(_category_table(d, values, codes, predicted),),
        checks=(optimum_check(fit.optimum),),
        warnings=d.messages,
        steps=d.steps,
    )
    result = result.vcov(vcov) if vcov else result
    return _with_words(result, d, values, names)


def category_effects(
    x: Array,
    weights: Array,
    names: Sequence[str],
    categories: Sequence[str],
    theta: Array,
    dummies: Mapping[int, list[int]],
) -> list[Found]:
    """Return mean probabilities, marginal effects and discrete changes by category, with gradients.

    Parameters
    ----------
    x : ndarray, shape (n, k)
    weights : ndarray, shape (n,)
        Sum to one.
    names, categories : sequences of str
        Lengths k and c.
    theta : ndarray, shape (k + c - 1,)
    dummies : mapping of int to list of int
        Columns of 0 and 1, each with those that are zero before it changes.
    """
    k = x.shape[1]
    index = x @ theta[:k]
    cuts = theta[k:]

    def at_cuts(centre: Array) -> tuple[Array, Array, Array]:
        """Return distribution, density and its slope at ``cut_j - index``, shape (c + 1, n), ends included."""
        z = cuts[:, None] - centre
        density = np.exp(-0.5 * z * z) / _SQRT_2PI
        ends = np.zeros((1, len(centre)))
        cdf = np.concatenate((ends, special.ndtr(z), ends + 1.0))
        return cdf, np.concatenate((ends, density, ends)), np.concatenate((ends, -z * density, ends))

    def pull(by_cut: Array, by_index: Array, j: int) -> Array:
        """Return a gradient of a mean that moves with the two cut points around category j, and with the index."""
        gradient = np.concatenate(((weights * by_index) @ x, np.zeros(len(cuts))))
        for edge, sign in ((j + 1, 1.0), (j, -1.0)):
            if 0 < edge <= len(cuts):
                gradient[k + edge - 1] = sign * float(weights @ by_cut[edge])
        return gradient

    cdf, density, slope = at_cuts(index)
    found: list[Found] = []
    for j, category in enumerate(categories):
        by_index = -(density[j + 1] - density[j])
        found.append(("probability", category, float(weights @ (cdf[j + 1] - cdf[j])), pull(density, by_index, j)))
    for j, category in enumerate(categories):
        mean = -float(weights @ (density[j + 1] - density[j]))
        bend = pull(-slope, slope[j + 1] - slope[j], j)
        for i, name in enumerate(names):
            gradient = theta[i] * bend
            gradient[i] += mean
            found.append((category, name, theta[i] * mean, gradient))
    ends = {i: _ends(x, theta, i, group, index) for i, group in dummies.items()}
    pieces = {i: (at_cuts(low), at_cuts(high)) for i, (low, high) in ends.items()}
    for j, category in enumerate(categories):
        for i in dummies:
            (cdf_0, density_0, _), (cdf_1, density_1, _) = pieces[i]
            steps = [c[j + 1] - c[j] for c in (cdf_0, cdf_1)]
            slopes = [-(c[j + 1] - c[j]) for c in (density_0, density_1)]
            gradient = pull(density_1 - density_0, slopes[1] - slopes[0], j)
            # the regressor itself is one in the upper state and zero in the lower; other levels are zero in both
            gradient[dummies[i]] = 0.0
            gradient[i] = float(weights @ slopes[1])
            found.append((f"{category}_discrete", names[i], float(weights @ (steps[1] - steps[0])), gradient))
    return found


def _ends(x: Array, theta: Array, i: int, group: list[int], index: Array) -> tuple[Array, Array]:
    low = index - x[:, group] @ theta[group]
    return low, low + theta[i]


def _categories(d: Design) -> tuple[Array, Integers]:
    """Return the values of the outcome, in order, and the number of the category of every row."""
    values, codes = np.unique(d.y, return_inverse=True)
    if len(values) > MOST:
        raise DataError(
            f"{d.outcome!r} has {len(values)} different values: these are no categories.",
            where=f"values {offenders([float(v) for v in values])}",
            allowed=f"3 to {MOST} ordered categories",
            remedy="Group the values, or model the outcome as a number.",
        )
    if len(values) < 3:
        raise DataError(
            f"{d.outcome!r} has {len(values)} value{'s' if len(values) > 1 else ''} in the rows that are used.",
            where=f"values {offenders([float(v) for v in values])}",
            allowed=f"3 to {MOST} ordered categories",
            remedy="Use probit for an outcome of 0 and 1; check the column, missing cells and filters otherwise.",
        )
    return values, np.asarray(codes, dtype=np.int64)


def _without_constant(d: Design, formula: str) -> tuple[Array, tuple[str, ...]]:
    constant = intercept_column(d.x)
    if constant is None:
        raise FormulaError(
            "An ordered probit has cut points in the place of a constant: the formula must not take it away.",
            where=repr(language.parse(formula).regressors),
            allowed="outcome ~ regressors",
            remedy="Leave out '- 1' or '+ 0'; the coefficients of categories are then against the first.",
        )
    kept = [j for j in range(d.x.shape[1]) if j != constant]
    if not kept:
        raise FormulaError(
            "The formula has no regressor.",
            where=repr(formula),
            allowed="outcome ~ at least one regressor",
            remedy="Add a regressor; shares of categories need no model.",
        )
    return d.x[:, kept], tuple(d.names[j] for j in kept)


def _require_overlap(x: Array, names: tuple[str, ...], codes: Integers, values: Array) -> None:
    """Raise when one regressor orders the categories without overlap: no maximum exists."""
    for j, name in enumerate(names):
        for column in (x[:, j], -x[:, j]):
            low = np.array([column[codes == c].min() for c in range(len(values))])
            high = np.array([column[codes == c].max() for c in range(len(values))])
            extreme = is_dummy(x[:, j]) and any(
                len(np.unique(codes[x[:, j] == v])) == 1 and codes[x[:, j] == v][0] in (0, len(values) - 1)
                for v in (0.0, 1.0)
            )
            if (high[:-1] < low[1:]).all() or extreme:
                raise _separated(repr(name), values, len(codes))


def _separated(what: str, values: Array, n: int) -> DataError:
    return DataError(
        f"Perfect separation: {what} tells categories apart without overlap, so no maximum exists.",
        where=f"{n} rows, categories {offenders([float(v) for v in values])}",
        allowed="regressors that leave several categories possible for every value",
        remedy="Leave the regressor out, or merge categories.",
    )


def _numbers(d: Design, fit: OrderedFit, categories: int) -> dict[str, float]:
    numbers = {"categories": float(categories), "null_log_likelihood": fit.null}
    numbers["pseudo_r2"] = 1.0 - fit.log_likelihood / fit.null
    if d.clusters is not None:
        numbers["clusters"] = float(d.clusters.max() + 1)
    return numbers


def _category_table(d: Design, values: Array, codes: Integers, predicted: Array) -> Table:
    import pandas as pd

    w = np.ones(d.n) if d.weights is None else d.weights
    shares = np.bincount(codes, weights=w, minlength=len(values)) / w.sum()
    rows = np.bincount(codes, minlength=len(values))
    frame = pd.DataFrame({"category": values, "rows": rows, "share": shares, "predicted": predicted})
    columns = (
        Column("category", label(d.outcome), "significant:6"),
        Column("rows", "Rows", "integer"),
        Column("share", "Share", "percent"),
        Column("predicted", "Mean predicted probability", "percent"),
    )
    return Table("ordered_probit-categories", "Categories, observed and predicted", frame, columns)


def _with_words(result: FirmResult, d: Design, values: Array, names: tuple[str, ...]) -> FirmResult:
    """Add a figure of the effects on the highest category, and the sentence."""
    from dataclasses import replace

    top = f"category_{values[-1]:g}"
    frame = result.effects()
    frame = frame[frame["kind"] == top].reset_index(drop=True)
    shown = frame.assign(name=[label(str(n)) for n in frame["name"]])[["name", "estimate", "lower", "upper"]]
    clear = frame[(frame["lower"] > 0) | (frame["upper"] < 0)]
    outcome = label(d.outcome)
    figure = Figure(
        "ordered_probit-highest",
        FigureKind.COEFFICIENTS,
        f"{len(clear)} of {len(frame)} regressors change the probability of the highest category of {outcome}",
        f"Average marginal effects on {outcome} = {values[-1]:g}, points of probability, 95\u202f% intervals, "
        f"{fixed(d.n, 0)} rows",
        f"Source: {d.source.name}; estimated.",
        f"Effects on {outcome} = {values[-1]:g}: "
        + ", ".join(f"{r['name']} {r['estimate']:.3f}" for _, r in shown.iterrows()),
        shown,
        {
            "term": "name",
            "estimate": "estimate",
            "lower": "lower",
            "upper": "upper",
            "value_title": "Points of probability",
        },
    )
    coefficients = result.coefficients().loc[list(names)]
    strong = coefficients.iloc[np.argsort(-coefficients["z"].abs().to_numpy())]
    strong = strong[(strong["lower"] > 0) | (strong["upper"] < 0)].head(3)
    if strong.empty:
        text = f"No regressor moves {outcome} at the 5\u202f% level ({fixed(d.n, 0)} rows)."
    else:
        told = [f"{label(str(n))} {estimate_clause(r)}" for n, r in strong.iterrows()]
        text = f"Latent index behind {outcome}, in standard deviations: {'; '.join(told)} ({fixed(d.n, 0)} rows)."
    return replace(result, figures=(figure,), sentences=(text,))


EQUATION = Equation(
    "ordered-probit",
    r"P(y_i \le j \mid x_i) = \Phi(\kappa_j - x_i'\beta),\quad \kappa_1 < \kappa_2 < \dots",
    "P(y_i <= j | x_i) = Phi(kappa_j - x_i' beta), quad kappa_1 < kappa_2 < dots",
    "Ordered probit",
)
