"""How long a message may be, both ways.

The server closes the connection, with everything in flight, for one character too many: so a call is measured before
it is sent. What the server may send is bounded too, before sign-in more tightly: a stranger may answer there.
"""

from __future__ import annotations

from typing import Final

__all__ = ["BEFORE_LOGIN", "receive_limit", "send_limit"]

# Measured on 25.10 and 26 (the facts of the wire, "limits"): characters, not bytes.
ANONYMOUS_CHARACTERS: Final = 8192
SIGNED_IN_CHARACTERS: Final = 65_536
FILE_RECEIVE_CHARACTERS: Final = 2_097_152

BEFORE_LOGIN: Final = 16 * 2**20
"""Bytes that the server may send until a message is complete, as long as nobody is signed in."""


def send_limit(method: str, signed_in: bool) -> int:
    """Return how many characters the server takes in the message of a call of this method."""
    if not signed_in:
        return ANONYMOUS_CHARACTERS
    return FILE_RECEIVE_CHARACTERS if method == "filesystem.file_receive" else SIGNED_IN_CHARACTERS


def receive_limit(largest: int, signed_in: bool) -> int:
    """Return how many bytes the server may send until a message is complete, where the caller allows ``largest``."""
    return largest if signed_in else min(BEFORE_LOGIN, largest)
