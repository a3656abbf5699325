"""Events: one to four panels, each a subscription of its own choosing, and one event in the views of a value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Grid
from textual.events import DescendantFocus
from textual.getters import query_one

from tui import actions
from tui.model.panel import Panel
from tui.sections.panel_section import PanelSection
from tui.sections.subscribing import SubscribePane
from tui.session.session import Session
from tui.text import safe
from tui.widgets.event_panel import EventPanel
from tui.widgets.value_pane import ValuePane

__all__ = ["MOST_PANELS", "EventsSection"]

MOST_PANELS = 4


class EventsSection(PanelSection):
    """Panels, each on a feed of the session; they stay subscribed while other sections are shown."""

    BINDINGS = actions.bindings("events")
    FOOTER_WORDS = {"nav.toggle": "pause", "nav.open": "open"}

    adding = query_one(SubscribePane)
    """The pane for a new subscription. Shown at once, not by a class, so that letters typed next arrive in it."""

    def __init__(self, session: Session, *, id: str | None = None) -> None:
        super().__init__(session, id=id)
        self._panels: list[EventPanel] = []
        self._last: EventPanel | None = None

    def compose(self) -> ComposeResult:
        yield SubscribePane(self._session, id="adding")
        yield Grid(id="panels")
        yield ValuePane("Event", id="event-detail")

    async def on_mount(self) -> None:
        self.adding.display = False
        self.detail.display = False
        await self._add_all(self._session.memory.panels)

    def enter(self) -> None:
        if (panel := self.panel) is not None:
            self.screen.set_focus(panel.content)
        else:
            self.action_event_add()

    # Adding ------------------------------------------------------------------------

    def action_event_add(self) -> None:
        """Opens the field for a name."""
        if len(self._panels) >= MOST_PANELS:
            key = actions.key("event.close")
            self.notify(f"{MOST_PANELS} panels are open; {key} closes the one with the cursor.", timeout=3)
            return
        self.detail.display = False
        self.adding.set_class(not self._panels, "-alone")
        self.adding.begin()

    @on(SubscribePane.Chosen)
    async def _subscribe(self, event: SubscribePane.Chosen) -> None:
        event.stop()
        self.adding.display = False
        panel = await self._add(event.name, event.arguments)
        self.screen.set_focus(panel.content)

    async def _add_all(self, panels: Sequence[Mapping[str, Any]]) -> None:
        """Opens panels as they were remembered."""
        for kept in panels[:MOST_PANELS]:
            await self._add(str(kept["event"]), None, kept)

    async def _add(self, name: str, arguments: Any, kept: Mapping[str, Any] | None = None) -> EventPanel:
        model = Panel(self._session.feeds.hold(name, arguments))
        if kept is not None:
            model.arrange(kept)
        panel = EventPanel(model)
        self._panels.append(panel)
        panel.note = lambda: self.note(panel)
        await self.query_one("#panels", Grid).mount(panel)
        self._mark_last(panel)
        self._tile()
        self._remember()
        return panel

    def _tile(self) -> None:
        grid = self.query_one("#panels", Grid)
        count = len(self._panels)
        grid.set_class(count > 1, "-several")
        for panel in self._panels:
            # Three panels: the last one fills its row.
            panel.set_class(count % 2 == 1 and panel is self._panels[-1], "-last")

    # Panels ------------------------------------------------------------------------

    @property
    def panel(self) -> EventPanel | None:
        """The panel that has the focus, or had it last."""
        return self._last if self._last in self._panels else next(reversed(self._panels), None)

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        inside = next((panel for panel in self._panels if panel in event.widget.ancestors_with_self), None)
        if inside is not None:
            self._mark_last(inside)

    def _mark_last(self, panel: EventPanel) -> None:
        self._last = panel
        if self.screen.has_class("-narrow"):
            for each in self._panels:
                # The others are only their borders.
                each.set_class(each is panel, "-current")

    def on_resize(self) -> None:
        if (panel := self.panel) is not None:
            self._mark_last(panel)

    def action_event_next(self) -> None:
        """Goes to the next panel: what shows the newest event, below them, is reached backwards."""
        at = self._panels.index(self.panel) if self.panel is not None else -1
        self.screen.set_focus(self._panels[(at + 1) % len(self._panels)].content)

    async def action_event_close(self) -> None:
        """Ends the subscription of the panel with the focus."""
        if (panel := self.panel) is not None:
            await self._close(panel)
            self._remember()
            self.enter()

    async def _close(self, panel: EventPanel) -> None:
        self._panels.remove(panel)
        await self.stop_recording(panel)
        self._session.feeds.release(panel.panel.feed)
        await panel.remove()
        if (left := self.panel) is not None:
            self._mark_last(left)
        self._tile()

    def action_event_plot(self) -> None:
        """Plots, or lines again."""
        if (panel := self.panel) is not None:
            panel.change_view("list" if panel.view == "plot" else "plot")

    # Sets of panels ----------------------------------------------------------------

    @on(EventPanel.Arranged)
    def _remember(self) -> None:
        self._session.memory.panels = [panel.panel.as_dict() for panel in self._panels]

    @work(exclusive=True, group="sets")
    async def action_event_sets(self) -> None:
        """Saves the open panels under a name, or opens saved ones."""
        from tui.cards.panel_sets import PanelSetsScreen

        memory = self._session.memory
        answer = await PanelSetsScreen(memory.panel_sets, open_now=len(self._panels)).ask(self)
        if answer is None:
            return
        match answer.what:
            case "save":
                memory.save_panels(answer.name, [panel.panel.as_dict() for panel in self._panels])
                self.notify(f"Saved the panels as {safe(answer.name)}.", timeout=3)
            case "forget":
                memory.save_panels(answer.name, [])
                self.notify(f"Forgot {safe(answer.name)}.", timeout=3)
            case "open":
                self.adding.display = self.detail.display = False
                for panel in list(self._panels):
                    await self._close(panel)
                await self._add_all(memory.panel_sets.get(answer.name, []))
                self._remember()
                self.enter()

    # Around ------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if not action.startswith("event_") or action in ("event_add", "event_sets"):
            return True
        if action in ("event_filter", "event_view") and self.detail.has_focus_within:
            return True
        if action == "event_next":
            return len(self._panels) > 1 and self.query_one("#panels").has_focus_within
        return bool(self._panels) and not self.adding.has_focus_within

    def back(self) -> bool:
        if self.adding.display:
            if not self._panels:
                return self.adding.leave_field()
            self.adding.display = False
            self.enter()
            return True
        return super().back()
