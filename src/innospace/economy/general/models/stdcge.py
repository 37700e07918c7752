"""The standard small open economy, the large country and the two countries of one textbook."""

from __future__ import annotations

from dataclasses import replace

from innospace.economy.general.models.open_economy import (
    Country,
    Roles,
    large_economy,
    levels,
    numeraire_of,
    open_economy,
    parts,
)
from innospace.economy.general.models.ready_model import ReadyModel, cobb_douglas, sample_sam
from innospace.economy.general.result import Equilibrium
from innospace.economy.general.spec import Spec, Transfer
from innospace.economy.scenario import Scenario, Shock

ROLES = Roles(("BRD", "MLK"), ("CAP", "LAB"))
SCENARIOS = (
    Scenario("tariffs", "Tariffs removed", "The experiment of the textbook", (Shock("tax", "set", 0.0),)),
    Scenario("indirect-tax", "Indirect tax halved", "", (Shock("activity_tax", "multiply", 0.5),)),
    Scenario(
        "capital", "Capital endowment + 10 %", "", (Shock("endowment", "multiply", 1.1, {"commodity": ("CAP",)}),)
    ),
)
_BOOK = "Hosoe, Gasawa and Hashimoto (2010), chapter"


def _country(prefix: str = "", partner: str = "", sam: str = "stdcge-sam") -> Country:
    return Country(sample_sam(sam), ROLES, prefix=prefix, partner=partner)


def _utility(out: dict[str, float], c: Country) -> float:
    weights = {i: c.sam.cell(i, c.roles.household) for i in c.roles.goods}
    return cobb_douglas({i: out[f"Xp.{i}"] for i in c.roles.goods}, weights)


def _small(found: Equilibrium) -> dict[str, float]:
    c = _country()
    out = levels(found, c, "LAB")
    rate = found.price("FX") / found.price("LAB")
    out |= {"epsilon": rate}
    out |= {f"pWe.{i}": out[f"pe.{i}"] / rate for i in ROLES.goods} | {
        f"pWm.{i}": out[f"pm.{i}"] / rate for i in ROLES.goods
    }
    return out | {"UU": _utility(out, c)}


JAPAN, USA = "JPN.", "USA."


def _countries() -> tuple[Country, Country]:
    return _country(JAPAN, USA), _country(USA, JAPAN, "twocge-usa-sam")


def two_countries(first: Country, second: Country) -> Spec:
    """Return two countries that trade with each other; foreign saving is fixed in the currency of the second."""
    ours, theirs = parts(first), parts(second)
    saving = first.sam.cell(first.roles.investment, first.roles.outside)
    unit = second.prefix + numeraire_of(second.roles)
    payer, receiver = (f"{c.prefix}{c.roles.investment}" for c in (second, first))
    foreign = Transfer("foreign saving", payer, receiver, "amount", saving, price=unit)
    return Spec(
        "twocge",
        (*ours.commodities, *theirs.commodities),
        (*ours.activities, *theirs.activities),
        (*ours.agents, *theirs.agents),
        ((unit, 1.0),),
        (*ours.transfers, *theirs.transfers, foreign),
    )


def two_scenarios(first: Country) -> tuple[Scenario, ...]:
    """Return the scenarios of the small economy, capital being that of the first country."""
    more = Shock("endowment", "multiply", 1.1, {"commodity": (f"{first.prefix}CAP",)})
    return (*SCENARIOS[:2], replace(SCENARIOS[2], shocks=(more,)))


def _two(found: Equilibrium) -> dict[str, float]:
    out: dict[str, float] = {}
    unit = found.price(f"{USA}LAB")
    for c in _countries():
        own = levels(found, c, f"{c.prefix}LAB")
        rate = unit / found.price(f"{c.prefix}LAB")
        own |= {"epsilon": rate, "UU": _utility(own, c)}
        own |= {f"pWe.{i}": own[f"pe.{i}"] / rate for i in ROLES.goods}
        own |= {f"pWm.{i}": own[f"pm.{i}"] / rate for i in ROLES.goods}
        out |= {f"{name}.{c.prefix[:-1]}": value for name, value in own.items()}
    return out | {"SW": sum(out[f"UU.{c.prefix[:-1]}"] for c in _countries())}


STDCGE = ReadyModel(
    "stdcge",
    "A small open economy",
    f"{_BOOK} 6",
    lambda: open_economy("stdcge", _country(), "LAB"),
    _small,
    SCENARIOS,
    samples=("stdcge-sam",),
)
LRGCGE = ReadyModel(
    "lrgcge",
    "A large open economy",
    f"{_BOOK} 10",
    lambda: large_economy("lrgcge", _country(), "LAB"),
    _small,
    SCENARIOS,
    samples=("stdcge-sam",),
)
TWOCGE = ReadyModel(
    "twocge",
    "Two countries",
    f"{_BOOK} 10",
    lambda: two_countries(*_countries()),
    _two,
    two_scenarios(_country(JAPAN, USA)),
    samples=("stdcge-sam", "twocge-usa-sam"),
)
