"""The replication in words and tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from innospace.core.document import Block, Notice, Paragraph, Section
from innospace.core.figure import Figure
from innospace.core.numbers import fixed, percent, significant
from innospace.core.provenance import Nature
from innospace.core.table import Column, Table
from innospace.frontier.presentation import p_clause, side_by_side, symbols
from innospace.frontier.replication.published import PRINTED_TE_CORRELATION, YEARS
from innospace.frontier.space.tables import in_words

if TYPE_CHECKING:
    import pandas as pd

    from innospace.frontier.replication.result import ReplicationResult

PRINTED_SHARE_OF_TABLE_5 = 0.75
"""In the text above Table 5: "about 75 %"."""
_QUANTITIES = {
    "delta": ("δ", 1.0, 4),
    "c": ("c", 1.0, 4),
    "delta_0": ("δ₀", 1.0, 4),
    "c_0": ("c₀", 1.0, 4),
    "log_likelihood": ("Log-likelihood", 1.0, 2),
    "w": ("w, %", 100.0, 4),
}
"""Sign, factor and decimals with which a page shows a parameter: as many as the paper prints."""


def comparison(result: ReplicationResult) -> Table:
    """Return Table 3: printed, ours, difference."""
    import pandas as pd

    frame = result.comparison
    rows = []
    for row in frame.to_dict("records"):
        sign, factor, decimals = _QUANTITIES[str(row["quantity"])]
        numbers = {k: fixed(factor * row[k], decimals) for k in ("published", "ours", "difference")}
        model = "All years" if row["model"] == "pooled" else row["model"]
        rows.append({"model": model, "quantity": sign, **numbers})
    starts = tuple(i for i in range(1, len(rows)) if rows[i]["model"] != rows[i - 1]["model"])
    columns = (
        Column("model", "Model"),
        Column("quantity", "Quantity"),
        Column("published", "Published", "fixed:4"),
        Column("ours", "Ours", "fixed:4"),
        Column("difference", "Difference", "fixed:4"),
    )
    title = "Table 3: estimates of models (2) and (4), published and from the recovered panel"
    notes = [
        "Model (2) by year, model (4) for all years. w = exp(c / δ), with all years at t\u00a0=\u00a00. "
        "Difference: ours less published."
    ]
    notes += [
        f"{r['model']}, {_QUANTITIES[r['quantity']][0]}: {r['note']}" for r in frame.to_dict("records") if r["note"]
    ]
    return Table("table-3", title, frame, columns, tuple(notes), pd.DataFrame(rows), starts)


def table_4(result: ReplicationResult) -> Table:
    """Return Table 4: used space and efficiency, printed, ours, difference."""
    frame = result.table4
    frame = frame.assign(v_difference_percent=100.0 * (frame["v_ours"] / frame["v_published"] - 1.0))
    space, efficiency = "Used space V̂, links", "Technical efficiency"
    columns = (
        Column("region", "Region"),
        Column("year", "Year", "year"),
        Column("technologies_total", "Technologies in three years", "integer"),
        Column("v_published", "published", "fixed:3", space),
        Column("v_ours", "ours", "fixed:3", space),
        Column("v_difference_percent", "difference, %", "fixed:1", space),
        Column("te_published", "published", "fixed:3", efficiency),
        Column("te_ours", "ours", "fixed:3", efficiency),
        Column("te_difference", "difference", "fixed:3", efficiency),
    )
    note = (
        f"Difference: ours less published. Largest: {fixed(float(frame['te_difference'].abs().max()), 4)} in technical "
        f"efficiency, {fixed(float(frame['v_difference_percent'].abs().max()), 1)}\u202f% in used space (where the "
        "published number is near zero, its rounding alone makes some percent)."
    )
    title = "Table 4: used innovation space and technical efficiency, published and re-estimated"
    return Table("table-4", title, frame, columns, (note,))


def table_5(result: ReplicationResult) -> Table:
    """Return Table 5: ranks, printed, ours, difference."""
    frame = result.table5
    frame = frame.assign(
        rank_difference=frame["rank_ours"] - frame["rank_by_teh_2010_2012"],
        efficiency_rank_difference=frame["efficiency_rank_ours"] - frame["efficiency_rank"],
    )
    technologies, efficiency = "Rank by technologies", "Rank by efficiency among these"
    columns = (
        Column("table4_region", "Region"),
        Column("group", "Group"),
        Column("technologies_total", "Technologies 2010–2012", "integer"),
        Column("rank_by_teh_2010_2012", "published", "integer", technologies),
        Column("rank_ours", "ours, of 80", "integer", technologies),
        Column("rank_difference", "difference", "integer", technologies),
        Column("efficiency_rank", "published", "integer", efficiency),
        Column("efficiency_rank_ours", "ours", "integer", efficiency),
        Column("efficiency_rank_difference", "difference", "integer", efficiency),
        Column("te_ours", "TE 2012, ours", "fixed:3"),
    )
    note = (
        f"These regions hold {percent(result.table5_share)} of all technologies; the text of the paper says about "
        f"75\u202f%. It leaves out {_left_out(result)}, which moves the ranks after it."
    )
    title = "Table 5: leading regions by technologies, published ranks and ours"
    return Table("table-5", title, frame, columns, (note,))


def contradiction_table(result: ReplicationResult) -> Table:
    """Return the numbers on which the paper disagrees with itself: printed, implied by its own Table 4, difference."""
    import pandas as pd

    r = result
    own = r.source.te_correlation()
    rows = [
        (f"Correlation of TE, {k.replace('_', '–')}", printed, own[k], 4)
        for k, printed in PRINTED_TE_CORRELATION.items()
    ]
    printed = r.source.parameters["2011"]["log_likelihood"]
    rows.append(("Log-likelihood of model (2), 2011", printed, r.implied_log_likelihood["2011"], 2))
    rows.append(("Share of the regions of Table 5, %", 100 * PRINTED_SHARE_OF_TABLE_5, 100 * r.table5_share, 1))
    frame = pd.DataFrame(
        [(name, printed, implied, implied - printed) for name, printed, implied, _ in rows],
        columns=["quantity", "printed", "implied", "difference"],
    )
    layout = pd.DataFrame(
        [
            {"quantity": n, "printed": fixed(p, d), "implied": fixed(i, d), "difference": fixed(i - p, d)}
            for n, p, i, d in rows
        ]
    )
    columns = (
        Column("quantity", "Quantity"),
        Column("printed", "Printed", "fixed:4"),
        Column("implied", "From its own tables", "fixed:4"),
        Column("difference", "Difference", "fixed:4"),
    )
    return Table("contradictions", "The paper against its own tables", frame, columns, (), layout)


def reconstruction(result: ReplicationResult) -> Table:
    """Return what the inversion of Table 4 found, by year."""
    import pandas as pd

    found = result.to_dict()["reconstruction"]
    frame = pd.DataFrame([{"year": int(y), **values} for y, values in found.items()])
    columns = (
        Column("year", "Year", "year"),
        Column("sigma_u", "σᵤ", "fixed:3"),
        Column("sigma_v", "σᵥ", "fixed:3"),
        Column("delta", "δ", "fixed:5"),
        Column("total_count", "Technologies in three years", "integer"),
        Column("zero_regions", "Regions without", "integer"),
        Column("zero_substitute", "Number in place of zero, per year", "fixed:2"),
        Column("mean_distance_to_integer", "mean", "fixed:3", "Distance to an integer"),
        Column("max_distance_to_integer", "largest", "fixed:3", "Distance to an integer"),
        Column("ln_v_interval_median_width", "median", "fixed:4", "Width of the interval of ln V"),
        Column("ln_v_interval_max_width", "largest", "fixed:3", "Width of the interval of ln V"),
    )
    return Table("reconstruction", "What Table 4 implies", frame, columns)


def model_3(result: ReplicationResult) -> Table:
    """Return model (3) on simulated data, with the truth."""
    from innospace.frontier.replication.replicate import SIMULATED_ETA

    year = result.simulated.years[0]
    models = {"Model (2)": result.simulated.models[str(year)], "Model (3)": result.simulated.models[f"{year}_eta"]}
    table = side_by_side(models, f"Model (3) on simulated regions (true η = {SIMULATED_ETA})", "model-3-simulated")
    tests = result.simulated.hypotheses
    verdicts = ", ".join(
        f"{symbols(k.rsplit('.', 1)[1].replace('_', ' '))} {p_clause(t.p_value)}"
        for k, t in tests.items()
        if "hypothesis_1" in k
    )
    layout = table.display()
    layout["name"] = in_words(layout["name"])
    notes = (*table.notes, f"Simulated data. Tests of hypothesis 1 (η\u00a0=\u00a00): {verdicts}.")
    return replace(table, notes=notes, layout=layout)


TABLES: dict[str, Callable[[ReplicationResult], Table]] = {
    "comparison": comparison,
    "table-4": table_4,
    "table-5": table_5,
    "contradictions": contradiction_table,
    "reconstruction": reconstruction,
    "model-3": model_3,
}


def findings(result: ReplicationResult) -> tuple[str, ...]:
    """Return what the replication found, in sentences."""
    r = result
    total = {y: int(i.counts.sum()) for y, i in r.inversions.items()}
    mean, worst = (max(float(f(i.distance)) for i in r.inversions.values()) for f in (np.mean, np.max))
    return (
        f"Table 4 gives back the data behind it: three-year counts come out as integers in all {80 * len(YEARS)} "
        f"region-years (distance from an integer at most {fixed(mean, 3)} on average in a year, "
        f"{fixed(worst, 2)} in the worst region), "
        f"{', '.join(f'{fixed(t, 0)} in {y}' for y, t in total.items())}.",
        _agreement(r),
        *r.space.findings(),
    )


def _agreement(r: ReplicationResult) -> str:
    """Say how many printed estimates are met, and set the misprinted one apart: it is not held against print."""
    from innospace.frontier.replication.result import MISPRINTED

    misprinted = ".".join(reversed(MISPRINTED))
    kept = [c for c in r.checks if c.name.split(".")[0] in _QUANTITIES and c.name != misprinted]
    good = sum(c.ok for c in kept)
    return (
        f"{good} of {len(kept)} printed estimates of models (2) and (4) are met within twice what rounding of Table 4 "
        f"can move them. One more, the log-likelihood of {MISPRINTED[0]}, is a misprint: {_misprint(r)}."
    )


def _misprint(r: ReplicationResult) -> str:
    printed, implied = r.source.parameters["2011"]["log_likelihood"], r.implied_log_likelihood["2011"]
    return f"the paper prints {fixed(printed, 2)}, its own parameters give {fixed(implied, 2)} on its own Table 4"


def contradictions(result: ReplicationResult) -> list[str]:
    """Return the places where the paper disagrees with itself, each with its explanation."""
    r = result
    tests = r.space.hypotheses
    two, three = (p_clause(tests[f"hypothesis_{k}.lr"].p_value) for k in (2, 3))
    return [
        "Correlation of efficiency between years. The numbers under Figure 2 are not those of the efficiencies of "
        "Table 4. The efficiencies estimated anew agree with Table 4, not with the text.",
        f"Log-likelihood of model (2), 2011. A misprint: {_misprint(r)}, and our maximum is "
        f"{fixed(r.space.models['2011'].loglik, 2)}.",
        f"Table 5. The text says its regions hold about 75\u202f% of the technologies; they hold "
        f"{percent(r.table5_share)}. By technologies it leaves out {_left_out(r)}.",
        "Significance of δ₀ and c₀. The paper calls them significant at 10\u202f%; on the recovered panel the "
        f"likelihood-ratio tests give {two} (δ₀\u00a0=\u00a00) and {three} (c₀\u00a0=\u00a00), so hypotheses 2 and 3 "
        "are not rejected, although the estimates themselves agree.",
        "Formulas of the scan. Used space is W\u00a0=\u00a0w\u00a0TE^(1/δ); the scan reads (w\u00a0TE)^(1/δ), which "
        "Table 4 rejects. Innovative companies are B\u00a0=\u00a0P\u00a0I; the text prints P\u00a0S.",
    ]


def _left_out(r: ReplicationResult) -> str:
    rows = r.table4[r.table4["year"] == YEARS[-1]].sort_values("technologies_total", ascending=False)
    listed = set(r.table5["table4_region"])
    last = rows[rows["region"].isin(listed)]["technologies_total"].min()
    missing = rows[(rows["technologies_total"] > last) & ~rows["region"].isin(listed)]
    ranks = rows["technologies_total"].rank(ascending=False, method="min").astype(int)
    return ", ".join(f"{row.region} (number {ranks[row.Index]})" for row in missing.itertuples()) or "none"


def _beside_print(block: Block, r: ReplicationResult) -> Block:
    """Say of a redrawn figure which one of the paper it is and how far it is from print, and add print to its data."""
    if not isinstance(block, Figure):
        return block
    last = YEARS[-1]
    if block.name == f"frontier-{last}":
        return replace(block, caption=f"Figure 1 of the paper, redrawn. {_two_frontiers(r, str(last))} {block.caption}")
    if block.name == f"used-space-{last}":
        data = _with_print(block, r, "used_space", f"v_{last}")
        far = ((data["used_space"] - data[f"v_{last}_published"]).abs() / data["used_space"].max()).max()
        caption = (
            f"Figure 3 of the paper, redrawn; no point is further than {percent(float(far), 1)} of the axis from print."
        )
        return replace(block, data=data, caption=f"{caption} {block.caption}")
    if block.name.startswith("persistence-"):
        first, second = block.name.split("-")[1:]
        data = _with_print(block, r, "te_first", f"te_{first}")
        data = _with_print(replace(block, data=data), r, "te_second", f"te_{second}")
        pairs = (("te_first", f"te_{first}_published"), ("te_second", f"te_{second}_published"))
        far = max(float((data[a] - data[b]).abs().max()) for a, b in pairs)
        key = f"{first}_{second}"
        caption = (
            f"Figure 2 of the paper, redrawn; no point is further than {fixed(far, 3)} from print. Correlation printed "
            f"{fixed(PRINTED_TE_CORRELATION[key], 4)}, of the printed efficiencies "
            f"{fixed(r.source.te_correlation()[key], 4)}, of ours {fixed(r.space.te_correlation[key]['pearson'], 4)}."
        )
        return replace(block, data=data, caption=f"{caption} {block.caption}")
    return replace(block, caption=f"Not in the paper. {block.caption}")


def _with_print(figure: Figure, r: ReplicationResult, column: str, printed: str) -> pd.DataFrame:
    """Return the data of a figure with the printed number of each region and the difference."""
    beside = figure.data["region"].map(r.source.table4.set_index("region")[printed])
    return figure.data.assign(**{f"{printed}_published": beside, f"{printed}_difference": figure.data[column] - beside})


def _two_frontiers(r: ReplicationResult, year: str) -> str:
    printed, ours = r.source.parameters[year], r.space.parameters(year)
    lines = [
        f"{whose} ln\u00a0Q\u00a0=\u00a0{fixed(p['c'], 4)}\u00a0+\u00a0{fixed(p['delta'], 4)}\u00a0ln\u00a0V"
        for whose, p in (("Published frontier", printed), ("ours", ours))
    ]
    x = r.space.data.loc[r.space.data["year"] == int(year), "space"]
    gaps = [
        (ours["c"] - printed["c"]) + (ours["delta"] - printed["delta"]) * float(np.log(v)) for v in (x.min(), x.max())
    ]
    return f"{'; '.join(lines)}; they differ by at most {significant(100 * max(map(abs, gaps)), 2)}\u202f% in Q."


def sections(result: ReplicationResult) -> tuple[Section, ...]:
    """Return the replication report."""
    r = result
    recovered: list[Block] = [
        Paragraph(
            "Table 4 prints used space and efficiency to three decimals. Efficiency is a monotone function of the "
            "composed error once both sigmas are known, and "
            "ln\u00a0Q\u00a0=\u00a0δ\u00a0ln\u00a0V̂\u00a0+\u00a0ε\u00a0−\u00a0ln\u00a0TE. The sigmas were searched for "
            "that turn the implied three-year counts of all regions into integers; nothing else entered."
        ),
        Notice(r.provenance.sources[0].note, Nature.RECONSTRUCTED),
        r.table("reconstruction"),
    ]
    disagreements: list[Block] = [
        Paragraph("Printed numbers that do not follow from the paper's other printed numbers, and what explains each."),
        r.table("contradictions"),
        *(Paragraph(text) for text in contradictions(r)),
    ]
    eta = ", ".join(f"{fixed(v, 4)} ({y})" for y, v in r.source.eta.items())
    simulated: list[Block] = [
        Paragraph(
            f"Table 2 prints η = {eta}. It cannot be replicated: model (3) needs the number of innovative companies by "
            "region, which no table of the paper prints. The model is shown on simulated regions instead."
        ),
        Notice(symbols(r.simulated.provenance.sources[0].note), Nature.SIMULATED),
        r.table("model-3"),
    ]
    space = {s.anchor: s for s in r.space.sections()}
    return (
        Section("recovered", "The data behind Table 4", tuple(recovered)),
        Section("comparison", "Published and replicated", (r.table("comparison"), r.table("table-5"))),
        Section("contradictions", "Where the paper disagrees with itself", tuple(disagreements)),
        space["model"],
        # all in sight: each stands beside one of the paper's
        replace(space["figures"], blocks=tuple(_beside_print(f, r) for f in r.space.plot.all())),
        space["estimates"],
        Section("model-3", "Model (3)", tuple(simulated)),
        Section("all-regions", "Table 4 in full", (r.table("table-4"),)),
    )
