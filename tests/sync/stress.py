"""Many threads on one blocking client while its connections break; and connections by the thousand."""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass, field

from truenas_client import CallTimeout, Client, ConnectionLost
from truenas_client.simulator import ThreadedSimulator

from .nas import threads_of_ours, until

__all__ = ["Figures", "connects", "storm"]


@dataclass
class Figures:
    """What came of a storm. Every number counts operations that ended; none may be without an end."""

    calls: int = 0
    jobs: int = 0
    events: int = 0
    lost: int = 0
    losses: int = 0
    most_threads: int = 0
    wrong: list[str] = field(default_factory=list)


class _Shared:
    """The client that all threads use now; it is made anew when its connection has ended."""

    def __init__(self, address: str) -> None:
        self._address, self._lock = address, threading.Lock()
        self.client = Client(address)

    def current(self) -> Client:
        with self._lock:
            if self.client.closed:
                self.client.close()
                self.client = Client(self._address)
            return self.client


def storm(nas: ThreadedSimulator, *, threads: int, seconds: float, seed: int) -> Figures:
    """Calls, jobs and subscriptions from many threads, and random disconnects. Raises where one hangs or lies.

    The bound of threads is: one reader, one for jobs, one for each subscription.
    """
    figures, lock = Figures(), threading.Lock()
    shared, over = _Shared(f"ws+unix://{nas.nas.info()['unix']}"), threading.Event()

    def count(name: str, by: int = 1) -> None:
        with lock:
            setattr(figures, name, getattr(figures, name) + by)

    def one(client: Client, chance: random.Random, number: int) -> None:
        kind = chance.random()
        if kind < 0.6:
            value = chance.random()
            got = client.call("t.echo", value, timeout=30)
            if got != value:
                figures.wrong.append(f"{value} came back as {got}")
            count("calls")
        elif kind < 0.7:
            calls = [client.call("t.echo", n, background=True) for n in range(5)]
            got = [client.wait(call, timeout=30) for call in calls]
            if got != list(range(5)):
                figures.wrong.append(f"five calls came back as {got}")
            count("calls", 5)
        elif kind < 0.8:
            value = chance.random()
            got = client.call("t.job", value, job=True, callback=lambda job: None)
            if got != value:
                figures.wrong.append(f"the job of {value} came back as {got}")
            count("jobs")
        elif kind < 0.85:
            handle = client.subscribe("t.items", lambda mtype, **message: count("events"))
            nas.send_event("t.items", "ADDED", id=number, fields={})
            client.unsubscribe(handle)
        else:
            try:
                client.call("t.slow", 0.05, timeout=0.01)
            except CallTimeout:
                count("calls")

    def work(number: int) -> None:
        chance = random.Random(seed * 1000 + number)
        while not over.is_set():
            try:
                one(shared.current(), chance, number)
            except ConnectionLost:
                count("lost")
            except Exception as e:  # noqa: BLE001 - whatever it is, it is wrong
                figures.wrong.append(f"{type(e).__name__}: {e}")

    workers = [threading.Thread(target=work, args=(number,), daemon=True) for number in range(threads)]
    for worker in workers:
        worker.start()
    end, chance = time.monotonic() + seconds, random.Random(seed)
    while time.monotonic() < end:
        time.sleep(chance.uniform(0.1, 0.6))
        figures.most_threads = max(figures.most_threads, len(threads_of_ours()))
        nas.drop_connections()
        figures.losses += 1
    over.set()
    for worker in workers:
        worker.join(60)
        assert not worker.is_alive(), "a thread hangs"
    assert not figures.wrong, figures.wrong[:5]
    # Threads of a connection that has just ended may still be on their way out.
    assert figures.most_threads <= 2 * (threads + 2), figures.most_threads
    shared.client.close()
    until(lambda: not threads_of_ours())
    return figures


def connects(path: str, count: int) -> None:
    """Connect, call and close so often over the UNIX socket."""
    for number in range(count):
        with Client(f"ws+unix://{path}") as client:
            assert client.call("t.echo", number) == number
