"""A failure in a toast, where it has no place of its own on the screen."""

from __future__ import annotations

from textual.dom import DOMNode
from textual.notifications import SeverityLevel

from tui import actions
from tui.model.failure import Failure
from tui.text import safe
from tui.widgets.key_line import is_typing

__all__ = ["tell_failure"]


def tell_failure(node: DOMNode, failure: Failure, severity: SeverityLevel, *, seconds: float = 8) -> None:
    """Tells what went wrong in a toast, with the keys that work where the focus is now."""
    screen = node.screen
    text = actions.worded(safe(failure.line), typing=is_typing(screen))
    screen.notify(text, severity=severity, timeout=seconds)
