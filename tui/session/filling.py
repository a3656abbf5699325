"""Putting in what ``${env:NAME}`` and ``${secret:NAME}`` stand for, at the moment of sending and nowhere else.

A call keeps its arguments as they were written: that is what history, review, repeat
and copying see. What was put in is remembered only to be masked when the server says
it back: in errors, and in the arguments it shows of a job. Very short texts are masked
only where they are the whole of a text, because they may mean anything elsewhere.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from truenas_client import exc
from truenas_client.methods.catalogue import Method
from truenas_client.secrets.placeholders import Placeholder, Unfilled, fill, find
from truenas_client.secrets.redact import MASK, holds_mask
from truenas_client.secrets.value import Secret
from truenas_client.storage import named_secrets
from tui import guest
from tui.model.failure import Failure, FieldProblem

__all__ = ["LeftOut", "NotFilled", "NotSent", "PutIn", "fill_arguments", "named", "unknown"]

_TELLING = 6
"""Characters from which on a text is masked also inside others."""


class NotSent(exc.ClientException):
    """The call was not sent: a placeholder cannot be replaced, or the user has not seen what would be sent."""

    def failure(self, method: Method | None) -> Failure:
        """For the result pane."""
        return Failure("Not sent", str(self))


class LeftOut(NotSent):
    """A mask is in the place of a secret: in a draft of an earlier start, or in a result of the server."""


class NotFilled(NotSent):
    """A placeholder has no value."""

    def __init__(self, unfilled: Iterable[Unfilled]) -> None:
        self.unfilled = tuple(unfilled)
        super().__init__("\n".join(f"{one.placeholder}: {one.message}" for one in self.unfilled))

    def failure(self, method: Method | None) -> Failure:
        """With a row for each place in the arguments."""
        names = [param.name for param in method.params] if method is not None else []
        rows = []
        for one in self.unfilled:
            index, *rest = one.path
            first = names[index] if isinstance(index, int) and index < len(names) else str(index)
            rows.append(FieldProblem(".".join([first, *map(str, rest)]), one.message))
        return Failure("Not sent", "A placeholder in the arguments cannot be filled in.", "", tuple(rows))


class PutIn:
    """The secrets that were filled in so far in one session, to be masked where they come back."""

    def __init__(self) -> None:
        self._secrets: list[Secret] = []

    def add(self, secrets: Iterable[Secret]) -> None:
        """Remember texts that are about to be sent."""
        self._secrets += [secret for secret in secrets if secret and secret not in self._secrets]

    def masked(self, value: Any) -> Any:
        """A JSON value without them; the same object where there is nothing to mask."""
        if not self._secrets:
            return value
        if isinstance(value, str):
            return self.masked_text(value)
        if isinstance(value, Mapping):
            return {key: self.masked(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.masked(item) for item in value]
        if isinstance(value, (set, frozenset)):
            return {self.masked(item) for item in value}
        return value

    def masked_text(self, text: str) -> str:
        """A text without them."""
        known = [secret.reveal() for secret in self._secrets]
        if text in known:
            return MASK
        # Longest first, so that one inside another leaves nothing behind.
        for secret in sorted((one for one in known if len(one) >= _TELLING), key=len, reverse=True):
            text = text.replace(secret, MASK)
        return text

    def masked_failure(self, failure: Failure) -> Failure:
        """The error, without the secrets in it."""
        if not self._secrets:
            return failure
        return replace(
            failure,
            title=self.masked_text(failure.title),
            reason=self.masked_text(failure.reason),
            rows=tuple(FieldProblem(row.attribute, self.masked_text(row.message)) for row in failure.rows),
            trace=self.masked_text(failure.trace),
        )


def named() -> list[Placeholder]:
    """The placeholders with a value on this machine."""
    return [] if guest.is_guest() else named_secrets.named()


def unknown(placeholder: Placeholder) -> str | None:
    """The problem with a placeholder that shows without looking its value up."""
    return _refused(placeholder) or named_secrets.unknown(placeholder)


def _refused(placeholder: Placeholder) -> str:
    """Why the value is not for a guest; "" where it may be had."""
    return guest.refusal("A value that is kept here") if guest.is_guest() and placeholder.kind != "var" else ""


async def fill_arguments(params: list[Any], put_in: PutIn, answers: Mapping[str, Secret] | None = None) -> list[Any]:
    """The arguments to be sent; ``answers`` are the secrets that the user gave for variables.

    Raises `NotFilled`, and `LeftOut` where a mask stands for a secret. Secrets are fetched in a thread: a password
    program may take its time. Cancelling does not stop that program, but nothing is sent.
    """
    if holds_mask(params):
        raise LeftOut("A secret was left out where ******** stands. Type it, or name it: ${env:NAME}.")
    given = answers or {}

    def lookup(one: Placeholder) -> Secret | str:
        if one.kind == "var" and one.name in given:
            return given[one.name]
        return _refused(one) or named_secrets.look_up(one)

    if next(find(params), None) is None:
        # Only dollars that were doubled are left to be undone.
        filled = fill(params, lambda _: "")
    else:
        filled = await asyncio.to_thread(fill, params, lookup)
    if filled.unfilled:
        raise NotFilled(filled.unfilled)
    put_in.add(filled.secrets)
    value: list[Any] = filled.value
    return value
