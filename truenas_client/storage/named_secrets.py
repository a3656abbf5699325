"""The values of ``${env:NAME}`` and ``${secret:NAME}`` on this machine.

``env`` is a variable of the environment. ``secret`` is a name under ``[secret]`` in the
configuration file. Its entry names the place of the secret as a profile does (``{ file = ...
}``, ``{ command = [...] }``, ``{ keyring = ... }``, ``{ env = ... }``). A name without an entry is looked up
in the keyring. Invariant: messages contain names and places, never secrets.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from ..exc import InvalidProfile, SecretUnavailable
from ..secrets.placeholders import Kind, Placeholder
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
    """The value of a placeholder, or as a plain text the reason why it has none.

    Blocks, because a command may be slow and a keyring may ask to be unlocked. A program with an event loop runs it in
    a thread.
    """
    if placeholder.kind == "var":
        return f"no value was given for {placeholder.name}"
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
    """The problem with a placeholder that shows without running a command or asking a keyring.

    None does not promise that `look_up` finds a value.
    """
    if placeholder.wrong:
        return placeholder.wrong
    if placeholder.kind == "var":
        return None  # it is asked for when the call is made
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
    """The placeholders with a value on this machine, secrets first. Names that only the keyring has are not listed."""
    try:
        secrets = sorted(profiles().secrets)
    except InvalidProfile:
        # `look_up` reports the problem when a placeholder is used.
        secrets = []
    variables = sorted(os.environ if environment is None else environment)
    names: list[tuple[Kind, str]] = [("secret", name) for name in secrets]
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
