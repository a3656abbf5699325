"""The tour: each of its steps done by its keys, as its text says."""

from __future__ import annotations

import re

from tests.app.conftest import at_desk
from tui import actions
from tui.app import Start
from tui.cards.review import ReviewScreen
from tui.memory.state import state_folder
from tui.session.tour import END, STEPS
from tui.starting.connect import ConnectScreen


def test_its_texts_name_keys_of_actions() -> None:
    named = {name for step in (*STEPS, END) for name in re.findall(r"\{([^}]+)\}", step.text)}
    assert named <= {action.id for action in actions.ACTIONS}


async def test_five_steps_are_noticed_and_escape_ends_it() -> None:
    async with at_desk(Start(demo=True, fresh=True, tour=True), (80, 24)) as desk:
        await desk.landed()
        await desk.until(lambda: desk.session.online, "online")
        await desk.see("1 of 5", "Type pds q into the filter", "enter opens the")
        await desk.type("pds q")
        await desk.press("enter")
        await desk.see("2 of 5", "needs none. ^j")
        await desk.run()
        await desk.see("3 of 5", "esc, then v shows")
        await desk.press("escape")
        await desk.see(" v shows")
        await desk.press("v", "v")
        await desk.see("4 of 5", "m shows the methods")
        await desk.press("m")
        await desk.type("scrub scrub")
        await desk.press("enter")
        await desk.until(lambda: desk.explore.call_pane.method is not None and desk.explore.call_pane.editor.has_focus)
        await desk.type("tank")
        await desk.press("ctrl+j")
        await desk.until(lambda: isinstance(desk.app.screen, ReviewScreen), "the card")
        await desk.press("enter")
        await desk.see("5 of 5", "esc, then 3 lists")
        await desk.press("escape", "3")
        await desk.see("1 leads back", "Jobs")
        await desk.press("escape")
        await desk.see_gone("1 leads back")


async def test_the_connect_card_opens_it_anew_and_nothing_is_remembered() -> None:
    async with at_desk(Start(), (80, 24)) as desk:
        await desk.see("F4 opens a built-in demo")
        await desk.press("f4")
        await desk.landed()
        await desk.until(lambda: desk.session.online, "online")
        await desk.see("1 of 5", "writes allowed")
        await desk.type("pds q")
        await desk.press("enter")
        await desk.see("2 of 5")
        session = desk.session
        await desk.press("escape", "c")
        await desk.until(lambda: isinstance(desk.app.screen, ConnectScreen), "the card")
        await desk.press("f4")
        await desk.see("2 of 5")
        assert desk.session is session
        assert desk.app.connections.sessions == [session]
    assert not (state_folder() / "connections").exists()
