"""``midclt upload``: run a method that reads a file, and send it the file."""

from __future__ import annotations

import argparse

from ..exits import ExitStatus
from ..filling import add_fill_option
from ..shared_options import add_write_option

__all__ = ["add_options", "run"]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Describe the command and its options."""
    parser.description = "Run a method that reads a file (such as filesystem.put), send it FILE, print its result."
    add_fill_option(parser)
    add_write_option(parser)
    parser.add_argument("method", metavar="METHOD")
    parser.add_argument("file", metavar="FILE")
    parser.add_argument("arguments", metavar="ARGUMENT", nargs="*", help="the arguments of the method, as in call")


def run(options: argparse.Namespace) -> ExitStatus:
    """Send the file, and wait for the job."""
    import os
    from pathlib import Path
    from typing import Any

    from truenas_client.aio.client import AsyncClient

    from ..access import secret_before_input
    from ..arguments import call_arguments
    from ..exits import CommandError
    from ..filling import filled
    from ..output import print_result
    from ..streaming import Transfer, run_async

    path = Path(os.path.expanduser(options.file)).absolute()
    try:
        with path.open("rb"):
            pass
    except OSError as e:
        raise CommandError(f"{path} cannot be read: {e.strerror or e}", ExitStatus.USAGE) from e
    secret = secret_before_input(options) if "-" in options.arguments else None
    params = filled(call_arguments(options.arguments))[0] if options.fill else call_arguments(options.arguments)
    transfer = Transfer()

    async def send(client: AsyncClient) -> Any:
        job = await client.upload(options.method, params, path, progress=transfer.at)
        return await job.result()

    try:
        result = run_async(options, send, method=options.method, params=params, secret=secret)
    finally:
        transfer.end()
    print_result(result)
    return ExitStatus.OK
