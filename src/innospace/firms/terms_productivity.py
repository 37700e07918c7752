"""Words of productivity: effects, numbers, columns and checks that its results show."""

from __future__ import annotations

from innospace.core.terms import Term

_OP = "Olley and Pakes (1996)"
_ACF = "Ackerberg, Caves and Frazer (2015)"
_GNR = "Gandhi, Navarro and Rivers (2020)"
_DL = "De Loecker (2013)"

TERMS: tuple[Term, ...] = (
    Term(
        "omega",
        "ω",
        "log points",
        "Log productivity of a firm in a year: log output that inputs do not account for, noise in it.",
        "omega = y - b_l l - b_k k",
        _OP,
    ),
    Term(
        "omega_without_noise",
        "ω",
        "log points",
        "Log productivity with the residual of the first stage taken out: what the firm knew when it chose inputs.",
        "omega = phi - b_l l - b_k k",
        _ACF,
    ),
    Term("tfp", "TFP", "units of output", "Total factor productivity, the exponent of omega.", "TFP = exp(omega)"),
    Term(
        "innovation",
        "ξ",
        "log points",
        "News in productivity: what could not be expected from productivity of the year before.",
        "xi = omega - g(omega_-1, d_-1)",
        _OP,
    ),
    Term(
        "returns_to_scale",
        "",
        "elasticity",
        "Sum of the elasticities: percent by which output grows when all inputs grow by one percent.",
        "b_l + b_k",
    ),
    Term(
        "constant_returns_p",
        "",
        "p-value",
        "p-value of the hypothesis that the elasticities add up to one.",
    ),
    Term(
        "persistence",
        "",
        "share",
        "Mean derivative of expected productivity by productivity of the year before.",
        "mean of g'(omega_-1)",
    ),
    Term(
        "markov_law",
        "g",
        "log points",
        "Coefficients of the law of productivity: powers of lagged productivity in deviations from its mean, and "
        "columns such as export status of the year before (learning by exporting).",
        "omega = g(omega_-1, d_-1) + xi",
        _DL,
    ),
    Term(
        "roots",
        "",
        "table",
        "All elasticities at which the moments of the second stage vanish, and local minima, with the rule by which "
        "one is taken. A false one gives labour the returns to scale and leaves productivity without persistence.",
        "",
        _ACF,
    ),
    Term("objective", "", "", "Second-stage criterion at the estimate; zero up to rounding when moments vanish."),
    Term("transitions", "", "count", "Firm-years whose firm is also seen in the year before."),
    Term("gaps", "", "count", "Firm-years whose firm was seen earlier, but not in the year before; never bridged."),
    Term("first_stage_r2", "", "share", "Share of the variance of log output that the first stage explains."),
    Term(
        "mean_exp_shock",
        "",
        "ratio",
        "Mean of the exponent of the output shock; it takes the shock out of the share of materials.",
        "E[exp(epsilon)]",
        _GNR,
    ),
    Term(
        "share_sum_of_squares",
        "",
        "log points squared",
        "Sum of squared residuals of the regression of the log share of materials.",
        "",
        _GNR,
    ),
    Term("hansen_j", "J", "", "Hansen's statistic of moments beyond coefficients, clustered by firm."),
    Term("excess_moments", "", "count", "Moments beyond coefficients: degrees of freedom of Hansen's statistic."),
    Term("bootstrap_failures", "", "share", "Check: share of bootstrap draws without an estimate."),
    Term(
        "labour_dependence",
        "",
        "share",
        "Check: share of the variance of labour that capital and the proxy explain. Near one, the first stage of "
        "Olley-Pakes and Levinsohn-Petrin cannot identify labour's elasticity.",
        "",
        _ACF,
    ),
    Term("plausible_solutions", "", "count", "Check: number of plausible exact solutions; it should be one.", "", _ACF),
    Term("second_stage", "", "share", "Check: relative fall of the criterion that one more step would bring."),
    Term("moments", "", "", "Check: quadratic form of the second-stage moments; they should vanish.", "", _GNR),
    Term(
        "negative_elasticities",
        "",
        "share",
        "Check: share of firm-years with a negative elasticity of some input.",
        "",
        _GNR,
    ),
)
"""Entries of the glossary."""
