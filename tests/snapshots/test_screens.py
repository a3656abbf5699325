"""The screens of the app on the demo: ten as pictures, with their colours and looks, and all others as text.

A changed picture is a finding: look at the report that pytest writes, and when it is meant, take the new ones with
``pytest tests/snapshots --snapshot-update``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion
from textual.pilot import Pilot
from textual.widgets import Input

from tests.app.conftest import Desk, at_desk
from tests.snapshots.texts import NARROW, NORMAL, SIZES, WIDE, compared, still
from tui.app import Start, TrueNASApp
from tui.cards.card import Standing
from tui.cards.jump import JumpScreen
from tui.session.session import State
from tui.workspace import Workspace

Scene = Callable[[Desk], Awaitable[None]]
Compare = Callable[..., bool]

SMALLER = {name: size for name, size in SIZES.items() if size != WIDE}
LOOKS = {"dark": "dark", "light": "light", "ascii": "dark"}

QUERY = """[
  [["type", "=", "FILESYSTEM"]],
  {"select": ["id", "used", "available", "compression", "readonly"], "order_by": ["id"], "limit": 5}
]"""
UPDATE = """[
  "tank/media",
  {"compression": "ZSTD", "quota": 10737418240, "comments": "films and music"}
]"""


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
    await desk.see("Docs", "The new dataset")


async def completion(desk: Desk) -> None:
    await desk.open("pds q", "pool.dataset.query")
    await desk.write('[[], {"order_by": ["id"], "li')
    editor = desk.explore.call_pane.editor
    editor.move_cursor(editor.document.end)
    await desk.press("ctrl+l")
    await desk.see("limit", "4 problems")


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


async def saving(desk: Desk) -> None:
    await table(desk)
    await desk.press("escape")
    while "[Table]" not in desk.text:
        await desk.press("v")
    await desk.press("x")
    await desk.see("Save the result")
    await desk.press("right", "right")
    await desk.see("formula", ".csv")


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


# -- pictures and texts ---------------------------------------------------------------


async def ready(desk: Desk) -> None:
    await desk.landed()
    await desk.until(lambda: desk.session.state is State.ONLINE and desk.session.life.latency, "the connection")


async def at_rest(desk: Desk) -> None:
    """What comes by and by is there, and nothing blinks."""
    if isinstance(shown := desk.app.screen, Standing):
        await desk.until(lambda: shown.painted is not None, "the card to be painted")
    desk.app.clear_notifications()
    for field in desk.app.screen.query("Input").results(Input):
        field.cursor_blink = False
    await still(desk.pilot)


def pictured(compare: Compare, scene: Scene, size: tuple[int, int], look: str = "dark") -> bool:
    demo = scene is not card
    app = TrueNASApp(Start(demo=demo, fresh=True, ascii=look == "ascii"))

    async def act(pilot: Pilot[Any]) -> None:
        app.theme = LOOKS[look]
        desk = Desk(app, pilot)
        if demo:
            await ready(desk)
        await scene(desk)
        await at_rest(desk)

    return compare(app, terminal_size=size, run_before=act)


@pytest.mark.parametrize(("size", "look"), list(zip(SIZES, LOOKS, strict=True)))
@pytest.mark.parametrize("scene", [table, review], ids=lambda scene: scene.__name__)
def test_everywhere(snap_compare: Compare, scene: Scene, size: str, look: str) -> None:
    assert pictured(snap_compare, scene, SIZES[size], look)


@pytest.mark.parametrize("scene", [methods, problem], ids=lambda scene: scene.__name__)
def test_narrow(snap_compare: Compare, scene: Scene) -> None:
    assert pictured(snap_compare, scene, NARROW)


@pytest.mark.parametrize("scene", [docs, card], ids=lambda scene: scene.__name__)
def test_normal_light(snap_compare: Compare, scene: Scene) -> None:
    assert pictured(snap_compare, scene, NORMAL, "light")


TOURS = {
    "methods": (methods, docs, found, keys, commands),
    "arguments": (completion, problem, error, risk, locked),
    "result": (tree, copying, jumping, saving),
}
"""The scenes that one app shows one after the other; one that forbids writes comes last."""

EVERY_SIZE = (methods, docs, tree, error, copying, saving)


@pytest.mark.parametrize("tour", TOURS)
async def test_texts(snapshot: SnapshotAssertion, tour: str) -> None:
    async with at_desk(Start(demo=True, fresh=True), NARROW) as desk:
        await ready(desk)
        for scene in TOURS[tour]:
            await scene(desk)
            await at_rest(desk)
            await compared(desk.pilot, snapshot, scene.__name__, SIZES if scene in EVERY_SIZE else SMALLER)
            await left(desk)


async def left(desk: Desk) -> None:
    """Cards are closed and the list of methods has the focus again, at the size that comes first."""
    await desk.pilot.resize_terminal(*NARROW)
    while not isinstance(desk.app.screen, Workspace):
        await desk.press("escape")
    await desk.workspace.perform("pane.methods")
    await desk.until(lambda: desk.explore.methods.filter.has_focus, "the filter")
    desk.explore.methods.filter.value = ""


@pytest.mark.parametrize("scene", [card, readable], ids=lambda scene: scene.__name__)
async def test_texts_before_signing_in(snapshot: SnapshotAssertion, scene: Scene) -> None:
    async with at_desk(Start(fresh=True), NARROW) as desk:
        await scene(desk)
        await at_rest(desk)
        await compared(desk.pilot, snapshot, scene.__name__, SMALLER)
