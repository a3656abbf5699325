"""The ``user`` and ``api_key`` services, and who can sign in."""

from __future__ import annotations

import asyncio
import base64
import errno
import random
import string
from typing import TYPE_CHECKING, Any

from .. import shapes
from ..accounts import ApiKey
from ..call import Call
from ..errors import InstanceNotFound, ValidationErrors
from ..scram import derive
from .tables import add_query
from .world import World

if TYPE_CHECKING:
    from ..simulator import Simulator

__all__ = ["install", "make_key"]

READ = ("ACCOUNT_READ", "ACCOUNT_WRITE", "READONLY_ADMIN", "SHARING_ADMIN")
WRITE = ("ACCOUNT_WRITE",)

DOCS = {
    "id": "Number of the row.",
    "uid": "Number of the user in the file system.",
    "username": "Name to sign in with.",
    "full_name": "Name of the person.",
    "builtin": "Part of the system, so not to be deleted.",
    "roles": "What the user may do in the API.",
    "locked": "May not sign in.",
    "twofactor_auth_configured": "Signs in with a one-time password as well.",
    "api_keys": "Numbers of the user's API keys.",
}


def install(nas: Simulator, world: World) -> None:
    """Add the services and the accounts of the demo."""
    nas.add_account("root", "root", uid=0, full_name="root")
    nas.add_account("admin", "admin", uid=950, full_name="Administrator")
    nas.add_account("viewer", "viewer", uid=3001, roles=["READONLY_ADMIN"], full_name="May look, not touch")
    nas.add_account("guarded", "guarded", uid=3002, otp="123456", full_name="Signs in with a one-time password")
    nas.add_account("nobody2", "nobody2", uid=3003, roles=[], full_name="Has no access to the API")
    nas.add_account("former", "former", uid=3004, expired=True, full_name="Was here until last year")
    make_key(nas, "demo", "admin")
    table = world.table("user")
    for ident, name in enumerate(nas.accounts, start=1):
        table[ident] = _user(ident, name, nas)
    for name, full_name, uid in (("ada", "Ada", 3010), ("grace", "Grace", 3011)):
        ident = world.next_id("user")
        table[ident] = {**_blank(ident, name, uid, full_name), "smb": True, "home": f"/mnt/flash/home/{name}"}

    def users() -> list[dict[str, Any]]:
        for row in table.values():
            row["api_keys"] = [key.id for key in nas.api_keys.values() if key.account == row["username"]]
        return list(table.values())

    add_query(nas, "user", users, what="users", roles=READ, docs=DOCS)
    _install_changes(nas, world)
    _install_keys(nas)


def _blank(ident: int, name: str, uid: int, full_name: str) -> dict[str, Any]:
    return {
        "id": ident,
        "uid": uid,
        "username": name,
        "unixhash": "*",
        "smbhash": "*",
        "home": "/var/empty",
        "shell": "/usr/sbin/nologin",
        "full_name": full_name,
        "builtin": False,
        "smb": False,
        "group": {"id": 40, "bsdgrp_gid": 100, "bsdgrp_group": "users"},
        "groups": [],
        "password_disabled": False,
        "ssh_password_enabled": False,
        "sshpubkey": None,
        "locked": False,
        "sudo_commands": [],
        "sudo_commands_nopasswd": [],
        "email": None,
        "local": True,
        "immutable": False,
        "twofactor_auth_configured": False,
        "sid": None,
        "last_password_change": None,
        "password_age": None,
        "password_history": None,
        "password_change_required": False,
        "roles": [],
        "api_keys": [],
    }


def _user(ident: int, name: str, nas: Simulator) -> dict[str, Any]:
    account = nas.accounts[name]
    return {
        **_blank(ident, name, account.uid, account.full_name),
        "builtin": account.uid < 1000,
        "immutable": account.uid == 0,
        "shell": "/usr/bin/bash",
        "home": "/root" if account.uid == 0 else f"/home/{name}",
        "locked": account.expired,
        "twofactor_auth_configured": account.otp is not None,
        "roles": list(account.roles),
    }


def _install_changes(nas: Simulator, world: World) -> None:
    table = world.table("user")
    members = {
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

    def set_members(row: dict[str, Any], data: dict[str, Any], prefix: str) -> None:
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

    @nas.method(
        "user.create",
        accepts=shapes.arguments(
            user_create=shapes.obj(
                "The new user.",
                ...,
                username=shapes.text("Name to sign in with.", minLength=1, maxLength=32),
                uid=shapes.nullable(shapes.integer("Number; null for the next one.", minimum=0), default=None),
                group_create=shapes.boolean("Make a group of the same name.", default=False),
                **members,
            )
        ),
        roles=WRITE,
    )
    def create(call: Call, data: dict[str, Any]) -> dict[str, Any]:
        """Create a user; returns it."""
        errors = ValidationErrors()
        if any(row["username"] == data["username"] for row in table.values()):
            errors.add("user_create.username", "There is a user of that name already", errno.EEXIST)
        taken = {row["uid"] for row in table.values()}
        if data.get("uid") in taken:
            errors.add("user_create.uid", "Another user has that number", errno.EEXIST)
        errors.check()
        ident = world.next_id("user")
        uid = data.get("uid")
        row = _blank(ident, data["username"], max(taken) + 1 if uid is None else uid, data["full_name"])
        set_members(row, data, "user_create")
        table[ident] = row
        made = "".join(call.nas.random.choices(string.ascii_letters + string.digits, k=20))
        password = made if data.get("random_password") else data.get("password")
        if password:
            # In no group that has a privilege: the password is right, but there is no API access.
            nas.add_account(row["username"], password, roles=(), uid=row["uid"], full_name=row["full_name"])
        nas.send_event("user.query", "ADDED", id=ident, fields=row)
        return {**row, "password": made if data.get("random_password") else None}

    @nas.method(
        "user.update",
        accepts=shapes.arguments(
            id=shapes.integer("Number of the user."),
            user_update=shapes.obj(
                "What to change; the rest stays.",
                {},
                **{
                    name: shapes.optional({key: value for key, value in schema.items() if key != "default"})
                    for name, schema in members.items()
                },
            ),
        ),
        roles=WRITE,
    )
    def update(call: Call, id: int, data: dict[str, Any]) -> dict[str, Any]:
        """Update a user; returns it."""
        row = _find(table, "User", id)
        set_members(row, data, "user_update")
        account = nas.accounts.get(row["username"])
        if account is not None:
            account.password = data.get("password") or account.password
            account.expired = row["locked"]
        nas.send_event("user.query", "CHANGED", id=id, fields=row)
        return row

    @nas.method(
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
        row = _find(table, "User", id)
        if row["builtin"]:
            errors = ValidationErrors()
            errors.add("user_delete.id", "A user of the system can't be deleted")
            raise errors
        del table[id]
        nas.accounts.pop(row["username"], None)
        nas.send_event("user.query", "REMOVED", id=id)
        return id


def make_key(nas: Simulator, name: str, account: str) -> ApiKey:
    """Add an API key to a simulator; the same seed gives the same keys."""
    ident = max(nas.api_keys, default=0) + 1
    chance = random.Random(f"key {ident} {nas.boot_id}")
    secret = "".join(chance.choice(string.ascii_letters + string.digits) for _ in range(64))
    # Fewer rounds than a server makes keys with, as few as clients accept: a demo need not be slow.
    key = ApiKey(ident, name, account, secret, chance.randbytes(16), 50_000, created=nas.clock.wall())
    nas.api_keys[ident] = key
    return key


async def _derived(call: Call, key: ApiKey) -> dict[str, Any]:
    """What a client needs to prove the key without keeping it, in base64; nothing where there is no SCRAM."""
    if not call.nas.release.scram:
        return {}
    keys = await asyncio.to_thread(derive, key.key, key.salt, key.iterations)
    named = {"client_key": keys.client, "stored_key": keys.stored, "server_key": keys.server, "salt": key.salt}
    return {
        **{name: base64.b64encode(value).decode() for name, value in named.items()},
        "iterations": key.iterations,
    }


def _install_keys(nas: Simulator) -> None:
    read = ("API_KEY_READ", "API_KEY_WRITE", "READONLY_ADMIN")

    def row(key: ApiKey) -> dict[str, Any]:
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

    add_query(nas, "api_key", lambda: [row(key) for key in nas.api_keys.values()], what="API keys", roles=read)

    @nas.method(
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
        roles=("API_KEY_WRITE", "READONLY_ADMIN", "SHARING_ADMIN"),
    )
    async def create(call: Call, data: dict[str, Any]) -> dict[str, Any]:
        """Make an API key. The answer is the only one that holds the key itself."""
        errors = ValidationErrors()
        if data["username"] not in nas.accounts:
            errors.add("api_key_create.username", "There is no such user", errno.ENOENT)
        errors.check()
        key = make_key(nas, data["name"], data["username"])
        key.expires = data.get("expires_at")
        answer = row(key)
        nas.send_event("api_key.query", "ADDED", id=key.id, fields=answer)
        return {**answer, "key": key.text, **await _derived(call, key)}

    @nas.method(
        "api_key.delete",
        accepts=shapes.arguments(id=shapes.integer("Number of the key.")),
        returns=shapes.returning(shapes.boolean("Always true.")),
        roles=("API_KEY_WRITE", "READONLY_ADMIN", "SHARING_ADMIN"),
    )
    def delete(call: Call, id: int) -> bool:
        """Delete an API key; whoever uses it is shut out."""
        if id not in nas.api_keys:
            raise InstanceNotFound(f"ApiKey {id} does not exist")
        del nas.api_keys[id]
        nas.send_event("api_key.query", "REMOVED", id=id)
        return True


def _find(table: dict[Any, dict[str, Any]], what: str, ident: int) -> dict[str, Any]:
    row = table.get(ident)
    if row is None:
        raise InstanceNotFound(f"{what} {ident} does not exist")
    return row
