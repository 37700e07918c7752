"""The result of frontiers of several outcomes: estimates side by side, and whether the same units are efficient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING, Any, ClassVar, Self

from innospace.core.checks import Check
from innospace.core.errors import StoreError
from innospace.core.labels import require_known
from innospace.core.provenance import Provenance
from innospace.core.result import Bundle
from innospace.core.status import Status
from innospace.core.told import Explored
from innospace.frontier.outcomes.spec import OutcomesSpec
from innospace.frontier.result import FrontierResult

if TYPE_CHECKING:
    import pandas as pd

KIND = "outcomes"


@dataclass(frozen=True, repr=False)
class OutcomesResult(Explored):
    """Frontiers of several outcomes on one table.

    Attributes
    ----------
    spec : OutcomesSpec
    fits : mapping of str to FrontierResult
        By outcome.
    provenance : Provenance
    steps : tuple of str
        What was done to the table.
    """

    WORDS: ClassVar[str] = "innospace.frontier.outcomes.presentation"
    FIRST: ClassVar[str] = "models"
    LOOK: ClassVar[str] = "innospace.frontier.outcomes.explore"

    spec: OutcomesSpec
    fits: Mapping[str, FrontierResult]
    provenance: Provenance
    steps: tuple[str, ...] = ()

    @cached_property
    def status(self) -> Status:
        """The first frontier that did not converge, or the last one."""
        worst = [r.status for r in self.fits.values() if not r.status.converged]
        return worst[0] if worst else list(self.fits.values())[-1].status

    @cached_property
    def checks(self) -> tuple[Check, ...]:
        """Checks of every frontier, named by outcome."""
        return tuple(replace(c, name=f"{name}.{c.name}") for name, r in self.fits.items() for c in r.checks)

    @cached_property
    def efficiencies(self) -> pd.DataFrame:
        """Return efficiencies, one row a row of the table that some frontier used.

        Columns: labels (region, year or row), then ``te_OUTCOME`` by outcome, missing where its frontier left the row
        out, and ``mean_rank``: mean over outcomes of the rank, 1 the most efficient, where all are known.
        """
        import pandas as pd

        first = next(iter(self.fits.values()))
        te = pd.DataFrame({name: r.efficiencies()["te_bc"] for name, r in self.fits.items()})
        labels = pd.DataFrame({"row": range(1, first.sample.rows + 1)})
        for r in self.fits.values():
            own = r.sample.labels if r.sample.labels is not None else pd.DataFrame()
            for c in own.columns:
                seen = pd.Series(own[c].to_numpy(), index=r.sample.kept).reindex(labels.index)
                labels[c] = labels[c].where(labels[c].notna(), seen) if c in labels else seen
        known = te.dropna()
        ranks = known.rank(ascending=False, method="average").mean(axis=1).rename("mean_rank")
        whole = labels.join(te.add_prefix("te_")).join(ranks)
        kept = whole[te.notna().any(axis=1)].reset_index(drop=True)
        if "year" in kept and kept["year"].notna().all() and (kept["year"] == kept["year"].round()).all():
            kept["year"] = kept["year"].astype("int64")
        return kept

    @cached_property
    def correlations(self) -> pd.DataFrame:
        """Return rank correlations of efficiency by pair of outcomes, over the rows that both frontiers used.

        Columns ``first``, ``second``, ``spearman``, ``p_value`` (of no relation), ``rows``.
        """
        import pandas as pd
        from scipy import stats

        rows = []
        for a, b in combinations(self.fits, 2):
            pair = self.efficiencies[[f"te_{a}", f"te_{b}"]].dropna()
            constant = len(pair) < 3 or pair.nunique().min() < 2
            found = None if constant else stats.spearmanr(pair.iloc[:, 0], pair.iloc[:, 1])
            value, p = (float("nan"),) * 2 if found is None else (float(found.statistic), float(found.pvalue))
            rows.append({"first": a, "second": b, "spearman": value, "p_value": p, "rows": len(pair)})
        return pd.DataFrame(rows)

    def estimated(self) -> pd.DataFrame:
        """Return coefficients of every frontier: ``name``, ``estimate``, ``std_error``, ``lower``, ``upper``."""
        import pandas as pd

        parts = []
        for outcome, r in self.fits.items():
            own = r.estimated()
            parts.append(own.assign(name=f"{outcome}: " + own["name"]))
        return pd.concat(parts, ignore_index=True)

    def to_dict(self) -> dict[str, Any]:
        """Return what ``--json`` prints."""
        return {
            "status": str(self.status.code),
            **self.spec.to_dict(),
            "fits": {name: r.to_dict() for name, r in self.fits.items()},
            "correlations": self.correlations.to_dict("records"),
            "data_steps": list(self.steps),
        }

    def to_frame(self) -> pd.DataFrame:
        """Return ``efficiencies``."""
        return self.efficiencies

    def offers(self, name: str) -> pd.DataFrame:
        """Return efficiency for another step, with the label ``outcome``: ``value``, ``lower``, ``upper``, ``unit``."""
        import pandas as pd

        require_known([name], ["technical_efficiency"], kind="quantity", where="outcomes")
        return pd.concat([r.offers(name).assign(outcome=o) for o, r in self.fits.items()], ignore_index=True)

    def to_bundle(self) -> Bundle:
        """Take the result apart for storage."""
        bundles = [r.to_bundle() for r in self.fits.values()]
        meta = {
            "spec": self.spec.to_dict(),
            "provenance": self.provenance.to_dict(),
            "steps": list(self.steps),
            "fits": [dict(b.meta) for b in bundles],
        }
        frames = {f"{i}.{key}": frame for i, b in enumerate(bundles) for key, frame in b.frames.items()}
        return Bundle(KIND, meta, frames)

    @classmethod
    def from_bundle(cls, bundle: Bundle) -> Self:
        """Put a stored result together again; nothing is estimated anew."""
        if bundle.kind != KIND:
            raise StoreError(f"A stored {bundle.kind!r} is not a {KIND!r} result.")
        meta = bundle.meta
        spec, fits = OutcomesSpec.from_dict(meta["spec"]), {}
        for i, (outcome, own) in enumerate(zip(spec.outcomes, meta["fits"], strict=True)):
            frames = {k.partition(".")[2]: f for k, f in bundle.frames.items() if k.partition(".")[0] == str(i)}
            fits[outcome] = FrontierResult.from_bundle(Bundle("frontier", own, frames))
        return cls(spec, fits, Provenance.from_dict(meta["provenance"]), tuple(meta["steps"]))
