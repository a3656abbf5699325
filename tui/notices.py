"""Toasts: each belongs to the connection that tells it, and none of them can stop the app. What no connection tells is
seen everywhere.

A toast of a connection in the background waits until that connection is shown, and its time begins then.

Textual asks whether a notification has expired, and a moment later sets a timer to what it has left. When it expired in
between, that is less than nothing, and a timer of a negative time goes round for ever without giving way to anything.

Invariants: a notice has some time left whenever it is asked; a connection clears its own notices only.
"""

from __future__ import annotations

import time
from collections import defaultdict
from typing import TYPE_CHECKING

from textual._context import active_message_pump
from textual.app import ScreenStackError
from textual.notifications import Notification, Notifications, SeverityLevel
from textual.widgets._toast import ToastHolder, ToastRack

from tui.modes import mode_of
from tui.remapped import RemappedApp
from tui.text import safe_lines

if TYPE_CHECKING:
    from textual.driver import Driver

__all__ = ["Notice", "NoticesApp"]

LEAST_SECONDS = 0.001


class Notice(Notification):
    """A notification of this app. While it ``waits`` it is not on screen, and its time has not begun."""

    waits = False

    @property
    def time_left(self) -> float:
        """Seconds until it goes, at least a little."""
        return self.timeout if self.waits else max(super().time_left, LEAST_SECONDS)

    @property
    def has_expired(self) -> bool:
        """Whether its time is over."""
        return not self.waits and super().time_left <= 0

    def begin(self) -> None:
        """It is on screen from now on."""
        if self.waits:
            self.waits = False
            self.raised_at = time.time()


class NoticesApp(RemappedApp):
    """An app whose toasts stay with the connection whose widgets raised them; other toasts are shown everywhere."""

    def __init__(self, driver_class: type[Driver] | None = None) -> None:
        self._boards: defaultdict[str, Notifications] = defaultdict(Notifications)
        self.private_modes: set[str] = set()
        """The modes that have notices of their own."""
        super().__init__(driver_class=driver_class)

    @property
    def _told_in(self) -> str:
        """The mode of the widget from which this is called; "" for all modes."""
        mode = mode_of(active_message_pump.get(self))
        return mode if mode in self.private_modes else ""

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """Shows a toast of the connection whose widget calls this. It is never read as markup, whatever is asked."""
        seconds = self.NOTIFICATION_TIMEOUT if timeout is None else timeout
        mode = self._told_in
        waits = mode not in ("", self.current_mode)
        notice = Notice("\n".join(safe_lines(message)), title, severity, seconds, markup=False)
        notice.waits = waits
        self._boards[mode].add(notice)
        if not waits:
            self._refresh_notifications()

    def clear_notifications(self) -> None:
        """Takes away the toasts of the connection from whose widgets this is called, and those seen everywhere."""
        for mode in {self._told_in, ""}:
            self._boards.pop(mode, None)
        self._refresh_notifications()

    def _refresh_notifications(self) -> None:
        super()._refresh_notifications()
        self.call_later(self._remove_empty_holders)

    def _remove_empty_holders(self) -> None:
        """Takes away what is around a toast, with its task: Textual leaves it where it takes a toast away itself."""
        try:
            holders = self.screen.query(ToastHolder)
        except ScreenStackError:
            return
        kept = {ToastRack._toast_id(one) for one in self._notifications}
        for holder in holders:
            if holder.id not in kept:
                holder.remove()

    # What Textual shows and takes away:

    @property
    def _notifications(self) -> Notifications:
        """Those to be seen in the mode that is shown; their time begins now."""
        seen = Notifications()
        for mode in ("", self.current_mode):
            for notice in self._boards[mode]:
                if isinstance(notice, Notice):
                    notice.begin()
                seen.add(notice)
        return seen

    @_notifications.setter
    def _notifications(self, made: Notifications) -> None:
        """Textual's own, made as it starts, are not used."""

    def _unnotify(self, notification: Notification, refresh: bool = True) -> None:
        for board in self._boards.values():
            del board[notification]
        if refresh:
            self._refresh_notifications()
