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
        if "call" in words and (status := _quickly(words)) is not None:
            return status
        from .exits import ExitStatus, folded
        from .parser import get_parser

        parser = get_parser(whole=False)
        options = parser.parse_args(argv)
        if options.name is None:
            parser.print_help()
            return int(ExitStatus.OK)
        return folded(_run(options.name, options))
    except KeyboardInterrupt as e:
        from .exits import ExitStatus, Terminated

        return int(ExitStatus.TERMINATED if isinstance(e, Terminated) else ExitStatus.INTERRUPTED)
    except BrokenPipeError:
        from .exits import ExitStatus

        _forget_output()
        return int(ExitStatus.PIPE)
    except Exception as e:  # noqa: BLE001 - `_tell` reports it without what may be secret
        from .exits import ExitStatus

        _tell(e, options)
        return int(ExitStatus.ERROR)


def _hear_of_termination() -> None:
    """Have SIGTERM end the command as Ctrl-C does: with the connection closed, and a word on what still runs."""
    # What `signal` puts around it takes as long to load as a call through the agent has.
    import _signal as signal  # type: ignore[import-not-found]

    def end(number: int, frame: Any) -> None:
        from .exits import Terminated

        signal.signal(number, signal.SIG_IGN)
        raise Terminated

    signal.signal(signal.SIGTERM, end)


def _quickly(words: list[str]) -> int | None:
    """Have the agent make a plain call, before the parser is loaded; None where that is not possible."""
    from .agent import quick
    from .output import print_line, say

    call = quick.plain(words)
    if call is None:
        return None
    try:
        reply = quick.ask(call)
    except KeyboardInterrupt:
        say(f"Interrupted: {call.words[0]} may have run.")
        raise
    if reply is None:
        return None
    if "text" in reply:
        print_line(reply["text"])
        return 0
    from .commands.call import unanswered
    from .exits import folded
    from .parser import get_parser

    return folded(unanswered(get_parser(whole=False).parse_args(words), reply))


def _run(name: str, options: Namespace) -> ExitStatus:
    from importlib import import_module

    from .exits import CommandError, ExitStatus

    try:
        command = import_module(f"midclt.commands.{name}")
        action = getattr(options, "action", None)
        if options.on is not None and action not in getattr(command, "ON_SEVERAL", ()):
            what = f"{name} {action}" if action else name
            raise CommandError(f"midclt {what} is for one server: --profile NAME instead of --on", ExitStatus.USAGE)
        given = [getattr(options, name, None) for name in ("columns", "jmespath")]
        if given != [None, None] or os.environ.get("MIDCLT_OUTPUT"):
            from .showing import prepare

            prepare(options)
        status: ExitStatus = command.run(options)
        return status
    except BrokenPipeError:
        raise
    except Exception as e:
        known = _told(e, options)
        if known is None:
            raise
        return known


def _told(error: Exception, options: Namespace) -> ExitStatus | None:
    """Report an error that is no bug of this program; its status, None for a bug."""
    from truenas_client.exc import ClientException

    from .exits import CommandError, ExitStatus, status_of
    from .output import report, say, tell

    if isinstance(error, CommandError):
        tell([str(error)], verbose=options.verbose)
        return error.status
    if isinstance(error, ClientException):
        from .access import unsigned

        report(error, [*getattr(error, "__notes__", ()), *unsigned(error, options)], verbose=options.verbose)
        return status_of(error)
    if isinstance(error, OSError):
        words = f"{error.filename}: {error.strerror}" if error.filename and error.strerror else str(error)
        say(f"midclt: {words}")
        return ExitStatus.ERROR
    return None


def _tell(error: Exception, options: Namespace | None) -> None:
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
