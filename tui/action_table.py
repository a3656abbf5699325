"""The table of all actions: what the user can do, where, and by which keys.

Nothing else defines a key for something the user does (widgets keep only the keys that
move a cursor inside them). `actions` reads this table; so keys, palette, footer, help
and the texts that name a key cannot differ.

Invariants: ids are unique; no two actions share a key in places that can be active
together (a section and the workspace around it); no action depends only on a key that a
terminal may keep for itself (ctrl+h, i, m, ``ctrl+[``).
"""

from __future__ import annotations

from tui import explore_actions, general_actions, section_actions
from tui.action import Action
from tui.section_specs import SECTIONS, SectionSpec

__all__ = ["ACTIONS"]


def _section(spec: SectionSpec) -> Action:
    return Action(
        f"go.{spec.id}",
        spec.title,
        where="workspace",
        group="Go",
        keys=spec.key,
        help=spec.help,
        handler=f"show_section('{spec.id}')",
    )


ACTIONS: tuple[Action, ...] = (
    *explore_actions.ACTIONS,
    *(_section(one) for one in SECTIONS),
    *section_actions.ACTIONS,
    *general_actions.ACTIONS,
)
