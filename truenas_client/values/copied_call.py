"""A call to be written down elsewhere, and where it goes: its arguments without secrets, ready for `copy_as`.

What the core would mask in the arguments becomes a placeholder, ``${secret:NAME}``; a variable of a saved call, which
is asked for in the app, becomes ``${env:NAME}``, because a command or a script does not ask. Invariant: no text in
`CopiedCall.shown` is a secret; arguments without secrets and variables are in it unchanged.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from truenas_client import ejson
from truenas_client.endpoint import Endpoint
from truenas_client.secrets.placeholders import Placeholder, changed, changed_texts, find, unmasked
from truenas_client.secrets.redact import mask_places, redact_call, redact_text
from truenas_client.secrets.shapes import is_reference

if TYPE_CHECKING:
    from truenas_client.storage import Profile

__all__ = ["CopiedCall", "Server", "named_secrets", "plain_name", "variable_of"]


@dataclass(frozen=True, slots=True)
class Server:
    """Where the call goes. ``profile`` has a name where it is saved; ``endpoint`` is the address in full."""

    profile: Profile
    endpoint: Endpoint


@dataclass(frozen=True, slots=True)
class CopiedCall:
    """The call: ``params`` as the user wrote them, ``names`` those of the method's arguments.

    ``file`` says whether a file comes or goes with it, ``filename`` which; ``writes`` whether a read-only profile is to
    let it through.
    """

    method: str
    params: Sequence[Any]
    names: Sequence[str] = ()
    job: bool = False
    file: Literal["", "download", "upload"] = ""
    filename: str = ""
    writes: bool = False
    shown: list[Any] = field(init=False, repr=False)
    """The arguments with placeholders in place of secrets."""

    def __post_init__(self) -> None:
        plain = json.loads(ejson.dumps(list(self.params)))
        named = named_secrets(self.method, plain, self.names)
        object.__setattr__(self, "shown", changed_texts(named, _from_environment))

    @property
    def hides(self) -> bool:
        """Whether a secret was left out of the arguments."""
        written = {str(placeholder) for _, placeholder in find(list(self.params))}
        return any(one.kind == "secret" and str(one) not in written for _, one in find(self.shown))


def named_secrets(method: str, params: list[Any], names: Sequence[str] = ()) -> list[Any]:
    """A copy of the arguments, with a placeholder in place of each secret and of each mask."""
    taken: dict[str, int] = {}

    def placeholder(name: str) -> str:
        word = re.sub(r"[^A-Za-z0-9]+", "-", f"{method}-{name}").strip("-")
        taken[word] = taken.get(word, 0) + 1
        return f"${{secret:{word}{f'-{taken[word]}' if taken[word] > 1 else ''}}}"

    def walk(value: Any, masked: Any, name: str) -> Any:
        if isinstance(value, dict) and isinstance(masked, dict):
            # Placeholders in names would not be filled in, so a secret there is left out.
            return {redact_text(key): walk(member, masked.get(key), key) for key, member in value.items()}
        if isinstance(value, list) and isinstance(masked, list) and len(value) == len(masked):
            return [walk(item, shown, name) for item, shown in zip(value, masked, strict=True)]
        if not isinstance(masked, str) or value == "" or (isinstance(value, str) and is_reference(value)):
            return value
        return unmasked(masked, iter(lambda: placeholder(name), "")) if mask_places(masked) else value

    shown = redact_call(method, params, names)
    return [
        walk(*both, names[at] if at < len(names) else "") for at, both in enumerate(zip(params, shown, strict=True))
    ]


def _from_environment(text: str) -> str:
    """A text with ``${env:NAME}`` in place of each variable: elsewhere there is no app that asks for it."""

    def read(one: Placeholder) -> Placeholder:
        return replace(one, kind="env", name=variable_of(one.name)) if one.kind == "var" else one

    return changed(text, read) if "${var:" in text else text


def variable_of(name: str) -> str:
    """The variable of the environment for a name."""
    return re.sub(r"\W+", "_", name, flags=re.ASCII).upper()


def plain_name(name: str) -> str:
    """A user's name for a message or a comment."""
    return re.sub(r"[^\w.@-]", "?", name)
