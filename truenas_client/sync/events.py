"""Events for callbacks: each subscription calls its own on a thread of its own.

Invariants: the reader never runs a callback; the callbacks of one subscription run in order, one at a time, and may
call the client; a callback that is slow costs at most `MOST_WAITING` events, the oldest, which are counted and warned
of once; listening starts before the server is asked, because events may come before its answer; the thread of a
subscription ends with it.
"""

from __future__ import annotations

from _thread import allocate_lock
from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import Any
from uuid import uuid4

from ..engine.messages import NO_ID, Update
from ..engine.topics import Topic, Topics, source_failure
from ..exc import CallTimeout, ClientException, ConnectionLost
from ..secrets.logs import log
from .connection import Connection

__all__ = ["MOST_WAITING", "Callback", "Dispatcher", "Subscription", "SubscriptionRefused", "Subscriptions"]

MOST_WAITING = 100_000
"""Events that wait for a slow callback."""
SUBSCRIBE_SECONDS = 10.0
"""How long the answer may take, as in the official client."""
UNSUBSCRIBE_SECONDS = 10.0

Callback = Callable[..., object]


class SubscriptionRefused(ClientException, ValueError):
    """The old protocol's server refused a subscription. The official client raises ValueError there."""


class Dispatcher:
    """A thread that does one piece of work after the other, from `start` until `stop`."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.dropped = 0
        """Work that was dropped because a callback was slow."""
        self._queue: SimpleQueue[Callable[[], object] | None] = SimpleQueue()
        self._thread: Thread | None = None
        self._starting = allocate_lock()
        self._stopped = False

    def put(self, work: Callable[[], object]) -> bool:
        """Queue a piece of work. False after `stop`: nothing is done. Callers hold the connection's lock."""
        if self._stopped or self._thread is None:
            return False
        if self._queue.qsize() >= MOST_WAITING:
            self._drop()
        self._queue.put(work)
        return True

    def start(self) -> None:
        """Start the thread, once. The reader must not call this, because it waits until the thread runs."""
        with self._starting:  # of two threads one would never be stopped
            if self._thread is None:
                self._thread = Thread(target=self._run, name=self.name, daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """End the thread once the queued work is done."""
        if not self._stopped:
            self._stopped = True
            self._queue.put(None)

    @property
    def thread(self) -> Thread | None:
        """The thread, None before `start`."""
        return self._thread

    def _drop(self) -> None:
        try:
            self._queue.get_nowait()
        except Empty:
            return
        self.dropped += 1

    def _run(self) -> None:
        warned = False
        while (work := self._queue.get()) is not None:
            try:
                work()
            except SystemExit:
                pass  # as in any thread, it ends this piece of work alone
            except Exception:
                log.exception("a callback failed")
            del work
            if self.dropped and not warned:
                warned = True
                log.warning("%s: over %d wait for a slow callback; the oldest are dropped", self.name, MOST_WAITING)


class Subscription:
    """One `Client.subscribe`: a listener of a topic that hands the events to its dispatcher.

    ``payload`` is the caller's dictionary; at the end of the subscription its ``error`` tells why (None: it just
    finished) and its ``event`` is set.
    """

    def __init__(self, client: Any, name: str, callback: Callback, payload: dict[str, Any]) -> None:
        self.client = client  # a client that is not referenced any more is closed, but not while it listens
        self.name, self.callback, self.payload = name, callback, payload
        self.id = ""
        self.topic: Topic | None = None
        self.closed = False
        self.dispatcher = Dispatcher(f"truenas_client events of {name.partition(':')[0]}")

    @property
    def dropped(self) -> int:
        """Events that were dropped because the callback was slow."""
        return self.dispatcher.dropped

    def push(self, update: Update) -> None:
        """Take in an event. The reader calls this."""
        self.dispatcher.put(lambda: self._deliver(update))

    def gap(self, reason: str) -> None:
        """Never called: this client makes no second connection."""

    def source_ended(self, error: ClientException | None) -> None:
        """Take in that the server ended the source. The reader calls this."""
        self.finish(source_failure(self.name, error))

    def finish(self, error: ClientException | None) -> None:
        """End the subscription after the events that wait, with this error or without one."""
        self.dispatcher.put(lambda: self._end(error))
        self.dispatcher.stop()

    def close(self) -> None:
        """End the subscription at once: events that wait are not delivered."""
        self.closed = True
        self.finish(None)

    def _deliver(self, update: Update) -> None:
        if self.closed:
            return
        message = {"msg": update.kind, "collection": update.collection}
        if update.record_id is not NO_ID:
            message["id"] = update.record_id
        if update.fields is not None:
            message["fields"] = update.fields
        if update.extra is not None:
            message["extra"] = update.extra
        self.callback(update.kind.upper(), **message)

    def _end(self, error: ClientException | None) -> None:
        self.payload["error"] = error.error if error is not None else None
        ended = self.payload.get("event")
        if isinstance(ended, Event):
            ended.set()


class _Asking:
    """A subscription that the server was asked for; several threads may wait for its answer."""

    def __init__(self) -> None:
        self.done = Event()
        self.error: ClientException | None = None


class Subscriptions:
    """The subscriptions of one client. The reader calls ``update``, ``ended`` and ``over`` with the lock held."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._topics = topics = Topics()
        self.update, self.ended = topics.update, topics.ended
        self._asking: dict[str, _Asking] = {}
        self._by_id: dict[str, Subscription] = {}
        self._lock = allocate_lock()
        self.on_over: Callable[[ConnectionLost], None] = lambda lost: None

    # -- what callers want ---------------------------------------------------------------

    def subscribe(self, subscription: Subscription) -> str:
        """Start a subscription and return its id. Raises the server's error."""
        try:
            subscription.dispatcher.start()
            topic = subscription.topic = self.open(subscription.name, subscription)
            with self._connection.lock:
                # The server's handle serves the first listener; further ones share its subscription.
                handle = topic.handle
                subscription.id = handle if handle and handle not in self._by_id else str(uuid4())
                self._by_id[subscription.id] = subscription
        except BaseException:
            self._leave(subscription)
            raise
        return subscription.id

    def unsubscribe(self, subscription_id: str) -> None:
        """End a subscription of `subscribe`. An unknown id is no error, as on the server."""
        with self._connection.lock:
            subscription = self._by_id.get(subscription_id)
        if subscription is not None:
            self._leave(subscription)

    def _leave(self, subscription: Subscription) -> None:
        with self._connection.lock:
            topic = subscription.topic
            subscription.close()
            last = topic is not None and self._topics.leave(topic, subscription)
            self._by_id.pop(subscription.id, None)
        if last and topic is not None and topic.handle is not None and self._connection.lost is None:
            self._give_back(topic.name, topic.handle)

    def open(self, name: str, listener: Any, timeout: float = SUBSCRIBE_SECONDS) -> Topic:
        """Start listening, and ask the server when the name is new. Raises the server's error."""
        with self._connection.lock:
            topic = self.begin(name, listener, timeout)
            self._connection.leave()
            asking = self._asking.get(name)
        try:
            if asking is not None:
                asking.done.wait()
                if asking.error is not None:
                    raise asking.error
        except BaseException:
            with self._connection.lock:
                self._topics.leave(topic, listener)
            raise
        return topic

    def begin(self, name: str, listener: Any, timeout: float = SUBSCRIBE_SECONDS) -> Topic:
        """Start listening without waiting for the answer, in one write with the text that is sent next.

        The caller holds the lock.
        """
        topic, is_new = self._topics.listen(name, listener)
        if is_new:
            asking = _Asking()
            try:
                call = self._connection.subscribe_soon(name, timeout, lambda: self._answered(topic, asking, call))
            except ClientException:
                self._topics.leave(topic, listener)
                raise
            self._asking[name] = asking
        return topic

    def answered(self, topic: Topic) -> None:
        """Wait for the server's answer. Raises its error."""
        asking = self._asking.get(topic.name)
        if asking is not None:
            asking.done.wait()
            if asking.error is not None:
                raise asking.error
        elif topic.refused is not None:
            raise topic.refused

    # -- the reader's side ---------------------------------------------------------------

    def _answered(self, topic: Topic, asking: _Asking, call: Any) -> None:
        give_back = None
        with self._connection.lock:
            if self._asking.get(topic.name) is asking:
                del self._asking[topic.name]
            asking.error = call.error
            if call.error is None:
                topic.handle = str(call.result)
                if not topic.listeners:
                    self._topics.given_back(topic.name)
                    give_back = topic.handle  # all of them gave up waiting, or the source has ended already
            elif not isinstance(call.error, ConnectionLost):
                self._topics.refuse(topic, call.error)
        asking.done.set()
        if give_back is not None and self._connection.lost is None:
            self._give_back_soon(topic.name, give_back)

    def over(self, lost: ConnectionLost, *, ours: bool) -> None:
        """End every subscription, because the connection is over; with its error unless this side closed."""
        self._topics.finish(None if ours else lost)
        self._by_id.clear()
        self.on_over(lost)

    # -- inside --------------------------------------------------------------------------

    def _give_back(self, name: str, handle: str) -> None:
        try:
            self._connection.unsubscribe(handle, UNSUBSCRIBE_SECONDS)
        except (ConnectionLost, CallTimeout):
            pass  # the server's subscription ends with the connection
        except ClientException as e:
            # An expired session may not even unsubscribe. The listener is gone, so the error changes nothing.
            log.info("a subscription could not be given back: %s", type(e).__name__)
            with self._connection.lock:
                self._topics.given_back(name, refused=True)

    def _give_back_soon(self, name: str, handle: str) -> None:
        """Give a subscription back from a thread, because the reader must not wait for the answer."""
        Thread(target=self._give_back, args=(name, handle), name="truenas_client unsubscribe", daemon=True).start()
