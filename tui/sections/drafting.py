"""`Drafting`: the part of Explore where arguments are written: in the views of the call pane, in the user's editor."""

from __future__ import annotations

from textual import on, work

from tui import actions
from tui.sections.calling import Calling
from tui.text import safe
from tui.widgets.call_pane import DOCS
from tui.widgets.docs import Docs
from tui.widgets.docs_box import DocsBox
from tui.widgets.draft_view import DraftView

__all__ = ["Drafting"]


class Drafting(Calling):
    """Acts on the draft in the call pane."""

    async def action_call_view(self) -> None:
        view = self.call_pane.next_view
        if self.open_shown():
            return
        self._close_drawer()
        self.call_pane.show(view)
        # The same key may follow at once: it works where the focus is.
        await self.call_pane.mounted()
        self.call_pane.focus_view()

    def action_edit_problem(self) -> None:
        self.action_pane_args()
        self.call_pane.editor.action_next_problem()
        if (view := self.call_pane.draft_view) is not None:
            view.go_to(self.call_pane.editor.caret)

    def action_edit_complete(self) -> None:
        self.action_pane_args()
        self.call_pane.editor.action_complete()

    @property
    def _docs_box(self) -> DocsBox | None:
        """The docs that have the focus."""
        return next((box for box in self.query(DocsBox) if box.has_focus_within), None)

    @property
    def _focused_view(self) -> DraftView | None:
        """The view of the draft that has the focus."""
        return self.call_pane.draft_view if self.call_pane.has_focus_within else None

    @on(Docs.DraftWanted)
    def _draft_wanted(self, event: Docs.DraftWanted) -> None:
        event.stop()
        if event.method != self._method:
            self.open_method(event.method)
        self.call_pane.put_draft(event.params)
        self.notify(f"The example replaced the arguments; {actions.key('edit.undo')} restores them.", timeout=4)

    @on(DraftView.RunWanted)
    def _run_wanted(self, event: DraftView.RunWanted) -> None:
        event.stop()
        self.action_call_run()

    @on(DraftView.ChoiceWanted)
    @work(exclusive=True, group="choice")
    async def _choose(self, event: DraftView.ChoiceWanted) -> None:
        from tui.cards.choose import ChooseScreen

        answer = await ChooseScreen(event.title, event.entries).ask(self)
        self.call_pane.focus_view()
        if answer is not None:
            event.take(answer)

    def edit(self) -> bool:
        reading = self.result_pane.has_focus_within or self.call_pane.view == DOCS
        if not self._method or (reading and self.readable() is not None):
            return False
        self._edit()
        return True

    @work(exclusive=True, group="save")
    async def action_call_save(self) -> None:
        """Asks for a name, and saves the method with its arguments."""
        # Imported when it is wanted: few calls are saved.
        from tui.cards.save_call import Draft, save_call

        if self.open_shown():
            return
        method, params = self.call_pane.method, self.call_pane.draft.values
        if method is None or params is None:
            self.notify(f"{safe(self.call_pane.draft.unsendable)}: mend that first.", severity="warning")
            return
        names = [param.name for param in method.params]
        await save_call(self, Draft(method.name, params, names, self._described.get(method.name)))

    @work(exclusive=True, group="editor")
    async def _edit(self) -> None:
        """Edits the arguments in the user's editor."""
        # Imported when they are wanted: few calls are written so.
        from tui.lent_terminal import NotShown, edited_by_program
        from tui.model.document import document, read_document
        from tui.model.draft import arguments_text

        method, params, text = self.call_pane.method, self.call_pane.draft.values, self.call_pane.text
        if method is None or params is None:
            self.notify(f"{safe(self.call_pane.draft.unsendable)}: mend that first.", severity="warning")
            return
        before = document(method, params)
        try:
            after = await edited_by_program(self.app, before)
        except NotShown as e:
            self.notify(f"Not edited: {safe(str(e))}.", severity="warning")
            return
        if after == before or self.call_pane.method is not method or self.call_pane.text != text:
            return
        written, values = read_document(after, params)
        self.call_pane.put_text(written if values is None else arguments_text(values))
