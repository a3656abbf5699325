"""The card before a call that changes something: what changes, where, and for risky ones the name to type.

The card opens at once with the arguments. The stored object is read meanwhile,
and then only the fields that differ are listed. Whether it can be read or not, the
call can be sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.widgets import Input, Static

from truenas_client import exc
from tui import actions
from tui.cards.card import CardScreen
from tui.model.changes import arguments, changes
from tui.model.failure import explain
from tui.model.stored import Lookup, lookup, resource_of, title_of
from tui.session.session import Session
from tui.session.stores import Call
from tui.settings.values import in_force
from tui.text import cut, plain, safe
from tui.widgets.changes_view import ChangesView
from tui.widgets.key_line import Hint

__all__ = ["Answer", "ReviewScreen"]

Answer = Literal["send", "edit", "back"]
HELD_SECONDS = 1.0
"""A terminal repeats a held key sooner than this."""
LONGEST_NAME = 60
"""The most characters of a name that the user is asked to type."""


class ReviewScreen(CardScreen[Answer]):
    """Shows one call; enter sends it, e goes back to the arguments, escape just goes back.

    ``notes`` say what goes along: a job, a file. Arguments may hold secrets: they are compared here, and drawn only
    where they are masked.
    """

    BINDINGS = [
        *actions.bind(("review.edit", "answer('edit')"), ("card.accept", "answer('send')"), ("call.run", "run_key")),
        # While a name is typed too, because the field has no use for these.
        Binding("up", "scroll('line_up')", show=False),
        Binding("down", "scroll('line_down')", show=False),
        Binding("pageup", "scroll('page_up')", show=False),
        Binding("pagedown", "scroll('page_down')", show=False),
    ]

    def __init__(self, session: Session, call: Call, risk: str, notes: Sequence[str]) -> None:
        super().__init__(f"Review  {session.host}")
        self.address = session.address
        """Where the call goes."""
        self.call = call
        """The call that is reviewed."""
        self._session = session
        self._method = session.method(call.method)
        self._risk = risk
        self._notes = notes
        self._reading = False
        self._named = risk == "risk" or in_force().write == "name"
        """Whether the user confirms by a name."""
        resource = resource_of(call.method, call.params, session.catalogue)
        self._names: tuple[str, ...] = (_typeable(resource) or _typeable(session.host) or "yes",)
        """The names that the card accepts; it asks for the first."""

    def lines(self) -> ComposeResult:
        roles = " or ".join(self._method.roles[:3]) if self._method is not None else ""
        style = "$text-error" if self._risk == "risk" else "$text-warning"
        yield Static(
            Content.assemble(
                *((safe(self.call.method), "bold"), "   "),
                *((self._risk, f"{style} bold"), "   "),
                (safe(roles), "$foreground-muted"),
            )
        )
        yield Static(plain(self.address, "$foreground-muted"), id="address")
        for note in self._notes:
            yield Static(plain(note))
        yield Static("", id="about")
        yield ChangesView(id="changes")
        if self._named:
            yield Static("", id="ask")
            yield Input(id="name", compact=True)
        # In the field for the name an e is a letter; escape leads to the arguments as well.
        edit = [] if self._named else [("review.edit", "edit")]
        yield Hint(("card.accept", "send"), *edit, ("card.leave", "back"))

    def on_mount(self) -> None:
        call, method = self.call, self._method
        self.query_one("#card").add_class(f"-{self._risk}")
        names = [param.name for param in method.params] if method is not None else []
        self.query_one(ChangesView).show(arguments(call.method, call.params, names))
        self._about("")
        self._ask()
        if self._named:
            self.query_one("#name").focus()
        if (found := lookup(call.method, call.params, self._session.catalogue)) is not None:
            self._look(found)

    def on_resize(self, event: events.Resize) -> None:
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
    async def _look(self, place: Lookup) -> None:
        self._reading = True
        self._about("reading the stored object ...")
        try:
            stored = place.stored(await self._session.read(place.method, place.params))
        except exc.ClientException as error:
            self._reading = False
            failure = explain(error, method=place.method)
            why = "  ".join([failure.title, failure.reason, *(row.message for row in failure.rows)])
            self._about(f"the stored object could not be read: {why}", "warning")
            return
        self._reading = False
        if stored is None:
            self._about("the server has no such object", "warning")
            return
        title = title_of(stored)
        if self._named and _typeable(title) and title not in self._names:
            self._names = (title, *self._names)
            self._ask()
        row = str(self.call.params[0]) if place.changes != 0 else ""
        parts = [title, f"id {row}" if row and row != title else ""]
        self._about("   ".join([cut(safe(part[:200]), 32) for part in parts if part]))
        if place.changes is not None:
            found = changes(self.call.method, self.call.params, place.changes, place.method, stored)
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
        if self._named:
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
        if self._named:
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
