"""A day at the app, played at high speed: what ran for hours may leave nothing behind.

The app is signed in over TLS by a pinned profile, with four panels of events, while a second client starts jobs as
a schedule does, alerts come and go and measurements arrive. A person goes through the sections and calls methods.
Between the parts of the day the server restarts; in them it ends the login and shows another certificate.

* a restart loses the job that ran, with a word; every panel returns; the pinned profile refuses the other
  certificate, sends nothing, and connects once it is trusted; an ended login is made again with the next call;
* at the end of each part there are no more tasks, subscriptions, connections, widgets and threads than after the
  first, and the memory in use has not grown;
* nothing is logged as an error and no exception goes unhandled.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import threading
import time
from collections import Counter
from typing import Any

from tests.app.conftest import Desk, at_desk
from tests.app.waiting import dealt_with
from tests.bench.memory import in_use, resident
from tests.unhandled import listening_to_errors
from truenas_client.auth import budget
from truenas_client.secrets.value import Environment
from truenas_client.simulator import Simulator
from truenas_client.storage import Profile, Profiles
from truenas_client.trust import TLS
from tui.app import Start
from tui.cards.review import ReviewScreen
from tui.cards.trust import TrustScreen
from tui.section_specs import HOME, SECTIONS
from tui.session.session import State

from .figures import Figures
from .schedule import Schedule

__all__ = ["PASSWORD", "Figures", "day"]

PASSWORD = "DAY_PASSWORD"
"""The variable of the environment that holds the password of the profile."""

PANELS = ("reporting.realtime", "alert.list", "core.get_jobs", "pool.scan")
SCRUB_EVERY = 4
BATCH = 100
"""Events sent at once: fewer than are dropped before the app takes them."""
CALLS = {
    "pool.query": "[]",
    "pool.dataset.get_instance": '["no/such"]',
    "system.info": "[]",
    "pool.dataset.query": "[]",
    "service.query": "[]",
}
"""Methods that a person calls, with arguments. Of one the arguments are wrong."""
FAILS = 1
LOOK_SECONDS = 0.5
"""In which a section that is shown has drawn what is new."""


class Day:
    """One day at a desk."""

    def __init__(self, desk: Desk, nas: Simulator, schedule: Schedule, *, hours: float, rounds: int) -> None:
        self.desk, self.nas, self.schedule = desk, nas, schedule
        self.seconds, self.rounds = hours * 3600, rounds
        self.figures = Figures(simulated=self.seconds)

    # What a person does -----------------------------------------------------------------

    async def panels(self) -> None:
        """Four panels of events, to be open for all of the day."""
        await self.desk.press("escape", "escape", "4")
        for number, name in enumerate(PANELS):
            if number:
                await self.desk.press("plus")
            field = self.desk.workspace.query_one("#event-name")
            await self.desk.until(lambda field=field: field.has_focus, "the field for a name")  # type: ignore[misc]
            field.value = name  # type: ignore[attr-defined]
            await self.desk.press("enter")
            await self.listening(number + 1)

    async def listening(self, count: int = len(PANELS)) -> None:
        """Waits until so many panels are live."""
        feeds = self.desk.session.feeds
        await self.desk.until(
            lambda: sum(feed.live for feed in feeds.open if feed.name in PANELS) == count, f"{count} panels live"
        )

    async def show(self, section: str) -> None:
        """Another section on screen."""
        desk = self.desk
        await desk.workspace.perform(f"go.{section}")
        assert desk.workspace.section.id == section
        await dealt_with(desk.pilot)
        self.figures.sections[section] += 1

    async def call(self, number: int) -> None:
        """One call of a method, and what it answers on screen."""
        method, arguments = list(CALLS.items())[number % len(CALLS)]
        await self.show(HOME.id)
        await self.desk.open(method, method)
        await self.desk.write(arguments)
        await self.desk.run()
        shown = self.desk.explore.result_pane.call
        assert shown is not None
        state = "failed" if number % len(CALLS) == FAILS else "done"
        assert (shown.method, shown.state) == (method, state), shown.failure
        self.figures.calls += 1

    async def start(self, method: str, arguments: str) -> None:
        """A job, started by its review."""
        desk = self.desk
        await self.show(HOME.id)
        await desk.open(method, method)
        await desk.write(arguments)
        await desk.press("ctrl+j")
        result = desk.explore.result_pane
        await desk.until(
            lambda: isinstance(desk.app.screen, ReviewScreen) or (result.call and result.call.method == method), method
        )
        if isinstance(desk.app.screen, ReviewScreen):
            await desk.press("enter")

    async def scrub(self) -> None:
        """A scrub from its start to its end, in the list of jobs."""
        await self.start("pool.scrub.scrub", '["tank"]')
        await self.show("jobs")
        await self.desk.ended()
        shown = self.desk.explore.result_pane.call
        assert shown is not None
        assert shown.state == "done", shown.failure

    async def remember(self, events: int) -> None:
        """The panels that seldom hear anything are as full as after many days."""
        alert, pool = next(iter(self.nas.world.table("alert").values())), next(iter(self.nas.world.pools.values()))
        for name, fields in (("alert.list", alert), ("pool.scan", {"name": pool.name, "scan": pool.scan})):
            feed = next(feed for feed in self.desk.session.feeds.open if feed.name == name)
            for number in range(events):
                self.nas.send_event(name, "CHANGED", id=str(number), fields=fields)
                if number % BATCH == 0:
                    await self.desk.until(lambda n=number, feed=feed: feed.seen >= n, name)  # type: ignore[misc]

    # What happens to the server -----------------------------------------------------------

    async def returned(self) -> None:
        """Waits until the connection is there again and everything on it."""
        desk = self.desk
        if desk.session.state is State.WAITING:
            await desk.workspace.perform("session.reconnect")
        await desk.until(lambda: desk.session.online, "connected again")
        await self.listening()

    async def restart(self) -> None:
        """A restart in the middle of a job that was started here."""
        await self.start("day.long", "[]")
        result = self.desk.explore.result_pane
        await self.desk.until(lambda: result.call and result.call.job is not None and self.desk.session.jobs.active())
        states: list[State] = []
        stop = self.desk.session.changed.subscribe(lambda: states.append(self.desk.session.state))
        self.nas.restart()
        await self.desk.until(lambda: set(states) - {State.ONLINE}, "offline")
        stop()
        await self.returned()
        await self.desk.ended()
        assert result.call is not None
        assert result.call.state == "failed", "the job is lost, and that is told"
        self.figures.restarts += 1

    async def rotate(self, *answers: str) -> None:
        """Another certificate: refused, and each time that it is shown answered with a key; the last one trusts it."""
        desk, tls = self.desk, self.nas.tls
        assert tls is not None
        was = tls.fingerprint
        tls.rotate()
        self.nas.drop_connections()
        await desk.until(lambda: desk.session.state is State.OFFLINE, "refused")
        assert not any(session.origin.tls for session in self.nas.sessions), "nothing was sent"
        for answer in answers:
            await desk.workspace.perform("session.reconnect")
            await desk.until(lambda: isinstance(desk.app.screen, TrustScreen), "the certificate")
            self.figures.refusals += 1
            await desk.press(*([answer] if answer == "escape" else [answer, answer]))
            if answer == "escape":
                await desk.until(lambda: not isinstance(desk.app.screen, TrustScreen), "the card gone")
                assert desk.session.state is State.OFFLINE
                assert Profiles().get("day").tls.pins[0].text.endswith(was)
        await self.returned()
        assert any(pin.text.endswith(tls.fingerprint) for pin in Profiles().get("day").tls.pins)

    async def expire(self, one: int) -> None:
        """The server ends the login; the next call signs in again, and the measurements go on."""
        for session in self.nas.sessions:
            if session.origin.tls:
                session.sign_out()  # type: ignore[attr-defined]
        await self.call(one)
        feed = next(feed for feed in self.desk.session.feeds.open if feed.name == PANELS[0])
        seen = feed.seen
        await self.desk.until(lambda: feed.seen > seen, "measurements after the login has ended")
        self.figures.expiries += 1

    # The day ------------------------------------------------------------------------------

    async def play(self, parts: int, history: int) -> None:
        """Everything, in the order of the clock."""
        await self.panels()
        await self.remember(history)
        for spec in SECTIONS:
            # Everything there is has been on screen before anything is counted.
            await self.show(spec.id)
        await self.call(FAILS)
        began, turn = self.nas.clock.now(), itertools.count()
        for part in range(parts):
            self.schedule.work()
            for number in range(self.rounds):
                one, middle = next(turn), number == self.rounds // 2
                if middle and (part == 0 or (history and part == parts - 1)):
                    # Also in the first part of a day that is weighed: what is loaded for it once is no growth.
                    await self.rotate(*(["escape", "t"] if history else ["t"]))
                if middle and part == 1:
                    await self.expire(one)
                elif one % SCRUB_EVERY == 0:
                    await self.scrub()
                else:
                    await self.call(one)
                await self.show(SECTIONS[one % len(SECTIONS)].id)
                until = began + self.seconds * (part + (number + 1) / self.rounds) / parts
                await self.desk.until(lambda until=until: self.nas.clock.now() >= until, "the hour")  # type: ignore[misc]
            await self.count()
            if history:
                await self.weigh()
            if part < parts - 1:
                self.schedule.work()
                await self.restart()
        self.figures.jobs = self.schedule.outcomes

    async def count(self) -> None:
        """All quiet: there is no more than after the first part."""
        desk = self.desk
        await self.schedule.rest()
        await self.show(HOME.id)
        desk.app.clear_notifications()
        feeds = {feed.name: feed for feed in desk.session.feeds.open}
        self.figures.events = sum(feed.seen for feed in feeds.values())
        self.figures.alerts = feeds["alert.list"].seen // 2
        self.figures.gaps = sum(event.kind == "gap" for feed in feeds.values() for event in feed.events)
        await desk.until(lambda: not desk.session.jobs.active(), "no job runs")
        if self.figures.counted:
            first = self.figures.counted[0]
            try:
                await desk.until(lambda: self.things() <= first, "what is left")
            except AssertionError as e:
                raise AssertionError(f"more than after the first part: {dict(self.things() - first)}") from e
        self.figures.counted.append(self.things())

    async def weigh(self) -> None:
        """The memory in use, and what is in it."""
        for spec in (*SECTIONS, HOME):
            # A panel that is not on screen keeps the events that it showed last beside the newest ones.
            await self.show(spec.id)
            after = self.nas.clock.now() + LOOK_SECONDS * self.nas.clock.speed
            await self.desk.until(lambda after=after: self.nas.clock.now() > after, spec.id)  # type: ignore[misc]
        gc.unfreeze()
        gc.collect()
        self.figures.memory.append(in_use() / 2**20)
        self.figures.resident.append(resident() / 2**20)
        self.figures.objects.append(Counter(f"{type(one).__module__}.{type(one).__name__}" for one in gc.get_objects()))

    def things(self) -> Counter[str]:
        """Tasks by what they run (those of widgets too), subscriptions and connections at the server, threads."""
        things = Counter(_named(task) for task in asyncio.all_tasks())
        for session in self.nas.sessions:
            things["connection"] += 1
            things.update(f"subscription {name}" for name in session.subscriptions.values())
        # Those of asyncio's pool are made as they are needed, up to a number of its own.
        things["thread"] = sum(not thread.name.startswith("asyncio_") for thread in threading.enumerate())
        del things["widget ScrollBar"]  # each is made when it is needed for the first time
        return things


def _named(task: asyncio.Task[Any]) -> str:
    """What a task runs; each widget has a task, named after it."""
    name = task.get_name()
    if "message pump" in name:
        return f"widget {name.split()[2].partition('(')[0]}"
    return f"task {task.get_coro().__qualname__}"  # type: ignore[union-attr]


async def day(*, hours: float, speed: float, rounds: int, parts: int = 4, history: int = 0, seed: int = 0) -> Figures:
    """Play a day of so many ``hours``, with as many calls and sections in each of its ``parts`` as ``rounds``.

    ``history`` is how many events panels have before it begins: memory is flat once they keep no more. It is weighed
    where there is a history. The environment's `PASSWORD` is the password of the profile. Raises AssertionError where
    a promise is broken.
    """
    began = time.monotonic()
    budget.forget_counts()
    with listening_to_errors() as errors:
        async with Simulator(tls=True, speed=speed) as nas:
            assert nas.tls is not None
            address = str(nas.secure_url)
            profile = Profile(
                name="day", addresses=(address,), username="admin", secret=Environment(PASSWORD),
                tls=TLS.pinned(nas.tls.fingerprint), read_only=False,
            )  # fmt: skip
            Profiles().put(profile)
            schedule = Schedule(nas, seed)
            working = [asyncio.create_task(work) for work in (schedule.run(), schedule.hasten())]
            try:
                async with at_desk(Start(), (120, 36)) as desk:
                    await desk.landed()
                    played = Day(desk, nas, schedule, hours=hours, rounds=rounds)
                    await played.play(parts, history)
            finally:
                for task in working:
                    task.cancel()
                await schedule.close()
                ends = await asyncio.gather(*working, return_exceptions=True)
        left = asyncio.all_tasks() - {asyncio.current_task()}
    assert [end for end in ends if isinstance(end, Exception)] == []
    assert errors == [], "\n".join(errors[:5])
    assert not left, f"tasks are left: {[task.get_coro() for task in left]}"
    figures = played.figures
    figures.seconds = time.monotonic() - began
    return figures
