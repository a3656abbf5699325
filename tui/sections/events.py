"""Events: one to four panels, each a subscription of its own choosing."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Grid
from textual.message import Message
from textual.widgets import Input

from tui import actions
from tui.model.eventnames import fitting_names, may_be_new, read_subscription, unknown_name
from tui.model.panel import Panel
from tui.sections.section import Section
from tui.session.feeds import Feed
from tui.session.session import Session
from tui.text import safe
from tui.widgets.event_panel import EventPanel
from tui.widgets.json_view import JsonView
from tui.widgets.pane import Pane
from tui.widgets.rows import Row, Rows

__all__ = ["EventsSection"]


class NameField(Input):
    """The field above the names: down goes on in their list."""

    BINDINGS = [Binding("down", "into_list", show=False)]

    class Left(Message):
        """The list is wanted."""

    def action_into_list(self) -> None:
        self.post_message(self.Left())


class EventsSection(Section):
    """Panels, each on a feed of the session; they stay subscribed while other sections are shown."""

    BINDINGS = actions.bindings("events")
    FOOTER_WORDS = {"nav.toggle": "pause", "nav.open": "open"}

    def __init__(self, session: Session, *, id: str | None = None) -> None:
        super().__init__(session, id=id)
        self._panels: dict[EventPanel, Feed] = {}
        self._insisted = ""

    def compose(self) -> ComposeResult:
        with Pane("Subscribe", id="adding"):
            yield NameField(placeholder='name, or name:{"json": "arguments"}', id="event-name", compact=True)
            yield Rows(empty="No event has this in its name.", id="event-names")
        yield Grid(id="panels")
        with Pane("Event", id="event-detail"):
            yield JsonView(id="event-value")

    @property
    def adding(self) -> Pane:
        """The pane for a new subscription. Shown at once, not by a class, so that letters typed next arrive in it."""
        return self.query_one("#adding", Pane)

    @property
    def detail(self) -> Pane:
        """The pane with one event as a tree."""
        return self.query_one("#event-detail", Pane)

    @property
    def field(self) -> Input:
        """Where a name is typed."""
        return self.query_one("#event-name", Input)

    @property
    def names(self) -> Rows:
        """Names that complete what is typed."""
        return self.query_one("#event-names", Rows)

    def on_mount(self) -> None:
        self.adding.display = False
        self.detail.display = False

    def enter(self) -> None:
        if self._panels:
            panel = list(self._panels)[-1]
            panel.lines.focus()
        else:
            self.action_event_add()

    # Adding ------------------------------------------------------------------------

    def action_event_add(self) -> None:
        """Opens the field for a name."""
        self.adding.display = True
        self.field.value = ""
        self._complete()
        self.screen.set_focus(self.field)

    @on(Input.Changed, "#event-name")
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._complete()

    def _complete(self) -> None:
        fitting = fitting_names(self.field.value.partition(":")[0], self._session.event_names())
        self.names.set_rows([Row(name, (name,)) for name in fitting], keep=False)

    @on(NameField.Left)
    def _into_list(self, event: NameField.Left) -> None:
        event.stop()
        self.screen.set_focus(self.names)
        self.names.action_line_down()

    @on(Input.Submitted, "#event-name")
    async def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self._complete()  # of what is typed now, though its message may still be on its way
        typed = self.field.value
        await self._subscribe(typed if ":" in typed else self.names.key or typed)

    @on(Rows.Chosen, "#event-names")
    async def _chosen(self, event: Rows.Chosen) -> None:
        event.stop()
        await self._subscribe(event.key)

    async def _subscribe(self, text: str) -> None:
        name, arguments, wrong = read_subscription(text)
        if not wrong and (wrong := unknown_name(name, self._session.event_names())) and may_be_new(name):
            # A newer release may have it: a second enter subscribes anyway.
            wrong = "" if text == self._insisted else f"{wrong} enter once more subscribes anyway."
        self._insisted = text
        if wrong:
            self.notify(safe(wrong), severity="warning", timeout=4, markup=False)
            self.screen.set_focus(self.field)
            return
        self.adding.display = False
        feed = self._session.feeds.hold(name, arguments)
        panel = next((panel for panel, shown in self._panels.items() if shown is feed), None)
        if panel is None:
            panel = await self._add_panel(feed)
        else:
            self._session.feeds.release(feed)
        panel.lines.focus()

    async def _add_panel(self, feed: Feed) -> EventPanel:
        panel = EventPanel(Panel(feed))
        self._panels[panel] = feed
        await self.query_one("#panels", Grid).mount(panel)
        self._tile()
        return panel

    def _tile(self) -> None:
        grid = self.query_one("#panels", Grid)
        count = len(self._panels)
        grid.set_class(count > 1, "-several")
        for panel in self._panels:
            # Three panels: the last one fills its row.
            panel.set_class(count % 2 == 1 and panel is list(self._panels)[-1], "-last")

    # Panels ------------------------------------------------------------------------

    @property
    def panel(self) -> EventPanel | None:
        """The panel with the focus."""
        return next((panel for panel in self._panels if panel.has_focus_within), None)

    async def action_event_close(self) -> None:
        """Ends the subscription of the panel with the focus."""
        panel = self.panel
        if panel is None:
            return
        self._session.feeds.release(self._panels.pop(panel))
        await panel.remove()
        self._tile()
        self.enter()

    @on(EventPanel.Chosen)
    def _event_chosen(self, event: EventPanel.Chosen) -> None:
        event.stop()
        self.detail.display = True
        view = self.query_one("#event-value", JsonView)
        view.set_value({"kind": event.event.kind, "id": event.event.id, "fields": event.event.fields})
        self.detail.title = event.panel.title
        self.detail.facts = f"{event.event.at:%H:%M:%S}"
        view.focus()

    def back(self) -> bool:
        if self.adding.display:
            if not self._panels:
                if self.field.has_focus:
                    self.names.focus()
                    return True
                return False
            self.adding.display = False
            self.enter()
            return True
        if self.detail.display:
            self.detail.display = False
            self.enter()
            return True
        return False
