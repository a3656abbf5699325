"""What programs remember of servers by themselves: no choices and no secrets.

A JSON file in the state folder, by host and port. That a server has once taken SCRAM
is remembered for good: it will not be sent the key itself again unless somebody says
so. A lost or broken file forgets; it never keeps anybody from working.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..endpoint import Endpoint
from ..logs import log
from ..privatefiles import replacing
from .paths import APPLICATION

__all__ = ["Known", "state_path"]


def state_path() -> Path:
    """``known.json`` in the state folder (on Linux ``~/.local/state/truenas-client``)."""
    import platformdirs

    return platformdirs.user_state_path(APPLICATION, appauthor=False) / "known.json"


class Known:
    """The servers that were met. The file is read anew for each question and each answer."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or state_path()

    def scram_seen(self, endpoint: Endpoint) -> bool:
        """Whether this server has taken an API key by SCRAM."""
        return self._get(endpoint, "scram")

    def remember_scram(self, endpoint: Endpoint) -> None:
        """It has."""
        self._set(endpoint, "scram")

    def warned(self, endpoint: Endpoint) -> bool:
        """Whether the user was told that a password to this address can be read on its way."""
        return self._get(endpoint, "warned_of_password")

    def remember_warning(self, endpoint: Endpoint) -> None:
        """They were."""
        self._set(endpoint, "warned_of_password")

    def offered(self, endpoint: Endpoint) -> bool:
        """Whether the user was asked to keep a profile for this server."""
        return self._get(endpoint, "offered_to_keep")

    def remember_offer(self, endpoint: Endpoint) -> None:
        """They were, and the answer holds."""
        self._set(endpoint, "offered_to_keep")

    def warned_of_file(self, path: str) -> bool:
        """Whether the user was told that others may read this file."""
        return self._get(f"file {path}", "warned_of_readers")

    def remember_file(self, path: str) -> None:
        """They were."""
        self._set(f"file {path}", "warned_of_readers")

    def _get(self, met: Endpoint | str, mark: str) -> bool:
        return self._read().get(_place(met), {}).get(mark) is True

    def _set(self, met: Endpoint | str, mark: str) -> None:
        if self._get(met, mark):
            return
        try:
            with replacing(self.path) as replace:
                servers = self._read()
                servers.setdefault(_place(met), {})[mark] = True
                replace(f"{json.dumps({'version': 1, 'servers': servers}, indent=1)}\n".encode())
        except OSError as e:
            log.warning("%s cannot be written (%s): what was learnt of %s is lost", self.path, e.strerror, _place(met))

    def _read(self) -> dict[str, dict[str, Any]]:
        try:
            servers = json.loads(self.path.read_text(encoding="utf-8"))["servers"]
            return {name: dict(marks) for name, marks in servers.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as e:
            log.warning("%s cannot be read (%s); it is begun anew", self.path, type(e).__name__)
            return {}


def _place(met: Endpoint | str) -> str:
    if isinstance(met, str):
        return met
    # Not the scheme: a server that did SCRAM over TLS is the same one without.
    return met.socket or f"{met.host.lower()}:{met.port}"
