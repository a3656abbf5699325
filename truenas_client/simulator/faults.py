"""The active faults, which make the server fail on purpose. `fault_table` lists all kinds.

::

    nas.faults.add("drop", method="pool.*", times=1)      # until it has struck once
    with nas.faults.add("latency", low=0.2, high=2.0):    # inside the block
        ...
    nas.faults.parse("error:method=pool.query,errno=5")   # as `--fault` writes it

At each occasion of its kind (a connection, a call, a message to a client) a fault strikes
or not: not at the first ``skip`` ones, not more than ``times``, by ``chance``, and only
while its ``seconds`` last. Times are simulated seconds. Invariants: a fault never strikes
calls of ``simulator.*``, so a client can end every fault; without active faults an occasion
costs nothing.
"""

from __future__ import annotations

import asyncio
import fnmatch
import random
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from .fault_table import KINDS, Occasion, Value, complete

if TYPE_CHECKING:
    from .clock import Clock

__all__ = ["Fault", "Faults", "delay"]

_STEERING = "simulator."


class Fault:
    """A fault in force. As a context manager it is removed at the end of the block."""

    def __init__(self, faults: Faults, ident: int, name: str, options: dict[str, Value], now: float) -> None:
        self.id = ident
        self.name = name
        self.kind = KINDS[name]
        self.options = options
        self.seen = 0
        """Occasions it has looked at."""
        self.struck = 0
        """How often it has struck."""
        self.task: asyncio.Task[None] | None = None
        self._faults = faults
        seconds = float(options.get("seconds", 0.0))
        self._until = now + seconds if seconds else float("inf")

    def text(self, option: str) -> str:
        return str(self.options[option])

    def number(self, option: str) -> float:
        return float(self.options[option])

    def strikes(self, now: float, chance: random.Random) -> bool:
        """Whether it strikes at an occasion that fits; counts it."""
        if now >= self._until:
            self.remove()
            return False
        self.seen += 1
        if self.seen <= self.number("skip") or chance.random() >= self.number("chance"):
            return False
        self.strike()
        if self.struck == self.number("times"):
            self.remove()
        return True

    def strike(self) -> None:
        """Count that it strikes."""
        self.struck += 1
        self._faults.count(self.name)

    def remove(self) -> None:
        """Take it out of force; twice is fine."""
        self._faults.remove(self.id)

    def __enter__(self) -> Fault:
        return self

    def __exit__(self, *exc: object) -> None:
        self.remove()

    def row(self) -> dict[str, Any]:
        return {"id": self.id, "name": self.name, "options": self.options, "seen": self.seen, "struck": self.struck}


class Faults:
    """The faults in force of one simulator."""

    def __init__(self, clock: Clock, chance: random.Random, strike: Callable[[Fault], None]) -> None:
        self._clock = clock
        self._chance = chance
        self._strike = strike
        """Applies a fault that strikes by the clock."""
        self._faults: dict[int, Fault] = {}
        self._last = 0
        self._struck: dict[str, int] = {}
        self._started = False
        self.run: Callable[[Callable[[], Any]], Any] = lambda work: work()
        """Calls what touches the event loop. A `ThreadedSimulator` does so in its own thread, for any thread."""
        self.occasions: set[Occasion] = set()
        """The occasions of all active faults."""

    def __iter__(self) -> Iterator[Fault]:
        return iter(list(self._faults.values()))

    def add(self, name: str, **options: Value) -> Fault:
        """Put a fault in force. Raises ValueError for a name or option that is not in the table."""
        fault: Fault = self.run(lambda: self._add(name, complete(name, options)))
        return fault

    def _add(self, name: str, options: dict[str, Value]) -> Fault:
        self._last += 1
        fault = Fault(self, self._last, name, options, self._clock.now())
        self._faults[fault.id] = fault
        self._changed()
        if self._started:
            self._run(fault)
        return fault

    def parse(self, spec: str) -> Fault:
        """Put the fault of a text ``NAME[:key=value,...]`` in force. Raises ValueError."""
        name, _, rest = spec.partition(":")
        options: dict[str, Value] = {}
        for part in rest.split(",") if rest else ():
            key, equals, value = part.partition("=")
            if not equals:
                raise ValueError(f"fault {spec!r}: {part!r} is no key=value")
            options[key.strip()] = value
        return self.add(name.strip(), **options)

    def remove(self, ident: int) -> bool:
        """Take a fault out of force; whether it was."""
        return bool(self.run(lambda: self._remove(ident)))

    def _remove(self, ident: int) -> bool:
        fault = self._faults.pop(ident, None)
        if fault is None:
            return False
        if fault.task is not None:
            fault.task.cancel()
        self._changed()
        return True

    def clear(self) -> None:
        """Take all faults out of force. A connection that stalls or drips goes on so."""
        for ident in list(self._faults):
            self.remove(ident)

    def _changed(self) -> None:
        self.occasions = {fault.kind.at for fault in self._faults.values()}

    def count(self, name: str) -> None:
        self._struck[name] = self._struck.get(name, 0) + 1

    def struck(self, name: str) -> int:
        """How often faults of this name have struck, also those that are gone."""
        return self._struck.get(name, 0)

    # --- occasions -----------------------------------------------------------------------------

    def on_connection(self, path: str) -> Fault | None:
        """The fault that strikes a new WebSocket."""
        return next(self._striking("connection", lambda fault: fnmatch.fnmatchcase(path, fault.text("path"))), None)

    def on_call(self, user: str | None, method: str) -> list[Fault]:
        """The faults that strike a call of an account."""
        if method.startswith(_STEERING):
            return []

        def fits(fault: Fault) -> bool:
            wanted = fault.text("method") if "method" in fault.options else "auth.login_ex"
            return fnmatch.fnmatchcase(method, wanted) and fault.text("user") in ("", user)

        return list(self._striking("call", fits))

    def on_message(self, user: str | None) -> list[Fault]:
        """The faults that strike a message to an account's client."""
        return list(self._striking("message", lambda fault: fault.text("user") in ("", user)))

    def _striking(self, at: Occasion, fits: Callable[[Fault], bool]) -> Iterator[Fault]:
        now = self._clock.now()
        for fault in self:
            if fault.kind.at == at and fits(fault) and fault.strikes(now, self._chance):
                yield fault

    # --- those of time -------------------------------------------------------------------------

    def start(self) -> None:
        """Start the faults that strike by the clock."""
        self._started = True
        for fault in self:
            self._run(fault)

    def stop(self) -> None:
        """Stop them; all faults are gone."""
        self._started = False
        self.clear()

    def _run(self, fault: Fault) -> None:
        if fault.kind.at == "time":
            fault.task = asyncio.get_running_loop().create_task(self._strike_by_clock(fault))

    async def _strike_by_clock(self, fault: Fault) -> None:
        while fault.struck < (fault.number("times") or float("inf")):
            await self._clock.sleep(fault.number("every"))
            fault.strike()
            self._strike(fault)
        fault.task = None
        fault.remove()


def delay(fault: Fault, chance: random.Random) -> float:
    """Seconds a call waits for a ``latency`` fault."""
    mean = fault.number("mean")
    match fault.text("shape"):
        case "fixed":
            return mean
        case "normal":
            return max(chance.gauss(mean, mean / 3), 0.0)
        case "exponential":
            return chance.expovariate(1 / mean) if mean else 0.0
    return chance.uniform(fault.number("low"), fault.number("high"))
