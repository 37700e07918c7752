"""The result of a panel frontier: estimates with every covariance, efficiencies by unit and period, tests."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from innospace.core.errors import SpecError
from innospace.core.progress import Progress, silent
from innospace.core.result import Bundle
from innospace.frontier.bootstrap.refits import Refits
from innospace.frontier.densities.base import Array
from innospace.frontier.efficiency import check_level
from innospace.frontier.fitted import FittedFrontier
from innospace.frontier.panel.arrays import Arrays
from innospace.frontier.panel.spec import COVARIANCES, PanelSpec
from innospace.numerics.tails import normal_ppf, normal_sf

if TYPE_CHECKING:
    import pandas as pd

    from innospace.core.parts import Resume
    from innospace.frontier.panel.bootstrap import PanelBootstrap


@dataclass(frozen=True, repr=False)
class PanelResult(FittedFrontier):
    """A fitted panel frontier; see :class:`innospace.frontier.fitted.FittedFrontier`.

    ``theta`` holds frontier coefficients, then parameters of the components and of the path; covariances are
    ``hessian``, ``opg`` and ``cluster``. ``efficiencies`` has unit, time, ``te``, ``te_lower``, ``te_upper``,
    ``te_transient`` and ``te_persistent`` of every row used, by unit and time. ``effects`` holds mean effects of
    regressors of inefficiency with their derivatives by ``theta`` (see :meth:`marginal_effects`); None without any.
    ``arrays`` is the panel, ``refits`` are those of a bootstrap made along with the fit.
    """

    KIND: ClassVar[str] = "panel_frontier"
    SPEC: ClassVar[Any] = PanelSpec
    WORDS: ClassVar[str] = "innospace.frontier.panel.presentation"

    effects: pd.DataFrame | None = None
    arrays: Arrays | None = None
    refits: Refits | None = None

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

    def bootstrap(
        self,
        replications: int = 999,
        *,
        kind: str = "parametric",
        seed: int = 0,
        workers: int | None = 1,
        executor: Any = None,
        resume: Resume = None,
        progress: Progress = silent,
    ) -> PanelBootstrap:
        """Estimate again on drawn samples; see :func:`innospace.frontier.panel.bootstrap.bootstrap_panel`."""
        from innospace.frontier.panel.bootstrap import bootstrap_panel

        how: dict[str, Any] = {"workers": workers, "executor": executor, "resume": resume}
        return bootstrap_panel(self, replications, kind=kind, seed=seed, **how, progress=progress)

    @property
    def resampled(self) -> PanelBootstrap | None:
        """The bootstrap that was made along with the fit, as a step of a study does; None without one."""
        from innospace.frontier.panel.bootstrap import PanelBootstrap

        return None if self.refits is None else PanelBootstrap(self, self.refits)

    def _shown(self) -> Array:
        gone = np.isnan(np.diag(self.covariances["hessian"])) & np.array([n.startswith("lnsigma") for n in self.names])
        return np.where(gone & bool(self.status.boundary), np.nan, self.theta)

    def to_dict(self) -> dict[str, Any]:
        """Return what ``--json`` prints."""
        effects = [] if self.effects is None else self.marginal_effects().reset_index().to_dict("records")
        resampled = self.resampled
        again = {} if resampled is None else {"bootstrap": resampled.to_dict()}
        return {**super().to_dict(), "units": self.units, "marginal_effects": effects, **again}

    def to_bundle(self) -> Bundle:
        """Take the result apart for storage."""
        bundle = super().to_bundle()
        frames, meta = dict(bundle.frames), dict(bundle.meta)
        if self.effects is not None:
            frames["effects"] = self.effects
        if self.arrays is not None:
            meta["panel"], frames["panel"] = self.arrays.to_frame()
        if self.refits is not None:
            meta["bootstrap"], frames["bootstrap"] = self.refits.to_frame()
        return replace(bundle, meta=meta, frames=frames)

    @classmethod
    def from_bundle(cls, bundle: Bundle) -> Self:
        """Put a stored result together again; nothing is estimated anew."""
        meta, frames = bundle.meta, bundle.frames
        return replace(
            super().from_bundle(bundle),
            effects=frames.get("effects"),
            arrays=Arrays.from_frame(meta["panel"], frames["panel"]) if "panel" in meta else None,
            refits=Refits.from_frame(meta["bootstrap"], frames["bootstrap"]) if "bootstrap" in meta else None,
        )

    def _labels(self) -> pd.DataFrame:
        return self.efficiencies[["unit", "time"]].set_axis([self.spec.unit, self.spec.time], axis=1)
