"""What to do about a loss: connect again or give up, how long to wait, which calls to send again.

Pure decisions; the drivers carry them out. Invariant: a call that had left and may have changed something is never
sent again.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from ..exc import (
    AuthenticationError,
    ClientException,
    ConnectError,
    ConnectionLost,
    ConnectTimeout,
    HandshakeRejected,
    InvalidEndpoint,
    NotAuthenticated,
    RateLimited,
)

__all__ = ["EXPECTED", "STABLE_SECONDS", "Chance", "backoff", "chance_of", "is_fatal", "may_send_again", "pause_for"]

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


class Chance(Enum):
    """What becomes of a call that failed."""

    NONE = "the error is the caller's"
    DONE = "the end of the connection is what success looks like"
    SIGN_IN = "sign in again, then send it again on the same connection"
    NEXT = "send it again on the next connection"


def chance_of(error: ClientException, method: str, *, repeat: bool, reconnect: bool, hold_unsent: bool) -> Chance:
    """Decide what becomes of a call of this method that failed with this error.

    ``repeat`` tells whether it may run twice, as a call that only reads may; ``reconnect`` and ``hold_unsent`` are the
    client's.
    """
    if isinstance(error, NotAuthenticated):
        # What was refused for want of a login never ran. A login that was refused is never run again by itself.
        return Chance.NONE if method.startswith("auth.") else Chance.SIGN_IN
    if not isinstance(error, ConnectionLost):
        return Chance.NONE
    if error.sent and method in EXPECTED:
        return Chance.DONE
    if not error.sent:
        return Chance.NEXT if may_send_again(error, reconnect=reconnect) and hold_unsent else Chance.NONE
    return Chance.NEXT if reconnect and repeat else Chance.NONE


def may_send_again(error: ClientException, *, reconnect: bool) -> bool:
    """Whether a call that must not run twice may be sent on the next connection: only if it had not left."""
    return reconnect and isinstance(error, ConnectionLost) and not error.sent
