"""Copying: by the terminal (OSC 52) always, by this machine's own clipboard when the terminal is on it, else a file.

A terminal cannot say whether it took a text, and drops long ones silently. So what is too long for it is not sent
there: it is said, and a file is offered.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

from textual.widget import Widget

from truenas_client.values.human import human_size
from tui.cards.confirm import confirm
from tui.cards.handing_over import handed_over, place_of
from tui.session.copying import LOCAL_BYTES, OSC52_BYTES, file_path, fits, pieces_of, save, text_of
from tui.text import safe

__all__ = ["copy", "save_text"]


async def copy(node: Widget, value: Any, what: str, name: str) -> None:
    """Copies a text, or any other value as JSON. ``what`` names it in the notice, ``name`` begins a file's name.

    To be run in a worker: it may ask.
    """
    app = node.app
    # Over SSH the clipboard of this machine is not the one in front of the user.
    local = not (app.is_headless or app.is_web or "SSH_CONNECTION" in os.environ)
    text = await text_of(value, LOCAL_BYTES if local else OSC52_BYTES)
    small = text is not None and fits(text)
    if text is not None and small:
        app.copy_to_clipboard(text)
        node.notify(f"Copied {safe(what)}", timeout=2, markup=False)
    if text is not None and local and await _copied_here(text) and not small:
        size = human_size(len(text), decimal=True)
        node.notify(
            f"Copied {safe(what)}, {size}, to this machine's clipboard only: the terminal's takes about 75 kB",
            timeout=5,
            markup=False,
        )
        return
    if not small:
        await _offer_file(node, value, what, name)


async def _copied_here(text: str) -> bool:
    import pyperclip

    try:
        await asyncio.to_thread(pyperclip.copy, text)
    except pyperclip.PyperclipException:
        return False  # no such tool here
    return True


async def _offer_file(node: Widget, value: Any, what: str, name: str) -> None:
    path = place_of(node, file_path(name, ".txt" if isinstance(value, str) else ".json"))
    where = path.name if node.app.is_web else path
    question = f"{safe(what).capitalize()}: too large for the terminal's clipboard (about 75 kB).\nSave it to\n{where}"
    if await confirm(node, "Too large to copy", question, yes="save it"):
        await _save(node, value, path)


async def save_text(node: Widget, text: str, name: str) -> None:
    """Saves a text into a file of its own, and says where. To be run in a worker."""
    await _save(node, text, place_of(node, file_path(name, ".txt")))


async def _save(node: Widget, value: Any, path: Path) -> None:
    try:
        size = await save(pieces_of(value), path)
    except OSError as error:
        node.notify(f"Not saved: {safe(error)}", severity="error", timeout=8, markup=False)
    else:
        node.notify(f"Saved {human_size(size, decimal=True)} to {handed_over(node, path)}", timeout=8, markup=False)
