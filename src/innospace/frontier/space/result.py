"""The result of an innovation-space study: models, hypotheses, efficiency and used space by region and year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from innospace.core.checks import Check
from innospace.core.errors import StoreError
from innospace.core.labels import require_known
from innospace.core.provenance import Provenance
from innospace.core.result import Bundle
from innospace.core.status import Status
from innospace.core.told import Explored
from innospace.frontier import hypothesis_tests as tests
from innospace.frontier.result import FrontierResult
from innospace.frontier.space.quantities import FrontierShare, correlations, frontier_share, used_share
from innospace.frontier.space.spec import SpaceSpec

if TYPE_CHECKING:
    import pandas as pd

    from innospace.data.groups import RegionGroups

POOLED = "pooled"
LN_V = "log(space)"
KIND = "innovation_space"


@dataclass(frozen=True, repr=False)
class SpaceResult(Explored):
    """Estimated innovation space.

    Attributes
    ----------
    spec : SpaceSpec
    data : pandas.DataFrame
        One row a region and year: ``region``, ``year``, ``technologies``, ``technologies_used``, ``space``, ``t``.
    models : mapping of str to FrontierResult
        ``"2010"`` and so on (model 2), ``"2010_eta"`` (model 3), ``"pooled"`` (model 4), ``"hypothesis_2"`` and
        ``"hypothesis_3"`` (model 4 without one term).
    steps : tuple of str
        What was done to the data before estimation.
    provenance : Provenance
    """

    WORDS: ClassVar[str] = "innospace.frontier.space.presentation"
    TABLES: ClassVar[str] = "innospace.frontier.space.tables"
    FIGURES: ClassVar[str] = "innospace.frontier.space.figures"
    FIRST: ClassVar[str] = "models"
    LOOK: ClassVar[str] = "innospace.frontier.space.explore"

    spec: SpaceSpec
    data: pd.DataFrame
    models: Mapping[str, FrontierResult]
    steps: tuple[str, ...]
    provenance: Provenance

    @cached_property
    def years(self) -> tuple[int, ...]:
        """Years with a model (2)."""
        return tuple(int(name) for name in self.models if name.isdigit())

    @property
    def reported(self) -> dict[str, FrontierResult]:
        """Models that are results in their own right: by year, then pooled."""
        names = [str(y) for y in self.years] + ([POOLED] if POOLED in self.models else [])
        return {n: self.models[n] for n in names}

    @cached_property
    def status(self) -> Status:
        """The first model that did not converge, or the last model."""
        worst = [m.status for m in self.models.values() if not m.status.converged]
        return worst[0] if worst else list(self.models.values())[-1].status

    @cached_property
    def checks(self) -> tuple[Check, ...]:
        """Checks of every reported model, named by model."""
        return tuple(replace(c, name=f"{name}.{c.name}") for name, model in self.reported.items() for c in model.checks)

    def share(self, name: str) -> FrontierShare:
        """Return ``w`` of a model; of model (4), at t = 0."""
        model = self.models[name]
        where = [model.names.index("Intercept"), model.names.index(LN_V)]
        block = model.covariance[np.ix_(where, where)]
        return frontier_share(model.parameter("Intercept"), model.parameter(LN_V), block, self.spec.level)

    def parameters(self, name: str) -> dict[str, float]:
        """Return ``delta, c, log_likelihood, sigma_u, sigma_v, w`` (pooled also ``delta_0, c_0``)."""
        m = self.models[name]
        found = {
            "delta": m.parameter(LN_V),
            "c": m.parameter("Intercept"),
            "log_likelihood": m.loglik,
            "sigma_u": m.sigma_u,
            "sigma_v": m.sigma_v,
            "w": self.share(name).w,
        }
        if name == POOLED:
            found |= {"delta_0": m.parameter(f"t:{LN_V}"), "c_0": m.parameter("t")}
        return found

    @cached_property
    def growth_of_w(self) -> dict[int, float]:
        """Growth of ``w`` over the year before, as a fraction."""
        shares = {y: self.share(str(y)).w for y in self.years}
        return {y: shares[y] / shares[p] - 1.0 for p, y in zip(self.years, self.years[1:], strict=False)}

    @cached_property
    def regions(self) -> pd.DataFrame:
        """Return efficiency and used space of every region and year.

        Columns: those of the data, ``te`` with ``te_lower`` and ``te_upper``, ``used_share`` (W) and ``used_space``
        (V^) with bounds from the interval of TE, ``rank`` by TE within the year (1 is best).
        """
        import pandas as pd

        parts = []
        for year in self.years:
            model = self.models[str(year)]
            rows = self.data[self.data["year"] == year].reset_index(drop=True)
            values = model.used_efficiencies(self.spec.level)
            delta, w = model.parameter(LN_V), self.share(str(year)).w
            part = rows.assign(te=values.te_bc, te_lower=values.te_lower, te_upper=values.te_upper)
            for suffix in ("", "_lower", "_upper"):
                part[f"used_share{suffix}"] = used_share(w, part[f"te{suffix}"].to_numpy(), delta)
                part[f"used_space{suffix}"] = part[f"used_share{suffix}"] * part["space"]
            part["rank"] = part["te"].rank(ascending=False, method="min").astype(int)
            parts.append(part)
        return pd.concat(parts, ignore_index=True)

    @cached_property
    def te_correlation(self) -> dict[str, dict[str, float]]:
        """Return Pearson and Spearman correlations of TE between consecutive years, over common regions."""
        wide = self.regions.pivot(index="region", columns="year", values="te")
        found = {}
        for a, b in zip(self.years, self.years[1:], strict=False):
            pair = wide[[a, b]].dropna()
            pearson, spearman = correlations(pair[a].to_numpy(), pair[b].to_numpy())
            found[f"{a}_{b}"] = {"pearson": pearson, "spearman": spearman, "regions": float(len(pair))}
        return found

    @cached_property
    def determinants(self) -> pd.DataFrame:
        """Return mean marginal effects of regressors of inefficiency by model; empty where there are none.

        Columns ``model``, ``regressor``, ``of`` (``inefficiency``: E[u]; ``efficiency``: E[exp(-u)]), ``effect``,
        ``std_error``, ``z``, ``p_value``, ``lower``, ``upper``.
        """
        import pandas as pd

        found = [
            m.marginal_effects(self.spec.level).reset_index().assign(model=name)
            for name, m in self.reported.items()
            if m.sample.determinants
        ]
        kept = [f for f in found if len(f)]
        names = ("model", "regressor", "of", "effect", "std_error", "z", "p_value", "lower", "upper")
        return pd.concat(kept, ignore_index=True)[list(names)] if kept else pd.DataFrame(columns=list(names))

    @cached_property
    def grouping(self) -> RegionGroups | None:
        """Return groups of regions by the columns of the spec; None where none are named."""
        return None if self.spec.grouping is None else self.spec.grouping.of(self.data)

    @cached_property
    def hypotheses(self) -> dict[str, tests.TestResult]:
        """Return the tests of hypotheses 1 (where B is known), 2 and 3 and of no inefficiency, by name."""
        found: dict[str, tests.TestResult] = {}
        for name, model in self.reported.items():
            found[f"no_inefficiency.{name}"] = model.test_no_inefficiency()
        for year in self.years:
            full = self.models.get(f"{year}_eta")
            if full is None:
                continue
            eta, restricted = full.names[2], self.models[str(year)]
            null = "hypothesis 1: eta = 0"
            found[f"hypothesis_1.{year}.wald"] = replace(full.test_wald([eta]), null=null)
            found[f"hypothesis_1.{year}.lr"] = replace(full.test_against(restricted), null=null)
            found[f"hypothesis_1.{year}.lr_one_sided"] = tests.one_sided_likelihood_ratio(
                restricted.loglik, full.loglik, full.parameter(eta), f"{null}, against eta > 0"
            )
        if POOLED in self.models:
            pooled = self.models[POOLED]
            for name, term, null in (
                ("hypothesis_2", f"t:{LN_V}", "hypothesis 2: delta_0 = 0"),
                ("hypothesis_3", "t", "hypothesis 3: c_0 = 0"),
            ):
                found[f"{name}.wald"] = replace(pooled.test_wald([term]), null=null)
                found[f"{name}.lr"] = replace(pooled.test_against(self.models[name]), null=null)
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return parameters, tests, correlations and checks as plain types."""
        groups = {} if self.grouping is None else self.grouping.group.map(self.grouping.names).to_dict()
        return {
            "status": str(self.status.code),
            "groups": {str(region): name for region, name in groups.items()},
            "models": {name: self.parameters(name) for name in self.reported},
            "w_growth": {str(y): g for y, g in self.growth_of_w.items()},
            "te_correlation": {k: v["pearson"] for k, v in self.te_correlation.items()},
            "te_rank_correlation": {k: v["spearman"] for k, v in self.te_correlation.items()},
            "marginal_effects": self.determinants.to_dict("records"),
            "tests": {name: t.to_dict() for name, t in self.hypotheses.items()},
            "data_steps": list(self.steps),
            "checks": [c.to_dict() for c in self.checks],
        }

    def to_frame(self) -> pd.DataFrame:
        """Return efficiency and used space by region and year."""
        return self.regions

    def estimated(self) -> pd.DataFrame:
        """Return coefficients and the share ``w`` of every model: ``name``, ``estimate``, ``std_error``, interval."""
        import pandas as pd

        parts = []
        for name, model in self.reported.items():
            share = self.share(name)
            row = {"name": "w", "estimate": share.w, "std_error": np.nan, "lower": share.lower, "upper": share.upper}
            both = pd.concat([model.estimated(), pd.DataFrame([row])], ignore_index=True)
            parts.append(both.assign(name=name + ": " + both["name"]))
        return pd.concat(parts, ignore_index=True)

    def offers(self, name: str) -> pd.DataFrame:
        """Return a quantity that another step may take over: labels, ``value``, ``lower``, ``upper``.

        ``parameters`` has the labels ``model`` and ``parameter``: ``delta``, ``share`` (w), ``sigma_u``, ``sigma_v``.
        """
        require_known(
            [name],
            ["technical_efficiency", "used_share", "used_space", "parameters"],
            kind="quantity",
            where="frontier",
        )
        if name == "parameters":
            return self._offered_parameters()
        column = {"technical_efficiency": "te"}.get(name, name)
        names = {column: "value", f"{column}_lower": "lower", f"{column}_upper": "upper"}
        labels = [c for c in ("region", "region_code", "year") if c in self.regions]
        return (
            self.regions[[*labels, *names]]
            .rename(columns=names)
            .assign(unit="links" if name == "used_space" else "fraction")
        )

    def _offered_parameters(self) -> pd.DataFrame:
        import pandas as pd

        nothing, rows = float("nan"), []
        for name, model in self.reported.items():
            share, p = self.share(name), self.parameters(name)
            ends = model.confidence_intervals(self.spec.level)
            delta = [float(ends[k][LN_V]) for k in ("lower", "upper")]
            rows += [
                (name, "delta", p["delta"], *delta, "elasticity"),
                (name, "share", share.w, share.lower, share.upper, "fraction"),
                (name, "sigma_u", p["sigma_u"], nothing, nothing, "log units"),
                (name, "sigma_v", p["sigma_v"], nothing, nothing, "log units"),
            ]
        return pd.DataFrame(rows, columns=["model", "parameter", "value", "lower", "upper", "unit"])

    def to_bundle(self) -> Bundle:
        """Take the result apart for storage."""
        bundles = {name: m.to_bundle() for name, m in self.models.items()}
        meta = {
            "spec": self.spec.to_dict(),
            "steps": list(self.steps),
            "provenance": self.provenance.to_dict(),
            "models": {name: dict(b.meta) for name, b in bundles.items()},
        }
        frames = {"regions": self.data}
        for name, bundle in bundles.items():
            frames |= {f"{name}.{key}": frame for key, frame in bundle.frames.items()}
        return Bundle(KIND, meta, frames)

    @classmethod
    def from_bundle(cls, bundle: Bundle) -> Self:
        """Put a stored result together again; nothing is estimated anew."""
        if bundle.kind != KIND:
            raise StoreError(f"A stored {bundle.kind!r} is not a {KIND!r} result.")
        models = {}
        for name, meta in bundle.meta["models"].items():
            frames = {k.partition(".")[2]: f for k, f in bundle.frames.items() if k.partition(".")[0] == name}
            models[name] = FrontierResult.from_bundle(Bundle("frontier", meta, frames))
        return cls(
            SpaceSpec.from_dict(bundle.meta["spec"]),
            bundle.frames["regions"],
            models,
            tuple(bundle.meta["steps"]),
            Provenance.from_dict(bundle.meta["provenance"]),
        )
