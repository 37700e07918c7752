"""Scenarios of one stored run beside each other, of any engine that has some; the effect of one shock by shock."""

from __future__ import annotations

import importlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, cast

from innospace.core.errors import StudyError
from innospace.core.labels import require_known
from innospace.core.progress import Progress, silent

if TYPE_CHECKING:
    import pandas as pd

    from innospace.core.figure import Figure
    from innospace.core.result import Result
    from innospace.core.table import Table
    from innospace.economy.models.knowledge.decomposition import Decomposition
    from innospace.economy.models.knowledge.result import EconomyResult
    from innospace.study.store import StoredRun


EVERY = "all"
"""Said instead of names: every scenario."""
BESIDE = {
    "economy": "innospace.economy.models.knowledge.beside",
    "equilibrium": "innospace.economy.general.beside",
    "regions": "innospace.economy.models.regions.beside",
}
"""Engine -> module that sets its scenarios beside each other, a module with the names of :class:`Setter`."""
BASELINE = "baseline"
"""Name of what scenarios are held against, in every engine."""
KEYS = ("region", "year")
"""Columns of numbers that some engines have."""


class Setter(Protocol):
    """What sets the scenarios of a kind of result beside each other."""

    def chosen(self, result: Any, names: Sequence[str]) -> Any:
        """Return the result with the baseline and some of its scenarios."""
        ...

    def scenarios(self, result: Any) -> tuple[str, ...]:
        """Return names, without the baseline."""
        ...

    def years(self, result: Any) -> tuple[int, ...]:
        """Return the years; none of a model of one year."""
        ...

    def numbers(self, result: Any) -> pd.DataFrame:
        """Return a row a scenario, series (and region, year) with level, baseline, difference and units."""
        ...

    def levels(self, result: Any, year: int) -> Table:
        """Return levels in a year, a column a scenario."""
        ...

    def changes(self, result: Any, year: int) -> Table:
        """Return differences from the baseline in a year, a column a scenario."""
        ...

    def findings(self, result: Any) -> tuple[str, ...]:
        """Return what each scenario does, in sentences."""
        ...


@dataclass(frozen=True)
class ScenarioComparison:
    """Scenarios of a step beside each other.

    Attributes
    ----------
    step : str
    engine : str
        That made the result: a key of ``BESIDE``.
    result : Result
        With the baseline and the scenarios compared, in order.
    year : int
        That tables show; the last one of the step unless another was asked for, 0 of a model of one year.
    """

    step: str
    engine: str
    result: Result
    year: int

    @property
    def _beside(self) -> Setter:
        return setter(self.engine)

    @property
    def scenarios(self) -> tuple[str, ...]:
        """Names, without the baseline."""
        return self._beside.scenarios(self.result)

    @property
    def numbers(self) -> pd.DataFrame:
        """Return a row a scenario, series and year: ``level``, ``baseline``, ``difference`` and their units."""
        return self._beside.numbers(self.result)

    def levels(self) -> Table:
        """Return levels in the year, a column a scenario."""
        return self._beside.levels(self.result, self.year)

    def changes(self) -> Table:
        """Return differences from the baseline in the year, a column a scenario."""
        return self._beside.changes(self.result, self.year)

    def tables(self, decomposition: Decomposition | None = None) -> tuple[Table, ...]:
        """Return every number, then levels and changes in the year, and the effect by shock where it was asked for."""
        from innospace.core.table import Column, Table

        frame = self.numbers
        columns = (
            Column("scenario", "Scenario"),
            Column("series", "Series"),
            *(Column(k, k.capitalize(), "year" if k == "year" else "text") for k in KEYS if k in frame),
            *(Column(key, key.capitalize(), "significant:6") for key in ("level", "baseline", "difference")),
            Column("unit", "Unit"),
            Column("difference_unit", "Unit of the difference"),
        )
        numbers = Table("scenarios", f"Scenarios of {self.step}", frame, columns)
        parts = () if decomposition is None else (decomposition.table(),)
        return (numbers, self.levels(), self.changes(), *parts)

    def figure(self, series: str, *, levels: bool = False) -> Figure:
        """Return one series of every scenario of a knowledge economy by year; the title speaks of the first scenario.

        Raises
        ------
        StudyError
            The step is of another kind.
        """
        from innospace.economy.models.knowledge import indicators
        from innospace.economy.models.knowledge.result import EconomyResult

        if not isinstance(self.result, EconomyResult):
            raise StudyError(f"Series of the step {self.step!r} have no chart here.", allowed="steps of the economy")
        focus = (*self.scenarios, self.result.baseline)[0]
        return indicators.figure(self.result, series, focus, levels=levels)

    def findings(self) -> tuple[str, ...]:
        """Return what each scenario does, in sentences."""
        return self._beside.findings(self.result)

    def to_dict(self) -> dict[str, Any]:
        """Return plain types, for ``--json``."""
        return {
            "step": self.step,
            "baseline": BASELINE,
            "scenarios": list(self.scenarios),
            "year": self.year,
            "years": list(self._beside.years(self.result)),
            "findings": list(self.findings()),
            "numbers": [{str(k): _plain(v) for k, v in r.items()} for r in self.numbers.to_dict("records")],
        }


def _plain(value: Any) -> Any:
    """Return a number that JSON has; what is missing is None."""
    return None if isinstance(value, float) and math.isnan(value) else value


def setter(engine: str) -> Setter:
    """Return the module that sets scenarios of an engine beside each other."""
    return cast(Setter, importlib.import_module(BESIDE[engine]))


def economy_results(run: StoredRun) -> dict[str, EconomyResult]:
    """Return the results of economy steps that hold scenarios, by step."""
    from innospace.economy.models.knowledge.result import EconomyResult

    return {name: r for name, r in run.results.items() if isinstance(r, EconomyResult)}


def compare_scenarios(
    run: StoredRun, names: Sequence[str] = (), *, step: str = "", year: int = 0
) -> ScenarioComparison:
    """Set scenarios of a stored run beside each other; nothing is solved.

    Parameters
    ----------
    run : StoredRun
    names : sequence of str
        Scenarios; all of the step when none is named. The baseline is always there.
    step : str
        A step with scenarios; the last one when empty.
    year : int
        That tables show; the last one when 0.

    Raises
    ------
    StudyError
        The run has no such step.
    LabelError
        It has no such scenario or year.
    SolverError
        The baseline has no solution in some year.
    """
    known = {s.name: s for s in run.steps if s.engine in BESIDE}
    chosen = known[_named(run, step, list(known))]
    beside = setter(chosen.engine)
    own = beside.chosen(chosen.result, names)
    years = beside.years(own)
    if year and not years:
        raise StudyError(f"The step {chosen.name!r} has no years.", where="--year", remedy="Leave --year out.")
    shown = year or (years[-1] if years else 0)
    require_known([str(shown)], [str(y) for y in years] or ["0"], kind="year", where=f"step {chosen.name}")
    return ScenarioComparison(chosen.name, chosen.engine, own, shown)


def decompose_scenario(run: StoredRun, name: str, *, step: str = "", progress: Progress = silent) -> Decomposition:
    """Take the effect of a scenario of a stored run apart by shock; parts of it are solved for that.

    Raises
    ------
    StudyError
        The run has no such step.
    LabelError, SpecError, SolverError
        See :func:`innospace.economy.models.knowledge.decomposition.decompose`.
    """
    from innospace.economy.models.knowledge.decomposition import decompose

    return decompose(_chosen(run, step)[1], name, progress=progress)


def _chosen(run: StoredRun, step: str) -> tuple[str, EconomyResult]:
    known = economy_results(run)
    name = _named(run, step, list(known))
    return name, known[name]


def _named(run: StoredRun, step: str, known: list[str]) -> str:
    """Return the step that is asked for, or the last of those that would do."""
    if not known:
        raise StudyError(
            "The run has no step of the economy.",
            where=f"steps {', '.join(s.name for s in run.steps)}",
            remedy="Scenarios belong to an economy step: choose a run with one.",
        )
    require_known([step or known[-1]], known, kind="economy step")
    return step or known[-1]
