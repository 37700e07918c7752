"""Where a number comes from: versions, inputs with their hashes, options, seed."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import inspect
import json
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum, StrEnum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any


class Nature(StrEnum):
    """Four words that are not the same thing."""

    OBSERVED = "observed"
    RECONSTRUCTED = "reconstructed"
    ASSUMED = "assumed"
    SIMULATED = "simulated"


@dataclass(frozen=True, slots=True)
class Source:
    """One input: what it is, where it came from, and what kind of number it holds."""

    name: str
    sha256: str
    nature: Nature = Nature.OBSERVED
    origin: str = ""
    licence: str = ""
    note: str = ""

    def to_dict(self) -> dict[str, str]:
        """Return plain types."""
        return {k: str(v) for k, v in dataclasses.asdict(self).items()}

    @classmethod
    def from_dict(cls, data: Mapping[str, str]) -> Source:
        """Rebuild from :meth:`to_dict`."""
        rest = {k: v for k, v in data.items() if k != "nature"}
        return cls(nature=Nature(data["nature"]), **rest)


@dataclass(frozen=True, slots=True)
class Provenance:
    """What produced a result."""

    version: str
    sources: tuple[Source, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    seed: int | None = None
    created: str = ""
    software: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def now(
        cls,
        sources: tuple[Source, ...] = (),
        options: Mapping[str, Any] | None = None,
        seed: int | None = None,
    ) -> Provenance:
        """Record the present moment and the versions in use."""
        names = ("numpy", "scipy", "pandas", "formulaic")
        software = {"python": platform.python_version(), **{n: _version(n) for n in names}}
        stamp = datetime.now(UTC).isoformat(timespec="seconds")
        return cls(package_version(), sources, dict(options or {}), seed, stamp, software)

    def to_dict(self) -> dict[str, Any]:
        """Return plain types, for storage and reports."""
        return {
            "version": self.version,
            "sources": [s.to_dict() for s in self.sources],
            "options": dict(self.options),
            "seed": self.seed,
            "created": self.created,
            "software": dict(self.software),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Provenance:
        """Rebuild from :meth:`to_dict`."""
        sources = tuple(Source.from_dict(s) for s in data["sources"])
        return cls(data["version"], sources, data["options"], data["seed"], data["created"], data["software"])


@functools.cache
def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def package_version() -> str:
    """Return the version of innospace."""
    return _version("innospace")


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file, read in blocks of 1 MiB."""
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        while block := handle.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def fingerprint(value: Any) -> str:
    """Return the SHA-256 of the canonical JSON of ``value`` (plain types only)."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def content_sha256(value: Any) -> str:
    """Return the SHA-256 of what ``value`` holds, the same in every process.

    Parameters
    ----------
    value : object
        Plain types, arrays, enumerations, functions of a module, data classes, objects of this package, and containers
        of them. What was computed from the fields since (a cached property) does not count.

    Raises
    ------
    TypeError
        Something else, whose content cannot be told.
    """
    digest = hashlib.sha256()
    _feed(digest.update, value)
    return digest.hexdigest()


def _state(value: Any) -> Any:
    """Return what an object of this package holds, without its cached properties."""
    kind, state = type(value), value.__getstate__()
    if not isinstance(state, Mapping):
        return state
    return {k: v for k, v in state.items() if not isinstance(getattr(kind, k, None), functools.cached_property)}


def _feed(update: Callable[[bytes], None], value: Any) -> None:
    """Feed a value to a hash; every piece begins with its type and its length."""
    import numpy as np

    kind = f"{type(value).__module__}.{type(value).__qualname__}"

    def piece(content: bytes) -> None:
        update(f"{kind}:{len(content)}:".encode())
        update(content)

    inner: Sequence[Any]
    if value is None or isinstance(value, (bool, int, float, complex, str, range, Enum, np.generic)):
        return piece(repr(value).encode("utf-8"))
    if isinstance(value, bytes):
        return piece(value)
    if isinstance(value, np.ndarray) and not value.dtype.hasobject:
        piece(f"{value.dtype.str}{value.shape}".encode())
        return piece(np.ascontiguousarray(value).tobytes())
    if isinstance(value, (np.ndarray, list, tuple)):
        inner = list(value)
    elif isinstance(value, Mapping):
        inner = [x for pair in value.items() for x in pair]
    elif isinstance(value, (set, frozenset)):
        inner = sorted(content_sha256(x) for x in value)
    elif isinstance(value, functools.partial):
        inner = [value.func, value.args, value.keywords]
    elif isinstance(value, type) or inspect.isroutine(value):
        inner = [value.__module__, value.__qualname__]
    elif dataclasses.is_dataclass(value):
        inner = [x for f in dataclasses.fields(value) for x in (f.name, getattr(value, f.name))]
    elif kind.startswith("innospace."):
        inner = [_state(value)]
    else:
        raise TypeError(f"The content of a {kind} cannot be told.")
    piece(str(len(inner)).encode())
    for x in inner:
        _feed(update, x)
    return None
