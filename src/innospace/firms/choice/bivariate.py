"""Bivariate probit: two decisions that share what is not observed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from innospace.core.document import Equation
from innospace.firms.choice.binary import optimum_check
from innospace.firms.choice.bivariate_effects import Found, average_effects, correlation_effect, effects_of, point_of
from innospace.firms.choice.bivariate_fit import BivariateFit, fit_bivariate
from innospace.firms.choice.bivariate_report import (
    correlation_numbers,
    correlation_sentence,
    effect_sentence,
    joint_figure,
    predicted_joint,
    tests_table,
)
from innospace.firms.choice.joint import (
    coefficient_names,
    combination_check,
    combination_table,
    combinations,
    correlation_check,
    joint_designs,
    joint_status,
    require_at,
    require_exogenous,
)
from innospace.firms.design import Design
from innospace.firms.estimates import Estimates, require_covariance
from innospace.firms.presentation import label
from innospace.firms.result import FirmResult


def biprobit(
    formula_1: str,
    formula_2: str,
    data: Any,
    *,
    cluster: str | None = None,
    weights: str | None = None,
    vcov: str = "",
    at: str = "average",
    title: str = "",
) -> FirmResult:
    """Fit two probits with correlated errors, with effects on joint, marginal and conditional probabilities.

    ``y1 = [x1'b1 + e1 > 0]``, ``y2 = [x2'b2 + e2 > 0]``, ``corr(e1, e2) = rho``.

    Parameters
    ----------
    formula_1, formula_2 : str
        ``outcome ~ regressors``; outcomes hold 0 and 1.
    data : Dataset, frame or mapping of arrays
    cluster, weights : str, optional
        Columns of cluster labels and of positive row weights.
    vcov : str, optional
        ``hessian``, ``opg``, ``robust`` or ``cluster``; clustered when ``cluster`` is given, else the Hessian's.
    at : str
        ``average``: effects averaged over the rows used. ``means``: effects at the means of the regressors.
    title : str, optional

    Returns
    -------
    FirmResult
        Coefficients ``{outcome}: {regressor}`` and ``athrho``; numbers ``rho``, ``rho_std_error`` and an interval
        from ``atanh(rho)``. Effects of every regressor of either equation on ``joint_11``, ``joint_10``,
        ``joint_01``, ``joint_00``, ``marginal_1``, ``marginal_2``, ``conditional_1_given_2``,
        ``conditional_1_given_not_2``, ``conditional_2_given_1``, ``conditional_2_given_not_1`` (a regressor of one
        equation does not move the marginal probability of the other, and is left out there): mean derivatives, and
        with the suffix ``_discrete`` mean changes from 0 to 1 of 0/1 regressors; mean probabilities by the same
        names (kind ``probability``); ``correlation`` ``rho``.

    Raises
    ------
    FormulaError, LabelError, SpecError, DataError
        Also on perfect separation, the same outcome twice, and an outcome among the regressors.

    Notes
    -----
    Errors of effects by the delta method. Greene (2018), section 17.9; effects: Christofides, Stengos and Swidinsky
    (1997), Economics Letters 54. Same defaults as ``biprobit`` of Stata.
    """
    require_at(at)
    designs = joint_designs((formula_1, formula_2), data, cluster, weights)
    require_exogenous(designs)
    one, two = designs
    fit = fit_bivariate((one.y, two.y), (one.x, two.x), one.weights)
    found = [*average_effects(designs, point_of(designs, fit.theta, at)), correlation_effect(fit.theta)]
    outcomes = tuple(label(d.outcome) for d in designs)
    options = {"formula_1": formula_1, "formula_2": formula_2, "cluster": cluster, "weights": weights, "at": at}
    return bivariate_result(
        "biprobit",
        designs,
        fit,
        found,
        title=title or f"Bivariate probit of {outcomes[0]} and {outcomes[1]}",
        description=f"Bivariate probit: {outcomes[0]} and {outcomes[1]} are decided jointly; what is not observed "
        "may move both. Maximum likelihood with analytic derivatives. Effects are "
        + ("averages over the rows used" if at == "average" else "taken at the means of the regressors")
        + "; their errors follow by the delta method.",
        options=options,
        vcov=vcov,
        equations=(EQUATION,),
        lead=("joint_11", f"Effects on doing both, {outcomes[0]} and {outcomes[1]}"),
    )


def bivariate_result(
    method: str,
    designs: Sequence[Design],
    fit: BivariateFit,
    found: Sequence[Found],
    *,
    title: str,
    description: str,
    options: dict[str, Any],
    vcov: str,
    equations: tuple[Equation, ...],
    lead: tuple[str, str],
    first: Callable[[FirmResult, tuple[str, ...]], str] | None = None,
    warnings: tuple[str, ...] = (),
) -> FirmResult:
    """Return the result of a fitted bivariate probit.

    ``lead`` is the kind of effect told in a sentence, with its opening; ``first`` makes a sentence before the others.
    """
    one = designs[0]
    estimates = Estimates((*coefficient_names(designs), "athrho"), fit.theta, fit.covariances(one.clusters))
    kind = require_covariance(vcov or next(iter(estimates.covariances)), estimates)
    covariance = estimates.covariances[kind]
    effects = effects_of(found, covariance if fit.boundary else None)
    numbers = correlation_numbers(fit, covariance)
    counts = combinations(designs)
    check, empty = combination_check(designs, counts)
    robust = one.clusters is not None or one.weights is not None
    provenance = one.provenance(options)
    result = FirmResult(
        method=method,
        title=title,
        description=description,
        n=one.n,
        provenance=provenance,
        estimates=estimates,
        effects_found=effects,
        status=joint_status(fit.optimum, fit.boundary),
        log_likelihood=fit.log_likelihood,
        numbers={**numbers, **_counts(one, counts)},
        equations=equations,
        tables=(
            tests_table(method, numbers, robust),
            combination_table(method, designs, counts, predicted_joint(effects)),
        ),
        checks=(optimum_check(fit.optimum), check, correlation_check(covariance, 1)),
        warnings=(*one.messages, *empty, *warnings),
        steps=one.steps,
        covariance_kind=vcov,
    )
    frame = result.effects()
    figure = joint_figure(method, designs, frame, one.source.name)
    outcomes = tuple(label(d.outcome) for d in designs)
    before = () if first is None else (first(result, outcomes),)
    told = (*before, correlation_sentence(designs, numbers, robust), effect_sentence(frame, *lead))
    return replace(result, figures=() if figure is None else (figure,), sentences=told)


def _counts(one: Design, counts: dict[tuple[int, ...], int]) -> dict[str, float]:
    found = {f"rows_{a}{b}": float(n) for (a, b), n in counts.items()}
    return found if one.clusters is None else {**found, "clusters": float(one.clusters.max() + 1)}


EQUATION = Equation(
    "bivariate-probit",
    r"P(y_{1i}, y_{2i} \mid x_i) = \Phi_2(q_{1i} x_{1i}'\beta_1,\; q_{2i} x_{2i}'\beta_2,\; q_{1i} q_{2i} \rho),"
    r"\quad q_{ji} = 2 y_{ji} - 1",
    "P(y_(1 i), y_(2 i) | x_i) = Phi_2(q_(1 i) x_(1 i)' beta_1, q_(2 i) x_(2 i)' beta_2, q_(1 i) q_(2 i) rho), "
    "quad q_(j i) = 2 y_(j i) - 1",
    "Bivariate probit",
)
