"""`ViewSwitcher`: shows one of its views, and makes a view when it is wanted for the first time."""

from __future__ import annotations

from typing import TypeVar

from textual.widget import AwaitMount, Widget
from textual.widgets import ContentSwitcher

__all__ = ["ViewSwitcher"]

V = TypeVar("V", bound=Widget)


class ViewSwitcher(ContentSwitcher):
    """Many views never are wanted, and each would delay the start."""

    mounting: AwaitMount | None = None
    """The mounting of the view that was made last."""

    def made(self, name: str, kind: type[V], *given: object) -> V:
        """The view of a name. Made now, of what is given, it is hidden until it is switched to."""
        for view in self.query_children(f"#{name}").results(kind):
            return view
        view = kind(*given, id=name)  # type: ignore[arg-type]
        view.display = False
        self.mounting = self.mount(view)
        return view
