"""``midclt call``: call a method, or run a job and show its progress."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

import truenas_client

from ..exits import ExitStatus, status_of

if TYPE_CHECKING:
    from ..session import Session

__all__ = ["add_options", "run"]


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
        "method",
        nargs="+",
        metavar="METHOD",
        help="the method, then its arguments: each is JSON or else taken as text, and - stands for standard input",
    )


def run(options: argparse.Namespace) -> ExitStatus:
    """Call ``options.method[0]`` with the rest as arguments and print the result."""
    from ..access import call_timeout, secret_before_input, signed_in
    from ..arguments import call_arguments, damaged
    from ..lock import Lock
    from ..nearest import advice
    from ..output import print_result, report, say

    timeout = call_timeout(options)
    method, *words = options.method
    secret = secret_before_input(options) if "-" in words else None
    call = _Call(options, method, call_arguments(words), timeout)
    lock = Lock(options)
    lock.check_name(call.method, call.params)
    with signed_in(options, secret) as session:
        try:
            lock.check(session, call.method, call.params, timeout)
            result = call.job(session) if options.job else session.call(call.method, call.params, timeout)
        except truenas_client.ClientException as e:
            if not options.quiet:
                report(e)
                if text := call.explanation(e):
                    say(text)
                if isinstance(e, truenas_client.MethodNotFound) and (text := advice(session, call.method, timeout)):
                    say(text)
                for text in damaged(words):
                    say(text)
            return status_of(e)
        except KeyboardInterrupt:
            if not options.quiet:
                say(call.left_behind())
            raise
        print_result(result)
    return ExitStatus.OK


class _Call:
    """One call, with its job's number for the advice after an interruption."""

    def __init__(self, options: argparse.Namespace, method: str, params: list[Any], timeout: float) -> None:
        self.method, self.params = method, params
        self._options, self._timeout = options, timeout
        self._job_id: int | None = None

    def job(self, session: Session) -> Any:
        from ..progress import progress_for

        display = progress_for(self._options.job_print)
        success = False
        try:
            result = session.run_job(self.method, self.params, self._timeout, self._started, display.update)
            success = self._job_id is not None
        finally:
            display.end(success=success)
        return result

    def _started(self, job_id: int) -> None:
        self._job_id = job_id

    def explanation(self, error: truenas_client.ClientException) -> str:
        """Advice on an error whose text does not say what to do."""
        if isinstance(error, truenas_client.ConnectionLost) and self._job_id is not None:
            return f"The outcome of {self.method} is unknown. {self._find_again()}"
        if isinstance(error, truenas_client.ConnectionLost) and error.sent:
            return f"The outcome of {self.method} is unknown: look before you repeat it."
        if isinstance(error, truenas_client.NotAuthenticated):
            from ..access import chosen

            if chosen(self._options).username is None:
                return "Not signed in: give a user name with -U or TRUENAS_USERNAME."
        return ""

    def left_behind(self) -> str:
        """The message after Ctrl-C: what still runs."""
        if self._job_id is not None:
            return f"Not waiting for {self.method} any longer. {self._find_again()}"
        return f"Interrupted: {self.method} may have run."

    def _find_again(self) -> str:
        job_id, midclt = self._job_id, self._same()
        return (
            f"Job {job_id} may still run: `{midclt} call -j core.job_wait {job_id}` waits for it, "
            f'`{midclt} call core.get_jobs \'[["id", "=", {job_id}]]\'` shows it, '
            f"`{midclt} call core.job_abort {job_id}` stops it."
        )

    def _same(self) -> str:
        """The command with the options for the same server and user, without secrets."""
        import shlex

        from truenas_client.storage.key_files import is_path

        given = vars(self._options)
        valued = (("-u", "uri"), ("-U", "username"), ("--profile", "profile"), ("--ca", "ca"))
        words = ["midclt", *(word for flag, name in valued if given.get(name) for word in (flag, given[name]))]
        if given.get("api_key") and is_path(given["api_key"]):
            words += ["-K", given["api_key"]]
        flags = ("insecure", "plain", "no_channel_binding")
        words += [f"--{name.replace('_', '-')}" for name in flags if given.get(name)]
        return shlex.join(words)
