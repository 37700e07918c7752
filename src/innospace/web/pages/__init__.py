"""Pages, one module each; every module has ``register(context)``, which declares its addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from innospace.web.context import AppContext


def register(context: AppContext) -> None:
    """Declare the addresses of every page."""
    from innospace.web.pages import compare, data, home, model, results, run, scenarios

    for page in (home, data, model, results, run, scenarios, compare):
        page.register(context)
