"""Folders that appear whole or not at all.

A folder is written aside, next to its place; every file is flushed to disk; a manifest with the hash of every file
comes last; then one rename puts it in place. A killed process leaves only a folder whose name starts with
``.writing-``, which nobody reads and which is swept away later.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from innospace.core.errors import StoreError
from innospace.core.parts import ASIDE
from innospace.core.provenance import fingerprint
from innospace.study.encoding import from_json, to_json

MANIFEST = "manifest.json"
STALE_SECONDS = 3600.0
"""A folder takes seconds to write; one that stands aside for an hour belongs to a process that is gone."""

ATTEMPTS = 5
"""Tries at putting a folder in place while other processes replace the same one."""


def write_folder(target: Path, files: Iterable[tuple[str, bytes]], facts: Mapping[str, Any], *, replace: bool) -> None:
    """Write a folder with a manifest.

    Parameters
    ----------
    target : Path
        Where it will stand.
    files : iterable of (relative path, content)
    facts : mapping
        What the manifest says besides the hashes; plain types.
    replace : bool
        Whether a folder that stands there already gives way. Otherwise it stays: equal names mean equal content.

    Raises
    ------
    StoreError
        When the folder cannot be written.
    """
    try:
        # its own folder only: a study that was deleted meanwhile does not come back
        target.parent.mkdir(exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=ASIDE, dir=target.parent))
    except OSError as error:
        raise cannot_write(target.parent, error) from error
    try:
        digests = {}
        for name, content in files:
            _write(aside / name, content)
            digests[name] = sha256(content).hexdigest()
        body = {**facts, "files": digests}
        _write(aside / MANIFEST, to_json({**body, "sha256": fingerprint(_storable(body))}))
        _sync(aside)
        _publish(aside, target, replace)
    except OSError as error:
        raise cannot_write(target, error) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _storable(body: Mapping[str, Any]) -> Any:
    # what is hashed is what a reader gets back: JSON turns tuples into lists
    return from_json(to_json(body))


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())


def _sync(folder: Path) -> None:
    """Flush the names in a folder to disk, where the system lets folders be opened."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _publish(aside: Path, target: Path, replace: bool) -> None:
    for attempt in range(ATTEMPTS):
        if replace:
            _move_away(target)
        try:
            aside.rename(target)
            break
        except OSError:
            if (target / MANIFEST).is_file():
                break  # another process was first: its folder has the same name, so the same content
            if target.exists() or attempt == ATTEMPTS - 1:
                raise
    _sync(target.parent)


def _move_away(target: Path) -> None:
    old = Path(tempfile.mkdtemp(prefix=ASIDE, dir=target.parent))
    # it may not be there, or another process may have moved it first
    with contextlib.suppress(FileNotFoundError):
        target.rename(old / target.name)
    shutil.rmtree(old, ignore_errors=True)


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a folder.

    Raises
    ------
    StoreError
        When it is missing or was changed.
    """
    path = folder / MANIFEST
    try:
        manifest = from_json(path.read_bytes())
        claimed = manifest.pop("sha256")
        if fingerprint(manifest) != claimed or not isinstance(manifest["files"], dict):
            raise ValueError("its content does not match its own hash")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise corrupt(folder, path, _reason(error)) from error
    return dict(manifest)


def read_file(folder: Path, manifest: Mapping[str, Any], name: str) -> bytes:
    """Return the content of one file of a folder, held against its hash.

    Raises
    ------
    StoreError
        When it is missing or was changed.
    """
    path = folder / name
    try:
        content = path.read_bytes()
    except OSError as error:
        raise corrupt(folder, path, _reason(error)) from error
    if sha256(content).hexdigest() != manifest["files"].get(name):
        raise corrupt(folder, path, "its content does not match its hash")
    return content


def _reason(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "it is missing"
    if isinstance(error, OSError):
        return str(error.strerror or error)
    return f"it cannot be read ({error})" if not isinstance(error, KeyError) else f"it lacks {error}"


def corrupt(folder: Path, path: Path, reason: str) -> StoreError:
    """Return the error for a stored folder that was damaged."""
    return StoreError(
        f"The stored run is damaged: {path.relative_to(folder).as_posix()}: {reason}.",
        where=str(path),
        remedy=f"Delete the folder {folder}, or compute again with: innospace run --fresh",
    )


def cannot_write(path: Path, error: OSError) -> StoreError:
    """Return the error for a folder that cannot be written."""
    return StoreError(
        f"The run cannot be stored: {error.strerror or error}.",
        where=str(path),
        allowed="a folder that you may write to, with room on its disk",
        remedy="Change its permissions, free some space, or copy the study to another folder.",
    )


def sweep(folder: Path, now: float | None = None) -> None:
    """Remove what killed processes left behind."""
    limit = (time.time() if now is None else now) - STALE_SECONDS
    for path in folder.glob(f"{ASIDE}*"):
        with contextlib.suppress(OSError):
            if path.stat().st_mtime < limit:
                shutil.rmtree(path, ignore_errors=True)


def require_writable(folder: Path) -> None:
    """Make a folder, with its parents, and prove that files can be made in it.

    Raises
    ------
    StoreError
        When they cannot.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise cannot_write(folder, error) from error
