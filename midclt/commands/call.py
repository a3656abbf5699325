"""``midclt call``: call a method, or run a job and show its progress."""

from __future__ import annotations

import argparse
import os
import sys

from ..exits import CommandError, ExitStatus
from ..filling import add_fill_option
from ..shared_options import add_call_options, add_output_options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from truenas_client.exc import ClientException
    from truenas_client.secrets.value import Secret
    from truenas_client.sync.client import Client

    from ..fleet import Fleet

__all__ = ["ON_SEVERAL", "add_options", "make", "run", "unanswered"]

ON_SEVERAL = (None,)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Describe the command and its options."""
    parser.description = "Call a method and print its result; of a job without -j, its number."
    add_call_options(parser)
    parser.add_argument(
        "--kv", action="store_true", help="words like key=value, key:=JSON, key=@FILE and a[b]=value make an object"
    )
    add_fill_option(parser)
    parser.add_argument(
        "--as",
        dest="form",
        choices=("midclt", "python", "async", "jsonrpc"),
        help="print the call as a command, a script (blocking or async) or a frame, without secrets; send nothing",
    )
    parser.add_argument(
        "method",
        nargs="+",
        metavar="METHOD",
        help="the method, then its arguments: each is JSON or else taken as text, and - stands for standard input",
    )
    add_output_options(parser, elsewhere="as the official command prints elsewhere")


def run(options: argparse.Namespace) -> ExitStatus:
    """Call ``options.method[0]`` with the rest as arguments and print the result."""
    from ..access import secret_before_input
    from ..arguments import call_arguments, file_text

    method, *words = options.method
    unsent = options.dry_run or options.form
    from_input = any(word == "-" or word.endswith("=@-") for word in words) and not unsent
    if options.form and options.on is not None:
        raise CommandError("--as is for one server: --profile NAME instead of --on", ExitStatus.USAGE)
    secret = fleet = None
    if from_input and options.on is not None:
        from ..fleet import Fleet

        fleet = Fleet(options)
        fleet.read_secrets()
    elif from_input:
        secret = secret_before_input(options)
    if options.kv:
        from ..keyvalues import with_pairs

        params = with_pairs(words, file_text)
    else:
        params = call_arguments(words)
    if options.form:
        from ..dryrun import show_as

        return show_as(options, method, params)
    hidden: Sequence[Secret] = ()
    if options.fill and not options.dry_run:
        from ..filling import filled

        params, hidden = filled(params)
    return make(options, method, params, words, secret=secret, hidden=hidden, fleet=fleet)


def make(
    options: argparse.Namespace,
    method: str,
    params: list[Any],
    words: Sequence[str] = (),
    *,
    secret: Secret | None = None,
    hidden: Sequence[Secret] = (),
    fleet: Fleet | None = None,
) -> ExitStatus:
    """Make a call as `add_call_options` says, and print the result.

    ``words`` are the arguments as they were written on the command line. ``secret`` is the password, where it was read
    already, ``fleet`` has read those of several servers. ``hidden`` are secrets among the arguments, to be masked where
    the server says them back.
    """
    from truenas_client.exc import ClientException

    from ..access import call_timeout, signed_in
    from ..agent.quick import mode_of
    from ..agent.wire import is_of_the_connection
    from ..exits import status_of
    from ..lock import Lock
    from ..output import report

    timeout = call_timeout(options)
    if options.dry_run:
        from ..dryrun import show

        return show(options, method, params, hidden)
    if is_of_the_connection(method):
        if mode_of(options) == "require":
            text = f"{method} is for a connection of its own, not for the agent's: leave --agent require out"
            raise CommandError(text, ExitStatus.USAGE)
        options.agent = "never"
    if options.on is not None:
        from ..fleet import Fleet

        return _on_each(fleet or Fleet(options), options, method, params, words, hidden)
    call = _Call(options, method, params, timeout)
    lock = Lock(options)
    lock.check_name(call.method, call.params)
    with signed_in(options, secret) as client:
        try:
            lock.check(client.call, call.method, call.params, timeout)
            result = call.job(client) if options.job else client.call(call.method, *call.params, timeout=timeout)
        except ClientException as e:
            if not options.quiet:
                if hidden:
                    _mask(e, hidden)
                report(e, call.advice(e, words, client), verbose=options.verbose)
            return status_of(e)
        except KeyboardInterrupt:
            if not options.quiet:
                call.left_behind(client)
            raise
        _print(result, options, method)
    return ExitStatus.OK


def _on_each(
    fleet: Fleet,
    options: argparse.Namespace,
    method: str,
    params: list[Any],
    words: Sequence[str],
    hidden: Sequence[Secret],
) -> ExitStatus:
    """Make a call on each of several servers."""
    from truenas_client.exc import ClientException

    from ..access import call_timeout
    from ..output import say

    fleet.check(method, params)
    timeout = call_timeout(options)
    calls: dict[str, _Call] = {}

    def work(one: argparse.Namespace, client: Client) -> Any:
        fleet.permit(one, client, method, params)
        call = calls[one.profile] = _Call(one, method, params, timeout)
        try:
            return call.job(client) if one.job else client.call(method, *params, timeout=timeout)
        except ClientException as e:
            if hidden:
                _mask(e, hidden)
            for text in call.advice(e, words, client):
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


def _mask(error: ClientException, hidden: Sequence[Secret]) -> None:
    """Mask secrets in an error that is to be printed."""
    from truenas_client.secrets.redact import redact_text

    error.error = redact_text(error.error or "", hidden)
    formatted = error.trace.get("formatted") if isinstance(error.trace, dict) else None
    error.trace = {"formatted": redact_text(formatted, hidden)} if isinstance(formatted, str) else None
    error.extra = None


def unanswered(options: argparse.Namespace, reply: dict[str, Any]) -> ExitStatus:
    """Report the error of a call that the agent made."""
    from truenas_client.exc import ConnectionLost

    from ..access import call_timeout
    from ..agent.faults import from_text
    from ..exits import status_of
    from ..output import report

    method, *words = options.method
    gone = ConnectionLost("The agent ended or hangs before the answer came; it may have run", sent=True)
    error = from_text(reply["error"]) if "error" in reply else gone
    if not options.quiet:
        call = _Call(options, method, [], call_timeout(options))
        report(error, call.advice(error, words), verbose=options.verbose)
    return status_of(error)


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

    def advice(self, error: ClientException, words: Sequence[str], client: Client | None = None) -> list[str]:
        """What to do about an error whose text does not say it."""
        from truenas_client.exc import MethodNotFound

        from ..access import unsigned
        from ..arguments import damaged

        texts = [self._explanation(error), *unsigned(error, self._options), *damaged(words)]
        if isinstance(error, MethodNotFound) and client is not None:
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
