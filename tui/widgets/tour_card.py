"""`TourCard`: what to do next in the tour, above the footer. It takes no key and no focus."""

from __future__ import annotations

import re

from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from tui import actions
from tui.session.session import Session
from tui.session.tour import STEPS, Tour
from tui.themes import STYLES
from tui.widgets.key_line import is_typing
from tui.widgets.pulse import on_pulse

__all__ = ["TourCard"]


_PARTS = re.compile(r"(\{[^}]+\}|`[^`]+`)")
_EVERYWHERE = frozenset({"nav.open", "card.accept"})
"""Actions whose keys work in the fields where the tour names them."""


class TourCard(Static):
    """Names each key as it works where the focus is."""

    def __init__(self, session: Session, tour: Tour) -> None:
        super().__init__(id="tour")
        self._session, self._tour = session, tour

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._renew)
        on_pulse(self, self._look)
        self._renew(self.screen)

    def _look(self) -> None:
        if self._tour.look(self._session):
            self._renew(self.screen)

    def _renew(self, screen: Screen[object]) -> None:
        step, number = self._tour.step, self._tour.at + 1
        self.border_title = f"Tour  {number} of {len(STEPS)}  {step.title}" if number <= len(STEPS) else "Tour"
        self.border_subtitle = f"{actions.key('app.back')}, when nothing is open, ends the tour"
        self.update(_worded(step.text, typing=is_typing(screen)))


def _worded(text: str, *, typing: bool) -> Content:
    """The text with its keys, as they work now, and with what is to be typed."""
    parts: list[str | tuple[str, str]] = []
    for part in _PARTS.split(text):
        if part.startswith("`"):
            parts.append((part.strip("`"), STYLES["string"]))
        elif part.startswith("{"):
            action = part.strip("{}")
            key = actions.key(action) if action in _EVERYWHERE else actions.reach(action, typing=typing)
            parts.append((key, STYLES["footer-key"]))
        else:
            parts.append(part)
    return Content.assemble(*parts)
