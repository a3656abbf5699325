"""The jobs section: the parts of a job, its log, what waits here, what is watched, and what becomes of an abort."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from textual.widgets import Input

from tests.app.conftest import Desk, Open
from truenas_client.simulator import Call, Simulator
from tui.cards.confirm import ConfirmScreen
from tui.cards.job_news import tell_job_news
from tui.cards.review import ReviewScreen
from tui.cards.save import SaveScreen
from tui.model.job import Job
from tui.sections.jobs import JobsSection
from tui.widgets.job_pane import JobPane
from tui.widgets.log_view import LogView


class Works:
    """Jobs that go on when told to."""

    def __init__(self, nas: Simulator) -> None:
        self.go = asyncio.Event()
        self.stop = asyncio.Event()

        @nas.job("demo.logged", abortable=True, logs=True)
        async def logged(call: Call, what: str) -> Any:
            call.log("begin of it\nready to go\n")
            call.progress(10, "going")
            await self.go.wait()
            call.log("gone\n")
            await self.stop.wait()
            return [{"name": "a", "size": 1}, {"name": "b", "size": 2}]

        @nas.job("demo.stubborn")
        async def stubborn(call: Call) -> Any:
            while not self.stop.is_set():
                try:
                    await self.stop.wait()
                except asyncio.CancelledError:
                    continue
            return 5

        @nas.job("demo.wrong")
        async def wrong(call: Call) -> Any:
            raise RuntimeError("the floor was wet")


@pytest.fixture
def works(nas: Simulator) -> Iterator[Works]:
    works = Works(nas)
    yield works
    works.stop.set()  # or the end of the simulator would wait for the stubborn one


async def jobs(desk: Desk) -> JobsSection:
    section = await desk.workspace.show("jobs")
    assert isinstance(section, JobsSection)
    await desk.until(lambda: section.rows.has_focus, "the list")
    return section


async def start(desk: Desk, method: str, *params: Any, watched: bool = False) -> int:
    """Starts a job as another session would."""
    client = desk.session.life.online_client()
    number = (await client.start(method, *params)).id
    assert number is not None
    await desk.until(lambda: desk.session.jobs.get(number), "the job")
    if watched:
        desk.session.jobs.watch(number, True)
    return number


async def test_a_job_is_read_in_its_parts_and_its_log_is_followed(
    signed_in: Open, works: Works, tmp_path: Path
) -> None:
    async with signed_in() as desk:
        section = await jobs(desk)
        await start(desk, "demo.logged", "tank", watched=True)
        await desk.see("demo.logged", "going", "[Job]  Log  Arguments")
        await desk.press("enter", "v")
        await desk.see("ready to go", "2 lines  following")
        works.go.set()
        await desk.see("gone", "3 lines")
        log = section.details.content
        assert isinstance(log, LogView)
        assert log.has_focus
        await desk.press("slash")
        await desk.type("go")
        await desk.press("enter")
        await desk.see('"go"', "3 of 3 lines  o only these")
        await desk.press("o")
        await desk.see("2 of 3 lines  o all")
        assert "begin of it" not in desk.text
        await desk.press("escape", "v")
        await desk.see("[Arguments]  Raw", '"tank"')
        works.stop.set()
        await desk.see("success", "Result")
        await desk.press("v", "v")
        await desk.see("Result  [Table]  Raw", "name", "size")
        assert section.details.has_focus_within
        await desk.press("x")
        await desk.until(lambda: isinstance(desk.app.screen, SaveScreen), "where to")
        await desk.see("The result of job #1.")
        desk.app.screen.query_one("#path", Input).value = str(tmp_path / "job.json")
        await desk.press("enter")
        await desk.see("Saved the result of job #1 as JSON")
        assert json.loads((tmp_path / "job.json").read_text())[0]["name"]
        await desk.press("v", "v", "v")
        await desk.see("[Log]")
        await desk.press("x")
        await desk.see("All that the job has logged so far.")
        desk.app.screen.query_one("#path", Input).value = str(tmp_path / "job.log")
        await desk.press("enter")
        await desk.see("Saved the log, 29 B")
        assert (tmp_path / "job.log").read_text() == "begin of it\nready to go\ngone\n"
        assert (tmp_path / "job.log").stat().st_mode & 0o777 == 0o600


async def test_the_log_of_a_job_that_has_ended_is_read_whole(signed_in: Open, works: Works) -> None:
    works.go.set()
    async with signed_in() as desk:
        section = await jobs(desk)
        await start(desk, "demo.logged", "tank")
        works.stop.set()
        await desk.see("success")
        section.details.next_part()
        await desk.see("gone", "3 lines  whole log")
        assert section.details.query_one(LogView).facts == (3, 3)


async def test_the_error_of_a_job_with_its_trace_folded(signed_in: Open, works: Works) -> None:
    async with signed_in(size=(80, 24)) as desk:
        await jobs(desk)
        await start(desk, "demo.wrong")
        await desk.see("1 failed", "the floor was wet")
        await desk.press("enter", "v")
        await desk.see("[Error]", "Job failed", "▸ trace")
        assert "Traceback" not in desk.text
        await desk.press("down", "down", "space")
        await desk.see("▾ trace", "Traceback")


@pytest.mark.parametrize(
    ("method", "says"),
    [("demo.logged", "#1 demo.logged was aborted after"), ("demo.stubborn", "still runs")],
)
async def test_an_abort_tells_what_it_really_did(
    signed_in: Open, works: Works, monkeypatch: pytest.MonkeyPatch, method: str, says: str
) -> None:
    monkeypatch.setattr("tui.cards.abort.tell_abort.__kwdefaults__", {"patience": 0.3})
    async with signed_in() as desk:
        await jobs(desk)
        await start(desk, method, *["x"] * (method == "demo.logged"))
        await desk.see("1 running")
        await desk.press("a")
        await desk.until(lambda: isinstance(desk.app.screen, ConfirmScreen), "the question")
        assert ("cannot be aborted: it may run on" in desk.text) is (method == "demo.stubborn")
        await desk.see("enter abort it")
        await desk.press("enter")
        await desk.see(says)
        if method == "demo.logged":
            await desk.see_gone("a abort")
        works.stop.set()


async def test_the_end_of_a_watched_job_is_told_wherever_the_user_is(signed_in: Open, works: Works) -> None:
    works.go.set()
    async with signed_in() as desk:
        await start(desk, "demo.logged", "tank")
        await jobs(desk)
        rung = []
        desk.app.bell = lambda: rung.append(1)  # type: ignore[method-assign]
        await desk.see("1 running")
        await desk.press("w")
        await desk.see("its end will be told here")
        await desk.press("B")
        await desk.press("1")
        assert rung == [1], "once, to hear it"
        works.stop.set()
        await desk.see("#1 demo.logged has succeeded")
        assert rung == [1, 1]
        assert desk.session.memory.app.bell


async def test_what_waits_here_is_listed_with_the_reason_and_taken_back(signed_in: Open, works: Works) -> None:
    async with signed_in() as desk:
        for _ in range(7):
            await start(desk, "demo.stubborn")
        await desk.open("demo logged", "demo.logged")
        await desk.write('["tank"]')
        await desk.press("ctrl+j")
        await desk.until(lambda: isinstance(desk.app.screen, ReviewScreen), "the review card")
        await desk.press("enter")
        await desk.see("The job waits here: 7 jobs of this connection run")
        call = desk.explore.result_pane.call
        assert call is not None
        section = await jobs(desk)
        await desk.see("1 queued", "queued", "waits here: 7 jobs of this connection run")
        await desk.press("home", "a")
        await desk.until(lambda: isinstance(desk.app.screen, ConfirmScreen), "the question")
        await desk.press("enter")
        await desk.see("nothing was sent")
        await desk.see_gone("1 queued")
        assert call.state == "cancelled"
        assert call.failure.reason == "The job had not been sent: nothing ran."
        assert len(section.rows.rows) == 7
        works.stop.set()


async def test_a_log_is_followed_on_by_another_client(signed_in: Open, works: Works) -> None:
    async with signed_in() as desk:
        section = await jobs(desk)
        await start(desk, "demo.logged", "tank")
        await desk.see("1 running")
        section.details.next_part()
        await desk.see("2 lines  following")
        client = desk.session.life.online_client()
        await client.close()
        await desk.see("the connection was lost")
        await desk.session.reconnect()
        works.go.set()
        await desk.see("gone", "3 lines  following")


async def test_what_ran_when_the_server_restarted_is_lost_with_a_word(
    signed_in: Open, works: Works, nas: Simulator, hasty: None
) -> None:
    async with signed_in() as desk:
        await start(desk, "demo.logged", "tank")
        section = await jobs(desk)
        await desk.see("1 running")
        nas.jobs.restart()
        nas.drop_connections()
        await desk.see("#1 demo.logged is lost", "1 lost")
        assert [row.key for row in section.rows.rows] == ["lost-1"]
        assert section.query_one(JobPane).parts == ("Job",)
        works.stop.set()


@pytest.mark.parametrize(
    ("news", "told"),
    [
        ([], []),
        ([Job(1, "a.b", "SUCCESS")], ["#1 a.b has succeeded"]),
        ([Job(2, "a.b", "FAILED", error="[EFAULT] no [/room]\nmore")], ["#2 a.b failed: [EFAULT] no [/room]"]),
        ([Job(3, "a.b", "ABORTED"), Job(4, "c.d", "SUCCESS")], ["#3 a.b was aborted", "#4 c.d has succeeded"]),
        ([Job(9, "seen", "SUCCESS")], []),
        ([Job(n, "a.b", "SUCCESS") for n in range(1, 5)], ["4 watched jobs have ended: see Jobs (key 3)."]),
        (
            [Job(n, "a.b", "LOST", serial=n) for n in range(1, 6)],
            ["5 jobs that ran are lost: the server does not know them any more. See Jobs (key 3)."],
        ),
    ],
)
def test_news_of_jobs_in_toasts(news: list[Job], told: list[str]) -> None:
    toasts: list[str] = []
    screen = SimpleNamespace(focused=None, notify=lambda text, **_options: toasts.append(text))
    session: Any = SimpleNamespace(
        jobs=SimpleNamespace(news=deque(news)), memory=SimpleNamespace(app=SimpleNamespace(bell=False))
    )
    node: Any = SimpleNamespace(screen=screen)
    tell_job_news(node, session, lambda key: key == "9")
    assert toasts == told
    assert not session.jobs.news
