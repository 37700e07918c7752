"""Figures of the base year: the items of a controls table, what is derived from them, what a matrix does not hold."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from innospace.core.errors import DataError
from innospace.core.numbers import percent
from innospace.data.controls import Controls, Figure, Item, read_controls, total
from innospace.economy.models.knowledge import labels as k

MONTHS = 12
MILLION = 1e6
LOOSE = 1.0
"""Weight of cells that only follow from others."""
PUBLIC_BRANCHES = ("health", "administration", "culture")
"""Branches of other industries that pay public wages."""
ControlsTable = Any
"""A path, a Dataset, a frame or :class:`~innospace.data.controls.Controls`."""


@cache
def catalogue() -> tuple[Item, ...]:
    """Return the items a controls table must give, from ``controls.csv``."""
    text = resources.files(__package__).joinpath("controls.csv").read_text(encoding="utf-8")
    return tuple(
        Item(row["name"], row["unit"], row["timing"], row["range"], row["meaning"])
        for row in csv.DictReader(text.splitlines())
    )


def as_controls(table: ControlsTable) -> Controls:
    """Return a controls table, read and checked if it is not yet."""
    return table if isinstance(table, Controls) else read_controls(table, catalogue())


@dataclass(frozen=True, slots=True)
class BaseInputs:
    """What the model needs of the base year and a matrix does not hold.

    Attributes
    ----------
    year : int
    mean_wage : float
        Economy-wide, mln RUB a person and year.
    persons : mapping of (producer, labour) to float
    capital_before, capital : mapping of str to float
        Fixed assets of a producer at the end of the year before and of the base year, mln RUB.
    deposit_growth, rate_firms, rate_households : float
    population : float
    loan_shares : mapping of str to float
    """

    year: int
    mean_wage: float
    persons: Mapping[tuple[str, str], float]
    capital_before: Mapping[str, float]
    capital: Mapping[str, float]
    deposit_growth: float
    rate_firms: float
    rate_households: float
    population: float
    loan_shares: Mapping[str, float]

    def to_dict(self) -> dict[str, Any]:
        """Return plain types; persons by ``producer.labour``."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__}
        plain |= {name: dict(plain[name]) for name in ("capital_before", "capital", "loan_shares")}
        return {**plain, "persons": {".".join(key): value for key, value in self.persons.items()}}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> BaseInputs:
        """Rebuild from :meth:`to_dict`."""
        persons = {tuple(key.split(".")): value for key, value in data["persons"].items()}
        return cls(**{**data, "persons": persons})


def value_added(c: Controls) -> dict[str, Figure]:
    """Return value added by producer; other industries are what gross regional product leaves."""
    science = c.figure("value_added.education") + c.figure("value_added.research")
    branches = total([c.figure(f"value_added.{b}") for b in ("mining", "manufacturing", "utilities")])
    innovation = c.figure("innovative_goods_shipped") * branches / c.figure("goods_shipped")
    return {k.SCIENCE: science, k.INNOVATION: innovation, k.OTHER: c.figure("grp") - science - innovation}


def cash_income(c: Controls) -> Figure:
    """Return household cash income of the year."""
    return c.figure("cash_income_per_head") * c.figure("population") * (MONTHS / MILLION)


def wages(c: Controls, y: Mapping[str, Figure]) -> dict[tuple[str, str], Figure]:
    """Return wages by producer and labour; private wages in other industries are what the wage bill leaves."""

    def branch(name: str) -> Figure:
        return c.figure(f"wage.{name}") * c.figure(f"staff.{name}") * (MONTHS / MILLION)

    bill = y[k.INNOVATION] * c.figure("wage_share.innovation")
    public = c.figure("public_share.innovation")
    wages = {
        (k.SCIENCE, "l1"): branch("research"),
        (k.SCIENCE, "l3"): branch("education"),
        (k.INNOVATION, "l1"): bill * (1.0 - public),
        (k.INNOVATION, "l3"): bill * public,
        (k.OTHER, "l3"): total([branch(b) for b in PUBLIC_BRANCHES]),
    }
    rest = wage_bill(c) - total(list(wages.values()))
    return wages | {(k.OTHER, "l1"): rest.as_residual(LOOSE)}


def wage_bill(c: Controls) -> Figure:
    """Return gross wages of the region."""
    return c.figure("mean_wage") * c.figure("employed") * (MONTHS / MILLION)


def shares(c: Controls, family: str) -> dict[str, Figure]:
    """Return the shares of all producers; the table gives those of the first two."""
    given = {i: c.figure(f"{family}.{i}") for i in (k.SCIENCE, k.INNOVATION)}
    rest = 1.0 - total(list(given.values()))
    if rest.value < 0.0:
        raise DataError(
            f"The shares {family!r} of the first two producers add up to {percent(1.0 - rest.value)}.",
            where=c.source.name,
            allowed="100 % or less: other industries have the rest",
            remedy="Check the units: 4 percent is 0.04 as a fraction.",
        )
    return given | {k.OTHER: rest}


def base_inputs(table: ControlsTable) -> BaseInputs:
    """Return what the model needs of the base year and the matrix does not hold.

    Persons are wages over the mean wage of their branch; private workers of other industries are what the employed
    leave, so that persons add up. Their mean wage follows.

    Raises
    ------
    ControlsError
        The table does not fit; all problems at once.
    DataError
        The branches employ more persons than there are.
    """
    c = as_controls(table)
    assets = shares(c, "capital_share")
    return BaseInputs(
        year=c.year,
        mean_wage=c.value("mean_wage") * MONTHS / MILLION,
        persons=_persons(c),
        capital_before={i: c.value("fixed_assets_before") * assets[i].value for i in k.PRODUCERS},
        capital={i: c.value("fixed_assets") * assets[i].value for i in k.PRODUCERS},
        deposit_growth=c.value("deposit_growth"),
        rate_firms=c.value("deposit_rate.firms"),
        rate_households=c.value("deposit_rate.households"),
        population=c.value("population"),
        loan_shares={i: figure.value for i, figure in shares(c, "loan_share").items()},
    )


def _persons(c: Controls) -> dict[tuple[str, str], float]:
    paid = wages(c, value_added(c))
    persons = {
        (k.SCIENCE, "l1"): c.value("staff.research"),
        (k.SCIENCE, "l3"): c.value("staff.education"),
        (k.OTHER, "l3"): sum(c.value(f"staff.{b}") for b in PUBLIC_BRANCHES),
    }
    for lab, kind in (("l1", "private"), ("l3", "public")):
        wage = c.value(f"wage.innovation_{kind}") * MONTHS / MILLION
        persons[k.INNOVATION, lab] = paid[k.INNOVATION, lab].value / wage if wage > 0.0 else 0.0
    known = sum(persons.values())
    rest = c.value("employed") - known
    if rest <= 0.0:
        raise DataError(
            f"The branches employ {known:,.0f} persons and the region {c.value('employed'):,.0f}.",
            where=f"{c.source.name}, items 'staff.*' and 'employed'",
            allowed="staff of the branches below the employed, so that private workers are left",
            remedy="Check the units of staff and employed.",
        )
    return {(i, lab): {**persons, (k.OTHER, "l1"): rest}[i, lab] for i in k.PRODUCERS for lab in k.LABOUR}
