"""Make a new study: a study file that explains itself, with a sample or a table of one's own."""

from __future__ import annotations

import json
import shlex
import shutil
import tempfile
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from innospace.core.errors import ProblemsError, StudyError, offenders
from innospace.core.parts import ASIDE
from innospace.study.folders import cannot_write
from innospace.study.load import FILE_NAME

if TYPE_CHECKING:
    from innospace.data import Dataset
    from innospace.study.proposal import Proposal, Wishes

DATA_FILE = "data/regions.csv"
TOGETHER = "data/table.csv"
"""File of several tables that were put together."""
_WIDTH = 118


@dataclass(frozen=True, slots=True)
class Made:
    """A study that was made: its files, and the proposal it was made from."""

    files: tuple[Path, ...]
    proposal: Proposal


def create(folder: Path, sample: str) -> list[Path]:
    """Make a study folder.

    Parameters
    ----------
    folder : Path
        Must not exist, or be an empty folder.
    sample : str
        Sample that is copied into it.

    Returns
    -------
    list of Path
        Files made.

    Raises
    ------
    StudyError
        The folder is taken, or the sample is not a table of the innovation space.
    LabelError
        No such sample.
    StoreError
        The folder cannot be written.
    """
    require_free(folder)
    dataset = _fitting(sample)

    def fill(aside: Path) -> None:
        (aside / DATA_FILE).parent.mkdir()
        dataset.frame.to_csv(aside / DATA_FILE, index=False, encoding="utf-8")
        _write(aside / FILE_NAME, _study_text(folder, dataset))

    _made_aside(folder, fill)
    return [folder / FILE_NAME, folder / DATA_FILE]


def create_from_table(
    folder: Path, files: Sequence[Path], wishes: Wishes, reading: Mapping[str, Any] | None = None
) -> Made:
    """Make a study around a table of one's own.

    Parameters
    ----------
    folder : Path
        Must not exist, or be an empty folder.
    files : sequence of Path
        The table; several are put together by the names of their rows.
    wishes : Wishes
        What the user says of the model; the rest is proposed.
    reading : mapping, optional
        Options of :func:`innospace.data.read_table`.

    Returns
    -------
    Made

    Raises
    ------
    InnospaceError
        The folder is taken, a file cannot be read, no model can be proposed, or the study would have a problem; then
        nothing was made.
    """
    from innospace.data.readers import read_table
    from innospace.study.propose import propose
    from innospace.study.put_together import put_together

    require_free(folder)
    options = dict(reading or {})
    tables = {file.stem: read_table(file, **options) for file in files}
    if len(tables) < len(files):
        raise StudyError("Two files have the same name.", where=offenders([str(f) for f in files]))
    together = len(files) > 1
    dataset = put_together(tables) if together else next(iter(tables.values()))
    proposal = propose(dataset, wishes)
    target = TOGETHER if together else f"data/{files[0].name}"
    values: dict[str, Any] = {"file": target, **({} if together else options)}
    if together:
        values["origin"] = "Put together from " + ", ".join(f.name for f in files)

    def fill(aside: Path) -> None:
        (aside / target).parent.mkdir()
        if together:
            dataset.frame.to_csv(aside / target, index=False, encoding="utf-8")
        else:
            shutil.copyfile(files[0], aside / target)
        _write(aside / FILE_NAME, own_text(folder, proposal, values))
        _require_sound(aside, folder)

    _made_aside(folder, fill)
    return Made((folder / FILE_NAME, folder / target), proposal)


def _made_aside(folder: Path, fill: Callable[[Path], None]) -> None:
    """Fill a folder that becomes the study when it is whole."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=ASIDE, dir=folder.parent))
        try:
            fill(aside)
            aside.chmod(0o755)
            aside.replace(folder)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    except OSError as error:
        raise cannot_write(folder, error) from error


def _write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8", newline="\n")


def _require_sound(aside: Path, folder: Path) -> None:
    """Raise what ``innospace check`` would say of the study."""
    from innospace.study.inspect import problems

    found = problems(aside)
    told = [
        type(e)(e.what, where=e.where.replace(str(aside), str(folder)), allowed=e.allowed, remedy=e.remedy)
        for e in found
    ]
    if len(told) == 1:
        raise told[0]
    if told:
        raise ProblemsError(str(folder / FILE_NAME), told)


def own_text(folder: Path, proposal: Proposal, table: Mapping[str, Any], name: str = "table") -> str:
    """Return a study file around a table: what is proposed, why, and what to change.

    Parameters
    ----------
    folder : Path
    proposal : Proposal
    table : mapping
        What the study says of the table: ``file``, and how it is read.
    name : str
        Of the table.
    """
    template = resources.files("innospace.study").joinpath("templates", "own.toml").read_text(encoding="utf-8")
    step = dict(proposal.step)
    engine = str(step.pop("engine"))
    arguments = step.pop("arguments", None)
    values = {**table, **({"schema": proposal.schema} if proposal.schema else {})}
    values |= {"columns": dict(proposal.renamed)} if proposal.renamed else {}
    lines = list(_lines(step))
    if arguments:
        lines += ["", f"[step.{engine}.arguments]", *_lines(arguments)]
    text = Template(template).substitute(
        shell=shlex.quote(folder.name),
        title=quoted(proposal.title),
        table=name,
        quoted_table=quoted(name),
        data="\n".join(_lines(values)),
        why="\n".join(_why(proposal)),
        step=engine,
        engine=quoted(engine),
        options="\n".join(lines),
        advice="\n".join(_advice(engine, proposal)),
    )
    return text.rstrip() + "\n"


_SAID = {
    "columns": "name in this study = name in the file",
    "inefficiency": 'or "exponential", "truncated_normal" and others: innospace explain inefficiency',
    "cluster": "rows of one of these are not independent of each other",
    "zero_rule": 'zeros have no logarithm: leave these rows out, or "replace" with a zero_value',
    "names": "what charts and sentences call the columns; add their units",
    "decimal": "decimal mark of the numbers",
    "dash": "what a lone dash means",
    "flags": "letters behind a number are taken out",
    "header": "row of the file with the names of columns",
}
"""What stands behind a line of a new study file."""


def _lines(values: Mapping[str, Any]) -> Iterator[str]:
    for key, value in values.items():
        line = f"{key} = {_literal(value)}"
        said = _SAID.get(key, "")
        beside = len(line) + len(said) < _WIDTH
        if said and not beside:
            yield f"# {said}:"
        yield f"{line}  # {said}" if said and beside else line


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(k)} = {_literal(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_literal(v) for v in value) + "]"
    return quoted(value) if isinstance(value, str) else repr(value)


def _key(name: str) -> str:
    return name if name.isascii() and name.replace("_", "").replace("-", "").isalnum() else quoted(name)


def _why(proposal: Proposal) -> Iterator[str]:
    for text in (*proposal.reasons, *(f"Against it: {t}" for t in proposal.against)):
        yield from textwrap.wrap(text, _WIDTH, initial_indent="# ", subsequent_indent="#   ")


def _advice(engine: str, proposal: Proposal) -> Iterator[str]:
    """Return what could stand in the place of what was proposed."""
    if engine == "firms":
        yield f"# Every argument of the method: innospace firms {proposal.step['method']} --help"
        return
    if proposal.others:
        yield "# Other formulas that these columns allow:"
        yield from (f"# formula = {quoted(other)}" for other in proposal.others)
    if "formula" in proposal.step:
        yield '# Regressors of inefficiency follow after a bar: formula = "log(q) ~ log(v) | u: z"'


def require_free(folder: Path) -> None:
    """Raise :class:`StudyError` unless a study can be made there: a folder that does not exist, or an empty one."""
    if folder.is_symlink() or (folder.exists() and not (folder.is_dir() and not any(folder.iterdir()))):
        raise StudyError(
            f"{folder.name!r} is there already and is not empty.",
            where=str(folder),
            allowed="the name of a folder that does not exist yet",
            remedy="Choose another name; nothing was changed.",
        )


def _fitting(sample: str) -> Dataset:
    """Return a sample that fits the schema of the innovation space."""
    from innospace.data.catalogue import load_sample, samples
    from innospace.data.schemas.innovation_space import problems

    dataset = load_sample(sample)
    if not problems(dataset):
        return dataset
    fitting = [c.name for c in samples() if not problems(load_sample(c.name))]
    raise StudyError(
        f"The sample {sample!r} is not a table of the innovation space.",
        where=f"columns {offenders([str(c) for c in dataset.frame.columns], shown=12)}",
        allowed=offenders(fitting),
        remedy=f"Begin with one of these; to look at {sample!r}: innospace samples {sample} --export FILE.csv",
    )


def _study_text(folder: Path, dataset: Dataset) -> str:
    template = resources.files("innospace.study").joinpath("templates", FILE_NAME).read_text(encoding="utf-8")
    title = folder.resolve().name.replace("-", " ").replace("_", " ").strip() or "A study"
    source = dataset.source
    return Template(template).substitute(
        title=quoted(title[0].upper() + title[1:]),
        sample=source.name,
        file=quoted(DATA_FILE),
        nature=quoted(str(source.nature)),
        origin=quoted(source.origin),
        licence=quoted(source.licence),
        note=quoted(source.note),
    )


def quoted(text: str) -> str:
    """Return a TOML string; it follows the rules of JSON, and 0x7f besides must be written as an escape."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
