"""Comparing the result that is shown with another: an earlier one, a pinned one, that of another method or server."""

from __future__ import annotations

import asyncio
from typing import Any

from textual import work

from truenas_client import exc
from tui import actions
from tui.cards.choose import ChooseScreen
from tui.model.differences import Differences, compare
from tui.model.failure import explain
from tui.sections.calling import Calling
from tui.session.session import Session
from tui.session.stores import Call
from tui.text import safe
from tui.widgets.session_status import names_of

__all__ = ["Comparing"]

MOST_OFFERED = 6
"""Results of a kind that the card offers."""


class Comparing(Calling):
    """A section whose result can be compared. The diff is one more view of the result."""

    def action_diff_pin(self) -> None:
        """Pins the result that is shown, or takes the pin away from it."""
        results, shown = self._session.caller.results, self.result_pane.shown
        if shown is None:
            self.notify("There is no result to pin.", timeout=2)
        elif results.pinned is shown:
            results.pinned = None
            self.notify("The pin is gone.", timeout=2)
        else:
            results.pinned = shown
            self.notify(
                f"Pinned {safe(_name(shown))}. {actions.key('diff.compare')} compares another result with it.",
                timeout=4,
            )

    @work(exclusive=True, group="compare")
    async def action_diff_compare(self) -> None:
        """Asks which result to compare with, and shows what differs."""
        shown = self.result_pane.shown
        if shown is None:
            self.notify("There is no result to compare.", timeout=2)
            return
        offered = self._offered(shown)
        if not offered:
            pin = actions.key("diff.pin")
            self.notify(
                f"There is nothing to compare with yet: run the call again later, or pin this result ({pin}) and "
                "run another call.",
                timeout=5,
            )
            return
        entries = [(str(at), text) for at, (text, _) in enumerate(offered)]
        chosen = await ChooseScreen(f"Compare {_name(shown)} with", entries).ask(self) if len(offered) > 1 else "0"
        if chosen is None:
            return
        text, other = offered[int(chosen)]
        if isinstance(other, Call):
            await self._compare(shown, text, other.value)
        elif (answer := await self._asked(other, shown)) is not None:
            await self._compare(shown, text, answer[0])

    def _offered(self, shown: Call) -> list[tuple[str, Call | Session]]:
        """What can be compared with, the likeliest first: words, and a result or a server to ask."""
        results = self._session.caller.results
        pinned = results.pinned if results.pinned is not shown else None
        offered: list[tuple[str, Call | Session]] = []
        if pinned is not None and not pinned.let_go:
            offered.append((f"the pinned result, {_name(pinned)}", pinned))
        same = [call for call in results.earlier(shown.method) if call is not shown and call is not pinned]
        before = [call for call in same if call.number < shown.number]
        after = [call for call in same if call.number > shown.number]
        words = ["the one before", *["an earlier one"] * len(before)]
        offered += [(f"{word}, {_name(call)}", call) for word, call in zip(words, before[:MOST_OFFERED], strict=False)]
        offered += [(f"a later one, {_name(call)}", call) for call in after[:MOST_OFFERED]]
        others = self._session.others()
        if self._session.risk_of(shown.method, shown.params) == "read" and shown.transfer is None:
            names = names_of(self._session)[1:]
            offered += [(f"the same call on {name}, made now", one) for name, one in zip(names, others, strict=True)]
        last = {call.method: call for call in reversed(results.earlier()) if call.method != shown.method}
        last.pop(pinned.method if pinned is not None else "", None)
        newest = sorted(last.values(), key=lambda call: -call.number)
        return [*offered, *((f"another method, {_name(call)}", call) for call in newest[:MOST_OFFERED])]

    async def _asked(self, other: Session, shown: Call) -> tuple[Any] | None:
        """The answer of another server to the same call; None where it refused, which is said."""
        try:
            return (await other.caller.read(shown.method, shown.params),)
        except (exc.ClientException, OSError) as error:
            failure = explain(error, method=shown.method)
            self.notify(safe(f"{other.host}: {failure.title}. {failure.text}"), severity="error")
            return None

    async def _compare(self, shown: Call, title: str, other: Any) -> None:
        """Computes the diff in a thread, where the screen goes on living, and shows it."""
        found: Differences = await asyncio.to_thread(compare, f"{title} -> {_name(shown)}", other, shown.value)
        if self.is_attached and self.result_pane.shown is shown:
            self.result_pane.show_differences(found)
            self.action_pane_result()


def _name(call: Call) -> str:
    return f"{call.method} #{call.number}"
