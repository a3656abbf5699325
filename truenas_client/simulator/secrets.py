"""Mask secrets in the arguments and results that jobs show.

The server marks no member of a schema as secret, so it goes by the names of members.
"""

from __future__ import annotations

from typing import Any

__all__ = ["MASK", "masked"]

MASK = "********"

_NAMES = frozenset(
    {"api_key", "bindpw", "key", "passphrase", "passwd", "password", "privatekey", "secret", "secret_key", "token"}
)
_ENDINGS = ("_password", "_passphrase", "_secret", "_token", "password2")


def masked(value: Any) -> Any:
    """A copy of a JSON value with the text of secret members replaced by asterisks."""
    if isinstance(value, dict):
        return {name: MASK if _secret(name, member) else masked(member) for name, member in value.items()}
    if isinstance(value, list):
        return [masked(member) for member in value]
    return value


def _secret(name: Any, member: Any) -> bool:
    return isinstance(member, str) and isinstance(name, str) and (name in _NAMES or name.endswith(_ENDINGS))
