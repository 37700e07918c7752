"""Dynamic random-effects probit: whether an outcome lasts because it took place before."""

from __future__ import annotations

from typing import Any

from innospace.core.document import Equation
from innospace.core.errors import SpecError
from innospace.core.labels import require_known
from innospace.core.progress import Progress, silent
from innospace.firms.choice import dynamic_report
from innospace.firms.choice import random_effects_report as report
from innospace.firms.choice.dynamic_fit import Rows, joined, state_dependence, transitions
from innospace.firms.choice.dynamic_heckman import DynamicFit, require_estimable, with_first_period
from innospace.firms.choice.dynamic_panel import MEANS, Columns, DynamicRows, dynamic_rows, outcome_columns
from innospace.firms.choice.random_effects import fit_panel, panel_result, require_quadrature
from innospace.firms.result import FirmResult

CONDITIONS = ("wooldridge", "heckman")
_EQUATIONS = {
    "wooldridge": Equation(
        "dynamic-probit-wooldridge",
        r"P(y_{it} = 1) = \Phi(x_{it}'\beta + \rho\, y_{i,t-1} + \alpha\, y_{i0} + \bar{x}_i'\delta + u_i), "
        r"\quad u_i \sim N(0, \sigma_u^2)",
        "P(y_(i t) = 1) = Phi(x_(i t)' beta + rho y_(i,t-1) + alpha y_(i 0) + macron(x)_i' delta + u_i), "
        "quad u_i tilde.op N(0, sigma_u^2)",
        "Dynamic probit; the effect of the firm depends on its first outcome and means (Wooldridge 2005)",
    ),
    "heckman": Equation(
        "dynamic-probit-heckman",
        r"P(y_{it} = 1) = \Phi(x_{it}'\beta + \rho\, y_{i,t-1} + u_i), \quad "
        r"P(y_{i0} = 1) = \Phi(z_i'\gamma + \theta u_i)",
        "P(y_(i t) = 1) = Phi(x_(i t)' beta + rho y_(i,t-1) + u_i), quad P(y_(i 0) = 1) = Phi(z_i' gamma + theta u_i)",
        "Dynamic probit with an equation for the first period (Heckman 1981)",
    ),
}


def dynamic_probit(
    formula: str,
    data: Any,
    *,
    firm: str = "firm",
    year: str = "year",
    method: str = "wooldridge",
    means: str = "later",
    lag: str = "",
    initial: str = "",
    initial_formula: str = "",
    step: int = 1,
    nodes: int = 0,
    quadrature: str = "adaptive",
    cluster: str | None = None,
    vcov: str = "",
    title: str = "",
    progress: Progress = silent,
) -> FirmResult:
    """Fit a probit with the outcome of the year before and a random effect of the firm.

    Parameters
    ----------
    formula : str
        ``outcome ~ regressors`` without the outcome before, which is added as ``lag_{outcome}``.
    data : Dataset, frame or mapping of arrays
        One row a firm and year. Only true previous years are used: a row after a gap is left out and counted.
    firm, year : str
        Columns of the firm and of the year.
    method : str
        ``wooldridge`` adds the first outcome (``initial_{outcome}``) and firm means (``mean_{regressor}``);
        ``heckman`` adds an equation for the first period (``initial: {regressor}``) that loads on the effect
        with ``theta``.
    means : str
        Means over the rows used (``later``, as in Wooldridge 2005), the first year too (``all``), or ``none``.
        Regressors that do not vary within firms, or vary with the year only, get none. Not used by ``heckman``.
    lag, initial : str, optional
        Ready-made columns of the outcome one step earlier and of the first outcome.
    initial_formula : str, optional
        ``outcome ~ regressors`` of the first period (``heckman``); the regressors of ``formula`` when not given.
    step : int
        Years between waves.
    nodes : int
        Nodes of the quadrature; with 0 they are doubled until the log-likelihood moves less than 1e-6.
    quadrature : str
        ``adaptive`` or ``standard``; see ``method`` of :func:`random_effects_probit`.
    cluster : str, optional
        Column of clusters that hold whole firms.
    vcov : str, optional
        ``hessian``, ``opg``, ``robust`` (by firm) or ``cluster``.
    title : str, optional
    progress : Progress

    Returns
    -------
    FirmResult
        Effects of the lag: ``state_dependence`` (mean ``P(1 | lag 1) - P(1 | lag 0)``),
        ``persistence_probability``, ``entry_probability``; ``average_partial_effect`` and
        ``average_discrete_change`` of the regressors; all integrated over the effect.
        Table ``dynamic_probit-transitions``, figure ``dynamic_probit-persistence``.

    Raises
    ------
    FormulaError, LabelError, DataError, SpecError, SolverError

    Notes
    -----
    Wooldridge (2005); Heckman (1981), as in Stata's ``redprob`` (Stewart 2006). Rabe-Hesketh and Skrondal (2013) show
    that means which include the first year should not stand alone; hence the default.
    """
    _require_options(method, means, nodes, quadrature, lag, initial, initial_formula)
    rows = dynamic_rows(formula, data, firm=firm, year=year, step=step, cluster=cluster, lag=lag, initial=initial)
    outcome = rows.design.outcome
    wooldridge = method == "wooldridge"
    columns = outcome_columns(rows, outcome, lag=lag, year=year, means=means, initial=initial, conditions=wooldridge)
    name = columns.names[columns.names.index(lag or f"lag_{outcome}")]
    kwargs: dict[str, Any] = {"nodes": nodes, "method": quadrature, "progress": progress}
    if wooldridge:
        found = _wooldridge(rows, columns, firm, cluster, kwargs)
    else:
        found = with_first_period(rows, columns, firm, cluster, initial_formula, kwargs)
    used, fit = found.used, found.fitted.fit
    effects = joined(
        state_dependence(used.x, columns.names, name, fit),
        report.integrated_effects(used.x, columns.names, fit, leave_out=(name, *columns.controls)),
    )
    options: dict[str, Any] = {
        "formula": formula,
        "firm": firm,
        "year": year,
        "method": method,
        "means": means,
        "lag": lag,
    }
    options |= {"initial": initial, "initial_formula": initial_formula, "step": step, "nodes": nodes}
    result = panel_result(
        found.fitted,
        FirmResult(
            "dynamic_probit",
            title or f"Dynamic probit of {outcome}",
            dynamic_report.description(outcome, method, step, quadrature, fit.nodes),
            len(used.y),
            rows.design.provenance({**options, "quadrature": quadrature, "cluster": cluster}),
            effects_found=effects,
            numbers={**rows.counts, **transitions(used.y, used.x[:, columns.names.index(name)])},
            equations=(_EQUATIONS[method],),
            warnings=(*rows.design.messages, *rows.messages, *found.messages),
            steps=rows.design.steps,
        ),
        names=found.names,
        clusters=found.clusters,
        vcov=vcov,
        labels=rows.labels,
    )
    return dynamic_report.told(result, outcome, name, step)


def _require_options(
    method: str, means: str, nodes: int, quadrature: str, lag: str, initial: str, initial_formula: str
) -> None:
    require_known([method], CONDITIONS, kind="method")
    require_known([means], MEANS, kind="means")
    require_quadrature(nodes, quadrature)
    if method == "heckman" and (initial or lag):
        raise SpecError(
            "Heckman's method needs the rows of the first year, not ready-made columns of earlier outcomes.",
            where=f"lag {lag!r}, initial {initial!r}",
            allowed="lag and initial with method wooldridge",
            remedy="Give the whole panel with its first year, or use method wooldridge.",
        )
    if method == "wooldridge" and initial_formula:
        raise SpecError(
            "An equation for the first period belongs to Heckman's method.",
            where=f"initial_formula {initial_formula!r}",
            allowed="initial_formula with method heckman",
            remedy="Use method heckman, or leave initial_formula out.",
        )


def _wooldridge(
    rows: DynamicRows, columns: Columns, firm: str, cluster: str | None, options: dict[str, Any]
) -> DynamicFit:
    used = Rows(rows.design.y[rows.used], columns.x, rows.codes[rows.used])
    require_estimable(used, columns.names, firm, rows.design.outcome)
    fitted = fit_panel(used.y, used.x, used.codes, **options)
    clusters = None if rows.design.clusters is None else rows.design.clusters[rows.used]
    of_firms = report.clusters_of_firms(fitted.panel, clusters, cluster)
    return DynamicFit(fitted, used, (*columns.names, report.LN_SIGMA), of_firms)
