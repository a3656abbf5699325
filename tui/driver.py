"""How the app reads and draws on a Unix terminal: Textual's driver, which also outlives its terminal.

It differs in these things: it draws on standard output, so that errors can be redirected; it leaves no mode set;
bytes that the terminal's encoding does not know are read as replacement characters; a terminal that vanishes ends the
app, once; and `restore_now` gives the terminal back when the event loop no longer can.
"""

from __future__ import annotations

import os
import selectors
import signal
import sys
import termios
from codecs import getincrementaldecoder
from collections.abc import Callable
from contextlib import suppress
from typing import IO, Any, cast

from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver

from tui.terminal import charset

__all__ = ["TerminalDriver"]

RESTORING = (
    "\x1b[0m"  # colours
    "\x1b[?2026l"  # a drawing that was not finished
    "\x1b[?2004l"  # pasted text is no longer bracketed
    "\x1b[?7h"  # lines wrap
    "\x1b[?2048l"  # no reports of sizes
    "\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1016l"  # no reports of the mouse
    "\x1b[<u"  # keys as before (kitty's protocol), which belongs to the alternate screen
    "\x1b[?1049l"  # the screen from before
    "\x1b[?25h"  # the cursor
    "\x1b[?1004l"  # no reports of the focus
)
"""The control sequences that undo every mode that `LinuxDriver` may have set."""

READ_SECONDS = 0.1
"""How often the reader looks whether it is to end, and whether an escape stands alone."""


class TerminalDriver(LinuxDriver):
    """Reads standard input and draws on standard output, both the same terminal."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        stdout = sys.__stdout__
        assert stdout is not None  # `terminal.refusal` has seen to it
        self._file = cast(IO[str], _Output(stdout, self._gone))  # type: ignore[assignment]
        self._output = stdout.fileno()
        try:
            self._terminal = os.ttyname(self._output)
        except OSError:  # no name of it here, as in a container that was entered from outside
            self._terminal = "/dev/tty"
        self._drawing = False

    def start_application_mode(self) -> None:
        self._drawing = True
        super().start_application_mode()  # type: ignore[no-untyped-call]

    def _disable_mouse_support(self) -> None:
        super()._disable_mouse_support()
        if self._mouse_pixels:
            self.write("\x1b[?1016l")  # else the next program would be told pixels where it expects cells

    def close(self) -> None:
        super().close()
        # Not earlier: until here what gives the terminal back may wait in the writer's queue.
        self._drawing = False

    def restore_now(self) -> None:
        """Gives the terminal back without waiting for anything; for any thread, and nothing happens when it is back."""
        if not self._drawing:
            return
        self._drawing = False
        with suppress(OSError, termios.error):  # it is gone
            # Opened anew, so that only this writing does not block: output may have been stopped with ctrl+s.
            terminal = os.open(self._terminal, os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
            try:
                termios.tcflow(terminal, termios.TCOON)
                os.write(terminal, RESTORING.encode())
            finally:
                os.close(terminal)
        if self.attrs_before is not None:
            with suppress(termios.error):
                termios.tcsetattr(self.fileno, termios.TCSANOW, self.attrs_before)

    def _gone(self) -> None:
        """The terminal has vanished, and no signal may come that would end the app."""
        self._app.call_later(self._app.exit, return_code=128 + signal.SIGHUP)

    def run_input_thread(self) -> None:
        decode = getincrementaldecoder(charset(os.environ, utf8_mode=bool(sys.flags.utf8_mode)))("replace").decode
        parser = XTermParser(self._debug)
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                if selector.select(READ_SECONDS):
                    try:
                        data = os.read(self.fileno, 4096)
                    except OSError:
                        data = b""
                    if not data:
                        self._gone()
                        return
                    for event in parser.feed(decode(data)):
                        self.process_message(event)
                for event in parser.tick():
                    self.process_message(event)

    def _run_input_thread(self) -> None:
        try:
            self.run_input_thread()
        except Exception as error:  # noqa: BLE001 - handed on to the app, which ends by it
            self._app.call_later(self._app._handle_exception, error)


class _Output:
    """A text file whose terminal may vanish: then it tells so once, and what is written goes nowhere."""

    def __init__(self, file: IO[str], gone: Callable[[], None]) -> None:
        self._file = file
        self._gone: Callable[[], None] | None = gone

    def fileno(self) -> int:
        return self._file.fileno()

    def write(self, text: str) -> None:
        if self._gone is not None:
            try:
                self._file.write(text)
            except OSError:
                self._lost()

    def flush(self) -> None:
        if self._gone is not None:
            try:
                self._file.flush()
            except OSError:
                self._lost()

    def _lost(self) -> None:
        gone, self._gone = self._gone, None
        if gone is not None:
            gone()
