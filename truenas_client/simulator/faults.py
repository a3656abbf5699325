"""What can go wrong on purpose: one table of faults, and those in force.

::

    nas.faults.add("drop", method="pool.*", times=1)      # until it has struck once
    with nas.faults.add("latency", low=0.2, high=2.0):    # inside the block
        ...
    nas.faults.parse("error:method=pool.query,errno=5")   # as `--fault` writes it

A fault looks at each occasion of its kind (a connection, a call, a message to a client)
and strikes or not: not the first ``skip`` ones, not more than ``times``, by ``chance``,
and only while its ``seconds`` last. Times are simulated seconds. Invariants: calls of
``simulator.*`` are never struck, so every fault can be ended from outside as well; with
no fault in force nothing is looked at.
"""

from __future__ import annotations

import asyncio
import fnmatch
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from .session import Session
    from .simulator import Simulator

__all__ = ["COMMON", "KINDS", "Fault", "Faults", "Kind", "delay", "explained"]

Occasion = Literal["connection", "call", "message", "time"]
Value = str | int | float


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of fault: when it strikes, what it does, its options with defaults, and what they mean."""

    at: Occasion
    doc: str
    options: dict[str, tuple[Value, str]] = field(default_factory=dict)


COMMON: dict[str, tuple[Value, str]] = {
    "times": (0, "how often it strikes at most; 0: no limit"),
    "skip": (0, "how many occasions it lets pass first"),
    "chance": (1.0, "probability of striking"),
    "seconds": (0.0, "how long it is in force; 0: until it is removed"),
}
"""Options of every fault but those of time, which strike by the clock."""

_CALL: dict[str, tuple[Value, str]] = {
    "method": ("*", "methods it strikes, with * and ? for any letters"),
    "user": ("", "only connections of this account"),
}
_MESSAGE: dict[str, tuple[Value, str]] = {"user": ("", "only connections of this account")}

KINDS: dict[str, Kind] = {
    "handshake": Kind(
        "connection",
        "answers the upgrade with an HTTP error",
        {"status": (502, "the status"), "path": ("*", "paths it strikes")},
    ),
    "redirect": Kind(
        "connection",
        "answers the upgrade with a redirect",
        {
            "status": (302, "the status"),
            "location": ("https://other.example/api/current", "where to"),
            "path": ("*", "paths it strikes"),
        },
    ),
    "not-allowed": Kind(
        "connection",
        "closes each new WebSocket with 1008, as for an address that is not in the allow list",
        {"path": ("*", "paths it strikes")},
    ),
    "drop": Kind(
        "call",
        "ends TCP without a close frame when a call arrives",
        {**_CALL, "when": ("before", "before the call runs, or after: it has run and its answer is lost")},
    ),
    "stall": Kind(
        "call",
        "neither reads nor sends any more, with the connection open",
        {**_CALL, "pause": (0.0, "how long it is silent; 0: for ever")},
    ),
    "half-close": Kind("call", "ends the direction to the client; calls still run", dict(_CALL)),
    "close": Kind(
        "call",
        "closes the WebSocket when a call arrives",
        {**_CALL, "code": (1001, "the close code"), "reason": ("", "its text")},
    ),
    "error": Kind(
        "call",
        "answers a call error in place of the call",
        {
            **_CALL,
            "errno": (5, "the number of the error"),
            "reason": ("Injected", "its text"),
            "attribute": ("", "a dotted name makes it a validation error of that field"),
        },
    ),
    "latency": Kind(
        "call",
        "lets calls wait before they run",
        {
            **_CALL,
            "shape": ("uniform", "uniform (low to high), normal or exponential (about mean), or fixed (mean)"),
            "low": (0.05, "least seconds"),
            "high": (0.5, "most seconds"),
            "mean": (0.2, "seconds in the middle"),
        },
    ),
    "login-redirect": Kind(
        "call",
        "answers sign-ins with REDIRECT, as a standby controller does",
        {"user": ("", "only connections of this account"), "url": ("https://other.example", "where to")},
    ),
    "drip": Kind(
        "message",
        "sends to the client a few octets at a time from then on",
        {**_MESSAGE, "rate": (1000, "octets a second")},
    ),
    "duplicate": Kind("message", "sends a message twice", dict(_MESSAGE)),
    "reorder": Kind("message", "holds a message back until the next has been sent, or a moment", dict(_MESSAGE)),
    "garbage": Kind(
        "message",
        "sends nonsense before a message",
        {
            **_MESSAGE,
            "content": ("text", "text (cut off JSON), json (a list), binary, utf8 (broken text) or frame (no frame)"),
        },
    ),
    "restart": Kind(
        "time",
        "restarts the server: connections drop, the boot id changes, jobs count from 1",
        {"every": (10.0, "seconds between two"), "times": (0, "how often at most; 0: no limit")},
    ),
    "rotate": Kind(
        "time",
        "exchanges the certificate; needs TLS",
        {"every": (10.0, "seconds between two"), "times": (0, "how often at most; 0: no limit")},
    ),
}
"""Every fault by its name."""

_CHOICES = {
    "when": ("before", "after"),
    "shape": ("uniform", "normal", "exponential", "fixed"),
    "content": ("text", "json", "binary", "utf8", "frame"),
}
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

    def __init__(self, nas: Simulator) -> None:
        self._nas = nas
        self._faults: dict[int, Fault] = {}
        self._last = 0
        self._struck: dict[str, int] = {}
        self._started = False
        self.connections = self.calls = self.messages = False
        """Whether any fault is in force that looks at this occasion."""

    def __iter__(self) -> Iterator[Fault]:
        return iter(list(self._faults.values()))

    def add(self, name: str, **options: Value) -> Fault:
        """Put a fault in force. Raises ValueError for a name or option that is not in the table."""
        self._last += 1
        fault = Fault(self, self._last, name, _complete(name, options), self._nas.clock.now())
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
        occasions = {fault.kind.at for fault in self._faults.values()}
        self.connections = "connection" in occasions
        self.calls = "call" in occasions
        self.messages = "message" in occasions

    def count(self, name: str) -> None:
        self._struck[name] = self._struck.get(name, 0) + 1

    def struck(self, name: str) -> int:
        """How often faults of this name have struck, also those that are gone."""
        return self._struck.get(name, 0)

    # --- occasions -----------------------------------------------------------------------------

    def on_connection(self, path: str) -> Fault | None:
        """The fault that strikes a new WebSocket."""
        return next(self._striking("connection", lambda fault: fnmatch.fnmatchcase(path, fault.text("path"))), None)

    def on_call(self, session: Session, method: str) -> list[Fault]:
        """The faults that strike a call."""
        if method.startswith(_STEERING):
            return []

        def fits(fault: Fault) -> bool:
            wanted = fault.text("method") if "method" in fault.options else "auth.login_ex"
            return fnmatch.fnmatchcase(method, wanted) and _is_of(session, fault)

        return list(self._striking("call", fits))

    def on_message(self, session: Session) -> list[Fault]:
        """The faults that strike a message to a client."""
        return list(self._striking("message", lambda fault: _is_of(session, fault)))

    def _striking(self, at: Occasion, fits: Callable[[Fault], bool]) -> Iterator[Fault]:
        now = self._nas.clock.now()
        for fault in self:
            if fault.kind.at == at and fits(fault) and fault.strikes(now, self._nas.random):
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
            await self._nas.clock.sleep(fault.number("every"))
            fault.strike()
            if fault.name == "restart":
                self._nas.restart()
            elif self._nas.tls is not None:
                self._nas.tls.rotate()
        fault.task = None
        fault.remove()


def _is_of(session: Session, fault: Fault) -> bool:
    user = fault.text("user")
    return not user or (session.credential is not None and session.credential.account.name == user)


def _complete(name: str, given: dict[str, Value]) -> dict[str, Value]:
    kind = KINDS.get(name)
    if kind is None:
        raise ValueError(f"there is no fault {name!r}; there are {', '.join(KINDS)}")
    known = kind.options if kind.at == "time" else {**kind.options, **COMMON}
    options = {key: default for key, (default, _) in known.items()}
    for key, value in given.items():
        if key not in options:
            raise ValueError(f"the fault {name} has no option {key!r}; it has {', '.join(options)}")
        options[key] = _typed(name, key, value, options[key])
    if kind.at == "time" and float(options["every"]) <= 0:
        raise ValueError(f"the fault {name} wants a time above 0 for every")
    return options


def _typed(name: str, key: str, value: Value, default: Value) -> Value:
    if isinstance(default, str):
        if key in _CHOICES and value not in _CHOICES[key]:
            raise ValueError(f"the fault {name} wants {key} to be one of {', '.join(_CHOICES[key])}, not {value!r}")
        return str(value)
    try:
        number: Value = type(default)(value)
    except ValueError:
        raise ValueError(f"the fault {name} wants a number for {key}, not {value!r}") from None
    if not 0 <= float(number) < float("inf"):
        raise ValueError(f"the fault {name} wants {key} to be 0 or more, not {value!r}")
    return number


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


def explained() -> str:
    """The table as text, for ``--help``."""
    lines = []
    for name, kind in KINDS.items():
        lines.append(f"  {name}: {kind.doc}")
        lines += [f"      {key}={default}  {doc}" for key, (default, doc) in kind.options.items()]
    lines.append("  and, save for restart and rotate:")
    lines += [f"      {key}={default}  {doc}" for key, (default, doc) in COMMON.items()]
    return "\n".join(lines)
