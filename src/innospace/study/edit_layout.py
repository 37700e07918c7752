"""Values put into TOML that keeps its layout: what is equal stays, comments stay, new keys look as a person's would.

Containers may be those of tomlkit, which keep the layout, or plain dictionaries, for which layout means nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping
from copy import deepcopy
from typing import Any

from innospace.study.create import quoted

_BARE = re.compile(r"[A-Za-z0-9_-]+")
"""Keys that need no quotation marks."""


def written(values: Mapping[str, Any]) -> str:
    """Return values as a new file, for layouts that cannot be changed in place; the comments are lost."""
    import tomlkit

    document = tomlkit.document()
    for key, value in values.items():
        if isinstance(value, Mapping):
            for inner, entry in value.items():
                part = section(document, key)
                part[inner] = as_entry(document, entry) if isinstance(entry, Mapping) else as_value(document, entry)
        else:
            document[key] = as_value(document, value)
    return tomlkit.dumps(document)


def equal(one: Any, other: Any) -> bool:
    """Whether plain values are the same, types included: 1, 1.0 and true are three values; nan is itself."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(equal(v, other[k]) for k, v in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(equal, one, other))
    return type(one) is type(other) and repr(one) == repr(other)


def plain(value: Any) -> Any:
    """Return a value in the types of TOML; keys that hold None are left out."""
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items() if v is not None}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return value


def section(content: MutableMapping[str, Any], key: str) -> MutableMapping[str, Any]:
    """Return a table of a table, made when it is missing."""
    if key not in content:
        tail = _take_tail(content)
        content[key] = as_entry(content, {})
        _give_tail(content[key], tail)
    found: MutableMapping[str, Any] = content[key]
    return found


def merge(target: MutableMapping[str, Any], values: Mapping[str, Any]) -> None:
    """Make a table hold these values; what is equal already stays with its comments."""
    for key in [k for k in target if k not in values]:
        del target[key]
    for key, value in values.items():
        standing = _unwrapped(target[key]) if key in target else None
        if standing is not None and equal(standing, value):
            continue
        if isinstance(value, Mapping) and isinstance(standing, Mapping) and not _on_one_line(target[key]):
            merge(target[key], value)
        elif key in target:
            target[key] = as_value(target, value)
        else:
            tail = _take_tail(target, inside=False)
            target[key] = as_value(target, value)
            _give_tail(target, tail)


def append(listed: Any, values: Mapping[str, Any]) -> None:
    """Put another table behind those of a list."""
    import tomlkit

    tail = _take_tail(listed)
    if not tail and hasattr(listed, "unwrap"):
        _last_body(listed).append((None, tomlkit.nl()))
    listed.append(as_entry(listed, values) if hasattr(listed, "unwrap") else dict(values))
    _give_tail(listed[-1], tail)


def _take_tail(item: Any, *, inside: bool = True) -> list[tuple[Any, Any]]:
    """Take off what stands below the last key, from the first empty line on: it belongs to the table that follows.

    With ``inside`` the last key is looked for in the last table within, which ends where ``item`` ends.
    """
    body = _last_body(item) if inside else _body(item)
    end = len(body)
    while end and body[end - 1][0] is None:
        end -= 1
    if end and not inside and _is_table(body[end - 1][1]):
        return []
    start = next((i for i in range(end, len(body)) if not body[i][1].as_string().strip()), len(body))
    tail = body[start:]
    del body[start:]
    if inside and tail:
        body.append(tail[0])  # the line that parts two tables
    return tail


def _give_tail(item: Any, tail: list[tuple[Any, Any]]) -> None:
    if tail:
        _last_body(item).extend(tail)


def _last_body(item: Any) -> list[tuple[Any, Any]]:
    """Return the lines of the last table within a table."""
    from tomlkit.items import AoT

    if isinstance(item, AoT):
        return _last_body(item[-1])
    body = _body(item)
    keyed = [entry for key, entry in body if key is not None]
    return _last_body(keyed[-1]) if keyed and _is_table(keyed[-1]) else body


def _body(item: Any) -> list[tuple[Any, Any]]:
    from tomlkit.container import Container
    from tomlkit.items import Table

    if isinstance(item, Table):
        return item.value.body
    return item.body if isinstance(item, Container) else []


def _is_table(item: Any) -> bool:
    from tomlkit.items import AoT, Table

    return isinstance(item, Table | AoT)


def _on_one_line(value: Any) -> bool:
    from tomlkit.items import InlineTable

    return isinstance(value, InlineTable)


def _unwrapped(value: Any) -> Any:
    return value.unwrap() if hasattr(value, "unwrap") else value


def as_entry(beside: MutableMapping[str, Any], values: Mapping[str, Any]) -> Any:
    """Return a table with lines of its own, in the kind of the container it goes into."""
    import tomlkit

    if not hasattr(beside, "unwrap"):
        return deepcopy(dict(values))
    made = tomlkit.table()
    for key, value in values.items():
        made[key] = as_value(made, value)
    return made


def as_value(beside: MutableMapping[str, Any], value: Any) -> Any:
    """Return a value in the kind of the container it goes into; lists of tables get lines of their own."""
    import tomlkit

    if not hasattr(beside, "unwrap"):
        return deepcopy(value)
    rows = isinstance(value, list) and value and all(isinstance(v, Mapping) for v in value)
    if not rows or _on_one_line(beside):
        return _inline(value)
    listed = tomlkit.aot()
    for entry in value:
        listed.append(as_entry(beside, entry))
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
    return str(tomlkit.item(value).as_string())
