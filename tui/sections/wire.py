"""Wire: what the client sends and receives, with secrets masked; each answer is linked to its call."""

from __future__ import annotations

from typing import Any

from textual.app import ComposeResult

from tui import actions
from tui.model.panel import Panel
from tui.sections.panel_section import PanelSection
from tui.session.session import Session
from tui.session.wire import FrameEvent
from tui.widgets.event_panel import EventPanel
from tui.widgets.event_words import frame_spans
from tui.widgets.pane import Fact
from tui.widgets.value_pane import ValuePane

__all__ = ["WireSection"]


class WireSection(PanelSection):
    """One panel on the log of the wire. Opening it turns the log on; it stays on until a key turns it off."""

    BINDINGS = actions.bindings("wire")
    FOOTER_WORDS = {"nav.toggle": "pause", "nav.open": "open"}

    def __init__(self, session: Session, *, id: str | None = None) -> None:
        super().__init__(session, id=id)
        self._panel = EventPanel(Panel(session.wire), words=frame_spans, name="Wire", id="wire-panel")

    def compose(self) -> ComposeResult:
        yield self._panel
        yield ValuePane("Frame", id="event-detail")

    @property
    def panel(self) -> EventPanel:
        return self._panel

    def on_mount(self) -> None:
        self.detail.display = False
        self._panel.note = self._note
        self._turn(True)

    def enter(self) -> None:
        self._panel.content.focus()

    def _note(self) -> Fact | None:
        if (writing := self.note(self._panel)) is not None:
            return writing
        return None if self._session.wire.on else (f"off; {actions.key('wire.log')} logs again", "warning")

    def _turn(self, on: bool) -> None:
        self._session.wire.turn(on)
        self._panel.lines.empty = "logging: nothing was sent or received yet" if on else "off"

    def action_wire_log(self) -> None:
        """Logs, or stops: masking each frame takes a moment of the processor."""
        self._turn(not self._session.wire.on)

    def opened(self, panel: EventPanel, event: Any) -> tuple[Any, str]:
        other = self._session.wire.counterpart(event) if isinstance(event, FrameEvent) else None
        title = f"{event.kind} {event.id or ''}".strip()
        if other is None:
            return event.fields, title
        call, answer = (event, other) if event.outgoing else (other, event)
        return {"call": call.fields, "answer": answer.fields}, f"call and answer {event.id}"

    def action_wire_call(self) -> None:
        """Opens the method of the frame under the cursor."""
        event = self._panel.lines.event
        name = event.id if event is not None else None
        if isinstance(name, str) and self._session.method(name) is not None:
            self.post_message(self.CallWanted(name, None))
        else:
            self.notify("This frame belongs to no method of the server.", timeout=3)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "wire_call" or not self.detail.has_focus_within
