"""The ``group`` and ``privilege`` services."""

from __future__ import annotations

import errno
from typing import Any

from .. import shapes
from ..call import Call
from ..errors import ValidationErrors
from ..extension import Extensible
from ..world import World
from .accounts import WRITE
from .tables import add_table, find_row

__all__ = ["PART"]

NAME = shapes.text("Name of the group.", minLength=1, maxLength=32)
ROW = shapes.integer("Number of the row.")
ANSWER = shapes.returning(shapes.integer("Number of its row."))
MEMBERS = {
    "smb": shapes.boolean("Shown to users of SMB shares.", default=True),
    "sudo_commands": shapes.array(shapes.text(), "Commands for sudo, with the password.", default=[]),
    "sudo_commands_nopasswd": shapes.array(shapes.text(), "Commands for sudo, without it.", default=[]),
    "users": shapes.array(shapes.integer(), "Numbers of the users in it.", default=[]),
}

PART = Extensible()
add_table(PART, "group")


def _check(world: World, data: dict[str, Any], prefix: str, own: int | None) -> None:
    errors = ValidationErrors()
    others = [row for row in world.table("group").values() if row["id"] != own]
    if any(row["name"] == data.get("name") for row in others):
        errors.add(f"{prefix}.name", "There is a group of that name already", errno.EEXIST)
    if data.get("gid") is not None and any(row["gid"] == data["gid"] for row in others):
        errors.add(f"{prefix}.gid", "Another group has that number", errno.EEXIST)
    for number in data.get("users", ()):
        if number not in world.table("user"):
            errors.add(f"{prefix}.users", f"There is no user {number}", errno.ENOENT)
    errors.check()


@PART.method(
    "group.create",
    accepts=shapes.arguments(
        group_create=shapes.obj(
            "The new group.",
            ...,
            name=NAME,
            gid=shapes.nullable(
                shapes.integer("Number; null for the next one.", minimum=0, maximum=90_000_000), default=None
            ),
            **MEMBERS,
        )
    ),
    returns=ANSWER,
    roles=WRITE,
)
def create(call: Call, data: dict[str, Any]) -> int:
    """Create a group; returns the number of its row."""
    world = call.nas.world
    _check(world, data, "group_create", None)
    table, ident, name = world.table("group"), world.next_id("group"), data["name"]
    gid = data.get("gid")
    gid = max(3000, *(row["gid"] + 1 for row in table.values())) if gid is None else gid
    members = {key: data[key] for key in MEMBERS if key in data}
    table[ident] = {**world.blank("group"), "id": ident, "gid": gid, "name": name, "group": name, **members}
    call.nas.send_event("group.query", "ADDED", id=ident, fields=dict(table[ident]))
    return ident


@PART.method(
    "group.update",
    accepts=shapes.arguments(
        id=ROW,
        group_update=shapes.obj(
            "What to change; the rest stays.", {}, name=shapes.optional(NAME), **shapes.changeable(MEMBERS)
        ),
    ),
    returns=ANSWER,
    roles=WRITE,
)
def update(call: Call, id: int, data: dict[str, Any]) -> int:
    """Update a group; returns the number of its row."""
    row = find_row(call.nas.world, "group", id)
    _check(call.nas.world, data, "group_update", id)
    row |= data | ({"group": data["name"]} if "name" in data else {})
    call.nas.send_event("group.query", "CHANGED", id=id, fields=dict(row))
    return id


@PART.method(
    "group.delete",
    accepts=shapes.arguments(
        id=ROW,
        options=shapes.obj("How far to go.", {}, delete_users=shapes.boolean("Delete its users, too.", default=False)),
    ),
    returns=ANSWER,
    roles=WRITE,
)
def delete(call: Call, id: int, options: dict[str, Any]) -> int:
    """Delete a group; returns the number of its row."""
    if find_row(call.nas.world, "group", id)["builtin"]:
        errors = ValidationErrors()
        errors.add("group_delete.id", "A group of the system can't be deleted")
        raise errors
    del call.nas.world.table("group")[id]
    call.nas.send_event("group.query", "REMOVED", id=id)
    return id


add_table(PART, "privilege")


@PART.method("privilege.roles", accepts=PART.query_arguments, no_authz=True, filterable=True)
def roles(call: Call, filters: list[Any], options: dict[str, Any]) -> Any:
    """The roles there are."""
    rows = [
        {"name": name, "title": name.replace("_", " ").title(), "includes": [], "builtin": True}
        for name in sorted(call.nas.registry.roles())
    ]
    return call.filter_list(rows, filters, options)
