"""Measures of the network of links in one year."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from innospace.agents.links import Links
from innospace.agents.population import Population

Array = NDArray[np.float64]
MEASURES: Mapping[str, tuple[str, str]] = {
    "links_in_use": ("links", "Links in use"),
    "organisations_linked": ("fraction", "Share of R&D organisations with at least one link"),
    "companies_linked": ("fraction", "Share of innovative companies with at least one link"),
    "links_per_organisation": ("links", "Links of an R&D organisation that has any"),
    "concentration": ("fraction", "Gini coefficient of links over R&D organisations"),
    "away_share": ("fraction", "Share of links with an organisation of another region"),
    "same_field_share": ("fraction", "Share of links within one field"),
    "largest_component": ("fraction", "Share of linked agents in the largest connected part"),
    "repeated_pairs": ("fraction", "Share of links whose pair has another link"),
}
"""Measure -> unit and meaning."""


def measures(links: Links, population: Population) -> dict[str, float]:
    """Return the measures of :data:`MEASURES`; NaN where there are no links."""
    s, b = len(population.organisations), len(population.companies)
    n = len(links)
    if n == 0:
        return {name: 0.0 if name == "links_in_use" else float("nan") for name in MEASURES}
    degree = np.bincount(links.organisation, minlength=s)
    companies = np.unique(links.company)
    same = population.organisations.field[links.organisation] == population.companies.field[links.company]
    pairs = len(np.unique(links.organisation * np.int64(b) + links.company))
    return {
        "links_in_use": float(n),
        "organisations_linked": float((degree > 0).mean()),
        "companies_linked": len(companies) / b,
        "links_per_organisation": n / float((degree > 0).sum()),
        "concentration": gini(degree.astype(np.float64)),
        "away_share": float((links.home != links.origin).mean()),
        "same_field_share": float(same.mean()),
        "largest_component": _largest(links, s, b),
        "repeated_pairs": 1.0 - pairs / n,
    }


def gini(values: Array) -> float:
    """Return the Gini coefficient of values that are not negative; zero when all are alike."""
    ordered = np.sort(values)
    n = len(ordered)
    ranks = np.arange(1, n + 1)
    return float((2.0 * ranks - n - 1.0) @ ordered / (n * max(ordered.sum(), 1e-300)))


def _largest(links: Links, s: int, b: int) -> float:
    graph = sparse.coo_array((np.ones(len(links)), (links.organisation, links.company + s)), shape=(s + b, s + b))
    _, label = csgraph.connected_components(graph, directed=False)
    linked = np.unique(np.concatenate((links.organisation, links.company + s)))
    return float(np.bincount(label[linked]).max() / len(linked))


def flows(links: Links, regions: int) -> Array:
    """Return links by region of the organisation (rows) and of the company (columns), shape (R, R)."""
    return (
        np.bincount(links.origin * regions + links.home, minlength=regions**2).reshape(regions, regions).astype(float)
    )
