"""``midclt upload``: run a method that reads a file, and send it the file."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..exits import CommandError, ExitStatus
from ..filling import add_fill_option, given
from ..output import print_result
from ..shared_options import add_write_option

if TYPE_CHECKING:
    from truenas_client.aio.client import AsyncClient

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
    from ..streaming import Transfer, run_async

    path = Path(os.path.expanduser(options.file)).absolute()
    try:
        with path.open("rb"):
            pass
    except OSError as e:
        raise CommandError(f"{path} cannot be read: {e.strerror or e}", ExitStatus.USAGE) from e
    sent = given(options, options.arguments)
    transfer = Transfer()

    async def send(client: AsyncClient) -> Any:
        job = await client.upload(options.method, sent.params, path, progress=transfer.at)
        return await job.result()

    try:
        result = run_async(options, send, options.method, sent)
    finally:
        transfer.end()
    print_result(result)
    return ExitStatus.OK
