"""The result of a panel frontier: estimates with every covariance, efficiencies by unit and period, tests."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from innospace.core.errors import SpecError
from innospace.frontier.densities.base import Array
from innospace.frontier.fitted import FittedFrontier
from innospace.frontier.panel.spec import COVARIANCES, PanelSpec

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, repr=False)
class PanelResult(FittedFrontier):
    """A fitted panel frontier; see :class:`innospace.frontier.fitted.FittedFrontier`.

    ``theta`` holds frontier coefficients, then parameters of the components and of the path; covariances are
    ``hessian``, ``opg`` and ``cluster``. ``efficiencies`` has unit, time, ``te``, ``te_lower``, ``te_upper``,
    ``te_transient`` and ``te_persistent`` of every row used, by unit and time.
    """

    KIND: ClassVar[str] = "panel_frontier"
    SPEC: ClassVar[Any] = PanelSpec
    WORDS: ClassVar[str] = "innospace.frontier.panel.presentation"

    @property
    def n(self) -> int:
        """Rows used."""
        return len(self.efficiencies)

    @cached_property
    def units(self) -> int:
        """Units used."""
        return int(self.efficiencies["unit"].nunique())

    def vcov(self, kind: str) -> Self:
        """Return the same fit with another covariance: ``hessian``, ``opg`` or ``cluster``."""
        if kind not in COVARIANCES:
            raise SpecError(f"Unknown covariance {kind!r}.", allowed=", ".join(COVARIANCES))
        return self._with_covariance(kind)

    def _shown(self) -> Array:
        gone = np.isnan(np.diag(self.covariances["hessian"])) & np.array([n.startswith("lnsigma") for n in self.names])
        return np.where(gone & bool(self.status.boundary), np.nan, self.theta)

    def to_dict(self) -> dict[str, Any]:
        """Return what ``--json`` prints."""
        return {**super().to_dict(), "units": self.units}

    def _labels(self) -> pd.DataFrame:
        return self.efficiencies[["unit", "time"]].set_axis([self.spec.unit, self.spec.time], axis=1)
