"""The effect of a scenario taken apart by shock: one after another as written, and free of their order (Shapley).

A part of a scenario is solved like a scenario of its own: its shocks are applied in the order in which they are
written, and the shares that no shock of the part moves make room. Every effect is an excess over the baseline, so that
contributions add up to the whole effect.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from innospace.core.checks import Check
from innospace.core.errors import InnospaceError, SolverError, SpecError, offenders
from innospace.core.numbers import MINUS, fixed, signed
from innospace.core.progress import Progress, silent
from innospace.core.status import Status, StatusCode
from innospace.core.table import Column, Table
from innospace.economy.growth import average_growth, tornqvist
from innospace.economy.models.knowledge import labels as k
from innospace.economy.models.knowledge.dynamics import Path, solve_path
from innospace.economy.models.knowledge.wording import label
from innospace.economy.shapley import MOST_SHAPLEY, Part, parts_to_solve, shapley

if TYPE_CHECKING:
    import pandas as pd

    from innospace.economy.models.knowledge.model import KnowledgeModel
    from innospace.economy.models.knowledge.result import EconomyResult
    from innospace.economy.scenario import Scenario, Shock

Array = NDArray[np.float64]
MEASURES = ("growth", "level")
"""Effects that are taken apart: on average annual growth in points, on the last year's level in percent of baseline."""
TOLERANCE = 1e-9
"""How far contributions may sum from the whole effect; rounding of some ten terms is a millionth of this."""
REPRODUCED = 1e-6
"""How far the effect solved again may lie from the stored one; the solver stops at residuals far below."""


@dataclass(frozen=True)
class Decomposition:
    """The effect of a scenario by shock.

    Attributes
    ----------
    scenario : Scenario
    years : tuple of int
        First and last.
    whole : ndarray, shape (2,)
        Effect of the whole scenario, one number a measure of :data:`MEASURES`.
    in_turn : ndarray, shape (shocks, 2)
        What each shock adds to those written before it.
    alone : ndarray or None, shape (shocks, 2)
        Effect of each shock on its own; None when not every part was solved.
    shapley : ndarray or None, shape (shocks, 2)
        Mean of what each shock adds, over all orders.
    solved : int
        Parts of the scenario that were solved.
    checks : tuple of Check
    reason : str
        Why there is no order-free decomposition; empty when there is one.
    """

    scenario: Scenario
    years: tuple[int, int]
    whole: Array
    in_turn: Array
    alone: Array | None
    shapley: Array | None
    solved: int
    checks: tuple[Check, ...]
    reason: str = ""

    @property
    def status(self) -> Status:
        """Converged: parts without a solution raise or leave the order-free decomposition out."""
        return Status(StatusCode.CONVERGED, f"{self.solved} parts of the scenario solved.")

    def to_frame(self) -> pd.DataFrame:
        """Return one row a shock: ``number, shock``, and each contribution by measure; missing where not solved."""
        import pandas as pd

        frame = pd.DataFrame({"number": range(1, len(self.in_turn) + 1), "shock": self._shocks()})
        for name, values in (("in_turn", self.in_turn), ("shapley", self.shapley), ("alone", self.alone)):
            for m, measure in enumerate(MEASURES):
                frame[f"{name}_{measure}"] = np.nan if values is None else values[:, m]
        return frame

    def table(self) -> Table:
        """Return the contributions with their sum in the last row."""
        import pandas as pd

        frame = self.to_frame()
        numbers = frame.columns[2:]
        total = {"shock": "Sum", **{c: frame[c].sum(min_count=1) for c in numbers}}
        effect = {"shock": "Effect of the whole scenario"}
        effect |= {f"{n}_{m}": self.whole[i] for n in ("in_turn", "shapley") for i, m in enumerate(MEASURES)}
        if self.shapley is None:
            effect = {key: v for key, v in effect.items() if not str(key).startswith("shapley")}
        frame = pd.concat([frame, pd.DataFrame([total, effect])], ignore_index=True)
        groups = (("growth", "Growth, points a year"), ("level", f"GRP {self.years[1]}, % of baseline"))
        heads = (("in_turn", "in turn"), ("shapley", "Shapley"), ("alone", "alone"))
        shown = heads if self.shapley is not None else heads[:1]
        columns = [Column("number", "No.", "integer"), Column("shock", "Shock")]
        columns += [Column(f"{key}_{m}", h, "fixed:3", g) for m, g in groups for key, h in shown]
        notes = ["In turn: what a shock adds to those written before it. Effects against the baseline."]
        if self.shapley is not None:
            notes.append("Shapley: mean of what a shock adds over all orders. Alone: the shock without the others.")
        title = f"Effect of {label(self.scenario.name, inside=True)} by shock, {self.years[0]}\u2013{self.years[1]}"
        rules = (len(self.in_turn),)
        return Table("decomposition", title, frame, tuple(columns), tuple(notes), rules=rules)

    def findings(self) -> tuple[str, ...]:
        """Return what was found, in sentences."""
        shocks, name = self._shocks(), label(self.scenario.name)
        by = self.in_turn if self.shapley is None else self.shapley
        how = "in the order given" if self.shapley is None else "whatever their order (Shapley)"
        found = [
            f"{name} changes average annual growth from {self.years[0]} to {self.years[1]} by "
            f"{signed(self.whole[0], 3)} percentage points and GRP of {self.years[1]} by {signed(self.whole[1], 2)} % "
            "of the baseline."
        ]
        for i in sorted(range(len(by)), key=lambda i: -abs(by[i, 0])):
            part = f", {fixed(100 * by[i, 0] / self.whole[0], 1)} % of the effect" if abs(self.whole[0]) > 1e-6 else ""
            turn = f"; in turn {signed(self.in_turn[i, 0], 3)}" if self.shapley is not None else ""
            found.append(f"Shock {i + 1} ({shocks[i]}) contributes {signed(by[i, 0], 3)} points {how}{part}{turn}.")
        if self.alone is not None and len(by) > 1:
            rest = self.whole[0] - self.alone[:, 0].sum()
            word = "strengthen" if rest * self.whole[0] > 0 else "weaken"
            found.append(
                f"Effects of the shocks alone sum to {signed(self.alone[:, 0].sum(), 3)} points; together they {word} "
                f"each other by {fixed(abs(rest), 3)} points."
                if abs(rest) >= 5e-4
                else "The shocks hardly act on each other: effects of each alone sum to that of all together."
            )
        if self.reason:
            found.append(f"No order-free decomposition: {self.reason}")
        return tuple(found)

    def to_dict(self) -> dict[str, Any]:
        """Return plain types."""
        return {
            "scenario": self.scenario.to_dict(),
            "years": list(self.years),
            "whole": dict(zip(MEASURES, self.whole.tolist(), strict=True)),
            "units": {"growth": "percentage points a year", "level": f"percent of the baseline GRP of {self.years[1]}"},
            "shocks": [{str(key): v for key, v in row.items()} for row in self.to_frame().to_dict("records")],
            "solved": self.solved,
            "shapley": self.shapley is not None,
            "reason": self.reason,
            "findings": list(self.findings()),
            "checks": [c.to_dict() for c in self.checks],
        }

    def _shocks(self) -> list[str]:
        return [shock_text(s) for s in self.scenario.shocks]


def shock_text(shock: Shock) -> str:
    """Return a shock in one line: ``budget_share × 1.3, agent innovation, item n1 r1``."""
    value = shock.value
    if isinstance(value, tuple):
        change = f"path of {len(value)} years"
    else:
        sign = {"set": "=", "multiply": "×", "add": "+"}[shock.operation]
        change = f"{sign} {value:g}".replace("-", MINUS)
    where = [f"{dim} {' '.join(labels)}" for dim, labels in shock.where.items()]
    years = [f"{shock.years[0]}\u2013{shock.years[1]}"] if shock.years else []
    return ", ".join([f"{shock.parameter} {change}", *where, *years])


def decompose(result: EconomyResult, name: str, *, progress: Progress = silent) -> Decomposition:
    """Take the effect of a solved scenario apart by shock.

    Parameters
    ----------
    result : EconomyResult
    name : str
        Of a scenario with shocks that has a solution in every year.
    progress : callable

    Returns
    -------
    Decomposition
        Order-free too with up to :data:`MOST_SHAPLEY` shocks, when every part of the scenario has a solution.

    Raises
    ------
    LabelError
        Unknown scenario.
    SpecError
        The scenario has no shocks, or its shocks cannot be applied one after another.
    SolverError
        The scenario, or a part of it in the order given, has no solution in some year.
    """
    path = result.path(name)
    count = len(path.scenario.shocks)
    _require_whole(result, path)
    base = _measured(result.model, result.path(result.baseline))
    every = parts_to_solve(count)
    effects: dict[Part, Array] = {(): np.zeros(len(MEASURES))}
    reason = "" if count <= MOST_SHAPLEY else f"{count} shocks; every part is solved up to {MOST_SHAPLEY} shocks."
    for n, part in enumerate(every):
        needed = part == tuple(range(len(part)))
        if reason and not needed:
            continue
        progress(f"{name}: {_names(part)} of {count} shocks", n / len(every))
        try:
            effects[part] = _effect(result.model, path.scenario, part, base)
        except InnospaceError as error:
            if needed:
                raise
            reason = f"{_names(part)} alone: {error.what}"
    progress("Done", 1.0)
    whole, turns = effects[tuple(range(count))], [effects[tuple(range(i))] for i in range(count + 1)]
    in_turn = np.diff(np.array(turns), axis=0)
    free = None if reason else shapley(effects, count)
    alone = None if reason else np.array([effects[(i,)] for i in range(count)])
    checks = _checks(whole, _against(_measured(result.model, path), base), in_turn, free)
    years = (result.years[0], result.years[-1])
    return Decomposition(path.scenario, years, whole, in_turn, alone, free, len(effects) - 1, checks, reason)


def _names(part: Part) -> str:
    return f"shock{'s' if len(part) > 1 else ''} {', '.join(str(i + 1) for i in part)}"


def _require_whole(result: EconomyResult, path: Path) -> None:
    name, shocked = path.scenario.name, [n for n, p in result.paths.items() if p.scenario.shocks]
    if not path.scenario.shocks:
        raise SpecError(
            f"{name!r} has no shocks to take apart.",
            allowed=offenders(shocked, shown=12) or "none in this run",
            remedy="Name a scenario with shocks.",
        )
    for n in (result.baseline, name):
        known = result.paths[n]
        if known.failure is not None:
            raise SolverError(
                f"{n!r} has no solution after {known.years[-1] if known.years else 'the data'}.",
                remedy="Make its shocks smaller; innospace run says which part of them has a solution.",
            )


def _effect(model: KnowledgeModel, scenario: Scenario, part: Part, base: Array) -> Array:
    """Solve a part of a scenario; return its effects by measure."""
    chosen = replace(scenario, shocks=tuple(scenario.shocks[i] for i in part))
    found = solve_path(model, chosen)
    if found.failure is not None:
        raise SolverError(
            f"There is no solution in {model.years[len(found.years)]} with {_names(part)} of {scenario.name!r} only.",
            remedy="Write the shocks in another order, or make them smaller.",
        )
    return _against(_measured(model, found), base)


def _measured(model: KnowledgeModel, path: Path) -> Array:
    """Return average growth and the level of the last year of real gross regional product, shape (2,)."""
    at = model.system.position
    output, prices = (path.levels[:, [at[f"{f}.{i}"] for i in k.PRODUCERS]] for f in ("Y", "PY"))
    index = tornqvist(output, output * prices)
    return np.array([average_growth(index), index[-1]])


def _against(measured: Array, base: Array) -> Array:
    return np.array([100.0 * (measured[0] - base[0]), 100.0 * (measured[1] / base[1] - 1.0)])


def _checks(whole: Array, stored: Array, in_turn: Array, free: Array | None) -> tuple[Check, ...]:
    def gap(found: Array) -> float:
        return float(np.abs(found.sum(axis=0) - whole).max())

    remedy = "Please report it: contributions add up by construction."
    meaning = "Do contributions {} add up to the whole effect? Points and percent, the larger gap."
    made: Sequence[Check] = [
        Check.at_most(
            "decomposition.stored",
            float(np.abs(whole - stored).max()),
            REPRODUCED,
            "Is the effect of the scenario, solved again, that of the stored run?",
            "The run was stored by another version: run the study again with --fresh.",
        ),
        Check.at_most("decomposition.in_turn", gap(in_turn), TOLERANCE, meaning.format("in turn"), remedy),
    ]
    if free is None:
        return tuple(made)
    return (*made, Check.at_most("decomposition.shapley", gap(free), TOLERANCE, meaning.format("of Shapley"), remedy))
