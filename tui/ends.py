"""Runs the app to its end, whichever that is: a key, a signal, an error of the program, a terminal that vanishes.

Invariants: the terminal is given back before the process ends, and the status tells the end (128 and the signal's
number, 1 for an error of the program). No error reaches standard error but as one sentence: tracebacks go to a private
file, without values of variables and with masked messages.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any

from tui.terminal import refusal

if TYPE_CHECKING:
    from tui.app import TrueNASApp

__all__ = ["run", "start", "typed_in"]

GRACE_SECONDS = 3.0
"""How long the app has after a signal to close its connections and to write its memory."""

MOST_ERRORS = 20
"""Told of in one report."""

SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGTERM", "SIGHUP", "SIGQUIT", "SIGINT") if hasattr(signal, name)
)  # Windows has two of them


def start(make: Callable[[], TrueNASApp]) -> int:
    """Makes the app, runs it and returns the exit status of the process."""
    try:
        app = make()
    except Exception as error:  # noqa: BLE001 - the report shows it
        _tell(error, [], ())
        return 1
    app.run()
    return app.return_code or 0


def run(app: TrueNASApp, **options: Any) -> int:
    """What `TrueNASApp.run` does, with its options for Textual; returns the exit status of the process."""
    if reason := refusal(os.environ, sys.__stdin__, sys.__stdout__):
        print(f"truenas-tui: {reason}", file=sys.stderr)
        return 2
    watch = _Watch(app)
    with watch.signals(), watch.errors():
        try:
            asyncio.run(watch.main(options))
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the report shows it
            fatal: BaseException | None = app.failure or error
        else:
            fatal = app.failure
        finally:
            watch.restore()
        if fatal is not None or watch.noted:
            _tell(fatal, watch.noted, app.typed)
    if watch.signal:
        return 128 + watch.signal
    return 1 if fatal is not None else app.return_code or 0


def typed_in(app: TrueNASApp) -> set[str]:
    """The texts of all fields and their words, and the secrets in use: a report masks them."""
    from truenas_client.secrets.crash_report import words_of

    secrets = (session.target.secret for session in app.connections.sessions)
    texts = {app.start.password, *(secret.reveal() for secret in secrets if secret)}
    for stack in app._screen_stacks.values():
        for screen in stack:
            for field in screen.query("Input, TextArea"):
                texts.add(str(getattr(field, "value", "") or getattr(field, "text", "")))
    return words_of(texts)


def _tell(fatal: BaseException | None, noted: list[BaseException], typed: Iterable[str]) -> None:
    """Writes the report; returns a sentence that names its path."""
    from truenas_client.secrets.crash_report import crash_report, name_of
    from truenas_client.storage.private_files import write_private
    from tui.memory.state import state_folder

    errors = [*([fatal] if fatal else []), *noted]
    report = "\n\n".join(crash_report(error, typed) for error in errors[:MOST_ERRORS])
    what = "ended by" if fatal else "met"
    said = f"truenas-tui: {what} an error of its own ({name_of(errors[0])})."
    path = state_folder() / "crash.log"
    try:
        write_private(path, _about() + report + "\n")
    except OSError as e:
        print(f"{said} {path} cannot be written ({e.strerror}), so this is the report:\n{report}", file=sys.stderr)
    else:
        print(f"{said} The report, without anything you typed, is in {path}", file=sys.stderr)


class _Watch:
    """The signals and unhandled errors of one run of the app."""

    def __init__(self, app: TrueNASApp) -> None:
        self._app = app
        self.signal = 0
        self.noted: list[BaseException] = []
        """Errors that no handler caught and that did not end the app."""

    async def main(self, options: dict[str, Any]) -> None:
        asyncio.get_running_loop().set_exception_handler(self._note_task)
        await self._app.run_async(**options)

    @contextmanager
    def signals(self) -> Iterator[None]:
        """Signals end the app as quitting does. A signal that the parent process ignored (nohup) stays ignored."""
        before = {number: signal.getsignal(number) for number in SIGNALS}
        for number, handler in before.items():
            if handler is not signal.SIG_IGN:
                signal.signal(number, self._on_signal)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        loop = self._app._loop
        if self.signal or loop is None:
            self._leave(number)
            return
        self.signal = number
        # The event loop may be busy for ever, and so may be what the end waits for.
        last = threading.Timer(GRACE_SECONDS, self._leave, [number])
        last.daemon = True
        last.start()
        loop.call_soon_threadsafe(self._app.exit)

    def _leave(self, number: int) -> None:
        self.restore()
        os._exit(128 + number)

    def restore(self) -> None:
        from tui.driver import TerminalDriver

        if isinstance(self._app._driver, TerminalDriver):
            self._app._driver.restore_now()

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Errors outside the app's own handlers are noted here instead of being printed with their messages."""
        hooks = threading.excepthook, sys.unraisablehook
        threading.excepthook = lambda args: self._note(args.exc_value)
        sys.unraisablehook = lambda args: self._note(args.exc_value)
        try:
            yield
        finally:
            threading.excepthook, sys.unraisablehook = hooks

    def _note_task(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self._note(context.get("exception"))

    def _note(self, error: BaseException | None) -> None:
        if error is not None and not isinstance(error, SystemExit):
            self.noted.append(error)


def _about() -> str:
    from datetime import UTC, datetime
    from importlib.metadata import version
    from platform import platform, python_version

    from truenas_client import __version__

    now = datetime.now(UTC).isoformat(timespec="seconds")
    return (
        f"truenas-tui {__version__}, Python {python_version()}, textual {version('textual')}, {platform()}, "
        f"TERM={os.environ.get('TERM', '')}, {now}\n\n"
    )
