"""The diff of two results as a widget, and comparing in the app."""

from __future__ import annotations

from tests.app.conftest import Open
from tests.app.stage import HOSTILE, drawn, said, staged
from tests.app.waiting import wait_for
from tests.model.test_differences import NEW, OLD
from tui.model.differences import compare
from tui.widgets.diff_view import DiffView


async def test_changes_are_gone_through_and_the_tree_below_is_marked() -> None:
    view = DiffView()
    async with staged(view, size=(70, 16)) as pilot:
        view.set_differences(compare("before -> after", OLD, NEW))
        view.focus()
        await pilot.pause()
        lines = [line.rstrip() for line in drawn(pilot)]
        assert lines[:2] == [
            "  1 changed, 3 added, 1 removed  before -> after",
            '› ~ [id=1].state: "STOPPED" -> "RUNNING"  cifs',
        ]
        assert lines[6] == "  ▸ all of it, changed places marked"
        assert (view.path, view.value) == ((1, "state"), "RUNNING")
        await pilot.press("n", "n")
        assert view.path == (1, "pids", 1)
        await pilot.press("N", "N", "N")
        assert view.value == OLD[1], "around, to what was removed"
        await pilot.press("home", "down", "enter")
        assert view.path == (1, "state")
        assert any(line.startswith("~ ") and "▾ 1" in line for line in drawn(pilot))
        await pilot.press("n")
        assert view.path == (1, "pids", 0)
        view.find("nfs")
        await wait_for(pilot, lambda: said(pilot, DiffView.Found), "found")
        assert view.path == (0, "service")
        view.clear()
        await pilot.pause()
        assert view.line_count() == 0


async def test_hostile_texts_and_equal_values() -> None:
    view = DiffView()
    async with staged(view, size=(40, 30)) as pilot:
        view.focus()
        view.set_differences(compare("\x1b[31m", dict.fromkeys(HOSTILE, 1), {text: text for text in HOSTILE}))
        for key in ("n", "end", "enter", "G", "N", "h", "l"):
            await pilot.press(key)
            drawn(pilot)
        view.set_differences(compare("same", [1], [1]))
        await pilot.pause()
        assert "No differences." in drawn(pilot)[0]
        await pilot.press("n", "enter", "down")
        assert "all of it" in drawn(pilot)[1]


async def test_what_changed_in_the_services_after_starting_one(signed_in: Open) -> None:
    async with signed_in(size=(80, 24)) as desk:
        await desk.open("service query", "service.query")
        await desk.run()
        await desk.open("service control", "service.control")
        await desk.write('["START", "ftp"]')
        await desk.press("ctrl+j")
        await desk.see("Review")
        await desk.press("enter")
        await desk.ended()
        await desk.open("service query", "service.query")
        await desk.run()
        await desk.press("escape", "D")
        await desk.see("the one before, service.query #1", "another method, service.control")
        await desk.press("enter")
        await desk.see("[Diff]", '"STOPPED" -> "RUNNING"', "n next change")
        await desk.press("y", "d")
        await desk.until(lambda: "# the one before" in desk.app.clipboard, "the diff on the clipboard")
        assert '.state: "STOPPED" -> "RUNNING"' in desk.app.clipboard
        await desk.press("p")
        await desk.see("Previous result")
        await desk.press("p")
        await desk.see("Tree  [Table]  Raw")
