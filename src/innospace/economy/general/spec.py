"""What a general equilibrium model is: commodities, activities, agents, transfers, schedules, instruments.

The conditions are derived from this and never written by hand: each activity breaks even (paired with its level), each
commodity clears (paired with its price), each agent's income balances (paired with the income).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from innospace.core.errors import LabelError, SpecError, offenders
from innospace.core.labels import require_known
from innospace.economy.general.trees import Flow, Nest, require_sound

RULES = ("share", "amount", "rest", "free")
"""How much a transfer is: a share of income, an amount at a price, all that is left, or whatever a condition needs."""
KINDS = ("tax", "withhold", "rent", "transfer")
"""What an instrument moves: rates of a tax, a part of endowments left idle, a charge on an activity, a transfer."""
CONDITIONS = ("price", "level", "flow", "transfer", "wage_curve")
"""What an instrument sees to."""


@dataclass(frozen=True, slots=True)
class Commodity:
    """Something with one price; ``price`` is that of the benchmark."""

    name: str
    price: float = 1.0


@dataclass(frozen=True, slots=True)
class Activity:
    """A constant-returns activity at level 1 in the benchmark.

    Attributes
    ----------
    name : str
    inputs, outputs : Nest
    tax : float
        Rate on all outputs together.
    base : str
        ``cost``: receipts are ``(1 + tax) cost``; ``revenue``: ``(1 - tax) receipts`` are the cost.
    collector : str
        Who receives the tax; needed when the rate is not zero or a scenario moves it.
    calibrated : bool
        Whether it must break even in the benchmark. Without a benchmark a level is only searched for.
    """

    name: str
    inputs: Nest
    outputs: Nest
    tax: float = 0.0
    base: str = "cost"
    collector: str = ""
    calibrated: bool = True


@dataclass(frozen=True, slots=True)
class Endowment:
    """A quantity that an agent owns and sells; negative when it must buy it."""

    commodity: str
    quantity: float


@dataclass(frozen=True, slots=True)
class Stock:
    """Purchases of a commodity in proportion to the level of an activity (building of inventories)."""

    commodity: str
    activity: str
    quantity: float


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent with one budget.

    Attributes
    ----------
    name : str
    endowments : tuple of Endowment
    demand : Nest or None
        What is left of income after fixed purchases and transfers is spent on it.
    fixed : tuple of Flow
        Quantities bought whatever they cost: subsistence (LES) or real spending of a government.
    stocks : tuple of Stock
    """

    name: str
    endowments: tuple[Endowment, ...] = ()
    demand: Nest | None = None
    fixed: tuple[Flow, ...] = ()
    stocks: tuple[Stock, ...] = ()


@dataclass(frozen=True, slots=True)
class Transfer:
    """A payment between agents.

    Attributes
    ----------
    name, payer, receiver : str
    rule : str
        One of ``RULES``.
    value : float
        The share, the amount, or the amount of the benchmark.
    after : tuple of str
        Transfers of the same payer that are taken off its income before the share is applied.
    price : str
        Commodity by whose price an amount is paid; the numeraire when empty.
    """

    name: str
    payer: str
    receiver: str
    rule: str
    value: float = 0.0
    after: tuple[str, ...] = ()
    price: str = ""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Trade with an outside that is not small: ``quantity (price / price of exchange)^(-/+ elasticity)``.

    ``sells`` is true for exports (outside demand falls with the price), false for imports (outside supply rises). Trade
    is paid in the commodity ``exchange``, whose price is the exchange rate.
    """

    name: str
    commodity: str
    exchange: str
    quantity: float
    elasticity: float
    sells: bool


@dataclass(frozen=True, slots=True)
class Condition:
    """What an instrument sees to.

    Attributes
    ----------
    kind : str
        ``price``: price of ``name`` relative to the numeraire is at least (or is) ``value``; ``level``: the level of an
        activity or of an agent's demand is at most (or is) ``value``; ``flow``: the same of the quantity of ``flow`` in
        activity ``name``; ``transfer``: a transfer is ``value`` units of the numeraire; ``wage_curve``: the price of
        ``name`` relative to the numeraire is ``value (rate / base rate)^(-elasticity)``.
    name : str
    value : float
    flow : str
    elasticity : float
    """

    kind: str
    name: str
    value: float = 1.0
    flow: str = ""
    elasticity: float = 0.0


@dataclass(frozen=True, slots=True)
class Instrument:
    """A number that adjusts so that a condition holds.

    Attributes
    ----------
    name, kind : str
    target : str
        Name of a tax, commodity of an endowment, activity or transfer.
    condition : Condition
    value : float
        In the benchmark.
    bounded : bool
        True: not below zero, and the condition is an inequality that binds where the instrument is positive.
    collector : str
        Who receives a rent.
    """

    name: str
    kind: str
    target: str
    condition: Condition
    value: float = 0.0
    bounded: bool = False
    collector: str = ""


@dataclass(frozen=True, slots=True)
class Spec:
    """A model.

    Attributes
    ----------
    name : str
    commodities, activities, agents, transfers, schedules, instruments : tuple
    numeraire : tuple of (str, float)
        Commodities and weights of the price index that is held at its benchmark; one commodity as a rule.
    complementary : bool
        Activities may shut down and commodities may be free.
    """

    name: str
    commodities: tuple[Commodity, ...]
    activities: tuple[Activity, ...]
    agents: tuple[Agent, ...]
    numeraire: tuple[tuple[str, float], ...]
    transfers: tuple[Transfer, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    instruments: tuple[Instrument, ...] = ()
    complementary: bool = False
    title: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        require_whole(self)

    def agent(self, name: str) -> Agent:
        """Return an agent."""
        require_known([name], [a.name for a in self.agents], kind="agent", where=f"model {self.name!r}")
        return next(a for a in self.agents if a.name == name)

    def transfer(self, name: str) -> Transfer:
        """Return a transfer."""
        require_known([name], [t.name for t in self.transfers], kind="transfer", where=f"model {self.name!r}")
        return next(t for t in self.transfers if t.name == name)

    def with_transfer(self, transfer: Transfer) -> Spec:
        """Return the model with one transfer in the place of the one of its name."""
        self.transfer(transfer.name)
        return replace(self, transfers=tuple(transfer if t.name == transfer.name else t for t in self.transfers))

    def with_numeraire(self, *weights: tuple[str, float]) -> Spec:
        """Return the model in other units of account."""
        return replace(self, numeraire=weights)


def require_whole(spec: Spec) -> None:
    """Raise unless every name that is used is declared once, every tree is sound, rules are known.

    Raises
    ------
    SpecError, LabelError
    """
    place = f"model {spec.name!r}"
    goods, agents = [c.name for c in spec.commodities], [a.name for a in spec.agents]
    works, moves = [a.name for a in spec.activities], [t.name for t in spec.transfers]
    for kind, names in (("commodity", goods), ("agent", agents), ("activity", works), ("transfer", moves)):
        _require_once(names, kind, place)
    _require_once([*works, *agents], "activity or agent", place)
    known = dict.fromkeys(goods)
    for activity in spec.activities:
        where = f"{place}, activity {activity.name!r}"
        require_known([activity.base], ("cost", "revenue"), kind="base of a tax", where=where)
        for tree in (activity.inputs, activity.outputs):
            _require_tree(tree, known, agents, where)
        if activity.collector or activity.tax:
            require_known([activity.collector], agents, kind="agent", where=where)
    for agent in spec.agents:
        where = f"{place}, agent {agent.name!r}"
        require_known([e.commodity for e in agent.endowments], goods, kind="commodity", where=where)
        require_known([s.commodity for s in agent.stocks], goods, kind="commodity", where=where)
        require_known([s.activity for s in agent.stocks], works, kind="activity", where=where)
        require_known([f.commodity for f in agent.fixed], goods, kind="commodity", where=where)
        if agent.demand is not None:
            _require_tree(agent.demand, known, agents, where)
    _require_transfers(spec, agents, moves, goods)
    for schedule in spec.schedules:
        require_known([schedule.commodity, schedule.exchange], goods, kind="commodity", where=place)
    for name, weight in spec.numeraire:
        require_known([name], goods, kind="commodity", where=f"{place}, numeraire")
        if not weight > 0.0:
            raise SpecError(f"The numeraire weights {name!r} by {weight:g}.", where=place, allowed="above zero")
    if not spec.numeraire:
        raise SpecError(
            "The model has no numeraire: all prices could be doubled.", where=place, remedy="Name a commodity."
        )
    _require_traded(spec, place)
    for instrument in spec.instruments:
        require_known([instrument.kind], KINDS, kind="kind of instrument", where=place)
        require_known([instrument.condition.kind], CONDITIONS, kind="condition", where=place)


def _require_transfers(spec: Spec, agents: Sequence[str], moves: Sequence[str], goods: Sequence[str]) -> None:
    for transfer in spec.transfers:
        where = f"model {spec.name!r}, transfer {transfer.name!r}"
        require_known([transfer.rule], RULES, kind="rule", where=where)
        require_known([transfer.payer, transfer.receiver], agents, kind="agent", where=where)
        require_known(transfer.after, moves, kind="transfer", where=where)
        if transfer.price:
            require_known([transfer.price], goods, kind="commodity", where=where)


def _require_tree(tree: Nest, known: Mapping[str, None], agents: Sequence[str], where: str) -> None:
    require_sound(tree, where)
    flows = tree.flows
    unknown = [f.commodity for f in flows if f.commodity not in known]
    if unknown:
        raise LabelError(
            f"Nests hold commodities that the model does not have: {offenders(dict.fromkeys(unknown))}.",
            where=where,
            allowed=offenders(known, shown=12),
        )
    collectors = {t.collector for f in flows if f.taxes for t in f.taxes}
    if collectors:
        require_known(sorted(collectors), agents, kind="agent", where=where)


def _require_once(names: Sequence[str], kind: str, place: str) -> None:
    doubled = sorted(n for n, count in Counter(names).items() if count > 1)
    if doubled:
        raise SpecError(f"Names stand twice among {kind} names: {offenders(doubled)}.", where=place)


def _require_traded(spec: Spec, place: str) -> None:
    supplied = {f.commodity for a in spec.activities for f in a.outputs.flows}
    supplied |= {e.commodity for a in spec.agents for e in a.endowments}
    supplied |= {s.commodity for s in spec.schedules} | {s.exchange for s in spec.schedules}
    used = {f.commodity for a in spec.activities for f in a.inputs.flows}
    used |= {f.commodity for a in spec.agents if a.demand for f in a.demand.flows}
    used |= {f.commodity for a in spec.agents for f in a.fixed} | {s.commodity for s in spec.schedules}
    used |= {s.commodity for a in spec.agents for s in a.stocks}
    used |= {s.exchange for s in spec.schedules}
    names = [c.name for c in spec.commodities]
    never = [n for n in names if n not in supplied]
    if never:
        raise SpecError(
            f"Nothing supplies {offenders(never)}, so no equation determines the price.",
            where=place,
            remedy="Give an agent an endowment of it, or an activity an output.",
        )
    idle = [n for n in names if n not in used]
    if idle and not spec.complementary:
        raise SpecError(
            f"Nothing uses {offenders(idle)}, so its market cannot clear at a positive price.",
            where=place,
            remedy="Leave it out, or allow free commodities: complementary = true.",
        )
