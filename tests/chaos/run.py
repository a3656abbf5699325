"""Clients at work through a bad network, to a server that restarts: nothing may be lost silently.

Several `AsyncClient`s call, start jobs and listen through a `Proxy` to the
simulator, while faults happen to their connections. The server keeps account by
the number each call carries.

* every operation has one outcome, and has it soon after its time limit;
* no write and no job start runs twice; what the client calls a success ran;
  what it calls not sent did not run; a job's result is that job's;
* listeners see events in order, and a `Gap` wherever one is missing; their
  subscriptions outlive everything;
* the memory in use does not grow, nothing is logged as an error, no task is left.
"""

from __future__ import annotations

import asyncio
import gc
import heapq
import itertools
import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.bench.memory import resident
from tests.unhandled import listening_to_errors
from truenas_client import (
    AsyncClient,
    AsyncSubscription,
    CallTimeout,
    ConnectionLost,
    Event,
    Gap,
    JobAborted,
    JobFailed,
    JobLost,
)
from truenas_client.aio.supervisor import State
from truenas_client.auth import budget
from truenas_client.simulator import Simulator
from truenas_client.simulator.call import Call

from .proxy import Passage, Proxy

__all__ = ["Figures", "chaos"]

CLIENTS = 4
WORKERS = 8
"""Callers in each client."""
CALL_SECONDS = 20.0
MOST_NUMBERS = 5_000_000
LATE_SECONDS = 5.0
"""An outcome may come so much later than its time limit, on a machine that is busy."""


@dataclass(slots=True)
class Figures:
    """What happened, to be printed."""

    seconds: float = 0.0
    disconnects: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)
    jobs: Counter[str] = field(default_factory=Counter)
    events: int = 0
    gaps: int = 0
    slowest: float = 0.0
    overrun: float = 0.0
    """The longest an outcome came after its time limit."""
    memory: list[float] = field(default_factory=list)
    """MiB in use at each quarter of the work."""

    @property
    def growth(self) -> float:
        """From the second quarter to the end, as a part of one."""
        return self.memory[-1] / self.memory[1] - 1 if len(self.memory) > 2 else 0.0

    def lines(self) -> Iterator[str]:
        """For a person to read."""
        yield f"{self.seconds:.1f} s, {self.disconnects} disconnects, faults: {_words(self.faults)}"
        yield f"{self.calls.total()} calls: {_words(self.calls)}"
        yield f"{self.jobs.total()} jobs: {_words(self.jobs)}"
        yield f"{self.events} events in order, {self.gaps} gaps shown"
        yield f"slowest outcome {self.slowest:.2f} s, latest after its time limit {self.overrun:.2f} s"
        yield f"memory at each quarter {', '.join(f'{m:.1f}' for m in self.memory)} MiB, growth {self.growth:+.1%}"


def _words(counter: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counter.items())) or "none"


class Account:
    """The server's side of the story."""

    def __init__(self, nas: Simulator) -> None:
        # How often each number ran; a byte each, so that keeping account takes no memory to speak of.
        self.ran = bytearray(MOST_NUMBERS)
        self.jobs: Counter[int] = Counter()
        self.sent: Counter[str] = Counter()

        @nas.method("chaos.get_number")
        async def get_number(call: Call, number: int, seconds: float) -> int:
            await call.sleep(seconds)
            return number

        @nas.method("chaos.write")
        async def write(call: Call, number: int, seconds: float) -> int:
            self.ran[number] += 1
            await call.sleep(seconds)
            return number

        @nas.job("chaos.work", abortable=True)
        async def work(call: Call, number: int, steps: int, end: str) -> dict[str, int]:
            self.jobs[number] += 1
            for step in range(steps):
                call.progress(100 * step // steps, f"step {step}")
                await call.sleep(0.01)
            if end == "fail":
                raise RuntimeError(f"no {number}")
            return {"of": number}

    def tell(self, nas: Simulator, name: str) -> None:
        """Send the next event of a name."""
        self.sent[name] += 1
        nas.send_event(name, "CHANGED", id=name, fields={"n": self.sent[name]})


class Listener:
    """One consumer of one subscription."""

    def __init__(self, subscription: AsyncSubscription, figures: Figures) -> None:
        self.subscription, self.figures = subscription, figures
        self.last = 0
        self.gap = True
        self.heard = asyncio.Event()

    async def run(self) -> None:
        async for item in self.subscription:
            if isinstance(item, Gap):
                self.figures.gaps += 1
                self.gap = True
                continue
            assert isinstance(item, Event)
            number = item.fields["n"]
            # The network may repeat an event, but not lose one without a gap, nor turn two round.
            fits = number > self.last if self.gap else number in (self.last, self.last + 1)
            assert fits, f"{item.name}: {number} after {self.last}"
            self.figures.events += number != self.last
            self.last, self.gap = number, False
            self.heard.set()


class Chaos:
    """One run."""

    def __init__(self, nas: Simulator, proxy: Proxy, *, calls: int, jobs: int, disconnects: int, seed: int) -> None:
        self.nas, self.proxy, self.rng = nas, proxy, random.Random(seed)
        self.account = Account(nas)
        self.figures = Figures()
        self.calls, self.jobs, self.disconnects = calls, jobs, disconnects
        self.numbers = itertools.count(1)
        self.done = 0
        self.names: list[str] = []
        self._waiting: list[tuple[float, int, asyncio.Event]] = []
        self._turns = itertools.count()

    # -- the work ------------------------------------------------------------------------

    async def call(self, client: AsyncClient) -> str:
        """One call; the word for its outcome."""
        number, pick = next(self.numbers), self.rng.random()
        reads, seconds = pick < 0.5, self.rng.choice((0.0, 0.0, 0.001, 0.01))
        timeout = self.rng.choice((0.02, 0.3)) if self.rng.random() < 0.1 else CALL_SECONDS
        method = "chaos.get_number" if reads else "chaos.write"
        operation = asyncio.ensure_future(client.call(method, number, seconds, timeout=timeout))
        if self.rng.random() < 0.03:
            asyncio.get_running_loop().call_later(self.rng.random() * 0.02, operation.cancel)
        began = time.monotonic()
        try:
            result = await operation
        except asyncio.CancelledError:
            assert self.account.ran[number] <= 1
            return "cancelled"
        except CallTimeout as e:
            _hold("not sent" not in str(e) or not self.account.ran[number], "what was not sent ran")
            return "CallTimeout"
        except ConnectionLost as e:
            _hold(e.sent, "a call that had not left was given up")
            _hold(not reads, "a read was not repeated")
            return "ConnectionLost"
        else:
            assert result == number
            assert reads or self.account.ran[number] == 1
            return "success"
        finally:
            took = time.monotonic() - began
            self.figures.slowest = max(self.figures.slowest, took)
            self.figures.overrun = max(self.figures.overrun, took - timeout)

    async def job(self, client: AsyncClient) -> str:
        """One job from its start to its outcome."""
        number, end = next(self.numbers), self.rng.choice(("go", "go", "go", "fail", "abort"))
        try:
            job = await client.start("chaos.work", number, self.rng.randrange(1, 8), end, timeout=CALL_SECONDS)
            if end == "abort":
                await job.abort()
            result = await job.result(CALL_SECONDS)
        except JobFailed as e:
            _hold(end == "fail" and str(number) in e.error, "another job's failure")
            return "JobFailed"
        except JobAborted:
            assert self.account.jobs[number] <= 1
            return "JobAborted"
        except (JobLost, ConnectionLost, CallTimeout) as e:
            return type(e).__name__
        else:
            assert result == {"of": number}, "another job's result"
            assert self.account.jobs[number] == 1
            return "success"

    async def caller(self, client: AsyncClient) -> None:
        # Calls go on until there have been losses enough, however fast they are.
        while self.done < self.calls or self.figures.disconnects < self.disconnects:
            self.figures.calls[await self.call(client)] += 1
            self.done += 1
            while self._waiting and self._waiting[0][0] <= self.progress:
                heapq.heappop(self._waiting)[2].set()

    async def worker(self, client: AsyncClient, jobs: Iterator[int]) -> None:
        for _ in jobs:
            self.figures.jobs[await self.job(client)] += 1
            # Spread over the whole run.
            await self.until(self.figures.jobs.total() / self.jobs)

    @property
    def progress(self) -> float:
        """How much of the run is over, from 0 to 1."""
        return min(1.0, self.done / self.calls, self.figures.disconnects / max(1, self.disconnects))

    async def until(self, part: float) -> None:
        """Wait for so much of the run to be over."""
        if part > self.progress:
            reached = asyncio.Event()
            heapq.heappush(self._waiting, (part, next(self._turns), reached))
            await reached.wait()

    # -- what goes wrong -----------------------------------------------------------------

    async def monkey(self) -> None:
        """Faults, one after the other, until cancelled."""
        while True:
            await asyncio.sleep(self.rng.random() * 0.03)
            self.nas.rate_limit.clear()  # so many logins a minute are no fault of ours
            budget.forget_counts()
            for name in self.rng.sample(self.names, 3):
                self.account.tell(self.nas, name)
            passages = self.proxy.passages
            if passages:
                self.fault(self.rng.choice(passages))

    def fault(self, passage: Passage) -> None:
        pick = self.rng.random()
        kind = ""
        if pick < 0.32:
            kind = "drop"
            passage.drop()
        elif pick < 0.40:
            kind = "half-close"
            passage.half_close()
        elif pick < 0.50:
            kind = "stall"
            passage.stall(self.rng.random() * 0.1)
        elif pick < 0.60:
            kind = "drip"
            passage.drip(self.rng.randrange(500))
        elif pick < 0.70:
            kind = "duplicate"
            passage.repeat(self.rng.randrange(1, 8))
        elif pick < 0.84:
            kind = "garbage"
            passage.garbage(self.rng)
        elif pick < 0.88:
            kind = "nonsense"
            passage.nonsense()
        elif pick < 0.93:
            kind = "502"
            self.proxy.refuse += self.rng.randrange(1, 3)
            passage.drop()
        elif pick < 0.97:
            kind = "abort handshake"
            self.proxy.abort += 1
            passage.drop()
        elif pick < 0.98:
            kind = "close frame"
            self.nas.close_connections(1001, "restarting")
        else:
            kind = "restart"
            self.nas.restart()
        self.figures.faults[kind] += 1

    async def watch(self, client: AsyncClient) -> None:
        """Count losses, and do not wait as long as one should."""
        async for status in client.states():
            if status.state is State.WAITING:
                self.figures.disconnects += status.attempt == 1 or isinstance(status.reason, ConnectionLost)
                client.reconnect_now()

    async def measure(self) -> None:
        """Memory at each quarter."""
        for quarter in (0.25, 0.5, 0.75):
            await self.until(quarter)
            self.weigh()

    def weigh(self) -> None:
        gc.collect()
        self.figures.memory.append(resident() / 2**20)

    # -- the run -------------------------------------------------------------------------

    async def run(self, subscriptions: int) -> None:
        clients = [AsyncClient(self.proxy.url, call_timeout=CALL_SECONDS) for _ in range(CLIENTS)]
        watchers, listeners = [], []
        self.names = [f"chaos.{number}" for number in range(subscriptions)]
        admin = self.nas.users["admin"]["password"]
        for client in clients:
            await client.connect()
            await client.login_with_password("admin", admin)
            watchers.append(asyncio.ensure_future(self.watch(client)))
        for number, name in enumerate(self.names):
            subscription = clients[number % CLIENTS].subscribe(name)
            await subscription.open()
            listeners.append(Listener(subscription, self.figures))
        listening = [asyncio.ensure_future(listener.run()) for listener in listeners]
        jobs = iter(range(self.jobs))
        monkey, measuring = asyncio.ensure_future(self.monkey()), asyncio.ensure_future(self.measure())
        work = [self.caller(client) for client in clients for _ in range(WORKERS)]
        work += [self.worker(client, jobs) for client in clients for _ in range(2)]
        try:
            await self.unless_broken(asyncio.gather(*work, measuring), [monkey, *watchers, *listening])
            monkey.cancel()
            self.weigh()
            await self.afterwards(clients, listeners, listening)
        finally:
            for task in (monkey, measuring, *listening):
                task.cancel()
            for client in clients:
                await client.close()
            await asyncio.gather(monkey, measuring, *watchers, *listening, return_exceptions=True)

    async def unless_broken(self, work: asyncio.Future[Any], others: list[asyncio.Task[None]]) -> None:
        """Wait for the work; what goes wrong beside it ends the run at once."""
        await asyncio.wait([work, *others], return_when=asyncio.FIRST_COMPLETED)
        for task in others:
            if task.done():
                work.cancel()
                await asyncio.gather(work, return_exceptions=True)
                await task
                raise AssertionError("a task that goes on has ended")
        await work

    async def afterwards(
        self, clients: list[AsyncClient], listeners: list[Listener], listening: list[asyncio.Task[None]]
    ) -> None:
        """Peace again: everything works as on the first day."""
        self.proxy.refuse = self.proxy.abort = 0
        for client in clients:
            assert await client.call("chaos.get_number", 5, 0.0, repeat=True) == 5
        for listener in listeners:
            listener.heard.clear()
        for name in self.names:
            self.account.tell(self.nas, name)
        for listener, task in zip(listeners, listening, strict=True):
            heard = asyncio.ensure_future(listener.heard.wait())
            await asyncio.wait([heard, task], timeout=10, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                task.result()
            assert heard.done(), f"{listener.subscription.name} is heard no more"
        assert max(self.account.ran) == 1, "a write ran twice"
        assert max(self.account.jobs.values(), default=1) == 1, "a job was started twice"
        assert self.figures.overrun < LATE_SECONDS, f"an outcome came {self.figures.overrun:.1f} s late"


def _hold(promise: bool, words: str) -> None:
    if not promise:
        raise AssertionError(words)


async def chaos(
    *, calls: int, jobs: int, subscriptions: int, disconnects: int, seed: int = 0, deadline: float, legacy: bool = False
) -> Figures:
    """Run it all within ``deadline`` seconds. Raises AssertionError where a promise is broken."""
    began = time.monotonic()
    with listening_to_errors() as errors:
        async with asyncio.timeout(deadline), Simulator(demo_data=False) as nas:
            nas.add_account("admin", "secret")
            url = nas.info()["legacy"] if legacy else nas.url
            async with Proxy(url) as proxy:
                run = Chaos(nas, proxy, calls=calls, jobs=jobs, disconnects=disconnects, seed=seed)
                await run.run(subscriptions)
        left = [task.get_name() for task in asyncio.all_tasks() if "truenas_client" in task.get_name()]
    assert errors == [], "\n".join(errors[:5])
    assert left == []
    figures = run.figures
    figures.seconds = time.monotonic() - began
    assert figures.calls.total() >= calls
    assert figures.jobs.total() == jobs
    assert figures.disconnects >= disconnects
    return figures
