"""A reader looks into a study of agents: a policy, what the maps show, and a region."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from innospace.agents import maps
from innospace.agents.policy import BASELINE
from innospace.agents.tables import networks
from innospace.core.explore import Choice, View, settled
from innospace.core.numbers import fixed, percent, significant

if TYPE_CHECKING:
    from innospace.agents.result import AgentResult
    from innospace.core.figure import Figure

POLICY, SHOWN, REGION = "policy", "maps", "region"
ADDED, GROWTH = "added", "growth"


def choices(result: AgentResult) -> tuple[Choice, ...]:
    """Return policies, what the maps show where there is a policy, and regions."""
    names = sorted(set(result.frames["regions"]["region"]))
    regions = Choice(REGION, "Region", {n: n for n in names}, many=True)
    if not result.policies:
        return (regions,)
    policies = Choice(POLICY, "Policy", {BASELINE: "No policy", **result.policies}, next(iter(result.policies)))
    shown = {ADDED: "Links that the policy adds", GROWTH: f"Growth of links since {result.base}"}
    return policies, Choice(SHOWN, "Maps", shown, ADDED), regions


def view(result: AgentResult, chosen: Mapping[str, str]) -> View:
    """Return maps of links, efficiency by year with intervals, the network, and what the runs say of one region.

    Raises
    ------
    LabelError
        There is no such policy or region.
    """
    known = settled(choices(result), chosen)
    policy, region = known.get(POLICY, BASELINE), known[REGION]
    plot = result.plot
    touched = _touched(result, policy)
    further = [t for t in touched if t != region]
    own = (plot.path(region), plot.links(region, policy if region in touched else BASELINE)) if region else ()
    return View(
        region,
        told(result, region, policy) if region else (),
        own,
        (*_maps(result, policy, known.get(SHOWN, GROWTH)), *map(plot.path, further), plot.network(policy)),
        networks(result, policy),
    )


def _maps(result: AgentResult, policy: str, shown: str) -> tuple[Figure, ...]:
    if not maps.mapped(result):
        return ()
    added = shown == ADDED and policy != BASELINE
    return (maps.added(result, policy) if added else maps.grown(result, policy),)


def _touched(result: AgentResult, policy: str) -> list[str]:
    """Return the regions that a policy touches."""
    given = (i.region for p in result.spec.policies if p.name == policy for i in p.instruments)
    return list(dict.fromkeys(given))


def told(result: AgentResult, region: str, policy: str) -> tuple[str, ...]:
    """Return what the runs say of a region, in sentences."""
    rows = result.frames["regions"]
    row = rows[rows["region"] == region].iloc[0]
    first, last = (_at(result, region, BASELINE, year) for year in (result.base, result.spec.final))
    found = [
        f"{region} has {row['organisations']:,.0f} R&D organisations and {row['companies']:,.0f} innovative companies "
        f"in the runs; {significant(first['links'])} links between them are in use in {result.base} and "
        f"{significant(last['links'])} in {result.spec.final} without policy.",
        f"It makes {significant(float(row['technologies']))} technologies a year in the panel of {result.base}, and "
        f"{significant(float(row['simulated_technologies']))} in the runs (95\u202f% of runs: "
        f"{significant(float(row['simulated_technologies_lower']))} to "
        f"{significant(float(row['simulated_technologies_upper']))}).",
        f"Its efficiency without policy averages {_efficiency(last)} in {result.spec.final}.",
    ]
    if policy != BASELINE:
        helped = _at(result, region, policy, result.spec.final)
        more = helped["links"] / last["links"] - 1.0 if last["links"] > 0.0 else 0.0
        found.append(
            f"With the policy '{result.policies[policy]}' it has {percent(more, 1)} more links in use in "
            f"{result.spec.final}, and its efficiency averages {_efficiency(helped)}."
        )
    return tuple(found)


def _at(result: AgentResult, region: str, policy: str, year: int) -> dict[str, float]:
    rows = result.path(region, policy)
    row = rows[rows["year"] == year].iloc[0]
    names = ("links", "technical_efficiency", "technical_efficiency_lower", "technical_efficiency_upper")
    return {name: float(row[name]) for name in names}


def _efficiency(row: Mapping[str, float]) -> str:
    lower, upper = (fixed(row[f"technical_efficiency_{end}"], 2) for end in ("lower", "upper"))
    return f"{fixed(row['technical_efficiency'], 2)} (95\u202f% of runs: {lower} to {upper})"
