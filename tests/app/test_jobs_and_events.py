"""Jobs in the result pane, the jobs section and the watch line; events in panels."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.app.conftest import Desk, Open
from truenas_client.simulator import Call, Simulator, Source
from tui.cards.confirm import ConfirmScreen
from tui.cards.review import ReviewScreen
from tui.model.eventnames import KnownEvents, fitting_names, known_events, listed_events, may_be_new, read_subscription
from tui.sections.events import EventsSection
from tui.sections.jobs import JobsSection
from tui.session.feeds import Feeds
from tui.session.stores import Job
from tui.widgets.rows import Rows


class Gate:
    """A job that goes on only when told to, so that a test sees each of its states."""

    def __init__(self, nas: Simulator) -> None:
        self.steps = [asyncio.Event() for _ in range(2)]

        @nas.job("demo.work", abortable=True)
        async def work(call: Call) -> Any:
            call.progress(37, "lifting")
            await self.steps[0].wait()
            call.progress(80, "carrying")
            await self.steps[1].wait()
            return {"moved": 3}

        @nas.job("demo.fail")
        async def fail(call: Call) -> Any:
            call.progress(61, "stumbling")
            raise RuntimeError("the floor was wet")


@pytest.fixture
def gate(nas: Simulator) -> Gate:
    return Gate(nas)


async def start_job(desk: Desk, query: str, method: str) -> None:
    await desk.open(query, method)
    await desk.press("ctrl+j")
    await desk.until(lambda: isinstance(desk.app.screen, ReviewScreen), "the review card")
    await desk.press("enter")


async def test_a_job_is_shown_live_and_gives_its_result(signed_in: Open, gate: Gate) -> None:
    async with signed_in(size=(80, 24)) as desk:
        await start_job(desk, "demo work", "demo.work")
        await desk.see("Job #1", "running", "37 %", "lifting", "1 job")
        gate.steps[0].set()
        await desk.see("80 %", "carrying")
        gate.steps[1].set()
        await desk.ended()
        await desk.see("Result", "moved", "job #1 success", "#1 demo.work  success")
        await desk.until(lambda: not desk.session.jobs.news, "the news to be told")
        assert "has succeeded" not in desk.text, "what is seen needs no toast"


async def test_a_scrub_runs_to_its_end(signed_in: Open) -> None:
    async with signed_in() as desk:
        await desk.open("scrub", "pool.scrub.scrub")
        await desk.write('["tank"]')
        await desk.press("ctrl+j")
        await desk.until(lambda: isinstance(desk.app.screen, ReviewScreen), "the review card")
        await desk.press("enter")
        await desk.ended()
        job = desk.session.jobs.newest_first()[0]
        assert (job.state, job.percent) == ("SUCCESS", 100)


async def test_a_failed_job_is_an_error_with_its_cause(signed_in: Open, gate: Gate) -> None:
    async with signed_in() as desk:
        await start_job(desk, "demo fail", "demo.fail")
        await desk.ended()
        await desk.see("Error", "the floor was wet")
        await desk.press("escape", "3")
        await desk.see("1 failed", "61 %", "the floor was wet")


async def test_a_job_is_aborted_after_a_question(signed_in: Open, gate: Gate) -> None:
    async with signed_in() as desk:
        await start_job(desk, "demo work", "demo.work")
        await desk.see("37 %")
        await desk.press("escape", "a")
        await desk.until(lambda: isinstance(desk.app.screen, ConfirmScreen), "the question")
        await desk.press("escape")
        await desk.until(lambda: not isinstance(desk.app.screen, ConfirmScreen), "the question gone")
        assert desk.session.jobs.active()
        await desk.press("3")
        await desk.until(lambda: isinstance(desk.workspace.section, JobsSection), "the jobs")
        await desk.see("1  running   demo.work")
        await desk.press("a")
        await desk.until(lambda: isinstance(desk.app.screen, ConfirmScreen), "the question")
        await desk.press("enter")
        await desk.see("aborted")
        await desk.press("1")
        await desk.see("Aborted")


async def test_jobs_are_filtered_and_opened(signed_in: Open, gate: Gate) -> None:
    async with signed_in() as desk:
        await start_job(desk, "demo fail", "demo.fail")
        await desk.ended()
        await start_job(desk, "demo work", "demo.work")
        await desk.see("37 %")
        await desk.press("escape", "3", "slash")
        await desk.type("state:failed")
        await desk.see("1 of 2", "demo.fail")
        await desk.press("enter", "enter")
        await desk.until(lambda: desk.app.focused is desk.workspace.query_one("#job-detail"), "the details")
        await desk.press("escape", "escape")
        await desk.see("2 of 2")
        await desk.press("r")
        await desk.see("2 of 2")


async def test_quitting_asks_while_a_job_started_here_runs(signed_in: Open, gate: Gate) -> None:
    async with signed_in() as desk:
        await start_job(desk, "demo work", "demo.work")
        await desk.see("37 %")
        await desk.press("escape", "q")
        await desk.see("that still run", "#1 demo.work")
        await desk.press("escape")
        await desk.until(lambda: not isinstance(desk.app.screen, ConfirmScreen), "the question gone")
        assert desk.app.is_running
        await desk.press("q")
        await desk.until(lambda: isinstance(desk.app.screen, ConfirmScreen), "the question")
        await desk.press("y")
        await desk.until(lambda: desk.app._exit, "the end")


async def test_q_asks_at_the_top_also_from_a_list(signed_in: Open) -> None:
    async with signed_in() as desk:
        await desk.press("escape", "escape")
        assert desk.app.focused is desk.explore.methods.names
        await desk.press("q")
        await desk.see("Quit?", "No job that was started here is running")
        await desk.press("escape")
        await desk.until(lambda: not isinstance(desk.app.screen, ConfirmScreen), "the question gone")
        assert not desk.app._exit


async def test_events_tick_pause_and_close(signed_in: Open, nas: Simulator) -> None:
    async with signed_in(size=(80, 24)) as desk:
        await desk.press("escape", "escape", "4")
        await desk.see("Subscribe", "reporting.realtime")
        await desk.type("rep")
        await desk.press("enter")
        await desk.see("reporting.realtime", "live", "cpu")
        await desk.until(lambda: desk.session.feeds.open[0].seen > 3, "more events")
        await desk.press("space")
        await desk.see("paused", "space resumes")
        seen = desk.session.feeds.open[0].seen
        await desk.until(lambda: desk.session.feeds.open[0].seen > seen, "events are counted while paused")
        await desk.press("space")
        await desk.see("live")
        await desk.press("o")
        await desk.see("added")
        await desk.press("enter")
        await desk.see("fields")
        await desk.press("escape")
        await desk.press("delete")
        await desk.until(lambda: not desk.session.feeds.open, "no subscription left")
        await desk.see("Subscribe")


async def test_several_panels_and_arguments(signed_in: Open, nas: Simulator) -> None:
    @nas.source("demo.ticks")
    async def ticks(source: Source, argument: Any) -> None:
        source.send(fields={"argument": argument})
        await asyncio.Event().wait()

    async with signed_in() as desk:
        await desk.press("escape", "escape", "4")
        await desk.type('demo.ticks:{"step": 7}')
        await desk.press("enter")
        assert desk.session.feeds.open == [], "a name that nobody knows is said to be none"
        await desk.press("enter")
        await desk.see("1 seen", '{"step": 7}')
        await desk.press("plus")
        await desk.type("demo.ticks:{")
        await desk.press("enter")
        assert len(desk.session.feeds.open) == 1, "arguments that are not JSON are refused"
        section = desk.workspace.section
        assert isinstance(section, EventsSection)
        section.adding.field.value = ""
        await desk.type("alert.list")
        await desk.press("enter")
        await desk.until(lambda: len(desk.session.feeds.open) == 2, "a second subscription")
        await desk.see("alert.list", "demo.ticks")
        nas.send_event("alert.list", "ADDED", id="a1", fields={"text": "[/nope] too warm"})
        await desk.see("[/nope] too warm")
        await desk.press("1")
        await desk.see("alert.list", "2 subscriptions")


async def test_a_refused_subscription_says_why(signed_in: Open) -> None:
    async with signed_in(user="viewer", writable=False) as desk:
        await desk.press("escape", "escape", "4")
        await desk.type("no.such.event")
        await desk.press("enter", "enter")
        await desk.see("ended")


async def test_wide_screens_show_what_is_watched(signed_in: Open, gate: Gate) -> None:
    async with signed_in(size=(200, 50)) as desk:
        await start_job(desk, "demo work", "demo.work")
        await desk.see("Watching", "#1 demo.work", "1 running", "37 %")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("alert.list", ("alert.list", None, "")),
        ('x:{"interval": 2}', ("x", {"interval": 2}, "")),
        ("", ("", None, "Choose or type an event, e.g. alert.list")),
        ("x:[1]", ("x", None, "arguments are an object in JSON")),
    ],
)
def test_subscriptions_as_they_are_typed(text: str, expected: tuple[str, Any, str]) -> None:
    assert read_subscription(text) == expected


NAMES = ["reporting.realtime", "alert.list", "core.get_jobs", "pool.query", "pool.dataset.query", "app.query"]


def test_names_of_events_are_offered_best_first() -> None:
    assert fitting_names("", NAMES) == NAMES
    assert fitting_names("POOL", NAMES) == ["pool.query", "pool.dataset.query"]
    assert fitting_names("query", ["a.query", "query.x", "query"]) == ["query", "query.x", "a.query"]
    assert fitting_names("+", NAMES) == []
    assert fitting_names("cpu", NAMES) == ["reporting.realtime"]


def test_an_unknown_event_is_refused_with_the_nearest() -> None:
    known = KnownEvents(tuple(NAMES))
    assert known.unknown("alert.list") == ""
    assert known.unknown("alert.lst").startswith("No event alert.lst. Did you mean alert.list")
    assert known.unknown("+") == "No event +."
    assert [may_be_new(name) for name in ("pool.new_event", "+", "pool", "pool.", "a.b c", "a.b\n")] == [True] + [
        False
    ] * 5
    assert "demo.query" in known_events(["demo.query", "demo.create"]).names
    assert known_events([]).takes("app.container_log_follow") == "app_name, container_id, tail_lines?"


def test_a_server_that_lists_its_events_is_believed() -> None:
    member = {"type": "string", "_required_": True}
    answer = {
        "b.query": {"wildcard_subscription": True, "accepts": []},
        "a.source": {"wildcard_subscription": False, "accepts": [{"type": "object", "properties": {"path": member}}]},
        "a.any": {"wildcard_subscription": False, "accepts": [{"anyOf": []}]},
        "a.none": {"wildcard_subscription": False, "accepts": []},
    }
    known = listed_events(answer)
    assert known is not None
    assert known.names == ("a.any", "a.none", "a.source", "b.query")
    assert [known.takes(name) for name in known.names] == ["a text?", "", "path", ""]
    assert known.wants("a.source")
    assert read_subscription("a.any:/log:3", known.texts) == ("a.any", "/log:3", "")
    assert read_subscription("a.any:", known.texts)[2] == "Type what a.any takes behind the colon."
    assert Feeds(str, lambda: None).hold("a.any", "/log:3").name == "a.any:/log:3"
    assert listed_events(None) is None


async def test_subscribing_to_the_row_under_the_cursor_and_to_nothing_unknown(signed_in: Open) -> None:
    async with signed_in(size=(80, 24)) as desk:
        await desk.press("escape", "escape", "4")
        await desk.until(lambda: desk.workspace.query("#event-name:focus"), "the field")
        await desk.type("+")
        await desk.press("enter")
        await desk.press("enter")
        await desk.see("No event +.")
        await desk.press("backspace")
        await desk.type("alert.lsit")
        await desk.press("enter")
        await desk.see("No event alert.lsit.")
        assert desk.session.feeds.open == []
        await desk.press(*["backspace"] * 10)
        second = desk.workspace.query_one("#event-names", Rows).rows[1].key
        await desk.press("down", "enter")
        await desk.until(lambda: desk.session.feeds.open, "a subscription")
        # Nothing typed is the row under the cursor too.
        await desk.press("plus", "enter")
        await desk.until(lambda: len(desk.session.feeds.open) == 2, "another")
        assert [watch.name for watch in desk.session.feeds.open] == [second, "reporting.realtime"]


def test_a_failed_job_without_a_text_shows_its_exception() -> None:
    fields = {"id": 1, "method": "cronjob.run", "state": "FAILED", "error": "", "exc_info": {"repr": "MatchNotFound()"}}
    job = Job.from_fields(fields)
    assert job is not None
    assert job.error == "MatchNotFound()"
