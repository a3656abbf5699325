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
from tui.session.copying import LOCAL_BYTES, file_path, fits, pieces_of, save, text_of
from tui.settings.values import in_force
from tui.text import safe

__all__ = ["copy"]

_IN_TMUX = "If it does not arrive: tmux passes it on with `set -s set-clipboard on`."
_told: list[str] = []
"""The hints that were given: each comes once in a run."""


async def copy(node: Widget, value: Any, what: str, name: str = "", *, secret: bool = False) -> bool:
    """Copies a text, or any other value as JSON. ``what`` names it in the notice, ``name`` begins a file's name.

    False where it is in no clipboard. A ``secret`` goes into no file then. To be run in a worker.
    """
    app, how, most = node.app, in_force().clipboard, in_force().clipboard_bytes
    terminal = how in ("auto", "terminal")
    # Over SSH the clipboard of this machine is not the one in front of the user.
    beside = not (app.is_headless or "SSH_CONNECTION" in os.environ)
    local = (how == "local" or (how == "auto" and beside)) and not app.is_web
    text = None if how == "file" else await text_of(value, LOCAL_BYTES if local else most)
    short = text is not None and terminal and fits(text, most)
    if text is not None and short:
        app.copy_to_clipboard(text)
    here = text is not None and local and await _copied_here(text)
    limit = human_size(most, decimal=True)
    if short or (here and not terminal):
        hint = "" if here else _hint()
        node.notify(f"Copied {safe(what)}{hint}", timeout=6 if hint else 2)
    elif text is not None and here:
        size = human_size(len(text), decimal=True)
        node.notify(
            f"Copied {safe(what)}, {size}, to this machine's clipboard only: the terminal's takes {limit}", timeout=5
        )
    elif secret:
        node.notify(f"Not copied: no clipboard takes it. Save the {safe(what)} instead.", timeout=5)
        return False
    else:
        why = {"file": "", "local": ", cannot be copied on this machine"}.get(
            how, f", is longer than the terminal's clipboard takes ({limit})"
        )
        await _save(node, value, what, name, why, tells_path=terminal)
        return False
    return True


def _hint() -> str:
    """What a user of tmux may need to know, once."""
    if not os.environ.get("TMUX") or _told:
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


async def _save(node: Widget, value: Any, what: str, name: str, why: str, *, tells_path: bool) -> None:
    path = place_of(node, file_path(name, ".txt" if isinstance(value, str) else ".json"))
    try:
        size = await save(pieces_of(value), path)
    except OSError as error:
        node.notify(
            f"Not copied: {safe(what)}{why}. It cannot be saved either: {safe(error)}", severity="error", timeout=8
        )
        return
    text = f"{what[:1].upper()}{what[1:]}, {human_size(size, decimal=True)}{why}: it is in {handed_over(node, path)}"
    if tells_path and not node.app.is_web:
        node.app.copy_to_clipboard(str(path))
        text += ", and that path is copied"
    node.notify(safe(f"{text}."), timeout=10)
