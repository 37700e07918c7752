"""Probit with a random effect of the firm."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from innospace.core.document import Equation
from innospace.core.errors import SpecError
from innospace.core.labels import require_known
from innospace.core.progress import Progress, silent
from innospace.firms.choice import random_effects_report as report
from innospace.firms.choice.binary import fit_binary, require_no_perfect_predictor
from innospace.firms.choice.random_effects_fit import METHODS, EffectsFit, fit_effects
from innospace.firms.choice.random_effects_likelihood import Panel, panel_of
from innospace.firms.choice.random_effects_panel import (
    firm_codes,
    require_columns,
    require_identified,
    require_unique_years,
)
from innospace.firms.design import design, require_binary, table_of
from innospace.firms.estimates import Array, Integers, require_covariance
from innospace.firms.presentation import findings
from innospace.firms.result import FirmResult
from innospace.numerics.linear import standardise
from innospace.numerics.quadrature import MAX_NODES

EQUATION = Equation(
    "random-effects-probit",
    r"P(y_{it} = 1 \mid x_{it}, u_i) = \Phi(x_{it}'\beta + u_i), \quad u_i \sim N(0, \sigma_u^2)",
    "P(y_(i t) = 1 | x_(i t), u_i) = Phi(x_(i t)' beta + u_i), quad u_i tilde.op N(0, sigma_u^2)",
    "Probit with a normal random effect of the firm",
)


@dataclass(frozen=True, slots=True)
class FittedPanel:
    """A fit with the panel it stands on and the pooled log-likelihood."""

    fit: EffectsFit
    panel: Panel
    pooled: float


def random_effects_probit(
    formula: str,
    data: Any,
    *,
    firm: str = "firm",
    year: str = "",
    nodes: int = 0,
    method: str = "adaptive",
    cluster: str | None = None,
    vcov: str = "",
    title: str = "",
    progress: Progress = silent,
) -> FirmResult:
    """Fit a probit with a normal random effect of the firm, integrated out by Gauss-Hermite quadrature.

    Parameters
    ----------
    formula : str
        ``outcome ~ regressors``; the outcome holds 0 and 1.
    data : Dataset, frame or mapping of arrays
        One row a firm and period.
    firm : str
        Column that names the firm.
    year : str, optional
        Column of the period; when given, a firm-year that appears twice is refused.
    nodes : int
        Nodes of the quadrature. With 0 they are doubled from 12 until the log-likelihood moves less than 1e-6. A
        given number is kept, and a warning tells when twice as many would move the log-likelihood more.
    method : str
        ``adaptive`` (nodes at each firm's posterior mode, scaled by its curvature, as in lme4) or ``standard``
        (the same nodes for every firm, as in pglm).
    cluster : str, optional
        Column of clusters that hold whole firms.
    vcov : str, optional
        ``hessian``, ``opg``, ``robust`` (by firm) or ``cluster``; clustered when ``cluster`` is given, else the
        Hessian's.
    title : str, optional
    progress : Progress

    Returns
    -------
    FirmResult
        Coefficients with ``ln_sigma_u``; effects ``average_partial_effect`` and, for 0/1 regressors,
        ``average_discrete_change``, both integrated over the random effect; numbers ``sigma_u``, ``rho``,
        ``lr_no_effect`` and others; frame ``firm_effects``.

    Raises
    ------
    FormulaError, LabelError, DataError, SpecError, SolverError

    Notes
    -----
    Butler and Moffitt (1982); adaptive nodes: Liu and Pierce (1994). The likelihood-ratio test of ``sigma_u = 0``
    has half its mass at zero (Self and Liang 1987). ``rho = sigma_u^2 / (1 + sigma_u^2)``. As in Stata's ``xtprobit``.
    """
    require_quadrature(nodes, method)
    require_columns(table_of(data).frame, firm, *([year] if year else []))
    d = design(formula, data, cluster=cluster, also=(firm, year) if year else (firm,))
    require_binary(d.y, d.outcome)
    if year:
        require_unique_years(d.frame, firm, year)
    codes, labels = firm_codes(d.frame, firm)
    require_identified(d.y, codes, firm, d.outcome)
    require_no_perfect_predictor(d.y, d.x, d.names)
    fitted = fit_panel(d.y, d.x, codes, nodes=nodes, method=method, progress=progress)
    options = {"formula": formula, "firm": firm, "year": year, "nodes": nodes, "method": method, "cluster": cluster}
    description = (
        f"Probit of {d.outcome} = 1 with a normal random effect of the firm that is independent of the regressors, "
        f"by maximum likelihood; the effect is integrated out by {method} Gauss-Hermite quadrature with "
        f"{fitted.fit.nodes} nodes. Effects are averages over the rows and over the random effect."
    )
    result = panel_result(
        fitted,
        FirmResult(
            "random_effects_probit",
            title or f"Random-effects probit of {d.outcome}",
            description,
            d.n,
            d.provenance(options),
            effects_found=report.integrated_effects(d.x, d.names, fitted.fit),
            equations=(EQUATION,),
            warnings=d.messages,
            steps=d.steps,
        ),
        names=(*d.names, report.LN_SIGMA),
        clusters=report.clusters_of_firms(fitted.panel, d.clusters, cluster),
        vcov=vcov,
        labels=labels,
    )
    lasting = report.effect_sentence(dict(result.numbers), result.title)
    return replace(result, sentences=(*(findings(result) if result.effects_found.names else ()), lasting))


def require_quadrature(nodes: int, method: str) -> None:
    """Raise :class:`LabelError` or :class:`SpecError` for an unknown method or an impossible number of nodes."""
    require_known([method], METHODS, kind="method")
    if nodes != 0 and not 2 <= nodes <= MAX_NODES // 2:
        raise SpecError(
            f"{nodes} nodes cannot be used.",
            where="nodes",
            allowed=f"0 (as many as it takes), or 2 to {MAX_NODES // 2}",
            remedy="Leave nodes at 0.",
        )


def fit_panel(
    y: Array, x: Array, codes: Integers, *, nodes: int = 0, method: str = "adaptive", progress: Progress = silent
) -> FittedPanel:
    """Fit a random-effects probit on arrays.

    Parameters
    ----------
    y : ndarray, shape (n,)
        0 and 1.
    x : ndarray, shape (n, k)
        Of full rank.
    codes : ndarray of int, shape (n,)
        Numbers 0 to N - 1 of the firms.

    Raises
    ------
    DataError, SolverError
        Perfect separation; a standard deviation that grows without bound.
    """
    standard = standardise(x)
    pooled = fit_binary(y, standard.matrix)
    panel = panel_of(y, standard.matrix, codes)
    fit = fit_effects(panel, pooled.theta, standard.back, nodes=nodes, method=method, progress=progress)
    return FittedPanel(fit, panel, pooled.log_likelihood)


def panel_result(
    fitted: FittedPanel,
    result: FirmResult,
    *,
    names: tuple[str, ...],
    clusters: Integers | None,
    vcov: str,
    labels: Any,
) -> FirmResult:
    """Return ``result`` with estimates, numbers, checks, status, warnings, tables and frames of the fit."""
    fit, panel = fitted.fit, fitted.panel
    estimates = report.effect_estimates(fit, names, clusters)
    kind = require_covariance(vcov, estimates) if vcov else next(iter(estimates.covariances))
    numbers = report.effect_numbers(fit, estimates, kind, fitted.pooled, panel)
    numbers["share_of_ones"] = float(np.mean(panel.sign > 0))
    return replace(
        result,
        estimates=estimates,
        covariance_kind=kind,
        log_likelihood=fit.log_likelihood,
        numbers={**numbers, **result.numbers},
        status=report.effect_status(fit),
        checks=(*result.checks, *report.effect_checks(fit)),
        warnings=(*result.warnings, *report.effect_warnings(fit, numbers)),
        tables=(*report.variance_table(result.method, numbers), *result.tables),
        frames={"firm_effects": report.firm_frame(fit, panel, labels), **result.frames},
    )
