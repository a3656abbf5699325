"""A terminal with too little room, at the start and later: a card says so, and what was there comes back."""

from __future__ import annotations

import pytest

from tests.app.conftest import Desk, Open, at_desk
from tests.app.waiting import resized
from truenas_client.simulator import Simulator
from tui.app import Start
from tui.cards.too_small import TooSmall
from tui.starting.connect import ConnectScreen
from tui.workspace import Workspace

TINY = [(59, 15), (1, 1)]


async def resize(desk: Desk, size: tuple[int, int]) -> None:
    await resized(desk.pilot, *size)
    small = size[0] < 60 or size[1] < 16
    await desk.until(lambda: isinstance(desk.app.screen, TooSmall) is small, f"the card: {small}")


@pytest.mark.parametrize("size", [(80, 12), (1, 1)])
async def test_a_start_with_too_little_room(size: tuple[int, int]) -> None:
    async with at_desk(Start(demo=True, fresh=True), size) as desk:
        await desk.until(lambda: isinstance(desk.app.screen_stack[0], Workspace), "the workspace")
        await desk.until(lambda: isinstance(desk.app.screen, TooSmall), "the card")
        await desk.type("x3")  # goes nowhere
        await resize(desk, (80, 24))
        await desk.see("type to find among", "writes allowed")


async def test_a_refused_login_shows_its_card_under_the_other(nas: Simulator) -> None:
    async with at_desk(Start(nas.url, "admin", "wrong"), (80, 12)) as desk:
        await desk.until(lambda: isinstance(desk.app.screen_stack[0], ConnectScreen), "the connect card")
        await desk.until(lambda: isinstance(desk.app.screen, TooSmall), "the card")
        await resize(desk, (80, 24))
        assert isinstance(desk.app.screen, ConnectScreen)


async def test_every_place_survives_tiny_windows(signed_in: Open) -> None:
    async with signed_in(size=(80, 24)) as desk:
        for keys in ([], ["3"], ["4"], ["1", "f1"], ["ctrl+p"], ["c"], ["q"]):
            await desk.press(*keys)
            shown = desk.app.screen
            for size in TINY:
                await resize(desk, size)
            await resize(desk, (80, 24))
            assert desk.app.screen is shown, keys
            if keys and keys[-1] in ("f1", "ctrl+p", "c", "q"):
                await desk.press("escape")


async def test_what_opens_meanwhile_in_another_mode_is_covered_too(signed_in: Open) -> None:
    async with signed_in(size=(80, 24)) as desk:
        workspace = desk.app.screen
        await resize(desk, (40, 10))
        await desk.app.on_workspace_connect_wanted()
        await desk.until(lambda: isinstance(desk.app.screen, TooSmall), "the card there too")
        await resize(desk, (80, 24))
        assert isinstance(desk.app.screen, ConnectScreen)
        await desk.app.on_connect_screen_left()
        await desk.until(lambda: desk.app.screen is workspace, "the workspace uncovered")
