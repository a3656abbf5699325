"""``python -m truenas_client.simulator.record --to ADDRESS FILE``: write down a session with a real server.

A proxy: clients connect to it as to the server (plain ``ws://`` on this machine), it connects
on to the server, and everything that is said goes into a `transcript`, secrets masked. It does
not take part: handshakes that the server refuses are refused alike, closes are passed on with
their codes. Two things do not work through any proxy, so not through this: SCRAM bound to the
TLS channel, and what goes over other connections (file transfers are not written down).
Ping frames are answered on each side and not passed on.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import ssl
import sys
from typing import Any, Self
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.connection import Connection
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.http11 import Request, Response

from .listening import PLAIN, run_command, split_address, stop_signal
from .transcript import Transcript

__all__ = ["Recorder", "main"]

# Codes that are never on the wire: they say how a connection ended without a close frame.
_NO_FRAME = (1005, 1006, 1015)


class Recorder:
    """A proxy to ``to`` (``wss://host[:port]``; a path is ignored) that writes down what passes.

    Use it with ``async with``; `url` is where clients connect. Raises ValueError for an
    address that is none, OSError when it can't listen.
    """

    def __init__(
        self, to: str, transcript: Transcript, listen: str = "127.0.0.1:0", *, tls: ssl.SSLContext | None = None
    ) -> None:
        parts = urlsplit(to)
        if parts.scheme not in ("ws", "wss") or not parts.netloc:
            raise ValueError(f"{to!r} is no ws:// or wss:// address")
        self._to = f"{parts.scheme}://{parts.netloc}"
        self._path = parts.path if parts.path not in ("", "/") else "/api/current"
        self._tls = tls if parts.scheme == "wss" else None
        self._listen = split_address(listen)
        self._transcript = transcript
        self._beyond: dict[ServerConnection, tuple[int, ClientConnection]] = {}
        self._server: Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await serve(self._relay, *self._listen, process_request=self._open, **PLAIN)
        return self

    async def __aexit__(self, *exc: object) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        """Where clients connect."""
        assert self._server is not None
        host, port = next(iter(self._server.sockets)).getsockname()[:2]
        return f"ws://{f'[{host}]' if ':' in host else host}:{port}{self._path}"

    async def _open(self, client: ServerConnection, request: Request) -> Response | None:
        """Connect on before the handshake is answered, and refuse it as the server does."""
        number = self._transcript.connection(request.path)
        options: dict[str, Any] = {} if self._tls is None else {"ssl": self._tls}
        try:
            server = await connect(self._to + request.path, proxy=None, **PLAIN, **options)
        except InvalidStatus as e:
            status, phrase = e.response.status_code, e.response.reason_phrase
            self._transcript.line("s2c", number, http=f"HTTP/1.1 {status} {phrase}")
            return Response(status, phrase, Headers({"Content-Length": "0", "Connection": "close"}), b"")
        except OSError as e:
            self._transcript.line("s2c", number, tcp=type(e).__name__)
            text = f"{type(e).__name__}: {e}\n".encode()
            headers = Headers({"Content-Length": str(len(text)), "Content-Type": "text/plain; charset=utf-8"})
            return Response(502, "Bad Gateway", headers, text)
        self._beyond[client] = number, server
        return None

    async def _relay(self, client: ServerConnection) -> None:
        number, server = self._beyond.pop(client)
        ways = {
            asyncio.create_task(self._pass("c2s", number, client, server)),
            asyncio.create_task(self._pass("s2c", number, server, client)),
        }
        try:
            await asyncio.wait(ways)
        finally:
            for way in ways:
                way.cancel()
            await server.close()

    async def _pass(self, direction: str, number: int, source: Connection, target: Connection) -> None:
        """Pass on one direction until its source ends, then end the target alike."""
        with contextlib.suppress(ConnectionClosed):
            async for message in source:
                self._transcript.message(direction, number, message)
                await target.send(message)
        await source.wait_closed()
        received = source.protocol.close_rcvd
        if received is not None:
            self._transcript.line(direction, number, close={"code": received.code, "reason": received.reason})
        self._transcript.line(direction, number, tcp="eof" if received is not None else "ConnectionResetError")
        if received is None:
            target.transport.abort()
        elif received.code in _NO_FRAME:
            await target.close()
        else:
            await target.close(received.code, received.reason)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m truenas_client.simulator.record",
        description="Stand between a client and a server and write down what they say, secrets masked.",
    )
    parser.add_argument("file", metavar="FILE", help="the transcript to write")
    parser.add_argument("--to", required=True, metavar="ADDRESS", help="the server: ws://... or wss://...")
    parser.add_argument("--listen", default="127.0.0.1:0", metavar="HOST:PORT", help="where clients connect")
    parser.add_argument("--ca", metavar="FILE", help="trust the certificates in this file as well")
    parser.add_argument("--insecure", action="store_true", help="do not check the server's certificate")
    parser.add_argument("--description", default="", metavar="TEXT", help="what the session shows, for the header")
    return parser


async def _serve(arguments: argparse.Namespace) -> None:
    stop = stop_signal()
    tls = ssl.create_default_context(cafile=arguments.ca)
    if arguments.insecure:
        tls.check_hostname = False
        tls.verify_mode = ssl.CERT_NONE
    with Transcript(arguments.file, description=arguments.description) as transcript:
        async with Recorder(arguments.to, transcript, arguments.listen, tls=tls) as recorder:
            print(json.dumps({"ws": recorder.url, "to": arguments.to, "file": arguments.file}), flush=True)
            await stop.wait()


def main(argv: list[str] | None = None) -> int:
    """Record until a signal; the exit status."""
    return run_command("record", _serve(_parser().parse_args(argv)))


if __name__ == "__main__":
    sys.exit(main())
