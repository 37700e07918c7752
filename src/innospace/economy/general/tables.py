"""Tables of a solved general equilibrium model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from innospace.core.numbers import show
from innospace.core.table import Column, Table
from innospace.economy.general import macro_tables
from innospace.economy.general.accounts import accounts
from innospace.economy.general.channels import CLOSED
from innospace.economy.general.text import equations as written
from innospace.economy.general.text import flows as written_flows

if TYPE_CHECKING:
    import pandas as pd

    from innospace.economy.general.result import Equilibrium
    from innospace.economy.general.study_result import EquilibriumResult
    from innospace.economy.scenario import Shock

LABELS = 6
"""Labels of a shock that are written out."""
_OPERATIONS = {"multiply": "times", "add": "plus", "set": "set to", "path": "path"}


def title_of(result: EquilibriumResult, name: str) -> str:
    """Return what a reader calls a scenario."""
    scenario = result.scenarios.get(name)
    return (scenario.title if scenario else "") or name.replace("-", " ").replace("_", " ").capitalize()


def agent_title(name: str) -> str:
    """Return what a reader calls an agent: its part before an abbreviation of a matrix, ``household (HOH)``."""
    from innospace.economy.general.own_matrix import USUAL

    code = name.rpartition(".")[2]
    part = next((p for p, usual in USUAL.items() if code.casefold() in usual), "")
    return f"{part} ({name})" if part and len(code) < len(part) and code.isupper() else name


def welfare(result: EquilibriumResult) -> Table:
    """Return EV and CV by scenario and agent."""
    frame = result.welfare
    shown = frame.assign(scenario=[title_of(result, n) for n in frame["scenario"]])
    return Table(
        "welfare",
        "Equivalent and compensating variation by scenario and agent",
        shown,
        (
            Column("scenario", "Scenario"),
            Column("agent", "Agent"),
            Column("spending", "Spending before", "significant:5"),
            Column("ev", "EV", "significant:4"),
            Column("cv", "CV", "significant:4"),
            Column("ev_percent", "EV, % of spending", "fixed:3"),
            Column("real_income", "Real purchases, before = 1", "fixed:5"),
        ),
        (
            "In the money of the model. EV: what the change is worth at prices before it; CV: at prices after it. Both "
            "are positive for a gain. For a government or an investor they value the volume that is bought.",
        ),
        lead=True,
    )


def levels(result: EquilibriumResult) -> Table:
    """Return prices, levels, incomes, transfers and instruments of every scenario side by side."""
    kinds = {"price": "price", "level": "level", "income": "income", "transfer": "transfer", "instrument": "instrument"}
    frame = result.baseline.to_frame()[["kind", "name"]]
    for name, found in result.solutions.items():
        frame[name] = found.to_frame()["value"]
    frame = frame[frame["kind"].isin(kinds)].reset_index(drop=True)
    columns = [Column("kind", "Kind"), Column("name", "Name")]
    columns += [Column(n, title_of(result, n), "significant:6") for n in result.solutions]
    notes = ("Levels of activities and demands: benchmark = 1. Prices are in the money that the numeraire sets.",)
    return Table("levels", "Prices, levels, incomes, transfers", frame, tuple(columns), notes)


def variables(result: EquilibriumResult) -> Table:
    """Return every unknown of every scenario with its condition and margin."""
    columns = (
        Column("scenario", "Scenario"),
        Column("kind", "Kind"),
        Column("name", "Name"),
        Column("value", "Value", "significant:8"),
        Column("baseline", "Baseline", "significant:8"),
        Column("percent", "Change, %", "fixed:4"),
        Column("condition", "Condition"),
        Column("margin", "Margin", "significant:2"),
    )
    notes = (
        "Margin: by how much the condition that determines the unknown is missed, relative to its size; of an "
        "inequality that does not bind, its slack. Price and quantity of nests relative to the benchmark.",
    )
    return Table("variables", "Every variable with its condition", result.to_frame(), columns, notes, folded=True)


def taxes(result: EquilibriumResult) -> Table:
    """Return what each tax brings in every scenario."""
    import pandas as pd

    frame = pd.DataFrame({n: _revenue(s) for n, s in result.solutions.items()}).rename_axis("tax").reset_index()
    columns = [Column("tax", "Tax"), *(Column(n, title_of(result, n), "significant:5") for n in result.solutions)]
    return Table("taxes", "Revenue of taxes", frame, tuple(columns), ("Subsidies are negative.",))


def _revenue(found: Equilibrium) -> dict[str, float]:
    e = found.economy
    revenue = {n: sum(found.tax(n).values()) for n in dict.fromkeys(e.tax_names)}
    taxed = [a for a in e.spec.activities if a.collector]
    return revenue | {f"output of {a.name}": found.activity_tax(a.name) for a in taxed}


def shocks(result: EquilibriumResult) -> Table:
    """Return what each scenario changes."""
    import pandas as pd

    rows = [
        (title_of(result, n), s.parameter, _where(s), _operation(s), scenario.why)
        for n, scenario in result.scenarios.items()
        for s in scenario.shocks
    ]
    frame = pd.DataFrame(rows, columns=["scenario", "parameter", "where", "operation", "why"])
    heads = (("scenario", "Scenario"), ("parameter", "Parameter"), ("where", "Where"), ("operation", "Change"))
    return Table("shocks", "What scenarios change", frame, (*(Column(k, h) for k, h in heads), Column("why", "Reason")))


def _where(shock: Shock) -> str:
    return _places(shock.where)


def _places(where: Mapping[str, tuple[str, ...]]) -> str:
    return "; ".join(f"{dim} {_listed(labels)}" for dim, labels in where.items()) or "all"


def _listed(labels: tuple[str, ...]) -> str:
    more = f" and {len(labels) - LABELS} more" if len(labels) > LABELS else ""
    return ", ".join(labels[:LABELS]) + more


def _operation(shock: Shock) -> str:
    values = shock.value if isinstance(shock.value, tuple) else (shock.value,)
    return f"{_OPERATIONS[shock.operation]} {', '.join(f'{v:g}' for v in values)}"


def equations(result: EquilibriumResult) -> Table:
    """Return the conditions as equations to read, then the flows that follow from nests."""
    import pandas as pd

    economy = result.baseline.economy
    rows = [(q.name, q.unknown, q.text, q.latex) for q in (*written(economy), *written_flows(economy))]
    frame = pd.DataFrame(rows, columns=["condition", "unknown", "equation", "latex"])
    columns = (Column("condition", "Condition"), Column("unknown", "Determines"), Column("equation", "Equation"))
    notes = (
        "paid(a, c) is the price of a commodity with the taxes on that flow, cost the price and use the quantity of a "
        "nest, all relative to the benchmark. Files hold the equations in LaTeX too.",
    )
    return Table("equations", "Conditions of the model", frame, columns, notes, folded=True)


def payments(result: EquilibriumResult) -> Table:
    """Return the matrix of every solution, one row a payment that is made in any of them."""
    import pandas as pd

    matrices = {n: accounts(s) for n, s in result.solutions.items()}
    first = next(iter(matrices.values()))
    values = np.stack([m.to_numpy() for m in matrices.values()])
    rows, columns = np.nonzero((values != 0.0).any(axis=0))
    labels = list(first.index)
    frame = pd.DataFrame({"receiver": [labels[r] for r in rows], "payer": [labels[c] for c in columns]})
    for n, name in enumerate(matrices):
        frame[name] = values[n][rows, columns]
    shown = [Column("receiver", "Receives"), Column("payer", "Pays")]
    shown += [Column(n, title_of(result, n), "significant:5") for n in matrices]
    title = "Social accounting matrix of every solution, by cell"
    return Table("payments", title, frame, tuple(shown), (), folded=True)


def textbook(result: EquilibriumResult) -> Table:
    """Return the numbers of a ready model by the names of its textbook; no rows for other models."""
    import pandas as pd

    frame = pd.DataFrame(columns=["name", *result.solutions]) if result.textbook is None else result.textbook
    columns = [Column("name", "Name"), *(Column(n, title_of(result, n), "significant:8") for n in result.solutions)]
    notes = (f"Names as in {result.source}.",) if result.source else ()
    return Table("textbook", "Variables by the names of the source", frame, tuple(columns), notes, folded=True)


def decomposition(result: EquilibriumResult) -> Table:
    """Return what each shock of a scenario is worth to every agent; no rows when effects were not taken apart."""
    import pandas as pd

    keys = ["scenario", "number", "agent", "in_turn", "alone", "shapley"]
    frame = pd.DataFrame(columns=keys) if result.decomposition is None else result.decomposition[keys]
    named = [
        _shock_words(result.scenarios[n].shocks[k - 1]) for n, k in zip(frame["scenario"], frame["number"], strict=True)
    ]
    frame = frame.assign(shock=named, scenario=[title_of(result, n) for n in frame["scenario"]])
    columns = [Column("scenario", "Scenario"), Column("number", "No.", "integer"), Column("shock", "Shock")]
    heads = (("in_turn", "in turn"), ("alone", "alone"), ("shapley", "Shapley"))
    columns += [Column("agent", "Agent"), *(Column(k, h, "fixed:3", "EV, % of spending") for k, h in heads)]
    notes = (
        "In turn: what a shock adds to those written before it. Alone: without the others. Shapley: mean of what a "
        "shock adds over all orders.",
    )
    return Table("decomposition", "Effects by shock", frame, tuple(columns), notes)


def _shock_words(shock: Shock) -> str:
    return f"{shock.parameter} {_operation(shock)}, {_where(shock)}"


def mix(result: EquilibriumResult) -> Table:
    """Return how much of each lever the cheapest mix uses; no rows when none was searched."""
    import pandas as pd

    if result.mix is None:
        frame, title = pd.DataFrame(columns=["number", "lever", "limit", "share", "used", "cost"]), "Mix of levers"
    else:
        m = result.mix
        frame = m.to_frame()
        frame["lever"] = [f"{x.parameter} {_OPERATIONS[x.operation]} a number, {_places(x.where)}" for x in m.levers]
        verdict = "reaches" if m.ok else "is the most that the budget brings, short of"
        title = f"The mix of levers that {verdict} {m.target} + {m.aim:g} %: {m.reached:.2f} % at cost {m.cost:.4g}"
    columns = [Column("number", "No.", "integer"), Column("lever", "Lever"), Column("limit", "Limit", "significant:4")]
    columns += [Column("share", "Share used", "percent:1"), Column("used", "Value used", "significant:5")]
    return Table("mix", title, frame, (*columns, Column("cost", "Cost", "significant:4")))


def sensitivity(result: EquilibriumResult) -> Table:
    """Return how effects vary with assumptions; no rows when none is uncertain."""
    import pandas as pd

    from innospace.economy.general.sensitivity import summarise

    keys = ["scenario", "agent", "assumed", "mean", "sd", "least", "largest", "unsolved"]
    frame = pd.DataFrame(columns=keys)
    if result.sensitivity is not None:
        known = result.welfare.set_index(["scenario", "agent"])["ev_percent"]
        frame = summarise(result.sensitivity)
        pairs = zip(frame["scenario"], frame["agent"], strict=True)
        frame["assumed"] = [known.get(pair, np.nan) for pair in pairs]
        frame = frame[keys].assign(scenario=[title_of(result, n) for n in frame["scenario"]])
    heads = (
        ("assumed", "as assumed"),
        ("mean", "mean"),
        ("sd", "deviation"),
        ("least", "least"),
        ("largest", "largest"),
    )
    columns = [Column("scenario", "Scenario"), Column("agent", "Agent")]
    columns += [Column(k, h, "fixed:3", "EV, % of spending") for k, h in heads]
    columns.append(Column("unsolved", "Without solution", "integer"))
    words = ", ".join(result.provenance.options.get("uncertain", ()))
    notes = (f"Uncertain, uniform and independent: {words}.",) if words else ()
    return Table("sensitivity", "Effects at other assumptions", frame, tuple(columns), notes)


def channels(result: EquilibriumResult) -> Table:
    """Return how much of an effect goes through each channel; no rows when that was not asked for."""
    import pandas as pd

    keys = ["scenario", "agent", "channel", "alone", "shapley"]
    frame = pd.DataFrame(columns=keys) if result.channels is None else result.channels[keys]
    frame = frame.assign(scenario=[title_of(result, n) for n in frame["scenario"]])
    columns = [Column("scenario", "Scenario"), Column("agent", "Agent"), Column("channel", "Channel")]
    heads = (("alone", "alone"), ("shapley", "Shapley"))
    columns += [Column(k, h, "fixed:3", "EV, % of spending") for k, h in heads]
    notes = (
        f"A closed channel keeps {100 * CLOSED:g} % of its elasticities. Rest: all channels closed. Alone: what a "
        "channel adds to the rest when it alone is open. Shapley: mean of what it adds over all orders; with the rest "
        "it adds up.",
    )
    return Table("channels", "Effects by channel", frame, tuple(columns), notes)


def importance(result: EquilibriumResult) -> Table:
    """Return which assumption matters; no rows when that was not asked for."""
    import pandas as pd

    ends = [f"{kind}{end}" for kind in ("first", "total") for end in ("", "_lower", "_upper")]
    keys = ["scenario", "agent", "assumption"]
    frame = pd.DataFrame(columns=[*keys, *ends]) if result.importance is None else result.importance
    frame = frame.assign(scenario=[title_of(result, n) for n in frame["scenario"]])
    columns = [Column("scenario", "Scenario"), Column("agent", "Agent"), Column("assumption", "Assumption")]
    for kind, group in (("first", "First order"), ("total", "Total")):
        heads = zip(("", "_lower", "_upper"), ("index", "from", "to"), strict=True)
        columns += [Column(f"{kind}{end}", head, "fixed:3", group) for end, head in heads]
    notes = (
        "Sobol indices of the equivalent variation in percent of spending, with 95 % bootstrap intervals. First order: "
        "part of its variance that goes when the assumption alone is known. Total: part that stays as long as it alone "
        "is not.",
    )
    return Table("importance", "Which assumption matters", frame, tuple(columns), notes)


def closures(result: EquilibriumResult) -> Table:
    """Return effects under several closures side by side; no rows when none was compared."""
    import pandas as pd

    words = {"ev_percent": "EV, % of spending", "real_product": "Real product, %", "real_reward": "Real reward, %"}
    keys = ["scenario", "measure", "name"]
    frame = pd.DataFrame(columns=["closure", *keys, "value"]) if result.closures is None else result.closures
    frame = frame.assign(scenario=[title_of(result, n) for n in frame["scenario"]])
    names = list(dict.fromkeys(frame["closure"]))
    rows: dict[tuple[str, ...], dict[str, str]] = {}
    for row in frame.to_dict("records"):
        rows.setdefault(tuple(row[k] for k in keys), {})[row["closure"]] = show(row["value"], "fixed:2")
    shown = pd.DataFrame([(s, words[m], n) for s, m, n in rows], columns=keys)
    for k, closure in enumerate(names):
        shown[f"closure {k}"] = [cells.get(closure, "") for cells in rows.values()]
    columns = [Column("scenario", "Scenario"), Column("measure", "Measure"), Column("name", "Name")]
    columns += [Column(f"closure {k}", n, "fixed:2") for k, n in enumerate(names)]
    notes = (
        "Change against the baseline of the same closure. Real product: at prices of the baseline. Real reward: price "
        "of a factor over the deflator of the product.",
    )
    return Table("closures", "The same scenarios under several closures", frame, tuple(columns), notes, layout=shown)


def path(result: EquilibriumResult) -> Table:
    """Return the years of every solution; no rows for models of one year."""
    import pandas as pd

    frame = pd.DataFrame(columns=["scenario", "year"]) if result.path is None else result.path
    columns = [Column("scenario", "Scenario"), Column("year", "Year", "integer")]
    columns += [Column(n, n.replace("_", " ").capitalize(), "significant:6") for n in frame.columns[2:] if "." not in n]
    shown = frame.assign(scenario=[title_of(result, n) for n in frame["scenario"]])
    numbers = result.provenance.options.get("dynamics", {})
    notes = (f"Assumed: {', '.join(f'{k} {v:g}' for k, v in numbers.items())}.",) if numbers else ()
    return Table("path", "Year by year", shown, tuple(columns), notes)


def equilibria(result: EquilibriumResult) -> Table:
    """Return prices, levels and incomes in every equilibrium of a solution; no rows where only one was found."""
    import pandas as pd

    several = {n: s for n, s in result.solutions.items() if s.others}
    count = max((1 + len(s.others) for s in several.values()), default=0)
    frames = []
    for name, found in several.items():
        frame = found.to_frame()[["kind", "name"]].assign(scenario=title_of(result, name))
        for k in range(count):
            points = (found.unknowns, *found.others)
            frame[f"equilibrium_{k + 1}"] = points[k] if k < len(points) else np.nan
        frames.append(frame[frame["kind"].isin(("price", "level", "income"))])
    keys = ["scenario", "kind", "name"]
    shown = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=keys)
    columns = [Column("scenario", "Scenario"), Column("kind", "Kind"), Column("name", "Name")]
    columns += [Column(f"equilibrium_{k + 1}", f"No. {k + 1}", "significant:6") for k in range(count)]
    notes = ("The first is the one that all other tables show. That there are no more is not proved.",)
    return Table("equilibria", "All equilibria that were found", shown[[c.key for c in columns]], tuple(columns), notes)


TABLES: dict[str, Callable[[EquilibriumResult], Table]] = {
    "welfare": welfare,
    "levels": levels,
    "taxes": taxes,
    "gdp": macro_tables.gdp,
    "countries": macro_tables.countries,
    "price_indices": macro_tables.price_indices,
    "trade": macro_tables.trade,
    "government": macro_tables.government,
    "factors": macro_tables.factors,
    "path": path,
    "equilibria": equilibria,
    "shocks": shocks,
    "decomposition": decomposition,
    "channels": channels,
    "importance": importance,
    "closures": closures,
    "mix": mix,
    "sensitivity": sensitivity,
    "variables": variables,
    "payments": payments,
    "equations": equations,
    "textbook": textbook,
}
"""Tables by name."""


def changes(result: EquilibriumResult, name: str, kind: str) -> pd.DataFrame:
    """Return changes of one kind of unknowns in a scenario: ``name, value, baseline, percent``, largest first."""
    frame = result.to_frame()
    frame = frame[(frame["scenario"] == name) & (frame["kind"] == kind) & frame["percent"].notna()]
    order = frame["percent"].abs().sort_values(ascending=False, kind="stable").index
    return frame.loc[order, ["name", "value", "baseline", "percent"]].reset_index(drop=True)
