"""Words that results of several engines share: where numbers come from, and columns of their tables and charts."""

from __future__ import annotations

from innospace.core.terms import Term

_NATURES = {
    "observed": "Measured and published by its source; taken over as it is.",
    "reconstructed": "Computed back from published results; exact up to the interval that is stated.",
    "assumed": "Set by the author of a study without an estimate; the report names it.",
    "simulated": "Drawn by a random generator from a model with known parameters and a stated seed.",
    "estimated": "Inferred from data by a stated model; carries a standard error or an interval.",
}
_COLUMNS = {
    "estimate": ("", "Estimated value of a coefficient or an effect."),
    "std_error": ("", "Standard error: standard deviation of an estimate over samples, by the stated covariance."),
    "z": ("", "Estimate divided by its standard error."),
    "p_value": ("probability", "Probability of a statistic at least as far out as this one when the null is true."),
    "statistic": ("", "Value of a test."),
    "distribution": ("label", "Distribution of a test when its null hypothesis is true."),
    "null": ("label", "Null hypothesis of a test."),
    "lower": ("", "Lower end of an interval; its level stands in the heading or the caption."),
    "upper": ("", "Upper end of an interval; its level stands in the heading or the caption."),
    "median": ("", "Middle value: half of the values lie below."),
    "difference": ("", "A value less the one it is held against."),
    "a_estimate": ("", "Estimate in the first of two runs that are compared (A)."),
    "b_estimate": ("", "Estimate in the second of two runs that are compared (B)."),
    "a_std_error": ("", "Standard error in the first of two runs that are compared (A)."),
    "b_std_error": ("", "Standard error in the second of two runs that are compared (B)."),
    "errors_apart": ("", "Difference of the estimates of two runs in standard errors of the first."),
    "difference_unit": ("label", "Unit of the difference in the same row: percent or percentage points."),
    "name": ("label", "What a row is about: a coefficient, a test, a scenario, a covariate."),
    "kind": ("label", "Sort of a number, such as att or average_marginal_effect."),
    "term": ("label", "Coefficient or item that a mark of a chart belongs to."),
    "model": ("label", "Which of several models of one result a number belongs to."),
    "value": ("", "The number itself; its unit stands in the column unit or in the heading."),
    "unit": ("label", "Unit of the value in the same row."),
    "variable": ("label", "Name of the variable whose value a row holds."),
    "parameter": ("label", "Name of a parameter."),
    "symbol": ("label", "Short form of a name in formulas."),
    "title": ("label", "Name as a reader sees it."),
    "meaning": ("label", "What a name says, in a sentence."),
    "reason": ("label", "Why a value was chosen."),
    "remedy": ("label", "What to do when a check fails."),
    "tolerance": ("", "What the value of a check is held against."),
    "ok": ("yes or no", "Verdict of a check."),
    "rank": ("count", "Place when sorted, the best first."),
    "share": ("fraction", "Part of a whole, between 0 and 1."),
    "cumulative_share": ("fraction", "Share of this row and of all that rank before it."),
    "rows": ("count", "Rows of a table that a number rests on."),
    "used": ("count", "Rows that an estimate uses."),
    "group": ("label", "Part of the rows or columns that belong together."),
    "weight": ("", "How much a row counts."),
    "outcome": ("label", "What is explained or compared."),
    "covariate": ("label", "Trait that groups are compared by."),
    "highlight": ("yes or no", "Whether a chart names and colours the row."),
    "year": ("year", "Calendar year."),
    "years": ("label", "Years that a number covers."),
    "iterations": ("count", "Steps of a search or a solver."),
    "decrement": ("", "What one more Newton step would still gain, as the model foresees."),
    "draw": ("count", "Number of a random draw."),
    "draws": ("count", "Random draws that a number rests on."),
    "failed": ("count", "Draws or runs without a solution."),
    "pearson": ("", "Coefficient of linear correlation."),
    "spearman": ("", "Correlation of ranks."),
    "nature": ("label", "Where numbers come from: observed, reconstructed, assumed, simulated or estimated."),
}

HOUSE = (
    *(Term(name, "", "", meaning) for name, meaning in _NATURES.items()),
    *(
        Term(name, "", unit, meaning, where="column of tables and charts of results")
        for name, (unit, meaning) in _COLUMNS.items()
    ),
)
