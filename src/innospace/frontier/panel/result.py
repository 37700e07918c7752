"""The result of a panel frontier: estimates with every covariance, efficiencies by unit and period, tests."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from innospace.core.errors import SpecError
from innospace.core.result import Bundle
from innospace.frontier.densities.base import Array
from innospace.frontier.efficiency import check_level
from innospace.frontier.fitted import FittedFrontier
from innospace.frontier.panel.arrays import Arrays
from innospace.frontier.panel.spec import COVARIANCES, PanelSpec
from innospace.numerics.tails import normal_ppf, normal_sf

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, repr=False)
class PanelResult(FittedFrontier):
    """A fitted panel frontier; see :class:`innospace.frontier.fitted.FittedFrontier`.

    ``theta`` holds frontier coefficients, then parameters of the components and of the path; covariances are
    ``hessian``, ``opg`` and ``cluster``. ``efficiencies`` has unit, time, ``te``, ``te_lower``, ``te_upper``,
    ``te_transient`` and ``te_persistent`` of every row used, by unit and time. ``effects`` holds mean effects of
    regressors of inefficiency with their derivatives by ``theta`` (see :meth:`marginal_effects`); None without any.
    ``arrays`` is the panel.
    """

    KIND: ClassVar[str] = "panel_frontier"
    SPEC: ClassVar[Any] = PanelSpec
    ARRAYS: ClassVar[Any] = Arrays
    WORDS: ClassVar[str] = "innospace.frontier.panel.presentation"
    DRAWN: ClassVar[str] = "innospace.frontier.panel.bootstrap"

    effects: pd.DataFrame | None = None

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

    def marginal_effects(self, level: float = 0.95) -> pd.DataFrame:
        """Return mean effects of a unit more of each regressor on ``E[u_it]`` and ``E[exp(-u_it)]``.

        Rows ``(regressor, of)``; columns ``effect``, ``std_error`` (delta method, covariance in use), ``z``,
        ``p_value``, ``lower``, ``upper``.

        Raises
        ------
        SpecError
            Inefficiency has no regressors.
        """
        import pandas as pd

        if self.effects is None:
            raise SpecError(
                "Inefficiency has no regressors in this panel frontier.",
                remedy="Name them in the formula after a bar: outcome ~ inputs | u: z1 + z2.",
            )
        jacobian = self.effects.filter(regex="^by-").to_numpy(np.float64)
        known = np.isfinite(np.diag(self.covariance))
        block = self.covariance[np.ix_(known, known)] if known.any() else np.full((1, 1), np.nan)
        by = jacobian[:, known] if known.any() else np.ones((len(jacobian), 1))
        errors = np.sqrt(np.einsum("ik,kl,il->i", by, block, by))
        value = self.effects["effect"].to_numpy(np.float64)
        z, half = value / errors, float(normal_ppf(0.5 + 0.5 * check_level(level))) * errors
        columns = {"effect": value, "std_error": errors, "z": z, "p_value": 2.0 * normal_sf(np.abs(z))}
        index = pd.MultiIndex.from_frame(self.effects[["regressor", "of"]])
        return pd.DataFrame({**columns, "lower": value - half, "upper": value + half}, index=index)

    def _shown(self) -> Array:
        gone = np.isnan(np.diag(self.covariances["hessian"])) & np.array([n.startswith("lnsigma") for n in self.names])
        return np.where(gone & bool(self.status.boundary), np.nan, self.theta)

    def to_dict(self) -> dict[str, Any]:
        """Return what ``--json`` prints."""
        effects = [] if self.effects is None else self.marginal_effects().reset_index().to_dict("records")
        return {**super().to_dict(), "units": self.units, "marginal_effects": effects}

    def to_bundle(self) -> Bundle:
        """Take the result apart for storage."""
        bundle = super().to_bundle()
        effects = {} if self.effects is None else {"effects": self.effects}
        return replace(bundle, frames={**bundle.frames, **effects})

    @classmethod
    def from_bundle(cls, bundle: Bundle) -> Self:
        """Put a stored result together again; nothing is estimated anew."""
        return replace(super().from_bundle(bundle), effects=bundle.frames.get("effects"))

    def _labels(self) -> pd.DataFrame:
        return self.efficiencies[["unit", "time"]].set_axis([self.spec.unit, self.spec.time], axis=1)
