"""The registry: every action is in palette, help and keymap, has keys of its own, and does something."""

from __future__ import annotations

import tomllib
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.command import CommandPalette
from textual.containers import Container
from textual.screen import ModalScreen

from tests.app.conftest import Desk, Open, at_desk
from tests.app.waiting import resized
from truenas_client.simulator import Call, Simulator
from truenas_client.storage.saved import SavedCalls
from truenas_client.storage.saved_call import SavedCall
from tui import actions
from tui.__main__ import main
from tui.action_help import HELP
from tui.app import Start
from tui.cards.columns import ColumnsScreen
from tui.cards.confirm import ConfirmScreen
from tui.cards.copy_menu import CopyMenu
from tui.cards.form import FormScreen
from tui.cards.help import HelpScreen
from tui.cards.jump import JumpScreen
from tui.cards.keep import KeepScreen
from tui.cards.review import ReviewScreen
from tui.cards.save import SaveScreen
from tui.cards.settings import SettingsScreen
from tui.cards.too_small import TooSmall
from tui.model.outline import TypeLink
from tui.palette import MOST_HITS, Commands
from tui.section_specs import SECTIONS, SectionSpec
from tui.sections.access import AccessSection
from tui.sections.dashboard import DashboardSection
from tui.sections.events import EventsSection
from tui.sections.history import HistorySection
from tui.sections.jobs import JobsSection
from tui.sections.saved import SavedSection
from tui.session.keeping import Offer
from tui.session.session import Session, State
from tui.session.target import Target
from tui.starting.connect import ConnectScreen
from tui.widgets.json_view import JsonView
from tui.widgets.key_line import working
from tui.widgets.rows import Rows
from tui.widgets.table_view import TableView
from tui.widgets.tile import Tile

FORBIDDEN = {"ctrl+h", "ctrl+i", "ctrl+m", "ctrl+left_square_bracket", "ctrl+w", "ctrl+t", "ctrl+n", "ctrl+a", "ctrl+b"}
"""Keys that are others in disguise, or that a browser or a terminal multiplexer keeps for itself."""


def test_ids_are_unique_and_named_after_their_place() -> None:
    ids = [action.id for action in actions.ACTIONS]
    assert len(ids) == len(set(ids))
    assert all(action.title and action.help and action.group for action in actions.ACTIONS)
    assert sorted(HELP) == sorted(set(ids) - {f"go.{section.id}" for section in SECTIONS})


def test_no_action_depends_on_a_key_that_may_not_arrive() -> None:
    for action in actions.ACTIONS:
        keys = [key for key in action.keys.split(",") if key]
        assert keys, action.id
        assert set(keys) - FORBIDDEN, action.id
        assert not any(key.startswith("alt+") for key in keys), action.id


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.id)
def test_no_two_actions_share_a_key_in_one_place(section: SectionSpec) -> None:
    seen: dict[str, str] = {}
    for action in actions.ACTIONS:
        if action.where in (*section.places, "workspace", "app"):
            for key in action.keys.split(","):
                assert key not in seen, f"{key}: {action.id} and {seen[key]}"
                seen[key] = action.id


@pytest.mark.parametrize(
    ("key", "text"),
    [("ctrl+j", "^j"), ("slash", "/"), ("question_mark", "?"), ("f5", "F5"), ("L", "L"), ("ctrl+enter", "ctrl+enter")],
)
def test_keys_as_people_write_them(key: str, text: str) -> None:
    assert actions.key_text(key) == text


PRESSED_ELSEWHERE = {
    "connect.open": "test_connect.test_wrong_password_keeps_everything",
    "connect.demo": "test_tour.test_the_connect_card_opens_it_anew_and_nothing_is_remembered",
    "connect.back": "test_connect.test_connecting_can_be_stopped",
    "secret.show": "test_connect.test_password_is_shown_only_while_wanted",
    "card.accept": "test_connect.test_wrong_password_keeps_everything",
    "card.leave": "test_review.test_secrets_are_masked_and_a_new_one_is_told",
    "review.edit": "test_explore.test_review_card_leads_back_to_the_arguments",
    "trust.accept": "test_trust.test_a_certificate_nobody_vouches_for_is_shown_and_trusted_with_the_profile",
    **dict.fromkeys(
        ("profile.edit", "profile.try", "profile.forget", "card.no", "card.yes"),
        "test_profiles.test_a_profile_is_edited_tried_renamed_and_forgotten",
    ),
    **dict.fromkeys(
        ("columns.all", "columns.only", "columns.reset"),
        "test_result.test_the_list_of_columns_shows_orders_and_pins",
    ),
    **dict.fromkeys(
        ("choice.previous", "choice.next"),
        "test_keeping.test_in_clear_only_when_that_is_chosen",
    ),
}
"""The tests that press the keys of cards; those of all other places are pressed here (`DRIVES`)."""


def test_every_action_is_in_the_print_of_keys_and_in_a_test(capsys: pytest.CaptureFixture[str]) -> None:
    ids = [action.id for action in actions.ACTIONS]
    assert main(["keys", "--toml"]) == 0
    assert sorted(tomllib.loads(capsys.readouterr().out)["keys"]) == sorted(ids)
    assert sorted([*DRIVES, *PRESSED_ELSEWHERE]) == sorted(ids)
    for action_id, test in PRESSED_ELSEWHERE.items():
        module, _, name = test.partition(".")
        _, found, body = Path(__file__).with_name(f"{module}.py").read_text().partition(f"def {name}(")
        assert found, test
        assert f'"{actions.by_id(action_id).keys.split(",")[0]}"' in body.partition("\n\n\n")[0], (action_id, test)


async def test_palette_holds_every_action_but_cursor_keys(signed_in: Open) -> None:
    async with signed_in() as desk:
        await desk.press("ctrl+p")
        await desk.until(lambda: isinstance(desk.app.screen, CommandPalette), "the palette")
        provider = Commands(desk.workspace)
        await provider.startup()
        offered = [hit async for hit in provider.discover()]
        assert len(offered) <= MOST_HITS
        for action in actions.ACTIONS:
            if action.where in ("list", "card", "connect") or action.id == "app.palette":
                continue
            words = f"{action.group}: {action.title}"
            hits = [hit async for hit in provider.search(words)]
            assert max(hits, key=lambda hit: hit.score).text == words, action.id
            shown = str(next(hit for hit in hits if hit.text == words).help)
            assert shown.partition("   ")[0] in map(actions.key_text, action.keys.split(",")), action.id


async def test_help_names_every_action_with_its_present_key(signed_in: Open) -> None:
    async with signed_in() as desk:
        desk.app.set_keymap({"session.lock": "ctrl+y"})
        await desk.press("escape", "escape", "question_mark")
        await desk.until(lambda: isinstance(desk.app.screen, HelpScreen), "the keys")
        rows = desk.app.screen.query_one(Rows)
        shown = {row.key: row for row in rows.rows}
        assert {"session.lock", "call.run", "nav.open"} <= set(shown)
        assert shown["session.lock"].cells[1] == "^y"
        await desk.press("escape")
        await desk.press("ctrl+y")
        await desk.see("read-only")


# Each action, triggered by its key.

Drive = Callable[[Desk, str], Awaitable[None]]
DRIVES: dict[str, Drive] = {}


def drive(*ids: str) -> Callable[[Drive], Drive]:
    def add(function: Drive) -> Drive:
        DRIVES.update(dict.fromkeys(ids, function))
        return function

    return add


async def result(desk: Desk) -> JsonView:
    """A result as it is at first, with the focus in it."""
    await desk.open("sys info", "system.info")
    await desk.run()
    await desk.press("escape")
    for _ in range(2):
        # A key before may have chosen another view.
        if not isinstance(desk.explore.result_pane.content, JsonView):
            await desk.press("v")
    view = desk.explore.result_pane.content
    assert isinstance(view, JsonView)
    return view


@drive("call.run")
async def _run(desk: Desk, key: str) -> None:
    await desk.open("sys info", "system.info")
    await desk.press(key)
    await desk.ended()


@drive("call.repeat")
async def _repeat(desk: Desk, key: str) -> None:
    await result(desk)
    before = desk.explore.result_pane.call
    await desk.press(key)
    await desk.until(lambda: desk.explore.result_pane.call is not before, "another call")
    await desk.ended()


@drive("call.elsewhere")
async def _elsewhere(desk: Desk, key: str) -> None:
    await result(desk)
    await desk.press(key)
    await desk.see("No other connection is open")


@drive("call.save")
async def _save(desk: Desk, key: str) -> None:
    await result(desk)
    await desk.press(key)
    await desk.see("Save the call  system.info")


@drive("call.view")
async def _draft_view(desk: Desk, key: str) -> None:
    await desk.open("pds q", "pool.dataset.query")
    await desk.press(key)
    await desk.see("[Query]")


@drive("pane.docs")
async def _docs(desk: Desk, key: str) -> None:
    await result(desk)
    await desk.press(key)
    await desk.see("[Docs]")


@drive("docs.back")
async def _docs_back(desk: Desk, key: str) -> None:
    await desk.open("pds q", "pool.dataset.query")
    await desk.press("escape", "d")
    docs = desk.explore.call_pane.docs.docs
    await desk.until(lambda: docs.has_focus, "the docs")
    while not isinstance(docs.link, TypeLink):
        await desk.press("down")
    await desk.press("enter")
    await desk.until(lambda: docs.depth == 1, "the page of a type")
    await desk.press(key)
    await desk.until(lambda: docs.depth == 0, "the page before")


@drive("pane.methods")
async def _methods(desk: Desk, key: str) -> None:
    await result(desk)
    await desk.press(key)
    await desk.until(lambda: desk.explore.methods.filter.has_focus, "the filter")


@drive("method.star")
async def _star(desk: Desk, key: str) -> None:
    await result(desk)
    await desk.press(key)
    await desk.see("Starred system.info.")
    assert desk.session.memory.stars == ("system.info",)


@drive("pane.args")
async def _args(desk: Desk, key: str) -> None:
    await result(desk)
    await desk.press(key)
    await desk.until(lambda: desk.explore.call_pane.editor.has_focus, "the editor")


@drive("pane.result")
async def _to_result(desk: Desk, key: str) -> None:
    await result(desk)
    await desk.press("d", key)
    await desk.until(lambda: desk.explore.result_pane.content.has_focus, "the result")


@drive("edit.problem")
async def _problem(desk: Desk, key: str) -> None:
    await desk.open("pds q", "pool.dataset.query")
    await desk.write('[[], {"limit": "x"}]')
    await desk.see("1 problem")
    await desk.press("escape", key)
    editor = desk.explore.call_pane.editor
    await desk.until(lambda: editor.has_focus and editor.text[editor.caret :].startswith('"x"'), "the caret there")


@drive("edit.undo", "edit.redo", "edit.cut", "edit.select_all")
async def _text(desk: Desk, key: str) -> None:
    await desk.open("pds q", "pool.dataset.query")
    await desk.write("[\n]")
    editor = desk.explore.call_pane.editor
    editor.goto(0)
    await desk.type("x")
    steps = {"ctrl+z": "[\n]", "ctrl+y": "x[\n]", "ctrl+x": "]", "f7": "1"}
    await desk.press(*{"ctrl+y": ["ctrl+z", key], "f7": [key, "1"]}.get(key, [key]))
    await desk.until(lambda: editor.text == steps[key], "the text")


@drive("edit.complete", "edit.accept")
async def _complete(desk: Desk, key: str) -> None:
    await desk.open("pds q", "pool.dataset.query")
    await desk.write('[[], {"limit": 1}]')
    editor = desk.explore.call_pane.editor
    editor.goto(editor.text.index("}"))
    await desk.press("ctrl+l")
    await desk.until(lambda: editor.choosing, "the list")
    if key == "tab":
        await desk.press(key)
        await desk.until(lambda: '{"limit": 1, "' in editor.text, "another key")
        assert editor.has_focus
    else:
        await desk.press("escape")


@drive("text.editor")
async def _editor(desk: Desk, key: str) -> None:
    await desk.open("pds q", "pool.dataset.query")
    await desk.press(key)
    await desk.see("Not edited: this terminal")  # a screen of tests is none


@drive("text.pager")
async def _pager(desk: Desk, key: str) -> None:
    await result(desk)
    await desk.press(key)
    await desk.see("Not shown: this terminal")


@drive("form.branch", "form.drop", "form.complete")
async def _form(desk: Desk, key: str) -> None:
    await desk.open("pds cre", "pool.dataset.create")
    await desk.write('[{"name": "tank/a", "type": "FILESYSTEM", "quota": 1}]')
    await desk.press("f2")
    await desk.see("[Form]", "quota")
    desk.explore.call_pane.go_to("quota")
    await desk.press(key)
    if key == "delete":
        await desk.until(lambda: '"quota"' not in desk.explore.call_pane.text, "quota left out")
    else:
        await desk.see("━ quota is ━" if key == "t" else "━ quota ━")


@drive("pane.find", "find.next", "find.previous")
async def _find(desk: Desk, key: str) -> None:
    view = await result(desk)
    await desk.press("slash")
    await desk.type("e")
    await desk.press("enter")
    await desk.until(lambda: view.path, "a match")
    if key != "slash":
        before = view.path
        await desk.press(key)
        await desk.until(lambda: view.path != before, "another match")


async def table(desk: Desk) -> TableView:
    await desk.open("pds q", "pool.dataset.query")
    await desk.run()
    await desk.press("escape")
    view = desk.explore.result_pane.content
    assert isinstance(view, TableView)
    return view


@drive("table.sort")
async def _sort(desk: Desk, key: str) -> None:
    view = await table(desk)
    first = view.path
    await desk.press(key, key, "home")
    await desk.until(lambda: view.path != first, "another order")


@drive("table.columns")
async def _columns(desk: Desk, key: str) -> None:
    await table(desk)
    await desk.press(key)
    await desk.until(lambda: isinstance(desk.app.screen, ColumnsScreen), "the columns")


@drive("table.hide", "table.pin", "table.left", "table.right")
async def _arrange(desk: Desk, key: str) -> None:
    view = await table(desk)
    await desk.press("right", "right")
    assert view.table is not None
    before = view.table.columns
    await desk.press(key)
    await desk.until(lambda: view.table is not None and view.table.columns != before, "other columns")


@drive("diff.pin", "diff.compare")
async def _diff(desk: Desk, key: str) -> None:
    await result(desk)
    await desk.press("r")
    await desk.ended()
    await desk.press(key)
    if key == "b":
        await desk.see("Pinned ")
        return
    await desk.see("Compare ")


@drive("table.exact")
async def _exact(desk: Desk, key: str) -> None:
    await table(desk)
    await desk.press(key)
    await desk.see("exact values")


@drive("table.next_page", "table.previous_page")
async def _pages(desk: Desk, key: str) -> None:
    await desk.open("pds q", "pool.dataset.query")
    await desk.write('[[], {"limit": 5, "offset": 5}]')
    await desk.run()
    await desk.press("escape")
    await desk.see("rows 6-10")
    await desk.press(key)
    await desk.see("rows 1-5" if key == "left_square_bracket" else "rows 11-15")


@drive("tree.less", "tree.more")
async def _levels(desk: Desk, key: str) -> None:
    await result(desk)
    await desk.press(key)
    await desk.see("level 1" if key == "comma" else "level 2")


@drive("result.view")
async def _result_view(desk: Desk, key: str) -> None:
    await table(desk)
    await desk.press(key)
    await desk.see("[Raw]")


@drive("result.previous")
async def _previous(desk: Desk, key: str) -> None:
    await desk.open("pds q", "pool.dataset.query")
    await desk.run()
    await desk.write('[[["name", "=", "nothing"]], {"get": true}]')
    await desk.run()
    await desk.press("escape", key)
    await desk.see("Previous result")


@drive("copy.menu", "result.save")
async def _copy(desk: Desk, key: str) -> None:
    await result(desk)
    await desk.press(key)
    await desk.until(lambda: isinstance(desk.app.screen, CopyMenu | SaveScreen), "the card")


async def job(desk: Desk) -> None:
    if desk.session.jobs.active():
        return
    await desk.open("demo work", "demo.work")
    await desk.press("ctrl+j")
    await desk.until(lambda: isinstance(desk.app.screen, ReviewScreen), "the review card")
    await desk.press("enter")
    await desk.see("lifting")
    await desk.press("escape")


@drive("call.abort", "call.watch", "job.abort")
async def _abort(desk: Desk, key: str) -> None:
    await job(desk)
    if key == "w":
        for watched in (False, True):
            await desk.press(key)
            await desk.until(lambda watched=watched: (1 in desk.session.jobs.watched) is watched)  # type: ignore[misc]
        return
    await desk.press(key)
    await desk.until(lambda: isinstance(desk.app.screen, ConfirmScreen), "the question")
    await desk.press("escape", "3")
    await desk.until(lambda: isinstance(desk.app.focused, Rows) and desk.app.focused.key == "1", "the job's row")
    await desk.press(key)
    await desk.until(lambda: isinstance(desk.app.screen, ConfirmScreen), "the question")
    await desk.press("escape", "1")


@drive(*(f"go.{spec.id}" for spec in SECTIONS))
async def _go(desk: Desk, key: str) -> None:
    await result(desk)
    await desk.press("3" if key != "3" else "1", "escape", key)
    wanted = next(spec.id for spec in SECTIONS if spec.key.split(",")[0] == key)
    await desk.until(lambda: desk.workspace.section.id == wanted, wanted)


@drive("jobs.find", "view.refresh")
async def _jobs(desk: Desk, key: str) -> None:
    await job(desk)
    await desk.press("3")
    version = desk.session.jobs.version
    await desk.press(key)
    if key == "slash":
        await desk.until(lambda: desk.app.focused is desk.workspace.query_one(JobsSection).filter, "the filter")
    else:
        await desk.until(lambda: desk.session.jobs.version > version, "read again")
    await desk.press("escape", "1")


@drive("job.view", "log.only", "watch.add", "job.bell", "job.copy", "export.open")
async def _job(desk: Desk, key: str) -> None:
    await job(desk)
    await desk.press("3")
    await desk.see("1 running")
    jobs = desk.session.jobs
    match key:
        case "v" | "o":
            await desk.press(*["v"] * ("[Log]" not in desk.text))
            await desk.see("[Log]", "lifted once")
        case "w":
            watched = 1 in jobs.watched
            await desk.press(key)
            await desk.until(lambda: (1 in jobs.watched) is not watched, "the other")
        case "B":
            await desk.press(key)
            await desk.see("The bell rings")
        case "y":
            await desk.press(key)
            await desk.see("name of the method")
            await desk.press("n")
            await desk.see("Copied name of the method")
        case "x":
            await desk.press(key)
            await desk.see("Save the log", "job-1-demo.work.log")
            await desk.press("escape")
    if key == "o":
        await desk.press("enter", "slash")
        await desk.type("lifted")
        await desk.press("enter", key)
        await desk.see("1 of 2 lines")
        await desk.press("escape", "escape")
    await desk.press("1")


@drive("alert.dismiss", "dashboard.refresh")
async def _dashboard(desk: Desk, key: str) -> None:
    await desk.press("escape", "escape", "2")
    section = desk.workspace.section
    assert isinstance(section, DashboardSection)
    alerts = section.query_one("#tile-alerts", Tile).lines
    await desk.until(lambda: alerts.key, "an alert")
    if key == "D":
        alerts.focus()
        await desk.press(key)
        await desk.until(lambda: isinstance(desk.app.screen, ReviewScreen), "the review")
    else:
        before = section.board["system"].at
        await desk.press(key)
        await desk.until(lambda: section.board["system"].at > before, "read again")


@drive("access.end", "access.end_others", "key.create", "key.update", "token.create", "access.refresh")
async def _access(desk: Desk, key: str) -> None:
    await desk.press("escape", "escape", "7")
    section = desk.workspace.section
    assert isinstance(section, AccessSection)
    await desk.until(lambda: section.keys.key and section.sessions.key, "both lists")
    (section.keys if key == "e" else section.sessions).focus()
    before = section._readings["me"].at
    await desk.press(key)
    match key:
        case "delete":
            await desk.see("Review", "auth.terminate_session", "ending it signs you out")
        case "E":
            await desk.see("No other session is known")
        case "r":
            await desk.until(lambda: section._readings["me"].at > before, "read again")
        case _:
            await desk.until(lambda: isinstance(desk.app.screen, FormScreen), "the form")


@drive(
    *("event.add", "event.plot", "event.view", "event.filter", "event.copy", "event.save", "event.sets"),
    *("event.next", "event.close"),
)
async def _events(desk: Desk, key: str) -> None:
    await desk.press("escape", "escape", "4")
    if not desk.session.feeds.open:
        await desk.type("reporting.realtime")
        await desk.press("enter")
        await desk.see("cpu.cpu.usage")
    if key == "tab":
        section = desk.workspace.section
        assert isinstance(section, EventsSection)
        await desk.press("plus", *"alert.list", "enter")
        await desk.until(lambda: len(section._panels) == 2, "a second panel")
        first, second = section._panels
        for panel in (first, second):
            await desk.press(key)
            await desk.until(lambda panel=panel: panel.content.has_focus, "the next panel")  # type: ignore[misc]
        await desk.press("delete", "escape", "1")
        return
    await desk.press(key)
    seen = {"plus": "Subscribe", "o": "added", "v": '"msg": "added"', "slash": "e.g. tank", "y": "all events that"}
    await desk.see({**seen, "x": "what arrives", "s": "under a name", "delete": "Subscribe"}[key])
    await desk.press("escape", "1")


@drive("wire.log", "wire.call", "wire.filter", "wire.view", "wire.copy", "wire.save")
async def _wire(desk: Desk, key: str) -> None:
    await desk.press("escape", "escape", "6")
    await desk.see("Wire ")
    if key == "w":
        await desk.press(key)
        await desk.see("w logs again")
        await desk.press(key)
    elif key == "e":
        await desk.session.read("system.info")
        await desk.see("call   system.info")
        await desk.press("down", key)
        await desk.until(lambda: desk.workspace.section.id == "explore", "the method")
    else:
        await desk.press(key)
        seen = {"slash": "e.g. tank", "v": '"jsonrpc"', "y": "name of", "x": "what arrives"}
        await desk.see(seen[key])
    await desk.press("escape", "1")


@drive("history.find", "history.save", "history.copy", "history.run", "history.forget")
async def _history(desk: Desk, key: str) -> None:
    if not desk.session.memory.history.newest():
        await result(desk)
    await desk.press("escape", "5")
    section = desk.workspace.section
    assert isinstance(section, HistorySection)
    await desk.until(lambda: section.current is not None, "a call")
    before = len(desk.session.memory.history.newest())
    await desk.press(key)
    match key:
        case "slash":
            await desk.until(lambda: section.filter.has_focus, "the filter")
        case "s":
            await desk.see("Save the call  system.info")
        case "y":
            await desk.see("the call as a midclt command")
        case "r":
            await desk.until(lambda: len(desk.session.memory.history.newest()) > before, "another call")
            assert desk.workspace.section.id == "explore"
        case "delete":
            await desk.until(lambda: len(desk.session.memory.history.newest()) < before, "one call less")


@drive("saved.find", "saved.change", "saved.copy", "saved.export", "saved.import", "saved.run", "saved.delete")
async def _saved(desk: Desk, key: str) -> None:
    SavedCalls().put(SavedCall("info", "system.info", []), replace=True)
    await desk.press("escape", "escape", "8")
    section = desk.workspace.section
    assert isinstance(section, SavedSection)
    await desk.until(lambda: section.current is not None, "a call")
    await desk.press(key)
    if key == "r":
        await desk.until(lambda: desk.session.caller.last["system.info"].state == "done", "the call")
        return
    seen = {
        "y": "the call as a",
        "e": "Save the call",
        "x": "Export a saved call",
        "plus": "Import a saved call",
        "delete": "Delete info?",
    }
    if key == "slash":
        await desk.until(lambda: section.filter.has_focus, "the filter")
    else:
        await desk.see(seen[key])


@drive("session.lock")
async def _lock(desk: Desk, key: str) -> None:
    await result(desk)
    await desk.press(key)
    await desk.see("read-only")


@drive("session.reconnect")
async def _reconnect(desk: Desk, key: str) -> None:
    await result(desk)
    # The code for an address that is not on the allow list, after which nothing is tried by itself.
    assert desk.nas is not None
    desk.nas.close_connections(1008)
    await desk.until(lambda: not desk.session.online, "offline")
    await desk.press(key)
    await desk.until(lambda: desk.session.online, "connected again")


@drive("go.connections")
async def _connections(desk: Desk, key: str) -> None:
    await result(desk)
    await desk.press(key)
    await desk.until(lambda: isinstance(desk.app.screen, ConnectScreen), "the card")


@drive("connection.next")
async def _next_connection(desk: Desk, key: str) -> None:
    first = desk.session
    await desk.app.connections.open(Session(Target.of("ws://127.0.0.1:1", "admin")))
    await desk.until(lambda: desk.session is not first, "the second")
    await desk.press("escape", "escape", key)
    await desk.until(lambda: desk.session is first, "the first")


@drive("pane.zoom")
async def _zoom(desk: Desk, key: str) -> None:
    await result(desk)
    await desk.press(key)
    await desk.until(lambda: desk.workspace.maximized is desk.explore.result_pane, "zoomed")
    await desk.until(lambda: desk.explore.result_pane.size.height > 28, "all of the screen")
    await desk.press(key)
    await desk.until(lambda: desk.workspace.maximized is None, "as before")


@drive("pane.grow", "pane.shrink")
async def _resize(desk: Desk, key: str) -> None:
    await result(desk)
    pane = desk.explore.result_pane
    height = pane.outer_size.height
    await desk.press(key)
    by = 2 if key == "equals_sign" else -2
    await desk.until(lambda: pane.outer_size.height == height + by, "another height")


@drive("app.jump")
async def _jump(desk: Desk, key: str) -> None:
    await result(desk)
    await desk.press(key)
    await desk.until(lambda: isinstance(desk.app.screen, JumpScreen), "the letters")
    await desk.press("a")
    await desk.until(lambda: desk.explore.methods.filter.has_focus, "the first target")
    await desk.press("ctrl+o", "3")  # from a text field too
    await desk.until(lambda: desk.workspace.section.id == "jobs", "the section")
    await desk.press("1")


@drive("app.back")
async def _back(desk: Desk, key: str) -> None:
    await desk.open("sys info", "system.info")
    await desk.press(key)
    await desk.until(lambda: desk.explore.result_pane.content.has_focus, "out of the text")


@drive("session.keep")
async def _keep(desk: Desk, key: str) -> None:
    await result(desk)
    desk.workspace.offered = Offer("nas", ("ask each time",))
    await desk.press(key)
    await desk.until(lambda: isinstance(desk.app.screen, KeepScreen), "the card")


@drive("app.close", "app.quit")
async def _close(desk: Desk, key: str) -> None:
    await result(desk)
    await desk.press(key)
    if key == "q":
        await desk.until(lambda: isinstance(desk.app.screen, ConfirmScreen), "the question")
        await desk.press("y")
    await desk.until(lambda: desk.app._exit, "the end")


@drive("app.cancel")
async def _cancel(desk: Desk, key: str) -> None:
    await result(desk)
    await desk.press(key)
    await desk.see("ctrl+q quits")


@drive("app.keys")
async def _keys(desk: Desk, key: str) -> None:
    await result(desk)
    await desk.press(key)
    await desk.until(lambda: isinstance(desk.app.screen, HelpScreen), "the keys")


@drive("app.settings")
async def _settings(desk: Desk, key: str) -> None:
    await result(desk)
    await desk.press(key)
    await desk.until(lambda: isinstance(desk.app.screen, SettingsScreen), "the settings")


@drive("app.palette")
async def _palette(desk: Desk, key: str) -> None:
    await result(desk)
    await desk.press(key)
    await desk.until(lambda: isinstance(desk.app.screen, CommandPalette), "the palette")


@drive("nav.up", "nav.down", "nav.page_up", "nav.page_down", "nav.top", "nav.end")
async def _move(desk: Desk, key: str) -> None:
    view = await result(desk)
    await desk.press("down", "down", "down")
    before = view.cursor
    await desk.press(key)
    await desk.until(lambda: view.cursor != before, "another line")


@drive("nav.left", "nav.right", "nav.toggle", "nav.open", "tree.all")
async def _fold(desk: Desk, key: str) -> None:
    view = await result(desk)
    lines = view.line_count()
    if key in ("right", "l"):
        await desk.press("left")
        await desk.until(lambda: view.line_count() < lines, "folded")
        lines = view.line_count()
    await desk.press(key)
    await desk.until(lambda: view.line_count() != lines, "other lines")


ENDS = {_close, _connections, _lock, _reconnect}
"""After these an app is no longer what the others begin with."""


def cases() -> Iterator[Any]:
    """Actions that can be triggered one after the other in the same app, with the first key of each.

    One key is enough: the keys of an action are one binding, so the others cannot do anything else.
    """
    assert set(DRIVES) == {action.id for action in actions.ACTIONS if action.where not in ("connect", "card")}
    together: dict[str, list[str]] = {}
    places: dict[Drive, str] = {}
    for action_id, function in DRIVES.items():
        # What one drive triggers stays together.
        place = places.setdefault(function, actions.by_id(action_id).where)
        if function in ENDS:
            place = action_id
        together.setdefault(place, []).append(action_id)
    return (pytest.param(ids, id=name) for name, ids in together.items())


def ids_listed_at_each_key(desk: Desk) -> set[str]:
    """The actions that the list of keys would have named before any of the keys that the desk presses from now on."""
    listed: set[str] = set()
    press = desk.press

    async def looked(*keys: str) -> None:
        for key in keys:
            await desk.settled()
            listed.update(str(binding.id) for _node, binding in working(desk.app.screen))
            listed.add("app.cancel")
            await press(key)

    desk.press = looked  # type: ignore[method-assign]
    return listed


@pytest.mark.parametrize("ids", cases())
async def test_every_action_is_triggered_by_its_key(signed_in: Open, nas: Simulator, ids: list[str]) -> None:
    @nas.job("demo.work", abortable=True, logs=True)
    async def work(call: Call) -> None:
        call.progress(37, "lifting")
        call.log("began\nlifted once\n")
        await call.sleep(100_000)

    async with signed_in() as desk:
        listed = ids_listed_at_each_key(desk)
        for action_id in ids:
            try:
                await DRIVES[action_id](desk, actions.by_id(action_id).keys.split(",")[0])
            except AssertionError as error:
                error.add_note(f"triggering {action_id}")
                raise
            assert action_id in listed, "the list of keys names it where its key works"
            while isinstance(desk.app.screen, ModalScreen):
                await desk.press("escape")


async def test_actions_of_the_connect_card_are_in_its_help() -> None:
    async with at_desk(Start()) as desk:
        await desk.press("f1")
        await desk.until(lambda: isinstance(desk.app.screen, HelpScreen), "the keys")
        rows = desk.app.screen.query_one(Rows)
        assert {"secret.show", "connect.open", "connect.back"} <= {row.key for row in rows.rows}
        await desk.press("escape", "escape")
        await desk.see("enter connect")


# The palette.


async def test_palette_runs_an_action_in_its_section(signed_in: Open) -> None:
    async with signed_in() as desk:
        await desk.press("ctrl+p")
        await desk.type("add a subscription")
        await desk.see("Events: Add a subscription")
        await desk.press("enter")
        await desk.see("Subscribe")
        await desk.until(lambda: desk.workspace.section.id == "events", "the events")


async def test_palette_finds_an_action_by_what_it_does(signed_in: Open) -> None:
    async with signed_in() as desk:
        provider = Commands(desk.workspace)
        await provider.startup()
        for query, words in (("signed in", "Go: Sessions and keys"), ("dismiss", "Dashboard: Dismiss an alert")):
            hits = [hit async for hit in provider.search(query)]
            assert words in [hit.text for hit in sorted(hits, key=lambda hit: -hit.score)[:3]], query


async def test_palette_finds_methods_and_opens_them(signed_in: Open) -> None:
    async with signed_in() as desk:
        await desk.press("ctrl+p")
        await desk.type("call: pds q")
        await desk.see("call: pool.dataset.query")
        await desk.press("enter")
        await desk.until(lambda: desk.explore.call_pane.method is not None, "a method is open")
        method = desk.explore.call_pane.method
        assert method is not None
        assert method.name == "pool.dataset.query"


async def test_palette_gives_few_hits_and_draws_server_text_as_it_is(signed_in: Open, nas: Simulator) -> None:
    for number in range(120):
        nas.method(f"demo.hit_{number}", roles=["READONLY_ADMIN"], description="[/nope] [@click=app.quit]x")(_nothing)
    async with signed_in() as desk:
        provider = Commands(desk.workspace)
        await provider.startup()
        assert len([hit async for hit in provider.search("hit")]) == MOST_HITS
        await desk.press("ctrl+p")
        await desk.type("demo hit 7")
        await desk.see("[/nope]")


def _nothing(call: Call) -> None:
    return None


async def test_themes_are_chosen_in_the_palette(signed_in: Open) -> None:
    async with signed_in() as desk:
        await desk.press("ctrl+p")
        await desk.type("theme light")
        await desk.see("theme: light")
        await desk.press("enter")
        await desk.until(lambda: desk.app.theme == "light", "the light theme")


# Sizes.


async def test_too_small_a_terminal_says_so_and_comes_back(signed_in: Open) -> None:
    async with signed_in(size=(80, 24)) as desk:
        await desk.open("pds q", "pool.dataset.query")
        await resized(desk.pilot, 50, 12)
        await desk.until(lambda: isinstance(desk.app.screen, TooSmall), "the card")
        await desk.see("60x16")
        await desk.press("q", "ctrl+j", "question_mark", "ctrl+p")
        assert isinstance(desk.app.screen, TooSmall)
        await resized(desk.pilot, 80, 24)
        await desk.see("pool.dataset.query", "1  []")


async def test_nothing_is_cut_off_at_any_size(signed_in: Open) -> None:
    sizes = [(60, 16), (80, 24), (99, 30), (100, 30), (120, 36), (160, 40), (200, 50)]
    async with signed_in(size=sizes[0]) as desk:
        await desk.open("pds q", "pool.dataset.query")
        await desk.run()
        await desk.press("escape")
        for size in sizes:
            await resized(desk.pilot, *size)
            await desk.see("? keys", "commands", "pool.dataset.query", "Result")
            for pane in desk.explore.query("Pane").results(Container):
                if pane.region:
                    assert pane.region.right <= size[0]
                    assert pane.region.bottom <= size[1] - 1
                    assert pane.region.height >= 4


async def test_resizing_while_a_card_is_open(signed_in: Open) -> None:
    async with signed_in(size=(200, 50)) as desk:
        await desk.open("pds cr", "pool.dataset.create")
        await desk.write('[{"type": "FILESYSTEM", "name": "tank/x"}]')
        await desk.press("ctrl+j")
        await desk.until(lambda: isinstance(desk.app.screen, ReviewScreen), "the card")
        await resized(desk.pilot, 60, 16)
        await desk.see("pool.dataset.create", "enter send")
        await desk.press("escape")
        await desk.until(lambda: desk.workspace.has_class("-narrow"), "the narrow layout")
        assert desk.session.state is State.ONLINE
