"""``midclt download``: run a method that writes a file, and store the file."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..exits import CommandError, ExitStatus
from ..filling import add_fill_option, given
from ..output import say
from ..shared_options import add_write_option

if TYPE_CHECKING:
    from truenas_client.aio.client import AsyncClient
    from truenas_client.aio.files import Downloaded

__all__ = ["add_options", "run"]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Describe the command and its options."""
    parser.description = (
        "Run a method that writes a file (such as config.save) and store that file. It gets its name when all of it is "
        "there and the job has succeeded; until then it is .NAME.part. Only you can read it."
    )
    parser.add_argument("-O", "--output", metavar="FILE", required=True, help="where; - is standard output")
    parser.add_argument("--replace", action="store_true", help="replace FILE if it exists")
    parser.add_argument("--buffered", action="store_true", help="have the job end before the transfer begins")
    add_fill_option(parser)
    add_write_option(parser)
    parser.add_argument("method", nargs="+", metavar="METHOD", help="the method, then its arguments as in call")


def run(options: argparse.Namespace) -> ExitStatus:
    """Fetch the file."""
    from ..streaming import Transfer, run_async

    method, *words = options.method
    sent = given(options, words)
    to_output = options.output == "-"
    path = Path(os.path.expanduser(options.output)).absolute()
    if not to_output and path.exists() and not path.is_dir() and not options.replace:
        raise CommandError(f"{path} exists: name another file, or give --replace", ExitStatus.USAGE)
    if to_output and (sys.stdout is None or sys.stdout.isatty()):
        where = "standard output, which is closed" if sys.stdout is None else "the terminal"
        raise CommandError(f"-O - writes the file itself to {where}: redirect it", ExitStatus.USAGE)
    transfer = Transfer()

    async def fetch(client: AsyncClient) -> Downloaded:
        return await client.download(
            method,
            sent.params,
            "download" if to_output else path.name,
            to=sys.stdout.buffer if to_output else path,
            buffered=options.buffered,
            overwrite=options.replace,
            progress=transfer.at,
        )

    try:
        got = run_async(options, fetch, method, sent)
    except FileExistsError as e:
        raise CommandError(f"{e.filename} exists: name another file, or give --replace", ExitStatus.USAGE) from e
    finally:
        transfer.end()
    if to_output:
        sys.stdout.buffer.flush()
    else:
        say(f"{got.path}: {got.size} bytes")
    return ExitStatus.OK
