"""A key that the footer, the list of keys or a hint names works at that moment, whatever has the focus."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from tests.app.conftest import Desk, at_desk
from tests.facts import FULL
from tui import actions
from tui.app import Start
from tui.cards.help import HelpScreen
from tui.widgets.key_line import KeyLine, working
from tui.widgets.rows import Rows


@pytest.mark.parametrize(
    ("action_id", "typing", "words"),
    [
        ("session.lock", False, "L"),
        ("session.lock", True, "F9"),
        ("call.run", True, "^j"),
        ("copy.menu", False, "y"),
        ("copy.menu", True, "esc, then y"),
        ("session.reconnect", True, "F12"),
        ("app.keys", True, "F1"),
    ],
)
def test_the_key_that_reaches_an_action(action_id: str, typing: bool, words: str) -> None:
    assert actions.reach(action_id, typing=typing) == words


def test_a_hint_names_keys_and_leaves_other_braces_alone() -> None:
    text = 'see Jobs ({go.jobs}); {"a.b": {no.such}}'
    assert actions.worded(text, typing=False) == 'see Jobs (3); {"a.b": {no.such}}'
    assert actions.worded(text, typing=True) == 'see Jobs (esc, then 3); {"a.b": {no.such}}'


async def _check(desk: Desk, state: str) -> None:
    """What is named here, and whether the focused text field would swallow any of it."""
    screen = desk.app.screen
    await desk.pilot.pause()
    focused = screen.focused
    named = [(node, binding) for node, binding in working(screen) if node is not focused]
    for node, binding in named:
        character = actions.typed_character(binding.key)
        assert focused is None or not focused.check_consume_key(binding.key, character), f"{state}: {binding.key}"
        assert node.check_action(binding.action.partition("(")[0], ()) is not False, f"{state}: {binding.key}"
    reached = {str(binding.id) for _node, binding in working(screen)}
    line = screen.query_one(KeyLine)
    shown, last = line._layout()
    assert {action.id for _key, action in [*shown, *([last] if last else [])]} <= reached | {"app.cancel"}, state
    # The list of keys names just these.
    await desk.press("f1")
    await desk.until(lambda: isinstance(desk.app.screen, HelpScreen), "the keys")
    listed = {row.key for row in desk.app.screen.query_one(Rows).rows if not row.key.startswith("=")}
    assert listed == (reached | {"app.cancel"}) & {action.id for action in actions.ACTIONS}, state
    await desk.press("escape")
    await desk.until(lambda: desk.app.screen is screen, "the screen")


async def _nothing(desk: Desk) -> None:
    return None


async def _list(desk: Desk) -> None:
    await desk.press("escape", "escape")
    assert isinstance(desk.app.focused, Rows)


async def _editor(desk: Desk) -> None:
    await desk.open("pds q", "pool.dataset.query")


async def _refused(desk: Desk) -> None:
    await desk.open("service.control", "service.control")
    await desk.write('["START", "ftp"]')
    await desk.run()
    await desk.see("F9 allows writes", "esc, then y copies all")
    await desk.press("f9")
    await desk.see("writes allowed")
    await desk.press("f9", "escape")
    await desk.see("L allows writes", "y copies all")


async def _table(desk: Desk) -> None:
    await desk.open("pds q", "pool.dataset.query")
    await desk.run()
    await desk.press("escape")


async def _finding(desk: Desk) -> None:
    await desk.press("slash")
    await desk.type("tank")
    await desk.see("enter goes there")


async def _found(desk: Desk) -> None:
    await desk.press("enter")
    await desk.see("n next")


async def _docs(desk: Desk) -> None:
    await desk.press("escape", "d")


async def _jobs(desk: Desk) -> None:
    await desk.press("3")


async def _job_filter(desk: Desk) -> None:
    await desk.press("slash")


async def _events(desk: Desk) -> None:
    await desk.press("escape", "4")
    await desk.until(lambda: desk.workspace.query("#event-name:focus"), "the field")


async def _panel(desk: Desk) -> None:
    await desk.press("enter")
    await desk.until(lambda: desk.session.feeds.open, "a subscription")


async def _dashboard(desk: Desk) -> None:
    await desk.press("2")
    await desk.see("notice", "eno1")
    await desk.press("down")


async def _access(desk: Desk) -> None:
    await desk.press("7")
    await desk.see("this app", "never expires")


async def _keys(desk: Desk) -> None:
    await desk.press("tab")


WALK: list[Callable[[Desk], Awaitable[None]]] = [
    *(_nothing, _list, _editor, _refused, _table, _finding, _found, _docs, _jobs, _job_filter, _events, _panel),
    *(_dashboard, _access, _keys),
]


@pytest.mark.parametrize("size", [(80, 24), (120, 36)] if FULL else [(80, 24)])
async def test_every_key_that_is_named_works_at_that_moment(size: tuple[int, int]) -> None:
    async with at_desk(Start(demo=True, writable=False), size) as desk:
        await desk.landed()
        await desk.until(lambda: desk.explore.methods.names.rows and desk.session.online, "the methods")
        for step in WALK:
            await step(desk)
            await _check(desk, step.__name__)


async def test_on_the_connect_card_too() -> None:
    async with at_desk(Start(), (80, 24)) as desk:
        await _check(desk, "the connect card")


async def test_a_slash_in_the_filter_that_has_the_focus_is_no_text() -> None:
    async with at_desk(Start(demo=True), (80, 24)) as desk:
        await desk.landed()
        assert "/ filter" not in desk.text
        await desk.type("/pool.q")
        assert desk.explore.methods.filter.value == "pool.q"
        await desk.type("/")
        assert desk.explore.methods.filter.value == "pool.q/"
