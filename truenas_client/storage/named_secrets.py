"""What ``${env:NAME}`` and ``${secret:NAME}`` stand for on this machine.

``env`` is a variable of the environment. ``secret`` is a name under ``[secret]`` in the
configuration file, which says where the secret lies in the words of a profile (``{ file = ...
}``, ``{ command = [...] }``, ``{ keyring = ... }``, ``{ env = ... }``); a name that is not there is looked for
in the keyring. Invariant: messages name names and places, never what is there.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Literal

from ..exc import InvalidProfile, SecretUnavailable
from ..secrets.placeholders import Placeholder
from ..secrets.value import Ask, Keyring, Reference, Secret
from .profiles import Profiles
from .secret_store import SERVICE, keyring_problem, resolve

__all__ = ["look_up", "named", "unknown"]


def look_up(
    placeholder: Placeholder,
    *,
    environment: Mapping[str, str] | None = None,
    profiles: Callable[[], Profiles] = Profiles,
) -> Secret | str:
    """What a placeholder stands for, or why it stands for nothing.

    Blocks: a command may take its time and a keyring may ask to be unlocked, so programs with an event loop run
    it in a thread.
    """
    if placeholder.kind == "env":
        text = (os.environ if environment is None else environment).get(placeholder.name)
        return Secret(text) if text is not None else _no_variable(placeholder.name)
    try:
        reference = _reference(placeholder.name, profiles)
    except InvalidProfile as e:
        return e.error
    try:
        return resolve(reference or Keyring(placeholder.name))
    except SecretUnavailable as e:
        return (
            e.error if reference is not None else f"no secret is named {placeholder.name}: {_where(placeholder.name)}"
        )


def unknown(
    placeholder: Placeholder,
    *,
    environment: Mapping[str, str] | None = None,
    profiles: Callable[[], Profiles] = Profiles,
) -> str | None:
    """What is known to be wrong with a placeholder without opening anything: no command is run and no keyring asked,
    so None does not promise that `look_up` finds it."""
    if placeholder.wrong:
        return placeholder.wrong
    if placeholder.kind == "env":
        known = placeholder.name in (os.environ if environment is None else environment)
        return None if known else _no_variable(placeholder.name)
    try:
        if _reference(placeholder.name, profiles) is not None or keyring_problem() is None:
            return None
    except InvalidProfile as e:
        return e.error
    return f"no secret is named {placeholder.name}: {_where(placeholder.name, keyring=False)}"


def named(
    *, environment: Mapping[str, str] | None = None, profiles: Callable[[], Profiles] = Profiles
) -> list[Placeholder]:
    """The placeholders that stand for something here, secrets first; what only the keyring knows is not listed."""
    try:
        secrets = sorted(profiles().secrets)
    except InvalidProfile:
        # `look_up` reports the problem when a placeholder is used.
        secrets = []
    variables = sorted(os.environ if environment is None else environment)
    names: list[tuple[Literal["env", "secret"], str]] = [("secret", name) for name in secrets]
    names += [("env", name) for name in variables if "{" not in name and "}" not in name]
    return [Placeholder(kind, name, 0, 0) for kind, name in names]


def _reference(name: str, profiles: Callable[[], Profiles]) -> Reference | None:
    reference = profiles().secrets.get(name)
    if isinstance(reference, Ask):
        raise InvalidProfile(f"the secret {name} is one to be asked for: give a file, a command or the keyring")
    return reference


def _no_variable(name: str) -> str:
    return f"no environment variable is named {name}"


def _where(name: str, *, keyring: bool = True) -> str:
    by_keyring = f" or run: keyring set {SERVICE} {name}" if keyring else ""
    return f"name it under [secret] in config.toml{by_keyring}"
