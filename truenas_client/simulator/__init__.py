"""An in-process TrueNAS for demos and tests. Data, descriptions and schemas are our own.

`Simulator` is the door, `ThreadedSimulator` the one for programs without an event loop, and
the pytest plugin is `truenas_client.simulator.plugin`. What a NAS of your own needs beside
the demo's is added in a few lines, before it starts or while it runs::

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
`ValidationError` or `InstanceNotFound`; anything else they raise is answered as an
unexpected exception. `shapes` writes schemas for ``accepts`` and ``returns``, by which the
arguments are checked. What goes wrong on purpose is ``nas.faults`` (modules `faults` and `fault_table`);
`record` and `Playback` keep a real session and play it back. What is assumed of real
servers stands at the end of ``python -m truenas_client.simulator --help``.
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
    # A demo has no use for it, and the server it stands on takes a while to import.
    if name == "Playback":
        from .playback import Playback

        return Playback
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
