"""A program in a pty of its own: keys go in as bytes, what it writes goes to a `Screen`."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import pty
import signal
import struct
import termios
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from tests.terminal.screen import Screen
from tui.cards.card import STANDING_SECONDS

SECONDS = 40.0

KEYS = {
    "enter": b"\r", "escape": b"\x1b", "tab": b"\t", "space": b" ", "backspace": b"\x7f", "delete": b"\x1b[3~",
    "up": b"\x1bOA", "down": b"\x1bOB", "right": b"\x1bOC", "left": b"\x1bOD", "pagedown": b"\x1b[6~", "f1": b"\x1bOP",
}  # fmt: skip
"""What a plain terminal sends; ctrl and a letter, and characters, are made from their names."""


def _bytes(key: str) -> bytes:
    return KEYS.get(key, key.encode())


class Session:
    """The program, its terminal and its screen. Waits for what is on the screen, never for a time."""

    def __init__(self, process: asyncio.subprocess.Process, terminal: int, screen: Screen) -> None:
        self.process = process
        self.screen = screen
        self.raw = bytearray()
        """Every byte the program wrote."""
        self._terminal = terminal
        self._news = asyncio.Event()
        self._ended = False
        asyncio.get_running_loop().add_reader(terminal, self._read)

    def _read(self) -> None:
        try:
            data = os.read(self._terminal, 1 << 16)
        except OSError:  # the other side is closed: the program has ended
            data = b""
        if not data:
            self._ended = True
            asyncio.get_running_loop().remove_reader(self._terminal)
        self.raw += data
        self.screen.feed(data)
        self._news.set()

    def resize(self, columns: int, rows: int) -> None:
        """Another size of the window, as its user would make it."""
        self.screen.resize(columns, rows)
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        os.kill(self.process.pid, signal.SIGWINCH)

    def send(self, data: bytes) -> None:
        os.write(self._terminal, data)

    def press(self, *keys: str) -> None:
        """Sends keys at once, as a fast typist does. Nothing may follow an escape before its effect is seen."""
        assert "escape" not in keys[:-1]
        self.send(b"".join(bytes([ord(key[-1]) & 0x1F]) if key.startswith("ctrl+") else _bytes(key) for key in keys))

    def type(self, text: str) -> None:
        """Types a text."""
        self.send(text.encode())

    async def done(self) -> None:
        """Waits until all keys sent so far were dealt with: the help opens after them, and closes again."""
        self.press("f1")
        # Two places of it: while a screen is drawn anew one may be gone for a moment.
        parts = ("━ Keys ━", "shift+mouse")
        await self.see(*parts)
        await self.answer("escape", lambda: not any(part in self.screen.text for part in parts), "the help is closed")

    async def answer(self, key: str, condition: Callable[[], object], what: str) -> None:
        """Answers a card by a key: again where the card dropped it, because it was drawn too short a time before."""
        async with asyncio.timeout(SECONDS):
            while not condition():
                await self.stood()
                self.press(key)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(2):
                        await self.until(condition, what)

    async def stood(self) -> None:
        """Waits until a card that is seen takes answers: it drops them until a person can have read it."""
        await asyncio.sleep(STANDING_SECONDS + 0.1)

    async def until(self, condition: Callable[[], object], what: str) -> None:
        """Waits until a condition holds, looking again whenever the program wrote."""
        try:
            async with asyncio.timeout(SECONDS):
                while not condition():
                    if self._ended:
                        raise AssertionError(f"{what}: the program ended. On screen:\n{self.screen.text}")
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"{what}: not within {SECONDS:.0f} s. On screen:\n{self.screen.text}") from None

    async def see(self, *texts: str) -> None:
        """Waits until all of these stand on the screen."""
        await self.until(lambda: all(text in self.screen.text for text in texts), f"{texts} on screen")

    def attributes(self) -> list[int | list[bytes | int]]:
        """The terminal's settings (`termios.tcgetattr`)."""
        return termios.tcgetattr(self._terminal)

    def hang_up(self) -> None:
        """The terminal vanishes, as when its window is closed."""
        asyncio.get_running_loop().remove_reader(self._terminal)
        # The number stays taken until the session ends.
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, self._terminal)
        os.close(nothing)

    async def end(self) -> int:
        """Waits for the end of the program; its exit status."""
        async with asyncio.timeout(SECONDS):
            while not self._ended:
                self._news.clear()
                await self._news.wait()
            return await self.process.wait()


@asynccontextmanager
async def running(
    command: list[str], *, size: tuple[int, int], env: dict[str, str], encoding: str = "utf-8"
) -> AsyncIterator[Session]:
    """Runs a command with a new pty as its controlling terminal."""
    terminal, other = pty.openpty()
    fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
    process = await asyncio.create_subprocess_exec(
        *command, stdin=other, stdout=other, stderr=other, env=env, start_new_session=True
    )
    os.close(other)
    session = Session(process, terminal, Screen(*size, encoding))
    try:
        yield session
    finally:
        asyncio.get_running_loop().remove_reader(terminal)
        if process.returncode is None:
            process.kill()
            await process.wait()
        os.close(terminal)
