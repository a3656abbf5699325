"""The borders between the panes of a section: moved by keys and by dragging them, remembered for each size of screen.

Of two panes beside each other one has a size in cells once its border was moved, and the other has the rest. Invariant:
both keep enough to be read, whatever was dragged or remembered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from textual import events, on
from textual.containers import Container
from textual.geometry import Offset
from textual.widget import Widget

from tui.session.session import Session

__all__ = ["Resizing", "Split"]

SIZE_CLASSES = ("-narrow", "-normal", "-wide")


@dataclass(frozen=True, slots=True)
class Split:
    """A border that can be moved: the ``edge`` of one pane, and the border of its neighbour that touches it there."""

    name: str
    """Under which its size is remembered."""
    pane: str
    """The pane with that edge, as a selector."""
    edge: Literal["top", "left", "right"]
    least: int = 4
    """Cells that the pane keeps; where the edge is its top, its neighbour keeps as many."""
    narrow: bool = True
    """Whether it is there on narrow screens."""

    @property
    def rows(self) -> bool:
        """Whether its size is in rows."""
        return self.edge == "top"

    def most(self, total: int) -> int:
        """The most cells that the pane may have of those there are."""
        return total - self.least if self.rows else total * 2 // 5

    def touches(self, pane: Widget, at: Offset) -> bool:
        """Whether a place on the screen is on the border."""
        region = pane.region
        if not region:
            return False
        if self.rows:
            return region.x <= at.x < region.right and region.y - 1 <= at.y <= region.y
        edge = region.x - 1 if self.edge == "left" else region.right - 1
        return region.y <= at.y < region.bottom and edge <= at.x <= edge + 1

    def cells(self, pane: Widget, at: Offset) -> int:
        """The size of the pane with its edge at a place on the screen."""
        region = pane.region
        return {"top": region.bottom - at.y, "left": region.right - at.x, "right": at.x + 1 - region.x}[self.edge]


class Resizing(Container):
    """A section whose borders can be moved."""

    SPLITS: ClassVar[tuple[Split, ...]] = ()

    _session: Session
    """Its memory keeps the sizes."""
    _dragged: Split | None = None
    _held = 0

    @property
    def resizes(self) -> bool:
        """Whether `resize_pane` does anything here."""
        return any(split.rows for split in self.SPLITS)

    def resize_pane(self, cells: int) -> None:
        """Gives the focused pane so many rows more, or takes them; columns, where it stands beside the others."""
        panes = [(split, pane) for split in self.SPLITS if (pane := self._pane(split)) is not None]
        inside = [one for one in panes if not one[0].rows and one[1].has_focus_within]
        for split, pane in inside or [one for one in panes if one[0].rows]:
            given = pane.styles.height if split.rows else pane.styles.width
            # A key may have changed it just now, and it is not laid out yet.
            fixed = given is not None and given.is_cells
            now = int(given.value) if given is not None and fixed else _size(split, pane)
            self._give(split, pane, now + (cells if pane.has_focus_within else -cells))

    @on(events.Resize)
    def _take_sizes(self) -> None:
        for split in self.SPLITS:
            for pane in self.query(split.pane).results(Widget):
                self._take(split, pane)

    def _pane(self, split: Split) -> Widget | None:
        """The pane whose border can be moved now."""
        there = split.narrow or self._size_class != SIZE_CLASSES[0]
        return next(iter(self.query(split.pane).results(Widget)), None) if there else None

    @property
    def _size_class(self) -> str:
        return next((name for name in SIZE_CLASSES if self.screen.has_class(name)), "")

    def _give(self, split: Split, pane: Widget, cells: int) -> None:
        """Gives the pane so many cells, and remembers it."""
        cells = max(split.least, min(cells, split.most(_total(split, pane))))
        _set(split, pane, cells)
        self._session.memory.app.set_size(split.name, self._size_class, cells)

    def _take(self, split: Split, pane: Widget) -> None:
        """Gives the pane the size it was left with on screens of this size, as far as there is room."""
        cells, total = self._session.memory.app.size_of(split.name, self._size_class), _total(split, pane)
        if cells is None or self._pane(split) is None:
            if pane.styles.clear_rule("height" if split.rows else "width"):
                pane.refresh(layout=True)
        elif total > 2 * split.least:
            _set(split, pane, max(split.least, min(cells, split.most(total))))

    # The mouse

    def on_mouse_down(self, event: events.MouseDown) -> None:
        at = event.screen_offset
        # A word in the border is there to be clicked.
        if event.button != 1 or "@click" in event.style.meta or self.screen.maximized is not None:
            return
        for split in self.SPLITS:
            pane = self._pane(split)
            if pane is not None and split.touches(pane, at):
                event.stop()
                self._dragged = split
                # It stays under the pointer, on whichever of the two borders that is.
                self._held = _size(split, pane) - split.cells(pane, at)
                self.capture_mouse()
                return

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self._dragged is not None and (pane := self._pane(self._dragged)) is not None:
            event.stop()
            self._give(self._dragged, pane, self._dragged.cells(pane, event.screen_offset) + self._held)

    def on_mouse_up(self) -> None:
        if self._dragged is not None:
            self.release_mouse()

    def on_mouse_release(self) -> None:
        self._dragged = None


def _size(split: Split, pane: Widget) -> int:
    return pane.outer_size.height if split.rows else pane.outer_size.width


def _total(split: Split, pane: Widget) -> int:
    """The cells that the pane shares with what is beside it."""
    around = pane.parent
    assert isinstance(around, Widget)
    return around.size.height if split.rows else around.size.width


def _set(split: Split, pane: Widget, cells: int) -> None:
    if split.rows:
        pane.styles.height = cells
    else:
        pane.styles.width = cells
