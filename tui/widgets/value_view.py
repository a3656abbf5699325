"""`ValueView`: what every view of a decoded value has, so that their owner need not know which one it shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from textual.message import Message

from truenas_client.values.kinds import Path, path_text
from tui.widgets.finding_view import FindingView

__all__ = ["ValueView"]


class ValueView(FindingView):
    """Shows a value until `clear`. `path` and `value` are of the place under the cursor, `facts` for the border."""

    COUNTS = True

    @dataclass
    class PathChanged(Message):
        """The cursor came to another place, or other parts of the value are on screen."""

        path: Path

        @property
        def text(self) -> str:
            """The path as people write it."""
            return path_text(self.path)

    def clear(self) -> None:
        """Shows nothing and lets go of the value."""
        raise NotImplementedError

    @property
    def path(self) -> Path | None:
        """The path of the value under the cursor; None in a view without a cursor."""
        return None

    @property
    def value(self) -> Any:
        """The value under the cursor; None when there is none."""
        return None

    @property
    def facts(self) -> list[str]:
        """How the value is shown now, where that is worth a word."""
        return []
