"""The ``user`` and ``api_key`` services."""

from __future__ import annotations

import asyncio
import base64
import errno
import string
from typing import Any

from .. import shapes
from ..accounts import ApiKey
from ..call import Call
from ..errors import InstanceNotFound, ValidationErrors
from ..extension import Extensible
from ..scram import derive
from ..state import Nas
from ..world import World
from .tables import add_table, find_row

__all__ = ["PART", "WRITE"]

WRITE = ("ACCOUNT_WRITE",)
KEY_WRITE = ("API_KEY_WRITE", "READONLY_ADMIN", "SHARING_ADMIN")

PART = Extensible()


def _users(nas: Nas) -> list[dict[str, Any]]:
    table = nas.world.table("user")
    for row in table.values():
        row["api_keys"] = [key.id for key in nas.api_keys.values() if key.account == row["username"]]
    return list(table.values())


add_table(PART, "user", _users)

MEMBERS = {
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


def _set_members(world: World, row: dict[str, Any], data: dict[str, Any], prefix: str) -> None:
    """Take over what is given. Raises `ValidationErrors`."""
    groups = world.table("group")
    wanted = [*data.get("groups", ()), *([data["group"]] if data.get("group") is not None else [])]
    errors = ValidationErrors()
    for number in wanted:
        if number not in groups:
            errors.add(f"{prefix}.groups", f"There is no group {number}", errno.ENOENT)
    errors.check()
    row |= {name: value for name, value in data.items() if name in row and name not in ("group", "uid")}
    if data.get("group") is not None:
        group = groups[data["group"]]
        row["group"] = {"id": group["id"], "bsdgrp_gid": group["gid"], "bsdgrp_group": group["name"]}


@PART.method(
    "user.create",
    accepts=shapes.arguments(
        user_create=shapes.obj(
            "The new user.",
            ...,
            username=shapes.text("Name to sign in with.", minLength=1, maxLength=32),
            uid=shapes.nullable(shapes.integer("Number; null for the next one.", minimum=0), default=None),
            group_create=shapes.boolean("Make a group of the same name.", default=False),
            **MEMBERS,
        )
    ),
    roles=WRITE,
)
def create(call: Call, data: dict[str, Any]) -> dict[str, Any]:
    """Create a user; returns it."""
    nas, errors = call.nas, ValidationErrors()
    table = nas.world.table("user")
    if any(row["username"] == data["username"] for row in table.values()):
        errors.add("user_create.username", "There is a user of that name already", errno.EEXIST)
    taken = {row["uid"] for row in table.values()}
    if data.get("uid") in taken:
        errors.add("user_create.uid", "Another user has that number", errno.EEXIST)
    errors.check()
    ident = nas.world.next_id("user")
    uid = max(taken) + 1 if data.get("uid") is None else data["uid"]
    row = {**nas.world.blank("user"), "id": ident, "uid": uid, "username": data["username"]}
    _set_members(nas.world, row, data, "user_create")
    table[ident] = row
    made = "".join(nas.random.choices(string.ascii_letters + string.digits, k=20))
    password = made if data.get("random_password") else data.get("password")
    if password:
        # In no group that has a privilege: the password is right, but there is no API access.
        nas.add_account(row["username"], password, roles=(), uid=row["uid"], full_name=row["full_name"])
    nas.send_event("user.query", "ADDED", id=ident, fields=row)
    return {**row, "password": made if data.get("random_password") else None}


@PART.method(
    "user.update",
    accepts=shapes.arguments(
        id=shapes.integer("Number of the user."),
        user_update=shapes.obj(
            "What to change; the rest stays.",
            {},
            **shapes.changeable(MEMBERS),
        ),
    ),
    roles=WRITE,
)
def update(call: Call, id: int, data: dict[str, Any]) -> dict[str, Any]:
    """Update a user; returns it."""
    row = find_row(call.nas.world, "user", id, "User")
    _set_members(call.nas.world, row, data, "user_update")
    account = call.nas.accounts.get(row["username"])
    if account is not None:
        account.password = data.get("password") or account.password
        account.expired = row["locked"]
    call.nas.send_event("user.query", "CHANGED", id=id, fields=row)
    return row


@PART.method(
    "user.delete",
    accepts=shapes.arguments(
        id=shapes.integer("Number of the user."),
        options=shapes.obj(
            "How far to go.", {}, delete_group=shapes.boolean("Delete its own group, too.", default=True)
        ),
    ),
    roles=WRITE,
)
def delete(call: Call, id: int, options: dict[str, Any]) -> int:
    """Delete a user; returns its number."""
    row = find_row(call.nas.world, "user", id, "User")
    if row["builtin"]:
        errors = ValidationErrors()
        errors.add("user_delete.id", "A user of the system can't be deleted")
        raise errors
    del call.nas.world.table("user")[id]
    call.nas.accounts.pop(row["username"], None)
    call.nas.send_event("user.query", "REMOVED", id=id)
    return id


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
    accepts=shapes.arguments(
        api_key_create=shapes.obj(
            "The new key.",
            ...,
            name=shapes.text("A name that says what the key is for.", "nobody", minLength=1, maxLength=200),
            username=shapes.text("The user whom the key belongs to."),
            expires_at=shapes.nullable(shapes.text("When it ends.", format="date-time"), default=None),
        )
    ),
    roles=KEY_WRITE,
)
async def create_key(call: Call, data: dict[str, Any]) -> dict[str, Any]:
    """Make an API key. The answer is the only one that holds the key itself."""
    errors = ValidationErrors()
    if data["username"] not in call.nas.accounts:
        errors.add("api_key_create.username", "There is no such user", errno.ENOENT)
    errors.check()
    key = call.nas.make_api_key(data["name"], data["username"])
    key.expires = data.get("expires_at")
    answer = _key_row(call.nas, key)
    call.nas.send_event("api_key.query", "ADDED", id=key.id, fields=answer)
    return {**answer, "key": key.text, **await _derived(call, key)}


@PART.method(
    "api_key.update",
    accepts=shapes.arguments(
        id=shapes.integer("Number of the key."),
        api_key_update=shapes.obj(
            "What to change; the rest stays.",
            {},
            name=shapes.optional(shapes.text("A name that says what the key is for.", minLength=1, maxLength=200)),
            expires_at=shapes.optional(shapes.nullable(shapes.text("When it ends.", format="date-time"))),
            reset=shapes.optional(shapes.boolean("Make a new key in its place.")),
        ),
    ),
    roles=KEY_WRITE,
)
async def update_key(call: Call, id: int, data: dict[str, Any]) -> dict[str, Any]:
    """Update an API key; only an answer to a reset holds a key, the new one."""
    nas = call.nas
    if (key := nas.api_keys.get(id)) is None:
        raise InstanceNotFound(f"ApiKey {id} does not exist")
    key.name, key.expires = data.get("name", key.name), data.get("expires_at", key.expires)
    if data.get("reset"):
        key.key, key.revoked = nas.make_secret(), False
    answer = _key_row(nas, key)
    nas.send_event("api_key.query", "CHANGED", id=id, fields=answer)
    return {**answer, "key": key.text, **await _derived(call, key)} if data.get("reset") else answer


@PART.method(
    "api_key.delete",
    accepts=shapes.arguments(id=shapes.integer("Number of the key.")),
    returns=shapes.returning(shapes.boolean("Always true.")),
    roles=KEY_WRITE,
)
def delete_key(call: Call, id: int) -> bool:
    """Delete an API key, so that no user can sign in with it."""
    if id not in call.nas.api_keys:
        raise InstanceNotFound(f"ApiKey {id} does not exist")
    del call.nas.api_keys[id]
    call.nas.send_event("api_key.query", "REMOVED", id=id)
    return True
