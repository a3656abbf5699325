"""What the simulator and its recorder share as commands: where and how they listen, for how long, and how they fail."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Coroutine
from typing import Any

__all__ = ["PLAIN", "run_command", "split_address", "stop_signal"]

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


def run_command(name: str, work: Coroutine[Any, Any, None]) -> int:
    """Run a command to its end; the exit status. An address or file that can't be used is one line on stderr."""
    try:
        asyncio.run(work)
    except (OSError, ValueError, EOFError) as e:
        print(f"{name}: {e}", file=sys.stderr)
        return 1
    return 0
