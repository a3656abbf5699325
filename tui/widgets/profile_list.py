"""`ProfileList`: the profiles of the connect card, each a row, and one more row for a connection that is none."""

from __future__ import annotations

from truenas_client.exc import InvalidProfile
from truenas_client.storage import Profiles
from tui.widgets.rows import Cell, Column, Row, Rows

__all__ = ["NEW", "ProfileList"]

NEW = ""
"""The key of the row for a connection that is no profile. No profile has an empty name."""
MOST = 4
"""Rows at once; more are scrolled."""


class ProfileList(Rows):
    """A list of profiles by name, address and user. An unreadable profile is marked as such and hides no other."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__((Column(most=24), Column(flex=True, style="dim"), Column(most=14, style="dim")), id=id)

    def fill(self, profiles: Profiles, present: str) -> None:
        """Shows them, with the cursor on the present one, without telling that it moved."""
        names = profiles.names
        rows = [*(_row(profiles, name) for name in names), Row(NEW, (Cell("another", "dim"), "", ""))]
        with self.prevent(Rows.Highlighted):
            self.set_rows(rows, keep=False)
            self.cursor = names.index(present) if present in names else len(names)
        self.styles.height = min(len(rows), MOST)


def _row(profiles: Profiles, name: str) -> Row:
    try:
        profile = profiles.get(name)
    except InvalidProfile:
        return Row(name, (name, Cell("cannot be read", "error"), ""))
    return Row(name, (name, profile.address or "local socket", profile.username))
