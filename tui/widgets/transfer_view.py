"""A file on its way, drawn in a few lines: how much of it, how fast, how long still."""

from __future__ import annotations

from collections.abc import Sequence

from truenas_client.values.human import human_duration, human_size
from tui.model.paths import shortened
from tui.session.transfers import Transfer
from tui.text import bar, safe
from tui.widgets.lines import LineView, Span

__all__ = ["TransferView"]

LONGEST_BAR = 60
WORDS = {"download": ("saving", "to"), "upload": ("sending", "file")}


class TransferView(LineView):
    """Draws one `Transfer`; tell it when that has moved on."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: list[tuple[Span, ...]] = []

    def set_transfer(self, transfer: Transfer) -> None:
        """Shows how far this one is now."""
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
        cells = max(self.scrollable_content_region.width, 20)
        self._lines = [
            (Span(verb, "accent strong"), Span("   " + "   ".join(facts))),
            (Span(bar(fraction, min(cells, LONGEST_BAR), self.glyphs), "accent"),),
            (),
            (Span(f"{label:<12}", "dim"), Span(safe(shortened(transfer.path)))),
        ]
        self.lines_changed()

    def line_count(self) -> int:
        return len(self._lines)

    def line_spans(self, index: int, cells: int) -> Sequence[Span]:
        return self._lines[index]
