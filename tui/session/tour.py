"""The tour of the demo: five things, each done by its real keys, and noticed from what the session knows.

A step that was left out does not hold the reader up: what a later step asks for counts as soon as it is done.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.session.session import Session

__all__ = ["STEPS", "Step", "Tour"]

QUERY, SCRUB = "pool.dataset.query", "pool.scrub.scrub"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do. ``text`` names keys by their actions, as in ``{call.run} runs it``; `` `so` `` is typed."""

    title: str
    text: str
    done: Callable[[Session], bool]


def _run(session: Session) -> bool:
    call = session.caller.last.get(QUERY)
    return call is not None and call.state == "done"


def _scrubbed(session: Session) -> bool:
    call = session.caller.last.get(SCRUB)
    return call is not None and call.job is not None


STEPS = (
    Step(
        "Find a method",
        "Type `pds q` into the filter: a few letters of each part of a name are enough. {nav.open} opens the method "
        f"under the cursor, {QUERY}.",
        lambda session: session.memory.method == QUERY,
    ),
    Step(
        "Run it",
        "A method opens with its smallest valid arguments; a query needs none. {call.run} sends the call.",
        _run,
    ),
    Step(
        "Look at the result",
        "A list of objects is a table. {result.view} shows it as JSON, and once more as a tree: right and left unfold "
        "and fold, {pane.find} finds a text.",
        lambda session: session.memory.view_of(QUERY) == "Tree",
    ),
    Step(
        "Change something",
        f"{{pane.methods}} shows the methods again: open {SCRUB}, write `tank` between the quotes and run it. "
        "A card shows what would be sent; {card.accept} sends it.",
        _scrubbed,
    ),
    Step(
        "Watch it",
        "The scrub is a job. {go.jobs} lists all jobs with their progress, live.",
        lambda session: session.memory.section == "jobs",
    ),
)
END = Step(
    "The end",
    "{go.explore} leads back to the methods, {go.dashboard} to the dashboard. {app.palette} has everything by name, "
    "{app.keys} the keys of wherever you are.",
    lambda session: False,
)


class Tour:
    """Where the reader is in the tour."""

    def __init__(self) -> None:
        self.at = 0

    @property
    def step(self) -> Step:
        """What is to be done now, `END` after the last."""
        return STEPS[self.at] if self.at < len(STEPS) else END

    def look(self, session: Session) -> bool:
        """Goes on where a step was done; whether it was."""
        done = [at for at in range(self.at, len(STEPS)) if STEPS[at].done(session)]
        if done:
            self.at = done[-1] + 1
        return bool(done)
