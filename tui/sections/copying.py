"""What leaves Explore: copies of a value, of the result, of the call as a command or script; and saved results."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

from textual import work

from truenas_client.values.copy_as import Form, copied, forms_of
from truenas_client.values.forms import form_lines
from tui.cards.copy_menu import choose_copy
from tui.model.export import Exported, Shown, rows_text
from tui.sections.calling import Calling
from tui.session.copied import copied_call

__all__ = ["Copying"]

_LETTERS: dict[Form, tuple[str, str]] = {
    "midclt": ("m", "a midclt command"),
    "python": ("c", "a Python script"),
    "async": ("C", "a Python script with AsyncClient"),
    "jsonrpc": ("j", "a JSON-RPC frame"),
    "curl": ("u", "a curl command"),
}


class _Copy(NamedTuple):
    """A choice of the menu: its letter and words, what makes the text or value, and the words of the notice.

    ``make`` runs in a thread, so it reads no widget.
    """

    letter: str
    words: str
    make: Callable[[], Any]
    notice: str


class Copying(Calling):
    """A section whose call and result can be copied and saved."""

    @work(exclusive=True, group="copy")
    async def action_copy_menu(self) -> None:
        """Asks what to copy, and copies it."""
        choices = {choice.letter: choice for choice in self._copies()}
        if not choices:
            self.notify("Nothing to copy yet.", timeout=2)
            return
        letter = await choose_copy(self, [(choice.letter, choice.words) for choice in choices.values()])
        if letter is not None:
            from tui.cards.clipboard import copy

            chosen = choices[letter]
            await copy(self, await asyncio.to_thread(chosen.make), chosen.notice, self._method)

    @property
    def copies_something(self) -> bool:
        """Whether there is something to copy."""
        result = self.result_pane
        return bool(self._method) or result.shown is not None or result.error_text is not None

    def _copies(self) -> Iterator[_Copy]:
        self.open_shown()
        result, views = self.result_pane, self.result_pane.views
        if (at := result.under_cursor()) is not None:
            path, value = at
            yield _Copy("v", "value under the cursor", lambda: value, f"value of {path or 'the result'}")
            yield _Copy("p", "path under the cursor", lambda: path, f"path {path}")
        if (call := result.shown) is not None:
            yield _Copy("r", "the whole result", lambda: call.value, "result")
        elif (error := result.error_text) is not None:
            yield _Copy("r", "the whole error", lambda: error, "error")
        if views is not None and views.table_view is not None and (table := views.part_shown) is not None:
            yield _Copy("t", "the table, as Markdown", lambda: _markdown(table), "table")
        if (differences := result.differences) is not None:
            yield _Copy("d", "the diff", lambda: "\n".join(differences.lines()), "diff")
        if method := self._method:
            text = self.call_pane.text
            yield _Copy("a", "arguments", lambda: text, "arguments")
            yield _Copy("n", "name of the method", lambda: method, "name")
            yield from self._calls()

    def _calls(self) -> Iterator[_Copy]:
        self.call_pane.look()
        params = self.call_pane.draft.values
        if params is None:
            return  # no JSON, as the editor shows
        call, server = copied_call(self._session, self._method, params)
        more = ", secrets left out" if call.shown != params else ""
        if self._session.life.simulated:
            more += " (it needs this demo to run; the password is admin)"
        for form in forms_of(call, server):
            letter, words = _LETTERS[form]
            yield _Copy(letter, f"the call as {words}", partial(copied, form, call, server), words[2:] + more)

    # Saving ------------------------------------------------------------------------

    @work(exclusive=True, group="save")
    async def action_result_save(self) -> None:
        """Asks where to save the result that is shown, and in which form."""
        call, differences, views = self.result_pane.shown, self.result_pane.differences, self.result_pane.views
        if call is None:
            self.notify("There is no result to save.", timeout=2)
            return
        if call.saved is not None:
            self.notify(f"It is saved already, all of it: {call.saved.path}", timeout=8, markup=False)
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
