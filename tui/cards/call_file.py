"""The cards that ask for the file of a saved call: where to export it, and which one to import."""

from __future__ import annotations

from pathlib import Path

from textual.dom import DOMNode

from tui.cards.file import FileScreen
from tui.cards.handing_over import handed_over
from tui.cards.save import Saving, ask_where_to_save
from tui.session.copying import save
from tui.session.transfers import FilePlaces

__all__ = ["ask_which_to_import", "export_call"]


async def export_call(node: DOMNode, name: str, text: str, places: FilePlaces) -> str | None:
    """Asks where to, and writes the file there. Returns where it is, in words; None for escape. Raises OSError."""
    question = "A file that midclt or another machine can import. What is known to be a secret is left out."
    saving = Saving("Export a saved call", name, question, name.rpartition("/")[2], ".toml")
    wanted = await ask_where_to_save(node, saving, places)
    if wanted is None:
        return None
    await save([text], wanted.path, replace=wanted.replace)
    return handed_over(node, wanted.path)


async def ask_which_to_import(node: DOMNode) -> Path | None:
    """Asks over the screen of ``node`` for a file that can be read. From a worker."""
    question = "The file of a saved call (.toml). Which?"
    card = FileScreen("upload", "", "", heading="Import a saved call", question=question, verb="import")
    wanted = await card.ask(node)
    return wanted.path if wanted is not None else None
