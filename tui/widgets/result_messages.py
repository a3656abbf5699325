"""Messages of the views of a result. Apart from the views, which need not be loaded before there is a result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from textual.message import Message

__all__ = ["ColumnsWanted", "QueryWanted", "ViewChanged"]


class ViewChanged(Message):
    """Title, views, facts or the place of the cursor are others now: the border is to be drawn anew."""


class ColumnsWanted(Message):
    """The user asks for the list of columns; `TableView.rearrange` takes the choice."""


@dataclass
class QueryWanted(Message):
    """The user asks for another page or another order of a query's rows: the query with these arguments."""

    method: str
    params: list[Any]
