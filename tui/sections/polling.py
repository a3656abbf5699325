"""The base of the sections that read again and again while they can be seen."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

from textual import work

from tui.cards.toast import tell_failure
from tui.model.failure import Locked, explain
from tui.sections.section import Section
from tui.session.readings import Readings
from tui.session.session import Session
from tui.session.stores import Call
from tui.widgets.pulse import on_pulse

__all__ = ["Polling"]


class Polling(Section):
    """Reads while it is on screen, and rests while another section or connection is shown."""

    def __init__(self, session: Session, readings: Readings, *, id: str | None = None) -> None:
        super().__init__(session, id=id)
        self._readings = readings

    @abstractmethod
    def pull(self) -> None:
        """Draws what is new; ten times a second while the section can be seen."""

    def on_mount(self) -> None:
        on_pulse(self, self._beat)

    def on_unmount(self) -> None:
        self._readings.rest()

    def _beat(self) -> None:
        if self.display and self.screen in self.app.screen_stack:
            self._readings.watch()
            self.pull()
        elif self._readings.watching:
            self._readings.rest()

    @work(exclusive=True, group="send")
    async def change(self, source: str, method: str, params: Sequence[Any], notes: Sequence[str] = ()) -> None:
        """Makes a write, once it was reviewed, and reads the source anew that shows what became of it."""
        await self.send(source, method, params, notes)

    def may_write(self, method: str) -> bool:
        """Whether writes are allowed, to be asked before the user fills in a form; says so where they are not."""
        if self._session.caller.writable:
            return True
        locked = Locked(f"{method} changes the server, and this session is read-only.")
        tell_failure(self, explain(locked, method=method), "warning")
        return False

    async def send(self, source: str, method: str, params: Sequence[Any], notes: Sequence[str] = ()) -> Call | None:
        """As `change`, from a worker; None where the call was not made, or failed."""
        # Imported when it is wanted: many only read.
        from tui.cards.sending import send_reviewed

        def edit() -> None:
            self.post_message(self.CallWanted(method, list(params)))

        call = await send_reviewed(self, self._session, method, params, notes, edit=edit)
        if call is not None:
            self._readings.refresh(source)
        return call
