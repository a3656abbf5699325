"""The texts in the place of a result, or above it."""

from __future__ import annotations

import json
from typing import Any

from truenas_client.values.human import human_ms, human_size
from tui import actions
from tui.model.failure import Failure
from tui.model.page import Page
from tui.session.results import NOTED_FROM
from tui.session.stores import Call, Job
from tui.widgets.jobwords import words_of
from tui.widgets.pane import Fact

__all__ = ["CANCELLED", "CANCELLED_JOB", "READING", "call_facts", "no_call", "result_note", "result_words"]


def no_call() -> str:
    """The text in the place of a result while no method is open."""
    return f"Choose a method, then {actions.key('call.run')}."


READING = "Reading {} ..."
CANCELLED = Failure(
    "Cancelled", "The app no longer waits for the answer.", "The server was not stopped and may still finish it."
)
CANCELLED_JOB = Failure(
    "No longer followed", "The job keeps running on the server.", "Jobs (key {go.jobs}) lists it and can abort it."
)


def result_words(call: Call, *, filterable: bool) -> str:
    """The text in place of a result without content; "" for any other."""
    if call.let_go:
        size = human_size(call.size or 0, decimal=True)
        return f"This result ({size}) was dropped to make room for another.\nRun the call again to see it."
    if call.value != [] or not isinstance(call.value, list):
        return ""
    limits = _limits(call.params) if filterable else []
    if not limits:
        return "No rows."
    return "\n".join(["No rows.", *limits, "Edit the filter in the arguments."])


def _limits(params: list[Any]) -> list[str]:
    """The arguments of a query that exclude rows, a line each."""
    lines = []
    if params and params[0]:
        lines.append(f"Active filter: {json.dumps(params[0], ensure_ascii=False, default=str)[:1000]}")
    options = params[1] if len(params) > 1 and isinstance(params[1], dict) else {}
    lines += [f"Active {key}: {options[key]}" for key in ("offset", "limit") if options.get(key)]
    return lines


def call_facts(call: Call, job: Job | None, page: Page | None = None) -> list[Fact]:
    """The facts of a call for the border: rows, bytes of the result, the job it was, how long it took, its number."""
    facts: list[Fact] = []
    if call.state == "done":
        if page is not None and page.is_part and page.rows:
            facts.append(f"rows {page.offset + 1:,}-{page.offset + page.rows:,}")
        elif isinstance(call.value, list):
            count = f"{len(call.value):,} row" + ("" if len(call.value) == 1 else "s")
            facts.append(f"first {count}" if call.saved is not None else count)
        if call.size is not None:
            facts.append(human_size(call.size, decimal=True))
    if job is not None:
        words = words_of(job)
        facts.append((f"job #{job.id} {words.state}", words.style.replace("accent", "title") or "title"))
    return [*facts, human_ms(call.elapsed * 1000), f"#{call.number}"]


def result_note(call: Call) -> str:
    """The text above an unusual result; "" for any other."""
    if call.saved is not None:
        size = human_size(call.saved.size, decimal=True)
        return f"{size}: too large to show here, so this is its beginning. The whole result is in {call.saved.path}"
    if (call.size or 0) >= NOTED_FROM:
        size = human_size(call.size or 0, decimal=True)
        return f"{size}, loaded as you scroll. {{result.save}} saves it."
    return ""
