"""The HTTP front: reads request heads itself, hands upgrades to a session, answers the rest.

``/api/current`` and ``/api/<version>`` are WebSockets, ``/api/versions`` and
``/api/boot_id`` plain answers; ``/websocket`` is the old protocol, ``/_download`` and
``/_upload`` are file transfers; everything else is a 404. Invariants: a bad head ends
its connection and nothing else; heads are bounded in size and time.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct
from http import HTTPStatus
from typing import TYPE_CHECKING

from . import files
from .calls import Calls
from .dialect import Dialect
from .link import Link
from .old_dialect import OldDialect
from .origin import Origin
from .requests import Head, Refusal, read_head
from .rpc_dialect import RpcDialect
from .session import Session

if TYPE_CHECKING:
    from .state import Nas

__all__ = ["Front"]

HEAD_SECONDS = 30.0
LINGER_SECONDS = 2.0
WATCH_SECONDS = 5.0
MOST_UNSENT_IN_ALL = 256 * 1024 * 1024
"""Octets waiting for all clients together, above which those that do not read are dropped."""
PEER = struct.Struct("3i")
"""Process, user and group of the other end of a UNIX socket."""
PHRASES = {422: "Unprocessable Content"}
"""Where the server's word for a status is newer than ours."""


class Front:
    """Serves connections of one simulator."""

    def __init__(self, nas: Nas, most_unsent: int) -> None:
        self._nas = nas
        self._most_unsent = most_unsent
        self._tasks: set[asyncio.Task[None]] = set()

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection; the callback of `asyncio.start_server`."""
        self._nas.writers.add(writer)
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            async with asyncio.timeout(HEAD_SECONDS):
                head = await read_head(reader)
            if head is not None:
                await self._answer(head, reader, writer)
        except Refusal as e:
            self._reply(writer, e.status, e.text, location=e.location)
        except (OSError, asyncio.IncompleteReadError):
            pass  # the client went away; whatever it was owed is not wanted any more
        except asyncio.CancelledError:
            pass  # the simulator stops
        finally:
            self._nas.writers.discard(writer)
            self._tasks.discard(task)
            with contextlib.suppress(OSError, RuntimeError):
                writer.close()

    async def watch(self) -> None:
        """End TCP connections on which nothing has been sent for as long as the release's front end waits."""
        clock = self._nas.clock
        while True:
            await clock.sleep_unscaled(WATCH_SECONDS)
            latest = clock.unscaled() - self._nas.release.keepalive
            for session in self._nas.sessions:
                if session.channel.sent_at < latest and not session.origin.unix:
                    session.channel.abort()

    def _crowded(self) -> bool:
        return sum(session.channel.unsent for session in self._nas.sessions) > MOST_UNSENT_IN_ALL

    async def stop(self) -> None:
        """End every connection and wait until it is served."""
        self._nas.drop_connections()
        tasks = [task for task in self._tasks if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.gather(*tasks, return_exceptions=True)

    # --- answers -------------------------------------------------------------------------------

    async def _answer(self, head: Head, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        release = self._nas.release
        if head.path.startswith("/_"):
            await self._transfer(head, reader, writer)
            return
        socket_paths = {"/api/current", *(f"/api/{version}" for version in release.api_versions)}
        if head.path == "/websocket" and head.upgrade:
            await self._websocket(OldDialect, head, reader, writer)
        elif not release.api_versions:
            raise Refusal(404, "404: Not Found")
        elif head.path in socket_paths:
            if not head.upgrade:
                found = head.headers.get("upgrade")
                raise Refusal(400, f'No WebSocket UPGRADE hdr: {found}\n Can "Upgrade" only to "WebSocket".')
            await self._websocket(RpcDialect, head, reader, writer)
        elif head.path == "/api/versions" and head.method == "GET":
            self._reply_json(writer, list(release.api_versions))
        elif head.path == "/api/boot_id" and head.method == "GET":
            self._reply_json(writer, self._nas.boot_id)
        else:
            raise Refusal(404, "404: Not Found")

    async def _transfer(self, head: Head, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nas, origin = self._nas, self._origin(writer)
        if head.headers.get("expect", "").lower() == "100-continue":
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        try:
            if head.path.startswith("/_download/") and head.method == "GET":
                await files.download(nas, head, origin, writer)
            elif head.path == "/_upload":
                self._reply_json(writer, {"job_id": await files.upload(nas, head, origin, reader)})
            else:
                raise Refusal(404, "404: Not Found")
        except Refusal as e:
            self._reply(writer, e.status, e.text)
        await self._read_out(reader, writer)

    async def _read_out(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """End our direction and let the client finish sending: closing on unread octets would cost it the answer."""
        await writer.drain()
        if not writer.can_write_eof():
            return
        writer.write_eof()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LINGER_SECONDS):
                while await reader.read(65_536):
                    pass

    async def _websocket(
        self, dialect: type[Dialect], head: Head, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        faults = self._nas.faults
        fault = faults.on_connection(head.path) if "connection" in faults.occasions else None
        if fault is not None and fault.name != "not-allowed":
            location = fault.text("location") if fault.name == "redirect" else None
            raise Refusal(int(fault.number("status")), "The way to the server is broken", location)
        channel = Link(reader, writer, self._nas.clock, self._most_unsent)
        facts = self._nas.release.on_path(head.path.removeprefix("/api/"))
        session = Session(self._nas, channel, self._origin(writer), dialect(facts))
        calls = Calls(session)
        channel.on_text = calls.receive
        channel.on_batch = calls.pump
        channel.crowded = self._crowded
        self._nas.sessions[session] = None
        session.sign_in_by_peer()
        channel.spoil = lambda: faults.on_message(session.user) if "message" in faults.occasions else []
        if fault is not None or not self._nas.allows(session.origin):
            channel.on_open = lambda: channel.close(1008, "You are not allowed to access this resource")
        try:
            await channel.serve(head.raw)
        except OSError:
            raise
        except Exception as e:  # noqa: BLE001 - an error of one connection is told to it and stays its own
            channel.close(1011, str(e) or type(e).__name__)
            await writer.drain()
        finally:
            del self._nas.sessions[session]
            calls.end()
            session.closed()

    def _origin(self, writer: asyncio.StreamWriter) -> Origin:
        """Where a connection comes from, with the peer's user id on a UNIX socket."""
        sock: socket.socket | None = writer.get_extra_info("socket")
        if sock is not None and sock.family == socket.AF_UNIX:
            # On a system that does not tell, no user has this id.
            pid = uid = -1
            if (option := getattr(socket, "SO_PEERCRED", None)) is not None:
                pid, uid, _ = PEER.unpack(sock.getsockopt(socket.SOL_SOCKET, option, PEER.size))
            return Origin("unix", unix_uid=uid, unix_pid=pid)
        address, port = (writer.get_extra_info("peername") or ("unknown", 0))[:2]
        tls = self._nas.tls if writer.get_extra_info("ssl_object") is not None else None
        binding = b"" if tls is None else tls.binding
        return Origin(self._nas.faked_address or str(address), int(port), tls=tls is not None, binding=binding)

    def _reply_json(self, writer: asyncio.StreamWriter, value: object) -> None:
        self._reply(writer, 200, json.dumps(value), "application/json")

    def _reply(
        self,
        writer: asyncio.StreamWriter,
        status: int,
        text: str,
        kind: str = "text/plain; charset=utf-8",
        *,
        location: str | None = None,
    ) -> None:
        body = text.encode()
        kind = f"Content-Type: {kind}\r\n" if body else ""
        kind += f"Location: {location}\r\n" if location is not None else ""
        try:
            phrase = PHRASES.get(status) or HTTPStatus(status).phrase
        except ValueError:
            phrase = "Unknown"
        head = f"HTTP/1.1 {status} {phrase}\r\n{kind}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + body)
