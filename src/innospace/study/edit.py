"""Change a study file as text: comments, order and layout of what is not touched stay as they are.

The functions ``with_...`` and ``without_...`` take the text of a study file and return another one. What they return
always parses and holds exactly what was asked for. A study file need not be complete to be edited: a study that was
just begun has a title and nothing else.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
import threading
import tomllib
from collections.abc import Callable, Mapping, MutableMapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from innospace.core.errors import StudyError
from innospace.core.labels import require_known
from innospace.core.parts import ASIDE
from innospace.study.edit_layout import append, as_value, equal, merge, plain, section, written
from innospace.study.folders import cannot_write
from innospace.study.load import MAX_STUDY_BYTES, decoded, parsed, study_file
from innospace.study.schema import name_problem

_SAVING = threading.Lock()


@dataclass(frozen=True, slots=True)
class StudyText:
    """The text of a study file, and the SHA-256 of its bytes: what it was when it was read."""

    text: str
    digest: str


def read_text(folder: Path) -> StudyText:
    """Return the text of the study file of a folder.

    Raises
    ------
    StudyError
        There is none, or it is not text.
    """
    file = study_file(folder)
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise StudyError(f"The study file cannot be read: {error.strerror}.", where=str(file)) from error
    return StudyText(decoded(raw, file), hashlib.sha256(raw).hexdigest())


def save_text(folder: Path, text: str, digest: str) -> StudyText:
    """Write the study file of a folder, whole or not at all.

    Parameters
    ----------
    folder : Path
    text : str
        Must be TOML.
    digest : str
        Of the file the text was made from.

    Returns
    -------
    StudyText
        As it was written.

    Raises
    ------
    StudyError
        The text is not TOML or too long, or somebody else has changed the file meanwhile; nothing was written.
    StoreError
        The file cannot be written.
    """
    file = folder / study_file(folder).name
    values_of(text, str(file))
    raw = text.encode("utf-8")
    if len(raw) > MAX_STUDY_BYTES:
        raise StudyError(
            "The study file would become too large.", where=str(file), allowed=f"up to {MAX_STUDY_BYTES:,} bytes"
        )
    with _SAVING:
        require_unchanged(folder, digest)
        replace_file(file, raw)
    return StudyText(text, hashlib.sha256(raw).hexdigest())


def require_unchanged(folder: Path, digest: str) -> None:
    """Raise :class:`StudyError` when the study file is not what it was when it was read."""
    if read_text(folder).digest != digest:
        raise StudyError(
            "The study file was changed by somebody else meanwhile, so nothing was saved.",
            where=f"{study_file(folder)}: another tab of the browser, an editor or another program",
            remedy="Load the page again to see the study as it is now, then make the change once more.",
        )


def replace_file(file: Path, content: bytes) -> None:
    """Write a file aside and put it in its place.

    Raises
    ------
    StoreError
        It cannot be written; what stood there is untouched.
    """
    aside = None
    try:
        handle, aside = tempfile.mkstemp(prefix=ASIDE, dir=file.parent)
        with os.fdopen(handle, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        with contextlib.suppress(OSError):
            # what mkstemp makes is readable by its owner only
            Path(aside).chmod(file.stat().st_mode & 0o777 if file.exists() else 0o644)
        Path(aside).replace(file)
    except OSError as error:
        if aside is not None:
            Path(aside).unlink(missing_ok=True)
        raise cannot_write(file, error) from error


def values_of(text: str, where: str = "the study file") -> dict[str, Any]:
    """Return what a study file says, as plain types, whether or not it is a study that can run.

    Raises
    ------
    StudyError
        It is not TOML; the message names the line.
    """
    return parsed(text, where)


def with_head(text: str, values: Mapping[str, Any]) -> str:
    """Return the text with these keys in ``[study]``; its other keys stay. None deletes a key."""
    given = {**_named(text, "study"), **values}
    return _edited(text, lambda content: merge(section(content, "study"), plain(given)))


def with_table(text: str, name: str, values: Mapping[str, Any]) -> str:
    """Return the text with ``[data.NAME]`` holding these values and no other; a new table comes last of its kind."""
    return _with_named(text, "data", name, values)


def without_table(text: str, name: str) -> str:
    """Return the text without ``[data.NAME]``."""
    return _without_named(text, "data", name)


def with_step(text: str, name: str, values: Mapping[str, Any]) -> str:
    """Return the text with ``[step.NAME]`` holding these values and no other; a new step comes last."""
    return _with_named(text, "step", name, values)


def without_step(text: str, name: str) -> str:
    """Return the text without ``[step.NAME]``."""
    return _without_named(text, "step", name)


def with_scenario(text: str, values: Mapping[str, Any]) -> str:
    """Return the text with a ``[[scenario]]`` holding these values; one of the same name gives way to it."""
    return _with_listed(text, "scenario", values, lambda other: other.get("name") == values.get("name"))


def with_link(text: str, values: Mapping[str, Any]) -> str:
    """Return the text with a ``[[link]]`` holding these values; one to the same target gives way to it."""
    return _with_listed(text, "link", values, lambda other: other.get("to") == values.get("to"))


def without_link(text: str, to: str) -> str:
    """Return the text without the ``[[link]]`` to this target."""
    return _without_listed(text, "link", to, lambda other: other.get("to") == to)


def _with_named(text: str, kind: str, name: str, values: Mapping[str, Any]) -> str:
    problem = name_problem(kind, name, "the study file")
    if problem is not None:
        raise problem
    _named(text, kind)
    return _edited(text, lambda content: merge(section(section(content, kind), name), plain(values)))


def _without_named(text: str, kind: str, name: str) -> str:
    known = _named(text, kind)
    require_known([name], list(known), kind=kind)

    def change(content: MutableMapping[str, Any]) -> None:
        del content[kind][name]
        if len(known) == 1:
            del content[kind]

    return _edited(text, change)


_Same = Callable[[Mapping[str, Any]], bool]


def _with_listed(text: str, kind: str, values: Mapping[str, Any], same: _Same) -> str:
    known = _listed(text, kind)
    at = next((i for i, other in enumerate(known) if same(other)), len(known))
    entry = plain(values)

    def change(content: MutableMapping[str, Any]) -> None:
        if at < len(known):
            merge(content[kind][at], entry)
        elif known:
            append(content[kind], entry)
        else:
            content[kind] = as_value(content, [entry])

    return _edited(text, change)


def _without_listed(text: str, kind: str, name: str, same: _Same) -> str:
    known = _listed(text, kind)
    require_known([name], [str(other.get("to" if kind == "link" else "name", "")) for other in known], kind=kind)
    at = next(i for i, other in enumerate(known) if same(other))

    def change(content: MutableMapping[str, Any]) -> None:
        if len(known) == 1:
            del content[kind]
        else:
            del content[kind][at]

    return _edited(text, change)


def _named(text: str, kind: str) -> Mapping[str, Any]:
    found = values_of(text).get(kind, {})
    if not isinstance(found, Mapping):
        raise _wrong_kind(kind, f"[{kind}]" if kind == "study" else f"[{kind}.NAME]")
    return found


def _listed(text: str, kind: str) -> list[Mapping[str, Any]]:
    found = values_of(text).get(kind, [])
    if not isinstance(found, list) or not all(isinstance(entry, Mapping) for entry in found):
        raise _wrong_kind(kind, f"[[{kind}]]")
    return found


def _wrong_kind(kind: str, shown: str) -> StudyError:
    return StudyError(
        f"{kind!r} is not written as {shown}, so it cannot be changed here.",
        where="the study file",
        allowed=shown,
        remedy="Mend the study file with a text editor.",
    )


def _edited(text: str, change: Callable[[MutableMapping[str, Any]], None]) -> str:
    """Return the text after a change, which is made to the layout and, as a second opinion, to plain values."""
    import tomlkit

    expected = deepcopy(values_of(text))
    change(expected)
    # tomlkit raises whatever a layout leads to that it cannot change, such as one table in several places
    with contextlib.suppress(Exception):
        document = tomlkit.parse(text)
        change(document)
        made = tomlkit.dumps(document)
        if equal(tomllib.loads(made), expected):
            return made
    return written(expected)
