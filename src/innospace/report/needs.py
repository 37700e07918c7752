"""Optional dependencies, with an error that says how to get them."""

from __future__ import annotations

import importlib
from typing import Any

from innospace.core.errors import InnospaceError


def need(module: str) -> Any:
    """Import a module of the ``report`` extra.

    Parameters
    ----------
    module : str
        Name as in an import statement.

    Returns
    -------
    module
        The imported module (``Any``: these packages carry no types).

    Raises
    ------
    InnospaceError
        When it is not installed; the message names the command that installs it.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        # what is missing may be a package that the wanted one needs in its turn
        missing = (error.name or module).split(".", maxsplit=1)[0]
        raise InnospaceError(
            f"Drawings and reports need the package {missing!r}, which is not installed.",
            remedy='Install it with: pip install "innospace[report]"',
        ) from error
