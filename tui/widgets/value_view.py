"""`ValueView`: what every view of a decoded value has, so that their owner need not know which one it shows."""

from __future__ import annotations

from typing import Any

from truenas_client.values.kinds import Path
from tui.widgets.finding_view import FindingView

__all__ = ["KIND_STYLES", "ValueView"]

KIND_STYLES = {"text": "string", "number": "number", "boolean": "literal", "null": "literal", "date": "accent"}
"""The style of each kind of value that holds no others."""


class ValueView(FindingView):
    """Shows a value until `clear`. `path` and `value` are of the place under the cursor, `facts` for the border.

    It posts `ViewChanged` when the cursor came to another place, or other parts of the value are on screen.
    """

    COUNTS = True

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
