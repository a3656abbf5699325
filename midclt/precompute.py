"""``midclt key precompute``: write an API key in the form that needs no derivation at login."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from dataclasses import replace
from pathlib import Path

from truenas_client.auth import keytext
from truenas_client.auth.keytext import ApiKey
from truenas_client.exc import InvalidKeyFile
from truenas_client.secrets.value import Ask, Secret
from truenas_client.storage import Choice
from truenas_client.storage import key_files as keyfile
from truenas_client.storage.private_files import write_private
from truenas_client.storage.secret_store import resolve

from .access import chosen, connected
from .asking import ask
from .exits import CommandError, ExitStatus
from .output import print_line, say
from .signing import Who, sign_in, who

__all__ = ["precompute"]


def precompute(options: Namespace) -> ExitStatus:
    """Sign in with the key once, and write the keys that a login derives. The key is proved, never sent."""
    choice = chosen(options)
    if choice.username is None:
        raise CommandError("An API key needs the name of its user: -U or TRUENAS_USERNAME", ExitStatus.USAGE)
    output = Path(os.path.expanduser(options.output)).absolute() if options.output else None
    if output is not None and output.exists():
        raise CommandError(f"{output} exists: name another file", ExitStatus.USAGE)
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
