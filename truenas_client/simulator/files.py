"""File transfer over HTTP: ``/_download/<job>?auth_token=...`` and ``/_upload``.

A download belongs to a job that writes; it is given up when no client fetches it in
time. An upload starts a job and hands the files of the request to it as they come.
Invariants: memory is bounded by the size of a pipe (a buffered download goes to a file);
a transfer that breaks ends only its own connection.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote

from truenas_client.exc import ErrnoMixin

from .accounts import Account, ApiKey, Credential
from .call import Call
from .downloads import Download
from .errors import CallError
from .jobs import Job
from .login import Refused, check_access, find_key, find_token, make_token, owner_of, spend, with_password
from .pipes import Pipe, Spool, Uploads
from .requests import BadBody, Body, Head, Part, Parts, Refusal

if TYPE_CHECKING:
    from .origin import Origin
    from .state import Nas

__all__ = ["download", "offer", "upload"]

TOKEN_SECONDS = 300
MOST_FILES = 5
LONGEST_DATA = 1 << 23
"""Octets of the ``data`` part; the files may have any size."""


# --- downloads -----------------------------------------------------------------------------


def offer(
    call: Call, name: str, params: list[Any], filename: str, buffered: bool, *, authorized: bool = False
) -> tuple[int, str]:
    """Start a job that writes. Return its id, and the path to fetch its output from.

    Raises `CallError`, also when the caller has no right to the method, unless it is ``authorized`` already.
    """
    nas = call.nas
    method = nas.registry.methods.get(name)
    if method is None:
        raise CallError(f"There is no method {name!r}", ErrnoMixin.ENOMETHOD)
    inner = call.inner(method, authorized=authorized)
    if method.job is None:
        raise CallError(f"{name} is no job", 22)
    content = Spool() if buffered else Pipe()
    job = inner.start_job(params, output=content)
    job.when_ended(content.close)
    nas.downloads.add(Download(job, content, filename, buffered))
    attributes = {"filename": filename, "job": job.id}
    on_unix = call.session is None or call.session.origin.unix
    token = make_token(call, TOKEN_SECONDS, attributes, not on_unix, True)
    return job.id, f"/_download/{job.id}?auth_token={token}"


async def download(nas: Nas, head: Head, origin: Origin, writer: asyncio.StreamWriter) -> None:
    """Answer a request for ``/_download/...``. Raises `Refusal`."""
    download = _claim(nas, head, origin)
    name = re.sub(r'[\x00-\x1f\x7f"\\]', "_", download.filename)
    shown = f'filename="{name}"' if name.isascii() else f"filename*=UTF-8''{quote(name, errors='replace')}"
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


def _claim(nas: Nas, head: Head, origin: Origin) -> Download:
    number = head.path.rpartition("/")[2]
    if not (number.isdecimal() and number.isascii() and len(number) < 12):
        raise Refusal(404)
    ident = int(number)
    token = find_token(nas, _first(head.query, "auth_token") or "", origin.address)
    if token is None or token.attributes.get("job") != ident:
        raise Refusal(401)
    spend(nas, token)
    if all(job.id != ident for job in nas.jobs):
        raise Refusal(404)
    download = nas.downloads.claim(ident)
    if download is None:
        raise Refusal(410)
    return download


# --- uploads -------------------------------------------------------------------------------


async def upload(nas: Nas, head: Head, origin: Origin, reader: asyncio.StreamReader) -> int:
    """Read a request for ``/_upload`` and run its job; the id of it. Raises `Refusal`."""
    if head.method != "POST":
        raise Refusal(405, "405: Method Not Allowed")
    try:
        parts = Parts(Body(reader, head.headers), head.headers.get("content-type", ""))
        wanted = await _data(parts)
        first = await parts.next()
        if first is None or first.name != "file":
            raise Refusal(405, '"file" part must follow "data" on payload')
        credential = await _who(nas, head, origin)
        job, uploads = _start(nas, credential, wanted)
        try:
            await _feed(parts, first, uploads)
        finally:
            uploads.close()
    except BadBody as e:
        raise Refusal(405, f"No part found on payload: {e}") from e
    return job.id


async def _data(parts: Parts) -> dict[str, Any]:
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


def _start(nas: Nas, credential: Credential, wanted: dict[str, Any]) -> tuple[Job, Uploads]:
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
    job.when_ended(uploads.abandon)
    return job, uploads


async def _who(nas: Nas, head: Head, origin: Origin) -> Credential:
    """The account that sends an upload. Raises `Refusal`."""
    scheme, _, proof = head.headers.get("authorization", "").partition(" ")
    token = _first(head.query, "auth_token")
    match scheme.lower():
        case "token":
            token = proof.strip()
        case "bearer":
            return _by_key(nas, proof.strip(), origin)
        case "basic":
            return await _by_password(nas, proof.strip())
    if token is None:
        raise Refusal(401, "401: Unauthorized")
    found = find_token(nas, token, origin.address)
    if found is None or found.attributes:
        raise Refusal(403, "Invalid token")
    spend(nas, found)
    return _credential(nas, found.parent.account, "TOKEN", parent=found.parent)


def _by_key(nas: Nas, text: str, origin: Origin) -> Credential:
    with contextlib.suppress(Refused):
        if (key := find_key(nas, text)) is not None:
            return _credential(nas, owner_of(nas, key, origin), "API_KEY", key=key)
    raise Refusal(401, "Bad API key")


async def _by_password(nas: Nas, proof: str) -> Credential:
    name = password = ""
    with contextlib.suppress(binascii.Error, UnicodeDecodeError):
        name, _, password = base64.b64decode(proof, validate=True).decode().partition(":")
    try:
        account = with_password(nas, name, password)
        if nas.configs.get("auth.twofactor", {}).get("enabled") or account.otp is not None:
            raise Refusal(401, "HTTP Basic Auth is unavailable when OTP is enabled")
        check_access(account)
    except Refused as e:
        await nas.clock.sleep(e.seconds)
        raise Refusal(401, "Bad username or password") from e
    return _credential(nas, account, "LOGIN_PASSWORD")


def _credential(
    nas: Nas, account: Account, kind: str, *, parent: Credential | None = None, key: ApiKey | None = None
) -> Credential:
    return Credential(account, kind, nas.clock.wall(), None, key, parent, facts=nas.release)


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
