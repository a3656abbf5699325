"""The ``user`` and ``api_key`` services."""

from __future__ import annotations

import asyncio
import base64
import errno
from typing import Any

from truenas_client.auth.scram import derive

from .. import shapes
from ..accounts import ApiKey
from ..call import Call
from ..errors import ValidationErrors, found, refused
from ..extension import Extensible
from ..state import Nas
from ..world import World
from .changes import Changes
from .tables import Row, add_table

__all__ = ["PART"]

KEY_WRITE = ("API_KEY_WRITE", "READONLY_ADMIN", "SHARING_ADMIN")

PART = Extensible()


def _users(nas: Nas) -> list[dict[str, Any]]:
    table = nas.world.table("user")
    for row in table.values():
        row["api_keys"] = [key.id for key in nas.api_keys.values() if key.account == row["username"]]
    return list(table.values())


add_table(PART, "user", _users)


class Users(Changes):
    """Users. One with a password can sign in, but is in no group that has a privilege: there is no API access."""

    members = {
        "username": shapes.text("Name to sign in with.", minLength=1, maxLength=32),
        "uid": shapes.nullable(shapes.integer("Number; null for the next one.", minimum=0), default=None),
        "group_create": shapes.boolean("Make a group of the same name.", default=False),
        "full_name": shapes.text("Full name of the user.", minLength=1),
        "email": shapes.nullable(shapes.text("E-mail address of the user."), default=None),
        "password": shapes.nullable(shapes.text("Password to sign in with."), default=None),
        "home": shapes.text("Home directory.", "/var/empty"),
        "home_create": shapes.boolean("Create the home directory.", default=False),
        "home_mode": shapes.text("Permissions of a new home directory.", "700", pattern="^[0-7]{3}$"),
        "shell": shapes.text("Login shell: the path of a program.", "/usr/bin/bash"),
        "smb": shapes.boolean("May use shares.", default=True),
        "locked": shapes.boolean("May not sign in.", default=False),
        "group": shapes.nullable(shapes.integer("Number of the primary group."), default=None),
        "groups": shapes.array(shapes.integer(), "Numbers of further groups.", default=[]),
        "password_disabled": shapes.boolean("No sign-in with a password.", default=False),
        "ssh_password_enabled": shapes.boolean("SSH takes the password.", default=False),
        "sshpubkey": shapes.nullable(shapes.text("Public keys for SSH, one a line.", maxLength=65_536), default=None),
        "sudo_commands": shapes.array(shapes.text(), "Commands for sudo, with the password.", default=[]),
        "sudo_commands_nopasswd": shapes.array(shapes.text(), "Commands for sudo, without it.", default=[]),
        "random_password": shapes.boolean("Have a password made.", default=False),
    }
    fixed = ("username", "uid", "group_create")
    data_named = True
    options = shapes.obj("How far to go.", {}, delete_group=shapes.boolean("Delete its own group, too.", default=True))
    answer = shapes.any_()
    called = "User"
    words = ("; returns it", "; returns its number")

    def check(self, world: World, row: Row, data: Row, errors: ValidationErrors, prefix: str) -> None:
        others = [other for other in world.table("user").values() if other["id"] != row["id"]]
        if any(other["username"] == row["username"] for other in others):
            errors.add(f"{prefix}.username", "There is a user of that name already", errno.EEXIST)
        taken = {other["uid"] for other in others}
        if row["uid"] in taken:
            errors.add(f"{prefix}.uid", "Another user has that number", errno.EEXIST)
        row["uid"] = max(taken) + 1 if row["uid"] is None else row["uid"]
        groups, primary = world.table("group"), data.get("group")
        for number in (*data.get("groups", ()), *(() if primary is None else (primary,))):
            if number not in groups:
                errors.add(f"{prefix}.groups", f"There is no group {number}", errno.ENOENT)
        if primary in groups:
            group = groups[primary]
            row["group"] = {"id": group["id"], "bsdgrp_gid": group["gid"], "bsdgrp_group": group["name"]}
        else:
            row["group"] = (world.table("user").get(row["id"]) or World.blank("user"))["group"]

    def created(self, nas: Nas, row: Row, data: Row) -> Row:
        made = nas.make_secret(20) if data.get("random_password") else None
        if password := made or data.get("password"):
            nas.add_account(row["username"], password, roles=(), uid=row["uid"], full_name=row["full_name"])
        return {**row, "password": made}

    def updated(self, nas: Nas, row: Row, data: Row) -> Row:
        account = nas.accounts.get(row["username"])
        if account is not None:
            account.password = data.get("password") or account.password
            account.expired = row["locked"]
        return row

    def deleted(self, nas: Nas, row: Row) -> int:
        nas.accounts.pop(row["username"], None)
        return int(row["id"])


Users(PART, "user")


async def _derived(call: Call, key: ApiKey) -> dict[str, Any]:
    """The values with which a client proves the key without keeping it, in base64; nothing where there is no SCRAM."""
    if not call.nas.release.scram:
        return {}
    keys = await asyncio.to_thread(derive, key.key, key.salt, key.iterations)
    named = {"client_key": keys.client, "stored_key": keys.stored, "server_key": keys.server, "salt": key.salt}
    return {
        **{name: base64.b64encode(value).decode() for name, value in named.items()},
        "iterations": key.iterations,
    }


def _key_row(nas: Nas, key: ApiKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "name": key.name,
        "username": key.account,
        "user_identifier": nas.accounts[key.account].uid if key.account in nas.accounts else "LEGACY_API_KEY",
        "created_at": key.created,
        "expires_at": key.expires,
        "local": True,
        "revoked": key.revoked,
        "revoked_reason": "Sent in the clear" if key.revoked else None,
    }


add_table(PART, "api_key", lambda nas: [_key_row(nas, key) for key in nas.api_keys.values()])


@PART.method(
    "api_key.create",
    accepts={
        "api_key_create": shapes.obj(
            "The new key.",
            ...,
            name=shapes.text("A name that says what the key is for.", "nobody", minLength=1, maxLength=200),
            username=shapes.text("The user whom the key belongs to."),
            expires_at=shapes.nullable(shapes.text("When it ends.", format="date-time"), default=None),
        )
    },
    roles=KEY_WRITE,
)
async def create_key(call: Call, data: dict[str, Any]) -> dict[str, Any]:
    """Make an API key. The answer is the only one that holds the key itself."""
    if data["username"] not in call.nas.accounts:
        raise refused("api_key_create.username", "There is no such user", errno.ENOENT)
    key = call.nas.make_api_key(data["name"], data["username"])
    key.expires = data.get("expires_at")
    answer = _key_row(call.nas, key)
    call.nas.send_event("api_key.query", "ADDED", id=key.id, fields=answer)
    return {**answer, "key": key.text, **await _derived(call, key)}


@PART.method(
    "api_key.update",
    accepts={
        "id": shapes.integer("Number of the key."),
        "api_key_update": shapes.obj(
            "What to change; the rest stays.",
            {},
            name=shapes.optional(shapes.text("A name that says what the key is for.", minLength=1, maxLength=200)),
            expires_at=shapes.optional(shapes.nullable(shapes.text("When it ends.", format="date-time"))),
            reset=shapes.optional(shapes.boolean("Make a new key in its place.")),
        ),
    },
    roles=KEY_WRITE,
)
async def update_key(call: Call, id: int, data: dict[str, Any]) -> dict[str, Any]:
    """Update an API key; only an answer to a reset holds a key, the new one."""
    nas, key = call.nas, found(call.nas.api_keys.get(id), f"ApiKey {id}")
    key.name, key.expires = data.get("name", key.name), data.get("expires_at", key.expires)
    if data.get("reset"):
        key.key, key.revoked = nas.make_secret(), False
    answer = _key_row(nas, key)
    nas.send_event("api_key.query", "CHANGED", id=id, fields=answer)
    return {**answer, "key": key.text, **await _derived(call, key)} if data.get("reset") else answer


@PART.method(
    "api_key.delete",
    accepts={"id": shapes.integer("Number of the key.")},
    returns=shapes.boolean("Always true."),
    roles=KEY_WRITE,
)
def delete_key(call: Call, id: int) -> bool:
    """Delete an API key, so that no user can sign in with it."""
    found(call.nas.api_keys.pop(id, None), f"ApiKey {id}")
    call.nas.send_event("api_key.query", "REMOVED", id=id)
    return True
