"""The refits of a bootstrap: stacked where the density allows, one by one elsewhere, in processes when asked."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from innospace.core.errors import InnospaceError, SolverError, SpecError
from innospace.core.labels import suggest
from innospace.core.parts import Resume, resumed
from innospace.core.progress import Progress, silent
from innospace.core.status import StatusCode
from innospace.frontier.bootstrap.draws import LEAST, MOST, Sampler
from innospace.frontier.bootstrap.stacked import refit_stack, stackable
from innospace.frontier.densities.base import Array
from innospace.frontier.estimate import maximise_likelihood
from innospace.numerics.bootstrap import MOST_FAILED
from innospace.numerics.chunks import Chunks
from innospace.numerics.linear import standardise

if TYPE_CHECKING:
    import pandas as pd

CELLS = 32_768
"""Replications times rows that are held at a time; the cut does not depend on the number of workers."""
STACK_ROWS = 20_000
"""Rows of a sample up to which refits are made together."""
ALONE = 8
"""Replications of a task where refits are made one by one."""
COLLINEAR = "The regressors of the draw are collinear."


@dataclass(frozen=True, slots=True)
class Refits:
    """Estimates over replications, boundary solutions included.

    Attributes
    ----------
    kind : str
    seed : int
    replications : int
        Asked for.
    numbers : tuple of int
        Replications that gave an estimate, in order.
    theta : ndarray, shape (b, p)
        Parameters of the model that the replication ended in; NaN for those that it does not have.
    laws : tuple of str
        That model: the one asked for, ``none`` or ``exponential`` on a boundary.
    ends : tuple of str
        ``converged``, or the name of the boundary.
    failed : tuple of (int, str)
        Number and reason of each replication that gave none.
    """

    kind: str
    seed: int
    replications: int
    numbers: tuple[int, ...]
    theta: Array
    laws: tuple[str, ...]
    ends: tuple[str, ...]
    failed: tuple[tuple[int, str], ...]

    def shares(self) -> dict[str, float]:
        """Return the share of each end among the replications, failed ones too."""
        ended = [*self.ends, *("failed" for _ in self.failed)]
        return {end: ended.count(end) / self.replications for end in dict.fromkeys(ended)}

    def to_frame(self) -> tuple[dict[str, Any], pd.DataFrame]:
        """Return plain types, and one row a replication that gave an estimate, for storage."""
        import pandas as pd

        columns = {f"theta{j}": self.theta[:, j] for j in range(self.theta.shape[1])}
        frame = pd.DataFrame({"number": self.numbers, "law": self.laws, "end": self.ends, **columns})
        meta = {"kind": self.kind, "seed": self.seed, "replications": self.replications}
        return {**meta, "failed": [list(f) for f in self.failed]}, frame

    @classmethod
    def from_frame(cls, meta: Mapping[str, Any], frame: pd.DataFrame) -> Refits:
        """Rebuild from :meth:`to_frame`."""
        theta = frame[[c for c in frame.columns if c.startswith("theta")]].to_numpy(np.float64)
        numbers, laws, ends = (tuple(frame[c].tolist()) for c in ("number", "law", "end"))
        failed = tuple((int(n), str(why)) for n, why in meta["failed"])
        return cls(meta["kind"], meta["seed"], meta["replications"], numbers, theta, laws, ends, failed)


Row = tuple[Array, str, str]
"""Parameters, law, end."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked of a bootstrap: see :meth:`innospace.frontier.bootstrap.redrawn.Redrawn.bootstrap`."""

    replications: int
    kind: str | None = None
    seed: int = 0

    def of(self, kinds: tuple[str, ...], usual: str) -> Ask:
        """Return the same with ``usual`` where no kind was given; refuse what cannot be drawn.

        Raises
        ------
        SpecError
            A kind that is not among ``kinds``, too few or too many replications, a negative seed.
        """
        kind = usual if self.kind is None else self.kind
        if kind not in kinds:
            raise SpecError(
                f"Unknown kind of bootstrap {kind!r}.",
                allowed=", ".join(kinds),
                remedy=suggest(kind, kinds) or "Choose one of the names above.",
            )
        if not LEAST <= self.replications <= MOST:
            raise SpecError(
                f"{self.replications} replications say nothing of spread."
                if self.replications < LEAST
                else f"{self.replications:,} replications are too many.",
                allowed=f"{LEAST} to {MOST:,}",
                remedy="Use some hundreds for standard errors, a thousand or more for intervals.",
            )
        if self.seed < 0:
            raise SpecError(f"The seed of a bootstrap is {self.seed}.", allowed="0 or more")
        return replace(self, kind=kind)

    def tasks(self, size: int) -> list[range]:
        """Return the numbers of the replications, so many a task; the cut does not depend on the number of workers."""
        return [range(start, min(start + size, self.replications)) for start in range(0, self.replications, size)]


@dataclass(frozen=True, slots=True)
class Means:
    """How refits are run: see :meth:`innospace.frontier.bootstrap.redrawn.Redrawn.bootstrap`."""

    workers: int | None = 1
    executor: Any = None
    resume: Resume = None
    progress: Progress = silent


def refit_all(sampler: Sampler, ask: Ask, means: Means) -> Refits:
    """Refit the model to every draw."""
    size = max(1, CELLS // sampler.problem.n) if _stacked(sampler) else ALONE
    return collect(refit_task, sampler, ask.tasks(size), ask, means)


def collect(
    function: Callable[[Any, range], list[Row | str]],
    sampler: Any,
    tasks: Sequence[range],
    ask: Ask,
    means: Means,
) -> Refits:
    """Run refits by task."""
    replications = ask.replications
    how: dict[str, Any] = {"workers": means.workers, "executor": means.executor}

    def told(finished: int, of: int) -> None:
        means.progress(f"Bootstrap: {finished} of {of} replications", finished / of)

    with resumed(means.resume) as parts, Chunks(function, sampler, "refits", sampler, parts=parts, **how) as work:
        chunks = work.run(tasks, told, [len(task) for task in tasks])
    rows: list[Row | str] = [row for found in chunks for row in found]
    good = [(n, row) for n, row in enumerate(rows) if not isinstance(row, str)]
    failed = tuple((n, row) for n, row in enumerate(rows) if isinstance(row, str))
    if len(failed) > MOST_FAILED * replications:
        raise SolverError(
            f"{len(failed)} of {replications} bootstrap replications gave no estimate.",
            where=f"replication {failed[0][0] + 1}: {failed[0][1]}",
            remedy="The estimate hangs on a few rows: use a simpler model or more rows.",
        )
    numbers = tuple(n for n, _ in good)
    theta = np.array([row[0] for _, row in good])
    laws, ends = tuple(row[1] for _, row in good), tuple(row[2] for _, row in good)
    return Refits(str(ask.kind), ask.seed, replications, numbers, theta, laws, ends, failed)


def _stacked(sampler: Sampler) -> bool:
    problem = sampler.problem
    return stackable(problem.density, problem.indexed) and problem.n <= STACK_ROWS


def refit_task(sampler: Sampler, numbers: range) -> list[Row | str]:
    """Refit some draws."""
    refit: Callable[[Sampler, range], list[Row | str]] = _refit_stack if _stacked(sampler) else _refit_one_by_one
    return refit(sampler, numbers)


def _refit_one_by_one(sampler: Sampler, numbers: range) -> list[Row | str]:
    return [_refit_one(sampler, number) for number in numbers]


def _refit_stack(sampler: Sampler, numbers: range) -> list[Row | str]:
    problem = sampler.problem
    drawn = [sampler.draw(number) for number in numbers]
    y = np.array([problem.y if outcome is None else outcome for outcome, _ in drawn])
    weights = None if drawn[0][1] is None else np.array([w for _, w in drawn])
    found = refit_stack(y, standardise(problem.x), weights, problem.sign, problem.density)
    rows: list[Row | str] = []
    for i, number in enumerate(numbers):
        if found.dependent[i]:
            rows.append(COLLINEAR)
        elif found.without[i]:
            rows.append((found.theta[i], "none", "wrong_skewness" if found.wrong[i] else "sigma_u_zero"))
        elif found.noiseless[i]:
            rows.append((found.theta[i], problem.density.name, "gamma_one"))
        elif found.inside[i]:
            rows.append((found.theta[i], problem.density.name, str(StatusCode.CONVERGED)))
        else:
            rows.append(_refit_one(sampler, number))
    return rows


def _refit_one(sampler: Sampler, number: int) -> Row | str:
    """Refit one draw as an ordinary fit does; a search that did not end at an optimum is a failure."""
    problem = sampler.sample(number)
    if collinear(problem.x):
        return COLLINEAR
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = maximise_likelihood(problem)
    except (InnospaceError, np.linalg.LinAlgError) as error:
        return getattr(error, "what", "") or "A matrix of the search is singular."
    status = found.status
    if not (status.converged or status.boundary):
        return f"The search ended with {status.code}."
    if not np.isfinite(found.theta).all():
        return "A parameter is not finite."
    theta = placed(sampler.problem, found.problem.density.name, found.problem.density.parameters, found.theta)
    return theta, found.problem.density.name, status.boundary or str(status.code)


def collinear(x: Array) -> bool:
    """Whether columns are linearly dependent."""
    matrix = standardise(x).matrix
    return bool(np.linalg.eigvalsh(matrix.T @ matrix / len(matrix))[0] <= 1e-11)


def placed(problem: Any, law: str, parameters: tuple[str, ...], theta: Array) -> Array:
    """Return parameters of a limit model in the places of the model asked for; NaN where it has none."""
    if law == problem.density.name:
        return theta
    places = problem.places()
    full = np.full(places[-1].stop, np.nan)
    full[places[0]] = theta[places[0]]
    at = places[0].stop
    for name in parameters:
        place = problem.place(name)
        size = place.stop - place.start
        full[place] = theta[at : at + size]
        at += size
    return full


def limit_of(problem: Any, law: Any, theta: Array) -> tuple[Any, Array]:
    """Return the limit model ``law`` with its parameters, from places of the model asked for."""
    if law.name == problem.density.name:
        return problem, theta
    names = problem.density.parameters
    z = tuple(problem.designs[names.index(name)] for name in law.parameters) if problem.indexed else ()
    parts = [theta[: problem.k], *(theta[problem.place(name)] for name in law.parameters)]
    return replace(problem, density=law, z=z), np.concatenate(parts)
