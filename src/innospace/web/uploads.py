"""Files that come in: streamed to the study, under a name that is safe, and kept only when they are wanted.

An upload is written to a folder of its own beside the tables, ``data/.writing-ID/NAME``. Nothing else of the study
changes until :func:`keep` puts it in place; what is never kept is swept away after an hour.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
import unicodedata
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

from innospace.core.errors import DataError, InnospaceError, StudyError
from innospace.core.parts import ASIDE
from innospace.data.readers import SUFFIXES
from innospace.study.folders import cannot_write, sweep

if TYPE_CHECKING:
    from fastapi import FastAPI
    from fastapi.responses import JSONResponse
    from starlette.requests import Request

    from innospace.web.context import AppContext

MAX_UPLOAD_BYTES = 200_000_000
ADDRESS = "/uploads/"
DATA = "data"
_LONGEST = 150
"""Bytes of a name, in UTF-8: file systems hold 255."""
_FORBIDDEN = re.compile(r'[<>:"|?*\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]')
"""Characters that Windows forbids, control characters, and those that turn the direction of writing."""
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)
_ID = re.compile(r"[A-Za-z0-9_]{4,16}")


def safe_name(given: str) -> str:
    """Return a file name that is one name on every system, made from what a browser gives.

    Raises
    ------
    DataError
        It is not the name of a table.
    """
    name = unicodedata.normalize("NFC", re.split(r"[/\\]", given)[-1])
    name = " ".join(_FORBIDDEN.sub("-", name).split()).rstrip(". ")
    stem, dot, suffix = name.rpartition(".")
    if not dot or f".{suffix}".lower() not in SUFFIXES:
        raise DataError(
            f"Files of type {f'.{suffix}' if dot else 'without suffix'!r} cannot be read.",
            where=name or given[:_LONGEST],
            allowed=", ".join(SUFFIXES),
            remedy="Save the table as CSV, XLSX or Parquet.",
        )
    stem = stem.strip(". ")
    while len(f"{stem}.{suffix}".encode()) > _LONGEST:
        stem = stem[:-1]
    stem = stem.strip(". ") or "table"
    return f"table-{stem}.{suffix}" if _RESERVED.fullmatch(stem) else f"{stem}.{suffix}"


def data_folder(study: Path) -> Path:
    """Return the folder of a study's tables, made when it is missing.

    Raises
    ------
    StudyError
        It is a link out of the study, or no folder.
    StoreError
        It cannot be made.
    """
    folder = study / DATA
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise StudyError(
            f"{DATA!r} in this study is a link or no folder, so nothing is written there.",
            where=str(folder),
            allowed="a folder inside the study",
            remedy="Put a folder in its place.",
        )
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise cannot_write(folder, error) from error
    return folder


async def receive(study: Path, name: str, stream: AsyncIterator[bytes]) -> Path:
    """Write a stream aside and return the file.

    Parameters
    ----------
    study : Path
    name : str
        As the browser gives it.
    stream : async iterator of bytes

    Raises
    ------
    DataError
        It is not the name of a table, or it is too large or empty; nothing is left.
    StoreError
        It cannot be written; nothing is left.
    """
    safe, folder = safe_name(name), data_folder(study)
    sweep(folder)
    size, aside = 0, None
    try:
        aside = Path(tempfile.mkdtemp(prefix=ASIDE, dir=folder))
        with (aside / safe).open("wb") as out:
            async for chunk in stream:
                size += len(chunk)
                if size > MAX_UPLOAD_BYTES:
                    raise too_large(safe)
                out.write(chunk)
        if size == 0:
            raise DataError("The file is empty.", where=safe, remedy="Save the table again.")
    except BaseException as error:
        if aside is not None:
            shutil.rmtree(aside, ignore_errors=True)
        if isinstance(error, OSError):
            raise cannot_write(folder, error) from error
        raise
    return aside / safe


def too_large(name: str) -> DataError:
    """Return the error for a file over the limit."""
    return DataError(
        "The file is too large for the app.",
        where=name,
        allowed=f"up to {MAX_UPLOAD_BYTES // 1_000_000} MB",
        remedy="Save it as Parquet with the columns that are needed, or copy it into the study's data folder.",
    )


def pending(study: Path, upload: str) -> Path:
    """Return the file of an upload that was written aside.

    Raises
    ------
    StudyError
        It is not there, or not any more.
    """
    folder = study / DATA / f"{ASIDE}{upload}"
    files = list(folder.iterdir()) if _ID.fullmatch(upload) and folder.is_dir() and not folder.is_symlink() else []
    if len(files) != 1 or not files[0].is_file() or files[0].is_symlink():
        raise StudyError("The upload is not there any more.", where="data", remedy="Choose the file again.")
    return files[0]


def discard(file: Path) -> None:
    """Delete an upload that was written aside."""
    if file.parent.name.startswith(ASIDE):
        shutil.rmtree(file.parent, ignore_errors=True)


def is_taken(study: Path, name: str) -> bool:
    """Whether the study has a file of this name; file systems differ in whether capitals count."""
    folder = data_folder(study)
    return name.casefold() in {p.name.casefold() for p in folder.iterdir()}


def free_name(study: Path, name: str) -> str:
    """Return the name, or one with a number behind it that is not taken."""
    stem, _, suffix = name.rpartition(".")
    found, count = name, 1
    while is_taken(study, found):
        count += 1
        found = f"{stem}-{count}.{suffix}"
    return found


def keep(study: Path, file: Path, name: str, *, replace: bool = False) -> str:
    """Put an upload in place and return its path within the study, such as ``data/regions.csv``.

    Parameters
    ----------
    study : Path
    file : Path
        The upload.
    name : str
        Its name in the study.
    replace : bool
        Whether a file of this name gives way. Otherwise it is an error.

    Raises
    ------
    StudyError
        There is a file of this name.
    StoreError
        It cannot be written.
    """
    target = data_folder(study) / safe_name(name)
    try:
        if replace:
            # a link that stands there is replaced, not followed
            file.replace(target)
        else:
            _place(file, target)
    except FileExistsError as error:
        raise StudyError(
            f"The study has a file {target.name!r} already.",
            where=DATA,
            remedy="Replace it, or keep both under two names.",
        ) from error
    except OSError as error:
        raise cannot_write(target, error) from error
    target.chmod(0o644)
    discard(file)
    return f"{DATA}/{target.name}"


def _place(file: Path, target: Path) -> None:
    """Put a file in place unless something stands there."""
    if target.name.casefold() in {p.name.casefold() for p in target.parent.iterdir()}:
        raise FileExistsError(target)
    try:
        os.link(file, target)
    except FileExistsError:
        raise
    except OSError:  # a file system without links: the name is taken first, then filled
        with target.open("xb"):
            pass
        with contextlib.suppress(FileNotFoundError):
            file.replace(target)


def register(app: FastAPI, context: AppContext) -> None:
    """Declare ``PUT /uploads/STUDY?name=FILE``, whose body is the file."""

    async def upload(request: Request) -> JSONResponse:
        return await _answer(context, request)

    app.add_route(ADDRESS + "{study}", upload, methods=["PUT"])


async def _answer(context: AppContext, request: Request) -> JSONResponse:
    from fastapi.responses import JSONResponse

    try:
        study = context.workspace.folder(request.path_params["study"])
        file = await receive(study, request.query_params.get("name", ""), request.stream())
    except InnospaceError as error:
        # an answer of the app, not a failure of the connection, which browsers would report
        return JSONResponse({"error": error.to_dict()})
    upload = file.parent.name.removeprefix(ASIDE)
    return JSONResponse({"upload": upload, "name": file.name, "size": file.stat().st_size})
