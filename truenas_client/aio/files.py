"""Files to and from the server: ``/_download`` and ``/_upload``, beside the WebSocket.

A download is a job that writes, an upload a job that reads. The HTTP answer says only
how the transfer went (recorded: flows core_download and upload). The job's events say
how the job ended, so the client follows both as jobs.

Invariants: memory is one block, however big the file; a file gets its name only when
the job has succeeded and every byte is there; an existing file is replaced only when
the caller asks for that; no error, result or log contains a token.
"""

from __future__ import annotations

import contextlib
import errno
import io
import json
import os
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from .. import ejson
from ..exc import (
    CallTimeout,
    ClientException,
    ConnectionLost,
    ErrnoMixin,
    JobLost,
    MethodNotFound,
    NotAuthenticated,
    NotAuthorized,
    ProtocolError,
    ValidationErrors,
)
from ..secrets.redact import MASK
from ..storage.private_files import claim
from .http import Answer, HttpExchange, Progress
from .jobs import AsyncJob
from .multipart import Body, Part, Source

if TYPE_CHECKING:
    from .client import AsyncClient

__all__ = ["Downloaded", "Progress", "Source", "download", "job_logs", "upload"]

SILENCE = 600.0
"""Seconds without a byte in either direction. A job may work for minutes before it sends the first byte."""
MAX_FILES = 5
"""Files that the server accepts in one upload (recorded: flow upload)."""
TOKEN_SECONDS = 600
"""Life of an upload's token. The request uses it up, but a web server in front may buffer the request for a while."""
VERDICT_SECONDS = 3.0
"""How long to wait for the end of a job whose stream broke: the job's own failure may be the cause."""

_PATH = re.compile(r"/_download/(\d{1,18})\?[!-~]+")
_TOKEN = re.compile(r"[!-~]+")
_CONTROL = re.compile(r"[^\x20-\x7e\xa0-\uffff]+")


@dataclass(frozen=True, slots=True)
class Downloaded:
    """A finished download: the ``path`` of the file, or its ``content`` when the caller gave no place for it.

    ``size`` is in bytes, ``result`` is the result of the job.
    """

    job_id: int
    size: int
    path: Path | None
    content: bytes | None
    result: Any


async def download(
    server: AsyncClient,
    method: str,
    params: Sequence[Any],
    filename: str,
    *,
    to: str | os.PathLike[str] | BinaryIO | None = None,
    buffered: bool = False,
    overwrite: bool = False,
    private: bool = True,
    progress: Progress | None = None,
    timeout: float | None = SILENCE,
) -> Downloaded:
    """Run a job that writes a file, and fetch that file.

    ``filename`` is the name given to the server. ``to`` is a path (in a folder the file is
    named ``filename``), a binary file (written from another thread, not closed; after a
    failure it keeps the bytes received), or None for the content in memory. With
    ``buffered`` the job ends before the transfer begins; otherwise it writes while the
    client reads. Only the owner may read the file (0600), from its first byte on, unless
    ``private`` is false. ``progress`` is called on the event loop with the bytes so far and
    the total, None where the server does not send it. ``timeout`` is how many seconds may
    pass without a byte.

    Raises as calls do; `JobFailed` and its siblings when the job did not succeed;
    `NotAuthenticated` when the server refused the token; `JobLost` when the server gave the
    download up; `ConnectionLost` and `CallTimeout` for a broken or silent transfer; and the
    ``OSError`` of the file, `FileExistsError` before anything is fetched. Until the end the
    file is locked and named ``.<name>.part``; a later download reuses one that a killed
    program left. After a failure or a cancel it is removed. Cancelling closes the connection
    at once; it does not abort the job, which the server then gives up.
    """
    sink = _Sink(to, filename, overwrite, private)
    answer = await server.call("core.download", method, list(params), filename, buffered, repeat=False)
    job_id, path = _download_address(answer)
    job = await server.follow(job_id, method, *params)
    if buffered:
        await job.result()
    return await _fetch(server, job, job_id, path, sink, progress, timeout)


async def job_logs(
    server: AsyncClient,
    job_id: int,
    *,
    to: str | os.PathLike[str] | BinaryIO | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
    timeout: float | None = SILENCE,
) -> Downloaded:
    """Fetch what a job has logged so far; only the owner may read the file. See `download` for the rest.

    The server sends it by a job of its own, which is the ``job_id`` of the answer. Raises as `download`; the server
    refuses this for a job that keeps no log.
    """
    filename = f"job-{job_id}.log"
    sink = _Sink(to, filename, overwrite, private=True)
    path = await server.call("core.job_download_logs", job_id, filename, repeat=False)
    sender = _PATH.fullmatch(path) if isinstance(path, str) else None
    if sender is None:
        raise ProtocolError("core.job_download_logs: the answer is not a place to fetch from")
    number = int(sender[1])
    return await _fetch(server, await server.follow(number), number, path, sink, progress, timeout)


async def _fetch(
    server: AsyncClient,
    job: AsyncJob,
    job_id: int,
    path: str,
    sink: _Sink,
    progress: Progress | None,
    timeout: float | None,
) -> Downloaded:
    """Fetch the output of a job from its place. It is whole when the job has succeeded."""
    sock, tls = await server.open_http()
    async with HttpExchange(sock, server.endpoint, tls, progress, silence=timeout, cleanup=sink.discard) as exchange:
        try:
            got = await exchange.get(path, sink.write)
            _check(server, "download", got, job_id, path)
        except (ClientException, OSError) as e:
            # A failing job breaks its stream. Then the job's error is the cause, so report that one.
            if isinstance(e, (ConnectionLost, CallTimeout, JobLost)) and await job.settled(VERDICT_SECONDS):
                await job.result()
            raise
        result = await job.result()
        await exchange.run(sink.commit)
    return Downloaded(job_id, got.size, sink.path, sink.content, result)


async def upload(
    server: AsyncClient,
    method: str,
    params: Sequence[Any],
    *files: Source,
    progress: Progress | None = None,
    timeout: float | None = SILENCE,
) -> AsyncJob:
    """Start a job that reads files, and send it one to five of them.

    Returns the job once the server has received all files; await its ``result()`` for the
    outcome. ``progress`` is called on the event loop with the bytes of the files sent so
    far and their total. ``timeout`` is how many seconds may pass without a byte.

    Raises as calls do; `NotAuthenticated` and `NotAuthorized` when the server refuses the
    login or token; `MethodNotFound`; `ClientException` with the server's text for other
    refusals; `ConnectionLost` and `CallTimeout` (the job may have started); the ``OSError``
    of the files; and ``ValueError`` for too few or too many of them. Cancelling closes the
    connection at once; the server decides what the job does with half a file.
    """
    if not 1 <= len(files) <= MAX_FILES:
        raise ValueError(f"an upload takes one to {MAX_FILES} files, not {len(files)}")
    data = ejson.dumps({"method": method, "params": list(params)})
    with contextlib.ExitStack() as stack:
        parts = [Part(source, stack) for source in files]
        boundary = uuid.uuid4().hex
        body = Body(boundary, data, parts)
        token = await _token(server)
        headers = {
            "Authorization": f"Token {token}",
            "Content-Type": f"multipart/form-data; boundary={boundary}",
        }
        sock, tls = await server.open_http()
        async with HttpExchange(sock, server.endpoint, tls, progress, silence=timeout) as exchange:
            answer = await exchange.post("/_upload", headers, body.length, body.blocks(exchange.progress))
    _check(server, "upload", answer, None, token)
    return await server.follow(_job_id(answer.body), method, *params)


# -- the server's answers ------------------------------------------------------------------


def _download_address(answer: Any) -> tuple[int, str]:
    if isinstance(answer, list) and len(answer) == 2:
        job_id, path = answer
        if isinstance(job_id, int) and isinstance(path, str) and _PATH.fullmatch(path):
            return job_id, path
    raise ProtocolError("core.download: the answer is not a job and the place to fetch from")


async def _token(server: AsyncClient) -> str:
    # A token made over the local socket cannot be bound to an address: there is none.
    bound = server.endpoint.socket is None
    try:
        token = await server.call("auth.generate_token", TOKEN_SECONDS, {}, bound, True)
    except ValidationErrors:
        # 24.10 has no single-use tokens and refuses the fourth argument.
        token = await server.call("auth.generate_token", TOKEN_SECONDS, {}, bound)
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        raise ProtocolError("auth.generate_token: the answer is not a token")
    return token


def _job_id(body: bytes) -> int:
    try:
        answer = json.loads(body)
    except ValueError:
        answer = None
    job_id = answer.get("job_id") if isinstance(answer, dict) else None
    if not isinstance(job_id, int) or isinstance(job_id, bool):
        raise ProtocolError("The server took the upload and did not say which job it is")
    return job_id


def _check(server: AsyncClient, what: str, answer: Answer, job_id: int | None, secret: str) -> None:
    """Raise the error for an answer other than 200. ``secret`` is masked in the server's text."""
    status = answer.status
    if status == 200:
        return
    words = _words(answer.body, secret)
    where = f"{server.endpoint.text}: {what}"
    said = f": {words}" if words else ""
    if status == 401 and what == "download":
        text = f"{where}: the server does not take the token: was it used before, or is its time over?"
        raise NotAuthenticated(text, ErrnoMixin.ENOTAUTHENTICATED)
    if status == 401:
        raise NotAuthenticated(f"{where}: the server takes no login for this{said}", ErrnoMixin.ENOTAUTHENTICATED)
    if status == 403:
        raise NotAuthorized(f"{where}: not allowed, or the token is not good{said}", errno.EACCES)
    if status == 404 and job_id is not None:
        raise JobLost(f"{where}: the server does not know job {job_id}", job_id=job_id)
    if status == 410:
        raise JobLost(f"{where}: nothing was fetched in time and the server gave it up", job_id=job_id)
    if status == 422:
        raise MethodNotFound(f"{where}: the server has no such method{said}", ErrnoMixin.ENOMETHOD)
    if 300 <= status < 400:
        meaning = "the server redirects elsewhere, which is not followed (is it an address without TLS?)"
    elif status in (502, 503, 504):
        meaning = "the web server is up and the middleware behind it is not (yet)"
    else:
        meaning = _MEANINGS.get(status, "the server refuses")
    number = errno.ENOENT if status == 404 else errno.EINVAL if status in (400, 405, 412) else None
    raise ClientException(f"{where}: HTTP {status}, {meaning}{said}", number, None, {"status": status})


_MEANINGS = {
    400: "the server could not read the arguments",
    404: "there is no such path: is it a TrueNAS?",
    405: "the server does not take these parts",
    412: "the call was refused",
    413: "it is larger than the server takes",
    500: "the server failed",
}


def _words(body: bytes, secret: str) -> str:
    text = body.decode("utf-8", "replace")
    for part in (secret, secret.rpartition("=")[2]):
        text = text.replace(part, MASK)
    # The HTML page of a web server adds nothing to the status.
    return "" if "<" in text else _CONTROL.sub(" ", text).strip()[:500]


# -- where a download goes -------------------------------------------------------------------


class _Sink:
    """The target of a download. `write`, `commit` and `discard` run in the transfer's thread."""

    def __init__(
        self, to: str | os.PathLike[str] | BinaryIO | None, filename: str, overwrite: bool, private: bool
    ) -> None:
        self.path: Path | None = None
        self._file: Any = None
        self._memory: io.BytesIO | None = None
        self._overwrite, self._private = overwrite, private
        if to is None:
            self._file = self._memory = io.BytesIO()
        elif isinstance(to, (str, os.PathLike)):
            self.path = Path(to)
            if self.path.is_dir():
                self.path /= Path(filename).name
            self._part = self.path.with_name(f".{self.path.name}.part")
            if not overwrite and self.path.exists():
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(self.path))
        else:
            self._file = to

    @property
    def content(self) -> bytes | None:
        return self._memory.getvalue() if self._memory is not None else None

    def write(self, block: bytes) -> None:
        self._open()
        self._file.write(block)

    def commit(self) -> None:
        """Give the complete file its name."""
        if self.path is None:
            return
        self._open()
        # Rename it while it is locked. Another download could otherwise reuse it as one that was left behind.
        self._file.flush()
        if os.name != "posix":
            self._file.close()
        if self._overwrite:
            os.replace(self._part, self.path)
        else:
            _rename(self._part, self.path)
        self._file.close()
        self._file = None

    def discard(self) -> None:
        """Remove the file unless it was committed."""
        if self.path is not None and self._file is not None:
            self._part.unlink(missing_ok=True)
            with contextlib.suppress(OSError):  # a full disk: `write` has raised that already
                self._file.close()
            self._file = None

    def _open(self) -> None:
        if self._file is None:
            number = claim(self._part, wait=0, private=self._private)
            os.ftruncate(number, 0)
            self._file = os.fdopen(number, "wb")


def _rename(part: Path, path: Path) -> None:
    """Rename without replacing an existing file. No single system call does that everywhere."""
    try:
        os.link(part, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if path.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from None
        part.rename(path)
    else:
        part.unlink()
