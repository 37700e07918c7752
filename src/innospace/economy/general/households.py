"""Households: linear expenditure systems from income elasticities, and a choice between labour and leisure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from innospace.core.errors import SpecError, offenders
from innospace.core.labels import require_known
from innospace.economy.general.spec import Endowment, Spec
from innospace.economy.general.trees import Flow, Nest


def linear_expenditure(
    spending: Mapping[str, float], elasticity: Mapping[str, float], frisch: float
) -> tuple[tuple[Flow, ...], Nest]:
    """Return subsistence and the Cobb-Douglas nest of what is left, of a linear expenditure system.

    ``x_i = g_i + b_i (Y - sum_j p_j g_j) / p_i`` with ``b_i = share_i elasticity_i`` and
    ``g_i = spending_i + b_i Y / frisch`` at prices of one (Dervis, de Melo and Robinson 1982, appendix A.5).

    Parameters
    ----------
    spending : mapping of commodity to float
        In the benchmark, at prices of one.
    elasticity : mapping of commodity to float
        Of demand to income. One commodity may be left out: spending shares times elasticities sum to one.
    frisch : float
        Total spending over what is above subsistence, negative: -1 without subsistence, -6 for the poor.

    Raises
    ------
    SpecError, LabelError
        More than one elasticity is missing, one is not positive, or they do not sum to one; ``frisch`` above -1.
    """
    require_known(list(elasticity), list(spending), kind="commodity", where="elasticities of income")
    if not frisch <= -1.0:
        raise SpecError(f"The Frisch parameter is {frisch:g}.", allowed="-1 (no subsistence) or below")
    total = sum(spending.values())
    marginal = {i: spending[i] / total * e for i, e in elasticity.items()}
    missing = [i for i in spending if i not in elasticity]
    if len(missing) > 1:
        raise SpecError(
            f"Income elasticities are missing for {offenders(missing)}.", allowed="all of them, or all but one"
        )
    rest = 1.0 - sum(marginal.values())
    if missing:
        marginal[missing[0]] = rest
    elif abs(rest) > 1e-9:
        raise SpecError(
            f"Spending shares times income elasticities sum to {1.0 - rest:g}.",
            allowed="a sum of one",
            remedy="Leave one elasticity out: it then follows.",
        )
    bad = [i for i, b in marginal.items() if not b > 0.0]
    if bad:
        raise SpecError(f"Shares of marginal spending are not positive for {offenders(bad)}.", allowed="above zero")
    above = {i: -marginal[i] * total / frisch for i in spending}
    fixed = tuple(Flow(i, x - above[i]) for i, x in spending.items() if abs(x - above[i]) > 1e-12 * total)
    return fixed, Nest("consumption", 1.0, tuple(Flow(i, x) for i, x in above.items()))


def with_leisure(spec: Spec, agent: str, labour: str, *, leisure: float, elasticity: float) -> Spec:
    """Return the model in which an agent chooses between selling labour and keeping it as leisure.

    Time is labour and leisure; utility is a nest of what the agent demands now and of leisure.

    Parameters
    ----------
    spec : Spec
    agent, labour : str
        The agent demands something and owns labour.
    leisure : float
        Relative to the labour that is sold in the benchmark, above zero.
    elasticity : float
        Of substitution between leisure and everything else.

    Raises
    ------
    SpecError, LabelError
    """
    owner = spec.agent(agent)
    place = f"model {spec.name!r}, agent {agent!r}"
    require_known([labour], [e.commodity for e in owner.endowments], kind="endowment", where=place)
    if owner.demand is None:
        raise SpecError(f"{agent!r} demands nothing that leisure could replace.", where=place)
    if not leisure > 0.0:
        raise SpecError(f"Leisure is {leisure:g} of labour.", where=place, allowed="above zero")
    sold = sum(e.quantity for e in owner.endowments if e.commodity == labour)
    owned = tuple(
        Endowment(labour, e.quantity * (1.0 + leisure)) if e.commodity == labour else e for e in owner.endowments
    )
    utility = Nest("consumption and leisure", elasticity, (owner.demand, Flow(labour, leisure * sold)))
    free = replace(owner, endowments=owned, demand=utility)
    return replace(spec, agents=tuple(free if a.name == agent else a for a in spec.agents))
