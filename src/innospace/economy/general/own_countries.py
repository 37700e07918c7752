"""Two countries on matrices of one's own: what one exports the other imports, good by good."""

from __future__ import annotations

from dataclasses import replace

from innospace.core.errors import DataError, SpecError, offenders
from innospace.data.sam import SAM
from innospace.economy.general.models.open_economy import Country
from innospace.economy.general.models.stdcge import two_countries, two_scenarios
from innospace.economy.general.own_matrix import Accounts, OwnModel, Rates, country_of, fits

NAME = "twocge"
COUNTRIES = ("HOME", "PARTNER")
"""Names of countries that are not named."""
AGREES = 1e-6
"""How far exports of one country and imports of the other may differ, relative to the larger."""


def on_matrices(
    sam: SAM,
    partner: SAM,
    accounts: Accounts | None = None,
    elasticities: Rates | None = None,
    countries: tuple[str, ...] = COUNTRIES,
) -> OwnModel:
    """Return the model of two countries that trade with each other, on a matrix of each.

    Parameters
    ----------
    sam, partner : SAM
        Balanced, with the same goods, in one currency. Exports of a good by one country are imports of the other, and
        so is foreign saving with its sign changed.
    accounts, elasticities : mapping, optional
        Of both countries; see :func:`innospace.economy.general.own_matrix.on_matrix`.
    countries : tuple of str
        Two names, without a dot; names of accounts follow them after a dot.

    Raises
    ------
    LabelError, SpecError, DataError
        As for one matrix; or the countries do not trade with each other alone.
    """
    if len(set(countries)) != 2 or any(not n or "." in n for n in countries):
        raise SpecError(
            f"Countries are {offenders(countries)}.",
            where="key 'countries'",
            allowed="two different names without a dot",
        )
    names = [f"{n}." for n in countries]
    ours = country_of(NAME, sam, accounts or {}, elasticities or {}, names[0], names[1])
    theirs = country_of(NAME, partner, accounts or {}, elasticities or {}, names[1], names[0])
    _require_trade(ours, theirs)
    spec = replace(two_countries(ours, theirs), title=f"Two countries on {sam.source.name} and {partner.source.name}")
    known = two_scenarios(ours)
    fitting = tuple(s for s in known if fits(s, ours) and fits(s, theirs))
    return OwnModel(spec, ours.roles, fitting)


def _require_trade(ours: Country, theirs: Country) -> None:
    """Raise unless what one country sells abroad the other buys."""
    told = []
    goods = dict.fromkeys((*ours.roles.goods, *theirs.roles.goods))
    alone = [i for i in goods if i not in ours.roles.goods or i not in theirs.roles.goods]
    if alone:
        raise DataError(
            f"Goods are not those of both countries: {offenders(alone)}.",
            where=f"{ours.sam.source.name} and {theirs.sam.source.name}",
            remedy="Give them one name, or put accounts together (innospace sam aggregate).",
        )
    for seller, buyer in ((ours, theirs), (theirs, ours)):
        for i in goods:
            sold, bought = seller.exported(i), buyer.imported(i)
            if abs(sold - bought) > AGREES * max(sold, bought):
                told.append(f"{i!r}: {seller.prefix[:-1]} exports {sold:g}, {buyer.prefix[:-1]} imports {bought:g}")
    if told:
        raise DataError(
            "The two countries do not trade with each other alone.",
            where="; ".join(told[:5]) + (f" and {len(told) - 5} more" if len(told) > 5 else ""),
            allowed="exports of one country that are imports of the other, good by good, without tariffs",
            remedy="Bring both matrices to one currency and one valuation, and balance them.",
        )
