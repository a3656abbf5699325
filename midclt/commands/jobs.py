"""``midclt jobs``: list jobs, follow one by its number, stop one, read its log."""

from __future__ import annotations

import argparse

from ..shared_options import (
    add_actions,
    add_fleet_option,
    add_job_print_option,
    add_output_options,
    add_write_option,
    count,
)

__all__ = ["WORK", "add_options"]

WORK = "jobslist"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Describe the command and its actions."""
    parser.description = "Jobs of the server, of any session. Without an action: list those that run or wait."
    add_fleet_option(parser)
    add_output_options(parser)
    parser.set_defaults(ids=[], all=False, number=None)
    actions = add_actions(parser, "ls")
    ls = actions.add_parser("ls", help="list jobs", description="List the jobs that run or wait, or those named.")
    ls.add_argument("ids", metavar="ID", type=count, nargs="*", help="the numbers of jobs, in any state")
    ls.add_argument("-a", "--all", action="store_true", help="those that have ended too")
    ls.add_argument("-n", "--number", type=count, default=None, metavar="N", help="the newest N")
    add_fleet_option(ls)
    add_output_options(ls)
    for name, words in (
        ("watch", "follow a job with its progress; print its result"),
        ("wait", "wait for the end of a job, without progress; print its result"),
        ("abort", "ask the server to stop a job"),
        ("logs", "print what is kept of the log of a job"),
    ):
        action = actions.add_parser(name, help=words, description=f"{words[0].upper()}{words[1:]}.")
        action.set_defaults(several=False)
        action.add_argument("ids", metavar="ID", type=count, nargs=1, help="the number of the job")
        if name in ("watch", "wait"):
            action.epilog = "The exit status tells how it ended: 0 success, 7 failed or aborted, 130 not waited for."
        if name == "watch":
            add_job_print_option(action)
        if name == "abort":
            add_write_option(action)
