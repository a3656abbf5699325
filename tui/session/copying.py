"""The limits of a terminal's clipboard, and the files for values above them.

Values become text in steps, so that one of fifty megabytes never stops the screen. Files are the user's alone (0600):
results of a server hold what its administrator sees.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

__all__ = [
    "LOCAL_BYTES",
    "file_path",
    "fits",
    "open_private",
    "pieces_of",
    "plain_name",
    "results_folder",
    "save",
    "slices",
    "text_of",
]

SLICE = 1 << 18
LOCAL_BYTES = 16_000_000
"""The most that the app gives to this machine's own clipboard."""


def fits(text: str, most: int) -> bool:
    """Whether a terminal's clipboard, which takes so many bytes, takes a text."""
    return len(text) <= most and len(text.encode("utf-8", "replace")) <= most


def _steps(value: Any) -> Iterator[str]:
    from tui.model.rawtext import escaped_steps

    return iter((value,)) if isinstance(value, str) else escaped_steps(value)


async def text_of(value: Any, most: int) -> str | None:
    """A text as it is, anything else as indented JSON; None when it has more than so many characters."""
    pieces: list[str] = []
    length = 0
    for piece in _steps(value):
        length += len(piece)
        if length > most:
            return None
        pieces.append(piece)
        if len(pieces) % 16 == 0:
            await asyncio.sleep(0)
    return "".join(pieces)


def results_folder() -> Path:
    """Where results are saved (on Linux ``~/.local/state/truenas-client/results``)."""
    import platformdirs

    return platformdirs.user_state_path("truenas-client", appauthor=False) / "results"


def plain_name(name: str) -> str:
    """A name as a part of a path: without what means something there, never empty."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.")[:80] or "result"


def file_path(name: str, suffix: str) -> Path:
    """A new file for a result of the method of this name."""
    stamp = datetime.now().strftime("%Y%m%d-%H%M%S-%f")
    return results_folder() / f"{plain_name(name)}-{stamp}{suffix}"


def open_private(path: Path, *, replace: bool = False) -> BinaryIO:
    """Opens a file that only its owner can read. Raises OSError, for one that is there unless it may be replaced."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if replace:
        path.unlink(missing_ok=True)  # and its permissions, whatever they were
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


async def save(pieces: Iterable[str], path: Path, *, replace: bool = False) -> int:
    """Writes pieces of a text into a new file that only its owner may read; gives the bytes.

    The pieces are made in a thread: one may take longer than the screen can wait. Raises OSError, also for a file that
    is there unless ``replace`` says to put the new one in its place. Then, and when it is cancelled, no half of a file
    is left, and what was to be replaced is as it was.
    """
    written, place = 0, path.with_name(f".{path.name}.part") if replace else path
    file, steps = open_private(place, replace=replace), iter(pieces)
    try:
        with file:
            while (piece := await asyncio.to_thread(next, steps, None)) is not None:
                # A byte of a name that is not UTF-8 is shown as its number.
                written += file.write(piece.encode("utf-8", "backslashreplace"))
        if replace:
            os.replace(place, path)
    except BaseException:
        os.unlink(place)
        raise
    return written


def pieces_of(value: Any) -> Iterator[str]:
    """A text as it is, anything else as indented JSON, in pieces whose writing is not felt."""
    if isinstance(value, str):
        yield from slices(value, 0, len(value))
        return
    yield from _steps(value)
    yield "\n"


def slices(text: str, start: int, end: int) -> Iterator[str]:
    """A part of a text in pieces, without ever having a copy of all of it."""
    for at in range(start, end, SLICE):
        yield text[at : min(at + SLICE, end)]
