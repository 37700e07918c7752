"""Work that takes more than a moment, done in worker processes so that pages stay responsive."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import ParamSpec, TypeVar

from innospace.core.errors import InnospaceError

_P = ParamSpec("_P")
_R = TypeVar("_R")
WORKERS = 2
"""One may be drawing a long page while another answers a slider."""


class Compute:
    """A small pool of processes that read, draw and solve for pages.

    Workers are started by the first call and keep what they imported and cached.
    """

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None

    async def __call__(self, function: Callable[_P, _R], *arguments: _P.args, **options: _P.kwargs) -> _R:
        """Return what a function returns.

        Parameters
        ----------
        function : callable
            Defined in a module; arguments, result and errors are pickled.

        Raises
        ------
        InnospaceError
            What the function raises, or that its process died.
        """
        loop = asyncio.get_running_loop()
        pool = self._started()
        try:
            return await loop.run_in_executor(pool, _call, function, arguments, options)
        except BrokenProcessPool as error:
            if self._pool is pool:
                self._pool = None
            pool.shutdown(wait=False, cancel_futures=True)
            raise InnospaceError(
                "The process that was computing this has died.",
                where=getattr(function, "__name__", "a computation"),
                remedy="Try again. If it happens again the machine may be short of memory: close other programs.",
            ) from error

    def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(WORKERS, multiprocessing.get_context("spawn"), _begin)
        return self._pool

    def close(self) -> None:
        """End the processes."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None


def _call(function: Callable[..., _R], arguments: tuple[object, ...], options: dict[str, object]) -> _R:
    return function(*arguments, **options)


def _begin() -> None:
    """Set up a worker: an interrupt is for the server, and a worker whose server is gone ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: multiprocessing.process.BaseProcess) -> None:
    parent.join()
    os._exit(1)
