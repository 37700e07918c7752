"""The tables of a study: where their bytes are, and how they are read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from innospace.core.errors import InnospaceError, StudyError
from innospace.core.labels import require_known
from innospace.core.provenance import Nature, file_sha256
from innospace.study.load import data_file

if TYPE_CHECKING:
    from innospace.data import Dataset
    from innospace.study.schema import Table


def table_sha256(folder: Path, table: Table) -> str:
    """Return the SHA-256 of the bytes a table is read from."""
    if table.sample is not None:
        from innospace.data.catalogue import load_sample

        return load_sample(table.sample).source.sha256
    return file_sha256(data_file(folder, table))


def read(folder: Path, table: Table) -> Dataset:
    """Read a table of a study and give its columns the names of the schema.

    Raises
    ------
    DataError, LabelError, StudyError
        The file cannot be read, or a column that ``columns`` names is not in it.
    """
    from innospace.data.catalogue import load_sample
    from innospace.data.readers import read_table

    if table.sample is not None:
        dataset = load_sample(table.sample)
    else:
        dataset = _described(read_table(data_file(folder, table), **table.reader_options), table)
    return _renamed(dataset, table)


def _described(dataset: Dataset, table: Table) -> Dataset:
    """Return a file's dataset with what the study says about its origin."""
    source = dataset.source
    described = replace(
        source,
        nature=Nature(table.nature),
        origin=table.origin or source.origin,
        licence=table.licence or source.licence,
        note=table.note or source.note,
    )
    return replace(dataset, source=described)


def _renamed(dataset: Dataset, table: Table) -> Dataset:
    if not table.columns:
        return dataset
    require_known(list(table.columns.values()), [str(c) for c in dataset.frame.columns], kind="column")
    if table.schema_name is not None:
        from innospace.data.schemas.innovation_space import describe

        require_known(list(table.columns), [c.name for c in describe()], kind="column of the schema")
    chosen = {given: name for name, given in table.columns.items()}
    if len(chosen) < len(table.columns):
        raise StudyError(
            "One column of the file was given two names.",
            where="key 'columns'",
            allowed="each column of the file once",
            remedy="Remove one of the two.",
        )
    hidden = [c for c in table.columns if c in dataset.frame.columns and c not in chosen]
    step = "Columns were renamed: " + ", ".join(f"{given} is {name}" for given, name in chosen.items()) + "."
    if hidden:
        step += f" Columns of the file that had these names were left out: {', '.join(hidden)}."
    return dataset.with_frame(dataset.frame.drop(columns=hidden).rename(columns=chosen), step)


def schema_problems(dataset: Dataset, table: Table) -> list[InnospaceError]:
    """Return what keeps a table from fitting the schema it names.

    Zero counts are left to the step, which states the rule for them.
    """
    if table.schema_name is None:
        return []
    from innospace.data.schemas import innovation_space

    return innovation_space.problems(dataset, zero_rule="drop")


def describe(table: Table) -> dict[str, Any]:
    """Return what decides how a table is read, as plain types, for its hash."""
    return table.model_dump(mode="json", by_alias=True)
