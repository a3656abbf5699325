"""How long a message may be, in both directions.

For one character too many the server closes the connection, and every call in flight is lost with it. So the client
measures a call before it sends it. Received messages are bounded too. Before sign-in the bound is tighter, because any
machine may answer at an address.
"""

from __future__ import annotations

from typing import Final

__all__ = ["BEFORE_LOGIN", "receive_limit", "send_limit"]

# Characters, not bytes (recorded: flows message_too_big_unauthenticated and message_too_big_authenticated).
ANONYMOUS_CHARACTERS: Final = 8192
SIGNED_IN_CHARACTERS: Final = 65_536
FILE_RECEIVE_CHARACTERS: Final = 2_097_152

BEFORE_LOGIN: Final = 16 * 2**20
"""Bytes that the server may send until a message is complete, before sign-in."""


def send_limit(method: str, signed_in: bool) -> int:
    """Return how many characters the server accepts in a message that calls this method."""
    if not signed_in:
        return ANONYMOUS_CHARACTERS
    return FILE_RECEIVE_CHARACTERS if method == "filesystem.file_receive" else SIGNED_IN_CHARACTERS


def receive_limit(largest: int, signed_in: bool) -> int:
    """Return how many bytes the server may send until a message is complete. ``largest`` is the caller's limit."""
    return largest if signed_in else min(BEFORE_LOGIN, largest)
