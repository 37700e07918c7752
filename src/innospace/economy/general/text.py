"""The conditions of a model as equations to read: plain text and LaTeX, one for every unknown.

Prices of nests are relative to the benchmark; ``paid(a, c)`` is the price of a commodity with the taxes on that flow,
relative to the benchmark. Quantities of flows follow from their nests and are written out once each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from innospace.economy.general.compiled import Economy
from innospace.economy.general.spec import Transfer

_UNKNOWN = re.compile(r"(?:price|level|cost|use|income|transfer|instrument)\.[^\s()^,]+")
_CALL = re.compile(r"(?:flow|paid|endowment|tax)\([^()]*\)")


@dataclass(frozen=True, slots=True)
class EquationText:
    """A condition, the unknown it determines, and both notations."""

    name: str
    unknown: str
    text: str
    latex: str


def equations(economy: Economy) -> tuple[EquationText, ...]:
    """Return every condition, in the order of the unknowns."""
    found = {
        **dict(_markets(economy)),
        **dict(_levels(economy)),
        **dict(_nests(economy)),
        **dict(_budgets(economy)),
        **dict(_aims(economy)),
    }
    out = []
    for k, unknown in enumerate(economy.unknowns):
        text = found[unknown]
        if k == economy.dropped:
            text = " + ".join(f"{_n(w)} price.{c}" for c, w in economy.spec.numeraire) + " = its benchmark"
        if economy.bounded[k]:
            text = text.replace(" = ", " >= ", 1) + f", {unknown} >= 0, one of them with equality"
        out.append(EquationText(economy.equation_of(k), unknown, text, _latex(text)))
    return tuple(out)


def flows(economy: Economy) -> tuple[EquationText, ...]:
    """Return the compensated supply or demand of every flow."""
    a = economy.arrays
    out = []
    for leaf, (owner, good) in enumerate(a.leaf_names):
        n = int(a.leaf_node[leaf])
        node, bend = a.node_names[n], float(economy.part(economy.parameters.values, "elasticity")[n])
        text = f"flow({owner}, {good}) = {_n(a.leaf_quantity[leaf])} level.{owner} use.{node}"
        if bend:
            pair = (f"paid({owner}, {good})", f"cost.{node}")
            top, bottom = pair if a.node_side[n] < 0 else pair[::-1]
            text += f" ({top} / {bottom})^{_n(bend)}"
        out.append(EquationText("flow", f"flow({owner}, {good})", text, _latex(text)))
    return tuple(out)


def _n(value: float) -> str:
    return f"{value:.6g}"


def _markets(e: Economy) -> Iterator[tuple[str, str]]:
    a, spec = e.arrays, e.spec
    up: dict[str, list[str]] = {c.name: [] for c in spec.commodities}
    down: dict[str, list[str]] = {c.name: [] for c in spec.commodities}
    for leaf, (owner, good) in enumerate(a.leaf_names):
        (up if a.leaf_side[leaf] < 0 else down)[good].append(f"flow({owner}, {good})")
    idle = {i.target: f" (1 - instrument.{i.name})" for i in spec.instruments if i.kind == "withhold"}
    for agent in spec.agents:
        for own in agent.endowments:
            up[own.commodity].append(f"endowment({agent.name}, {own.commodity}){idle.get(own.commodity, '')}")
        for f in agent.fixed:
            down[f.commodity].append(_n(f.quantity))
        for s in agent.stocks:
            down[s.commodity].append(f"{_n(s.quantity)} level.{s.activity}")
    for t in spec.schedules:
        sign = "-" if t.sells else ""
        traded = f"{_n(t.quantity)} (price.{t.commodity} / price.{t.exchange})^{sign}{_n(t.elasticity)}"
        paid = f"price.{t.commodity} / price.{t.exchange} {traded}"
        (down if t.sells else up)[t.commodity].append(traded)
        (up if t.sells else down)[t.exchange].append(paid)
    for c in spec.commodities:
        yield f"price.{c.name}", f"{' + '.join(up[c.name]) or '0'} = {' + '.join(down[c.name]) or '0'}"


def _levels(e: Economy) -> Iterator[tuple[str, str]]:
    a, spec = e.arrays, e.spec
    for k, activity in enumerate(spec.activities):
        cost = f"{_n(a.node_value[a.root_in[k]])} cost.{a.node_names[a.root_in[k]]}"
        gain = f"{_n(a.node_value[a.root_out[k]])} cost.{a.node_names[a.root_out[k]]}"
        rent = "".join(
            f" + instrument.{i.name}" for i in spec.instruments if i.kind == "rent" and i.target == activity.name
        )
        if activity.base == "cost":
            tax = f" + tax({activity.name})" if activity.collector else ""
            charge = f"(1{tax}{rent}) " if tax or rent else ""
            yield f"level.{activity.name}", f"{charge}{cost} = {gain}"
        else:
            charge = f"(1{rent}) " if rent else ""
            yield f"level.{activity.name}", f"{charge}{cost} = (1 - tax({activity.name})) {gain}"
    for k, agent in enumerate(a.demanding):
        name, root = spec.agents[int(agent)].name, int(a.root_demand[k])
        spent = f"{_n(a.node_value[root])} cost.{a.node_names[root]} level.{name}"
        yield f"level.{name}", f"{spent} = {_left(e, name)}"


def _left(e: Economy, name: str) -> str:
    agent = e.spec.agent(name)
    less = [f"{_n(f.quantity)} price.{f.commodity}" for f in agent.fixed]
    less += [f"{_n(s.quantity)} price.{s.commodity} level.{s.activity}" for s in agent.stocks]
    less += [f"transfer.{t.name}" for t in e.spec.transfers if t.payer == name]
    return " - ".join((f"income.{name}", *less))


def _nests(e: Economy) -> Iterator[tuple[str, str]]:
    a, bends = e.arrays, e.part(e.parameters.values, "elasticity")
    labels = [f"paid({o}, {c})" for o, c in a.leaf_names] + [f"cost.{a.node_names[n]}" for n in a.inner]
    children: dict[int, list[tuple[float, str]]] = {}
    for parent, share, label in zip(a.edge_parent, a.edge_share, labels, strict=True):
        children.setdefault(int(parent), []).append((float(share), label))
    for n, name in enumerate(a.node_names):
        power = 1.0 - a.node_side[n] * bends[n]
        if power == 0.0:
            right = " ".join(f"{label}^{_n(share)}" for share, label in children[n])
        elif power == 1.0:
            right = " + ".join(f"{_n(share)} {label}" for share, label in children[n])
        else:
            inside = " + ".join(f"{_n(share)} {label}^{_n(power)}" for share, label in children[n])
            right = f"({inside})^(1 / {_n(power)})"
        yield f"cost.{name}", f"cost.{name} = {right}"
        up = int(a.node_parent[n])
        if up < 0:
            yield f"use.{name}", f"use.{name} = 1"
            continue
        pair = (f"cost.{a.node_names[up]}", f"cost.{name}")
        top, bottom = pair if a.node_side[n] > 0 else pair[::-1]
        bent = f" ({top} / {bottom})^{_n(bends[up])}" if bends[up] else ""
        yield f"use.{name}", f"use.{name} = use.{a.node_names[up]}{bent}"


def _budgets(e: Economy) -> Iterator[tuple[str, str]]:
    spec = e.spec
    trees = [(a.name, t) for a in spec.activities for t in (a.inputs, a.outputs)]
    trees += [(a.name, a.demand) for a in spec.agents if a.demand is not None]
    for agent in spec.agents:
        terms = [f"price.{o.commodity} endowment({agent.name}, {o.commodity})" for o in agent.endowments]
        terms += [f"tax({a.name}) receipts of {a.name}" for a in spec.activities if a.collector == agent.name and a.tax]
        terms += [
            f"{t.name}({owner}, {f.commodity}) price.{f.commodity} flow({owner}, {f.commodity})"
            for owner, tree in trees
            for f in tree.flows
            for t in f.taxes
            if t.collector == agent.name
        ]
        terms += [f"instrument.{i.name} cost of {i.target}" for i in spec.instruments if i.collector == agent.name]
        terms += [f"transfer.{t.name}" for t in spec.transfers if t.receiver == agent.name]
        yield f"income.{agent.name}", f"income.{agent.name} = {' + '.join(terms) or '0'}"
    for transfer in spec.transfers:
        yield f"transfer.{transfer.name}", f"{_transfer(e, transfer)}"


def _transfer(e: Economy, t: Transfer) -> str:
    if t.rule == "share":
        base = " - ".join((f"income.{t.payer}", *(f"transfer.{n}" for n in t.after)))
        return f"transfer.{t.name} = {_n(t.value)} ({base})" if t.after else f"transfer.{t.name} = {_n(t.value)} {base}"
    if t.rule == "amount":
        return f"transfer.{t.name} = {_n(t.value)} price.{t.price or 'numeraire'}"
    if t.rule == "rest":
        return f"0 = {_left(e, t.payer)}"
    by = next(i.name for i in e.spec.instruments if i.kind == "transfer" and i.target == t.name)
    return f"transfer.{t.name} = instrument.{by}"


def _aims(e: Economy) -> Iterator[tuple[str, str]]:
    for i in e.spec.instruments:
        c = i.condition
        said = {
            "price": f"price.{c.name} relative to the numeraire = {_n(c.value)}",
            "wage_curve": f"price.{c.name} relative to the numeraire = {_n(c.value)} "
            f"(instrument.{i.name} / {_n(i.value)})^-{_n(c.elasticity)}",
            "level": f"{_n(c.value)} = level.{c.name}",
            "flow": f"{_n(c.value)} = flow({c.name}, {c.flow})",
            "transfer": f"transfer.{c.name} = {_n(c.value)} units of the numeraire",
        }
        yield f"instrument.{i.name}", said[c.kind]


def _latex(text: str) -> str:
    """Return the text in LaTeX: names upright, powers and products as such."""
    import re

    marked = re.sub(
        r"(?:price|level|cost|use|income|transfer|instrument)\.[^\s()^,]+", lambda m: _name(m.group()), text
    )
    marked = re.sub(r"(?:flow|paid|endowment|tax)\([^()]*\)", lambda m: _name(m.group()), marked)
    marked = re.sub(r"\^(-?[0-9.e+-]+)", r"^{\1}", marked)
    marked = re.sub(r"\^\((1 / [^()]+)\)", r"^{\1}", marked)
    return marked.replace(" >= ", r" \ge ")


def _name(text: str) -> str:
    escaped = text.replace("_", r"\_").replace("&", r"\&").replace("%", r"\%")
    return rf"\text{{{escaped}}}"
