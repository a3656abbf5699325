"""What differs between releases: renamed methods, and the events that each release registers.

The data files beside this module are made from the real catalogues (``python -m tests.releases``). No server since
25.04 lists its events, so a program knows them from here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Container, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["EventFact", "known_events", "release_of", "renamed"]

RELEASES = ("24.10", "25.10", "26")
"""The releases whose events are known."""
_VERSION = re.compile(r"(?:^|-)(\d+)\.(\d+)")


@dataclass(frozen=True, slots=True)
class EventFact:
    """An event: its name, the ``releases`` that register it, and of a ``source`` (an event with arguments) the names
    of its ``parameters`` and those that are ``required``."""

    name: str
    releases: tuple[str, ...]
    source: bool
    parameters: tuple[str, ...]
    required: tuple[str, ...]

    @property
    def example(self) -> str:
        """How it is subscribed to: the name, with the required parameters as an object."""
        if not self.required:
            return self.name
        return f"{self.name}:{json.dumps(dict.fromkeys(self.required, '...'))}"


def renamed(name: str, known: Container[str]) -> str:
    """What does the work of this method among the ``known`` ones: a name, perhaps with an argument; "" if none does."""
    table = _read("renamed.json")
    for other in (table.get(name, ""), *(old for old, new in table.items() if new == name)):
        if other and other.split()[0] in known:
            return str(other)
    return ""


@cache
def known_events() -> Mapping[str, EventFact]:
    """Every event that a release registers, by name."""
    return {name: _fact(name, entry) for name, entry in _read("events.json").items()}


def _fact(name: str, entry: dict[str, Any]) -> EventFact:
    given = entry.get("parameters", ())
    return EventFact(
        name,
        tuple(entry["releases"]),
        bool(entry.get("source")),
        tuple(parameter.rstrip("!") for parameter in given),
        tuple(parameter.rstrip("!") for parameter in given if parameter.endswith("!")),
    )


def release_of(version: str) -> str:
    """The release of `RELEASES` nearest to a server's version (``TrueNAS-25.10.6``); the last one for no version."""
    found = _VERSION.search(version)
    number = (int(found[1]), int(found[2])) if found else (10_000, 0)
    older = [release for release in RELEASES if _number(release) <= number]
    return older[-1] if older else RELEASES[0]


def _number(release: str) -> tuple[int, int]:
    year, _, month = release.partition(".")
    return int(year), int(month or 0)


@cache
def _read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path(__file__).with_name(name).read_text(encoding="utf-8"))
    return found
