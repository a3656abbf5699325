"""The common part of the sections that show panels of events: opening one, filtering, copying, saving."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from textual import on, work
from textual.getters import query_one

from tui import actions
from tui.cards.copies import Copy, copy_one_of
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

    detail = query_one(ValuePane)
    """The pane with one event."""

    def __init__(self, session: Session, *, id: str | None = None) -> None:
        super().__init__(session, id=id)
        self._recordings: dict[EventPanel, Recording] = {}

    @property
    def panel(self) -> EventPanel | None:
        """The panel that keys act on."""
        raise NotImplementedError

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
        if (panel := self.panel) is not None:
            await copy_one_of(self, list(self._copies(panel)), panel.panel.feed.name)

    def _copies(self, panel: EventPanel) -> Iterator[Copy]:
        if (found := self._under_cursor()) is not None:
            path, value = found
            yield Copy.of("v", "value under the cursor", value, f"value of {path or 'the event'}")
            yield Copy.of("p", "path under the cursor", path, f"path {path}")
        if (event := panel.lines.event) is not None:
            yield Copy("e", "event under the cursor", lambda: _as_value(event), "event")
        # As they are now: others arrive while the user chooses.
        shown = list(panel.panel.shown())
        yield Copy("r", "all events that are shown", lambda: [_as_value(one) for one in shown], "events")
        yield Copy.of("n", "name of the event", panel.panel.feed.name, "name")

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
            if recording.failed:
                self.notify(f"Not saved: {safe(recording.failed)}", severity="error", timeout=8)
            else:
                self._tell_saved(recording.path, recording.written, recording.lost)
            return
        from tui.cards.save import Saving, ask_where_to_save

        model, feed = panel.panel, panel.panel.feed
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
                self.notify(f"Writing to {writing}; {key} stops.", timeout=5)
            else:
                written = await write_events(wanted.path, feed.name, now, replace=wanted.replace)
                self._tell_saved(wanted.path, written)
        except OSError as error:
            self.notify(f"Not saved: {safe(error)}", severity="error", timeout=8)

    def _tell_saved(self, path: Path, written: int, lost: int = 0) -> None:
        more = f"; {lost:,} could not be written in time" if lost else ""
        self.notify(f"Saved {written:,} events to {handed_over(self, path)}{more}", timeout=8)

    def note(self, panel: EventPanel) -> Fact | None:
        """The words of the border on the file that is written."""
        recording = self._recordings.get(panel)
        if recording is None:
            return None
        if not recording.running:
            return (recording.failed or "the file is closed", "error")
        # The name that is offered begins with that of the event, which stands above.
        name = recording.path.name
        if name.startswith(feed := panel.panel.feed.name):
            name = panel.ellipsis + name.removeprefix(feed)
        return (f"{recording.written:,} saved to {safe(name)}", "accent")

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
