"""Words of firm panels, premia and self-selection."""

from __future__ import annotations

from innospace.core.terms import Term

_BJ = "Bernard and Jensen (1999)"
_DFR = "Delgado, Farinas and Ruano (2002)"

TERMS: tuple[Term, ...] = (
    Term(
        "never",
        "",
        "firms",
        "Firms with status 0 in every wave compared: the class that others are compared with.",
        "status = 0 in all waves",
    ),
    Term(
        "starter",
        "",
        "firms",
        "Firms with status 0 in the first wave and 1 in the last: they entered in between.",
        "(0, 1)",
    ),
    Term("quitter", "", "firms", "Firms with status 1 in the first wave and 0 in the last.", "(1, 0)"),
    Term("continuous", "", "firms", "Firms with status 1 in every wave compared.", "status = 1 in all waves"),
    Term(
        "switcher",
        "",
        "firms",
        "Firms with the same status in the first and the last wave and another in between; with two waves there are "
        "none.",
        "(0, .., 1, .., 0) or (1, .., 0, .., 1)",
    ),
    Term(
        "entry_year",
        "",
        "year",
        "First year with status 1; 0 for firms that never have it, missing where an unobserved wave leaves it open.",
    ),
    Term(
        "premium_percent",
        "",
        "percent",
        "By how many percent firms of a status exceed the firms they are compared with, other regressors and fixed "
        "effects held. Its error follows by the delta method.",
        "100 (exp b - 1)",
        _BJ,
    ),
    Term(
        "premium_gap",
        "",
        "percentage points",
        "Difference of two premia estimated together.",
        "100 (exp b1 - exp b2)",
        _BJ,
    ),
    Term(
        "difference",
        "",
        "units of the outcome",
        "By how much firms of a status exceed others when the outcome is not in logarithms.",
    ),
    Term(
        "ex_ante",
        "",
        "",
        "Premium of firms that start later over firms that never do, measured before entry: a sign of self-selection.",
        "",
        _BJ,
    ),
    Term(
        "quantile_premium",
        "",
        "log points",
        "Quantile of one group less the same quantile of the other, after adjustment.",
        "Q1(p) - Q0(p)",
        _DFR,
    ),
    Term("mean_premium", "", "log points", "Mean of one group less that of the other, after adjustment."),
    Term(
        "ks_two_sided",
        "D",
        "share",
        "Kolmogorov-Smirnov distance: the largest gap between two distribution functions. A small p rejects that they "
        "are equal.",
        "sup |F1(z) - F0(z)|",
        _DFR,
    ),
    Term(
        "ks_above",
        "D+",
        "share",
        "How far the first group lies above the other. A small p rejects that it nowhere lies above.",
        "sup (F0(z) - F1(z))",
        _DFR,
    ),
    Term(
        "ks_below",
        "D-",
        "share",
        "How far the first group lies below the other. A p that is not small leaves first-order dominance standing.",
        "sup (F1(z) - F0(z))",
        _DFR,
    ),
    Term(
        "ks_exact",
        "",
        "1 or 0",
        "Whether the p-values of the Kolmogorov-Smirnov tests are exact; otherwise they are limits for large samples, "
        "which the names ending in _p_asymptotic always give.",
    ),
    Term("tied_values", "", "rows", "Rows that share their value with a row of the other group."),
    Term(
        "absorption_error",
        "",
        "standard deviations",
        "Largest mean of a group of fixed effects that is left after they were taken out.",
    ),
    Term("r2_within", "R²", "share", "Share of the variation left by fixed effects that the regressors explain."),
    Term(
        "parameters",
        "K",
        "count",
        "Coefficients and fixed effects that count in the correction for small samples; fixed effects nested in "
        "clusters do not.",
        "G/(G-1) (n-1)/(n-K)",
    ),
    Term("fixed_effect_groups", "", "count", "Groups of all fixed effects together."),
    Term(
        "firms_starter",
        "",
        "firms",
        "Check that enough firms start for a finding; with fewer, their number is shown and nothing is headlined.",
    ),
)
