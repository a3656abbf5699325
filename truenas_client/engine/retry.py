"""What to do after a failure: connect again or give up, how long to wait, which calls to send again.

The decisions are pure; the drivers carry them out. Invariant: a call that had left and may have changed something is
never sent again.
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
"""After a connection that lasted this long, the pauses start again from the first."""

EXPECTED = {
    "system.reboot": 10.0,
    "system.shutdown": 30.0,
    "system.general.ui_restart": 2.0,
    "failover.become_passive": 5.0,
    "failover.reboot.other_node": 5.0,
}
"""Methods that end the connection when they succeed, and seconds to wait before connecting again."""


def backoff(attempt: int, uniform: Callable[[float, float], float]) -> float:
    """Seconds to wait before this attempt (counted from 0): exponential backoff with full jitter.

    Full jitter (a uniform choice between 0 and the whole pause) keeps many clients
    from returning to a rebooted server at the same moment.
    """
    return uniform(0.0, min(LONGEST_PAUSE, FIRST_PAUSE * GROWTH ** min(attempt, 20)))


def is_fatal(error: ClientException) -> bool:
    """Whether another attempt cannot help, because the address, the certificate or the credential is wrong."""
    if isinstance(error, RateLimited):
        return False
    if isinstance(error, (AuthenticationError, InvalidEndpoint)):
        return True
    if isinstance(error, ConnectionLost):
        # 1008: our address is not on the server's allow list.
        return error.code == 1008
    if isinstance(error, HandshakeRejected):
        status = error.status_code
        return status is not None and status < 500 and status != 429
    if isinstance(error, ConnectError):
        return error.stage in ("tls", "allowed") and not isinstance(error, ConnectTimeout)
    return False


def pause_for(error: ClientException, attempt: int, uniform: Callable[[float, float], float]) -> float:
    """Seconds to wait after this failure, before the attempt of this number."""
    if isinstance(error, RateLimited):
        return error.retry_after
    return backoff(attempt, uniform)


class Chance(Enum):
    """What the driver does with a call that failed."""

    NONE = "the error is the caller's"
    DONE = "the end of the connection is what success looks like"
    SIGN_IN = "sign in again, then send it again on the same connection"
    NEXT = "send it again on the next connection"


def chance_of(error: ClientException, method: str, *, repeat: bool, reconnect: bool, hold_unsent: bool) -> Chance:
    """Decide what becomes of a call of this method that failed with this error.

    ``repeat`` tells whether the call may run twice: a call that only reads may. ``reconnect`` and ``hold_unsent`` are
    options of the client.
    """
    if isinstance(error, NotAuthenticated):
        # A call refused for lack of a login never ran. A refused login is never repeated without the caller: it could
        # lock the account.
        return Chance.NONE if method.startswith("auth.") else Chance.SIGN_IN
    if not isinstance(error, ConnectionLost):
        return Chance.NONE
    if error.sent and method in EXPECTED:
        return Chance.DONE
    if not error.sent:
        return Chance.NEXT if may_send_again(error, reconnect=reconnect) and hold_unsent else Chance.NONE
    return Chance.NEXT if reconnect and repeat else Chance.NONE


def may_send_again(error: ClientException, *, reconnect: bool) -> bool:
    """Whether a call that must not run twice may be sent on the next connection. It may if it had not left."""
    return reconnect and isinstance(error, ConnectionLost) and not error.sent
