"""One year of many regions in the language of the general engine; the conditions are derived from it."""

from __future__ import annotations

from innospace.economy.general.spec import Activity, Agent, Commodity, Endowment, Spec, Transfer
from innospace.economy.general.trees import Flow, Nest, single
from innospace.economy.models.regions.assumptions import Assumptions
from innospace.economy.models.regions.base_year import BaseYear

CENTRE = "centre"
"""Agent that passes levies on as grants."""
KINDS = ("value", "goods", "mix", "research", "capital", "labour")
"""Commodities of every region: ``goods.CODE`` is what it makes and sells, ``mix.CODE`` what it buys from all."""


def region_spec(base: BaseYear, assumptions: Assumptions | None = None) -> Spec:
    """Return the model of one year.

    In every region capital and labour make value added, value added and bought goods make goods (fixed proportions),
    goods of all regions make the mix that is bought (Armington), and labour, capital and the mix make R&D. Households
    own capital and labour; they save a share, pay for R&D with another, and consume the rest. Net transfers, where
    the base year has some, are levies on households that a centre pays out as grants, amounts at the numeraire, which
    is the basket of all mixes.

    Parameters
    ----------
    base : BaseYear
    assumptions : Assumptions, optional
        Those that the base year was made with.
    """
    a = assumptions or Assumptions()
    commodities = tuple(Commodity(f"{kind}.{r}") for kind in KINDS for r in base.codes)
    parts = [_region(base, k, a) for k in range(len(base.codes))]
    weights = tuple((f"mix.{r}", float(y)) for r, y in zip(base.codes, base.bought, strict=True))
    return Spec(
        f"{len(base.codes)} regions",
        commodities,
        tuple(x for works, _, _ in parts for x in works),
        (*(x for _, agents, _ in parts for x in agents), *((Agent(CENTRE),) if base.transfers.any() else ())),
        weights,
        (*_grants(base), *(x for _, _, moves in parts for x in moves)),
        title="Regions that trade and learn from each other",
    )


def _grants(base: BaseYear) -> tuple[Transfer, ...]:
    """Return levies to the centre and its grants; the last grant is what is left, since a centre buys nothing."""
    moves = [
        Transfer(f"levy.{r}", f"household.{r}", CENTRE, "amount", float(-x))
        for r, x in zip(base.codes, base.transfers, strict=True)
        if x < 0.0
    ]
    paid = [(r, float(x)) for r, x in zip(base.codes, base.transfers, strict=True) if x > 0.0]
    moves += [Transfer(f"grant.{r}", CENTRE, f"household.{r}", "amount", x) for r, x in paid[:-1]]
    moves += [Transfer(f"grant.{r}", CENTRE, f"household.{r}", "rest") for r, _ in paid[-1:]]
    return tuple(moves)


def _region(
    base: BaseYear, k: int, a: Assumptions
) -> tuple[tuple[Activity, ...], tuple[Agent, ...], tuple[Transfer, ...]]:
    r, output, spent, income = base.codes[k], base.output[k], base.research[k], base.income[k]
    added = (1.0 - a.materials_share) * output
    labour, capital = a.labour_share * added, (1.0 - a.labour_share) * added
    wages, rents = a.research_labour * spent, a.research_capital * spent
    factors = Nest("factors", a.capital_labour_elasticity, (Flow(f"capital.{r}", capital), Flow(f"labour.{r}", labour)))
    cost = Nest("cost", 0.0, (Flow(f"value.{r}", added), Flow(f"mix.{r}", output - added)))
    lab = Nest(
        "cost",
        0.0,
        (Flow(f"labour.{r}", wages), Flow(f"capital.{r}", rents), Flow(f"mix.{r}", spent - wages - rents)),
    )
    origins = tuple(map(Flow, [f"goods.{o}" for o in base.codes], base.trade[:, k].tolist()))
    works = (
        Activity(f"value.{r}", factors, single("output", f"value.{r}", added)),
        Activity(f"goods.{r}", cost, single("output", f"goods.{r}", output)),
        Activity(
            f"mix.{r}", Nest("origins", a.origin_elasticity, origins), single("output", f"mix.{r}", base.bought[k])
        ),
        Activity(f"research.{r}", lab, single("output", f"research.{r}", spent)),
    )
    saved = a.saving_share * income
    left = income - saved - spent
    after = (f"levy.{r}",) if base.transfers[k] < 0.0 else ()
    agents = (
        Agent(
            f"household.{r}",
            (Endowment(f"capital.{r}", capital + rents), Endowment(f"labour.{r}", labour + wages)),
            single("consumption", f"mix.{r}", left),
        ),
        Agent(f"investor.{r}", (), single("investment", f"mix.{r}", saved)),
        Agent(f"laboratory.{r}", (), single("research", f"research.{r}", spent)),
    )
    moves = (
        Transfer(f"saving.{r}", f"household.{r}", f"investor.{r}", "share", a.saving_share, after),
        Transfer(f"research.{r}", f"household.{r}", f"laboratory.{r}", "share", spent / income, after),
    )
    return works, agents, moves
