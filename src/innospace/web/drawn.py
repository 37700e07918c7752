"""Fragments on pages: answers of worker processes are kept, drawings have marks that can be picked."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from nicegui.element import Element

from innospace.core.errors import InnospaceError

if TYPE_CHECKING:
    from innospace.web.compute import Compute

_P = ParamSpec("_P")
_R = TypeVar("_R")
KEPT = 300
"""Answers of workers that are kept; the largest, a map, takes some 0.7 MB."""
LOADING = "Loading \u2026"


class Kept:
    """Answers of workers about stored runs: what a run holds never changes, so it is asked for once.

    Parameters
    ----------
    compute : Compute
    """

    def __init__(self, compute: Compute) -> None:
        self._compute = compute
        self._answers: OrderedDict[tuple[Any, ...], asyncio.Task[Any]] = OrderedDict()

    async def __call__(self, function: Callable[_P, _R], *arguments: _P.args, **_: _P.kwargs) -> _R:
        """Return what a function returns for hashable arguments; two pages that ask at once share the answer.

        Raises
        ------
        InnospaceError
            What the function raises; it is asked again next time.
        """
        key = (function.__module__, function.__qualname__, *arguments)
        if key not in self._answers:
            self._answers[key] = asyncio.create_task(self._compute(function, *arguments))  # type: ignore[call-arg]
        self._answers.move_to_end(key)
        while len(self._answers) > KEPT:
            self._answers.popitem(last=False)
        try:
            # a page that is closed meanwhile must not cancel the answer of another
            answer: _R = await asyncio.shield(self._answers[key])
        except InnospaceError:
            self._answers.pop(key, None)
            raise
        return answer


class Drawn(Element, component="drawn.js"):
    """A fragment on a page.

    Parameters
    ----------
    html : str
        Made by :mod:`innospace.report.fragments`, which escapes every text.
    picked : callable, optional
        Called with the hint of a mark (``Region: 0.53``) that is clicked or chosen with the keyboard. Marks then tell
        their hint when they are pointed at or focused; arrow keys lead from one to the next.
    sortable : bool
        Whether a click on the heading of a column sorts the rows of tables.
    """

    def __init__(self, html: str = "", *, picked: Callable[[str], Any] | None = None, sortable: bool = False) -> None:
        super().__init__()
        self._props.update(html=html, pick=picked is not None, sortable=sortable, filter="")
        self._picked = picked
        self.on("pick", self._take)

    async def _take(self, event: Any) -> None:
        found = self._picked(str(event.args)) if self._picked is not None else None
        if found is not None and hasattr(found, "__await__"):
            await found

    def show(self, html: str) -> None:
        """Show another fragment."""
        self._props["html"] = html
        self.update()

    def filter(self, text: str) -> None:
        """Show only rows of tables that hold a text, whatever the case."""
        self._props["filter"] = text
        self.update()

    async def load(self, answer: Awaitable[str]) -> None:
        """Show what a worker makes; what stands there meanwhile is marked as busy, and an error takes its place."""
        from innospace.web.layout import show_error

        self.clear()
        self._busy(True)
        try:
            self.show(await answer)
        except InnospaceError as error:
            self.show("")
            with self:
                show_error(error)
        finally:
            self._busy(False)

    def _busy(self, busy: bool) -> None:
        self._props["loading"] = LOADING if busy else ""
        self.update()
