"""What the policy brief found, in our words, and how each finding is held against a panel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from innospace.firms.internationalisation.waves import TwoWaves
from innospace.firms.internationalisation.wording import words

PRODUCTIVITY = "log points of productivity"
INDEX = "points of the probit index"


@dataclass(frozen=True, slots=True)
class Line:
    """One comparison that a finding implies.

    Attributes
    ----------
    text : str
        What is compared.
    weights : mapping of str to float
        Coefficients, named ``{equation}: {regressor}``, and their weights; the sum is estimated.
    channels : tuple of str
        Channels whose starters it rests on.
    """

    text: str
    weights: Mapping[str, float]
    channels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """A finding of the brief.

    Attributes
    ----------
    key : str
        Short and stable.
    statement : str
    lines : tuple of Line
        Each is expected to be positive; with ``null``, all are expected to be zero together.
    unit : str
    null : bool
    """

    key: str
    statement: str
    lines: tuple[Line, ...]
    unit: str = INDEX
    null: bool = field(default=False)


def claims(waves: TwoWaves) -> tuple[Claim, ...]:
    """Return the findings that this panel has the columns for."""
    plan = waves.plan
    has = set(plan.channels)
    found = [*_selection(plan.channels)]
    found += _learning(plan.channels, plan.outcomes)
    if "competition" in plan.traits:
        found.append(_none("competition", "Pressure of competition does nothing for innovation.", plan.outcomes))
    if waves.interaction and "product" in plan.outcomes:
        line = Line("share of imported inputs x start of machinery", {f"start product: {waves.interaction}": 1.0})
        found.append(
            Claim(
                "complementarity",
                "Starting to import machinery does more for new products where the share of imported inputs was high.",
                (line,),
            )
        )
    if plan.partners:
        found += _partners(waves)
    if plan.owners:
        found += _owners(waves)
    return tuple(c for c in found if c.lines and all(set(line.channels) <= has for line in c.lines))


def _start(outcome: str, *terms: tuple[str, float]) -> dict[str, float]:
    return {f"start {outcome}: {name}": weight for name, weight in terms}


def _selection(channels: Sequence[str]) -> list[Claim]:
    bigger = [Line(f"size, entry into {words(c)}", {f"entry {c}: size": 1.0}, (c,)) for c in channels]
    better = [Line(f"productivity, entry into {words(c)}", {f"entry {c}: productivity": 1.0}, (c,)) for c in channels]
    found = [
        Claim("selection_size", "Larger firms select themselves into trade.", tuple(bigger)),
        Claim(
            "selection_productivity",
            "More productive firms select themselves into exporting and importing machinery.",
            tuple(line for line in better if line.channels[0] != "inputs"),
        ),
    ]
    if len(set(channels) & {"export", "machinery", "inputs"}) == 3:
        gap = {"ex ante export: export_starter": 1.0}
        gap |= {"ex ante machinery: machinery_starter": -0.5, "ex ante inputs: inputs_starter": -0.5}
        deep = {"ex ante machinery: machinery_starter": 1.0, "ex ante inputs: inputs_starter": -1.0}
        found += [
            Claim(
                "premium_export_import",
                "Before they enter, exporters are further ahead in productivity than importers.",
                (Line("later exporters less later importers", gap, ("export", "machinery", "inputs")),),
                PRODUCTIVITY,
            ),
            Claim(
                "premium_machinery_inputs",
                "Selection is stronger for importers of machinery than for importers of inputs.",
                (Line("later importers of machinery less of inputs", deep, ("machinery", "inputs")),),
                PRODUCTIVITY,
            ),
        ]
    if "inputs" in channels:
        line = Line("later importers of inputs less never", {"ex ante inputs: inputs_starter": 1.0}, ("inputs",))
        statement = "New importers of inputs were no more productive than firms that never imported them."
        found.append(Claim("inputs_never", statement, (line,), PRODUCTIVITY, null=True))
    lines = [Line(f"continuous less never, {words(c)}", {f"level {c}: {c}_continuous": 1.0}) for c in channels]
    statement = "Firms that trade in both waves are more productive than those that never do."
    return [*found, Claim("premium_continuous", statement, tuple(lines), PRODUCTIVITY)]


def _learning(channels: Sequence[str], outcomes: Sequence[str]) -> list[Claim]:
    every = set(channels) >= {"export", "machinery", "inputs"}
    entry = [
        Line(f"new exporters less never, {words(o)}", _start(o, ("export_starter", 1.0)), ("export",)) for o in outcomes
    ]
    longer = [
        Line(
            f"continuous less new exporters, {words(o)}",
            _start(o, ("export_continuous", 1.0), ("export_starter", -1.0)),
            ("export",),
        )
        for o in outcomes
    ]
    found = []
    if "export" in channels:
        found += [
            Claim("learning_export", "Firms that start to export start to innovate more often.", tuple(entry)),
            Claim(
                "continuous_new",
                "Firms that export in both waves start to innovate more often than new exporters.",
                tuple(longer),
            ),
        ]
    if every:
        more = (("machinery_starter", 0.5), ("inputs_starter", 0.5), ("export_starter", -1.0))
        kinds = (("machinery_starter", 1.0), ("inputs_starter", -1.0))
        found += [
            Claim(
                "import_export",
                "Starting to import teaches more than starting to export.",
                tuple(
                    Line(f"new importers less new exporters, {words(o)}", _start(o, *more), tuple(channels))
                    for o in outcomes
                ),
            ),
            Claim(
                "machinery_inputs",
                "Importing machinery teaches more than importing raw materials and components.",
                tuple(
                    Line(
                        f"new importers of machinery less of inputs, {words(o)}",
                        _start(o, *kinds),
                        ("machinery", "inputs"),
                    )
                    for o in outcomes
                ),
            ),
        ]
    return found


def _partners(waves: TwoWaves) -> list[Claim]:
    foreign, domestic = waves.plan.partners
    outcomes = waves.plan.outcomes
    both = [Line(f"new {k} partners, {words(o)}", _start(o, (p, 1.0))) for o in outcomes for k, p in _kinds(waves)]
    home = tuple(
        Line(f"domestic less foreign partners, {words(o)}", _start(o, (domestic, 1.0), (foreign, -1.0)))
        for o in outcomes
    )
    found = [
        Claim("partners", "New partners, foreign and domestic, go with starting to innovate.", tuple(both)),
        Claim("domestic_foreign", "Domestic partners do more than foreign ones.", home),
    ]
    if "rd" in outcomes:
        rest = [
            Line(f"foreign partners, R&D less {words(o)}", {f"start rd: {foreign}": 1.0, f"start {o}: {foreign}": -1.0})
            for o in outcomes
            if o != "rd"
        ]
        found.append(Claim("foreign_rd", "Foreign partners do most for R&D.", tuple(rest)))
    markets = [
        Line(f"{words(m)}, {foreign.replace('_', ' ')}", {f"{foreign}: {m}_before": 1.0}) for m in waves.plan.markets
    ]
    places = [
        Line(f"{c.replace('_', ' ')}, {foreign.replace('_', ' ')}", {f"{foreign}: {c}": 1.0}) for c in waves.locations
    ]
    found.append(
        Claim("markets_partners", "Exporting, to the CIS and beyond, brings foreign partners.", tuple(markets))
    )
    statement = "Firms in the capital and in regional capitals win foreign partners more often."
    found.append(Claim("location_partners", statement, tuple(places)))
    if "catching_up" in waves.plan.traits:
        line = Line("catching up, new domestic partner", {f"{domestic}: catching_up": 1.0})
        statement = "Firms that are catching up look for domestic partners."
        found.append(Claim("catching_up", statement, (line,)))
    if "group" in waves.plan.traits:
        lines = tuple(Line(f"in no group, {p.replace('_', ' ')}", {f"{p}: group": -1.0}) for p in waves.plan.partners)
        found.append(Claim("group_partners", "Members of a group win new partners less often.", lines))
    return found


def _kinds(waves: TwoWaves) -> tuple[tuple[str, str], ...]:
    foreign, domestic = waves.plan.partners
    return (("foreign", foreign), ("domestic", domestic))


def _none(column: str, statement: str, outcomes: Sequence[str]) -> Claim:
    lines = tuple(Line(f"{column.replace('_', ' ')}, {words(o)}", _start(o, (column, 1.0))) for o in outcomes)
    return Claim(column, statement, lines, null=True)


def _owners(waves: TwoWaves) -> list[Claim]:
    plan = waves.plan
    foreign, state = plan.owners
    acts = [Line(f"state owner, {words(o)}", _start(o, (state, 1.0))) for o in plan.outcomes if o != "product"]
    found = [_none(foreign, "A foreign owner does nothing for innovation directly.", plan.outcomes)]
    found.append(Claim("state_acts", "State owners raise R&D and new technologies.", tuple(acts)))
    if "product" in plan.outcomes:
        line = Line("state owner, product", _start("product", (state, 1.0)))
        found.append(Claim("state_product", "State owners do nothing for new products.", (line,), null=True))
    if plan.partners:
        line = Line("foreign owner, new foreign partner", {f"{plan.partners[0]}: {foreign}": 1.0})
        found.append(Claim("foreign_partner", "A foreign owner raises the chance of a new foreign partner.", (line,)))
        none = tuple(Line(f"state owner, {p.replace('_', ' ')}", {f"{p}: {state}": 1.0}) for p in plan.partners)
        found.append(Claim("state_partners", "State owners do nothing for new partners.", none, null=True))
    return found
