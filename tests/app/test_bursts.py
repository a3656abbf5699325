"""Keys that come faster than anybody reads: where they arrive, what they may not answer, and that nothing leaves."""

from __future__ import annotations

import pytest
from textual import events
from textual.command import CommandList

from tests.app.bursts import Bursts
from tests.app.conftest import Desk, Open
from tui.cards.confirm import ConfirmScreen
from tui.cards.review import ReviewScreen
from tui.palette import Palette
from tui.turnstile import Turnstile
from tui.widgets.key_line import Hint

CONTROL = '["START", "ftp"]'


async def send_control(desk: Desk) -> None:
    """Sends service.control once, as a person does who reads the card."""
    await desk.open("service.control", "service.control")
    await desk.write(CONTROL)
    await desk.press("ctrl+j")
    await desk.until(lambda: isinstance(desk.app.screen, ReviewScreen), "the card")
    await desk.press("enter")
    await desk.ended()


async def test_a_burst_goes_where_its_first_key_leads_and_sends_nothing(signed_in: Open) -> None:
    async with signed_in() as desk:
        await send_control(desk)
        await desk.press("escape")
        bursts = Bursts(desk, seed=0)
        try:
            await bursts.type(list("mservice.q"))
            assert desk.explore.methods.filter.value.endswith("service.q")
            desk.time += 1
            await bursts.type(["enter"])
            assert bursts.figures.calls == 0
            # In a form the first value to fill in is typed at once.
            await desk.open("service.control", "service.control")
            await desk.write('["START", ""]')
            await bursts.type(["f2", *"tpf", "enter"])
            assert desk.explore.call_pane.text == '["START", "tpf"]'
        finally:
            bursts.close()


async def test_a_card_takes_no_answer_before_it_has_stood(signed_in: Open) -> None:
    async with signed_in() as desk:
        await desk.open("service.control", "service.control")
        await desk.write(CONTROL)
        bursts = Bursts(desk, seed=0)
        try:
            await bursts.type(["ctrl+j", "enter", "enter", "escape", "e"])
            card = desk.app.screen
            assert isinstance(card, ReviewScreen)
            await desk.see("Press it again")
            await desk.until(lambda: card.painted is not None, "the card to be painted")
            desk.time += 0.39
            await bursts.type(["enter"])
            assert isinstance(desk.app.screen, ReviewScreen)
            assert bursts.figures.writes == 0
            desk.time += 0.02
            await bursts.type(["enter"])
            await desk.ended()
            assert bursts.figures.writes == 1
        finally:
            bursts.close()


async def test_r_on_a_write_only_names_the_key_that_sends(signed_in: Open) -> None:
    async with signed_in() as desk:
        await send_control(desk)
        await desk.press("escape", "r")
        await desk.see("r repeats reads only", "ctrl+j")
        assert not isinstance(desk.app.screen, ReviewScreen)


async def test_letters_behind_a_key_go_into_the_card_it_opened(signed_in: Open) -> None:
    async with signed_in() as desk:
        await desk.press("escape", "escape")
        bursts = Bursts(desk, seed=0)
        try:
            await bursts.type(["ctrl+p", *"jobs", "enter"])
            assert isinstance(desk.app.screen, Palette)
            assert desk.app.screen.query_one("Input").value == "jobs"  # type: ignore[attr-defined]
            desk.time += 1
            await desk.press("escape")
            await bursts.type(["q", "y"])
            assert isinstance(desk.app.screen, ConfirmScreen)
        finally:
            bursts.close()


async def test_a_page_of_a_palette_that_is_not_laid_out_yet_is_nothing(signed_in: Open) -> None:
    async with signed_in() as desk:
        await desk.press("ctrl+p")
        listed = desk.app.screen.query_one(CommandList)
        await desk.until(lambda: listed.option_count > 1, "the commands")
        listed.highlighted = 0
        listed.styles.width = 0
        await desk.until(lambda: not listed.scrollable_content_region, "no room")
        await desk.press("pagedown", "pageup")
        listed.styles.width = "1fr"
        await desk.until(lambda: listed.scrollable_content_region, "room")
        await desk.press("pagedown")
        assert listed.highlighted


async def test_a_search_that_ends_after_the_palette_was_closed_is_nothing(signed_in: Open) -> None:
    async with signed_in() as desk:
        await desk.press("escape", "escape", "ctrl+p")
        palette = desk.app.screen
        assert isinstance(palette, Palette)
        listed = palette.query_one(CommandList)
        await desk.press("escape")
        await desk.until(lambda: not palette.is_attached, "the palette to be gone")
        # What Textual's worker does at its end.
        palette._refresh_command_list(listed, [], True)
        palette._list_visible, palette._show_busy = True, True
        await desk.settled()
        assert desk.app._exception is None


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 50)])
async def test_what_is_shown_is_what_arguments_and_runs_are_of(signed_in: Open, size: tuple[int, int]) -> None:
    async with signed_in(size=size) as desk:
        await desk.open("service.control", "service.control")
        pane = desk.explore.call_pane
        await desk.press("escape", "m")
        await desk.type("pool.q")
        await desk.until(lambda: desk.explore.methods.highlighted == "pool.query", "pool.query")
        assert pane.shown is not None
        assert pane.title == pane.shown.name
        await desk.press("f2")
        await desk.until(lambda: pane.previewed is None, "no preview")
        assert pane.title == (pane.method.name if pane.method else "")
        await desk.workspace.perform("pane.methods")
        desk.explore.methods.filter.value = "zzzz"
        await desk.see("No method matches.")
        await desk.until(lambda: pane.previewed is None, "no preview")
        assert pane.title == (pane.method.name if pane.method else "")
        await desk.press("ctrl+j")
        await desk.see("Nothing sent")
        assert desk.explore.result_pane.call is None


async def test_without_the_turnstile_the_watch_would_notice(signed_in: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Turnstile, "_passes", lambda self, event, at: True)

    async def confirmed_unread() -> None:
        async with signed_in() as desk:
            await desk.open("service.control", "service.control")
            await desk.write(CONTROL)
            bursts = Bursts(desk, seed=0)
            try:
                await bursts.type(["ctrl+j", "enter"])
            finally:
                bursts.close()

    with pytest.raises(AssertionError, match=r"service\.control confirmed after"):
        await confirmed_unread()


async def test_random_bursts_send_nothing_unread(signed_in: Open) -> None:
    async with signed_in(size=(80, 24)) as desk:
        bursts = Bursts(desk, seed=80)
        try:
            await bursts._home()
            figures = await bursts.go(8)
        finally:
            bursts.close()
        assert figures.bursts > 0


async def test_a_click_on_a_card_counts_no_sooner_than_a_key(signed_in: Open) -> None:
    async with signed_in() as desk:
        await desk.open("service.control", "service.control")
        await desk.write(CONTROL)
        await desk.press("ctrl+j")
        card = desk.app.screen
        assert isinstance(card, ReviewScreen)
        await desk.until(lambda: card.painted is not None, "the card to be painted")
        hint = card.query_one(Hint)
        await desk.see("enter send")
        x, y = hint.region.x + hint.render_line(0).text.index("send"), hint.region.y

        async def click() -> None:
            # As the terminal's driver does; what `Pilot.click` posts has passed the app already.
            for kind in (events.MouseDown, events.MouseUp):
                desk.app.post_message(kind(None, x, y, 0, 0, 1, False, False, False, x, y))
            await desk.settled()

        desk.time += 0.39
        await click()
        assert desk.app.screen is card
        await desk.see("Press it again")
        desk.time += 0.02
        await click()
        await desk.ended()
