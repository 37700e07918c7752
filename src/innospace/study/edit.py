"""Change a study file as text: comments, order and layout of what is not touched stay as they are.

The functions ``with_...`` and ``without_...`` take the text of a study file and return another one. What they return
always parses and holds exactly what was asked for. A study file need not be complete to be edited: a study that was
just begun has a title and nothing else.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
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
from innospace.study.create import quoted
from innospace.study.folders import ASIDE, cannot_write
from innospace.study.load import MAX_STUDY_BYTES, decoded, parsed, study_file
from innospace.study.schema import name_problem

_SAVING = threading.Lock()
_BARE = re.compile(r"[A-Za-z0-9_-]+")
"""Keys that need no quotation marks."""


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
        if read_text(folder).digest != digest:
            raise StudyError(
                "The study file was changed by somebody else meanwhile, so nothing was saved.",
                where=f"{file}: another tab of the browser, an editor or another program",
                remedy="Load the page again to see the study as it is now, then make the change once more.",
            )
        replace_file(file, raw)
    return StudyText(text, hashlib.sha256(raw).hexdigest())


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
    given = {**values_of(text).get("study", {}), **values}
    return _edited(text, lambda content: _merge(_section(content, "study"), _plain(given)))


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


def without_scenario(text: str, name: str) -> str:
    """Return the text without the ``[[scenario]]`` of this name."""
    return _without_listed(text, "scenario", name, lambda other: other.get("name") == name)


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
    return _edited(text, lambda content: _merge(_section(_section(content, kind), name), _plain(values)))


def _without_named(text: str, kind: str, name: str) -> str:
    known = values_of(text).get(kind, {})
    require_known([name], list(known), kind=kind)

    def change(content: MutableMapping[str, Any]) -> None:
        del content[kind][name]
        if len(known) == 1:
            del content[kind]

    return _edited(text, change)


_Same = Callable[[Mapping[str, Any]], bool]


def _with_listed(text: str, kind: str, values: Mapping[str, Any], same: _Same) -> str:
    known = list(values_of(text).get(kind, []))
    at = next((i for i, other in enumerate(known) if same(other)), len(known))
    plain = _plain(values)

    def change(content: MutableMapping[str, Any]) -> None:
        if at < len(known):
            _merge(content[kind][at], plain)
        elif known:
            content[kind].append(_as_entry(content, plain))
        else:
            content[kind] = _as_value(content, [plain])

    return _edited(text, change)


def _without_listed(text: str, kind: str, name: str, same: _Same) -> str:
    known = list(values_of(text).get(kind, []))
    require_known([name], [str(other.get("to" if kind == "link" else "name", "")) for other in known], kind=kind)
    at = next(i for i, other in enumerate(known) if same(other))

    def change(content: MutableMapping[str, Any]) -> None:
        if len(known) == 1:
            del content[kind]
        else:
            del content[kind][at]

    return _edited(text, change)


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
        if _equal(tomllib.loads(made), expected):
            return made
    return _written(expected)


def _written(values: Mapping[str, Any]) -> str:
    """Return values as a new file, for layouts that cannot be changed in place; the comments are lost."""
    import tomlkit

    document = tomlkit.document()
    for key, value in values.items():
        if isinstance(value, Mapping):
            for inner, entry in value.items():
                section = _section(document, key)
                section[inner] = (
                    _as_entry(document, entry) if isinstance(entry, Mapping) else _as_value(document, entry)
                )
        else:
            document[key] = _as_value(document, value)
    return tomlkit.dumps(document)


def _equal(one: Any, other: Any) -> bool:
    """Whether plain values are the same, types included: 1, 1.0 and true are three values; nan is itself."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_equal(v, other[k]) for k, v in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_equal, one, other))
    return type(one) is type(other) and repr(one) == repr(other)


def _plain(value: Any) -> Any:
    """Return a value in the types of TOML; keys that hold None are left out."""
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items() if v is not None}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return value


def _section(content: MutableMapping[str, Any], key: str) -> MutableMapping[str, Any]:
    """Return a table of a table, made when it is missing."""
    if key not in content:
        content[key] = _as_entry(content, {})
    found: MutableMapping[str, Any] = content[key]
    return found


def _merge(target: MutableMapping[str, Any], values: Mapping[str, Any]) -> None:
    """Make a table hold these values; what is equal already stays with its comments."""
    for key in [k for k in target if k not in values]:
        del target[key]
    for key, value in values.items():
        standing = _unwrapped(target[key]) if key in target else None
        if standing is not None and _equal(standing, value):
            continue
        if isinstance(value, Mapping) and isinstance(standing, Mapping) and not _on_one_line(target[key]):
            _merge(target[key], value)
        else:
            target[key] = _as_value(target, value)


def _on_one_line(value: Any) -> bool:
    from tomlkit.items import InlineTable

    return isinstance(value, InlineTable)


def _unwrapped(value: Any) -> Any:
    return value.unwrap() if hasattr(value, "unwrap") else value


def _as_entry(beside: MutableMapping[str, Any], values: Mapping[str, Any]) -> Any:
    """Return a table with lines of its own, in the kind of the container it goes into."""
    import tomlkit

    if not hasattr(beside, "unwrap"):
        return deepcopy(dict(values))
    made = tomlkit.table()
    for key, value in values.items():
        made[key] = _as_value(made, value)
    return made


def _as_value(beside: MutableMapping[str, Any], value: Any) -> Any:
    """Return a value in the kind of the container it goes into; lists of tables get lines of their own."""
    import tomlkit

    if not hasattr(beside, "unwrap"):
        return deepcopy(value)
    rows = isinstance(value, list) and value and all(isinstance(v, Mapping) for v in value)
    if not rows or _on_one_line(beside):
        return _inline(value)
    listed = tomlkit.aot()
    for entry in value:
        listed.append(_as_entry(beside, entry))
    return listed


def _inline(value: Any) -> Any:
    """Return a value that stands on one line, written as the rest of a study file is: ``{ space = "V" }``."""
    import tomlkit

    return tomlkit.value(_literal(value))


def _literal(value: Any) -> str:
    import tomlkit

    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    if isinstance(value, Mapping):
        pairs = (f"{key if _BARE.fullmatch(key) else quoted(key)} = {_literal(v)}" for key, v in value.items())
        return f"{{ {', '.join(pairs)} }}" if value else "{}"
    return tomlkit.item(value).as_string()
