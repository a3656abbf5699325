"""The settings, one a line: changed here, in force at once, and written to their file.

What the file does not say has its default. The file itself opens in the user's editor. Invariant: what could not be
written is told, and holds until the app ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from textual import on, work
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Input, Static

from truenas_client.values.human import human_duration, human_size
from tui import actions
from tui.cards.card import CardScreen
from tui.model.paths import shortened
from tui.settings.file import NotWritten, SettingsFile, template
from tui.settings.values import SETTINGS, Setting, setting_of
from tui.text import plain
from tui.themes import OFFERED_THEMES
from tui.widgets.key_line import Hint
from tui.widgets.rows import Cell, Column, Row, Rows

__all__ = ["SettingsScreen"]


class SettingsScreen(CardScreen[None]):
    """``obey`` makes the app work by the settings, after each change."""

    TITLE = "Settings"
    GIVES_WAY, AROUND = "Rows", 9
    BINDINGS = actions.bind(
        *(("app.close", "leave"), ("app.settings", "leave"), ("text.editor", "edit"), ("form.drop", "reset")),
        *(("choice.previous", "step(-1)"), ("choice.next", "step(1)")),
    )

    def __init__(self, file: SettingsFile, obey: Callable[[], None]) -> None:
        super().__init__()
        self._file = file
        self._obey = obey

    def lines(self) -> ComposeResult:
        yield Rows((Column(cells=9, style="dim"), Column(most=30), Column(flex=True), Column(cells=11, style="dim")))
        yield Static("", id="about")
        yield Input(id="number", compact=True, type="integer")
        yield Static("", id="says")
        yield Hint(
            *(("choice.previous choice.next", "change"), ("form.drop", "reset")),
            *(("text.editor", "edit the file"), ("card.leave", "close")),
        )

    def on_mount(self) -> None:
        path = self._file.path
        where = plain(shortened(path) if path is not None else "for this run only")
        self.query_one("#card").border_subtitle = where
        self._renew()
        self._tell_faults()

    # What is shown

    def _renew(self) -> None:
        self.query_one(Rows).set_rows(list(self._rows()))
        self._explain()

    def _rows(self) -> Iterator[Row]:
        group = ""
        for setting in SETTINGS:
            heading = setting.group if setting.group != group else ""
            group = setting.group
            named = self._file.names(setting.key)
            cell = Cell(self._words(setting), "chosen" if named else "")
            yield Row(setting.key, (heading, setting.title, cell, "in the file" if named else ""))

    def _words(self, setting: Setting) -> str:
        value = self._value(setting)
        if setting.switches:
            return "on" if value else "off"
        if setting.unit == "bytes":
            return human_size(value, decimal=True)
        if setting.key == "keymap" and (own := len(self._file.own_keys)):
            return f"{value} + {own} own"
        return human_duration(value) if setting.unit == "seconds" else f"{value:,}" if setting.most else str(value)

    def _value(self, setting: Setting) -> Any:
        value = getattr(self._file.settings, setting.name)
        return self.app.theme if setting.key == "theme" else value

    @property
    def _setting(self) -> Setting | None:
        """The setting under the cursor."""
        return setting_of(self.query_one(Rows).key or "")

    @on(Rows.Highlighted)
    def _explain(self) -> None:
        setting = self._setting
        text = actions.worded(setting.about, typing=False) if setting is not None else ""
        self.query_one("#about", Static).update(Content(text))
        self.query_one(Input).display = False

    def _tell_faults(self) -> None:
        faults = self._file.all_problems
        path = str(self._file.path)
        first = faults[0].replace(path, self._file.path.name if self._file.path else "") if faults else ""
        self.say(f"{first}; and {len(faults) - 1} more" if len(faults) > 1 else first)

    def say(self, text: str, style: str = "warning", *, done: Sequence[str] = ()) -> None:
        super().say(text, style, done=done)
        self.query_one("#says").display = bool(text)

    # Changing

    def action_step(self, by: int) -> None:
        setting = self._setting
        if setting is None:
            return
        if setting.most:
            self._ask_number(setting)
            return
        value = self._value(setting)
        choices: tuple[Any, ...] = setting.choices or ((False, True) if setting.switches else OFFERED_THEMES)
        at = choices.index(value) if value in choices else -1
        self._put(setting, choices[(at + by) % len(choices)])

    @on(Rows.Chosen)
    def _chosen(self) -> None:
        self.action_step(1)

    def _ask_number(self, setting: Setting) -> None:
        field = self.query_one(Input)
        field.value = str(self._value(setting))
        field.display = True
        field.focus()

    @on(Input.Submitted)
    def _typed(self, event: Input.Submitted) -> None:
        event.stop()
        setting = self._setting
        assert setting is not None
        typed = event.value or "0"
        try:
            value = setting.checked(int(typed) if typed.isdecimal() else typed)
        except ValueError as error:
            self.say(f"It {error}.")
            return
        self._close_number()
        self._put(setting, value)

    def _close_number(self) -> None:
        self.query_one(Input).display = False
        self.query_one(Rows).focus()

    def action_reset(self) -> None:
        setting = self._setting
        if setting is not None and self._file.names(setting.key):
            self._put(setting, None)

    def _put(self, setting: Setting, value: Any) -> None:
        try:
            self._file.put(setting.key, value)
        except NotWritten as error:
            self.say(f"Not written: {error}")
        else:
            self._tell_faults()
        self._obey()
        self._renew()

    @work(exclusive=True)
    async def action_edit(self) -> None:
        """Opens the file in the user's editor."""
        from tui.lent_terminal import NotShown, edited_by_program

        before = self._file.text or template()
        try:
            after = await edited_by_program(self.app, before, name="truenas-tui.toml")
            if after != before:
                self._file.write(after)
        except (NotShown, NotWritten) as error:
            self.say(f"Not edited: {error}.")
            return
        self._tell_faults()
        self._obey()
        self._renew()

    def action_leave(self) -> None:
        if self.query_one(Input).has_focus:
            self._close_number()
        else:
            super().action_leave()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        # While a number is typed, arrows and letters belong to it.
        typing = self.query_one(Input).has_focus
        return not typing if action in ("step", "reset", "edit") else super().check_action(action, parameters)
