"""Recursive bivariate probit: a 0/1 outcome that depends on an endogenous 0/1 treatment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from innospace.core.document import Equation
from innospace.core.errors import SpecError, offenders
from innospace.core.numbers import fixed
from innospace.data import formula as language
from innospace.firms.choice.bivariate import bivariate_result
from innospace.firms.choice.bivariate_effects import (
    Found,
    Point,
    average_effects,
    correlation_effect,
    joint,
    margin,
    point_of,
    surfaces,
)
from innospace.firms.choice.bivariate_fit import BivariateFit, fit_bivariate
from innospace.firms.choice.joint import joint_designs, regressors, require_at, terms
from innospace.firms.design import Design
from innospace.firms.estimates import Array
from innospace.firms.presentation import label, points_clause
from innospace.firms.result import FirmResult

STARTS = (0.0, -0.6, 0.6)
"""Correlations the search starts from: the likelihood of the recursive model may have several maxima."""


def recursive_biprobit(
    formula_outcome: str,
    formula_treatment: str,
    data: Any,
    *,
    cluster: str | None = None,
    weights: str | None = None,
    vcov: str = "",
    at: str = "average",
    title: str = "",
) -> FirmResult:
    """Fit a probit of an outcome on a treatment that is itself decided, with treatment effects.

    ``y1 = [x1'b1 + g y2 + e1 > 0]``, ``y2 = [x2'b2 + e2 > 0]``, ``corr(e1, e2) = rho``.

    Parameters
    ----------
    formula_outcome : str
        ``y1 ~ y2 + regressors``: the treatment stands here as a column of its own.
    formula_treatment : str
        ``y2 ~ regressors``, with at least one that is not in the outcome equation (an instrument).
    data, cluster, weights, vcov, at, title
        As in :func:`~innospace.firms.choice.bivariate.biprobit`.

    Returns
    -------
    FirmResult
        Coefficients ``{outcome}: {regressor}``, ``athrho``. Effects named after the treatment: ``ate`` mean of
        ``Phi(x1'b1 + g) - Phi(x1'b1)``; ``att`` mean over treated rows of ``[Phi2(x1'b1 + g, x2'b2; rho) -
        Phi2(x1'b1, x2'b2; rho)] / Phi(x2'b2)``, the change given that the row chose the treatment; ``atu`` the same
        over the untreated; ``atec`` the mean of ``P(y1 = 1 | y2 = 1) - P(y1 = 1 | y2 = 0)``, which mixes effect and
        selection. Effects of regressors as in ``biprobit``, with ``marginal_1`` (the whole effect on the outcome)
        split into ``direct`` (through the outcome equation) and ``indirect`` (through the treatment).

    Raises
    ------
    FormulaError, LabelError, SpecError, DataError
        Also when the treatment is missing from the outcome equation, or interacted there.

    Notes
    -----
    The likelihood is that of the bivariate probit (Maddala 1983, section 5.7; Greene 2018, section 17.9). Without
    an excluded regressor it is identified by functional form alone (Wilde 2000, Economics Letters 69), which is warned
    of. Effects on the treated: Chiburis, Das and Lokshin (2012), Economics Letters 117.
    """
    require_at(at)
    designs = joint_designs((formula_outcome, formula_treatment), data, cluster, weights)
    treatment = _treatment_column(designs, formula_outcome)
    one, two = designs
    fit = fit_bivariate((one.y, two.y), (one.x, two.x), one.weights, STARTS)
    point = point_of(designs, fit.theta, at, treatment)
    found = [*_treatment_effects(designs, fit.theta, at, treatment), *average_effects(designs, point)]
    found += [*_through(designs, point), correlation_effect(fit.theta)]
    outcomes = tuple(label(d.outcome) for d in designs)
    options = {"formula_outcome": formula_outcome, "formula_treatment": formula_treatment, "cluster": cluster}
    return bivariate_result(
        "recursive_biprobit",
        designs,
        fit,
        found,
        title=title or f"Effect of {outcomes[1]} on {outcomes[0]}, recursive bivariate probit",
        description=f"Recursive bivariate probit: {outcomes[0]} depends on {outcomes[1]}, which is itself decided; "
        "what is not observed may move both. Maximum likelihood with analytic derivatives; errors of effects by the "
        "delta method.",
        options={**options, "weights": weights, "at": at},
        vcov=vcov,
        equations=(EQUATION,),
        lead=("direct", f"Direct effects on {outcomes[0]}"),
        first=_treatment_sentence,
        warnings=(*_instruments(designs), *_several_maxima(fit)),
    )


def _treatment_column(designs: Sequence[Design], formula: str) -> int:
    """Return the position of the treatment in the outcome equation.

    Raises
    ------
    SpecError
        It is missing, interacted or transformed; or the outcome is a regressor of the treatment.
    """
    one, two = designs
    if any(one.outcome in terms(n) for n in two.names):
        raise SpecError(
            f"{one.outcome!r} stands in the equation of {two.outcome!r} and the reverse: no such model is coherent.",
            where=f"regressors {offenders(two.names)}",
            allowed="a treatment equation without the outcome",
            remedy=f"Leave {one.outcome!r} out of the treatment equation.",
        )
    named = [j for j, n in enumerate(one.names) if two.outcome in terms(n) and np.array_equal(one.x[:, j], two.y)]
    uses = language.parse(formula).regressors
    interacted = [n for n in one.names if two.outcome in terms(n) and len(terms(n)) > 1]
    if len(named) != 1 or interacted:
        raise SpecError(
            f"The outcome equation must hold the treatment {two.outcome!r} once, as a column of its own.",
            where=repr(uses),
            allowed=f"{one.outcome} ~ {two.outcome} + other regressors, without interactions of the treatment",
            remedy=f"Write {two.outcome} as one of the regressors of {one.outcome}.",
        )
    return named[0]


def _instruments(designs: Sequence[Design]) -> tuple[str, ...]:
    excluded = [n for n in regressors(designs) if n not in designs[0].names]
    if excluded:
        return ()
    return (
        "Every regressor of the treatment equation also stands in the outcome equation: the effect of the treatment "
        "is identified by the normal law of the errors alone. Give the treatment equation a regressor that moves the "
        "treatment and not the outcome.",
    )


def _several_maxima(fit: BivariateFit) -> tuple[str, ...]:
    best = max(fit.maxima)
    lower = sorted({round(best - m, 3) for m in fit.maxima if best - m > 1e-4 * (1.0 + 1e-6 * abs(best))})
    if not lower:
        return ()
    return (
        f"The likelihood has other maxima, lower by {', '.join(fixed(d) for d in lower)}; the highest of "
        f"{len(fit.maxima)} searches is reported.",
    )


def _treatment_effects(designs: Sequence[Design], theta: Array, at: str, treatment: int) -> list[Found]:
    """Return ``ate``, ``att``, ``atu`` and ``atec`` with gradients."""
    name, y2 = designs[1].outcome, designs[1].y
    everyone = point_of(designs, theta, at, treatment)
    u, v = everyone.indices()
    rho, gamma = everyone.rho, everyone.gamma
    change = margin(u, 0, gamma=gamma).plain() - margin(u, 0).plain()
    found = [_mean("ate", name, everyone, change.value, change.first)]
    for kind, taken, rows in (("att", 1, y2), ("atu", 0, 1.0 - y2)):
        some = point_of(designs, theta, at, treatment, rows)
        u, v = some.indices()
        with_treatment, without = (joint(u, v, rho, gamma, (1, taken), treated) for treated in (1, 0))
        chosen = margin(v, 1, 2.0 * taken - 1.0)
        given = (with_treatment / chosen).plain() - (without / chosen).plain()
        found.append(_mean(kind, name, some, given.value, given.first))
    s = surfaces(*everyone.indices(), rho, gamma)
    apart = s["conditional_1_given_2"] - s["conditional_1_given_not_2"]
    return [*found, _mean("atec", name, everyone, apart.value, apart.first)]


def _mean(kind: str, name: str, point: Point, value: Array, first: Array) -> Found:
    return kind, name, float(point.weights @ value), point.pull(first)


def _through(designs: Sequence[Design], point: Point) -> list[Found]:
    """Return the effects of regressors on ``P(y1 = 1)`` through either equation; they add up to ``marginal_1``."""
    s = surfaces(*point.indices(), point.rho, point.gamma)["marginal_1"]
    found: list[Found] = []
    for e, kind in enumerate(("direct", "indirect")):
        mean, gradient = float(s.first[e] @ point.weights), point.pull(s.cross[e])
        for name in regressors(designs):
            if name in designs[e].names and name != designs[1].outcome:
                at = e * point.k + designs[e].names.index(name)
                slope = point.theta[at] * gradient
                slope[at] += mean
                found.append((kind, name, float(point.theta[at] * mean), slope))
    return found


def _treatment_sentence(result: FirmResult, outcomes: tuple[str, ...]) -> str:
    """Return the average effect of the treatment in words."""
    change = points_clause(result.effect(kind="ate"))
    return f"With {outcomes[1]} the probability of {outcomes[0]} {change}, on average over {fixed(result.n, 0)} rows."


EQUATION = Equation(
    "recursive-bivariate-probit",
    r"y_{1i} = 1[x_{1i}'\beta_1 + \gamma y_{2i} + e_{1i} > 0],\quad y_{2i} = 1[x_{2i}'\beta_2 + e_{2i} > 0],\quad"
    r" \mathrm{corr}(e_{1i}, e_{2i}) = \rho",
    "y_(1 i) = 1[x_(1 i)' beta_1 + gamma y_(2 i) + e_(1 i) > 0], quad y_(2 i) = 1[x_(2 i)' beta_2 + e_(2 i) > 0], "
    'quad "corr"(e_(1 i), e_(2 i)) = rho',
    "Recursive bivariate probit",
)
