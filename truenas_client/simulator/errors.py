"""The errors that methods of the simulator raise, in the server's own terms.

`CallError` is a call that failed, `ValidationErrors` a list of wrong fields,
`ValidationError` a single one raised by itself, `InstanceNotFound` an id that
does not exist, `MatchNotFound` a query with ``get`` that matched nothing.
Anything else that escapes a method is an unexpected exception and is answered
as the server answers one. How they look on the wire is decided in `encoding` and the dialects.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from typing import Any, TypeVar

from truenas_client.exc import ErrnoMixin
from truenas_client.methods.filters import MatchNotFound

__all__ = [
    "CallError",
    "InstanceNotFound",
    "MatchNotFound",
    "MethodNotFoundError",
    "ValidationError",
    "ValidationErrors",
    "errname",
    "found",
    "not_authorized",
    "refused",
]

Row = list[Any]
Found = TypeVar("Found")


def errname(code: int) -> str:
    """The name the server gives an error number; ``EUNKNOWN`` for one without a name."""
    return ErrnoMixin._get_errname(code) or "EUNKNOWN"


class CallError(Exception):
    """A call failed for a reason the method knows; ``extra`` is anything that can be sent."""

    def __init__(self, errmsg: str, errno: int = errno.EFAULT, extra: Any = None) -> None:
        super().__init__(errmsg, errno, extra)
        self.errmsg = errmsg
        self.errno = errno
        self.extra = extra

    def __str__(self) -> str:
        return f"[{errname(self.errno)}] {self.errmsg}"


class MethodNotFoundError(CallError):
    """The server knows the method, the API version of this path does not."""

    def __init__(self, method: str, service: str) -> None:
        super().__init__(f"Method {method!r} not found in {service!r}", ErrnoMixin.ENOMETHOD)
        self.args = (method, service)


class ValidationError(Exception):
    """One wrong field; ``attribute`` is dotted and starts with the parameter's name."""

    def __init__(self, attribute: str | None, errmsg: str, errno: int = errno.EINVAL) -> None:
        super().__init__(attribute, errmsg, errno)
        self.attribute = attribute
        self.errmsg = errmsg
        self.errno = errno

    @property
    def rows(self) -> list[Row]:
        return [[self.attribute, self.errmsg, self.errno]]

    def __str__(self) -> str:
        return f"[{errname(self.errno)}] {self.attribute}: {self.errmsg}"


class InstanceNotFound(ValidationError):
    """There is nothing with that id."""

    def __init__(self, errmsg: str) -> None:
        super().__init__(None, errmsg, errno.ENOENT)
        self.args = (errmsg,)


class ValidationErrors(Exception):
    """Several wrong fields. Collect with `add`, then `check` raises when there are any."""

    def __init__(self, errors: list[ValidationError] | None = None) -> None:
        self.errors = errors if errors is not None else []
        super().__init__(self.errors)

    def add(self, attribute: str, errmsg: str, errno: int = errno.EINVAL) -> None:
        self.errors.append(ValidationError(attribute, errmsg, errno))

    def check(self) -> None:
        if self.errors:
            raise self

    @property
    def rows(self) -> list[Row]:
        return [row for error in self.errors for row in error.rows]

    def __iter__(self) -> Iterator[ValidationError]:
        return iter(self.errors)

    def __bool__(self) -> bool:
        return bool(self.errors)

    def __str__(self) -> str:
        return "".join(f"{error}\n" for error in self.errors)


def found(value: Found | None, what: str) -> Found:
    """What was looked for. Raises `InstanceNotFound` when that is None; ``what`` names it."""
    if value is None:
        raise InstanceNotFound(f"{what} does not exist")
    return value


def refused(attribute: str, errmsg: str, errno: int = errno.EINVAL) -> ValidationErrors:
    """The errors of a call with one wrong field."""
    return ValidationErrors([ValidationError(attribute, errmsg, errno)])


def not_authorized() -> CallError:
    """The error of an account for a method or event that it has no right to."""
    return CallError("Not authorized", errno.EACCES)
