"""Methods on firms proposed for a table."""

from __future__ import annotations

from innospace.core.errors import StudyError
from innospace.study.column_parts import Part, about_of
from innospace.study.proposal import Proposal, Table, Wishes, quoted_column, term
from innospace.study.row_use import RowUse, row_use

MOST_DECISIONS = 3


def choice(table: Table) -> Proposal | None:
    """Return a probit of a decision of firms, or None when no column of yes and no is an outcome."""
    decisions = table.of(Part.YES_NO)
    outcome = next((c for c in decisions if about_of(c.name)[0] is Part.OUTCOME), None)
    outcome = outcome or next((c for c in decisions if "rd" in c.stem.split() or "r&d" in c.stem), None)
    if outcome is None:
        return None
    others = [quoted_column(c.name) for c in decisions if c.name != outcome.name]
    sizes = [term(c) for c in table.of(Part.SIZE) if not c.zeros and not c.negatives]
    right = " + ".join([*others[:MOST_DECISIONS], *sizes[:1]])
    if not right:
        return None
    reasons = (
        f"{outcome.name} is a decision (0 or 1) of firms: a probit tells how its probability goes with what they are.",
        table.naming,
    )
    wishes = Wishes(method="probit", arguments={"formula": f"{quoted_column(outcome.name)} ~ {right}"})
    return method(Table(table.dataset, table.seen, table.label, table.time, wishes), reasons)


def method(table: Table, reasons: tuple[str, ...] = ()) -> Proposal:
    """Return one method on firms with its arguments, checked."""
    from innospace.firms.verbs import arguments, check, verb

    wishes = table.wishes
    if not wishes.method:
        from innospace.firms.verbs import VERBS

        raise StudyError(
            "A step on firms needs a method.",
            where="--engine firms",
            allowed=", ".join(VERBS),
            remedy='For example: --method probit --formula "rd ~ export + log(employees)"; innospace firms --help',
        )
    chosen = verb(wishes.method)
    given = dict(wishes.arguments)
    known = arguments(chosen)
    if wishes.formula:
        given["formula"] = wishes.formula
    for name, column in (("firm", table.label), ("year", table.time)):
        if column and name in known and name not in given and column != name:
            given[name] = column
    checked = {k: list(v) if isinstance(v, tuple) else v for k, v in check(chosen, given).items()}
    step = {"engine": "firms", "method": wishes.method, "arguments": checked}
    rows = len(table.dataset.frame)
    formula = given.get("formula")
    use = row_use(table.dataset.frame, formula) if isinstance(formula, str) and "~" in formula else RowUse(rows, rows)
    why = (chosen.summary, *reasons)
    title = f"{chosen.summary.rstrip('.')}"
    return Proposal(table.seen, table.label, table.time, {}, "", step, title, why, tuple(str(x) for x in use.lost), use)
