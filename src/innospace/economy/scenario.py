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
WHOLE = 1e-9
"""How far shares may sum from one when a scenario gives all of them."""
SHOCKED = ("lever", "path", "assumed")
"""Roles of parameters that a scenario may move."""


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
        if not isinstance(data, Mapping):
            raise SpecError(f"A shock is {data!r}.", allowed="a table with parameter, op and value: [[shock]]")
        known = ("parameter", "op", "value", "where", "years")
        require_known(list(data), known, kind="key", where="a shock of a scenario")
        missing = [k for k in ("parameter", "op", "value") if k not in data]
        if missing:
            raise SpecError(f"A shock lacks {offenders(missing)}.", where=f"shock {dict(data)}")
        value, where, years = data["value"], data.get("where", {}), data.get("years", ())
        numbers = value if isinstance(value, list | tuple) else [value]
        wanted = where if isinstance(where, Mapping) else {"where": None}
        labels: dict[str, Any] = {k: (v,) if isinstance(v, str) else v for k, v in wanted.items()}
        _require_kinds(data, numbers, labels, years)
        kept = tuple(float(v) for v in numbers) if isinstance(value, list | tuple) else float(value)
        return cls(data["parameter"], data["op"], kept, {k: tuple(v) for k, v in labels.items()}, tuple(years))


def _require_kinds(data: Mapping[str, Any], numbers: Any, labels: Any, years: Any) -> None:
    def number(value: Any) -> bool:
        return isinstance(value, int | float) and not isinstance(value, bool)

    def texts(value: Any) -> bool:
        return isinstance(value, list | tuple) and all(isinstance(v, str) for v in value)

    wrong = {
        "parameter": (isinstance(data["parameter"], str), "the name of a parameter"),
        "op": (isinstance(data["op"], str), ", ".join(OPERATIONS)),
        "value": (all(number(v) for v in numbers), "a number, or a list of numbers for op = path"),
        "where": (all(texts(v) for v in labels.values()), "labels: where = { agent = [...] }"),
        "years": (
            isinstance(years, list | tuple) and all(isinstance(y, int) and not isinstance(y, bool) for y in years),
            "first and last year: years = [2013, 2030]",
        ),
    }
    for key, (right, allowed) in wrong.items():
        if not right:
            raise SpecError(f"{key} of a shock is {data.get(key)!r}.", where=f"shock {dict(data)}", allowed=allowed)


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

    def _repr_html_(self) -> str:
        from innospace.core.notebook import card, grid

        rows = [
            (
                s.parameter,
                "; ".join(f"{dimension}: {', '.join(labels)}" for dimension, labels in s.where.items()) or "all",
                "–".join(map(str, s.years)) or "every year",
                s.operation,
                ", ".join(f"{v:g}" for v in (s.value if isinstance(s.value, tuple) else (s.value,))),
            )
            for s in self.shocks
        ]
        shocks = grid(("Parameter", "Where", "Years", "Operation", "Value"), rows) if rows else ""
        return card(self.title or self.name, [("Name", self.name), ("Why", self.why)], shocks)

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
        for key in ("name", "title", "why"):
            if not isinstance(data.get(key, ""), str):
                raise SpecError(f"{key} of a scenario is {data[key]!r}.", allowed="a text in quotes")
        if not isinstance(data.get("shock", ()), list | tuple):
            raise SpecError(f"shock of scenario {data['name']!r} is no list of tables.", remedy="Write [[shock]].")
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
        Unknown parameter, dimension or label; the nearest names are offered.
    SpecError
        A year outside of the path, a value outside of the range of its parameter, shocked shares that exceed one.
    """
    out = paths.copy()
    by_name = {f.name: f for f in families if f.role in SHOCKED}
    for shock in scenario.shocks:
        place = f"scenario {scenario.name!r}"
        require_known([shock.parameter], list(by_name), kind="parameter", where=place)
        family = by_name[shock.parameter]
        rows = _rows(shock, years, place)
        for column in _columns(shock, family, position, place):
            out[rows, column] = _operate(shock, out[rows, column], len(rows), place)
            _require_inside(shock, family, out[rows, column], rows, years, place)
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


def selected(shock: Shock, family: Family) -> list[str]:
    """Return the names of the parameters that a shock moves."""
    return [
        ".".join((family.name, *labels))
        for labels in family.members
        if all(labels[k] in shock.where.get(dim, (labels[k],)) for k, dim in enumerate(family.dims))
    ]


def _columns(shock: Shock, family: Family, position: Mapping[str, int], place: str) -> list[int]:
    require_known(list(shock.where), family.dims, kind="dimension", where=f"{place}, {shock.parameter}")
    for k, dim in enumerate(family.dims):
        known = list(dict.fromkeys(labels[k] for labels in family.members))
        require_known(shock.where.get(dim, ()), known, kind=dim, where=f"{place}, {shock.parameter}")
    chosen = selected(shock, family)
    wanted_names = set(chosen)
    labels = {part for m in family.members if ".".join((family.name, *m)) in wanted_names for part in m}
    idle = [label for wanted in shock.where.values() for label in wanted if label not in labels]
    if not chosen or idle:
        raise SpecError(
            f"A shock of {shock.parameter} selects nothing for {offenders(idle) if idle else 'any label'}.",
            where=place,
            allowed=offenders([".".join(labels) for labels in family.members], shown=12),
            remedy="Name only labels that go together; write a shock of its own for others.",
        )
    return [position[name] for name in chosen]


def _require_inside(
    shock: Shock, family: Family, values: Array, rows: NDArray[np.int64], years: Sequence[int], place: str
) -> None:
    outside = np.flatnonzero(~family.range.holds(values))
    if len(outside):
        raise SpecError(
            f"A shock sets {shock.parameter} to {values[outside[0]]:g} in {years[rows[outside[0]]]}.",
            where=place,
            allowed=f"{family.title}: a number in {family.range.text}",
            remedy="Fractions are written as 0.05, not as percent." if values[outside[0]] >= 1.0 else "",
        )


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
    if shock.operation == "set":
        return np.full_like(values, value)
    with np.errstate(over="ignore"):  # what overflows lies outside of every range
        return values * value if shock.operation == "multiply" else values + value


def _close_shares(
    scenario: Scenario, new: Array, old: Array, years: Sequence[int], position: Mapping[str, int], shares: Shares
) -> Array:
    for label, items in shares.members.items():
        columns = np.array([position[f"{shares.family}.{label}.{item}"] for item in items])
        moved = (new[:, columns] != old[:, columns]).any(axis=0)
        if not moved.any():
            continue
        before, after = old[:, columns[moved]].sum(axis=1), new[:, columns[moved]].sum(axis=1)
        bad = np.flatnonzero(np.abs(after - 1.0) > WHOLE if moved.all() else after >= 1.0)
        if len(bad):
            at = int(bad[0])
            raise SpecError(
                f"Budget shares of {label} cannot be closed in {years[at]}: the shocked ones sum to {after[at]:.3f}.",
                where=f"scenario {scenario.name!r}",
                allowed="shares that sum to one when all are given, and else leave room for the others of that budget",
                remedy="Make the shock smaller, or leave one item out of it.",
            )
        if moved.all():
            continue
        new[:, columns[~moved]] *= ((1.0 - after) / (1.0 - before))[:, None]
    return new
