"""Multivariate probit: three and more decisions that share what is not observed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from innospace.core.checks import Check
from innospace.core.document import Equation
from innospace.core.errors import SpecError
from innospace.core.numbers import fixed
from innospace.core.progress import Progress, silent
from innospace.core.table import Column, Table
from innospace.firms.choice.binary import optimum_check
from innospace.firms.choice.bivariate_effects import Found, effects_of
from innospace.firms.choice.joint import (
    coefficient_names,
    combination_check,
    combinations,
    correlation_check,
    evaluation_rows,
    joint_designs,
    joint_status,
    require_at,
    require_exogenous,
)
from innospace.firms.choice.multivariate_effects import JointEffects
from innospace.firms.choice.multivariate_fit import MultivariateFit, fit_multivariate, simulated_again
from innospace.firms.design import Design
from innospace.firms.estimates import Array, Estimates, require_covariance
from innospace.firms.presentation import label, p_clause
from innospace.firms.result import FirmResult
from innospace.numerics.ghk import pairs
from innospace.numerics.tails import chi2_sf, normal_ppf, normal_sf

FEWEST_DRAWS = 10
CHANGE = 0.5
"""Largest change of the log-likelihood that another number of draws may cause; a likelihood ratio moves by twice it."""
MOVE = 0.1
"""Largest move of an estimate, in standard errors, that another number of draws may cause."""
_Z = float(normal_ppf(0.975))


def multivariate_probit(
    formulas: Sequence[str],
    data: Any,
    *,
    draws: int = 200,
    seed: int = 0,
    cluster: str | None = None,
    weights: str | None = None,
    vcov: str = "",
    at: str = "average",
    title: str = "",
    progress: Progress = silent,
) -> FirmResult:
    """Fit three or more probits with freely correlated errors.

    Parameters
    ----------
    formulas : sequence of str
        Three or more of ``outcome ~ regressors``; outcomes hold 0 and 1.
    data : Dataset, frame or mapping of arrays
    draws, seed : int
        Of the GHK simulator (antithetic scrambled Halton points, a stretch of the sequence a row), used for four
        equations and more. Three equations are exact and use neither.
    cluster, weights : str, optional
        Columns of cluster labels and of positive row weights.
    vcov : str, optional
        ``hessian``, ``opg``, ``robust`` or ``cluster``; clustered when ``cluster`` is given, else the Hessian's.
    at : str
        ``average`` or ``means``: where effects are evaluated.
    title : str, optional
    progress : callable, optional

    Returns
    -------
    FirmResult
        Coefficients ``{outcome}: {regressor}`` and ``athrho_12``, ``athrho_13``, ...; numbers ``rho_12``,
        ``rho_12_std_error`` and so on, ``lr``, ``lr_p_value`` of no correlation at all. Effects on ``all_ones``,
        ``all_zeros``, ``marginal_1``, ``marginal_2``, ... with ``_discrete`` for 0/1 regressors; mean probabilities
        (kind ``probability``); ``correlation`` by pair.

    Raises
    ------
    FormulaError, LabelError, SpecError, DataError

    Notes
    -----
    Greene (2018), section 17.9. Simulated likelihood: Cappellari and Jenkins (2003), Stata Journal 3; Train (2009).
    Simulated results depend on the order of rows by simulation noise only.
    """
    require_at(at)
    _require_size(formulas, draws)
    designs = joint_designs(tuple(formulas), data, cluster, weights)
    require_exogenous(designs)
    y, x, w = [d.y for d in designs], [d.x for d in designs], designs[0].weights
    simulated = len(designs) > 3
    fit = fit_multivariate(y, x, w, draws, seed, progress)
    estimates = Estimates(_names(designs), fit.theta, fit.covariances(designs[0].clusters))
    kind = require_covariance(vcov or next(iter(estimates.covariances)), estimates)
    covariance = estimates.covariances[kind]
    progress("effects", 0.9)
    rows = [evaluation_rows(a, w, at) for a in x]
    effects = JointEffects(designs, [a for a, _ in rows], rows[0][1], fit.theta, fit.probability)
    found = [*effects.found(), *_correlation_effects(fit, len(designs))]
    checks, remarks = _draw_checks(fit, designs, draws, seed, covariance) if simulated else ((), ())
    rare, empty = _rarest_pair(designs)
    numbers = _numbers(fit, designs, covariance) | ({"draws": float(draws)} if simulated else {})
    outcomes = [label(d.outcome) for d in designs]
    options = {"formulas": list(formulas), "draws": draws, "cluster": cluster, "weights": weights, "at": at}
    progress("done", 1.0)
    return FirmResult(
        method="multivariate_probit",
        title=title or f"Multivariate probit of {', '.join(outcomes[:-1])} and {outcomes[-1]}",
        description=_description(len(designs), draws, at),
        n=designs[0].n,
        provenance=designs[0].provenance(options, seed),
        estimates=estimates,
        effects_found=effects_of(found, covariance, fit.correlations) if fit.boundary else effects_of(found),
        status=joint_status(fit.optimum, fit.boundary),
        log_likelihood=fit.log_likelihood,
        numbers=numbers,
        equations=(EQUATION,),
        tables=(_correlation_table(designs, numbers),),
        checks=(optimum_check(fit.optimum), rare, correlation_check(covariance, fit.correlations), *checks),
        warnings=(*designs[0].messages, *empty, *remarks),
        steps=designs[0].steps,
        sentences=_sentences(designs, numbers),
        covariance_kind=vcov,
    )


def _rarest_pair(designs: Sequence[Design]) -> tuple[Check, tuple[str, ...]]:
    """Return the check of the rarest combination of two outcomes, on which a correlation rests, and warnings."""
    both = [(designs[i], designs[j]) for i, j in pairs(len(designs))]
    found = [combination_check(pair, combinations(pair)) for pair in both]
    worst = min((check for check, _ in found), key=lambda c: c.value)
    return worst, tuple(text for _, told in found for text in told)


def _require_size(formulas: Sequence[str], draws: int) -> None:
    if isinstance(formulas, str) or len(formulas) < 3:
        raise SpecError(
            "A multivariate probit has three equations or more.",
            where=f"{1 if isinstance(formulas, str) else len(formulas)} given",
            allowed="a list of at least three formulas",
            remedy="Use biprobit for two outcomes and probit for one.",
        )
    if draws < FEWEST_DRAWS or draws % 2:
        raise SpecError(
            f"{draws} draws cannot be used: every draw comes with its mirror image.",
            where="draws",
            allowed=f"an even number of at least {FEWEST_DRAWS}",
            remedy="Take 200, more when the check of the draws fails.",
        )


def _names(designs: Sequence[Design]) -> tuple[str, ...]:
    return (*coefficient_names(designs), *(f"athrho_{i + 1}{j + 1}" for i, j in pairs(len(designs))))


def _description(m: int, draws: int, at: str) -> str:
    how = (
        "exact probabilities of the trivariate normal law"
        if m == 3
        else f"probabilities simulated by the GHK method with {draws} antithetic Halton draws a row"
    )
    where = "averages over the rows used" if at == "average" else "taken at the means of the regressors"
    return (
        f"Multivariate probit: {m} decisions are taken jointly; what is not observed may move all of them. Maximum "
        f"likelihood with {how}. Effects are {where}; their errors follow by the delta method."
    )


def _correlation_effects(fit: MultivariateFit, equations: int) -> list[Found]:
    found: list[Found] = []
    for p, (i, j) in enumerate(pairs(equations)):
        gradient = np.zeros(len(fit.theta))
        at = len(fit.theta) - fit.correlations + p
        gradient[at] = 1.0 - fit.rho[p] ** 2
        found.append(("correlation", f"rho_{i + 1}{j + 1}", float(fit.rho[p]), gradient))
    return found


def _numbers(fit: MultivariateFit, designs: Sequence[Design], covariance: Array) -> dict[str, float]:
    numbers: dict[str, float] = {}
    with np.errstate(invalid="ignore"):
        errors = np.sqrt(np.diag(covariance))[-fit.correlations :]
    athrho = fit.theta[-fit.correlations :]
    for p, (i, j) in enumerate(pairs(len(designs))):
        name = f"rho_{i + 1}{j + 1}"
        numbers[name] = float(fit.rho[p])
        numbers[f"{name}_std_error"] = float(errors[p] * (1.0 - fit.rho[p] ** 2))
        numbers[f"{name}_lower"] = float(np.tanh(athrho[p] - _Z * errors[p]))
        numbers[f"{name}_upper"] = float(np.tanh(athrho[p] + _Z * errors[p]))
        numbers[f"{name}_p_value"] = float(2.0 * normal_sf(abs(athrho[p] / errors[p])))
    ratio = max(2.0 * (fit.log_likelihood - fit.independent), 0.0)
    numbers |= {"lr": ratio, "lr_degrees": float(fit.correlations)}
    numbers |= {
        "lr_p_value": float(chi2_sf(ratio, fit.correlations)),
        "independent_log_likelihood": fit.independent,
    }
    clusters = designs[0].clusters
    return numbers if clusters is None else {**numbers, "clusters": float(clusters.max() + 1)}


def _draw_checks(
    fit: MultivariateFit, designs: Sequence[Design], draws: int, seed: int, covariance: Array
) -> tuple[tuple[Check, ...], tuple[str, ...]]:
    """Return what doubling the draws does to the log-likelihood and would do to the estimates."""
    y, x = [d.y for d in designs], [d.x for d in designs]
    value, gradient = simulated_again(fit, y, x, designs[0].weights, 2 * draws, seed)
    change = value - fit.log_likelihood
    free = np.isfinite(np.diag(covariance))
    errors = np.sqrt(np.diag(covariance)[free])
    step = np.linalg.lstsq(-fit.hessian[np.ix_(free, free)], gradient[free], rcond=None)[0]
    moved = float(np.max(np.abs(step) / errors)) if free.any() else float("nan")
    remedy = f"Raise draws, for example to {4 * draws}."
    checks = (
        Check.at_most(
            "draws_log_likelihood",
            change,
            CHANGE,
            "Change of the log-likelihood when the draws are doubled.",
            remedy,
        ),
        Check.at_most(
            "draws_estimates",
            moved,
            MOVE,
            "Largest move of an estimate, in standard errors, when the draws are doubled.",
            remedy,
        ),
    )
    told = (
        ""
        if all(c.ok for c in checks)
        else f"Doubling the draws changes the log-likelihood by {fixed(change, 2)}: {remedy}"
    )
    return checks, (told,) if told else ()


def _correlation_table(designs: Sequence[Design], numbers: dict[str, float]) -> Table:
    import pandas as pd

    keys = ("", "_std_error", "_p_value", "_lower", "_upper")
    rows = []
    for i, j in pairs(len(designs)):
        values = [numbers[f"rho_{i + 1}{j + 1}{k}"] for k in keys]
        rows.append((label(designs[i].outcome), label(designs[j].outcome), *values))
    frame = pd.DataFrame(rows, columns=["first", "second", "rho", "std_error", "p_value", "lower", "upper"])
    columns = (
        Column("first", "Decision"),
        Column("second", "and"),
        Column("rho", "Correlation", "fixed:3"),
        Column("std_error", "Std. error", "fixed:3"),
        Column("p_value", "p", "p"),
        Column("lower", "from", "fixed:3", "95\u202f% interval"),
        Column("upper", "to", "fixed:3", "95\u202f% interval"),
    )
    note = (
        f"Likelihood ratio of no correlation: {fixed(numbers['lr'], 2)} with {int(numbers['lr_degrees'])} degrees of "
        f"freedom, {p_clause(numbers['lr_p_value'])}."
    )
    return Table("multivariate_probit-correlations", "Correlations of what is not observed", frame, columns, (note,))


def _sentences(designs: Sequence[Design], numbers: dict[str, float]) -> tuple[str, ...]:
    test = (
        f"likelihood ratio {fixed(numbers['lr'], 1)}, {p_clause(numbers['lr_p_value'])}; {fixed(designs[0].n, 0)} rows"
    )
    if numbers["lr_p_value"] >= 0.05:
        return (f"The decisions show no clear tie beyond the regressors ({test}).",)
    told = []
    for i, j in pairs(len(designs)):
        name = f"rho_{i + 1}{j + 1}"
        if numbers[f"{name}_p_value"] < 0.05:
            bounds = f"{fixed(numbers[f'{name}_lower'])} to {fixed(numbers[f'{name}_upper'])}"
            told.append(
                f"{label(designs[i].outcome)} and {label(designs[j].outcome)} {fixed(numbers[name])} ({bounds})"
            )
    tied = f"; correlations with 95\u202f% intervals: {', '.join(told)}" if told else ""
    return (f"The decisions are tied by what is not observed ({test}){tied}.",)


EQUATION = Equation(
    "multivariate-probit",
    r"P(y_i \mid x_i) = \Phi_m(q_{1i} x_{1i}'\beta_1, \dots, q_{mi} x_{mi}'\beta_m;\; Q_i R Q_i),"
    r"\quad q_{ji} = 2 y_{ji} - 1,\; Q_i = \mathrm{diag}(q_i)",
    "P(y_i | x_i) = Phi_m (q_(1 i) x_(1 i)' beta_1, dots, q_(m i) x_(m i)' beta_m; Q_i R Q_i), "
    'quad q_(j i) = 2 y_(j i) - 1, Q_i = "diag"(q_i)',
    "Multivariate probit",
)
