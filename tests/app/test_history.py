"""History and saved calls as a user goes through them: repeat, change, save, leave open, run."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from textual.widgets import Input

from tests.app.conftest import Desk, Open
from tests.app.test_no_secret import files
from truenas_client.secrets.placeholders import Placeholder
from truenas_client.simulator import Call, Simulator
from truenas_client.storage.saved import SavedCalls, calls_folder
from truenas_client.storage.saved_call import SavedCall, Variable
from tui import guest
from tui.cards.form import FormScreen
from tui.cards.review import ReviewScreen
from tui.cards.save_call import SaveCallScreen
from tui.memory.state import Memories
from tui.palette_calls import Calls
from tui.sections.call_list import CallList
from tui.sections.history import HistorySection
from tui.sections.saved import SavedSection
from tui.session.filling import unknown
from tui.session.saved import saved_calls
from tui.widgets.rows import Rows

MARK = "m4rker-s3cret"


async def listed(desk: Desk, key: str) -> CallList:
    await desk.press("escape", "escape", key)
    section = desk.workspace.section
    assert isinstance(section, CallList)
    return section


async def test_yesterdays_call_is_repeated_with_one_argument_changed(signed_in: Open, nas: Simulator) -> None:
    history = Memories().connection(nas.url, "admin").history
    id = history.began("pool.dataset.query", [[["pool", "=", "tank"]], {"limit": 3}], ["filters", "options"])
    history.ended(id, "done", 20)
    entry = history.find(id)
    assert entry is not None
    history._put(replace(entry, at=datetime.now(UTC) - timedelta(days=1)))
    history.close()
    async with signed_in(size=(80, 24)) as desk:
        section = await listed(desk, "ctrl+r")
        assert isinstance(section, HistorySection)
        await desk.see("yesterday", '[["pool", "=", "tank"]], {"limit": 3}', "20 ms")
        await desk.press("slash")
        await desk.type("yesterday pool")
        await desk.see("1 of 1")
        await desk.type(" state:failed")
        await desk.see("No call fits.", "esc clears the filter")
        await desk.press("escape")
        await desk.press("enter")
        await desk.until(lambda: desk.explore.call_pane.editor.has_focus, "the draft")
        editor = desk.explore.call_pane.editor
        assert json.loads(editor.text) == [[["pool", "=", "tank"]], {"limit": 3}]
        assert "pool.dataset.query" not in desk.session.caller.last, "nothing was sent yet"
        await desk.write(editor.text.replace("tank", "flash"))
        await desk.run()
        await desk.press("escape")
        section = await listed(desk, "5")
        await desk.until(lambda: len(desk.session.memory.history.newest()) == 2, "both calls")
        await desk.see("today")
        await desk.press("r")
        await desk.until(lambda: desk.workspace.section.id == "explore", "the result")
        await desk.ended()
        assert desk.explore.result_pane.content.has_focus
        assert len(desk.session.memory.history.newest()) == 3
        await desk.workspace.open_method("demo.gone")
        await desk.see("has no demo.gone")


async def test_a_write_is_reviewed_again_and_what_was_left_out_is_asked_for(signed_in: Open, nas: Simulator) -> None:
    ran: list[object] = []

    @nas.method("demo.write")
    def write(call: Call, name: str, password: str) -> None:
        ran.append((name, password))

    async with signed_in() as desk:
        await desk.open("demo write", "demo.write")
        await desk.write(f'["a", "{MARK}"]')
        await desk.press("ctrl+j")
        await desk.until(lambda: isinstance(desk.app.screen, ReviewScreen), "the review")
        await desk.press("enter")
        await desk.ended()
        section = await listed(desk, "5")
        await desk.until(lambda: section.current is not None, "the call")
        await desk.see("a secret was here", "********")
        assert MARK not in desk.text
        await desk.press("r")
        await desk.until(lambda: desk.explore.call_pane.editor.has_focus, "the draft, to be completed")
        assert len(ran) == 1
        await desk.write(f'["b", "{MARK}"]')
        await desk.press("ctrl+j")
        await desk.until(lambda: isinstance(desk.app.screen, ReviewScreen), "the review")
        await desk.press("enter")
        await desk.until(lambda: len(ran) == 2, "the second")
        desk.session.memory.close()
        assert not [text for text in files() if MARK in text]


async def test_a_call_is_saved_with_a_value_left_open_and_run(signed_in: Open) -> None:
    async with signed_in(size=(80, 24)) as desk:
        await desk.open("pds q", "pool.dataset.query")
        await desk.write('[[["pool", "=", "tank"]], {"limit": 3}]')
        await desk.press("escape", "s")
        await desk.until(lambda: isinstance(desk.app.screen, SaveCallScreen), "the card")
        await desk.type("../x")
        await desk.press("enter")
        await desk.see("is no name for a call")
        await desk.press("ctrl+u")
        await desk.type("nightly/all")
        desk.app.screen.query_one("#about", Input).value = "All of one pool"
        await desk.press("tab", "tab", "space")
        await desk.see("[x]", "asked as pool", "[ ]", "options.limit")
        await desk.press("enter")
        await desk.see("Saved as nightly/all", "midclt run nightly/all")
        call = SavedCalls().get("nightly/all")
        assert call.params == [[["pool", "=", "${var:pool}"]], {"limit": 3}]
        assert call.variables == (Variable("pool"),)
        section = await listed(desk, "8")
        assert isinstance(section, SavedSection)
        await desk.see("nightly/all", "All of one pool", "asks for")
        await desk.press("r")
        await desk.until(lambda: isinstance(desk.app.screen, FormScreen), "the question")
        await desk.press("enter")
        await desk.see("pool is empty.")
        await desk.type('fl"ash')
        await desk.press("enter")
        await desk.ended()
        (entry, *_) = desk.session.memory.history.newest()
        assert entry.params == [[["pool", "=", 'fl"ash']], {"limit": 3}]
        assert "${var:pool}" in desk.explore.call_pane.text, "the draft asks again"
        palette = Calls(desk.workspace)
        await palette.startup()
        (saved,) = [hit async for hit in palette.search("saved: nightly")]
        await saved.command()
        await desk.until(lambda: isinstance(desk.app.screen, FormScreen), "the question")
        await desk.see('fl"ash')
        await desk.press("escape")
        (again,) = [hit async for hit in palette.search("again: pool.da")]
        assert str(again.text).startswith('again: pool.dataset.query [["pool", "=", "fl')
        assert [hit.text async for hit in palette.search("today")] == [again.text]
        before = len(desk.session.memory.history.newest())
        await again.command()
        await desk.until(lambda: len(desk.session.memory.history.newest()) > before, "made again")


async def test_secrets_are_asked_for_and_written_nowhere(signed_in: Open, nas: Simulator) -> None:
    got: list[object] = []

    @nas.method("demo.look", roles=["READONLY_ADMIN"])
    def look(call: Call, first: object, second: object) -> object:
        got.append((first, second))
        raise ValueError(f"{second} is wrong")

    async with signed_in() as desk:
        await desk.open("demo look", "demo.look")
        await desk.write(f'[{{"password": "{MARK}", "n": "${{var:n}}"}}, "${{secret:x}}"]')
        await desk.press("escape", "s")
        await desk.until(lambda: isinstance(desk.app.screen, SaveCallScreen), "the card")
        await desk.see("a secret: asked")
        assert MARK not in desk.app.screen.query_one(Rows).render_line(0).text
        await desk.type("look")
        await desk.press("enter")
        await desk.see("Saved as look")
        assert [one.type for one in SavedCalls().get("look").asked] == ["secret", "text"]
        SavedCalls().put(
            SavedCall("look", "demo.look", [{"password": "${var:pw}", "n": "${var:n}"}, "-p${var:pw}"], "",
                      (Variable("pw", "secret"), Variable("n", "number"))), replace=True,
        )  # fmt: skip
        section = await listed(desk, "8")
        await desk.until(lambda: section.current is not None, "the call")
        await desk.press("r")
        await desk.until(lambda: isinstance(desk.app.screen, FormScreen), "the question")
        await desk.type(MARK)
        await desk.press("tab")
        await desk.type("many")
        await desk.press("enter")
        await desk.see("n wants a number")
        assert MARK not in desk.text
        await desk.press("ctrl+u")
        await desk.type("5")
        await desk.press("enter")
        await desk.ended()
        assert got == [({"password": MARK, "n": 5}, f"-p{MARK}")]
        assert MARK not in desk.text, "nor in what the server says back"
        assert desk.session.memory.history.newest()[0].params == [{"password": "${var:pw}", "n": 5}, "-p${var:pw}"]
        desk.session.memory.close()
        assert not [text for text in files() if MARK in text]


async def test_files_are_exported_imported_changed_and_deleted(signed_in: Open, tmp_path: Path) -> None:
    SavedCalls().put(SavedCall("nightly/info", "system.info", []))
    (calls_folder() / "broken.toml").write_text("x")
    async with signed_in() as desk:
        section = await listed(desk, "8")
        await desk.see("nightly/info", "broken.toml", "Correct that place")
        desk.session.caller.file_places.folder = str(tmp_path)
        await desk.press("down", "x")
        await desk.see("Export a saved call")
        await desk.press("enter")
        await desk.see("Exported to")
        assert (tmp_path / "info.toml").read_text() == (calls_folder() / "nightly" / "info.toml").read_text()
        assert (tmp_path / "info.toml").stat().st_mode & 0o777 == 0o600
        await desk.press("plus")
        await desk.see("Import a saved call")
        desk.app.screen.query_one("#path", Input).value = str(tmp_path / "info.toml")
        await desk.press("enter")
        await desk.until(lambda: section.rows.key == "info", "the imported one")
        await desk.press("e")
        await desk.until(lambda: isinstance(desk.app.screen, SaveCallScreen), "the card")
        await desk.press("tab")
        await desk.type("What it is")
        await desk.press("enter")
        await desk.see("info exists", "once more replaces it")
        await desk.press("enter")
        await desk.until(lambda: SavedCalls().get("info").description == "What it is", "changed")
        await desk.until(lambda: desk.app.screen is desk.workspace and "What it is" in desk.text, "on the list")
        await desk.press("e")
        await desk.until(lambda: isinstance(desk.app.screen, SaveCallScreen), "the card")
        await desk.type("what it is")
        (calls_folder() / "info.toml").unlink()  # by another program
        await desk.press("enter")
        await desk.see("Not deleted: No call is saved as 'info'")
        await desk.until(lambda: SavedCalls().names() == ["broken", "nightly/info", "what it is"], "renamed")
        await desk.until(lambda: section.rows.key == "what it is", "the cursor on it")
        await desk.press("delete")
        await desk.see("Delete what it is?")
        await desk.press("y")
        await desk.until(lambda: SavedCalls().names() == ["broken", "nightly/info"], "gone")


def test_a_guest_in_a_browser_has_saved_calls_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    SavedCalls().put(SavedCall("mine", "system.info", []))
    monkeypatch.setattr(guest, "_guest", True)
    assert saved_calls().names() == []
    saved_calls().put(SavedCall("theirs", "system.info", []))
    assert saved_calls().names() == ["theirs"]
    assert SavedCalls().names() == ["mine"]
    variable, secret = Placeholder("var", "x", 0, 0), Placeholder("secret", "x", 0, 0)
    assert unknown(variable) is None, "asked for when the call is made"
    assert "browser" in (unknown(secret) or "")
