"""Small maps of links: what a policy adds, and how links grow, one map a year."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from innospace.agents.policy import BASELINE
from innospace.agents.wording import caption
from innospace.core.figure import Figure, FigureKind
from innospace.core.labels import require_known
from innospace.core.numbers import fixed, significant
from innospace.core.slugs import slug

if TYPE_CHECKING:
    import pandas as pd

    from innospace.agents.result import AgentResult

MAPS = 4
"""Years that stand on the small maps."""
FEW_LINKS = 20
"""Links below which growth of a region is not singled out."""


def added(r: AgentResult, policy: str) -> Figure:
    """Return what a policy adds to links of every region on small maps, one a year.

    Parameters
    ----------
    policy : str
        Its name.

    Raises
    ------
    LabelError
        No such policy.
    """
    require_known([policy], list(r.policies), kind="policy")
    years, free = _mapped_years(r, BASELINE)
    _, helped = _mapped_years(r, policy)
    before = free["links"].to_numpy()
    shown = helped.assign(growth=_percent_more(helped["links"].to_numpy(), before))
    touched = {i.region for p in r.spec.policies if p.name == policy for i in p.instruments}
    final = shown[shown["year"] == years[-1]]
    inside = final[final["region"].isin(touched)]["growth"].max()
    outside = final[~final["region"].isin(touched)].sort_values("growth").iloc[-1]
    return _small_maps(
        r,
        f"agents-maps-{slug(policy, plain=True)}",
        shown,
        f"{r.policies[policy]} adds {fixed(float(inside), 0)}\u202f% to links there by {years[-1]}, and elsewhere "
        f"at most {significant(float(outside['growth']), 2)}\u202f%",
        f"Links in use with the policy over links without it, %, means of {r.spec.replications} pairs of runs",
        f"Links pass on what they gain by neighbours' success and across regions; most in {outside['region']}.",
        f"Maps of links added in {', '.join(map(str, years))}: {fixed(float(inside), 0)} percent in "
        f"{', '.join(sorted(touched))}, at most {significant(float(outside['growth']), 2)} percent elsewhere.",
        "Links added, %",
    )


def grown(r: AgentResult, policy: str = BASELINE) -> Figure:
    """Return growth of links of every region since the base year on small maps, one a year.

    Parameters
    ----------
    policy : str
        Its name; no policy by default.

    Raises
    ------
    LabelError
        No such policy.
    """
    titles = {BASELINE: "Without policy", **r.policies}
    require_known([policy], list(titles), kind="policy")
    years, rows = _mapped_years(r, policy)
    paths = r.frames["paths"]
    base = paths[(paths["policy"] == policy) & (paths["year"] == r.base)].set_index("region")["links"]
    shown = rows.assign(growth=_percent_more(rows["links"].to_numpy(), base[rows["region"]].to_numpy()))
    # where hardly a link is in use one more is a large share
    final = shown[shown["year"] == years[-1]]
    many = base[final["region"]].to_numpy() >= FEW_LINKS
    final = final[many] if many.any() else final
    ordered = final.sort_values("growth", kind="stable")
    first, last = ordered.iloc[0], ordered.iloc[-1]
    spread = (
        f"{significant(float(first['growth']), 2)}\u202f% in {first['region']} and "
        f"{significant(float(last['growth']), 2)}\u202f% in {last['region']}"
    )
    return _small_maps(
        r,
        f"agents-growth-{slug(policy, plain=True)}",
        shown,
        f"{titles[policy]}: links change between {spread} from {r.base} to {years[-1]}",
        f"Links in use against {r.base}, change in %, means of {r.spec.replications} runs",
        f"Smallest and largest among regions with {FEW_LINKS} links or more in {r.base}.",
        f"Maps of growth of links since {r.base} in {', '.join(map(str, years))}: {spread}.",
        f"Change since {r.base}, %",
    )


def _mapped_years(r: AgentResult, policy: str) -> tuple[list[int], pd.DataFrame]:
    """Return years that stand on small maps, and links of regions with a place on them."""
    years = [int(y) for y in np.unique(np.linspace(r.base, r.spec.final, MAPS + 1).round())[1:]]
    rows = r.frames["paths"]
    rows = rows[rows["year"].isin(years) & (rows["region_code"] != "") & (rows["policy"] == policy)]
    return years, rows.reset_index(drop=True)


def _small_maps(
    r: AgentResult, name: str, rows: pd.DataFrame, title: str, subtitle: str, note: str, alt: str, words: str
) -> Figure:
    from innospace.data import load_geometry

    return Figure(
        name,
        FigureKind.MAPS,
        title,
        subtitle,
        caption(r, f"{note} Borders: Natural Earth, public domain; the 80 regions of 2008–2012."),
        alt,
        rows[["region_code", "region", "year", "growth"]].reset_index(drop=True),
        {
            "code": "region_code",
            "value": "growth",
            "label": "region",
            "panel": "year",
            "value_title": words,
            "value_format": ".0f",
            "domain": [min(0.0, float(rows["growth"].min())), max(1.0, float(rows["growth"].max()))],
        },
        geometry=load_geometry(),
        lead=True,
    )


def mapped(r: AgentResult) -> bool:
    """Whether any region has a place on the map."""
    from innospace.data import load_geometry

    known = {f["id"] for f in load_geometry()["features"]}
    return bool(set(r.frames["regions"]["region_code"]) & known)


def _percent_more(after: NDArray[np.float64], before: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return by how many percent numbers are larger than before; zero where there was nothing."""
    return 100.0 * np.divide(after - before, before, out=np.zeros_like(before), where=before > 0.0)
