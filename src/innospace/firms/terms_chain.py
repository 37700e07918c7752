"""Words of complementarity, partners, mediation, selection and the chain from R&D to productivity."""

from __future__ import annotations

from innospace.core.terms import Term

_KP = "Kodde and Palm (1986)"
_IKT = "Imai, Keele and Tingley (2010)"
_CDM = "Crépon, Duguet and Mairesse (1998)"
_HECKMAN = "Heckman (1979)"
_POINTS = "points of probability"

_COMPLEMENTARITY = (
    Term(
        "supermodularity",
        "",
        "unit of the outcome or of the index",
        "What two practices add together beyond the sum of what each adds alone, the other practices held fixed; "
        "positive for complements.",
        "b11 - b10 - b01 + b00",
        "Milgrom and Roberts (1990)",
    ),
    Term(
        "supermodularity_probability",
        "",
        _POINTS,
        "The same double difference of average predicted probabilities, in a probit or logit.",
        "mean of F11 - F10 - F01 + F00",
    ),
    Term(
        "relative_to_none",
        "",
        "unit of the outcome or of the index",
        "Coefficient of a combination of practices less that of no practice.",
        "b_cell - b_none",
    ),
    Term(
        "distance_complementarity",
        "D",
        "",
        "Squared distance of the estimated restrictions from the region in which all are at least zero, in the metric "
        "of their covariance. Large values speak against complementarity.",
        "D = min over g >= 0 of (g_hat - g)' V^-1 (g_hat - g)",
        _KP,
    ),
    Term(
        "distance_substitutability",
        "D",
        "",
        "The same distance from the region in which all restrictions are at most zero. Large values speak against "
        "substitutability.",
        "D = min over g <= 0 of (g_hat - g)' V^-1 (g_hat - g)",
        _KP,
    ),
    Term(
        "p_complementarity",
        "p",
        "",
        "Probability of a distance at least this large were all restrictions zero; below 0.05 complementarity is "
        "rejected. Exact up to five restrictions given the covariance, simulated beyond.",
        "p = sum_i w_i P(chi2(k - i) >= D)",
        _KP,
    ),
    Term(
        "p_substitutability",
        "p",
        "",
        "The same probability for substitutability.",
        "p = sum_i w_i P(chi2(k - i) >= D)",
        _KP,
    ),
    Term(
        "p_strict_complementarity",
        "p",
        "",
        "One-sided p-value of a single restriction against the null that practices are not complements.",
        "P(T >= t)",
    ),
    Term(
        "p_strict_substitutability",
        "p",
        "",
        "One-sided p-value of a single restriction against the null that practices are not substitutes.",
        "P(T <= t)",
    ),
    Term(
        "smallest_cell",
        "",
        "rows",
        "Rows in the rarest combination of practices; with few the test rests on chance.",
        "",
    ),
    Term(
        "interaction_effect",
        "",
        "unit of the outcome",
        "How the effect of one regressor on the outcome's mean changes with another, averaged over rows. In a probit "
        "it is not the coefficient of the product.",
        "double difference or cross derivative of F",
        "Ai and Norton (2003)",
    ),
    Term(
        "naive_interaction",
        "",
        "unit of the outcome",
        "Coefficient of the product times the mean density: what a marginal effect of the product would say, for "
        "comparison only.",
        "b12 mean f(x'b)",
    ),
    Term("phi", "φ", "correlation", "Pearson correlation of two 0/1 columns.", "", "Pearson (1900)"),
    Term(
        "tetrachoric",
        "",
        "correlation",
        "Correlation of two latent normal propensities that gives the observed table of two 0/1 columns.",
        "P(both) = Phi2(h, k, rho)",
        "Pearson (1900)",
    ),
    Term(
        "conditional_tetrachoric",
        "ρ",
        "correlation",
        "The same given controls: correlation of the disturbances of a bivariate probit.",
        "",
        "",
    ),
    Term(
        "residual_correlation",
        "",
        "correlation",
        "Correlation of the generalised residuals of two probits on the controls.",
        "E[e | y] = phi / Phi or -phi / (1 - Phi)",
        "Arora and Gambardella (1990)",
    ),
)

_PARTNERS = (
    Term(
        "difference_between_partners",
        "",
        _POINTS,
        "Effect of a regressor on winning the first kind of partner less its effect on winning the second.",
        "",
    ),
    Term(
        "difference_of_partner_effects",
        "",
        _POINTS,
        "Effect of the first kind of partner on an outcome less that of the second.",
        "",
    ),
    Term(
        "change_with_partners",
        "",
        _POINTS,
        "How the effect of a regressor on an outcome changes when partners are added to the equation.",
        "with less without",
    ),
    Term(
        "total",
        "",
        "unit of the outcome",
        "Total effect: of the treatment on the outcome's mean, all ways together. Of R&D intensity on productivity in "
        "the chain.",
        "Y(1, M(1)) - Y(0, M(0))",
        _IKT,
    ),
    Term(
        "indirect_average",
        "ACME",
        "unit of the outcome",
        "Average causal mediation effect: the part of the total that goes through the mediator, averaged over treated "
        "and control.",
        "mean over t of Y(t, M(1)) - Y(t, M(0))",
        _IKT,
    ),
    Term(
        "indirect_treated",
        "",
        "unit of the outcome",
        "The part through the mediator, were all treated.",
        "Y(1, M(1)) - Y(1, M(0))",
        _IKT,
    ),
    Term(
        "indirect_control",
        "",
        "unit of the outcome",
        "The part through the mediator, were none treated.",
        "Y(0, M(1)) - Y(0, M(0))",
        _IKT,
    ),
    Term(
        "direct_average",
        "ADE",
        "unit of the outcome",
        "The part of the total that does not go through the mediator, averaged over treated and control.",
        "mean over t of Y(1, M(t)) - Y(0, M(t))",
        _IKT,
    ),
    Term(
        "direct_treated",
        "",
        "unit of the outcome",
        "The same with the mediator as under treatment.",
        "Y(1, M(1)) - Y(0, M(1))",
        _IKT,
    ),
    Term(
        "direct_control",
        "",
        "unit of the outcome",
        "The same with the mediator as without treatment.",
        "Y(1, M(0)) - Y(0, M(0))",
        _IKT,
    ),
    Term(
        "share_mediated",
        "",
        "share",
        "Average indirect effect over the total effect; without meaning when both have opposite signs or the total is "
        "near zero.",
        "indirect_average / total",
        _IKT,
    ),
)

_CHAIN = (
    Term(
        "athrho",
        "",
        "",
        "Inverse hyperbolic tangent of the correlation of the disturbances of selection and outcome.",
        "athrho = ln((1 + rho) / (1 - rho)) / 2",
        _HECKMAN,
    ),
    Term(
        "ln_sigma", "", "log units", "Logarithm of the standard deviation of the outcome's disturbance.", "", _HECKMAN
    ),
    Term(
        "lambda",
        "λ",
        "unit of the outcome",
        "Coefficient of the inverse Mills ratio: what selection on unobservables adds to the outcome.",
        "lambda = rho sigma",
        _HECKMAN,
    ),
    Term(
        "inverse_mills_ratio",
        "",
        "",
        "Expected disturbance of selection among the selected.",
        "phi(z'g) / Phi(z'g)",
        _HECKMAN,
    ),
    Term(
        "selection_marginal_effect",
        "",
        _POINTS,
        "Mean derivative of the probability of being selected.",
        "g_j mean phi(z'g)",
    ),
    Term(
        "conditional_marginal_effect",
        "",
        "unit of the outcome",
        "Mean derivative of the outcome expected given selection, over selected rows.",
        "b_j - rho sigma g_j mean(m (m + z'g)), m = phi / Phi",
        "Greene (2018)",
    ),
    Term(
        "lr_independence",
        "",
        "chi2(1)",
        "Likelihood-ratio test that selection and outcome share no unobservables.",
        "2 (ln L - ln L at rho = 0)",
        _HECKMAN,
    ),
    Term(
        "predicted_rd_intensity",
        "",
        "unit of intensity",
        "R&D intensity that the first stage predicts for every firm, whether it performs R&D or not.",
        "x'b",
        _CDM,
    ),
    Term(
        "rd_on_productivity",
        "",
        "unit of productivity",
        "Change of productivity with one unit of predicted R&D intensity, by way: each innovation, directly, in all.",
        "sum_j (dP_j / dr) pi_j",
        _CDM,
    ),
    Term(
        "rho_inside",
        "",
        "",
        "Check that the correlation of disturbances stays away from one, where the selection model breaks down.",
        "",
    ),
    Term(
        "condition_productivity",
        "",
        "",
        "Condition number of the productivity equation; high when predictions of innovations are nearly the same.",
        "",
    ),
    Term("bootstrap_failed", "", "share", "Share of bootstrap draws that gave no estimate.", ""),
)

TERMS: tuple[Term, ...] = (*_COMPLEMENTARITY, *_PARTNERS, *_CHAIN)
