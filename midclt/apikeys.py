"""The actions of ``midclt key``. Invariant: a new key is shown once, and goes nowhere else."""

from __future__ import annotations

import os
from argparse import Namespace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from truenas_client.exc import ValidationErrors
from truenas_client.sync.client import Client

from .access import call_timeout, signed_in
from .exits import CommandError, ExitStatus
from .lock import Lock
from .output import print_line, say
from .showing import show_answer

__all__ = ["do_create", "do_ls", "do_precompute", "do_rm"]

OLD = (
    "A key of this release belongs to no user and has rights of its own, so give those: midclt call api_key.create "
    '\'{"name": "backup", "allowlist": [{"method": "GET", "resource": "/pool"}]}\''
)
COLUMNS = ["id", "name", "username", "created_at", "expires_at", "revoked"]


def do_ls(options: Namespace) -> ExitStatus:
    """List the keys."""
    return show_answer(options, lambda one, client: client.call("api_key.query", timeout=call_timeout(one)), COLUMNS)


def do_precompute(options: Namespace) -> ExitStatus:
    """Write a key in the form that needs no derivation at login."""
    from .precompute import precompute

    return precompute(options)


def do_create(options: Namespace) -> ExitStatus:
    """Make a key, and print it or write it to a file."""
    output = Path(os.path.expanduser(options.output)).absolute() if options.output else None
    if output is not None and output.exists():
        raise CommandError(f"{output} exists: name another file", ExitStatus.USAGE)
    data: dict[str, Any] = {"name": options.key_name}
    if options.expires:
        data["expires_at"] = _moment(options.expires)
    timeout = call_timeout(options)
    Lock(options).check_write("api_key.create")
    with signed_in(options) as client:
        data["username"] = options.key_user or client.call("auth.me", timeout=timeout)["pw_name"]
        try:
            row = client.call("api_key.create", data, timeout=timeout)
        except ValidationErrors as e:
            if any("allowlist" in (problem.attribute or "") for problem in e.errors):
                raise CommandError(OLD, ExitStatus.VALIDATION) from e
            raise
    key = str(row["key"])
    number, user = row["id"], data["username"]
    if output is not None:
        from truenas_client.storage.private_files import write_private

        write_private(output, key + "\n")
        say(f"{output} holds key {number} of {user}, for -K. The server does not tell it again.")
        return ExitStatus.OK
    print_line(key)
    say(f"That is key {number} of {user}. The server does not tell it again: keep it now.")
    return ExitStatus.OK


def _moment(text: str) -> datetime:
    """The end of a day, or a moment. Raises `CommandError`."""
    try:
        if len(text) == 10:
            return datetime.combine(date.fromisoformat(text), time.max.replace(microsecond=0), UTC)
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(f"--expires {text!r} is no date, such as 2027-01-31", ExitStatus.USAGE) from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def do_rm(options: Namespace) -> ExitStatus:
    """Delete a key."""
    timeout = call_timeout(options)
    Lock(options).check_write("api_key.delete")
    with signed_in(options) as client:
        number = _number(client, options.key, timeout)
        client.call("api_key.delete", number, timeout=timeout)
    say(f"Key {number} is deleted.")
    return ExitStatus.OK


def _number(client: Client, key: str, timeout: float) -> int:
    rows = client.call("api_key.query", [["name", "=", key]], timeout=timeout)
    if key.isascii() and key.isdigit():
        rows = client.call("api_key.query", [["id", "=", int(key)]], timeout=timeout) or rows
    if len(rows) != 1:
        numbers = ", ".join(str(row["id"]) for row in rows)
        why = f"is the name of several keys: {numbers}" if rows else "is no key that this user may see"
        raise CommandError(f"{key} {why}; `midclt key ls` lists them", ExitStatus.USAGE)
    return int(rows[0]["id"])
