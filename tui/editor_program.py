"""The user's editor over the app: it has the terminal until it ends, while the connection goes on behind it.

The text is written to a private file, in the runtime folder (which is no disk) where there is one, and removed
afterwards. The caller keeps secrets out of it.
"""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
import tempfile
from pathlib import Path
from typing import Any

from textual.app import App, SuspendNotSupported

__all__ = ["NoEditor", "edited_by_program"]


class NoEditor(Exception):
    """The editor can not be started, or it failed; the message says why."""


async def edited_by_program(app: App[Any], text: str) -> str:
    """The text after the user edited it in ``$VISUAL`` or ``$EDITOR``, else in vi. Raises `NoEditor`."""
    words = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi")
    with tempfile.TemporaryDirectory(prefix="truenas-tui-", dir=_runtime_folder()) as folder:
        path = Path(folder) / "arguments.json"
        path.write_text(text, encoding="utf-8")
        # Nothing is drawn meanwhile; ctrl+c is a key of the editor and does not end the app.
        interrupt = signal.signal(signal.SIGINT, lambda *_: None)
        try:
            with app.batch_update(), app.suspend():
                process = await asyncio.create_subprocess_exec(*words, str(path))
                status = await process.wait()
            if status:
                raise NoEditor(f"{words[0]} ended with status {status}")
            return path.read_text(encoding="utf-8")
        except SuspendNotSupported:
            raise NoEditor("this terminal cannot be lent to an editor") from None
        except (OSError, UnicodeDecodeError) as e:
            raise NoEditor(f"{words[0]}: {getattr(e, 'strerror', None) or 'the file is not UTF-8'}") from e
        finally:
            signal.signal(signal.SIGINT, interrupt)
            app.refresh()


def _runtime_folder() -> str | None:
    folder = os.environ.get("XDG_RUNTIME_DIR", "")
    return folder if os.path.isdir(folder) else None
