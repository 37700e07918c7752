"""What the page of data does apart from drawing: look at tables, put uploads into the study, change the study file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from innospace.core.errors import InnospaceError, StudyError
from innospace.core.inputs import TABLE
from innospace.core.labels import require_known
from innospace.data.cell_problems import TableSurvey, survey
from innospace.study import edit, matrices
from innospace.study.errors import raise_all
from innospace.study.load import data_file
from innospace.study.schema import NAME, Table, parse
from innospace.web import uploads

if TYPE_CHECKING:
    from innospace.data.dataset import Dataset

SCHEMA = "innovation_space"
READING = ("sheet", "encoding", "delimiter", "decimal", "numeric", "text", "dash", "flags", "header")
"""Keys of a table that say how its file is read."""
_OF_COLUMNS = ("numeric", "text")


def read_values(folder: Path) -> tuple[edit.StudyText, dict[str, dict[str, Any]], dict[str, list[str]]]:
    """Return the text of the study file, what it says of each table, and the steps that use it.

    Raises
    ------
    StudyError
        The study file cannot be read.
    """
    read = edit.read_text(folder)
    content = edit.values_of(read.text)
    tables = _tables_of(content.get("data"))
    used: dict[str, list[str]] = {name: [] for name in tables}
    for step, values in _tables_of(content.get("step")).items():
        data = values.get("data")
        for name in data.values() if isinstance(data, Mapping) else [data]:
            if name in used:
                used[name].append(step)
    return read, tables, used


def _tables_of(section: Any) -> dict[str, dict[str, Any]]:
    if not isinstance(section, Mapping):
        return {}
    return {str(name): dict(values) for name, values in section.items() if isinstance(values, Mapping)}


def look(folder: Path, name: str, values: Mapping[str, Any]) -> TableSurvey:
    """Look at a table of a study.

    Raises
    ------
    InnospaceError
        The study file says something wrong of it, or its file as a whole cannot be read.
    """
    table, problems = parse(Table, values, f"[data.{name}]")
    raise_all(f"[data.{name}]", problems)
    if table is None:
        raise StudyError(f"[data.{name}] cannot be read.")
    source: Path | Dataset
    if table.sample is not None:
        from innospace.data.catalogue import load_sample

        source = load_sample(table.sample)
    else:
        source = data_file(folder, table)
    return survey(source, options=table.reader_options, schema=table.schema_name, columns=table.columns)


def look_at_file(file: Path, options: Mapping[str, Any]) -> TableSurvey:
    """Look at an upload."""
    return survey(file, options=dict(options))


@dataclass(frozen=True, slots=True)
class Wanted:
    """An upload that is to become a table.

    Attributes
    ----------
    file : Path
        The upload, written aside.
    table : str
        Table it takes the place of; empty for a new one.
    options : mapping
        How it is read.
    """

    file: Path
    table: str
    options: Mapping[str, Any]


def fresh_name(stem: str, taken: Mapping[str, Any]) -> str:
    """Return a name for a table, made from that of its file and not taken."""
    text = re.sub(r"[^\w-]+", "-", stem).strip("-_")[:50].strip("-_")
    text = text if NAME.fullmatch(text) else f"table-{text}".strip("-_")
    text = text if NAME.fullmatch(text) else "table"
    known = {n.casefold() for n in taken}
    name, count = text, 1
    while name.casefold() in known:
        count += 1
        name = f"{text}-{count}"
    return name


def kept_options(values: Mapping[str, Any], columns: tuple[str, ...]) -> dict[str, Any]:
    """Return what stays of the options of a table when another file takes the place of its own."""
    kept = {k: v for k, v in values.items() if k not in (*READING, "file", "sample", "columns")}
    chosen = {k: v for k, v in _columns(values).items() if v in columns}
    return {**kept, "columns": chosen} if chosen else kept


def _columns(values: Mapping[str, Any]) -> dict[str, Any]:
    found = values.get("columns")
    return dict(found) if isinstance(found, Mapping) else {}


def put_into_study(
    folder: Path, read: edit.StudyText, wanted: Wanted, name: str, columns: tuple[str, ...], *, replace: bool
) -> str:
    """Keep an upload, write it into the study file, and return the name of its table.

    Parameters
    ----------
    folder : Path
    read : StudyText
        The study file as the page shows it.
    wanted : Wanted
    name : str
        Name of the file in the study.
    columns : tuple of str
        Columns of the upload.
    replace : bool
        Whether a file of that name gives way.

    Raises
    ------
    StudyError
        The study file was changed meanwhile, or there is a file of that name; the study is as it was.
    StoreError
        Something cannot be written.
    """
    tables = read_values(folder)[1]
    table = wanted.table or fresh_name(Path(name).stem, tables)
    old = kept_options(tables.get(table, {}), columns)
    values = {"file": f"{uploads.DATA}/{name}", **plain_options(wanted.options), **old}
    text = edit.with_table(read.text, table, values)
    # a study file that was changed meanwhile is found before a file gives way
    edit.require_unchanged(folder, read.digest)
    kept = uploads.keep(folder, wanted.file, name, replace=replace)
    try:
        edit.save_text(folder, text, read.digest)
    except InnospaceError:
        if not replace:
            (folder / kept).unlink(missing_ok=True)
        raise
    return table


def plain_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that say something: empty ones and what is so without them are left out."""
    usual = (("dash", "text"), ("flags", "text"), ("header", 1))
    return {k: v for k, v in options.items() if v not in ("", None, [], ()) and (k, v) not in usual}


def with_reading(values: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a study says of a table, read in another way."""
    rest = {k: v for k, v in values.items() if k not in READING}
    return {**rest, **plain_options(options)}


def save_table(folder: Path, read: edit.StudyText, name: str, values: Mapping[str, Any]) -> None:
    """Write what the study says of a table.

    Raises
    ------
    StudyError
        A value is not allowed, or the study file was changed meanwhile; the study is as it was.
    """
    raise_all(f"[data.{name}]", parse(Table, values, f"[data.{name}]")[1])
    edit.save_text(folder, edit.with_table(read.text, name, values), read.digest)


def use_sample(folder: Path, read: edit.StudyText, sample: str, name: str = "") -> str:
    """Put a sample into the study, in place of a table or as a new one, and return the name of the table."""
    from innospace.data.catalogue import load_sample
    from innospace.data.schemas.innovation_space import problems

    tables = read_values(folder)[1]
    table = name or fresh_name(sample, tables)
    schema = {} if problems(load_sample(sample)) else {"schema": SCHEMA}
    save_table(folder, read, table, {"sample": sample, **schema})
    return table


def remove_table(folder: Path, read: edit.StudyText, name: str) -> None:
    """Take a table out of the study file; its file stays."""
    edit.save_text(folder, edit.without_table(read.text, name), read.digest)


@dataclass(frozen=True, slots=True)
class SeenGround:
    """What an equilibrium step rests on, ready to be shown.

    Attributes
    ----------
    title : str
        The model and its source.
    own : bool
        Whether the matrix is a table of the study.
    matrices : tuple of (str, facts, bool, str)
        Name, facts, whether it is balanced, and the cells as HTML.
    facts : tuple of (str, str)
        What the model makes of it.
    """

    title: str
    own: bool
    matrices: tuple[tuple[str, tuple[tuple[str, str], ...], bool, str], ...]
    facts: tuple[tuple[str, str], ...]


def equilibrium_steps(folder: Path) -> tuple[str, ...]:
    """Return the equilibrium steps of a study that name a model."""
    steps = _tables_of(edit.values_of(edit.read_text(folder).text).get("step"))
    return tuple(name for name, s in steps.items() if s.get("engine") == matrices.ENGINE and s.get("model"))


def look_at_ground(folder: Path, step: str) -> SeenGround:
    """Return what an equilibrium step rests on.

    Raises
    ------
    InnospaceError
        Step, model or matrix have a fault.
    """
    from innospace.study.tables import read
    from innospace.web.drawing import table_html

    content = edit.values_of(edit.read_text(folder).text)
    values = _tables_of(content.get("step"))[step]
    data, datasets = values.get("data"), {}
    for role, name in data.items() if isinstance(data, Mapping) else [(TABLE, data)] if data else []:
        require_known([name], list(_tables_of(content.get("data"))), kind="table", where=f"[step.{step}]")
        table, problems = parse(Table, content["data"][name], f"[data.{name}]")
        raise_all(f"[data.{name}]", problems)
        if table is not None:
            datasets[role] = read(folder, table)
    found = matrices.ground_of(folder, values, datasets)
    shown = tuple((m.title, m.facts, m.balanced, table_html(m.table, f"{step}-{m.title}")) for m in found.matrices)
    return SeenGround(found.title, found.own, shown, found.facts)
