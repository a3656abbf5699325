"""Two connections at once: each keeps its cards, toasts, drafts and panels, and a key or the palette switches."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from textual.widgets import Input

from tests.app.conftest import Desk, Open
from tests.app.waiting import screen_text
from truenas_client.secrets.value import Secret
from truenas_client.simulator import Call, Simulator
from tui.cards.confirm import ConfirmScreen
from tui.cards.form import FormScreen
from tui.cards.otp import OtpScreen
from tui.cards.review import ReviewScreen
from tui.session.session import Session, State
from tui.session.target import Target
from tui.starting.connect import ConnectScreen
from tui.widgets.status_line import StatusLine
from tui.workspace import Workspace


@pytest.fixture
async def other() -> AsyncIterator[Simulator]:
    """A second simulated NAS."""
    async with Simulator(speed=100.0) as simulator:
        yield simulator


@asynccontextmanager
async def connected(desk: Desk, nas: Simulator) -> AsyncIterator[Session]:
    """A further connection, which is shown then."""
    session = Session(Target.of(nas.url, "admin", nas.users["admin"]["password"], writable=True))
    await session.open()
    await desk.app.connections.open(session)
    await desk.landed()
    yield session


async def press_next(desk: Desk, session: Session) -> None:
    await desk.press("f6")
    await desk.until(lambda: desk.app.connections.current is session, "the next connection")
    await desk.settled()


def told(desk: Desk, session: Session) -> list[str]:
    """The toasts that a connection has, seen or not."""
    return [notice.message for notice in desk.app._boards[desk.app.connections._modes[session]]]


def shown(desk: Desk) -> Session | None:
    return desk.app.connections.current


async def test_one_key_and_escape_lead_back_and_each_keeps_what_it_had(signed_in: Open, other: Simulator) -> None:
    async with signed_in() as desk:
        first = desk.session
        await desk.open("pds q", "pool.dataset.query")
        await desk.write('[[["id", "=", "tank"]]]')
        async with connected(desk, other) as second:
            assert shown(desk) is second
            await desk.open("sys info", "system.info")
            await desk.press("escape", "4")
            await desk.until(lambda: desk.workspace.section.id == "events", "the events")
            await press_next(desk, first)
            await desk.see("pool.dataset.query", '[[["id", "=", "tank"]]]')
            await desk.press("escape", "C")
            await desk.until(lambda: shown(desk) is second, "the second")
            assert desk.workspace.section.id == "events"
            await desk.press("escape", "C")
            await desk.until(lambda: shown(desk) is first, "around to the first")
            # From the connect card, the one that was shown last and not the one opened last.
            await desk.press("c")
            await desk.until(lambda: isinstance(desk.app.screen, ConnectScreen), "the card")
            await desk.press("escape")
            await desk.until(lambda: shown(desk) is first, "back to the first")


async def test_a_result_is_compared_with_the_same_call_on_another_server(
    signed_in: Open, nas: Simulator, other: Simulator
) -> None:
    before, now = {"id": 1, "state": "STOPPED"}, {"id": 1, "state": "RUNNING"}
    other.method("demo.rows", roles=["READONLY_ADMIN"])(lambda call: [before, {"id": 2}])
    nas.method("demo.rows", roles=["READONLY_ADMIN"])(lambda call: [{"id": 2}, now])
    async with signed_in() as desk:
        first = desk.session
        async with connected(desk, other) as second:
            await press_next(desk, first)
            await desk.open("demo.rows", "demo.rows")
            await desk.run()
            await desk.press("escape", "D")
            await desk.see("[Diff]", "the same call on nas 127.0.0.1:", '[id=1].state: "STOPPED" -> "RUNNING"')
            assert "demo.rows" not in second.caller.last, "it is no call of that connection's own"
            # A server that does not know the method is named.
            other.registry.methods.pop("demo.rows")
            await desk.press("D")
            await desk.see(f"{second.host}: ", "demo.rows")


async def test_the_palette_names_the_other_connections(signed_in: Open, other: Simulator) -> None:
    async with signed_in() as desk:
        first = desk.session
        async with connected(desk, other):
            await desk.press("ctrl+p")
            await desk.type(f"connection: {first.host}")
            await desk.see(f"connection: {first.host}", "online")
            await desk.press("enter")
            await desk.until(lambda: shown(desk) is first, "the first")


async def test_a_card_of_a_connection_in_the_background_waits_there(signed_in: Open, other: Simulator) -> None:
    async with signed_in() as desk:
        first, workspace = desk.session, desk.workspace
        async with connected(desk, other):
            asked = asyncio.create_task(workspace._ask_code(False))
            stack = desk.app._screen_stacks[desk.app.connections._modes[first]]
            await desk.until(lambda: isinstance(stack[-1], OtpScreen), "the card over the first")
            assert isinstance(desk.app.screen, Workspace), "not over the second"
            await press_next(desk, first)
            assert isinstance(desk.app.screen, OtpScreen)
            await desk.read_card()
            await desk.type("123456")
            # The card lets go of no answer: it waits while the other is looked at.
            await desk.press("f6")
            await desk.until(lambda: shown(desk) is not first, "the second")
            await desk.until(lambda: isinstance(desk.app.screen, Workspace), "no card there")
            await press_next(desk, first)
            await desk.press("enter")
            await desk.until(asked.done, "the answer")
            assert asked.result() == "123456"


async def test_a_card_that_is_taken_away_in_the_background_takes_nothing_else(
    signed_in: Open, other: Simulator
) -> None:
    async with signed_in() as desk:
        workspace = desk.workspace
        async with connected(desk, other) as second:
            asked = asyncio.create_task(workspace._ask_code(False))
            stack = desk.app._screen_stacks[desk.app.connections._modes[workspace.session]]
            await desk.until(lambda: len(stack) == 2, "the card over the first")
            await desk.press("escape", "q")
            await desk.until(lambda: isinstance(desk.app.screen, ConfirmScreen), "a card over the second")
            asked.cancel()
            await desk.until(lambda: stack == [workspace], "the card to be gone")
            assert isinstance(desk.app.screen, ConfirmScreen)
            assert shown(desk) is second


async def test_a_write_that_waits_for_its_review_is_of_its_own_connection(
    signed_in: Open, nas: Simulator, other: Simulator
) -> None:
    ran: list[str] = []
    for name, each in (("first", nas), ("second", other)):

        @each.method("demo.write")
        def write(call: Call, name: str = name) -> Any:
            ran.append(name)

    async with signed_in() as desk:
        first = desk.session
        async with connected(desk, other) as second:
            await desk.open("demo write", "demo.write")
            await desk.press("ctrl+j")
            await desk.until(lambda: isinstance(desk.app.screen, ReviewScreen), "the review")
            await press_next(desk, first)
            assert not isinstance(desk.app.screen, ReviewScreen)
            await desk.press("enter", "ctrl+j")
            assert ran == []
            await press_next(desk, second)
            card = desk.app.screen
            assert isinstance(card, ReviewScreen)
            await desk.press("enter")
            await desk.until(lambda: ran == ["second"], "sent where it was asked")


@pytest.mark.usefixtures("patient")
async def test_toasts_stay_with_their_connection(signed_in: Open, nas: Simulator, other: Simulator) -> None:
    async with signed_in() as desk:
        first, workspace = desk.session, desk.workspace
        async with connected(desk, other):
            desk.workspace.call_later(desk.workspace.notify, "told by the second", timeout=60)
            await desk.see("told by the second")
            nas.drop_connections()
            # The workspace looks ten times a second: it must see the loss, however soon the connection is back.
            await desk.until(lambda: told(desk, first), "the loss of the first")
            await first.reconnect()
            await desk.until(lambda: "Connected again." in told(desk, first), "the first is there again")
            workspace.call_later(workspace.notify, "told by the first", timeout=60)
            await desk.until(lambda: told(desk, first) == ["Connected again.", "told by the first"], "what waits")
            assert "Connected again." not in desk.text
            assert "told by the first" not in desk.text
            await desk.see("told by the second")
            await press_next(desk, first)
            await desk.see("told by the first")
            assert "told by the second" not in screen_text(desk.pilot)


async def test_quitting_names_what_runs_on_any_of_them(signed_in: Open, nas: Simulator, other: Simulator) -> None:
    for each in (nas, other):

        @each.job("demo.work", roles=["READONLY_ADMIN"])
        async def work(call: Call) -> Any:
            await asyncio.Event().wait()

    async with signed_in() as desk:
        first = desk.session
        async with connected(desk, other) as second:
            first.life.host, second.life.host = "nas-one", "nas-two"
            for session in (first, second):
                session.caller.send(session.new_call("demo.work", []))
            await desk.until(lambda: first.jobs.ours_active() and second.jobs.ours_active(), "both run")
            await desk.press("escape", "escape", "q")
            await desk.see("nas-one: #1 demo.work", "nas-two: #1 demo.work", "They keep running")
            await desk.press("escape")
            # The status line tells of the other one.
            await desk.see("nas-one", "nas-two")


async def test_the_order_and_what_closes_leaves_the_others(signed_in: Open, other: Simulator) -> None:
    async with signed_in() as desk:
        first = desk.session
        async with connected(desk, other) as second:
            connections = desk.app.connections
            assert connections.sessions == [first, second]
            assert connections.others == [first]
            await press_next(desk, first)
            await connections.close(second)
            assert connections.sessions == [first]
            assert second.state is State.CLOSED
            assert connections.workspace(second) is None
            assert not desk.app.check_action("connection_next", ())


async def test_the_same_call_on_another_server_and_tabs_that_tell_them_apart(
    signed_in: Open, nas: Simulator, other: Simulator
) -> None:
    async with signed_in() as desk:
        first = desk.session
        await desk.press("escape", "escape", "S")
        async with connected(desk, other) as second:
            # Both are called nas.
            places = [nas.url.split("/")[2], other.url.split("/")[2]]
            await desk.see(f"nas {places[1]}", f"nas {places[0]}")
            await desk.open("pds q", "pool.dataset.query")
            await desk.write('[[["id", "=", "tank/media"]]]')
            await desk.press("escape", "S")
            await desk.until(lambda: shown(desk) is first, "the other")
            await desk.ended()
            assert desk.explore.call_pane.text == '[[["id", "=", "tank/media"]]]'
            call = first.caller.last["pool.dataset.query"]
            assert call.value[0]["id"] == "tank/media"
            assert "pool.dataset.query" not in second.caller.last
            # A write waits there for its review.
            await desk.open("pds del", "pool.dataset.delete")
            await desk.write('["tank/media"]')
            await desk.press("escape", "S")
            await desk.until(lambda: isinstance(desk.app.screen, ReviewScreen), "the review")
            assert shown(desk) is second
            await desk.press("escape")
            # The tab of a connection leads to it.
            tab = desk.workspace.query_one(StatusLine)
            tab.action_press("tab:0")
            await desk.until(lambda: shown(desk) is first, "the first")


async def test_signing_in_again_in_place_when_the_secret_has_changed(signed_in: Open, nas: Simulator) -> None:
    async with signed_in() as desk:
        await desk.open("pds q", "pool.dataset.query")
        await desk.write('[[["id", "=", "half')
        session = desk.session
        session.target = replace(session.target, secret=Secret("changed meanwhile"))
        session.life.expire()
        await desk.press("escape")
        await desk.see("signed out")
        await desk.press("R")
        await desk.until(lambda: isinstance(desk.app.screen, FormScreen), "the card")
        await desk.see("Wrong user or password", "admin on")
        await desk.press("f2")
        assert not desk.app.screen.query_one(Input).password
        await desk.type(nas.users["admin"]["password"])
        await desk.press("enter")
        await desk.until(lambda: session.state is State.ONLINE, "signed in")
        await desk.see('[[["id", "=", "half')
