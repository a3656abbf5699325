"""Query methods over rows: the same few lines for every service that lists things."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from .. import shapes
from ..call import Call
from ..errors import InstanceNotFound, ValidationErrors
from .world import World

if TYPE_CHECKING:
    from ..simulator import Simulator

__all__ = ["add_changes", "add_query", "find_row", "rows_of"]

Row = dict[str, Any]


def add_query(
    nas: Simulator,
    namespace: str,
    rows: Callable[[], list[Row]],
    *,
    what: str,
    roles: Iterable[str],
    docs: dict[str, str] | None = None,
    key: str = "id",
    event: bool = True,
    instance: bool = True,
    asked: Callable[[list[Any], dict[str, Any]], list[Row]] | None = None,
) -> None:
    """Add ``<namespace>.query`` and ``.get_instance`` over ``rows()``; ``what`` names a row, as in "disks".

    Where the service knows options of its own, ``asked`` makes the rows of the filters and ``options.extra``.
    """
    roles = tuple(roles)
    sample = rows()
    row = shapes.like_all(sample, docs)
    returns = shapes.table(row, f"The {what}, one of them, or how many there are.")
    nas.service(namespace, "crud", datastore_primary_key=key)

    def query(call: Call, filters: list[Any], options: dict[str, Any]) -> Any:
        found = rows() if asked is None else asked(filters, options.get("extra") or {})
        return call.filter_list(found, filters, options)

    nas.method(
        f"{namespace}.query",
        accepts=nas.query_arguments(),
        returns=returns,
        roles=roles,
        filterable=True,
        description=f"List the {what}. Filters select rows; options sort, limit and count them.",
    )(query)

    if instance:

        def get_instance(call: Call, id: Any, options: dict[str, Any]) -> Any:
            named = rows() if asked is None else asked([[key, "=", id]], options.get("extra") or {})
            found = next((row for row in named if row[key] == id), None)
            if found is None:
                raise InstanceNotFound(f"{namespace} {id} does not exist")
            return found

        nas.method(
            f"{namespace}.get_instance",
            accepts=shapes.arguments(id=_key_schema(sample, key), options=shapes.obj("Query options.", {})),
            returns=shapes.returning(row),
            roles=roles,
            description=f"Answer one of the {what} by its {key}.",
        )(get_instance)
    if event:
        nas.event(f"{namespace}.query", roles=roles)


def _key_schema(rows: list[Row], key: str) -> dict[str, Any]:
    """What an id is: a number or a text, as those there are."""
    doc = f"The {key} of the row."
    numbers = all(isinstance(row[key], int) for row in rows)
    return shapes.integer(doc) if rows and numbers else shapes.text(doc, minLength=1)


def find_row(world: World, namespace: str, ident: Any) -> Row:
    """A row of a table of the world. Raises `InstanceNotFound`."""
    row = world.table(namespace).get(ident)
    if row is None:
        raise InstanceNotFound(f"{namespace} {ident} does not exist")
    return row


def rows_of(table: dict[Any, Row]) -> Callable[[], list[Row]]:
    """The rows of a table, asked anew each time."""
    return lambda: list(table.values())


def add_changes(
    nas: Simulator,
    world: World,
    namespace: str,
    *,
    one: str,
    members: dict[str, dict[str, Any]],
    blank: Row,
    write: Iterable[str],
    create: str = "data",
    update: str = "data",
    check: Callable[[Row, ValidationErrors, str], None] | None = None,
) -> None:
    """Add ``.create``, ``.update`` and ``.delete`` over a table of the world.

    ``members`` are the schemas of what can be set, ``blank`` a row with what can't;
    ``create`` and ``update`` name the arguments. ``check`` looks at a row before it is
    kept, and is given the prefix for the attributes of its errors.
    """
    table = world.table(namespace)
    write = tuple(write)
    returns = shapes.returning(shapes.like_all([*table.values(), blank]))
    prefix = namespace.replace(".", "_")

    def tell(kind: str, ident: int) -> None:
        fields = {} if kind == "REMOVED" else {"fields": dict(table[ident])}
        nas.send_event(f"{namespace}.query", kind, id=ident, **fields)

    def create_row(call: Call, data: Row) -> Row:
        row = {**copy.deepcopy(blank), **data, "id": world.next_id(namespace)}
        errors = ValidationErrors()
        if check is not None:
            check(row, errors, f"{prefix}_create")
        errors.check()
        table[row["id"]] = row
        tell("ADDED", row["id"])
        return row

    def update_row(call: Call, id: int, data: Row) -> Row:
        row = {**find_row(world, namespace, id), **data}
        errors = ValidationErrors()
        if check is not None:
            check(row, errors, f"{prefix}_update")
        errors.check()
        table[id] = row
        tell("CHANGED", id)
        return row

    def delete_row(call: Call, id: int) -> bool:
        find_row(world, namespace, id)
        del table[id]
        tell("REMOVED", id)
        return True

    changeable = {
        name: shapes.optional({key: value for key, value in schema.items() if key != "default"})
        for name, schema in members.items()
    }
    number = shapes.integer(f"Number of the {one}.")
    nas.method(
        f"{namespace}.create",
        accepts=shapes.arguments(**{create: shapes.obj(f"The new {one}.", ..., **members)}),
        returns=returns,
        roles=write,
        description=f"Create a {one}; returns it.",
    )(create_row)
    nas.method(
        f"{namespace}.update",
        accepts=shapes.arguments(
            id=number, **{update: shapes.obj("What to change; the rest stays.", {}, **changeable)}
        ),
        returns=returns,
        roles=write,
        description=f"Update a {one}; returns it.",
    )(update_row)
    nas.method(
        f"{namespace}.delete",
        accepts=shapes.arguments(id=number),
        returns=shapes.returning(shapes.boolean("Always true.")),
        roles=write,
        description=f"Delete a {one}.",
    )(delete_row)
