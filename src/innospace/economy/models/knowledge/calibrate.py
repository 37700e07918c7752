"""From a balanced social accounting matrix to parameters that reproduce it exactly."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from innospace.core.errors import DataError, offenders
from innospace.economy.models.knowledge import labels as k
from innospace.economy.models.knowledge.accounts import cell_names
from innospace.economy.models.knowledge.closure import Closure
from innospace.economy.models.knowledge.prior import SIGNED
from innospace.economy.models.knowledge.spec import KnowledgeSpec

if TYPE_CHECKING:
    from innospace.data.sam import SAM
    from innospace.economy.models.knowledge.prior import BaseInputs

Values = dict[str, float]


@dataclass(frozen=True, slots=True)
class Calibration:
    """Base-year levels of all unknowns and parameters, by name."""

    parameters: Mapping[str, float]
    unknowns: Mapping[str, float]

    @property
    def all(self) -> Values:
        """Return both together."""
        return {**self.parameters, **self.unknowns}


def calibrate(sam: SAM, inputs: BaseInputs, spec: KnowledgeSpec, closure: Closure) -> Calibration:
    """Calibrate the model to a balanced matrix.

    Parameters
    ----------
    sam : SAM
        The 31 accounts of :data:`innospace.economy.models.knowledge.labels.ACCOUNTS`, million roubles.
    inputs : BaseInputs
        Persons, capital, rates: what the matrix does not hold.
    spec : KnowledgeSpec
    closure : Closure

    Returns
    -------
    Calibration
        All base-year prices are one (wages: the mean wage); the equations hold there to rounding.

    Raises
    ------
    DataError
        The matrix is not balanced, a cell is negative, or a cell that must be positive is not.
    """
    sam.require_accounts(k.ACCOUNTS)
    sam.require_balanced()
    sam.require_no_negative(SIGNED)
    _require_known_cells(sam)
    _require_positive(sam)
    _require_inputs(inputs)
    u = _quantities(sam, inputs)
    u |= _money(sam)
    p = _technology(u, inputs, spec)
    p |= _trade(sam, u, spec)
    p |= _shares(sam, u)
    p |= _rates(sam, u, inputs, spec)
    p |= _public(u, _labour_share(sam, u, k.SCIENCE) if closure.norm_index == "wages" else 0.0)
    p |= _finance(sam, u, inputs, closure)
    return Calibration(p, u)


def _require_positive(sam: SAM) -> None:
    needed = [(f"act.{k.SELLER[x]}", x) for x in k.PRODUCTS]
    needed += [(lab, f"act.{i}") for i in k.PRODUCERS for lab in k.LABOUR]
    needed += [("capital", f"act.{i}") for i in k.PRODUCERS] + [(k.OUTSIDE, q) for q in k.COMPOSITES]
    needed += [(x, _buyer(a)) for a, x in k.DEMANDS] + [("loans", "deposits"), ("deposits", "loans")]
    bad = [f"[{r}, {c}]" for r, c in needed if not sam.cell(r, c) > 0.0]
    if bad:
        raise DataError(
            f"Cells of the matrix must be positive: {', '.join(bad[:5])}"
            + (f" and {len(bad) - 5} more." if len(bad) > 5 else "."),
            where=sam.source.name,
            allowed="a positive number, however small: shares of these cells divide a market or a budget",
            remedy="Give a small positive figure in the controls and rebuild the matrix.",
        )


def _require_known_cells(sam: SAM) -> None:
    known = cell_names()
    bad = [
        f"[{row}, {column}] = {sam.cell(row, column):,.6g}"
        for row, column in zip(*(np.array(sam.accounts)[n] for n in np.nonzero(sam.values.to_numpy())), strict=True)
        if (row, column) not in known
    ]
    if bad:
        raise DataError(
            f"The matrix holds payments that the model has no equation for: {', '.join(bad[:5])}"
            + (f" and {len(bad) - 5} more." if len(bad) > 5 else "."),
            where=sam.source.name,
            allowed="payments of the column account to the row account as in the sample bashkortostan-2012-sam",
            remedy="Move each to the cell that comes nearest, and balance the matrix again.",
        )


def _require_inputs(inputs: BaseInputs) -> None:
    given = {f"persons of {i}, {lab}": inputs.persons[i, lab] for i in k.PRODUCERS for lab in k.LABOUR}
    given |= {f"capital of {i}": inputs.capital[i] for i in k.PRODUCERS}
    given |= {f"capital of {i} a year before": inputs.capital_before[i] for i in k.PRODUCERS}
    given["mean wage"] = inputs.mean_wage
    bad = [name for name, value in given.items() if not value > 0.0]
    if bad:
        raise DataError(
            f"Not positive: {offenders(bad)}.",
            where="controls",
            allowed="a positive number, however small",
            remedy="Correct the figures in the controls.",
        )


def _buyer(agent: str) -> str:
    return f"budget.{agent}" if agent in k.PRODUCERS else agent


def _quantities(sam: SAM, inputs: BaseInputs) -> Values:
    """Return base-year quantities and prices."""
    u: Values = {f"S.{x}": sam.cell(f"act.{k.SELLER[x]}", x) for x in k.PRODUCTS}
    u |= {f"P.{x}": 1.0 for x in k.PRODUCTS}
    for i in k.PRODUCERS:
        u[f"Y.{i}"] = sum(u[f"S.{x}"] for x in k.sold_by(i, k.PRODUCTS))
        u[f"V.{i}"] = sum(u[f"S.{x}"] for x in k.sold_by(i, (*k.MARKET, *k.EXPORTS)))
        u[f"PY.{i}"] = u[f"PT.{i}"] = u[f"lam.{i}"] = 1.0
        u[f"L1.{i}"], u[f"L3.{i}"] = inputs.persons[i, "l1"], inputs.persons[i, "l3"]
    for q in k.COMPOSITES:
        u[f"DD.{q}"], u[f"IM.{q}"] = u[f"S.{q}"], sam.cell(k.OUTSIDE, q)
        u[f"Q.{q}"] = u[f"DD.{q}"] + u[f"IM.{q}"]
        u[f"PQ.{q}"] = 1.0 + sam.cell("tax.vat", q) / u[f"Q.{q}"]
    for a, x in k.DEMANDS:
        u[f"D.{a}.{x}"] = sam.cell(x, _buyer(a)) / u.get(f"PQ.{x}", 1.0)
    public = sum(sam.cell("l3", f"act.{i}") for i in k.PRODUCERS)
    u["w1"] = inputs.mean_wage
    u["w3"] = public / sum(inputs.persons[i, "l3"] for i in k.PRODUCERS)
    return {**u, "ER": 1.0, "PI": 1.0, "kappa": 1.0, "lam.authorities": 1.0}


def _money(sam: SAM) -> Values:
    """Return base-year budgets, taxes, deposits and loans."""
    u: Values = {}
    for i in k.PRODUCERS:
        u[f"Tsoc.{i}"] = sam.cell("tax.social", f"act.{i}")
        u[f"Tprop.{i}"] = sam.cell("tax.property", f"budget.{i}")
        u[f"Tprof.{i}"] = sam.cell("tax.profit", f"budget.{i}")
        u[f"B.{i}"] = sum(_outlay(sam, i, x) for x in k.PRODUCER_ITEMS)
        u[f"Loan.{i}"] = sam.cell(f"budget.{i}", "loans")
    u["B.households"] = sum(_outlay(sam, k.HOUSEHOLDS, x) for x in k.HOUSEHOLD_ITEMS)
    u["B.authorities"] = sam.total(k.AUTHORITIES)
    u |= {f"O5.{x}": sam.cell(x, k.AUTHORITIES) / u["B.authorities"] for x in k.SET_PRICE}
    u |= {f"Dep.{a}": sam.cell("deposits", _buyer(a)) for a in k.DEPOSITORS}
    u |= {"Tvat": sam.total("tax.vat"), "Tpit": sam.total("tax.income"), "Treb": 0.0}
    u["GRP"] = sum(sam.total(f"act.{i}") for i in k.PRODUCERS)
    return u


def _outlay(sam: SAM, agent: str, item: str) -> float:
    if item in k.LABOUR:
        return sam.cell(item, f"act.{agent}")
    if item.startswith("subsidy_"):
        return sam.cell(f"budget.{item.removeprefix('subsidy_')}", agent)
    return sam.cell(item, _buyer(agent))


def _technology(u: Values, inputs: BaseInputs, spec: KnowledgeSpec) -> Values:
    p: Values = {}
    delta = spec.delta or _efficiency_elasticities(u, spec.efficiency)
    for i in k.PRODUCERS:
        before, now = inputs.capital_before[i], inputs.capital[i]
        p |= {f"capital_before.{i}": before, f"capital.{i}": now}
        p |= {f"alpha.{i}": spec.alpha[i], f"beta.{i}": spec.beta[i], f"gamma.{i}": spec.gamma[i]}
        p[f"delta.{i}"] = delta[i]
        p |= {f"{stock}.{i}": 0.0 for stock in ("knowledge_stock", "training_stock", "innovation_stock")}
    return p | {"efficiency": spec.efficiency, "efficiency_base": spec.efficiency}


def _efficiency_elasticities(u: Values, efficiency: float) -> Values:
    """Efficiency scales innovative output by a third of its own change; others feel it by what they buy of it."""
    bought = {i: u[f"D.{i}.n1"] / u[f"Y.{i}"] for i in k.PRODUCERS}
    return {i: (1.0 / 3.0 if i == k.INNOVATION else bought[i]) / efficiency for i in k.PRODUCERS}


def _trade(sam: SAM, u: Values, spec: KnowledgeSpec) -> Values:
    p: Values = {f"market_share.{x}": u[f"S.{x}"] / u[f"V.{k.SELLER[x]}"] for x in (*k.MARKET, *k.EXPORTS)}
    p |= {f"domestic_share.{q}": u[f"DD.{q}"] / u[f"Q.{q}"] for q in k.COMPOSITES}
    p |= {f"{name}.{q}": u[f"PQ.{q}"] - 1.0 for name in ("vat_rate", "vat_base") for q in k.COMPOSITES}
    p |= {f"import_price.{q}": 1.0 for q in k.COMPOSITES} | {f"world_price.{e}": 1.0 for e in k.EXPORTS}
    p |= {f"export_base.{e}": u[f"S.{e}"] for e in k.EXPORTS}
    goods, lessons = sam.cell("c1", k.HOUSEHOLDS), sam.cell("r1", k.HOUSEHOLDS)
    p |= {"consumer_weight.c1": goods / (goods + lessons), "consumer_weight.r1": lessons / (goods + lessons)}
    inverse = 0.0 if math.isinf(spec.export_elasticity) else 1.0 / spec.export_elasticity
    p |= {"transformation": spec.transformation, "substitution": spec.substitution}
    p |= {"inverse_export_elasticity": inverse, "world_demand": 1.0, "invest_price_base": u["PQ.i1"]}
    p["federal_transfer"] = sam.cell(k.AUTHORITIES, k.OUTSIDE)
    p["outside_income"] = sam.cell(k.HOUSEHOLDS, k.OUTSIDE)
    return p


def _shares(sam: SAM, u: Values) -> Values:
    return {
        f"budget_share.{a}.{item}": _outlay(sam, a, item) / u[f"B.{a}"]
        for a, items in k.ITEMS.items()
        for item in items
    }


def _rates(sam: SAM, u: Values, inputs: BaseInputs, spec: KnowledgeSpec) -> Values:
    p: Values = {"fiscal_depreciation": spec.fiscal_depreciation}
    for i in k.PRODUCERS:
        for lab in k.LABOUR:
            w = u["w1" if lab == "l1" else "w3"]
            p[f"wage_relativity.{i}.{lab}"] = sam.cell(lab, f"act.{i}") / (w * inputs.persons[i, lab])
        bill = sum(sam.cell(lab, f"act.{i}") for lab in k.LABOUR)
        capital = 0.5 * (inputs.capital_before[i] + inputs.capital[i])
        profit = u[f"Y.{i}"] - bill - u[f"Tsoc.{i}"] - u[f"Tprop.{i}"] - spec.fiscal_depreciation * capital
        if u[f"Tprof.{i}"] > 0.0 and profit <= 0.0:
            raise DataError(
                f"{k.AGENT_TITLES[i]} pays profit tax without a taxable profit.",
                where=f"profit before tax {profit:,.0f} mln RUB",
                remedy="Lower its wages or capital in the controls, or set its profit tax to zero.",
            )
        p[f"social_tax_rate.{i}"] = u[f"Tsoc.{i}"] / bill
        p[f"property_tax_rate.{i}"] = u[f"Tprop.{i}"] / capital
        p[f"profit_tax_rate.{i}"] = u[f"Tprof.{i}"] / profit if profit > 0.0 else 0.0
        labour = spec.labour_exponent[i] if spec.labour_exponent else _labour_share(sam, u, i)
        p |= {f"labour_exponent.{i}": labour, f"capital_exponent.{i}": 1.0 - labour}
        hands = u[f"L1.{i}"] + u[f"L3.{i}"]
        p[f"technology.{i}"] = u[f"Y.{i}"] / (capital ** (1.0 - labour) * hands**labour)
        p |= {f"tax_relief.{i}": 0.0}
    p["income_tax_rate"] = u["Tpit"] / sum(sam.total(lab) for lab in k.LABOUR)
    return p | {f"transfer_rate.{i}": 0.0 for i in (k.SCIENCE, k.INNOVATION)}


def _labour_share(sam: SAM, u: Values, i: str) -> float:
    """Return wages with social contributions in output."""
    return (sum(sam.cell(lab, f"act.{i}") for lab in k.LABOUR) + u[f"Tsoc.{i}"]) / u[f"Y.{i}"]


def _public(u: Values, wage_weight: float) -> Values:
    p: Values = {"norm_wage_weight.g1": 0.0, "norm_wage_weight.rf": wage_weight, "norm_wage_weight.zf": wage_weight}
    for x in k.SET_PRICE:
        p |= {f"norm.{x}": 1.0, f"set_share.{x}": u[f"S.{x}"] / u[f"Y.{k.SELLER[x]}"]}
        if x in k.ORDERED:
            p |= {f"state_order.{x}": 1.0, f"set_quantity.{x}": u[f"S.{x}"]}
    return p | {"public_wage_ratio": u["w3"] / u["w1"], "public_wage_base": u["w3"]}


def _finance(sam: SAM, u: Values, inputs: BaseInputs, closure: Closure) -> Values:
    p: Values = {}
    for a in k.DEPOSITORS:
        rate = inputs.rate_households if a == k.HOUSEHOLDS else inputs.rate_firms
        p |= {f"deposit_rate.{a}": rate, f"deposits_before.{a}": sam.cell(_buyer(a), "deposits") / (1.0 + rate)}
    pool = sum(u[f"Dep.{a}"] for a in k.DEPOSITORS)
    before = sum(p[f"deposits_before.{a}"] for a in k.DEPOSITORS)
    for i in k.PRODUCERS:
        p |= {f"loan_share.{i}": u[f"Loan.{i}"] / pool, f"relief_kept.{i}": float(closure.relief == "deposit")}
        p[f"loans_before.{i}"] = (
            before * sam.cell("loans", f"budget.{i}") / sum(sam.cell("loans", f"budget.{j}") for j in k.PRODUCERS)
        )
    p |= {f"labour_supply.{lab}": sum(u[f"{lab.upper()}.{i}"] for i in k.PRODUCERS) for lab in k.LABOUR}
    # money is counted in roubles of base-year product, so that its velocity is one
    return p | {"money_supply": u["GRP"], "velocity": 1.0}
