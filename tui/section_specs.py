"""The sections of the workspace: each is announced here, and nowhere else.

The keys, the palette, the help, the hints (``{go.jobs}``) and the workspace read this list. A section's class is
named, not imported: it is loaded when it is shown for the first time, and the list can stand below the widgets.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from tui.session.session import Session

__all__ = ["HOME", "SECTIONS", "SectionSpec", "section_of"]


class SectionSpec(NamedTuple):
    """What is to be known of a section before it is made; ``help`` is the sentence about the key that shows it."""

    id: str
    title: str
    key: str
    help: str
    maker: str
    """``module:Class``; the class takes the session and the id."""
    inside: tuple[str, ...] = ()
    """Further places with actions of their own, on nodes that `Section.place` finds."""

    @property
    def places(self) -> tuple[str, ...]:
        """What `Action.where` is for the actions of this section."""
        return (self.id, *self.inside)

    def make(self, session: Session) -> Any:
        """A new `Section` for this session."""
        module, _, name = self.maker.partition(":")
        return getattr(import_module(module), name)(session, id=self.id)


HOME = SectionSpec(
    "explore", "Explore", "1", "Methods, arguments and result.", "tui.sections.explore:Explore", inside=("result",)
)
"""The section that the workspace begins with; it opens methods."""

SECTIONS: tuple[SectionSpec, ...] = (
    HOME,
    SectionSpec(
        "dashboard",
        "Dashboard",
        "2",
        "The health of the system and its pools, alerts, traffic and jobs.",
        "tui.sections.dashboard:DashboardSection",
    ),
    SectionSpec("jobs", "Jobs", "3", "Jobs that the server runs, and earlier ones.", "tui.sections.jobs:JobsSection"),
    SectionSpec("events", "Events", "4", "Live events of the names you choose.", "tui.sections.events:EventsSection"),
    SectionSpec(
        "history",
        "History",
        "5,ctrl+r",
        "Calls made before on this server: filter, repeat, open as a draft.",
        "tui.sections.history:HistorySection",
    ),
    SectionSpec("wire", "Wire", "6", "Frames sent and received, with secrets masked.", "tui.sections.wire:WireSection"),
    SectionSpec(
        "access",
        "Sessions and keys",
        "7",
        "Sessions signed in to the server, API keys and tokens.",
        "tui.sections.access:AccessSection",
    ),
    SectionSpec(
        "saved",
        "Saved calls",
        "8",
        "Calls saved under a name, with values to ask for when they run.",
        "tui.sections.saved:SavedSection",
    ),
)


def section_of(place: str) -> SectionSpec | None:
    """The section to which a place belongs; None for places outside of sections."""
    return next((spec for spec in SECTIONS if place in spec.places), None)
