"""Agents, products and markets of the knowledge economy, and who trades what."""

from __future__ import annotations

SCIENCE, INNOVATION, OTHER = "science_education", "innovation", "other_industries"
PRODUCERS = (SCIENCE, INNOVATION, OTHER)
HOUSEHOLDS, AUTHORITIES, BANK, OUTSIDE = "households", "authorities", "bank", "outside"
AGENTS = (*PRODUCERS, HOUSEHOLDS, AUTHORITIES, BANK, OUTSIDE)
AGENT_TITLES = {
    SCIENCE: "Science and education",
    INNOVATION: "Innovation sector",
    OTHER: "Other industries",
    HOUSEHOLDS: "Households",
    AUTHORITIES: "Authorities",
    BANK: "Bank",
    OUTSIDE: "Outside world",
}

MARKET = ("c1", "i1", "n1", "r1", "z1")
"""Products whose price clears the market."""
SET_PRICE = ("g1", "rf", "zf")
"""Products whose price the authorities set; the market clears through their budget."""
ORDERED = ("rf", "zf")
"""Set-price products whose quantity the authorities can order."""
EXPORTS = ("c2", "n2", "z2")
PRODUCTS = (*MARKET, *SET_PRICE, *EXPORTS)
COMPOSITES = ("c1", "i1", "n1")
"""Products that are also imported."""
PRODUCT_TITLES = {
    "c1": "Final goods for households",
    "i1": "Investment goods",
    "n1": "Innovative goods",
    "r1": "Education and training, paid",
    "z1": "Knowledge (R&D services), paid",
    "g1": "Final goods for the authorities",
    "rf": "Free education",
    "zf": "Non-market R&D",
    "c2": "Final goods sold outside",
    "n2": "Innovative goods sold outside",
    "z2": "Knowledge sold outside",
}
LABOUR = ("l1", "l3")
LABOUR_TITLES = {"l1": "Private-sector labour", "l3": "Public-sector labour"}

SELLER = {
    **dict.fromkeys(("r1", "z1", "rf", "zf", "z2"), SCIENCE),
    **dict.fromkeys(("n1", "n2"), INNOVATION),
    **dict.fromkeys(("c1", "g1", "i1", "c2"), OTHER),
}
BUYERS = {
    "c1": (HOUSEHOLDS,),
    "i1": PRODUCERS,
    "n1": (*PRODUCERS, AUTHORITIES),
    "r1": (*PRODUCERS, HOUSEHOLDS),
    "z1": PRODUCERS,
    "g1": (AUTHORITIES,),
    "rf": (AUTHORITIES,),
    "zf": (AUTHORITIES,),
    "c2": (OUTSIDE,),
    "n2": (OUTSIDE,),
    "z2": (OUTSIDE,),
}
DEMANDS = tuple((a, x) for x in ("i1", "n1", "r1", "z1", "c1") for a in BUYERS[x])
"""Demands at market prices: agent, product."""
DEPOSITORS = (*PRODUCERS, HOUSEHOLDS)
KNOWLEDGE = {"Z": "z1", "R": "r1", "N": "n1"}
"""Knowledge stocks and the product whose purchases build them."""

PRODUCER_ITEMS = ("l1", "l3", "i1", "n1", "r1", "z1", "households", "outside", "deposits")
"""What a producer's budget is spent on: wages, purchases, distributed profit by owner, deposits."""
HOUSEHOLD_ITEMS = ("c1", "r1", "outside", "deposits")
FLEXIBLE = ("n1", "social_payments", *(f"subsidy_{i}" for i in PRODUCERS))
"""Items of the authorities that shrink or grow together when set-price purchases or revenue change."""
ITEMS = {**dict.fromkeys(PRODUCERS, PRODUCER_ITEMS), HOUSEHOLDS: HOUSEHOLD_ITEMS, AUTHORITIES: (*FLEXIBLE, *SET_PRICE)}

ACCOUNTS = (
    *(f"act.{i}" for i in PRODUCERS),
    *("c1", "g1", "i1", "n1", "r1", "rf", "z1", "zf", "c2", "n2", "z2", "l1", "l3", "capital"),
    *(f"budget.{i}" for i in PRODUCERS),
    *(HOUSEHOLDS, AUTHORITIES, "tax.vat", "tax.profit", "tax.property", "tax.income", "tax.social"),
    *("social_payments", "deposits", "loans", OUTSIDE),
)


def sold_by(producer: str, kinds: tuple[str, ...]) -> tuple[str, ...]:
    """Return the products among ``kinds`` that a producer sells."""
    return tuple(x for x in kinds if SELLER[x] == producer)
