"""What we use of `websockets`, imported without `importlib.metadata`, which is half the cost of that.

Its module ``version`` imports the metadata of installed packages at its top and uses it in development versions only.
So while it is imported, a stand-in takes the place of `importlib.metadata`; code that asks that for anything, then or
later, gets it from the real one. This is the one place for that; a test holds it against the installed release.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "SEND_EOF",
    "ClientProtocol",
    "CloseCode",
    "ConnectionClosed",
    "Frame",
    "InvalidHandshake",
    "InvalidMessage",
    "InvalidStatus",
    "Opcode",
    "State",
    "parse_uri",
]

_METADATA = "importlib.metadata"


class _Later(ModuleType):
    def __getattr__(self, name: str) -> Any:
        if sys.modules.get(_METADATA) is self:
            del sys.modules[_METADATA]
        import importlib.metadata as real

        return getattr(real, name)


@contextmanager
def _without_metadata() -> Iterator[None]:
    if _METADATA in sys.modules or "websockets" in sys.modules:
        yield
        return
    import importlib

    stand_in = sys.modules[_METADATA] = _Later(_METADATA)
    importlib.metadata = stand_in
    try:
        yield
    finally:
        if sys.modules.get(_METADATA) is stand_in:
            del sys.modules[_METADATA]
        if vars(importlib).get("metadata") is stand_in:
            del importlib.metadata


with _without_metadata():
    from websockets.client import ClientProtocol
    from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage, InvalidStatus
    from websockets.frames import CloseCode, Frame, Opcode
    from websockets.protocol import SEND_EOF, State
    from websockets.uri import parse_uri
