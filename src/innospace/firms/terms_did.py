"""Words of difference-in-differences: every effect, number and check that its results show."""

from __future__ import annotations

from innospace.core.terms import Term

_CS = "Callaway and Sant'Anna (2021)"
_SA = "Sun and Abraham (2021)"
_DCDH = "de Chaisemartin and D'Haultfœuille (2020)"
_GB = "Goodman-Bacon (2021)"

_EFFECTS = (
    Term(
        "att_gt",
        "ATT(g, t)",
        "units of the outcome",
        "Group-time effect: mean effect in year t on firms that enter in year g. For t before g it is a test of "
        "parallel trends, not an effect.",
        "ATT(g, t) = E[Y_t - Y_(g-1) | G = g] - E[Y_t - Y_(g-1) | comparison]",
        _CS,
    ),
    Term(
        "simple",
        "ATT",
        "units of the outcome",
        "Mean of the group-time effects from entry on, weighted by the size of cohorts: all treated firm-years alike.",
        "sum over t >= g of w_g ATT(g, t), w_g proportional to P(G = g)",
        _CS,
    ),
    Term(
        "dynamic",
        "ATT(e)",
        "units of the outcome",
        "Mean effect e years after entry over the cohorts observed then, weighted by their size. Before entry (e < 0) "
        "it should be zero.",
        "ATT(e) = sum over g of P(G = g | g + e observed) ATT(g, g + e)",
        f"{_CS}; {_SA}",
    ),
    Term(
        "dynamic_overall",
        "",
        "units of the outcome",
        "Plain mean of the effects by years since entry, from the year of entry on.",
        "mean over e >= 0 of ATT(e)",
        _CS,
    ),
    Term(
        "group",
        "ATT(g)",
        "units of the outcome",
        "Mean effect on the firms of one entry cohort over its years from entry on.",
        "mean over t >= g of ATT(g, t)",
        _CS,
    ),
    Term(
        "group_overall",
        "",
        "units of the outcome",
        "Mean of the cohort effects, weighted by cohort size: the effect on the average starter.",
        "sum over g of P(G = g | starter) ATT(g)",
        _CS,
    ),
    Term(
        "calendar",
        "ATT(t)",
        "units of the outcome",
        "Mean effect in one year over the cohorts that have entered by then, weighted by their size.",
        "ATT(t) = sum over g <= t of P(G = g | g <= t) ATT(g, t)",
        _CS,
    ),
    Term(
        "calendar_overall",
        "",
        "units of the outcome",
        "Plain mean of the effects by calendar year.",
        "mean over t of ATT(t)",
        _CS,
    ),
)

_NUMBERS = (
    Term("never_treated", "", "firms", "Firms that do not enter in the years of the panel, and serve as comparison."),
    Term("cohorts", "", "count", "Entry years with at least one starter; firms of one entry year are a cohort."),
    Term("smallest_cohort", "", "firms", "Starters in the smallest entry cohort."),
    Term(
        "pre_trend_chi2",
        "",
        "",
        "Wald statistic of the hypothesis that all effects before entry are zero; large values speak against parallel "
        "trends.",
        "b' V^-1 b, chi-square under the hypothesis",
        _CS,
    ),
    Term("pre_trend_degrees", "", "count", "Degrees of freedom of the test of pre-trends: effects before entry."),
    Term("pre_trend_p", "", "probability", "p-value of the test of pre-trends. A high value is no proof of them."),
    Term(
        "treated_cells",
        "",
        "count",
        "Treated cohort-years whose effects the two-way fixed effects coefficient averages.",
        "",
        _DCDH,
    ),
    Term(
        "negative_weight_cells",
        "",
        "count",
        "Treated cohort-years whose effect enters the two-way fixed effects coefficient with a negative weight.",
        "",
        _DCDH,
    ),
    Term(
        "negative_weight_sum",
        "",
        "share",
        "Sum of the negative weights, as a positive number; all weights sum to one.",
        "",
        _DCDH,
    ),
    Term(
        "smallest_effect_spread",
        "",
        "units of the outcome",
        "Smallest standard deviation of effects across cohort-years at which the two-way fixed effects coefficient "
        "is compatible with an average effect of zero. Large is reassuring.",
        "|coefficient| / sd(weights)",
        _DCDH,
    ),
    Term(
        "weight_never_treated",
        "",
        "share",
        "Weight of comparisons of entrants with firms never treated in the two-way fixed effects coefficient.",
        "",
        _GB,
    ),
    Term(
        "weight_later_entrants",
        "",
        "share",
        "Weight of comparisons of early entrants with firms that enter later.",
        "",
        _GB,
    ),
    Term(
        "weight_already_treated",
        "",
        "share",
        "Weight of comparisons of late entrants with firms already treated: biased when effects grow with time.",
        "",
        _GB,
    ),
    Term(
        "treated",
        "",
        "units of the outcome",
        "Coefficient of the step at entry in a regression with firm and year effects.",
        "y_it = a_i + l_t + b 1{t >= G_i} + e_it",
    ),
)

_CHECKS = (
    Term(
        "pre_trends",
        "",
        "probability",
        "Check that starters and comparison firms move alike before entry: p of the joint test is at least 0.05.",
        "",
        _CS,
    ),
    Term(
        "starters_per_cohort",
        "",
        "firms",
        "Check that every entry cohort has at least 5 firms and one more for every covariate.",
    ),
    Term(
        "negative_weights",
        "",
        "share",
        "Check that no effect enters the two-way fixed effects coefficient with a negative weight.",
        "",
        _DCDH,
    ),
)

TERMS: tuple[Term, ...] = (*_EFFECTS, *_NUMBERS, *_CHECKS)
"""Words that results of ``did``, ``sun_abraham`` and ``twfe`` use."""
