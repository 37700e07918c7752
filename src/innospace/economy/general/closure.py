"""Closures: who adjusts. Changes of rules by name, and the check that the equations determine the unknowns."""

from __future__ import annotations

from dataclasses import replace

from innospace.core.errors import SpecError
from innospace.core.labels import require_known
from innospace.economy.general.spec import Condition, Instrument, Spec


def require_determined(spec: Spec) -> None:
    """Raise when a rule is missing or one too many.

    Raises
    ------
    SpecError
        Names the equation that has no unknown or the unknown that has no equation.
    """
    place = f"model {spec.name!r}"
    moved = [i.target for i in spec.instruments if i.kind == "transfer"]
    for transfer in spec.transfers:
        if transfer.rule == "free" and transfer.name not in moved:
            raise SpecError(
                f"Under-determined: nothing determines transfer.{transfer.name}, whose rule is 'free'.",
                where=place,
                remedy="Give it a rule (share, amount, rest), or an instrument with a condition.",
            )
        if transfer.rule != "free" and transfer.name in moved:
            raise SpecError(
                f"Over-determined: transfer.{transfer.name} has the rule {transfer.rule!r} and an instrument.",
                where=f"{place}, equation 'transfer {transfer.name}'",
                remedy="Make its rule 'free', or take the instrument out.",
            )
    doubled = sorted({n for n in moved if moved.count(n) > 1})
    if doubled:
        raise SpecError(f"Over-determined: several instruments move transfer.{doubled[0]}.", where=place)
    for agent in spec.agents:
        rests = [t.name for t in spec.transfers if t.payer == agent.name and t.rule == "rest"]
        if agent.demand is None and not rests:
            raise SpecError(
                f"Under-determined: the budget of {agent.name!r} has no unknown: nothing takes what is left of income.",
                where=f"{place}, equation 'budget of {agent.name}'",
                remedy="Give it a demand, or a transfer with the rule 'rest'.",
            )
        if len(rests) + (agent.demand is not None) > 1:
            taken = [*(f"transfer.{n}" for n in rests), *([f"level.{agent.name}"] if agent.demand else [])]
            raise SpecError(
                f"Over-determined: {' and '.join(taken)} are each what is left of the income of {agent.name!r}.",
                where=f"{place}, equation 'budget of {agent.name}'",
                remedy="Keep one of them.",
            )
    _require_targets(spec, place)


def _require_targets(spec: Spec, place: str) -> None:
    if not spec.instruments:
        return
    taxes = {t.name for a in spec.activities for tree in (a.inputs, a.outputs) for f in tree.flows for t in f.taxes}
    taxes |= {t.name for a in spec.agents if a.demand for f in a.demand.flows for t in f.taxes}
    goods, works = [c.name for c in spec.commodities], [a.name for a in spec.activities]
    agents, moves = [a.name for a in spec.agents], [t.name for t in spec.transfers]
    owned = list(dict.fromkeys(e.commodity for a in spec.agents for e in a.endowments))
    known = {"tax": sorted(taxes), "withhold": owned, "rent": works, "transfer": moves}
    seen: dict[tuple[str, str], str] = {}
    for instrument in spec.instruments:
        where, c = f"{place}, instrument {instrument.name!r}", instrument.condition
        require_known([instrument.target], known[instrument.kind], kind=f"target of a {instrument.kind}", where=where)
        if instrument.kind == "rent":
            require_known([instrument.collector], agents, kind="agent", where=where)
        names = {"price": goods, "wage_curve": goods, "level": [*works, *agents], "flow": [*works, *agents]}
        require_known([c.name], names.get(c.kind, moves), kind=c.kind, where=where)
        key = (c.kind, f"{c.name}.{c.flow}")
        if key in seen:
            raise SpecError(
                f"Over-determined: instruments {seen[key]!r} and {instrument.name!r} see to the same condition.",
                where=f"{place}, equation '{c.kind} of {c.name}'",
                remedy="Take one out; the other unknown then needs a condition of its own.",
            )
        seen[key] = instrument.name
        fixed = len(spec.numeraire) == 1 and c.name == spec.numeraire[0][0]
        if c.kind == "price" and not instrument.bounded and fixed:
            raise SpecError(
                f"Over-determined: price.{c.name} is the numeraire and what {instrument.name!r} sees to.",
                where=f"{place}, equation 'price of {c.name}'",
                remedy="Choose another numeraire, or another condition.",
            )


def fixed_transfer(spec: Spec, name: str, value: float) -> Spec:
    """Return the model with a transfer of a given amount at the numeraire (a given tax, a given saving)."""
    return spec.with_transfer(replace(spec.transfer(name), rule="amount", value=value, after=(), price=""))


def adjusting_transfer(spec: Spec, name: str, condition: Condition, value: float = 0.0) -> Spec:
    """Return the model in which a transfer is what a condition needs (a direct tax that keeps real spending)."""
    freed = spec.with_transfer(replace(spec.transfer(name), rule="free", after=()))
    return replace(freed, instruments=(*freed.instruments, Instrument(name, "transfer", name, condition, value)))


def keeping_transfer(spec: Spec, name: str, agent: str) -> Spec:
    """Return the model in which a transfer is what keeps the real purchases of an agent.

    With private saving and the investor, saving follows investment; with a direct tax and the government, revenue
    follows spending.

    Raises
    ------
    LabelError, SpecError
        Unknown transfer or agent, an agent without a demand, or purchases that another transfer already keeps.
    """
    from innospace.economy.general.calibrate import flatten
    from innospace.economy.general.compiled import Economy

    spec.transfer(name)
    spending = [a.name for a in spec.agents if a.demand is not None]
    require_known([agent], spending, kind="agent with a demand", where=f"transfer {name!r}")
    require_determined(spec)
    economy = Economy(spec, *flatten(spec))
    amount = economy.benchmark[economy.layout.transfer][[t.name for t in spec.transfers].index(name)]
    return adjusting_transfer(spec, name, Condition("level", agent, 1.0), float(amount))


def unemployment(spec: Spec, commodity: str, *, rate: float, elasticity: float = 0.0) -> Spec:
    """Return the model with unemployment.

    ``elasticity`` zero: the wage relative to the numeraire has a floor at its benchmark and labour beyond demand is
    idle; otherwise a wage curve ``w = w0 (u / rate)^(-elasticity)``. Endowments then count those without work.
    """
    if not 0.0 <= rate < 1.0 or (elasticity > 0.0 and rate == 0.0):
        raise SpecError(f"The rate of unemployment is {rate:g}.", allowed="0 to 1, above zero with a wage curve")
    require_known([commodity], [c.name for c in spec.commodities], kind="commodity")
    kind = "wage_curve" if elasticity else "price"
    condition = Condition(kind, commodity, 1.0, elasticity=elasticity)
    instrument = Instrument(f"unemployment.{commodity}", "withhold", commodity, condition, rate, not elasticity)
    grown = tuple(
        replace(
            a,
            endowments=tuple(
                replace(e, quantity=e.quantity / (1.0 - rate)) if e.commodity == commodity else e for e in a.endowments
            ),
        )
        for a in spec.agents
    )
    return replace(spec, agents=grown, instruments=(*spec.instruments, instrument))
