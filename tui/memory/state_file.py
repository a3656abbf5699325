"""One file of the app's memory: JSON, versioned, private, written a moment after a change (`late_file`).

Invariants: a file is read once, when the first thing in it is asked for; it is replaced whole or not at all; an
unreadable file is set aside and reported, never written over; two runs of the app at once keep each other's changes,
down to the members of members (`merging`).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

from tui.memory.late_file import VERSION, LateFile, Tell, beginning, contents
from tui.memory.merging import merged

__all__ = ["Kept", "StateFile"]

T = TypeVar("T")


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
    """The members of one file, values of JSON by name. A member gets another value; no value is changed in place."""

    def __init__(
        self, path: Path | None = None, tell: Tell = lambda text: None, *, about: dict[str, str] | None = None
    ) -> None:
        super().__init__(path, tell, about)
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

    def inside(self, name: str) -> dict[str, Any]:
        """The members of a member that is an object; none of any other."""
        return value if isinstance(value := self.members.get(name), dict) else {}

    def put_inside(self, name: str, key: str, value: Any, most: int) -> None:
        """Makes a member of an object its newest, and lets the oldest go where there are too many."""
        others = {other: kept for other, kept in self.inside(name).items() if other != key}
        self.put(name, dict(list({**others, key: value}.items())[-most:]))

    def drop_inside(self, name: str, key: str) -> None:
        """Forgets a member of an object."""
        if key in self.inside(name):
            self.put(name, {other: kept for other, kept in self.inside(name).items() if other != key})

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
            if (theirs := _members(path)) is not None:
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
        if self._path is not None:
            with self.reading():
                return self._mine(_members(self._path) or {})
        return {}


def _members(path: Path) -> dict[str, Any] | None:
    """The contents of a file, None without one. Raises OSError and `NotOurs`."""
    data = contents(path)
    return None if data is None else beginning(data, "state of this app")


class Kept(Generic[T]):
    """A member of a file as an attribute: ``read`` makes a value of its type of whatever stands there.

    A value that is the present one already is not written. ``write`` makes JSON of a value that is none.
    """

    def __init__(self, name: str, read: Callable[[Any], T], write: Callable[[T], Any] = lambda value: value) -> None:
        self._name, self._read, self._write = name, read, write

    def __get__(self, file: StateFile, _owner: type[StateFile]) -> T:
        return self._read(file.members.get(self._name))

    def __set__(self, file: StateFile, value: T) -> None:
        if value != self._read(file.members.get(self._name)):
            file.put(self._name, self._write(value))
