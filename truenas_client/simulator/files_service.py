"""The methods around file transfer: ``core.download``, logs of jobs, reading and writing files."""

from __future__ import annotations

import base64
import binascii
import errno
from typing import TYPE_CHECKING, Any

from .call import Call
from .dialect import SIZE_OF_UPLOADS
from .errors import CallError
from .extension import Extensible
from .files import offer
from .shapes import any_, array, boolean, integer, nullable, obj, text

if TYPE_CHECKING:
    from .events import Source
    from .state import Nas

__all__ = ["PARTS"]

TAIL_LINES = 3
LARGEST_FILE = 64 << 20
"""Octets of a file that is kept; the rest of a longer one is refused."""

PART = Extensible()
FOLLOWER = Extensible(lambda release: not release.lists_events)
OLD_FOLLOWER = Extensible(lambda release: release.lists_events)
"""``filesystem.file_tail_follow`` of the release that lists its events (24.10)."""
PARTS = (PART, FOLLOWER, OLD_FOLLOWER)


@PART.method(
    "core.download",
    accepts={
        "method": text("The job whose output is wanted."),
        "args": array(any_(), "Its arguments."),
        "filename": text("What the file is to be called."),
        "buffered": boolean("Run the job first and keep what it writes.", default=False),
    },
    returns=array(any_(), "The number of the job, and the path to fetch."),
    no_authz=True,
)
def download(call: Call, method: str, args: list[Any], filename: str, buffered: bool) -> list[Any]:
    """Start a job that writes a file, and answer the path under which the file can be fetched once."""
    return list(offer(call, method, args, filename, buffered))


@PART.method(
    "core.job_download_logs",
    accepts={
        "id": integer("The job."),
        "filename": text("What the file is to be called."),
        "buffered": boolean("Keep the whole log for fetching later.", default=False),
    },
    returns=text("The path to fetch."),
    no_authz=True,
)
def job_download_logs(call: Call, id: int, filename: str, buffered: bool) -> str:
    """Answer the path under which the log of a job can be fetched once."""
    job = call.nas.jobs.seen(id, call.credential)
    if job.logs_path is None:
        raise CallError(f"Job {id} has no log", errno.ENOENT)
    return offer(call, "filesystem.get", [job.logs_path], filename, buffered, authorized=True)[1]


PART.service("filesystem")
PATH = text("Where the file is.", minLength=1)
OPTIONS = obj(
    "How to write.",
    {"append": False, "mode": None},
    append=boolean("Add to the end of the file.", default=False),
    mode=nullable(integer("Permissions of the file."), default=None),
)


def _read(nas: Nas, path: str) -> bytes:
    """The log of a job, or a file. Raises `CallError`."""
    content = next((job.logs.encode() for job in nas.jobs if job.logs_path == path), nas.contents.get(path))
    if content is None:
        raise CallError(f"{path}: there is no such file", errno.ENOENT)
    return content


def _keep(call: Call, path: str, content: bytes, append: bool) -> None:
    whole = call.nas.contents.get(path, b"") + content if append else content
    if len(whole) > LARGEST_FILE:
        raise CallError("The file is larger than this simulator keeps", errno.EFBIG)
    call.nas.contents[path] = whole


@PART.job(
    "filesystem.get",
    accepts={"path": PATH},
    returns={"type": "null"},
    roles=("FULL_ADMIN",),
    queue=None,
    downloadable=True,
)
async def get(call: Call, path: str) -> None:
    """Write the content of a file to a download."""
    await call.output.write(_read(call.nas, path))


@FOLLOWER.source(
    "filesystem.file_tail_follow",
    accepts=obj(
        "What to follow.",
        ...,
        path=PATH,
        tail_lines=integer("Lines of the end to begin with.", default=TAIL_LINES),
    ),
    roles=("FULL_ADMIN",),
)
async def file_tail_follow(nas: Nas, source: Source, argument: dict[str, Any]) -> None:
    """The last lines of a file, and those that are added to it."""
    await _follow(nas, source, argument["path"], argument["tail_lines"])


@OLD_FOLLOWER.source(
    "filesystem.file_tail_follow", accepts=text("A path, then a colon and a number of lines."), roles=("FULL_ADMIN",)
)
async def old_file_tail_follow(nas: Nas, source: Source, argument: str) -> None:
    """The same for ``path:lines``, or the path alone."""
    path, colon, lines = argument.rpartition(":")
    await _follow(nas, source, *((path, int(lines)) if colon else (argument, TAIL_LINES)))


async def _follow(nas: Nas, source: Source, path: str, tail_lines: int) -> None:
    content = _read(nas, path)
    lines = content.decode(errors="replace").splitlines(keepends=True)
    source.send(fields={"data": "".join(lines[max(len(lines) - tail_lines, 0) :])})
    while True:
        await source.sleep(0.5)
        done, content = len(content), _read(nas, path)
        if len(content) > done:
            source.send(fields={"data": content[done:].decode(errors="replace")})


@PART.job(
    "filesystem.put",
    accepts={"path": PATH, "options": OPTIONS},
    returns={"type": "boolean", "const": True, "description": "Always true."},
    roles=("FULL_ADMIN",),
    uploadable=True,
)
async def put(call: Call, path: str, options: dict[str, Any]) -> bool:
    """Make a file of an upload."""
    whole = bytearray()
    async for file in call.uploads:
        while data := await file.read():
            whole += data
            if len(whole) > LARGEST_FILE:
                raise CallError("The file is larger than this simulator keeps", errno.EFBIG)
        break
    _keep(call, path, bytes(whole), bool(options.get("append")))
    return True


@PART.method(
    "filesystem.file_receive",
    accepts={"path": PATH, "content": text("The content in base 64.", maxLength=SIZE_OF_UPLOADS), "options": OPTIONS},
    returns=boolean("Always true."),
    private=True,
)
def file_receive(call: Call, path: str, content: str, options: dict[str, Any]) -> bool:
    """Make a file of a text."""
    try:
        _keep(call, path, base64.b64decode(content, validate=True), bool(options.get("append")))
    except binascii.Error as e:
        raise CallError(f"{path}: the content is no base 64", errno.EINVAL) from e
    return True
