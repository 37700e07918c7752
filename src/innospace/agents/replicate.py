"""Many runs, without policy and with each policy: in parallel, kept when finished, whatever the number of workers."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from innospace.agents.model import AgentModel
from innospace.agents.network import MEASURES, flows, measures
from innospace.agents.policy import Policy
from innospace.agents.simulate import simulate_twins
from innospace.core.errors import SpecError
from innospace.core.inputs import NoParts, Parts
from innospace.core.progress import Progress, silent
from innospace.core.provenance import fingerprint
from innospace.numerics.parallel import Workers

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
    parts: Parts | None = None,
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
    parts : Parts, optional
        Where finished chunks are kept.
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
    keeper, digest = parts or NoParts(), identity(task)[:12]
    spans = [(i, min(i + CHUNK, count)) for i in range(0, count, CHUNK)]
    names = [f"runs-{digest}-{a}-{b}.npz" for a, b in spans]
    found = [_decoded(keeper.load(name)) for name in names]
    missing = [n for n, chunk in enumerate(found) if chunk is None]
    done = sum(spans[n][1] - spans[n][0] for n in range(len(spans)) if found[n] is not None)
    progress(f"{done} of {count} replications", done / count)

    def finished(at: int, chunk: tuple[Array, Array, Array]) -> None:
        nonlocal done
        found[missing[at]] = chunk
        keeper.save(names[missing[at]], _encoded(chunk))
        done += len(chunk[0])
        progress(f"{done} of {count} replications", done / count)

    if missing:
        with Workers(run_chunk, task, workers if workers is None else min(workers, len(missing))) as pool:
            pool.run([spans[n] for n in missing], finished)
    chunks = [chunk for chunk in found if chunk is not None]
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


def _encoded(chunk: tuple[Array, Array, Array]) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, values=chunk[0], networks=chunk[1], flows=chunk[2])
    return buffer.getvalue()


def _decoded(content: bytes | None) -> tuple[Array, Array, Array] | None:
    """Return a kept chunk, or None when there is none; damage is found by the keeper, which then returns none."""
    if content is None:
        return None
    with np.load(io.BytesIO(content), allow_pickle=False) as kept:
        values, networks, found = kept["values"], kept["networks"], kept["flows"]
    return (values, networks, found) if networks.shape[2] == len(MEASURES) else None
