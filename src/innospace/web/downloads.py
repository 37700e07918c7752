"""Downloads: reports, tables, figures and numbers of stored runs, and what reproduces a study. Files are only read."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from fastapi.responses import PlainTextResponse

from innospace.core.errors import InnospaceError, LabelError, StoreError, StudyError
from innospace.core.labels import require_known
from innospace.report.tables.files import FILE_KINDS
from innospace.web import comparing, packing
from innospace.web.drawing import FIGURE_KINDS, TABLE_KINDS, Chosen, RunRef, find_run

if TYPE_CHECKING:
    from innospace.web.context import AppContext

TYPES = {
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "svg": "image/svg+xml",
    "png": "image/png",
    "parquet": "application/vnd.apache.parquet",
    "zip": "application/zip",
}
"""Ending of a file to the type of its content."""
DATA_KINDS = ("parquet", "csv", "xlsx")
RUN = "/files/studies/{study}/runs/{run}"


def register(app: FastAPI, context: AppContext) -> None:
    """Declare the addresses of downloads; all are read by GET."""

    def found(study: str, run: str) -> RunRef:
        return find_run(study, context.workspace.folder(study), run)

    @app.get("/files/studies/{study}/study.zip")
    async def _study(study: str) -> Response:
        async def made() -> bytes:
            return await context.compute(packing.study_files, str(context.workspace.folder(study)), study)

        return await _answer(f"{study}.zip", made())

    @app.get("/files/studies/{study}/compare/{name}")
    async def _compared(study: str, name: str, request: Request) -> Response:
        async def made() -> bytes:
            asked, (stem, kind) = request.query_params, _parted(name, FILE_KINDS)
            require_known([stem], ["runs", "scenarios"], kind="comparison")
            ref = found(study, asked.get("run", ""))
            if stem == "runs":
                other = found(asked.get("other") or study, asked.get("with", ""))
                return await context.compute(comparing.pair_file, ref, other, kind)
            return await context.compute(comparing.scenario_file, _asked(ref, asked), kind)

        return await _answer(f"{study}-{name}", made())

    @app.get(RUN + "/{name}")
    async def _page(study: str, run: str, name: str) -> Response:
        async def made() -> bytes:
            ref, (stem, _, ending) = found(study, run), name.rpartition(".")
            if ending == "zip" and stem in packing.ARCHIVES:
                return await context.compute(packing.archive, ref, stem)
            if name == "replication.zip":
                return await context.compute(packing.package, ref)
            if name == "tables.xlsx":
                return await context.compute(packing.workbook_of_all, ref)
            return await context.compute(packing.report, ref, name)

        return await _answer(f"{study}-{name}", made())

    @app.get(RUN + "/figures/{name}")
    async def _figure(study: str, run: str, name: str) -> Response:
        async def made() -> bytes:
            ref = found(study, run)
            return await context.compute(packing.one_figure, ref, *_parted(name, FIGURE_KINDS))

        return await _answer(f"{study}-{name}", made())

    @app.get(RUN + "/tables/{name}")
    async def _table(study: str, run: str, name: str) -> Response:
        async def made() -> bytes:
            ref = found(study, run)
            return await context.compute(packing.one_table, ref, *_parted(name, TABLE_KINDS))

        return await _answer(f"{study}-{name}", made())

    @app.get(RUN + "/data/{name}")
    async def _data(study: str, run: str, name: str) -> Response:
        async def made() -> bytes:
            ref = found(study, run)
            return await context.compute(packing.whole, ref, *_parted(name, DATA_KINDS))

        return await _answer(f"{study}-{name}", made())

    @app.get(RUN + "/views/{step}/{name}")
    async def _view(study: str, run: str, step: str, name: str, request: Request) -> Response:
        async def made() -> bytes:
            ref, chosen = found(study, run), _chosen(request)
            stem, kind = _parted(name, (*FIGURE_KINDS, "xlsx"))
            return await context.compute(packing.one_of_view, ref, step, chosen, stem, kind)

        return await _answer(f"{study}-{name}", made())


def _asked(ref: RunRef, asked: Mapping[str, str]) -> comparing.Asked:
    """Return the scenarios that an address asks for.

    Raises
    ------
    LabelError
        The year is none.
    """
    year = asked.get("year", "") or "0"
    if not year.isdecimal():
        raise LabelError(f"{year!r} is no year.", allowed="a year of the run")
    names = tuple(n for n in asked.get("scenarios", "").split(",") if n)
    return comparing.Asked(ref, asked.get("step", ""), names, int(year), asked.get("decompose", ""))


def _chosen(request: Request) -> Chosen:
    return tuple(sorted(request.query_params.items()))


def _parted(name: str, kinds: tuple[str, ...]) -> tuple[str, str]:
    """Return the stem and the ending of a name.

    Raises
    ------
    LabelError
        The ending is none of ``kinds``.
    """
    stem, _, ending = name.rpartition(".")
    if not stem or ending not in kinds:
        raise LabelError(f"There is no file {name!r}.", allowed=", ".join(f"NAME.{k}" for k in kinds))
    return stem, ending


async def _answer(name: str, made: Awaitable[bytes]) -> Response:
    """Return a file, or the reason why there is none."""
    try:
        content = await made
    except InnospaceError as error:
        missing = isinstance(error, LabelError | StudyError | StoreError)
        return PlainTextResponse(str(error), status_code=404 if missing else 500)
    ending = name.rpartition(".")[2]
    headers = {"Content-Disposition": disposition(name), "Cache-Control": "no-store"}
    return Response(content, media_type=TYPES[ending], headers=headers)


def disposition(name: str) -> str:
    """Return a header that names a file to be saved: in ASCII, and in UTF-8 for programs that read it (RFC 6266)."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "._- ") else "_" for c in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
