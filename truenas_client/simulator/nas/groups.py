"""The ``group`` and ``privilege`` services."""

from __future__ import annotations

import errno
from typing import Any

from .. import shapes
from ..call import Call
from ..errors import ValidationErrors
from ..extension import Extensible
from ..state import Nas
from ..world import World
from .changes import Changes
from .tables import Row, add_table

__all__ = ["PART"]

PART = Extensible()
add_table(PART, "group")


class Groups(Changes):
    """Groups of users."""

    members = {
        "name": shapes.text("Name of the group.", minLength=1, maxLength=32),
        "gid": shapes.nullable(
            shapes.integer("Number; null for the next one.", minimum=0, maximum=90_000_000), default=None
        ),
        "smb": shapes.boolean("Shown to users of SMB shares.", default=True),
        "sudo_commands": shapes.array(shapes.text(), "Commands for sudo, with the password.", default=[]),
        "sudo_commands_nopasswd": shapes.array(shapes.text(), "Commands for sudo, without it.", default=[]),
        "users": shapes.array(shapes.integer(), "Numbers of the users in it.", default=[]),
    }
    fixed = ("gid",)
    data_named = True
    options = shapes.obj("How far to go.", {}, delete_users=shapes.boolean("Delete its users, too.", default=False))
    answer = shapes.integer("Number of its row.")
    words = ("; returns the number of its row", "; returns the number of its row")

    def check(self, world: World, row: Row, data: Row, errors: ValidationErrors, prefix: str) -> None:
        others = [other for other in world.table("group").values() if other["id"] != row["id"]]
        if any(other["name"] == row["name"] for other in others):
            errors.add(f"{prefix}.name", "There is a group of that name already", errno.EEXIST)
        if row["gid"] is None:
            row["gid"] = max([3000, *(other["gid"] + 1 for other in others)])
        elif any(other["gid"] == row["gid"] for other in others):
            errors.add(f"{prefix}.gid", "Another group has that number", errno.EEXIST)
        for number in data.get("users", ()):
            if number not in world.table("user"):
                errors.add(f"{prefix}.users", f"There is no user {number}", errno.ENOENT)
        row["group"] = row["name"]

    def updated(self, nas: Nas, row: Row, data: Row) -> int:
        return int(row["id"])

    def deleted(self, nas: Nas, row: Row) -> int:
        return int(row["id"])


Groups(PART, "group")
add_table(PART, "privilege")


@PART.method("privilege.roles", accepts=PART.query_arguments, no_authz=True, filterable=True)
def roles(call: Call, filters: list[Any], options: dict[str, Any]) -> Any:
    """The roles there are."""
    rows = [
        {"name": name, "title": name.replace("_", " ").title(), "includes": [], "builtin": True}
        for name in sorted(call.nas.registry.roles())
    ]
    return call.filter_list(rows, filters, options)
