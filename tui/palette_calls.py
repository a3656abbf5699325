"""The calls in the command palette: saved ones to run, and those made before, to make again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime
from functools import partial

from textual.command import Hit, Hits, Provider
from textual.fuzzy import Matcher

from truenas_client.exc import InvalidSavedCall
from tui.model.history import Entry, outcome, when
from tui.palette import LONGEST, Command
from tui.session.saved import saved_calls
from tui.text import safe
from tui.workspace import Workspace

__all__ = ["Calls"]

MOST_MADE = 500
"""Calls of the history that are looked at; the section shows all."""
MOST_AGAIN = 10


class Calls(Provider):
    """``saved: NAME`` and ``again: METHOD ARGUMENTS``, both made as their sections make them."""

    async def startup(self) -> None:
        self._again: list[Entry] = []
        self._saved: list[str] = []
        if isinstance(self.screen, Workspace):
            history = self.screen.session.memory.history
            await history.renew()
            # Each call once, however often it was made, the newest first.
            made = {(entry.method, entry.arguments): entry for entry in reversed(history.newest()[:MOST_MADE])}
            self._again = sorted(made.values(), key=lambda entry: entry.at, reverse=True)
            self._saved = await asyncio.to_thread(saved_calls().names)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for found in (self._found_saved(matcher), self._found_again(matcher)):
            for hit in found:
                yield hit

    def _found_saved(self, matcher: Matcher) -> Iterator[Hit]:
        for name in self._saved:
            if (score := matcher.match(f"saved: {name}")) > 0:
                about = "Runs the saved call; what was left open is asked for."
                yield Command(safe(f"saved: {name}"), partial(self._run, name), about).found(1 + score)

    def _found_again(self, matcher: Matcher) -> Iterator[Hit]:
        count, now = 0, datetime.now().astimezone()
        for entry in self._again:
            words = f"again: {entry.method} {entry.arguments[:LONGEST]}".rstrip()
            made = when(entry.at.astimezone(), now)
            score = max(matcher.match(words), matcher.match(f"again: {made}"))
            if entry.params is None or score <= 0:
                continue
            found = Command(safe(words), partial(self._repeat, entry), f"{made}   {outcome(entry, here=False)[0]}")
            # The newest first, where they fit alike.
            yield found.found(1 + score - count / 1000)
            count += 1
            if count == MOST_AGAIN:
                return

    async def _run(self, name: str) -> None:
        try:
            call = await asyncio.to_thread(saved_calls().get, name)
        except InvalidSavedCall as error:
            self.screen.notify(safe(error.error), severity="error", timeout=8)
            return
        if isinstance(self.screen, Workspace):
            await self.screen.open_call(call.method, call.params, run="all", variables=call.asked)

    async def _repeat(self, entry: Entry) -> None:
        if isinstance(self.screen, Workspace) and entry.params is not None:
            await self.screen.open_call(entry.method, entry.params, run="all")
