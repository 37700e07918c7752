"""From a controls table to a balanced social accounting matrix of the knowledge economy.

The figures of the table and simple formulas give a *prior* matrix, in which accounts need not balance. Cross-entropy
then moves its cells, the less the firmer they are, until every account receives what it pays and these totals are met
exactly: gross regional product and its three producers, the wage bill, household cash income.

Derived figures
---------------
- value added of science and education = education + research;
  of the innovation sector = innovative goods shipped x value added / goods shipped of mining, manufacturing and
  utilities; of other industries = gross regional product less the two.
- wage bill = mean wage x 12 x employed; wages of a branch = its mean wage x 12 x its staff.
- household cash income = income per head x 12 x population: gross wages, social payments, distributed profit and mixed
  income, income from outside, interest on deposits.
- social contributions follow wages, property tax follows fixed assets; operating surplus is what value added leaves.
- a loan runs a year: all deposits are lent; the loan rate is the mean deposit rate, weighted by deposits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from innospace.core.checks import Check
from innospace.core.errors import DataError, offenders
from innospace.core.provenance import Nature, Source
from innospace.data.balancing import Balanced, Cell, Constraint, cross_entropy
from innospace.data.controls import Controls, Figure, total
from innospace.data.sam import RELATIVE, SAM, sam_from_dataset
from innospace.economy.models.knowledge import labels as k
from innospace.economy.models.knowledge.accounts import cell_names
from innospace.economy.models.knowledge.base_year import (
    LOOSE,
    BaseInputs,
    ControlsTable,
    as_controls,
    base_inputs,
    cash_income,
    shares,
    value_added,
    wage_bill,
    wages,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

__all__ = ["ACCOUNTS", "BaseInputs", "PriorSAM", "base_inputs", "build_prior", "build_sam", "sam_from_dataset"]

ACCOUNTS = k.ACCOUNTS
UNIT = "mln RUB"
SIGNED = ((k.AUTHORITIES, k.OUTSIDE),)
"""The one cell that may be negative: a region can pay more to the federation than it gets."""
Figures = dict[Cell, Figure]


@dataclass(frozen=True, slots=True)
class PriorSAM:
    """A matrix before balancing.

    Attributes
    ----------
    values, weights, natures : pandas.DataFrame
        Accounts by accounts; an infinite weight keeps a cell as it is.
    constraints : tuple of Constraint
        Totals that hold exactly, on top of the balance of accounts.
    year : int
    source : Source
        The controls table.
    """

    values: pd.DataFrame
    weights: pd.DataFrame
    natures: pd.DataFrame
    constraints: tuple[Constraint, ...]
    year: int
    source: Source

    def balance(self) -> Balanced:
        """Return the balanced matrix."""
        return cross_entropy(self.values, self.weights, self.constraints)


def build_prior(table: ControlsTable) -> PriorSAM:
    """Return the matrix that the figures give before balancing.

    Raises
    ------
    ControlsError
        The table does not fit; all problems at once.
    DataError
        A cell that other figures leave over is not positive.
    """
    import pandas as pd

    controls = as_controls(table)
    y = value_added(controls)
    cells = {**_sales(controls, y), **_primary(controls, y), **_purchases(controls, y), **_budgets(controls)}
    cells |= _public(controls) | _bank(controls)
    cells |= _passing(cells)
    _require_positive(cells, controls)
    shape, place = (len(ACCOUNTS), len(ACCOUNTS)), {a: i for i, a in enumerate(ACCOUNTS)}
    values, weights, natures = np.zeros(shape), np.ones(shape), np.full(shape, "", dtype=object)
    for (row, column), figure in cells.items():
        at = place[row], place[column]
        values[at], weights[at] = figure.value, figure.weight
        natures[at] = figure.nature if figure.value else ""
    x, w, n = (pd.DataFrame(m, index=list(ACCOUNTS), columns=list(ACCOUNTS)) for m in (values, weights, natures))
    return PriorSAM(x, w, n, _totals(controls, y, cells), controls.year, controls.source)


def build_sam(table: ControlsTable) -> SAM:
    """Return the balanced matrix of a controls table."""
    controls = as_controls(table)
    return to_sam(build_prior(controls))


def to_sam(prior: PriorSAM, balanced: Balanced | None = None) -> SAM:
    """Return a prior, balanced, as a matrix with its source."""
    source = prior.source
    return SAM(
        (balanced or prior.balance()).values,
        UNIT,
        prior.year,
        Source(source.name, source.sha256, Nature.ASSUMED, source.origin, source.licence, "Balanced from controls."),
        prior.natures,
    )


def gates(sam: SAM, prior: PriorSAM | None = None) -> tuple[Check, ...]:
    """Return the verdicts on a matrix of this model: accounts, cells, balance, signs, identity, exact totals."""
    strange = set(sam.accounts) ^ set(ACCOUNTS)
    found = [
        Check.at_most(
            "sam.accounts",
            len(strange),
            0.0,
            f"Accounts that the knowledge model lacks or does not know. {offenders(sorted(strange))}".strip(),
            "Merge or split accounts until they are those of the model.",
        ),
        *sam.checks(signed=SIGNED),
    ]
    if strange:
        return tuple(found)
    filled = sam.to_frame()[["row", "column"]].itertuples(index=False)
    extra = [f"[{r}, {c}]" for r, c in filled if (r, c) not in cell_names()]
    found.append(
        Check.at_most(
            "sam.cells",
            len(extra),
            0.0,
            f"Cells that the knowledge model has no place for. {', '.join(extra[:5])}".strip(),
            "Move the payment to a cell of the model.",
        )
    )
    found.append(_identity(sam))
    if prior is not None:
        found.append(_exactness(sam, prior))
    return tuple(found)


def _identity(sam: SAM) -> Check:
    """Product by use less imports is product by origin and the tax on products."""
    uses = [(x, c) for x in k.PRODUCTS for c in ACCOUNTS]
    used = sum(sam.cell(x, c) for x, c in uses) - sum(sam.cell(k.OUTSIDE, q) for q in k.COMPOSITES)
    product = sum(sam.total(f"act.{i}") for i in k.PRODUCERS)
    gap = used - product - sam.total("tax.vat")
    return Check.at_most(
        "sam.product_identity",
        gap / product if product else 0.0,
        RELATIVE,
        "Consumption, public purchases, investment, knowledge purchases and exports less imports, against gross "
        "regional product and value added tax; difference as a part of the product.",
        "Look at the accounts of products.",
    )


def _exactness(sam: SAM, prior: PriorSAM) -> Check:
    missed = {c.name: sum(f * sam.cell(*cell) for cell, f in c.cells.items()) - c.total for c in prior.constraints}
    worst = max(missed, key=lambda name: abs(missed[name]))
    product = sum(sam.total(f"act.{i}") for i in k.PRODUCERS)
    return Check.at_most(
        "sam.exact_totals",
        missed[worst] / product,
        RELATIVE,
        f"Largest difference from a total that must hold exactly ({worst}), as a part of gross regional product.",
        "Rebuild the matrix from the controls.",
    )


def _sales(c: Controls, y: Mapping[str, Figure]) -> Figures:
    """Return sales at basic prices; paid education and paid research are what value added leaves."""
    home = y[k.INNOVATION] * c.figure("sales.n1_share")
    free, order, contract = c.figure("purchase.rf"), c.figure("purchase.zf"), c.figure("sales.z2")
    sold = {
        "rf": free,
        "zf": order,
        "z2": contract,
        "r1": (c.figure("value_added.education") - free).as_residual(),
        "z1": (c.figure("value_added.research") - order - contract).as_residual(),
        "n1": home,
        "n2": y[k.INNOVATION] - home,
        "g1": c.figure("purchase.g1"),
        "c2": c.figure("sales.c2"),
        **{q: c.figure(f"purchase.{q}") - c.figure(f"imports.{q}") - c.figure(f"vat.{q}") for q in ("c1", "i1")},
    }
    sold |= {q: sold[q].as_residual() for q in ("c1", "i1")}
    return {(f"act.{k.SELLER[x]}", x): sold[x] for x in k.PRODUCTS}


def _primary(c: Controls, y: Mapping[str, Figure]) -> Figures:
    """Return wages, social contributions and operating surplus."""
    paid_by, bill = wages(c, y), wage_bill(c)
    cells: Figures = {}
    for i in k.PRODUCERS:
        paid = total([paid_by[i, lab] for lab in k.LABOUR])
        social = c.figure("tax.social") * paid / bill
        cells |= {(lab, f"act.{i}"): paid_by[i, lab] for lab in k.LABOUR}
        cells["tax.social", f"act.{i}"] = social
        cells["capital", f"act.{i}"] = (y[i] - paid - social).as_residual(LOOSE)
    return cells


def _purchases(c: Controls, y: Mapping[str, Figure]) -> Figures:
    cells: Figures = {}
    investment = shares(c, "investment_share")
    for agent, x in k.DEMANDS:
        buyer = f"budget.{agent}" if agent in k.PRODUCERS else agent
        single = len(k.BUYERS[x]) == 1
        if x == "i1":
            cells[x, buyer] = c.figure("purchase.i1") * investment[agent]
        else:
            cells[x, buyer] = c.figure(f"purchase.{x}" if single else f"purchase.{x}.{agent}")
    cells |= {(x, k.AUTHORITIES): c.figure(f"purchase.{x}") for x in k.SET_PRICE}
    cells |= {("n2", k.OUTSIDE): y[k.INNOVATION] * (1.0 - c.figure("sales.n1_share"))}
    cells |= {(x, k.OUTSIDE): c.figure(f"sales.{x}") for x in ("c2", "z2")}
    cells |= {("tax.vat", q): c.figure(f"vat.{q}") for q in k.COMPOSITES}
    cells |= {(k.OUTSIDE, q): c.figure(f"imports.{q}") for q in k.COMPOSITES}
    return cells


def _budgets(c: Controls) -> Figures:
    """Return what producers and households pay and receive apart from purchases and bank."""
    assets, profit = shares(c, "capital_share"), shares(c, "profit_tax_share")
    cells: Figures = {}
    for i in k.PRODUCERS:
        cells["tax.property", f"budget.{i}"] = c.figure("tax.property") * assets[i]
        cells["tax.profit", f"budget.{i}"] = c.figure("tax.profit") * profit[i]
        cells[k.HOUSEHOLDS, f"budget.{i}"] = c.figure(f"distributed.{i}")
        cells[k.OUTSIDE, f"budget.{i}"] = c.figure(f"outside_profit.{i}")
        cells[f"budget.{i}", k.AUTHORITIES] = c.figure(f"subsidies.{i}")
    return cells | {
        ("tax.income", k.HOUSEHOLDS): c.figure("tax.income"),
        (k.OUTSIDE, k.HOUSEHOLDS): c.figure("household_spending_outside"),
        (k.HOUSEHOLDS, k.OUTSIDE): c.figure("income_from_outside"),
    }


def _public(c: Controls) -> Figures:
    """Return what the authorities receive and pay apart from purchases and subsidies."""
    totals = {"tax.vat": total([c.figure(f"vat.{q}") for q in k.COMPOSITES])}
    totals |= {tax: c.figure(tax) for tax in ("tax.profit", "tax.property", "tax.income", "tax.social")}
    return {
        **{(k.AUTHORITIES, tax): figure for tax, figure in totals.items()},
        (k.AUTHORITIES, k.OUTSIDE): c.figure("federal_transfer"),
        ("social_payments", k.AUTHORITIES): c.figure("social_payments"),
        (k.HOUSEHOLDS, "social_payments"): c.figure("social_payments"),
    }


def _bank(c: Controls) -> Figures:
    """Return the bank's cells: exact functions of deposits, their growth, rates and loan shares."""
    split, growth = shares(c, "loan_share"), c.figure("deposit_growth")
    new = {a: c.figure(f"deposits.{a}") for a in k.DEPOSITORS}
    rates = {a: c.figure("deposit_rate.households" if a == k.HOUSEHOLDS else "deposit_rate.firms") for a in new}
    back = {a: new[a] * (1.0 + rates[a]) / growth for a in new}
    lent, returned = total(list(new.values())), total(list(back.values()))
    cells: Figures = {("loans", "deposits"): lent, ("deposits", "loans"): returned}
    for a in k.DEPOSITORS:
        account = f"budget.{a}" if a in k.PRODUCERS else a
        cells["deposits", account], cells[account, "deposits"] = new[a], back[a]
    for i in k.PRODUCERS:
        cells[f"budget.{i}", "loans"], cells["loans", f"budget.{i}"] = split[i] * lent, split[i] * returned
    return {cell: Figure(f.value, np.inf, f.nature) for cell, f in cells.items()}


def _passing(cells: Figures) -> Figures:
    """Return cells that only pass on what their account received."""
    passed: Figures = {}
    for lab in k.LABOUR:
        passed[k.HOUSEHOLDS, lab] = total([cells[lab, f"act.{i}"] for i in k.PRODUCERS])
    for i in k.PRODUCERS:
        passed[f"budget.{i}", "capital"] = cells["capital", f"act.{i}"]
    return {cell: f.as_residual(LOOSE) for cell, f in passed.items()}


def _totals(c: Controls, y: Mapping[str, Figure], cells: Figures) -> tuple[Constraint, ...]:
    """Return the totals that hold exactly."""
    found = [Constraint.sum_of(f"value added of {_title(i)}", _seller_cells(i), y[i].value) for i in k.PRODUCERS]
    hired = [(lab, f"act.{i}") for i in k.PRODUCERS for lab in k.LABOUR]
    found.append(Constraint.sum_of("wage bill", hired, wage_bill(c).value))
    interest = c.value("deposits.households") / c.value("deposit_growth") * c.value("deposit_rate.households")
    earned = [cell for cell in cells if cell[0] == k.HOUSEHOLDS and cell[1] != "deposits"]
    found.append(Constraint.sum_of("household cash income without interest", earned, cash_income(c).value - interest))
    for i in k.PRODUCERS:
        surplus = {(f"budget.{i}", "capital"): 1.0, ("capital", f"act.{i}"): -1.0}
        found.append(Constraint(f"operating surplus of {_title(i)}", surplus))
    sums = {
        "value_added.education": [cell for cell in _seller_cells(k.SCIENCE) if cell[1] in ("r1", "rf")],
        "purchase.i1": [("i1", f"budget.{i}") for i in k.PRODUCERS],
    }
    exact = {item: c.figure(item) for item in sums if np.isinf(c.figure(item).weight)}
    names = {"value_added.education": "value added of education", "purchase.i1": "investment"}
    return (*found, *(Constraint.sum_of(names[item], sums[item], figure.value) for item, figure in exact.items()))


def _title(producer: str) -> str:
    return k.AGENT_TITLES[producer].lower()


def _seller_cells(producer: str) -> list[Cell]:
    return [(f"act.{producer}", x) for x in k.sold_by(producer, k.PRODUCTS)]


def _require_positive(cells: Figures, c: Controls) -> None:
    bad = [cell for cell, figure in cells.items() if figure.value < 0.0 and cell not in SIGNED]
    if bad:
        shown = ", ".join(f"[{row}, {column}] = {cells[row, column].value:,.0f}" for row, column in bad[:5])
        raise DataError(
            f"The controls leave {len(bad)} cells of the matrix negative.",
            where=f"{c.source.name}: {shown}",
            allowed="sales, wages and operating surplus that are left over must not be negative",
            remedy="[act.other_industries, c1] is purchases less imports and VAT; a wage is left by the wage bill; "
            "surplus is value added less wages and contributions. Check the figures and their units.",
        )
