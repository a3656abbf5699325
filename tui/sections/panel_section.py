"""The common part of the sections that show panels of events: opening one, filtering, copying, saving."""

from __future__ import annotations

from typing import Any

from textual import on, work

from tui import actions
from tui.cards.copy_menu import choose_copy
from tui.cards.handing_over import handed_over
from tui.model.paths import shortened
from tui.sections.section import Section
from tui.session.recording import Recording, write_events
from tui.session.session import Session
from tui.text import safe
from tui.widgets.event_panel import EventPanel
from tui.widgets.pane import Fact
from tui.widgets.value_pane import ValuePane

__all__ = ["PanelSection"]

NOW, ON, BOTH = "what is there", "what arrives", "both"


class PanelSection(Section):
    """A section with a `ValuePane` and, in some panes, `EventPanel`s. A sub-class says which `panel` keys act on."""

    def __init__(self, session: Session, *, id: str | None = None) -> None:
        super().__init__(session, id=id)
        self._recordings: dict[EventPanel, Recording] = {}

    @property
    def panel(self) -> EventPanel | None:
        """The panel that keys act on."""
        raise NotImplementedError

    @property
    def detail(self) -> ValuePane:
        """The pane with one event."""
        return self.query_one(ValuePane)

    @on(EventPanel.Chosen)
    def _event_chosen(self, event: EventPanel.Chosen) -> None:
        event.stop()
        one = event.event
        self.detail.display = True
        value, title = self.opened(event.panel, one)
        self.detail.show(value, title, f"{one.at:%H:%M:%S}")
        self.call_after_refresh(lambda: self.detail.content.focus())

    def opened(self, panel: EventPanel, event: Any) -> tuple[Any, str]:
        """An event as it is opened: its value, and the title."""
        return {"msg": event.kind, "id": event.id, "fields": event.fields}, panel.panel.feed.name

    def action_event_filter(self) -> None:
        """Finds in the event that is open, else filters the panel."""
        if self.detail.has_focus_within:
            self.detail.open_find()
        elif (panel := self.panel) is not None:
            panel.open_filter()

    def action_event_view(self) -> None:
        """The next view of the event that is open, else lines or raw lines."""
        if self.detail.has_focus_within:
            self.detail.views.next_view()
        elif (panel := self.panel) is not None:
            panel.change_view("list" if panel.view == "raw" else "raw")

    # Copying and saving ------------------------------------------------------------

    @work(exclusive=True, group="copy")
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

    def readable(self) -> tuple[str, Any] | None:
        panel = self.panel
        if self.detail.has_focus_within:
            return "event", self.detail.value
        if panel is None or not panel.has_focus_within:
            return super().readable()
        return "events", [_as_value(one) for one in panel.panel.shown()]

    @work(exclusive=True, group="save")
    async def action_event_save(self) -> None:
        """Saves events as lines of JSON: those there are, or those that arrive, until it is pressed again."""
        panel = self.panel
        if panel is None:
            return
        if (recording := self._recordings.pop(panel, None)) is not None:
            await recording.stop()
            self._tell_saved(recording.written, recording)
            return
        from tui.cards.save import Saving, ask_where_to_save

        model = panel.panel
        feed = model.feed
        fitting = " that pass the filter" if model.filter else ""
        saving = Saving(
            "Save events",
            feed.name,
            f"Saves the events{fitting}, one line of JSON each.",
            f"{self._session.host}-{feed.name}",
            ".jsonl",
            {} if feed.ended else {"Events": (NOW, ON, BOTH)},
        )
        wanted = await ask_where_to_save(self, saving, self._session.caller.file_places)
        if wanted is None or not panel.is_attached:
            return
        which = wanted.chosen.get("Events", NOW)
        now = list(model.shown())[::-1] if which != ON else []
        try:
            if which != NOW:
                recording = Recording(feed, wanted.path, model.fits, now, replace=wanted.replace)
                await recording.begin()
                self._recordings[panel] = recording
                key = actions.key("event.save")
                writing = wanted.path.name if self.app.is_web else shortened(wanted.path)
                self.notify(f"Writing to {writing}; {key} stops.", timeout=5, markup=False)
            else:
                written = await write_events(wanted.path, feed.name, now, replace=wanted.replace)
                self.notify(f"Saved {written:,} events to {handed_over(self, wanted.path)}", timeout=8, markup=False)
        except OSError as error:
            self.notify(f"Not saved: {safe(error)}", severity="error", timeout=8, markup=False)

    def _tell_saved(self, written: int, recording: Recording) -> None:
        if recording.failed:
            self.notify(f"Not saved: {safe(recording.failed)}", severity="error", timeout=8, markup=False)
            return
        lost = f"; {recording.lost:,} could not be written in time" if recording.lost else ""
        where = handed_over(self, recording.path)
        self.notify(f"Saved {written:,} events to {where}{lost}", timeout=8, markup=False)

    def note(self, panel: EventPanel) -> Fact | None:
        """The words of the border on the file that is written."""
        recording = self._recordings.get(panel)
        if recording is None:
            return None
        if not recording.running:
            return (recording.failed or "the file is closed", "error")
        # The name that is offered begins with that of the event, which stands above.
        name = recording.path.name
        shown = (
            name.replace(panel.panel.feed.name, panel.ellipsis, 1) if name.startswith(panel.panel.feed.name) else name
        )
        return (f"{recording.written:,} saved to {safe(shown)}", "accent")

    async def stop_recording(self, panel: EventPanel) -> None:
        """Ends the file of a panel that closes."""
        if (recording := self._recordings.pop(panel, None)) is not None:
            await recording.stop()

    async def on_unmount(self) -> None:
        for recording in self._recordings.values():
            await recording.stop()

    def back(self) -> bool:
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
