"""All kinds of faults: when they strike, their effect, their options. ``--help`` shows this table.

A new kind is a row here and a case in the module of its occasion: connections in `front`,
calls in `calls`, messages in `link`, the clock in `faults`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

__all__ = ["COMMON", "KINDS", "Kind", "Occasion", "Value", "complete", "explained"]

Occasion = Literal["connection", "call", "message", "time"]
Value = str | int | float
Options = dict[str, tuple[Value, str]]
"""The default of each option, and its meaning."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of fault: when it strikes, its effect, its options with defaults, and their meaning."""

    at: Occasion
    doc: str
    options: Options = field(default_factory=dict)


COMMON: Options = {
    "times": (0, "how often it strikes at most; 0: no limit"),
    "skip": (0, "how many occasions it lets pass first"),
    "chance": (1.0, "probability of striking"),
    "seconds": (0.0, "how long it is in force; 0: until it is removed"),
}
"""Options of every fault but those of time, which strike by the clock."""

_PATH: Options = {"path": ("*", "paths it strikes")}
_USER: Options = {"user": ("", "only connections of this account")}
_CALL: Options = {"method": ("*", "methods it strikes, with * and ? for any letters"), **_USER}
_TIME: Options = {"every": (10.0, "seconds between two"), "times": (0, "how often at most; 0: no limit")}

KINDS: dict[str, Kind] = {
    "handshake": Kind("connection", "answers the upgrade with an HTTP error", {"status": (502, "the status"), **_PATH}),
    "redirect": Kind(
        "connection",
        "answers the upgrade with a redirect",
        {
            "status": (302, "the status"),
            "location": ("https://other.example/api/current", "where to"),
            **_PATH,
        },
    ),
    "not-allowed": Kind(
        "connection",
        "closes each new WebSocket with 1008, as for an address that is not in the allow list",
        _PATH,
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
    "half-close": Kind("call", "ends the direction to the client; calls still run", _CALL),
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
        {**_USER, "url": ("https://other.example", "where to")},
    ),
    "drip": Kind(
        "message",
        "sends to the client a few octets at a time from then on",
        {**_USER, "rate": (1000, "octets a second")},
    ),
    "duplicate": Kind("message", "sends a message twice", _USER),
    "reorder": Kind("message", "holds a message back until the next has been sent, or a moment", _USER),
    "garbage": Kind(
        "message",
        "sends nonsense before a message",
        {
            **_USER,
            "content": ("text", "text (cut off JSON), json (a list), binary, utf8 (broken text) or frame (no frame)"),
        },
    ),
    "restart": Kind("time", "restarts the server: connections drop, the boot id changes, jobs count from 1", _TIME),
    "rotate": Kind("time", "exchanges the certificate; needs TLS", _TIME),
}
"""Every fault by its name."""

_CHOICES = {
    "when": ("before", "after"),
    "shape": ("uniform", "normal", "exponential", "fixed"),
    "content": ("text", "json", "binary", "utf8", "frame"),
}


def complete(name: str, given: dict[str, Value]) -> dict[str, Value]:
    """The options of a fault with defaults filled in. Raises ValueError for a name or option not in the table."""
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


def explained() -> str:
    """The table as text, for ``--help``."""
    lines = []
    for name, kind in KINDS.items():
        lines.append(f"  {name}: {kind.doc}")
        lines += [f"      {key}={default}  {doc}" for key, (default, doc) in kind.options.items()]
    lines.append("  and, save for restart and rotate:")
    lines += [f"      {key}={default}  {doc}" for key, (default, doc) in COMMON.items()]
    return "\n".join(lines)
