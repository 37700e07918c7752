"""Words of results of the agents: columns, tables and charts."""

from __future__ import annotations

from innospace.core.terms import Term

_COLUMNS = {
    "policy": ("label", "Policy that a row belongs to; no_policy is the country left alone."),
    "no_policy": ("label", "Runs without any policy, which policies are compared with."),
    "quantity": ("label", "What a number counts: links, used_share, innovations, technical_efficiency, spent, ..."),
    "innovations": ("per year", "Technologies that agents of a region make in a year."),
    "measure": ("label", "Measure of the network of links."),
    "words": ("label", "Quantity as a reader sees it."),
    "interval": ("label", "Range that holds 95 % of runs."),
    "organisation_region": ("label", "Region of the R&D organisation of a link."),
    "company_region": ("label", "Region of the company of a link."),
    "organisations": ("count", "R&D organisations of a region, S."),
    "companies": ("count", "Innovative companies of a region, B."),
    "frontier_expected": ("per year", "Innovations that the frontier expects of the region."),
    "frontier_te": ("fraction", "Technical efficiency of the region by the frontier."),
    "frontier_share": ("fraction", "Share of the space in use by the frontier, W."),
    "frontier_percent": ("percent", "Share of the space in use by the frontier, W."),
    "expected_innovations": ("per year", "Innovations that the runs expect of the region."),
    "simulated_technologies": ("per year", "Mean over runs of innovations, averaged over years as in the panel."),
    "emerged": ("percent", "Share of the space in use that emerges in the runs."),
    "input": ("label", "Assumption or calibrated number whose range a sensitivity index is of."),
    "first": ("fraction", "Sobol index of first order: part of the variance that the input alone explains."),
    "total": ("fraction", "Total Sobol index: part of the variance that the input has any share in."),
    "spent": ("million roubles", "Money that a policy spends in a year."),
    "funded": ("links", "Joint projects that a policy pays for."),
}  # fmt: skip
_TABLES = {
    "calibrated": "calibrated numbers with standard errors.",
    "moments": "moments of the panel and of runs.",
    "identification": "what the moments do not tell.",
    "effects": "effects of policies in the last year.",
    "regions": "regions in the last year of the panel: panel, frontier and runs.",
    "networks": "measures of the network of links in the last year.",
    "flows": "regions between which most links run.",
    "assumptions": "what is assumed, with reasons.",
    "sensitivity": "Sobol indices of main outputs.",
    "paths": "stored by policy, region and year: mean and interval of every quantity.",
    "country": "stored by policy and year: innovations of the country.",
}
_CHARTS = {
    "agents-shares": "share of the space in use of runs against that of the frontier, by region.",
    "agents-technologies": "innovations of runs against those of the panel, by region.",
    "agents-country": "innovations of the country by year, without policy.",
    "agents-path": "technical efficiency of a region by year, with policies and without.",
    "agents-effect": "links that a policy adds in its region, by year.",
    "agents-maps": "links with a policy over links without it, by region and year.",
    "agents-growth": "growth of links since the last year of the panel, by region and year.",
    "agents-links": "links in use in a region by year, with a policy and without.",
    "agents-network": "measures of the network of links that are shares, in the last year.",
    "agents-sensitivity": "total Sobol index of each input, for one output.",
}

RESULTS = (
    *(Term(n, "", unit, text, where="column of results on agents") for n, (unit, text) in _COLUMNS.items()),
    *(Term(n, "", "", f"Table: {text}", where="results on agents") for n, text in _TABLES.items()),
    *(Term(n, "", "", f"Chart: {text}", where="results on agents") for n, text in _CHARTS.items()),
)
