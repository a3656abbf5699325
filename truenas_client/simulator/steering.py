"""Methods that steer the simulator itself: ``simulator.*``, in no catalogue, for full administrators.

They are how a test in another process, or a person with ``midclt``, sets faults, moves
the clock or restarts the server while it runs.
"""

from __future__ import annotations

import errno
from typing import Any

from .call import Call
from .errors import CallError
from .extension import Extensible
from .fault_table import COMMON, KINDS

__all__ = ["PART"]

PART = Extensible()


@PART.method("simulator.add_fault", private=True)
def add_fault(call: Call, name: str, options: Any = None) -> int:
    """Put a fault in force; answers its number. ``name`` may also be a whole ``NAME:key=value,...``."""
    try:
        fault = call.nas.faults.parse(name) if options is None else call.nas.faults.add(name, **options)
    except (TypeError, ValueError, AttributeError) as e:
        raise CallError(str(e), errno.EINVAL) from e
    return fault.id


@PART.method("simulator.remove_fault", private=True)
def remove_fault(call: Call, id: int) -> bool:
    """Take a fault out of force; answers whether it was."""
    return call.nas.faults.remove(id)


@PART.method("simulator.clear_faults", private=True)
def clear_faults(call: Call) -> None:
    """Take all faults out of force."""
    call.nas.faults.clear()


@PART.method("simulator.faults", private=True)
def faults(call: Call) -> list[dict[str, Any]]:
    """The faults in force, and how often each has struck."""
    return [fault.row() for fault in call.nas.faults]


@PART.method("simulator.fault_kinds", private=True)
def fault_kinds(call: Call) -> dict[str, Any]:
    """Every kind of fault with its options."""
    return {
        name: {
            "at": kind.at,
            "description": kind.doc,
            "options": {
                key: {"default": default, "description": doc}
                for key, (default, doc) in {**({} if kind.at == "time" else COMMON), **kind.options}.items()
            },
        }
        for name, kind in KINDS.items()
    }


@PART.method("simulator.advance", private=True)
def advance(call: Call, seconds: float) -> None:
    """Move the simulated clock forward."""
    if not isinstance(seconds, (int, float)) or not 0 <= seconds < 1e9:
        raise CallError("seconds is to be a number, 0 or more", errno.EINVAL)
    call.nas.clock.advance(seconds)


@PART.method("simulator.restart", private=True)
def restart(call: Call) -> None:
    """Restart the server as after a boot, once the answer has left."""
    call.nas.restart_soon()


@PART.method("simulator.drop_connections", private=True)
def drop_connections(call: Call) -> None:
    """End TCP of every connection but this one, without close frames."""
    for session in call.nas.sessions:
        if session is not call.session:
            session.channel.abort()


@PART.method("simulator.rotate_certificate", private=True)
def rotate_certificate(call: Call) -> str:
    """Exchange the certificate; answers the fingerprint of the new one."""
    if call.nas.tls is None:
        raise CallError("This simulator has no TLS", errno.EOPNOTSUPP)
    call.nas.tls.rotate()
    return call.nas.tls.fingerprint


@PART.method("simulator.send_event", private=True)
def send_event(call: Call, name: str, kind: str, members: Any = None) -> None:
    """Send an event (ADDED, CHANGED or REMOVED) with the members id, fields and others."""
    if kind not in ("ADDED", "CHANGED", "REMOVED") or not isinstance(members or {}, dict):
        raise CallError("kind is ADDED, CHANGED or REMOVED, members an object", errno.EINVAL)
    further = {key: value for key, value in (members or {}).items() if key not in ("name", "kind", "visible")}
    call.nas.send_event(name, kind, **further)


@PART.method("simulator.fake_address", private=True)
def fake_address(call: Call, address: str | None) -> None:
    """Let new TCP connections seem to come from another address; null: no more."""
    call.nas.faked_address = address
