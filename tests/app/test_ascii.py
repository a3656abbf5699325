"""With ``--ascii`` nothing but ASCII is drawn, on any screen, as long as the server sends nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from textual.scrollbar import ScrollBarRender

from tests.app.conftest import Desk, at_desk
from tests.app.waiting import resized
from tests.facts import FULL
from truenas_client.simulator import Call, Simulator
from tui.starting.opening import Start
from tui.workspace import Workspace


@pytest.fixture(autouse=True)
def scrollbars() -> Iterator[None]:
    """The app changes the class, once and for the whole process."""
    before = ScrollBarRender.VERTICAL_BARS, ScrollBarRender.HORIZONTAL_BARS
    yield
    ScrollBarRender.VERTICAL_BARS, ScrollBarRender.HORIZONTAL_BARS = before


NARROW, WIDE = (80, 24), (200, 50)


async def plain(desk: Desk, what: str) -> None:
    """Looks at the screen in both sizes in a full run, else in the narrow one; the app is narrow before and after."""
    for size in (NARROW, WIDE, NARROW) if FULL else (NARROW,):
        if desk.app.size != size:
            await resized(desk.pilot, *size)
        await desk.settled()
        assert not [line for line in desk.text.splitlines() if not line.isascii()], f"{what} at {size}"


async def test_every_screen_is_ascii(nas: Simulator) -> None:
    @nas.job("demo.work", abortable=True)
    async def work(call: Call) -> None:
        call.progress(37, "lifting")
        await call.sleep(100_000)

    start = Start(nas.url, "admin", nas.users["admin"]["password"], writable=True, ascii=True)
    async with at_desk(start, NARROW) as desk:
        await plain(desk, "the card")
        await desk.press("enter")
        await desk.until(lambda: isinstance(desk.app.screen, Workspace), "the workspace")
        await desk.see("among")
        await plain(desk, "the first screen")
        await desk.type("recordsize")
        await desk.see("pool.dataset.create")
        await desk.press("asterisk", "down", "asterisk", "escape")
        await desk.see("* pool.dataset")
        await plain(desk, "stars")
        await desk.open("pool.query", "pool.query")
        await desk.write('[[["a", "=", true], {"b": null}], {"limit": "x"}]')
        await desk.see("problem")
        await plain(desk, "problems")
        await desk.write("[]")
        await desk.run()
        await desk.press("escape")
        for _ in range(3):
            await desk.press("v", "down")
            await plain(desk, "a view")
        await desk.write('[[["name", "=", "x"]], {"get": true}]')
        await desk.run()
        await desk.see("Error")
        await plain(desk, "an error")
        await desk.press("escape", "d")
        await plain(desk, "the docs")
        await desk.open("demo work", "demo.work")
        await desk.press("ctrl+j")
        await desk.see("Review")
        await plain(desk, "the review card")
        await desk.press("enter")
        await desk.see("lifting")
        await plain(desk, "a job")
        await desk.press("escape", "3")
        await desk.see("running")
        await plain(desk, "the jobs")
        await desk.press("7")
        await desk.see("this app", "never expires")
        await plain(desk, "sessions and keys")
        await desk.press("4")
        await desk.type("reporting.realtime")
        await desk.press("enter")
        await desk.see("cpu.cpu.usage")
        await plain(desk, "events")
        await desk.press("escape", "1", "question_mark")
        await desk.see("Keys")
        await plain(desk, "the keys")
        await desk.press("escape", "ctrl+p")
        await desk.see("a command or a method", "Go: Jobs")
        await plain(desk, "the palette")
        await desk.press("escape", "ctrl+o")
        await plain(desk, "jump letters")
        await desk.press("escape", "y")
        await plain(desk, "the copy menu")
        await desk.press("escape", "asterisk")
        await desk.see("Starred")
        await plain(desk, "a message")
