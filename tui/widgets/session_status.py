"""A session as the status line shows it: its name among the open connections, its state, and its counts."""

from __future__ import annotations

import math
import time

from tui.model.labels import Connection, told_apart
from tui.session.session import Session, State
from tui.widgets.status_line import Other, Status

__all__ = ["names_of", "status_of"]


def status_of(session: Session, *, lost: bool, reconnect: str) -> Status:
    """The status of a session beside the other open ones.

    ``lost`` tells that it was connected before; ``reconnect`` is the key that connects or signs in again.
    """
    names = names_of(session)
    return Status(
        online=session.online,
        connecting=session.state is State.CONNECTING and not lost,
        name=names[0],
        user=session.target.user,
        version=session.learning.release,
        writable=session.caller.writable,
        latency=None if session.life.latency is None else session.life.latency * 1000,
        slots=session.life.slots,
        jobs=len(session.jobs.active()),
        events=len(session.feeds.open),
        note=_note(session, lost, reconnect),
        colour=session.target.profile.colour,
        others=tuple(
            Other(name, other.online, other.target.profile.colour)
            for name, other in zip(names[1:], session.others(), strict=True)
        ),
    )


def names_of(session: Session) -> list[str]:
    """The names of the open connections, this one first, each of which no other one has."""
    return told_apart([Connection(one.host, one.address, one.target.user) for one in (session, *session.others())])


def _note(session: Session, lost: bool, reconnect: str) -> str:
    match session.state:
        case State.WAITING if session.life.retry_at is not None:
            return f"retry in {max(math.ceil(session.life.retry_at - time.monotonic()), 0)} s"
        case State.CONNECTING if session.life.cooldown:
            return f"sign-in in {session.life.cooldown} s"
        case State.WAITING | State.CONNECTING if lost:
            return "connecting"
        case State.OFFLINE:
            return f"{reconnect} reconnects"
        case State.EXPIRED:
            return f"signed out, {reconnect} signs in"
    return ""
