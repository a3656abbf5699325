"""Masking: values of fields whose name says that they are secret.

The server's schemas do not mark secrets, so names decide. Everything that shows,
stores or logs arguments passes them through `redact` first.
"""

from __future__ import annotations

import re
from typing import Any

__all__ = ["MASK", "is_secret_name", "redact", "redact_call"]

MASK = "********"
"""What the server itself writes in place of a secret."""

_SECRET = re.compile(
    r"pass(word|phrase|wd)|secret|token|private_?key|api_?key|credential|passkey|bindpw|\bkey\b|otp|rfc_str|authkey|community",
    re.IGNORECASE,
)
# Names that match above but hold identifiers and settings, not secrets.
_HARMLESS = re.compile(
    r"(_id|_enabled|_disabled|_type|_required|_expires\w*|_format|_method|_policy|_age|_history|_length)$"
)


def is_secret_name(name: str) -> bool:
    """Whether a field of this name is to be masked."""
    return bool(_SECRET.search(name)) and not _HARMLESS.search(name)


def redact(value: Any) -> Any:
    """A copy of a JSON value in which every text or number under a secret name is masked."""
    if isinstance(value, dict):
        return {k: _mask(v) if isinstance(k, str) and is_secret_name(k) else redact(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [redact(item) for item in value]
    return value


def _mask(value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, dict):
        return {k: _mask(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_mask(item) for item in value]
    return MASK


def redact_call(method: str, params: list[Any] | tuple[Any, ...]) -> list[Any]:
    """Masked positional arguments of a call. The `auth` service takes bare secrets: all its texts are masked."""
    if method.startswith("auth.") and method not in ("auth.me", "auth.sessions"):
        return [_mask(item) if isinstance(item, str) else redact(item) for item in params]
    return [redact(item) for item in params]
