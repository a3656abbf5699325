"""The table of all actions: what the user can do, where, and by which keys.

Nothing else defines a key for something the user does (widgets keep only the keys that
move a cursor inside them). `actions` reads this table; so keys, palette, footer, help
and the texts that name a key cannot differ. The sentence about each is in `action_help`.

Invariants: ids are unique; no two actions share a key in places that can be active
together (a section and the workspace around it); no action depends only on a key that a
terminal may keep for itself (ctrl+h, i, m, ``ctrl+[``).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from tui.action import Action
from tui.action_help import HELP
from tui.section_specs import SECTIONS

__all__ = ["ACTIONS", "by_group"]

# Each place with the heading that its actions have in the list of keys.
_call = partial(Action, where="explore", group="Call")
_go = partial(Action, where="explore", group="Go")
_result = partial(Action, where="explore", group="Result")
_table = partial(Action, where="result", group="Table")
_fields = partial(Action, where="list", group="Call")
_dashboard = partial(Action, where="dashboard", group="Dashboard")
_jobs = partial(Action, where="jobs", group="Jobs")
_events = partial(Action, where="events", group="Events")
_history = partial(Action, where="history", group="History")
_saved = partial(Action, where="saved", group="Saved calls")
_wire = partial(Action, where="wire", group="Wire")
_access = partial(Action, where="access", group="Sessions and keys")
_session = partial(Action, where="workspace", group="Session")
_anywhere = partial(Action, where="app", group="Session")
_panes = partial(Action, where="workspace", group="Panes")
_closing = partial(Action, where="workspace", group="App")
_connect = partial(Action, where="connect", group="Connect")
_lists = partial(Action, where="list", group="Lists")
_card = partial(Action, where="card", group="Cards")
_app = partial(Action, where="app", group="App")

_TABLE = (
    _call("call.run", "Run the call", "ctrl+j,ctrl+enter,f5", footer="run", rank=10, always=True),
    _call("call.repeat", "Run again", "r"),
    _call("call.save", "Save the call ...", "s", footer="save call", rank=28),
    _call("call.elsewhere", "Same call on another server", "S"),
    _call("call.view", "Next view of the arguments", "f2", always=True),
    _go("pane.methods", "Methods", "m", footer="methods", rank=12),
    _call("pane.args", "Edit the arguments", "e", footer="edit", rank=13),
    _call("pane.docs", "Docs", "d", footer="docs", rank=14),
    _fields("docs.back", "Back in the docs", "backspace", footer="back", rank=8),
    _fields("form.branch", "Another kind of value", "t", footer="kind", rank=14),
    _fields("form.drop", "Leave the value out", "delete,backspace", footer="leave out", rank=15),
    _fields("form.complete", "Known values", "ctrl+l", footer="values", rank=13, always=True),
    _go("pane.result", "Result", "i"),
    _call("edit.problem", "Next problem or field to fill", "ctrl+g", always=True),
    _call("edit.complete", "Complete", "ctrl+l", rank=15, always=True),
    _fields("edit.accept", "Accept the completion", "tab", footer="accept", rank=9, always=True, handler="accept"),
    _fields("edit.undo", "Undo", "ctrl+z", always=True),
    _fields("edit.redo", "Redo", "ctrl+y", always=True),
    _fields("edit.cut", "Cut the line", "ctrl+x", always=True),
    _fields("edit.select_all", "Select all", "f7", always=True),
    _result("pane.find", "Find", "slash", footer="find", rank=16),
    _result("find.next", "Next match", "n"),
    _result("find.previous", "Previous match", "N"),
    _result("result.view", "Tree, table, raw or diff", "v", footer="view", rank=18),
    # Only where the result is a table.
    _table("table.sort", "Sort by this column", "o", footer="sort", rank=11),
    _table("table.columns", "Columns ...", "t", footer="columns", rank=11),
    _table("table.exact", "Exact values", "u"),
    _table("table.next_page", "Next page of rows", "right_square_bracket", handler="table_page(1)"),
    _table("table.previous_page", "Page of rows before", "left_square_bracket", handler="table_page(-1)"),
    _table("table.hide", "Hide this column", "H"),
    _table("table.pin", "Pin this column", "P"),
    _table("table.left", "Move this column left", "less_than_sign"),
    _table("table.right", "Move this column right", "greater_than_sign"),
    _result("result.previous", "Previous result", "p"),
    _result("diff.pin", "Pin the result", "b"),
    _result("diff.compare", "Compare ...", "D", rank=11),
    _result("copy.menu", "Copy ...", "y", footer="copy", rank=11),
    _result("result.save", "Save or export the result ...", "x", footer="save result", rank=23),
    _call("call.abort", "Abort the job here", "a", footer="abort", rank=11),
    _call("call.watch", "Watch the job here, or not", "w", footer="watch", rank=27),
    _go("method.star", "Star the method, or not", "asterisk", rank=27),
    # The sections, each by the key that shows it.
    *(
        Action(f"go.{one.id}", one.title, one.key, "workspace", "Go", one.help, handler=f"show_section('{one.id}')")
        for one in SECTIONS
    ),
    # The dashboard.
    _dashboard("alert.dismiss", "Dismiss an alert", "D", footer="dismiss", rank=10),
    _dashboard("dashboard.refresh", "Read the dashboard again", "r", footer="refresh", rank=16),
    # Jobs.
    _jobs("job.abort", "Abort a job", "a", footer="abort", rank=12),
    _jobs("jobs.find", "Filter jobs, find in one", "slash", footer="find", rank=14),
    _jobs("job.view", "Next part of the job", "v", footer="view", rank=15),
    _jobs("watch.add", "Watch the job, or not", "w", footer="watch", rank=16),
    _jobs("job.copy", "Copy of the job ...", "y", footer="copy", rank=22),
    _jobs("export.open", "Save of the job ...", "x", footer="save", rank=18),
    _jobs("view.refresh", "Read jobs again", "r"),
    _jobs("job.bell", "Bell when a watched job ends", "B"),
    _lists("log.only", "Only the lines found", "o"),
    # Events.
    _events("event.add", "Add a subscription", "plus", footer="add", rank=11),
    _events("event.next", "Next panel", "tab", footer="next", rank=15),
    _events("event.close", "Close the panel", "delete", footer="close", rank=17),
    _events("event.filter", "Filter events", "slash", footer="filter", rank=13),
    _events("event.plot", "Plot or list", "o", footer="plot", rank=16),
    _events("event.view", "Raw or readable", "v", footer="raw", rank=18),
    _events("event.copy", "Copy of events ...", "y", rank=24),
    _events("event.save", "Save events ...", "x", footer="save", rank=14),
    _events("event.sets", "Sets of panels ...", "s"),
    # The calls made before, and those that were saved.
    _history("history.run", "Make the call again", "r", footer="run again", rank=10),
    _history("history.find", "Filter the history", "slash", footer="filter", rank=14, handler="list_find"),
    _history("history.save", "Save a call of the history ...", "s", footer="save", rank=15),
    _history("history.copy", "Copy a call of the history ...", "y", footer="copy", rank=16, handler="list_copy"),
    _history("history.forget", "Forget a call", "delete"),
    _saved("saved.run", "Run a saved call", "r", footer="run", rank=10),
    _saved("saved.find", "Filter saved calls", "slash", footer="filter", rank=14, handler="list_find"),
    _saved("saved.change", "Change a saved call ...", "e", footer="change", rank=15),
    _saved("saved.copy", "Copy a saved call ...", "y", footer="copy", rank=18, handler="list_copy"),
    _saved("saved.export", "Export a saved call ...", "x", footer="export", rank=17),
    _saved("saved.import", "Import a saved call ...", "plus", footer="import", rank=16),
    _saved("saved.delete", "Delete a saved call ...", "delete", rank=20),
    # The wire: the same keys as for events.
    _wire("wire.log", "Log, or stop", "w", footer="log on/off", rank=22),
    _wire("wire.call", "Open the method", "e", footer="method", rank=15),
    _wire("wire.filter", "Filter frames", "slash", footer="filter", rank=13, handler="event_filter"),
    _wire("wire.view", "Raw or readable", "v", footer="raw", rank=18, handler="event_view"),
    _wire("wire.copy", "Copy of frames ...", "y", handler="event_copy"),
    _wire("wire.save", "Save frames ...", "x", footer="save", rank=20, handler="event_save"),
    # Sessions and keys.
    _access("access.end", "End a session, or delete a key", "delete", footer="end", rank=10),
    _access("access.end_others", "End all other sessions", "E", footer="end others", rank=14),
    _access("key.create", "New API key ...", "plus", footer="new key", rank=11),
    _access("key.update", "Change an API key ...", "e", footer="change", rank=12),
    _access("token.create", "New token ...", "t", footer="token", rank=13),
    _access("access.refresh", "Read sessions and keys again", "r", footer="refresh", rank=16),
    # Session.
    _session("session.lock", "Allow or forbid writes", "L,f9", always=True),
    _session("session.reconnect", "Connect again", "R,f12,enter", footer="retry now", rank=1),
    _session("session.keep", "Keep this connection ...", "K,f8", always=True),
    _session("go.connections", "Connect to another address", "c"),
    _anywhere("connection.next", "Next connection", "C,f6", always=True),
    # Everywhere in the workspace.
    _panes("pane.zoom", "Zoom the pane", "z", footer="zoom", rank=40),
    _panes("pane.grow", "Larger pane", "equals_sign"),
    _panes("pane.shrink", "Smaller pane", "minus"),
    _panes("text.pager", "Show in a pager", "f3", always=True),
    _panes("text.editor", "Edit or show in your editor", "f4", always=True),
    _panes("app.jump", "Jump", "ctrl+o,f", footer="jump", rank=30),
    _closing("app.back", "Back", "escape", footer="back", rank=45),
    _closing("app.close", "Close or quit", "q"),
    # The connect card.
    _connect("connect.open", "Connect", "enter", footer="connect", rank=10, always=True),
    _connect("connect.back", "Stop or go back", "escape", always=True),
    _connect("connect.demo", "Open the built-in demo, with its tour", "f4", footer="demo", rank=22, always=True),
    _connect("secret.show", "Show or hide the password", "f2", footer="show password", rank=20, always=True),
    _connect("profile.edit", "Edit the profile ...", "e", footer="edit", rank=14),
    _connect("profile.forget", "Forget the profile ...", "delete", footer="forget", rank=16),
    # Lists and documents.
    _lists("nav.up", "Up", "up,k", handler="line_up"),
    _lists("nav.down", "Down", "down,j", handler="line_down"),
    _lists("nav.page_up", "Page up", "pageup", handler="page_up"),
    _lists("nav.page_down", "Page down", "pagedown", handler="page_down"),
    _lists("nav.top", "First", "home,g", handler="line_top"),
    _lists("nav.end", "Last", "end,G", handler="line_end"),
    _lists("nav.left", "Fold", "left,h", handler="fold"),
    _lists("nav.right", "Unfold", "right,l", handler="unfold"),
    _lists("nav.open", "Open", "enter", footer="open", rank=26, handler="choose"),
    _lists("nav.toggle", "Fold or pause", "space", rank=12, handler="fold_toggle"),
    _lists("tree.all", "Fold or unfold all", "shift+space,Z", handler="fold_toggle_all"),
    _lists("tree.less", "Fold to one level less", "comma", handler="fold_level(-1)"),
    _lists("tree.more", "Unfold to one level more", "full_stop", handler="fold_level(1)"),
    # Cards, and the fields of forms.
    _card("card.accept", "Accept", "enter"),
    _card("card.leave", "Back", "escape"),
    _card("card.yes", "Yes", "y"),
    _card("card.no", "No", "n"),
    _card("profile.try", "Try it", "f5"),
    _card("review.edit", "Edit", "e"),
    _card("trust.accept", "Trust it", "t"),
    _card("columns.all", "Show all", "a"),
    _card("columns.only", "Only this one", "n"),
    _card("columns.reset", "As at first", "r"),
    _card("choice.previous", "Previous choice", "left,h"),
    _card("choice.next", "Next choice", "right,l,space"),
    # Everywhere.
    _app("app.cancel", "Cancel", "ctrl+c", rank=5, always=True),
    _app("app.keys", "Keys for here", "question_mark,f1", footer="keys", rank=60),
    _app("app.palette", "Commands", "ctrl+p,colon", footer="commands", rank=99, handler="command_palette"),
    _app("app.settings", "Settings ...", "0"),
    _app("app.quit", "Quit", "ctrl+q", always=True, handler="quit"),
)

ACTIONS: tuple[Action, ...] = tuple(row if row.help else row._replace(help=HELP[row.id]) for row in _TABLE)
"""In the order of the list of keys."""


def by_group(actions: Iterable[Action]) -> dict[str, list[Action]]:
    """These actions below their headings, in the order in which both come first."""
    groups: dict[str, list[Action]] = {}
    for action in actions:
        groups.setdefault(action.group, []).append(action)
    return groups
