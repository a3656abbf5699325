"""Query and settings methods: the same few lines for every service that lists things or has settings.

``world.json`` says what a table is called, which roles may read it and what its members are.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any

from .. import shapes
from ..call import Call
from ..errors import found
from ..extension import Extensible
from ..state import Nas
from ..world import DATA, World

__all__ = ["add_config", "add_table", "change", "find_row", "pristine", "read", "row_of", "rows_of"]

Row = dict[str, Any]
Rows = Callable[[Nas], list[Row]]


@cache
def pristine() -> Nas:
    """A server as every simulator starts, whose rows and settings decide schemas; it never changes."""
    return Nas("26", 0, 1.0)


def read(namespace: str) -> list[str]:
    """The roles that may read a table or settings."""
    found: list[str] = (DATA["tables"].get(namespace) or DATA["configs"][namespace])["read"]
    return found


def row_of(namespace: str, rows: Rows | None = None) -> shapes.Schema:
    """The schema of a row of a table."""
    found = rows_of(namespace, pristine()) if rows is None else rows(pristine())
    return shapes.like_all(found, DATA["tables"][namespace].get("docs"))


def rows_of(namespace: str, nas: Nas) -> list[Row]:
    """The rows that the world has of a table."""
    return list(nas.world.table(namespace).values())


def add_table(
    part: Extensible,
    namespace: str,
    rows: Rows | None = None,
    *,
    asked: Callable[[Nas, list[Any], Row], list[Row]] | None = None,
) -> None:
    """Add ``<namespace>.query`` and ``.get_instance`` over the rows.

    Where the service knows options of its own, ``asked`` makes the rows of the filters and ``options.extra``.
    """
    facts = DATA["tables"][namespace]
    what, roles, key = facts["what"], facts["read"], facts.get("key", "id")
    made = rows or partial(rows_of, namespace)
    row = cache(partial(row_of, namespace, made))
    part.service(namespace, "crud", datastore_primary_key=key)

    def query(call: Call, filters: list[Any], options: Row) -> Any:
        several = made(call.nas) if asked is None else asked(call.nas, filters, options.get("extra") or {})
        return call.filter_list(several, filters, options)

    part.method(
        f"{namespace}.query",
        accepts=part.query_arguments,
        returns=lambda: shapes.table(row(), f"The {what}, one of them, or how many there are."),
        roles=roles,
        filterable=True,
        description=f"List the {what}. Filters select rows; options sort, limit and count them.",
    )(query)

    def get_instance(call: Call, id: Any, options: Row) -> Any:
        extra = options.get("extra") or {}
        several = made(call.nas) if asked is None else asked(call.nas, [[key, "=", id]], extra)
        return found(next((row for row in several if row[key] == id), None), f"{namespace} {id}")

    def ident() -> shapes.Schema:
        """The type of an id: a number or a text, as in the rows there are."""
        doc = f"The {key} of the row."
        numbers = all(isinstance(row[key], int) for row in made(pristine()))
        return shapes.integer(doc) if numbers else shapes.text(doc, minLength=1)

    if facts.get("instance", True):
        part.method(
            f"{namespace}.get_instance",
            accepts=lambda: {"id": ident(), "options": shapes.obj("Query options.", {})},
            returns=row,
            roles=roles,
            description=f"Answer one of the {what} by its {key}.",
        )(get_instance)
    if facts.get("events", True):
        part.event(f"{namespace}.query", roles=roles)


def change(nas: Nas, namespace: str, row: Row, **members: Any) -> None:
    """Change members of a row that clients see, and tell those that subscribed to its table."""
    row |= members
    ident = row[DATA["tables"][namespace].get("key", "id")]
    nas.send_event(f"{namespace}.query", "CHANGED", id=ident, fields=dict(row))


def find_row(world: World, namespace: str, ident: Any, what: str | None = None) -> Row:
    """A row of a table of the world. Raises `InstanceNotFound`."""
    return found(world.table(namespace).get(ident), f"{what or namespace} {ident}")


def add_config(part: Extensible, namespace: str) -> None:
    """Add ``<namespace>.config`` and ``.update`` over the settings kept in the world."""
    facts = DATA["configs"][namespace]
    shape = cache(lambda: shapes.like(pristine().world.configs[namespace]))
    part.service(namespace, "config")

    def config(call: Call) -> Row:
        return dict(call.nas.world.configs[namespace])

    def update(call: Call, data: Row) -> Row:
        call.nas.world.configs[namespace].update(data)
        return config(call)

    def accepts() -> dict[str, shapes.Schema]:
        members = {
            name: shapes.optional({key: value for key, value in schema.items() if key not in ("_name_", "_required_")})
            for name, schema in shape()["properties"].items()
            if name != "id"
        }
        changes = shapes.obj("The settings to change; the others stay.", {}, **members)
        return {facts.get("argument", "data"): changes}

    part.method(
        f"{namespace}.config",
        returns=shape,
        roles=facts["read"],
        description=f"The settings of {facts['what']}.",
    )(config)
    part.method(
        f"{namespace}.update",
        accepts=accepts,
        returns=shape,
        roles=facts["write"],
        description=f"Update the settings of {facts['what']}; returns all of them.",
    )(update)
