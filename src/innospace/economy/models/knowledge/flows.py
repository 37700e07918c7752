"""Who pays whom through which market: the accounts of a year as flows between agents, markets and other payments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from innospace.economy.models.knowledge import labels as k

if TYPE_CHECKING:
    import pandas as pd

IN_REGION, OUTSIDE_REGION, LABOUR, PAYMENTS = (
    "Products sold in the region",
    "Products sold outside",
    "Labour",
    "Payments without a market",
)
MARKETS = {
    "c1": (IN_REGION, k.PRODUCT_TITLES["c1"]),
    "i1": (IN_REGION, k.PRODUCT_TITLES["i1"]),
    "n1": (IN_REGION, k.PRODUCT_TITLES["n1"]),
    "r1": (IN_REGION, "Education and training"),
    "z1": (IN_REGION, "Knowledge (R&D services)"),
    "g1": (IN_REGION, k.PRODUCT_TITLES["g1"]),
    **{x: (OUTSIDE_REGION, k.PRODUCT_TITLES[x]) for x in k.EXPORTS},
    **{x: (LABOUR, k.LABOUR_TITLES[x]) for x in k.LABOUR},
}
"""The nine product and two labour markets of the paper: group and title. The set-price parts of education and of R&D
(``rf``, ``zf``) are traded on the markets ``r1`` and ``z1``."""
SET_PRICE_PARTS = {"rf": "r1", "zf": "z1"}
OTHER_PAYMENTS = {
    "tax": "Taxes and contributions",
    "support": "Social payments, subsidies",
    "profit": "Distributed profit",
    "border": "Transfers across the border",
    "deposits": "Deposits with interest",
    "loans": "Loans with interest",
}
VIA = {**{x: f"{x} {title}" for x, (_, title) in MARKETS.items()}, **OTHER_PAYMENTS}
"""Markets and other payments by name, as a reader sees them."""
VIA_GROUP = {**{x: group for x, (group, _) in MARKETS.items()}, **dict.fromkeys(OTHER_PAYMENTS, PAYMENTS)}
_BANK = ("deposits", "loans")
VAT = "tax.vat"


def flows(accounts: pd.DataFrame) -> pd.DataFrame:
    """Return flows of money, one row each: ``step, source, target, value, set_price``.

    Parameters
    ----------
    accounts : pandas.DataFrame
        Square: what columns pay to rows, million roubles.

    Returns
    -------
    pandas.DataFrame
        Step 0 leads from a paying agent to a market or payment, step 1 from there to the agent that receives. What
        enters a market leaves it, and every agent receives what it pays.
    """
    import pandas as pd

    rows: dict[tuple[int, str, str, bool], float] = {}
    cells = accounts.to_numpy(dtype=float)
    for i, receiver in enumerate(accounts.index):
        for j, payer in enumerate(accounts.columns):
            if cells[i, j]:
                for leg in _legs(str(payer), str(receiver)):
                    rows[leg] = rows.get(leg, 0.0) + float(cells[i, j])
    order = {x: n for n, x in enumerate((*k.AGENTS, *VIA))}
    frame = pd.DataFrame([(*key, value) for key, value in rows.items()])
    frame.columns = pd.Index(["step", "source", "target", "set_price", "value"])
    by = frame.assign(a=frame["source"].map(order), b=frame["target"].map(order))
    return (
        by.sort_values(["step", "a", "b", "set_price"], kind="stable").drop(columns=["a", "b"]).reset_index(drop=True)
    )


def agent(account: str) -> str | None:
    """Return the agent whose account this is; None for markets and pools."""
    name = account.removeprefix("act.").removeprefix("budget.")
    return name if name in k.AGENTS and name != k.BANK else None


def _legs(payer: str, receiver: str) -> list[tuple[int, str, str, bool]]:
    """Return the legs of one cell: from the payer to a market or payment, from there to the receiver, or both."""
    a, b = agent(payer), agent(receiver)
    if "capital" in (payer, receiver) or payer == VAT:
        return []  # from a producer's activity to its own budget; VAT goes straight from its market
    if a and b:
        via = _payment(a, b)
        return [(0, a, via, False), (1, via, b, False)]
    if payer in _BANK and receiver in _BANK:
        return []  # within the bank
    for pool in _BANK:
        if receiver == pool and a:
            return [(0, a, pool, False), (1, pool, k.BANK, False)]
        if payer == pool and b:
            return [(0, k.BANK, pool, False), (1, pool, b, False)]
    market = receiver if a else payer
    fixed = market in (*k.SET_PRICE, "l3")
    via = _via(market)
    if a:
        return [(0, a, via, fixed)]
    if b:
        return [(1, via, b, fixed)]
    return [(1, via, k.AUTHORITIES, fixed)] if receiver == VAT else []


def _via(account: str) -> str:
    """Return the market or payment of an account that no agent owns."""
    if account.startswith("tax."):
        return "tax"
    return "support" if account == "social_payments" else SET_PRICE_PARTS.get(account, account)


def _payment(payer: str, receiver: str) -> str:
    """Return the kind of a payment from agent to agent."""
    if payer == k.AUTHORITIES or (payer in k.PRODUCERS and receiver in k.PRODUCERS):
        return "support"
    if payer in k.PRODUCERS:
        return "profit"
    return "border" if k.OUTSIDE in (payer, receiver) else "support"
