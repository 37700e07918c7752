"""What the page of the model does apart from drawing: look at a draft of the study file, and change its text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from innospace.core.document import Equation
from innospace.core.errors import FormulaError, InnospaceError, ProblemsError, StudyError
from innospace.core.inputs import TABLE
from innospace.study import edit, matrices
from innospace.study.column_parts import ColumnSeen, columns_seen
from innospace.study.engines import ENGINES, engine
from innospace.study.forms import FormField, fields_of, fitting
from innospace.study.inspect import problems
from innospace.study.load import FILE_NAME
from innospace.study.proposal import Proposal
from innospace.study.row_use import RowUse, row_use
from innospace.study.schema import STEP_KEYS, Table, name_problem, parse
from innospace.web.layout import for_pages

if TYPE_CHECKING:
    from innospace.data import Dataset

SHOWN_EQUATIONS = 8
OWN = (".toml", ".xlsx")
"""Ends of files that may hold a model."""
MATRIX_FACTS = ("Accounts", "Balance")


@dataclass(frozen=True, slots=True)
class SeenTable:
    """A table of the study: its columns, or why it cannot be read."""

    columns: tuple[ColumnSeen, ...] = ()
    error: InnospaceError | None = None


@dataclass(frozen=True, slots=True)
class SeenStep:
    """A step of the study: its model in words and equations, the rows it uses, and what is wrong with it.

    Attributes
    ----------
    sentence : str
    equations : tuple of (str, str)
        MathML and meaning.
    use : RowUse or None
        Of a formula that can be read.
    problems : tuple of InnospaceError
    facts : tuple of (str, str)
        Of an equilibrium step: its matrix, the parts of accounts, what there is to name.
    names : mapping of str to tuple of str
        Names that the field of a key may hold.
    """

    sentence: str = ""
    equations: tuple[tuple[str, str], ...] = ()
    use: RowUse | None = None
    problems: tuple[InnospaceError, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    names: Mapping[str, tuple[str, ...]] | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What there is to see of a draft."""

    tables: Mapping[str, SeenTable] = field(default_factory=dict)
    steps: Mapping[str, SeenStep] = field(default_factory=dict)
    problems: tuple[InnospaceError, ...] = ()


@dataclass(frozen=True, slots=True)
class Offer:
    """A proposal for a table, or why none can be made."""

    table: str
    proposal: Proposal | None
    error: InnospaceError | None = None


def tables_of(content: Mapping[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    """Return the tables ``[KIND.NAME]`` of a study file by name."""
    section = content.get(kind)
    if not isinstance(section, Mapping):
        return {}
    return {str(name): dict(values) for name, values in section.items() if isinstance(values, Mapping)}


def links_of(content: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the links of a study file."""
    found = content.get("link")
    return [entry for entry in found if isinstance(entry, Mapping)] if isinstance(found, list) else []


def look(folder: Path, text: str) -> Seen:
    """Look at a draft of a study file: columns of tables, models of steps, everything that is wrong.

    Parameters
    ----------
    folder : Path
        Of the study.
    text : str
        What its study file would say.
    """
    content = edit.values_of(text)
    read = {name: _read(folder, name, values) for name, values in tables_of(content, "data").items()}
    found = [_shown(e, folder) for e in problems(folder, text)]
    steps = {
        name: _step(folder, name, values, read, [e for e in found if _of_step(e, name)])
        for name, values in tables_of(content, "step").items()
    }
    rest = tuple(e for e in found if not any(_of_step(e, name) for name in steps))
    return Seen({name: _columns(read[name]) for name in read}, steps, rest)


def offers(folder: Path, text: str) -> tuple[Offer, ...]:
    """Return a proposal for every table that no step uses."""
    from innospace.study.propose import propose

    content = edit.values_of(text)
    used = {name for values in tables_of(content, "step").values() for name in roles_of(values).values()}
    found = []
    for name, values in tables_of(content, "data").items():
        if name in used:
            continue
        dataset = _read(folder, name, values)
        if isinstance(dataset, InnospaceError):
            continue
        try:
            found.append(Offer(name, propose(dataset)))
        except InnospaceError as error:
            found.append(Offer(name, None, error))
    return tuple(found)


def roles_of(values: Mapping[str, Any]) -> dict[str, str]:
    """Return the tables of a step by the parts they play."""
    data = values.get("data")
    if isinstance(data, Mapping):
        return {str(role): str(name) for role, name in data.items()}
    return {TABLE: data} if isinstance(data, str) and data else {}


def _read(folder: Path, name: str, values: Mapping[str, Any]) -> Dataset | InnospaceError:
    from innospace.study.load import data_file

    table, found = parse(Table, values, f"[data.{name}]")
    if table is None:
        return found[0]
    try:
        state = None
        if table.file is not None:
            status = data_file(folder, table).stat()
            state = (status.st_mtime_ns, status.st_size)
        return _read_once(folder, table.model_dump_json(by_alias=True, exclude_none=True), state)
    except InnospaceError as error:
        return _shown(error, folder)


@lru_cache(maxsize=4)
def _read_once(folder: Path, table: str, _state: tuple[int, int] | None) -> Dataset:
    """Return a table; it is read again when its file or the way it is read has changed."""
    from innospace.study.tables import read

    return read(folder, Table.model_validate_json(table))


def _columns(dataset: Dataset | InnospaceError) -> SeenTable:
    if isinstance(dataset, InnospaceError):
        return SeenTable((), dataset)
    return SeenTable(columns_seen(dataset.frame))


def _shown(error: InnospaceError, folder: Path) -> InnospaceError:
    """Return an error that names files as the study does."""
    if isinstance(error, ProblemsError):
        return type(error)(error.where, [_shown(e, folder) for e in error.problems])
    where = error.where.replace(f"{folder}/study.toml, ", "").replace(f"{folder}/", "")
    return type(error)(error.what, where=where, allowed=error.allowed, remedy=error.remedy)


def _of_step(error: InnospaceError, name: str) -> bool:
    return f"[step.{name}]" in error.where


def _step(
    folder: Path,
    name: str,
    values: Mapping[str, Any],
    tables: Mapping[str, Dataset | InnospaceError],
    found: list[InnospaceError],
) -> SeenStep:
    known = values.get("engine")
    if known not in ENGINES:
        return SeenStep(problems=tuple(found))
    chosen = engine(str(known))
    given = {k: v for k, v in values.items() if k not in STEP_KEYS}
    options, _ = parse(chosen.Options, given, f"[step.{name}]")
    if known == matrices.ENGINE:
        return _equilibrium(folder, values, tables, found)
    use = _use(values, tables)
    if options is None:
        return SeenStep(use=use, problems=tuple(found))
    try:
        sentence, equations = chosen.described(options)
    except InnospaceError as error:
        # problems() may have met another one first
        told = found or [error]
        return SeenStep(use=use, problems=tuple(told))
    return SeenStep(sentence, tuple(_set(e) for e in equations[:SHOWN_EQUATIONS]), use, tuple(found))


def _equilibrium(
    folder: Path,
    values: Mapping[str, Any],
    tables: Mapping[str, Dataset | InnospaceError],
    found: list[InnospaceError],
) -> SeenStep:
    used = {role: tables[name] for role, name in roles_of(values).items() if name in tables}
    read = {role: dataset for role, dataset in used.items() if not isinstance(dataset, InnospaceError)}
    if len(read) < len(used):
        return SeenStep(problems=tuple(found))
    try:
        ground = matrices.ground_of(folder, values, read)
    except InnospaceError as error:
        told = found or [error]
        return SeenStep(problems=tuple(told))
    of_matrix = [(f"Matrix: {k.lower()}", v) for m in ground.matrices for k, v in m.facts if k in MATRIX_FACTS]
    return SeenStep(ground.title, problems=tuple(found), facts=(*of_matrix, *ground.facts), names=ground.names)


def _set(equation: Equation) -> tuple[str, str]:
    from innospace.report.document import mathml

    return mathml(equation), equation.meaning


def formula_of(values: Mapping[str, Any]) -> str:
    """Return the formula of a step, or of the method it names; empty when there is none."""
    arguments = values.get("arguments")
    found = values.get("formula") or (arguments.get("formula") if isinstance(arguments, Mapping) else "")
    return found if isinstance(found, str) else ""


def _use(values: Mapping[str, Any], tables: Mapping[str, Dataset | InnospaceError]) -> RowUse | None:
    dataset = tables.get(roles_of(values).get(TABLE, ""))
    formula = formula_of(values)
    if dataset is None or isinstance(dataset, InnospaceError) or not formula:
        return None
    frame = dataset.frame
    names = [c for c in ("region", "firm") if c in frame.columns][:1]
    names += [c for c in ("year",) if c in frame.columns]
    try:
        return row_use(frame, formula, str(values.get("zero_rule", "")), names)
    except InnospaceError:
        return None


_KEY = re.compile(r"keys? '([\w.]+)'")


def field_of(error: InnospaceError, fields: list[FormField]) -> str:
    """Return the field at which an error stands; empty when it belongs to the step as a whole."""
    keys = {f.key: f.key for f in fields} | {f.key.rpartition(".")[2]: f.key for f in fields}
    found = _KEY.search(error.where)
    if found and found[1] in keys:
        return keys[found[1]]
    of_formula = isinstance(error, FormulaError) or "formula" in error.where
    return keys.get("formula", "") if of_formula else ""


def formula_problem(formula: str, columns: list[str], parts: bool) -> str:
    """Return what is wrong with a formula while it is typed, in a sentence; empty when nothing is."""
    from innospace.core.labels import require_known
    from innospace.data.formula import parse as parse_formula
    from innospace.frontier.spec import WITH_INTERCEPT

    try:
        found = parse_formula(formula, WITH_INTERCEPT if parts else None)
        require_known(list(found.names), columns, kind="column")
    except InnospaceError as error:
        return told(error)
    return ""


def told(error: InnospaceError) -> str:
    """Return an error in a line, as it stands at a field."""
    allowed = f" Allowed: {error.allowed}." if error.allowed else ""
    return f"{error.what}{allowed} {for_pages(error.remedy)}".strip()


def fields_in(folder: Path, values: Mapping[str, Any]) -> list[FormField]:
    """Return the fields of a step; a model may also be a file in the folder of the study."""
    name = str(values["engine"])
    fields = list(fields_of(name, values))
    if name != matrices.ENGINE:
        return fields
    files = [f.name for suffix in OWN for f in sorted(folder.glob(f"*{suffix}")) if f.name != FILE_NAME]
    own = {f: f"{f}: a model of the study" for f in files}
    return [replace(f, choices={**f.choices, **own}) if f.key == "model" else f for f in fields]


def fresh_name(wanted: str, taken: Mapping[str, Any]) -> str:
    """Return a name of a step that is not taken."""
    known = {n.casefold() for n in taken}
    name, count = wanted, 1
    while name.casefold() in known:
        count += 1
        name = f"{wanted}-{count}"
    return name


def with_proposal(text: str, offer: Offer) -> str:
    """Return the text with a step that does what is proposed, and columns named as it needs them."""
    proposal = offer.proposal
    if proposal is None:
        return text
    content = edit.values_of(text)
    values = tables_of(content, "data")[offer.table]
    if proposal.renamed:
        columns = {**values.get("columns", {}), **proposal.renamed}
        text = edit.with_table(text, offer.table, {**values, "columns": columns})
    if proposal.schema:
        values = tables_of(edit.values_of(text), "data")[offer.table]
        text = edit.with_table(text, offer.table, {**values, "schema": proposal.schema})
    step = dict(proposal.step)
    name = fresh_name(str(step["engine"]), tables_of(content, "step"))
    return edit.with_step(text, name, {"engine": step.pop("engine"), "data": offer.table, **step})


def begun(text: str, name: str, engine_name: str) -> str:
    """Return the text with a step that names an engine and, where there is one, a table."""
    content = edit.values_of(text)
    steps = tables_of(content, "step")
    problem = name_problem("step", name, "the study file")
    if problem is not None:
        raise problem
    if name.casefold() in {s.casefold() for s in steps}:
        raise StudyError(f"There is a step {name!r} already.", where="name", remedy="Choose another name.")
    tables = list(tables_of(content, "data"))
    needed = [role for role, needs in engine(engine_name).ROLES.items() if needs]
    first = tables[0] if tables else ""
    data: Any = dict.fromkeys(needed, first) if needed and needed != [TABLE] else first
    # a model that has its own numbers takes a table when one is chosen
    given = {} if engine_name == matrices.ENGINE else {"data": data}
    return edit.with_step(text, name, {"engine": engine_name, **given})


def renamed(text: str, old: str, new: str) -> str:
    """Return the text in which a step has another name, also where links and needs name it.

    Raises
    ------
    StudyError
        The name is taken or is no name.
    """
    content = edit.values_of(text)
    steps = tables_of(content, "step")
    problem = name_problem("step", new, "the study file")
    if problem is not None:
        raise problem
    if new.casefold() in {s.casefold() for s in steps if s != old}:
        raise StudyError(f"There is a step {new!r} already.", where="name", remedy="Choose another name.")
    links = links_of(content)
    text = edit.without_step(edit.with_step(text, new, steps[old]), old)
    for name, values in steps.items():
        needs = values.get("needs")
        if isinstance(needs, list) and old in needs:
            own = new if name == old else name
            text = edit.with_step(text, own, {**values, "needs": [new if n == old else n for n in needs]})
    for link in links:
        ends = {key: _moved(str(link.get(key, "")), old, new) for key in ("from", "to")}
        if any(ends[key] != link.get(key) for key in ends):
            text = edit.with_link(edit.without_link(text, str(link.get("to"))), {**link, **ends})
    return text


def _moved(end: str, old: str, new: str) -> str:
    step, dot, rest = end.partition(".")
    return f"{new}{dot}{rest}" if step == old else end


def removed(text: str, name: str) -> str:
    """Return the text without a step and the links from and to it."""
    for link in links_of(edit.values_of(text)):
        if name in (str(link.get("from", "")).partition(".")[0], str(link.get("to", "")).partition(".")[0]):
            text = edit.without_link(text, str(link.get("to")))
    return edit.without_step(text, name)


def changed(text: str, name: str, values: Mapping[str, Any]) -> str:
    """Return the text in which a step says other things; keys that have no place beside the others are left out."""
    known = values.get("engine")
    return edit.with_step(text, name, fitting(str(known), values) if known in ENGINES else dict(values))


def built_formula(outcome: str, inputs: list[str], logs: bool) -> str:
    """Return a formula made from columns."""
    from innospace.study.proposal import quoted_column

    def one(name: str) -> str:
        return f"log({quoted_column(name)})" if logs else quoted_column(name)

    return f"{one(outcome)} ~ {' + '.join(map(one, inputs)) or '1'}"


def link_values(source: str, target: str, labels: str) -> dict[str, Any]:
    """Return a link as the study file says it.

    Raises
    ------
    StudyError
        The labels are not ``name = value``, one a line.
    """
    where: dict[str, str | int] = {}
    for line in filter(None, map(str.strip, labels.splitlines())):
        key, equals, value = line.partition("=")
        if not equals or not key.strip() or not value.strip():
            raise StudyError(
                f"{line!r} selects nothing.", where="labels", allowed="name = value, one a line", remedy="year = 2012"
            )
        value = value.strip().strip('"')
        where[key.strip()] = int(value) if value.isdecimal() else value
    return {"from": source, "to": target, **({"where": where} if where else {})}
