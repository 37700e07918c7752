"""Chunks of long work: run in processes or on a cluster, each kept as soon as it is finished, in any order.

What a chunk gives must follow from what is shared and from its task alone (seeded work: from the numbers of its draws).
Then results are the same whatever the number of workers, and after an interruption.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Self

from innospace.core.packed import packed, unpacked
from innospace.core.parts import SUFFIX, NoParts, Parts
from innospace.core.provenance import content_sha256, package_version
from innospace.numerics.parallel import Function, Workers

SHOWN = 32
"""Characters of a hash that name a chunk."""
Told = Callable[[int, int], None]
"""``(finished, of)``, in the units of a size."""


def _same(value: Any) -> Any:
    return value


class Chunks:
    """A context in which chunks are run; workers start when a chunk is missing.

    Parameters
    ----------
    function : callable
        ``(shared, task) -> result``, defined in a module.
    shared : object
        Sent to each worker once; with every task to an executor.
    kind : str
        What the work is, a part of the names of what is kept.
    identity : object
        All that decides results besides the task; see :func:`innospace.core.provenance.content_sha256`.
    workers : int, optional
        Processes; all cores when None.
    executor : optional
        An executor of :mod:`concurrent.futures` instead.
    parts : Parts, optional
        Where finished chunks are kept.
    plain, restored : callable
        Turn a result into what :func:`innospace.core.packed.packed` takes, and ``(task, plain)`` back; an error of
        the second means that the chunk is computed again.
    """

    def __init__(
        self,
        function: Function,
        shared: Any,
        kind: str,
        identity: Any,
        *,
        workers: int | None = 1,
        executor: Any = None,
        parts: Parts | None = None,
        plain: Callable[[Any], Any] = _same,
        restored: Callable[[Any, Any], Any] = lambda _task, plain: plain,
    ) -> None:
        self._work = function, shared
        self._workers, self._executor = workers, executor
        self._parts: Parts = NoParts() if parts is None else parts
        self._keeps = not isinstance(self._parts, NoParts)
        self._kind, self._plain, self._restored = kind, plain, restored
        self._identity = content_sha256((package_version(), kind, identity)) if self._keeps else ""
        self._pool: Workers | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._pool is not None:
            self._pool.__exit__(kind, error, at)

    def run(self, tasks: Sequence[Any], told: Told | None = None, sizes: Sequence[int] | None = None) -> list[Any]:
        """Return results in the order of the tasks: read where they were kept, else computed and kept.

        Parameters
        ----------
        tasks : sequence
        told : callable, optional
            Called with what is finished and the whole: once for what was kept, then after every chunk. It may raise to
            stop; the chunk it is told of is kept already.
        sizes : sequence of int, optional
            What each task counts for; one when not given.
        """
        weights = [1] * len(tasks) if sizes is None else list(sizes)
        names = [self._name(task) for task in tasks]
        found = [self._kept(name, task) for name, task in zip(names, tasks, strict=True)]
        missing = [n for n, kept in enumerate(found) if kept is None]
        finished, total = sum(w for w, kept in zip(weights, found, strict=True) if kept is not None), sum(weights)
        if told is not None:
            told(finished, total)

        def done(at: int, result: Any) -> None:
            nonlocal finished
            n = missing[at]
            found[n] = (result,)
            if self._keeps:
                self._parts.save(names[n], packed(self._plain(result)))
            finished += weights[n]
            if told is not None:
                told(finished, total)

        if missing:
            self._opened(len(missing)).run([tasks[n] for n in missing], done)
        return [kept[0] for kept in found if kept is not None]

    def _name(self, task: Any) -> str:
        return f"{self._kind}-{content_sha256((self._identity, task))[:SHOWN]}{SUFFIX}" if self._keeps else ""

    def _kept(self, name: str, task: Any) -> tuple[Any] | None:
        content = self._parts.load(name) if self._keeps else None
        if content is None:
            return None
        try:
            return (self._restored(task, unpacked(content)),)
        except (ValueError, KeyError, TypeError, IndexError):
            return None

    def _opened(self, tasks: int) -> Workers:
        """Return the workers, no more of them than tasks of the first run that needs any."""
        if self._pool is None:
            pool = Workers(*self._work, self._workers, self._executor, most=tasks)
            self._pool = pool.__enter__()
        return self._pool
