"""The calls that a user made on a server: lines of JSON in one file, the newest last, 5,000 of them.

The first line says whose file it is. A call has a line from the moment it was sent, and another once it has ended; of
two lines with one id the later counts. Invariants: secrets are masked before anything is kept, also in memory; lines
are added while the lock of the file is held, by one program at a time, so no program loses what another wrote; a line
that a killed program left unfinished costs that line only; a file that is no history is set aside, never written over.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from truenas_client.methods.storable import MASKING, storable
from truenas_client.secrets.redact import redact_text
from tui.memory.late_file import VERSION, LateFile, Tell, beginning, contents
from tui.model.history import RUNNING, Entry, read_entry
from tui.model.room import fitting

__all__ = ["MOST_BYTES", "MOST_ENTRIES", "History"]

MOST_ENTRIES = 5_000
MOST_BYTES = 4_000_000
"""Of the entries together: all of them are read when the list is shown, and that has to be quick."""
LONGEST = 65_536
"""Characters of the arguments of one call; a server takes no longer one."""
LONGEST_ERROR = 80
Stamp = tuple[int, int, int]
SLACK = 1.1
"""How far a file grows above its limits before it is written anew."""


class History(LateFile):
    """The calls by their ids, in the file or in memory only."""

    def __init__(
        self, path: Path | None = None, tell: Tell = lambda text: None, *, about: dict[str, str] | None = None
    ) -> None:
        super().__init__(path, tell, about)
        self._entries: dict[str, Entry] = {}
        self._here: set[str] = set()
        self._lines: list[Entry] = []
        self._gone: set[str] = set()
        self._seen: Stamp | None = None
        self.version = 0
        """Another number once the entries are others."""

    # Calls

    def began(self, method: str, params: Sequence[Any], names: Sequence[str] = ()) -> str:
        """A call was sent; ``names`` are those of its arguments. Returns the id for `ended`."""
        try:
            kept = storable(method, params, names)
        except RecursionError:
            kept = None  # too deep to look for secrets
        if kept is not None and len(json.dumps(kept)) > LONGEST:
            kept = None
        entry = Entry(secrets.token_hex(6), datetime.now(UTC), method, kept)
        self._here.add(entry.id)
        self._put(entry)
        return entry.id

    def ended(self, id: str, state: str, ms: int, error: str = "") -> None:
        """A call has ended: ``state`` is one of `model.history.STATES`."""
        if (entry := self._entries.get(id)) is not None:
            self._put(replace(entry, state=state, ms=ms, error=redact_text(error)[:LONGEST_ERROR]))

    def remove(self, id: str) -> None:
        """Forgets a call."""
        if self._entries.pop(id, None) is not None:
            self._gone.add(id)
            self._lines = [entry for entry in self._lines if entry.id != id]
            self.version += 1
            self.changed()

    def _put(self, entry: Entry) -> None:
        self._entries[entry.id] = entry
        self._lines.append(entry)
        self.version += 1
        self.changed()

    def newest(self) -> list[Entry]:
        """The calls known now, the newest first: `renew` reads those of earlier starts and other runs."""
        return _newest(self._entries.values())

    def find(self, id: str) -> Entry | None:
        return self._entries.get(id)

    def made_here(self, id: str) -> bool:
        """Whether this run of the app made the call."""
        return id in self._here

    # Reading

    async def renew(self) -> None:
        """Reads what stands in the file and is not known yet, in a thread."""
        path = self._path
        if path is None or (stamp := _stamp(path)) in (None, self._seen):
            return
        with self.reading():
            entries = await asyncio.to_thread(lambda: _entries(contents(path)))
            self._seen = stamp
            mine = {id: self._entries[id] for id in self._here if id in self._entries}
            self._entries = {id: entry for id, entry in entries.items() if id not in self._gone} | mine
            self.version += 1

    # Writing

    def snapshot(self) -> tuple[list[Entry], frozenset[str]]:
        # Of a call that ended within the moment, the last line says all.
        lines = list({entry.id: entry for entry in self._lines}.values())
        self._lines.clear()
        return lines, frozenset(self._gone)

    def write(self, path: Path, snapshot: tuple[list[Entry], frozenset[str]]) -> tuple[Stamp | None, frozenset[str]]:
        """Adds the lines. Returns the stamp of the file, None where another program wrote to it since it was read."""
        from truenas_client.storage.private_files import replacing

        lines, gone = snapshot
        with replacing(path) as replace_:
            before = _stamp(path)
            data = contents(path)
            most = SLACK * MOST_ENTRIES
            if not data or gone or len(data) > SLACK * MOST_BYTES or data.count(b"\n") > most or _masks_less(data):
                entries = _merged([*_entries(data).values(), *lines])
                replace_(self._text(entry for id, entry in entries.items() if id not in gone))
            else:
                _append(path, (b"" if data.endswith(b"\n") else b"\n") + _joined(lines))
        return _stamp(path) if before == self._seen else None, gone

    def take(self, written: tuple[Stamp | None, frozenset[str]]) -> None:
        self._seen = written[0] or self._seen
        self._gone -= written[1]

    def _text(self, entries: Iterable[Entry]) -> bytes:
        """A whole file: the newest entries that may stand in it."""
        newest = fitting((_joined([entry]) for entry in _newest(entries)), len, MOST_BYTES)
        header = json.dumps({"version": VERSION, "masking": MASKING, **self._about})
        return b"".join([f"{header}\n".encode(), *list(newest)[::-1]])


def _masks_less(data: bytes) -> bool:
    """Whether a program wrote the file that knew fewer secrets. Raises `NotOurs`."""
    return beginning(data.partition(b"\n")[0], "a history of calls").get("masking") != MASKING


def _entries(data: bytes | None) -> dict[str, Entry]:
    """The entries of a file by their ids. Raises `NotOurs`."""
    if not data:
        return {}
    less = _masks_less(data)
    found = (read_entry(line) for line in data.split(b"\n")[1:] if line)
    entries = _merged(entry for entry in found if entry is not None)
    if less:
        for id, entry in entries.items():
            if entry.params is not None:
                entries[id] = replace(entry, params=storable(entry.method, entry.params))
    return entries


def _merged(entries: Iterable[Entry]) -> dict[str, Entry]:
    """By their ids; the beginning of a call never replaces its end, whichever line was written first."""
    found: dict[str, Entry] = {}
    for entry in entries:
        if entry.state != RUNNING or entry.id not in found:
            found[entry.id] = entry
    return found


def _newest(entries: Iterable[Entry]) -> list[Entry]:
    """As many as are kept, the newest first; of one moment, the one that came last."""
    return sorted(entries, key=lambda entry: entry.at)[: -MOST_ENTRIES - 1 : -1]


def _joined(entries: Iterable[Entry]) -> bytes:
    # Surrogates may be in arguments; JSON writes them as escapes.
    return b"".join(f"{entry.line()}\n".encode() for entry in entries)


def _append(path: Path, data: bytes) -> None:
    with open(path, "ab") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _stamp(path: Path) -> Stamp | None:
    """What differs once a file was replaced or written to; None without a file."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
