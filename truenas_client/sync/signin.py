"""Run the login flows on a connection, by blocking calls.

Invariants: one login runs at a time; a refused login is never repeated without the caller; a connection to a server
that did not prove itself is closed; no secret of a login is kept.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from threading import Lock
from typing import Any

from ..auth.budget import LOGIN_SECONDS, budget_of, wait_words
from ..auth.channel import Channel
from ..auth.flow import Derivation, Flow, Login, OTPRequest, Request, without_gaps
from ..auth.scram import derive, new_nonce
from ..auth.ways import Way
from ..engine.driven import Driven
from ..exc import ClientException, RateLimited, ServerSignatureError
from .connection import Connection

__all__ = ["OTPToken", "SignIn"]

OTPToken = str | Callable[[], str | None] | None
"""A one-time password, or a function that asks for one (returning None gives up)."""


class SignIn:
    """The logins of one client. ``warn`` is called with texts for the user."""

    def __init__(self, connection: Connection, channel: Callable[[], Channel], warn: Callable[[str], None]) -> None:
        self._connection, self._channel, self._warn = connection, channel, warn
        self._lock = Lock()
        self._until = math.inf

    def run(self, way: Way, otp_token: OTPToken, seconds: float | None = None) -> Login:
        """Sign in within this many seconds. Raises `AuthenticationError` and its subclasses."""
        with self._lock:
            channel = self._channel()
            self._until = math.inf if seconds is None else time.monotonic() + seconds
            return self._run(way.flow(channel, new_nonce, self._warn), channel, otp_token)

    def _run(self, flow: Flow, channel: Channel, otp_token: OTPToken) -> Login:
        steps = Driven(flow)
        try:
            for step in steps:
                if isinstance(step, Request):
                    try:
                        steps.answer = self._call(step, channel)
                    except ClientException as e:
                        steps.failure = e
                elif isinstance(step, Derivation):
                    steps.answer = derive(step.secret, step.salt, step.iterations)
                else:
                    asked = time.monotonic()
                    steps.answer = _one_time_password(step, otp_token)
                    self._until += time.monotonic() - asked
        except ServerSignatureError:
            self._connection.sign(False)
            self._connection.close()
            raise
        self._connection.sign(True)
        return steps.result

    def _call(self, step: Request, channel: Channel) -> Any:
        connection, budget = self._connection, budget_of(channel)
        if budget is None or connection.talk.signed_in:
            return connection.call(step.method, step.params, self._left())
        pause = budget.wait(time.monotonic(), step.method, step.calls)
        if pause > 0:
            self._warn(wait_words(channel, pause))
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
        return without_gaps(token())
    # The server would refuse a fixed token a second time.
    return None if ask.refused else without_gaps(token)
