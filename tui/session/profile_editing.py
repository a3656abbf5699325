"""Changing a profile that is kept: its values as text, written back, and tried without opening anything.

Invariants: where the secret is kept does not change with the other values; a profile is written only as it could be
read back; trying one changes nothing, on the server or here, and asks for no secret.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from truenas_client.exc import InvalidProfile
from truenas_client.secrets.value import Ask
from truenas_client.storage import Profile, Profiles
from truenas_client.trust import SYSTEM, TLS
from tui.session.signing import Step, client_of, obtain, sign_in
from tui.session.target import Target

__all__ = ["CHECKED", "certificate_words", "changed", "save_profile", "try_profile"]

CHECKED = {"check it": SYSTEM, "do not check": TLS.insecure()}
"""How a certificate can be checked, beside the way that a profile has already."""


def certificate_words(tls: TLS) -> str:
    """How a certificate is checked, in a few words."""
    if tls.pins:
        return "only the trusted one"
    return f"by {tls.ca_file}" if tls.ca_file else next(words for words, one in CHECKED.items() if one == tls)


def changed(
    profile: Profile, *, name: str, addresses: str, user: str, mechanism: str, tls: TLS, read_only: bool, colour: str
) -> Profile:
    """The profile with these values; addresses are separated by spaces, none is the local socket."""
    return replace(
        profile,
        name=name.strip(),
        addresses=tuple(addresses.replace(",", " ").split()),
        username=user.strip(),
        mechanism=mechanism,
        tls=tls,
        read_only=read_only,
        colour=colour.strip(),
    )


def save_profile(old: str, profile: Profile) -> None:
    """Writes a profile in the place of the one of the old name. It blocks.

    Raises `InvalidProfile` for values that make none and for a name that is taken, OSError.
    """
    profiles = Profiles()
    was_default = profiles.default == old
    profiles.put(profile, new=profile.name != old)
    if profile.name != old:
        Profiles().remove(old)
        if was_default:
            Profiles().use(profile.name)


async def try_profile(profile: Profile, step: Step) -> str:
    """Connects, signs in where no secret has to be asked for, and closes; what was found, in words.

    ``step`` hears of each thing done. Raises what connecting raises, `InvalidProfile` for values that make none.
    """
    target = Target(profile)
    if profile.mechanism != "none" and not profile.username and profile.mechanism != "token":
        raise InvalidProfile(f"username: is missing, and the mechanism {profile.mechanism} needs one")
    asks = isinstance(profile.secret, Ask) and target.kind != "local socket" and profile.mechanism != "none"
    secret = None if asks else await obtain(target, step)
    async with asyncio.timeout(60), client_of(target, step, reconnect=False, on_warning=step) as client:
        if asks:
            return "It answers. Signing in was not tried: the secret is asked for each time."
        await sign_in(client, target, secret, None, step)
        info = await client.call("system.info")
    told = info if isinstance(info, dict) else {}
    return f"It works: {told.get('hostname') or ''} {told.get('version') or ''}".rstrip()
