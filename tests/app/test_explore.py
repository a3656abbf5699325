"""Explore: find, understand, fill in, run, read."""

from __future__ import annotations

from typing import Any

import pytest

from tests.app.conftest import Open
from tests.app.waiting import resized
from tests.shelf import put_up
from truenas_client.simulator import Call, Simulator, ValidationErrors, shapes
from tui.cards.copy_menu import CopyMenu
from tui.cards.review import ReviewScreen
from tui.model.outline import MethodLink
from tui.widgets.docs import Docs
from tui.widgets.docs_box import DocsBox
from tui.widgets.json_view import JsonView

SIZES = [(80, 24), (120, 36), (200, 50)]


@pytest.mark.parametrize("size", SIZES)
async def test_finds_a_method_by_a_few_letters_and_runs_it(signed_in: Open, size: tuple[int, int]) -> None:
    async with signed_in(size=size) as desk:
        await desk.type("pds q")
        await desk.see("pool.dataset.query", "1 of")
        await desk.press("enter")
        await desk.see("1  []", "valid")
        await desk.run()
        await desk.see("Result", "rows", "flash")
        assert desk.explore.call_pane.editor.has_focus, "the focus stays where it was after a run"


async def test_namespaces_unfold_and_a_method_opens_from_the_tree(signed_in: Open) -> None:
    async with signed_in() as desk:
        await desk.press("down")
        names = desk.explore.methods.names
        while names.key != "namespace:api_key":
            await desk.press("down")
        await desk.press("right")
        await desk.see("get_instance", "create", "write")
        await desk.press("right", "enter")
        await desk.see("api_key.create")
        assert desk.explore.call_pane.method is not None


async def test_docs_are_one_key_away(signed_in: Open) -> None:
    async with signed_in(size=(80, 24)) as desk:
        await desk.open("pds q", "pool.dataset.query")
        await desk.press("escape", "d")
        await desk.see("[Docs]", "DATASET_READ", "Arguments", "filters")
        await desk.press("pagedown")
        await desk.see("order_by")
        await desk.press("d")
        await desk.see("[Arguments]")
        await desk.press("f2")
        await desk.see("[Query]")
        await desk.press("f2")
        await desk.see("[Form]")
        await desk.press("f2")
        await desk.see("[Arguments]")


async def test_the_docs_beside_the_list_are_there_each_time_it_opens(signed_in: Open) -> None:
    async with signed_in(size=(80, 24)) as desk:
        await desk.type("pds q")
        await desk.see("DATASET_READ")
        await desk.press("enter")
        await desk.see("1  []")
        await desk.press("escape", "m")
        await desk.see("[Docs]", "DATASET_READ")


@pytest.mark.parametrize("size", SIZES)
async def test_docs_fold_lead_on_and_come_back(signed_in: Open, nas: Simulator, size: tuple[int, int]) -> None:
    put_up(nas)
    async with signed_in(size=size) as desk:
        await desk.open("shelf.create", "shelf.create")
        await desk.press("escape", "d")
        box = desk.explore.query_one("#side-docs" if size[0] >= 160 else "#docs", DocsBox)
        docs = box.docs
        await desk.until(lambda: docs.has_focus, "the docs")
        await desk.see("shelf.create  write", "you have ROOM_ADMIN")
        while docs.item is None or docs.item.name != "extras":
            await desk.press("down")
        await desk.see("enter opens Extras")
        place = docs.cursor
        await desk.press("enter")
        await desk.see("in  shelf.create > shelf", "backspace back")
        await desk.press("backspace")
        await desk.until(lambda: docs.cursor == place, "the cursor where it was")
        await desk.press("right")
        await desk.see("▸ lamp")
        await desk.press("slash")
        await desk.type("watt")
        await desk.see("1 place")
        await desk.press("enter")
        await desk.until(lambda: docs.has_focus and docs.item is not None and docs.item.name == "watt", "the place")
        await desk.press("slash")
        await desk.type("no such")
        await desk.see("no no such here")
        await desk.press("escape")
        await desk.until(lambda: docs.has_focus and not box.has_class("-finding"), "the docs without the field")
        await desk.press("g", "enter")
        await desk.until(lambda: desk.explore.call_pane.editor.has_focus, "its arguments")


async def test_the_way_back_is_escape_too(signed_in: Open, nas: Simulator) -> None:
    put_up(nas)
    async with signed_in(size=(80, 24)) as desk:
        await desk.open("shelf.create", "shelf.create")
        await desk.press("escape", "d")
        docs = desk.explore.call_pane.docs.docs
        await desk.until(lambda: docs.has_focus, "the docs")
        while not isinstance(docs.link, MethodLink):
            await desk.press("down")
        await desk.press("enter")
        await desk.see("Lists shelves.")
        await desk.press("escape")
        await desk.until(lambda: docs.depth == 0, "the page before")
        await desk.press("enter")
        await desk.see("Lists shelves.")
        await desk.press("enter")
        await desk.until(lambda: desk.explore.call_pane.title == "shelf.query", "the other method is open")
        await desk.press("escape", "d")
        await desk.see("Lists shelves.")
        await desk.press("escape")
        await desk.see("[Arguments]")


async def test_an_example_becomes_the_draft_and_can_be_undone(signed_in: Open, nas: Simulator) -> None:
    put_up(nas)
    async with signed_in(size=(120, 36)) as desk:
        await desk.open("shelf.create", "shelf.create")
        await desk.write("[1]")
        await desk.press("escape", "d")
        await desk.see("Puts up a shelf")
        await desk.press("G")
        await desk.see("enter makes it the draft")
        await desk.press("enter")
        editor = desk.explore.call_pane.editor
        await desk.until(lambda: editor.has_focus and editor.text == '[{"name": "books"}]', "the example")
        await desk.press("ctrl+z")
        await desk.until(lambda: editor.text == "[1]", "what was there")


@pytest.mark.parametrize("size", SIZES)
async def test_docs_that_are_read_follow_the_server(signed_in: Open, nas: Simulator, size: tuple[int, int]) -> None:
    put_up(nas)
    async with signed_in(size=size) as desk:
        await desk.open("shelf.query", "shelf.query")
        await desk.press("escape", "d")
        await desk.see("Lists shelves.")
        # An update: another release, and another text.
        nas.method("system.info", roles=["READONLY_ADMIN"])(lambda call: {"hostname": "nas", "version": "26.0.1"})
        nas.method("shelf.query", roles=["READONLY_ADMIN"], description="Lists other shelves.")(lambda call: [])
        nas.drop_connections()
        await desk.see("Lists other shelves.")
        docs = desk.explore.query_one("#side-docs-text" if size[0] >= 160 else "#docs-text", Docs)
        await desk.until(lambda: docs.has_focus, "still reading")


async def test_docs_tell_which_roles_the_user_has(signed_in: Open, nas: Simulator) -> None:
    put_up(nas)
    async with signed_in(size=(120, 36), user="viewer") as desk:
        await desk.until(lambda: desk.session.learning.roles is not None, "the roles")
        assert "READONLY_ADMIN" in (desk.session.learning.roles or ())
        await desk.open("shelf.query", "shelf.query")
        await desk.press("escape", "d")
        await desk.see("needs  READONLY_ADMIN:  you have READONLY_ADMIN")


async def test_wide_screens_have_docs_of_their_own(signed_in: Open) -> None:
    async with signed_in(size=(200, 50)) as desk:
        await desk.open("pds q", "pool.dataset.query")
        await desk.see("Watching", "DATASET_READ")
        await desk.press("escape", "d")
        await desk.until(
            lambda: desk.app.focused is desk.explore.query_one("#side-docs-text"), "the docs have the focus"
        )


async def test_result_folds_finds_and_shows_raw(signed_in: Open) -> None:
    async with signed_in(size=(80, 24)) as desk:
        await desk.open("pool q", "pool.query")
        await desk.write('[[["name", "=", "tank"]]]')
        await desk.run()
        await desk.see("1 row ")
        await desk.press("escape", "v", "v")
        tree = desk.explore.result_pane.content
        assert isinstance(tree, JsonView)
        shown = tree.line_count()
        await desk.press("down", "space")
        await desk.until(lambda: tree.line_count() < shown, "fewer lines when folded")
        await desk.press("slash")
        await desk.type("raidz")
        await desk.press("enter")
        await desk.until(lambda: tree.has_focus and "raidz" in str(tree.current).lower(), "the match has the cursor")
        first = tree.path
        await desk.press("n")
        await desk.until(lambda: tree.path != first, "the next match")
        await desk.press("N")
        await desk.until(lambda: tree.path == first, "the match before")
        await desk.press("escape", "v")
        await desk.see("[Table]", "fragmentation")
        await desk.press("v")
        await desk.see("[Raw]", '"name": "tank"')
        await desk.press("v")
        await desk.see("[Tree]")


async def test_find_says_when_there_is_nothing(signed_in: Open) -> None:
    async with signed_in() as desk:
        await desk.open("sys info", "system.info")
        await desk.run()
        await desk.press("escape", "slash")
        await desk.type("no such thing")
        await desk.see("no no such thing here")


async def test_copy_menu_copies_value_path_result_and_arguments(signed_in: Open) -> None:
    async with signed_in() as desk:
        await desk.open("sys info", "system.info")
        await desk.run()
        await desk.press("escape", "down")
        tree = desk.explore.result_pane.content
        assert isinstance(tree, JsonView)
        for letter, expected in (("p", tree.path[0]), ("a", "[]"), ("n", "system.info")):
            await desk.press("y")
            await desk.until(lambda: isinstance(desk.app.screen, CopyMenu), "the menu")
            await desk.press(letter)
            await desk.until(lambda e=expected: desk.app.clipboard == e, f"{expected} on the clipboard")  # type: ignore[misc]
        await desk.press("y", "r")
        await desk.until(lambda: '"hostname"' in desk.app.clipboard, "the result on the clipboard")
        await desk.press("y", "escape")
        await desk.until(lambda: not isinstance(desk.app.screen, CopyMenu), "the menu gone")


async def test_invalid_json_is_refused_at_its_place(signed_in: Open) -> None:
    async with signed_in() as desk:
        await desk.open("pds q", "pool.dataset.query")
        await desk.write("[\n  [,\n]")
        await desk.see("problem")
        await desk.press("ctrl+j")
        await desk.press("ctrl+j")
        assert desk.explore.result_pane.call is None, "text that is not JSON is never sent"
        editor = desk.explore.call_pane.editor
        assert editor.has_focus
        assert editor.caret == editor.problems[0].start


async def test_a_problem_stops_the_run_once(signed_in: Open) -> None:
    async with signed_in() as desk:
        await desk.open("pds q", "pool.dataset.query")
        await desk.write('[[], {"limit": "many"}]')
        await desk.see("1 problem")
        await desk.press("ctrl+j")
        editor = desk.explore.call_pane.editor
        assert desk.explore.result_pane.call is None
        assert editor.text[editor.caret :].startswith('"many"')
        await desk.run()
        await desk.see("Error", "EINVAL")


async def test_the_server_s_refusal_is_placed_at_the_field(signed_in: Open) -> None:
    async with signed_in(size=(80, 24)) as desk:
        await desk.open("pds cr", "pool.dataset.create")
        await desk.write('[{"type": "FILESYSTEM", "name": "nowhere/photos"}]')
        await desk.press("ctrl+j")
        await desk.until(lambda: isinstance(desk.app.screen, ReviewScreen), "the review card")
        await desk.see("pool.dataset.create", "write", '"nowhere/photos"')
        await desk.press("enter")
        await desk.ended()
        await desk.see("Error", "EINVAL  1 field", "name", "enter: there")
        editor = desk.explore.call_pane.editor
        await desk.until(lambda: editor.text[editor.caret :].startswith('"nowhere/photos"'), "the caret at the field")
        await desk.press("escape")
        await desk.press("home", "down", "enter")
        await desk.until(lambda: editor.has_focus, "enter on the field goes there")
        assert editor.text == '[{"type": "FILESYSTEM", "name": "nowhere/photos"}]'


async def test_a_missing_field_is_named(signed_in: Open) -> None:
    async with signed_in() as desk:
        await desk.open("pds cr", "pool.dataset.create")
        await desk.write('[{"type": "FILESYSTEM"}]')
        await desk.see("problem", "name")
        await desk.press("ctrl+j", "ctrl+j")
        await desk.until(lambda: isinstance(desk.app.screen, ReviewScreen), "the review card")
        await desk.press("enter")
        await desk.ended()
        await desk.see("Error", "EINVAL")


async def test_review_card_leads_back_to_the_arguments(signed_in: Open) -> None:
    async with signed_in() as desk:
        await desk.open("pds cr", "pool.dataset.create")
        await desk.write('[{"type": "FILESYSTEM", "name": "tank/x"}]')
        for key in ("escape", "e"):
            await desk.press("ctrl+j")
            await desk.until(lambda: isinstance(desk.app.screen, ReviewScreen), "the review card")
            await desk.press(key)
            await desk.until(lambda: not isinstance(desk.app.screen, ReviewScreen), "the card gone")
        assert desk.explore.result_pane.call is None
        await desk.until(lambda: desk.explore.call_pane.editor.has_focus, "the editor has the focus")


async def test_risk_wants_the_name_typed(signed_in: Open, nas: Simulator) -> None:
    async with signed_in() as desk:
        await desk.open("pds del", "pool.dataset.delete")
        await desk.write('["tank/photos"]')
        await desk.press("ctrl+j")
        await desk.see("risk", "Type tank/photos to confirm")
        await desk.press("enter")
        await desk.see("first type tank/photos")
        await desk.type("tank/photos")
        await desk.press("enter")
        await desk.ended()
        await desk.see("#1")


async def test_read_only_refuses_and_says_how_to_allow(signed_in: Open, nas: Simulator) -> None:
    async with signed_in(writable=False) as desk:
        await desk.see("read-only")
        await desk.open("pds cr", "pool.dataset.create")
        await desk.write('[{"type": "FILESYSTEM", "name": "tank/x"}]')
        await desk.run()
        await desk.see("Read-only", "this session is read-only", "F9 allows writes")
        await desk.press("escape", "L")
        await desk.see("writes allowed")
        await desk.press("ctrl+j")
        await desk.until(lambda: isinstance(desk.app.screen, ReviewScreen), "now the review card")
        await desk.press("enter")
        await desk.ended()
        await desk.see("Result")
        await desk.press("escape", "L")
        await desk.see("read-only")


async def test_the_session_itself_refuses_writes(signed_in: Open) -> None:
    async with signed_in(writable=False) as desk:
        call = desk.session.new_call("core.bulk", ["pool.dataset.delete", [["tank/photos"]]])
        await desk.session.caller.run(call)
        assert call.state == "failed"
        assert call.failure.title == "Read-only"


async def test_an_error_takes_the_place_of_the_result_and_p_brings_it_back(signed_in: Open) -> None:
    async with signed_in() as desk:
        await desk.open("pds q", "pool.dataset.query")
        await desk.run()
        await desk.see("rows")
        await desk.write('[[["name", "=", "nothing"]], {"get": true}]')
        await desk.run()
        await desk.see("Error", "p previous")
        await desk.press("escape", "p")
        await desk.see("Previous result", "flash")


async def test_a_call_in_flight_can_be_cancelled(signed_in: Open, nas: Simulator) -> None:
    @nas.method("demo.slow", roles=["READONLY_ADMIN"])
    async def slow(call: Call) -> Any:
        await call.sleep(100_000)

    async with signed_in() as desk:
        await desk.open("demo slow", "demo.slow")
        await desk.press("ctrl+j")
        await desk.see("^c cancels", " ms")
        await desk.press("ctrl+c")
        await desk.ended()
        await desk.see("Cancelled", "was not stopped")


async def test_an_older_result_is_marked_while_a_call_runs(signed_in: Open, nas: Simulator) -> None:
    calls = 0

    @nas.method("demo.second_is_slow", roles=["READONLY_ADMIN"])
    async def second(call: Call) -> Any:
        nonlocal calls
        calls += 1
        if calls > 1:
            await call.sleep(100_000)
        return {"answer": 42}

    async with signed_in() as desk:
        await desk.open("demo second", "demo.second_is_slow")
        await desk.run()
        await desk.see("answer")
        await desk.press("escape", "r")
        await desk.see("Previous result", "answer", "^c cancels")
        await desk.press("r")
        await desk.see("This call is still running")
        await desk.press("ctrl+c")
        await desk.ended()


async def test_drafts_and_results_stay_with_their_method(signed_in: Open) -> None:
    async with signed_in() as desk:
        await desk.open("sys info", "system.info")
        await desk.run()
        await desk.see("hostname")
        await desk.open("pds q", "pool.dataset.query")
        await desk.see("ctrl+j runs it")
        await desk.write('[[], {"limit": 3}]')
        await desk.open("sys info", "system.info")
        await desk.see("hostname")
        await desk.open("pds q", "pool.dataset.query")
        assert desk.explore.call_pane.text == '[[], {"limit": 3}]'


async def test_a_server_that_answers_with_markup_and_escapes(signed_in: Open, nas: Simulator) -> None:
    evil = "[/nope] [@click=app.quit]x[/] \x1b[31m \u202e " + "x" * 10_000

    @nas.method("demo.evil", roles=["READONLY_ADMIN"], description=evil, accepts=[shapes.any_()])
    def answer(call: Call, value: Any) -> Any:
        if value == "fail":
            errors = ValidationErrors()
            errors.add(f"value.{evil[:50]}", evil)
            raise errors
        return {evil: [evil]}

    async with signed_in() as desk:
        await desk.open("demo evil", "demo.evil")
        await desk.write('["x"]')
        await desk.run()
        await desk.see("[/nope]")
        await desk.press("escape", "v")
        await desk.see("[Raw]", "[/nope]")
        await desk.press("d")
        await desk.see("[/nope]")
        await desk.write('["fail"]')
        await desk.run()
        await desk.see("Error", "EINVAL")
        assert "\x1b" not in desk.text
        assert "\u202e" not in desk.text


async def test_unknown_methods_are_explained(signed_in: Open, nas: Simulator) -> None:
    @nas.method("demo.gone", roles=["READONLY_ADMIN"])
    def gone(call: Call) -> None:
        """Here today."""

    async with signed_in() as desk:
        await desk.open("demo gone", "demo.gone")
        del nas.registry.methods["demo.gone"]
        await desk.run()
        await desk.see("No such method")


async def test_running_from_the_drawer_never_runs_what_is_hidden_behind_it(signed_in: Open) -> None:
    async with signed_in(size=(80, 24)) as desk:
        await desk.open("sys info", "system.info")
        await desk.press("escape", "m")
        await desk.until(lambda: desk.explore.methods.filter.has_focus, "the filter")
        await desk.type("pds q")
        await desk.until(lambda: desk.explore.methods.highlighted == "pool.dataset.query", "another method is seen")
        await desk.press("ctrl+j")
        await desk.see("1  []", "pool.dataset.query")
        assert desk.explore.result_pane.call is None
        await desk.press("escape", "m", "ctrl+j")
        await desk.ended()
        await desk.see("rows")
        assert desk.explore.call_pane.has_focus_within


async def test_typing_goes_on_where_arguments_belong(signed_in: Open) -> None:
    async with signed_in() as desk:
        await desk.open("pds q", "pool.dataset.query")
        await desk.type('[["name", "=", "tank"]]')
        await desk.run()
        await desk.see("1 row ")
        await desk.open("scrub.scrub", "pool.scrub.scrub")
        await desk.see("fill 1 field")
        await desk.type("tank")
        await desk.see('["tank"]', "valid")


async def test_a_window_that_grows_leaves_the_drawer(signed_in: Open) -> None:
    async with signed_in(size=(80, 24)) as desk:
        await desk.open("sys info", "system.info")
        await desk.press("escape", "m")
        await desk.type("pds q")
        await desk.see("[Docs]", "pool.dataset.query")
        await resized(desk.pilot, 120, 36)
        await desk.see("system.info", "[Arguments]", "Result")
        # Shown again, the section has its size again: that changes no view, and takes the focus from no field.
        await desk.workspace.perform("pane.docs")
        await desk.workspace.perform("pane.methods")
        for section in ("go.jobs", "go.explore"):
            await desk.workspace.perform(section)
            await desk.settled()
        await desk.see("[Docs]")
        await desk.workspace.perform("pane.args")
        await desk.until(lambda: desk.explore.call_pane.editor.has_focus, "the editor")
        desk.explore.action_pane_methods()
        await desk.explore.on_resize()
        await desk.settled()
        assert desk.explore.methods.filter.has_focus
