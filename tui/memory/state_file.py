"""One file of the app's memory: JSON, versioned, private, written a moment after a change (`late_file`).

Invariants: a file is read once, when the first thing in it is asked for; it is replaced whole or not at all; an
unreadable file is set aside and reported, never written over; two runs of the app at once keep each other's changes,
down to the members of members (`merging`).
"""

from __future__ import annotations

import errno
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from tui.memory.late_file import VERSION, LateFile
from tui.memory.merging import merged

__all__ = ["StateFile"]


class _Snapshot(NamedTuple):
    """The members as text; a higher number is newer. ``base`` are those of the file that they derive from."""

    text: str
    number: int
    base: dict[str, Any]


class _Written(NamedTuple):
    """The members of a snapshot, and those that were written, with what another run had changed."""

    ours: dict[str, Any]
    members: dict[str, Any]


class StateFile(LateFile):
    """The members of one file, values of JSON by name. Without a path they are kept for the session only.

    ``about`` are members that tell whose file this is. A member gets another value, but no value is changed in place.
    """

    def __init__(
        self,
        path: Path | None = None,
        tell: Callable[[str], None] = lambda text: None,
        *,
        about: dict[str, str] | None = None,
    ) -> None:
        super().__init__(path, tell)
        self._about = about or {}
        self._read_members: dict[str, Any] | None = None
        self._base: dict[str, Any] = {}
        """The members of the file as this run last saw them: what is different there or here was changed since."""
        self._number = self._written = 0

    @property
    def members(self) -> dict[str, Any]:
        """The contents of the file, with the changes since."""
        if self._read_members is None:
            self._read_members = self._read()
            self._base = dict(self._read_members)
        return self._read_members

    def put(self, name: str, value: Any) -> None:
        """Changes a member, which is written soon; the same value again changes nothing."""
        if self.members.get(name) != value:
            self.members[name] = value
            self.changed()

    def before_writing(self) -> None:
        """Brings the members into the form in which they are written."""

    def snapshot(self) -> _Snapshot:
        self._number += 1
        self.before_writing()
        return _Snapshot(json.dumps(self.members), self._number, self._base)

    def write(self, path: Path, snapshot: _Snapshot) -> _Written | None:
        from truenas_client.storage.private_files import replacing

        with replacing(path) as replace:
            if snapshot.number <= self._written:
                return None  # what stands there is newer
            self._written = snapshot.number
            ours = members = json.loads(snapshot.text)
            # Read each time: two writes within one tick of the clock cannot be told apart by the file's dates.
            if (theirs := _others(path)) is not None:
                members = merged(snapshot.base, ours, self._mine(theirs))
            replace(f"{json.dumps({'version': VERSION, **self._about, **members}, indent=1)}\n".encode())
            return _Written(ours, members)

    def take(self, written: _Written | None) -> None:
        """Takes over what another run has changed; what was changed here since the snapshot stays."""
        if written is not None:
            self._base = written.members
            now = merged(written.ours, dict(self.members), written.members)
            self.members.clear()
            self.members.update(now)

    def _mine(self, contents: dict[str, Any]) -> dict[str, Any]:
        """The members without those that say which file this is."""
        return {name: value for name, value in contents.items() if name != "version" and name not in self._about}

    def _read(self) -> dict[str, Any]:
        if self._path is None:
            return {}
        try:
            members = _members(self._path)
        except FileNotFoundError:
            return {}
        except OSError as error:
            self.give_up(f"cannot be read ({error.strerror or error})")
            return {}
        except ValueError:
            self.set_aside("broken", "cannot be read as state of this app")
            return {}
        if (version := members["version"]) != VERSION:
            self.set_aside("other-version", f"is of another version of this app ({version})")
            return {}
        return self._mine(members)


def _members(path: Path) -> dict[str, Any]:
    """The contents of a file. Raises OSError, and ValueError for what is no state of any version of this app."""
    from truenas_client.storage.private_files import read_object

    members = read_object(path)
    if type(members.get("version")) is not int:
        raise ValueError("no members of a state")
    return members


def _others(path: Path) -> dict[str, Any] | None:
    """The contents as they are now, None without a file. Raises OSError for an unreadable file: it is never written
    over."""
    try:
        members = _members(path)
    except FileNotFoundError:
        return None
    except ValueError:
        members = {"version": None}
    if members["version"] != VERSION:
        raise OSError(errno.EBUSY, "another program has just written it")
    return members
