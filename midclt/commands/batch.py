"""``midclt batch``: many calls in one run, from lines of standard input, ten of them at a time."""

from __future__ import annotations

import argparse

from ..shared_options import add_lines_options

__all__ = ["WORK", "add_options"]

WORK = "batching"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Describe the command and its options."""
    parser.description = (
        "Call a method once for each line of standard input, or make the calls that the lines hold, after one login. "
        "Prints a line of JSON for each: index (the number of its line), ok, and result or error."
    )
    parser.epilog = (
        'examples: midclt batch pool.dataset.create --each \'{"name": "tank/{}"}\' < names.txt; midclt batch '
        '--failed again.ndjson < calls.ndjson, where each line is like {"method": "core.ping", "params": []}'
    )
    parser.add_argument("method", metavar="METHOD", nargs="?", help="none: the lines name the methods")
    add_lines_options(parser)
    parser.add_argument("-j", "--job", action="store_true", help="the methods are jobs: wait for their results")
