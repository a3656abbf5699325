"""Combine command line, environment and profile.

Flags win over the environment, the environment over the profile. One rule comes first:
the secret and the TLS choice of a profile are for the profile's own addresses. With any
other address the profile gives only its user name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from ..endpoint import parse
from .paths import config_path

if TYPE_CHECKING:
    from pathlib import Path

    from ..tls_choice import TLS
    from .profile import Profile
    from .profiles import Profiles

__all__ = ["Choice", "choose"]


def _is_there(path: Path) -> bool:
    """Whether there is a file, be it one that cannot be read."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def _read() -> Profiles:
    from .profiles import Profiles  # most calls on the server itself need none

    return Profiles()


class Choice(NamedTuple):
    """The address to connect to, and the user to sign in."""

    address: str | None
    username: str | None
    accepts: TLS | None
    """Which certificates are accepted; None is what the system trusts."""
    profile: Profile | None
    entrusted: bool
    """Whether the profile's secret may be sent there: address and user are the profile's own."""

    @property
    def tls(self) -> TLS:
        """Which certificates are accepted."""
        from ..tls_choice import SYSTEM

        return self.accepts or SYSTEM

    @property
    def addresses(self) -> tuple[str | None, ...]:
        """The addresses to try, in order."""
        if self.profile is not None and self.address in self.profile.addresses:
            return (self.address, *(other for other in self.profile.addresses if other != self.address))
        return (self.address,)


def choose(
    environment: Mapping[str, str],
    *,
    profile: str | None = None,
    uri: str | None = None,
    username: str | None = None,
    tls: TLS | None = None,
    profiles: Callable[[], Profiles] | None = None,
) -> Choice:
    """Combine flags (the arguments), environment and profile.

    The default profile counts only when neither a profile nor an address was given.
    Raises `InvalidProfile`, `InvalidEndpoint`.
    """
    uri = uri or environment.get("TRUENAS_URI") or None
    username = username or environment.get("TRUENAS_USERNAME") or None
    name = profile or environment.get("TRUENAS_PROFILE") or None
    chosen: Profile | None = None
    if name is not None or (uri is None and (profiles is not None or _is_there(config_path()))):
        known = (profiles or _read)()
        name = name or known.default
        chosen = known.get(name) if name is not None else None
    if chosen is None:
        return Choice(uri, username, tls, None, False)
    own = uri is None or chosen.leads_to(parse(uri))
    entrusted = own and username in (None, chosen.username)
    return Choice(
        uri or chosen.address,
        username or chosen.username or None,
        tls or (chosen.tls if own else None),
        chosen,
        entrusted,
    )
