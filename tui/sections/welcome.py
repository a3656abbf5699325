"""The text in the call's place while no method is open: how to begin."""

from __future__ import annotations

from tui import actions
from tui.session.session import Session

__all__ = ["explained", "welcome"]

HOW = """\
Type a few letters of what you want:
  pds q       finds pool.dataset.query
  recordsize  finds methods that take it

up and down choose, {open} opens,
{run} runs the open method.
{back} goes back, {keys} shows all keys,
{quit} leaves.
{dashboard} shows the dashboard.

Words beside a method:
  table  a list that can be filtered
  job    goes on in the background
  write  changes something, asks first
  risk   may destroy, asks for a name"""


def explained() -> str:
    """How to begin, with the keys that work while the filter has the focus."""
    return HOW.format(
        open=actions.key("nav.open"),
        run=actions.key("call.run"),
        back=actions.key("app.back"),
        quit=actions.key("app.quit"),
        keys=actions.reach("app.keys", typing=True),
        dashboard=actions.reach("go.dashboard", typing=True),
    )


def welcome(session: Session) -> str:
    """A text of at most 18 lines of 40 characters."""
    lines = ["A simulated TrueNAS: try anything."] if session.life.simulated else []
    if count := len(session.catalogue):
        lines.append(f"{count} methods, grouped by name")
    return "\n".join([*lines, "", explained()] if lines else [explained()])
