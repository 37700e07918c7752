"""What a referee needs of a run: commands, fingerprints, versions, the study file line by line, every number."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from innospace.core.document import Block, Heading, Paragraph, Section
from innospace.core.errors import InnospaceError
from innospace.core.numbers import fixed
from innospace.core.table import Column, Table
from innospace.study.load import FILE_NAME, load_study
from innospace.study.plan import make_plan
from innospace.study.store import SHOWN, StoredRun

if TYPE_CHECKING:
    import pandas as pd

MOST_ROWS, MOST_COLUMNS = 300, 9
"""Numbers of a step that fit on pages; larger tables stand in files, with their fingerprint here."""


def sections(run: StoredRun, folder: Path, place: str) -> tuple[Section, ...]:
    """Return the sections that a replication report adds to a full one.

    Parameters
    ----------
    run : StoredRun
    folder : Path
        Of the study.
    place : str
        The study as commands name it.
    """
    return (
        Section("replication", "How to get these numbers", (*_commands(run, place), _steps(run), *_made_with(run))),
        Section("study-file", "The study file", _files(run, folder)),
        Section("every-number", "Every number", _numbers(run)),
    )


def same_study(run: StoredRun, folder: Path) -> bool:
    """Whether the study, its data and innospace are what the run was made with."""
    try:
        return make_plan(load_study(folder)).run_id == run.run_id
    except InnospaceError:
        return False


def study_files(folder: Path) -> tuple[Path, ...]:
    """Return the study file and its scenarios, links out of the study left out."""
    root = folder.resolve()
    found = (root / FILE_NAME, *sorted(root.glob("scenarios/*.toml")))
    return tuple(p for p in found if p.resolve().is_relative_to(root))


def numbers_file(frame: pd.DataFrame) -> bytes:
    """Return the numbers of a step as CSV, in full precision, index first where it has a name."""
    from innospace.report.tables.files import frame_csv

    return frame_csv(_whole(frame)).encode("utf-8")


def _whole(frame: pd.DataFrame) -> pd.DataFrame:
    return frame if frame.index.names == [None] else frame.reset_index()


def _commands(run: StoredRun, place: str) -> tuple[Block, ...]:
    given = (
        (f"innospace run {place} --fresh", "computes every step anew and stores the run"),
        (f"innospace report {place} --run {run.run_id[:SHOWN]} --kind replication", "writes this report"),
        (f"innospace report {place} --run {run.run_id[:SHOWN]} --package replication.zip", "packs all that is needed"),
        (f"innospace compare {place} OTHER", "holds another run of the study against this one, number by number"),
    )
    import pandas as pd

    frame = pd.DataFrame(given, columns=["command", "does"])
    told = f"Run {run.run_id}, computed {run.created} by innospace {run.version} with seed {run.seed}."
    columns = (Column("command", "Command"), Column("does", "What it does"))
    return (Paragraph(told), Table("commands", "Commands", frame, columns))


def _steps(run: StoredRun) -> Table:
    import pandas as pd

    rows = [(s.name, s.engine, str(s.result.status.code), len(s.result.to_frame())) for s in run.steps]
    columns = (
        Column("step", "Step"),
        Column("engine", "Engine"),
        Column("status", "Status"),
        Column("rows", "Rows of numbers", "integer"),
    )
    return Table("steps", "Steps", pd.DataFrame(rows, columns=[c.key for c in columns]), columns)


def _made_with(run: StoredRun) -> tuple[Block, ...]:
    """Return data, fingerprints of data, steps and numbers, and software."""
    import pandas as pd

    parts = [s.result.provenance for s in run.steps]
    sources = {(x.name, x.sha256): x for p in parts for x in p.sources}.values()
    data = pd.DataFrame(
        [(x.name, str(x.nature), x.licence or "not stated") for x in sources], columns=["name", "nature", "licence"]
    )
    prints = [(f"Data {x.name}", x.sha256) for x in sources]
    for s in run.steps:
        prints += [(f"Step {s.name}", s.sha256)]
        prints += [(f"Numbers of {s.name}, as CSV", sha256(numbers_file(s.result.to_frame())).hexdigest())]
    software = {name: text for p in parts for name, text in p.software.items()}
    notes = ("The hash of a step covers options, data, seed, version and the steps it needs.",)
    return (
        Table("data", "Data", data, (Column("name", "Data"), Column("nature", "Nature"), Column("licence", "Licence"))),
        Table(
            "fingerprints",
            "Fingerprints",
            pd.DataFrame(prints, columns=["name", "sha256"]),
            (Column("name", "Of"), Column("sha256", "SHA-256")),
            notes,
        ),
        Table(
            "software",
            "Software",
            pd.DataFrame(list(software.items()), columns=["name", "version"]),
            (Column("name", "Software"), Column("version", "Version")),
        ),
    )


def _files(run: StoredRun, folder: Path) -> tuple[Block, ...]:
    """Return the study file and its scenarios, a row a line."""
    import pandas as pd

    if not same_study(run, folder):
        return (Paragraph("The study, its data or innospace changed after this run, so that its file is not printed."),)
    found = []
    for n, path in enumerate(study_files(folder)):
        lines = path.read_text(encoding="utf-8").splitlines()
        frame = pd.DataFrame({"number": range(1, len(lines) + 1), "line": lines})
        name = path.relative_to(folder.resolve()).as_posix()
        columns = (Column("number", "Line", "integer"), Column("line", "Text"))
        found.append(Table(f"file-{n + 1}", name, frame, columns))
    return tuple(found)


def _numbers(run: StoredRun) -> tuple[Block, ...]:
    blocks: list[Block] = []
    for s in run.steps:
        frame = _whole(s.result.to_frame())
        blocks.append(Heading(s.name))
        if len(frame) > MOST_ROWS or len(frame.columns) > MOST_COLUMNS:
            size = f"{fixed(len(frame), 0)} rows of {len(frame.columns)} columns"
            places = f"numbers/{s.name}.csv of the replication package, or data/{s.name}.csv of a report with data"
            blocks.append(Paragraph(f"{size}: file {places}. Its fingerprint stands above."))
            continue
        columns = tuple(Column(str(c), str(c), _style(frame[c])) for c in frame.columns)
        blocks.append(Table(f"numbers-{s.name}", f"Numbers of {s.name}", frame, columns))
    return tuple(blocks)


def _style(column: pd.Series) -> str:
    from pandas.api.types import is_bool_dtype, is_integer_dtype, is_numeric_dtype

    if not is_numeric_dtype(column) or is_bool_dtype(column):
        return "text"
    if is_integer_dtype(column):
        return "year" if column.name == "year" else "integer"
    return "significant:8"
