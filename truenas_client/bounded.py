"""Bounded reads from sources that may be endless or silent: a file, a device, a pipe, the output of a program.

Invariant: whatever the source is, a read takes no more than its limit of bytes and no longer than its time.
"""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Callable
from typing import IO, TypeVar

__all__ = ["TooLarge", "in_time", "read_file", "read_output", "read_own_file", "read_own_text"]

FILE_SECONDS = 10.0
"""How long a pipe or a device, which is no ordinary file, may be silent."""

T = TypeVar("T")


class TooLarge(OSError):
    """There is more to read than the limit allows."""


OWN_FILE_SECONDS = 2.0
LARGEST_OWN_FILE = 64 << 20
"""Bounds for the files that these programs write themselves. The largest, a day of drafts, has some megabytes."""


def read_file(path: str | os.PathLike[str], limit: int, seconds: float = FILE_SECONDS) -> bytes:
    """All bytes of a file. Raises OSError, `TooLarge` above ``limit`` bytes, TimeoutError for a silent pipe."""

    def read() -> bytes:
        with open(path, "rb") as file:
            return file.read(limit + 1)

    if stat.S_ISREG(os.stat(path).st_mode):
        data = read()
    else:
        data = in_time(read, seconds)
    return _within(data, limit)


def read_own_file(path: str | os.PathLike[str]) -> bytes:
    """All bytes of a file of settings, state or cache. Raises as `read_file`."""
    return read_file(path, LARGEST_OWN_FILE, OWN_FILE_SECONDS)


def read_own_text(
    path: str | os.PathLike[str],
    error: Callable[[str], Exception],
    *,
    missing: str | None = None,
    limit: int = LARGEST_OWN_FILE,
) -> str:
    """The text of such a file, ``missing`` where there is none. Raises ``error`` of what is wrong, path included."""
    try:
        return read_file(path, limit, OWN_FILE_SECONDS).decode("utf-8-sig")
    except UnicodeDecodeError as e:
        raise error(f"{path} is no UTF-8 text (byte {e.start})") from None
    except OSError as e:
        if missing is not None and isinstance(e, FileNotFoundError):
            return missing
        raise error(f"{path} cannot be read: {e.strerror or e}") from None


def read_output(output: IO[bytes], limit: int, seconds: float) -> bytes:
    """All that a program prints until it closes its output. ``output`` must be unbuffered, or closing it could wait.

    Raises as `read_file`; the caller ends the program.
    """

    def read() -> bytes:
        data = b""
        while len(data) <= limit and (piece := output.read(limit + 1 - len(data))):
            data += piece
        return data

    return _within(in_time(read, seconds), limit)


def in_time(read: Callable[[], T], seconds: float) -> T:
    """What ``read`` returns. Raises what it raises, and TimeoutError when it does not return in time.

    A read that is given up goes on in a daemon thread. Nothing can stop it, but the program can end without it.
    """
    outcome: list[T] = []
    failure: list[BaseException] = []

    def run() -> None:
        try:
            outcome.append(read())
        except BaseException as e:  # noqa: BLE001 - raised where it is waited for
            failure.append(e)

    reader = threading.Thread(target=run, name="bounded-read", daemon=True)
    reader.start()
    reader.join(seconds)
    if failure:
        raise failure[0]
    if not outcome:
        raise TimeoutError(f"nothing came in {seconds:g} s")
    return outcome[0]


def _within(data: bytes, limit: int) -> bytes:
    if len(data) > limit:
        raise TooLarge(f"it is larger than {limit:,} bytes")
    return data
