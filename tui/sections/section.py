"""The base of every section of the workspace. `tui.section_specs` lists the sections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from textual import work
from textual.dom import DOMNode
from textual.message import Message
from textual.widget import Widget

from tui.cards.abort import abort_job, tell_abort
from tui.model.job import Job
from tui.sections.splits import Resizing
from tui.session.session import Session
from tui.widgets.lines import LineView
from tui.widgets.pulse import PULSE_SECONDS
from tui.widgets.rows import Rows

if TYPE_CHECKING:
    from truenas_client.storage.saved_call import Variable

__all__ = ["Run", "Section"]

Run = Literal["no", "reads", "all"]


class Section(Resizing):
    """A child of the workspace's switcher, for one session. It asks with a card itself (`tui.cards`)."""

    FOOTER_WORDS: ClassVar[Mapping[str, str]] = {}
    """The footer's words for actions that mean something else here."""
    _focused: Widget | None = None

    @dataclass
    class CallElsewhere(Message):
        """This call is to be made on another open connection."""

        method: str
        text: str

    @dataclass
    class CallWanted(Message):
        """A method is to be opened with these arguments, where methods are; see `Calling.open_call`."""

        method: str
        params: list[Any] | None
        run: Run = "reads"
        variables: Sequence[Variable] = ()

    @dataclass
    class ItemWanted(Message):
        """A row of another section is to be shown."""

        section: str
        key: str

    def __init__(self, session: Session, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._session = session

    def enter(self) -> None:
        """Comes on screen for the first time: puts the focus where the work begins."""

    def leave(self) -> None:
        """Goes off screen; remembers the focus."""
        focused = self.screen.focused
        self._focused = focused if focused is not None and self in focused.ancestors else None

    def return_to(self) -> None:
        """Comes on screen again, with the focus where it was."""
        focused = self._focused
        if focused is not None and focused.is_attached and focused.focusable:
            # Not by focus(), which waits for its turn: the next action may have moved the focus by then.
            self.screen.set_focus(focused)
        else:
            self.enter()

    def place(self, where: str) -> DOMNode | None:
        """The node on which the actions of a place run; None where there is none now.

        For None the section has notified the user.
        """
        return self

    def show_item(self, key: str) -> None:
        """Puts the cursor on a row, where a list of this section has one with that key."""

        def look() -> None:
            if self._move_to(key):
                timer.stop()

        # A list is filled a moment after its section was made.
        timer = self.set_interval(PULSE_SECONDS, look, repeat=20)

    def _move_to(self, key: str) -> bool:
        rows = next((rows for rows in self.query(Rows) if rows.move_to(key)), None)
        if rows is not None:
            rows.focus()
        return rows is not None

    def shows_job(self, key: str) -> bool:
        """Whether the user sees here how a job (`Job.key`) ended."""
        return False

    def back(self) -> bool:
        """Goes back one level; False at the top."""
        return False

    def readable(self) -> tuple[str, Any] | None:
        """A name for what the cursor is in, and its text or value; None where there is nothing to read."""
        view = self.screen.focused
        if not isinstance(view, LineView):
            return None
        cells = view.scrollable_content_region.width
        lines = ("".join(span.text for span in view.line_spans(at, cells)) for at in range(view.line_count()))
        return "list", "".join(f"{line.rstrip()}\n" for line in lines)

    def edit(self) -> bool:
        """Opens what is written here in the user's editor; False when nothing is."""
        return False

    def cancel(self) -> bool:
        """Cancels what is in flight; False when nothing is."""
        return False

    def _watch(self, job: Job) -> None:
        """Watches a job, or not any more."""
        jobs = self._session.jobs
        wanted = job.id not in jobs.watched
        jobs.watch(job.id, wanted)
        self.notify(f"Job #{job.id}: {'its end will be told here' if wanted else 'not watched any more'}.", timeout=2)

    @work(exclusive=True, group="abort")
    async def _abort(self, job: Job) -> None:
        if await abort_job(self, self._session, job):
            self._tell_abort(job)

    @work(group="aborted")
    async def _tell_abort(self, job: Job) -> None:
        await tell_abort(self, self._session, job)
