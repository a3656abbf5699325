"""File transfer over HTTP: ``/_download/<job>?auth_token=...`` and ``/_upload``.

A download belongs to a job that writes; it is given up when nobody fetches it in
time. An upload starts a job and hands the files of the request to it as they come.
Invariants: nothing is held in memory beyond the room of a pipe, save what a buffered
download spools; a transfer that breaks never ends more than its own connection.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import hmac
import json
import re
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote

from truenas_client.exc import ErrnoMixin

from .accounts import Account, ApiKey, Credential
from .body import BadBody, Body, Part, Parts
from .call import Call
from .errors import CallError
from .jobs import Job
from .login import PENALTY, find_key, find_token, make_token, spend
from .pipes import Pipe, Spool, Uploads

if TYPE_CHECKING:
    from .front import Head
    from .session import Origin
    from .simulator import Simulator

__all__ = ["Files"]

TOKEN_SECONDS = 300
UNBUFFERED_SECONDS = 60
BUFFERED_SECONDS = 3600
MOST_FILES = 5
LONGEST_DATA = 1 << 23
"""Octets of the ``data`` part; the files may have any size."""


class Refusal(Exception):
    """A request that is answered with a status and a text; no text: an empty answer."""

    def __init__(self, status: int, text: str = "") -> None:
        super().__init__(status, text)
        self.status = status
        self.text = text


@dataclass(frozen=True, slots=True)
class Download:
    """What waits to be fetched."""

    job: Job
    content: Pipe | Spool
    filename: str
    buffered: bool


class Files:
    """The file transfers of one simulator."""

    def __init__(self, nas: Simulator) -> None:
        self._nas = nas
        self._downloads: dict[int, Download] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    # --- downloads -----------------------------------------------------------------------------

    def offer(
        self, call: Call, name: str, params: list[Any], filename: str, buffered: bool, *, authorized: bool = False
    ) -> tuple[int, str]:
        """Start a job that writes; its id, and the path to fetch what it writes.

        Raises `CallError`, also when the caller has no right to the method, unless it is ``authorized`` already.
        """
        nas = self._nas
        method = nas.registry.methods.get(name)
        if method is None:
            raise CallError(f"There is no method {name!r}", ErrnoMixin.ENOMETHOD)
        inner = Call(nas, call.session, method)
        inner.credential = call.credential
        if not authorized:
            inner.authorize()
        if method.job is None:
            raise CallError(f"{name} is no job", 22)
        content = Spool() if buffered else Pipe()
        job = inner.start_job(params, output=content)
        job.when_ended(lambda _: content.close())
        self._downloads[job.id] = Download(job, content, filename, buffered)
        attributes = {"filename": filename, "job": job.id}
        on_unix = call.session is None or call.session.origin.unix
        token = make_token(call, TOKEN_SECONDS, attributes, not on_unix, True)
        self._run(self._give_up(job.id, BUFFERED_SECONDS if buffered else UNBUFFERED_SECONDS))
        return job.id, f"/_download/{job.id}?auth_token={token}"

    async def _give_up(self, ident: int, seconds: float) -> None:
        await self._nas.clock.sleep(seconds)
        download = self._downloads.pop(ident, None)
        if download is not None:
            download.content.abandon()

    async def download(self, head: Head, origin: Origin, writer: asyncio.StreamWriter) -> None:
        """Answer a request for ``/_download/...``. Raises `Refusal`."""
        download = self._claim(head, origin)
        name = re.sub(r'[\x00-\x1f\x7f"\\]', "_", download.filename)
        shown = f'filename="{name}"' if name.isascii() else f"filename*=UTF-8''{quote(name)}"
        writer.write(
            "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n"
            f"Content-Disposition: attachment; {shown}\r\n"
            "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n".encode()
        )
        try:
            while data := await download.content.read():
                writer.write(b"%x\r\n%s\r\n" % (len(data), data))
                await writer.drain()
            writer.write(b"0\r\n\r\n")
            await writer.drain()
        finally:
            download.content.abandon()

    def _claim(self, head: Head, origin: Origin) -> Download:
        number = head.path.rpartition("/")[2]
        if not (number.isdecimal() and number.isascii() and len(number) < 12):
            raise Refusal(404)
        ident = int(number)
        token = find_token(self._nas, _first(head.query, "auth_token") or "", origin.address)
        if token is None or token.attributes.get("job") != ident:
            raise Refusal(401)
        spend(self._nas, token)
        if all(job.id != ident for job in self._nas.jobs):
            raise Refusal(404)
        download = self._downloads.pop(ident, None)
        if download is None:
            raise Refusal(410)
        return download

    # --- uploads -------------------------------------------------------------------------------

    async def upload(self, head: Head, origin: Origin, reader: asyncio.StreamReader) -> int:
        """Read a request for ``/_upload`` and run its job; the id of it. Raises `Refusal`."""
        if head.method != "POST":
            raise Refusal(405, "405: Method Not Allowed")
        try:
            parts = Parts(Body(reader, head.headers), head.headers.get("content-type", ""))
            wanted = await self._data(parts)
            first = await parts.next()
            if first is None or first.name != "file":
                raise Refusal(405, '"file" part must follow "data" on payload')
            credential = await self._who(head, origin)
            job, uploads = self._start(credential, wanted)
            try:
                await _feed(parts, first, uploads)
            finally:
                uploads.close()
        except BadBody as e:
            raise Refusal(405, f"No part found on payload: {e}") from e
        return job.id

    async def _data(self, parts: Parts) -> dict[str, Any]:
        part = await parts.next()
        if part is None or part.name != "data":
            raise Refusal(405, '"data" part must be the first on payload')
        try:
            wanted = json.loads(await part.read_all(LONGEST_DATA))
        except (ValueError, RecursionError) as e:
            raise Refusal(400, str(e)) from e
        if not isinstance(wanted, dict) or not isinstance(wanted.get("method"), str):
            raise Refusal(422)
        return wanted

    def _start(self, credential: Credential, wanted: dict[str, Any]) -> tuple[Job, Uploads]:
        nas = self._nas
        name, params = wanted["method"], wanted.get("params", [])
        method = nas.registry.methods.get(name)
        if method is None:
            raise Refusal(422, str(CallError(f"There is no method {name!r}", ErrnoMixin.ENOMETHOD)))
        call = Call(nas, None, method)
        call.credential = credential
        try:
            call.authorize()
        except CallError as e:
            raise Refusal(403, str(e)) from e
        if method.job is None or not isinstance(params, list):
            raise Refusal(500, "params is no list" if method.job is not None else f"{name} is no job")
        uploads = Uploads()
        try:
            job = call.start_job(params, uploads=uploads)
        except CallError as e:
            raise Refusal(412, str(e)) from e
        job.when_ended(lambda _: uploads.abandon())
        return job, uploads

    async def _who(self, head: Head, origin: Origin) -> Credential:
        """Who sends an upload. Raises `Refusal`."""
        scheme, _, proof = head.headers.get("authorization", "").partition(" ")
        token = _first(head.query, "auth_token")
        match scheme.lower():
            case "token":
                token = proof.strip()
            case "bearer":
                return self._by_key(proof.strip(), origin)
            case "basic":
                return await self._by_password(proof.strip())
        if token is None:
            raise Refusal(401, "401: Unauthorized")
        found = find_token(self._nas, token, origin.address)
        if found is None or found.attributes:
            raise Refusal(403, "Invalid token")
        spend(self._nas, found)
        return self._credential(found.parent.account, "TOKEN", parent=found.parent)

    def _by_key(self, text: str, origin: Origin) -> Credential:
        key = find_key(self._nas, text)
        account = None if key is None else self._nas.accounts.get(key.account)
        if key is not None and not origin.secure:
            # The key has been seen by whoever listens: it is taken out of use.
            key.revoked = True
        ended = key is not None and key.expires is not None and key.expires <= self._nas.clock.wall()
        if key is None or account is None or key.revoked or ended or account.expired or not account.roles:
            raise Refusal(401, "Bad API key")
        return self._credential(account, "API_KEY", key=key)

    async def _by_password(self, proof: str) -> Credential:
        nas = self._nas
        name = password = ""
        with contextlib.suppress(binascii.Error, UnicodeDecodeError):
            name, _, password = base64.b64decode(proof, validate=True).decode().partition(":")
        account = nas.accounts.get(name)
        if account is None or not hmac.compare_digest(account.password.encode(), password.encode()):
            await nas.clock.sleep(PENALTY)
            raise Refusal(401, "Bad username or password")
        if nas.configs.get("auth.twofactor", {}).get("enabled") or account.otp is not None:
            raise Refusal(401, "HTTP Basic Auth is unavailable when OTP is enabled")
        if account.expired or not account.roles:
            raise Refusal(401, "Bad username or password")
        return self._credential(account, "LOGIN_PASSWORD")

    def _credential(
        self, account: Account, kind: str, *, parent: Credential | None = None, key: ApiKey | None = None
    ) -> Credential:
        nas = self._nas
        return Credential(account, kind, nas.clock.wall(), None, key, parent, facts=nas.release)

    # --- life ----------------------------------------------------------------------------------

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def forget(self) -> None:
        """Give up everything that waits to be fetched."""
        for download in self._downloads.values():
            download.content.abandon()
        self._downloads.clear()
        for task in self._tasks:
            task.cancel()


async def _feed(parts: Parts, first: Part, uploads: Uploads) -> None:
    part: Part | None = first
    count = 0
    while part is not None:
        count += 1
        if part.name != "file" or count > MOST_FILES:
            raise Refusal(405, "Only one to five parts named file may follow data on payload")
        pipe = uploads.add()
        try:
            while data := await part.read():
                # A job that does not read, or has ended, does not keep the request from being read.
                with contextlib.suppress(BrokenPipeError):
                    await pipe.write(data)
        finally:
            pipe.close()
        part = await parts.next()


def _first(query: str, name: str) -> str | None:
    values = parse_qs(query).get(name)
    return values[0] if values else None
