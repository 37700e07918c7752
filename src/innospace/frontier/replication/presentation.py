"""The replication in words and tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from innospace.core.document import Block, Notice, Paragraph, Section
from innospace.core.numbers import fixed, p_value, percent
from innospace.core.provenance import Nature
from innospace.core.table import Column, Table
from innospace.frontier.replication.published import PRINTED_TE_CORRELATION, YEARS

if TYPE_CHECKING:
    from innospace.frontier.replication.result import ReplicationResult


def comparison(result: ReplicationResult) -> Table:
    """Return Table 3: printed, ours, difference."""
    columns = (
        Column("model", "Model"),
        Column("quantity", "Quantity"),
        Column("published", "Published", "significant:5"),
        Column("ours", "Ours", "significant:5"),
        Column("difference", "Difference", "significant:2"),
        Column("note", "Note"),
    )
    title = "Table 3: estimates of models (2) and (4), published and from the recovered panel"
    return Table("table-3", title, result.comparison, columns)


def table_4(result: ReplicationResult) -> Table:
    """Return Table 4: used space and efficiency, printed and ours."""
    columns = (
        Column("region", "Region"),
        Column("year", "Year", "year"),
        Column("technologies_total", "Technologies in three years", "integer"),
        Column("v_published", "published", "fixed:3", "Used space V̂, links"),
        Column("v_ours", "ours", "fixed:3", "Used space V̂, links"),
        Column("te_published", "published", "fixed:3", "Technical efficiency"),
        Column("te_ours", "ours", "fixed:3", "Technical efficiency"),
    )
    return Table("table-4", "Table 4: used innovation space and technical efficiency", result.table4, columns)


def table_5(result: ReplicationResult) -> Table:
    """Return Table 5: ranks, printed and ours."""
    columns = (
        Column("table4_region", "Region"),
        Column("group", "Group"),
        Column("technologies_total", "Technologies 2010–2012", "integer"),
        Column("rank_by_teh_2010_2012", "published", "integer", "Rank by technologies"),
        Column("rank_ours", "ours, of 80", "integer", "Rank by technologies"),
        Column("efficiency_rank", "published", "integer", "Rank by efficiency among these"),
        Column("efficiency_rank_ours", "ours", "integer", "Rank by efficiency among these"),
        Column("te_ours", "TE 2012", "fixed:3"),
    )
    note = (
        f"These regions hold {percent(result.table5_share)} of all technologies; the text of the paper says about 75 %."
    )
    return Table("table-5", "Table 5: leading regions", result.table5, columns, (note,))


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
    from innospace.frontier.space.tables import side_by_side

    year = result.simulated.years[0]
    models = {"Model (2)": result.simulated.models[str(year)], "Model (3)": result.simulated.models[f"{year}_eta"]}
    table = side_by_side(models, f"Model (3) on simulated regions (true η = {SIMULATED_ETA})", "model-3-simulated")
    tests = result.simulated.hypotheses
    verdicts = ", ".join(
        f"{k.rsplit('.', 1)[1].replace('_', ' ')} p {p_value(t.p_value)}"
        for k, t in tests.items()
        if "hypothesis_1" in k
    )
    notes = (*table.notes, f"Simulated data. Hypothesis 1 (η = 0): {verdicts}.")
    return Table(table.name, table.title, table.frame, table.columns, notes, table.layout, table.rules)


TABLES: dict[str, Callable[[ReplicationResult], Table]] = {
    "comparison": comparison,
    "table-4": table_4,
    "table-5": table_5,
    "reconstruction": reconstruction,
    "model-3": model_3,
}


def findings(result: ReplicationResult) -> tuple[str, ...]:
    """Return what the replication found, in sentences."""
    r = result
    total = {y: int(i.counts.sum()) for y, i in r.inversions.items()}
    worst = max(float(i.distance.mean()) for i in r.inversions.values())
    kept = [c for c in r.checks if c.name.split(".")[0] in ("delta", "c", "w", "log_likelihood", "delta_0", "c_0")]
    good = sum(c.ok for c in kept)
    return (
        f"Table 4 gives back the data behind it: three-year counts come out as integers in all {80 * len(YEARS)} "
        f"region-years (mean distance at most {fixed(worst, 3)}), {', '.join(f'{t} in {y}' for y, t in total.items())}.",
        f"{good} of {len(kept)} estimates of models (2) and (4) agree with print within what rounding of Table 4 can move.",
        *r.space.findings(),
    )


def contradictions(result: ReplicationResult) -> list[str]:
    """Return the places where the paper disagrees with itself, with both numbers."""
    r = result
    table4 = r.source.te_correlation()
    correlations = "; ".join(
        f"{k.replace('_', '–')}: printed {v:.4f}, Table 4 gives {table4[k]:.4f}"
        for k, v in PRINTED_TE_CORRELATION.items()
    )
    tests = r.space.hypotheses
    return [
        f"Correlation of efficiency between years. {correlations}.",
        f"Log-likelihood of model (2), 2011. Printed {r.source.parameters['2011']['log_likelihood']:.2f}; the paper's own "
        f"parameters on its own Table 4 give {r.implied_log_likelihood['2011']:.2f}.",
        f"Table 5. The text says its regions hold about 75 % of the technologies; they hold {percent(r.table5_share)}. "
        f"By technologies it leaves out {_left_out(r)}.",
        "Significance of δ₀ and c₀. Printed as significant at 10 %; on the recovered panel the likelihood-ratio tests "
        f"give p {p_value(tests['hypothesis_2.lr'].p_value)} (δ₀ = 0) and p {p_value(tests['hypothesis_3.lr'].p_value)} "
        "(c₀ = 0), so hypotheses 2 and 3 are not rejected, although the estimates themselves agree.",
        "Formulas of the scan. Used space is W = w TE^(1/δ); the scan reads (w TE)^(1/δ), which Table 4 rejects. "
        "Innovative companies are B = P I; the text prints P S.",
    ]


def _left_out(r: ReplicationResult) -> str:
    rows = r.table4[r.table4["year"] == YEARS[-1]].sort_values("technologies_total", ascending=False)
    listed = set(r.table5["table4_region"])
    last = rows[rows["region"].isin(listed)]["technologies_total"].min()
    missing = rows[(rows["technologies_total"] > last) & ~rows["region"].isin(listed)]
    ranks = rows["technologies_total"].rank(ascending=False, method="min").astype(int)
    return ", ".join(f"{row.region} (number {ranks[row.Index]})" for row in missing.itertuples()) or "none"


def sections(result: ReplicationResult) -> tuple[Section, ...]:
    """Return the replication report."""
    r = result
    recovered: list[Block] = [
        Paragraph(
            "Table 4 prints used space and efficiency to three decimals. Efficiency is a monotone function of the composed "
            "error once both sigmas are known, and ln Q = δ ln V̂ + ε − ln TE. The sigmas were searched for that turn the "
            "implied three-year counts of all regions into integers; nothing else entered."
        ),
        Notice(r.provenance.sources[0].note, Nature.RECONSTRUCTED),
        r.table("reconstruction"),
    ]
    disagreements: list[Block] = [Notice(text, Nature.OBSERVED) for text in contradictions(r)]
    eta = ", ".join(f"{v} ({y})" for y, v in r.source.eta.items())
    simulated: list[Block] = [
        Paragraph(
            f"Table 2 prints η = {eta}. It cannot be replicated: model (3) needs the number of innovative companies by "
            "region, which no table of the paper prints. The model is shown on simulated regions instead."
        ),
        Notice(r.simulated.provenance.sources[0].note, Nature.SIMULATED),
        r.table("model-3"),
    ]
    space = {s.anchor: s for s in r.space.sections()}
    return (
        Section("recovered", "The data behind Table 4", tuple(recovered)),
        Section("comparison", "Published and replicated", (r.table("comparison"), r.table("table-5"))),
        Section("contradictions", "Where the paper disagrees with itself", tuple(disagreements)),
        space["model"],
        space["figures"],
        space["estimates"],
        Section("model-3", "Model (3)", tuple(simulated)),
        Section("table-4", "Table 4 in full", (r.table("table-4"),)),
    )
