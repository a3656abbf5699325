"""Every action of the app: the one registry behind keys, palette, footer and help.

Nothing else defines a key for something the user does (widgets keep only the
keys that move a cursor inside them). An action lives on one kind of node, named
by ``where``; its handler there is ``action_<id with underscores>``. Keys are
Textual key names, so the ids can be remapped with ``App.set_keymap``.

Invariants: ids are unique; no two actions share a key in places that can be
active together (a section and the workspace around it); no action depends only
on a key that a terminal may keep for itself (ctrl+h, i, m, ``ctrl+[``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from textual.binding import Binding, BindingType

__all__ = [
    "ACTIONS",
    "Action",
    "Where",
    "bindings",
    "by_id",
    "is_typed",
    "key_text",
    "reach",
    "typed_character",
    "worded",
]

# Nodes that carry bindings: the app itself, the workspace of one connection, its
# sections, the result inside Explore, the connect card, and ("list") every list and document: the bindings of
# those stand in the widgets, under the same ids.
Where = Literal["app", "workspace", "explore", "result", "jobs", "events", "connect", "list"]


@dataclass(frozen=True, slots=True)
class Action:
    """One thing the user can do.

    ``footer`` is the word in the footer (empty: not there) and ``rank`` its place,
    lower first. ``always`` marks keys that also work while typing.
    """

    id: str
    title: str
    group: str
    keys: str
    where: Where
    help: str
    footer: str = ""
    rank: int = 50
    always: bool = False
    danger: bool = False
    handler: str = ""

    @property
    def name(self) -> str:
        """The name of the handler, without ``action_``."""
        return self.handler or self.id.replace(".", "_")

    @property
    def key(self) -> str:
        """The first key, as shown to people; empty when there is none."""
        return key_text(self.keys.split(",")[0]) if self.keys else ""


ACTIONS: tuple[Action, ...] = (
    # What the main job is made of.
    Action(
        "call.run",
        "Run the call",
        "Call",
        "ctrl+j,ctrl+enter,f5",
        "explore",
        "Sends the arguments as they are. A problem in them stops the run once and moves the caret there; "
        "running again sends them anyway.",
        "run",
        10,
        always=True,
    ),
    Action("call.repeat", "Run again", "Call", "r", "explore", "Repeats a read with the arguments of last time."),
    Action(
        "call.view",
        "Arguments or docs",
        "Call",
        "f2",
        "explore",
        "Changes between the arguments of the method and its docs.",
        always=True,
    ),
    Action("pane.methods", "Methods", "Go", "m", "explore", "Opens the list of methods and its filter.", "methods", 12),
    Action("pane.args", "Edit the arguments", "Call", "e", "explore", "Puts the caret into the arguments.", "edit", 13),
    Action("pane.docs", "Docs", "Call", "d", "explore", "Shows what the method takes and returns.", "docs", 14),
    Action(
        "docs.back",
        "Back in the docs",
        "Call",
        "backspace",
        "list",
        "In the docs, returns to the page before, after enter opened a type or a method.",
        "back",
        8,
    ),
    Action("pane.result", "Result", "Go", "i", "explore", "Puts the cursor into the result."),
    Action(
        "edit.problem",
        "Next problem or field to fill",
        "Call",
        "ctrl+g",
        "explore",
        "Moves the caret to the next problem in the arguments, or selects the next value that waits to be filled in.",
        always=True,
    ),
    Action(
        "edit.complete",
        "Complete",
        "Call",
        "ctrl+l",
        "explore",
        "Lists the keys and values that may stand at the caret; while typing the list opens by itself. "
        "Up and down choose, escape closes it.",
        "",
        15,
        always=True,
    ),
    Action(
        "edit.accept",
        "Accept the completion",
        "Call",
        "tab",
        "list",
        "Writes what is chosen in the open list; so does enter after up or down.",
        "accept",
        9,
        always=True,
        handler="accept",
    ),
    Action(
        "pane.find",
        "Find",
        "Result",
        "slash",
        "explore",
        "Finds text in the result or the docs; n and N step.",
        "find",
        16,
    ),
    Action("find.next", "Next match", "Result", "n", "explore", "Goes to the next match."),
    Action("find.previous", "Previous match", "Result", "N", "explore", "Goes to the match before."),
    Action(
        "result.view", "Tree, table or raw", "Result", "v", "explore", "Changes how the result is shown.", "view", 18
    ),
    # Only where the result is a table.
    Action(
        "table.sort",
        "Sort by this column",
        "Table",
        "o",
        "result",
        "By the column under the cursor: ascending, descending, as the server sent it.",
        "sort",
        11,
    ),
    Action(
        "table.columns",
        "Columns ...",
        "Table",
        "t",
        "result",
        "Which columns are shown, their order, and which stay at the left.",
        "columns",
        11,
    ),
    Action("table.hide", "Hide this column", "Table", "H", "result", "The list of columns shows it again."),
    Action("table.pin", "Pin this column", "Table", "P", "result", "Keeps it at the left while others scroll, or not."),
    Action("table.left", "Move this column left", "Table", "less_than_sign", "result", "One place to the left."),
    Action("table.right", "Move this column right", "Table", "greater_than_sign", "result", "One place to the right."),
    Action(
        "result.previous",
        "Previous result",
        "Result",
        "p",
        "explore",
        "Shows the result from before the last call, or what came after it again.",
    ),
    Action(
        "copy.menu",
        "Copy ...",
        "Result",
        "y",
        "explore",
        "Copies the value or path under the cursor, the whole result, or the arguments. What is too large for a "
        "terminal's clipboard is offered as a file.",
        "copy",
        22,
    ),
    Action(
        "call.abort",
        "Abort the job here",
        "Call",
        "a",
        "explore",
        "Asks the server to stop the job shown in the result, after asking you.",
        "abort",
        11,
        danger=True,
    ),
    Action(
        "method.star",
        "Star the method, or not",
        "Go",
        "asterisk",
        "explore",
        "Starred methods stand first in the list, also the next time. In the list it is the one under the cursor.",
        rank=27,
    ),
    # Sections.
    Action("go.explore", "Explore", "Go", "1", "workspace", "Methods, arguments and result."),
    Action("go.jobs", "Jobs", "Go", "3", "workspace", "What runs on the server, and what ran."),
    Action("go.events", "Events", "Go", "4", "workspace", "Live events of the names you choose."),
    # Jobs.
    Action(
        "job.abort",
        "Abort a job",
        "Jobs",
        "a",
        "jobs",
        "Asks the server to stop it, after asking you.",
        "abort",
        12,
        danger=True,
    ),
    Action("jobs.find", "Filter jobs", "Jobs", "slash", "jobs", "Words and state:running, method:pool.", "filter", 14),
    Action(
        "view.refresh", "Read jobs again", "Jobs", "r", "jobs", "Asks the server for the list of jobs.", "refresh", 16
    ),
    # Events.
    Action("event.add", "Add a subscription", "Events", "plus", "events", "One more stream of events.", "add", 10),
    Action("event.close", "Close the panel", "Events", "delete", "events", "Ends the subscription.", "close", 14),
    Action(
        "event.plot",
        "Plot or list",
        "Events",
        "o",
        "list",
        "Draws the numbers of events over time.",
        "plot",
        16,
        handler="plot",
    ),
    # Session.
    Action(
        "session.lock",
        "Allow or forbid writes",
        "Session",
        "L,f9",
        "workspace",
        "Read-only refuses every call that changes something.",
        always=True,
    ),
    Action(
        "session.reconnect",
        "Connect again",
        "Session",
        "R,f12,enter",
        "workspace",
        "A lost connection is made again by itself, with growing pauses; this does it now. No call is sent again.",
        "retry now",
        1,
    ),
    Action(
        "session.keep",
        "Keep this connection ...",
        "Session",
        "K,f8",
        "workspace",
        "As a profile with a name, its secret where you say. Offered after a first sign-in by hand.",
        always=True,
    ),
    Action("go.connections", "Connect to another address", "Session", "c", "workspace", "Opens the connect card."),
    # Everywhere in the workspace.
    Action("pane.zoom", "Zoom the pane", "Panes", "z", "workspace", "Fills the screen with it, and back.", "zoom", 40),
    Action("pane.grow", "Larger pane", "Panes", "equals_sign", "workspace", "Gives the pane two more rows."),
    Action("pane.shrink", "Smaller pane", "Panes", "minus", "workspace", "Takes two rows from the pane."),
    Action(
        "app.jump",
        "Jump",
        "Panes",
        "ctrl+o,f",
        "workspace",
        "Letters over everything that can have the cursor.",
        "jump",
        30,
    ),
    Action("app.back", "Back", "App", "escape", "workspace", "Leaves the text field, closes what is open.", "back", 45),
    Action(
        "app.close",
        "Close or quit",
        "App",
        "q",
        "workspace",
        "Closes what is open; at the top it asks whether to quit, and says what still runs.",
    ),
    # The connect card.
    Action(
        "connect.open",
        "Connect",
        "Connect",
        "enter",
        "connect",
        "Connects and signs in with what is typed.",
        "connect",
        10,
        always=True,
    ),
    Action(
        "connect.back",
        "Stop or go back",
        "Connect",
        "escape",
        "connect",
        "Stops connecting; with nothing going on, returns to what was open before.",
        always=True,
    ),
    Action(
        "secret.show",
        "Show or hide the password",
        "Connect",
        "f2",
        "connect",
        "Only on this screen.",
        "show password",
        20,
        always=True,
    ),
    # Lists and documents.
    Action("nav.up", "Up", "Lists", "up,k", "list", "One line up.", handler="line_up"),
    Action("nav.down", "Down", "Lists", "down,j", "list", "One line down.", handler="line_down"),
    Action("nav.page_up", "Page up", "Lists", "pageup", "list", "One screen up.", handler="page_up"),
    Action("nav.page_down", "Page down", "Lists", "pagedown", "list", "One screen down.", handler="page_down"),
    Action("nav.top", "First", "Lists", "home,g", "list", "The first line.", handler="line_top"),
    Action("nav.end", "Last", "Lists", "end,G", "list", "The last line.", handler="line_end"),
    Action(
        "nav.left",
        "Fold",
        "Lists",
        "left,h",
        "list",
        "Folds, or goes to the line it belongs to; in a table, the column before.",
        handler="fold",
    ),
    Action(
        "nav.right",
        "Unfold",
        "Lists",
        "right,l",
        "list",
        "Unfolds, or goes to the first line below; in a table, the next column.",
        handler="unfold",
    ),
    Action("nav.open", "Open", "Lists", "enter", "list", "Opens what the cursor is on.", "open", 26, handler="choose"),
    Action(
        "nav.toggle",
        "Fold or pause",
        "Lists",
        "space",
        "list",
        "Folds what is below the line; in a panel of events, pauses it.",
        rank=12,
        handler="toggle",
    ),
    Action(
        "tree.all",
        "Fold or unfold all",
        "Lists",
        "shift+space,Z",
        "list",
        "Everything below the line.",
        handler="toggle_all",
    ),
    Action(
        "tree.less",
        "Fold to one level less",
        "Lists",
        "comma",
        "list",
        "In a tree: at first to level 1, where only the first members are seen.",
        handler="fold_level(-1)",
    ),
    Action(
        "tree.more",
        "Unfold to one level more",
        "Lists",
        "full_stop",
        "list",
        "In a tree: at first to level 2, then one more with each press.",
        handler="fold_level(1)",
    ),
    # Everywhere.
    Action(
        "app.cancel",
        "Cancel",
        "App",
        "ctrl+c",
        "app",
        "Copies the selection; without one, cancels the call in flight.",
        rank=5,
        always=True,
    ),
    Action("app.keys", "Keys for here", "App", "question_mark,f1", "app", "This page.", "keys", 60),
    Action(
        "app.palette",
        "Commands",
        "App",
        "ctrl+p,colon",
        "app",
        "Every action and every method by name.",
        "commands",
        99,
        handler="command_palette",
    ),
    Action("app.quit", "Quit", "App", "ctrl+q", "app", "At once, from anywhere.", always=True, handler="quit"),
)

_BY_ID = {action.id: action for action in ACTIONS}

_NAMED = re.compile(r"\{([a-z]+\.[a-z]+)\}")

_CARET = frozenset({"enter", "backspace", "delete", "left", "right", "up", "down", "home", "end"})
"""Keys that a text field keeps for itself."""

_CHARACTERS = {
    "slash": "/",
    "colon": ":",
    "question_mark": "?",
    "plus": "+",
    "minus": "-",
    "equals_sign": "=",
    "asterisk": "*",
    "full_stop": ".",
    "comma": ",",
    "less_than_sign": "<",
    "greater_than_sign": ">",
}
_KEY_WORDS = {**_CHARACTERS, "escape": "esc"}


def by_id(action_id: str) -> Action:
    """The action with that id; KeyError when there is none."""
    return _BY_ID[action_id]


def key_text(key: str) -> str:
    """A Textual key name as people write it: ``ctrl+j`` is ``^j``, ``slash`` is ``/``."""
    *modifiers, last = key.strip().split("+") if key != "+" else ["+"]
    word = _KEY_WORDS.get(
        last, last if len(last) == 1 else last.upper() if last[:1] == "f" and last[1:].isdigit() else last
    )
    if modifiers == ["ctrl"] and len(word) == 1:
        return f"^{word}"
    return "+".join([*modifiers, word])


def reach(action_id: str, *, typing: bool) -> str:
    """The key that does it at this moment, as people write it.

    ``typing`` says that a text field has the focus, where a letter is only typed: then a key
    that is no letter is named, or how to leave the field first.
    """
    keys = by_id(action_id).keys.split(",")
    working = next((key for key in keys if not (typing and is_typed(key))), None)
    return key_text(working) if working else f"esc, then {key_text(keys[0])}"


def worded(text: str, *, typing: bool) -> str:
    """A text of ours with the keys of the actions it names, ``{session.lock} allows writes``, as they work now."""
    return _NAMED.sub(lambda found: reach(found[1], typing=typing) if found[1] in _BY_ID else found[0], text)


def is_typed(key: str) -> bool:
    """Whether a text field takes a key as a character, or to move its caret, instead of leaving it to actions."""
    return key in _CARET or typed_character(key) is not None


def typed_character(key: str) -> str | None:
    """The character that a key types; None for one that types none."""
    if len(key) == 1:
        return key
    return " " if key == "space" else _CHARACTERS.get(key)


def bindings(where: Where) -> list[BindingType]:
    """The key bindings of one kind of node, for its ``BINDINGS``."""
    return list(_bindings(where))


def _bindings(where: Where) -> Iterator[Binding]:
    for action in ACTIONS:
        if action.where == where and action.keys:
            yield Binding(
                action.keys,
                action.name,
                action.title,
                id=action.id,
                show=bool(action.footer),
                # Text fields come first with every key; only leaving must work whatever is on top.
                priority=action.id == "app.quit",
            )
