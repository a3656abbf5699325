"""Keeping a connection as a profile: what is offered, under which name, and where its secret goes.

Everything here blocks, the keyring above all: the app runs it in a thread. Loads no Textual.

Invariants: a secret is never written in clear unless just that was chosen, and then
into a file that only its owner can read; a profile that is there is not replaced.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

from truenas_client.exc import InvalidProfile, SecretUnavailable
from truenas_client.secrets.value import Ask, File, Keyring, Reference
from truenas_client.storage import Known, Profile, Profiles
from truenas_client.storage.key_files import is_path
from truenas_client.storage.secret_store import held, keep, keyring_problem
from truenas_client.trust import TLS
from tui import guest
from tui.session.target import Target

__all__ = ["Offer", "Place", "decline", "free_entry", "keep_profile", "no_keyring", "offer", "store_trust"]

Place = Literal["the keyring", "ask each time", "a file, in clear text", "the key's own file"]
"""Where a secret is to be kept, in the card's words."""


@dataclass(frozen=True, slots=True)
class Offer:
    """The question to the user: the name, and the place of the secret (the first one unless chosen)."""

    name: str
    places: tuple[Place, ...]
    without_keyring: str = ""
    """Why the keyring is not among the places."""


def offer(target: Target) -> Offer | None:
    """The question after a first success; None where it is kept, was declined, or needs none."""
    if target.profile.name or target.kind == "local socket" or guest.is_guest():
        return None
    endpoint = target.profile.endpoints[0]
    try:
        profiles = Profiles()
    except InvalidProfile:
        return None  # a broken file is not added to
    if Known().offered(endpoint) or any(_is_same(profiles, name, target) for name in profiles.names):
        return None
    name = _free_name(endpoint.name, profiles.names)
    if target.secret and target.kind == "api key" and is_path(target.secret.reveal()):
        return Offer(name, ("the key's own file",))
    problem = keyring_problem()
    places: tuple[Place, ...] = ("ask each time", "a file, in clear text")
    return Offer(name, places if problem else ("the keyring", *places), problem or "")


def decline(target: Target) -> None:
    """Not to be asked again for this server."""
    Known().remember_offer(target.profile.endpoints[0])


def keep_profile(target: Target, name: str, place: Place) -> Profile:
    """Write the profile and put its secret where it was told to be.

    Raises `InvalidProfile` for a name that is taken or no name, `SecretUnavailable`, OSError.
    """
    profiles = Profiles()
    reference = _reference(target, place, name, profiles)
    profile = replace(target.profile, name=name, secret=reference, read_only=not target.writable)
    # The profile first: a name that is none is told before a secret lies anywhere.
    profiles.put(profile, new=True)
    if target.secret and not isinstance(reference, Ask) and place != "the key's own file":
        try:
            keep(reference, target.secret)
        except BaseException:
            profiles.remove(name)
            raise
    return profile


def store_trust(name: str, tls: TLS) -> None:
    """Write into a profile which certificate it trusts; a guest's trust ends with the app.

    Raises `InvalidProfile`, OSError.
    """
    if guest.is_guest():
        return
    profiles = Profiles()
    profiles.put(replace(profiles.get(name), tls=tls))


def no_keyring() -> str:
    """Why the keyring cannot be used here; "" when it can."""
    if guest.is_guest():
        return guest.refusal("The keyring")
    return keyring_problem() or ""


def free_entry(name: str) -> Keyring:
    """An entry of the keyring that holds nothing yet: by that name, or with a number after it."""
    for entry in (Keyring(name), *(Keyring(f"{name}-{n}") for n in range(2, 1000))):
        if not held(entry):
            return entry
    raise SecretUnavailable(f"The keyring is full of entries named {name}")


def _reference(target: Target, place: Place, name: str, profiles: Profiles) -> Reference:
    match place:
        case "the keyring":
            return Keyring(name)
        case "a file, in clear text":
            return File(str(profiles.secret_file(name)))
        case "the key's own file" if target.secret:
            return File(target.secret.reveal().strip())
    return Ask()


def _is_same(profiles: Profiles, name: str, target: Target) -> bool:
    try:
        profile = profiles.get(name)
    except InvalidProfile:
        return False
    return profile.leads_to(target.profile.endpoints[0]) and profile.username == target.user


def _free_name(host: str, taken: list[str]) -> str:
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", host).strip("-._")[:40] or "nas"
    if re.fullmatch(r"[a-z][A-Za-z0-9-]*(\.[A-Za-z0-9-]+)+", name):
        name = name.partition(".")[0]
    return next(one for one in (name, *(f"{name}-{n}" for n in range(2, 1000))) if one not in taken)
