"""``midclt call``: call a method, or run a job and show its progress."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING, Any

from ..exits import ExitStatus
from ..shared_options import add_fleet_option, add_output_options

if TYPE_CHECKING:
    from truenas_client.exc import ClientException
    from truenas_client.sync.client import Client

    from ..fleet import Fleet

__all__ = ["ON_SEVERAL", "add_options", "run"]

ON_SEVERAL = (None,)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Describe the command and its options."""
    parser.description = "Call a method and print its result; of a job without -j, its number."
    parser.add_argument("-q", "--quiet", action="store_true", help="print nothing when the call fails")
    parser.add_argument(
        "-j", "-job", "--job", action="store_true", help="the method is a job: show its progress, print its result"
    )
    parser.add_argument(
        "-jp",
        "--job-print",
        choices=("progressbar", "description"),
        default="progressbar",
        help="how -j shows progress: a bar (only on a terminal; the default), or a line for each new description",
    )
    parser.add_argument(
        "--write", action="store_true", default=argparse.SUPPRESS, help="allow it though the profile is read-only"
    )
    parser.add_argument(
        "--kv", action="store_true", help="words like key=value, key:=JSON, key=@FILE and a[b]=value make an object"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="show and check what would be sent, secrets masked; send nothing"
    )
    parser.add_argument(
        "method",
        nargs="+",
        metavar="METHOD",
        help="the method, then its arguments: each is JSON or else taken as text, and - stands for standard input",
    )
    add_fleet_option(parser)
    parser.add_argument("--yes", action="store_true", help="with --on: send a call that may change servers, unasked")
    add_output_options(parser, elsewhere="as the official command prints elsewhere")


def run(options: argparse.Namespace) -> ExitStatus:
    """Call ``options.method[0]`` with the rest as arguments and print the result."""
    from truenas_client.exc import ClientException

    from ..access import call_timeout, secret_before_input, signed_in
    from ..arguments import call_arguments, file_text
    from ..exits import status_of
    from ..lock import Lock
    from ..output import report

    timeout = call_timeout(options)
    method, *words = options.method
    fleet = None
    if options.on is not None:
        from ..fleet import Fleet

        fleet = Fleet(options)
    from_input = any(word == "-" or word.endswith("=@-") for word in words) and not options.dry_run
    if fleet is not None and from_input:
        fleet.read_secrets()
    secret = secret_before_input(options) if from_input and fleet is None else None
    if options.kv:
        from ..keyvalues import with_pairs

        params = with_pairs(words, file_text)
    else:
        params = call_arguments(words)
    if options.dry_run:
        from ..dryrun import show

        return show(options, method, params)
    if fleet is not None:
        return _on_each(fleet, options, words, params, timeout)
    call = _Call(options, method, params, timeout)
    lock = Lock(options)
    lock.check_name(call.method, call.params)
    with signed_in(options, secret) as client:
        try:
            lock.check(client.call, call.method, call.params, timeout)
            result = call.job(client) if options.job else client.call(call.method, *call.params, timeout=timeout)
        except ClientException as e:
            if not options.quiet:
                report(e, call.advice(client, e, words), verbose=options.verbose)
            return status_of(e)
        except KeyboardInterrupt:
            if not options.quiet:
                call.left_behind(client)
            raise
        _print(result, options, method)
    return ExitStatus.OK


def _on_each(
    fleet: Fleet, options: argparse.Namespace, words: list[str], params: list[Any], timeout: float
) -> ExitStatus:
    """Call the method on each of several servers."""
    from truenas_client.exc import ClientException

    from ..output import say

    method = options.method[0]
    fleet.check(method, params)
    calls: dict[str, _Call] = {}

    def work(one: argparse.Namespace, client: Client) -> Any:
        fleet.permit(one, client, method, params)
        call = calls[one.profile] = _Call(one, method, params, timeout)
        try:
            return call.job(client) if one.job else client.call(method, *params, timeout=timeout)
        except ClientException as e:
            for text in call.advice(client, e, words):
                e.add_note(text)
            raise

    try:
        answers = fleet.ask(work, quiet=options.quiet)
    except KeyboardInterrupt:
        for name in fleet.waiting if not options.quiet else ():
            say(f"{name}: {calls[name].what_is_left() if name in calls else f'{method} was not sent'}")
        raise
    fleet.show(answers, method=method)
    return fleet.status


def _print(result: Any, options: argparse.Namespace, method: str) -> None:
    """Print a result: as the official command does, unless a form was chosen or a person reads it on a terminal."""
    from ..output import is_terminal, print_result

    chosen = (options.output, options.columns, options.jmespath, os.environ.get("MIDCLT_OUTPUT"))
    if not any(chosen) and not is_terminal(sys.stdout):
        print_result(result)
        return
    from ..showing import show

    show(result, options, method=method, object_form="pretty")


class _Call:
    """One call, with its job's number for the advice after an interruption."""

    def __init__(self, options: argparse.Namespace, method: str, params: list[Any], timeout: float) -> None:
        self.method, self.params = method, params
        self._options, self._timeout = options, timeout
        self._job_id: int | None = None

    def job(self, client: Client) -> Any:
        from ..progress import Silent, progress_for
        from ..running import run_job

        several = self._options.on is not None and self._options.job_print == "progressbar"
        display = Silent() if several else progress_for(self._options.job_print)
        return run_job(client, self.method, self.params, self._timeout, self._started, display)

    def _started(self, job_id: int) -> None:
        self._job_id = job_id

    def advice(self, client: Client, error: ClientException, words: list[str]) -> list[str]:
        """What to do about an error whose text does not say it."""
        from truenas_client.exc import MethodNotFound

        from ..access import unsigned
        from ..arguments import damaged

        texts = [self._explanation(error), *unsigned(error, self._options), *damaged(words)]
        if isinstance(error, MethodNotFound):
            from ..nearest import advice

            texts.insert(0, advice(client, self.method, self._timeout))
        return [text for text in texts if text]

    def _explanation(self, error: ClientException) -> str:
        from truenas_client.exc import ConnectionLost

        if isinstance(error, ConnectionLost) and self._job_id is not None:
            from ..running import find_again

            return f"The outcome of {self.method} is unknown. {find_again(self._options, self._job_id)}"
        if isinstance(error, ConnectionLost) and error.sent:
            return f"The outcome of {self.method} is unknown: look before you repeat it."
        return ""

    def left_behind(self, client: Client) -> None:
        """After Ctrl-C: say what still runs."""
        from ..output import say
        from ..running import leave

        if self._job_id is not None:
            leave(client, self._options, self._job_id, self.method)
        else:
            say(f"Interrupted: {self.what_is_left()}")

    def what_is_left(self) -> str:
        """What is to say of a call that is not waited for any longer."""
        from ..running import find_again

        return f"{self.method} may have run." if self._job_id is None else find_again(self._options, self._job_id)
