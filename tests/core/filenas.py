"""A small server with jobs and files: ``/_download`` and ``/_upload`` in front of the servers of `nas`."""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from websockets.asyncio.server import ServerConnection

from .nas import nas, notify, reply

STARTED = {"$date": 1795302971000}
TOKEN = "sEcReT-ToKeN_0123456789"
LIMIT = 2**20


@dataclass
class Request:
    """One HTTP request; the body is still to be read from ``reader``."""

    method: str
    target: str
    headers: dict[str, str]
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def body(self) -> bytes:
        return await self.reader.readexactly(int(self.headers["content-length"]))

    async def answer(self, status: str, body: bytes = b"", *headers: str) -> None:
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
        self.writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        await self.writer.drain()

    async def start_chunks(self) -> None:
        head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        self.writer.write(head.encode())
        await self.writer.drain()

    async def chunk(self, block: bytes) -> None:
        self.writer.write(b"%x\r\n%s\r\n" % (len(block), block))
        await self.writer.drain()


Serve = Callable[["FileNas", Request], Awaitable[None]]


@dataclass
class FileNas:
    """One running server."""

    serve: Serve
    url: str = ""
    jobs: dict[int, dict[str, Any]] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    calls: list[list[Any]] = field(default_factory=list)
    links: set[ServerConnection] = field(default_factory=set)
    next_id: int = 168
    cut: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when a file's connection ended on the client's side."""

    async def add(self, method: str, arguments: list[Any]) -> int:
        job_id = self.next_id
        self.next_id += 1
        self.jobs[job_id] = {
            "id": job_id,
            "message_ids": [],
            "method": method,
            "arguments": arguments,
            "state": "RUNNING",
            "progress": {"percent": 0, "description": "", "extra": None},
            "result": None,
            "error": None,
            "exc_info": None,
            "time_started": STARTED,
        }
        await self._tell("added", job_id)
        return job_id

    async def end(self, job_id: int, state: str = "SUCCESS", result: Any = None, error: str | None = None) -> None:
        job = self.jobs[job_id]
        job.update(state=state, result=result, error=error)
        if error is not None:
            job["exc_info"] = {"repr": "", "type": "CallError", "errno": 5, "extra": None}
        await self._tell("changed", job_id)

    async def _tell(self, kind: str, job_id: int) -> None:
        for link in self.links:
            update = {"msg": kind, "collection": "core.get_jobs", "id": job_id, "fields": self.jobs[job_id]}
            await notify(link, "collection_update", **update)

    async def _answer(self, link: ServerConnection, frame: dict[str, Any]) -> None:
        method, params = frame["method"], frame["params"]
        self.calls.append([method, *params])
        if method == "core.subscribe":
            self.links.add(link)
            await reply(link, frame, "handle")
        elif method == "core.get_jobs":
            job = self.jobs.get(params[0][0][2])
            await reply(link, frame, [] if job is None else [job])
        elif method == "core.download":
            job_id = await self.add(params[0], params[1])
            await reply(link, frame, [job_id, f"/_download/{job_id}?auth_token={TOKEN}"])
        elif method == "core.job_download_logs":
            if params[0] < 100:
                await reply(link, frame, "no such place")
                return
            job_id = await self.add("filesystem.get", [f"/var/log/jobs/{params[0]}.log"])
            await reply(link, frame, f"/_download/{job_id}?auth_token={TOKEN}")
        elif method == "auth.generate_token":
            await reply(link, frame, TOKEN)
        else:
            await reply(link, frame, None)

    async def _connected(self, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            first, *lines = head.decode().split("\r\n")
            method, target, _ = first.split(" ")
            if target.startswith("/_"):
                headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in lines)}
                request = Request(method, target, headers, reader, writer)
                self.requests.append(request)
                await self.serve(self, request)
            else:
                await _pass_on(head, port, reader, writer)
        writer.close()


async def _pass_on(head: bytes, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", port, limit=LIMIT)
    inner_writer.write(head)

    async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while block := await source.read(65536):
                sink.write(block)
        sink.close()

    await asyncio.gather(pump(reader, inner_writer), pump(inner_reader, writer))


@asynccontextmanager
async def file_nas(
    serve: Serve, *, tls: ssl.SSLContext | None = None, unix: Path | None = None
) -> AsyncIterator[FileNas]:
    """Serve: calls about jobs, downloads and tokens are answered; ``serve`` answers HTTP."""
    running = FileNas(serve)
    async with nas(running._answer) as inner:
        port = int(inner.url.rpartition(":")[2].partition("/")[0])
        tasks: set[asyncio.Task[None]] = set()

        def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            tasks.add(asyncio.create_task(running._connected(port, reader, writer)))

        if unix is not None:
            server: asyncio.Server = await asyncio.start_unix_server(connected, str(unix), limit=LIMIT)
            running.url = f"ws+unix://{unix}"
        else:
            server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=tls, limit=LIMIT)
            scheme = "ws" if tls is None else "wss"
            running.url = f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}/api/current"
        try:
            yield running
        finally:
            server.close()
            for task in tasks:
                task.cancel()
            failures = [e for e in await asyncio.gather(*tasks, return_exceptions=True) if isinstance(e, Exception)]
            assert not failures, failures


def multipart(body: bytes, content_type: str) -> list[tuple[str, bytes]]:
    """The parts of a form: header text and content."""
    boundary = content_type.partition("boundary=")[2].encode()
    first, *parts, last = (b"\r\n" + body).split(b"\r\n--" + boundary)
    assert first == b""
    assert last == b"--\r\n"
    return [(head[2:].decode(), content) for head, _, content in (part.partition(b"\r\n\r\n") for part in parts)]


def data_of(parts: list[tuple[str, bytes]]) -> Any:
    assert 'name="data"' in parts[0][0]
    return json.loads(parts[0][1])
