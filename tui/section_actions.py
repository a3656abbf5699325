"""The actions of the other sections: dashboard, jobs, events, history, saved calls, wire, sessions and keys.

`action_table` joins them with all others, and says what holds for the whole table.
"""

from __future__ import annotations

from functools import partial

from tui.action import Action

__all__ = ["ACTIONS"]

# Each place with the heading that its actions have in the list of keys.
_jobs = partial(Action, where="jobs", group="Jobs")
_events = partial(Action, where="events", group="Events")
_dashboard = partial(Action, where="dashboard", group="Dashboard")
_wire = partial(Action, where="wire", group="Wire")
_access = partial(Action, where="access", group="Sessions and keys")
_history = partial(Action, where="history", group="History")
_saved = partial(Action, where="saved", group="Saved calls")
_lists = partial(Action, where="list", group="Lists")

ACTIONS: tuple[Action, ...] = (
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
    _jobs(
        "export.open",
        "Save of the job ...",
        keys="x",
        help="Saves the arguments or the result where they are shown, else the whole log of the job.",
        footer="save",
        rank=18,
    ),
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
    _events("event.next", "Next panel", keys="tab", help="From the last one to the first.", footer="next", rank=15),
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
    # The calls made before, and those that were saved.
    _history(
        "history.run",
        "Make the call again",
        keys="r",
        help="With the same arguments; a write after its review. {nav.open} opens it as a draft instead, to change it.",
        footer="run again",
        rank=10,
    ),
    _history(
        "history.find",
        "Filter the history",
        keys="slash",
        help="Words in method, arguments or time (yesterday), or method:pool  args:tank  state:failed  -word.",
        footer="filter",
        rank=14,
        handler="list_find",
    ),
    _history(
        "history.save",
        "Save a call of the history ...",
        keys="s",
        help="Under a name; values may be left open, to be asked for each time.",
        footer="save",
        rank=15,
    ),
    _history(
        "history.copy",
        "Copy a call of the history ...",
        keys="y",
        help="As a midclt command, a Python script or a JSON-RPC frame, without secrets.",
        footer="copy",
        rank=16,
        handler="list_copy",
    ),
    _history("history.forget", "Forget a call", keys="delete", help="Takes it out of the history."),
    _saved(
        "saved.run",
        "Run a saved call",
        keys="r",
        help="Asks for the values that were left open; a write after its review. {nav.open} opens it as a draft.",
        footer="run",
        rank=10,
    ),
    _saved(
        "saved.find",
        "Filter saved calls",
        keys="slash",
        help="Words in name, method, description or arguments, or name:nightly  method:pool  -word.",
        footer="filter",
        rank=14,
        handler="list_find",
    ),
    _saved(
        "saved.change",
        "Change a saved call ...",
        keys="e",
        help="Its name, what it is for, and which of its values are asked for.",
        footer="change",
        rank=15,
    ),
    _saved(
        "saved.copy",
        "Copy a saved call ...",
        keys="y",
        help="As a midclt command, a Python script or a JSON-RPC frame, without secrets. What was left open comes "
        "from the environment there.",
        footer="copy",
        rank=18,
        handler="list_copy",
    ),
    _saved(
        "saved.export",
        "Export a saved call ...",
        keys="x",
        help="Writes its file to a place of your choice, to be shared.",
        footer="export",
        rank=17,
    ),
    _saved(
        "saved.import",
        "Import a saved call ...",
        keys="plus",
        help="Adds a call from a file that midclt or another user wrote.",
        footer="import",
        rank=16,
    ),
    _saved(
        "saved.delete", "Delete a saved call ...", keys="delete", help="Deletes its file, after a question.", rank=20
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
)
