"""The result of a general equilibrium model: the equilibrium of every scenario beside the baseline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from innospace.core.checks import Check
from innospace.core.labels import require_known
from innospace.core.progress import Progress, silent
from innospace.core.provenance import Provenance
from innospace.core.result import Bundle
from innospace.core.status import Status, StatusCode
from innospace.core.told import Explored
from innospace.economy.general.gates import gates, gates_again
from innospace.economy.general.macro import Macro, deflator, real_product
from innospace.economy.general.policy import Mix
from innospace.economy.general.result import Equilibrium
from innospace.economy.general.spec import Spec
from innospace.economy.general.welfare import welfare
from innospace.economy.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd

    from innospace.core.parts import Resume
    from innospace.economy.general.models.ready_model import Dynamics
    from innospace.economy.general.sensitivity import Uncertain

BASELINE = "baseline"
"""Name of the solution without shocks."""


@dataclass(frozen=True, repr=False)
class EquilibriumResult(Explored):
    """A model solved without and with shocks.

    Attributes
    ----------
    solutions : mapping of str to Equilibrium
        By scenario; the first is the baseline. All have one model.
    scenarios : mapping of str to Scenario
        What each solution but the baseline was asked for.
    provenance : Provenance
    title, source : str
        Of the model: what it is, and the textbook of a ready one.
    textbook : pandas.DataFrame or None
        Numbers of a ready model by the names of its textbook: ``name``, and a column a solution.
    decomposition : pandas.DataFrame or None
        Effects by shock: ``scenario``, and the columns of :func:`innospace.economy.general.decomposition.decompose`.
    channels : pandas.DataFrame or None
        Effects by channel: ``scenario``, and the columns of :func:`innospace.economy.general.channels.by_channel`.
    sensitivity : pandas.DataFrame or None
        Effects at other assumptions; see :func:`innospace.economy.general.sensitivity.sensitivity`.
    importance : pandas.DataFrame or None
        Which assumption matters; see :func:`innospace.economy.general.sensitivity.importance`.
    closures : pandas.DataFrame or None
        Effects under other closures; see :func:`innospace.economy.general.comparison.with_closures`.
    path : pandas.DataFrame or None
        Years of a model that has some: ``scenario, year`` and a column a series; see
        :class:`innospace.economy.general.models.ready_model.Dynamics`.
    mix : Mix or None
        The cheapest mix of levers that was searched; its scenario is among the solutions.
    """

    WORDS: ClassVar[str] = "innospace.economy.general.presentation"
    TABLES: ClassVar[str] = "innospace.economy.general.tables"
    FIGURES: ClassVar[str] = "innospace.economy.general.figures"
    FIRST: ClassVar[str] = "welfare"
    LOOK: ClassVar[str] = "innospace.economy.general.look"

    solutions: Mapping[str, Equilibrium]
    scenarios: Mapping[str, Scenario]
    provenance: Provenance
    title: str = ""
    source: str = ""
    textbook: pd.DataFrame | None = field(default=None, repr=False)
    decomposition: pd.DataFrame | None = field(default=None, repr=False)
    channels: pd.DataFrame | None = field(default=None, repr=False)
    sensitivity: pd.DataFrame | None = field(default=None, repr=False)
    importance: pd.DataFrame | None = field(default=None, repr=False)
    closures: pd.DataFrame | None = field(default=None, repr=False)
    path: pd.DataFrame | None = field(default=None, repr=False)
    mix: Mix | None = None

    @property
    def spec(self) -> Spec:
        """The model."""
        return self.baseline.economy.spec

    @property
    def baseline(self) -> Equilibrium:
        """The solution without shocks."""
        return next(iter(self.solutions.values()))

    @property
    def shocked(self) -> dict[str, Equilibrium]:
        """Solutions of scenarios."""
        return {n: s for n, s in self.solutions.items() if n in self.scenarios}

    def solution(self, name: str) -> Equilibrium:
        """Return the solution of a scenario."""
        require_known([name], list(self.solutions), kind="scenario")
        return self.solutions[name]

    @cached_property
    def status(self) -> Status:
        """Converged when every scenario has a solution; else the status of the first that has none."""
        for name, found in self.solutions.items():
            if not found.status.converged:
                s = found.status
                return Status(s.code, f"{name}: {s.message}", s.remedy, s.boundary, s.numbers)
        steps = {f"iterations.{n}": float(s.iterations) for n, s in self.solutions.items()}
        message = f"{len(self.solutions)} solutions of {len(self.baseline.unknowns)} unknowns."
        return Status(StatusCode.CONVERGED, message, numbers=steps)

    def with_path(self, dynamics: Dynamics) -> Self:
        """Return the result with the years of every solution."""
        import pandas as pd

        frames = [
            dynamics.path(found).assign(scenario=n) for n, found in self.solutions.items() if found.status.converged
        ]
        if not frames:
            return self
        frame = pd.concat(frames, ignore_index=True)
        frame = frame[["scenario", *(c for c in frame.columns if c != "scenario")]]
        known = {**self.provenance.options, "dynamics": dict(dynamics.numbers)}
        return replace(self, path=frame, provenance=replace(self.provenance, options=known))

    def with_decomposition(self, progress: Progress = silent) -> Self:
        """Return the result with the effects of scenarios of several shocks taken apart.

        Raises
        ------
        SolverError
            A part of a scenario has no solution.
        """
        import pandas as pd

        from innospace.economy.general.decomposition import decompose

        several = [s for n, s in self.scenarios.items() if len(s.shocks) > 1 and self.solutions[n].status.converged]
        frames = [decompose(self.baseline, s, progress=progress).assign(scenario=s.name) for s in several]
        return replace(self, decomposition=pd.concat(frames, ignore_index=True) if frames else None)

    def with_channels(self, progress: Progress = silent) -> Self:
        """Return the result with the effects of scenarios taken apart by channel.

        Raises
        ------
        SolverError
            There is no equilibrium with some channels closed.
        """
        import pandas as pd

        from innospace.economy.general.channels import by_channel

        solved = [s for n, s in self.scenarios.items() if self.solutions[n].status.converged]
        economy = self.baseline.economy
        frames = [by_channel(economy, s, progress=progress).assign(scenario=s.name) for s in solved]
        return replace(self, channels=pd.concat(frames, ignore_index=True) if frames else None)

    def with_sensitivity(
        self,
        uncertain: Sequence[Uncertain],
        *,
        method: str = "quadrature",
        draws: int = 200,
        seed: int = 0,
        workers: int | None = 1,
        executor: Any = None,
        resume: Resume = None,
        progress: Progress = silent,
    ) -> Self:
        """Return the result with its effects at other assumptions.

        See :func:`innospace.economy.general.sensitivity.sensitivity` for arguments and errors.
        """
        from innospace.economy.general.sensitivity import importance, sensitivity

        scenarios = tuple(self.scenarios.values())
        how: dict[str, Any] = {"method": method, "draws": draws, "seed": seed}
        how |= {"workers": workers, "executor": executor, "resume": resume}
        economy = self.baseline.economy
        found = sensitivity(economy, scenarios, uncertain, **how, progress=progress)
        matters = importance(economy, scenarios, uncertain, found, seed) if method == "sobol" else None
        known = {**self.provenance.options, "uncertain": [u.label for u in uncertain], "method": method}
        provenance = replace(self.provenance, options=known, seed=seed)
        return replace(self, sensitivity=found, importance=matters, provenance=provenance)

    @cached_property
    def checks(self) -> tuple[Check, ...]:
        """Gates of every solution, and of what was solved again."""
        return (*gates(self.solutions), *gates_again(self))

    @cached_property
    def welfare(self) -> pd.DataFrame:
        """Return EV, CV and real income by scenario and agent; see :mod:`innospace.economy.general.welfare`.

        A scenario without a solution has no row.
        """
        import pandas as pd

        solved = {n: s for n, s in self.shocked.items() if s.status.converged}
        frames = [welfare(self.baseline, s).assign(scenario=n) for n, s in solved.items()]
        if not frames:
            frames = [welfare(self.baseline, self.baseline).assign(scenario=BASELINE).iloc[:0]]
        frame = pd.concat(frames, ignore_index=True)
        return frame[["scenario", *(c for c in frame.columns if c != "scenario")]]

    @cached_property
    def macro(self) -> dict[str, Macro]:
        """Return the macroeconomic accounts of every solution that was found, by scenario."""
        return {n: Macro(s) for n, s in self.solutions.items() if s.status.converged}

    def to_frame(self) -> pd.DataFrame:
        """Return one row an unknown and scenario.

        Columns ``scenario, kind, name, value, baseline, percent, condition, margin``; ``percent`` is the change against
        the baseline, missing where that is zero.
        """
        import pandas as pd

        base = self.baseline.to_frame()["value"]
        frames = []
        for name, found in self.solutions.items():
            frame = found.to_frame().drop(columns="benchmark")
            frame.insert(0, "scenario", name)
            frame.insert(4, "baseline", base)
            frame.insert(5, "percent", 100.0 * (frame["value"] / base.where(base != 0.0, np.nan) - 1.0))
            frames.append(frame)
        return pd.concat(frames, ignore_index=True)

    def to_dict(self) -> dict[str, Any]:
        """Return status, solutions, welfare and checks as plain types."""
        rows = {n: s.to_frame() for n, s in self.solutions.items()}
        known: dict[str, Any] = {
            "status": str(self.status.code),
            "message": self.status.message,
            "model": self.spec.name,
            "unknowns": len(self.baseline.unknowns),
            "scenarios": {
                n: {
                    "status": str(self.solutions[n].status.code),
                    "route": self.solutions[n].route,
                    "values": {f"{r['kind']}.{r['name']}": float(r["value"]) for r in f.to_dict("records")},
                }
                for n, f in rows.items()
            },
            "welfare": [
                {str(k): v if not isinstance(v, float) or np.isfinite(v) else None for k, v in row.items()}
                for row in self.welfare.to_dict("records")
            ],
            "product": self._products(),
            "checks": [c.to_dict() for c in self.checks],
        }
        if self.textbook is not None:
            known["textbook"] = {
                n: dict(zip(self.textbook["name"], map(float, self.textbook[n]), strict=True)) for n in self.solutions
            }
        if self.path is not None:
            known["path"] = [
                {str(k): None if isinstance(v, float) and not np.isfinite(v) else v for k, v in row.items()}
                for row in self.path.to_dict("records")
            ]
        return known

    def _products(self) -> dict[str, dict[str, float]]:
        """Return nominal product, real product and deflator by scenario; empty when the baseline was not found."""
        base = self.macro.get(next(iter(self.solutions)))
        if base is None:
            return {}
        return {
            n: {"nominal": m.product, "real": real_product(base, m), "deflator": deflator(base, m)}
            for n, m in self.macro.items()
        }

    def offers(self, name: str) -> pd.DataFrame:
        """Return EV in percent of spending for another step: ``scenario``, ``agent``, ``value``."""
        require_known([name], ["welfare_effect"], kind="quantity", where="equilibrium")
        frame = self.welfare[["scenario", "agent", "ev_percent"]].rename(columns={"ev_percent": "value"})
        return frame.assign(lower=float("nan"), upper=float("nan"), unit="percent of spending")

    def _repr_html_(self) -> str:
        return self.table("levels" if self.welfare.empty else "welfare")._repr_html_()

    def to_bundle(self) -> Bundle:
        """Take the result apart for storage."""
        from innospace.economy.general.storage import to_bundle

        return to_bundle(self)

    @classmethod
    def from_bundle(cls, bundle: Bundle) -> Self:
        """Put a stored result together again; nothing is solved anew."""
        from innospace.economy.general.storage import from_bundle

        return cls(**from_bundle(bundle))
