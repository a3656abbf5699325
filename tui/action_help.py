"""The sentences about actions, for the list of keys and the palette: one for each id of `action_table`.

A sentence may name keys of other actions, as in ``{find.next} steps``. Those of the sections are in `section_specs`.
"""

from __future__ import annotations

__all__ = ["HELP"]

HELP = {
    # Explore.
    "call.run": "Sends the arguments as they are. A problem in them stops the run once and moves the caret there; "
    "running again sends them anyway.",
    "call.repeat": "Repeats a read with the arguments of last time.",
    "call.save": "Saves the method with its arguments under a name; values may be left open, to be asked for each time "
    "it runs. {go.saved} lists saved calls, and midclt run makes them.",
    "call.elsewhere": "Opens the method with these arguments on another open connection, and runs it there: a write "
    "after its review, and only where writes are allowed.",
    "call.view": "Changes between the views of the arguments: JSON, the fields of a query, a form. All show the same "
    "text.",
    "pane.methods": "Opens the list of methods and its filter.",
    "pane.args": "Puts the caret into the arguments.",
    "pane.docs": "Shows what the method takes and returns.",
    "docs.back": "In the docs, returns to the page before, after {nav.open} opened a type or a method.",
    "form.branch": "In the form, asks which kind of value the row is to have, where there are several.",
    "form.drop": "In the form, takes the row out of the arguments: an optional member, an item of a list.",
    "form.complete": "In the form, lists the values known for the row: choices, ids and names from earlier results.",
    "pane.result": "Puts the cursor into the result.",
    "edit.problem": "Moves the caret to the next problem in the arguments, or selects the next value that waits to be "
    "filled in.",
    "edit.complete": "Lists the keys and values that may stand at the caret; while typing the list opens by itself. Up "
    "and down choose, {app.back} closes it. On a size as 10 GiB it writes the bytes.",
    "edit.accept": "Writes what is chosen in the open list; so does {nav.open} after up or down.",
    "edit.undo": "In the arguments as JSON or as a form, takes the last edit back.",
    "edit.redo": "In the arguments as JSON or as a form, makes again what was undone.",
    "edit.cut": "Into the clipboard: the selected text, or without one the whole line.",
    "edit.select_all": "In the arguments as JSON, so that typing replaces them.",
    "pane.find": "Finds text in the result or the docs; {find.next} and {find.previous} step. In a form shows the rows "
    "of that name, also folded ones.",
    "find.next": "Goes to the next match; in a diff that is not searched, to the next change.",
    "find.previous": "Goes to the match before.",
    "result.view": "Changes how the result is shown.",
    "table.sort": "By the column under the cursor: ascending, descending, as the server sent it. So does a click on a "
    "title. Where the query has a limit, the server sorts: the query is rewritten and run.",
    "table.columns": "Which columns are shown, also those inside members, their order, and which stay at the left.",
    "table.exact": "Shows bytes, percentages and times as the server sent them, or readable again.",
    "table.next_page": "Of a query with a limit: rewrites its offset and runs it.",
    "table.previous_page": "The same, to the rows before.",
    "table.hide": "The list of columns shows it again.",
    "table.pin": "Keeps it at the left while others scroll, or not.",
    "table.left": "One place to the left.",
    "table.right": "One place to the right.",
    "result.previous": "Shows the result from before the last call, then the ones before it, then the newest again.",
    "diff.pin": "Keeps it, to compare another result with it, also that of another method.",
    "diff.compare": "Shows what differs between the result and another: the pinned one, an earlier one, the same call "
    "on another open connection, or the last one of another method. {find.next} goes to the next change.",
    "copy.menu": "Copies the value or path under the cursor, the whole result, the arguments, or the call as a midclt "
    "command, a Python script or a JSON-RPC frame. What a terminal's clipboard does not hold goes to a file.",
    "result.save": "Into a file, as JSON, JSONL, CSV, YAML or Markdown: all of it, or the rows and columns that are "
    "shown. While a diff is shown, the diff.",
    "call.abort": "Asks the server to stop the job shown in the result, after asking you.",
    "call.watch": "The end of a watched job is told wherever you are. Jobs started here are watched.",
    "method.star": "Starred methods stand first in the list, also the next time. In the list it is the one under the "
    "cursor.",
    # The dashboard.
    "alert.dismiss": "Marks the alert under the cursor as seen on the server, after a review.",
    "dashboard.refresh": "Reads everything now, also what was refused.",
    # Jobs.
    "job.abort": "Asks the server to stop it, after asking you, and says what became of it.",
    "jobs.find": "In the list: words, state:running,failed  method:pool  by:admin  -state:success  state:active. In "
    "the details: finds text; {find.next} and {find.previous} step.",
    "job.view": "How it is now, its log, arguments, result and error: the words at the right of the title.",
    "watch.add": "A watched job is starred; its end is told wherever you are. Jobs started here are watched.",
    "job.copy": "What is shown of it: a value, its path, the log; the error; the name of the method.",
    "export.open": "Saves the arguments or the result where they are shown, else the whole log of the job.",
    "view.refresh": "Asks the server for the list of jobs.",
    "job.bell": "Turns the terminal's bell on or off; most desktops show it on the window.",
    "log.only": "In a log, after a search: shows only the lines that hold the text, or all again.",
    # Events.
    "event.add": "One more panel, of four.",
    "event.next": "From the last one to the first.",
    "event.close": "Ends the subscription.",
    "event.filter": "Words in the event, or state:running for the value at a path, msg:added, id:7, path:cpu.usage; ! "
    "in front turns a word around. While plotting, words in the path. In an open event, finds text.",
    "event.plot": "Draws the numbers of events over time; {nav.open} on one of them draws it large.",
    "event.view": "Shows each event as one line of JSON, or as a sentence; an open event in its next view.",
    "event.copy": "The event under the cursor, or all shown.",
    "event.save": "Writes events that pass the filter as lines of JSON: those there are, or those that arrive until it "
    "is pressed again.",
    "event.sets": "Saves the open panels with their filters and plots under a name, or opens saved ones.",
    # The calls made before, and those that were saved.
    "history.run": "With the same arguments; a write after its review. {nav.open} opens it as a draft instead, to "
    "change it.",
    "history.find": "Words in method, arguments or time (yesterday), or method:pool  args:tank  state:failed  -word.",
    "history.save": "Under a name; values may be left open, to be asked for each time.",
    "history.copy": "As a midclt command, a Python script or a JSON-RPC frame, without secrets.",
    "history.forget": "Takes it out of the history.",
    "saved.run": "Asks for the values that were left open; a write after its review. {nav.open} opens it as a draft.",
    "saved.find": "Words in name, method, description or arguments, or name:nightly  method:pool  -word.",
    "saved.change": "Its name, what it is for, and which of its values are asked for.",
    "saved.copy": "As a midclt command, a Python script or a JSON-RPC frame, without secrets. What was left open comes "
    "from the environment there.",
    "saved.export": "Writes its file to a place of your choice, to be shared.",
    "saved.import": "Adds a call from a file that midclt or another user wrote.",
    "saved.delete": "Deletes its file, after a question.",
    # The wire.
    "wire.log": "Turns the log on or off.",
    "wire.call": "Opens the method of the frame under the cursor.",
    "wire.filter": "As for events: words, msg:call, msg:answer, msg:error, id:pool.query, result.0.name:tank.",
    "wire.view": "Each frame as one line of JSON, or in columns.",
    "wire.copy": "The frame, or all shown.",
    "wire.save": "Writes frames as lines of JSON: those there are, or those that come.",
    # Sessions and keys.
    "access.end": "What the cursor is on: the session is signed out, the API key works no more. After a review.",
    "access.end_others": "Signs out every session but that of this app, after a review.",
    "key.create": "Asks for its name and user, and shows it once, to be copied or saved.",
    "key.update": "Its name, when it ends, or a new key in place of the old one.",
    "token.create": "A token signs in for a while, as the user of this app. It is shown once.",
    "access.refresh": "Reads everything now, also what was refused.",
    # Session.
    "session.lock": "Read-only refuses every call that changes something.",
    "session.reconnect": "A lost connection is made again by itself, with growing pauses; this does it now. No call is "
    "sent again.",
    "session.keep": "As a profile with a name, its secret where you say. Offered after a first sign-in by hand.",
    "go.connections": "Opens the connect card.",
    "connection.next": "Shows another open connection, as it was left there; from the connect card, the one shown "
    "last.",
    # Everywhere in the workspace.
    "pane.zoom": "Fills the screen with it, and back.",
    "pane.grow": "Two rows more, or columns where it stands beside the others; so does dragging its border.",
    "pane.shrink": "Two rows or columns less.",
    "text.pager": "What the cursor is in, by $PAGER: the arguments, the result, the docs, a log, a list.",
    "text.editor": "The arguments in $VISUAL or $EDITOR, with what may be left out as comments; secrets are masked "
    "there and come back. What can only be read, as a result, opens in a file that is not to be changed.",
    "app.jump": "Letters over everything that can have the cursor; the keys of sections work there as well, also while "
    "you type.",
    "app.back": "Leaves the text field, closes what is open.",
    "app.close": "Closes what is open; at the top it asks whether to quit, and says what still runs.",
    # The connect card.
    "connect.open": "Connects and signs in with what is typed.",
    "connect.back": "Stops connecting; with nothing going on, returns to what was open before.",
    "connect.demo": "A simulated TrueNAS in this program, with five things to try. Nothing of it is remembered.",
    "secret.show": "Only on this screen.",
    "profile.edit": "The one under the cursor: its name, addresses, user, sign-in, certificate, lock and colour.",
    "profile.forget": "The one under the cursor, after a question. A secret in the keyring or in a file stays there.",
    # Lists and documents.
    "nav.up": "One line up.",
    "nav.down": "One line down.",
    "nav.page_up": "One screen up.",
    "nav.page_down": "One screen down.",
    "nav.top": "The first line.",
    "nav.end": "The last line.",
    "nav.left": "Folds, or goes to the line it belongs to; in a table, the column before.",
    "nav.right": "Unfolds, or goes to the first line below; in a table, the next column.",
    "nav.open": "Opens what the cursor is on.",
    "nav.toggle": "Folds what is below the line; in a panel of events, pauses it.",
    "tree.all": "Everything below the line.",
    "tree.less": "In a tree: at first to level 1, where only the first members are seen.",
    "tree.more": "In a tree: at first to level 2, then one more with each press.",
    # Cards, and the fields of forms.
    "card.accept": "Gives the answer that the card asks for.",
    "card.leave": "Closes the card without an answer.",
    "card.yes": "Confirms the question.",
    "card.no": "Declines what the card asks.",
    "profile.try": "Connects and signs in with what is typed, and closes again.",
    "review.edit": "Returns to the arguments.",
    "trust.accept": "Trusts the certificate that the card shows.",
    "columns.all": "Shows every column, those inside others left out.",
    "columns.only": "Hides every other column.",
    "columns.reset": "Shows the columns that the app chose, in its order.",
    "choice.previous": "Selects the choice at the left.",
    "choice.next": "Selects the choice at the right.",
    # Everywhere.
    "app.cancel": "Copies the selection; without one, cancels the call in flight.",
    "app.keys": "This page.",
    "app.palette": "Every action and every method by name.",
    "app.settings": "Theme, keys, questions, clipboard and limits, and their file.",
    "app.quit": "At once, from anywhere.",
}
