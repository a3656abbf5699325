"""Running the login flows on a connection, by blocking calls.

Invariants: one login runs at a time; one that was refused is never run again by itself; a connection to a server that
did not prove itself is closed; nothing that a login was made with is kept.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from secrets import token_bytes
from threading import Lock
from typing import Any

from ..auth.budget import Budget
from ..auth.channel import Channel
from ..auth.flow import Derivation, Flow, Login, OTPRequest, Request
from ..auth.scram import NONCE_BYTES, derive
from ..auth.ways import Way
from ..exc import ClientException, RateLimited, ServerSignatureError
from .connection import Connection

__all__ = ["OTPToken", "SignIn", "forget_counts", "new_nonce"]

OTPToken = str | Callable[[], str | None] | None
"""A one-time password, or a function that asks for one (returning None gives up)."""

LOGIN_SECONDS = 60.0
"""For one call of a login. A refused one takes the server seconds, a rate limited one up to ten more."""

_budgets: dict[str, Budget] = {}


def new_nonce() -> bytes:
    """The client's random part of a SCRAM exchange."""
    return token_bytes(NONCE_BYTES)


def forget_counts() -> None:
    """Forget how many login calls were sent to which address (for servers that forget too, as simulated ones do)."""
    _budgets.clear()


class SignIn:
    """The logins of one client; ``warn`` gets what a person should know."""

    def __init__(self, connection: Connection, channel: Callable[[], Channel], warn: Callable[[str], None]) -> None:
        self._connection, self._channel, self._warn = connection, channel, warn
        self._lock = Lock()
        self._until = math.inf

    def run(self, way: Way, otp_token: OTPToken, seconds: float | None = None) -> Login:
        """Sign in, within so many seconds. Raises `AuthenticationError` and its subclasses."""
        with self._lock:
            channel = self._channel()
            self._until = math.inf if seconds is None else time.monotonic() + seconds
            return self._run(way.flow(channel, new_nonce, self._warn), channel, otp_token)

    def _run(self, flow: Flow, channel: Channel, otp_token: OTPToken) -> Login:
        connection = self._connection
        # The local socket has no limit.
        budget = None if channel.kind == "socket" else _budgets.setdefault(channel.host, Budget())
        answer: Any = None
        failure: ClientException | None = None
        while True:
            try:
                step = flow.throw(failure) if failure is not None else flow.send(answer)
            except StopIteration as done:
                connection.sign(True)
                login: Login = done.value
                return login
            except ServerSignatureError:
                connection.sign(False)
                connection.close()
                raise
            failure = None
            if isinstance(step, Request):
                try:
                    answer = self._call(step, channel, budget)
                except ClientException as e:
                    failure = e
            elif isinstance(step, Derivation):
                answer = derive(step.secret, step.salt, step.iterations)
            else:
                asked = time.monotonic()
                answer = _one_time_password(step, otp_token)
                self._until += time.monotonic() - asked

    def _call(self, step: Request, channel: Channel, budget: Budget | None) -> Any:
        connection = self._connection
        if budget is None or connection.talk.signed_in:
            return connection.call(step.method, step.params, self._left())
        pause = budget.wait(time.monotonic(), step.method, step.calls)
        if pause > 0:
            self._warn(
                f"{channel.address}: before sign-in the server takes 20 calls a minute from one address; "
                f"waiting {pause:.0f} s"
            )
            time.sleep(min(pause, self._left()))
        budget.sent(time.monotonic(), step.method)
        try:
            return connection.call(step.method, step.params, self._left())
        except RateLimited as e:
            budget.refused(time.monotonic(), e.retry_after)
            raise

    def _left(self) -> float:
        return max(0.0, min(LOGIN_SECONDS, self._until - time.monotonic()))


def _one_time_password(ask: OTPRequest, token: OTPToken) -> str | None:
    if callable(token):
        token = token()
    elif ask.refused:
        return None  # a fixed token that was refused once would be refused again
    if token is None:
        return None
    digits = "".join(token.split()).replace("-", "")  # authenticators show gaps between groups of digits
    return digits if digits.isdigit() else token.strip()
