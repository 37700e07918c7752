"""Words of the replication of the innovation space: what is held against print."""

from __future__ import annotations

from innospace.core.terms import Term

_NUMBERS = {
    "integers": ("count", "Check: mean distance of three-year counts recovered from Table 4 from whole numbers."),
    "te_correlation": ("", "Correlation (Pearson) of technical efficiency in two consecutive years, over regions."),
    "te_correlation_reestimated": ("", "Correlation of the technical efficiencies that are estimated anew."),
    "te_correlation_printed": ("", "Correlation of technical efficiency that the text of the source paper prints."),
    "zero_substitute": ("per year", "Number that stands for no innovations under the logarithm; the paper: 0.1."),
    "counts": ("count in three years", "Innovations recovered from the printed table, by region."),
    "ln_v": ("log links", "Logarithm of the innovation space recovered from the printed table."),
    "ln_v_interval": ("log links", "Interval of ln V that rounding of the published table leaves."),
    "ln_v_interval_median_width": ("log links", "Median width over regions of the interval of ln V."),
    "ln_v_interval_max_width": ("log links", "Largest width over regions of the interval of ln V."),
    "total_count": ("count in three years", "Recovered innovations of all regions."),
    "zero_regions": ("count", "Regions without innovations in the year and the two before."),
    "mean_distance_to_integer": ("count", "Mean distance over regions of recovered counts from whole numbers."),
    "max_distance_to_integer": ("count", "Largest distance over regions of a recovered count from a whole number."),
    "quantity": ("label", "Parameter or number that is held against print."),
    "published": ("", "Number that the source paper prints."),
    "printed": ("", "Number that the source paper prints where its own tables imply another."),
    "implied": ("", "Number that the tables of the source paper imply."),
    "ours": ("", "Number that is estimated here."),
    "v_published": ("links", "Used innovation space that the source paper prints."),
    "v_ours": ("links", "Used innovation space that is estimated here."),
    "v_difference_percent": ("percent", "Used innovation space, estimated here against print."),
    "te_published": ("fraction", "Technical efficiency that the source paper prints."),
    "te_ours": ("fraction", "Technical efficiency that is estimated here."),
    "table4_region": ("label", "Name of a region as Table 4 of the source paper has it."),
    "rank_by_teh_2010_2012": ("count", "Rank by innovations that Table 5 of the source paper prints."),
    "rank_ours": ("count", "Rank by recovered innovations."),
    "efficiency_rank": ("count", "Rank by efficiency among the regions of Table 5 that the source paper prints."),
    "efficiency_rank_ours": ("count", "Rank by efficiency among the regions of Table 5, estimated here."),
    "efficiency_rank_difference": ("count", "Rank by efficiency, estimated here less print."),
    "model_3_simulated": ("", "Tests of model (3) on simulated regions, whose true eta is known."),
}
_TABLES = {
    "reconstruction": "what the inversion of Table 4 found, by year.",
    "contradictions": "numbers on which the source paper disagrees with its own tables.",
    "model-3-simulated": "model (3) on simulated regions, whose true eta is known.",
}

REPLICATION = (
    *(Term(n, "", unit, text, where="replication of the innovation space") for n, (unit, text) in _NUMBERS.items()),
    *(Term(n, "", "", f"Table: {text}", where="replication of the innovation space") for n, text in _TABLES.items()),
)
