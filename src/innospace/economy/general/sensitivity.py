"""How far welfare depends on what is assumed: scenarios solved again with other parameters (systematic sensitivity).

An uncertain assumption multiplies parameters by ``1 + h x`` with ``x`` uniform on (-1, 1) and ``h`` its spread; all are
independent. Means and deviations follow from Stroud's rule of degree 3, which needs ``2 n`` solutions for ``n``
assumptions (DeVuyst and Preckel 1997; Arndt 1996), or from draws; Sobol indices tell which assumption matters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from innospace.core.errors import SpecError
from innospace.core.labels import require_known
from innospace.core.parts import Resume
from innospace.core.progress import Progress, silent
from innospace.economy.general.compiled import Economy
from innospace.economy.general.draws import effects
from innospace.economy.scenario import Scenario, Shock
from innospace.numerics import sobol
from innospace.numerics.quadrature import stroud

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[np.float64]
METHODS = ("quadrature", "monte_carlo", "sobol")
STILL = 1e-9
"""Deviation of an effect, percent of spending, below which it counts as one that does not vary."""


@dataclass(frozen=True, slots=True)
class Uncertain:
    """An assumption that may be wrong: a parameter, which of its members, and the spread as a part of the value."""

    parameter: str
    spread: float
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 0.0 < self.spread < 1.0:
            raise SpecError(
                f"The spread of {self.parameter} is {self.spread:g}.",
                allowed="between 0 and 1: 0.5 is half to one and a half times the value",
            )

    @property
    def label(self) -> str:
        """What a reader calls it."""
        where = "; ".join(", ".join(labels) for labels in self.where.values())
        return f"{self.parameter} ± {100 * self.spread:g} %" + (f" ({where})" if where else "")

    def shock(self, x: float) -> Shock:
        """Return the change of the parameter at ``x``, which lies in (-1, 1)."""
        return Shock(self.parameter, "multiply", 1.0 + self.spread * x, self.where)


def points(count: int, method: str, draws: int, seed: int) -> Array:
    """Return the points at which a model is solved, shape (points, count), uniform variables on (-1, 1)."""
    require_known([method], METHODS, kind="method")
    if method == "quadrature":
        return np.asarray(stroud(count) / np.sqrt(3.0))
    if method == "sobol":
        return 2.0 * sobol.design(count, draws, seed) - 1.0
    return np.random.default_rng(seed).uniform(-1.0, 1.0, (draws, count))


def sensitivity(
    economy: Economy,
    scenarios: Sequence[Scenario],
    uncertain: Sequence[Uncertain],
    *,
    method: str = "quadrature",
    draws: int = 200,
    seed: int = 0,
    workers: int | None = 1,
    executor: Any = None,
    resume: Resume = None,
    progress: Progress = silent,
) -> pd.DataFrame:
    """Solve the baseline and scenarios at every point and return what each is worth to every agent there.

    Parameters
    ----------
    economy : Economy
    scenarios : sequence of Scenario
        Applied after the change of assumptions.
    uncertain : sequence of Uncertain
    method : str
        ``quadrature``, ``monte_carlo``, or ``sobol``, whose points also give :func:`importance`.
    draws : int
        Of ``monte_carlo``; of ``sobol`` the base sample, of which the largest power of two is taken: the model is
        solved at that number times assumptions plus two.
    seed : int
    workers : int, optional
        Processes; all cores when None. No number depends on it.
    executor : optional
        An executor of :mod:`concurrent.futures` instead of ``workers``, such as that of a cluster.
    resume : path or Parts, optional
        A folder where finished points are kept until all is done, so that an interrupted call goes on.
    progress : callable

    Returns
    -------
    pandas.DataFrame
        ``point, scenario, agent, ev_percent``; missing where there is no solution.

    Raises
    ------
    SpecError, LabelError
        Nothing is uncertain, or an assumption names what the model does not have.
    """
    if not uncertain:
        raise SpecError("No assumption is uncertain.", remedy="Name a parameter and its spread.")
    where = points(len(uncertain), method, draws, seed)
    how: dict[str, Any] = {"workers": workers, "executor": executor, "resume": resume}
    return as_frame(economy, scenarios, effects(economy, scenarios, uncertain, where, **how, progress=progress))


def importance(
    economy: Economy, scenarios: Sequence[Scenario], uncertain: Sequence[Uncertain], solved: pd.DataFrame, seed: int = 0
) -> pd.DataFrame:
    """Return which assumption matters for what scenarios are worth, from :func:`sensitivity` by ``sobol``.

    Returns
    -------
    pandas.DataFrame
        ``scenario, agent, assumption``; ``first, first_lower, first_upper, total, total_lower, total_upper``: Sobol
        indices with 95 % bootstrap intervals, missing where an effect does not vary or lacks a solution.
    """
    import pandas as pd

    agents = [economy.spec.agents[k].name for k in economy.arrays.demanding]
    found = solved["ev_percent"].to_numpy(np.float64).reshape(-1, len(scenarios) * len(agents))
    values = sobol.indices(found, len(uncertain), seed, STILL)
    keys = pd.MultiIndex.from_product(
        [[s.name for s in scenarios], agents, [u.label for u in uncertain]], names=["scenario", "agent", "assumption"]
    )
    return pd.DataFrame(values.reshape(-1, len(sobol.COLUMNS)), index=keys, columns=list(sobol.COLUMNS)).reset_index()


def as_frame(economy: Economy, scenarios: Sequence[Scenario], found: Array) -> pd.DataFrame:
    """Return effects, shape (points, scenarios, agents), as rows ``point, scenario, agent, ev_percent``."""
    import pandas as pd

    agents = [economy.spec.agents[k].name for k in economy.arrays.demanding]
    names = [s.name for s in scenarios]
    index = pd.MultiIndex.from_product([range(len(found)), names, agents], names=["point", "scenario", "agent"])
    return pd.DataFrame({"ev_percent": found.ravel()}, index=index).reset_index()


def summarise(solved: pd.DataFrame) -> pd.DataFrame:
    """Return mean, standard deviation, least and largest value over the points, and points without a solution.

    The weights of the points of either method are equal, so that mean and deviation (divided by their number) are those
    of the rule. Columns ``scenario, agent, mean, sd, least, largest, unsolved``.
    """
    groups = solved.groupby(["scenario", "agent"], sort=False)["ev_percent"]
    frame = groups.agg(mean="mean", least="min", largest="max")
    frame["sd"] = groups.std(ddof=0)
    frame["unsolved"] = groups.apply(lambda v: int(v.isna().sum()))
    return frame.reset_index()[["scenario", "agent", "mean", "sd", "least", "largest", "unsolved"]]
