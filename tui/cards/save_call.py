"""The card that saves a call: its name, what it is for, and which of its values are asked for each time it runs."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from textual import on, work
from textual.app import ComposeResult
from textual.widget import Widget
from textual.widgets import Static

from truenas_client.exc import InvalidSavedCall
from truenas_client.methods.storable import secret_places, with_value
from truenas_client.secrets.placeholders import is_variable
from truenas_client.secrets.redact import MASK, holds_mask
from truenas_client.storage.saved_call import SavedCall, Variable, free_name
from tui import actions
from tui.cards.form import Entry, FieldsScreen
from tui.model.paths import shortened
from tui.model.variables import Leaf, leaves_of
from tui.session.saved import saved_calls
from tui.text import plain, safe
from tui.widgets.rows import Cell, Column, Row, Rows

__all__ = ["Draft", "SaveCallScreen", "save_call"]

MOST_ROWS = 8
HEAD = "Values that you mark are asked for each time it runs:"


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be saved; ``names`` are those of the method's arguments, ``described`` its known variables."""

    method: str
    params: list[Any]
    names: Sequence[str] = ()
    described: Mapping[str, Variable] | None = None
    name: str = ""
    description: str = ""


async def save_call(node: Widget, draft: Draft) -> str | None:
    """Asks over the screen of ``node``, and says where the call was saved. Returns its name. From a worker."""
    saved = await SaveCallScreen(draft).ask(node)
    if saved is not None:
        text = f"Saved as {saved}: {actions.key('go.saved')} lists it, midclt run {shlex.quote(saved)} runs it."
        node.notify(safe(text), timeout=6)
    return saved


class SaveCallScreen(FieldsScreen[str | None]):
    """Saves the call and dismisses with its name; None for escape."""

    BINDINGS = actions.bind(("nav.toggle", "mark"), priority=True)

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._leaves = leaves_of(draft.params, draft.names)
        secret = {path for path, _mask in secret_places(draft.method, draft.params, draft.names)}
        self._secret = {at for at, leaf in enumerate(self._leaves) if leaf.path in secret or holds_mask(leaf.value)}
        """The values that are never saved."""
        # What is empty still is meant to be filled in.
        self._open = {at for at, leaf in enumerate(self._leaves) if leaf.value == "" or is_variable(leaf.value)}
        super().__init__(
            f"Save the call  {draft.method}",
            "",
            [
                Entry("name", "Name", draft.name or draft.method, optional=True),
                Entry("about", "About", draft.description, about="what it is for", optional=True),
            ],
            yes="save",
            keys=[("nav.toggle", "ask each time, or not")] if self._leaves else [],
        )

    def below(self) -> ComposeResult:
        head = Static(plain(HEAD, "$foreground-muted"), id="head")
        columns = (Column(cells=3), Column(least=8, most=32), Column(flex=True), Column(least=6, most=24))
        rows = Rows(columns, id="values", empty="")
        rows.styles.height = min(len(self._leaves), MOST_ROWS)
        head.display = rows.display = bool(self._leaves)
        yield head
        yield rows

    def on_mount(self) -> None:
        self.query_one("#card").border_subtitle = plain(f"a file in {shortened(saved_calls().folder)}")
        self._renew()

    def _renew(self) -> None:
        names = self._names()
        rows = []
        for at, leaf in enumerate(self._leaves):
            asked = at in names or at in self._secret
            mark = Cell("[x]", "accent") if asked else Cell("[ ]", "dim")
            words = f"asked as {names[at]}" if at in names else "a secret: asked" if asked else ""
            value = MASK if at in self._secret else "" if asked else leaf.text
            rows.append(Row(str(at), (mark, leaf.label, Cell(value, "dim"), Cell(words, "accent"))))
        self.query_one(Rows).set_rows(rows)

    def _names(self) -> dict[int, str]:
        """The name of the variable for each value that is asked for."""
        names: dict[int, str] = {}
        for at in sorted(self._open):
            leaf = self._leaves[at]
            names[at] = _standing(leaf) or free_name(leaf.name, {*names.values(), *self._taken()})
        return names

    def _taken(self) -> set[str]:
        return {_standing(leaf) for leaf in self._leaves} | {*(self._draft.described or {})}

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        # In a field the space belongs to the text.
        return self.query_one(Rows).has_focus if action == "mark" else super().check_action(action, parameters)

    def action_mark(self) -> None:
        """Asks for the value under the cursor each time, or saves it."""
        rows = self.query_one(Rows)
        if rows.key is None:
            return
        at = int(rows.key)
        if _standing(self._leaves[at]) or at in self._secret:
            kind = "A secret is never saved" if at in self._secret else "It is a variable in the arguments"
            self.say(f"{kind}: it is asked for each time.")
            return
        self._open ^= {at}
        self._renew()

    @on(Rows.Chosen)
    def _chosen(self) -> None:
        self.action_accept()

    def made(self, values: Mapping[str, str]) -> SavedCall:
        """The call with this name and description, and the values as marked, without secrets.

        Raises `InvalidSavedCall`.
        """
        params, variables = self._draft.params, dict(self._draft.described or {})
        for at, name in self._names().items():
            leaf = self._leaves[at]
            params = with_value(params, leaf.path, f"${{var:{name}}}")
            if name not in variables and not _standing(leaf):
                variables[name] = Variable(name, leaf.type)
        call = SavedCall(values["name"], self._draft.method, params, values["about"], tuple(variables.values()))
        return call.without_secrets(self._draft.names)

    @work(exclusive=True, group="save")
    async def take(self, values: dict[str, str]) -> None:
        try:
            call, saved = self.made(values), saved_calls()
            exists = await asyncio.to_thread(lambda: saved.path(call.name).exists())
            if exists and not self.once_more(call.name):
                self.say(f"{call.name} exists: {actions.key('card.accept')} once more replaces it.")
                return
            await asyncio.to_thread(saved.put, call, replace=exists)
        except (InvalidSavedCall, OSError) as error:
            self.say(f"Not saved: {error.error if isinstance(error, InvalidSavedCall) else error}")
        else:
            self.dismiss(call.name)


def _standing(leaf: Leaf) -> str:
    """The name of the variable that a value is already; "" for any other."""
    return leaf.value[len("${var:") : -1].strip() if is_variable(leaf.value) else ""
