"""The log of the wire: the newest texts both ways, masked, as a feed that a panel of events can show.

Off until a panel wants it. Invariants: what is kept holds neither a secret that the client knows (`engine.tap`) nor
one that this session has put in; there are at most as many as the settings say, and as many bytes as a feed may keep.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from truenas_client.engine.tap import Frame, Tap
from tui.model.feed import Feed, FeedEvent
from tui.settings.values import in_force

__all__ = ["FrameEvent", "WireLog"]


@dataclass(slots=True)
class FrameEvent(FeedEvent):
    """A text as an event: ``id`` is its method or the event's name, ``fields`` its content."""

    outgoing: bool = False
    size: int = 0
    seconds: float | None = None
    message_id: str | None = None


class WireLog(Feed):
    """The frames that the client sends and receives while logging is on."""

    make = FrameEvent

    def __init__(self, tap: Tap, mask: Callable[[Any], Any]) -> None:
        super().__init__("wire", in_force().frames)
        self._tap = tap
        self._mask = mask

    @property
    def on(self) -> bool:
        """Whether texts are logged."""
        return self._tap.tell is not None

    def turn(self, on: bool) -> None:
        """Begins or ends logging; what is there stays. A gap marks where nothing was logged."""
        if on and not self.on and self.events:
            self.mark("gap")
        self._tap.tell = self._take if on else None
        self.live = on
        self.version += 1

    def _take(self, frame: Frame) -> None:
        facts = {name: getattr(frame, name) for name in ("outgoing", "size", "seconds", "message_id")}
        self.add(frame.kind, frame.method or None, self._mask(frame.value), **facts)

    def counterpart(self, event: FrameEvent) -> FrameEvent | None:
        """The call of an answer, or the answer of a call, while it is in the log."""
        if event.message_id is None:
            return None
        alike = (other for other in self.events if other.message_id == event.message_id)
        return next((other for other in alike if other.outgoing is not event.outgoing), None)
