"""The card before a call that changes something: what is sent, where to, and for risky ones the name to type."""

from __future__ import annotations

import json
from typing import Any, Literal

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from tui.text import plain, safe
from tui.widgets.key_line import Hint
from tui.widgets.text_view import TextView

__all__ = ["Answer", "ReviewScreen", "name_to_type"]

Answer = Literal["send", "edit", "back"]


def name_to_type(params: list[Any], host: str) -> str:
    """What a risky call is confirmed with: the resource it names first, else the host."""
    first = params[0] if params else None
    if isinstance(first, dict):
        first = first.get("name")
    if isinstance(first, str) and 0 < len(first) <= 60 and first == safe(first):
        return first
    return str(first) if isinstance(first, int) and not isinstance(first, bool) else host


class ReviewScreen(ModalScreen[Answer]):
    """Shows one call; enter sends it, e goes back to the arguments, escape just goes back."""

    CSS_PATH = "../styles/modals.tcss"

    BINDINGS = [
        Binding("escape", "answer('back')", "Back"),
        Binding("e", "answer('edit')", "Edit"),
        Binding("enter", "answer('send')", "Send"),
        Binding("ctrl+j,ctrl+enter,f5", "answer('send')", "Send", show=False),
    ]

    def __init__(
        self, *, host: str, method: str, params: list[Any], risk: str, roles: tuple[str, ...], job: bool
    ) -> None:
        super().__init__()
        self._host = host
        self._method = method
        self._params = params
        self._risk = risk
        self._roles = roles
        self._job = job
        self._name = name_to_type(params, host) if risk == "risk" else ""

    def compose(self) -> ComposeResult:
        style = "$text-error" if self._risk == "risk" else "$text-warning"
        with Vertical(id="card", classes=f"-{self._risk}"):
            yield Static(
                Content.assemble(
                    (safe(self._method), "bold"),
                    "   ",
                    (self._risk, f"{style} bold"),
                    "   job" if self._job else "",
                    "   ",
                    (safe(" or ".join(self._roles[:3])), "$foreground-muted"),
                )
            )
            yield TextView(id="arguments")
            if self._name:
                yield Static(Content.assemble("Type ", (self._name, "bold"), " to send it"), id="ask")
                yield Input(id="name", compact=True)
            yield Hint(("enter", "send"), ("e", "edit"), ("esc", "back"))

    def on_mount(self) -> None:
        card = self.query_one("#card")
        card.border_title = plain(f"Review  {self._host}")
        arguments = self.query_one(TextView)
        text = "\n".join(json.dumps(argument, indent=2, ensure_ascii=False, default=str) for argument in self._params)
        text = text or "no arguments"
        arguments.set_text(text)
        arguments.styles.height = min(text.count("\n") + 1, 16)
        (self.query_one("#name") if self._name else arguments).focus()

    @on(Input.Submitted)
    def _typed(self, event: Input.Submitted) -> None:
        self.action_answer("send")

    def action_answer(self, answer: Answer) -> None:
        if answer == "send" and self._name and self.query_one("#name", Input).value.strip() != self._name:
            card = self.query_one("#card")
            card.border_subtitle = plain(f"not {self._name} yet")
            self.query_one("#name").focus()
            return
        self.dismiss(answer)
