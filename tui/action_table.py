"""The table of all actions: what the user can do, where, and by which keys.

Nothing else defines a key for something the user does (widgets keep only the keys that
move a cursor inside them). `actions` reads this table; so keys, palette, footer, help
and the texts that name a key cannot differ.

Invariants: ids are unique; no two actions share a key in places that can be active
together (a section and the workspace around it); no action depends only on a key that a
terminal may keep for itself (ctrl+h, i, m, ``ctrl+[``).

The file is long because it is one table: a new key is compared with all others here.
"""

from __future__ import annotations

from functools import partial

from tui.action import Action
from tui.section_specs import SECTIONS, SectionSpec

__all__ = ["ACTIONS"]

# Each place with the heading that its actions have in the list of keys.
_call = partial(Action, where="explore", group="Call")
_go = partial(Action, where="explore", group="Go")
_result = partial(Action, where="explore", group="Result")
_table = partial(Action, where="result", group="Table")
_jobs = partial(Action, where="jobs", group="Jobs")
_events = partial(Action, where="events", group="Events")
_dashboard = partial(Action, where="dashboard", group="Dashboard")
_wire = partial(Action, where="wire", group="Wire")
_access = partial(Action, where="access", group="Sessions and keys")
_session = partial(Action, where="workspace", group="Session")
_panes = partial(Action, where="workspace", group="Panes")
_closing = partial(Action, where="workspace", group="App")
_connect = partial(Action, where="connect", group="Connect")
_lists = partial(Action, where="list", group="Lists")
_card = partial(Action, where="card", group="Cards")
_app = partial(Action, where="app", group="App")


def _section(spec: SectionSpec) -> Action:
    return Action(
        f"go.{spec.id}",
        spec.title,
        where="workspace",
        group="Go",
        keys=spec.key,
        help=spec.help,
        handler=f"show_section('{spec.id}')",
    )


ACTIONS: tuple[Action, ...] = (
    # Calling a method.
    _call(
        "call.run",
        "Run the call",
        keys="ctrl+j,ctrl+enter,f5",
        help="Sends the arguments as they are. A problem in them stops the run once and moves the "
        "caret there; running again sends them anyway.",
        footer="run",
        rank=10,
        always=True,
    ),
    _call("call.repeat", "Run again", keys="r", help="Repeats a read with the arguments of last time."),
    _call(
        "call.elsewhere",
        "Same call on another server",
        keys="S",
        help="Opens the method with these arguments on another open connection, and runs it there: a write after its "
        "review, and only where writes are allowed.",
    ),
    _call(
        "call.view",
        "Next view of the arguments",
        keys="f2",
        help="Changes between the views of the arguments: JSON, a form. All show the same text.",
        always=True,
    ),
    _call(
        "text.editor",
        "Edit in your editor",
        keys="f4",
        help="Opens the arguments in $VISUAL or $EDITOR, with what may be left out as comments. Secrets are masked "
        "there and come back.",
        always=True,
    ),
    _go(
        "pane.methods", "Methods", keys="m", help="Opens the list of methods and its filter.", footer="methods", rank=12
    ),
    _call(
        "pane.args", "Edit the arguments", keys="e", help="Puts the caret into the arguments.", footer="edit", rank=13
    ),
    _call("pane.docs", "Docs", keys="d", help="Shows what the method takes and returns.", footer="docs", rank=14),
    Action(
        "docs.back",
        "Back in the docs",
        where="list",
        group="Call",
        keys="backspace",
        help="In the docs, returns to the page before, after {nav.open} opened a type or a method.",
        footer="back",
        rank=8,
    ),
    Action(
        "form.branch",
        "Another kind of value",
        where="list",
        group="Call",
        keys="t",
        help="In the form, asks which kind of value the row is to have, where there are several.",
        footer="kind",
        rank=14,
    ),
    Action(
        "form.drop",
        "Leave the value out",
        where="list",
        group="Call",
        keys="delete,backspace",
        help="In the form, takes the row out of the arguments: an optional member, an item of a list.",
        footer="leave out",
        rank=15,
    ),
    Action(
        "form.complete",
        "Known values",
        where="list",
        group="Call",
        keys="ctrl+l",
        help="In the form, lists the values known for the row: choices, ids and names from earlier results.",
        footer="values",
        rank=13,
        always=True,
    ),
    _go("pane.result", "Result", keys="i", help="Puts the cursor into the result."),
    _call(
        "edit.problem",
        "Next problem or field to fill",
        keys="ctrl+g",
        help="Moves the caret to the next problem in the arguments, or selects the next value that "
        "waits to be filled in.",
        always=True,
    ),
    _call(
        "edit.complete",
        "Complete",
        keys="ctrl+l",
        help="Lists the keys and values that may stand at the caret; while typing the list opens by "
        "itself. Up and down choose, {app.back} closes it. On a size as 10 GiB it writes the bytes.",
        rank=15,
        always=True,
    ),
    Action(
        "edit.accept",
        "Accept the completion",
        where="list",
        group="Call",
        keys="tab",
        help="Writes what is chosen in the open list; so does {nav.open} after up or down.",
        footer="accept",
        rank=9,
        always=True,
        handler="accept",
    ),
    _result(
        "pane.find",
        "Find",
        keys="slash",
        help="Finds text in the result or the docs; {find.next} and {find.previous} step.",
        footer="find",
        rank=16,
    ),
    _result(
        "find.next",
        "Next match",
        keys="n",
        help="Goes to the next match; in a diff that is not searched, to the next change.",
    ),
    _result("find.previous", "Previous match", keys="N", help="Goes to the match before."),
    _result(
        "result.view",
        "Tree, table, raw or diff",
        keys="v",
        help="Changes how the result is shown.",
        footer="view",
        rank=18,
    ),
    # Only where the result is a table.
    _table(
        "table.sort",
        "Sort by this column",
        keys="o",
        help="By the column under the cursor: ascending, descending, as the server sent it. So does a click on a "
        "title. Where the query has a limit, the server sorts: the query is rewritten and run.",
        footer="sort",
        rank=11,
    ),
    _table(
        "table.columns",
        "Columns ...",
        keys="t",
        help="Which columns are shown, also those inside members, their order, and which stay at the left.",
        footer="columns",
        rank=11,
    ),
    _table(
        "table.exact",
        "Exact values",
        keys="u",
        help="Shows bytes, percentages and times as the server sent them, or readable again.",
    ),
    _table(
        "table.next_page",
        "Next page of rows",
        keys="right_square_bracket",
        help="Of a query with a limit: rewrites its offset and runs it.",
        handler="table_page(1)",
    ),
    _table(
        "table.previous_page",
        "Page of rows before",
        keys="left_square_bracket",
        help="The same, to the rows before.",
        handler="table_page(-1)",
    ),
    _table("table.hide", "Hide this column", keys="H", help="The list of columns shows it again."),
    _table("table.pin", "Pin this column", keys="P", help="Keeps it at the left while others scroll, or not."),
    _table("table.left", "Move this column left", keys="less_than_sign", help="One place to the left."),
    _table("table.right", "Move this column right", keys="greater_than_sign", help="One place to the right."),
    _result(
        "result.previous",
        "Previous result",
        keys="p",
        help="Shows the result from before the last call, then the ones before it, then the newest again.",
    ),
    _result(
        "diff.pin",
        "Pin the result",
        keys="b",
        help="Keeps it, to compare another result with it, also that of another method.",
    ),
    _result(
        "diff.compare",
        "Compare ...",
        keys="D",
        help="Shows what differs between the result and another: the pinned one, an earlier one, the same call on "
        "another open connection, or the last one of another method. {find.next} goes to the next change.",
    ),
    _result(
        "copy.menu",
        "Copy ...",
        keys="y",
        help="Copies the value or path under the cursor, the whole result, or the arguments. What is "
        "too large for a terminal's clipboard is offered as a file.",
        footer="copy",
        rank=22,
    ),
    _call(
        "call.abort",
        "Abort the job here",
        keys="a",
        help="Asks the server to stop the job shown in the result, after asking you.",
        footer="abort",
        rank=11,
    ),
    _go(
        "method.star",
        "Star the method, or not",
        keys="asterisk",
        help="Starred methods stand first in the list, also the next time. In the list it is the one under the cursor.",
        rank=27,
    ),
    # Sections, as they are announced.
    *(_section(one) for one in SECTIONS),
    # The dashboard.
    _dashboard(
        "alert.dismiss",
        "Dismiss an alert",
        keys="D",
        help="Marks the alert under the cursor as seen on the server, after a review.",
        footer="dismiss",
        rank=10,
    ),
    _dashboard(
        "dashboard.refresh",
        "Read the dashboard again",
        keys="r",
        help="Reads everything now, also what was refused.",
        footer="refresh",
        rank=16,
    ),
    # Jobs.
    _jobs(
        "job.abort",
        "Abort a job",
        keys="a",
        help="Asks the server to stop it, after asking you, and says what became of it.",
        footer="abort",
        rank=12,
    ),
    _jobs(
        "jobs.find",
        "Filter jobs, find in one",
        keys="slash",
        help="In the list: words, state:running,failed  method:pool  by:admin  -state:success  state:active. In the "
        "details: finds text; {find.next} and {find.previous} step.",
        footer="find",
        rank=14,
    ),
    _jobs(
        "job.view",
        "Next part of the job",
        keys="v",
        help="How it is now, its log, arguments, result and error: the words at the right of the title.",
        footer="view",
        rank=15,
    ),
    _jobs(
        "watch.add",
        "Watch the job, or not",
        keys="w",
        help="A watched job is starred; its end is told wherever you are. Jobs started here are watched.",
        footer="watch",
        rank=16,
    ),
    _jobs(
        "job.copy",
        "Copy of the job ...",
        keys="y",
        help="What is shown of it: a value, its path, the log; the error; the name of the method.",
        footer="copy",
        rank=22,
    ),
    _jobs("export.open", "Save the log ...", keys="x", help="Saves the whole log of the job.", footer="save", rank=18),
    _jobs("view.refresh", "Read jobs again", keys="r", help="Asks the server for the list of jobs."),
    _jobs(
        "job.bell",
        "Bell when a watched job ends",
        keys="B",
        help="Turns the terminal's bell on or off; most desktops show it on the window.",
    ),
    _lists(
        "log.only",
        "Only the lines found",
        keys="o",
        help="In a log, after a search: shows only the lines that hold the text, or all again.",
    ),
    # Events.
    _events("event.add", "Add a subscription", keys="plus", help="One more panel, of four.", footer="add", rank=11),
    _events("event.close", "Close the panel", keys="delete", help="Ends the subscription.", footer="close", rank=17),
    _events(
        "event.filter",
        "Filter events",
        keys="slash",
        help="Words in the event, or state:running for the value at a path, msg:added, id:7, path:cpu.usage; ! in "
        "front turns a word around. While plotting, words in the path. In an open event, finds text.",
        footer="filter",
        rank=13,
    ),
    _events(
        "event.plot",
        "Plot or list",
        keys="o",
        help="Draws the numbers of events over time; {nav.open} on one of them draws it large.",
        footer="plot",
        rank=16,
    ),
    _events(
        "event.view",
        "Raw or readable",
        keys="v",
        help="Shows each event as one line of JSON, or as a sentence; an open event in its next view.",
        footer="raw",
        rank=18,
    ),
    _events("event.copy", "Copy of events ...", keys="y", help="The event under the cursor, or all shown.", rank=24),
    _events(
        "event.save",
        "Save events ...",
        keys="x",
        help="Writes events that pass the filter as lines of JSON: those there are, or those that arrive until it "
        "is pressed again.",
        footer="save",
        rank=14,
    ),
    _events(
        "event.sets",
        "Sets of panels ...",
        keys="s",
        help="Saves the open panels with their filters and plots under a name, or opens saved ones.",
    ),
    # The wire: the same keys as for events.
    _wire("wire.log", "Log, or stop", keys="w", help="Turns the log on or off.", footer="log on/off", rank=22),
    _wire(
        "wire.call",
        "Open the method",
        keys="e",
        help="Opens the method of the frame under the cursor.",
        footer="method",
        rank=15,
    ),
    _wire(
        "wire.filter",
        "Filter frames",
        keys="slash",
        help="As for events: words, msg:call, msg:answer, msg:error, id:pool.query, result.0.name:tank.",
        footer="filter",
        rank=13,
        handler="event_filter",
    ),
    _wire(
        "wire.view",
        "Raw or readable",
        keys="v",
        help="Each frame as one line of JSON, or in columns.",
        footer="raw",
        rank=18,
        handler="event_view",
    ),
    _wire("wire.copy", "Copy of frames ...", keys="y", help="The frame, or all shown.", handler="event_copy"),
    _wire(
        "wire.save",
        "Save frames ...",
        keys="x",
        help="Writes frames as lines of JSON: those there are, or those that come.",
        footer="save",
        rank=20,
        handler="event_save",
    ),
    # Sessions and keys.
    _access(
        "access.end",
        "End a session, or delete a key",
        keys="delete",
        help="What the cursor is on: the session is signed out, the API key works no more. After a review.",
        footer="end",
        rank=10,
    ),
    _access(
        "access.end_others",
        "End all other sessions",
        keys="E",
        help="Signs out every session but that of this app, after a review.",
        footer="end others",
        rank=14,
    ),
    _access(
        "key.create",
        "New API key ...",
        keys="plus",
        help="Asks for its name and user, and shows it once, to be copied or saved.",
        footer="new key",
        rank=11,
    ),
    _access(
        "key.update",
        "Change an API key ...",
        keys="e",
        help="Its name, when it ends, or a new key in place of the old one.",
        footer="change",
        rank=12,
    ),
    _access(
        "token.create",
        "New token ...",
        keys="t",
        help="A token signs in for a while, as the user of this app. It is shown once.",
        footer="token",
        rank=13,
    ),
    _access(
        "access.refresh",
        "Read sessions and keys again",
        keys="r",
        help="Reads everything now, also what was refused.",
        footer="refresh",
        rank=16,
    ),
    # Session.
    _session(
        "session.lock",
        "Allow or forbid writes",
        keys="L,f9",
        help="Read-only refuses every call that changes something.",
        always=True,
    ),
    _session(
        "session.reconnect",
        "Connect again",
        keys="R,f12,enter",
        help="A lost connection is made again by itself, with growing pauses; this does it now. No call is sent again.",
        footer="retry now",
        rank=1,
    ),
    _session(
        "session.keep",
        "Keep this connection ...",
        keys="K,f8",
        help="As a profile with a name, its secret where you say. Offered after a first sign-in by hand.",
        always=True,
    ),
    _session("go.connections", "Connect to another address", keys="c", help="Opens the connect card."),
    Action(
        "connection.next",
        "Next connection",
        where="app",
        group="Session",
        keys="C,f6",
        help="Shows another open connection, as it was left there; from the connect card, the one shown last.",
        always=True,
    ),
    # Everywhere in the workspace.
    _panes("pane.zoom", "Zoom the pane", keys="z", help="Fills the screen with it, and back.", footer="zoom", rank=40),
    _panes("pane.grow", "Larger pane", keys="equals_sign", help="Gives the pane two more rows."),
    _panes("pane.shrink", "Smaller pane", keys="minus", help="Takes two rows from the pane."),
    _panes(
        "app.jump",
        "Jump",
        keys="ctrl+o,f",
        help="Letters over everything that can have the cursor.",
        footer="jump",
        rank=30,
    ),
    _closing(
        "app.back", "Back", keys="escape", help="Leaves the text field, closes what is open.", footer="back", rank=45
    ),
    _closing(
        "app.close",
        "Close or quit",
        keys="q",
        help="Closes what is open; at the top it asks whether to quit, and says what still runs.",
    ),
    # The connect card.
    _connect(
        "connect.open",
        "Connect",
        keys="enter",
        help="Connects and signs in with what is typed.",
        footer="connect",
        rank=10,
        always=True,
    ),
    _connect(
        "connect.back",
        "Stop or go back",
        keys="escape",
        help="Stops connecting; with nothing going on, returns to what was open before.",
        always=True,
    ),
    _connect(
        "secret.show",
        "Show or hide the password",
        keys="f2",
        help="Only on this screen.",
        footer="show password",
        rank=20,
        always=True,
    ),
    _connect(
        "profile.edit",
        "Edit the profile ...",
        keys="e",
        help="The one under the cursor: its name, addresses, user, sign-in, certificate, lock and colour.",
        footer="edit",
        rank=14,
    ),
    _connect(
        "profile.forget",
        "Forget the profile ...",
        keys="delete",
        help="The one under the cursor, after a question. A secret in the keyring or in a file stays there.",
        footer="forget",
        rank=16,
    ),
    # Lists and documents.
    _lists("nav.up", "Up", keys="up,k", help="One line up.", handler="line_up"),
    _lists("nav.down", "Down", keys="down,j", help="One line down.", handler="line_down"),
    _lists("nav.page_up", "Page up", keys="pageup", help="One screen up.", handler="page_up"),
    _lists("nav.page_down", "Page down", keys="pagedown", help="One screen down.", handler="page_down"),
    _lists("nav.top", "First", keys="home,g", help="The first line.", handler="line_top"),
    _lists("nav.end", "Last", keys="end,G", help="The last line.", handler="line_end"),
    _lists(
        "nav.left",
        "Fold",
        keys="left,h",
        help="Folds, or goes to the line it belongs to; in a table, the column before.",
        handler="fold",
    ),
    _lists(
        "nav.right",
        "Unfold",
        keys="right,l",
        help="Unfolds, or goes to the first line below; in a table, the next column.",
        handler="unfold",
    ),
    _lists(
        "nav.open", "Open", keys="enter", help="Opens what the cursor is on.", footer="open", rank=26, handler="choose"
    ),
    _lists(
        "nav.toggle",
        "Fold or pause",
        keys="space",
        help="Folds what is below the line; in a panel of events, pauses it.",
        rank=12,
        handler="fold_toggle",
    ),
    _lists(
        "tree.all",
        "Fold or unfold all",
        keys="shift+space,Z",
        help="Everything below the line.",
        handler="fold_toggle_all",
    ),
    _lists(
        "tree.less",
        "Fold to one level less",
        keys="comma",
        help="In a tree: at first to level 1, where only the first members are seen.",
        handler="fold_level(-1)",
    ),
    _lists(
        "tree.more",
        "Unfold to one level more",
        keys="full_stop",
        help="In a tree: at first to level 2, then one more with each press.",
        handler="fold_level(1)",
    ),
    # Cards, and the fields of forms.
    _card("card.accept", "Accept", keys="enter", help="Gives the answer that the card asks for."),
    _card("card.leave", "Back", keys="escape", help="Closes the card without an answer."),
    _card("card.yes", "Yes", keys="y", help="Confirms the question."),
    _card("card.no", "No", keys="n", help="Declines what the card asks."),
    _card("profile.try", "Try it", keys="f5", help="Connects and signs in with what is typed, and closes again."),
    _card("review.edit", "Edit", keys="e", help="Returns to the arguments."),
    _card("trust.accept", "Trust it", keys="t", help="Trusts the certificate that the card shows."),
    _card("columns.all", "Show all", keys="a", help="Shows every column, those inside others left out."),
    _card("columns.only", "Only this one", keys="n", help="Hides every other column."),
    _card("columns.reset", "As at first", keys="r", help="Shows the columns that the app chose, in its order."),
    _card("choice.previous", "Previous choice", keys="left,h", help="Selects the choice at the left."),
    _card("choice.next", "Next choice", keys="right,l,space", help="Selects the choice at the right."),
    # Everywhere.
    _app(
        "app.cancel",
        "Cancel",
        keys="ctrl+c",
        help="Copies the selection; without one, cancels the call in flight.",
        rank=5,
        always=True,
    ),
    _app("app.keys", "Keys for here", keys="question_mark,f1", help="This page.", footer="keys", rank=60),
    _app(
        "app.palette",
        "Commands",
        keys="ctrl+p,colon",
        help="Every action and every method by name.",
        footer="commands",
        rank=99,
        handler="command_palette",
    ),
    _app("app.quit", "Quit", keys="ctrl+q", help="At once, from anywhere.", always=True, handler="quit"),
)
