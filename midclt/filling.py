"""``--fill``: what ``${env:NAME}`` and ``${secret:NAME}`` stand for in the arguments, as in the app."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .exits import CommandError, ExitStatus

if TYPE_CHECKING:
    from truenas_client.secrets.placeholders import Placeholder
    from truenas_client.secrets.value import Secret

__all__ = ["add_fill_option", "filled"]


def add_fill_option(parser: argparse.ArgumentParser) -> None:
    """Add the option."""
    parser.add_argument(
        "--fill",
        action="store_true",
        help="put in what ${env:NAME} and ${secret:NAME} in the arguments stand for: a variable, and a secret that "
        "config.toml or the keyring names",
    )


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
