"""Names of events: the known ones, those that match the typed text, and the meaning of a typed subscription.

No server since 25.04 lists its events, and one takes a subscription to any name without a word. So a name is known
when a release has been seen to register it, or when it is the ``query`` of a namespace of the server.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any

from truenas_client.methods.releases import known_events
from tui.model.jsontext import parse

__all__ = ["event_names", "fitting_names", "may_be_new", "read_subscription", "unknown_name"]

_FIRST = ("reporting.realtime", "alert.list", "core.get_jobs")
"""The events that are most wanted."""
_NAME = re.compile(r"[A-Za-z]\w*(\.\w+)+", re.ASCII)
_NEAREST = 3


def event_names(methods: Iterable[str]) -> list[str]:
    """The names worth offering for a server with these methods: registered ones, then a ``query`` of each namespace."""
    registered = (name for name in known_events() if not name.endswith(".query"))
    return list(dict.fromkeys([*_FIRST, *registered, *(name for name in methods if name.endswith(".query"))]))


def fitting_names(typed: str, names: Sequence[str]) -> list[str]:
    """The names that match the typed text, best first: equal, beginning with it, containing it."""
    word = typed.strip().lower()
    found = [name for name in names if word in name.lower()]
    return sorted(found, key=lambda name: (name.lower() != word, not name.lower().startswith(word)))


def unknown_name(name: str, names: Sequence[str]) -> str:
    """Why a name is refused, with the nearest that there are; empty for a known one."""
    if name in names:
        return ""
    near = get_close_matches(name.lower(), names, _NEAREST, cutoff=0.5)
    return f"No event {name}." + (f" Did you mean {' or '.join(near)}?" if near else "")


def may_be_new(name: str) -> bool:
    """Whether an unknown name has the form of one, as a newer release may have it."""
    return _NAME.fullmatch(name) is not None


def read_subscription(text: str) -> tuple[str, Any, str]:
    """Name, arguments (None: none) and error (empty: none) of ``name`` or ``name:{"json": "object"}``."""
    name, colon, rest = text.strip().partition(":")
    if not name:
        return "", None, "Choose or type an event, e.g. alert.list"
    if not colon:
        return name, None, ""
    document = parse(rest)
    if not document.ok:
        return name, None, document.problems[0].message
    if not isinstance(document.value, dict):
        return name, None, "arguments are an object in JSON"
    return name, document.value, ""
