"""The actions of Explore: calling a method, its arguments, its result and the table of it.

`action_table` joins them with all others, and says what holds for the whole table.
"""

from __future__ import annotations

from functools import partial

from tui.action import Action

__all__ = ["ACTIONS"]

# Each place with the heading that its actions have in the list of keys.
_call = partial(Action, where="explore", group="Call")
_go = partial(Action, where="explore", group="Go")
_result = partial(Action, where="explore", group="Result")
_table = partial(Action, where="result", group="Table")

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
        "call.save",
        "Save the call ...",
        keys="s",
        help="Saves the method with its arguments under a name; values may be left open, to be asked for each time it "
        "runs. {go.saved} lists saved calls, and midclt run makes them.",
        footer="save call",
        rank=28,
    ),
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
        help="Changes between the views of the arguments: JSON, the fields of a query, a form. All show the same text.",
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
    *(
        Action(f"edit.{name}", title, where="list", group="Call", keys=key, help=help_, always=True)
        for name, title, key, help_ in (
            ("undo", "Undo", "ctrl+z", "In the arguments as JSON or as a form, takes the last edit back."),
            ("redo", "Redo", "ctrl+y", "In the arguments as JSON or as a form, makes again what was undone."),
            ("cut", "Cut the line", "ctrl+x", "Into the clipboard: the selected text, or without one the whole line."),
            ("select_all", "Select all", "f7", "In the arguments as JSON, so that typing replaces them."),
        )
    ),
    _result(
        "pane.find",
        "Find",
        keys="slash",
        help="Finds text in the result or the docs; {find.next} and {find.previous} step. In a form shows the rows of "
        "that name, also folded ones.",
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
        rank=11,
    ),
    _result(
        "copy.menu",
        "Copy ...",
        keys="y",
        help="Copies the value or path under the cursor, the whole result, the arguments, or the call as a midclt "
        "command, a Python script or a JSON-RPC frame. What a terminal's clipboard does not hold goes to a file.",
        footer="copy",
        rank=11,
    ),
    _result(
        "result.save",
        "Save or export the result ...",
        keys="x",
        help="Into a file, as JSON, JSONL, CSV, YAML or Markdown: all of it, or the rows and columns that are shown. "
        "While a diff is shown, the diff.",
        footer="save result",
        rank=23,
    ),
    _call(
        "call.abort",
        "Abort the job here",
        keys="a",
        help="Asks the server to stop the job shown in the result, after asking you.",
        footer="abort",
        rank=11,
    ),
    _call(
        "call.watch",
        "Watch the job here, or not",
        keys="w",
        help="The end of a watched job is told wherever you are. Jobs started here are watched.",
        footer="watch",
        rank=27,
    ),
    _go(
        "method.star",
        "Star the method, or not",
        keys="asterisk",
        help="Starred methods stand first in the list, also the next time. In the list it is the one under the cursor.",
        rank=27,
    ),
)
