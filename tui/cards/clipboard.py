"""Copying: by the terminal (OSC 52) always, by this machine's own clipboard when the terminal is on it, else a file.

A terminal cannot say whether it took a text, and drops long ones silently. So what is too long for it is not sent
there: it goes into a file, and the path of the file is copied.
"""

from __future__ import annotations

import asyncio
import os
from typing import Any

from textual.widget import Widget

from truenas_client.values.human import human_size
from tui.cards.handing_over import handed_over, place_of
from tui.session.copying import LOCAL_BYTES, OSC52_BYTES, file_path, fits, pieces_of, save, text_of
from tui.text import safe

__all__ = ["copy"]

_IN_TMUX = "If it does not arrive: tmux passes it on with `set -s set-clipboard on`."
_told: list[str] = []
"""The hints that were given: each comes once in a run."""


async def copy(node: Widget, value: Any, what: str, name: str) -> None:
    """Copies a text, or any other value as JSON. ``what`` names it in the notice, ``name`` begins a file's name.

    To be run in a worker.
    """
    app = node.app
    # Over SSH the clipboard of this machine is not the one in front of the user.
    local = not (app.is_headless or app.is_web or "SSH_CONNECTION" in os.environ)
    text = await text_of(value, LOCAL_BYTES if local else OSC52_BYTES)
    if text is not None and fits(text):
        app.copy_to_clipboard(text)
        hint = "" if local and await _copied_here(text) else _hint()
        node.notify(f"Copied {safe(what)}{hint}", timeout=6 if hint else 2, markup=False)
    elif text is not None and local and await _copied_here(text):
        size = human_size(len(text), decimal=True)
        node.notify(
            f"Copied {safe(what)}, {size}, to this machine's clipboard only: the terminal's takes about 75 kB",
            timeout=5,
            markup=False,
        )
    else:
        await _save(node, value, what, name)


def _hint() -> str:
    """What a user of tmux may need to know, once."""
    if "TMUX" not in os.environ or _told:
        return ""
    _told.append(_IN_TMUX)
    return f"\n{_IN_TMUX}"


async def _copied_here(text: str) -> bool:
    import pyperclip

    try:
        await asyncio.to_thread(pyperclip.copy, text)
    except pyperclip.PyperclipException:
        return False  # no such tool here
    return True


async def _save(node: Widget, value: Any, what: str, name: str) -> None:
    path = place_of(node, file_path(name, ".txt" if isinstance(value, str) else ".json"))
    try:
        size = await save(pieces_of(value), path)
    except OSError as error:
        node.notify(
            f"Not copied: a terminal's clipboard takes about 75 kB, and it cannot be saved: {safe(error)}",
            severity="error",
            timeout=8,
            markup=False,
        )
        return
    text = f"{what}, {human_size(size, decimal=True)}, is too long for a terminal's clipboard (about 75 kB). It is in"
    text = f"{text[:1].upper()}{text[1:]} {handed_over(node, path)}"
    if not node.app.is_web:
        node.app.copy_to_clipboard(str(path))
        text += ", and that path is copied"
    node.notify(safe(f"{text}."), timeout=10, markup=False)
