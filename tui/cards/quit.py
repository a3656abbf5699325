"""Whether to quit, with what still runs on every open connection."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from textual.app import App

from tui.cards.confirm import ConfirmScreen
from tui.session.session import Session
from tui.settings.values import in_force

__all__ = ["ask_to_quit", "still_running"]

MOST_JOBS = 8


def ask_to_quit(app: App[Any], sessions: Sequence[Session]) -> None:
    """Asks over the present screen, and ends the app if the user confirms; or at once, as the settings say."""
    settings = in_force()
    running = any(session.jobs.ours_active() for session in sessions)
    if settings.quit == "never" or (settings.quit == "jobs" and not running):
        app.exit()
        return
    # Not from a worker: the next key is for the card already.
    card = ConfirmScreen("Quit?", still_running(sessions), yes="quit", no="stay")
    app.push_screen(card, lambda yes: app.exit() if yes else None)


def still_running(sessions: Sequence[Session]) -> str:
    """The jobs that were started here and have not ended; with several connections, where each of them runs."""
    lines = [line for session in sessions for line in _lines(session, several=len(sessions) > 1)]
    if not lines:
        return "No job that was started here is running."
    shown = lines[:MOST_JOBS]
    if len(lines) > len(shown):
        shown.append(f"and {len(lines) - len(shown)} more")
    return "\n".join(["Jobs you started that still run:", *shown, "They keep running on the server."])


def _lines(session: Session, *, several: bool) -> Iterator[str]:
    where = f"{session.host}: " if several else ""
    for job in session.jobs.ours_active():
        yield f"{where}#{job.id} {job.method}"
