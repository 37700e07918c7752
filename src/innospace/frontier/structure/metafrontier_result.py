"""The result of a metafrontier: frontiers by group, the metafrontier, gaps by row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from innospace.core.checks import Check
from innospace.core.errors import SpecError, StoreError, offenders
from innospace.core.labels import require_known
from innospace.core.provenance import Provenance
from innospace.core.result import Bundle
from innospace.core.status import Status
from innospace.core.told import Told
from innospace.frontier.bootstrap.redrawn import Redrawn
from innospace.frontier.bootstrap.refits import Refits
from innospace.frontier.densities.base import Array
from innospace.frontier.hypothesis_tests import TestResult, likelihood_ratio
from innospace.frontier.result import FrontierResult
from innospace.frontier.structure.metafrontier_spec import MetafrontierSpec
from innospace.numerics.tails import normal_ppf

if TYPE_CHECKING:
    import pandas as pd

KIND = "metafrontier"
PASSED = 1e-7
"""Log units by which a group frontier may pass an envelope: the feasibility of the linear program."""


@dataclass(frozen=True, repr=False)
class MetafrontierResult(Redrawn, Told):
    """Group frontiers and the metafrontier above them.

    Attributes
    ----------
    spec : MetafrontierSpec
    groups : mapping of str to FrontierResult
        The frontier of each group, with its own standard errors.
    pooled : FrontierResult
        One frontier for all rows.
    meta : ndarray, shape (k,)
        Coefficients of the metafrontier, named as those of the pooled frontier.
    errors : ndarray, shape (k,)
        Their standard errors by simulation; NaN without draws.
    rows : pandas.DataFrame
        One row per row given, in order: ``row``, labels, ``group``, ``te`` (against the own group), ``gap_ratio``
        (technology gap ratio; where the metafrontier is stochastic also ``gap_ratio_lower`` and ``gap_ratio_upper``),
        ``te_meta`` (against the metafrontier), ``group_frontier`` and ``metafrontier`` (in units of the outcome);
        missing where a row was left out.
    provenance : Provenance
    second : FrontierResult or None
        The stochastic metafrontier's own regression.
    steps : tuple of str
        What was done to the table before estimation.
    refits : Refits or None
        Estimates on samples that were drawn along with the fit.
    level : float
        Coverage of the intervals of gap ratios.
    """

    WORDS: ClassVar[str] = "innospace.frontier.structure.metafrontier_presentation"
    DRAWN: ClassVar[str] = "innospace.frontier.structure.metafrontier_bootstrap"
    FIRST: ClassVar[str] = "groups"

    spec: MetafrontierSpec
    groups: Mapping[str, FrontierResult]
    pooled: FrontierResult
    meta: Array
    errors: Array
    rows: pd.DataFrame
    provenance: Provenance
    second: FrontierResult | None = None
    steps: tuple[str, ...] = ()
    refits: Refits | None = None
    level: float = 0.95

    @property
    def _fits(self) -> dict[str, FrontierResult]:
        own = {f"group {name}": r for name, r in self.groups.items()}
        return {"pooled": self.pooled, **own} | ({"metafrontier": self.second} if self.second is not None else {})

    @cached_property
    def status(self) -> Status:
        """The first frontier that did not converge, or the pooled one."""
        worst = [r.status for r in self._fits.values() if not r.status.converged]
        return worst[0] if worst else self.pooled.status

    @cached_property
    def checks(self) -> tuple[Check, ...]:
        """Whether an envelope is one, and the checks of every frontier, named by frontier.

        A stochastic metafrontier without noise has no derivatives to check; its status names that boundary.
        """
        fits = {n: r for n, r in self._fits.items() if r is not self.second or not r.status.boundary}
        own = [replace(c, name=f"{name}.{c.name}") for name, r in fits.items() for c in r.checks]
        if self.second is not None:
            return tuple(own)
        above = self.spec.sign * (self.rows["group_frontier"] - self.rows["metafrontier"])
        envelope = Check.at_most(
            "envelope",
            max(0.0, float(above.max())),
            PASSED,
            "By how much a group frontier passes the metafrontier at any row, in units of the outcome.",
            "Standardise the regressors; report it as a defect if it stays.",
        )
        return (envelope, *own)

    @cached_property
    def means(self) -> pd.DataFrame:
        """Return rows, mean ``te``, ``gap_ratio`` and ``te_meta`` and share of rows on the metafrontier, by group.

        Every row has the same weight.
        """
        used = self.rows.dropna(subset=["te"]).assign(
            touching=lambda f: (f["metafrontier"] - f["group_frontier"]).abs() <= PASSED
        )
        found = used.groupby("group", sort=False).agg(
            rows=("te", "size"),
            te=("te", "mean"),
            gap_ratio=("gap_ratio", "mean"),
            gap_lowest=("gap_ratio", "min"),
            te_meta=("te_meta", "mean"),
            touching=("touching", "mean"),
        )
        return found.reset_index().assign(group=lambda f: f["group"].astype(str))

    def coefficients(self) -> pd.DataFrame:
        """Return coefficients by name: metafrontier, its standard error, and the frontier of each group."""
        import pandas as pd

        k = len(self.meta)
        columns: dict[str, Array] = {"metafrontier": self.meta, "std_error": self.errors}
        columns |= {name: r.estimate.theta[:k] for name, r in self.groups.items()}
        return pd.DataFrame(columns, index=pd.Index(self.pooled.sample.names, name="name"))

    def estimated(self) -> pd.DataFrame:
        """Return coefficients of the metafrontier: ``name``, ``estimate``, ``std_error``, ``lower``, ``upper``."""
        frame = self.coefficients()[["metafrontier", "std_error"]].reset_index()
        frame = frame.rename(columns={"metafrontier": "estimate"})
        half = float(normal_ppf(0.975)) * frame["std_error"]
        return frame.assign(lower=frame["estimate"] - half, upper=frame["estimate"] + half)

    def test_one_frontier(self) -> TestResult:
        """Test one common frontier by likelihood ratio: group frontiers against the pooled one.

        Raises
        ------
        SpecError
            A frontier lies on a boundary, where the ratio has no chi-square distribution.
        """
        if at_edge := self.at_boundary:
            raise SpecError(
                "The likelihood ratio has no chi-square distribution: a frontier lies on a boundary.",
                where=offenders(at_edge),
                remedy="Read the status of these frontiers; merge groups without inefficiency with others.",
            )
        full = sum(r.loglik for r in self.groups.values())
        own = sum(len(r.names) for r in self.groups.values()) - len(self.pooled.names)
        return likelihood_ratio(self.pooled.loglik, full, own, "all groups share one frontier")

    @property
    def at_boundary(self) -> tuple[str, ...]:
        """Frontiers of the likelihood-ratio test that lie on a boundary."""
        fits = {"all rows": self.pooled, **self.groups}
        return tuple(name for name, r in fits.items() if r.status.boundary)

    def to_dict(self) -> dict[str, Any]:
        """Return what ``--json`` prints; a number that cannot be had is null."""
        table = self.coefficients()[["metafrontier", "std_error"]]
        return {
            "status": str(self.status.code),
            **self.spec.to_dict(),
            "n": int(self.rows["te"].notna().sum()),
            "coefficients": {str(n): _known(r) for n, r in table.to_dict("index").items()},
            "groups": {
                str(r.pop("group")): _known(r) | {"boundary": self.groups[name].status.boundary or None}
                for name, r in zip(self.means["group"], self.means.to_dict("records"), strict=True)
            },
            "one_frontier": None if self.at_boundary else self.test_one_frontier().to_dict(),
            "checks": [c.to_dict() for c in self.checks],
            "data_steps": list(self.steps),
            **({} if self.resampled is None else {"bootstrap": self.resampled.to_dict()}),
        }

    def to_frame(self) -> pd.DataFrame:
        """Return ``rows``."""
        return self.rows

    def offers(self, name: str) -> pd.DataFrame:
        """Return efficiency against the metafrontier for another step: labels, ``value``; there are no intervals."""
        require_known([name], ["technical_efficiency"], kind="quantity", where=f"metafrontier {self.spec.formula}")
        used = self.rows.dropna(subset=["te"])
        labels = [c for c in ("region", "region_code", "year", "firm", "group") if c in used]
        return used[labels].assign(value=used["te_meta"], lower=np.nan, upper=np.nan, unit="fraction")

    def to_bundle(self) -> Bundle:
        """Take the result apart for storage."""
        import pandas as pd

        names = ["pooled", *self.groups] + (["metafrontier"] if self.second is not None else [])
        bundles = [r.to_bundle() for r in self._fits.values()]
        meta: dict[str, Any] = {
            "spec": self.spec.to_dict(),
            "provenance": self.provenance.to_dict(),
            "steps": list(self.steps),
            "level": self.level,
            "names": names,
            "fits": [dict(b.meta) for b in bundles],
        }
        frames = {"rows": self.rows.assign(group=self.rows["group"].map(str, na_action="ignore"))}
        frames["metafrontier"] = pd.DataFrame({"estimate": self.meta, "std_error": self.errors})
        for i, b in enumerate(bundles):
            frames |= {f"{i}.{key}": frame for key, frame in b.frames.items()}
        if self.refits is not None:
            meta["bootstrap"], frames["bootstrap"] = self.refits.to_frame()
        return Bundle(KIND, meta, frames)

    @classmethod
    def from_bundle(cls, bundle: Bundle) -> Self:
        """Put a stored result together again; nothing is estimated anew."""
        if bundle.kind != KIND:
            raise StoreError(f"A stored {bundle.kind!r} is not a {KIND!r} result.")
        meta, fits = bundle.meta, []
        for i, own in enumerate(meta["fits"]):
            frames = {k.partition(".")[2]: f for k, f in bundle.frames.items() if k.partition(".")[0] == str(i)}
            fits.append(FrontierResult.from_bundle(Bundle("frontier", own, frames)))
        spec, found = MetafrontierSpec.from_dict(meta["spec"]), bundle.frames["metafrontier"]
        second = fits.pop() if spec.method == "stochastic" else None
        return cls(
            spec,
            dict(zip(meta["names"][1:], fits[1:], strict=False)),
            fits[0],
            found["estimate"].to_numpy(np.float64),
            found["std_error"].to_numpy(np.float64),
            bundle.frames["rows"],
            Provenance.from_dict(meta["provenance"]),
            second,
            tuple(meta["steps"]),
            Refits.from_frame(meta["bootstrap"], bundle.frames["bootstrap"]) if "bootstrap" in meta else None,
            meta["level"],
        )


def _known(row: Mapping[Any, Any]) -> dict[str, Any]:
    """Return numbers as plain types, None where one is not finite."""
    return {str(k): float(v) if np.isfinite(v) else None for k, v in row.items()}
