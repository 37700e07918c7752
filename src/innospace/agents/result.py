"""The result of a study of agents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from innospace.agents.assumptions import Calibrated
from innospace.agents.calibrate import Calibration
from innospace.agents.policy import BASELINE
from innospace.agents.spec import AgentSpec
from innospace.agents.summaries import QUANTITIES, UNITS
from innospace.agents.targets import FrontierNumbers
from innospace.core.checks import Check
from innospace.core.errors import StoreError
from innospace.core.labels import require_known
from innospace.core.provenance import Provenance
from innospace.core.result import Bundle
from innospace.core.status import Status, StatusCode
from innospace.core.table import Table
from innospace.core.told import Explored

if TYPE_CHECKING:
    import pandas as pd


KIND = "technology_agents"
GAIN = "efficiency_gain"
"""Technical efficiency with a policy less that without, twin by twin; for regions that the policy touches."""


@dataclass(frozen=True, repr=False)
class AgentResult(Explored):
    """Agents that were calibrated and run.

    Attributes
    ----------
    spec : AgentSpec
    frontier : FrontierNumbers
    calibrated : Calibrated
    calibration : Calibration or None
        None where the numbers were given.
    base : int
        Last year of the panel.
    frames : mapping of str to pandas.DataFrame
        ``paths``, ``country``, ``effects``, ``networks``, ``flows``, ``regions``, and ``sensitivity`` when asked for.
    steps : tuple of str
        What was done to the data.
    provenance : Provenance
    """

    WORDS: ClassVar[str] = "innospace.agents.presentation"
    FIGURES: ClassVar[str] = "innospace.agents.figures"
    FIRST: ClassVar[str] = "regions"
    LOOK: ClassVar[str] = "innospace.agents.explore"

    spec: AgentSpec
    frontier: FrontierNumbers
    calibrated: Calibrated
    calibration: Calibration | None
    base: int
    frames: Mapping[str, pd.DataFrame]
    steps: tuple[str, ...]
    provenance: Provenance

    @property
    def status(self) -> Status:
        """That of the calibration."""
        if self.calibration is None:
            return Status(StatusCode.CONVERGED, "The calibrated numbers were given.")
        return self.calibration.status

    @cached_property
    def slope(self) -> float:
        """Slope of log expected innovations of runs on those of the frontier, over regions."""
        rows = self.frames["regions"]
        rows = rows[(rows["expected_innovations"] > 0.0) & (rows["frontier_expected"] > 0.0)]
        x, y = np.log(rows["frontier_expected"].to_numpy()), np.log(rows["expected_innovations"].to_numpy())
        return float(np.polyfit(x, y, 1)[0])

    @property
    def checks(self) -> tuple[Check, ...]:
        """Whether the calibration converged and fits, and whether runs follow the frontier."""
        own = self.calibration.checks() if self.calibration is not None else ()
        follows = Check.near(
            "follows_frontier",
            self.slope,
            1.0,
            0.05,
            "Slope of the logarithm of expected innovations of runs on that of the frontier, over regions, no policy.",
            "With few replications the smallest regions are noisy: raise replications.",
        )
        return (*own, follows)

    @property
    def policies(self) -> dict[str, str]:
        """Titles of policies by name."""
        return {p.name: p.title for p in self.spec.policies}

    def path(self, region: str, policy: str = BASELINE) -> pd.DataFrame:
        """Return the rows of a region under a policy.

        Raises
        ------
        LabelError
            No such region or policy.
        """
        rows = self.frames["paths"]
        require_known([region], list(dict.fromkeys(rows["region"])), kind="region")
        require_known([policy], [BASELINE, *self.policies], kind="policy")
        return rows[(rows["region"] == region) & (rows["policy"] == policy)].reset_index(drop=True)

    def to_frame(self) -> pd.DataFrame:
        """Return paths: policy, region, year, and mean and interval of every quantity."""
        return self.frames["paths"]

    def estimated(self) -> pd.DataFrame:
        """Return effects of policies: ``name``, ``estimate``, ``std_error`` (missing), ``lower``, ``upper``."""
        f = self.frames["effects"]
        names = f[["policy", "region", "year", "quantity"]].astype(str).agg(", ".join, axis=1)
        ends = {"lower": f["lower"], "upper": f["upper"]}
        return f[[]].assign(name=names, estimate=f["value"], std_error=np.nan, **ends)

    def offers(self, name: str) -> pd.DataFrame:
        """Return a quantity that another step may take over: labels, ``value``, ``lower``, ``upper``, ``unit``."""
        require_known([name], [*QUANTITIES, GAIN], kind="quantity")
        if name == GAIN:
            gains = self.frames["effects"]
            gains = gains[gains["quantity"] == "technical_efficiency"].reset_index(drop=True)
            return gains[["policy", "region", "year", "value", "lower", "upper", "unit"]]
        names = {name: "value", f"{name}_lower": "lower", f"{name}_upper": "upper"}
        rows = self.frames["paths"][["policy", "region", "region_code", "year", *names]]
        return rows.rename(columns=names).assign(unit=UNITS[name])

    def to_dict(self) -> dict[str, Any]:
        """Return calibrated numbers, fit and effects in the last year as plain types."""
        c = self.calibration
        last = self.frames["effects"]
        last = last[last["year"] == self.spec.final] if len(last) else last
        return {
            "status": str(self.status.code),
            "calibrated": self.calibrated.to_dict(),
            "std_errors": dict(c.std_errors) if c else {},
            "moments": {k: {"observed": v, "simulated": c.simulated[k]} for k, v in c.observed.items()} if c else {},
            "frontier_slope": self.slope,
            "effects": last.to_dict(orient="records"),
            "networks": self.frames["networks"].to_dict(orient="records"),
            "data_steps": list(self.steps),
            "checks": [x.to_dict() for x in self.checks],
        }

    def table(self, kind: str = "moments") -> Table:
        """Return a table by name; see :func:`innospace.agents.tables.kinds`."""
        from innospace.agents import tables

        require_known([kind], list(tables.kinds(self)), kind="table")
        return tables.kinds(self)[kind](self)

    def to_bundle(self) -> Bundle:
        """Take the result apart for storage."""
        c = self.calibration
        meta = {
            "spec": self.spec.to_dict(),
            "frontier": self.frontier.to_dict(),
            "calibrated": self.calibrated.to_dict(),
            "calibration": None
            if c is None
            else {**asdict(c), "status": c.status.to_dict(), "correlation": c.correlation.tolist()},
            "base": self.base,
            "steps": list(self.steps),
            "provenance": self.provenance.to_dict(),
        }
        return Bundle(KIND, meta, dict(self.frames))

    @classmethod
    def from_bundle(cls, bundle: Bundle) -> Self:
        """Put a stored result together again; nothing is run anew."""
        if bundle.kind != KIND:
            raise StoreError(f"A stored {bundle.kind!r} is not a {KIND!r} result.")
        meta = bundle.meta
        calibration = None
        if meta["calibration"] is not None:
            given = {
                **meta["calibration"],
                "calibrated": Calibrated(**meta["calibration"]["calibrated"]),
                "status": Status.from_dict(meta["calibration"]["status"]),
                "correlation": np.array(meta["calibration"]["correlation"]),
            }
            calibration = Calibration(**given)
        return cls(
            AgentSpec.from_dict(meta["spec"]),
            FrontierNumbers(**meta["frontier"]),
            Calibrated(**meta["calibrated"]),
            calibration,
            int(meta["base"]),
            dict(bundle.frames),
            tuple(meta["steps"]),
            Provenance.from_dict(meta["provenance"]),
        )
