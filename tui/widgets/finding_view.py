"""`FindingView`: the common part of the viewers that find text in all they hold, on screen or not.

A search looks through one slice at once and goes on with the others while the screen lives; the next search, or
another value, ends it. Invariant: a search that is over, or was ended, holds nothing of the value.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from textual import work
from textual.message import Message

from tui import actions
from tui.widgets.lines import LineView, Span
from tui.widgets.marks import marked, places_of

__all__ = ["FindingView", "found_spans"]


class FindingView(LineView):
    """`find(text)` begins, `step` goes on, `Found` tells. A sub-class tells where a text is, and moves there."""

    BINDINGS = actions.bind("find.next", "find.previous")

    @dataclass
    class Found(Message):
        """A search ended: the place it went to, in the view's own terms, or None when the text is nowhere."""

        text: str
        place: Any

    @dataclass
    class Counted(Message):
        """How many places hold the text that is sought."""

        text: str
        count: int

    COUNTS: ClassVar[bool] = False
    """Whether matches are counted, and told by `Counted`."""

    sought = ""
    """The text that is marked; "" for none."""

    _left: Iterator[Any] = iter(())
    _uncounted: Iterator[Any] = iter(())

    # What a sub-class defines

    def matches(self, text: str, *, backwards: bool) -> Iterator[Any]:
        """The places that hold a text, from the present one on and around; None after every slice without one."""
        raise NotImplementedError

    def match_here(self, text: str) -> Any:
        """The present place, when it holds a text; None when it does not."""
        return None

    def go_to_match(self, place: Any) -> None:
        """Goes to a place that `matches` gave."""
        raise NotImplementedError

    # The machine

    @property
    def seeks(self) -> bool:
        """Whether a search is active, so that there are other matches."""
        return bool(self.sought)

    def find(self, text: str) -> None:
        """Marks a text and goes to where it stands, from the present place on; "" ends the search."""
        self.end_search()
        self.sought = text
        self.redraw()
        if text and self.COUNTS:
            self._uncounted = self.matches(text, backwards=False)
            self._count(text)
        if text and (here := self.match_here(text)) is not None:
            self.post_message(self.Found(text, here))
        else:
            self.step(1)

    def step(self, by: int) -> None:
        """Goes to the next match, or with -1 to the one before."""
        self._end_look()
        if self.sought:
            self._left = self.matches(self.sought, backwards=by < 0)
            if not self._look():
                self._look_on()

    def end_search(self) -> None:
        """Stops a search that is still going on."""
        self._end_look()
        self._uncounted = iter(())
        if self.is_attached:
            self.workers.cancel_group(self, "count")

    def _end_look(self) -> None:
        self._left = iter(())
        if self.is_attached:
            self.workers.cancel_group(self, "find")

    def _look(self) -> bool:
        """Looks through one slice; whether the search is over."""
        place = next(self._left, self)
        if place is None:
            return False
        self._left = iter(())
        found = None if place is self else place
        if found is not None:
            self.go_to_match(found)
        self.post_message(self.Found(self.sought, found))
        return True

    @work(exclusive=True, group="find")
    async def _look_on(self) -> None:
        # No local name for anything of the value: the traceback of a cancelled task would go on holding it.
        over = False
        while not over:
            await asyncio.sleep(0)
            over = self._look()

    @work(exclusive=True, group="count")
    async def _count(self, text: str) -> None:
        count = 0
        slept = 0
        # No local name for a place, either: see `_look_on`.
        while (found := next(self._uncounted, self)) is not self:
            count += found is not None
            slept += 1
            if found is None or slept % 500 == 0:
                await asyncio.sleep(0)
        self.post_message(self.Counted(text, count))

    def action_find_next(self) -> None:
        self.step(1)

    def action_find_previous(self) -> None:
        self.step(-1)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        # A key that would do nothing is named nowhere.
        return self.seeks if action in ("find_next", "find_previous") else super().check_action(action, parameters)


def found_spans(text: str, sought: str, style: str) -> list[Span]:
    """A safe text in one style, with the places marked that hold what is sought."""
    return marked([Span(text, style)], places_of(sought, text))
