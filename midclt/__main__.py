"""The command: parse the options, load the subcommand by name, and turn every outcome into an exit status."""

from __future__ import annotations

import os
import sys

# Completing words in a shell has no time for the parser, nor for the module that `typing` is.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from typing import Any, Never

    from .exits import ExitStatus

__all__ = ["command", "main"]


def command() -> Never:
    """Run the process's command, and end the process with its status.

    The interpreter's own ending takes as long as a call to this machine's server: it frees each object. Nothing is left
    to do for it here, because a command closes its connection and writes its output at once.
    """
    import gc

    gc.set_threshold(100_000)  # starting makes many objects and no garbage
    try:
        status = main()
    except SystemExit as e:  # help, version, usage
        status = e.code if isinstance(e.code, int) else 1
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            status = status or 1
    os._exit(status)


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit status.

    ``argv`` is without the program's name, None for the process's own. Raises
    SystemExit for ``--help``, ``--version`` (0) and bad usage (2), as argparse does.
    """
    words = sys.argv[1:] if argv is None else argv
    if words[:1] == ["__complete"]:
        from .complete import main as complete

        return complete(words[1:])
    options = None
    try:
        if argv is None:
            _hear_of_termination()
        reply = _quickly(words) if "call" in words else None
        if reply is not None and "text" in reply:
            from .output import print_line

            print_line(reply["text"])
            return 0
        from .exits import ExitStatus, folded
        from .parser import get_parser

        parser = get_parser(whole=False)
        options = parser.parse_args(argv)
        if options.name is None:
            parser.print_help()
            return int(ExitStatus.OK)
        return folded(_run(options, reply))
    except (KeyboardInterrupt, Exception) as e:  # noqa: BLE001 - `_tell` reports it without what may be secret
        return int(_status_after(e, options))


def _status_after(error: BaseException, options: Namespace | None) -> ExitStatus:
    """The status of a command that was ended from outside, or by an error of this program, which is told."""
    from .exits import ExitStatus, Terminated

    if isinstance(error, KeyboardInterrupt):
        return ExitStatus.TERMINATED if isinstance(error, Terminated) else ExitStatus.INTERRUPTED
    if isinstance(error, BrokenPipeError):
        _forget_output()
        return ExitStatus.PIPE
    _tell(error, options)
    return ExitStatus.ERROR


def _hear_of_termination() -> None:
    """Have SIGTERM end the command as Ctrl-C does: with the connection closed, and a word on what still runs."""
    # What `signal` puts around it takes as long to load as a call through the agent has.
    import _signal as signal  # type: ignore[import-not-found]

    def end(number: int, frame: Any) -> None:
        from .exits import Terminated

        signal.signal(number, signal.SIG_IGN)
        raise Terminated

    signal.signal(signal.SIGTERM, end)


def _quickly(words: list[str]) -> dict[str, Any] | None:
    """What the agent answers to a plain call, before the parser is loaded; None where that is not possible."""
    from .agent import quick

    call = quick.plain(words)
    if call is None:
        return None
    try:
        return quick.ask(call)
    except KeyboardInterrupt:
        from .output import say

        say(f"Interrupted: {call.words[0]} may have run.")
        raise


def _run(options: Namespace, reply: dict[str, Any] | None) -> ExitStatus:
    """Run the command, or report that the agent's reply to its call is an error."""
    from importlib import import_module

    from .access import call_timeout
    from .exits import CommandError, ExitStatus

    try:
        call_timeout(options)  # before the client is imported, which reads CALL_TIMEOUT too
        if reply is not None:
            from .commands.call import unanswered

            return unanswered(options, reply)
        command = import_module(f"midclt.commands.{options.name}")
        action = getattr(options, "action", None)
        if options.on is not None and not getattr(options, "several", False):
            what = f"{options.name} {action}" if action else options.name
            raise CommandError(f"midclt {what} is for one server: --profile NAME instead of --on", ExitStatus.USAGE)
        given = [getattr(options, name, None) for name in ("columns", "jmespath")]
        if given != [None, None] or os.environ.get("MIDCLT_OUTPUT"):
            from .showing import prepare

            prepare(options)
        work = import_module(f"midclt.{command.WORK}") if hasattr(command, "WORK") else command
        status: ExitStatus = getattr(work, f"do_{action}" if action else "run")(options)
        return status
    except Exception as e:
        from .failure import told

        known = told(e, options)
        if known is None:
            raise
        return known


def _tell(error: BaseException, options: Namespace | None) -> None:
    """Report a bug of this program: its class and its masked message; with ``MIDCLT_TRACE`` also the frames."""
    from truenas_client.secrets.crash_report import crash_report, masked_message, name_of, words_of

    from .output import say

    given: list[str | None] = [*sys.argv[1:]]
    if options is not None:
        given = [options.password, options.api_key, options.otp, *(getattr(options, "method", None) or [])[1:]]
    given += [os.environ.get(name) for name in ("TRUENAS_PASSWORD", "TRUENAS_API_KEY")]
    secrets = words_of(text for text in given if text)
    if os.environ.get("MIDCLT_TRACE"):
        say(crash_report(error, secrets))
        return
    message = masked_message(error, secrets)
    say(f"midclt: an error of this program, {name_of(error)}{f': {message}' if message else ''}")
    say("With MIDCLT_TRACE=1 in the environment it tells where.")


def _forget_output() -> None:
    """Send the buffered output to the null device. Python would otherwise report the closed pipe when it exits."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            os.dup2(nowhere, stream.fileno())
        except (AttributeError, OSError, ValueError):
            continue
    os.close(nowhere)


if __name__ == "__main__":
    command()
