"""Many runs, without policy and with each policy: in parallel, kept when finished, whatever the number of workers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from innospace.agents.model import AgentModel
from innospace.agents.network import flows, measures
from innospace.agents.policy import Policy
from innospace.agents.simulate import simulate_twins
from innospace.core.errors import SpecError
from innospace.core.parts import Resume, resumed
from innospace.core.progress import Progress, silent
from innospace.core.provenance import fingerprint
from innospace.numerics.chunks import Chunks

Array = NDArray[np.float64]
KEPT = ("links", "innovations", "expected", "away", "spent", "funded", "anyway")
MAX_REPLICATIONS = 100_000
CHUNK = 4
"""Replications that are run and kept together."""


@dataclass(frozen=True)
class Task:
    """What every chunk needs: a model, policies (the first is None: no policy), years, a seed."""

    model: AgentModel
    policies: tuple[Policy | None, ...]
    first: int
    final: int
    seed: int


@dataclass(frozen=True)
class Replications:
    """Runs.

    Attributes
    ----------
    policies : tuple of str
        Names; the first is no policy.
    years : ndarray of int, shape (T,)
    values : ndarray, shape (n, P, K, T, R)
        See :data:`KEPT`.
    networks : ndarray, shape (n, P, M)
        Measures of the last year; see :data:`innospace.agents.network.MEASURES`.
    flows : ndarray, shape (R, R)
        Mean links of the last year by region of organisation and of company, no policy.
    """

    policies: tuple[str, ...]
    years: NDArray[np.int64]
    values: Array
    networks: Array
    flows: Array

    def of(self, name: str) -> Array:
        """Return one quantity, shape (n, P, T, R)."""
        return self.values[:, :, KEPT.index(name)]


def replicate(
    model: AgentModel,
    policies: Sequence[Policy],
    first: int,
    final: int,
    count: int,
    *,
    seed: int = 0,
    workers: int | None = 1,
    executor: Any = None,
    resume: Resume = None,
    progress: Progress = silent,
) -> Replications:
    """Run the country ``count`` times without policy and with each policy, with common random numbers.

    Parameters
    ----------
    model : AgentModel
    policies : sequence of Policy
    first, final : int
        Years that are kept.
    count : int
        Replications.
    seed : int
    workers : int, optional
        Processes; all cores when None.
    executor : optional
        An executor of :mod:`concurrent.futures` instead of ``workers``, such as that of a cluster.
    resume : path or Parts, optional
        A folder where finished parts are kept until all is done, so that an interrupted call goes on.
    progress : callable

    Raises
    ------
    SpecError, LabelError
        A number of replications out of range, or a policy that does not fit the regions or years.
    """
    if not 1 <= count <= MAX_REPLICATIONS:
        raise SpecError(f"The number of replications is {count}.", allowed=f"1 to {MAX_REPLICATIONS:,}")
    for policy in policies:
        policy.check(model.population.regions, (first, final))
    task = Task(model, (None, *policies), first, final, seed)
    spans = [(i, min(i + CHUNK, count)) for i in range(0, count, CHUNK)]
    how: dict[str, Any] = {"workers": workers, "executor": executor}

    def told(done: int, of: int) -> None:
        progress(f"{done} of {of} replications", done / of)

    with resumed(resume) as parts, Chunks(run_chunk, task, "runs", identity(task), parts=parts, **how) as work:
        chunks = work.run(spans, told, [b - a for a, b in spans])
    names_ = ("no_policy", *(p.name for p in policies))
    return Replications(
        names_,
        np.arange(first, final + 1),
        np.concatenate([c[0] for c in chunks]),
        np.concatenate([c[1] for c in chunks]),
        np.sum([c[2] for c in chunks], axis=0) / count,
    )


def identity(task: Task) -> str:
    """Return a hash of all that decides a run."""
    m = task.model
    return fingerprint(
        [
            m.population.identity(),
            [m.assumptions.to_dict(), m.calibrated.to_dict(), m.delta, m.share, m.base, m.growth_after],
            [m.innovations.tolist(), task.first, task.final, task.seed],
            [p.to_dict() for p in task.policies if p is not None],
        ]
    )


def run_chunk(task: Task, span: tuple[int, int]) -> tuple[Array, Array, Array]:
    """Return values (n, P, K, T, R), networks (n, P, M) and the sum of flows (R, R) of some replications."""
    regions = len(task.model.population.regions)
    values, networks, flow = [], [], np.zeros((regions, regions))
    for n in range(*span):
        runs = simulate_twins(task.model, task.first, task.final, task.policies, seed=task.seed, replication=n)
        values.append([[getattr(r, name) for name in KEPT] for r in runs])
        networks.append([list(measures(r.last, task.model.population).values()) for r in runs])
        flow += flows(runs[0].last, regions)
    return np.array(values), np.array(networks), flow
