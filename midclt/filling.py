"""``--fill``: what ``${env:NAME}`` and ``${secret:NAME}`` stand for in the arguments, as in the app."""

from __future__ import annotations

import argparse
from typing import Any

from .exits import CommandError, ExitStatus

__all__ = ["add_fill_option", "filled"]


def add_fill_option(parser: argparse.ArgumentParser) -> None:
    """Add the option."""
    parser.add_argument(
        "--fill",
        action="store_true",
        help="put in what ${env:NAME} and ${secret:NAME} in the arguments stand for: a variable, and a secret that "
        "config.toml or the keyring names",
    )


def filled(options: argparse.Namespace, params: list[Any]) -> list[Any]:
    """The arguments to be sent. Raises `CommandError` for a placeholder without a value."""
    if not options.fill:
        return params
    from truenas_client.secrets.placeholders import fill
    from truenas_client.storage.named_secrets import look_up

    found = fill(params, look_up)
    if found.unfilled:
        raise CommandError("\n".join(f"{one.placeholder}: {one.message}" for one in found.unfilled), ExitStatus.USAGE)
    value: list[Any] = found.value
    return value
