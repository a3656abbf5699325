"""``--serve``: the app in a browser, on this machine's loopback interface only.

textual-serve starts one app for each page that is opened (`page.html`) and carries its screen and its keys. It asks
for no password, and any web page may try to reach a server on loopback. So here, whatever is asked for:

- every address begins with a token of this run, which only the printed address tells;
- the request names a loopback host (a name that was made to lead here is none), and where a page asks, it is ours;
- the page loads nothing from elsewhere, is shown in no frame, and tells its address to no other server.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import shlex
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Sequence
from importlib.resources import files
from string import Template

from aiohttp import web
from textual_serve.server import Server

__all__ = ["serve"]

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
LEAST_FONT, FONT, MOST_FONT = 6, 15, 40
PARTING_SECONDS = 3.0
"""How long the open pages have to end once the server is stopped."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Pages(Server):
    """The page, the connection of its terminal, and its downloads: all below the token."""

    def __init__(self, command: str, token: str) -> None:
        super().__init__(command, title="truenas-tui")
        self._token = token

    def application(self) -> web.Application:
        """All that is served."""
        below = web.Application()
        below.add_routes(
            [
                web.get("/", self.handle_index),
                web.get("/ws", self.handle_websocket),
                web.get("/download/{key}", self.handle_download),
                web.static("/static", self.statics_path),
            ]
        )
        whole = web.Application(middlewares=[_ours_only])
        whole.add_subapp(f"/{self._token}", below)
        return whole

    async def handle_index(self, request: web.Request) -> web.Response:
        """The page, for the host by which it was asked for: a tunnel may have another port."""
        font = request.query.get("fontsize", "")
        nonce = secrets.token_urlsafe()
        text = Template((files("tui") / "styles" / "page.html").read_text("utf-8")).substitute(
            base=f"/{self._token}",
            websocket=f"ws://{request.host}/{self._token}/ws",
            font=min(max(int(font), LEAST_FONT), MOST_FONT) if font.isdecimal() else FONT,
            nonce=nonce,
        )
        policy = (
            "default-src 'none'; font-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
            f"script-src 'self' 'nonce-{nonce}'; connect-src 'self' ws://{request.host}; frame-ancestors 'none'; "
            "base-uri 'none'; form-action 'none'"
        )
        return web.Response(text=text, content_type="text/html", headers={"Content-Security-Policy": policy})


@web.middleware
async def _ours_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    host = request.headers.get("Host", "")
    name = host.rpartition(":")[0] if not host.endswith("]") and ":" in host else host
    # A browser says from which page a connection is asked for, and a page cannot change that.
    if name.strip("[]") not in LOOPBACK or request.headers.get("Origin", f"http://{host}") != f"http://{host}":
        raise web.HTTPForbidden(text="Open the address that truenas-tui --serve has printed.")
    return await handler(request)


async def _private(request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(
        {
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cache-Control": "no-store",
        }
    )


def serve(arguments: Sequence[str], port: int) -> int:
    """Serves the app, started with these arguments for each page, until ctrl+c; returns the status of the process."""
    words = [sys.executable, "-m", "tui", *arguments]
    try:
        listening = socket.create_server(("127.0.0.1", port))
    except (OSError, OverflowError) as e:
        why = getattr(e, "strerror", "") or "ports are 0 to 65535"
        print(f"truenas-tui: port {port} cannot be used ({why}); --port chooses another", file=sys.stderr)
        return 1
    token = secrets.token_urlsafe(24)
    pages = Pages(subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words), token)
    application = pages.application()
    application.on_response_prepare.append(_private)
    # By then the app of each page has ended, and the loop hears of it a little later.
    application.on_cleanup.append(lambda _: asyncio.sleep(0.2))
    port = listening.getsockname()[1]
    print(f"Serving http://127.0.0.1:{port}/{token}/", flush=True)
    print("The address is the key: a reader of it can use the app as you. An interrupt ends the server.", flush=True)
    web.run_app(
        application,
        sock=listening,
        print=lambda *_: None,
        # Its lines would hold the token.
        access_log=None,
        shutdown_timeout=PARTING_SECONDS,
    )
    return 0
