"""The agent's process, which `spawn` starts: ``python -m midclt.agent DESCRIPTOR IDLE LIFETIME``.

Invariants: neither the arguments nor the environment hold a secret; no core dump is written, and no other process of
the user reads its memory, where the system can forbid that.
"""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from contextlib import suppress

__all__ = ["harden", "main"]

_PR_SET_DUMPABLE = 4


def harden() -> None:
    """Forbid core dumps, and on Linux that a process of the same user attaches to this one or reads its memory."""
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def main() -> None:
    """Serve the listening socket that the process was started with."""
    harden()
    number, idle, lifetime = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
    from .server import Agent

    async def serve() -> None:
        agent = Agent(socket.socket(fileno=number), idle=idle, lifetime=lifetime)
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, agent.stop)
        await agent.run()

    with suppress(KeyboardInterrupt):
        asyncio.run(serve())


if __name__ == "__main__":
    main()
