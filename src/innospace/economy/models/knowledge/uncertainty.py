"""Uncertainty of policy effects: the baseline and every scenario solved again and again with drawn assumptions.

Every draw has a random stream of its own, so that a draw is the same whatever the number of draws, chunks or workers.
Finished chunks are kept; an interrupted run goes on after the last one. A path without a solution is a failed draw of
its scenario: it is counted and shown, never left out silently.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from innospace.core.checks import Check
from innospace.core.errors import SpecError
from innospace.core.inputs import LinkedValue
from innospace.core.parts import Resume, resumed
from innospace.core.progress import Progress, silent
from innospace.core.provenance import fingerprint
from innospace.economy.models.knowledge.dynamics import BASELINE, solve_path
from innospace.economy.models.knowledge.model import KnowledgeModel
from innospace.economy.models.knowledge.ranges import RANGES, Range, efficiency_quantile, model_of
from innospace.economy.models.knowledge.sensitivity import growth_of
from innospace.economy.scenario import Scenario
from innospace.numerics.chunks import Chunks

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]
CHUNK = 25
"""Draws that are solved and kept together: a second or two."""
MAX_DRAWS = 1_000_000
LEVEL = 0.90
"""Level of the intervals that are shown: from the 5th to the 95th percentile."""
LEAST_SOLVED = 0.95
ORDER = ("option-4", "option-1", "option-3", BASELINE.name, "option-2")
"""Ordering of the published effects, the largest first."""


@dataclass(frozen=True, slots=True)
class Task:
    """What every chunk needs."""

    model: KnowledgeModel
    scenarios: tuple[Scenario, ...]
    efficiency: LinkedValue
    ranges: tuple[Range, ...]
    seed: int


@dataclass(frozen=True)
class Uncertainty:
    """Effects of scenarios in every draw.

    Attributes
    ----------
    draws : pandas.DataFrame
        ``draw, scenario, growth, effect_points, effect_percent``, in percent; NaN where a year has no solution.
    drawn : pandas.DataFrame
        Factors by draw, one column a range, and the efficiency.
    seed : int
    """

    draws: pd.DataFrame
    drawn: pd.DataFrame
    seed: int

    @property
    def failed(self) -> dict[str, int]:
        """Draws without a solution, by scenario."""
        return failures(self.draws)

    def summary(self, level: float = LEVEL) -> pd.DataFrame:
        """Return :func:`summarise` of the draws."""
        return summarise(self.draws, level)

    def check(self) -> Check:
        """Return whether nearly every draw has a solution in every scenario."""
        return draws_check(self.draws)


def draw(
    model: KnowledgeModel,
    scenarios: Sequence[Scenario],
    count: int,
    *,
    efficiency: LinkedValue | None = None,
    ranges: Sequence[Range] = RANGES,
    seed: int = 0,
    workers: int | None = 1,
    executor: Any = None,
    resume: Resume = None,
    progress: Progress = silent,
) -> Uncertainty:
    """Solve the baseline and scenarios with drawn assumptions.

    Parameters
    ----------
    model : KnowledgeModel
    scenarios : sequence of Scenario
    count : int
        Number of draws.
    efficiency : LinkedValue, optional
        Its interval is drawn from as well; a scenario feels it only when it moves efficiency.
    ranges : sequence of Range
    seed : int
    workers : int, optional
        Processes; all cores when None.
    executor : optional
        An executor of :mod:`concurrent.futures` instead of ``workers``, such as that of a cluster.
    resume : path or Parts, optional
        A folder where finished parts are kept until all is done, so that an interrupted call goes on.
    progress : callable

    Returns
    -------
    Uncertainty
    """
    import pandas as pd

    if not 1 <= count <= MAX_DRAWS:
        raise SpecError(f"The number of draws is {count}.", allowed=f"1 to {MAX_DRAWS:,}")
    nothing = float("nan")
    linked = efficiency or LinkedValue(model.spec.efficiency, nothing, nothing, "fraction", "given")
    task = Task(model, tuple(scenarios), linked, tuple(ranges), seed)
    spans = [(first, min(first + CHUNK, count)) for first in range(0, count, CHUNK)]
    how: dict[str, Any] = {"workers": workers, "executor": executor}

    def told(done: int, of: int) -> None:
        progress(f"{done} of {of} draws", done / of)

    with resumed(resume) as parts, Chunks(solve_chunk, task, "draws", identity(task), parts=parts, **how) as work:
        growth = np.concatenate(work.run(spans, told, [last - first for first, last in spans]))
    drawn = pd.DataFrame(
        [[*factors, te] for factors, te in (numbers(task, n) for n in range(count))],
        columns=[*(r.name for r in task.ranges), "efficiency"],
    )
    names = [BASELINE.name, *(s.name for s in scenarios)]
    return Uncertainty(_frame(growth, names), drawn.rename_axis("draw").reset_index(), seed)


def identity(task: Task) -> str:
    """Return a hash of all that decides a draw."""
    ranges = [asdict(r) for r in task.ranges]
    scenarios = [s.to_dict() for s in task.scenarios]
    model = task.model
    numbers = [float(v) for v in model.base_p]
    what = {"spec": model.spec.to_dict(), "closure": model.closure.to_dict(), "years": list(model.years)}
    te = [str(v) for v in (task.efficiency.value, task.efficiency.lower, task.efficiency.upper)]
    return fingerprint([what, numbers, scenarios, ranges, te, task.seed])


def numbers(task: Task, n: int) -> tuple[tuple[float, ...], float]:
    """Return the factors and the efficiency of draw ``n``."""
    rng = np.random.default_rng(np.random.SeedSequence(task.seed, spawn_key=(n,)))
    u = rng.random(len(task.ranges) + 1)
    factors = tuple(r.quantile(float(v)) for r, v in zip(task.ranges, u[1:], strict=True))
    # 1 - u is never zero, where a normal quantile is infinite
    return factors, efficiency_quantile(task.efficiency, 1.0 - float(u[0]))


def solve_chunk(task: Task, span: tuple[int, int]) -> Array:
    """Return growth of baseline and scenarios by draw, shape (draws, scenarios + 1); NaN without a solution."""
    rows = []
    for n in range(*span):
        factors, te = numbers(task, n)
        model = model_of(task.model, task.ranges, factors, te)
        rows.append([growth_of(model, solve_path(model, s)) for s in (None, *task.scenarios)])
    return np.array(rows)


def _frame(growth: Array, names: Sequence[str]) -> pd.DataFrame:
    import pandas as pd

    base = growth[:, :1]
    return pd.DataFrame(
        {
            "draw": np.repeat(np.arange(len(growth)), len(names)),
            "scenario": list(names) * len(growth),
            "growth": (100.0 * growth).ravel(),
            "effect_points": (100.0 * (growth - base)).ravel(),
            "effect_percent": (100.0 * (growth / base - 1.0)).ravel(),
        }
    )


def failures(draws: pd.DataFrame) -> dict[str, int]:
    """Return draws without a solution, by scenario."""
    missing = draws["growth"].isna().groupby(draws["scenario"], sort=False).sum()
    return {str(name): int(count) for name, count in missing.items()}


def summarise(draws: pd.DataFrame, level: float = LEVEL) -> pd.DataFrame:
    """Return median and interval of growth and effects by scenario, share of positive effects, failed draws.

    Parameters
    ----------
    draws : pandas.DataFrame
        See :class:`Uncertainty`.
    level : float
        Of the intervals, from percentiles of the draws that have a solution.
    """
    import pandas as pd

    tails = {"lower": 0.5 - 0.5 * level, "median": 0.5, "upper": 0.5 + 0.5 * level}
    rows = []
    for name, group in draws.groupby("scenario", sort=False):
        row: dict[str, Any] = {"scenario": name, "draws": len(group), "failed": int(group["growth"].isna().sum())}
        for quantity in ("growth", "effect_points", "effect_percent"):
            row |= {f"{quantity}_{tail}": float(group[quantity].quantile(q)) for tail, q in tails.items()}
        solved = group["effect_points"].dropna()
        row["positive"] = float((solved > 0.0).mean()) if len(solved) else float("nan")
        rows.append(row)
    return pd.DataFrame(rows)


def ordering_share(draws: pd.DataFrame, order: Sequence[str] = ORDER) -> float:
    """Return the share of draws in which growth falls along ``order``; NaN when a scenario of it was not solved.

    Draws in which a scenario has no solution count among all draws, and not among those that keep the order.
    """
    wide = draws.pivot(index="draw", columns="scenario", values="growth")
    if not set(order) <= set(wide.columns):
        return float("nan")
    falling = np.diff(wide[list(order)].to_numpy(), axis=1) < 0.0
    return float(falling.all(axis=1).mean())


def draws_check(draws: pd.DataFrame) -> Check:
    """Return whether nearly every draw has a solution in every scenario."""
    solved = draws["growth"].notna().groupby(draws["draw"]).all()
    failed: Mapping[str, int] = {name: count for name, count in failures(draws).items() if count}
    told = ", ".join(f"{name} {count}" for name, count in failed.items()) or "none"
    return Check.at_least(
        "draws_solved",
        float(solved.mean()),
        LEAST_SOLVED,
        f"Share of {len(solved):,} draws in which every scenario has a solution in every year (without one: {told}).",
        "Narrow the ranges, or make the shocks of the scenarios that fail smaller: intervals leave failed draws out.",
    )
