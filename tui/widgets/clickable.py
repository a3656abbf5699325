"""Words that do something when they are clicked: the action goes with the text, wherever that is drawn."""

from __future__ import annotations

from textual.content import Content
from textual.style import Style

__all__ = ["clickable"]


def clickable(words: Content, action: str, argument: str) -> Content:
    """The words, with an action of the widget that draws them; without its `auto_links` they look as they did."""
    return words.stylize(Style.from_meta({"@click": (action, (argument,))}))
