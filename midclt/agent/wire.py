"""What midclt and the agent say to each other: a line of JSON each, over a UNIX socket.

A run of midclt connects and sends one request; every request names the protocol and the version of the package::

    {"v": 1, "package": "0.1.0", "op": "call", "key": [...], "method": "...", "words": [...], ...}

=========  ===============================================================================================
op         what follows
=========  ===============================================================================================
call       ``on``, which midclt answers with ``go``; then ``{"size": N}`` and N bytes, the result as midclt
           prints it, or ``error``
open       ``on``; ``warn`` and ``ask`` (secret, otp) as often as needed, then ``ok``, or ``stage`` and ``error``
tunnel     as open; after ``ok`` the bytes of a WebSocket that speaks JSON-RPC in the server's place
status     ``ok``: what the agent holds, without a secret
forget     ``ok``: how many sign-ins were dropped; lock, unlock, stop and drain likewise
=========  ===============================================================================================

``{"no": WHY}`` answers what the agent does not do: midclt then goes another way. An agent of another version says
``{"no": "version", "package": ITS OWN}``; it still understands ``drain``, ``status`` and ``stop``, in every version.

Invariants: no answer holds a secret; one end that does not keep to this is cut off.
"""

from __future__ import annotations

import _json  # `json` loads `re`, for which a quick call has no time
import _socket

from truenas_client import __version__

TYPE_CHECKING = False  # `typing` is a module that a call has no time for
if TYPE_CHECKING:
    from typing import Any

__all__ = ["LONGEST_LINE", "VERSION", "AgentGone", "Channel", "is_of_the_connection", "request"]

VERSION = 1
LONGEST_LINE = 8 * 2**20
"""Bytes. The longest call that a server accepts has 2 MiB of characters, and JSON may double them."""


_OF_THE_CONNECTION = ("auth.logout", "core.set_options", "core.subscribe", "core.unsubscribe")


def is_of_the_connection(method: str) -> bool:
    """Whether a method changes the connection itself, which is not one run's to change: sign-in, options, events."""
    return method in _OF_THE_CONNECTION or method.startswith("auth.login")


class AgentGone(OSError):
    """The agent ended, or says what no agent says."""


def request(op: str, **members: Any) -> dict[str, Any]:
    """The first line of a connection."""
    return {"v": VERSION, "package": __version__, "op": op, **members}


_ON, _SIZE = b'{"on": true}', b'{"size": '
"""The answers of a call that succeeds, read without `json`."""


def _text(value: Any) -> str:
    """JSON of what requests hold."""
    if isinstance(value, str):
        return str(_json.encode_basestring_ascii(value))
    if isinstance(value, dict):
        return "{" + ",".join(f"{_text(name)}:{_text(member)}" for name, member in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(map(_text, value)) + "]"
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    return repr(value)


class Channel:
    """Lines over a connected socket, for a program that waits for each answer."""

    def __init__(self, sock: _socket.socket) -> None:
        self.sock = sock
        self._received = b""

    def ask(self, message: dict[str, Any]) -> dict[str, Any]:
        """Send a line and return the next one. Raises `AgentGone`, TimeoutError."""
        self.send(message)
        return self.receive()

    def send(self, message: dict[str, Any]) -> None:
        """Send a line. Raises `AgentGone`, TimeoutError."""
        try:
            self.sock.sendall(_text(message).encode() + b"\n")
        except TimeoutError:
            raise
        except OSError as e:
            raise AgentGone from e

    def receive(self) -> dict[str, Any]:
        """The next line. Raises `AgentGone`, TimeoutError."""
        while (end := self._received.find(b"\n")) < 0:
            self._more()
        line, self._received = self._received[:end], self._received[end + 1 :]
        if line == _ON:
            return {"on": True}
        if line.startswith(_SIZE) and line[len(_SIZE) : -1].isdigit():
            return {"size": int(line[len(_SIZE) : -1])}
        import json

        try:
            message = json.loads(line)
        except ValueError as e:
            raise AgentGone from e
        if not isinstance(message, dict):
            raise AgentGone
        return message

    def read(self, size: int) -> bytes:
        """So many bytes. Raises `AgentGone`, TimeoutError."""
        pieces, missing = [self._received], size - len(self._received)
        while missing > 0:
            self._received = b""
            self._more(missing)
            pieces.append(self._received)
            missing -= len(self._received)
        self._received = b""
        return b"".join(pieces)

    def _more(self, size: int = 65_536) -> None:
        try:
            data = self.sock.recv(min(max(size, 65_536), 2**20))
        except TimeoutError:
            raise
        except OSError as e:
            raise AgentGone from e
        if not data:
            raise AgentGone
        self._received += data
