"""The card that asks for the variables of a call before it is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from textual.dom import DOMNode

from truenas_client.secrets.value import Secret
from truenas_client.storage.saved_call import Type, Variable
from tui.cards.form import Entry, FormScreen

__all__ = ["Answers", "ask_variables"]

ABOUT: Mapping[Type, str] = {
    "text": "",
    "number": "a number",
    "json": 'JSON: true, 5, "text", ["a"]',
    "secret": "not kept",
}


@dataclass(frozen=True, slots=True)
class Answers:
    """The values of variables, the secrets among them apart; ``typed`` is how the others were typed."""

    values: dict[str, Any]
    secrets: dict[str, Secret]
    typed: dict[str, str]


async def ask_variables(
    node: DOMNode, title: str, variables: Sequence[Variable], typed: Mapping[str, str]
) -> Answers | None:
    """Asks over the screen of ``node``; ``typed`` is what was typed the last time. None for escape. From a worker."""
    entries = [_entry(variable, typed.get(variable.name, variable.default or "")) for variable in variables]
    text = "This call is made with:" if len(variables) > 1 else "This call is made with one value:"
    given = await FormScreen(title, text, entries, yes="go on").ask(node)
    if given is None:
        return None
    texts = {variable: given[_id(variable)] for variable in variables}
    return Answers(
        {one.name: one.value(text) for one, text in texts.items() if one.type != "secret"},
        {one.name: Secret(text) for one, text in texts.items() if one.type == "secret"},
        {one.name: text for one, text in texts.items() if one.type != "secret"},
    )


def _entry(variable: Variable, value: str) -> Entry:
    secret = variable.type == "secret"
    about = "   ".join(part for part in (variable.description, ABOUT[variable.type]) if part)
    return Entry(
        _id(variable), variable.name, "" if secret else value, about=about, secret=secret,
        exact=True, check=variable.value,
    )  # fmt: skip


def _id(variable: Variable) -> str:
    return f"variable-{variable.name}"
