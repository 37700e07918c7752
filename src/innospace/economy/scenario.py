"""Scenarios: what changes, for whom, when, by which operation, and why. Labels, never positions."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from innospace.core.errors import SpecError, offenders
from innospace.core.labels import require_known
from innospace.economy.system import Family

Array = NDArray[np.float64]
OPERATIONS = ("set", "multiply", "add", "path")


@dataclass(frozen=True, slots=True)
class Shock:
    """One change of parameters.

    Attributes
    ----------
    parameter : str
        Family of parameters, such as ``budget_share``.
    operation : str
        ``set``, ``multiply``, ``add``, or ``path`` (one value a year).
    value : float or tuple of float
    where : mapping of str to tuple of str
        Labels by dimension; a dimension that is left out means all.
    years : tuple of int
        First and last year, both included; empty means every year after the base year.
    """

    parameter: str
    operation: str
    value: float | tuple[float, ...]
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    years: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        require_known([self.operation], OPERATIONS, kind="operation")
        values = self.value if isinstance(self.value, tuple) else (self.value,)
        if not values or not all(np.isfinite(v) for v in values):
            raise SpecError(f"A shock of {self.parameter} has a value that is not finite.", allowed="finite numbers")
        if (self.operation == "path") != isinstance(self.value, tuple):
            raise SpecError(
                f"A shock of {self.parameter} mixes operation {self.operation!r} with the wrong kind of value.",
                allowed="a list of values, one a year, for path; one number otherwise",
            )
        if self.years and (len(self.years) != 2 or self.years[0] > self.years[1]):
            raise SpecError(
                f"The years of a shock of {self.parameter} are {list(self.years)}.",
                allowed="first and last year, in order: years = [2013, 2030]",
            )

    def to_dict(self) -> dict[str, Any]:
        """Return plain types."""
        value = list(self.value) if isinstance(self.value, tuple) else self.value
        where = {k: list(v) for k, v in self.where.items()}
        return {
            "parameter": self.parameter,
            "op": self.operation,
            "value": value,
            "where": where,
            "years": list(self.years),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Shock:
        """Rebuild from :meth:`to_dict` or a table of a scenario file."""
        known = ("parameter", "op", "value", "where", "years")
        require_known(list(data), known, kind="key", where="a shock of a scenario")
        missing = [k for k in ("parameter", "op", "value") if k not in data]
        if missing:
            raise SpecError(f"A shock lacks {offenders(missing)}.", where=f"shock {dict(data)}")
        value = data["value"]
        where = {k: (v,) if isinstance(v, str) else tuple(v) for k, v in data.get("where", {}).items()}
        kept = tuple(float(v) for v in value) if isinstance(value, list | tuple) else float(value)
        return cls(data["parameter"], data["op"], kept, where, tuple(data.get("years", ())))


@dataclass(frozen=True, slots=True)
class Scenario:
    """A named set of shocks against a baseline.

    Attributes
    ----------
    name, title, why : str
    shocks : tuple of Shock
        Applied in order.
    """

    name: str
    title: str = ""
    why: str = ""
    shocks: tuple[Shock, ...] = ()

    def __add__(self, other: Scenario) -> tuple[Shock, ...]:
        return (*self.shocks, *other.shocks)

    def to_dict(self) -> dict[str, Any]:
        """Return plain types."""
        shocks = [s.to_dict() for s in self.shocks]
        return {"name": self.name, "title": self.title, "why": self.why, "shock": shocks}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Scenario:
        """Rebuild from :meth:`to_dict` or a scenario file."""
        require_known(list(data), ("name", "title", "why", "shock"), kind="key", where="a scenario")
        if "name" not in data:
            raise SpecError("A scenario has no name.", remedy='Add name = "..."')
        shocks = tuple(Shock.from_dict(s) for s in data.get("shock", ()))
        return cls(data["name"], data.get("title", ""), data.get("why", ""), shocks)


def read_scenario(path: str | Path) -> Scenario:
    """Read a scenario from a TOML file.

    Raises
    ------
    SpecError, LabelError
    """
    file = Path(path)
    try:
        data = tomllib.loads(file.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise SpecError(f"The scenario cannot be read: {error.strerror}.", where=str(file)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SpecError(f"The scenario is not valid TOML: {error}.", where=str(file)) from error
    return Scenario.from_dict({"name": file.stem, **data})


@dataclass(frozen=True, slots=True)
class Shares:
    """A family whose members sum to one within each label of its first dimension."""

    family: str
    members: Mapping[str, tuple[str, ...]]


def apply(
    scenario: Scenario,
    paths: Array,
    years: Sequence[int],
    families: Iterable[Family],
    position: Mapping[str, int],
    shares: Shares | None = None,
) -> Array:
    """Return parameter paths under a scenario.

    Parameters
    ----------
    scenario : Scenario
    paths : ndarray, shape (years, parameters)
        Of the baseline; not changed.
    years : sequence of int
        The first is the base year, which no shock may touch.
    families : iterable of Family
    position : mapping of str to int
        Column of each parameter.
    shares : Shares, optional
        When members are shocked, the others of the same label are scaled by (1 - new) / (1 - old), so that all
        still sum to one.

    Raises
    ------
    LabelError
        Unknown parameter, dimension, label or year; the nearest names are offered.
    SpecError
        Shocked shares exceed one.
    """
    out = paths.copy()
    by_name = {f.name: f for f in families if f.role in ("lever", "path", "assumed")}
    for shock in scenario.shocks:
        place = f"scenario {scenario.name!r}"
        require_known([shock.parameter], list(by_name), kind="parameter", where=place)
        family = by_name[shock.parameter]
        rows = _rows(shock, years, place)
        for column in _columns(shock, family, position, place):
            out[rows, column] = _operate(shock, out[rows, column], len(rows), place)
    return out if shares is None else _close_shares(scenario, out, paths, years, position, shares)


def _rows(shock: Shock, years: Sequence[int], place: str) -> NDArray[np.int64]:
    first, last = shock.years or (years[1], years[-1])
    known = list(years[1:])
    for year in (first, last):
        if year not in known:
            raise SpecError(
                f"A shock of {shock.parameter} names the year {year}.",
                where=place,
                allowed=f"{known[0]} to {known[-1]}; the base year cannot be shocked",
            )
    return np.arange(years.index(first), years.index(last) + 1)


def _columns(shock: Shock, family: Family, position: Mapping[str, int], place: str) -> list[int]:
    require_known(list(shock.where), family.dims, kind="dimension", where=f"{place}, {shock.parameter}")
    for k, dim in enumerate(family.dims):
        known = list(dict.fromkeys(labels[k] for labels in family.members))
        require_known(shock.where.get(dim, ()), known, kind=dim, where=f"{place}, {shock.parameter}")
    chosen = [
        labels
        for labels in family.members
        if all(labels[k] in shock.where.get(dim, (labels[k],)) for k, dim in enumerate(family.dims))
    ]
    if not chosen:
        raise SpecError(f"A shock of {shock.parameter} selects nothing.", where=place, allowed=str(family.members[:6]))
    return [position[".".join((family.name, *labels))] for labels in chosen]


def _operate(shock: Shock, values: Array, count: int, place: str) -> Array:
    if shock.operation == "path":
        given = np.asarray(shock.value, dtype=np.float64)
        if len(given) != count:
            raise SpecError(
                f"A path of {shock.parameter} has {len(given)} values for {count} years.",
                where=place,
                allowed=str(count),
            )
        return given
    value = float(shock.value)  # type: ignore[arg-type]
    return {"set": np.full_like(values, value), "multiply": values * value, "add": values + value}[shock.operation]


def _close_shares(
    scenario: Scenario, new: Array, old: Array, years: Sequence[int], position: Mapping[str, int], shares: Shares
) -> Array:
    for label, items in shares.members.items():
        columns = np.array([position[f"{shares.family}.{label}.{item}"] for item in items])
        moved = (new[:, columns] != old[:, columns]).any(axis=0)
        if not moved.any():
            continue
        before, after = old[:, columns[moved]].sum(axis=1), new[:, columns[moved]].sum(axis=1)
        bad = np.flatnonzero((after >= 1.0) | (new[:, columns[moved]] < 0.0).any(axis=1))
        if len(bad) or moved.all():
            at = int(bad[0]) if len(bad) else 1
            raise SpecError(
                f"Budget shares of {label} cannot be closed in {years[at]}: the shocked ones sum to {after[at]:.3f}.",
                where=f"scenario {scenario.name!r}",
                allowed="shares of at least 0 that leave room for the other items of the same budget",
                remedy="Make the shock smaller, or leave one item out of it.",
            )
        new[:, columns[~moved]] *= ((1.0 - after) / (1.0 - before))[:, None]
    return new
