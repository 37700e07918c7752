"""Who is answered: requests to this machine, from the app's own pages, with the token where one is asked for.

A page of another site can send requests to a server on loopback, and a name of another site can be made to point at
it. So a request must name this machine (``Host``), must come from the app's own pages (``Origin``, ``Sec-Fetch-Site``)
unless it only opens a page, and may not be larger than what the app expects. One layer around everything, web sockets
and the routes of NiceGUI included, sees to it.
"""

from __future__ import annotations

import hmac
import re
import socket
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from hashlib import sha256
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, urlencode

from innospace.core.errors import InnospaceError

if TYPE_CHECKING:
    from fastapi import FastAPI

MAX_BODY_BYTES = 2_000_000
"""Largest body of a request that is no upload; messages of pages are a few kilobytes."""
SHORTEST_TOKEN = 16
_UNNAMED = ("0.0.0.0", "::")
_HOST = re.compile(r"(?P<name>\[[0-9a-fA-F:.]+\]|[^\s:/?#@\[\]\\]+)(?::(?P<port>[0-9]{1,5}))?")
_TOKEN = "token"

_Scope = MutableMapping[str, Any]
_Message = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[_Message]]
_Send = Callable[[_Message], Awaitable[None]]
_App = Callable[[_Scope, _Receive, _Send], Awaitable[None]]

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
}
_POLICY = (
    # Vue compiles templates in the browser, and NiceGUI starts a page by a script in it
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' {sockets}; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that says why there is no other one."""

    status: int
    text: str
    headers: Mapping[str, str] | None = None

    @property
    def content_type(self) -> str:
        """Type of the text: a page when it begins like one."""
        return f"text/{'html' if self.text.startswith('<') else 'plain'}; charset=utf-8"


def protect(app: FastAPI, *, host: str, token: str = "", limits: Mapping[str, int] | None = None) -> None:
    """Put the layer around an app that NiceGUI was mounted in.

    Parameters
    ----------
    app : FastAPI
    host : str
        Address the app is bound to.
    token : str
        What every visitor must bring; empty on loopback.
    limits : mapping, optional
        Beginning of a path -> largest body in bytes there.

    Raises
    ------
    InnospaceError
        The token is too short.
    """
    from nicegui import core

    if token and len(token) < SHORTEST_TOKEN:
        raise InnospaceError(
            "The token is so short that it can be guessed.",
            where="--token",
            allowed=f"{SHORTEST_TOKEN} characters or more",
            remedy="Leave it out: one is made up and printed.",
        )
    app.add_middleware(Guard, host=host, token=token, limits=dict(limits or {}))
    # the socket of NiceGUI accepts every origin by itself
    core.sio.eio.cors_allowed_origins = _socket_origin


def _socket_origin(origin: str | None, environ: Mapping[str, Any]) -> bool:
    return origin is None or same_origin(origin, str(environ.get("HTTP_HOST", "")))


class Guard:
    """The layer, see :func:`protect`."""

    def __init__(self, app: _App, *, host: str, token: str, limits: Mapping[str, int]) -> None:
        self._app, self._host, self._token, self._limits = app, host.casefold(), token, limits
        self._cookie = f"innospace-{_digest('name', token)[:12]}"
        self._secret = _digest("cookie", token)

    async def __call__(self, scope: _Scope, receive: _Receive, send: _Send) -> None:
        """Answer a request, or hand it on."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = _Headers(scope)
        refusal = self._refusal(scope, headers)
        if refusal is not None:
            await _refuse(scope, send, refusal, headers.host)
        elif scope["type"] == "websocket":
            await self._app(scope, receive, send)
        else:
            await _Limited(self._limit(scope["path"]), receive, send, headers.host).run(self._app, scope)

    def _refusal(self, scope: _Scope, headers: _Headers) -> Refusal | None:
        if not self._is_here(headers.host):
            return Refusal(421, "This app answers under the address it was started with, and under no other name.\n")
        if _is_foreign(scope, headers):
            return Refusal(403, "Refused: the request comes from a page of another site.\n")
        if self._token:
            refusal = self._unknown(scope, headers)
            if refusal is not None:
                return refusal
        length = headers.one("content-length")
        if length and (not length.isdecimal() or int(length) > self._limit(scope["path"])):
            return _too_large(self._limit(scope["path"]))
        return None

    def _limit(self, path: str) -> int:
        return next((n for start, n in self._limits.items() if path.startswith(start)), MAX_BODY_BYTES)

    def _is_here(self, host: str) -> bool:
        """Whether a ``Host`` names this machine; a number cannot be made to point elsewhere, a name can."""
        match = _HOST.fullmatch(host)
        if match is None:
            return False
        name = match["name"].strip("[]").casefold().removesuffix(".")
        try:
            number = ip_address(name)
        except ValueError:
            mine = {socket.gethostname().casefold()} if self._host in _UNNAMED else set()
            return name in {"localhost", self._host} | mine
        return number.is_loopback or name == self._host or self._host in _UNNAMED

    def _unknown(self, scope: _Scope, headers: _Headers) -> Refusal | None:
        """Return the answer to a visitor without the token; one in the address is exchanged for a cookie."""
        known = hmac.compare_digest(headers.cookie(self._cookie).encode(), self._secret.encode())
        given = next((v for k, v in headers.query if k == _TOKEN), None)
        if given is None or scope["type"] == "websocket" or scope["method"] != "GET":
            return None if known else Refusal(401, _WITHOUT_TOKEN)
        right = hmac.compare_digest(_digest("token", given), _digest("token", self._token))
        if not right and not known:
            return Refusal(401, _WITHOUT_TOKEN)
        rest = urlencode([(k, v) for k, v in headers.query if k != _TOKEN])
        # two slashes in front would lead to another machine
        target = "/" + quote(scope["path"].lstrip("/\\")) + (f"?{rest}" if rest else "")
        kept = {"Location": target, "Cache-Control": "no-store"}
        cookie = f"{self._cookie}={self._secret}; Path=/; HttpOnly; SameSite=Strict"
        return Refusal(303, "", {**kept, "Set-Cookie": cookie} if right else kept)


class _Headers:
    """What a request says about itself."""

    def __init__(self, scope: _Scope) -> None:
        self._all: dict[str, list[str]] = {}
        for name, value in scope["headers"]:
            self._all.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
        self.host = self.one("host")
        self.query = parse_qsl(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)

    def one(self, name: str) -> str:
        """Return a header; empty when it is missing or not the only one of its name."""
        found = self._all.get(name, [])
        return found[0] if len(found) == 1 else ""

    def has(self, name: str) -> bool:
        return name in self._all

    def cookie(self, name: str) -> str:
        pairs = (p.strip().partition("=") for c in self._all.get("cookie", []) for p in c.split(";"))
        return next((value for key, _, value in pairs if key == name), "")


def _is_foreign(scope: _Scope, headers: _Headers) -> bool:
    """Whether a page of another site sends the request, and not only a link that opens a page here."""
    if headers.has("origin") and not same_origin(headers.one("origin"), headers.host):
        return True
    site = headers.one("sec-fetch-site") if headers.has("sec-fetch-site") else "none"
    if site in ("none", "same-origin"):
        return False
    # another port of this machine is another site for our purpose
    opens = headers.one("sec-fetch-mode") == "navigate" and headers.one("sec-fetch-dest") == "document"
    return not (scope["type"] == "http" and scope["method"] in ("GET", "HEAD") and opens)


def same_origin(origin: str, host: str) -> bool:
    """Whether an origin such as ``http://localhost:8462`` is that of a ``Host`` such as ``localhost:8462``."""
    scheme, _, place = origin.partition("://")
    usual = {"http": "80", "https": "443"}.get(scheme)
    one, other = _HOST.fullmatch(place), _HOST.fullmatch(host)
    if usual is None or one is None or other is None:
        return False
    return (one["name"].casefold(), one["port"] or usual) == (other["name"].casefold(), other["port"] or usual)


def _digest(purpose: str, text: str) -> str:
    return sha256(f"innospace {purpose} {text}".encode()).hexdigest()


def _too_large(limit: int) -> Refusal:
    text = f"Refused: more than {limit / 1e6:,.0f} MB were sent. Save the table as Parquet with the columns needed.\n"
    return Refusal(413, text, {"Connection": "close"})


class _Limited:
    """One request whose body is counted while it comes in, and whose answer carries the headers."""

    def __init__(self, limit: int, receive: _Receive, send: _Send, host: str) -> None:
        self._left, self._limit = limit, limit
        self._receive, self._send, self._host = receive, send, host
        self._exceeded = self._started = False

    async def run(self, app: _App, scope: _Scope) -> None:
        try:
            await app(scope, self.receive, self.send)
        except Exception:
            # what an app makes of a body that ends in the middle does not matter
            if not self._exceeded:
                raise
        if self._exceeded and not self._started:
            await _refuse(scope, self._send, _too_large(self._limit), self._host)

    async def receive(self) -> _Message:
        if self._exceeded:
            return {"type": "http.disconnect"}
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            self._exceeded = True
            return {"type": "http.disconnect"}
        return message

    async def send(self, message: _Message) -> None:
        if self._exceeded and not self._started:
            return
        if message["type"] == "http.response.start":
            self._started = True
            message = {**message, "headers": _with_headers(message.get("headers", ()), self._host)}
        await self._send(message)


def _with_headers(given: Any, host: str) -> list[tuple[bytes, bytes]]:
    """Return headers with those of safety in place of whatever stood there."""
    sockets = f"ws://{host} wss://{host}" if _HOST.fullmatch(host) else ""
    ours = {**HEADERS, "Content-Security-Policy": _POLICY.format(sockets=sockets)}
    names = {n.lower().encode() for n in ours}
    kept = [(n, v) for n, v in given if n.lower() not in names]
    return [*kept, *((n.lower().encode(), v.encode("latin-1")) for n, v in ours.items())]


async def _refuse(scope: _Scope, send: _Send, refusal: Refusal, host: str) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": ""})
        return
    body = refusal.text.encode()
    headers = {"Content-Type": refusal.content_type, "Content-Length": str(len(body)), **(refusal.headers or {})}
    given = [(n.lower().encode(), v.encode("latin-1")) for n, v in headers.items()]
    await send({"type": "http.response.start", "status": refusal.status, "headers": _with_headers(given, host)})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


_WITHOUT_TOKEN = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Token needed · innospace</title>
<style>
:root { color-scheme: light dark; }
body { font: 1rem/1.55 system-ui, sans-serif; max-width: 38rem; margin: 12vh auto; padding: 0 1.25rem; }
h1 { font-size: 1.6rem; line-height: 1.2; }
code { font-family: ui-monospace, monospace; overflow-wrap: anywhere; }
</style></head><body><main>
<h1>This app asks for a token</h1>
<p>It can be reached from other machines, so it opens only to those who have its token.</p>
<p>Open the whole address that was printed where the app was started. It ends in <code>?token=</code> and a long
word. The browser then remembers the token until it is closed.</p>
<p>If you do not have the address, ask whoever started the app.</p>
</main></body></html>
"""
