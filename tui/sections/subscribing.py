"""`SubscribePane`: asks for an event to subscribe to: a name, and the arguments of a source.

Enter takes the row under the cursor, or a whole subscription as typed (``name:{"json": "arguments"}``); down goes
into the list. A source that needs arguments, or a name with a colon behind it, asks for them with their schema.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.getters import query_one
from textual.message import Message
from textual.widgets import Input

from truenas_client import exc
from tui import actions
from tui.cards.event_arguments import ArgumentsScreen
from tui.model.eventnames import fitting_names, may_be_new, read_subscription
from tui.session.session import Session
from tui.text import safe
from tui.widgets.pane import Pane
from tui.widgets.rows import Cell, Column, Row, Rows

__all__ = ["SubscribePane"]


class NameField(Input):
    """The field above the names."""

    BINDINGS = actions.bind(("nav.open", "submit"))


class SubscribePane(Pane):
    """`begin` shows it; `Chosen` tells what is to be subscribed."""

    # Only the field leaves the key to this pane: the list has it first.
    BINDINGS = [Binding("down", "into_list", show=False)]
    FOOTER_WORDS: ClassVar[Mapping[str, str]] = {"nav.open": "subscribe"}

    @dataclass
    class Chosen(Message):
        """A name, and its arguments (None: none)."""

        name: str
        arguments: Any

    field = query_one("#event-name", Input)
    """Where a name is typed."""
    names = query_one("#event-names", Rows)
    """Names that complete what is typed."""

    def __init__(self, session: Session, *, id: str | None = None) -> None:
        super().__init__("Subscribe", id=id)
        self._session = session
        self._insisted = ""

    def compose(self) -> ComposeResult:
        yield NameField(
            placeholder='an event, e.g. alert.list; "name:" asks for arguments', id="event-name", compact=True
        )
        yield Rows(
            (Column(least=30, most=44), Column(flex=True, style="dim")),
            empty="No event has this in its name.",
            id="event-names",
        )

    def begin(self) -> None:
        """Shows itself, with an empty field that has the focus."""
        self.display = True
        self.field.value = ""
        self._complete()
        self.screen.set_focus(self.field)
        self._ask_for_events()

    def leave_field(self) -> bool:
        """From the field into the list; False where it was not in the field."""
        if self.field.has_focus:
            self.names.focus()
            return True
        return False

    @work(exclusive=True, group="events")
    async def _ask_for_events(self) -> None:
        try:
            await self._session.ask_for_events()
        except exc.ClientException as error:
            # The names that are known anyway stay on offer.
            self.notify(f"The server does not list its events: {safe(error)}", severity="warning")
        else:
            self._complete(keep=True)

    @on(Input.Changed, "#event-name")
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._complete()

    def _complete(self, *, keep: bool = False) -> None:
        known = self._session.events_known()
        fitting = fitting_names(self.field.value.partition(":")[0], known.names)
        rows = [Row(name, (name, Cell(known.words(name)))) for name in fitting]
        if not keep or rows != self.names.rows:
            self.names.set_rows(rows, keep=keep)
        self.facts = f"{len(fitting)} of {len(known.names)}"

    def action_into_list(self) -> None:
        """From the field on in the list."""
        self.screen.set_focus(self.names)
        self.names.action_line_down()

    @on(Input.Submitted, "#event-name")
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self._complete()  # of what is typed now, though its message may still be on its way
        typed = self.field.value
        self._subscribe(typed if ":" in typed else self.names.key or typed)

    @on(Rows.Chosen, "#event-names")
    def _chosen(self, event: Rows.Chosen) -> None:
        event.stop()
        self._subscribe(event.key)

    @work(exclusive=True, group="subscribe")
    async def _subscribe(self, text: str) -> None:
        known = self._session.events_known()
        asks = text.rstrip().endswith(":") and text.rstrip(": ") not in known.texts
        name, arguments, wrong = read_subscription(text.rstrip(": ") if asks else text, known.texts)
        if not wrong and (wrong := known.unknown(name)) and may_be_new(name):
            # A newer release may have it: a second enter subscribes anyway.
            wrong = "" if text == self._insisted else f"{wrong} enter once more subscribes anyway."
        self._insisted = text
        if wrong:
            self.notify(safe(wrong), severity="warning", timeout=4)
            self.screen.set_focus(self.field)
            return
        if arguments is None and (asks or known.wants(name)):
            arguments = await ArgumentsScreen(known.method(name)).ask(self)
            if arguments is None:
                return
        self.post_message(self.Chosen(name, arguments))
