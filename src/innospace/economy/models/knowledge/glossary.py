"""Words of the knowledge economy: every variable and parameter, family and member, choice, gate, agent, product."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from innospace.core.formula_text import plain
from innospace.core.terms import Term
from innospace.economy.models.knowledge import labels as k
from innospace.economy.models.knowledge.blocks import equations
from innospace.economy.models.knowledge.closure import CHOICES, Closure
from innospace.economy.models.knowledge.families import LEVER_GROUPS, PARAMETERS, VARIABLES
from innospace.economy.models.knowledge.solve import option_readings, shipped_scenarios
from innospace.economy.models.knowledge.spec import REASONS
from innospace.economy.models.knowledge.terms_results import RESULTS
from innospace.economy.models.knowledge.wording import PAPER
from innospace.economy.replication.terms import REPLICATION
from innospace.economy.system import EquationFamily, Family, Symbols

RECONSTRUCTED = "reconstruction"
TITLES = {
    **k.AGENT_TITLES,
    **{x: f"{x} {title}" for x, title in {**k.PRODUCT_TITLES, **k.LABOUR_TITLES}.items()},
    "deposits": "deposits",
    "social_payments": "social payments",
    **{f"subsidy_{i}": f"subsidies to {k.AGENT_TITLES[i].lower()}" for i in k.PRODUCERS},
}
"""Names of labels as a reader sees them."""
ROLES = {
    "calibrated": "Calibrated to the base year.",
    "assumed": "Assumed.",
    "lever": "A policy lever: scenarios may move it.",
    "path": "Comes from outside; scenarios may move it.",
    "state": "Carried over from the year before.",
}
_AGENTS = {
    k.SCIENCE: "Sells paid and free education, knowledge and non-market R&D.",
    k.INNOVATION: "Sells innovative goods in the region and outside.",
    k.OTHER: "Sells final goods to households, to the authorities and outside, and investment goods.",
    k.HOUSEHOLDS: "Sell both kinds of labour, buy final goods and education, hold deposits.",
    k.AUTHORITIES: "Take five taxes, buy at set prices, pay subsidies and social payments, set the public wage.",
    k.BANK: "Lends all deposits to producers for a year; its interest rates leave no profit.",
    k.OUTSIDE: "Buys exports, sells imports, owns a part of firms, pays transfers; the balance with it closes.",
}
_GATES = {
    "base_year_replication": "largest scaled residual of the base year with zero iterations; at most 1e-10.",
    "no_explosion": "largest sum G of knowledge coefficients times years t; stocks that build on their own output grow "
    "like 1 / (1 - G t), so it must stay below 0.5.",
    "years_solved": "years that have a solution; all must.",
    "accounts_balance": "largest difference of receipts and payments of any account and year, of GRP; at most 1e-9.",
    "walras": "excess demand in the market left out of the equations (c1), of GRP: it must clear by itself, to 1e-9.",
    "nothing_negative": "smallest price, quantity or budget; not below zero.",
    "authorities_budget": "lowest scale of the authorities' flexible items (lam.authorities); below 0.2 their budget "
    "counts as exhausted.",
    "market_part": "smallest part of a producer's output that is left for markets; at least 0.01.",
    "solvers_agree": "largest relative difference between Newton's method and iterative recalculation; at most 1e-8.",
    "homogeneity": "money, opening deposits and loans times 10: no quantity may change by more than 1e-8.",
    "money_neutrality": "money, opening deposits and loans doubled: no quantity may change by more than 1e-8.",
}


@cache
def explain_terms() -> tuple[Term, ...]:
    """Return every term of the knowledge economy; built once."""
    determined = _determined()
    terms = [t for f in VARIABLES for t in _variable(f, determined)]
    terms += [t for f in PARAMETERS for t in _parameter(f)]
    terms += _actors()
    terms += _choices()
    terms += [Term(name, "", "", f"Gate: {text}") for name, text in _GATES.items()]
    terms += [
        Term(name, "", "", f"Assumption of the model. Reason of its default: {reason}.")
        for name, reason in REASONS.items()
        if name not in {f.name for f in PARAMETERS}
    ]
    terms += [
        Term(name, "", "", f"Group of policy levers, moved by {', '.join(members)}.", "", PAPER)
        for name, members in LEVER_GROUPS.items()
    ]
    terms += _scenarios()
    return (*terms, *_equations(), *_MEASURES, *RESULTS, *REPLICATION)


_MEASURES = (
    Term(
        "growth_effect",
        "",
        "percentage points a year",
        "Average annual growth of real gross regional product under a scenario less that of the baseline.",
    ),
    Term(
        "real_GRP",
        "",
        "base year = 1",
        "Real gross regional product: chained volume index of output (Tornqvist).",
        "ln I(t) - ln I(t-1) = Σ_i (s_i(t) + s_i(t-1)) / 2 ln(Y_i(t) / Y_i(t-1))",
    ),
)


def _scenarios() -> Iterator[Term]:
    """Yield the scenarios that come with the package."""
    for name, scenario in {**shipped_scenarios(), **option_readings()}.items():
        parts = (f"{text.rstrip('.')}." for text in (scenario.title, scenario.why) if text)
        yield Term(name, "", "", f"Scenario. {' '.join(parts)}", "", PAPER, where="key scenarios of an economy step")


def _equations() -> Iterator[Term]:
    """Yield the families of equations under the default closure, by name and number."""
    for f in equations(Symbols(VARIABLES, PARAMETERS), Closure()):
        unknowns = ", ".join(e.unknown for e in f.equations)
        meaning = f"Equation ({f.number}) of the block {f.block}. {f.meaning} Determines {unknowns}."
        source = PAPER if f.origin == "paper" else RECONSTRUCTED
        yield Term(f.name, f"({f.number})", "", meaning, plain(f.typst), source, f.latex, "equations of the economy")


def _determined() -> dict[str, EquationFamily]:
    """Return the family of equations that determines each unknown, under the default closure."""
    found = equations(Symbols(VARIABLES, PARAMETERS), Closure())
    return {e.unknown: f for f in found for e in f.equations}


def _named(labels: tuple[str, ...]) -> str:
    return ", ".join(TITLES.get(x, x) for x in labels)


def _variable(family: Family, determined: dict[str, EquationFamily]) -> Iterator[Term]:
    """Yield the family and each member with the equation that determines it."""
    own = dict.fromkeys(determined[i].number for i in family.ids())
    numbers = ", ".join(f"({n})" for n in sorted(own, key=int))
    if len(family.members) > 1:
        lead = f"{_lead(family)} {len(family.members)} members, such as {family.ids()[0]}; equations {numbers}."
        yield Term(family.name, plain(family.symbol), family.unit, lead)
    for name, labels in zip(family.ids(), family.members, strict=True):
        e = determined[name]
        where = f" {_named(labels)}." if labels else ""
        source = PAPER if e.origin == "paper" else RECONSTRUCTED
        meaning = f"{_lead(family)}{where} Determined by equation ({e.number}), {e.name}. {e.meaning}"
        symbol = plain(family.symbol) if not labels else ""
        yield Term(name, symbol, family.unit, meaning, plain(e.typst), source, e.latex)


def _parameter(family: Family) -> Iterator[Term]:
    """Yield the family and each member with its role and the reason of an assumed value."""
    reason = f" Reason of the default: {REASONS[family.name]}." if family.name in REASONS else ""
    groups = [g for g, names in LEVER_GROUPS.items() if family.name in names]
    group = f" Levers: {', '.join(groups)}." if groups else ""
    about = f"{_lead(family)} Parameter. {ROLES[family.role]}{group}{reason}"
    count = f" {len(family.members)} members, such as {family.ids()[0]}." if len(family.members) > 1 else ""
    yield Term(family.name, plain(family.symbol), family.unit, about + count)
    for name, labels in zip(family.ids(), family.members, strict=True):
        if labels:
            yield Term(
                name, "", family.unit, f"{_lead(family)} {_named(labels)}. Parameter. {ROLES[family.role]}{reason}"
            )


def _lead(family: Family) -> str:
    return f"{family.title[:1].upper()}{family.title[1:]}: {family.meaning[:1].lower()}{family.meaning[1:]}"


def _actors() -> list[Term]:
    """Return agents and products, with who sells, who buys and how the price is found."""
    found = [Term(a, k.AGENT_TITLES[a], "label", f"Agent. {text}", "", PAPER) for a, text in _AGENTS.items()]
    for x, title in k.PRODUCT_TITLES.items():
        buyers = ", ".join(k.AGENT_TITLES[a].lower() for a in k.BUYERS[x])
        how = (
            "its price clears the market"
            if x in k.MARKET
            else "its price is set and the buyer's budget share adjusts"
            if x in k.SET_PRICE
            else "its price comes from outside"
        )
        text = f"Product: {title}. Sold by {k.AGENT_TITLES[k.SELLER[x]].lower()}, bought by {buyers}; {how}."
        source = RECONSTRUCTED if x in ("rf", "zf") else PAPER
        found.append(Term(x, "", "label", text, "", source))
    for x, title in k.LABOUR_TITLES.items():
        how = "the wage clears the market" if x == "l1" else "the public wage is set and budget shares adjust"
        found.append(Term(x, "", "label", f"{title}: sold by households, hired by the producers; {how}.", "", PAPER))
    return found


def _choices() -> list[Term]:
    """Return choices of rules and their options."""
    found = []
    for name, options in CHOICES.items():
        texts = "; ".join(f"{option}: {text}" for option, text in options.items())
        found.append(Term(name, "", "label", f"Choice of a rule (closure). {texts}. Default: {next(iter(options))}."))
        found += [
            Term(f"{name}.{option}", option, "label", f"Option of the choice {name}: {text}.")
            for option, text in options.items()
        ]
    return found
