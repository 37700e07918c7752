"""Words of the joint choice models: correlations, effects, tests and checks that their results show."""

from __future__ import annotations

from innospace.core.terms import Term

_GREENE = "Greene (2018), section 17.9"
_UNIT = "points of probability"

_CORRELATION = (
    Term(
        "rho",
        "ρ",
        "",
        "Correlation of the errors of two decisions: what moves both and is not among the regressors. In models of "
        "several decisions rho_12 is that of the first and the second.",
        "rho = corr(e1, e2)",
        _GREENE,
    ),
    Term(
        "athrho",
        "",
        "",
        "The correlation as it is estimated, free of bounds: intervals of rho come from it.",
        "athrho = atanh(rho) = ln((1 + rho) / (1 - rho)) / 2",
        "",
    ),
    Term(
        "rho_lr",
        "",
        "chi-squared",
        "Likelihood-ratio test that the correlation is zero: two separate probits say the same.",
        "2 (lnL - lnL1 - lnL2), 1 degree of freedom",
        _GREENE,
    ),
    Term(
        "rho_wald",
        "",
        "chi-squared",
        "Wald test that the correlation is zero; the one to read with clustered errors or weights.",
        "(athrho / s.e.)^2, 1 degree of freedom",
        _GREENE,
    ),
    Term(
        "lr",
        "",
        "chi-squared",
        "Likelihood-ratio test that all correlations of a multivariate probit are zero.",
        "2 (lnL - sum lnLj), m (m - 1) / 2 degrees of freedom",
        _GREENE,
    ),
    Term(
        "independent_log_likelihood",
        "",
        "",
        "Sum of the log-likelihoods of separate probits: the model without correlation.",
        "",
        "",
    ),
)

_EFFECTS = (
    Term(
        "joint_11",
        "",
        _UNIT,
        "Effect on the probability of both decisions; joint_10: the first only, joint_01: the second only, joint_00: "
        "neither. Averages over the rows used, unless taken at the means.",
        "d Phi2(x1'b1, x2'b2; rho) / dx",
        "Christofides, Stengos and Swidinsky (1997)",
    ),
    Term(
        "marginal_1",
        "",
        _UNIT,
        "Effect on the probability of the first decision, whatever the second; marginal_2 the reverse. In a recursive "
        "model marginal_1 takes in what goes through the treatment: it is direct plus indirect.",
        "d Phi(x1'b1) / dx",
        _GREENE,
    ),
    Term(
        "conditional_1_given_2",
        "",
        _UNIT,
        "Effect on the probability of the first decision among those who take the second; given_not_2 among those who "
        "do not.",
        "d [Phi2(x1'b1, x2'b2; rho) / Phi(x2'b2)] / dx",
        "Christofides, Stengos and Swidinsky (1997)",
    ),
    Term(
        "discrete",
        "",
        _UNIT,
        "Ending of an effect of a 0/1 regressor: mean change of the probability when it goes from 0 to 1 in every row.",
        "mean of P(x = 1) - P(x = 0)",
        _GREENE,
    ),
    Term(
        "probability",
        "",
        "probability",
        "Mean predicted probability over the rows used, with its standard error by the delta method.",
        "",
        "",
    ),
    Term(
        "all_ones",
        "",
        _UNIT,
        "Effect on the probability that every decision of a multivariate probit is taken; all_zeros: that none is.",
        "d Phi_m(x1'b1, ..., xm'bm; R) / dx",
        _GREENE,
    ),
    Term(
        "ate",
        "ATE",
        _UNIT,
        "Average treatment effect in the recursive bivariate probit: change of the probability of the outcome if "
        "everyone were treated instead of no one.",
        "mean of Phi(x1'b1 + g) - Phi(x1'b1)",
        "Chiburis, Das and Lokshin (2012)",
    ),
    Term(
        "att",
        "ATT",
        _UNIT,
        "Average treatment effect on the treated: given that a row chose the treatment, with what that says of its "
        "errors. atu is the same for the untreated.",
        "mean over treated of [Phi2(x1'b1 + g, x2'b2; rho) - Phi2(x1'b1, x2'b2; rho)] / Phi(x2'b2)",
        "Chiburis, Das and Lokshin (2012)",
    ),
    Term(
        "atec",
        "",
        _UNIT,
        "Difference of the probability of the outcome between treated and untreated at the same regressors: effect and "
        "selection together.",
        "mean of P(y1 = 1 | y2 = 1) - P(y1 = 1 | y2 = 0)",
        "Coban (2021), rbiprobit",
    ),
    Term(
        "direct",
        "",
        _UNIT,
        "Effect of a regressor on the outcome of the recursive model through the outcome equation, with the treatment "
        "equation unmoved; indirect: through the treatment alone.",
        "direct + indirect = marginal_1",
        _GREENE,
    ),
    Term(
        "cut",
        "κ",
        "standard deviations",
        "Cut points of an ordered probit: where the latent index passes from one category to the next.",
        "P(y <= j) = Phi(cut_j - x'b)",
        "Greene (2018), section 18.3",
    ),
    Term(
        "category",
        "",
        _UNIT,
        "Effect on the probability of one category of an ordered outcome; those of all categories add up to zero.",
        "d [Phi(cut_j - x'b) - Phi(cut_{j-1} - x'b)] / dx",
        "Greene (2018), section 18.3",
    ),
)

_CHECKS = (
    Term(
        "smallest_combination",
        "",
        "rows",
        "Rows in the rarest combination of two outcomes; with fewer than five their correlation is hardly told.",
        "",
        "",
    ),
    Term(
        "correlation_determined",
        "",
        "",
        "Largest standard error of atanh(rho); above one the interval of a correlation covers most values there are.",
        "",
        "",
    ),
    Term(
        "draws",
        "",
        "count",
        "Draws a row of the GHK simulator: scrambled Halton points, each with its mirror image.",
        "",
        "Train (2009), section 5.6",
    ),
    Term(
        "draws_log_likelihood",
        "",
        "",
        "Change of the simulated log-likelihood when the draws are doubled; above one half more draws are needed.",
        "",
        "",
    ),
    Term(
        "draws_estimates",
        "",
        "standard errors",
        "Largest move of an estimate when the draws are doubled, by one Newton step.",
        "",
        "",
    ),
)

TERMS: tuple[Term, ...] = (*_CORRELATION, *_EFFECTS, *_CHECKS)
