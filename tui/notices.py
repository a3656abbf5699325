"""Toasts that cannot stop the app.

Textual asks whether a notification has expired, and a moment later sets a timer to what it has left. When it expired in
between, that is less than nothing, and a timer of a negative time goes round for ever without giving way to anything.

Invariant: a notice has some time left whenever it is asked.
"""

from dataclasses import dataclass

from textual.notifications import Notification

__all__ = ["Notice"]

LEAST_SECONDS = 0.001


@dataclass
class Notice(Notification):
    """A notification of this app."""

    @property
    def time_left(self) -> float:
        """Seconds until it goes, at least a little."""
        return max(super().time_left, LEAST_SECONDS)

    @property
    def has_expired(self) -> bool:
        """Whether its time is over."""
        return super().time_left <= 0
