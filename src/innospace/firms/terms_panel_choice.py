"""Words of choices over time and of regressors that are themselves chosen."""

from __future__ import annotations

from innospace.core.terms import Term

_WOOLDRIDGE = "Wooldridge (2005)"
_HECKMAN = "Heckman (1981)"

TERMS: tuple[Term, ...] = (
    Term(
        "sigma_u",
        "σ_u",
        "index units",
        "Standard deviation of the random effect: how far firms differ in what lasts and no regressor holds, where the "
        "noise of a year has standard deviation 1.",
        "u_i ~ N(0, sigma_u^2)",
        "Butler and Moffitt (1982)",
    ),
    Term("ln_sigma_u", "ln σ_u", "log units", "Logarithm of sigma_u, the parameter that is searched for."),
    Term(
        "rho",
        "ρ",
        "share",
        "Share of lasting differences between firms in the variance that regressors leave; in a random-effects probit.",
        "rho = sigma_u^2 / (1 + sigma_u^2)",
        "Butler and Moffitt (1982)",
    ),
    Term(
        "lr_no_effect",
        "LR",
        "",
        "Likelihood-ratio statistic of sigma_u = 0 against the pooled probit. As sigma_u cannot be negative, its "
        "p-value is half of that of a chi-squared variable with one degree of freedom.",
        "LR = 2 (log L - log L_pooled)",
        "Self and Liang (1987)",
    ),
    Term(
        "quadrature_converged",
        "",
        "log-likelihood",
        "Check: by how much the log-likelihood moves when the nodes of the quadrature are doubled; at most 1e-6.",
    ),
    Term("nodes", "", "count", "Points at which the integral over the random effect is evaluated for every firm."),
    Term("firms_that_change", "", "count", "Firms whose outcome is 0 in some years and 1 in others."),
    Term(
        "average_partial_effect",
        "APE",
        "points of probability",
        "Mean over the rows and over the random effect of the derivative of the probability by a regressor.",
        "APE_j = mean phi(x'b / sqrt(1 + sigma_u^2)) b_j / sqrt(1 + sigma_u^2)",
        "Wooldridge (2010), section 15.8",
    ),
    Term(
        "state_dependence",
        "",
        "points of probability",
        "How much more likely an outcome is because it took place one period before, for the same firm with the same "
        "traits: sunk costs, learning, habits. What remains of raw persistence are lasting differences.",
        "mean [P(1 | lag 1) - P(1 | lag 0)], integrated over the random effect",
        _WOOLDRIDGE,
    ),
    Term(
        "persistence_probability",
        "",
        "probability",
        "Mean probability of the outcome if every firm had had it one period before.",
        "mean P(1 | lag 1)",
        _WOOLDRIDGE,
    ),
    Term(
        "entry_probability",
        "",
        "probability",
        "Mean probability of the outcome if no firm had had it one period before.",
        "mean P(1 | lag 0)",
        _WOOLDRIDGE,
    ),
    Term(
        "observed_persistence",
        "",
        "share",
        "Share of rows with the outcome among those that had it one period before, as it is in the data.",
    ),
    Term(
        "observed_entry",
        "",
        "share",
        "Share of rows with the outcome among those that did not have it one period before, as it is in the data.",
    ),
    Term(
        "initial_outcome",
        "y_i0",
        "0 or 1",
        "Outcome of a firm's first year, coefficient initial_{outcome}: where a firm starts is not chance, and leaving "
        "it out makes state dependence look larger.",
        "",
        _WOOLDRIDGE,
    ),
    Term(
        "firm_means",
        "",
        "unit of the regressor",
        "Means of a regressor over the years of a firm, coefficients mean_{regressor}: they take up the part of the "
        "firm's effect that goes with its regressors.",
        "",
        "Mundlak (1978)",
    ),
    Term(
        "theta",
        "θ",
        "",
        "Loading of a firm's first period on its random effect, relative to later ones. At zero the start of a firm is "
        "unrelated to what makes it differ later.",
        "P(y_i0 = 1) = Phi(z_i'g + theta u_i)",
        _HECKMAN,
    ),
    Term(
        "first_stage_f",
        "F",
        "",
        "F statistic of the excluded instruments in the regression of an endogenous regressor on all exogenous ones. "
        "Below 10 the instruments are called weak and estimates lean towards those without instruments.",
        "",
        "Staiger and Stock (1997)",
    ),
    Term(
        "wu_hausman",
        "",
        "",
        "Test that a regressor is exogenous: its first-stage residual has no effect on the outcome.",
        "",
        "Wu (1973); Hausman (1978)",
    ),
    Term(
        "sargan",
        "",
        "",
        "Test that all instruments are valid when there are more of them than endogenous regressors; it trusts as many "
        "of them as there are endogenous regressors.",
        "n R^2 of residuals on all exogenous variables",
        "Sargan (1958)",
    ),
    Term(
        "anderson_rubin",
        "",
        "",
        "Test that all endogenous regressors have no effect, valid however weak the instruments are.",
        "",
        "Anderson and Rubin (1949)",
    ),
    Term(
        "control_function",
        "2SRI",
        "",
        "The residual of an endogenous regressor's first stage enters the outcome equation and takes up what makes the "
        "regressor endogenous. Its coefficient is zero if the regressor is exogenous.",
        "P(y = 1) = Phi(x'b + a d + c v), v = d - z'g",
        "Rivers and Vuong (1988); Terza, Basu and Rathouz (2008)",
    ),
)
