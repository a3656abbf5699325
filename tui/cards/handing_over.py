"""Saved files on their way to the reader: where the app is drawn by a browser, each becomes a download of it.

Such a file is first written into a private folder of this process, as every file is (so nothing else differs), and is
removed from there once the browser can read it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from textual.dom import DOMNode

from tui.model.paths import shortened

__all__ = ["handed_over", "place_of"]


@cache
def _folder() -> TemporaryDirectory[str]:
    """Removed when the process ends."""
    return TemporaryDirectory(prefix="truenas-tui-")


def place_of(node: DOMNode, path: Path) -> Path:
    """Where a file is to be written that was to be saved to this path."""
    return Path(_folder().name) / path.name if node.app.is_web else path


def handed_over(node: DOMNode, path: Path) -> str:
    """Gives a file that was written to the reader; returns where it is, in words."""
    if not node.app.is_web:
        return shortened(path)
    node.app.deliver_binary(path, save_filename=path.name)
    path.unlink()  # it is open, and is read until it is delivered
    return f"the downloads of your browser, as {path.name}"
