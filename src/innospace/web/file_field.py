"""The control that takes a file from the user's machine."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

from nicegui.element import Element

from innospace.data.readers import SUFFIXES
from innospace.web.uploads import ADDRESS, MAX_UPLOAD_BYTES

HELP = f"CSV, XLSX, Parquet or HAR, up to {MAX_UPLOAD_BYTES // 1_000_000} MB. Choose it, or drop it here."


class FileField(Element, component="file_field.js"):
    """A labelled native file input that sends the file aside and says where it is.

    Parameters
    ----------
    label : str
    study : str
        Study the file is for.
    sent : callable
        Called with the ID of the upload and the name the file has there.
    """

    def __init__(self, label: str, study: str, sent: Callable[[str, str], Awaitable[None]]) -> None:
        super().__init__()
        self._sent = sent
        self._props.update(
            label=label,
            help=HELP,
            accept=",".join(SUFFIXES),
            address=ADDRESS + quote(study, safe=""),
            limit=MAX_UPLOAD_BYTES,
            error="",
            busy="",
        )
        self.on("sent", self._take)

    async def _take(self, event: Any) -> None:
        self.say(busy="Reading the table…")
        try:
            await self._sent(str(event.args["upload"]), str(event.args["name"]))
        finally:
            if not self.is_deleted:
                self.say()

    def say(self, *, error: str = "", busy: str = "") -> None:
        """Put an error at the control, or say what is being done."""
        self._props.update(error=error, busy=busy)
        self.update()
