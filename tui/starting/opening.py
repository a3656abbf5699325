"""The app's beginning: flags, environment and profiles put together.

Loads neither Textual nor an event loop, so it can be asked before either is there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from truenas_client.endpoint import parse
from truenas_client.exc import InvalidEndpoint, InvalidProfile
from truenas_client.secrets.value import Ask, Secret
from truenas_client.storage import Profile, Profiles, choose
from truenas_client.trust import TLS
from tui import guest
from tui.memory.state import First
from tui.session.target import Target
from tui.starting.start import Start

__all__ = ["Opening", "Start", "first_of", "opening", "picked"]


@dataclass(frozen=True, slots=True)
class Opening:
    """The initial target of the connect card."""

    target: Target
    blank: Target
    """The target for an address that belongs to no profile."""
    names: tuple[str, ...] = ()
    """All profiles, in the order of the file."""
    at_once: bool = False
    """Whether to connect without waiting for a key."""
    choosing: bool = False
    """Whether one of several profiles is to be chosen first."""
    problem: str = ""
    """The error in the configuration."""


def opening(start: Start) -> Opening:
    """The target that was asked for.

    Raises `InvalidProfile` for a profile that was asked for by name. Anything else wrong
    with the configuration is told in `Opening.problem`: a broken file keeps no user from
    typing an address.
    """
    typed, blank = _typed(start), _typed(start._replace(address="", user="", password="", by_key=False))
    try:
        profiles = Profiles()
    except InvalidProfile as e:
        if start.profile:
            raise
        return Opening(typed, blank, problem=e.error)
    names = tuple(profiles.names)
    name = start.profile or ("" if start.address else profiles.default or (names[0] if len(names) == 1 else ""))
    if not name:
        return Opening(typed, blank, names, choosing=bool(names) and not start.address)
    try:
        target = _chosen(start, name, profiles)
    except InvalidEndpoint:
        # The card shows what is wrong with the address.
        return Opening(typed, blank, names)
    except InvalidProfile as e:
        if start.profile:
            raise
        return Opening(typed, blank, names, problem=e.error)
    return Opening(target, blank, names, at_once=bool(target.profile.name) and target.kept)


def picked(start: Start, name: str) -> Target:
    """The target of a profile chosen on the card. Raises `InvalidProfile`.

    Address, user and secret of the command line are not for it.
    """
    return _chosen(start._replace(address="", user="", password="", by_key=False), name, Profiles())


def first_of(start: Start) -> First | None:
    """What may be shown before connecting: a profile that needs no input."""
    try:
        opened = opening(start)
    except InvalidProfile:
        return None  # the card says what is wrong
    # Where a password can be read on its way, the card tells that first.
    if not opened.at_once or opened.target.exposed:
        return None
    return First(opened.target.place, opened.target.user, opened.target.writable)


def _with_flags(profile: Profile, start: Start) -> Target:
    """A profile as a target; options of the command line take precedence."""
    mechanism = profile.mechanism
    if start.password:
        mechanism = "api-key" if start.by_key else "password"
    if start.plain and mechanism == "api-key":
        mechanism = "api-key-plain"
    if guest.is_guest():
        profile = replace(profile, secret=Ask())
    profile = replace(profile, mechanism=mechanism, channel_binding=profile.channel_binding and start.channel_binding)
    writable = not profile.read_only if start.writable is None else start.writable
    return Target(profile, Secret(start.password) if start.password else None, writable, start.plain)


def _chosen(start: Start, name: str, profiles: Profiles) -> Target:
    """The profile, as far as it counts for the address and the user that were given (see `choose`)."""
    tls, uri, user = start.tls, start.address or None, start.user or None
    choice = choose({}, profile=name, uri=uri, username=user, tls=tls, profiles=lambda: profiles)
    profile = choice.profile
    assert profile is not None
    addresses = tuple(address for address in choice.addresses if address is not None)
    if choice.entrusted:
        return _with_flags(replace(profile, addresses=addresses, tls=choice.tls), start)
    if uri is None or profile.leads_to(parse(uri)):
        # The same server for another user: the same protection holds.
        other = replace(profile, name="", username=choice.username or "", secret=Ask(), tls=choice.tls)
        return _with_flags(replace(other, addresses=addresses), start)
    return _typed(start._replace(user=choice.username or ""))


def _typed(start: Start) -> Target:
    return Target.of(
        start.address,
        start.user,
        start.password,
        by_key=start.by_key,
        plain=start.plain,
        channel_binding=start.channel_binding,
        tls=start.tls or TLS(),
        writable=bool(start.writable),
    )
