"""What the views of a result say. Apart from them, so that they need not be loaded before there is a result."""

from __future__ import annotations

from textual.message import Message

__all__ = ["ColumnsWanted", "ViewChanged"]


class ViewChanged(Message):
    """Title, views or facts are others now: the border is to be drawn anew."""


class ColumnsWanted(Message):
    """The list of columns is wanted; `TableView.rearrange` takes what was chosen."""
