"""Ready models on a matrix of one's own: which account plays which part, and the model that follows.

Accounts of one part (household, government, ...) are named, or found by usual names. Of the others, those that pay the
household alone are factors, and the rest are goods. Every cell of the matrix must have a place in the model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from innospace.core.errors import DataError, LabelError, SpecError, offenders
from innospace.core.labels import require_known
from innospace.data.sam import SAM
from innospace.economy.general.models import MODELS, ready
from innospace.economy.general.models.dyncge import Rates as YearRates
from innospace.economy.general.models.dyncge import model_on
from innospace.economy.general.models.open_economy import (
    Country,
    Elasticities,
    Roles,
    large_economy,
    numeraire_of,
    open_economy,
)
from innospace.economy.general.models.ready_model import Dynamics
from innospace.economy.general.models.splcge import closed_economy
from innospace.economy.general.spec import Spec
from innospace.economy.scenario import Scenario

USUAL: Mapping[str, tuple[str, ...]] = {
    "household": ("hoh", "hh", "hhd", "household", "households", "домохозяйства", "население"),
    "government": ("gov", "govt", "government", "государство", "правительство", "бюджет"),
    "investment": ("inv", "s-i", "savinv", "investment", "saving", "savings", "инвестиции", "сбережения"),
    "outside": ("ext", "row", "outside", "rest of world", "world", "остальной мир", "внешний мир"),
    "indirect": ("idt", "indirect", "indirect tax", "indirect taxes", "vat", "косвенные налоги"),
    "tariff": ("trf", "tariff", "tariffs", "import duties", "duties", "пошлины"),
}
"""Names by which the account of a part is found, in small letters."""
CAPITAL = ("cap", "capital", "капитал")
"""Names of the factor that cannot move once it is invested, in a model with years."""
PARTS = ("goods", "factors", *USUAL, "capital")
OPTIONAL = ("indirect", "tariff")
"""Accounts that a matrix may lack: nothing is then collected."""
OPEN = ("stdcge", "lrgcge", "dyncge", "twocge")
ON_MATRIX = ("splcge", *OPEN)
"""Ready models that take a matrix; ``twocge`` takes two."""
Accounts = Mapping[str, str | Sequence[str]]
Rates = Mapping[str, float | Mapping[str, float]]


@dataclass(frozen=True)
class OwnModel:
    """A ready model on a matrix of one's own.

    Attributes
    ----------
    spec : Spec
    roles : Roles
        Which account plays which part.
    scenarios : tuple of Scenario
        Those of the ready model that the matrix has a place for.
    dynamics : Dynamics or None
        The years, when the model has some.
    """

    spec: Spec
    roles: Roles
    scenarios: tuple[Scenario, ...]
    dynamics: Dynamics | None = None


def on_matrix(
    name: str,
    sam: SAM,
    accounts: Accounts | None = None,
    elasticities: Rates | None = None,
    dynamics: Mapping[str, float] | None = None,
) -> OwnModel:
    """Return a ready model with the numbers of another matrix.

    Parameters
    ----------
    name : str
        One of :data:`ON_MATRIX`; for ``twocge`` see :func:`innospace.economy.general.own_countries.on_matrices`.
    sam : SAM
        Balanced. Any number of goods and factors.
    accounts : mapping, optional
        Part = account, ``goods`` and ``factors`` = accounts; what is not named is found by usual names and by who pays
        whom.
    elasticities : mapping, optional
        ``armington``, ``cet``, ``value_added``: a number for all goods, or by good; ``consumption``: a number.
    dynamics : mapping, optional
        Years and rates of ``dyncge``; see :class:`innospace.economy.general.models.dyncge.Rates`.

    Returns
    -------
    OwnModel

    Raises
    ------
    LabelError, SpecError
        The model takes no matrix, or a part, account or elasticity is not known.
    DataError
        The matrix is not balanced, has cells that the model has no place for, or accounts that cannot play their part.
    """
    require_form(name)
    ready(name).with_dynamics(dynamics or {})
    if name == "twocge":
        raise SpecError(
            "Two countries need a matrix each.",
            where="key 'data'",
            remedy='Name both: data = { table = "MATRIX", partner = "OTHER" }; in Python on_matrices(sam, partner).',
        )
    country, years = country_of(name, sam, accounts or {}, elasticities or {}), None
    roles, numeraire = country.roles, numeraire_of(country.roles)
    if name == "dyncge":
        model = model_on(country, YearRates()).with_dynamics(dynamics or {})
        spec, years = model.spec, model.dynamics
    elif name in OPEN:
        spec = (open_economy if name == "stdcge" else large_economy)(name, country, numeraire)
    else:
        factors = (*(f for f in roles.factors if f != numeraire), numeraire)
        spec = closed_economy(sam, roles.goods, factors, roles.household)
    title = f"{ready(name).title} on {sam.source.name}"
    fitting = tuple(s for s in ready(name).scenarios if fits(s, country))
    return OwnModel(replace(spec, title=title), roles, fitting, years)


def country_of(name: str, sam: SAM, accounts: Accounts, rates: Rates, prefix: str = "", partner: str = "") -> Country:
    """Return a matrix with the parts that its accounts play in a ready model, after checks that it has their form.

    Raises
    ------
    LabelError, SpecError, DataError
        See :func:`on_matrix`.
    """
    sam.require_balanced()
    roles = find_roles(name, sam, accounts)
    if name in OPEN:
        sam = _with_empty(sam, [getattr(roles, part) for part in OPTIONAL])
    elif rates:
        raise SpecError(f"{name!r} has no elasticities to choose: it is Cobb-Douglas.", where="key 'elasticities'")
    _require_places(name, sam, roles)
    fixed = (_capital(sam, roles, accounts),) if name == "dyncge" else ()
    country = Country(sam, roles, _elasticities(roles, rates), prefix, partner, fixed)
    if name in OPEN:
        _require_parts(country)
    return country


def require_form(name: str) -> None:
    """Raise unless a ready model takes a matrix."""
    require_known([name], list(MODELS), kind="model")
    if name not in ON_MATRIX:
        raise SpecError(
            f"The ready model {name!r} has its own data.",
            where="key 'data'",
            allowed=f"models that take a matrix: {', '.join(ON_MATRIX)}",
            remedy="Leave the matrix out, or write the model to a file and let its quantities be cells of the matrix.",
        )


def find_roles(name: str, sam: SAM, given: Accounts) -> Roles:
    """Return which account plays which part.

    Raises
    ------
    LabelError
        A part or account is not known, has no account, or an account has two parts.
    """
    where = f"{sam.source.name}, key 'accounts'"
    parts = PARTS[:-1] if name in OPEN else ("goods", "factors", "household")
    require_known(list(given), PARTS if name == "dyncge" else parts, kind="part", where=where)
    given = {part: value for part, value in given.items() if part != "capital"}
    named = {part: (value,) if isinstance(value, str) else tuple(value) for part, value in given.items()}
    require_known([a for value in named.values() for a in value], sam.accounts, kind="account", where=where)
    several = [part for part, value in named.items() if part in USUAL and len(value) != 1]
    if several:
        raise LabelError(f"Parts have not one account: {offenders(several)}.", where=where, allowed="one account each")
    single = {part: named[part][0] if part in named else _usual(part, sam) for part in parts[2:]}
    missing = [part for part, account in single.items() if not account and part not in OPTIONAL]
    if missing:
        raise LabelError(
            f"No account is found for: {offenders(missing)}.",
            where=sam.source.name,
            allowed=f"accounts of the matrix: {offenders(sam.accounts, shown=12)}",
            remedy=f'Name it: accounts = {{ {missing[0]} = "ACCOUNT" }}.',
        )
    single = {part: account or part for part, account in single.items()}
    left = [a for a in sam.accounts if a not in {*single.values(), *(a for v in named.values() for a in v)}]
    factors = named.get("factors") or tuple(a for a in left if _pays_only(sam, a, single["household"]))
    goods = named.get("goods") or tuple(a for a in left if a not in factors)
    played = [*single.values(), *factors, *goods]
    doubled = sorted({a for a in played if played.count(a) > 1})
    idle = [a for a in sam.accounts if a not in played]
    if doubled or idle or not goods or not factors:
        told = [f"with two parts: {offenders(doubled)}"] if doubled else []
        told += [f"without a part: {offenders(idle)}"] if idle else []
        told += [f"no {n}" for n, found in (("goods", goods), ("factors", factors)) if not found]
        raise LabelError(
            f"Accounts do not fit the model: {'; '.join(told)}.",
            where=where,
            allowed="every account in one part",
            remedy='Name them: accounts = { goods = ["..."], factors = ["..."] }.',
        )
    return Roles(goods, factors, **single)


def _usual(part: str, sam: SAM) -> str:
    found = [a for a in sam.accounts if a.strip().casefold() in USUAL[part]]
    if len(found) > 1:
        raise LabelError(
            f"Several accounts may be the {part}: {offenders(found)}.",
            where=sam.source.name,
            remedy=f'Name it: accounts = {{ {part} = "{found[0]}" }}.',
        )
    return found[0] if found else ""


def _capital(sam: SAM, r: Roles, given: Accounts) -> str:
    """Return the factor that cannot move once it is invested."""
    named = given.get("capital", ())
    found = [named] if isinstance(named, str) else list(named)
    found = found or [h for h in r.factors if h.casefold() in CAPITAL]
    if len(found) != 1 or found[0] not in r.factors or len(r.factors) < 2:
        raise LabelError(
            "The model with years needs one factor that is capital, and another one."
            + (f" Named is {offenders(found)}." if found else ""),
            where=f"{sam.source.name}, key 'accounts'",
            allowed=f"factors of the matrix: {offenders(r.factors, shown=12)}",
            remedy=f'Name it: accounts = {{ capital = "{r.factors[0]}" }}.',
        )
    return found[0]


def _pays_only(sam: SAM, account: str, receiver: str) -> bool:
    paid = sam.values[account]
    return [str(a) for a in paid.index[paid.to_numpy() != 0.0]] == [receiver]


def _with_empty(sam: SAM, accounts: Sequence[str]) -> SAM:
    """Return the matrix with empty accounts for those that it lacks."""
    names = [*sam.accounts, *(a for a in accounts if a not in sam.accounts)]
    if len(names) == len(sam.accounts):
        return sam
    return SAM(sam.values.reindex(index=names, columns=names, fill_value=0.0), sam.unit, sam.year, sam.source)


def _require_places(name: str, sam: SAM, r: Roles) -> None:
    """Raise when a cell has no place in the model, or is negative where that means nothing."""
    goods, factors, home = list(r.goods), list(r.factors), [r.household]
    places = [(factors, goods), (home, factors), (goods, home)]
    signed: list[tuple[str, str]] = []
    if name in OPEN:
        state, fund, outside = [r.government], [r.investment], [r.outside]
        taxes = [r.indirect, r.tariff]
        places += [(goods, goods), (goods, state), (goods, fund), (goods, outside)]
        places += [(taxes, goods), (outside, goods), (state, [*home, *taxes])]
        places += [(fund, [*home, *outside]), (home if name == "dyncge" else fund, state)]
        signed = [(r.investment, r.outside), (r.investment, r.household), (r.investment, r.government)]
        signed += [(r.indirect, good) for good in goods] + [(r.government, r.indirect)]
    allowed = {(row, column) for rows, columns in places for row in rows for column in columns}
    values, names = sam.values.to_numpy(), sam.accounts
    filled = [(names[i], names[j]) for i, j in np.argwhere(values != 0.0)]
    strange = [cell for cell in filled if cell not in allowed]
    if strange:
        raise DataError(
            f"{name!r} has no place for {len(strange)} cell{'s' if len(strange) > 1 else ''} of the matrix.",
            where=f"{sam.source.name}: " + ", ".join(f"[{a}, {b}] = {sam.cell(a, b):g}" for a, b in strange[:5]),
            allowed=_shape(name),
            remedy="Check the parts of the accounts, put the accounts together (innospace sam aggregate), or write a "
            "model of your own.",
        )
    sam.require_no_negative(signed)


def _shape(name: str) -> str:
    if name not in OPEN:
        return "goods pay factors, factors pay the household, the household pays goods"
    if name == "dyncge":
        return (
            "goods pay factors, goods, both taxes and the outside; factors pay the household; the household, "
            "government, investment and the outside pay goods; taxes and the household pay the government, or it the "
            "household; the household and the outside pay investment"
        )
    return (
        "goods pay factors, goods, both taxes and the outside; factors pay the household; the household, government, "
        "investment and the outside pay goods; taxes and the household pay the government; the household, government "
        "and the outside pay investment"
    )


def _require_parts(c: Country) -> None:
    """Raise when an account is too empty to play its part."""
    r, sam = c.roles, c.sam
    told: list[str] = []
    for good in r.goods:
        if not c.made(good) > 0.0:
            told.append(f"{good!r} is not produced")
        elif not c.sold(good) > 0.0:
            told.append(f"{good!r}: exports {c.exported(good):g} are all that is produced")
        elif not sum(sam.cell(h, good) for h in r.factors) > 0.0:
            told.append(f"{good!r} uses no factor")
        told += [f"{good!r} uses no {h!r}, which cannot move" for h in c.specific if not sam.cell(h, good) > 0.0]
        if sam.cell(r.tariff, good) and not c.imported(good):
            told.append(f"{good!r} pays tariffs and is not imported")
    buyers = (r.household, r.government, r.investment)
    told += [f"{a!r} buys no goods" for a in buyers if not sum(sam.cell(good, a) for good in r.goods) > 0.0]
    if not any(c.exported(good) + c.imported(good) for good in r.goods):
        told.append(f"{r.outside!r} trades nothing")
    if told:
        raise DataError(
            "Accounts cannot play their part in the model.",
            where=f"{sam.source.name}: {'; '.join(told[:5])}" + (f" and {len(told) - 5} more" if len(told) > 5 else ""),
            remedy="Put the account together with another, or fill in its cells.",
        )


def _elasticities(r: Roles, rates: Rates) -> Elasticities:
    known = [f.name for f in fields(Elasticities)]
    require_known(list(rates), known, kind="elasticity", where="key 'elasticities'")
    found: dict[str, dict[str, float]] = {}
    consumption = rates.get("consumption", 1.0)
    for kind, given in rates.items():
        values = dict(given) if isinstance(given, Mapping) else dict.fromkeys(r.goods, given)
        where = f"key 'elasticities', {kind!r}"
        if kind == "consumption":
            if isinstance(given, Mapping):
                raise SpecError("The elasticity of consumption is one number.", where=where)
            values = {"consumption": given}
        else:
            require_known(list(values), r.goods, kind="good", where=where)
            found[kind] = values
        bad = [f"{good} = {value:g}" for good, value in values.items() if not 0.0 <= value < np.inf]
        if bad:
            raise SpecError(f"Elasticities are not zero or above: {offenders(bad)}.", where=where)
    return Elasticities(**found, consumption=float(consumption) if not isinstance(consumption, Mapping) else 1.0)


def fits(scenario: Scenario, c: Country) -> bool:
    """Return whether a matrix has what a scenario of the ready model moves."""
    sam, r = c.sam, c.roles
    owned = [f"{c.prefix}{h}" for h in r.factors] + [f"{c.partner}{h}" for h in r.factors]
    for shock in scenario.shocks:
        if any(label not in owned for label in shock.where.get("commodity", ())):
            return False
        if shock.parameter == "tax" and not any(sam.cell(r.tariff, good) for good in r.goods):
            return False
        if shock.parameter == "activity_tax" and not any(sam.cell(r.indirect, good) for good in r.goods):
            return False
    return True
