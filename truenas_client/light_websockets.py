"""What we use of `websockets`, imported without what it imports and does not use for it.

Its module ``version`` imports `importlib.metadata`, half the cost of all of it, for development versions only. Its
module ``uri`` imports `urllib.request` before release 16, and ssl with it, to find proxies, which we do not ask for.
So while it is imported, a stand-in takes the place of each; code that asks that for anything, then or later, gets it
from the real one. This is the one place for that; a test holds it against the installed release.
"""

from __future__ import annotations

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

_UNUSED = ("importlib.metadata", "urllib.request")


class _Later(ModuleType):
    def __getattr__(self, name: str) -> Any:
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(import_module(self.__name__), name)  # from now on it is in its package's place, too


@contextmanager
def _without_unused() -> Iterator[None]:
    stand_ins = [_Later(name) for name in _UNUSED if name not in sys.modules and "websockets" not in sys.modules]
    for module in stand_ins:
        package, _, name = module.__name__.partition(".")
        sys.modules[module.__name__] = module
        setattr(import_module(package), name, module)
    try:
        yield
    finally:
        for module in stand_ins:
            if sys.modules.get(module.__name__) is module:
                del sys.modules[module.__name__]


with _without_unused():
    from websockets.client import ClientProtocol
    from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage, InvalidStatus
    from websockets.frames import CloseCode, Frame, Opcode
    from websockets.protocol import SEND_EOF, State
    from websockets.uri import parse_uri
