"""Tables of the macroeconomic accounts of a solved model; columns after the labels are scenarios."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from innospace.core.table import Column, Table
from innospace.economy.general.macro import (
    EXPORTS,
    FACTOR,
    IMPORTS,
    OUTLAYS,
    PART_WORDS,
    RECEIPTS,
    RENT,
    TAX,
    Macro,
    deflator,
    indices,
    real_product,
)
from innospace.economy.general.macro_countries import by_country

if TYPE_CHECKING:
    import pandas as pd

    from innospace.economy.general.study_result import EquilibriumResult

Rows = dict[tuple[str, str], float]
_MONEY = "In the money of the model, which the numeraire sets"
_KINDS = {FACTOR: "", TAX: "Tax: ", RENT: "Rent: "}


def gdp(result: EquilibriumResult) -> Table:
    """Return the domestic product of every scenario by expenditure and by income, nominal and real."""
    base = _base(result)
    frame = _beside(result, ("account", "item"), lambda m: _product(m, base))
    notes = (
        f"{_MONEY}. Purchases are at the prices that buyers pay. Real: at the prices of the baseline; deflator: index "
        "of prices by Fisher, baseline = 1. What agents buy of their own factors (leisure) is left out.",
    )
    return _table(result, "gdp", "Domestic product by expenditure and by income", frame, ("Account", "Item"), notes)


def countries(result: EquilibriumResult) -> Table:
    """Return the product of every country by expenditure and by income; no rows for a model of one country."""
    frame = _beside(result, ("country", "account", "item"), by_country)
    notes = (f"{_MONEY}. Exports and imports between countries at prices before the taxes of the buyer.",)
    heads = ("Country", "Account", "Item")
    return _table(result, "countries", "Domestic product of each country", frame, heads, notes)


def price_indices(result: EquilibriumResult) -> Table:
    """Return indices of prices and volumes by Laspeyres, Paasche and Fisher against the baseline."""
    base = _base(result)
    frame = _beside(result, ("basket", "formula"), lambda m: {} if base is None else _indices(m, base))
    notes = ("Baseline = 1. Baskets: the product, purchases of each agent, exports, imports.",)
    title, heads = "Indices of prices and volumes", ("Basket", "Formula")
    return _table(result, "price_indices", title, frame, heads, notes, folded=True)


def trade(result: EquilibriumResult) -> Table:
    """Return exports, imports and their balance; no rows where nothing is traded with an outside."""
    frame = _beside(result, ("flow", "item"), _trade)
    notes = (f"{_MONEY}; exports and imports at the border, without taxes on them.",)
    return _table(result, "trade", "Trade with the outside", frame, ("Flow", "Item"), notes)


def government(result: EquilibriumResult) -> Table:
    """Return receipts and outlays of the agents that collect taxes or rents; no rows where nobody does."""
    frame = _beside(result, ("agent", "item"), _government)
    notes = (f"{_MONEY}. Receipts less outlays are zero: what is saved is an outlay.",)
    return _table(result, "government", "Accounts of those who collect taxes", frame, ("Agent", "Item"), notes)


def factors(result: EquilibriumResult) -> Table:
    """Return price, use and income of every factor."""
    frame = _beside(result, ("factor", "measure"), _factors)
    notes = (f"{_MONEY}. Use: what activities employ, in the units of the benchmark.",)
    return _table(result, "factors", "Factors", frame, ("Factor", "Measure"), notes)


def _base(result: EquilibriumResult) -> Macro | None:
    """Return the accounts of the baseline, if it has a solution."""
    return next(iter(result.macro.values())) if result.baseline.status.converged else None


def _product(m: Macro, base: Macro | None) -> Rows:
    spent, earned = m.expenditure, m.incomes
    rows: Rows = {}
    for part in dict.fromkeys(spent["part"]):
        name = PART_WORDS.get(part, f"Purchases of {part}")
        rows["Expenditure", name] = float(spent.loc[spent["part"] == part, "value"].sum())
    rows["Expenditure", "Product"] = m.product
    for part, item, value in earned.itertuples(index=False):
        rows["Income", f"{_KINDS[part]}{item}"] = float(value)
    rows["Income", "Product"] = float(earned["value"].sum())
    if base is not None:
        rows["Real", "Product"] = real_product(base, m)
        rows["Real", "Deflator"] = deflator(base, m)
    return rows


def _indices(m: Macro, base: Macro) -> Rows:
    frame = indices(base, m)
    return {
        (f"{'Product' if basket == 'product' else PART_WORDS.get(basket, basket)}, {kind}", formula): float(value)
        for basket, kind, formula, value in frame.itertuples(index=False)
    }


def _trade(m: Macro) -> Rows:
    rows: Rows = {}
    frame = m.expenditure
    for part in (EXPORTS, IMPORTS):
        flows = frame[frame["part"] == part].groupby("item", sort=False)["value"].sum()
        sign = 1.0 if part == EXPORTS else -1.0
        rows |= {(PART_WORDS[part], str(item)): sign * float(v) for item, v in flows.items()}
        if len(flows):
            rows[PART_WORDS[part], "Sum"] = sign * float(flows.sum())
    if rows:
        traded = frame["part"].isin([EXPORTS, IMPORTS])
        rows["Balance", "Exports less imports"] = float(frame.loc[traded, "value"].sum())
    return rows


def _government(m: Macro) -> Rows:
    spec, frame = m.found.economy.spec, m.budgets
    trees = [t for a in spec.activities for t in (a.inputs, a.outputs)] + [a.demand for a in spec.agents if a.demand]
    collectors = {t.collector for tree in trees for f in tree.flows for t in f.taxes}
    collectors |= {a.collector for a in spec.activities} | {i.collector for i in spec.instruments}
    rows: Rows = {}
    for agent in dict.fromkeys(frame.loc[frame["agent"].isin(collectors), "agent"]):
        mine = frame[frame["agent"] == agent]
        for side, word in ((RECEIPTS, "receives"), (OUTLAYS, "pays")):
            part = mine[mine["side"] == side]
            rows |= {(agent, f"{word}: {i}"): float(v) for i, v in zip(part["item"], part["value"], strict=True)}
            rows[agent, f"{word}: sum"] = float(part["value"].sum())
    return rows


def _factors(m: Macro) -> Rows:
    words = {"price": "Price", "quantity": "Use", "value": "Income"}
    return {(r["item"], w): float(r[k]) for r in m.factors.to_dict("records") for k, w in words.items()}


def _beside(
    result: EquilibriumResult, keys: tuple[str, ...], rows_of: Callable[[Macro], Mapping[Any, float]]
) -> pd.DataFrame:
    """Return rows by their labels with a column for every solution; missing where none was found."""
    import pandas as pd

    columns = {n: rows_of(m) for n, m in result.macro.items()}
    names = list(dict.fromkeys(k for rows in columns.values() for k in rows))
    frame = pd.DataFrame(names, columns=list(keys))
    for n in result.solutions:
        frame[n] = [columns.get(n, {}).get(k, float("nan")) for k in names]
    return frame


def _table(
    result: EquilibriumResult,
    kind: str,
    title: str,
    frame: pd.DataFrame,
    heads: tuple[str, ...],
    notes: tuple[str, ...],
    *,
    folded: bool = False,
) -> Table:
    from innospace.economy.general.tables import title_of

    columns = [Column(str(k), h) for k, h in zip(frame.columns, heads, strict=False)]
    columns += [Column(n, title_of(result, n), "significant:6") for n in result.solutions]
    return Table(kind, title, frame, tuple(columns), notes, folded=folded)
