"""What a terminal's clipboard takes, and what is written to a file instead.

Values become text in steps, so that one of fifty megabytes never stops the screen. Files are the user's alone (0600):
results of a server hold what its administrator sees.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from tui.model.rawtext import raw_steps

__all__ = ["LOCAL_BYTES", "OSC52_BYTES", "file_path", "fits", "results_folder", "save", "text_of"]

OSC52_BYTES = 74_994
"""What common terminals take by OSC 52: a sequence of 100,000 bytes, in base64."""
LOCAL_BYTES = 16_000_000
"""What is given to this machine's own clipboard."""


def fits(text: str) -> bool:
    """Whether a terminal's clipboard takes a text."""
    return len(text) <= OSC52_BYTES and len(text.encode("utf-8", "replace")) <= OSC52_BYTES


def _steps(value: Any) -> Iterator[str]:
    return iter((value,)) if isinstance(value, str) else raw_steps(value)


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


def file_path(name: str, suffix: str, folder: Path | None = None) -> Path:
    """A new file for a result of the method of this name."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.")[:80] or "result"
    stamp = datetime.now().strftime("%Y%m%d-%H%M%S-%f")
    return (folder or results_folder()) / f"{plain}-{stamp}{suffix}"


async def save(value: Any, path: Path) -> int:
    """Writes a text, or anything else as indented JSON, into a new file that only its owner may read; the bytes.

    Raises OSError, and then no half of a file is left. Cancelling leaves none either.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(number, "wb") as file:
            written = 0
            for count, piece in enumerate(_pieces(value)):
                written += file.write(piece.encode("utf-8", "replace"))
                if count % 16 == 0:
                    await asyncio.sleep(0)
            written += 0 if isinstance(value, str) else file.write(b"\n")
    except BaseException:
        os.unlink(path)
        raise
    return written


def _pieces(value: Any) -> Iterator[str]:
    """As `_steps`, no piece so long that writing it would be felt."""
    for piece in _steps(value):
        for at in range(0, len(piece), 1 << 18) if len(piece) > 1 << 18 else (0,):
            yield piece[at : at + (1 << 18)]
