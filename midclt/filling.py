"""The arguments that a command sends, as its words and options give them, and the secrets among them.

``--fill`` puts in what ``${env:NAME}`` and ``${secret:NAME}`` stand for, as the app does. Invariant: a secret that was
put in is masked where an error says it back.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from .exits import CommandError, ExitStatus

if TYPE_CHECKING:
    from truenas_client.exc import ClientException
    from truenas_client.secrets.placeholders import Placeholder
    from truenas_client.secrets.value import Secret

__all__ = ["Given", "add_fill_option", "filled", "given", "mask"]


class Given(NamedTuple):
    """Arguments, the secrets among them, and the password where it was read from standard input before them."""

    params: list[Any]
    hidden: Sequence[Secret] = ()
    password: Secret | None = None


def add_fill_option(parser: argparse.ArgumentParser) -> None:
    """Add the option."""
    parser.add_argument(
        "--fill",
        action="store_true",
        help="put in what ${env:NAME} and ${secret:NAME} in the arguments stand for: a variable, and a secret that "
        "config.toml or the keyring names",
    )


def given(options: argparse.Namespace, words: Sequence[str]) -> Given:
    """The arguments that the words of a command line stand for. Raises `CommandError`."""
    from .access import secret_before_input
    from .arguments import call_arguments

    password = secret_before_input(options) if "-" in words else None
    params = call_arguments(words)
    return Given(*filled(params), password) if getattr(options, "fill", False) else Given(params, password=password)


def filled(
    params: list[Any], lookup: Callable[[Placeholder], Secret | str] | None = None
) -> tuple[list[Any], tuple[Secret, ...]]:
    """The arguments to be sent, and the secrets in them. Raises `CommandError` for a placeholder without a value."""
    from truenas_client.secrets.placeholders import fill
    from truenas_client.storage.named_secrets import look_up

    found = fill(params, lookup or look_up)
    if found.unfilled:
        reasons = dict.fromkeys(f"{one.placeholder}: {one.message}" for one in found.unfilled)
        raise CommandError("\n".join(reasons), ExitStatus.USAGE)
    return found.value, found.secrets


def mask(error: ClientException, hidden: Sequence[Secret]) -> None:
    """Mask secrets in an error that is to be printed."""
    if not hidden:
        return
    from truenas_client.secrets.redact import redact_text

    error.error = redact_text(error.error or "", hidden)
    formatted = error.trace.get("formatted") if isinstance(error.trace, dict) else None
    error.trace = {"formatted": redact_text(formatted, hidden)} if isinstance(formatted, str) else None
    error.extra = None
