"""A field for a path: the completion is shown behind it, and a key takes it."""

from __future__ import annotations

import asyncio

from textual.suggester import Suggester
from textual.widgets import Input

from tui import actions
from tui.model.paths import completed
from tui.text import safe

__all__ = ["PathField"]


class _Paths(Suggester):
    """Looks into the folder in a thread: it may lie on a slow disk."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        text = await asyncio.to_thread(completed, value) if value else value
        return text if text != value and text == safe(text) else None


class PathField(Input):
    """Enter submits it as it stands; tab, right or end take the grey part."""

    BINDINGS = actions.bind(("edit.accept", "complete"))

    def __init__(self, value: str = "", *, id: str | None = None) -> None:
        super().__init__(value, id=id, compact=True, suggester=_Paths(), select_on_focus=False)

    def on_mount(self) -> None:
        self.cursor_position = len(self.value)

    async def action_complete(self) -> None:
        """Takes what all choices have in common."""
        self.value = await asyncio.to_thread(completed, self.value)
        self.cursor_position = len(self.value)
