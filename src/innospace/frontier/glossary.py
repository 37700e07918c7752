"""Words of the frontier engine: every term, symbol, coefficient and check that its results show."""

from __future__ import annotations

from innospace.core.formula_text import plain
from innospace.core.terms import Term
from innospace.frontier.panel.models import MODELS
from innospace.frontier.space.spec import SpaceSpec
from innospace.frontier.terms_distributions import DISTRIBUTIONS
from innospace.frontier.terms_replication import REPLICATION
from innospace.frontier.terms_results import RESULTS
from innospace.frontier.terms_structure import STRUCTURE

_SOURCE = "Makarov, Ayvazyan, Afanasyev, Bakhtizin and Nanavyan (2016)"
_ALS = "Aigner, Lovell and Schmidt (1977)"

_SPACE = (
    Term(
        "space",
        "V",
        "links",
        "Size of the overall innovation space: all potential links between organisations that perform R&D and "
        "innovative companies of a region.",
        "V = S B",
        _SOURCE,
    ),
    Term(
        "technologies",
        "Q",
        "per year",
        "Innovations of one type that a region makes in a year; in the paper new production technologies, the mean of "
        "three years.",
        "",
        _SOURCE,
    ),
    Term(
        "rd_organisations",
        "S",
        "count",
        "Organisations of a region that perform R&D.",
        "",
        _SOURCE,
    ),
    Term(
        "innovative_companies",
        "B",
        "count",
        "Innovative companies: enterprises times the share of them that innovate.",
        "B = P I",
        _SOURCE,
    ),
    Term(
        "delta",
        "δ",
        "elasticity",
        "Percent by which innovations on the frontier rise when the innovation space grows by one percent.",
        "ln Q = c + delta ln V + v - u",
        _SOURCE,
    ),
    Term(
        "c",
        "c",
        "log units",
        "Constant of the frontier; with delta it gives the used share w.",
        "c = delta ln w",
        _SOURCE,
    ),
    Term(
        "delta_0",
        "δ₀",
        "per year",
        "Yearly change of the elasticity delta in model (4); hypothesis 2 is that it is zero.",
        "ln Q = c + c_0 t + (delta + delta_0 t) ln V + v - u",
        _SOURCE,
    ),
    Term(
        "c_0",
        "c₀",
        "per year",
        "Yearly change of the constant in model (4); hypothesis 3 is that it is zero.",
        "ln Q = c + c_0 t + (delta + delta_0 t) ln V + v - u",
        _SOURCE,
    ),
    Term(
        "eta",
        "η",
        "elasticity",
        "Additional elasticity to innovative companies in model (3); hypothesis 1 is that it is zero, so that R&D "
        "organisations and innovative companies count alike and their product is the resource.",
        "ln Q = c + delta ln V + eta ln B + v - u",
        _SOURCE,
    ),
    Term(
        "w",
        "w",
        "fraction",
        "Share of the innovation space that a region on the frontier uses.",
        "w = exp(c / delta)",
        _SOURCE,
    ),
    Term(
        "used_share",
        "W",
        "fraction",
        "Share of its innovation space that a region uses.",
        "W_i = w TE_i^(1 / delta)",
        _SOURCE,
    ),
    Term("used_space", "V̂", "links", "Used innovation space of a region.", "V̂_i = W_i V_i", _SOURCE),
)

_FRONTIER = (
    Term(
        "technical_efficiency",
        "TE",
        "fraction",
        "Expected share of the frontier that a unit reaches, given its composed error (columns te and te_bc).",
        "TE_i = E[exp(-u_i) | v_i - u_i]",
        "Battese and Coelli (1988)",
    ),
    Term(
        "te_bc",
        "",
        "fraction",
        "Technical efficiency by Battese and Coelli.",
        "E[exp(-u) | e]",
        "Battese and Coelli (1988)",
    ),
    Term(
        "te_jlms",
        "",
        "fraction",
        "Technical efficiency at the expected inefficiency.",
        "exp(-E[u | e])",
        "Jondrow, Lovell, Materov and Schmidt (1982)",
    ),
    Term(
        "te_mode",
        "",
        "fraction",
        "Technical efficiency at the most likely inefficiency; 1 for every unit on or above the frontier.",
        "exp(-mode(u | e))",
        "Jondrow, Lovell, Materov and Schmidt (1982)",
    ),
    Term(
        "te_lower",
        "",
        "fraction",
        "Lower end of the interval of efficiency given the composed error; parameters are taken as known.",
        "",
        "Horrace and Schmidt (1996)",
    ),
    Term("te_upper", "", "fraction", "Upper end of the interval of efficiency.", "", "Horrace and Schmidt (1996)"),
    Term(
        "inefficiency",
        "u",
        "log units",
        "How far a unit stays behind the frontier; never negative.",
        "y = x'b + v - u (production), y = x'b + v + u (cost)",
        _ALS,
    ),
    Term(
        "noise", "v", "log units", "Symmetric error: luck, weather, measurement; normal.", "v ~ N(0, sigma_v^2)", _ALS
    ),
    Term("lnshape_u", "ln k", "", "Logarithm of the shape of the distribution of inefficiency, as it is estimated."),
    Term("lndf_v", "ln df", "", "Logarithm of the degrees of freedom of Student t noise, as it is estimated."),
    Term(
        "lnscale_u",
        "ln h",
        "",
        "Logarithm of the factor that stretches truncated-normal inefficiency: an index of regressors.",
        "u_i = h_i u*, ln h_i = z_i'd",
        "Wang and Schmidt (2002)",
    ),
    Term(
        "marginal_effects",
        "",
        "",
        "Mean over observations of what one unit more of a regressor of inefficiency does to expected inefficiency and "
        "to expected efficiency, with errors by the delta method.",
        "mean_i dE[u_i] / dz_i, mean_i dE[exp(-u_i)] / dz_i",
        "Wang (2002)",
    ),
    Term(
        "vuong",
        "",
        "",
        "Test whether two models that do not hold each other are equally close to the truth.",
        "sqrt(n) mean(d) / sd(d), d_i = ln f_1 - ln f_2",
        "Vuong (1989)",
    ),
    Term("aic", "AIC", "", "Information criterion of Akaike: smaller is better.", "2 p - 2 ln L", "Akaike (1974)"),
    Term("bic", "BIC", "", "Information criterion of Schwarz: smaller is better.", "p ln n - 2 ln L", "Schwarz (1978)"),
    Term("mu", "μ", "log units", "Mean of the normal variable before it is cut off at zero.", "", "Stevenson (1980)"),
    Term(
        "sigma_u",
        "σᵤ",
        "log units",
        "Scale of inefficiency: of the normal variable before truncation, or the mean of the exponential.",
        "",
        _ALS,
    ),
    Term("sigma_v", "σᵥ", "log units", "Standard deviation of noise.", "", _ALS),
    Term("lnsigma_u2", "ln σᵤ²", "", "Logarithm of sigma_u squared, as it is estimated.", "", ""),
    Term("lnsigma_v2", "ln σᵥ²", "", "Logarithm of sigma_v squared, as it is estimated.", "", ""),
    Term("log_likelihood", "ln L", "", "Logarithm of the likelihood at its maximum.", "", ""),
    Term(
        "no_inefficiency",
        "LR",
        "",
        "Test that sigma_u = 0: likelihood ratio against least squares. Since zero is the edge of what sigma_u may be, "
        "half of the chi-square distribution sits at one degree of freedom less.",
        "LR = 2 (ln L - ln L_ols), chi2(k - 1) / 2 + chi2(k) / 2",
        "Kodde and Palm (1986)",
    ),
    Term(
        "starts",
        "",
        "count",
        "Points from which the maximum was searched (tried), and how many of them reached it (agreed).",
    ),
    Term(
        "hessian",
        "",
        "",
        "Covariance of estimates: inverse of minus the second derivatives of the log-likelihood.",
        "(-H)^-1",
    ),
    Term(
        "opg", "", "", "Covariance of estimates: outer product of the scores.", "(sum s s')^-1", "Berndt et al. (1974)"
    ),
    Term(
        "robust",
        "",
        "",
        "Sandwich covariance, valid when the distribution is not quite right.",
        "H^-1 (sum s s') H^-1",
        "White (1982)",
    ),
    Term(
        "cluster",
        "",
        "",
        "Sandwich covariance with scores summed within clusters, for units that are observed several times.",
        "G / (G - 1) H^-1 (sum_g s_g s_g') H^-1",
        "Liang and Zeger (1986)",
    ),
    Term(
        "jackknife",
        "",
        "",
        "Covariance of estimates that leave out one cluster after the other, to first order; for a structure. Its "
        "errors hold with fewer and more uneven clusters than those of the sandwich.",
        "(G - 1) / G sum_g d_g d_g',  d_g = (A - A_g)^-1 s_g",
        "MacKinnon, Nielsen and Webb (2023)",
    ),
)

_CHECKS = (
    Term(
        "score_at_optimum",
        "",
        "relative",
        "Check: log-likelihood that one more Newton step would still gain, relative to its size. Near zero at a true "
        "maximum.",
        "g' (-H)^-1 g / 2 / (1 + |ln L|)",
    ),
    Term(
        "hessian_negative_definite",
        "",
        "",
        "Check: smallest eigenvalue of the information matrix scaled to unit diagonal. Near zero when the data cannot "
        "tell parameters apart.",
    ),
    Term(
        "skewness",
        "",
        "",
        "Check and test: skewness of least-squares residuals. Inefficiency bends them to the left (production) or to "
        "the right (cost); the other way, the estimate is no inefficiency.",
        "m3 / m2^1.5",
        "Waldman (1982), Coelli (1995)",
    ),
    Term(
        "starts_agree",
        "",
        "fraction",
        "Check: share of starts that reached the reported maximum; one of one where it is that of a quadratic "
        "programme (half-normal without noise), which has no other.",
    ),
    Term(
        "wrong_skewness",
        "",
        "",
        "Boundary: residuals are skewed away from inefficiency, so the maximum has sigma_u = 0 and least squares is "
        "the estimate.",
        "",
        "Waldman (1982)",
    ),
    Term(
        "gamma_one",
        "",
        "",
        "Boundary: the maximum has no noise (sigma_v = 0), so every deviation from the frontier counts as inefficiency "
        "and usual standard errors do not exist; intervals of coefficients come from the profile likelihood.",
    ),
    Term(
        "profile",
        "",
        "",
        "Interval of a coefficient of a frontier: the values at which the log-likelihood, everything else estimated "
        "again, stays within half a quantile of chi-square of its maximum. result.profile(name); it exists also "
        "without noise, where there are no standard errors.",
        "2 (l - l_p(value)) <= chi2(level, 1)",
    ),
    Term(
        "mu_minus_infinity",
        "",
        "",
        "Boundary: the truncated-normal likelihood rises as mu falls without end, towards the exponential model.",
    ),
    Term(
        "mu_minus_infinity_index",
        "",
        "",
        "Boundary: the same where mu or the scale has regressors; it tends to the exponential with these regressors of "
        "ln sigma_u^2.",
    ),
    Term(
        "index_unbounded",
        "",
        "",
        "Boundary: a coefficient of ln sigma_u^2 or ln sigma_v^2 grows without limit, because its regressor sets rows "
        "apart that have no noise or no inefficiency.",
    ),
    Term(
        "shape_unbounded",
        "",
        "",
        "Boundary: the shape of the distribution of inefficiency goes to the end of its range, where a simpler "
        "distribution says the same.",
    ),
    Term(
        "noise_is_normal",
        "",
        "",
        "Boundary: the degrees of freedom of Student t noise grow without end, so that noise is normal.",
    ),
    Term("skewness_schmidt_lin", "", "", "Test of skewness for small samples.", "", "Schmidt and Lin (1984)"),
)

_PANEL = (
    Term(
        "battese_coelli_1995",
        "",
        "",
        "Inefficiency of every row with a mean that moves with regressors; nothing ties rows of a unit, so that "
        'it is fitted without a panel: inefficiency = "truncated_normal" and mu: z in the formula or in determinants.',
        "u_it ~ N(z_it'd, sigma_u^2) cut off at zero",
        "Battese and Coelli (1995)",
    ),
    *(Term(m.name, "", "", f"Panel frontier. {m.says}", "", m.source) for m in MODELS.values()),
    Term(
        "eta",
        "η",
        "per period",
        "Rate at which inefficiency of every unit falls (above zero) or grows, battese_coelli_1992.",
        "u_it = exp(-eta (t - T_i)) u_i",
    ),
    Term("lnsigma_w2", "ln σ_w²", "log squared units of the outcome", "Log-variance of effects of the units."),
    Term(
        "lnsigma_h2",
        "ln σ_h²",
        "log squared units of the outcome",
        "Log-variance of persistent inefficiency before truncation.",
    ),
    Term("te_transient", "", "fraction", "Technical efficiency that belongs to the period."),
    Term("te_persistent", "", "fraction", "Technical efficiency that belongs to the unit and lasts."),
    Term("sigma_h_zero", "", "", "Boundary: the likelihood is largest without persistent inefficiency."),
    Term("sigma_w_zero", "", "", "Boundary: the likelihood is largest without effects of the units."),
    Term(
        "path_jumps",
        "",
        "",
        "Boundary: the likelihood is largest where the path of inefficiency over time jumps: single periods have all "
        "of it.",
    ),
    Term(
        "mu_infinity",
        "",
        "",
        "Boundary: the truncated normal rises as mu grows and the path of inefficiency flattens, until it is a trend "
        "in time that all units share.",
    ),
    Term("no_persistent_inefficiency", "", "", "Likelihood ratio against the model without persistent inefficiency."),
    Term("degrees_of_freedom", "", "rows", "Check: rows left after an intercept of its own for each unit."),
    Term("mundlak", "", "", "Means of the regressors by unit join the regressors.", "", "Mundlak (1978)"),
)

_META = (
    Term(
        "gap_ratio",
        "TGR",
        "fraction",
        "Technology gap ratio: the frontier of the own group as a share of the metafrontier; with a stochastic one its "
        "interval given the residual of the row (gap_ratio_lower, gap_ratio_upper).",
        "TGR = exp(f_group - f_meta)",
        "Battese, Rao and O'Donnell (2004)",
    ),
    Term(
        "envelope",
        "",
        "as the outcome",
        "Check: by how much a group frontier passes the deterministic metafrontier at any row.",
    ),
    Term("te_meta", "", "fraction", "Technical efficiency against the metafrontier.", "te_meta = te gap_ratio"),
    Term(
        "grouping",
        "",
        "",
        "How regions are grouped: columns of output by sector or of indicators, their principal components, and "
        "Ward's clustering. In Python innospace.data.Grouping, in a study groups_from and the keys beside it.",
        "",
        "Makarov et al. (2014)",
    ),
    Term("group_frontiers", "", "", "Equation of a metafrontier: every group has a frontier of its own."),
)

_EQUATIONS = tuple(
    Term(e.name, "", "", e.meaning, plain(e.typst), _SOURCE, e.latex, "equations of the innovation space")
    for e in SpaceSpec().equations()
)

TERMS = (
    *_META,
    *_SPACE,
    *_FRONTIER,
    *DISTRIBUTIONS,
    *_CHECKS,
    *REPLICATION,
    *_PANEL,
    *STRUCTURE,
    *_EQUATIONS,
    *RESULTS,
)


def explain_terms() -> tuple[Term, ...]:
    """Return every term of this engine."""
    return TERMS
