"""What we use of `websockets`, imported without what it imports and does not use for it: half the cost of it.

Its module ``version`` imports `importlib.metadata`, for development versions only. Its module ``uri`` imports
`urllib.request` before release 16, and ssl with it, to find proxies, which we do not ask for. `dataclasses`, which it
imports, has `inspect` for classes without a docstring. So while it is imported, stand-ins take their places; code that
asks them for anything, then or later, gets it from the real ones. This is the one place for that; a test holds it
against the installed release.
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
    "without_unused",
]

_UNUSED = {"importlib.metadata": "websockets", "urllib.request": "websockets", "inspect": "dataclasses"}
"""What a stand-in takes the place of, and the module that imports it."""


class _Later(ModuleType):
    """Stands in for a module until something of it is asked for."""

    def __getattr__(self, name: str) -> Any:
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(import_module(self.__name__), name)  # from now on it is in its package's place, too


@contextmanager
def without_unused() -> Iterator[None]:
    """Stand-ins for the time of a block that imports of `websockets`."""
    stand_ins = [_Later(name) for name, user in _UNUSED.items() if not {name, user} & sys.modules.keys()]
    for module in stand_ins:
        sys.modules[module.__name__] = module
        package, _, name = module.__name__.rpartition(".")
        if package:
            setattr(import_module(package), name, module)
    try:
        yield
    finally:
        for module in stand_ins:
            if sys.modules.get(module.__name__) is module:
                del sys.modules[module.__name__]


with without_unused():
    from websockets.client import ClientProtocol
    from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage, InvalidStatus
    from websockets.frames import CloseCode, Frame, Opcode
    from websockets.protocol import SEND_EOF, State
    from websockets.uri import parse_uri
