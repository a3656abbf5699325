"""What a forwarder on this machine uses of `websockets`: the server's side, imported as `light_websockets` does."""

from __future__ import annotations

from .light_websockets import without_unused

__all__ = ["InvalidState", "Request", "ServerProtocol"]

with without_unused():
    from websockets.exceptions import InvalidState
    from websockets.http11 import Request
    from websockets.server import ServerProtocol
