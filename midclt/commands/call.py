"""``midclt call``: call a method, or run a job and show its progress."""

from __future__ import annotations

import argparse
import sys

from ..access import call_timeout, secret_before_input, signed_in
from ..exits import CommandError, ExitStatus, status_of
from ..filling import add_fill_option, mask
from ..lock import Lock
from ..output import is_terminal, print_result, say
from ..shared_options import add_call_options, add_output_options, form_chosen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from truenas_client.exc import ClientException
    from truenas_client.secrets.value import Secret
    from truenas_client.sync.client import Client

    from ..fleet import Fleet

__all__ = ["add_options", "make", "run", "unanswered"]


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

    from ..agent.quick import mode_of
    from ..agent.wire import is_of_the_connection

    if options.dry_run:
        from ..dryrun import show

        return show(options, method, params, hidden)
    if is_of_the_connection(method):
        if mode_of(options) == "require":
            text = f"{method} is for a connection of its own, not for the agent's: leave --agent require out"
            raise CommandError(text, ExitStatus.USAGE)
        options.agent = "never"
    call = _Call(options, method, params, words, hidden)
    if options.on is not None:
        from ..fleet import Fleet

        return _on_each(fleet or Fleet(options), options, call)
    lock = Lock(options)
    lock.check_name(method, params)
    with signed_in(options, secret) as client:
        try:
            lock.check(client.call, method, params)
            result = call.result(client)
        except ClientException as e:
            if options.quiet:
                return status_of(e)
            call.explain(e, client)
            raise
        except KeyboardInterrupt:
            if not options.quiet:
                call.left_behind(client)
            raise
        _print(result, options, method)
    return ExitStatus.OK


def _on_each(fleet: Fleet, options: argparse.Namespace, call: _Call) -> ExitStatus:
    """Make a call on each of several servers."""
    from truenas_client.exc import ClientException

    method, params = call.method, call.params
    fleet.check(method, params)
    calls: dict[str, _Call] = {}

    def work(one: argparse.Namespace, client: Client) -> Any:
        fleet.permit(one, client, method, params)
        made = calls[one.profile] = _Call(one, method, params, call.words, call.hidden)
        try:
            return made.result(client)
        except ClientException as e:
            made.explain(e, client)
            raise

    try:
        answers = fleet.ask(work, quiet=options.quiet)
    except KeyboardInterrupt:
        for name in fleet.waiting if not options.quiet else ():
            say(f"{name}: {calls[name].what_is_left() if name in calls else f'{method} was not sent'}")
        raise
    fleet.show(answers, method=method)
    return fleet.status


def unanswered(options: argparse.Namespace, reply: dict[str, Any]) -> ExitStatus:
    """Raise the error of a call that the agent made; its status where it is not to be printed."""
    from truenas_client.exc import ConnectionLost

    from ..agent.faults import from_text

    method, *words = options.method
    gone = ConnectionLost("The agent ended or hangs before the answer came; it may have run", sent=True)
    error = from_text(reply["error"]) if "error" in reply else gone
    if options.quiet:
        return status_of(error)
    _Call(options, method, [], words).explain(error)
    raise error


def _print(result: Any, options: argparse.Namespace, method: str) -> None:
    """Print a result: as the official command does, unless a form was chosen or a person reads it on a terminal."""
    if not form_chosen(options) and not is_terminal(sys.stdout):
        print_result(result)
        return
    from ..showing import show

    show(result, options, method=method, object_form="pretty")


class _Call:
    """One call, with its job's number for the advice after an interruption."""

    def __init__(
        self,
        options: argparse.Namespace,
        method: str,
        params: list[Any],
        words: Sequence[str],
        hidden: Sequence[Secret] = (),
    ) -> None:
        self.method, self.params, self.words, self.hidden = method, params, words, hidden
        self._options = options
        self._job_id: int | None = None

    def result(self, client: Client) -> Any:
        """What the method answers, with ``-j`` the result of the job."""
        if not self._options.job:
            return client.call(self.method, *self.params)
        from ..progress import Progress, progress_for
        from ..running import run_job

        several = self._options.on is not None and self._options.job_print == "progressbar"
        display = Progress() if several else progress_for(self._options.job_print)
        return run_job(client, self.method, self.params, call_timeout(self._options), self._started, display)

    def _started(self, job_id: int) -> None:
        self._job_id = job_id

    def explain(self, error: ClientException, client: Client | None = None) -> None:
        """Mask secrets in an error, and note what to do about it where its text does not say that."""
        from truenas_client.exc import ConnectionLost, MethodNotFound

        from ..arguments import damaged

        mask(error, self.hidden)
        if isinstance(error, MethodNotFound) and client is not None:
            from ..nearest import advice

            if near := advice(client, self.method):
                error.add_note(near)
        if isinstance(error, ConnectionLost) and self._job_id is not None:
            error.add_note(f"The outcome of {self.method} is unknown. {self.what_is_left()}")
        elif isinstance(error, ConnectionLost) and error.sent:
            error.add_note(f"The outcome of {self.method} is unknown: look before you repeat it.")
        for text in damaged(self.words):
            error.add_note(text)

    def left_behind(self, client: Client) -> None:
        """After Ctrl-C: say what still runs."""
        from ..running import leave

        if self._job_id is not None:
            leave(client, self._options, self._job_id, self.method)
        else:
            say(f"Interrupted: {self.what_is_left()}")

    def what_is_left(self) -> str:
        """What is to say of a call that is not waited for any longer."""
        from ..running import find_again

        return f"{self.method} may have run." if self._job_id is None else find_again(self._options, self._job_id)
