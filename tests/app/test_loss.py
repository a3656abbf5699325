"""The server goes away: in the middle of a call, of a job, of a subscription; and comes back."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest

from tests.app.conftest import Open, at_desk
from truenas_client.simulator import Call, Simulator, shapes
from tui.app import Start
from tui.cards.otp import OtpScreen
from tui.cards.review import ReviewScreen
from tui.session.session import State
from tui.widgets.status_line import StatusLine
from tui.workspace import Workspace


async def test_lost_in_the_middle_of_a_call(signed_in: Open, nas: Simulator, patient: None) -> None:
    ran = 0

    @nas.method("demo.slow", roles=["READONLY_ADMIN"])
    async def slow(call: Call) -> Any:
        nonlocal ran
        ran += 1
        await call.sleep(100_000)

    async with signed_in(size=(80, 24)) as desk:
        await desk.open("demo slow", "demo.slow")
        await desk.press("ctrl+j")
        await desk.until(lambda: ran == 1, "the call is running")
        nas.drop_connections()
        await desk.ended()
        await desk.see("Connection lost", "It may have run", "offline", "retry in 3")
        await desk.press("escape")
        await desk.see("R retry now")
        await desk.press("R")
        await desk.until(lambda: desk.session.state is State.ONLINE, "connected again")
        await desk.see_gone("offline")
        await desk.see_gone("R retry now")
        assert ran == 1, "no call is sent again by itself"
        assert desk.explore.call_pane.method is not None, "everything is where it was"


async def test_the_connection_is_made_again_by_itself(signed_in: Open, nas: Simulator, hasty: None) -> None:
    async with signed_in() as desk:
        states = []
        desk.session.changed.subscribe(lambda: states.append(desk.session.state))
        nas.drop_connections()
        await desk.until(lambda: State.WAITING in states and desk.session.online, "there again")
        await desk.open("sys info", "system.info")
        await desk.run()
        await desk.see("hostname")
        assert desk.session.life.latency is None or desk.session.life.latency < 10


async def test_the_wait_is_counted_down_and_cut_short_by_enter_or_a_click(
    signed_in: Open, nas: Simulator, patient: None
) -> None:
    async with signed_in() as desk:

        def left() -> int:
            found = re.search(r"retry in (\d+) s", desk.text)
            return int(found[1]) if found else 0

        await desk.open("sys info", "system.info")
        await nas.stop()
        await desk.until(left, "the seconds that are left")
        first = left()
        assert 3000 < first <= 3600
        await desk.until(lambda: 0 < left() < first, "fewer seconds")
        attempts = []
        desk.session.changed.subscribe(lambda: attempts.append(desk.session.state))
        await desk.press("escape")
        await desk.until(lambda: desk.session.life.retry_at is not None, "waiting")
        await desk.press("enter")
        await desk.until(lambda: attempts.count(State.CONNECTING) >= 1, "tried at once")
        await desk.until(lambda: desk.session.life.retry_at is not None, "waiting")
        bar = desk.workspace.query_one(StatusLine)
        await desk.until(lambda: "retry in" in bar.render_line(0).text, "the note")
        await desk.pilot.click(bar, offset=(bar.render_line(0).text.index("retry in") + 1, 0))
        await desk.until(lambda: attempts.count(State.CONNECTING) >= 2, "tried at once")


async def test_a_job_is_found_again(signed_in: Open, nas: Simulator, patient: None) -> None:
    go = asyncio.Event()

    @nas.job("demo.long", abortable=True)
    async def long(call: Call) -> Any:
        call.progress(10, "far to go")
        await go.wait()
        return {"reached": "the end"}

    async with signed_in() as desk:
        await desk.open("demo long", "demo.long")
        await desk.press("ctrl+j")
        await desk.until(lambda: isinstance(desk.app.screen, ReviewScreen), "the review card")
        await desk.press("enter")
        await desk.see("far to go")
        nas.drop_connections()
        await desk.see("offline", "far to go")
        facts = desk.explore.result_pane
        await desk.until(lambda: "goes on at the server" in str(facts.facts), "what becomes of the job")
        go.set()
        await desk.press("escape", "R")
        await desk.ended()
        await desk.see("Result", "the end")
        await desk.press("3")
        await desk.see("demo.long", "success")


async def test_a_job_that_a_restart_ended_is_lost(signed_in: Open, nas: Simulator, hasty: None) -> None:
    @nas.job("demo.long", roles=["READONLY_ADMIN"])
    async def long(call: Call) -> Any:
        call.progress(10, "far to go")
        await call.sleep(100_000)

    async with signed_in() as desk:
        await desk.open("demo long", "demo.long")
        await desk.press("ctrl+j")
        await desk.see("far to go")
        nas.restart()
        await desk.ended()
        await desk.see("Error", "Job no longer known to the server")


async def test_calls_are_refused_not_queued_while_offline(signed_in: Open, nas: Simulator, patient: None) -> None:
    async with signed_in() as desk:
        await desk.open("sys info", "system.info")
        await desk.run()
        await desk.see("hostname")
        nas.drop_connections()
        await desk.see("offline", "retry in")
        await desk.run()
        await desk.see("Offline", "nothing was sent")
        await desk.press("escape", "p")
        await desk.see("hostname")
        await desk.press("R")
        await desk.until(lambda: desk.session.online, "there again")
        assert desk.explore.result_pane.call is not None
        assert desk.explore.result_pane.call.state == "failed", "and nothing is sent later"


async def test_what_waits_for_a_slot_when_the_connection_ends_is_not_sent_later(
    signed_in: Open, nas: Simulator, hasty: None
) -> None:
    made = []

    @nas.method("demo.slow", roles=["READONLY_ADMIN"], accepts=[shapes.any_()])
    async def slow(call: Call, number: int) -> Any:
        made.append(number)
        await call.sleep(100_000)

    async with signed_in() as desk:
        calls = [desk.session.new_call("demo.slow", [number]) for number in range(20)]
        tasks = [asyncio.create_task(desk.session.caller.run(call)) for call in calls]
        await desk.until(lambda: len(made) == 9, "as many as the server takes")
        nas.drop_connections()
        await asyncio.gather(*tasks)
        await desk.until(lambda: desk.session.online, "there again")
        assert {call.failure.title for call in calls} == {"Connection lost"}
        assert [call.failure.hint for call in calls].count("It did not run.") == 11
        assert len(made) == 9


async def test_subscriptions_return_with_a_gap(signed_in: Open, nas: Simulator, patient: None) -> None:
    async with signed_in() as desk:
        await desk.press("escape", "escape", "4")
        await desk.type("alert.list")
        await desk.press("enter")
        watch = desk.session.feeds.open[0]
        await desk.until(lambda: watch.live, "subscribed")
        nas.send_event("alert.list", "ADDED", id="a1", fields={"text": "first"})
        await desk.see("first")
        nas.drop_connections()
        await desk.see("offline")
        await desk.until(lambda: not watch.live, "not live")
        await desk.press("R")
        await desk.until(lambda: watch.live, "subscribed again")
        await desk.until(lambda: desk.session.online, "online")
        nas.send_event("alert.list", "ADDED", id="a2", fields={"text": "second"})
        await desk.see("first", "second", "gap: events may be missing ─────")
        assert [event.kind for event in watch.events].count("gap") == 1


async def test_a_panel_added_while_offline_is_subscribed_later(signed_in: Open, nas: Simulator, patient: None) -> None:
    async with signed_in() as desk:
        nas.drop_connections()
        await desk.see("offline")
        watch = desk.session.feeds.hold("alert.list")
        await desk.press("escape", "escape", "R")
        await desk.until(lambda: watch.live, "subscribed")


async def test_a_server_that_stays_away_is_said_to(signed_in: Open, nas: Simulator, patient: None) -> None:
    async with signed_in() as desk:
        await nas.stop()
        await desk.see("offline", "retry in")
        await desk.press("escape", "escape", "R")
        await desk.until(
            lambda: desk.session.life.failure and desk.session.life.failure.title == "Connection refused", "said"
        )
        assert desk.session.state is State.WAITING


async def test_methods_are_read_again_when_the_server_was_updated(signed_in: Open, nas: Simulator, hasty: None) -> None:
    async with signed_in() as desk:
        assert desk.session.method("demo.brand_new") is None

        @nas.method("demo.brand_new", roles=["READONLY_ADMIN"])
        def brand_new(call: Call) -> None:
            """Came with the update."""

        @nas.method("system.info", roles=["READONLY_ADMIN"])
        def info(call: Call) -> Any:
            return {"hostname": "updated", "version": "99.1"}

        nas.restart()
        await desk.until(lambda: desk.session.method("demo.brand_new"), "the new method")
        await desk.see("updated", "99.1")


async def test_a_login_that_ends_is_noticed_and_renewed(signed_in: Open, nas: Simulator) -> None:
    async with signed_in() as desk:
        await desk.open("auth logout", "auth.logout")
        await desk.press("ctrl+j")
        if isinstance(desk.app.screen, ReviewScreen):
            await desk.press("enter")
        await desk.ended()
        await desk.open("sys info", "system.info")
        await desk.run()
        await desk.see("Signed out", "signs in again")
        await desk.press("escape", "R")
        await desk.until(lambda: desk.session.state is State.ONLINE, "signed in again")
        await desk.press("e")
        await desk.run()
        await desk.see("hostname")


async def test_an_account_with_a_one_time_password_is_asked_for_another(patient: None) -> None:
    async with (
        Simulator(speed=100.0, release="25.10") as nas,
        at_desk(Start(nas.url, "guarded", nas.users["guarded"]["password"])) as desk,
    ):
        account = nas.users["guarded"]
        await desk.press("enter")
        await desk.see("one-time password")
        await desk.type(account["otp"])
        await desk.press("enter")
        await desk.until(lambda: isinstance(desk.app.screen, Workspace), "the workspace")
        nas.drop_connections()
        await desk.see("offline")
        await desk.press("escape", "escape", "R")
        await desk.until(lambda: isinstance(desk.app.screen, OtpScreen), "the card")
        await desk.see("guarded on")
        await desk.press("escape")
        await desk.see("offline", "R reconnects")
        assert desk.session.state is State.OFFLINE, "giving up is an answer"
        await desk.press("R")
        await desk.until(lambda: isinstance(desk.app.screen, OtpScreen), "the card again")
        await desk.read_card()  # it comes by itself: what is typed before it has stood was meant for something else
        await desk.type("000000")
        await desk.press("enter")
        await desk.see("Wrong code")
        await desk.read_card()
        await desk.type(account["otp"])
        await desk.press("enter")
        await desk.until(lambda: desk.session.online, "signed in again")


async def test_whatever_goes_wrong_is_told_in_the_place_of_the_result(
    signed_in: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with signed_in() as desk:

        async def broken(call: object) -> None:
            raise LookupError("[/nope] nobody thought of this")

        monkeypatch.setattr(desk.session.caller, "run", broken)
        await desk.open("sys info", "system.info")
        await desk.run()
        await desk.see("Error", "LookupError", "[/nope] nobody thought of this")
