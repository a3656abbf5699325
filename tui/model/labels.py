"""Short names for open connections that tell them apart: two servers may go by one name, or be open twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["Connection", "told_apart"]


class Connection(NamedTuple):
    """What a connection can be told by: the server's own name, its address, and the user."""

    name: str
    address: str
    user: str


def told_apart(connections: Sequence[Connection]) -> list[str]:
    """The name of each; where several share it the place in its address too, then the user, then a number."""
    labels = [one.name for one in connections]
    for more in (_place, _user):
        counts = Counter(labels)
        labels = [
            f"{label} {extra}" if counts[label] > 1 and (extra := more(one)) and extra != label else label
            for label, one in zip(labels, connections, strict=True)
        ]
    counts, seen = Counter(labels), Counter[str]()
    for at, label in enumerate(labels):
        if counts[label] > 1:
            seen[label] += 1
            labels[at] = f"{label} #{seen[label]}"
    return labels


def _place(one: Connection) -> str:
    """The part of its address that says which machine: host and port."""
    return one.address.partition("://")[2].partition("/")[0] or one.address


def _user(one: Connection) -> str:
    return f"as {one.user}" if one.user else ""
