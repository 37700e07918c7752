"""Tables of a study of agents."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from innospace.agents.assumptions import REASONS
from innospace.agents.network import MEASURES
from innospace.agents.policy import BASELINE
from innospace.agents.sensitivity import INPUTS, OUTPUTS
from innospace.agents.targets import HELD_OUT, MOMENTS
from innospace.core.errors import SpecError
from innospace.core.numbers import fixed, significant
from innospace.core.table import Column, Table

if TYPE_CHECKING:
    import pandas as pd

    from innospace.agents.calibrate import Calibration
    from innospace.agents.result import AgentResult

WORDS = {
    "growth": "Growth of the share in use, log points a year",
    "openness_sd": "Standard deviation of changes of openness, log odds",
    "dispersion": "Dispersion of innovations, variance of their factor",
}
INTERVAL = "95\u202f% of runs"


def _calibration(result: AgentResult) -> Calibration:
    if result.calibration is None:
        raise SpecError("Nothing was calibrated: the numbers were given.", remedy="Leave 'calibrated' out of the step.")
    return result.calibration


def _interval(frame: pd.DataFrame, lower: str, upper: str) -> list[str]:
    ends = zip(frame[lower].tolist(), frame[upper].tolist(), strict=True)
    return [f"{significant(a)} to {significant(b)}" for a, b in ends]


def calibrated(result: AgentResult) -> Table:
    """Return the calibrated numbers with standard errors."""
    import pandas as pd

    c = _calibration(result)
    rows = [
        {"name": n, "meaning": WORDS[n], "value": v, "std_error": c.std_errors[n]}
        for n, v in c.calibrated.to_dict().items()
    ]
    columns = (
        Column("meaning", "Number"),
        Column("value", "Value", "fixed:3"),
        Column("std_error", "Standard error", "fixed:3"),
    )
    notes = (
        f"{c.status.message} Distance J = {fixed(c.distance, 2)} with two degrees of freedom, p = "
        f"{fixed(c.p_value, 3)}; "
        f"{c.replications} runs a set of numbers, {c.evaluations} sets.",
    )
    return Table("calibrated", "Calibrated numbers", pd.DataFrame(rows), columns, notes)


def moments(result: AgentResult) -> Table:
    """Return moments of the panel and of runs, held-out ones last."""
    import pandas as pd

    c = _calibration(result)
    rows = [
        {
            "name": name,
            "meaning": meaning,
            "use": "aimed at" if name in MOMENTS else "held out",
            "observed": c.observed[name],
            "simulated": c.simulated[name],
            "spread": c.spread[name],
        }
        for name, meaning in {**MOMENTS, **HELD_OUT}.items()
    ]
    columns = (
        Column("meaning", "Moment"),
        Column("use", "Use"),
        Column("observed", "Panel", "fixed:3"),
        Column("simulated", "Runs, mean", "fixed:3"),
        Column("spread", "Runs, standard deviation", "fixed:3"),
    )
    return Table("moments", "Moments of the panel and of runs", pd.DataFrame(rows), columns, rules=(len(MOMENTS),))


def identification(result: AgentResult) -> Table:
    """Return how far the moments move when an assumption is moved: what they cannot tell."""
    import pandas as pd

    from innospace.agents.calibrate import SHIFTED

    c = _calibration(result)
    rows = [
        {
            "name": name,
            "assumed": float(getattr(result.spec.assumptions, name)),
            "factor": SHIFTED[name],
            "shift": shift,
            "told": "hardly" if shift < 0.5 else "in part",
        }
        for name, shift in c.shifts.items()
    ]
    columns = (
        Column("name", "Assumption"),
        Column("assumed", "Assumed", "significant:3"),
        Column("factor", "Moved by the factor", "fixed:2"),
        Column("shift", "Largest move of a moment, standard deviations of a run", "fixed:2"),
        Column("told", "Moments tell it"),
    )
    notes = (
        "Openness is fitted again to what the frontier expects of each region, the calibrated numbers are kept. "
        "Where no moment moves by half a standard deviation the panel cannot tell the assumption: it is not "
        "identified. Who is near whom (reach, distance_km) and how V is split into S and B (organisations_exponent) "
        "belong to the population, which is held fixed; moments of regions do not tell them either.",
    )
    frame = pd.DataFrame(rows, columns=["name", "assumed", "factor", "shift", "told"])
    return Table("identification", "What the moments do not tell", frame, columns, notes)


def effects(result: AgentResult) -> Table:
    """Return effects of policies in their last year and money spent a year."""
    frame = result.frames["effects"]
    kept = frame[frame["year"] == result.spec.final] if len(frame) else frame
    kept = kept[kept["quantity"].isin(_QUANTITY_WORDS) & ~((kept["value"] == 0.0) & kept["quantity"].isin(_FUNDING))]
    order = kept["quantity"].map(list(_QUANTITY_WORDS).index)
    kept = kept.assign(_order=order).sort_values(["policy", "region", "_order"], kind="stable").drop(columns="_order")
    rows = kept.assign(
        title=[result.policies[p] for p in kept["policy"]],
        words=[_QUANTITY_WORDS[q] for q in kept["quantity"]],
        interval=_interval(kept, "lower", "upper"),
    )
    columns = (
        Column("title", "Policy"),
        Column("region", "Region"),
        Column("words", "Policy less no policy"),
        Column("unit", "Unit"),
        Column("value", "Mean", "significant:3"),
        Column("interval", INTERVAL),
        Column("std_error", "Standard error of the mean", "significant:2"),
    )
    notes = ("Runs with and without policy share all random numbers that the policy does not touch.",)
    return Table("effects", f"Effects of policies in {result.spec.final}", rows, columns, notes, lead=True)


_FUNDING = ("funded", "anyway")
_QUANTITY_WORDS = {
    "links": "Links in use",
    "innovations": "Innovations",
    "technical_efficiency": "Technical efficiency",
    "spent": "Spent in the year",
    "funded": "New links co-funded in the year",
    "anyway": "of these made without the money as well",
}


def regions(result: AgentResult) -> Table:
    """Return what the frontier expects and runs give, by region."""
    frame = result.frames["regions"]
    shown = frame.assign(
        frontier_percent=100.0 * frame["frontier_share"],
        percent=100.0 * frame["used_share"],
        interval=_interval(frame, "simulated_technologies_lower", "simulated_technologies_upper"),
    )
    columns = (
        Column("region", "Region"),
        Column("organisations", "R&D organisations S", "integer"),
        Column("companies", "Innovative companies B", "integer"),
        Column("technologies", "Panel", "fixed:1", "Innovations a year"),
        Column("simulated_technologies", "Runs", "fixed:1", "Innovations a year"),
        Column("interval", INTERVAL, "text", "Innovations a year"),
        Column("frontier_percent", "Frontier W", "significant:2", "Share of the space in use, %"),
        Column("percent", "Runs w", "significant:2", "Share of the space in use, %"),
    )
    title = f"Regions in {result.base}: panel, frontier and runs"
    return Table("regions", title, shown, columns, folded=True)


def networks(result: AgentResult, policy: str = BASELINE) -> Table:
    """Return network measures of the last year, without policy or with one."""
    frame = result.frames["networks"]
    kept = frame[frame["policy"] == policy].assign(meaning=lambda d: [MEASURES[m][1] for m in d["measure"]])
    kept = kept.assign(interval=_interval(kept, "lower", "upper"))
    columns = (
        Column("meaning", "Measure"),
        Column("unit", "Unit"),
        Column("value", "Mean", "significant:3"),
        Column("interval", INTERVAL),
    )
    words = result.policies.get(policy, "no policy")
    return Table("networks", f"The network of links in {result.spec.final}: {words}", kept, columns)


def flows(result: AgentResult) -> Table:
    """Return the largest flows of links between different regions."""
    frame = result.frames["flows"]
    across = frame[frame["organisation_region"] != frame["company_region"]].head(15)
    columns = (
        Column("organisation_region", "R&D organisation in"),
        Column("company_region", "Company in"),
        Column("links", "Links in use", "fixed:0"),
    )
    return Table("flows", f"Most links across regions in {result.spec.final}, no policy", across, columns)


def assumptions(result: AgentResult) -> Table:
    """Return every assumption with its reason."""
    import pandas as pd

    values = result.spec.assumptions.to_dict()
    frame = pd.DataFrame([{"name": n, "value": float(v), "reason": REASONS[n]} for n, v in values.items()])
    columns = (
        Column("name", "Assumption"),
        Column("value", "Value", "significant:3"),
        Column("reason", "Reason"),
    )
    return Table("assumptions", "What is assumed", frame, columns, folded=True)


def sensitivity(result: AgentResult) -> Table:
    """Return Sobol indices."""
    frame = result.frames["sensitivity"]
    shown = frame.assign(
        words=[OUTPUTS[o] for o in frame["output"]],
        interval=[
            f"{fixed(float(a), 2)} to {fixed(float(b), 2)}" if np.isfinite(a) else "no effect"
            for a, b in zip(frame["total_lower"], frame["total_upper"], strict=True)
        ],
    )
    columns = (
        Column("words", "Output"),
        Column("input", "Input"),
        Column("first", "First order", "fixed:2"),
        Column("total", "Total", "fixed:2"),
        Column("interval", "95\u202f% interval of total"),
    )
    ranges = "; ".join(f"{n} {a:g} to {b:g}" for n, (a, b) in INPUTS.items())
    notes = (
        f"Saltelli's design with {result.spec.sensitivity} points; inputs are uniform: {ranges} (openness_sd and "
        "dispersion are factors on the calibrated numbers). Openness is fitted again at every point.",
    )
    return Table("sensitivity", "Sobol indices of main outputs", shown, columns, notes, folded=True)


def kinds(result: AgentResult) -> dict[str, Callable[[AgentResult], Table]]:
    """Return the tables that a result has, by name."""
    found: dict[str, Callable[[AgentResult], Table]] = {}
    if result.calibration is not None:
        found |= {"calibrated": calibrated, "moments": moments}
        if result.calibration.shifts:
            found["identification"] = identification
    if len(result.frames["effects"]):
        found["effects"] = effects
    found |= {"regions": regions, "networks": networks, "flows": flows, "assumptions": assumptions}
    if "sensitivity" in result.frames:
        found["sensitivity"] = sensitivity
    return found
