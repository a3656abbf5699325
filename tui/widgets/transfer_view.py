"""A file on its way, drawn in a few lines: how much of it, how fast, how long still."""

from __future__ import annotations

from collections.abc import Iterator

from truenas_client.values.human import human_duration, human_size
from tui.session.transfers import Transfer
from tui.text import bar, safe
from tui.widgets.laid_lines import LaidLines, Line
from tui.widgets.lines import Span

__all__ = ["TransferView"]

LONGEST_BAR = 60
WORDS = {"download": ("saving", "to"), "upload": ("sending", "file")}


class TransferView(LaidLines):
    """Draws one `Transfer`; tell it when that has moved on."""

    _transfer: Transfer | None = None

    def set_transfer(self, transfer: Transfer) -> None:
        """Shows how far this one is now."""
        self._transfer = transfer
        self.lay_anew()

    def lay(self, cells: int) -> Iterator[Line]:
        transfer = self._transfer
        if transfer is None:
            return
        verb, label = WORDS[transfer.kind]
        facts = [human_size(transfer.done)]
        fraction: float | None = None
        if transfer.total:
            facts[0] += f" of {human_size(transfer.total)}"
            fraction = transfer.done / transfer.total
        rate = transfer.rate
        if rate is not None:
            facts.append(f"{human_size(rate)}/s")
        if rate and transfer.total:
            facts.append(f"~{human_duration((transfer.total - transfer.done) / rate)} left")
        if transfer.total is not None and transfer.done >= transfer.total:
            facts.append("waiting for the job to end" if transfer.kind == "download" else "waiting for the answer")
        yield Span(verb, "accent strong"), Span("   " + "   ".join(facts))
        yield (Span(bar(fraction, min(cells, LONGEST_BAR), self.glyphs), "accent"),)
        yield ()
        yield Span(f"{label:<12}", "dim"), Span(safe(transfer.where))
