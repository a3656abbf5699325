"""The card before a call that changes something: what changes, where, and for risky ones the name to type.

The card opens at once with the arguments. The stored object is read meanwhile,
and then only the fields that differ are listed. Whether it can be read or not, the
call can be sent.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.widgets import Input, Static

from truenas_client import exc
from tui import actions
from tui.cards.card import CardScreen
from tui.model.changes import Entry, changes
from tui.model.failure import explain
from tui.model.stored import Lookup, title_of
from tui.text import cut, plain, safe
from tui.widgets.changes_view import ChangesView
from tui.widgets.key_line import Hint

__all__ = ["Answer", "ReviewScreen", "Subject"]

Answer = Literal["send", "edit", "back"]
HELD_SECONDS = 1.0
"""A terminal repeats a held key sooner than this."""
LONGEST_NAME = 60
"""The most characters of a name that the user is asked to type."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The call to review. ``params`` hold secrets, so they are compared here and never drawn; ``entries`` are masked.

    ``resource`` is the name a risky call is confirmed by, "" where it names nothing;
    ``notes`` say what goes along: a job, a file. ``named`` says that the user confirms by a name, as of a risky call.
    """

    host: str
    address: str
    method: str
    params: list[Any]
    risk: str
    roles: tuple[str, ...]
    entries: tuple[Entry, ...]
    resource: str = ""
    notes: tuple[str, ...] = ()
    lookup: Lookup | None = None
    named: bool = False


class ReviewScreen(CardScreen[Answer]):
    """Shows one call; enter sends it, e goes back to the arguments, escape just goes back.

    ``read`` makes a call that only reads, for what is stored.
    """

    BINDINGS = [
        *actions.bind(("review.edit", "answer('edit')"), ("card.accept", "answer('send')"), ("call.run", "run_key")),
        # While a name is typed too, because the field has no use for these.
        Binding("up", "scroll('line_up')", show=False),
        Binding("down", "scroll('line_down')", show=False),
        Binding("pageup", "scroll('page_up')", show=False),
        Binding("pagedown", "scroll('page_down')", show=False),
    ]

    def __init__(self, subject: Subject, read: Callable[[str, tuple[Any, ...]], Awaitable[Any]]) -> None:
        super().__init__()
        self.title = f"Review  {subject.host}"
        self._subject = subject
        self._read = read
        self._reading = False
        self._names: tuple[str, ...] = (_typeable(subject.resource) or _typeable(subject.host) or "yes",)
        """The names that the card accepts; it asks for the first."""

    def lines(self) -> ComposeResult:
        subject = self._subject
        style = "$text-error" if subject.risk == "risk" else "$text-warning"
        yield Static(
            Content.assemble(
                (safe(subject.method), "bold"),
                "   ",
                (subject.risk, f"{style} bold"),
                "   ",
                (safe(" or ".join(subject.roles[:3])), "$foreground-muted"),
            )
        )
        yield Static(plain(subject.address, "$foreground-muted"), id="address")
        for note in subject.notes:
            yield Static(plain(note), classes="note")
        yield Static("", id="about")
        yield ChangesView(id="changes")
        if subject.named:
            yield Static("", id="ask")
            yield Input(id="name", compact=True)
        # In the field for the name an e is a letter; escape leads to the arguments as well.
        edit = [] if subject.named else [("review.edit", "edit")]
        yield Hint(("card.accept", "send"), *edit, ("card.leave", "back"))

    def on_mount(self) -> None:
        self.query_one("#card").add_class(f"-{self._subject.risk}")
        self.query_one(ChangesView).show(self._subject.entries)
        self._about("")
        self._ask()
        if self._subject.named:
            self.query_one("#name").focus()
        if self._subject.lookup is not None:
            self._look(self._subject.lookup)

    def on_resize(self) -> None:
        self._fit()

    def _fit(self) -> None:
        """Gives the changes the lines they need, as far as the screen has them."""
        card, view = self.query_one("#card"), self.query_one(ChangesView)
        self.query_one("#address").display = self.size.height >= 20
        around = [child for child in card.children if child is not view and child.display]
        # Not laid out yet, each of them takes a line.
        others = sum(max(child.outer_size.height, 1) + child.styles.margin.height for child in around)
        room = max(int(self.size.height * 0.9) - others - card.gutter.height - view.styles.margin.height, 2)
        cells = min(max(self.size.width * 96 // 100, 20), 90) - card.gutter.width - view.scrollbar_size_vertical
        view.styles.height = min(len(view.laid(view.scrollable_content_region.width or cells)), room)

    # The stored object ---------------------------------------------------------------

    @work
    async def _look(self, lookup: Lookup) -> None:
        self._reading = True
        self._about("reading the stored object ...")
        try:
            stored = lookup.stored(await self._read(lookup.method, lookup.params))
        except exc.ClientException as error:
            self._reading = False
            failure = explain(error, method=lookup.method)
            why = "  ".join([failure.title, failure.reason, *(row.message for row in failure.rows)])
            self._about(f"the stored object could not be read: {why}", "warning")
            return
        self._reading = False
        if stored is None:
            self._about("the server has no such object", "warning")
            return
        title = title_of(stored)
        if self._subject.named and _typeable(title) and title not in self._names:
            self._names = (title, *self._names)
            self._ask()
        subject = self._subject
        row = str(subject.params[0]) if lookup.changes != 0 else ""
        parts = [title, f"id {row}" if row and row != title else ""]
        self._about("   ".join([cut(safe(part[:200]), 32) for part in parts if part]))
        if lookup.changes is not None:
            found = changes(subject.method, subject.params, lookup.changes, lookup.method, stored)
            self.query_one(ChangesView).show(found)
        self.call_after_refresh(self._fit)

    def _about(self, text: str, style: str = "") -> None:
        """The line above the changes: the stored object, or why it is not known."""
        line = self.query_one("#about", Static)
        line.display = bool(text)
        line.update(plain(cut(safe(text[:400]), 130), f"$text-{style}" if style else "bold"))
        self.call_after_refresh(self._fit)

    # Answers ---------------------------------------------------------------------------

    def _ask(self) -> None:
        if self._subject.named:
            self.query_one("#ask", Static).update(Content.assemble("Type ", (self._names[0], "bold"), " to confirm"))

    @on(Input.Submitted)
    def _typed(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_answer("send")

    def action_scroll(self, how: str) -> None:
        getattr(self.query_one(ChangesView), f"action_{how}")()

    def action_run_key(self) -> None:
        """The key that led here sends too, but not while it may still be held down."""
        if self.stood(self.now(), HELD_SECONDS):
            self.action_answer("send")
        else:
            self.too_early()

    def action_leave(self) -> None:
        self.dismiss("back")

    def action_answer(self, answer: Answer) -> None:
        if answer == "send" and not self._may_send():
            return
        self.dismiss(answer)

    def _may_send(self) -> bool:
        card = self.query_one("#card")
        if self._subject.named:
            typed = self.query_one("#name", Input).value.strip()
            if typed not in self._names:
                said = f"type {self._names[0]}, not {cut(safe(typed), 20)}" if typed else f"first type {self._names[0]}"
                card.border_subtitle = plain(said)
                self.query_one("#name").focus()
                return False
        if self._reading and not self.once_more():
            again = f"press {actions.key('card.accept')} again to send"
            card.border_subtitle = f"still reading the stored object; {again}"
            return False
        return True


def _typeable(name: str) -> str:
    """The name when the user can type it as shown, else ""."""
    return name if 0 < len(name) <= LONGEST_NAME and name == safe(name).strip() else ""
