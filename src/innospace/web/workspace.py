"""The folder of studies that the app works on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from innospace.core.errors import InnospaceError, ProblemsError, StudyError, offenders
from innospace.core.labels import suggest
from innospace.core.slugs import slug
from innospace.study import edit
from innospace.study.create import create, quoted, require_free
from innospace.study.folders import MANIFEST, cannot_write
from innospace.study.load import FILE_NAME, load_study
from innospace.study.store import Store
from innospace.study.worked import create_like, worked_studies

SEED = 20121231
_LONGEST = 60
"""Characters of a folder name; with a number behind it and Cyrillic letters it stays below what file systems hold."""
"""What Windows takes for devices, whatever follows."""
_EMPTY = """# A study: data in, estimates and a report out.
#   innospace check FOLDER    lists every problem of this file and its data, each with its remedy
#   innospace run FOLDER      computes what is not stored yet and writes report/report.html

[study]
title = {title}
seed = {seed}            # starts of the search for large tables; the same seed gives the same numbers
"""


@dataclass(frozen=True, slots=True)
class StudyCard:
    """What a list of studies says about one of them; no data are read for it.

    Attributes
    ----------
    name : str
        Name of its folder, which names it in addresses.
    title : str
    engines : tuple of str
        Of its steps.
    state : str
        ``computed`` when a run is stored, ``problems`` when the study file has some, ``new`` otherwise.
    last_run : str
        When the newest run was stored, ``2026-07-01 12:30`` UTC; empty when there is none.
    problems : int
        Problems of the study file; a study without data yet has none.
    """

    name: str
    title: str
    engines: tuple[str, ...]
    state: str
    last_run: str
    problems: int = 0


class Workspace:
    """A folder of studies, or one study.

    Parameters
    ----------
    folder : Path
        A folder of studies; a study, which is then the only one.

    Raises
    ------
    StudyError
        It is not a folder.

    Attributes
    ----------
    root : Path
        The folder, links resolved.
    many : bool
        False when the folder itself is a study.
    """

    def __init__(self, folder: Path) -> None:
        given = folder.parent if folder.name == FILE_NAME and folder.is_file() else folder
        if not given.is_dir():
            raise StudyError(
                f"There is no folder {str(folder)!r}.",
                where=str(folder),
                allowed="a study, or a folder of studies; an empty folder will do",
                remedy="Make the folder, or name another one.",
            )
        self.root = given.resolve()
        self.many = not (self.root / FILE_NAME).is_file()

    def names(self) -> list[str]:
        """Return the name of every study; no study file is read."""
        return list(self._folders())

    def studies(self) -> list[StudyCard]:
        """Return a card of every study, by name."""
        return [_card(folder) for folder in self._folders().values()]

    def _folders(self) -> dict[str, Path]:
        if not self.many:
            return {self.root.name: self.root}
        found = sorted((p for p in self.root.iterdir() if _inside(p, self.root)), key=lambda p: p.name.casefold())
        return {p.name: p for p in found}

    def folder(self, name: str) -> Path:
        """Return the folder of a study.

        Parameters
        ----------
        name : str
            Name of the folder as it stands in an address; nobody vouches for it.

        Raises
        ------
        StudyError
            There is no such study here, or it is a link out of the folder of studies.
        """
        if not self.many:
            found = self.root if name == self.root.name else None
        else:
            # a name with a separator, a drive or dots is more or less than one name
            one = bool(name) and not name.startswith(".") and not any(c in name for c in "/\\:\x00")
            found = self.root / name if one and _inside(self.root / name, self.root) else None
        if found is None:
            known = self.names()
            raise StudyError(
                f"There is no study {name!r} here.",
                where=str(self.root),
                allowed=offenders(known, shown=12) or "none yet: make one first",
                remedy=suggest(name, known) or "Open the list of studies and choose one.",
            )
        return found

    def create(self, title: str, sample: str | None = None) -> Path:
        """Make a study and return its folder, which is named after the title.

        Parameters
        ----------
        title : str
            What it is about; any alphabet.
        sample : str, optional
            Sample or worked study to begin with; without one the study has a title and nothing else yet.

        Raises
        ------
        StudyError
            The title is empty or too long, or this app shows one study only.
        InnospaceError
            No such sample, or the folder cannot be written.
        """
        title = " ".join(title.split())
        if not self.many:
            raise StudyError(
                "This app shows one study; another one would have no place.",
                where=str(self.root),
                remedy="Start the app for the folder above: innospace web ..",
            )
        if not 0 < len(title) <= 300:
            raise StudyError("A study needs a title.", where="title", allowed="1 to 300 characters")
        folder = self._free(slug(title, "study", _LONGEST, plain=True))
        if sample is None:
            _begin(folder, title)
        elif sample in worked_studies():
            create_like(folder, sample, title)
        else:
            create(folder, sample)
            read = edit.read_text(folder)
            edit.save_text(folder, edit.with_head(read.text, {"title": title}), read.digest)
        return folder

    def _free(self, name: str) -> Path:
        """Return a folder of this name that is free; a number is put behind a name that is taken."""
        taken = {p.name.casefold() for p in self.root.iterdir()}
        count = 1
        while (numbered := name if count == 1 else f"{name}-{count}").casefold() in taken:
            count += 1
        return self.root / numbered


def _inside(folder: Path, root: Path) -> bool:
    """Whether a path is a study that lies in the folder of studies, its study file in it, and is not hidden."""
    try:
        file = folder / FILE_NAME
        return not folder.name.startswith(".") and file.is_file() and _within(folder, root) and _within(file, folder)
    except (OSError, ValueError):  # a name too long for the file system, or one no file can have
        return False


def _within(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())


def _begin(folder: Path, title: str) -> None:
    require_free(folder)
    try:
        folder.mkdir()
    except OSError as error:
        raise cannot_write(folder, error) from error
    edit.replace_file(folder / FILE_NAME, _EMPTY.format(title=quoted(title), seed=SEED).encode("utf-8"))


def _card(folder: Path) -> StudyCard:
    content, problems = _read(folder)
    store = Store(folder)
    ids = store.run_ids()
    last = (store.path(ids[-1]) / MANIFEST).stat().st_mtime if ids else 0.0
    state = "problems" if problems else "computed" if ids else "new"
    when = f"{datetime.fromtimestamp(last, UTC):%Y-%m-%d %H:%M} UTC" if ids else ""
    title = _mapping(content, "study").get("title")
    engines = [s.get("engine") for s in _mapping(content, "step").values() if isinstance(s, Mapping)]
    shown = tuple(dict.fromkeys(e for e in engines if isinstance(e, str)))
    return StudyCard(
        folder.name, title if isinstance(title, str) and title else folder.name, shown, state, when, problems
    )


def _read(folder: Path) -> tuple[Mapping[str, Any], int]:
    """Return what the study file says, and how many problems it has; what was only begun has none."""
    try:
        content = edit.values_of(edit.read_text(folder).text)
        if content.keys() == {"study"}:
            return content, 0
        load_study(folder)
    except ProblemsError as error:
        return content, len(error.problems)
    except InnospaceError:
        return {}, 1
    return content, 0


def _mapping(content: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = content.get(key)
    return found if isinstance(found, Mapping) else {}
