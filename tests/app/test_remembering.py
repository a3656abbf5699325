"""What is there again at the next start, and what is not: the app started twice in the same home."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.app.conftest import Desk, at_desk
from tests.app.waiting import resized
from tests.keptfiles import files_below
from truenas_client.simulator import Call, Simulator
from tui.app import TrueNASApp
from tui.memory.state import state_folder
from tui.starting.opening import Start
from tui.workspace import Workspace

Size = tuple[int, int]
SECRET = "correct-horse-battery"


@asynccontextmanager
async def started(nas: Simulator, *, size: Size = (120, 36), fresh: bool = False) -> AsyncIterator[Desk]:
    """The app, signed in; wherever the cursor then is."""
    start = Start(nas.url, "admin", nas.users["admin"]["password"], writable=True, fresh=fresh)
    async with at_desk(start, size) as desk:
        await desk.press("enter")
        await desk.until(lambda: isinstance(desk.app.screen, Workspace), "the workspace")
        await desk.until(lambda: desk.explore.methods.names.rows, "the methods")
        yield desk


def memory_files() -> list[Path]:
    return sorted(path for path in state_folder().rglob("*.json*"))


async def opened(desk: Desk, method: str) -> None:
    await desk.until(lambda: (found := desk.explore.call_pane.method) is not None and found.name == method, method)


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_the_app_comes_back_as_it_was_left(nas: Simulator, size: Size) -> None:
    async with started(nas, size=size) as desk:
        await desk.open("pds q", "pool.dataset.query")
        await desk.press("escape", "asterisk", "e")
        await desk.write('[[["id", "=", "tank"]]]')
        await desk.open("sys info", "system.info")
        await desk.run()
        await desk.open("pds q", "pool.dataset.query")
    async with started(nas, size=size) as desk:
        await opened(desk, "pool.dataset.query")
        await desk.until(lambda: desk.explore.call_pane.editor.has_focus, "the cursor in the arguments")
        await desk.see('[[["id", "=", "tank"]]]')
        await desk.press("escape", "m")
        await desk.until(lambda: desk.explore.methods.filter.has_focus, "the list")
        keys = [row.key for row in desk.explore.methods.names.rows]
        assert keys[:3] == ["starred:pool.dataset.query", "recent", "called:system.info"]
        assert "method:pool.dataset.query" in keys
        desk.explore.methods.names.cursor = 0
        await desk.see("★ pool.dataset.query")


async def test_what_is_searched_for_at_once_is_not_disturbed(nas: Simulator) -> None:
    async with started(nas) as desk:
        await desk.open("pds q", "pool.dataset.query")
    start = Start(nas.url, "admin", nas.users["admin"]["password"])
    async with at_desk(start) as desk:
        await desk.press("enter")
        await desk.until(lambda: isinstance(desk.app.screen, Workspace), "the workspace")
        await desk.until(lambda: desk.explore.methods.filter.is_mounted, "the filter")
        desk.explore.methods.filter.value = "sys info"
        await desk.until(lambda: desk.explore.methods.highlighted, "a hit")
        if desk.explore.call_pane.method is None:  # typed before the methods were there
            assert desk.explore.methods.filter.value == "sys info"


async def test_the_list_is_scrolled_and_unfolded_as_before(nas: Simulator) -> None:
    async with started(nas, size=(120, 20)) as desk:
        names = desk.explore.methods.names
        names.focus()
        await desk.press("end", "right")
        await desk.until(lambda: names.rows[-1].depth == 1, "unfolded")
        await desk.press("end")
        await desk.until(lambda: names.cursor == len(names.rows) - 1, "the last line")
        key, top, count = names.key, names.scroll_offset.y, len(names.rows)
        assert top > 0
    async with started(nas, size=(120, 20)) as desk:
        names = desk.explore.methods.names
        await desk.until(lambda: names.key == key, "the same row")
        await desk.until(lambda: names.scroll_offset.y == top, "the same lines")
        assert len(names.rows) == count


@pytest.mark.parametrize(("key", "section"), [("3", "jobs"), ("4", "events")])
async def test_the_section_comes_back_and_the_method_behind_it(nas: Simulator, key: str, section: str) -> None:
    async with started(nas) as desk:
        await desk.open("sys info", "system.info")
        await desk.press("escape", key)
        await desk.until(lambda: desk.workspace.section.id == section, section)
    async with started(nas) as desk:
        await desk.until(lambda: desk.workspace.section.id == section, section)
        await opened(desk, "system.info")
        focused = desk.app.focused
        assert focused is None or desk.workspace.section in focused.ancestors
        await desk.press("escape", "1")
        await desk.until(lambda: desk.workspace.section.id == "explore", "explore")
        await desk.see("system.info")


async def test_theme_and_size_of_the_panes_come_back(nas: Simulator) -> None:
    async with started(nas) as desk:
        await desk.press("ctrl+p")
        await desk.type("theme light")
        await desk.see("theme: light")
        await desk.press("enter")
        await desk.until(lambda: desk.app.theme == "light", "the light theme")
        await desk.open("sys info", "system.info")
        await desk.run()
        await desk.see("uptime_seconds")
        await desk.press("escape")
        usual = desk.explore.result_pane.outer_size.height
        await desk.type("--")  # in a burst: the second key finds the first one's size not laid out yet
        await desk.until(lambda: desk.explore.result_pane.outer_size.height == usual - 4, "smaller")
    async with started(nas) as desk:
        assert desk.app.theme == "light"
        await desk.until(lambda: desk.explore.result_pane.outer_size.height == usual - 4, "the same size")
        # Another size of screen has its own.
        await resized(desk.pilot, 200, 50)
        await desk.until(lambda: desk.explore.result_pane.outer_size.height > usual, "the usual size there")
        await resized(desk.pilot, 120, 36)
        await desk.until(lambda: desk.explore.result_pane.outer_size.height == usual - 4, "the same size again")


async def test_the_docs_are_open_again(nas: Simulator) -> None:
    async with started(nas) as desk:
        await desk.open("sys info", "system.info")
        await desk.press("escape", "d")
        await desk.see("[Docs]")
    async with started(nas) as desk:
        await opened(desk, "system.info")
        await desk.see("[Docs]")
        await desk.until(lambda: desk.explore.call_pane.has_focus_within, "the focus in the docs")
        await desk.press("d")
        await desk.see("[Arguments]")
    async with started(nas) as desk:
        await opened(desk, "system.info")
        await desk.see("[Arguments]")


async def test_new_methods_behind_what_is_open_disturb_nobody(nas: Simulator) -> None:
    async with started(nas) as desk:
        await desk.open("pds cr", "pool.dataset.create")
        await desk.write('[{"name": "tank/x"}]')
        editor = desk.explore.call_pane.editor
        editor.goto(7)
        desk.session.catalogue_changed.publish()
        await desk.pilot.pause()
        assert (editor.text, editor.caret) == ('[{"name": "tank/x"}]', 7)
        await desk.press("escape", "d")
        await desk.see("[Docs]")
        desk.session.catalogue_changed.publish()
        await desk.pilot.pause()
        await desk.see("[Docs]")


async def test_a_method_the_server_has_no_more_leaves_the_list(nas: Simulator) -> None:
    nas.method("demo.gone", roles=["READONLY_ADMIN"])(_nothing)
    async with started(nas) as desk:
        await desk.open("demo gone", "demo.gone")
        await desk.press("escape", "asterisk")
        await desk.see("Starred demo.gone.")
    (path,) = (path for path in memory_files() if path.parent.name == "connections")
    path.write_text(path.read_text().replace("demo.gone", "demo.never"))
    async with started(nas) as desk:
        await desk.until(lambda: desk.explore.methods.filter.has_focus, "the filter")
        assert desk.explore.call_pane.method is None
        assert not desk.explore.methods.names.rows[0].key.startswith("starred:")


async def test_fresh_starts_as_if_for_the_first_time(nas: Simulator) -> None:
    async with started(nas) as desk:
        await desk.open("pds q", "pool.dataset.query")
        await desk.press("escape", "asterisk")
        await desk.until(lambda: desk.session.memory.stars, "the star")
    before = {path: path.read_bytes() for path in memory_files()}
    assert before
    async with started(nas, fresh=True) as desk:
        await desk.until(lambda: desk.explore.methods.filter.has_focus, "the filter")
        assert desk.explore.call_pane.method is None
        assert not desk.explore.methods.names.rows[0].key.startswith("starred:")
        await desk.open("sys info", "system.info")
        await desk.run()
    assert {path: path.read_bytes() for path in memory_files()} == before


async def test_a_broken_file_is_told_of_on_screen(nas: Simulator) -> None:
    async with started(nas) as desk:
        await desk.open("pds q", "pool.dataset.query")
    (path,) = (path for path in memory_files() if path.parent.name == "connections")
    path.write_text("{")
    (state_folder() / "app.json").write_text('{"version": 99}')
    async with started(nas) as desk:
        await desk.see("cannot be read as state", "is of another version")
        await desk.until(lambda: desk.explore.methods.filter.has_focus, "the filter")
    assert {path.suffix for path in memory_files()} >= {".json", ".broken", ".other-version"}


async def test_no_secret_is_in_any_file_after_a_whole_session(nas: Simulator) -> None:
    drafts = {
        "user create": ("user.create", [{"username": "ada", "password": SECRET, "full_name": "Ada"}]),
        "login_with_token": ("auth.login_with_token", [SECRET]),
        "user update": ("user.update", [1, {"password": SECRET}]),
    }
    async with started(nas) as desk:
        for query, (name, params) in drafts.items():
            if desk.session.method(name) is None:
                continue
            await desk.open(query, name)
            await desk.write(json.dumps(params))
            await desk.until(lambda name=name: SECRET in (desk.session.memory.draft_of(name) or ""), "the draft kept")
        # And one in the middle of being typed.
        await desk.open("user create", "user.create")
        await desk.write(f'[{{"username": "ada", "password": "{SECRET}')
    texts = {path: data.decode() for path, data in files_below(state_folder().parent).items()}
    assert any("user.create" in text for text in texts.values())
    assert not [path for path, text in texts.items() if SECRET in text]
    async with started(nas) as desk:
        await opened(desk, "user.create")


async def test_references_to_secrets_stay_in_the_draft(nas: Simulator) -> None:
    async with started(nas) as desk:
        await desk.open("user create", "user.create")
        # And left within the same moment.
        await desk.write('[{"username": "ada", "password": "${env:NEW_PASSWORD}"}]')
    async with started(nas) as desk:
        await desk.see("${env:NEW_PASSWORD}")


async def test_whether_writes_are_allowed_is_not_remembered(nas: Simulator) -> None:
    start = Start(nas.url, "admin", nas.users["admin"]["password"])
    for _ in range(2):
        async with at_desk(start) as desk:
            await desk.press("enter")
            await desk.until(lambda: isinstance(desk.app.screen, Workspace), "the workspace")
            await desk.see("read-only")
            await desk.press("escape", "escape", "L")
            await desk.see("writes allowed")


async def test_arguments_nobody_has_changed_are_not_stored(nas: Simulator) -> None:
    async with started(nas) as desk:
        await desk.open("pds cr", "pool.dataset.create")
        await desk.open("user cr", "user.create")
        await desk.write('[{"username": "ada"}]')
    (path,) = (path for path in memory_files() if path.parent.name == "connections")
    assert list(json.loads(path.read_text())["drafts"]) == ["user.create"]


async def test_an_emptied_draft_is_the_smallest_one_again(nas: Simulator) -> None:
    async with started(nas) as desk:
        await desk.open("pds cr", "pool.dataset.create")
        smallest = desk.explore.call_pane.text
        await desk.write('[{"name": "tank/x", "type": "FILESYSTEM"}]')
        await desk.until(lambda: desk.session.memory.draft_of("pool.dataset.create"), "the draft kept")
        await desk.write("")
        await desk.until(lambda: not desk.session.memory.draft_of("pool.dataset.create"), "nothing kept")
    async with started(nas) as desk:
        await opened(desk, "pool.dataset.create")
        assert desk.explore.call_pane.text == smallest


async def test_the_demo_remembers_though_its_port_changes() -> None:
    for turn in range(2):
        async with at_desk(Start(demo=True)) as desk:
            await desk.until(lambda: isinstance(desk.app.screen, Workspace), "the workspace")
            await desk.until(lambda: desk.explore.methods.names.rows, "the methods")
            if turn == 0:
                await desk.open("sys info", "system.info")
            else:
                await opened(desk, "system.info")
    assert len(memory_files()) == 1


def test_the_app_reads_and_writes_nothing_before_it_is_asked() -> None:
    app = TrueNASApp(Start())
    app.memories.close()
    assert not state_folder().exists()


def _nothing(call: Call) -> None:
    return None


async def test_a_draft_without_its_secret_is_a_place_to_fill_in_and_is_not_sent(nas: Simulator) -> None:
    params = [{"username": "ada", "password": SECRET, "full_name": "Ada", "group_create": True}]
    async with started(nas) as desk:
        await desk.open("user create", "user.create")
        await desk.write(json.dumps(params))
    async with started(nas) as desk:
        await opened(desk, "user.create")
        await desk.see("fill 1 field", "********")
        await desk.press("ctrl+j")
        await desk.see("Not sent: a secret was left out")
        assert desk.explore.result_pane.call is None
        # What is to be filled in is selected: typing replaces it.
        await desk.type("another")
        await desk.until(
            lambda: desk.explore.call_pane.draft.params == [{**params[0], "password": "another"}], "filled"
        )
        await desk.see_gone("fill 1 field")
