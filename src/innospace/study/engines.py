"""Engines a step may name. Each is a module with the names of :class:`Engine`."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol, cast

from innospace.core.errors import InnospaceError, StoreError
from innospace.core.inputs import StepInputs
from innospace.core.labels import require_known
from innospace.core.progress import Progress
from innospace.core.result import Bundle, Result

if TYPE_CHECKING:
    from pydantic import BaseModel

    from innospace.core.document import Equation

ENGINES: dict[str, str] = {
    "frontier": "innospace.frontier.step",
    "economy": "innospace.economy.step",
    "equilibrium": "innospace.economy.general.step",
    "regions": "innospace.economy.models.regions.step",
    "firms": "innospace.firms.step",
    "agents": "innospace.agents.step",
}
"""Engine name -> module, imported when a study first names it."""


class Engine(Protocol):
    """What the module of an engine offers to a study."""

    Options: type[BaseModel]
    """What a ``[step.NAME]`` table may hold besides ``engine``, ``data`` and ``needs``."""
    RESULTS: Mapping[str, type[Result]]
    """Kind of a stored bundle -> class that puts it together again."""
    ROLES: Mapping[str, bool]
    """Part a table may play -> whether the step needs it; one table plays the part ``table``."""
    OFFERS: tuple[str, ...]
    """Quantities that a link may take from its results."""
    TAKES: tuple[str, ...]
    """Quantities that a link may give it; one that ends in ``.*`` stands for any name."""
    SCENARIOS: bool
    """Whether it runs the scenarios of the study."""

    def run(self, options: Any, inputs: StepInputs, *, seed: int, progress: Progress) -> Result:
        """Estimate or solve."""
        ...

    def described(self, options: Any) -> tuple[str, tuple[Equation, ...]]:
        """Return the model that a step asks for: in a sentence, and in equations where there are few."""
        ...

    def preflight(self, options: Any, inputs: StepInputs) -> list[InnospaceError]:
        """Return every problem that can be found without computing; values of links are NaN as yet."""
        ...


def engine(name: str) -> Engine:
    """Return an engine by name.

    Raises
    ------
    LabelError
        When no engine has this name; the nearest is given.
    """
    require_known([name], list(ENGINES), kind="engine")
    return cast(Engine, importlib.import_module(ENGINES[name]))


def rebuild(engine_name: str, bundle: Bundle) -> Result:
    """Put a stored result of an engine together again.

    Raises
    ------
    StoreError
        When the engine does not know this kind of result.
    """
    results = engine(engine_name).RESULTS
    if bundle.kind not in results:
        raise StoreError(
            f"The engine {engine_name!r} cannot read a stored {bundle.kind!r}.",
            allowed=", ".join(sorted(results)),
            remedy="Run the study again with this version of innospace.",
        )
    try:
        return results[bundle.kind].from_bundle(bundle)
    except (KeyError, TypeError, ValueError) as error:
        raise StoreError(
            f"The stored {bundle.kind!r} cannot be put together again: {type(error).__name__}: {error}.",
            remedy="It was stored by another version of innospace: compute it again with innospace run --fresh",
        ) from error
