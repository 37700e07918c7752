"""Read a study file: one error lists every problem, each with its place and remedy."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Any

from innospace.core.errors import InnospaceError, StudyError, offenders
from innospace.core.inputs import TABLE
from innospace.core.labels import suggest
from innospace.study.engines import engine
from innospace.study.errors import at, raise_all
from innospace.study.links import StudyLink, read_links, read_scenarios
from innospace.study.schema import MAX_TABLES, SECTIONS, STEP_KEYS, Head, Step, Table, name_problem, parse

if TYPE_CHECKING:
    from pydantic import BaseModel

FILE_NAME = "study.toml"
SUFFIX, WORKBOOK = ".toml", ".xlsx"
MAX_STUDY_BYTES = 1 << 20
MAX_DATA_BYTES = 4 << 30


@dataclass(frozen=True, slots=True)
class StudyStep:
    """One step: which engine does what with which data (table by part), after which other steps."""

    name: str
    engine: str
    data: Mapping[str, str]
    needs: tuple[str, ...]
    options: BaseModel


@dataclass(frozen=True, slots=True)
class Study:
    """A study file that was read without a problem.

    Attributes
    ----------
    file : Path
        The study file; its folder holds the data, the runs and the report.
    title : str
    seed : int
    tables : mapping of str to Table
        Data by name.
    steps : tuple of StudyStep
        In the order in which they run: as written, but after the steps they need.
    links : tuple of StudyLink
        Numbers that steps take over from others.
    scenarios : tuple of mapping
        Of the study file and of ``scenarios/*.toml``, as plain types.
    """

    file: Path
    title: str
    seed: int
    tables: Mapping[str, Table]
    steps: tuple[StudyStep, ...]
    links: tuple[StudyLink, ...] = ()
    scenarios: tuple[Mapping[str, Any], ...] = ()

    @property
    def folder(self) -> Path:
        """Folder of the study."""
        return self.file.parent

    def _repr_html_(self) -> str:
        from innospace.core.notebook import card, grid

        facts = [
            ("File", self.file),
            ("Seed", self.seed),
            ("Data", ", ".join(self.tables)),
            ("Scenarios", ", ".join(str(s.get("name", "")) for s in self.scenarios)),
            ("Links", len(self.links) or ""),
        ]
        rows = [(s.name, s.engine, ", ".join(s.data.values()), ", ".join(s.needs)) for s in self.steps]
        return card(self.title, facts, grid(("Step", "Engine", "Data", "Needs"), rows))


def study_file(path: str | Path) -> Path:
    """Return the study file of a folder, or the file itself.

    Raises
    ------
    StudyError
        When there is none.
    """
    given = Path(path)
    file = given / FILE_NAME if given.is_dir() else given
    if not file.exists():
        raise StudyError(
            f"There is no study at {str(given)!r}.",
            where=str(file),
            allowed=f"a folder with a {FILE_NAME}, or the file itself",
            remedy="Check the path, or make a study with: innospace new NAME",
        )
    return file


def load_study(path: str | Path, text: str | None = None) -> Study:
    """Read a study without reading its data.

    Parameters
    ----------
    path : path
        Folder of the study, or its file.
    text : str, optional
        What stands in the file when it is saved, in place of what stands there now.

    Returns
    -------
    Study

    Raises
    ------
    StudyProblemsError
        Lists every problem of the file at once.
    StudyError
        There is no such file, or it is not TOML.
    """
    file = study_file(path)
    content = _read_toml(file) if text is None else parsed(text, str(file))
    found: list[InnospaceError] = [
        StudyError(
            f"Unknown table [{key}].",
            where=str(file),
            allowed=", ".join(f"[{s}]" for s in SECTIONS),
            remedy=suggest(key, SECTIONS) or "Delete it.",
        )
        for key in content
        if key not in SECTIONS
    ]
    if "study" not in content:
        found.append(
            StudyError("The table [study] is missing.", where=str(file), remedy='Add [study] with title = "..."')
        )
    head, head_problems = parse(Head, _mapping(content, "study", file, found), f"{file}, [study]")
    found += head_problems if "study" in content else []
    tables = _tables(file, _mapping(content, "data", file, found), found)
    steps = _steps(file, _mapping(content, "step", file, found), content.get("data", {}), found)
    links = read_links(file, content.get("link", []), {s.name: s.engine for s in steps}, found)
    scenarios = read_scenarios(file, content.get("scenario", []), found)
    steps = [replace(s, needs=_all_needs(s, links)) for s in steps]
    ordered = _in_order(file, steps, found)
    raise_all(str(file), found)
    if head is None:
        raise StudyError("The table [study] cannot be read.", where=str(file))
    return Study(file, head.title, head.seed, tables, ordered, links, scenarios)


def _all_needs(step: StudyStep, links: Sequence[StudyLink]) -> tuple[str, ...]:
    sources = [link.from_step for link in links if link.to_step == step.name]
    return tuple(dict.fromkeys((*step.needs, *sources)))


def _read_toml(file: Path) -> dict[str, Any]:
    try:
        if file.stat().st_size > MAX_STUDY_BYTES:
            raise StudyError(
                "The study file is too large to be one.",
                where=f"{file}, {file.stat().st_size:,} bytes",
                allowed=f"up to {MAX_STUDY_BYTES:,} bytes",
                remedy="Put data into files of their own and name them in [data.NAME].",
            )
        return parsed(decoded(file.read_bytes(), file), str(file))
    except OSError as error:
        raise StudyError(f"The study file cannot be read: {error.strerror}.", where=str(file)) from error


def decoded(raw: bytes, file: Path) -> str:
    """Return the text of a study file.

    Raises
    ------
    StudyError
        It is not UTF-8; the message names the line.
    """
    try:
        # Windows editors put a byte order mark in front, which TOML does not know
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise StudyError(
            "The study file is not UTF-8 text.", where=f"{file}, line {line}", remedy="Save it with encoding UTF-8."
        ) from error


def parsed(text: str, where: str) -> dict[str, Any]:
    """Return what the text of a study file says, as plain types.

    Raises
    ------
    StudyError
        It is not TOML; the message names the line.
    """
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise _syntax(where, str(error)) from error


def _syntax(file: str, message: str) -> StudyError:
    remedy = "Look for a missing quote or bracket, or a key written twice, on this line or the one before."
    if "character for a key part" in message:
        remedy = 'Put names with other than Latin letters in quotes: [step."имя"]; look for a missing quote or bracket.'
    place = re.search(r"\(at (line \d+, column \d+|end of document)\)", message)
    return StudyError(
        f"The study file is not valid TOML: {message[: place.start()].strip() if place else message}.",
        where=f"{file}, {place.group(1)}" if place else file,
        allowed='lines such as key = "text", key = 1.5, key = ["a", "b"], and tables [step.NAME]',
        remedy=remedy,
    )


def _mapping(content: Mapping[str, Any], key: str, file: Path, found: list[InnospaceError]) -> Mapping[str, Any]:
    value = content.get(key, {})
    if isinstance(value, Mapping):
        return value
    shown = f"[{key}]" if key == "study" else f"[{key}.NAME]"
    found.append(StudyError(f"{key!r} is not a table.", where=str(file), remedy=f"Write it as {shown}."))
    return {}


def _named(
    kind: str, section: Mapping[str, Any], file: Path, found: list[InnospaceError]
) -> list[tuple[str, Mapping[str, Any]]]:
    """Return the tables of a section with usable names; names differ on every file system."""
    kept: dict[str, Mapping[str, Any]] = {}
    folded: dict[str, str] = {}
    for name, values in section.items():
        problem = name_problem(kind, name, str(file))
        if problem is None and not isinstance(values, Mapping):
            remedy = f"Write [{kind}.{name}] and put its keys on lines below, or correct [{kind}.NAME]."
            problem = StudyError(f"{kind}.{name} is not a table.", where=str(file), remedy=remedy)
        if problem is None and name.casefold() in folded:
            problem = StudyError(
                f"{name!r} and {folded[name.casefold()]!r} differ in capitals only.",
                where=f"{file}, [{kind}]",
                remedy="Rename one of them: some file systems cannot tell them apart.",
            )
        if problem is not None:
            found.append(problem)
            continue
        folded[name.casefold()] = name
        kept[name] = values
    if len(section) > MAX_TABLES:
        found.append(
            StudyError(
                f"{len(section)} tables in [{kind}].", where=str(file), allowed=f"up to {MAX_TABLES} in one study"
            )
        )
    return list(kept.items())


def _tables(file: Path, section: Mapping[str, Any], found: list[InnospaceError]) -> dict[str, Table]:
    tables: dict[str, Table] = {}
    for name, values in _named("data", section, file, found):
        place = f"{file}, [data.{name}]"
        table, problems = parse(Table, values, place)
        found += problems
        if table is None:
            continue
        tables[name] = table
        try:
            _require_origin(file.parent, table)
        except InnospaceError as error:
            found.append(at(error, place))
    return tables


def _require_origin(folder: Path, table: Table) -> None:
    if table.sample is not None:
        from innospace.data.catalogue import sample_card

        sample_card(table.sample)
    else:
        data_file(folder, table)


def inside(folder: Path, given: str, key: str) -> Path:
    """Return a file that a key names, which must lie inside the study folder.

    Raises
    ------
    StudyError
        It lies outside, is missing, or is not a file.
    """
    parts = (PurePosixPath(given), PureWindowsPath(given))
    path = folder / given
    outside = any(p.is_absolute() or p.drive or ".." in p.parts for p in parts)
    if outside or not path.resolve().is_relative_to(folder.resolve()):
        raise StudyError(
            f"The file {given!r} lies outside the study folder.",
            where=f"key {key!r}",
            allowed="a path inside the folder of the study, such as data/regions.csv; no link out of it",
            remedy="Copy the file into the study's data folder.",
        )
    if not path.is_file():
        near = sorted(p.relative_to(folder).as_posix() for p in path.parent.glob("*") if p.is_file())
        raise StudyError(
            f"There is no file {given!r} in the study folder." if not path.exists() else f"{given!r} is a folder.",
            where=f"key {key!r}",
            allowed=f"in its folder: {offenders(near)}" if near else "",
            remedy=suggest(given, near) or "Copy the file there, or correct the path.",
        )
    return path


def data_file(folder: Path, table: Table) -> Path:
    """Return the file of a table, which must lie inside the study folder.

    Raises
    ------
    StudyError
        It lies outside, is missing, is not a file, or is too large.
    """
    given = str(table.file)
    path = inside(folder, given, "file")
    if path.stat().st_size > MAX_DATA_BYTES:
        raise StudyError(
            f"The file {given!r} is too large for a study.",
            where=f"{path.stat().st_size:,} bytes",
            allowed=f"up to {MAX_DATA_BYTES:,} bytes",
            remedy="Save it as Parquet with the columns that are needed.",
        )
    return path


def _steps(file: Path, section: Mapping[str, Any], data: Any, found: list[InnospaceError]) -> list[StudyStep]:
    named = _named("step", section, file, found)
    if not section:
        found.append(
            StudyError(
                "The study has no step, so there is nothing to run.",
                where=str(file),
                remedy='Add [step.NAME] with engine = "frontier" and data = "NAME".',
            )
        )
    names = list(section)
    tables = list(data) if isinstance(data, Mapping) else []
    steps = []
    for name, values in named:
        place = f"{file}, [step.{name}]"
        own = {k: v for k, v in values.items() if k in STEP_KEYS}
        step, problems = parse(Step, own, place)
        found += problems
        if step is None:
            continue
        found += _unknown("data", list(step.tables.values()), tables, place)
        found += _unknown("step", list(step.needs), names, f"{place}, key 'needs'")
        found += _not_finite(values, place)
        options = _options(step, {k: v for k, v in values.items() if k not in STEP_KEYS}, file, place, found)
        if options is not None:
            found += _wrong_roles(step, place)
            steps.append(StudyStep(name, step.engine, step.tables, tuple(step.needs), options))
    return steps


def _wrong_roles(step: Step, place: str) -> list[StudyError]:
    roles = engine(step.engine).ROLES
    missing = [role for role, needed in roles.items() if needed and role not in step.tables]
    unknown = [role for role in step.tables if role not in roles]
    if not missing and not unknown:
        return []
    shown = "{ " + ", ".join(f'{role} = "NAME"' for role in roles) + " }"
    return [
        StudyError(
            f"The engine {step.engine!r} "
            + (f"needs a table as {offenders(missing)}." if missing else f"knows no table as {offenders(unknown)}."),
            where=f"{place}, key 'data'",
            allowed='data = "NAME"' if list(roles) == [TABLE] else f"data = {shown}",
            remedy="Name the tables by the parts they play.",
        )
    ]


def _options(
    step: Step, values: Mapping[str, Any], file: Path, place: str, found: list[InnospaceError]
) -> BaseModel | None:
    try:
        model = engine(step.engine).Options
    except InnospaceError as error:
        found.append(at(error, f"{place}, key 'engine'"))
        return None
    try:
        values = {**values, **contents(model, values, file.parent)}
    except InnospaceError as error:
        found.append(at(error, place))
        return None
    options, problems = parse(model, values, place, also=STEP_KEYS)
    found += problems
    return options


def contents(model: type[BaseModel], values: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return what TOML files or workbooks say that options name, under the key that the option keeps their content in.

    The content thus belongs to the options, and to the hash of the step.
    """
    found = {}
    for key, info in model.model_fields.items():
        extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
        given = values.get(key)
        if "content" in extra and isinstance(given, str) and given.endswith(SUFFIX):
            path = inside(folder, given, key)
            found[str(extra["content"])] = parsed(decoded(path.read_bytes(), path), str(path))
        elif "sheets" in extra and isinstance(given, str) and given.endswith(WORKBOOK):
            from innospace.data.workbooks import read_records

            path = inside(folder, given, key)
            found[str(extra["content"])] = {str(extra["sheets"]): read_records(path.read_bytes(), str(path))}
    return found


def content_files(study: Study) -> tuple[Path, ...]:
    """Return the files whose content belongs to the options of steps, such as a model of one's own."""
    found: dict[Path, None] = {}
    for step in study.steps:
        for key, info in type(step.options).model_fields.items():
            extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
            given = getattr(step.options, key)
            if "content" in extra and isinstance(given, str) and given.endswith((SUFFIX, WORKBOOK)):
                found[inside(study.folder, given, key).resolve()] = None
    return tuple(found)


def _not_finite(values: Mapping[str, Any], place: str) -> list[StudyError]:
    """Return the keys that hold nan or inf, which TOML allows and no option means."""
    bad = [key for key, value in values.items() if not _finite(value)]
    return [
        StudyError(
            f"{key} is not a finite number.", where=f"{place}, key {key!r}", remedy="Give a number, or delete the line."
        )
        for key in bad
    ]


def _finite(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(_finite(v) for v in value.values())
    if isinstance(value, list):
        return all(_finite(v) for v in value)
    return not isinstance(value, float) or math.isfinite(value)


def _unknown(kind: str, names: Sequence[str], known: Sequence[str], place: str) -> list[StudyError]:
    return [
        StudyError(
            f"There is no [{kind}.{name}].",
            where=place,
            allowed=offenders(known, shown=12) or f"none: the study has no [{kind}.NAME]",
            remedy=suggest(name, known) or f"Add [{kind}.{name}], or name one that is there.",
        )
        for name in names
        if name not in known
    ]


def _in_order(file: Path, steps: list[StudyStep], found: list[InnospaceError]) -> tuple[StudyStep, ...]:
    """Return steps as written, each after those it needs; a circle is a problem."""
    waiting, done = list(steps), list[StudyStep]()
    names = {s.name for s in steps}
    while waiting:
        ready = next((s for s in waiting if {n for n in s.needs if n in names} <= {d.name for d in done}), None)
        if ready is None:
            found.append(
                StudyError(
                    f"Steps need each other in a circle: {offenders([s.name for s in waiting])}.",
                    where=f"{file}, keys 'needs'",
                    remedy="Remove one of these needs.",
                )
            )
            break
        waiting.remove(ready)
        done.append(ready)
    return tuple(done)
