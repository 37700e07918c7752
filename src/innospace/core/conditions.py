"""When an option matters, in words: ``panel, no model`` where a panel is asked for and no model.

Conditions are parted by commas and all of them must be met; a bar parts alternatives of which one must be.
``structure=selection`` asks for a value.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NOTHING: tuple[Any, ...] = (None, "", [], {})


def unmet(only: str, values: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the first condition of each alternative that is not met; empty where an option matters.

    Parameters
    ----------
    only : str
        Conditions; empty where the option always matters.
    values : mapping of str to object
        What is asked for, by key.
    """
    found = [_unmet(alternative, values) for alternative in only.split("|")]
    return () if "" in found else tuple(dict.fromkeys(found))


def _unmet(conditions: str, values: Mapping[str, Any]) -> str:
    for condition in (part.strip() for part in conditions.split(",")):
        name, _, wanted = condition.removeprefix("no ").partition("=")
        value = values.get(name)
        met = value == wanted if wanted else value not in NOTHING
        if condition and met == condition.startswith("no "):
            return condition
    return ""
