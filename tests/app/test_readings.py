"""What is read while a section is on screen: when, how often, and what one failure does to the others."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tests.facts import RELEASES, catalogue
from truenas_client import exc
from truenas_client.methods.catalogue import Catalogue
from tui.model.answers import rows_of
from tui.session import access, dashboard
from tui.session.readings import LEAST_SECONDS, Readings, Source
from tui.session.session import Session
from tui.session.target import Target


class Server(Session):
    """A session whose answers are made here, and a clock that stands still unless a pause moves it on."""

    def __init__(self) -> None:
        super().__init__(Target.of("ws://127.0.0.1:1"))
        self.connected = True
        self.asked: list[str] = []
        self.answers: dict[str, Any] = {}
        self.time = 100.0
        self.pauses: list[float] = []

    @property
    def online(self) -> bool:
        return self.connected

    async def read(self, method: str, params: Any = ()) -> Any:
        self.asked.append(method)
        answer = self.answers.get(method, [])
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        if len(self.pauses) > 3:
            await asyncio.Event().wait()
        await asyncio.sleep(0)
        self.time += seconds

    def readings(self, *methods: str) -> Readings:
        sources = [Source(name, name, lambda answer: list(rows_of(answer)), roles=("X_READ",)) for name in methods]
        return Readings(self, sources, pause=self.pause, clock=lambda: self.time)


@pytest.fixture
async def server() -> Server:
    return Server()


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - every turn of the loop may change it
            await asyncio.sleep(0)


async def test_nothing_is_sent_until_it_is_watched_and_never_faster_than_ten_seconds(server: Server) -> None:
    readings = server.readings("a.query")
    await asyncio.sleep(0)
    assert server.asked == []
    readings.watch()
    await until(lambda: len(server.pauses) > 3)
    assert len(server.asked) == 4
    assert set(server.pauses) == {LEAST_SECONDS}
    readings.rest()
    assert not readings.watching


async def test_what_was_read_just_now_is_not_read_again_when_it_is_shown_again(server: Server) -> None:
    readings = server.readings("a.query")
    readings.watch()
    await until(lambda: server.pauses)
    readings.rest()
    server.asked.clear()
    server.pauses = [0] * 9  # the next pause does not end
    server.time += 4
    readings.watch()
    await until(lambda: len(server.pauses) > 9)
    assert (server.asked, server.pauses[-1]) == ([], LEAST_SECONDS - 4)
    readings.refresh()
    await until(lambda: server.asked)
    readings.rest()


async def test_each_source_fails_by_itself_and_a_refused_one_is_left_alone(server: Server) -> None:
    server.answers = {
        "refused.query": exc.NotAuthorized("no", 13),
        "odd.query": {"not": "a list"},
        "fine.query": [{"id": 1}],
    }
    readings = server.readings("refused.query", "odd.query", "fine.query")
    readings.watch()
    await until(lambda: len(server.pauses) > 3)
    assert readings["fine.query"].value == [{"id": 1}]
    odd, refused = readings["odd.query"].failure, readings["refused.query"].failure
    assert odd is not None
    assert odd.title == "Unexpected answer"
    assert refused is not None
    assert (refused.title, refused.hint) == ("Not allowed", "The method needs X_READ.")
    assert server.asked.count("refused.query") == 1
    server.pauses.clear()
    readings.refresh("refused.query")
    await until(lambda: server.asked.count("refused.query") == 2)
    readings.rest()


async def test_what_was_known_stays_when_it_cannot_be_read_again(server: Server) -> None:
    server.answers["a.query"] = [{"id": 1}]
    readings = server.readings("a.query")
    readings.watch()
    await until(lambda: readings["a.query"].known)
    server.answers["a.query"] = exc.CallTimeout("late")
    await until(lambda: readings["a.query"].failure)
    assert readings["a.query"].value == [{"id": 1}]
    readings.rest()


async def test_offline_nothing_is_asked_until_there_is_a_connection(server: Server) -> None:
    server.connected = False
    readings = server.readings("a.query")
    readings.watch()
    await asyncio.sleep(0)
    assert server.asked == []
    server.connected = True
    server.changed.publish()
    await until(lambda: server.asked)
    readings.rest()


@pytest.mark.parametrize("release", RELEASES)
def test_what_is_read_is_a_read_of_every_release_by_the_roles_that_are_named(release: str) -> None:
    methods = Catalogue.from_methods(catalogue(release))
    for source in (*dashboard.SOURCES, *access.SOURCES):
        method = methods.get(source.method)
        assert method is not None, source.id
        assert method.risk == "read", source.id
        assert not method.check(list(source.params)), source.id
        if method.roles:
            # Before 25.04 there were fewer roles: one of those named is right on every release.
            assert set(source.roles) & set(method.roles), source.id
        if release != "24.10":
            assert set(source.roles) <= set(method.roles), source.id
