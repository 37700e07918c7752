"""Words of matching, weighting and sensitivity: every effect, number and check that their results show."""

from __future__ import annotations

from innospace.core.terms import Term

_RR = "Rosenbaum and Rubin (1983)"
_AI = "Abadie and Imbens (2006)"
_AI_SCORE = "Abadie and Imbens (2016)"
_ROSENBAUM = "Rosenbaum (2002)"
_OSTER = "Oster (2019)"
_CH = "Cinelli and Hazlett (2020)"
_UNIT = "units of the outcome"

_EFFECTS = (
    Term("att", "ATT", _UNIT, "Mean effect of the treatment on the treated.", "E[Y(1) - Y(0) | D = 1]", _RR),
    Term("atc", "ATC", _UNIT, "Mean effect the treatment would have on the untreated.", "E[Y(1) - Y(0) | D = 0]"),
    Term("ate", "ATE", _UNIT, "Mean effect of the treatment on all.", "E[Y(1) - Y(0)]"),
    Term(
        "ato",
        "ATO",
        _UNIT,
        "Mean effect where treated and untreated overlap, weighted by p (1 - p).",
        "E[p (1 - p) (Y(1) - Y(0))] / E[p (1 - p)]",
        "Li, Morgan and Zaslavsky (2018)",
    ),
    Term("unadjusted", "", _UNIT, "Difference of means before matching or weighting: not an effect."),
    Term("mean_with_treatment", "", _UNIT, "Mean outcome of the target population if all of it were treated."),
    Term("mean_without_treatment", "", _UNIT, "Mean outcome of the target population if none of it were treated."),
    Term(
        "before_difference",
        "",
        _UNIT,
        "Matched difference of the outcome before the start; near zero when matching works.",
    ),
)
_ERRORS = (
    Term(
        "abadie_imbens",
        "",
        _UNIT,
        "Standard error of matching with replacement; the variance of a row is that of near rows of its own group.",
        "sum (tau_i - tau)^2 / N^2 + sum (K_i^2 - K2_i) s_i^2 / N^2",
        _AI,
    ),
    Term("abadie_imbens_score", "", _UNIT, "The same, allowing for the estimation of the score.", "", _AI_SCORE),
    Term(
        "homoskedastic", "", _UNIT, "Standard error of matching with replacement, one variance for all rows.", "", _AI
    ),
    Term("pairs", "", _UNIT, "Standard error clustered by matched set, given the matches."),
    Term("influence", "", _UNIT, "Standard error that counts every estimated part: score, weights, regressions."),
    Term("subclass", "", _UNIT, "Standard error clustered by class of the score."),
)
_BALANCE = (
    Term(
        "score",
        "p",
        "probability",
        "Propensity score: probability of treatment given the covariates.",
        "P(D = 1 | X)",
        _RR,
    ),
    Term(
        "smd",
        "SMD",
        "standard deviations",
        "Standardised mean difference of a covariate between the groups; within 0.1 counts as balanced.",
        "(mean treated - mean untreated) / sd",
        "Austin (2009)",
    ),
    Term("largest_smd_before", "", "standard deviations", "Largest absolute SMD of a covariate before."),
    Term("largest_smd_after", "", "standard deviations", "Largest absolute SMD of a covariate after."),
    Term("variance_ratio", "", "", "Variance of the treated over that of the untreated; 1 is balanced."),
    Term("ks", "KS", "share", "Largest distance of the distributions of a covariate in both groups."),
    Term(
        "effective_untreated",
        "ESS",
        "rows",
        "Number of rows of equal weight that would be as informative as the weighted untreated ones.",
        "(sum w)^2 / sum w^2",
        "Kish (1965)",
    ),
    Term("effective_treated", "ESS", "rows", "The same for the treated.", "(sum w)^2 / sum w^2", "Kish (1965)"),
    Term("share_outside_support", "", "share", "Rows whose score lies outside the range that both groups reach."),
    Term("treated_outside_support", "", "share", "Treated rows whose score no untreated row reaches."),
    Term("without_match", "", "rows", "Rows that looked for a match and found none: the effect is one of the others."),
    Term("tied_rows", "", "rows", "Rows with more nearest matches than are asked for: the rule for ties decides."),
    Term("largest_use", "", "times", "How often the row used most serves as a match."),
    Term("starters", "", "firms", "Firms that start between the waves; with few of them there is no headline."),
    Term("matched_starters", "", "firms", "Starters that found a match."),
    Term("largest_gap", "", "standard deviations", "Largest difference that entropy balancing leaves."),
    Term("balance", "", "standard deviations", "Check: largest absolute SMD of a covariate after is at most 0.1."),
    Term("overlap", "", "share", "Check: few rows lie beyond the scores of the other group."),
    Term("matched", "", "share", "Check: few rows were left without a match."),
)
_SENSITIVITY = (
    Term(
        "gamma",
        "Γ",
        "odds ratio",
        "Factor by which an unobserved cause may change the odds of treatment of two matched rows; 1 is none.",
        "1 / G <= odds_i / odds_j <= G",
        _ROSENBAUM,
    ),
    Term("critical_gamma", "Γ*", "odds ratio", "Gamma at which the finding is no longer clear at 5 %.", "", _ROSENBAUM),
    Term("hidden_bias", "", "odds ratio", "Check: the critical Gamma is at least 1.5.", "", _ROSENBAUM),
    Term("p_upper", "", "probability", "Largest one-sided p-value under hidden bias of at most Gamma.", "", _ROSENBAUM),
    Term(
        "p_lower", "", "probability", "Smallest one-sided p-value under hidden bias of at most Gamma.", "", _ROSENBAUM
    ),
    Term("hodges_lehmann", "", _UNIT, "Additive effect at which the matched differences are symmetric about zero."),
    Term(
        "delta_star",
        "δ*",
        "ratio",
        "How much more than the controls omitted variables must matter to bring the coefficient to a value (zero).",
        "",
        _OSTER,
    ),
    Term(
        "beta_adjusted",
        "β*",
        "units of the coefficient",
        "Coefficient if omitted variables matter delta times as much.",
        "",
        _OSTER,
    ),
    Term("r_max", "R2max", "share", "R2 if the omitted variables were in.", "min(1, 1.3 R2)", _OSTER),
    Term("r2yd", "R2", "share", "Partial R2 of treatment and outcome.", "t^2 / (t^2 + df)", _CH),
    Term("f2yd", "f2", "ratio", "Partial Cohen's f2 of treatment and outcome.", "t^2 / df", _CH),
    Term(
        "rv_q",
        "RV",
        "share",
        "Robustness value: share of both treatment and outcome that a confounder must explain to bring the estimate to "
        "zero.",
        "(sqrt(f^4 + 4 f^2) - f^2) / 2",
        _CH,
    ),
    Term("rv_qa", "RV", "share", "Robustness value at which the estimate is no longer significant.", "", _CH),
    Term(
        "robustness_value", "", "share", "Check: RV exceeds what a confounder like a benchmark would explain.", "", _CH
    ),
)

TERMS: tuple[Term, ...] = (*_EFFECTS, *_ERRORS, *_BALANCE, *_SENSITIVITY)
