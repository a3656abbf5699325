"""Saving a value into a file: asks for its form and its path, and writes it beside the work of the app."""

from __future__ import annotations

from textual.widget import Widget

from truenas_client.values.human import human_size
from tui.cards.handing_over import handed_over
from tui.cards.save import Saving, ask_where_to_save
from tui.model.export import ALL, NOTES, SHOWN, SUFFIXES, Exported, forms_of, pieces
from tui.session.copying import save
from tui.session.session import Session
from tui.text import safe

__all__ = ["save_value"]

FORM, ROWS = "Form", "Rows"


async def save_value(node: Widget, session: Session, exported: Exported, heading: str, what: str) -> None:
    """Asks over the screen of ``node``, and tells there what was saved. ``what`` names it. From a worker."""
    places, shown = session.caller.file_places, exported.shown
    forms = forms_of(exported.value)
    question = f"{exported.words[:1].upper()}{exported.words[1:]}."
    choices = {FORM: forms} if shown is None else {FORM: forms, ROWS: (ALL, SHOWN)}
    saving = Saving(
        heading,
        what,
        question if shown is None else f"{question} As shown: {shown.words}.",
        f"{session.host}-{what}",
        choices=choices,
        chosen={FORM: places.form} if places.form in forms else {},
        suffixes=SUFFIXES,
        notes=NOTES,
    )
    wanted = await ask_where_to_save(node, saving, places)
    if wanted is None:
        return
    places.form = form = wanted.chosen[FORM]
    value, columns, words = exported.value, None, exported.words
    if shown is not None and wanted.chosen[ROWS] == SHOWN:
        value, columns, words = shown.value, shown.columns, shown.words
    try:
        size = await save(pieces(value, form, columns), wanted.path, replace=wanted.replace)
    except OSError as error:
        node.notify(f"Not saved: {safe(error)}", severity="error", timeout=8)
    else:
        text = f"Saved {words} as {form}, {human_size(size, decimal=True)}, to {handed_over(node, wanted.path)}"
        node.notify(safe(text), timeout=8)
