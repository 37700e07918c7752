"""``innospace web``: the web app over a folder of studies."""

from __future__ import annotations

import contextlib
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from innospace.cli.options import Json, Quiet
from innospace.cli.outcome import Outcome
from innospace.cli.show import print_json
from innospace.core.errors import InnospaceError

if TYPE_CHECKING:
    from innospace.web.server import Address


def web(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A study, or a folder of studies.")] = Path(),
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port; 0 takes any free one.")] = 8462,
    host: Annotated[str, typer.Option("--host", help="Address to bind to; other than loopback asks for a token.")] = (
        "127.0.0.1"
    ),
    token: Annotated[
        str, typer.Option("--token", envvar="INNOSPACE_WEB_TOKEN", help="Token for --host; made up when not given.")
    ] = "",
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page in a browser.")] = True,
    as_json: Json = False,
    quiet: Quiet = False,
) -> Outcome:
    """Open studies in the browser.

    Everything done there is stored in the study and can be run from the command line. Ctrl-C stops the app, not the
    runs it started.
    """
    try:
        import nicegui  # noqa: F401
    except ModuleNotFoundError as error:
        raise InnospaceError(
            "The web app is not installed.",
            where=f"the package {error.name!r} is missing",
            remedy="Install it with: pip install 'innospace[web]'",
        ) from error
    from innospace.web.server import serve

    def ready(address: Address) -> None:
        if as_json:
            print_json({"url": address.url, "folder": str(folder)})
        else:
            typer.echo(f"innospace is at {address.url}\nCtrl-C stops it; what was computed is kept.")
        if browser and not as_json:
            with contextlib.suppress(webbrowser.Error):
                webbrowser.open(address.url)

    serve(folder, host=host, port=port, token=token, ready=ready)
    return Outcome({"stopped": True}, "Stopped.")
