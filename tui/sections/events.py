"""Events: one to four panels, each a subscription of its own choosing, and one event in the views of a value."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Grid
from textual.events import DescendantFocus

from tui import actions
from tui.cards.copy_menu import choose_copy
from tui.model.panel import Panel
from tui.sections.section import Section
from tui.sections.subscribing import SubscribePane
from tui.session.feeds import Feed
from tui.session.recording import Recording, write_events
from tui.session.session import Session
from tui.text import safe
from tui.widgets.event_panel import EventPanel
from tui.widgets.pane import Fact
from tui.widgets.value_pane import ValuePane

__all__ = ["MOST_PANELS", "EventsSection"]

MOST_PANELS = 4


class EventsSection(Section):
    """Panels, each on a feed of the session; they stay subscribed while other sections are shown."""

    BINDINGS = actions.bindings("events")
    FOOTER_WORDS = {"nav.toggle": "pause", "nav.open": "open"}

    def __init__(self, session: Session, *, id: str | None = None) -> None:
        super().__init__(session, id=id)
        self._panels: dict[EventPanel, Feed] = {}
        self._recordings: dict[EventPanel, Recording] = {}
        self._last: EventPanel | None = None

    def compose(self) -> ComposeResult:
        yield SubscribePane(self._session, id="adding")
        yield Grid(id="panels")
        yield ValuePane("Event", id="event-detail")

    @property
    def adding(self) -> SubscribePane:
        """The pane for a new subscription. Shown at once, not by a class, so that letters typed next arrive in it."""
        return self.query_one(SubscribePane)

    @property
    def detail(self) -> ValuePane:
        """The pane with one event."""
        return self.query_one(ValuePane)

    async def on_mount(self) -> None:
        self.adding.display = False
        self.detail.display = False
        for kept in self._session.memory.panels:
            await self._add_kept(kept)

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
        self.adding.begin()

    @on(SubscribePane.Chosen)
    async def _subscribe(self, event: SubscribePane.Chosen) -> None:
        event.stop()
        self.adding.display = False
        panel = await self._add(event.name, event.arguments)
        self.screen.set_focus(panel.content)

    async def _add(self, name: str, arguments: Any) -> EventPanel:
        panel = EventPanel(Panel(self._session.feeds.hold(name, arguments)))
        await self._add_panel(panel)
        return panel

    async def _add_kept(self, kept: Mapping[str, Any]) -> None:
        from tui.model.eventnames import read_subscription

        name, arguments, wrong = read_subscription(str(kept["event"]))
        if not wrong and len(self._panels) < MOST_PANELS:
            panel = Panel(self._session.feeds.hold(name, arguments))
            panel.arrange(kept)
            await self._add_panel(EventPanel(panel))

    async def _add_panel(self, panel: EventPanel) -> None:
        feed = panel.panel.feed
        assert isinstance(feed, Feed)
        self._panels[panel] = feed
        panel.note = lambda: self._note(panel)
        await self.query_one("#panels", Grid).mount(panel)
        self._mark_last(panel)
        self._tile()
        self._remember()

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
        """The panel that has the focus, or had it last."""
        return self._last if self._last in self._panels else next(reversed(self._panels), None)

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        inside = next((panel for panel in self._panels if panel in event.widget.ancestors_with_self), None)
        if inside is not None:
            self._mark_last(inside)

    def _mark_last(self, panel: EventPanel) -> None:
        self._last = panel
        for each in self._panels:
            # On a narrow screen the others are only their borders.
            each.set_class(each is panel, "-current")

    async def action_event_close(self) -> None:
        """Ends the subscription of the panel with the focus."""
        if (panel := self.panel) is not None:
            await self._close(panel)
            self._remember()
            self.enter()

    async def _close(self, panel: EventPanel) -> None:
        feed = self._panels.pop(panel)
        if (recording := self._recordings.pop(panel, None)) is not None:
            await recording.stop()
        self._session.feeds.release(feed)
        await panel.remove()
        if (left := self.panel) is not None:
            self._mark_last(left)
        self._tile()

    @on(EventPanel.Chosen)
    def _event_chosen(self, event: EventPanel.Chosen) -> None:
        event.stop()
        one = event.event
        self.detail.display = True
        self.detail.show(
            {"msg": one.kind, "id": one.id, "fields": one.fields},
            event.panel.panel.feed.name,
            f"{one.at:%H:%M:%S}",
        )
        self.call_after_refresh(self.detail.focus_value)

    def action_event_filter(self) -> None:
        """Finds in the event that is open, else filters the panel."""
        if self.detail.has_focus_within:
            self.detail.field_to_find.open()
        elif (panel := self.panel) is not None:
            panel.open_filter()

    def action_event_view(self) -> None:
        """The next view of the event that is open, else lines or raw lines."""
        if self.detail.has_focus_within:
            self.detail.views.next_view()
        elif (panel := self.panel) is not None:
            panel.change_view("list" if panel.view == "raw" else "raw")

    def action_event_plot(self) -> None:
        """Plots, or lines again."""
        if (panel := self.panel) is not None:
            panel.change_view("list" if panel.view == "plot" else "plot")

    # Copying and saving ------------------------------------------------------------

    @work(exclusive=True, group="copy", exit_on_error=False)
    async def action_event_copy(self) -> None:
        """Asks what to copy, and copies it."""
        panel, entries, found = self.panel, [], self._under_cursor()
        if found is not None:
            entries += [("v", "value under the cursor"), ("p", "path under the cursor")]
        event = panel.lines.event if panel is not None else None
        if event is not None:
            entries.append(("e", "event under the cursor"))
        if panel is not None:
            entries += [("r", "all events that are shown"), ("n", "name of the event")]
        if panel is None or (letter := await choose_copy(self, entries)) is None:
            return
        from tui.cards.clipboard import copy

        name = panel.panel.feed.name
        match letter:
            case "v" if found is not None:
                await copy(self, found[1], f"value of {found[0] or 'the event'}", name)
            case "p" if found is not None:
                await copy(self, found[0], f"path {found[0]}", name)
            case "e" if event is not None:
                await copy(self, _as_value(event), "event", name)
            case "r":
                await copy(self, [_as_value(one) for one in panel.panel.shown()], "events", name)
            case "n":
                await copy(self, name, "name", name)

    def _under_cursor(self) -> tuple[str, Any] | None:
        return self.detail.under_cursor() if self.detail.display and self.detail.has_focus_within else None

    @work(exclusive=True, group="save", exit_on_error=False)
    async def action_event_save(self) -> None:
        """Saves events as lines of JSON: those there are, or those that arrive, until it is pressed again."""
        panel = self.panel
        if panel is None:
            return
        if (recording := self._recordings.pop(panel, None)) is not None:
            await recording.stop()
            self._tell_saved(recording.written, recording)
            return
        from tui.cards.save_events import ask_where_to_save

        feed, model = self._panels[panel], panel.panel
        wanted = await ask_where_to_save(self, feed.name, filtered=bool(model.filter), running=not feed.ended)
        if wanted is None or panel not in self._panels:
            return
        now = list(model.shown())[::-1] if wanted.now else []
        try:
            if wanted.on:
                recording = Recording(feed, wanted.path, model.fits, now, replace=wanted.replace)
                await recording.begin()
                self._recordings[panel] = recording
                key = actions.key("event.save")
                self.notify(f"Writing to {wanted.path}; {key} stops.", timeout=5, markup=False)
            else:
                written = await asyncio.to_thread(write_events, wanted.path, feed.name, now, replace=wanted.replace)
                self.notify(f"Saved {written:,} events to {wanted.path}", timeout=8, markup=False)
        except OSError as error:
            self.notify(f"Not saved: {safe(error)}", severity="error", timeout=8, markup=False)

    def _tell_saved(self, written: int, recording: Recording) -> None:
        if recording.failed:
            self.notify(f"Not saved: {safe(recording.failed)}", severity="error", timeout=8, markup=False)
            return
        lost = f"; {recording.lost:,} could not be written in time" if recording.lost else ""
        self.notify(f"Saved {written:,} events to {recording.path}{lost}", timeout=8, markup=False)

    def _note(self, panel: EventPanel) -> Fact | None:
        """What the border says of the file that is written."""
        recording = self._recordings.get(panel)
        if recording is None:
            return None
        if not recording.running:
            return (recording.failed or "the file is closed", "error")
        return (f"{recording.written:,} to {safe(recording.path.name)}", "accent")

    async def on_unmount(self) -> None:
        for recording in self._recordings.values():
            await recording.stop()

    # Sets of panels ----------------------------------------------------------------

    @on(EventPanel.Arranged)
    def _remember(self) -> None:
        self._session.memory.panels = [panel.panel.as_dict() for panel in self._panels]

    @work(exclusive=True, group="sets", exit_on_error=False)
    async def action_event_sets(self) -> None:
        """Saves the open panels under a name, or opens saved ones."""
        from tui.cards.panel_sets import ask_for_set

        memory = self._session.memory
        answer = await ask_for_set(self, memory.panel_sets, open_now=len(self._panels))
        if answer is None:
            return
        match answer.what:
            case "save":
                memory.save_panels(answer.name, [panel.panel.as_dict() for panel in self._panels])
                self.notify(f"Saved the panels as {safe(answer.name)}.", timeout=3, markup=False)
            case "forget":
                memory.save_panels(answer.name, [])
                self.notify(f"Forgot {safe(answer.name)}.", timeout=3, markup=False)
            case "open":
                self.adding.display = self.detail.display = False
                for panel in list(self._panels):
                    await self._close(panel)
                for kept in memory.panel_sets.get(answer.name, []):
                    await self._add_kept(kept)
                self._remember()
                self.enter()

    # Around ------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if not action.startswith("event_") or action in ("event_add", "event_sets"):
            return True
        if action in ("event_filter", "event_view") and self.detail.has_focus_within:
            return True
        return bool(self._panels) and not self.adding.has_focus_within

    def back(self) -> bool:
        if self.adding.display:
            if not self._panels:
                return self.adding.leave_field()
            self.adding.display = False
            self.enter()
            return True
        if self.detail.display:
            if not (self.detail.has_focus_within and self.detail.back()):
                self.detail.display = False
                self.detail.clear()
                self.enter()
            return True
        panel = self.panel
        return panel is not None and panel.has_focus_within and (panel.close_plot() or panel.close_filter())


def _as_value(event: Any) -> dict[str, Any]:
    told = {"time": event.at.isoformat(timespec="milliseconds"), "msg": event.kind}
    return {**told, "id": event.id, "fields": event.fields}
