"""Pictures of the screens, looked at by eye once and pinned since.

A changed picture is a finding: look at the report that pytest writes, and when it is
meant, take the new ones with ``pytest tests/snapshots --snapshot-update``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.scrollbar import ScrollBarRender

from tests.app.conftest import Desk
from tui.app import Start, TrueNASApp
from tui.cards.card import Standing
from tui.cards.jump import JumpScreen
from tui.session.session import State
from tui.workspace import Workspace

# As they are when tests are collected: an app in ASCII draws them another way, in the whole process.
BARS = {name: list(getattr(ScrollBarRender, name)) for name in ("VERTICAL_BARS", "HORIZONTAL_BARS")}

Scene = Callable[[Desk], Awaitable[None]]
Compare = Callable[..., bool]

NARROW, NORMAL, WIDE = (80, 24), (120, 36), (200, 50)
SIZES = {"80x24": NARROW, "120x36": NORMAL, "200x50": WIDE}
LOOKS = {"dark": "dark", "light": "light", "ascii": "dark"}

QUERY = """[
  [["type", "=", "FILESYSTEM"]],
  {"select": ["id", "used", "available", "compression", "readonly"], "order_by": ["id"], "limit": 5}
]"""
UPDATE = """[
  "tank/media",
  {"compression": "ZSTD", "quota": 10737418240, "comments": "films and music"}
]"""


@pytest.fixture(autouse=True)
def nothing_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is timed took as long as always, and no app before has changed how scroll bars are drawn."""
    for name, pieces in BARS.items():
        monkeypatch.setattr(ScrollBarRender, name, pieces)
    for module in ("tui.widgets.status_line", "tui.widgets.result_pane", "tui.widgets.result_words"):
        monkeypatch.setattr(f"{module}.human_ms", lambda milliseconds: "5 ms")


# -- scenes ---------------------------------------------------------------------------


async def methods(desk: Desk) -> None:
    """What comes first."""
    await desk.see("type to find among")


async def found(desk: Desk) -> None:
    await desk.type("pds q")
    await desk.see("pool.dataset.query")


async def docs(desk: Desk) -> None:
    await desk.open("pool.dataset.create", "pool.dataset.create")
    await desk.press("escape", "d")
    await desk.see("[Docs]")


async def completion(desk: Desk) -> None:
    await desk.open("pds q", "pool.dataset.query")
    await desk.write('[[], {"order_by": ["id"], "li')
    editor = desk.explore.call_pane.editor
    editor.move_cursor(editor.document.end)
    await desk.press("ctrl+l")
    await desk.see("limit")


async def problem(desk: Desk) -> None:
    await desk.open("pds q", "pool.dataset.query")
    await desk.write('[\n  [],\n  {"limt": 5, "order_by": ["name"]}\n]')
    await desk.see("1 problem")


async def table(desk: Desk) -> None:
    await desk.open("pds q", "pool.dataset.query")
    await desk.write(QUERY)
    await desk.run()
    await desk.see("rows 1-5")


async def tree(desk: Desk) -> None:
    await table(desk)
    await desk.press("escape")
    for _ in range(3):
        if "[Tree]" not in desk.text:
            await desk.press("v")
    await desk.see("[Tree]")


async def error(desk: Desk) -> None:
    await desk.open("pds ge", "pool.dataset.get_instance")
    await desk.write('["no/such/dataset"]')
    await desk.run()
    await desk.see("Error")


async def review(desk: Desk) -> None:
    await desk.open("pds up", "pool.dataset.update")
    await desk.write(UPDATE)
    await desk.press("ctrl+j")
    await desk.see("Review", "ZSTD", "send")


async def locked(desk: Desk) -> None:
    await review(desk)
    await desk.press("escape", "escape")
    await desk.press("L")
    await desk.press("ctrl+j")
    await desk.see("read-only")


async def risk(desk: Desk) -> None:
    await desk.open("pds del", "pool.dataset.delete")
    await desk.write('["tank/media", {"recursive": true}]')
    await desk.press("ctrl+j")
    await desk.see("Review", "Type tank/media")


async def copying(desk: Desk) -> None:
    await table(desk)
    await desk.press("escape", "y")
    await desk.see("Copy")


async def jumping(desk: Desk) -> None:
    await table(desk)
    await desk.press("ctrl+o")
    await desk.until(lambda: isinstance(desk.app.screen, JumpScreen), "the letters")


async def keys(desk: Desk) -> None:
    await desk.press("f1")
    await desk.see("Keys")


async def commands(desk: Desk) -> None:
    await desk.press("ctrl+p")
    await desk.type("copy")
    await desk.see("Copy")


async def card(desk: Desk) -> None:
    await desk.type("nas.lab.example")
    await desk.press("tab", "tab")
    await desk.type("admin")
    await desk.see("wss://nas.lab.example")


async def readable(desk: Desk) -> None:
    await desk.type("ws://nas.lab.example")
    await desk.press("tab", "tab")
    await desk.type("admin")
    await desk.see("Not encrypted")


# -- pictures -------------------------------------------------------------------------


def pictured(compare: Compare, scene: Scene, size: tuple[int, int], look: str = "dark") -> bool:
    demo = scene not in (card, readable)
    app = TrueNASApp(Start(demo=demo, fresh=True, ascii=look == "ascii"))

    async def act(pilot: Pilot[Any]) -> None:
        app.theme = LOOKS[look]
        desk = Desk(app, pilot)
        if demo:
            await desk.until(lambda: isinstance(app.screen, Workspace), "the workspace")
            await desk.until(lambda: desk.session.state is State.ONLINE and desk.session.life.latency, "the connection")
            await desk.until(lambda: desk.explore.methods.filter.has_focus, "the filter")
        await scene(desk)
        if isinstance(shown := app.screen, Standing):
            await desk.until(lambda: shown.painted is not None, "the card to be painted")
        app.clear_notifications()
        for field in app.screen.query("Input").results():
            field.cursor_blink = False  # type: ignore[attr-defined]
        before = ""
        while before != desk.text:
            # A scroll bar that appears has what stands beside it laid out once more.
            before = desk.text
            await pilot.pause()

    return compare(app, terminal_size=size, run_before=act)


@pytest.mark.parametrize(("size", "look"), zip(SIZES, LOOKS, strict=True))
@pytest.mark.parametrize("scene", [table, review], ids=lambda scene: scene.__name__)
def test_everywhere(snap_compare: Compare, scene: Scene, size: str, look: str) -> None:
    assert pictured(snap_compare, scene, SIZES[size], look)


@pytest.mark.parametrize(
    "scene",
    [
        methods,
        found,
        docs,
        completion,
        problem,
        tree,
        error,
        locked,
        risk,
        copying,
        jumping,
        keys,
        commands,
        card,
        readable,
    ],
    ids=lambda scene: scene.__name__,
)
def test_narrow(snap_compare: Compare, scene: Scene) -> None:
    assert pictured(snap_compare, scene, NARROW)


@pytest.mark.parametrize("scene", [methods, docs, tree, error, card], ids=lambda scene: scene.__name__)
def test_normal_light(snap_compare: Compare, scene: Scene) -> None:
    assert pictured(snap_compare, scene, NORMAL, "light")


@pytest.mark.parametrize("scene", [methods, docs, tree], ids=lambda scene: scene.__name__)
def test_wide(snap_compare: Compare, scene: Scene) -> None:
    assert pictured(snap_compare, scene, WIDE)
