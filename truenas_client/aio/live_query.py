"""A query that keeps itself current.

`LiveQuery` subscribes to the events of a collection before it queries it, so no change
falls between the two. An event that shows the whole row replaces the row. After an event
that shows less, the row is queried again, a moment later and together with others.
After a `Gap` the whole query is repeated.

Invariants: every change of `rows` reaches every `Changes` in order, exactly once or
merged with a later one of the same row; memory is bounded by the rows and the
subscription's queue, however slow a consumer; at most one query is in flight.
"""

from __future__ import annotations

import asyncio
import math
import weakref
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

from ..exc import CallTimeout, ClientException, ProtocolError
from ..methods.filters import FilterError, filter_list
from ..secrets.logs import log
from .events import Event, Gap

if TYPE_CHECKING:
    from .client import AsyncClient

__all__ = ["Change", "Changes", "LiveQuery"]

SETTLE_SECONDS = 0.1
"""How long events are collected before the rows they name are queried again."""
WHOLE_SECONDS = 1.0
"""The shortest time between two repetitions of a whole query: a busy job sends dozens of events a second."""
TOGETHER = 50
"""The most rows to query by their keys. With more, the whole query is repeated."""
RETRY_SECONDS = 5.0
"""How long to wait after a query that timed out."""
QUERY_SECONDS = 60.0


Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """A change of one row. ``row`` is None when it was removed, ``old`` when it was added."""

    kind: Literal["added", "changed", "removed"]
    key: Hashable
    row: Row | None
    old: Row | None


class Changes:
    """The changes of a `LiveQuery` since this object was made; iterate with ``async for``.

    A consumer that falls behind gets one `Change` for each row, from the state it last saw
    to the present one. Iteration ends when the query is closed, and raises the error that
    ended the query otherwise.
    """

    def __init__(self) -> None:
        self._pending: dict[Hashable, Change] = {}
        self._wake = asyncio.Event()
        self._finished = False
        self._error: ClientException | None = None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Change:
        while not self._pending:
            if self._error is not None:
                raise self._error
            if self._finished:
                raise StopAsyncIteration
            self._wake.clear()
            await self._wake.wait()
        return self._pending.pop(next(iter(self._pending)))

    @property
    def empty(self) -> bool:
        """Whether there is no change to be taken now."""
        return not self._pending

    def push(self, change: Change) -> None:
        """Take in a change. The query calls this."""
        before = self._pending.pop(change.key, None)
        merged = change if before is None else _merged(change.key, before.old, change.row)
        if merged is not None:
            self._pending[change.key] = merged
            self._wake.set()

    def finish(self, error: ClientException | None) -> None:
        """Take in that no more changes come. The query calls this."""
        self._finished, self._error = True, error
        self._wake.set()


class LiveQuery:
    """A query kept current: ``async with client.live("pool.query") as pools: pools.rows``.

    ``event`` is the event that reports changes, by default the one with the method's name.
    ``key`` is the member that identifies a row; an event's id holds the same value.
    ``filters`` and ``options`` are those of the query. ``get`` and ``count`` give no rows and
    are refused. With ``order_by``, ``limit`` or ``offset`` every event repeats the whole
    query, at most once a second.

    Entering subscribes and queries, and raises the errors of both. The queries only read,
    so they are repeated on the next connection.
    """

    def __init__(
        self,
        server: AsyncClient,
        method: str,
        filters: Sequence[Any] = (),
        options: Mapping[str, Any] | None = None,
        *,
        event: str | None = None,
        key: str = "id",
    ) -> None:
        options = dict(options or {})
        for name in ("get", "count"):
            if options.get(name):
                raise ValueError(f"a live query needs rows, so `{name}` makes no sense")
        self._server, self._method, self._key = server, method, key
        self._filters, self._options = list(filters), options
        self._whole = any(options.get(name) for name in ("order_by", "limit", "offset"))
        # Events show rows as a query without options does.
        self._plain = not any(options.values())
        self._events = server.subscribe(event or method)
        self._rows: dict[Hashable, Row] = {}
        self._changes: weakref.WeakSet[Changes] = weakref.WeakSet()
        self._stale: set[Hashable] | None = set()
        self._due: float | None = None
        self._asked = -math.inf
        """When the last query was sent."""
        self._task: asyncio.Task[None] | None = None
        self._done = False
        self.error: ClientException | None = None
        """The error that ended the query; None while it lives and after `close`."""

    @property
    def rows(self) -> Mapping[Hashable, Row]:
        """The rows by key, in the order of the query, new ones last. A view: it changes as they do."""
        return MappingProxyType(self._rows)

    @property
    def ready(self) -> bool:
        """Whether `rows` is up to date with every event received, and the connection is up."""
        return (
            self._task is not None
            and not self._done
            and self._due is None
            and self._events.inbox.empty
            and self._server.connected
        )

    def changes(self) -> Changes:
        """The changes from now on. Read `rows` just before or after: without an ``await`` no change comes between."""
        changes = Changes()
        self._changes.add(changes)
        if self._done:
            changes.finish(self.error)
        return changes

    async def __aenter__(self) -> Self:
        await self._events.open()
        try:
            self._replace(await self._query(self._filters))
        except BaseException:
            await self._events.close()
            raise
        self._task = asyncio.get_running_loop().create_task(self._run(), name=f"live {self._method}")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Stop. The changes end, the rows stay as they are. A second call does nothing."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        await self._events.close()
        self._finish(None)

    # -- inside --------------------------------------------------------------------------

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while True:
                if self._due is not None and loop.time() >= self._due:
                    await self._refresh()
                item = await self._next()
                if item is not None:
                    self._take(item)
        except StopAsyncIteration:
            self._finish(None)
        except ClientException as e:
            self._finish(e)
        except Exception as e:
            # A bug here: log it, and end the consumers instead of leaving them waiting.
            log.exception("a live query failed")
            self._finish(ClientException(f"{self._method}: the live query failed ({type(e).__name__})"))

    async def _next(self) -> Event | Gap | None:
        """The next event, or None when it is time to query."""
        # Ask the scope whether it expired: an error of the client may be a TimeoutError too.
        if self._due is None:
            return await anext(self._events)
        scope = asyncio.timeout_at(self._due)
        try:
            async with scope:
                return await anext(self._events)
        except TimeoutError:
            if not scope.expired():
                raise
            return None

    def _take(self, item: Event | Gap) -> None:
        if isinstance(item, Gap) or self._whole:
            self._ask(None)
            return
        key = self._key_of(item)
        if key is None:
            self._ask(None)
        elif item.kind == "removed":
            self._put(key, None)
        elif self._is_complete(key, item.fields):
            self._settle(key, item.fields)
        else:
            self._ask(key)

    def _key_of(self, event: Event) -> Hashable | None:
        """The key of the row that an event is about; None when the event does not name it."""
        extra = event.extra if isinstance(event.extra, dict) else {}
        for fields in (event.fields, extra.get("fields")):
            if isinstance(fields, dict) and isinstance(fields.get(self._key), (str, int)):
                found: str | int = fields[self._key]
                return found
        return event.id if isinstance(event.id, (str, int)) else None

    def _is_complete(self, key: Hashable, fields: Any) -> bool:
        """Whether an event shows the row of this key as the query would: with at least the members of known rows."""
        if not self._plain or not isinstance(fields, dict) or fields.get(self._key) != key or not self._rows:
            return False
        like = self._rows.get(key) or next(iter(self._rows.values()))
        return fields.keys() >= like.keys()

    def _settle(self, key: Hashable, row: Row) -> None:
        """Take in a whole row if the query's filters match it, else remove it."""
        if not self._filters:
            self._put(key, row)
            return
        try:
            self._put(key, row if filter_list([row], self._filters) else None)
        except FilterError:
            self._ask(key)  # only the server can apply this filter

    def _ask(self, key: Hashable | None) -> None:
        """Plan a query of one row, or of everything (None), for a moment later."""
        if key is None:
            self._stale = None
        elif self._stale is not None:
            self._stale.add(key)
            if len(self._stale) > TOGETHER:
                self._stale = None
        if self._due is None:
            self._due = asyncio.get_running_loop().time() + SETTLE_SECONDS
            if self._whole:
                self._due = max(self._due, self._asked + WHOLE_SECONDS)

    async def _refresh(self) -> None:
        stale = self._stale
        try:
            if stale is None:
                rows = await self._query(self._filters)
            else:
                rows = await self._query([*self._filters, [self._key, "in", sorted(stale, key=str)]])
        except CallTimeout as e:
            log.warning("%s: a live query is not current: %s", self._method, e)
            self._due = asyncio.get_running_loop().time() + RETRY_SECONDS
            return
        # Events that came meanwhile wait in the subscription and are taken next, so none is lost.
        self._stale, self._due = set(), None
        if stale is None:
            self._replace(rows)
        else:
            for key in stale:
                self._put(key, rows.get(key))

    async def _query(self, filters: list[Any]) -> dict[Hashable, Row]:
        self._asked = asyncio.get_running_loop().time()
        rows = await self._server.call(self._method, filters, self._options, timeout=QUERY_SECONDS, repeat=True)
        if not isinstance(rows, list):
            raise ProtocolError(f"{self._method}: the answer is not a list of rows")
        keyed: dict[Hashable, Row] = {}
        for row in rows:
            key = row.get(self._key) if isinstance(row, dict) else None
            if not isinstance(key, (str, int)):
                raise ProtocolError(f"{self._method}: a row has no {self._key!r} to tell it by")
            keyed[key] = row
        return keyed

    def _replace(self, rows: dict[Hashable, Row]) -> None:
        for key in [key for key in self._rows if key not in rows]:
            self._put(key, None)
        for key, row in rows.items():
            self._put(key, row)
        # The same rows again, now in the order of the answer.
        self._rows.clear()
        self._rows.update(rows)

    def _put(self, key: Hashable, row: Row | None) -> None:
        old = self._rows.get(key)
        change = _merged(key, old, row)
        if change is None:
            return
        if row is None:
            del self._rows[key]
        else:
            self._rows[key] = row
        for changes in self._changes:
            changes.push(change)

    def _finish(self, error: ClientException | None) -> None:
        if not self._done:
            self._done, self.error = True, error
            for changes in self._changes:
                changes.finish(error)


def _merged(key: Hashable, old: Row | None, new: Row | None) -> Change | None:
    """The change from one state of a row to another; None when there is none."""
    if old == new:
        return None
    if old is None:
        return Change("added", key, new, None)
    return Change("removed" if new is None else "changed", key, new, old)
