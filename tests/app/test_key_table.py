"""One table of keys: every widget and card binds by the ids of actions, and no text names a key by hand."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import pytest
from textual.app import App
from textual.binding import Binding
from textual.dom import DOMNode

import tui
from tests.app.conftest import Open
from tui import actions
from tui.cards.confirm import ConfirmScreen
from tui.widgets.key_line import KeyLine

CARET = {"up", "down", "pageup", "pagedown"}
"""Keys without an action: they move a cursor while a text field keeps the focus."""

PACKAGE = Path(tui.__file__).parent
MODULES = [name for _, name, _ in walk_packages([str(PACKAGE)], "tui.") if not name.endswith("__main__")]


def bound() -> Iterator[tuple[type[DOMNode], Binding]]:
    for name in MODULES:
        for value in vars(import_module(name)).values():
            if isinstance(value, type) and issubclass(value, DOMNode) and value.__module__ == name:
                for binding in value.__dict__.get("BINDINGS", ()):
                    assert isinstance(binding, Binding), value
                    yield value, binding


def test_every_binding_has_the_keys_that_the_table_gives_its_action() -> None:
    found = list(bound())
    assert {action.id for action in actions.ACTIONS} == {binding.id for _node, binding in found if binding.id}
    for node, binding in found:
        if binding.id is None:
            assert set(binding.key.split(",")) <= CARET, node
        else:
            assert binding.key == actions.by_id(binding.id).keys, (node, binding.id)


def test_every_binding_has_a_handler() -> None:
    for node, binding in bound():
        name = binding.action.partition("(")[0]
        owner = node if "." not in name else import_module("tui.app").TrueNASApp
        assert hasattr(owner, f"action_{name.rpartition('.')[2]}"), (node, binding.action)


# Texts.

BY_HAND = re.compile(
    r"\b(ctrl|alt|shift)\+\w|\^[a-z]\b|\bF\d+\b|\besc(ape)?\b|\b[Pp]ress [\w/?*]+\b|\benter\b"
    r"|(^|[.;,:] )[b-zB-HJ-Z] [a-z]{2,}s\b"
    r"|\b(key|space|tab|backspace) (\w\b|goes|opens|resumes|closes|again|once|writes)"
)
"""What a key written by hand looks like in a sentence."""

NOT_OURS = {
    "enter goes there": "the find field's own key, which Textual binds",
    "enter once more": "the name field's own key",
    "shift+mouse": "the terminal's way to select",
    "to enter it": "the verb",
    "no such escape": "of a string",
    '["ctrl+j", "f5"]': "an example of an entry in the settings",
    "as ctrl+j, f5, slash, /, A, shift+tab": "examples of keys",
    "Press it again": "no key is named",
}


def sentences(source: str) -> Iterator[tuple[int, str]]:
    """The strings of a module that have more than one word and are no documentation."""
    tree = ast.parse(source)
    documentation = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
            yield node.lineno, node.value


def by_hand(source: str) -> list[str]:
    found = []
    for line, text in sentences(source):
        for known in NOT_OURS:
            text = text.replace(known, "")
        # One word alone is the name of a key in code.
        if " " in text.strip() and BY_HAND.search(text):
            found.append(f"{line}: {text}")
    return found


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_text_names_a_key_by_hand(path: Path) -> None:
    assert not by_hand(path.read_text())


@pytest.mark.parametrize(
    "text",
    [
        *("ctrl+q quits", "then ^p", "F9 allows writes", "esc, then y", "press t: from then on", "Press enter to send"),
        *(
            "enter opens it",
            "see Jobs (key 3)",
            "4 waiting; space resumes",
            "Nothing is open here; q quits.",
            "R connects",
        ),
    ],
)
def test_the_scan_finds_keys_by_hand(text: str) -> None:
    assert by_hand(f"say({text!r})")


def test_everything_that_is_let_pass_is_there() -> None:
    sources = "".join(path.read_text() for path in PACKAGE.rglob("*.py"))
    assert [known for known in NOT_OURS if known not in sources] == []


def test_a_text_names_the_present_keys() -> None:
    actions.remap({"call.run": "ctrl+y,f7", "session.lock": "x"})
    try:
        assert actions.key("call.run") == "ctrl+y"
        assert actions.key("call.run", short=True) == "^y"
        assert actions.worded("{session.lock} allows writes", typing=True) == "esc, then x allows writes"
        assert actions.key("app.quit") == "ctrl+q"
    finally:
        actions.remap({})


# A keymap.


def line(app: App[None]) -> str:
    return str(app.screen.query_one(KeyLine).render())


async def test_a_star_on_another_sign_is_named_and_works_in_the_filter(signed_in: Open) -> None:
    async with signed_in() as desk:
        await desk.until(lambda: desk.explore.methods.names.key, "the methods")
        desk.app.set_keymap({"method.star": "plus"})
        await desk.type("pds q")
        await desk.until(lambda: desk.explore.methods.highlighted == "pool.dataset.query", "the method")
        assert "+ star" in line(desk.app)
        assert "* star" not in line(desk.app)
        await desk.press("plus")
        await desk.until(lambda: desk.session.memory.stars == ("pool.dataset.query",), "the star")


async def test_a_letter_moved_to_a_function_key_works_while_typing(signed_in: Open) -> None:
    async with signed_in() as desk:
        await desk.until(lambda: desk.explore.methods.names.key, "the methods")
        desk.app.set_keymap({"pane.zoom": "f7"})
        desk.explore.methods.filter.focus()
        await desk.press("f7")
        await desk.until(lambda: desk.workspace.maximized is desk.explore.methods, "the list fills the screen")


async def test_a_letter_of_the_keymap_is_only_typed_in_a_field(signed_in: Open) -> None:
    async with signed_in() as desk:
        await desk.until(lambda: desk.explore.methods.names.key, "the methods")
        desk.app.set_keymap({"session.lock": "u"})
        await desk.type("u")
        assert desk.explore.methods.filter.value == "u"
        assert "u" not in desk.workspace.active_bindings
        assert desk.session.caller.writable


async def test_a_card_takes_and_names_the_keys_of_the_keymap(signed_in: Open) -> None:
    async with signed_in() as desk:
        desk.app.set_keymap({"app.close": "x", "card.accept": "ctrl+y", "app.quit": "ctrl+x"})
        await desk.press("escape", "escape", "x")
        await desk.until(lambda: isinstance(desk.app.screen, ConfirmScreen), "the question")
        await desk.see("^y quit")
        await desk.press("x")
        await desk.until(lambda: desk.app.screen is desk.workspace, "the workspace")
        await desk.press("ctrl+c")
        await desk.see("ctrl+x quits")
