"""Facts that the programs learn about servers and remember: no choices of the user, no secrets.

They are in a JSON file in the state folder, by host and port. A login by SCRAM is
remembered for good: after it the client does not send that server the key itself, unless
the user says so. Without the file the facts are forgotten, and everything still works.

Invariants: a file that cannot be read at the moment, or that a newer program wrote, is left as it is; a damaged file is
renamed, never overwritten.
"""

from __future__ import annotations

import contextlib
import errno
import json
from pathlib import Path
from typing import Any

from ..endpoint import Endpoint
from ..secrets.logs import log
from .paths import APPLICATION
from .private_files import read_object, replacing, set_aside

__all__ = ["Known"]

VERSION = 1


def state_path() -> Path:
    """``known.json`` in the state folder (on Linux ``~/.local/state/truenas-client``)."""
    import platformdirs

    return platformdirs.user_state_path(APPLICATION, appauthor=False) / "known.json"


class Known:
    """The known servers. Every method reads the file again, because other programs write it too."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or state_path()

    def scram_seen(self, endpoint: Endpoint) -> bool:
        """Whether a login by SCRAM has succeeded on this server."""
        return self._get(endpoint, "scram")

    def remember_scram(self, endpoint: Endpoint) -> None:
        """Remember a login by SCRAM."""
        self._set(endpoint, "scram")

    def warned(self, endpoint: Endpoint) -> bool:
        """Whether the user was warned that others can read a password sent to this address."""
        return self._get(endpoint, "warned_of_password")

    def remember_warning(self, endpoint: Endpoint) -> None:
        """Remember that warning."""
        self._set(endpoint, "warned_of_password")

    def offered(self, endpoint: Endpoint) -> bool:
        """Whether the user was asked to keep a profile for this server."""
        return self._get(endpoint, "offered_to_keep")

    def remember_offer(self, endpoint: Endpoint) -> None:
        """Remember that the user was asked, and that the answer holds."""
        self._set(endpoint, "offered_to_keep")

    def warned_of_file(self, path: str) -> bool:
        """Whether the user was warned that others may read this file."""
        return self._get(f"file {path}", "warned_of_readers")

    def remember_file(self, path: str) -> None:
        """Remember that warning."""
        self._set(f"file {path}", "warned_of_readers")

    def _get(self, met: Endpoint | str, mark: str) -> bool:
        try:
            return _marks(self._read(), met).get(mark) is True
        except (OSError, ValueError) as e:
            log.warning("%s cannot be read (%s): what was learnt of servers is not known now", self.path, _words(e))
            return False

    def _set(self, met: Endpoint | str, mark: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            if _marks(self._read(), met).get(mark) is True:
                return
        try:
            with replacing(self.path) as replace:
                try:
                    servers = self._read()
                except ValueError as e:
                    aside = set_aside(self.path, "broken")
                    log.warning("%s cannot be read (%s). It is now %s; a new one is begun", self.path, e, aside)
                    servers = {}
                marks = _marks(servers, met)
                if marks.get(mark) is True:
                    return
                servers[_place(met)] = {**marks, mark: True}
                replace(f"{json.dumps({'version': VERSION, 'servers': servers}, indent=1)}\n".encode())
        except OSError as e:
            log.warning("%s cannot be written (%s): what was learnt of %s is lost", self.path, _words(e), _place(met))

    def _read(self) -> dict[str, Any]:
        """All entries, by place. Unknown ones are kept, so that they survive a write. Raises OSError, ValueError."""
        try:
            data = read_object(self.path)
        except FileNotFoundError:
            return {}
        if not isinstance(servers := data.get("servers"), dict):
            raise ValueError("no servers in it")
        if data.get("version", VERSION) != VERSION:
            raise OSError(errno.EBUSY, "it is of another version of this program")
        return servers


def _marks(servers: dict[str, Any], met: Endpoint | str) -> dict[str, Any]:
    marks = servers.get(_place(met))
    return marks if isinstance(marks, dict) else {}


def _words(error: Exception) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)


def _place(met: Endpoint | str) -> str:
    if isinstance(met, str):
        return met
    # Without the scheme: a server that did SCRAM over TLS is the same server without TLS.
    return met.socket or f"{met.host.lower()}:{met.port}"
