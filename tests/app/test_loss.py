"""The server goes away: in the middle of a call, of a job, of a subscription; and comes back."""

from __future__ import annotations

from typing import Any

import pytest
from textual.widgets import Input

from tests.app.conftest import Open, at_desk
from truenas_client.simulator import Call, Simulator
from tui.app import Start
from tui.screens.connect import ConnectScreen
from tui.screens.review import ReviewScreen
from tui.screens.workspace import Workspace
from tui.session import State


async def test_lost_in_the_middle_of_a_call(signed_in: Open, nas: Simulator) -> None:
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
        await desk.see("Connection lost", "It may have run", "offline")
        await desk.press("escape", "R")
        await desk.until(lambda: desk.session.state is State.ONLINE, "connected again")
        await desk.see_gone("offline")
        assert ran == 1, "no call is sent again by itself"
        assert desk.explore.call_pane.method is not None, "everything is where it was"


async def test_lost_in_the_middle_of_a_job(signed_in: Open, nas: Simulator) -> None:
    @nas.job("demo.long", abortable=True)
    async def long(call: Call) -> Any:
        call.progress(10, "far to go")
        await call.sleep(100_000)

    async with signed_in() as desk:
        await desk.open("demo long", "demo.long")
        await desk.press("ctrl+j")
        await desk.until(lambda: isinstance(desk.app.screen, ReviewScreen), "the review card")
        await desk.press("enter")
        await desk.see("far to go")
        nas.drop_connections()
        await desk.ended()
        await desk.see("Error", "offline")
        await desk.press("escape", "R")
        await desk.until(lambda: desk.session.state is State.ONLINE, "connected again")
        await desk.press("3")
        await desk.see("demo.long", "running", "far to go")


async def test_calls_are_refused_not_queued_while_offline(signed_in: Open, nas: Simulator) -> None:
    async with signed_in() as desk:
        await desk.open("sys info", "system.info")
        await desk.run()
        await desk.see("hostname")
        nas.drop_connections()
        await desk.see("offline", "R connects again")
        await desk.run()
        await desk.see("Offline", "nothing was sent")
        await desk.press("escape", "p")
        await desk.see("hostname")


async def test_subscriptions_return_with_a_gap(signed_in: Open, nas: Simulator) -> None:
    async with signed_in() as desk:
        await desk.press("escape", "escape", "4")
        await desk.type("alert.list")
        await desk.press("enter")
        watch = desk.session.watches[0]
        await desk.until(lambda: watch.live, "subscribed")
        nas.send_event("alert.list", "ADDED", id="a1", fields={"text": "first"})
        await desk.see("first")
        nas.drop_connections()
        await desk.see("offline")
        await desk.press("R")
        await desk.until(lambda: watch.live, "subscribed again")
        nas.send_event("alert.list", "ADDED", id="a2", fields={"text": "second"})
        await desk.see("first", "second", "gap")


async def test_a_server_that_stays_away_is_said_to(signed_in: Open, nas: Simulator) -> None:
    async with signed_in() as desk:
        await nas.stop()
        await desk.see("offline")
        await desk.press("escape", "escape", "R")
        await desk.see("Connection refused")
        assert desk.session.state is State.OFFLINE


async def test_a_login_that_ends_is_noticed_and_renewed(signed_in: Open, nas: Simulator) -> None:
    async with signed_in() as desk:
        await desk.open("auth logout", "auth.logout")
        await desk.press("ctrl+j")
        if isinstance(desk.app.screen, ReviewScreen):
            await desk.press("enter")
        await desk.ended()
        await desk.open("sys info", "system.info")
        await desk.run()
        await desk.see("Signed out", "R signs in")
        await desk.press("escape", "R")
        await desk.until(lambda: desk.session.state is State.ONLINE, "signed in again")
        await desk.press("e")
        await desk.run()
        await desk.see("hostname")


async def test_an_account_with_a_one_time_password_signs_in_again_on_the_card(nas: Simulator) -> None:
    account = nas.users["guarded"]
    async with at_desk(Start(nas.url, "guarded", account["password"])) as desk:
        await desk.press("enter")
        await desk.see("one-time password")
        await desk.type(account["otp"])
        await desk.press("enter")
        await desk.until(lambda: isinstance(desk.app.screen, Workspace), "the workspace")
        nas.drop_connections()
        await desk.see("offline")
        await desk.press("escape", "escape", "R")
        await desk.until(lambda: isinstance(desk.app.screen, ConnectScreen), "the card")
        assert desk.app.screen.query_one("#password", Input).value == account["password"]


async def test_whatever_goes_wrong_is_told_in_the_place_of_the_result(
    signed_in: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with signed_in() as desk:

        async def broken(call: object) -> None:
            raise LookupError("[/nope] nobody thought of this")

        monkeypatch.setattr(desk.session, "run", broken)
        await desk.open("sys info", "system.info")
        await desk.run()
        await desk.see("Error", "LookupError", "[/nope] nobody thought of this")
