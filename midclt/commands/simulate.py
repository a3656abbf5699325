"""``midclt simulate``: a simulated TrueNAS, with the options of ``python -m truenas_client.simulator``.

This is the only place of midclt that imports the simulator, and only when it is asked for.
"""

from __future__ import annotations

import argparse

from ..exits import ExitStatus

__all__ = ["add_options", "run"]


def add_options(parser: argparse.ArgumentParser) -> None:
    """Describe the command and its options."""
    from truenas_client.simulator.__main__ import add_options

    add_options(parser)


def run(options: argparse.Namespace) -> ExitStatus:
    """Serve until Ctrl-C or SIGTERM, which end it with success."""
    from truenas_client.simulator.__main__ import serve

    return ExitStatus(serve(options))
