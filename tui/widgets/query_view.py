"""`QueryView`: the arguments of a query as a where line, columns, an order, a limit, an offset and what is answered.

The last line shows the JSON that the fields make, or the mistake in the field, with carets below it. Each key edits the
draft's text; while a field is wrong the draft stays as it was.
"""

from __future__ import annotations

from json import dumps
from typing import Any

from textual import events, on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.suggester import Suggester
from textual.widgets import Input, Static

from truenas_client.methods.catalogue import Method
from truenas_client.methods.fieldnames import fields, unknown_fields
from truenas_client.methods.queryarguments import parts_of
from truenas_client.methods.querytext import Unsayable
from tui.model.draft import Draft, Patch, arguments_text
from tui.model.known import Known
from tui.model.querydraft import (
    ANSWERS,
    TEXTS,
    QueryError,
    QueryTexts,
    params_of,
    suggested,
    texts_of,
    unsayable_text,
    where_of,
)
from tui.text import plain, safe, width
from tui.widgets.choice import Choice
from tui.widgets.draft_view import DraftView
from tui.widgets.form_row import FormRow

__all__ = ["QueryView"]

LABEL = 9
"""Cells of the labels at the left."""
_SHORT = ("limit", "offset")
_HINTS = {
    "where": "name = tank and (size > 1T or status in ONLINE, DEGRADED)",
    "columns": "all of them, or name, scan.state",
    "order": "name, or -size for the largest first",
    "limit": "all",
    "offset": "0",
}
_SIGNS = "= != < <= > >=  in nin (list)  rin rnin (holds)  ~ ^ $ (text)  C any case"
_FIELDS_SHOWN = 40
_MOST_JSON = 2000


class _Names(Suggester):
    """Completes the name of a field."""

    def __init__(self, field: str, view: QueryView) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._field, self._view = field, view

    async def get_suggestion(self, value: str) -> str | None:
        return suggested(self._field, value, self._view.names)


class _Where(Input):
    """The where line. Lines that are pasted become one, and filters in JSON their text."""

    def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        text = where_of(event.text)
        self.replace(" ".join(event.text.split()) if text is None else text, *self.selection)


class QueryView(DraftView):
    """Shows and edits the draft of a method that takes filters and options."""

    DEFAULT_CSS = """
    QueryView VerticalScroll { height: 1fr; scrollbar-size-vertical: 1; }
    QueryView .made { width: 1fr; color: $foreground-muted; }
    QueryView FormRow .label { width: 9; }
    QueryView FormRow:focus-within > .label { color: $text-primary; text-style: bold; }
    QueryView .short { width: 10; }
    QueryView FormRow .second { width: 8; }
    QueryView #json-row, QueryView #signs-row, QueryView #fields-row { height: auto; }
    QueryView Choice { width: auto; }
    QueryView .carets { display: none; color: $text-error; }
    QueryView .carets.-wrong { display: block; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.names: tuple[str, ...] = ()
        """The fields of the rows, as the schema of the result tells them."""
        self._draft = Draft()
        self._made: list[Any] | None = None
        self._ready = False
        self._unsayable = False
        self._wrong: QueryError | None = None

    def compose(self) -> ComposeResult:
        with VerticalScroll(can_focus=False):
            for name in ("where", "columns", "order"):
                yield FormRow(name, self._field(name))
                yield Static(id=f"query-{name}-carets", classes="carets")
            offset, answer = (Static(name, classes="label second") for name in ("offset", "answer"))
            choice = Choice(ANSWERS, id="query-answer")
            yield FormRow("limit", self._field("limit"), offset, self._field("offset"), answer, choice)
            for name, id, text in (("makes", "json", ""), ("signs", "signs", _SIGNS), ("fields", "fields", "")):
                yield FormRow(name, Static(plain(text), id=f"query-{id}", classes="made"), id=f"{id}-row")

    def _field(self, name: str) -> Input:
        return (_Where if name == "where" else Input)(
            id=f"query-{name}",
            compact=True,
            placeholder=_HINTS[name],
            classes="short" if name in _SHORT else "",
            suggester=None if name in _SHORT else _Names(name, self),
        )

    def on_mount(self) -> None:
        self._ready = True
        self._show()

    def focus_view(self) -> None:
        field = self.query_one("#query-where", Input) if self._ready else None
        if field is None or field.disabled:
            self.call_after_refresh(self._focus_first)
        else:
            field.focus()

    def _focus_first(self) -> None:
        self.query_one("#query-where", Input).focus()

    # Showing

    def show_draft(self, draft: Draft, known: Known) -> None:
        self._draft = draft
        if self._ready:
            self._show()

    def _show(self) -> None:
        method, params = self._draft.method, self._draft.params
        if method is None:
            return
        names = tuple(fields(method))
        if names != self.names:
            self.names = names
            more = f" and {len(names) - _FIELDS_SHOWN} more" if len(names) > _FIELDS_SHOWN else ""
            self.query_one("#query-fields", Static).update(plain(f"{', '.join(names[:_FIELDS_SHOWN])}{more}"))
            self.query_one("#fields-row").display = bool(names)
        if params is None:
            self._say_unsayable(f"The arguments are not JSON: {self._draft.unsendable}. Mend them there first.")
            return
        if params == self._made:
            return  # what these fields made
        try:
            texts = texts_of(method.name, params)
        except Unsayable as error:
            self._say_unsayable(unsayable_text(error))
            return
        self._made = params
        self._set_disabled(False)
        with self.prevent(Input.Changed, Choice.Changed):
            for name in TEXTS:
                self.query_one(f"#query-{name}", Input).value = getattr(texts, name)
            self.query_one(Choice).chosen = ANSWERS.index(texts.answer)
        self._tell(None)

    def _set_disabled(self, disabled: bool) -> None:
        self._unsayable = disabled
        for field in self.query(Input):
            field.disabled = disabled
        self.query_one(Choice).disabled = disabled

    def _say_unsayable(self, text: str) -> None:
        self._made = self._wrong = None
        self._set_disabled(True)
        self.query(".carets").remove_class("-wrong")
        self._say("", text)

    def _say(self, label: str, text: str) -> None:
        """What the fields make, or what is to be said of them."""
        self.query_one("#json-row .label", Static).update(label)
        self.query_one("#query-json", Static).update(plain(text))

    def _tell(self, error: QueryError | None) -> None:
        """The JSON that the fields make, or what is wrong in one of them."""
        self._wrong = error
        self.query(".carets").remove_class("-wrong")
        method = self._draft.method
        if error is None:
            # Of a thousand ids in a filter the beginning is enough.
            made = dumps(self._made, ensure_ascii=False)[:_MOST_JSON]
            unknown = _unknown(method, self._made) if method is not None and self._made is not None else ""
            self._say("makes", f"{made}  {unknown}" if unknown else made)
            return
        field = self.query_one(f"#query-{error.field}", Input)
        self._say("", f"{error.field} {error.position + 1}: {error}")
        at = LABEL + width(safe(field.value[: error.position])) - field.scroll_offset.x
        wrong = field.value[error.position : error.position + error.length]
        if error.field not in _SHORT and at >= LABEL:
            carets = self.query_one(f"#query-{error.field}-carets", Static)
            carets.update(plain(" " * at + "^" * max(width(safe(wrong)), 1)))
            carets.add_class("-wrong")

    # Editing

    @property
    def unfinished(self) -> str:
        return f"{self._wrong.field} {self._wrong.position + 1}: {self._wrong}" if self._wrong is not None else ""

    @property
    def texts(self) -> QueryTexts:
        """What stands in the fields."""
        given: dict[str, Any] = {name: self.query_one(f"#query-{name}", Input).value for name in TEXTS}
        return QueryTexts(**given, answer=ANSWERS[self.query_one(Choice).chosen])

    @on(Input.Changed)
    @on(Choice.Changed)
    def _changed(self, event: Input.Changed | Choice.Changed) -> None:
        event.stop()
        method, params = self._draft.method, self._draft.params
        if method is None or params is None or self._unsayable:
            return
        try:
            made = params_of(method.name, self.texts, params)
        except QueryError as error:
            self._tell(error)
            return
        self._made = made
        if made != params:
            self.post_message(self.Edited(Patch(0, len(self._draft.text), arguments_text(made))))
        self._tell(None)

    @on(Input.Submitted)
    @on(Choice.Submitted)
    def _submitted(self, event: Input.Submitted | Choice.Submitted) -> None:
        event.stop()
        self.post_message(self.RunWanted())


def _unknown(method: Method, params: list[Any]) -> str:
    """What to say of a field that the rows do not have; the server would answer no rows without a word. "" for none."""
    filters, options, _ = parts_of(method.name, params)
    for field, near in unknown_fields(method, filters, options):
        return f"The rows have no field {field}" + (f". Near it: {', '.join(near)}" if near else "")
    return ""
