"""The base of every card over the screen: its frame, where it opens, and how long it stands before it takes an answer.

A card belongs to the connection that asks: it opens over the screen of that connection,
also while another one is shown, and waits there (`CardScreen.ask`).

Invariant: a key or a click that confirms, chooses or closes counts only when the card
had been painted and had stood for `STANDING_SECONDS` by the time it came. The
turnstile of the app asks `stood` for each one; the card only knows when it was painted.
Time is the app's ``clock``, so that tests need no real time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.containers import Vertical
from textual.content import Content
from textual.dom import DOMNode
from textual.screen import ModalScreen, ScreenResultType
from textual.widgets import Static

from tui import actions
from tui.modes import mode_of
from tui.remapped import RemappedKeys
from tui.text import plain

__all__ = ["STANDING_SECONDS", "CardScreen", "Standing", "steps"]

STANDING_SECONDS = 0.4
"""A user needs longer to read a card and answer; a burst of keys, or a repeated key, comes faster."""


class Standing(RemappedKeys):
    """A screen that answers only once it has stood there."""

    TEXT_AT_ONCE: ClassVar[bool] = True
    """Whether typed text enters the field with the focus at once, as it does when a key opened the card.

    A card that opens by itself would take text that was meant for another widget.
    """

    painted: float | None = None
    """When it was painted as it is now, by the app's clock; None while it was not."""
    _hinted = False

    def stood(self, at: float, seconds: float = STANDING_SECONDS) -> bool:
        """Whether it had stood for so many seconds at this time."""
        return self.painted is not None and at - self.painted >= seconds

    def settle(self) -> None:
        """Begins to measure its time on screen anew, because its question has changed."""
        self.painted = None
        self._hinted = False
        self.call_after_refresh(self._note_painted)

    def _note_painted(self) -> None:
        self.painted = self.now()

    def now(self) -> float:
        """The time by the app's clock, in seconds."""
        clock: Callable[[], float] = getattr(self.app, "clock", time.monotonic)
        return clock()

    def on_screen_resume(self) -> None:
        # Also when what covered it has gone.
        self.settle()

    def too_early(self) -> None:
        """Says that a key was dropped; once, however many there were."""
        if not self._hinted:
            self._hinted = True
            self.notify("That key came before this could be read. Press it again.", timeout=5)


class CardScreen(Standing, ModalScreen[ScreenResultType]):
    """A card over the screen that is dismissed with an answer. It waits while another connection is shown."""

    # As an absolute path: Textual would look beside the module of each card.
    CSS_PATH = Path(__file__).parent.parent / "styles/modals.tcss"

    BINDINGS = actions.bind(("connection.next", "app.connection_next"), ("card.leave", "leave"))

    GIVES_WAY: ClassVar[str] = ""
    """The part of the card that scrolls where the screen has no room for all of it."""
    AROUND: ClassVar[int] = 0
    """The lines of the card around that part."""

    _answered: object = None
    """What was answered once and takes the same answer once more."""

    def __init__(self, title: str | None = None) -> None:
        """``title`` is that of the frame; a card that always has the same names it as ``TITLE``."""
        super().__init__()
        self.title = title or self.TITLE

    def compose(self) -> ComposeResult:
        with Vertical(id="card") as card:
            card.border_title = plain(self.title or "")
            yield from self.lines()

    def lines(self) -> ComposeResult:
        """What stands on the card, below its `title`."""
        yield from ()

    def on_resize(self, event: events.Resize) -> None:
        if self.GIVES_WAY:
            # A tenth of the screen stays around every card.
            room = event.size.height * 9 // 10 - self.AROUND
            self.query_one(self.GIVES_WAY).styles.max_height = max(room, 1)

    async def ask(self, node: DOMNode) -> ScreenResultType:
        """Asks over the screen of ``node``. Call it from a worker.

        The answer of a card that was taken away with its connection never comes: the worker ends with the node.
        """
        return await node.app.push_screen_wait(self, mode=mode_of(node))

    def say(self, text: str, style: str = "warning", *, done: Sequence[str] = ()) -> None:
        """Tells what is wrong, or how it went, in the card's line for that, below the steps that are done."""
        colour = "$foreground-muted" if style == "dim" else f"$text-{style}"
        for line in self.query("#says").results(Static):  # gone when the app closes while the card is busy
            line.update(Content("\n").join([*steps(done), plain(text[:400], colour)]))

    def once_more(self, about: object = True) -> bool:
        """Whether an answer that has to be given twice was given before; else it begins to stand anew."""
        if self._answered == about:
            return True
        self._answered = about
        self.settle()
        return False

    def action_leave(self) -> None:
        """Leaves without an answer."""
        self.dismiss(None)

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        """Leaves with an answer, wherever the card is.

        Textual takes the top screen of the mode that is shown, which is another one where the card belongs to a
        connection in the background, or is covered.
        """
        app = self.app
        if self is app.screen:
            return super().dismiss(result)
        stack = next((stack for stack in app._screen_stacks.values() if self in stack), None)
        if stack is None:
            return AwaitComplete()  # it has left already
        self._result_callbacks[-1](result)
        self._pop_result_callback()
        stack.remove(self)
        return AwaitComplete(app._replace_screen(self)).call_next(app)


def steps(done: Sequence[str]) -> list[Content]:
    """A line for each step that is done."""
    return [Content.assemble(("done  ", "$text-success"), plain(text)) for text in done]
