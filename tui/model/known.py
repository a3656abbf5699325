"""The ids and names of objects on a server, from earlier results, by namespace.

Rows of a ``<namespace>.query`` (and the object of a ``get_instance``) are remembered
until the connection ends; newer rows of the same id take the place of older ones. `wanted` says from
which namespaces an argument takes its ids, by its name alone: schemas do not tell.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from truenas_client.methods.catalogue import Method

from .answers import first_text
from .jsontext import Path

__all__ = ["Known", "Thing", "wanted"]

MOST_THINGS = 1000
_NAMES = ("name", "username", "group", "service", "hostname", "description", "path", "title", "comment")
_ENDINGS = ("_ids", "_id", "_names", "_name", "_uuid")
_LAST_WORDS = frozenset({"dataset", "pool", "disk", "user", "group"})
"""Words that say at the end of a longer name what it is, as ``target_dataset`` does."""
_PLAIN = frozenset({"id", "id_", "ids", "uuid", "identifier", "name"})


@dataclass(frozen=True, slots=True)
class Thing:
    """One row of a result: its id, and its name ("" when it has none or the id is the name)."""

    id: int | str
    name: str


class Known:
    """The things seen so far. Filled by the session, read by completion."""

    def __init__(self) -> None:
        self._things: dict[str, dict[int | str, Thing]] = {}

    def learn(self, method: str, value: Any) -> None:
        """Remember what a call answered; answers of other methods than queries are passed over."""
        namespace, _, action = method.rpartition(".")
        if action not in ("query", "get_instance"):
            return
        rows = value if isinstance(value, list) else [value]
        things = self._things.setdefault(namespace, {})
        for row in rows[:MOST_THINGS]:
            thing = _thing(row)
            if thing is not None and (thing.id in things or len(things) < MOST_THINGS):
                things[thing.id] = thing
        if not things:
            del self._things[namespace]

    def of(self, namespace: str) -> Iterator[Thing]:
        """The things of a namespace, in the order they were first seen."""
        yield from self._things.get(namespace, {}).values()

    @property
    def namespaces(self) -> list[str]:
        """The namespaces of which objects are known."""
        return list(self._things)


def _thing(row: Any) -> Thing | None:
    if not isinstance(row, dict):
        return None
    # Where a pool or a disk has no id of its own, its name is what methods take.
    number = row.get("id", row.get("name"))
    if isinstance(number, bool) or not isinstance(number, (int, str)) or number == "":
        return None
    name = first_text(row, *_NAMES)
    return Thing(number, name if name != number else "")


def wanted(known: Known, method: Method, path: Path, argument: str) -> list[str]:
    """The namespaces whose ids are valid at ``path``, best first. ``argument`` is the name of the positional one."""
    name = next((part for part in reversed(path[1:]) if isinstance(part, str)), argument)
    own = method.namespace
    if name in _PLAIN:
        # Members called so belong to something else than the method's own things, unless they are the argument.
        if len(path) > 2 or isinstance(path[-1], str):
            return []
        # What pool.scrub.scrub names is a pool.
        outer = own.rpartition(".")[0]
        return [outer] if name == "name" and own not in known.namespaces and outer in known.namespaces else [own]
    stem = next((name.removesuffix(ending) for ending in _ENDINGS if name.endswith(ending)), name)
    stems = {stem, f"{stem}s", stem.removesuffix("s")}
    if (last := stem.rpartition("_")[2].removesuffix("s")) in _LAST_WORDS:
        stems.add(last)
    found = [namespace for namespace in known.namespaces if namespace.rpartition(".")[2] in stems]
    return sorted(found, key=lambda namespace: (namespace != own, namespace.count("."), namespace))
