"""Scenarios whose shocks take numbers of other steps: solved at the value and at both ends of its interval."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from innospace.core.errors import SpecError
from innospace.core.inputs import LinkedValue
from innospace.core.labels import require_known
from innospace.core.numbers import significant
from innospace.economy.scenario import Scenario

PREFIX = "linked."
"""``to = "economy.linked.NAME"`` of a link makes a number that shocks may use as ``value = { link = "NAME" }``."""
_KEYS = ("link", "times", "plus")
_ENDS = (("lower", "lower end"), ("upper", "upper end"))
_OF = "of the 95 % interval of what is linked"


def uses_links(scenario: Mapping[str, Any]) -> bool:
    """Whether a shock of a scenario, as plain types, takes a linked number."""
    shocks = scenario.get("shock", ())
    return isinstance(shocks, list | tuple) and any(
        isinstance(s, Mapping) and isinstance(s.get("value"), Mapping) for s in shocks
    )


def resolve(scenario: Mapping[str, Any], links: Mapping[str, LinkedValue]) -> tuple[Mapping[str, Any], ...]:
    """Return a scenario with numbers in place of links, and again at both ends of their intervals.

    Parameters
    ----------
    scenario : mapping
        Plain types. A shock may have ``value = { link = "NAME", times = a, plus = b }``: the number is
        ``b + a`` times the linked one; ``times`` is 1 and ``plus`` is 0 when left out.
    links : mapping of str to LinkedValue
        What the step takes over, by target.

    Returns
    -------
    tuple of mapping
        The scenario; where its links have intervals, also ``NAME-lower`` and ``NAME-upper``, in which every linked
        number stands at that end of its 95 % interval.

    Raises
    ------
    SpecError, LabelError
        A link that is not there, or a value that is none of the allowed.
    """
    if not uses_links(scenario):
        return (scenario,)
    named = _names(scenario)
    known = {k.removeprefix(PREFIX): v for k, v in links.items() if k.startswith(PREFIX)}
    place = f"scenario {scenario.get('name')!r}"
    if not known:
        raise SpecError(
            f"A shock takes the linked number {named[0]!r}, but no link leads here.",
            where=place,
            remedy=f'Add [[link]] with from = "STEP.effect" and to = "STEP.{PREFIX}{named[0]}".',
        )
    require_known(named, list(known), kind="linked number", where=place)
    told = "; ".join(f"{n} is {_told(known[n])}" for n in named)
    why = f"{scenario.get('why', '')} Linked: {told}.".strip()
    found = [{**_at(scenario, {n: known[n].value for n in named}), "why": why}]
    if all(math.isfinite(known[n].lower) and math.isfinite(known[n].upper) for n in named):
        for end, words in _ENDS:
            at = _at(scenario, {n: getattr(known[n], end) for n in named})
            title = f"{scenario.get('title') or scenario['name']} ({words} {_OF})"
            found.append({**at, "name": f"{scenario['name']}-{end}", "title": title, "why": why})
    return tuple(found)


def ends(titles: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Return by scenario the two that :func:`resolve` made of it, with links at the lower and at the upper end.

    Parameters
    ----------
    titles : mapping of str to str
        Title by name of scenario.
    """
    made = {
        name: tuple(f"{name}-{end}" for end, words in _ENDS if f"{words} {_OF}" in titles.get(f"{name}-{end}", ""))
        for name in titles
    }
    return {name: (found[0], found[1]) for name, found in made.items() if len(found) == len(_ENDS)}


def _names(scenario: Mapping[str, Any]) -> list[str]:
    found: dict[str, None] = {}
    for shock in scenario["shock"]:
        if not isinstance(shock, Mapping):
            raise SpecError(f"A shock is {shock!r}.", allowed="a table with parameter, op and value: [[shock]]")
        value = shock.get("value")
        if not isinstance(value, Mapping):
            continue
        place = f"scenario {scenario.get('name')!r}, value of {shock.get('parameter')!r}"
        require_known(list(value), _KEYS, kind="key", where=place)
        factors = [value.get("times", 1.0), value.get("plus", 0.0)]
        numbers = all(isinstance(v, int | float) and not isinstance(v, bool) and math.isfinite(v) for v in factors)
        if not isinstance(value.get("link"), str) or not numbers:
            raise SpecError(
                f"A linked value is {dict(value)!r}.",
                where=place,
                allowed='value = { link = "NAME", times = 1.0, plus = 0.0 }',
            )
        if shock.get("op") == "path":
            raise SpecError(
                "A path cannot be linked: it needs a number a year.",
                where=place,
                allowed="op = set, multiply or add",
                remedy="Write one shock a span of years.",
            )
        found[str(value["link"])] = None
    return list(found)


def _at(scenario: Mapping[str, Any], values: Mapping[str, float]) -> dict[str, Any]:
    def number(value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        return float(value.get("plus", 0.0)) + float(value.get("times", 1.0)) * values[str(value["link"])]

    return {**scenario, "shock": [{**s, "value": number(s.get("value"))} for s in scenario["shock"]]}


def _told(value: LinkedValue) -> str:
    interval = ""
    if math.isfinite(value.lower) and math.isfinite(value.upper):
        interval = f" ({significant(value.lower)} to {significant(value.upper)})"
    return f"{significant(value.value)}{interval} {value.unit} from {value.origin}".replace("  ", " ")


def unresolved(links: Mapping[str, LinkedValue]) -> list[str]:
    """Return linked numbers that are not known yet, as in checks before a run."""
    return [k for k, v in links.items() if k.startswith(PREFIX) and not math.isfinite(v.value)]


def variants(scenario: Mapping[str, Any], links: Mapping[str, LinkedValue]) -> tuple[Scenario, ...]:
    """Return a scenario, and where it takes linked numbers also those at the ends of their intervals."""
    if unresolved(links):
        # before a run only the form of a linked value can be checked; one stands in for every number
        nothing = float("nan")
        links = {k: LinkedValue(1.0, nothing, nothing, v.unit, v.origin) for k, v in links.items()}
    return tuple(Scenario.from_dict(s) for s in resolve(scenario, links))
