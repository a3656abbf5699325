"""Small names that scripts of the official client import: a marker, a wrapper, a progress bar."""

from __future__ import annotations

import socket
import sys
from collections.abc import Mapping
from typing import IO, Any, Final, Self

__all__ = ["MIDDLEWARE_RUN_DIR", "ProgressBar", "Struct", "UndefinedType", "set_socket_options", "undefined"]

MIDDLEWARE_RUN_DIR = "/var/run/middleware"
"""Where the middleware of this machine keeps its sockets (the official client's constant)."""


class UndefinedType:
    """The type of `undefined`."""

    def __repr__(self) -> str:
        return "undefined"


undefined: Final = UndefinedType()
"""Stands for an argument that was not given, where None means something."""


class Struct:
    """A mapping whose keys are attributes; mappings inside it too."""

    def __init__(self, mapping: Mapping[str, Any]) -> None:
        for name, value in mapping.items():
            setattr(self, name, Struct(value) if isinstance(value, Mapping) else value)


class ProgressBar:
    """A job's progress, drawn on stderr when that is a terminal; elsewhere a line for each new message."""

    WIDTH = 40

    def __init__(self, write_stream: IO[str] | None = None) -> None:
        self.message: str | None = None
        self.percentage = 0.0
        self.write_stream = write_stream or sys.stderr
        self._is_terminal = self.write_stream.isatty()
        self._drawn = False
        self._written: str | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        if self._drawn:
            self.write_stream.write("\n")
            self.write_stream.flush()
            self._drawn = False

    def update(self, percentage: float | None = None, message: str | None = None) -> None:
        """Draw what has changed; None leaves a part as it is."""
        if percentage is not None:
            self.percentage = float(percentage)
        if message:
            self.message = message
        self.draw()

    def finish(self) -> None:
        """Draw all of it."""
        self.percentage = 100.0
        self.draw()

    def draw(self) -> None:
        """Draw the bar as it is now."""
        words = self.message or "waiting"
        if self._is_terminal:
            filled = "#" * round(self.WIDTH * min(max(self.percentage, 0.0), 100.0) / 100)
            self.write_stream.write(f"\r\x1b[K[{filled:<{self.WIDTH}}] {self.percentage:5.1f} %  {words}")
            self._drawn = True
        elif words != self._written:
            self.write_stream.write(f"{self.percentage:.1f} %  {words}\n")
            self._written = words
        self.write_stream.flush()


def set_socket_options(sock: socket.socket) -> None:
    """Make this system notice a dead TCP connection within seconds, as far as it has the options for that."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", 1), ("TCP_KEEPINTVL", 1), ("TCP_KEEPCNT", 5)):
        option = getattr(socket, name, None)
        if option is not None:
            sock.setsockopt(socket.IPPROTO_TCP, option, value)
