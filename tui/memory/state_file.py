"""One file of the app's memory: JSON, versioned, private, written a moment after a change.

Invariants: a file is read once, when the first thing in it is asked for; it is replaced whole or not at all, in a
thread, so the loop never waits for a disk; an unreadable file is set aside and reported, never written over; two
runs of the app at once keep each other's members but for those both have changed.
"""

from __future__ import annotations

import asyncio
import errno
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

__all__ = ["StateFile"]

VERSION = 1
WRITE_SECONDS = 1.0


class StateFile:
    """The members of one file, values of JSON by name. Without a path they are kept for the session only.

    ``about`` are members that tell whose file this is; ``tell`` hears, in the event loop, what the user should know.
    """

    def __init__(
        self,
        path: Path | None = None,
        tell: Callable[[str], None] = lambda text: None,
        *,
        about: dict[str, str] | None = None,
    ) -> None:
        self._path = path
        self._tell = tell
        self._about = about or {}
        self._read_members: dict[str, Any] | None = None
        self._changed: set[str] = set()
        self._seen: tuple[int, int, int] | None = None
        self._dirty = False
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self._lock = threading.Lock()
        self._number = self._written = 0

    @property
    def members(self) -> dict[str, Any]:
        """The contents of the file, with the changes since."""
        if self._read_members is None:
            self._read_members = self._read()
        return self._read_members

    def put(self, name: str, value: Any) -> None:
        """Changes a member, which is written soon; the same value again changes nothing."""
        if self.members.get(name) != value:
            self.members[name] = value
            self.touch(name)

    def touch(self, name: str) -> None:
        """Tells that a member was changed in place, or will be by `before_writing`."""
        self._changed.add(name)
        self._dirty = True
        if self._timer is None and self._path is not None:
            try:
                self._timer = asyncio.get_running_loop().call_later(WRITE_SECONDS, self._begin)
            except RuntimeError:
                # No event loop runs: the end of the app writes it.
                return

    def before_writing(self) -> None:
        """Brings the members into the form in which they are written."""

    def close(self) -> None:
        """Writes the pending changes before it returns. Later changes are written as before."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._dirty and self._path is not None:
            try:
                self._write(self._path, *self._text())
            except OSError as error:
                self._give_up(f"cannot be written ({error.strerror or error})")

    def _begin(self) -> None:
        self._timer = None
        if self._dirty and self._path is not None:
            self._task = asyncio.get_running_loop().create_task(self._write_aside(self._path))

    async def _write_aside(self, path: Path) -> None:
        try:
            await asyncio.to_thread(self._write, path, *self._text())
        except OSError as error:
            self._give_up(f"cannot be written ({error.strerror or error})")

    def _text(self) -> tuple[str, int]:
        """The members to be written, and their number: a higher one is newer."""
        self._dirty = False
        self._number += 1
        self.before_writing()
        self._take_others()
        return json.dumps({"version": VERSION, **self._about, **self.members}), self._number

    def _write(self, path: Path, text: str, number: int) -> None:
        from truenas_client.storage.private_files import replacing

        with self._lock, replacing(path) as replace:
            if number <= self._written:
                return  # what stands there is newer
            self._written = number
            members = json.loads(text)
            if newer := _stamp(path) not in (None, self._seen):
                # Another run wrote a moment ago: its members stay, and this run reads them before its next write.
                members |= {name: value for name, value in _others(path).items() if name not in self._changed}
            replace(f"{json.dumps(members, indent=1)}\n".encode())
            if not newer:
                self._seen = _stamp(path)

    def _take_others(self) -> None:
        """Merges the members that another run of the app has written since, except those changed here."""
        if self._path is None or _stamp(self._path) in (None, self._seen):
            return
        for name, value in self._read().items():
            if name not in self._changed:
                self.members[name] = value

    def _read(self) -> dict[str, Any]:
        if self._path is None:
            return {}
        try:
            self._seen = _stamp(self._path)
            members = _members(self._path)
        except FileNotFoundError:
            return {}
        except OSError as error:
            self._give_up(f"cannot be read ({error.strerror or error})")
            return {}
        except ValueError:
            self._set_aside("broken", "cannot be read as state of this app")
            return {}
        if (version := members["version"]) != VERSION:
            self._set_aside("other-version", f"is of another version of this app ({version})")
            return {}
        return {name: value for name, value in members.items() if name != "version" and name not in self._about}

    def _set_aside(self, why: str, words: str) -> None:
        from truenas_client.storage.private_files import set_aside

        assert self._path is not None
        try:
            aside = set_aside(self._path, why)
        except OSError:
            self._give_up(words)
        else:
            self._tell(f"{self._path} {words}. It is now {aside}, and a new file is begun.")

    def _give_up(self, words: str) -> None:
        """From here on nothing is written: better to forget than to destroy."""
        if self._path is not None:
            self._tell(f"{self._path} {words}: changes are not remembered.")
            self._path = None


def _members(path: Path) -> dict[str, Any]:
    """The contents of a file. Raises OSError, and ValueError for what is no state of any version of this app."""
    from truenas_client.storage.private_files import read_object

    members = read_object(path)
    if type(members.get("version")) is not int:
        raise ValueError("no members of a state")
    return members


def _others(path: Path) -> dict[str, Any]:
    """The contents written by another run. Raises OSError for an unreadable file, which is never written over."""
    try:
        members = _members(path)
    except ValueError:
        members = {"version": None}
    if members["version"] != VERSION:
        raise OSError(errno.EBUSY, "another program has just written it")
    return members


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
