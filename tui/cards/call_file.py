"""The card that asks for the file of a saved call: where to export it, or which one to import."""

from __future__ import annotations

from pathlib import Path

from textual.dom import DOMNode

from tui.cards.card import ask
from tui.cards.file import FileScreen

__all__ = ["ask_where_to_export", "ask_which_to_import"]


class _ExportScreen(FileScreen):
    @property
    def question(self) -> str:
        return "A file that midclt, another user or another machine can import. Secrets are never in it."

    @property
    def heading(self) -> str:
        return "Export a saved call"

    @property
    def verb(self) -> str:
        return "export"


class _ImportScreen(FileScreen):
    @property
    def question(self) -> str:
        return "The file of a saved call (.toml). Which?"

    @property
    def heading(self) -> str:
        return "Import a saved call"

    @property
    def verb(self) -> str:
        return "import"


async def ask_where_to_export(node: DOMNode, name: str) -> Path | None:
    """Asks over the screen of ``node``; a file that is there is replaced only once confirmed. From a worker."""
    wanted = await ask(node, _ExportScreen("download", name, f"{name.rpartition('/')[2]}.toml"))
    return wanted.path if wanted is not None else None


async def ask_which_to_import(node: DOMNode) -> Path | None:
    """Asks over the screen of ``node`` for a file that can be read. From a worker."""
    wanted = await ask(node, _ImportScreen("upload", "", ""))
    return wanted.path if wanted is not None else None
