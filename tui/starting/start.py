"""The options that the app was started with.

Loads next to nothing, because it is needed before the first screen.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from truenas_client.storage.paths import config_path

if TYPE_CHECKING:
    from truenas_client.trust import TLS

__all__ = ["Start"]


class Start(NamedTuple):
    """The options from the command line and the environment; the former take precedence."""

    address: str = ""
    user: str = ""
    password: str = ""
    verify: bool = True
    writable: bool | None = None
    """None: as in the profile; read-only without a profile."""
    by_key: bool = False
    plain: bool = False
    channel_binding: bool = True
    ca_file: str = ""
    demo: bool = False
    fresh: bool = False
    """Whether nothing is remembered, neither from before nor for later."""
    ascii: bool = False
    tour: bool = False
    """Whether the demo comes with its tour."""
    profile: str = ""

    def __repr__(self) -> str:
        shown = (f"{name}={value!r}" for name, value in self._asdict().items() if name != "password")
        return f"Start({', '.join(shown)})"

    @property
    def tls(self) -> TLS | None:
        """The choice of certificates; None where nothing was said."""
        from truenas_client.trust import TLS

        if not self.verify:
            return TLS.insecure()
        return TLS.authority(self.ca_file) if self.ca_file else None

    @property
    def digest(self) -> str:
        """The same for starts that mean the same: nothing else was said, and the configuration has not changed.

        Says nothing of the password but whether there is one.
        """
        try:
            status = config_path().stat()
            configuration = (status.st_mtime_ns, status.st_size)
        except OSError:
            configuration = (0, 0)
        said = self._replace(password="given" if self.password else "")
        return sha256(f"{said!r} {said.password} {configuration}".encode("utf-8", "surrogatepass")).hexdigest()
