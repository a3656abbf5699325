"""Answers of the server that a command takes apart. Invariant: one of another shape is an error with its method."""

from __future__ import annotations

from typing import Any

from truenas_client.exc import ProtocolError
from truenas_client.sync.client import Client

__all__ = ["object_of", "rows_of"]


def rows_of(client: Client, method: str, *params: Any) -> list[dict[str, Any]]:
    """The rows that a method answers. Raises `ProtocolError`."""
    answer = client.call(method, *params)
    if not isinstance(answer, list) or not all(isinstance(row, dict) for row in answer):
        raise ProtocolError(f"{method}: the server's answer is no list of objects")
    return answer


def object_of(client: Client, method: str, *params: Any, needed: tuple[str, ...] = ()) -> dict[str, Any]:
    """The object that a method answers, with the ``needed`` members. Raises `ProtocolError`."""
    answer = client.call(method, *params)
    if not isinstance(answer, dict) or not answer.keys() >= {*needed}:
        raise ProtocolError(f"{method}: the server's answer is no object{f' with {needed[0]}' if needed else ''}")
    return answer
