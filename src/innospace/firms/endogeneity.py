"""Regressors that are themselves chosen: two-stage least squares, and control functions for binary outcomes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from innospace.core.document import Equation
from innospace.core.errors import SpecError
from innospace.core.labels import require_known
from innospace.core.parts import Resume
from innospace.core.progress import Progress, silent
from innospace.firms import endogeneity_report as report
from innospace.firms.choice.binary import LINKS, optimum_check, require_no_perfect_predictor
from innospace.firms.design import require_binary
from innospace.firms.endogeneity_control import FIRST_STAGES, bootstrap_control, control_effects, fit_control
from innospace.firms.endogeneity_design import instrumented
from innospace.firms.endogeneity_fit import FTest, anderson_rubin, first_stages, hansen, sargan, two_stage, wu_hausman
from innospace.firms.estimates import Estimates, require_covariance
from innospace.firms.result import FirmResult

_IV = Equation(
    "two-stage-least-squares",
    r"y_i = x_i'\beta + d_i'\alpha + e_i, \quad d_i = x_i'\pi + z_i'\gamma + v_i, \quad E[z_i e_i] = 0",
    "y_i = x_i' beta + d_i' alpha + e_i, quad d_i = x_i' pi + z_i' gamma + v_i, quad E[z_i e_i] = 0",
    "Linear equation with instruments z",
)
_CONTROL = Equation(
    "control-function",
    r"P(y_i = 1) = F(x_i'\beta + d_i\alpha + \hat v_i\kappa), \quad \hat v_i = d_i - x_i'\hat\pi - z_i'\hat\gamma",
    "P(y_i = 1) = F(x_i' beta + d_i alpha + hat(v)_i kappa), quad hat(v)_i = d_i - x_i' hat(pi) - z_i' hat(gamma)",
    "Binary choice with the first-stage residual as a regressor",
)


def instrumental_variables(
    formula: str,
    data: Any,
    *,
    endogenous: Sequence[str],
    instruments: Sequence[str],
    cluster: str | None = None,
    vcov: str = "",
    title: str = "",
) -> FirmResult:
    """Fit a linear equation with endogenous regressors by two-stage least squares.

    Parameters
    ----------
    formula : str
        ``outcome ~ regressors``, the endogenous ones among them.
    data : Dataset, frame or mapping of arrays
    endogenous : sequence of str
        Regressors that are not exogenous.
    instruments : sequence of str
        Excluded instruments: columns or transforms that are not in the formula.
    cluster : str, optional
        Column of cluster labels.
    vcov : str, optional
        ``analytic``, ``robust`` (HC1) or ``cluster``; clustered when ``cluster`` is given, else analytic.
    title : str, optional

    Returns
    -------
    FirmResult
        Coefficients; numbers ``first_stage_f``, ``wu_hausman``, ``anderson_rubin`` and, with instruments to spare,
        ``sargan`` and ``hansen_j``, each with its ``_p_value``; table ``instrumental_variables-first-stage``. F tests
        use the covariance of ``vcov``.

    Raises
    ------
    FormulaError, LabelError, DataError, SpecError

    Notes
    -----
    Errors have ``n - k`` degrees of freedom, as in R's ivreg and Stata's ``ivregress, small``. Second method: pyfixest
    and GMM by hand (tests). Wooldridge (2010), chapters 5 and 6.
    """
    d = instrumented(formula, data, endogenous, instruments, cluster)
    stages = first_stages(d)
    fit = two_stage(d, stages)
    estimates = Estimates(d.names, fit.theta, fit.covariances, fit.degrees)
    kind = require_covariance(vcov, estimates) if vcov else next(iter(estimates.covariances))
    tests: dict[str, FTest | None] = {"wu_hausman": wu_hausman(d, stages, kind), "sargan": sargan(d, fit)}
    tests |= {"anderson_rubin": anderson_rubin(d, kind), "hansen_j": hansen(d, fit)}
    weak = report.weakness(stages, kind)
    options = {"formula": formula, "endogenous": list(d.endogenous_names), "instruments": list(instruments)}
    result = FirmResult(
        method="instrumental_variables",
        title=title or f"Two-stage least squares of {d.design.outcome}",
        description=f"Linear equation of {d.design.outcome} in which {', '.join(d.endogenous_names)} "
        f"{'is' if len(stages) == 1 else 'are'} endogenous, by two-stage least squares. The instruments must move the "
        "endogenous regressors and touch the outcome through them alone; the second part cannot be tested fully.",
        n=d.design.n,
        provenance=d.design.provenance({**options, "cluster": cluster}),
        estimates=estimates,
        numbers={**report.strength(stages, kind), **report.tested(tests), **report.cluster_count(d)},
        equations=(_IV,),
        tables=(report.stage_table("instrumental_variables", stages, kind),),
        checks=(weak, *report.overidentification(tests, kind)),
        warnings=(*d.design.messages, *report.weak_warning(weak)),
        steps=d.design.steps,
        covariance_kind=kind,
    )
    return report.linear_findings(result, d, tests)


def control_function(
    formula: str,
    data: Any,
    *,
    endogenous: Sequence[str],
    instruments: Sequence[str],
    link: str = "probit",
    first_stage: str = "linear",
    cluster: str | None = None,
    vcov: str = "",
    draws: int = 0,
    seed: int = 20051231,
    workers: int | None = 1,
    executor: Any = None,
    resume: Resume = None,
    title: str = "",
    progress: Progress = silent,
) -> FirmResult:
    """Fit a probit or logit with endogenous regressors by including their first-stage residuals.

    Parameters
    ----------
    formula : str
        ``outcome ~ regressors``, the endogenous ones among them; the outcome holds 0 and 1.
    data : Dataset, frame or mapping of arrays
    endogenous : sequence of str
        Regressors that are not exogenous.
    instruments : sequence of str
        Excluded instruments: columns or transforms that are not in the formula.
    link : str
        ``probit`` or ``logit``.
    first_stage : str
        ``linear`` (least squares, for continuous regressors) or ``probit`` (0/1 regressors, generalised residuals).
    cluster : str, optional
        Column of cluster labels.
    vcov : str, optional
        ``robust``, ``cluster`` or, with ``draws``, ``bootstrap``; the bootstrap when there is one, else clustered when
        ``cluster`` is given, else robust. All of them carry the error of the first stage.
    draws : int
        Draws of a bootstrap of both stages over rows, or clusters; 0 for none.
    seed : int
        Of the bootstrap.
    workers : int, optional
        Processes of the bootstrap; all cores when None.
    executor : optional
        An executor of :mod:`concurrent.futures` instead of ``workers``, such as that of a cluster.
    resume : path or Parts, optional
        A folder where finished draws are kept until all is done, so that an interrupted call goes on.
    title : str, optional
    progress : Progress

    Returns
    -------
    FirmResult
        Coefficients, ``residual: {regressor}`` and ``first stage {regressor}: {variable}``; effects
        ``average_marginal_effect`` and ``average_discrete_change``, means over firms with their residuals; numbers
        ``first_stage_f``, ``exogeneity`` (Wald test that no residual matters) and its ``_p_value``.

    Raises
    ------
    FormulaError, LabelError, DataError, SpecError, SolverError

    Notes
    -----
    Rivers and Vuong (1988); Terza, Basu and Rathouz (2008); generalised residuals: Wooldridge (2015).
    Effects are means over the rows as they are, each with its own residual, as ``margins`` gives them after a probit
    with residuals. Errors: both stages stacked as one set of estimating equations (robust Murphy-Topel, 1985).
    Coefficients are scaled by ``1 / sqrt(1 - rho^2)`` relative to the structural equation; effects are not.
    """
    require_known([link], LINKS, kind="link")
    require_known([first_stage], FIRST_STAGES, kind="first stage")
    if draws < 0 or draws == 1:
        allowed = "0 for analytic errors, or 2 and more"
        raise SpecError(f"{draws} draws make no bootstrap.", where="draws", allowed=allowed, remedy="Give 200.")
    d = instrumented(formula, data, endogenous, instruments, cluster)
    require_binary(d.y, d.design.outcome)
    require_no_perfect_predictor(d.y, d.x, d.names)
    if first_stage == "probit":
        for j in d.endogenous:
            require_binary(d.x[:, j], d.names[j])
    fit = fit_control(d, link, first_stage)
    covariances, lost = dict(fit.covariances), 0
    if draws:
        how: dict[str, Any] = {"workers": workers, "executor": executor, "resume": resume}
        drawn, lost = bootstrap_control(d, link, first_stage, draws, seed, **how, progress=progress)
        covariances = {"bootstrap": drawn, **covariances}
    estimates = Estimates(fit.names, fit.theta, covariances)
    kind = require_covariance(vcov, estimates) if vcov else next(iter(covariances))
    stages = first_stages(d)
    stage_kind = "cluster" if cluster else "robust"
    weak = report.weakness(stages, stage_kind)
    test = fit.exogeneity(covariances[kind])
    options: dict[str, object] = {"formula": formula, "endogenous": list(d.endogenous_names)}
    options |= {
        "instruments": list(instruments),
        "link": link,
        "first_stage": first_stage,
        "cluster": cluster,
        "draws": draws,
    }
    result = FirmResult(
        method="control_function",
        title=title or f"{link.capitalize()} of {d.design.outcome} with a control function",
        description=f"{link.capitalize()} of {d.design.outcome} = 1 in which {', '.join(d.endogenous_names)} "
        f"{'is' if len(stages) == 1 else 'are'} endogenous: the residual of a {first_stage} first stage enters as a "
        "regressor and takes up what makes the regressor endogenous. Effects are averages over rows, each with its "
        "residual; errors carry those of the first stage.",
        n=d.design.n,
        provenance=d.design.provenance(options, seed if draws else None),
        estimates=estimates,
        effects_found=control_effects(d, fit, link),
        log_likelihood=fit.log_likelihood,
        numbers={
            **report.strength(stages, stage_kind),
            **report.tested({"exogeneity": test}),
            **report.cluster_count(d),
            **({"draws": float(draws), "draws_lost": float(lost)} if draws else {}),
        },
        equations=(_CONTROL,),
        tables=(report.stage_table("control_function", stages, stage_kind),),
        checks=(optimum_check(fit.optimum), weak),
        warnings=(*d.design.messages, *report.weak_warning(weak), *report.lost_warning(lost, draws)),
        steps=d.design.steps,
        covariance_kind=kind,
    )
    return report.choice_findings(result, d, test)
