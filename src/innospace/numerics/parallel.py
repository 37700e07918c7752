"""Independent tasks over worker processes: spawned, each with one thread of linear algebra, ended with their parent.

What every task needs is sent to a worker once. Results do not depend on the number of workers. Functions and what
they receive must be importable in a fresh process; a script that asks for several workers needs the usual
``if __name__ == "__main__":`` guard.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from types import TracebackType
from typing import Any, Self

from innospace.core.errors import SolverError

THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
"""Variables that libraries of linear algebra read when they are loaded. Small systems are slower with threads."""
Function = Callable[[Any, Any], Any]
"""``(shared, task) -> result``."""

_work: dict[str, Any] = {}


def cores() -> int:
    """Return the number of cores this process may use."""
    usable = getattr(os, "sched_getaffinity", None)
    return len(usable(0)) if usable is not None else os.cpu_count() or 1


class Workers:
    """A context in which tasks are run.

    Parameters
    ----------
    function : callable
        ``(shared, task) -> result``, defined in a module.
    shared : object
        Sent to each worker once.
    workers : int, optional
        Processes; all cores when not given. With one, tasks run in this process.
    executor : optional
        An executor of :mod:`concurrent.futures` where tasks run instead; it stays open. Clusters offer one, as Dask
        does by ``client.get_executor(pure=False)``.
    most : int, optional
        Tasks that there are: no more processes are started.
    """

    def __init__(
        self,
        function: Function,
        shared: Any,
        workers: int | None = None,
        executor: Any = None,
        *,
        most: int | None = None,
    ) -> None:
        self._function, self._shared, self._given = function, shared, executor
        asked = workers if workers is not None else cores()
        self.count = max(1, asked if most is None else min(asked, most))
        self._pool: ProcessPoolExecutor | None = None
        self._exits = contextlib.ExitStack()

    def __enter__(self) -> Self:
        self._exits.enter_context(single_thread())
        if self._given is None and self.count > 1:
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self.count, context, _begin, (self._function, self._shared))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
        self._exits.close()

    def run(self, tasks: Sequence[Any], done: Callable[[int, Any], None] | None = None) -> list[Any]:
        """Return results in the order of the tasks.

        Parameters
        ----------
        tasks : sequence
        done : callable, optional
            Called here with the number of a task and its result as soon as it is finished. It may raise to stop.
        """
        results: list[Any] = [None] * len(tasks)
        for n, result in self._finished(tasks):
            results[n] = result
            if done is not None:
                done(n, result)
        return results

    def _finished(self, tasks: Sequence[Any]) -> Iterator[tuple[int, Any]]:
        if self._given is not None:
            yield from self._elsewhere(tasks)
            return
        if self._pool is None:
            for n, task in enumerate(tasks):
                yield n, self._function(self._shared, task)
            return
        pending: dict[Future[Any], int] = {self._pool.submit(_perform, task): n for n, task in enumerate(tasks)}
        try:
            for future in as_completed(pending):
                yield pending[future], future.result()
        except BrokenProcessPool as error:
            raise SolverError(
                "A worker process ended before its task did.",
                where="usually no memory was left, or somebody stopped the process",
                remedy="Use fewer workers; with resume the work goes on after what was finished.",
            ) from error

    def _elsewhere(self, tasks: Sequence[Any]) -> Iterator[tuple[int, Any]]:
        """Run tasks where the caller says; what is shared goes with each of them."""
        pending = {self._given.submit(self._function, self._shared, task): n for n, task in enumerate(tasks)}
        try:
            for future in as_completed(pending):
                yield pending[future], future.result()
        finally:
            for future in pending:  # the executor stays open: what was not begun when this stopped is not to be done
                future.cancel()


@contextlib.contextmanager
def single_thread() -> Iterator[None]:
    """Keep linear algebra to one thread, here (where threadpoolctl is installed) and in processes started meanwhile."""
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        with _limited():
            yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _limited() -> contextlib.AbstractContextManager[Any]:
    try:
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped, unused-ignore]
    except ImportError:
        return contextlib.nullcontext()
    limits: contextlib.AbstractContextManager[Any] = threadpool_limits(1, "blas")
    return limits


def _begin(function: Function, shared: Any) -> None:
    """Set up a worker: an interrupt is for the parent, and a worker whose parent is gone ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    _work.update(function=function, shared=shared)


def _end_with(parent: Any) -> None:
    parent.join()
    os._exit(1)


def _perform(task: Any) -> Any:
    return _work["function"](_work["shared"], task)
