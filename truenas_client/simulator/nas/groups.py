"""The ``group`` and ``privilege`` services."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Any

from .. import shapes
from ..accounts import FULL_ADMIN
from ..call import Call
from ..errors import ValidationErrors
from .accounts import READ, WRITE
from .tables import add_query, find_row
from .world import World

if TYPE_CHECKING:
    from ..simulator import Simulator

__all__ = ["install"]


def install(nas: Simulator, world: World) -> None:
    """Add the services."""
    table = world.table("group")
    for ident, (name, gid) in enumerate((("root", 0), ("builtin_administrators", 544), ("users", 100)), start=38):
        table[ident] = _group(ident, name, gid, builtin=True)
    add_query(nas, "group", lambda: list(table.values()), what="groups", roles=READ)
    _install_changes(nas, world)
    privileges = world.table("privilege")
    for ident, (name, role) in enumerate(
        (("Local Administrator", FULL_ADMIN), ("Read-Only Administrator", "READONLY_ADMIN")), start=1
    ):
        privileges[ident] = {
            "id": ident,
            "builtin_name": name.upper().replace(" ", "_"),
            "name": name,
            "local_groups": [],
            "ds_groups": [],
            "roles": [role],
            "web_shell": role == FULL_ADMIN,
        }
    privilege_roles = ("PRIVILEGE_READ", "PRIVILEGE_WRITE", "READONLY_ADMIN")
    add_query(nas, "privilege", lambda: list(privileges.values()), what="privileges", roles=privilege_roles)

    @nas.method("privilege.roles", accepts=nas.query_arguments(), no_authz=True, filterable=True)
    def roles(call: Call, filters: list[Any], options: dict[str, Any]) -> Any:
        """The roles there are."""
        rows = [
            {"name": name, "title": name.replace("_", " ").title(), "includes": [], "builtin": True}
            for name in sorted(nas.registry.roles())
        ]
        return call.filter_list(rows, filters, options)


def _group(ident: int, name: str, gid: int, *, builtin: bool = False) -> dict[str, Any]:
    return {
        "id": ident,
        "gid": gid,
        "name": name,
        "group": name,
        "builtin": builtin,
        "sudo_commands": [],
        "sudo_commands_nopasswd": [],
        "smb": False,
        "users": [],
        "local": True,
        "immutable": builtin,
        "sid": None,
        "roles": [FULL_ADMIN] if gid == 544 else [],
    }


def _install_changes(nas: Simulator, world: World) -> None:
    table = world.table("group")
    name = shapes.text("Name of the group.", minLength=1, maxLength=32)
    members = {
        "smb": shapes.boolean("Shown to users of SMB shares.", default=True),
        "sudo_commands": shapes.array(shapes.text(), "Commands for sudo, with the password.", default=[]),
        "sudo_commands_nopasswd": shapes.array(shapes.text(), "Commands for sudo, without it.", default=[]),
        "users": shapes.array(shapes.integer(), "Numbers of the users in it.", default=[]),
    }

    def check(data: dict[str, Any], prefix: str, own: int | None) -> None:
        errors = ValidationErrors()
        others = [row for row in table.values() if row["id"] != own]
        if any(row["name"] == data.get("name") for row in others):
            errors.add(f"{prefix}.name", "There is a group of that name already", errno.EEXIST)
        if data.get("gid") is not None and any(row["gid"] == data["gid"] for row in others):
            errors.add(f"{prefix}.gid", "Another group has that number", errno.EEXIST)
        for number in data.get("users", ()):
            if number not in world.table("user"):
                errors.add(f"{prefix}.users", f"There is no user {number}", errno.ENOENT)
        errors.check()

    @nas.method(
        "group.create",
        accepts=shapes.arguments(
            group_create=shapes.obj(
                "The new group.",
                ...,
                name=name,
                gid=shapes.nullable(
                    shapes.integer("Number; null for the next one.", minimum=0, maximum=90_000_000), default=None
                ),
                **members,
            )
        ),
        returns=shapes.returning(shapes.integer("Number of its row.")),
        roles=WRITE,
    )
    def create(call: Call, data: dict[str, Any]) -> int:
        """Create a group; returns the number of its row."""
        check(data, "group_create", None)
        ident = world.next_id("group")
        gid = data.get("gid")
        gid = max(3000, *(row["gid"] + 1 for row in table.values())) if gid is None else gid
        table[ident] = _group(ident, data["name"], gid) | {key: data[key] for key in members if key in data}
        nas.send_event("group.query", "ADDED", id=ident, fields=dict(table[ident]))
        return ident

    @nas.method(
        "group.update",
        accepts=shapes.arguments(
            id=shapes.integer("Number of the row."),
            group_update=shapes.obj(
                "What to change; the rest stays.",
                {},
                name=shapes.optional(name),
                **{
                    key: shapes.optional({word: value for word, value in schema.items() if word != "default"})
                    for key, schema in members.items()
                },
            ),
        ),
        returns=shapes.returning(shapes.integer("Number of its row.")),
        roles=WRITE,
    )
    def update(call: Call, id: int, data: dict[str, Any]) -> int:
        """Update a group; returns the number of its row."""
        row = find_row(world, "group", id)
        check(data, "group_update", id)
        row |= data | ({"group": data["name"]} if "name" in data else {})
        nas.send_event("group.query", "CHANGED", id=id, fields=dict(row))
        return id

    @nas.method(
        "group.delete",
        accepts=shapes.arguments(
            id=shapes.integer("Number of the row."),
            options=shapes.obj(
                "How far to go.", {}, delete_users=shapes.boolean("Delete its users, too.", default=False)
            ),
        ),
        returns=shapes.returning(shapes.integer("Number of its row.")),
        roles=WRITE,
    )
    def delete(call: Call, id: int, options: dict[str, Any]) -> int:
        """Delete a group; returns the number of its row."""
        if find_row(world, "group", id)["builtin"]:
            errors = ValidationErrors()
            errors.add("group_delete.id", "A group of the system can't be deleted")
            raise errors
        del table[id]
        nas.send_event("group.query", "REMOVED", id=id)
        return id
