"""`ArgumentsEditor`: the JSON editor with completion.

The list of completions opens by itself while a key or a value is typed, or with a key. While it is open, up and down
choose, tab accepts, escape closes; enter is as without it until an arrow key was used. The first choice is also shown
behind the caret, dimmed, where nothing else stands on the line; right takes that one.
In a string, enter goes on to the next place that waits, or behind the string.

`complete` is given by the owner, a pure function of text, offset and whether the keys that may follow are wanted where
a value has no choices. It is asked when the keys rest, when the list is wanted and when a choice is accepted, never
while typing goes on: until then the list is only narrowed. `pasted` is given likewise: it makes new arguments of
a paste, or None where the paste belongs at the caret.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from textual import events
from textual.geometry import Offset
from textual.message import Message

from tui import actions
from tui.model.completion import Candidate, Completions, accept, narrowed
from tui.model.draft import Patch
from tui.model.jsontext import Path
from tui.model.sizetext import size_at
from tui.text import safe, width
from tui.widgets.completion import CompletionList
from tui.widgets.json_editor import JsonEditor
from tui.widgets.json_tokens import harmless

__all__ = ["ArgumentsEditor"]

_CLOSING = ']}," '


class ArgumentsEditor(JsonEditor):
    """Edits the arguments of a method. Give it `complete`; it posts `Completed` when it wrote a choice."""

    BINDINGS = actions.bind(("edit.complete", "complete"), "edit.accept")

    @dataclass
    class Completed(Message):
        """A choice was written; `to_fill` are the paths of what waits to be filled in because of it."""

        to_fill: tuple[Path, ...]

    def __init__(self, choices: CompletionList, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.complete: Callable[[str, int, bool], Completions | None] = lambda _text, _caret, _onward: None
        self.pasted: Callable[[str, int, int, str], Patch | None] = lambda _text, _start, _end, _pasted: None
        self._onward = False
        self._choices = choices
        choices.accept = self.action_accept
        self._open: Completions | None = None
        self._begin = (0, 0)
        self._arrowed = False
        self._listed_for: str | None = None
        self._listed_width = 0
        self._typed = ""

    def action_next_problem(self) -> None:
        self.close_choices()
        if self.problems or self.gaps:
            super().action_next_problem()
        else:
            self.app.notify("No problems, and nothing to fill in.", timeout=2)

    def scroll_from_top(self) -> None:
        """Shows the beginning of the text, or no further down than the caret needs."""
        self.scroll_to(y=0, animate=False, force=True, immediate=True)
        self.scroll_cursor_visible()

    # The list

    @property
    def choosing(self) -> bool:
        """Whether the list is open."""
        return self._open is not None

    def action_complete(self) -> None:
        """Lists the completions at the caret, however much of them is typed already; a size becomes its bytes."""
        text = self.text
        if (size := size_at(text, self.caret)) is not None:
            start, end, count = size
            self.replace(str(count), self.location_of(start), self.location_of(end), maintain_selection_offset=False)
            return
        found = self.complete(text, self.caret, True)
        if found is None or not found.candidates:
            self.close_choices()
            self.app.notify("No completions here.", timeout=2)
            return
        at = _index_of(found.candidates, text[found.start : found.end])
        candidates = narrowed(found.candidates, found.typed)
        if at is not None or not candidates:
            # After a choice that was made already, and where the typed text matches nothing, any may be wanted.
            candidates = list(found.candidates)
        if found.start > self.caret:
            # Keys that may follow: the next text is one of them, not more of the value.
            self.move_cursor(self.location_of(found.start))
        self._show(found, candidates, cursor=at or 0, onward=True)

    def action_accept(self) -> None:
        """Writes the choice under the cursor."""
        choice = self._choices.current
        self.close_choices()
        if choice is None:
            return
        text = self.text
        found = self.complete(text, self.caret, self._onward)
        at = _index_of(found.candidates, choice.text) if found is not None else None
        if found is None or at is None:
            return
        choice = found.candidates[at]
        insertion = accept(text, found, choice)
        before, selected = harmless(insertion.before), harmless(insertion.selected)
        written = before + selected + harmless(insertion.after)
        start, end = self.location_of(insertion.start), self.location_of(insertion.end)
        self._typed = ""
        self.replace(written, start, end, maintain_selection_offset=False)
        first = insertion.start + len(before)
        if selected or choice.value is not None or choice.branch is not None:
            self.select(first, first + len(selected))
        self.post_message(self.Completed(insertion.to_fill))
        if found.wants == "key" and not found.has_value:
            self._offer_value()

    def close_choices(self) -> bool:
        """Closes the list; False when none was open."""
        if self._open is None:
            return False
        self._open = None
        self._choices.hide()
        self.suggestion = ""
        self.refresh_bindings()
        return True

    def footer_words(self) -> dict[str, str]:
        """The footer's words for keys here."""
        return {"edit.complete": "complete"} | ({"app.back": "close"} if self.choosing else {})

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        # With the list closed, tab leaves the editor as it leaves every field.
        return self.choosing if action == "accept" else super().check_action(action, parameters)

    def _offer(self) -> None:
        """Opens the list by itself, after typing that may be completed."""
        typed, self._typed = self._typed, ""
        if self.choosing or not typed or not self.has_focus or not self.selection.is_empty:
            return
        row, column = self.cursor_location
        line = self.document.get_line(row)
        if line[max(column - len(typed), 0) : column] != typed:
            return
        # After a colon a value is due; elsewhere at least a letter or a quote must have been typed.
        colon = line[:column].rstrip().endswith(":")
        if not colon and not (typed[-1].isalnum() or typed[-1] in "\"_.-$'!<>=~^" or typed.endswith("${")):
            return
        text = self.text
        found = self.complete(text, self.caret, False)
        if found is None:
            return
        quoted = text[found.start : found.start + 1] == '"'
        candidates = [
            one
            for one in narrowed(found.candidates, found.typed)
            if one.text.startswith('"') or (not quoted and (found.typed or one.value is None))
        ]
        # A word that is complete needs no list, nor one that was closed at its end.
        if candidates and not (found.typed and candidates[0].text == text[found.start : found.end]):
            self._show(found, candidates)

    def _offer_value(self) -> None:
        """Lists the choices for a value that was just begun, at the one it was begun with."""
        text, caret = self.text, self.caret
        found = self.complete(text, caret, False)
        if found is None or found.wants != "value":
            return
        listed = [one for one in found.candidates if one.value is None]
        if listed:
            self._show(found, listed, cursor=_index_of(listed, text[found.start : found.end]) or 0)

    def _show(self, found: Completions, candidates: list[Candidate], *, cursor: int = 0, onward: bool = False) -> None:
        self._open = found
        self._onward = onward
        self._arrowed = False
        self._begin = self.location_of(found.start)
        self._listed_width = self.size.width
        self._list(candidates, cursor)
        self.refresh_bindings()

    def _list(self, candidates: Sequence[Candidate], cursor: int = 0) -> None:
        self._listed_for = self._typed_so_far()
        row, column = self.cursor_location
        typed = self.document.get_line(row)[self._begin[1] : column]
        caret = self.cursor_screen_offset
        self._choices.show_at(Offset(max(caret.x - width(safe(typed)), 0), caret.y), candidates, cursor=cursor)
        self._suggest()

    def _typed_so_far(self) -> str | None:
        """The part of the word before the caret, None when the caret left it."""
        row, column = self.cursor_location
        begin_row, begin = self._begin
        if row != begin_row or column < begin:
            return None
        typed = self.document.get_line(row)[begin:column]
        word = typed.removeprefix('"')
        if typed.startswith("${"):
            return None if '"' in word or "}" in word else word
        return None if '"' in word or (not typed.startswith('"') and any(one in word for one in ",:]} \t")) else word

    def _suggest(self) -> None:
        """Shows the rest of the choice behind the caret, where only what closes follows on the line."""
        row, column = self.cursor_location
        choice, typed = self._choices.current, self._typed_so_far()
        rest = self.document.get_line(row)[column:]
        self.suggestion = ""
        if choice is None or not typed or not self.selection.is_empty or rest.strip(_CLOSING):
            return
        if choice.word.startswith(typed) and choice.word == safe(choice.word) == harmless(choice.word):
            self.suggestion = choice.word[len(typed) :]

    # Keys and edits

    async def _on_key(self, event: events.Key) -> None:
        back, takes = event.key in actions.keys_of("app.back"), self._arrowed and event.key == "enter"
        if self.choosing and (back or takes):
            event.stop()
            event.prevent_default()
            if back:
                self.close_choices()
            else:
                self.action_accept()
            return
        if event.character is not None and event.is_printable:
            self._typed = (self._typed + event.character)[-40:]
        elif event.key != "backspace":
            self._typed = ""

    def leave_string(self) -> bool:
        """Goes on to the next place to fill in, where there is one."""
        left = super().leave_string()
        if left and (gap := next((gap for gap in self.gaps if gap.start >= self.caret), None)) is not None:
            self.select_inside(gap.start, gap.end)
        return left

    async def _on_paste(self, event: events.Paste) -> None:
        # Otherwise what a text area does with a paste follows.
        if self._take_paste(event.text):
            event.stop()
            event.prevent_default()

    def action_paste(self) -> None:
        if not self._take_paste(self.app.clipboard):
            super().action_paste()

    def _take_paste(self, paste: str) -> bool:
        """Puts a paste where it belongs; False where that is the caret."""
        text = self.text
        start, end = sorted(self.offset_of(place) for place in self.selection)
        patch = self.pasted(text, start, end, paste)
        if patch is None:
            return False
        first, last = self.location_of(patch.start), self.location_of(patch.end)
        self.replace(patch.text, first, last, maintain_selection_offset=False)
        if (patch.start, patch.end) == (0, len(text)):
            undo = actions.key("edit.undo")
            self.app.notify(f"The pasted text replaced the arguments; {undo} restores them.", timeout=4)
        return True

    def action_cursor_up(self, select: bool = False) -> None:
        if self.choosing and not select:
            self._arrow(-1)
        else:
            super().action_cursor_up(select)

    def action_cursor_down(self, select: bool = False) -> None:
        if self.choosing and not select:
            self._arrow(1)
        else:
            super().action_cursor_down(select)

    def action_cursor_right(self, select: bool = False) -> None:
        if self.suggestion and not select:
            self.action_accept()
        else:
            super().action_cursor_right(select)

    def _arrow(self, lines: int) -> None:
        self._arrowed = True
        self._choices.step(lines)
        self._suggest()

    def on_text_area_changed(self) -> None:
        if self._open is None:
            return
        typed = self._typed_so_far()
        if typed is not None and typed == self._listed_for:
            return  # the change that the list was opened for
        candidates = narrowed(self._open.candidates, typed) if typed is not None else []
        if candidates:
            self._list(candidates)
        else:
            self.close_choices()

    def on_text_area_selection_changed(self) -> None:
        # A caret that left the word wants nothing of it any more.
        if self._open is not None and self._typed_so_far() is None:
            self.close_choices()

    def on_blur(self) -> None:
        self.close_choices()

    def on_resize(self, event: events.Resize) -> None:
        if event.size.width != self._listed_width:
            self.close_choices()
        elif self.choosing:
            # A line appeared on the screen: once all is laid out, the caret may be elsewhere.
            self.call_after_refresh(self._follow_caret)

    def _follow_caret(self) -> None:
        if self.choosing:
            self._list(self._choices.candidates, self._choices.cursor)

    def load_text(self, text: str) -> None:
        super().load_text(text)
        self._typed = ""
        self.close_choices()

    def rested(self) -> None:
        self._offer()
        super().rested()


def _index_of(candidates: Sequence[Candidate], text: str) -> int | None:
    """Which of them has this text in JSON."""
    return next((index for index, one in enumerate(candidates) if one.text == text), None)
