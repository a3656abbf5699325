"""What leaves Explore: copies of a value, of the result, of the call as a command or script; and saved results."""

from __future__ import annotations

from collections.abc import Iterator

from textual import work

from truenas_client.values.forms import form_lines
from tui.cards.copies import Copy, call_copies, copy_one_of
from tui.model.export import Exported, Shown, rows_text
from tui.sections.calling import Calling

__all__ = ["Copying"]


class Copying(Calling):
    """A section whose call and result can be copied and saved."""

    @work(exclusive=True, group="copy")
    async def action_copy_menu(self) -> None:
        """Asks what to copy, and copies it."""
        await copy_one_of(self, list(self._copies()), self._method)

    @property
    def copies_something(self) -> bool:
        """Whether there is something to copy."""
        result = self.result_pane
        return bool(self._method) or result.shown is not None or result.error_text is not None

    def _copies(self) -> Iterator[Copy]:
        self.open_shown()
        result, views = self.result_pane, self.result_pane.views
        if (at := result.under_cursor()) is not None:
            path, value = at
            yield Copy.of("v", "value under the cursor", value, f"value of {path or 'the result'}")
            yield Copy.of("p", "path under the cursor", path, f"path {path}")
        if (call := result.shown) is not None:
            yield Copy("r", "the whole result", lambda: call.value, "result")
        elif (error := result.error_text) is not None:
            yield Copy.of("r", "the whole error", error, "error")
        if views is not None and views.table_view is not None and (table := views.part_shown) is not None:
            yield Copy("t", "the table, as Markdown", lambda: _markdown(table), "table")
        if (differences := result.differences) is not None:
            yield Copy("d", "the diff", lambda: "\n".join(differences.lines()), "diff")
        if method := self._method:
            yield Copy.of("a", "arguments", self.call_pane.text, "arguments")
            yield Copy.of("n", "name of the method", method, "name")
            self.call_pane.look()
            if (params := self.call_pane.draft.values) is not None:  # else no JSON, as the editor shows
                yield from call_copies(self._session, method, params)

    # Saving ------------------------------------------------------------------------

    @work(exclusive=True, group="save")
    async def action_result_save(self) -> None:
        """Asks where to save the result that is shown, and in which form."""
        call, differences, views = self.result_pane.shown, self.result_pane.differences, self.result_pane.views
        if call is None:
            self.notify("There is no result to save.", timeout=2)
            return
        if call.saved is not None:
            self.notify(f"It is saved already, all of it: {call.saved.path}", timeout=8)
            return
        from tui.cards.save_value import save_value

        if differences is not None:
            exported, heading = Exported("\n".join([*differences.lines(), ""]), "the diff"), "Save the diff"
        else:
            part = views.part_shown if views is not None else None
            exported, heading = Exported(call.value, rows_text(call.value), part), "Save the result"
        await save_value(self, self._session, exported, heading, self._method)


def _markdown(table: Shown) -> str:
    return "\n".join(form_lines(table.value, "markdown", columns=table.columns, human=True))
