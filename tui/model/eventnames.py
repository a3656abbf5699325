"""Names of events and arguments of event sources: the known ones, and the meaning of a typed subscription.

Before 25.04 a server lists its events (``core.get_events``). A later one lists none, and takes a subscription to any
name without a word: there a name is known when a release registers it (`methods.releases`), or when it is the
``query`` of a namespace of the server.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from truenas_client.methods import releases
from truenas_client.methods.catalogue import Method
from tui.model.jsontext import parse

__all__ = ["KnownEvents", "fitting_names", "known_events", "listed_events", "may_be_new", "read_subscription"]

# What most want comes first.
_FIRST = ("reporting.realtime", "alert.list", "core.get_jobs")
_ABOUT = {"reporting.realtime": "CPU, memory, disks, network", "app.stats": "CPU, memory, network of apps"}
"""What a name does not tell: the name is found by these words as well."""
_NAME = re.compile(r"[A-Za-z]\w*(\.\w+)+", re.ASCII)
_NEAREST = 3
_NUMBERS = {"interval": {"type": "integer", "minimum": 2, "default": 2}, "tail_lines": {"type": ["integer", "null"]}}
"""The parameters of event sources that are numbers; the others are texts."""


@dataclass(frozen=True, slots=True)
class KnownEvents:
    """The events of a server: the names to offer, and for event sources the schema of their arguments."""

    names: tuple[str, ...]
    sources: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    texts: frozenset[str] = frozenset()
    """The sources of 24.10 whose argument is a plain text."""

    def takes(self, name: str) -> str:
        """The arguments that a source takes, in words; "" for none."""
        if name in self.texts:
            return "a text?"
        schema = self.sources.get(name, {})
        required = schema.get("required") or ()
        return ", ".join(key if key in required else f"{key}?" for key in schema.get("properties") or ())

    def words(self, name: str) -> str:
        """What is told beside a name: what comes, and the arguments that it takes."""
        return "   ".join(part for part in (_ABOUT.get(name, ""), self.takes(name)) if part)

    def wants(self, name: str) -> bool:
        """Whether a source does nothing without arguments."""
        return bool(self.sources.get(name, {}).get("required"))

    def method(self, name: str) -> Method:
        """The source as a method with one argument, so that an editor of arguments can complete and check it."""
        schema = {"type": "object", **self.sources.get(name, {}), "_name_": "arguments", "_required_": True}
        return Method(name, {"accepts": [schema]})

    def unknown(self, name: str) -> str:
        """Why a name is refused, with the nearest that there are; empty for a known one."""
        if name in self.names:
            return ""
        near = get_close_matches(name.lower(), self.names, _NEAREST, cutoff=0.5)
        return f"No event {name}." + (f" Did you mean {' or '.join(near)}?" if near else "")


def known_events(methods: Iterable[str]) -> KnownEvents:
    """The events of a server that lists none, by its methods. Those that it can hardly have come last."""
    registered = releases.known_events()
    queries = [name for name in methods if name.endswith(".query")]
    others = [name for name in registered if not name.endswith(".query")]
    sources = {name: _schema(event) for name, event in registered.items() if event.source}
    return KnownEvents(tuple(dict.fromkeys([*_FIRST, *others, *queries, *registered])), sources)


def _schema(event: releases.EventFact) -> dict[str, Any]:
    members = {name: _NUMBERS.get(name, {"type": "string"}) for name in event.parameters}
    return {"properties": members, "required": list(event.required)}


def listed_events(answer: Any) -> KnownEvents | None:
    """The events that an answer of ``core.get_events`` lists; None where it is no such answer."""
    if not isinstance(answer, Mapping):
        return None
    names = sorted(name for name in answer if isinstance(name, str))
    sources: dict[str, Mapping[str, Any]] = {}
    texts: set[str] = set()
    for name in names:
        match answer[name]:
            case {"wildcard_subscription": False, "accepts": [{"properties": dict() as members} as schema, *_]}:
                wanted = [key for key, one in members.items() if isinstance(one, dict) and one.get("_required_")]
                sources[name] = {**schema, "required": wanted}
            case {"wildcard_subscription": False, "accepts": [{}, *_]}:
                texts.add(name)
    offered = tuple(dict.fromkeys([*(name for name in _FIRST if name in names), *names]))
    return KnownEvents(offered, sources, frozenset(texts))


def fitting_names(typed: str, names: Sequence[str]) -> list[str]:
    """The names that match the typed text, best first: equal, beginning with it, containing it; or told by it."""
    word = typed.strip().lower()
    found = [name for name in names if word in name.lower() or word in _ABOUT.get(name, "").lower()]
    return sorted(found, key=lambda name: (name.lower() != word, not name.lower().startswith(word)))


def may_be_new(name: str) -> bool:
    """Whether an unknown name has the form of one, as a newer release may have it."""
    return _NAME.fullmatch(name) is not None


def read_subscription(text: str, texts: Collection[str] = ()) -> tuple[str, Any, str]:
    """Name, arguments (None: none) and error (empty: none) of ``name`` or ``name:{"json": "object"}``.

    ``texts`` are the names that take a plain text in place of the object.
    """
    name, colon, rest = text.strip().partition(":")
    if not name:
        return "", None, "Choose or type an event, e.g. alert.list"
    if not colon:
        return name, None, ""
    if name in texts:
        return name, rest, "" if rest else f"Type what {name} takes behind the colon."
    document = parse(rest)
    if not document.ok:
        return name, None, document.problems[0].message
    if not isinstance(document.value, dict):
        return name, None, "arguments are an object in JSON"
    return name, document.value, ""
