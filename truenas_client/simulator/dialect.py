"""The interface of a protocol to the rest of the server: it reads the client's messages and writes the server's."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .errors import CallError
    from .release import Release
    from .session import Session

__all__ = ["BATCH", "NO_ANSWER", "NO_MESSAGE", "SIZE_OF_UPLOADS", "Asked", "Dialect"]

NO_ANSWER: Any = object()
"""The id of a notification, which gets no answer."""

BATCH = "Batch messages are not supported at this time"
NO_MESSAGE = "Invalid Message Format"

SIZE_BEFORE_LOGIN = 8192
SIZE = 65_536
"""Characters of a message (recordings ``message_too_big_unauthenticated`` and ``message_too_big_authenticated``)."""
SIZE_OF_UPLOADS = 2_097_152
BIG_METHODS = frozenset({"filesystem.file_receive"})
"""Methods whose messages may be as long as `SIZE_OF_UPLOADS`."""


@dataclass(slots=True)
class Asked:
    """A call that a client asks for."""

    method: str
    params: list[Any]
    ident: Any
    lost: bool = False
    """A fault decides that the connection ends in place of the answer."""


class Dialect(ABC):
    """One connection's end of a protocol."""

    def __init__(self, facts: Release) -> None:
        self.facts = facts

    @abstractmethod
    def read(self, session: Session, text: str) -> Asked | str | None:
        """Read one message of a client: a call to run, or a text to answer at once."""

    def too_long(self, session: Session, size: int, method: Any = None) -> bool:
        """Close the connection when a message of ``size`` characters is longer than it may be."""
        if session.credential is None and size > SIZE_BEFORE_LOGIN:
            session.channel.close(1007, "Anonymous connection max message length is 8 kB")
        elif size > (SIZE_OF_UPLOADS if method in BIG_METHODS else SIZE):
            session.channel.close(1009, "Max message length is 64 kB")
        else:
            return False
        return True

    @abstractmethod
    def result(self, ident: Any, result: Any) -> str:
        """The answer to a successful call."""

    @abstractmethod
    def failure(self, ident: Any, exception: BaseException, method: str) -> str:
        """The answer to a call that raised."""

    @abstractmethod
    def unknown(self, ident: Any, method: str, error: CallError) -> str:
        """The answer of a call of a method that does not exist; ``error`` says which part of its name is unknown."""

    @abstractmethod
    def too_many(self, ident: Any, text: str) -> str:
        """The answer to a call for which there is no slot."""

    @abstractmethod
    def update(self, body: dict[str, Any]) -> str:
        """The message of an event (`events.Update`)."""

    @abstractmethod
    def ended(self, collection: str, error: dict[str, Any] | None) -> str:
        """The end of the subscriptions of a source."""

    def message_id(self, ident: Any) -> Any:
        """What jobs keep of the id of a call."""
        return ident
