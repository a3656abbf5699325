"""What we use of `websockets`, imported without `importlib.metadata` and `inspect`, which are half the cost of that.

Its module ``version`` imports the metadata of installed packages at its top and uses it in development versions only.
`dataclasses`, which it imports, has `inspect` for classes without a docstring. So while it is imported, stand-ins take
the places of the two; code that asks them for anything, then or later, gets it from the real ones. This is the one
place for that; a test holds it against the installed release.
"""

from __future__ import annotations

import importlib
import sys
from contextlib import contextmanager
from importlib import import_module
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
    """Stands in for a module until something of it is asked for."""

    def __getattr__(self, name: str) -> Any:
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(import_module(self.__name__), name)


@contextmanager
def _without(name: str, used_by: str) -> Iterator[None]:
    """Import things without this module, unless it is there, or what uses it is."""
    if name in sys.modules or used_by in sys.modules:
        yield
        return
    stand_in = sys.modules[name] = _Later(name)
    if name == _METADATA:
        importlib.metadata = stand_in
    try:
        yield
    finally:
        if sys.modules.get(name) is stand_in:
            del sys.modules[name]
        if vars(importlib).get("metadata") is stand_in:
            del importlib.metadata


with _without(_METADATA, "websockets"), _without("inspect", "dataclasses"):
    from websockets.client import ClientProtocol
    from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage, InvalidStatus
    from websockets.frames import CloseCode, Frame, Opcode
    from websockets.protocol import SEND_EOF, State
    from websockets.uri import parse_uri
