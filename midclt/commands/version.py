"""``midclt version``: the versions of this program and of the server."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ..access import signed_in
from ..exits import CommandError, ExitStatus
from ..shared_options import add_fleet_option, add_output_options
from ..showing import show, show_answer

if TYPE_CHECKING:
    from truenas_client.sync.client import Client

__all__ = ["add_options", "run"]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Describe the command and its options."""
    parser.description = "Show the version of this program and of the server (midclt --version asks no server)."
    add_fleet_option(parser)
    add_output_options(parser)


def run(options: argparse.Namespace) -> ExitStatus:
    """Print the versions. Without a server that answers, its own and the reason."""
    import platform

    import truenas_client
    from truenas_client.exc import ClientException

    from ..failure import told

    if options.on is not None:
        return show_answer(options, lambda one, client: _add_server({}, one, client))
    row: dict[str, object] = {"midclt": truenas_client.__version__, "python": platform.python_version()}
    status = None
    try:
        with signed_in(options) as client:
            _add_server(row, options, client)
    except (CommandError, ClientException) as e:
        status = told(e, options)
    show(row, options)
    return status or ExitStatus.OK


def _add_server(row: dict[str, object], options: argparse.Namespace, client: Client) -> dict[str, object]:
    row |= {"address": client.endpoint.text, "protocol": "JSON-RPC" if client.dialect == "jsonrpc" else "old"}
    row["server"] = client.call("system.version")
    return row
