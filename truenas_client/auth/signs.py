"""Which answers mean that a connection is signed in, by any call; apart from the flows for quick starts."""

from __future__ import annotations

from typing import Any

__all__ = ["signs_in"]

_OLD_LOGINS = frozenset(("auth.login", "auth.login_with_api_key", "auth.login_with_token"))


def signs_in(method: str, answer: Any) -> bool:
    """Whether this answer of this method means that the connection is signed in."""
    if method in _OLD_LOGINS:
        return answer is True
    if method not in ("auth.login_ex", "auth.login_ex_continue") or not isinstance(answer, dict):
        return False
    kind = answer.get("response_type")
    return kind == "SUCCESS" or (kind == "SCRAM_RESPONSE" and answer.get("scram_type") == "SERVER_FINAL_RESPONSE")
