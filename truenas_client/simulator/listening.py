"""What the simulator and its recorder share: where they listen, for how long, and the plainest WebSocket there is."""

from __future__ import annotations

import asyncio
import signal
from typing import Any

__all__ = ["PLAIN", "split_address", "stop_signal"]

PLAIN: dict[str, Any] = {"compression": None, "max_size": None, "ping_interval": None}
"""Options of a WebSocket of `websockets` that adds nothing to what the two ends say."""


def split_address(listen: str) -> tuple[str, int]:
    """Host and port of ``host:port`` or ``[host]:port``. Raises ValueError."""
    host, colon, port = listen.rpartition(":")
    if not colon or not port.isdecimal() or int(port) > 65_535:
        raise ValueError(f"{listen!r} is no host:port")
    return host.strip("[]") or "127.0.0.1", int(port)


def stop_signal() -> asyncio.Event:
    """An event that SIGINT and SIGTERM set from now on."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop
