"""What the lower border of the call says: of the method, of problems in its arguments, of what is left to fill in."""

from __future__ import annotations

from truenas_client.methods.catalogue import Method
from tui import actions
from tui.widgets.pane import Fact

__all__ = ["call_facts", "draft_facts", "problem_facts"]


def call_facts(method: Method) -> list[Fact]:
    """What the method needs, and whether it may change something."""
    risk: list[Fact] = [] if method.risk == "read" else [(method.risk, "error" if method.risk == "risk" else "warning")]
    return [*risk, " or ".join(method.roles[:2])]


def problem_facts(count: int, at_caret: Fact) -> list[Fact]:
    """How many problems there are, and the one at the caret."""
    return [(f"{count} problem{'' if count == 1 else 's'}", "error"), at_caret]


def draft_facts(hint: str, gaps: int) -> list[Fact]:
    """The arguments without a problem: a hint about them, and how many values are left to fill in."""
    facts: list[Fact] = [(hint, "warning")] if hint else []
    facts.append((f"fill {gaps} field{'' if gaps == 1 else 's'}", "warning") if gaps else "valid")
    if gaps > 1:
        facts.append(f"{actions.key('edit.problem', short=True)} next")
    return facts
