"""The card on a terminal with too little room: it says how much is needed and takes every key but that of quitting."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.screen import ModalScreen
from textual.widgets import Static

from tui import actions

__all__ = ["LEAST", "TooSmall"]

LEAST = (60, 16)
"""Columns and rows below which panes would be cut off."""


class TooSmall(ModalScreen[None]):
    """Pushed and popped by the app as the terminal changes size."""

    CSS_PATH = "../styles/modals.tcss"

    def compose(self) -> ComposeResult:
        yield Static(
            f"This needs {LEAST[0]}x{LEAST[1]}.\nMake the window larger,\nor {actions.key('app.quit')} to quit."
        )
