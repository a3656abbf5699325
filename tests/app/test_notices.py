"""A toast whose time is over while it is being shown."""

from __future__ import annotations

import time

from textual.notifications import Notification
from textual.widgets._toast import Toast, ToastHolder

from tests.app.conftest import at_desk
from tui.app import Start
from tui.notices import Notice


def test_a_notice_has_some_time_left_and_expires_all_the_same() -> None:
    over = Notice("x", timeout=2, raised_at=time.time() - 3)
    assert over.time_left > 0
    assert over.has_expired
    assert 1 < Notice("x", timeout=2).time_left <= 2
    assert not Notice("x", timeout=2).has_expired


async def test_a_toast_that_is_over_as_it_is_shown_goes_and_stops_nothing() -> None:
    async with at_desk(Start(), (80, 24)) as desk:
        toast = Toast(Notice("over", timeout=2, raised_at=time.time() - 3))
        await desk.app.screen.mount(toast)
        await desk.until(lambda: not toast.is_attached, "the toast to go")


async def test_nothing_is_left_of_a_toast_that_is_taken_away() -> None:
    async with at_desk(Start(), (80, 24)) as desk:
        desk.app.screen.notify("for a while")
        await desk.until(lambda: desk.app.screen.query(Toast), "a toast")
        desk.app.clear_notifications()
        await desk.until(lambda: not desk.app.screen.query(ToastHolder), "nothing left")


async def test_what_the_app_tells_is_a_notice_and_no_markup() -> None:
    async with at_desk(Start(), (80, 24)) as desk:
        desk.app.screen.notify("for a while [b]\x1b[7m[/nope]")
        await desk.see("for a while [b]␛[7m[/nope]")
        assert [type(one) for one in desk.app._notifications] == [Notice]
        desk.app.screen.notify("[bold]the name[/] of a thing [@click=app.quit]here[/]")
        await desk.see("[bold]the name[/]")


def test_textual_still_needs_this() -> None:
    """When this fails, `tui.notices` can go."""
    assert Notification("x", timeout=2, raised_at=time.time() - 3).time_left < 0
