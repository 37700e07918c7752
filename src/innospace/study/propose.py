"""Look at a table and propose a model: what is which, why, what speaks against it, which rows it would use.

The rules are few and do not depend on the order of rows or columns. Nothing is left out silently: what a formula would
lose is counted and named.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

from innospace.core.errors import StudyError, offenders
from innospace.core.labels import require_known
from innospace.data.column_words import plain_words
from innospace.study.column_parts import ColumnSeen, Part, columns_seen, is_firm
from innospace.study.proposal import Proposal, Table, Wishes, formula_names, listed, quoted_column, term
from innospace.study.propose_firms import choice, method
from innospace.study.row_use import RowUse, row_use

if TYPE_CHECKING:
    import pandas as pd

    from innospace.data import Dataset

__all__ = ["Proposal", "Wishes", "propose"]

FEW_ROWS = 30
"""With fewer rows the two parts of the error are hardly told apart."""
MOST_INPUTS = 3
NEARLY_ALL = 0.9
"""Of the pairs of columns that keep this share of the rows of the best pair, the years decide; a column with names for
this share of the rows is one of names."""
MOST_OTHERS = 5


def propose(dataset: Dataset, wishes: Wishes | None = None) -> Proposal:
    """Propose a model for a table.

    Parameters
    ----------
    dataset : Dataset
    wishes : Wishes, optional

    Returns
    -------
    Proposal

    Raises
    ------
    StudyError
        The table does not show what could be explained by what; the message lists the columns of numbers.
    LabelError
        A column that was named is not in the table.
    FormulaError
        A formula that was given is not in the language.
    """
    wishes = wishes or Wishes()
    frame = dataset.frame
    names = [str(c) for c in frame.columns]
    require_known([n for n in (wishes.label, wishes.time) if n], names, kind="column", where=dataset.source.name)
    seen = columns_seen(frame)
    label = wishes.label or next((c.name for c in seen if c.part is Part.LABEL), "")
    time = wishes.time or next((c.name for c in seen if c.part is Part.TIME), "")
    found = Table(dataset, seen, label, time, wishes)
    if wishes.engine == "firms" or wishes.method:
        return method(found)
    if not wishes.formula and wishes.engine in ("", "frontier"):
        space = _innovation_space(found)
        if space is not None:
            return space
        if not wishes.engine and is_firm(label) and (binary := choice(found)) is not None:
            return binary
    return _frontier(found)


def _frontier(table: Table) -> Proposal:
    """Return a frontier on a formula: the one given, or outcome on inputs."""
    wishes = table.wishes
    others: tuple[str, ...] = ()
    reasons: list[str] = []
    formula = wishes.formula
    if not formula:
        formula, reasons, others = _formula(table)
    use = row_use(table.dataset.frame, formula, names=[c for c in (table.label, table.time) if c])
    step: dict[str, Any] = {"engine": "frontier", "formula": formula}
    step["inefficiency"] = wishes.inefficiency or "half_normal"
    zeros = [x for x in use.lost if "logarithm" in x.why]
    if zeros:
        step["zero_rule"] = "drop"
    named = {n: plain_words(n) for n in formula_names(formula)}
    step |= {"names": changed} if (changed := {n: w for n, w in named.items() if w != n}) else {}
    renamed = table.renamed(formula_names(formula))
    if table.label and table.time and table.time not in formula_names(formula):
        step |= {"cluster": table.unit if table.label in renamed.values() else table.label, "vcov": "cluster"}
        reasons.append(
            f"A {table.unit} has a row in every period ({table.time}): periods are pooled and standard errors are "
            f"clustered by {table.unit}."
        )
    reasons.append(table.naming)
    return Proposal(
        table.seen,
        table.label,
        table.time,
        renamed,
        "",
        step,
        _title(table, formula),
        tuple(r for r in reasons if r),
        _against(table, use, bool(zeros)),
        use,
        others,
    )


def _formula(table: Table) -> tuple[str, list[str], tuple[str, ...]]:
    """Return outcome on inputs with reasons, and the formulas that could stand in its place.

    Inputs are columns whose names say so, one a quantity, ``MOST_INPUTS`` at most. Of the columns of an outcome and an
    input, those are taken that keep nearly all rows and whose years are nearest to each other; then the most rows, the
    longest period, the first name.
    """
    outcomes, inputs = table.of(Part.OUTCOME), table.of(Part.SIZE)
    if not outcomes or not inputs:
        raise _no_pair(table, bool(outcomes))
    frame = table.dataset.frame
    good = {c.name: _usable(frame, c) for c in (*outcomes, *inputs)}
    pairs = [(y, x, int((good[y.name] & good[x.name]).sum())) for y, x in itertools.product(outcomes, inputs)]
    most = max(rows for _, _, rows in pairs)
    kept = sorted((p for p in pairs if p[2] >= NEARLY_ALL * most), key=_pair_order)
    y, x, _ = kept[0]
    chosen = [x]
    for other in sorted(inputs, key=lambda c: (_distance(y, c), -int(good[c.name].sum()), c.name)):
        enough = int((good[y.name] & good[other.name]).sum()) >= NEARLY_ALL * most
        if enough and len(chosen) < MOST_INPUTS and other.stem not in {c.stem for c in chosen}:
            chosen.append(other)
    right = " + ".join(term(c) for c in sorted(chosen, key=lambda c: c.name))
    formula = f"{term(y)} ~ {right}"
    reasons = [
        f"{y.name} is taken for the outcome ({y.about}), {listed([f'{c.name} ({c.about})' for c in chosen])} for what "
        f"goes into it. A frontier tells how much more a {table.unit} could reach with the same inputs.",
        "Logarithms: sizes differ by orders of magnitude, and coefficients become elasticities.",
    ]
    if len(outcomes) > 1 or len(inputs) > len(chosen):
        reasons.append("Of several columns, those were taken whose years are nearest and that keep the most rows.")
    others = tuple(dict.fromkeys(f"{term(a)} ~ {term(b)}" for a, b, _ in kept))
    return formula, reasons, tuple(o for o in others if o != formula)[:MOST_OTHERS]


def _pair_order(pair: tuple[ColumnSeen, ColumnSeen, int]) -> tuple[float, int, int, str, str]:
    y, x, rows = pair
    length = y.years[-1] - y.years[0] if y.years else 0
    return _distance(y, x), -rows, -length, y.name, x.name


def _distance(y: ColumnSeen, x: ColumnSeen) -> float:
    """Return the years between two columns; zero when a name holds none."""
    return abs(y.middle - x.middle) if y.years and x.years else 0.0


def _usable(frame: pd.DataFrame, column: ColumnSeen) -> np.ndarray:
    values = frame[column.name].to_numpy(dtype=np.float64, na_value=np.nan)
    return np.asarray(np.isfinite(values) if column.logged else values > 0.0)


def _no_pair(table: Table, outcome: bool) -> StudyError:
    numbers = [c.name for c in table.of(Part.OUTCOME, Part.SIZE, Part.NUMBER, Part.SHARE, Part.YES_NO)]
    years = [c.name for c in table.seen if c.years and c.stem == ""]
    if not numbers:
        return StudyError(
            "The table has no column of numbers, so there is nothing to estimate.",
            where=f"{table.dataset.source.name}, columns {offenders([c.name for c in table.seen], shown=12)}",
            allowed="an outcome and at least one input, as numbers",
            remedy="Check the file: a decimal mark or a unit in the cells makes numbers text (--decimal, --text).",
        )
    if len(years) > 1 and len(years) == len(numbers):
        return StudyError(
            f"The table holds one quantity, a column a year ({years[0]} to {years[-1]}); a frontier needs an outcome "
            "and at least one input.",
            where=table.dataset.source.name,
            allowed="several tables with the same names of rows: they are put together by row and year",
            remedy="Give the table of the other quantity too (--data OUTCOME.csv --data INPUT.csv).",
        )
    lacks = "what goes in (people, spending, capital)" if outcome else "the outcome (patents, innovations, output)"
    return StudyError(
        f"The names of the columns do not tell {lacks}.",
        where=table.dataset.source.name,
        allowed=f"columns of numbers: {offenders(numbers, shown=12)}",
        remedy=f'Say it with a formula, such as {_example(numbers)} (--formula "OUTCOME ~ INPUT").',
    )


def _example(numbers: list[str]) -> str:
    first, second = (*numbers, "INPUT")[:2]
    return f'"log({quoted_column(first)}) ~ log({quoted_column(second)})"'


def _against(table: Table, use: RowUse, zeros: bool) -> tuple[str, ...]:
    """Return what speaks against a model of these rows."""
    found = [str(x) for x in use.lost]
    if use.lost:
        found.append(
            f"The formula uses {use.used} of {use.rows} rows; the others are left out, and the report says so."
        )
    if zeros:
        found.append(
            'Rows without an outcome are left out (zero_rule = "drop"), so the frontier is one of those that have '
            'some. To keep them, assume a small number: zero_rule = "replace" with zero_value, such as 0.1.'
        )
    if use.used < FEW_ROWS:
        found.append(f"{use.used} rows are few: inefficiency and noise are hardly told apart below {FEW_ROWS}.")
    found.extend(_of_names(table))
    return tuple(found)


def _of_names(table: Table) -> list[str]:
    """Return what is wrong with the names of the rows: none tells them apart, or some stand there again."""
    named = table.label or _nearly(table)
    if not named:
        return ["No column tells the rows apart, so they are called by their numbers. Name one (--label COLUMN)."]
    keys = [named, table.time] if table.time else [named]
    again = table.dataset.frame[keys][table.dataset.frame[keys].duplicated()]
    if again.empty:
        return []
    rows = [" ".join(map(str, row)) for row in again.itertuples(index=False)]
    one = len(rows) == 1
    told = f"{len(rows)} row{' has a name' if one else 's have names'} that {'stands' if one else 'stand'} in {named} "
    told += (
        f"before: {offenders(list(dict.fromkeys(rows)))}. Every row is used, so what was put in twice counts twice: "
    )
    told += "remove the copies"
    if not table.time:
        told += ", or name the column of the year (--time COLUMN)"
    return [told + "."]


def _nearly(table: Table) -> str:
    """Return the column that would tell the rows apart if some names did not stand there again."""
    rows = len(table.dataset.frame)
    near = [c for c in table.of(Part.LABEL, Part.GROUP) if not c.missing and c.distinct >= NEARLY_ALL * rows]
    return max(near, key=lambda c: c.distinct).name if near else ""


def _innovation_space(table: Table) -> Proposal | None:
    """Return the models of the innovation space when the table has the columns of its schema under their names."""
    from innospace.data.schemas.innovation_space import problems

    columns = table.renamed(())
    if "technologies" not in table.dataset.frame.columns or problems(
        table.dataset, zero_rule="replace", columns=columns
    ):
        return None
    frame = table.dataset.frame
    zeros = int((frame["technologies"] == 0).sum())
    step: dict[str, Any] = {"engine": "frontier", "model": "innovation_space"}
    step |= {"inefficiency": table.wishes.inefficiency or "half_normal", "zero_rule": "replace", "zero_value": 0.1}
    against = [f"{zeros} rows have zero technologies; 0.1 a year is assumed in their place."] if zeros else []
    use = RowUse(len(frame), len(frame))
    return Proposal(
        table.seen,
        table.label,
        table.time,
        columns,
        "innovation_space",
        step,
        "Innovation space and how well it is used",
        ("The columns are those of the innovation space: technologies, and space or the counts it is made of.",),
        (*against, *_against(table, use, False)),
        use,
    )


def _title(table: Table, formula: str) -> str:
    """Return a title that says what is reached with what."""
    outcome, _, inputs = formula.partition("~")
    known = {c.name: c for c in table.seen}

    def said(side: str) -> str:
        from innospace.data.formula import parse

        used = [n for n in parse(f"{side} ~ 1" if side == outcome else f"1 ~ {side}").names if n in known]
        return listed([plain_words(n) for n in used])

    main = inputs.partition("|")[0]
    return f"How far {table.unit}s use their possibilities: {said(outcome)} from {said(main)}"
