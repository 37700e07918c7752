"""A study of agents in words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from innospace.agents.policy import BASELINE, INSTRUMENTS
from innospace.agents.summaries import COUNTRY
from innospace.core.document import Block, Heading, Notice, Paragraph, Section
from innospace.core.numbers import fixed, percent, significant
from innospace.core.provenance import Nature

if TYPE_CHECKING:
    import pandas as pd

    from innospace.agents.policy import Instrument, Policy
    from innospace.agents.result import AgentResult

RECONSTRUCTION = (
    "The agents are a reconstruction: no data on single links stand behind them. They are made to agree with the "
    "frontier of the innovation space and calibrated to moments of a panel of regions; effects of policies rest on "
    "assumed costs and responses that the panel does not tell."
)


def summary(result: AgentResult) -> str:
    """Return text for a terminal, at most 100 columns wide."""
    c = result.calibrated
    lines = [
        f"Agents: {result.spec.replications} runs, {result.base} to {result.spec.final} (a reconstruction)",
        f"growth of w {c.growth:.3f}   openness sd {c.openness_sd:.3f}   dispersion {c.dispersion:.3f}   "
        f"status {result.status.code!s}",
        f"slope of runs on the frontier {result.slope:.3f}",
    ]
    if result.calibration is not None:
        found = result.calibration
        lines.append(f"{'moment':<24}{'panel':>10}{'runs':>10}{'sd':>10}")
        lines += [
            f"{name:<24}{found.observed[name]:>10.3f}{found.simulated[name]:>10.3f}{found.spread[name]:>10.3f}"
            for name in found.observed
        ]
    for policy in result.spec.policies:
        for region in sorted({i.region for i in policy.instruments}):
            row = _effect(result, policy.name, region, "technical_efficiency")
            lines.append(
                f"{policy.name[:20]:<22}{region[:30]:<32}TE {row['value']:+.4f} ({row['lower']:+.4f}, "
                f"{row['upper']:+.4f})"
            )
    return "\n".join(line[:100] for line in lines)


def _effect(result: AgentResult, policy: str, region: str, quantity: str) -> pd.Series:
    rows = result.frames["effects"]
    chosen = (rows["policy"] == policy) & (rows["region"] == region) & (rows["quantity"] == quantity)
    return rows[chosen & (rows["year"] == result.spec.final)].iloc[0]


def findings(result: AgentResult) -> tuple[str, ...]:
    """Return what was found, in sentences, most important first."""
    found = [_policy(result, p) for p in result.spec.policies]
    found.append(_fit(result))
    found.append(
        f"Runs follow the frontier: where it expects one percent more technologies, runs give {fixed(result.slope, 2)} "
        "percent more on average."
    )
    if result.calibration is not None:
        found += _calibrated(result)
    found.append(_network(result))
    return tuple(found)


def _policy(result: AgentResult, policy: Policy) -> str:
    region = policy.instruments[0].region
    links, te = (_effect(result, policy.name, region, q) for q in ("links", "technical_efficiency"))
    country = _effect(result, policy.name, COUNTRY, "innovations")
    spent = _effect(result, policy.name, region, "spent")
    rows = result.path(region)
    before = float(rows[rows["year"] == result.spec.final]["technical_efficiency"].iloc[0])
    sure = "" if te["lower"] > 0 or te["upper"] < 0 else " (in single runs the effect may be nil or of the other sign)"
    return (
        f"{policy.title}: in {result.spec.final} {region} has {significant(float(links['value']))} more links in use "
        f"and its efficiency is {fixed(before + float(te['value']), 3)} in place of {fixed(before, 3)}{sure}; the "
        f"country makes {significant(float(country['value']))} more technologies a year, for "
        f"{significant(float(spent['value']))} million roubles a year. Simulated; costs and responses are assumed."
    )


def _fit(result: AgentResult) -> str:
    rows = result.frames["regions"]
    inside = (rows["technologies"] >= rows["simulated_technologies_lower"]) & (
        rows["technologies"] <= rows["simulated_technologies_upper"]
    )
    total = float(rows["simulated_technologies"].sum() / rows["technologies"].sum())
    return (
        f"Technologies of the panel in {result.base} lie within the 95\u202f% interval of runs in "
        f"{int(inside.sum())} of "
        f"{len(rows)} regions; runs give {percent(total, 0)} of the country's total."
    )


def _calibrated(result: AgentResult) -> list[str]:
    c = result.calibration
    if c is None:
        return []
    fits = "agree" if c.p_value >= 0.05 else "do not agree"
    lines = [] if c.status.converged else [f"{c.status.message} {c.status.remedy}"]
    loose = [n for n, v in c.calibrated.to_dict().items() if c.std_errors[n] > 0.5 * abs(v)]
    weak = [n for n, s in c.shifts.items() if s < 0.5]
    lines.append(
        f"Calibration: the share of the space in use grows by {percent(c.calibrated.growth, 0)} a year up to "
        f"{result.base} (log points, standard error {fixed(100 * c.std_errors['growth'], 0)}); moments of runs and "
        f"panel {fits} (p = {fixed(c.p_value, 2)}); regions and years without technologies are "
        f"{percent(c.simulated['zero_share'], 0)} in runs and {percent(c.observed['zero_share'], 0)} in the panel."
    )
    if loose:
        lines.append(
            f"The panel tells {' and '.join(n.replace('_', ' ') for n in loose)} only roughly: the standard error is "
            "more than half of the number."
        )
    if weak:
        lines.append(f"The panel cannot tell {', '.join(w.replace('_', ' ') for w in weak)}: these stay assumptions.")
    return lines


def _network(result: AgentResult) -> str:
    rows = result.frames["networks"]
    values = rows[rows["policy"] == BASELINE].set_index("measure")["value"]
    return (
        f"Without policy {percent(float(values['organisations_linked']), 0)} of R&D organisations and "
        f"{percent(float(values['companies_linked']), 1)} of innovative companies have a link in {result.spec.final}; "
        f"{percent(float(values['away_share']), 0)} of links cross regions."
    )


def sections(result: AgentResult) -> tuple[Section, ...]:
    """Return the part of a report."""
    from innospace.agents.tables import kinds

    r = result
    known = kinds(r)
    tables = {name: r.table(name) for name in known}
    data: list[Block] = [Paragraph(step) for step in r.steps]
    data += [
        Notice(f"{s.name}: {s.note or s.origin}", s.nature) for s in r.provenance.sources if s.nature != "observed"
    ]
    policies: list[Block] = [
        Paragraph(f"{p.title}: " + " ".join(f"{INSTRUMENTS[i.instrument]} {_terms(i)}" for i in p.instruments))
        for p in r.spec.policies
    ]
    fit = [tables[n] for n in ("calibrated", "moments") if n in tables]
    fit += [replace(tables[n], folded=True) for n in ("identification",) if n in tables]
    rest = [replace(tables[n], folded=True) for n in ("regions", "networks", "flows", "sensitivity") if n in tables]
    found = [
        Section(
            "mechanism",
            "What is simulated",
            (
                Notice(RECONSTRUCTION, Nature.SIMULATED),
                Paragraph(str(r.spec)),
                Heading("Equations", folded=True),
                *r.spec.equations(),
            ),
        ),
        Section("figures", "What the runs show", tuple(r.plot.all())),
    ]
    if policies:
        found.append(Section("policies", "Policies", (*policies, tables["effects"])))
    if fit:
        found.append(Section("calibration", "Calibration: fit and what it cannot tell", tuple(fit)))
    found.append(Section("results", "Regions, network, sensitivity", tuple(rest)))
    found.append(Section("assumed", "Assumptions and data", (*data, replace(tables["assumptions"], folded=True))))
    return tuple(found)


def _terms(given: Instrument) -> str:
    costs = f"{percent(given.rate, 0)} of costs"
    money = f"{significant(given.budget)} million roubles a year" if given.budget else costs
    share = f", {costs}" if given.instrument == "co_funding" else ""
    return f"{given.region}, {given.years[0]}–{given.years[1]}: {money}{share}."
