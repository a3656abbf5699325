"""Files that only their owner may read, replaced as a whole or not at all, by one program at a time.

A replacement is written as ``.NAME.new`` beside the file and then renamed over it. A program writes only while it holds
the lock (flock) on ``.NAME.new``, so two programs never overwrite each other's changes.

Invariants: no reader sees the file half written; no lock file stays behind; a killed program leaves at most one
``.NAME.new``, which the next writer uses.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ..bounded import read_file, read_own_file

__all__ = [
    "LARGEST_SECRET",
    "change_by_others",
    "claim",
    "others_may_read",
    "read_object",
    "read_secret",
    "replacing",
    "set_aside",
    "write_private",
    "write_private_bytes",
]

LARGEST_SECRET = 65_536
"""Bytes. Keys and passwords have some hundred, so a larger file is something else."""

WAIT_SECONDS = 60.0
"""How long a writer waits for other writers. A write takes some milliseconds; 200 programs that added a profile at once
took 25 s together on two busy cores (measured)."""
_FIRST_LOOK, _LAST_LOOK = 0.005, 0.25
"""Seconds between attempts to take the lock. They grow, so that waiting programs leave the processor to the writer."""


def write_private(path: Path, text: str) -> None:
    """Write a text file (UTF-8) as `write_private_bytes` does."""
    write_private_bytes(path, text.encode())


def write_private_bytes(path: Path, data: bytes) -> None:
    """Write a file of mode 0600 atomically, making missing folders with mode 0700.

    A symbolic link stays, and the file that it points to is replaced. Raises OSError, and
    then the file is unchanged.
    """
    with replacing(path) as replace:
        replace(data)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Callable[[bytes], None]]:
    """Keep other programs from writing a file while the caller reads, changes and writes it.

    Yields a function that writes the new content as `write_private_bytes` does; call it once or not at all. Only
    programs that write by this module wait for each other. Raises OSError when the file cannot be written, and after
    `WAIT_SECONDS`.
    """
    path = Path(os.path.realpath(path))
    _make_folders(path.parent)
    fresh = path.with_name(f".{path.name}.new")
    number = claim(fresh)
    replaced = False

    def replace(data: bytes) -> None:
        nonlocal replaced
        os.ftruncate(number, 0)
        with os.fdopen(os.dup(number), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(fresh, path)
        replaced = True

    try:
        yield replace
    finally:
        # Remove it while it is locked. A program that waits for the lock then sees that the file is gone, and makes a
        # new one.
        if not replaced:
            with contextlib.suppress(OSError):
                os.unlink(fresh)
        os.close(number)


def claim(fresh: Path, *, wait: float | None = None, private: bool = True) -> int:
    """Open and lock a replacement file and return its descriptor. A killed program may have left content in it.

    Its mode is 0600, or the umask's when it is not ``private``. Raises OSError: EBUSY when another program still holds
    the lock after ``wait`` seconds, by default `WAIT_SECONDS`.
    """
    deadline, pause = time.monotonic() + (WAIT_SECONDS if wait is None else wait), _FIRST_LOOK
    while True:
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
        number = os.open(fresh, flags, 0o600 if private else 0o666)
        try:
            if _locked(number) and _is_ours(number, fresh):
                if private and os.name == "posix":
                    os.fchmod(number, 0o600)
                return number
        except BaseException:
            os.close(number)
            raise
        os.close(number)
        if time.monotonic() > deadline:
            raise OSError(errno.EBUSY, "another program is writing it", str(fresh))
        # Spread the attempts by process id. Importing `random` for that would slow down every start.
        time.sleep(pause * (0.5 + os.getpid() % 64 / 128))
        pause = min(pause * 1.5, _LAST_LOOK)


def _locked(number: int) -> bool:
    try:
        import fcntl
    except ImportError:  # Windows has no flock: there the last writer wins
        return True
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_ours(number: int, fresh: Path) -> bool:
    """Whether the locked file is still the one at this path, and no other user owns or links it."""
    status = os.fstat(number)
    try:
        standing = os.stat(fresh, follow_symlinks=False)
    except FileNotFoundError:
        return False  # another program renamed it over the real file while this one waited for the lock
    if (standing.st_dev, standing.st_ino) != (status.st_dev, status.st_ino):
        return False
    if os.name == "posix" and (status.st_uid != os.geteuid() or status.st_nlink != 1):
        # Another user may have put it there to read the new content.
        os.unlink(fresh)
        return False
    return True


def _make_folders(folder: Path) -> None:
    if not folder.is_dir():
        _make_folders(folder.parent)
        # mkdir(parents=True) would give the parents the umask's mode.
        folder.mkdir(mode=0o700, exist_ok=True)


def read_object(path: Path) -> dict[str, Any]:
    """The members of a JSON file that these programs wrote. Raises OSError, and ValueError for a damaged file."""
    try:
        value = json.loads(read_own_file(path))
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(value, dict):
        raise ValueError("no members in it")
    return value


def set_aside(path: Path, why: str) -> str:
    """Rename an unreadable file to make room for a new one. Return its new name. Raises OSError."""
    aside = path.with_name(f"{path.name}.{why}")
    os.replace(path, aside)
    return aside.name


def read_secret(path: Path, what: str, warn: Callable[[str], None]) -> str:
    """The text of a file that holds a secret. When other users can read it, ``warn`` gets a text that names ``what``.

    Raises OSError (also `bounded.TooLarge` and TimeoutError), and UnicodeDecodeError, which contains the bytes: do not
    show or chain it.
    """
    data = read_file(path, LARGEST_SECRET)
    if others_may_read(path):
        warn(f"{path}: other users of this machine may read this {what}; `chmod 600` keeps it to yourself")
    return data.decode("utf-8-sig")


def change_by_others(path: Path) -> str | None:
    """The command that stops other users from changing a file; None when they cannot change it.

    The folders above the file count too: a user who may write to one can put another file in its place. Raises OSError.
    """
    if os.name != "posix":
        return None
    path, real = path.absolute(), Path(os.path.realpath(path))
    for place in dict.fromkeys((path, *path.parents, real, *real.parents)):
        status = place.stat()
        if status.st_uid not in (os.geteuid(), 0):
            return f"chown {os.geteuid()} {place}"
        # In a folder with the sticky bit (/tmp) users cannot replace the files of others.
        if status.st_mode & 0o022 and not (stat.S_ISDIR(status.st_mode) and status.st_mode & stat.S_ISVTX):
            return f"chmod go-w {place}"
    return None


def others_may_read(path: Path) -> bool:
    """Whether the mode of a file lets other users of this machine read it; False where modes mean nothing."""
    if os.name != "posix":
        return False
    mode = path.stat().st_mode
    return stat.S_ISREG(mode) and bool(mode & 0o077)
