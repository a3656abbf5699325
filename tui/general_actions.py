"""The actions outside sections: session, panes, the app, lists, documents, cards.

`action_table` joins them with all others, and says what holds for the whole table.
"""

from __future__ import annotations

from functools import partial

from tui.action import Action

__all__ = ["ACTIONS"]

# Each place with the heading that its actions have in the list of keys.
_session = partial(Action, where="workspace", group="Session")
_panes = partial(Action, where="workspace", group="Panes")
_closing = partial(Action, where="workspace", group="App")
_connect = partial(Action, where="connect", group="Connect")
_lists = partial(Action, where="list", group="Lists")
_card = partial(Action, where="card", group="Cards")
_app = partial(Action, where="app", group="App")

ACTIONS: tuple[Action, ...] = (
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
    _panes(
        "pane.grow",
        "Larger pane",
        keys="equals_sign",
        help="Two rows more, or columns where it stands beside the others; so does dragging its border.",
    ),
    _panes("pane.shrink", "Smaller pane", keys="minus", help="Two rows or columns less."),
    _panes(
        "text.pager",
        "Show in a pager",
        keys="f3",
        help="What the cursor is in, by $PAGER: the arguments, the result, the docs, a log, a list.",
        always=True,
    ),
    _panes(
        "text.editor",
        "Edit or show in your editor",
        keys="f4",
        help="The arguments in $VISUAL or $EDITOR, with what may be left out as comments; secrets are masked there and "
        "come back. What can only be read, as a result, opens in a file that is not to be changed.",
        always=True,
    ),
    _panes(
        "app.jump",
        "Jump",
        keys="ctrl+o,f",
        help="Letters over everything that can have the cursor; the keys of sections work there as well, also while "
        "you type.",
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
    _app(
        "app.settings", "Settings ...", keys="0", help="Theme, keys, questions, clipboard and limits, and their file."
    ),
    _app("app.quit", "Quit", keys="ctrl+q", help="At once, from anywhere.", always=True, handler="quit"),
)
