"""An in-process TrueNAS for demos and tests. Data, descriptions and schemas are our own.

Use `Simulator`, or `ThreadedSimulator` in programs without an event loop. The pytest plugin
is `truenas_client.simulator.plugin`. A few lines add methods, jobs and events to the demo's,
before the simulator starts or while it runs::

    nas = Simulator(speed=100)

    @nas.method("my.greet", roles=["READONLY_ADMIN"])
    def greet(call, name="world"):                    # its docstring is the description
        return f"hello {name}"

    @nas.job("my.copy", abortable=True)
    async def copy(call, files):
        for number in range(files):
            call.progress(100 * number // files, f"file {number}")
            await call.sleep(1)                       # simulated seconds
        return files

    @nas.source("my.ticks", roles=["READONLY_ADMIN"])
    async def ticks(source, argument):                # subscribe to my.ticks:{"times": 3}
        for number in range(argument["times"]):
            source.send(fields={"n": number})
            await source.sleep(1)

    nas.event("my.items", roles=["READONLY_ADMIN"])
    nas.add_account("guest", "secret", roles=["READONLY_ADMIN"])

    async with nas:
        nas.send_event("my.items", "ADDED", id=1, fields={"name": "x"})

A method gets a `Call`, a source a `Source`, and both raise `CallError`, `ValidationErrors`,
`ValidationError` or `InstanceNotFound`; the server answers any other exception as an
unexpected one. `shapes` writes the schemas for ``accepts`` and ``returns``, by which the
arguments are checked. ``nas.faults`` makes the server fail on purpose (modules `faults` and `fault_table`).
`record` writes a real session down and `Playback` plays it back. The end of
``python -m truenas_client.simulator --help`` lists the assumptions about real servers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import shapes
from .accounts import Account, ApiKey
from .call import Call
from .clock import Clock
from .errors import CallError, InstanceNotFound, MatchNotFound, ValidationError, ValidationErrors
from .events import Source
from .jobs import Job
from .release import RELEASES
from .simulator import Simulator
from .threaded import ThreadedSimulator

if TYPE_CHECKING:
    from .playback import Playback

__all__ = [
    "RELEASES",
    "Account",
    "ApiKey",
    "Call",
    "CallError",
    "Clock",
    "InstanceNotFound",
    "Job",
    "MatchNotFound",
    "Playback",
    "Simulator",
    "Source",
    "ThreadedSimulator",
    "ValidationError",
    "ValidationErrors",
    "shapes",
]


def __getattr__(name: str) -> Any:
    # Imported on first use: a demo does not need it, and its WebSocket server is slow to import.
    if name == "Playback":
        from .playback import Playback

        return Playback
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
