"""What stands where the call will be, while none is open: what all this is, in the words of somebody who shows it."""

from __future__ import annotations

from tui.session.session import Session

__all__ = ["welcome"]

HOW = """\
Type a few letters of what you want:
  pds q       finds pool.dataset.query
  recordsize  finds methods that take it

up and down choose, enter opens,
ctrl+j runs the open method.
esc goes back, F1 shows all keys,
ctrl+q leaves.

Words beside a method:
  table  a list that can be filtered
  job    goes on in the background
  write  changes something, asks first
  risk   may destroy, asks for a name"""


def welcome(session: Session) -> str:
    """A text of at most 18 lines of 40 characters."""
    lines = ["A simulated TrueNAS: try anything."] if session.life.simulated else []
    if count := len(session.catalogue):
        lines.append(f"{count} methods, grouped by name")
    return "\n".join([*lines, "", HOW] if lines else [HOW])
