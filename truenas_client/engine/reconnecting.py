"""What to do about a loss: try again or give up, how long to wait, what to repeat.

Pure decisions; the drivers carry them out.
"""

from __future__ import annotations

from collections.abc import Callable

from ..exc import (
    AuthenticationError,
    ClientException,
    ConnectError,
    ConnectionLost,
    ConnectTimeout,
    HandshakeRejected,
    InvalidEndpoint,
    RateLimited,
)

__all__ = ["EXPECTED", "STABLE_SECONDS", "backoff", "is_fatal", "pause_for"]

FIRST_PAUSE = 0.5
GROWTH = 1.7
LONGEST_PAUSE = 30.0
STABLE_SECONDS = 60.0
"""A connection that held so long starts the pauses anew."""

EXPECTED = {
    "system.reboot": 10.0,
    "system.shutdown": 30.0,
    "system.general.ui_restart": 2.0,
    "failover.become_passive": 5.0,
    "failover.reboot.other_node": 5.0,
}
"""Methods that end the connection when they do what they should, and seconds to wait before trying again."""


def backoff(attempt: int, uniform: Callable[[float, float], float]) -> float:
    """Seconds before the attempt of this number (from 0): exponential, with full jitter.

    Full jitter (a uniform choice between nothing and the whole pause) keeps many
    clients from coming back to a rebooted server at the same moment.
    """
    return uniform(0.0, min(LONGEST_PAUSE, FIRST_PAUSE * GROWTH ** min(attempt, 20)))


def is_fatal(error: ClientException) -> bool:
    """Whether trying again cannot help: what is wrong is the address, the certificate or the credential."""
    if isinstance(error, RateLimited):
        return False
    if isinstance(error, (AuthenticationError, InvalidEndpoint)):
        return True
    if isinstance(error, ConnectionLost):
        # 1008: the address is not on the server's allow list.
        return error.code == 1008
    if isinstance(error, HandshakeRejected):
        status = error.status_code
        return status is not None and status < 500 and status != 429
    if isinstance(error, ConnectError):
        return error.stage in ("tls", "allowed") and not isinstance(error, ConnectTimeout)
    return False


def pause_for(error: ClientException, attempt: int, uniform: Callable[[float, float], float]) -> float:
    """Seconds to wait after this failure."""
    if isinstance(error, RateLimited):
        return error.retry_after
    return backoff(attempt, uniform)
