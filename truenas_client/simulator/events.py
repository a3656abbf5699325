"""Events: subscriptions of sessions, sending events to them, and event sources.

One event goes once to each connection, however many of its subscriptions match,
and is encoded once for all of them. A source runs once for each subscription
string and ends with its last subscriber. Invariants: rights are checked when a
subscription is made, never after; a subscription of a closed session is gone.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from truenas_client.methods.normalise import normalise

from .accounts import signed_in
from .arguments import check
from .encoding import error_of
from .errors import ValidationErrors, not_authorized, refused
from .registry import EventKind, Registry

if TYPE_CHECKING:
    from .clock import Clock
    from .dialect import Dialect
    from .session import Session

__all__ = ["Events", "Source", "Update"]


class Update:
    """One event to be sent. It is encoded at most once for each dialect."""

    def __init__(self, collection: str, kind: str, members: dict[str, Any]) -> None:
        self.collection = collection
        self.kind = kind.lower()
        self.members = members
        self._texts: dict[type[Dialect], str] = {}

    def text(self, dialect: Dialect) -> str:
        """``msg, collection, id?, fields?, extra?`` as a message; in a removal even ``fields`` is extra."""
        if (text := self._texts.get(type(dialect))) is not None:
            return text
        known = ("id",) if self.kind == "removed" else ("id", "fields")
        body: dict[str, Any] = {"msg": self.kind, "collection": self.collection}
        body |= {name: self.members[name] for name in known if name in self.members}
        if extra := {name: value for name, value in self.members.items() if name not in known}:
            body["extra"] = extra
        return self._texts.setdefault(type(dialect), dialect.update(body))


class Source:
    """A running event source, by which its function sends events and waits."""

    def __init__(self, kind: EventKind, ident: str, clock: Clock) -> None:
        self.kind = kind
        self.ident = ident
        self.clock = clock
        self.sessions: dict[Session, None] = {}
        self.task: asyncio.Task[None] | None = None

    def send(self, kind: str = "ADDED", **members: Any) -> None:
        """Send an event to every session that subscribed with the same text."""
        update = Update(self.ident, kind, members)
        for session in list(self.sessions):
            session.send_update(update)

    async def sleep(self, seconds: float) -> None:
        """Wait simulated seconds."""
        await self.clock.sleep(seconds)


class Events:
    """All subscriptions of all sessions."""

    def __init__(self, registry: Registry, clock: Clock) -> None:
        self._registry = registry
        self._clock = clock
        self._subscribers: dict[str, dict[Session, None]] = {}
        self._sources: dict[str, Source] = {}

    def subscribe(self, session: Session, name: str, ident: str | None = None) -> str:
        """Subscribe a signed-in session; answers the id (clients of the old protocol choose it).

        Raises `CallError` without the right to it.
        """
        base, colon, argument = name.partition(":")
        kind = self._registry.events.get(base)
        account = signed_in(session.credential)
        if kind is None:
            # The server accepts an unknown name from a full administrator (the facts of the wire, "Events").
            if not account.full_admin:
                raise not_authorized()
        elif not kind.no_authz and not account.holds(kind.roles):
            raise not_authorized()
        ident = str(uuid4()) if ident is None else ident
        session.subscriptions[ident] = name
        if kind is not None and kind.source is not None:
            self._join_source(session, kind, name, argument if colon else None)
        else:
            self._subscribers.setdefault(name, {})[session] = None
        return ident

    def unsubscribe(self, session: Session, ident: str) -> None:
        """End one subscription. An unknown id is no error."""
        name = session.subscriptions.pop(ident, None)
        if name is None or name in session.subscriptions.values():
            return
        source = self._sources.get(name)
        if source is not None and session in source.sessions:
            self._leave_source(session, source)
            session.send_ended(name, None)
        else:
            self._drop(session, name)

    def leave(self, session: Session, *, sources_only: bool = False) -> None:
        """Drop the subscriptions of a session that ended, or after a logout those to sources."""
        for ident, name in list(session.subscriptions.items()):
            if (source := self._sources.get(name)) is not None:
                self._leave_source(session, source)
            if not sources_only:
                self._drop(session, name)
            if name not in self._subscribers or not sources_only:
                del session.subscriptions[ident]

    def _drop(self, session: Session, name: str) -> None:
        subscribers = self._subscribers.get(name, {})
        subscribers.pop(session, None)
        if not subscribers:
            self._subscribers.pop(name, None)

    def send(self, name: str, kind: str, *, visible: Callable[[Session], bool] | None = None, **members: Any) -> None:
        """Send an event (``ADDED``, ``CHANGED`` or ``REMOVED``) to every session that subscribed to it or to ``*``."""
        named, everything = self._subscribers.get(name), self._subscribers.get("*")
        if not named and not everything:
            return
        update = Update(name, kind, members)
        for session in {**(named or {}), **(everything or {})}:
            if visible is None or visible(session):
                session.send_update(update)

    def stop(self) -> None:
        """End every source without telling its subscribers."""
        for source in self._sources.values():
            if source.task is not None:
                source.task.cancel()
        self._sources.clear()

    # --- sources -------------------------------------------------------------------------------

    def _join_source(self, session: Session, kind: EventKind, ident: str, argument: str | None) -> None:
        source = self._sources.get(ident)
        if source is not None:
            source.sessions[session] = None
            return
        try:
            value = _source_argument(kind, argument)
        except ValidationErrors as e:
            # The server sends the end before it answers the subscription (recorded: flow event_source_errors).
            session.send_ended(ident, error_of(e, None))
            return
        source = self._sources[ident] = Source(kind, ident, self._clock)
        source.sessions[session] = None
        source.task = asyncio.get_running_loop().create_task(self._run_source(source, value))

    async def _run_source(self, source: Source, argument: Any) -> None:
        error: dict[str, Any] | None = None
        assert source.kind.source is not None
        try:
            await source.kind.source(source, argument)
        except Exception as e:  # noqa: BLE001 - whatever a source raises is told to its subscribers
            error = error_of(e, None)
        if self._sources.get(source.ident) is source:
            del self._sources[source.ident]
        for session in source.sessions:
            gone = [ident for ident, name in session.subscriptions.items() if name == source.ident]
            for ident in gone:
                del session.subscriptions[ident]
            session.send_ended(source.ident, error)

    def _leave_source(self, session: Session, source: Source) -> None:
        source.sessions.pop(session, None)
        if not source.sessions:
            self._sources.pop(source.ident, None)
            if source.task is not None:
                source.task.cancel()


def _source_argument(kind: EventKind, text: str | None) -> Any:
    if kind.accepts is not None and kind.accepts.get("type") == "string":
        return text or ""  # no JSON: what 24.10's follower of files takes
    try:
        value = json.loads(text) if text else {}
    except (ValueError, RecursionError) as e:
        raise refused("", str(e)) from e
    if kind.accepts is None:
        return value
    errors = ValidationErrors()
    value = check(normalise(kind.accepts), value, "", errors)
    for error in errors:
        error.attribute = (error.attribute or "").removeprefix(".")
    errors.check()
    return value
