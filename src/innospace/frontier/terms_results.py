"""Words of the frontier engine: columns, tables and charts of its results."""

from __future__ import annotations

from innospace.core.terms import Term

_COLUMNS = {
    "technologies_total": ("count in three years", "Innovations of the year and of the two before, as counted."),
    "technologies_used": ("per year", "Innovations as the model takes them: where there are none, the number that "
                          "stands for zero."),
    "zero_replaced": ("yes or no", "Whether a number stands for zero innovations in this row."),
    "ln_space": ("log links", "Logarithm of the innovation space V."),
    "published_te": ("fraction", "Technical efficiency as the source paper prints it."),
    "published_space_used": ("links", "Used innovation space as the source paper prints it."),
    "t": ("years", "Years since the first year of the panel, in model (4)."),
    "te": ("fraction", "Technical efficiency of the row by Battese and Coelli; the same as te_bc."),
    "te_rank": ("count", "Rank of a region by technical efficiency, the most efficient first."),
    "te_first": ("fraction", "Technical efficiency in the earlier of two years."),
    "te_second": ("fraction", "Technical efficiency in the later of two years."),
    "regions": ("count", "Number of regions; as a table: efficiency and used space of each region and year."),
    "kept": ("count", "Numbers of the rows of the table that the estimate uses, from 0, in stored results."),
    "x": ("", "Columns x0, x1, ... of a stored frontier: its matrix of regressors, the constant among them."),
    "y": ("", "Outcome of a stored frontier as it is estimated."),
    "w_growth": ("", "Growth of the used share w from one year to the next."),
    "te_rank_correlation": ("", "Correlation of ranks (Spearman) of technical efficiency in two consecutive years."),
    "regressor": ("label", "Regressor whose marginal effect a row holds."),
    "of": ("label", "What a marginal effect is on: expected inefficiency or expected efficiency."),
    "by": ("", "Columns by-0, by-1, ... of a stored panel: derivatives of a marginal effect by each estimate."),
    "mean_rank": ("count", "Mean over outcomes of the rank by technical efficiency, 1 the most efficient."),
    "index-u": ("", "Stored regressors of the scale of inefficiency, one column each (index-u-0, ...)."),
    "index-v": ("", "Stored regressors of the scale of noise, one column each (index-v-0, ...)."),
    "index-mu": ("", "Stored regressors of the mean of inefficiency, one column each (index-mu-0, ...)."),
    "index-scale": ("", "Stored regressors of the scaling of inefficiency, one column each (index-scale-0, ...)."),
    "pooled": ("label", "Model (4): all years in one estimate, with c and delta moving linearly in time."),
    "hypothesis_2": ("label", "Model (4) without the yearly change of delta: hypothesis 2 holds that it is zero."),
    "gap_lowest": ("fraction", "Lowest technology gap ratio of a group."),
    "touching": ("fraction", "Rows of a group where its frontier is the metafrontier."),
    "group_frontier": ("as the outcome", "Fitted frontier of the own group at a row."),
    "metafrontier": ("as the outcome", "Fitted metafrontier at a row; in a table of coefficients, its coefficients."),
    "one_frontier": ("", "Likelihood-ratio test that all groups share one frontier."),
    "hypothesis_3": ("label", "Model (4) without the yearly change of the constant: hypothesis 3 holds it is zero."),
}  # fmt: skip
_TABLES = {
    "models": "coefficients of model (2) of every year and of model (4) of all years.",
    "hypotheses": "tests of hypotheses 1 to 3, with null, statistic, distribution and p-value.",
    "correlations": "technical efficiency of two consecutive years, correlated over regions.",
    "determinants": "mean effects of regressors on expected inefficiency and efficiency, by model, with errors.",
    "efficiencies": "technical efficiency by row or unit, ranked, with intervals.",
    "bootstrap": "coefficients with errors and intervals from estimates on drawn samples.",
    "groups": "mean efficiency within groups and against the metafrontier, technology gap ratios.",
    "ranking": "regions by innovations, with cumulative share, efficiency and used space.",
}
_CHARTS = {
    "efficiencies": "distribution of technical efficiency over rows or units.",
    "over-time": "technical efficiency of the panel by period.",
    "frontier": "innovations against innovation space by region, with the frontier; both axes logarithmic.",
    "persistence": "technical efficiency of one year against that of the year before.",
    "used-space": "innovations against used innovation space by region.",
    "outcomes": "technical efficiency in one outcome against that in another, by row.",
    "gaps": "mean technology gap ratio by group, with the middle four fifths of the rows.",
    "frontiers": "frontier of every group over its own range, and the metafrontier.",
    "determinants": "mean effects of regressors on expected efficiency, by model, with intervals.",
    "map": "technical efficiency by region.",
    "ranking": "regions by technical efficiency, with intervals.",
    "share-of-space": "share w of the innovation space that the frontier uses, by year, with intervals.",
}

RESULTS = (
    *(Term(n, "", unit, text, where="column of results on frontiers") for n, (unit, text) in _COLUMNS.items()),
    *(Term(n, "", "", f"Table: {text}", where="results on the innovation space") for n, text in _TABLES.items()),
    *(Term(n, "", "", f"Chart: {text}", where="results on the innovation space") for n, text in _CHARTS.items()),
)
