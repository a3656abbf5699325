"""Catalogues kept on disk, so that a program has one before it connects.

A file holds an index of all methods (the data for lists and searches: about 150 kB, read
at once). After it come each method's schemas and texts, compressed one by one and decoded
when a caller asks for them. The file is found by address and user, because a server lists
only the methods that the user may call.

Invariants: a file is replaced as a whole; an unreadable file, or one of another version,
counts as missing; a file holds the server's own descriptions, never an argument or a
result.
"""

from __future__ import annotations

import hashlib
import json
import time
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ..bounded import read_own_file
from ..methods.catalogue import FLAGS, Catalogue, Method
from .paths import catalogues_path
from .private_files import write_private_bytes

__all__ = ["CatalogueCache", "Kept"]

_FORMAT = 2
_HEAD = b"truenas-client catalogue\n"
_NUMBER = 8
"""Bytes of a stored number, the most significant first."""


class Kept(NamedTuple):
    """A catalogue, with the server's version and the user's sorted roles that it was listed for."""

    catalogue: Catalogue
    version: str
    roles: tuple[str, ...]

    def fits(self, version: str, roles: Sequence[str]) -> bool:
        """Whether a server of this version would list the same to a user with these roles."""
        return bool(version) and self.version == version and self.roles == tuple(sorted(roles))


class CatalogueCache:
    """The catalogues in one folder; by default ``catalogues`` in the platform's cache folder of ``truenas-client``."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = catalogues_path() if folder is None else folder

    def find(self, address: str, user: str) -> Kept | None:
        """The catalogue kept for a user of an address (`Endpoint.text`); None when no readable one exists."""
        try:
            data = read_own_file(self._path(address, user))
        except OSError:
            return None
        return _read(data)

    def keep(self, address: str, user: str, kept: Kept, *, given: Sequence[str] = ()) -> None:
        """Write a catalogue in place of the old one. Takes a tenth of a second of CPU. Raises OSError.

        ``given`` are the words of a command line that lead to this server and user, for `word_index`.
        """
        from .word_index import write_words

        write_words(self._folder, given or (address, user), kept.version, kept.catalogue)
        write_private_bytes(self._path(address, user), _written(kept))

    def age(self, address: str, user: str) -> float | None:
        """The seconds since a catalogue was written; None without one."""
        try:
            return max(time.time() - self._path(address, user).stat().st_mtime, 0.0)
        except OSError:
            return None

    def forget(self, address: str, user: str) -> None:
        """Delete the catalogue of a user of an address; a missing one is no error. Raises OSError."""
        self._path(address, user).unlink(missing_ok=True)

    def _path(self, address: str, user: str) -> Path:
        name = hashlib.sha256(f"{user}\n{address}".encode("utf-8", "surrogatepass")).hexdigest()[:40]
        return self._folder / f"{name}.methods"


def _written(kept: Kept) -> bytes:
    rows: list[Any] = []
    texts: list[bytes] = []
    for method in kept.catalogue:
        packed = method.pack()
        flags = [flag for flag in FLAGS if getattr(method, flag)]
        rows.append([method.name, flags, method.roles, method.summary, method.names, method.problems, len(packed)])
        texts.append(packed)
    index = {"format": _FORMAT, "version": kept.version, "roles": sorted(kept.roles), "methods": rows}
    text = json.dumps(index, separators=(",", ":")).encode()
    # The index holds the length of each text. The checksum reveals a file that was cut short or changed.
    body = b"".join([len(text).to_bytes(_NUMBER, "big"), text, *texts])
    return b"".join([_HEAD, zlib.crc32(body).to_bytes(_NUMBER, "big"), body])


def _read(data: bytes) -> Kept | None:
    begin = len(_HEAD) + _NUMBER
    body = memoryview(data)[begin:]
    if (
        len(body) <= _NUMBER
        or not data.startswith(_HEAD)
        or zlib.crc32(body) != int.from_bytes(data[len(_HEAD) : begin], "big")
    ):
        return None
    at = _NUMBER + int.from_bytes(body[:_NUMBER], "big")
    index = json.loads(bytes(body[_NUMBER:at]))
    if index.get("format") != _FORMAT:
        return None
    methods = []
    for name, flags, roles, summary, names, problems, size in index["methods"]:
        packed = bytes(body[at : at + size])
        methods.append(Method.unpacked(name, flags, roles, summary, names, packed, problems))
        at += size
    return Kept(Catalogue(methods), index["version"], tuple(index["roles"]))
