"""Scenarios of one stored run beside each other, and the effect of one of them shock by shock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from innospace.core.errors import StudyError
from innospace.core.labels import require_known
from innospace.core.progress import Progress, silent

if TYPE_CHECKING:
    import pandas as pd

    from innospace.core.figure import Figure
    from innospace.core.table import Table
    from innospace.economy.models.knowledge.decomposition import Decomposition
    from innospace.economy.models.knowledge.result import EconomyResult
    from innospace.study.store import StoredRun


EVERY = "all"
"""Said instead of names: every scenario."""


@dataclass(frozen=True)
class ScenarioComparison:
    """Scenarios of an economy step beside each other.

    Attributes
    ----------
    step : str
    result : EconomyResult
        With the baseline and the scenarios compared, in order.
    year : int
        That tables show; the last one of the step unless another was asked for.
    """

    step: str
    result: EconomyResult
    year: int

    @property
    def scenarios(self) -> tuple[str, ...]:
        """Names, without the baseline."""
        return tuple(n for n in self.result.paths if n != self.result.baseline)

    @property
    def numbers(self) -> pd.DataFrame:
        """Return a row a scenario, series and year: ``level``, ``baseline``, ``difference`` and their units."""
        from innospace.economy.models.knowledge import beside

        return beside.numbers(self.result)

    def levels(self) -> Table:
        """Return levels in the year, a column a scenario."""
        from innospace.economy.models.knowledge import beside

        return beside.levels(self.result, self.year)

    def changes(self) -> Table:
        """Return differences from the baseline in the year, a column a scenario."""
        from innospace.economy.models.knowledge import beside

        return beside.changes(self.result, self.year)

    def tables(self, decomposition: Decomposition | None = None) -> tuple[Table, ...]:
        """Return every number, then levels and changes in the year, and the effect by shock where it was asked for."""
        from innospace.core.table import Column, Table

        columns = (
            Column("scenario", "Scenario"),
            Column("series", "Series"),
            Column("year", "Year", "year"),
            *(Column(key, key.capitalize(), "significant:6") for key in ("level", "baseline", "difference")),
            Column("unit", "Unit"),
            Column("difference_unit", "Unit of the difference"),
        )
        numbers = Table("scenarios", f"Scenarios of {self.step}, every year", self.numbers, columns)
        parts = () if decomposition is None else (decomposition.table(),)
        return (numbers, self.levels(), self.changes(), *parts)

    def figure(self, series: str, *, levels: bool = False) -> Figure:
        """Return one series of every scenario by year; the title speaks of the first scenario."""
        from innospace.economy.models.knowledge import indicators

        focus = (*self.scenarios, self.result.baseline)[0]
        return indicators.figure(self.result, series, focus, levels=levels)

    def findings(self) -> tuple[str, ...]:
        """Return what each scenario does to growth, in sentences."""
        from innospace.economy.models.knowledge import indicators
        from innospace.economy.models.knowledge.wording import label

        said = [(label(n), indicators.sentences(self.result, n)[:1]) for n in self.scenarios]
        return tuple(f"{name}: {sentence}" for name, own in said for sentence in own)

    def to_dict(self) -> dict[str, Any]:
        """Return plain types, for ``--json``."""
        return {
            "step": self.step,
            "baseline": self.result.baseline,
            "scenarios": list(self.scenarios),
            "year": self.year,
            "years": list(self.result.years),
            "findings": list(self.findings()),
            "numbers": self.numbers.to_dict("records"),
        }


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
        An economy step; the last one when empty.
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
    from innospace.economy.models.knowledge import beside

    name, result = _chosen(run, step)
    own = beside.chosen(result, names)
    shown = year or own.years[-1]
    require_known([str(shown)], [str(y) for y in own.years], kind="year", where=f"step {name}")
    return ScenarioComparison(name, own, shown)


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
    if not known:
        raise StudyError(
            "The run has no step of the economy.",
            where=f"steps {', '.join(s.name for s in run.steps)}",
            remedy="Scenarios belong to an economy step: choose a run with one.",
        )
    require_known([step or next(reversed(known))], list(known), kind="economy step")
    name = step or next(reversed(known))
    return name, known[name]
