"""Words of the replication of the policy options: what is held against print."""

from __future__ import annotations

from innospace.core.terms import Term

_WHERE = "replication of the policy options"
_WORDS = {
    "less_is_lost": ("", "Check: loss of option 2 relative to the gain of option 1, which the paper has below one."),
    "together": ("percentage points a year", "Check: effect of option 4 less those of options 1 and 3."),
    "option": ("label", "Policy option of the source paper, option-1 to option-4."),
    "options": ("", "Effects by option; in the table of readings: which reading of the options holds."),
    "effect_pp": ("percentage points a year", "Effect of an option on growth, default assumptions."),
    "default": ("", "Value of a coefficient before a fit."),
    "default_points": ("percentage points a year", "Effect of an option, default assumptions."),
    "default_percent": ("percent", "Effect of an option in percent of baseline growth, default assumptions."),
    "fit_percent_scales": ("percent", "Effect of an option in the fit of three scales, read as percent."),
    "fit_percent_coefficients": ("percent", "Effect of an option in the fit of nine coefficients, read as percent."),
    "fit_points_scales": ("percentage points a year", "Effect of an option in the fit of three scales, in points."),
    "fit_points_coefficients": (
        "percentage points a year",
        "Effect of an option in the fit of nine coefficients, in points.",
    ),
    "shape": ("label", "What a fit may move: three scales of the knowledge coefficients or all nine coefficients."),
    "scales": ("", "Scales of the knowledge coefficients, one a kind of knowledge; a shape of a fit."),
    "scales_return": ("", "Yearly output per rouble spent once, in the fit of three scales."),
    "scales_bound": ("label", "Whether a coefficient lies at a bound, in the fit of three scales."),
    "coefficients_return": ("", "Yearly output per rouble spent once, in the fit of nine coefficients."),
    "coefficients_bound": ("label", "Whether a coefficient lies at a bound, in the fit of nine coefficients."),
    "coefficient": ("label", "Knowledge coefficient: alpha (R&D), beta (training) or gamma (innovative goods)."),
    "returns": ("", "Yearly output per rouble spent once, by coefficient and producer."),
    "fit": ("label", "Which fit a row belongs to; check: root mean square of what a fit misses (fit.SHAPE)."),
    "fitted": ("", "Effects of the options in a fit."),
    "rms": ("", "Root mean square of fitted less published effects."),
    "reached": ("count", "Starting points of a fit that ended at the reported minimum."),
    "at_bound": ("label", "Coefficients that lie at a bound of the fit."),
    "evaluations": ("count", "How often a fit solved the economy."),
    "baseline_growth": ("percent a year", "Growth of real gross regional product without a policy, in a fit."),
    "knife_edge": ("", "Effects with all knowledge coefficients of a fit 10 % smaller and larger, by factor."),
    "factor": ("", "What all knowledge coefficients of a fit are multiplied by."),
    "by_depreciation": ("", "Fits at other rates of depreciation of capital."),
    "efficiency_origin": ("label", "Where the efficiency of the innovation space comes from."),
}
_TABLES = {
    "fits": "every fit to the published effects, with its error.",
    "knife-edge": "effects with all knowledge coefficients of a fit 10 % smaller and larger.",
    "readings": "effects under other rules and in other readings of the options.",
}

REPLICATION = (
    *(Term(n, "", unit, text, where=_WHERE) for n, (unit, text) in _WORDS.items()),
    *(Term(n, "", "", f"Table: {text}", where=_WHERE) for n, text in _TABLES.items()),
)
