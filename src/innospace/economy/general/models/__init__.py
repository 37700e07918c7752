"""Models with known answers, each written in the language of :mod:`innospace.economy.general.spec`."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, cast

from innospace.core.labels import require_known

if TYPE_CHECKING:
    from innospace.economy.general.models.ready_model import ReadyModel

MODELS = {
    "splcge": ("splcge", "MODEL"),
    "stdcge": ("stdcge", "STDCGE"),
    "lrgcge": ("stdcge", "LRGCGE"),
    "twocge": ("stdcge", "TWOCGE"),
    "dyncge": ("dyncge", "MODEL"),
    "ramsey": ("ramsey", "MODEL"),
    "standard": ("standard", "MODEL"),
    "shoven-whalley": ("shoven_whalley", "MODEL"),
    "camcge": ("camcge", "MODEL"),
    "korcge": ("korcge", "MODEL"),
    "scarf": ("activity_analysis", "SCARF"),
    "hansen": ("activity_analysis", "HANSEN"),
    "kehoe": ("activity_analysis", "KEHOE"),
}
"""Name -> module and object, imported when first used."""


def ready(name: str) -> ReadyModel:
    """Return a model by name.

    Raises
    ------
    LabelError
        Unknown name; the nearest is given.
    """
    require_known([name], list(MODELS), kind="model")
    module, attribute = MODELS[name]
    return cast("ReadyModel", getattr(importlib.import_module(f"{__name__}.{module}"), attribute))
