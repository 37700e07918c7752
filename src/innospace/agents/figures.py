"""Figures of a study of agents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from innospace.agents import maps
from innospace.agents.network import MEASURES
from innospace.agents.policy import BASELINE
from innospace.agents.sensitivity import OUTPUTS
from innospace.agents.wording import caption
from innospace.core.figure import Figure, FigureKind
from innospace.core.labels import require_known
from innospace.core.numbers import fixed, percent, significant
from innospace.core.slugs import slug

if TYPE_CHECKING:
    from innospace.agents.result import AgentResult

LABELLED = 8


class Plots:
    """Figures by name; each returns data that :meth:`innospace.core.figure.Figure.draw` draws."""

    def __init__(self, result: AgentResult) -> None:
        self._result = result

    def shares(self) -> Figure:
        """Return the share of the space in use in runs against that of the frontier, by region."""
        from scipy import stats

        r = self._result
        rows = r.frames["regions"]
        rows = rows[(rows["used_share"] > 0.0) & (rows["frontier_share"] > 0.0)].reset_index(drop=True)
        top = rows["technologies"].rank(ascending=False, method="first") <= LABELLED
        rows = rows.assign(
            emerged=100.0 * rows["used_share"],
            frontier=100.0 * rows["frontier_share"],
            highlight=top | rows["region"].isin(r.spec.focus),
        )
        order = float(stats.spearmanr(rows["emerged"], rows["frontier"]).statistic)
        return Figure(
            "agents-shares",
            FigureKind.SCATTER,
            f"The share of the space in use that emerges ranks regions as the frontier does: rank correlation "
            f"{fixed(order, 2)}",
            f"Share of the innovation space in use, {r.base}, %: mean of {r.spec.replications} runs w against W of the "
            f"frontier, {len(rows)} regions; both axes logarithmic",
            caption(
                r,
                "W is that of one year, runs are fitted to the mean of the years of the panel. Links are whole: the "
                "smallest regions need more of them on average than the formula has.",
            ),
            f"Scatter of the share in use of runs against that of the frontier for {len(rows)} regions.",
            rows[["region", "frontier", "emerged", "highlight"]],
            {
                "x": "frontier",
                "y": "emerged",
                "label": "region",
                "highlight": "highlight",
                "x_log": True,
                "y_log": True,
                "diagonal": True,
                "x_title": "W of the frontier, %",
                "y_title": "w of runs, %",
            },
        )

    def technologies(self) -> Figure:
        """Return innovations of runs against those of the panel, by region."""
        r = self._result
        rows = r.frames["regions"]
        rows = rows[rows["technologies"] > 0.0].reset_index(drop=True)
        top = rows["technologies"].rank(ascending=False, method="first") <= LABELLED
        inside = (rows["technologies"] >= rows["simulated_technologies_lower"]) & (
            rows["technologies"] <= rows["simulated_technologies_upper"]
        )
        return Figure(
            "agents-technologies",
            FigureKind.SCATTER,
            f"In {int(inside.sum())} of {len(rows)} regions the technologies of the panel lie in the 95\u202f% "
            "interval of runs",
            f"New production technologies a year (mean of {r.spec.assumptions.window} years), {r.base}: mean of runs "
            "against the panel; regions without any are left out; both axes logarithmic",
            caption(r),
            f"Scatter of simulated against observed technologies for {len(rows)} regions.",
            rows.assign(highlight=top | rows["region"].isin(r.spec.focus))[
                ["region", "technologies", "simulated_technologies", "highlight"]
            ],
            {
                "x": "technologies",
                "y": "simulated_technologies",
                "label": "region",
                "highlight": "highlight",
                "x_log": True,
                "y_log": True,
                "diagonal": True,
                "x_title": "Panel, a year",
                "y_title": "Runs, a year",
            },
        )

    def path(self, region: str) -> Figure:
        """Return technical efficiency of a region by year, without policy and with policies that touch it."""
        import pandas as pd

        r = self._result
        own = [p for p in r.spec.policies if region in {i.region for i in p.instruments}]
        titles = {BASELINE: "No policy", **{p.name: p.title for p in own}}
        rows = pd.concat([r.path(region, name).assign(series=title) for name, title in titles.items()])
        rows = rows.rename(
            columns={
                "technical_efficiency": "te",
                "technical_efficiency_lower": "lower",
                "technical_efficiency_upper": "upper",
            }
        )
        last = rows[rows["year"] == r.spec.final].set_index("series")["te"]
        told = "; ".join(f"{name} {fixed(float(v), 3)}" for name, v in last.items())
        best = max(own, key=lambda p: float(last[p.title])) if own else None
        title = (
            f"{best.title}: efficiency averages {fixed(float(last[best.title]), 2)} in {r.spec.final}, against "
            f"{fixed(float(last['No policy']), 2)} without policy"
            if best
            else f"{region} without policy: efficiency averages {fixed(float(last['No policy']), 2)} in {r.spec.final}"
        )
        return Figure(
            f"agents-path-{slug(region, plain=True)}",
            FigureKind.LINES,
            title,
            f"Technical efficiency in using the innovation space, {r.base}–{r.spec.final}, mean and 95\u202f% "
            f"interval of {r.spec.replications} runs",
            caption(r, "Efficiency is measured as in the panel: innovations are averaged over three years."),
            f"Efficiency of {region} in {r.spec.final}: {told}.",
            rows[["series", "year", "te", "lower", "upper"]].reset_index(drop=True),
            {
                "x": "year",
                "y": "te",
                "series": "series",
                "lower": "lower",
                "upper": "upper",
                "x_title": "Year",
                "y_title": "Technical efficiency",
            },
        )

    def links(self, region: str, policy: str = BASELINE) -> Figure:
        """Return links in use of a region by year, without policy and with one.

        Raises
        ------
        LabelError
            No such region or policy.
        """
        import pandas as pd

        r = self._result
        titles = {BASELINE: "No policy"} | ({policy: r.policies.get(policy, policy)} if policy != BASELINE else {})
        rows = pd.concat([r.path(region, name).assign(series=title) for name, title in titles.items()])
        free = rows[rows["series"] == "No policy"].set_index("year")["links"]
        return Figure(
            f"agents-links-{slug(region, plain=True)}",
            FigureKind.LINES,
            f"{region}: {significant(float(free[r.base]))} links in use in {r.base}, "
            f"{significant(float(free[r.spec.final]))} in {r.spec.final} without policy",
            f"Links in use, {r.base}–{r.spec.final}, mean and 95\u202f% interval of {r.spec.replications} runs",
            caption(r),
            f"Links in use of {region} by year, {', '.join(titles.values())}.",
            rows[["series", "year", "links", "links_lower", "links_upper"]].reset_index(drop=True),
            {
                "x": "year",
                "y": "links",
                "series": "series",
                "lower": "links_lower",
                "upper": "links_upper",
                "x_title": "Year",
                "y_title": "Links in use",
            },
        )

    def effect(self, policy: str) -> Figure:
        """Return what a policy adds to links of its region by year."""
        r = self._result
        require_known([policy], list(r.policies), kind="policy")
        frame = r.frames["effects"]
        region = next(p for p in r.spec.policies if p.name == policy).instruments[0].region
        rows = frame[(frame["policy"] == policy) & (frame["region"] == region) & (frame["quantity"] == "links")]
        final = rows.iloc[-1]
        return Figure(
            f"agents-effect-{slug(policy, plain=True)}",
            FigureKind.LINES,
            f"{r.policies[policy]}: {significant(float(final['value']))} more links in use by {r.spec.final}",
            f"Links in use in {region}, policy less no policy, mean and 95\u202f% interval of {r.spec.replications} "
            f"pairs of runs",
            caption(r, "Runs of a pair share all random numbers that the policy does not touch."),
            f"Links that {r.policies[policy]} adds by year; {significant(float(final['value']))} in {r.spec.final}.",
            rows[["year", "value", "lower", "upper"]].reset_index(drop=True),
            {
                "x": "year",
                "y": "value",
                "lower": "lower",
                "upper": "upper",
                "reference": 0.0,
                "x_title": "Year",
                "y_title": "Links in use added",
            },
        )

    def maps(self, policy: str = "") -> Figure:
        """Return what a policy adds to links of every region on small maps; the first policy when empty."""
        return maps.added(self._result, policy or next(iter(self._result.policies), ""))

    def growth_maps(self, policy: str = BASELINE) -> Figure:
        """Return growth of links of every region since the base year on small maps."""
        return maps.grown(self._result, policy)

    def network(self, policy: str = BASELINE) -> Figure:
        """Return measures of the network that are shares, in the last year.

        Raises
        ------
        LabelError
            No such policy.
        """
        r = self._result
        titles = {BASELINE: "Without policy", **r.policies}
        require_known([policy], list(titles), kind="policy")
        frame = r.frames["networks"]
        rows = frame[(frame["policy"] == policy) & (frame["unit"] == "fraction")].reset_index(drop=True)
        rows = rows.assign(meaning=[MEASURES[m][1] for m in rows["measure"]])
        values = rows.set_index("measure")["value"]
        return Figure(
            f"agents-network-{slug(policy, plain=True)}",
            FigureKind.INTERVALS,
            f"{titles[policy]}: {percent(float(values['largest_component']), 0)} of agents with a link hang together, "
            f"and {percent(float(values['away_share']), 0)} of links cross regions",
            f"Measures of the network of links in {r.spec.final}, mean and 95\u202f% interval of "
            f"{r.spec.replications} runs",
            caption(r),
            "Network measures: "
            + ", ".join(f"{m.lower()} {v:.3f}" for m, v in zip(rows["meaning"], rows["value"], strict=True)),
            rows[["meaning", "value", "lower", "upper"]],
            {
                "label": "meaning",
                "value": "value",
                "lower": "lower",
                "upper": "upper",
                "value_title": f"Share, or Gini coefficient, {r.spec.final}",
            },
        )

    def growth(self) -> Figure:
        """Return innovations of the country by year and policy."""
        r = self._result
        rows = r.frames["country"]
        rows = rows[rows["policy"] == BASELINE]
        first, last = rows.iloc[0], rows.iloc[-1]
        return Figure(
            "agents-country",
            FigureKind.LINES,
            f"Without policy the country makes {significant(float(last['innovations']))} technologies in "
            f"{r.spec.final}, against {significant(float(first['innovations']))} in {r.base}",
            f"New production technologies in a year, all regions, mean and 95\u202f% interval of "
            f"{r.spec.replications} runs",
            caption(r, f"After {r.base} the share in use grows by {percent(r.spec.growth_after, 1)} a year (assumed)."),
            f"Innovations of all regions by year, {r.base} to {r.spec.final}.",
            rows[["year", "innovations", "innovations_lower", "innovations_upper"]].reset_index(drop=True),
            {
                "x": "year",
                "y": "innovations",
                "lower": "innovations_lower",
                "upper": "innovations_upper",
                "x_title": "Year",
                "y_title": "Technologies a year",
            },
        )

    def sensitivity(self, output: str) -> Figure:
        """Return total Sobol indices of an output."""
        r = self._result
        frame = r.frames["sensitivity"]
        require_known([output], list(dict.fromkeys(frame["output"])), kind="output")
        rows = frame[frame["output"] == output].sort_values("total", ascending=False)
        rows = rows.assign(input=rows["input"].str.replace("_", " "))
        first = rows.iloc[0]
        return Figure(
            f"agents-sensitivity-{slug(output, plain=True)}",
            FigureKind.INTERVALS,
            f"{OUTPUTS[output]}: {first['input']} matters most, total index {fixed(float(first['total']), 2)}",
            f"Total Sobol index of each input with 95\u202f% bootstrap interval, {r.spec.sensitivity} points",
            caption(
                r,
                "Share of the variance that would be left if all other inputs were known; an estimate may lie a little "
                "above one or below zero.",
            ),
            f"Total Sobol indices of {OUTPUTS[output].lower()}: "
            + ", ".join(f"{a} {b:.2f}" for a, b in zip(rows["input"], rows["total"], strict=True)),
            rows[["input", "total", "total_lower", "total_upper"]].reset_index(drop=True),
            {
                "label": "input",
                "value": "total",
                "lower": "total_lower",
                "upper": "total_upper",
                "value_title": "Total index",
            },
        )

    def all(self) -> list[Figure]:
        """Return every figure of the result."""
        r = self._result
        regions = dict.fromkeys([*(i.region for p in r.spec.policies for i in p.instruments), *r.spec.focus])
        figures = [self.shares(), self.technologies(), self.growth(), *(self.path(x) for x in regions)]
        figures += [self.effect(p.name) for p in r.spec.policies]
        if maps.mapped(r):
            figures.append(self.maps() if r.policies else self.growth_maps())
        figures.append(self.network())
        if "sensitivity" in r.frames:
            figures += [self.sensitivity(str(o)) for o in dict.fromkeys(r.frames["sensitivity"]["output"])]
        return figures
