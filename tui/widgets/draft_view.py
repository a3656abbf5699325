"""`DraftView`: a further view of the draft in the call pane, and the table of those there are.

The JSON editor holds the draft. A view shows what `show_draft` gives it and asks for edits by `Edited`; the call pane
writes them into the editor, as steps that can be undone, and shows the view the draft that came of it. So a view keeps
no arguments of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import NamedTuple

from textual.containers import Vertical
from textual.message import Message

from truenas_client.methods.catalogue import Method
from tui.model.draft import Draft, Patch
from tui.model.known import Known

__all__ = ["FORM", "QUERY", "VIEWS", "DraftView", "ViewSpec", "views_of"]

FORM = "Form"
QUERY = "Query"


class DraftView(Vertical):
    """Shows a draft and asks for edits of its text."""

    @dataclass
    class Edited(Message):
        """The draft's text is to be edited."""

        patch: Patch

    @dataclass
    class ChoiceWanted(Message):
        """The user is to choose one of these entries, key and words; ``take`` gets the key."""

        title: str
        entries: Sequence[tuple[str, str]]
        take: Callable[[str], None]

    @dataclass
    class UndoWanted(Message):
        """The last edit of the text is to be taken back, or what was taken back made again."""

        again: bool = False

    class RunWanted(Message):
        """Enter in a view where that runs the call."""

    @property
    def unfinished(self) -> str:
        """What keeps the view from writing what stands in it into the draft; "" when the draft has it all."""
        return ""

    def take_typed(self) -> Patch | None:
        """The edit for what is typed in a field that is still open, which is closed by that; what is no value stays."""
        return None

    def find(self) -> bool:
        """Opens the field to find something in the view; False where it has none."""
        return False

    def show_draft(self, draft: Draft, known: Known) -> None:
        """Shows this draft, which was read already. Called again after each edit, and when its problems change."""
        raise NotImplementedError

    def focus_view(self) -> None:
        """Puts the focus into the view."""
        raise NotImplementedError

    def go_to(self, offset: int) -> None:
        """Goes to what stands at this place of the draft's text."""

    def back(self) -> bool:
        """Leaves what is open inside; False when nothing is."""
        return False


class ViewSpec(NamedTuple):
    """A view: its name in the pane's title, the methods that have it, and ``module:class`` of its widget."""

    name: str
    offered: Callable[[Method], bool]
    widget: str

    @property
    def kind(self) -> type[DraftView]:
        """The widget. Its module is imported only when it is asked for, so that the app starts sooner."""
        module, _, name = self.widget.partition(":")
        kind: type[DraftView] = getattr(import_module(module), name)
        return kind


VIEWS: tuple[ViewSpec, ...] = (
    ViewSpec(QUERY, lambda method: method.filterable, "tui.widgets.query_view:QueryView"),
    ViewSpec(FORM, lambda method: bool(method.params), "tui.widgets.form_view:FormView"),
)
"""The views beside the JSON editor, in the order of the key that changes between them: of a query its own first."""


def views_of(method: Method | None) -> tuple[str, ...]:
    """The names of the views that a method has beside the JSON editor."""
    return tuple(view.name for view in VIEWS if method is not None and view.offered(method))
