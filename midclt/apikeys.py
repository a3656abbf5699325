"""The actions of ``midclt key``. Invariant: a new key is shown once, and goes nowhere else."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from dataclasses import replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from truenas_client.auth import keytext
from truenas_client.auth.keytext import ApiKey
from truenas_client.exc import InvalidKeyFile, ValidationErrors
from truenas_client.secrets.value import Ask, Secret
from truenas_client.storage import Choice
from truenas_client.storage import key_files as keyfile
from truenas_client.storage.private_files import write_private
from truenas_client.storage.secret_store import resolve
from truenas_client.sync.client import Client

from .access import chosen, connected, signed_in
from .answers import object_of, rows_of
from .asking import ask
from .exits import CommandError, ExitStatus
from .lock import Lock
from .output import print_line, say
from .showing import show_answer
from .signing import Who, sign_in, who

__all__ = ["do_create", "do_ls", "do_precompute", "do_rm"]

OLD = (
    "A key of this release belongs to no user and has rights of its own, so give those: midclt call api_key.create "
    '\'{"name": "backup", "allowlist": [{"method": "GET", "resource": "/pool"}]}\''
)
COLUMNS = ["id", "name", "username", "created_at", "expires_at", "revoked"]


def do_ls(options: Namespace) -> ExitStatus:
    """List the keys."""
    return show_answer(options, lambda one, client: client.call("api_key.query"), COLUMNS)


def do_precompute(options: Namespace) -> ExitStatus:
    """Sign in with the key once, and write the keys that a login derives. The key is proved, never sent."""
    choice = chosen(options)
    if choice.username is None:
        raise CommandError("An API key needs the name of its user: -U or TRUENAS_USERNAME", ExitStatus.USAGE)
    output = _new_file(options)
    key = _key(options, choice)
    if key.raw is None:
        raise InvalidKeyFile(key.source, "holds derived keys already")
    profile = replace(who(options, choice)[0], mechanism="api-key")
    with connected(options, choice) as client:
        login = sign_in(client, Who(profile, Secret(key.raw)), options, options.timeout or None)
    assert login is not None
    text = keytext.precompute(key.raw, login.salt, login.iterations)
    if output is None:
        print_line(text)
    else:
        write_private(output, text + "\n")
        say(f"{output} holds what a login derives from key {key.id}, for -K. Keep it as safe as the key itself.")
    return ExitStatus.OK


def _key(options: Namespace, choice: Choice) -> ApiKey:
    """The key from a file, standard input, the environment, the profile or the user; never from an argument."""
    if options.file == "-":
        return keytext.parse(sys.stdin.read() if sys.stdin is not None else "", "standard input")
    if options.file:
        return keyfile.load(Path(os.path.expanduser(options.file)).absolute(), _warn)
    if options.api_key:
        if not keyfile.is_path(options.api_key):
            raise CommandError("Other users can see an argument: give the key in a file, or by -", ExitStatus.USAGE)
        return keyfile.load(options.api_key, _warn)
    if text := os.environ.get("TRUENAS_API_KEY"):
        return keyfile.load(text, _warn)
    profile = choice.profile if choice.entrusted else None
    kept = profile is not None and profile.mechanism.startswith("api-key") and not isinstance(profile.secret, Ask)
    if profile is not None and kept:
        return keytext.parse(resolve(profile.secret, warn=_warn).reveal(), str(profile.secret))
    given = ask(f"API key for {choice.username}: ")
    if given is None:
        raise CommandError("There is no key: name a file, or - for standard input", ExitStatus.USAGE)
    return keytext.parse(given)


def _warn(text: str) -> None:
    say(f"midclt: {text}")


def _new_file(options: Namespace) -> Path | None:
    """The file that ``--output`` names, if any. Raises `CommandError` where it exists."""
    path = Path(os.path.expanduser(options.output)).absolute() if options.output else None
    if path is not None and path.exists():
        raise CommandError(f"{path} exists: name another file", ExitStatus.USAGE)
    return path


def do_create(options: Namespace) -> ExitStatus:
    """Make a key, and print it or write it to a file."""
    output = _new_file(options)
    data: dict[str, Any] = {"name": options.key_name}
    if options.expires:
        data["expires_at"] = _moment(options.expires)
    Lock(options).check_write("api_key.create")
    with signed_in(options) as client:
        data["username"] = options.key_user or object_of(client, "auth.me", needed=("pw_name",))["pw_name"]
        try:
            row = object_of(client, "api_key.create", data, needed=("key", "id"))
        except ValidationErrors as e:
            if any("allowlist" in (problem.attribute or "") for problem in e.errors):
                raise CommandError(OLD, ExitStatus.VALIDATION) from e
            raise
    key = str(row["key"])
    number, user = row["id"], data["username"]
    if output is not None:
        try:
            write_private(output, key + "\n")
        except OSError as e:
            why = f"{output} cannot be written: {e.strerror or e}"
            text = f"{why}. Key {number} of {user} was made and is lost: `midclt key rm {number}` deletes it"
            raise CommandError(text, ExitStatus.ERROR) from e
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
    Lock(options).check_write("api_key.delete")
    with signed_in(options) as client:
        number = _number(client, options.key)
        client.call("api_key.delete", number)
    say(f"Key {number} is deleted.")
    return ExitStatus.OK


def _number(client: Client, key: str) -> int:
    rows = rows_of(client, "api_key.query", [["name", "=", key]])
    if key.isascii() and key.isdigit():
        rows = rows_of(client, "api_key.query", [["id", "=", int(key)]]) or rows
    numbers = [row.get("id") for row in rows]
    if len(numbers) == 1 and isinstance(numbers[0], int):
        return numbers[0]
    listed = ", ".join(map(str, numbers))
    why = f"is the name of several keys: {listed}" if numbers else "is no key that this user may see"
    raise CommandError(f"{key} {why}; `midclt key ls` lists them", ExitStatus.USAGE)
