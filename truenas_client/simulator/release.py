"""The differences between the releases on the wire. Each older release is the next one with other facts.

Schemas and data are the same for all; a release is this table and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

__all__ = ["RELEASES", "Release"]


@dataclass(frozen=True, slots=True)
class Release:
    """The protocol of one release."""

    name: str
    version: str
    """What ``system.version`` says after ``TrueNAS-``."""
    api_versions: tuple[str, ...]
    """What ``/api/versions`` lists; each is a path ``/api/<version>``. Empty: only the old protocol."""
    options_answered: bool = True
    """``core.set_options`` answers the options in force; otherwise null, and jobs are of the old style."""
    scram: bool = True
    reconnect_tokens: bool = True
    """A successful login has a ``reconnect_token`` member."""
    denied: bool = True
    """An account without access is answered ``DENIED``; otherwise ``AUTH_ERR``."""
    otp_once: bool = True
    """A wrong one-time password ends the attempt; otherwise another one may be sent."""
    mechanisms_before_login: bool = True
    """``auth.mechanism_choices`` works before login."""
    roles_in_full: bool = True
    """A login of a full administrator lists every role, not just ``FULL_ADMIN``."""
    trace_frames: bool = False
    """Traces have a ``frames`` member."""
    lacks: frozenset[str] = frozenset()
    """Methods that later releases have."""
    lost: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Methods that an older path lacks though their time had them, by the path's version."""
    closed: frozenset[str] = frozenset()
    """Methods that need a login here and need none later."""
    open: frozenset[str] = frozenset()
    """Methods that need no login here and need one later."""
    message_ids: bool = True
    """Jobs show the ids of the calls that wait for them."""
    login_ids: bool = True
    """What is said of a login has an id and a time."""
    old_ping: bool = False
    """The old protocol answers ``ping``."""
    old_aborts: bool = False
    """The old protocol ends TCP for a message that is no object, with no close frame."""
    old_short_refusals: bool = False
    """The old protocol refuses a call before login in two words and without a trace."""
    lists_events: bool = False
    """``core.get_events`` exists."""
    tells_whole_arguments: bool = True
    """The events of a job show its arguments filled up (`Call.start_job`)."""
    unlisted: frozenset[str] = frozenset()
    """Methods that can be called and that no listing shows."""
    keepalive: int = 3600
    """Seconds without traffic from the server after which its front end drops a connection; not sped up."""

    def on_path(self, version: str) -> Release:
        """The protocol on ``/api/<version>`` of this release: an older path keeps what its time had."""
        if version not in self.api_versions:
            return self
        known = self.api_versions[: self.api_versions.index(version) + 1]
        older = version != self.api_versions[-1]
        return replace(
            self,
            api_versions=known,
            lacks=self.lacks | self.lost.get(version, frozenset()),
            options_answered=self.options_answered and not version.startswith("v25.04"),
            reconnect_tokens=self.reconnect_tokens and not older,
        )


_OF_25_04 = ("v25.04.0", "v25.04.1", "v25.04.2")
_OF_25_10 = (*_OF_25_04, "v25.10.0", "v25.10.1", "v25.10.2", "v25.10.3", "v25.10.4")
_OF_26 = (*_OF_25_10, "v26.0.0")

_26 = Release(name="26", version="26.0.0-BETA.3", api_versions=_OF_26)
_25_10 = replace(
    _26,
    name="25.10",
    version="25.10.6",
    api_versions=_OF_25_10,
    scram=False,
    reconnect_tokens=False,
    denied=False,
    otp_once=False,
    mechanisms_before_login=False,
    roles_in_full=False,
    trace_frames=True,
    tells_whole_arguments=False,
    keepalive=60,
)
_25_04 = replace(
    _25_10,
    name="25.04",
    version="25.04.2.6",
    api_versions=_OF_25_04,
    options_answered=False,
    closed=frozenset({"core.ping"}),
    open=frozenset({"core.get_methods", "core.get_services"}),
    message_ids=False,
)
_24_10 = replace(
    _25_04,
    name="24.10",
    version="24.10.2.4",
    api_versions=(),
    lacks=frozenset({"auth.login_ex", "auth.login_ex_continue", "auth.mechanism_choices", "core.set_options"}),
    login_ids=False,
    old_ping=True,
    old_aborts=True,
    old_short_refusals=True,
    lists_events=True,
)
_27 = replace(
    _26,
    name="27",
    version="27.0.0-BETA.1",
    api_versions=(*_OF_26, "v27.0.0"),
    unlisted=frozenset({"auth.login", "auth.login_with_api_key"}),
    lost={"v25.04.0": frozenset({"core.get_methods", "core.job_abort"})},
)

RELEASES = {release.name: release for release in (_24_10, _25_04, _25_10, _26, _27)}
"""The releases by the name ``--release`` takes."""
