"""The user's editor and pager over the app: one has the terminal until it ends, while the connection goes on behind it.

What the editor gets is written to a private file, in the runtime folder (which is no disk) where there is one, and
removed afterwards; the caller keeps secrets out of what is to be edited. The pager gets its text through a pipe.
Invariant: what is only shown passes `safe`, so that a server's text sends no escapes to the terminal by them.
"""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from textual.app import App, SuspendNotSupported
from textual.widget import Widget

from tui.session.copying import pieces_of
from tui.text import safe, safe_lines

__all__ = ["NotShown", "edited_by_program", "show_or_tell", "shown"]


class NotShown(Exception):
    """The program cannot be started, or it failed; the message says why."""


async def edited_by_program(app: App[Any], text: str, *, name: str = "arguments.json") -> str:
    """The text after the user edited it in ``$VISUAL`` or ``$EDITOR``, else in vi. Raises `NotShown`."""
    return await _in_editor(app, text, name, 0o600)


async def shown(app: App[Any], name: str, value: Any, *, editor: bool = False) -> None:
    """Shows a text, or any other value as JSON, in ``$PAGER``, else in less; or in the editor, in a file for reading.

    Raises `NotShown`.
    """
    pieces = ("\n".join(safe_lines(piece)) for piece in pieces_of(value))
    if editor:
        await _in_editor(app, "".join(pieces), f"{name}{'.txt' if isinstance(value, str) else '.json'}", 0o400)
    else:
        await _in_pager(app, pieces)


async def show_or_tell(node: Widget, found: tuple[str, Any] | None, *, editor: bool) -> None:
    """Shows a name and its value as `shown` does, or tells over the screen of ``node`` why not. From a worker."""
    if found is None:
        node.notify("Nothing to show here.", timeout=2)
        return
    try:
        await shown(node.app, *found, editor=editor)
    except NotShown as error:
        node.notify(f"Not shown: {safe(error)}.", severity="warning")


async def _in_pager(app: App[Any], pieces: Iterable[str]) -> None:
    words = _program("PAGER", otherwise="less")
    # A short text is to stay on screen too, until the user leaves it.
    environ = {**os.environ, "LESS": f"{os.environ.get('LESS', '')} -+F"}
    with _lent(app, words[0]):
        process = await asyncio.create_subprocess_exec(*words, stdin=asyncio.subprocess.PIPE, env=environ)
        assert process.stdin is not None
        # The user may leave before all of it is read.
        with suppress(BrokenPipeError, ConnectionResetError):
            for piece in pieces:
                process.stdin.write(piece.encode("utf-8", "replace"))
                await process.stdin.drain()
        process.stdin.close()
        status = await process.wait()
    if status:
        raise NotShown(f"{words[0]} ended with status {status}")


async def _in_editor(app: App[Any], text: str, name: str, mode: int) -> str:
    words = _program("VISUAL", "EDITOR", otherwise="vi")
    with _lent(app, words[0]), tempfile.TemporaryDirectory(prefix="truenas-tui-", dir=_runtime_folder()) as folder:
        path = Path(folder) / name
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)
        process = await asyncio.create_subprocess_exec(*words, str(path))
        if status := await process.wait():
            raise NotShown(f"{words[0]} ended with status {status}")
        return path.read_text(encoding="utf-8")


def _program(*names: str, otherwise: str) -> list[str]:
    """The words of the first of these variables that names a program. Raises `NotShown`."""
    for name in names:
        try:
            words = shlex.split(os.environ.get(name, ""))
        except ValueError as error:
            raise NotShown(f"${name} is no command: {str(error).lower()}") from None
        if words:
            return words
    return [otherwise]


@contextmanager
def _lent(app: App[Any], program: str) -> Iterator[None]:
    """The terminal belongs to a program; nothing is drawn meanwhile, and ctrl+c is a key of that one."""
    interrupt = signal.signal(signal.SIGINT, lambda *_: None)
    failed: BaseException | None = None
    try:
        with app.batch_update(), app.suspend():
            try:
                yield
            except BaseException as error:  # noqa: BLE001 - raised again below: Textual takes back no terminal in an error
                failed = error
    except SuspendNotSupported:
        raise NotShown("this terminal cannot be lent to another program") from None
    finally:
        signal.signal(signal.SIGINT, interrupt)
        app.refresh()
    if isinstance(failed, OSError | UnicodeDecodeError):
        raise NotShown(f"{program}: {getattr(failed, 'strerror', None) or 'the file is not UTF-8'}") from failed
    if failed is not None:
        raise failed


def _runtime_folder() -> str | None:
    folder = os.environ.get("XDG_RUNTIME_DIR", "")
    return folder if os.path.isdir(folder) else None
