"""Secrets as values, and where they are kept.

A `Secret` shows asterisks; only `Secret.reveal` returns its text. A reference names the
place of a secret. It is no secret itself and may be stored, shown and logged.
`storage.secret_store` follows references; nothing here does I/O.

Invariant: no repr, str, format or pickle of anything here contains a secret. `as_table` of
a `Text` does, because the user chose to keep that secret in clear text.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from . import MASK

__all__ = [
    "MASK",
    "Ask",
    "Command",
    "Environment",
    "File",
    "Keyring",
    "Reference",
    "Secret",
    "Text",
    "as_table",
    "from_table",
]


class Secret:
    """A text that is not shown. An empty one is false. Two are equal when their texts are."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself. Call it only where the secret is sent or stored."""
        return self._text

    def __repr__(self) -> str:
        return "Secret('********')"

    def __str__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(
            self._text.encode("utf-8", "surrogatepass"), other._text.encode("utf-8", "surrogatepass")
        )

    __hash__ = None  # type: ignore[assignment]  # a hash would let an observer compare texts

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not to be written anywhere")


@dataclass(frozen=True, slots=True)
class Keyring:
    """The secret is in the keyring of the system, under this name."""

    account: str

    def __str__(self) -> str:
        return f"the keyring, as {self.account}"


@dataclass(frozen=True, slots=True)
class File:
    """The secret is the content of this file, without the line end. ``~`` is the home folder."""

    path: str

    def __str__(self) -> str:
        return f"the file {self.path}"


@dataclass(frozen=True, slots=True)
class Environment:
    """The secret is in this environment variable."""

    variable: str

    def __str__(self) -> str:
        return f"the environment variable {self.variable}"


@dataclass(frozen=True, slots=True)
class Command:
    """The secret is the output of this program, run without a shell."""

    words: tuple[str, ...]

    def __str__(self) -> str:
        # Only the program: a user may have written a secret into its arguments.
        return f"what {self.words[0]} prints"


@dataclass(frozen=True, slots=True)
class Ask:
    """The secret is not stored: the user is asked each time."""

    def __str__(self) -> str:
        return "asked for each time"


@dataclass(frozen=True, slots=True)
class Text:
    """The secret itself, in clear text, because the user chose that."""

    secret: Secret = field(repr=False)

    def __str__(self) -> str:
        return "clear text in the configuration"


Reference = Keyring | File | Environment | Command | Ask | Text


def as_table(reference: Reference) -> str | dict[str, Any]:
    """The form in a configuration file. For a `Text` it contains the secret."""
    match reference:
        case Keyring(account):
            return {"keyring": account}
        case File(path):
            return {"file": path}
        case Environment(variable):
            return {"env": variable}
        case Command(words):
            return {"command": list(words)}
        case Text(secret):
            return {"text": secret.reveal()}
        case _:
            return "ask"


def from_table(value: object) -> Reference:
    """Read the form that `as_table` makes. Raises ValueError with the right form, without any part of the value."""
    if value == "ask":
        return Ask()
    if isinstance(value, Mapping) and len(value) == 1:
        ((kind, content),) = value.items()
        if kind == "command":
            if isinstance(content, list) and content and all(isinstance(word, str) and word for word in content):
                return Command(tuple(content))
            raise ValueError('a command is a list of words, as in { command = ["op", "read", "op://vault/nas/key"] }')
        if isinstance(content, str) and content:
            match kind:
                case "keyring":
                    return Keyring(content)
                case "file":
                    return File(content)
                case "env":
                    return Environment(content)
                case "text":
                    return Text(Secret(content))
    raise ValueError(
        'use "ask" or one of { keyring = "name" }, { file = "~/path" }, { env = "VARIABLE" }, '
        '{ command = ["program", "argument"] }, { text = "in clear" }'
    )
