"""Tables of an innovation-space study."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from innospace.core.errors import SpecError
from innospace.core.numbers import fixed
from innospace.core.table import Column, Table
from innospace.frontier.presentation import EFFECT_COLUMNS, EFFECT_NOTES, TEST_COLUMNS, in_symbols, side_by_side
from innospace.frontier.space import group_tables

if TYPE_CHECKING:
    from innospace.frontier.space.result import SpaceResult

_NAMES = {
    "Constant": "c",
    "log(space)": "δ (ln V)",
    "t": "c₀ (per year)",
    "t:log(space)": "δ₀ (per year)",
    "log(innovative_companies)": "η (ln B)",
}


def models(result: SpaceResult) -> Table:
    """Return models (2) by year and (4) pooled side by side, with ``c / delta``, ``w`` and its growth beneath."""
    import pandas as pd

    pooled = "pooled" in result.reported
    title = "Estimates of the innovation space by year" + (" and of all years" if pooled else "")
    base = side_by_side({_heading(n): m for n, m in result.reported.items()}, title, "models")
    layout = base.display()
    layout["name"] = in_words(layout["name"])
    ratio: dict[str, str] = {"name": "c / δ"}
    share: dict[str, str] = {"name": "w, %"}
    growth: dict[str, str] = {"name": "Growth of w, %"}
    for name, model in result.reported.items():
        heading = _heading(name)
        ratio[heading] = fixed(model.parameter("Intercept") / model.parameter("log(space)"), 3)
        share[heading] = fixed(100.0 * result.share(name).w, 4)
        known = name.isdigit() and int(name) in result.growth_of_w
        growth[heading] = fixed(100.0 * result.growth_of_w[int(name)], 1) if known else ""
    layout = pd.concat([layout, pd.DataFrame([ratio, share, growth])], ignore_index=True)
    rules = (*base.rules, len(layout) - 3)
    about = "w = exp(c / δ) is the share of the innovation space that the frontier uses"
    notes = (*base.notes, f"{about}; with all years, at t\u00a0=\u00a00." if pooled else f"{about}.")
    return Table(base.name, base.title, base.frame, base.columns, notes, layout, rules)


def in_words(names: Iterable[str]) -> list[str]:
    """Return the names of coefficients as the equations write them."""
    return [_NAMES.get(n, n) for n in names]


def _heading(name: str) -> str:
    return "Model (4), all years" if name == "pooled" else f"Model (2), {name}"


def hypotheses(result: SpaceResult) -> Table:
    """Return every test with its null, statistic and p-value."""
    import pandas as pd

    rows = [{"name": name.replace("_", " ").replace(".", ", "), **t.to_dict()} for name, t in result.hypotheses.items()]
    table = Table("hypotheses", "Tests of the hypotheses", pd.DataFrame(rows), TEST_COLUMNS)
    shown = in_symbols(table, ("name", "null", "distribution"))
    layout = shown.display()
    layout["null"] = [re.sub(r"^hypothesis \d+: ", "", n) for n in layout["null"]]
    layout["name"] = [n[:1].upper() + n[1:] for n in layout["name"]]
    return replace(shown, layout=layout)


def regions(result: SpaceResult) -> Table:
    """Return efficiency and used space of every region and year."""
    frame = result.regions
    level = f"{100 * result.spec.level:.0f}\u202f%"
    columns = (
        Column("region", "Region"),
        Column("year", "Year", "year"),
        Column("technologies", "Innovations, per year", "fixed:2"),
        Column("space", "Space V, links", "fixed:0"),
        Column("te", "TE", "fixed:3", "Technical efficiency"),
        Column("te_lower", f"{level} from", "fixed:3", "Technical efficiency"),
        Column("te_upper", "to", "fixed:3", "Technical efficiency"),
        Column("rank", "Rank", "integer"),
        Column("used_space", "Used space V̂, links", "fixed:3"),
    )
    return Table("regions", "Efficiency and used innovation space by region and year", frame, columns, result.steps)


def ranking(result: SpaceResult) -> Table:
    """Return regions by innovations over all years, with the mean efficiency and its rank."""
    grouped = result.regions.groupby("region", sort=False)
    frame = grouped.agg(technologies=("technologies", "mean"), te=("te", "mean"), used_space=("used_space", "mean"))
    frame = frame.sort_values("technologies", ascending=False, kind="stable").reset_index()
    frame.insert(0, "rank", range(1, len(frame) + 1))
    frame["te_rank"] = frame["te"].rank(ascending=False, method="min").astype(int)
    frame["share"] = frame["technologies"] / frame["technologies"].sum()
    frame["cumulative_share"] = frame["share"].cumsum()
    groups = result.grouping
    own: tuple[Column, ...] = ()
    if groups is not None:
        frame["group"] = frame["region"].map(groups.group)
        own = (Column("group", "Group", "integer"),)
    columns = (
        Column("rank", "Rank by innovations", "integer"),
        Column("region", "Region"),
        Column("technologies", "Innovations per year, mean", "fixed:1"),
        Column("cumulative_share", "Cumulative share", "percent:1"),
        Column("te", "Mean TE", "fixed:3"),
        Column("te_rank", "Rank by TE", "integer"),
        Column("used_space", "Mean used space V̂, links", "fixed:3"),
        *own,
    )
    return Table("ranking", "Regions ranked by innovations", frame, columns)


def correlations(result: SpaceResult) -> Table:
    """Return correlations of efficiency between consecutive years."""
    import pandas as pd

    rows = [{"years": k.replace("_", "–"), **v} for k, v in result.te_correlation.items()]
    columns = (
        Column("years", "Years"),
        Column("pearson", "Pearson", "fixed:4"),
        Column("spearman", "Spearman (ranks)", "fixed:4"),
        Column("regions", "Regions", "integer"),
    )
    frame = pd.DataFrame(rows, columns=[c.key for c in columns])
    return Table("correlations", "Is efficiency persistent? Correlation of TE between years", frame, columns)


def determinants(result: SpaceResult) -> Table:
    """Return mean effects of regressors of inefficiency by model, with errors.

    Raises
    ------
    SpecError
        Inefficiency has no regressors.
    """
    if result.determinants.empty:
        raise SpecError(
            "Inefficiency has no regressors in this study.",
            remedy='Name them: determinants = "u: z1 + z2", or "mu: z" with inefficiency = "truncated_normal".',
        )
    frame = result.determinants.assign(model=[_heading(m) for m in result.determinants["model"]])
    columns = (Column("model", "Model"), *EFFECT_COLUMNS)
    title = "What inefficiency depends on, by model"
    return Table("determinants", title, frame, columns, EFFECT_NOTES)


TABLES: dict[str, Callable[[SpaceResult], Table]] = {
    "models": models,
    "hypotheses": hypotheses,
    "regions": regions,
    "ranking": ranking,
    "correlations": correlations,
    "determinants": determinants,
    "groups": group_tables.groups,
    "components": group_tables.components,
    "published_groups": group_tables.published_groups,
}
