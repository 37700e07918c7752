"""Every number of the replication beside the printed one, with the paper's contradictions explained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from innospace.core.checks import Check
from innospace.core.provenance import Provenance
from innospace.core.result import Bundle
from innospace.core.status import Status
from innospace.core.told import Told
from innospace.frontier.likelihood import evaluate
from innospace.frontier.replication.inversion import Inversion
from innospace.frontier.replication.published import PARAMETERS, PRINTED_TE_CORRELATION, YEARS, Published
from innospace.frontier.space.result import POOLED, SpaceResult

if TYPE_CHECKING:
    import pandas as pd

TOLERANCES = {"delta": 0.005, "c": 0.05, "log_likelihood": 0.3, "w": 5e-5, "delta_0": 0.002, "c_0": 0.02}
"""What rounding of Table 4 to three decimals can move an estimate by: between one and two times the largest effect of
drawing ln V anywhere in the interval that rounding leaves."""
MISPRINTED = ("2011", "log_likelihood")
"""Printed -125.16; the likelihood of the paper's own parameters on its own table is about one lower."""


@dataclass(frozen=True, repr=False)
class ReplicationResult(Told):
    """The replication of the innovation-space part of Makarov et al. (2016).

    Attributes
    ----------
    source : Published
        Printed numbers.
    inversions : mapping of int to Inversion
        What Table 4 implies, by year.
    space : SpaceResult
        Models (2) and (4) on the recovered panel.
    simulated : SpaceResult
        Model (3) on simulated data with known eta.
    """

    WORDS: ClassVar[str] = "innospace.frontier.replication.presentation"
    FIRST: ClassVar[str] = "comparison"

    source: Published
    inversions: Mapping[int, Inversion]
    space: SpaceResult
    simulated: SpaceResult

    @property
    def status(self) -> Status:
        """Status of the estimates on the recovered panel."""
        return self.space.status

    @property
    def provenance(self) -> Provenance:
        """Provenance of the estimates on the recovered panel."""
        return self.space.provenance

    @cached_property
    def implied_log_likelihood(self) -> dict[str, float]:
        """Log-likelihood of the paper's own parameters, as recovered, on its own table, by year."""
        found = {}
        for year, inversion in self.inversions.items():
            model = self.space.models[str(year)]
            sigmas = 2.0 * np.log([inversion.sigma_u, inversion.sigma_v])
            theta = np.array([inversion.c, inversion.delta, *sigmas])
            found[str(year)] = evaluate(model.estimate.problem, theta)[0]
        return found

    @cached_property
    def comparison(self) -> pd.DataFrame:
        """Return ``model, quantity, published, ours, difference, note`` for every printed parameter."""
        import pandas as pd

        rows = []
        for model, printed in self.source.parameters.items():
            ours = self.space.parameters(model)
            for quantity in PARAMETERS:
                if quantity not in printed:
                    continue
                note = ""
                if (model, quantity) == MISPRINTED:
                    implied = self.implied_log_likelihood[model]
                    note = f"The paper's own parameters give {implied:.2f} on its own Table 4: a misprint."
                rows.append(
                    (model, quantity, printed[quantity], ours[quantity], ours[quantity] - printed[quantity], note)
                )
        return pd.DataFrame(rows, columns=["model", "quantity", "published", "ours", "difference", "note"])

    @cached_property
    def checks(self) -> tuple[Check, ...]:
        """Checks of the inversion, of every parameter against print, and of the estimates themselves."""
        found: list[Check] = []
        for year, inversion in self.inversions.items():
            found.append(
                Check.at_most(
                    f"integers.{year}",
                    float(inversion.distance.mean()),
                    0.02,
                    "Mean distance of the recovered three-year counts from integers (0.25 if drawn at random).",
                )
            )
        for row in self.comparison.itertuples():
            model, quantity = str(row.model), str(row.quantity)
            expected, meaning = float(row.published), f"{quantity} of model {model} against the printed number"  # type: ignore[arg-type]
            if (model, quantity) == MISPRINTED:
                expected = self.implied_log_likelihood[model]
                meaning = "log_likelihood of model 2011 against that of the paper's parameters on its Table 4"
            value = float(row.ours)  # type: ignore[arg-type]
            found.append(Check.near(f"{quantity}.{model}", value, expected, TOLERANCES[quantity], meaning))
        for pair, expected in self.source.te_correlation().items():
            value = self.space.te_correlation[pair]["pearson"]
            meaning = "Correlation of re-estimated TE against that of the printed TE"
            found.append(Check.near(f"te_correlation.{pair}", value, expected, 0.002, meaning))
        found.append(
            Check.at_most(
                "table_4.te",
                float(self.table4["te_difference"].abs().max()),
                0.01,
                "Largest difference between re-estimated and printed technical efficiency, 240 region-years.",
            )
        )
        return (*found, *self.space.checks)

    @cached_property
    def table4(self) -> pd.DataFrame:
        """Return ``region, year, technologies_total, v_published, v_ours, te_published, te_ours, te_difference``."""
        import pandas as pd

        ours = self.space.regions.set_index(["year", "region"])
        parts = []
        for year in YEARS:
            printed = self.source.table4
            mine = ours.loc[year].loc[printed["region"]]
            parts.append(
                pd.DataFrame(
                    {
                        "region": printed["region"],
                        "year": year,
                        "technologies_total": self.inversions[year].counts,
                        "v_published": printed[f"v_{year}"],
                        "v_ours": mine["used_space"].to_numpy(),
                        "te_published": printed[f"te_{year}"],
                        "te_ours": mine["te"].to_numpy(),
                    }
                )
            )
        frame = pd.concat(parts, ignore_index=True)
        return frame.assign(te_difference=frame["te_ours"] - frame["te_published"])

    @cached_property
    def table5(self) -> pd.DataFrame:
        """Return the eleven regions of Table 5 with printed and recovered ranks; see the note on the share."""
        last = YEARS[-1]
        rows = self.table4[self.table4["year"] == last].reset_index(drop=True)
        rows = rows.assign(rank_ours=rows["technologies_total"].rank(ascending=False, method="min").astype(int))
        frame = self.source.table5.merge(rows, left_on="table4_region", right_on="region", suffixes=("_printed", ""))
        efficiency = frame["te_ours"].rank(ascending=False, method="min").astype(int)
        return frame.assign(efficiency_rank_ours=efficiency)[
            [
                "table4_region",
                "group",
                "technologies_total",
                "rank_by_teh_2010_2012",
                "rank_ours",
                "efficiency_rank",
                "efficiency_rank_ours",
                "te_ours",
            ]
        ]

    @cached_property
    def table5_share(self) -> float:
        """Share of all technologies of 2010-2012 that the regions of Table 5 hold."""
        return float(self.table5["technologies_total"].sum() / self.inversions[YEARS[-1]].counts.sum())

    def to_dict(self) -> dict[str, Any]:
        """Return what ``innospace replicate innovation-space --json`` prints."""
        reconstruction = {
            str(year): {
                "total_count": int(i.counts.sum()),
                "max_distance_to_integer": float(i.distance.max()),
                "mean_distance_to_integer": float(i.distance.mean()),
                "zero_regions": int((i.counts == 0).sum()),
                "zero_substitute": i.zero_substitute,
                "sigma_u": i.sigma_u,
                "sigma_v": i.sigma_v,
                "delta": i.delta,
                "c": i.c,
                "ln_v_interval_median_width": float(np.median(i.ln_v_upper - i.ln_v_lower)),
                "ln_v_interval_max_width": float((i.ln_v_upper - i.ln_v_lower).max()),
            }
            for year, i in self.inversions.items()
        }
        return {
            "models": {name: self.space.parameters(name) for name in (*map(str, YEARS), POOLED)},
            "published": self.source.parameters,
            "reconstruction": reconstruction,
            "te_correlation": self.source.te_correlation(),
            "te_correlation_reestimated": {k: v["pearson"] for k, v in self.space.te_correlation.items()},
            "te_correlation_printed": PRINTED_TE_CORRELATION,
            "tests": {name: t.to_dict() for name, t in self.space.hypotheses.items()},
            "model_3_simulated": self.simulated.to_dict()["tests"],
            "checks": [c.to_dict() for c in self.checks],
        }

    def to_frame(self) -> pd.DataFrame:
        """Return printed and estimated parameters side by side."""
        return self.comparison

    def summary(self) -> str:
        """Return text for a terminal, at most 100 columns wide."""
        lines = [f"{'model':<8}{'quantity':<16}{'published':>14}{'ours':>14}{'difference':>14}"]
        lines += [
            f"{row.model:<8}{row.quantity:<16}{row.published:>14.6g}{row.ours:>14.6g}{row.difference:>14.2g}"
            for row in self.comparison.itertuples()
        ]
        lines += [
            f"{year}: {int(i.counts.sum())} technologies in three years, {int((i.counts == 0).sum())} regions "
            f"without, largest distance to an integer {i.distance.max():.3f}"
            for year, i in self.inversions.items()
        ]
        return "\n".join(lines)

    @property
    def plot(self) -> Any:
        """Figures of the estimates on the recovered panel."""
        return self.space.plot

    def to_bundle(self) -> Bundle:
        """Take the result apart for storage."""
        from innospace.frontier.replication.storage import to_bundle

        return to_bundle(self)

    @classmethod
    def from_bundle(cls, bundle: Bundle) -> Self:
        """Put a stored replication together again; nothing is estimated anew."""
        from innospace.frontier.replication.storage import from_bundle

        return cls(*from_bundle(bundle))
