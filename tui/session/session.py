"""One connection to one TrueNAS, as the app sees it: a front for its parts, and what ties them.

`life` connects and signs in, `learning` knows the methods, `caller` makes calls and keeps the lock, `jobs` and `feeds`
hold what the server tells by itself. They speak to the screens by plain callbacks (`changed`), never by widgets, and
live on their event loop. Invariants stand with the parts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any

from truenas_client import AsyncClient, exc
from truenas_client.methods.catalogue import Catalogue, Method
from truenas_client.storage.catalogue_cache import CatalogueCache, Kept
from tui.memory.state import ConnectionMemory
from tui.model.eventnames import KnownEvents, known_events, listed_events
from tui.session.caller import Caller
from tui.session.feeds import Feeds
from tui.session.filling import PutIn
from tui.session.jobs import JobFollower
from tui.session.learning import Learning, Shelf
from tui.session.life import Life, State
from tui.session.stores import Call, JobStore, Signal
from tui.session.target import Target
from tui.session.wire import WireLog

if TYPE_CHECKING:
    from tui.session.tour import Tour

__all__ = ["Session", "State", "Target"]


class Session:
    """A connection with its catalogue, jobs, feeds and calls."""

    def __init__(self, target: Target, cache: CatalogueCache | None = None, *, place: str = "") -> None:
        """``cache`` stores the list of methods; without it each session reads its own.

        ``place`` is what is remembered of the server is found by, unless by the target's address.
        """
        self.changed = Signal()
        self.catalogue_changed = Signal()
        changed, put_in = self.changed.publish, PutIn()
        # For this session only, until the app gives it the one that is kept.
        self.memory: ConnectionMemory = ConnectionMemory()
        self.others: Callable[[], list[Session]] = list
        """The other open sessions; set by the owner of all of them."""
        self.tour: Tour | None = None
        """Shown above the footer, while there is one."""
        self.life = Life(target, changed)
        self.learning = Learning(self.catalogue_changed.publish)
        self.masked = put_in.masked
        """Masks in what the server sends what the app has put into arguments."""
        self.jobs = JobStore()
        self.feeds = Feeds(put_in.masked, changed)
        self.life.on_lost, self.life.on_returned = self.feeds.lost, self._returned
        self.wire = WireLog(self.life.tap, put_in.masked)
        self.caller = Caller(
            *(self.life, self.learning, self.jobs, put_in, changed), record=self._record, writable=target.writable
        )
        self.follower = JobFollower(self.jobs, self.life, put_in.masked, changed)
        self._cache = cache
        self._place = place
        self._events: KnownEvents | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    # Connecting ------------------------------------------------------------------

    async def open(self, step: Callable[[str], None] = lambda done: None, otp: str | None = None) -> None:
        """Connects, signs in and reads the catalogue; ``step`` hears of each thing done.

        Raises what the client raises, with the session OFFLINE and ``failure`` set;
        `exc.OTPRequired` wants another try with ``otp``. Cancelling closes the
        connection again.
        """

        async def learn(client: AsyncClient) -> None:
            self._learned(await self.learning.learn(client, self._shelf))
            step(f"{len(self.catalogue)} methods")

        client = await self.life.open(learn, self.caller.results.take, step, otp)
        self._spawn(self.life.follow(client), "life")
        self._spawn(self.follower.follow(client), "jobs")
        self._spawn(self.life.measure(client), "latency")
        self.feeds.begin(client)

    async def reconnect(self) -> None:
        """Connects and signs in again with the values typed before. Raises as `open`.

        While the client is about to do so by itself, only the pause is cut short.
        """
        if not self.life.hasten():
            await self._drop()
            await self.open()

    async def close(self) -> None:
        """Ends everything; twice is fine."""
        self.life.state = State.CLOSED
        await self.caller.close()
        await self._drop()

    async def _drop(self) -> None:
        current = asyncio.current_task()
        tasks = [task for task in self._tasks if task is not current]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.feeds.end()
        await self.life.drop()

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(work, name=f"session-{name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _returned(self, client: AsyncClient) -> None:
        self.feeds.returned()
        self.follower.returned()
        self._spawn(self._look_again(client), "again")

    async def _look_again(self, client: AsyncClient) -> None:
        """Reads what may have changed since the loss: jobs, and after an update the methods."""
        try:
            await self.follower.look()
            self._learned(await self.learning.look_again(client, self._shelf))
        except exc.ClientException:
            # Lost once more, which is told elsewhere, or not permitted: what was known before still stands there.
            return

    # Kept for the next start --------------------------------------------------

    @property
    def place(self) -> str:
        """The key, with the user, of the memory of this server."""
        return self._place or self.target.place

    @property
    def _shelf(self) -> Shelf:
        return Shelf(self._cache, self.place, self.target.user)

    def recall(self, kept: Kept | None = None) -> bool:
        """Shows the methods as they were when they were last read, until it is known better. False: there are none."""
        return self.learning.recall(kept or self._shelf.find())

    def _learned(self, new: Kept | None) -> None:
        """What is ``new`` is kept for the next start."""
        self.life.host = self.learning.host or self.life.host
        if new is not None:
            self._spawn(self._shelve(new), "shelf")

    async def _shelve(self, new: Kept) -> None:
        if problem := await self._shelf.keep(new):
            self.life.warn(problem)

    def _record(self, call: Call) -> None:
        """Writes a call into the history: once as it is sent, once as it has ended."""
        history = self.memory.history
        if call.recorded:
            error = call.failure.title if call.failure is not None else ""
            history.ended(call.recorded, call.state, round(call.elapsed * 1000), self.masked(error))
        else:
            method = self.method(call.method)
            names = [param.name for param in method.params] if method is not None else []
            call.recorded = history.began(call.method, self.masked(call.params), names)

    # The parts, by the names that most need ----------------------------------------

    @property
    def target(self) -> Target:
        """Where to and as whom."""
        return self.life.target

    @target.setter
    def target(self, target: Target) -> None:
        self.life.target = target

    @property
    def state(self) -> State:
        """Where the connection stands."""
        return self.life.state

    @property
    def online(self) -> bool:
        """Calls can be sent now."""
        return self.life.online

    @property
    def host(self) -> str:
        """The name the server goes by."""
        return self.life.host

    @property
    def address(self) -> str:
        """The address in full once connected, before that as it was typed."""
        return self.life.address

    @property
    def roles(self) -> frozenset[str] | None:
        """The roles of the signed-in user; None while unknown."""
        return self.learning.roles

    @property
    def catalogue(self) -> Catalogue:
        """The methods of this server."""
        return self.learning.catalogue

    def method(self, name: str) -> Method | None:
        """A method of this server."""
        return self.catalogue.get(name)

    def events_known(self) -> KnownEvents:
        """The events that this server may send."""
        return self._events or known_events(self.catalogue.methods)

    async def ask_for_events(self) -> None:
        """Asks a server that lists its events, as those before 25.04 do, once. Raises as `read`."""
        if self._events is None and "core.get_events" in self.catalogue.methods:
            self._events = listed_events(await self.life.online_client().call("core.get_events"))

    def risk_of(self, method: str, params: list[Any]) -> str:
        """``read``, ``write`` or ``risk``; a wrapper such as ``core.bulk`` is what it names."""
        return self.caller.risk_of(method, params)

    def new_call(self, method: str, params: list[Any]) -> Call:
        """A record for a call about to be made."""
        return self.caller.new(method, params)

    async def read(self, method: str, params: Sequence[Any] = ()) -> Any:
        """A call for the app's own use, see `Caller.read`."""
        return await self.caller.read(method, params)
