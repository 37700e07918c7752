"""The server of the web app: one process, one port, on loopback unless told otherwise."""

from __future__ import annotations

import hashlib
import os
import secrets
import socket
import tempfile
from collections.abc import Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html import escape
from importlib import resources
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any

from innospace.core.errors import InnospaceError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fastapi import FastAPI

LOOPBACK = "127.0.0.1"
PORT = 8462
STORAGE = "NICEGUI_STORAGE_PATH"
"""Where NiceGUI would keep data of its own; the app keeps none, and no folder of it may appear beside a study."""
RECONNECT_SECONDS = 30.0
"""A page whose connection was lost for less than this goes on as it was."""
_THEME = """<script>
(() => { const t = localStorage.getItem("innospace-theme"); if (t) document.documentElement.dataset.theme = t; })();
function innospaceTheme() {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  localStorage.setItem("innospace-theme", root.dataset.theme);
}
</script>"""


@dataclass(frozen=True, slots=True)
class Address:
    """Where the app is served, and the token that is asked for (empty on loopback)."""

    host: str
    port: int
    token: str = ""

    @property
    def url(self) -> str:
        """Address to open; holds the token when there is one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}/" + (f"?token={self.token}" if self.token else "")


def serve(
    folder: Path, *, host: str = LOOPBACK, port: int = PORT, token: str = "", ready: Callable[[Address], None]
) -> None:
    """Serve the web app until it is interrupted.

    Parameters
    ----------
    folder : Path
        A study, or a folder of studies.
    host : str
        Address to bind to. Anything but loopback asks every visitor for a token.
    port : int
        0 takes any free one.
    token : str
        For an address other than loopback; made up when it is empty.
    ready : callable
        Called with the address as soon as the port is bound.

    Raises
    ------
    InnospaceError
        The address cannot be bound, or the folder is not there.
    """
    import uvicorn

    bound = _bind(host, port)
    wanted = "" if is_loopback(host) else (token or secrets.token_urlsafe(24))
    address = Address(host, bound.getsockname()[1], wanted)
    try:
        app = build(folder, address)
        config = uvicorn.Config(app, log_level="warning", access_log=False, lifespan="on", timeout_graceful_shutdown=3)
        ready(address)
        uvicorn.Server(config).run(sockets=[bound])
    finally:
        bound.close()


def is_loopback(host: str) -> bool:
    """Whether an address can be reached from this machine only."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _bind(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, target = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        made = socket.socket(family, kind, protocol)
        # a server that was just stopped leaves its port waiting
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(target)
        made.listen(128)
    except (OSError, OverflowError, UnicodeError) as error:
        raise InnospaceError(
            f"The web app cannot be served at {host}, port {port}: {getattr(error, 'strerror', None) or error}.",
            where=f"{host}:{port}",
            allowed="an address of this machine and a free port from 1 to 65535; 0 takes any free one",
            remedy="Stop what uses the port, or choose another one with --port.",
        ) from error
    return made


def build(folder: Path, address: Address) -> FastAPI:
    """Return the app for a folder of studies.

    Parameters
    ----------
    folder : Path
    address : Address
        Where it will be served: decides which hosts and origins are answered.
    """
    os.environ.setdefault(STORAGE, str(Path(tempfile.gettempdir()) / f"innospace-web-{os.getpid()}"))
    from fastapi import FastAPI
    from nicegui import app as nicegui
    from nicegui import ui

    from innospace.web import downloads, pages, safety, uploads
    from innospace.web.compute import Compute
    from innospace.web.context import AppContext
    from innospace.web.jobs import Jobs
    from innospace.web.workspace import Workspace

    context = AppContext(Workspace(folder), Jobs(), Compute())

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        context.compute.close()

    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    _serve_style(app)
    uploads.register(app, context)
    downloads.register(app, context)
    pages.register(context)
    # its bar over the page has no name for assistive technology; pages say themselves what is being done
    nicegui.config.quasar_config["loadingBar"] = {"skipHijack": True}
    ui.run_with(
        app,
        title="innospace",
        language="en-US",
        favicon=_ICON,
        tailwind=False,
        reconnect_timeout=RECONNECT_SECONDS,
        show_welcome_message=False,
    )
    limits = {uploads.ADDRESS: uploads.MAX_UPLOAD_BYTES}
    safety.protect(app, host=address.host, token=address.token, limits=limits)
    return app


_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="6" fill="#075a94"/>'
    '<path d="M6 26C9 14 16 8 27 6" fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round"/>'
    '<circle cx="12" cy="22" r="2.4" fill="#fff"/><circle cx="20" cy="17" r="2.4" fill="#fff"/></svg>'
)


def _serve_style(app: FastAPI) -> None:
    from fastapi import Response
    from nicegui import ui

    text = style()
    address = f"/style-{hashlib.sha256(text.encode()).hexdigest()[:12]}.css"

    @app.get(address)
    def _style() -> Response:
        headers = {"Cache-Control": "public, max-age=31536000, immutable"}
        return Response(text, media_type="text/css", headers=headers)

    ui.add_head_html(f'<link rel="stylesheet" href="{escape(address)}">{_THEME}', shared=True)


def style() -> str:
    """Return the style sheet: what all pages share, then each page's own."""
    from innospace.report import fragments

    here = resources.files("innospace.web")
    own: list[Any] = sorted((p for p in here.joinpath("styles").iterdir() if p.name.endswith(".css")), key=_name)
    own_text = [p.read_text(encoding="utf-8") for p in (here.joinpath("style.css"), *own)]
    return "\n".join([own_text[0], fragments.style(), *own_text[1:]])


def _name(path: Any) -> str:
    return str(path.name)
