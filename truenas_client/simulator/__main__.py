"""``python -m truenas_client.simulator``: run the simulator as a program.

When ready it prints one line of JSON on stdout; SIGINT and SIGTERM stop it.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from pathlib import Path
from typing import Any

from .fault_table import explained
from .link import MOST_UNSENT
from .listening import run_command, stop_signal
from .release import RELEASES
from .simulator import Simulator

__all__ = ["add_options", "main", "serve"]

EPILOG = """\
faults (times are simulated seconds; `simulator.*` methods set and end them while it runs):
{faults}

what is assumed, where no recording says:
  25.04 is 25.10, save that it knows no new-style jobs and answers no options; its wrong one-time
  password, account without access and `ping` of the old protocol are as on 25.10.
  27 is 26 save where a server of 27 was seen to differ; its services and events are those of 26.
  24.10 answers 404 under /api/. Which methods need no login follows the catalogue of the release.
  The demo's methods are the same on every release: schemas and data are written once, and a release
  is a table of differences in the protocol. Serve a catalogue to have another list of methods.
  Methods that only a served catalogue has check their arguments and answer something made up from
  their `returns`; times in it are ISO 8601 text.
  A full administrator signed in with a password or key has every role that any method here names.
  The allow list of the web interface holds for WebSockets, and never for the UNIX socket.
  A key sent to /_upload over an unprotected way is revoked, as when signing in with it.
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Describe the program and its options."""
    parser.description = "A simulated TrueNAS. When ready it prints one line of JSON: addresses, users, keys."
    parser.epilog = EPILOG.format(faults=explained())
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--listen", default="127.0.0.1:0", metavar="HOST:PORT", help="where to listen (0: any port)")
    parser.add_argument("--unix", metavar="PATH", help="listen on this UNIX socket as well")
    parser.add_argument("--tls", action="store_true", help="listen with TLS as well, on a port of its own")
    parser.add_argument("--release", default="26", choices=sorted(RELEASES), help="which release to be")
    parser.add_argument("--catalogue", metavar="FILE", help="serve this core.get_methods answer (.json or .json.gz)")
    parser.add_argument("--seed", type=int, default=0, help="decides everything random")
    parser.add_argument("--speed", type=float, default=1.0, help="simulated seconds in a real one")
    parser.add_argument(
        "--most-unsent",
        type=int,
        default=MOST_UNSENT,
        metavar="OCTETS",
        help="drop a client that leaves more than this unread when more is to leave (default: %(default)s)",
    )
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="NAME[:KEY=VALUE,...]",
        help="let something go wrong; may be given several times (see below)",
    )


def read_catalogue(path: Path) -> dict[str, Any]:
    """Read a ``core.get_methods`` answer. Raises OSError or ValueError."""
    data = path.read_bytes()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    catalogue = json.loads(data)
    if not isinstance(catalogue, dict) or not all(
        isinstance(item, dict) and "accepts" in item for item in catalogue.values()
    ):
        raise ValueError("not an object of method entries")
    return catalogue


async def _serve(arguments: argparse.Namespace) -> None:
    stop = stop_signal()
    catalogue = None if arguments.catalogue is None else read_catalogue(Path(arguments.catalogue))
    nas = Simulator(
        arguments.listen,
        arguments.unix,
        arguments.release,
        catalogue,
        arguments.seed,
        arguments.speed,
        tls=arguments.tls,
        most_unsent=arguments.most_unsent,
    )
    for spec in arguments.fault:
        nas.faults.parse(spec)
    async with nas:
        print(json.dumps(nas.info()), flush=True)
        await stop.wait()


def main(argv: list[str] | None = None) -> int:
    """Run until a signal; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m truenas_client.simulator")
    add_options(parser)
    return serve(parser.parse_args(argv))


def serve(arguments: argparse.Namespace) -> int:
    """Run until a signal; the exit status. ``arguments`` are those of `add_options`."""
    return run_command("simulator", _serve(arguments))


if __name__ == "__main__":
    sys.exit(main())
