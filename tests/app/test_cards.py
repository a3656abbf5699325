"""Cards by themselves: what all that ask for values have in common."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input

from tests.app.bursts import CERTIFICATE
from tests.app.stage import staged
from tests.app.waiting import screen_text, wait_for
from tui.cards.file import FileScreen
from tui.cards.form import Entry, FormScreen
from tui.cards.otp import OtpScreen
from tui.cards.settings import SettingsScreen
from tui.cards.too_small import LEAST
from tui.cards.trust import TrustScreen
from tui.settings.file import SettingsFile
from tui.widgets.key_line import Hint


@pytest.mark.parametrize("ascii_only", [False, True])
async def test_a_secret_is_hidden_by_the_signs_of_the_screen_until_a_key_shows_it(*, ascii_only: bool) -> None:
    given: list[dict[str, str] | None] = []
    async with staged(Input(), ascii_only=ascii_only) as pilot:
        card = FormScreen("Sign in", "Why", [Entry("secret", "Password", secret=True, exact=True)], yes="sign in")
        pilot.app.push_screen(card, given.append)
        await pilot.pause()
        await pilot.press("enter")
        assert "Password is empty." in screen_text(pilot)
        await pilot.press("p", "w", " ")
        assert ("***" if ascii_only else "•••") in screen_text(pilot)
        await pilot.press("f2")
        assert "pw" in screen_text(pilot)
        await pilot.press("enter")
    assert given == [{"secret": "pw "}]


async def test_a_field_ends_within_the_card() -> None:
    async with staged(Input(), size=(80, 24)) as pilot:
        pilot.app.push_screen(OtpScreen(user="admin", host="nas", again=True))
        await pilot.pause()
        card = pilot.app.screen
        assert card.query_one(Input).region.right <= card.query_one("#card").content_region.right
        assert "Wrong code." in screen_text(pilot)
        assert "show" not in screen_text(pilot), "a code is not hidden"


async def test_the_note_about_a_path_goes_with_the_path(tmp_path: Path) -> None:
    path = tmp_path / "here"
    path.write_bytes(b"x" * 2048)
    async with staged(Input()) as pilot:
        pilot.app.push_screen(FileScreen("upload", "filesystem.put", str(path)))
        await wait_for(pilot, lambda: "2.0 KiB" in screen_text(pilot), "its size")
        pilot.app.screen.query_one(Input).value = ""
        await wait_for(pilot, lambda: "2.0 KiB" not in screen_text(pilot), "no note")


async def test_a_form_that_is_higher_than_the_screen_scrolls_to_the_field_that_is_typed_in() -> None:
    entries = [Entry(f"value-{number}", f"value {number}") for number in range(30)]
    async with staged(Input(), size=(80, 24)) as pilot:
        pilot.app.push_screen(FormScreen("Values", "This call is made with:", entries, yes="go on"))
        await pilot.pause()
        await pilot.press("shift+tab", "l", "a", "s", "t")
        await wait_for(pilot, lambda: "value 29   last" in screen_text(pilot), "the last field")
        await pilot.press("enter")
        await wait_for(pilot, lambda: "value 0 is empty." in screen_text(pilot), "what is missing")
        assert "go on" in screen_text(pilot), "the keys stay"


async def test_on_the_smallest_screen_a_card_scrolls_and_its_keys_are_seen() -> None:
    trusted = ["sha256:" + "ab" * 32]
    async with staged(Input(), size=LEAST) as pilot:
        for card in (
            TrustScreen("nas", CERTIFICATE, trusted=trusted),
            SettingsScreen(SettingsFile(None), lambda: None),
        ):
            pilot.app.push_screen(card)
            await pilot.pause()
            assert card.query_one("#card").content_region.contains_region(card.query_one(Hint).region)
            await pilot.press("end")
            last = "server shows under" if isinstance(card, TrustScreen) else "Frames kept"
            await wait_for(pilot, lambda last=last: last in screen_text(pilot), "the end of it")
