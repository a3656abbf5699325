"""``midclt version``: the versions of this program and of the server."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ..exits import ExitStatus

if TYPE_CHECKING:
    from truenas_client.sync.client import Client

__all__ = ["ON_SEVERAL", "add_options", "run"]

ON_SEVERAL = (None,)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Describe the command and its options."""
    from ..shared_options import add_fleet_option, add_output_options

    parser.description = "Show the version of this program and of the server (midclt --version asks no server)."
    add_fleet_option(parser)
    add_output_options(parser)


def run(options: argparse.Namespace) -> ExitStatus:
    """Print the versions. Without a server that answers, its own and the reason."""
    import platform

    import truenas_client
    from truenas_client.exc import ClientException

    from ..access import signed_in
    from ..exits import CommandError, status_of
    from ..output import report, tell
    from ..showing import show, show_answer

    if options.on is not None:
        return show_answer(options, lambda one, client: _add_server({}, one, client))
    row: dict[str, object] = {"midclt": truenas_client.__version__, "python": platform.python_version()}
    status = ExitStatus.OK
    try:
        with signed_in(options) as client:
            _add_server(row, options, client)
    except CommandError as e:
        status = e.status
        tell([str(e)], verbose=options.verbose)
    except ClientException as e:
        status = status_of(e)
        report(e, verbose=options.verbose)
    show(row, options)
    return status


def _add_server(row: dict[str, object], options: argparse.Namespace, client: Client) -> dict[str, object]:
    from ..access import call_timeout

    row |= {"address": client.endpoint.text, "protocol": "JSON-RPC" if client.dialect == "jsonrpc" else "old"}
    row["server"] = client.call("system.version", timeout=call_timeout(options))
    return row
