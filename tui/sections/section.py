"""What every section of the workspace can do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from textual.containers import Container
from textual.message import Message
from textual.widget import Widget

__all__ = ["Section"]


class Section(Container):
    """A child of the workspace's switcher. What needs a card over the screen is asked of the workspace by message."""

    FOOTER_WORDS: ClassVar[Mapping[str, str]] = {}
    """What the footer calls an action here, where it means something of its own."""

    resizes: ClassVar[bool] = False
    """Whether `resize_pane` does anything here."""

    _focused: Widget | None = None

    @dataclass
    class AbortWanted(Message):
        """A job is to be aborted, once the user has confirmed it."""

        job_id: int

    def enter(self) -> None:
        """Comes on screen for the first time: puts the focus where the work begins."""

    def leave(self) -> None:
        """Goes off screen; remembers the focus."""
        focused = self.screen.focused
        self._focused = focused if focused is not None and self in focused.ancestors else None

    def return_to(self) -> None:
        """Comes on screen again, with the focus where it was."""
        focused = self._focused
        if focused is not None and focused.is_attached and focused.focusable:
            focused.focus()
        else:
            self.enter()

    def back(self) -> bool:
        """Goes back one level; False at the top."""
        return False

    def cancel(self) -> bool:
        """Cancels what is in flight; False when nothing is."""
        return False

    def resize_pane(self, rows: int) -> None:
        """Gives the focused pane so many rows more, or takes them."""
