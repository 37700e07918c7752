"""The bootstrap by blocks: whole firms, with all their years, are drawn with replacement.

A draw is a count for every block: how many times it was drawn. An estimator that takes row weights needs nothing
else (``weights = counts[codes]``); one that does not uses :func:`resampled_rows`. The counts of a draw depend on the
seed and the number of the draw alone, so results do not depend on the number of workers or on the draws made before.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from innospace.core.errors import InnospaceError, SolverError, SpecError
from innospace.core.parts import Resume, resumed
from innospace.core.progress import Progress, silent
from innospace.numerics.chunks import Chunks
from innospace.numerics.parallel import cores

Array = NDArray[np.float64]
Integers = NDArray[np.int64]
Statistic = Callable[[Any, Integers], Array]
"""``(shared, counts) -> values``, shape (m,); defined in a module. A value that is not finite, or an error raised on
purpose, makes the draw a failed one."""

SERIAL_SECONDS = 6.0
"""Work shorter than this is not worth starting processes for."""
MOST_FAILED = 0.5
"""Above this share of failed draws there is no answer."""


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """Values of a statistic over draws.

    Attributes
    ----------
    values : ndarray, shape (b, m)
        One row a draw that succeeded, in the order of the draws.
    draws : int
        Draws asked for.
    failed : tuple of (int, str)
        Number and reason of each draw that gave no values.
    """

    values: Array
    draws: int
    failed: tuple[tuple[int, str], ...]

    @property
    def covariance(self) -> Array:
        """Covariance over draws, shape (m, m), divisor b - 1."""
        return np.atleast_2d(np.cov(self.values, rowvar=False))

    @property
    def std_errors(self) -> Array:
        """Standard deviations over draws, shape (m,)."""
        return np.asarray(np.std(self.values, axis=0, ddof=1))

    def percentiles(self, level: float = 0.95) -> tuple[Array, Array]:
        """Return the lower and upper ends of the percentile intervals, each of shape (m,)."""
        tail = 50.0 * (1.0 - level)
        lower, upper = np.percentile(self.values, [tail, 100.0 - tail], axis=0)
        return lower, upper


def block_counts(blocks: int, seed: int, draw: int) -> Integers:
    """Return how many times each block is drawn, shape (blocks,), sum ``blocks``.

    Parameters
    ----------
    blocks : int
        Number of blocks (firms).
    seed, draw : int
        The seed of the bootstrap and the number of the draw, from 0.
    """
    rng = np.random.default_rng([seed, draw])
    return np.bincount(rng.integers(0, blocks, blocks), minlength=blocks).astype(np.int64)


def resampled_rows(codes: Integers, counts: Integers) -> tuple[Integers, Integers]:
    """Return the rows of a draw and the new block each belongs to; a block drawn twice becomes two blocks.

    Parameters
    ----------
    codes : ndarray of int, shape (n,)
        Block of every row, 0 to G - 1.
    counts : ndarray of int, shape (G,)

    Returns
    -------
    rows, blocks : ndarray of int, shape (r,)
        Positions in the table, and numbers 0 to ``counts.sum() - 1``.
    """
    order = np.argsort(codes, kind="stable")
    sizes = np.bincount(codes, minlength=len(counts))
    starts = np.concatenate(([0], np.cumsum(sizes)[:-1]))
    drawn = np.repeat(np.arange(len(counts)), counts)
    lengths = sizes[drawn]
    blocks = np.repeat(np.arange(len(drawn)), lengths)
    within = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return order[starts[drawn][blocks] + within], blocks


def block_bootstrap(
    statistic: Statistic,
    shared: Any,
    blocks: int,
    draws: int,
    *,
    seed: int = 0,
    workers: int | None = None,
    executor: Any = None,
    resume: Resume = None,
    progress: Progress = silent,
    message: str = "Bootstrap",
) -> Bootstrap:
    """Compute a statistic over draws of whole blocks.

    Parameters
    ----------
    statistic : callable
        ``(shared, counts) -> values``; see :data:`Statistic`.
    shared : object
        Data; sent to each worker once.
    blocks, draws : int
        Number of blocks (firms), and of draws (at least 2).
    seed : int
    workers : int, optional
        Processes. When not given, one for short work and all cores for long work, by the time of the first draw.
    executor : optional
        An executor of :mod:`concurrent.futures` instead of ``workers``, such as that of a cluster.
    resume : path or Parts, optional
        A folder where finished draws are kept until all is done, so that an interrupted call goes on.
    progress : callable
    message : str
        Shown as progress.

    Raises
    ------
    SpecError
        Fewer than two draws or blocks, or a negative seed.
    SolverError
        More than half of the draws failed.
    """
    _require(blocks, draws, seed)
    began = time.perf_counter()
    results: list[Array | str] = [_draw((statistic, shared, blocks, seed), 0)]
    seconds = (time.perf_counter() - began) * (draws - 1)
    count = workers if workers is not None else (1 if seconds < SERIAL_SECONDS else cores())
    given = (statistic, shared, blocks, seed)
    how: dict[str, Any] = {"workers": count, "executor": executor}

    def told(finished: int, of: int) -> None:
        progress(f"{message}: draw {finished + 1} of {draws}", (finished + 1) / (of + 1))

    with resumed(resume) as parts, Chunks(_draw, given, "bootstrap", given, parts=parts, **how) as work:
        results += work.run(range(1, draws), told)
    failed = tuple((n, r) for n, r in enumerate(results) if isinstance(r, str))
    if len(failed) > MOST_FAILED * draws:
        raise SolverError(
            f"{len(failed)} of {draws} bootstrap draws gave no estimate.",
            where=f"draw {failed[0][0] + 1}: {failed[0][1]}",
            remedy="The estimate hangs on a few firms: use a simpler model or more firms.",
        )
    return Bootstrap(np.array([r for r in results if not isinstance(r, str)]), draws, failed)


def _require(blocks: int, draws: int, seed: int) -> None:
    for value, least, what in ((blocks, 2, "blocks (firms)"), (draws, 2, "draws"), (seed, 0, "as seed")):
        if value < least:
            raise SpecError(
                f"A bootstrap needs at least {least} {what}; {value} given.",
                allowed=f"{least} or more",
                remedy="Use some hundreds of draws for standard errors, a thousand for percentile intervals.",
            )


def _draw(shared: tuple[Statistic, Any, int, int], draw: int) -> Array | str:
    """Return the statistic of one draw, or why there is none."""
    statistic, data, blocks, seed = shared
    try:
        values = np.asarray(statistic(data, block_counts(blocks, seed, draw)), dtype=np.float64)
    except InnospaceError as error:
        return error.what
    except np.linalg.LinAlgError:
        return "The normal equations are singular."
    return values if bool(np.isfinite(values).all()) else "A value is not finite."
