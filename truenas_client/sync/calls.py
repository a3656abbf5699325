"""A call that was made in the background, as its caller sees it."""

from __future__ import annotations

from threading import Event, Lock
from typing import TYPE_CHECKING, Any

from ..engine.ledger import Call as EngineCall
from ..exc import ClientException, ValidationErrors
from .waiting import new_waiter, wait_on

if TYPE_CHECKING:
    from .jobs import Job

__all__ = ["Call"]


class Call:
    """A call made with ``background=True``. ``returned`` is set when its answer has come; `Client.wait` returns it."""

    __slots__ = ("__weakref__", "_call", "_event", "_is_back", "_job", "_params", "_waiter", "method")

    def __init__(self, method: str, params: tuple[Any, ...]) -> None:
        self.method, self._params = method, params
        self._job: Job | None = None
        self._call: EngineCall | None = None
        # An Event is made when a script looks at it: it costs more than all the rest of a call.
        self._event: Event | None = None
        self._is_back, self._waiter = False, new_waiter()

    @property
    def id(self) -> str:
        """The message id."""
        return self._job._record.message_id if self._job is not None else self._settled.id

    @property
    def params(self) -> list[Any]:
        """The arguments."""
        return list(self._params)

    @property
    def returned(self) -> Event:
        """Set when the answer has come."""
        if self._job is not None:
            return self._job._bound
        with _making_events:
            if self._event is None:
                self._event = Event()
            if self._is_back:  # also where it came back while the event was made
                self._event.set()
            return self._event

    @property
    def result(self) -> Any:
        """The answer, None before it has come; the number of a job."""
        return self._job.job_id if self._job is not None else self._settled.result

    @property
    def error(self) -> ClientException | None:
        """The error that the call failed with."""
        if self._job is not None:
            outcome = self._job._record.outcome
            return outcome.error if outcome is not None and self._job.job_id is None else None
        return self._settled.error

    @property
    def errno(self) -> int | None:
        """The error's number, None without an error. Like the next three, a member of the old protocol's calls."""
        return self.error.errno if self.error is not None else None

    @property
    def trace(self) -> Any:
        """The server's trace of the failure."""
        return self.error.trace if self.error is not None else None

    @property
    def type(self) -> str | None:
        """VALIDATION when the server refused the arguments."""
        return "VALIDATION" if isinstance(self.error, ValidationErrors) else None

    @property
    def extra(self) -> Any:
        """The data that the server attached: for refused arguments a row for each."""
        return self.error.errors if isinstance(self.error, ValidationErrors) else self.error and self.error.extra

    @property
    def py_exception(self) -> Any:
        """The server's own exception, pickled, when the client asked for those."""
        return self.error.py_exception if self.error is not None else None

    @property
    def _settled(self) -> EngineCall:
        assert self._call is not None
        return self._call

    def _wake(self) -> None:
        """Take in that the answer has come. The reader calls this."""
        self._is_back = True
        self._waiter.release()
        if self._event is not None:
            self._event.set()

    def _wait(self, seconds: float | None) -> bool:
        if not self._is_back:
            if not wait_on(self._waiter, seconds):
                return False
            self._waiter.release()  # for others that wait for the same call
        return True

    def __repr__(self) -> str:
        return f"<Call {self.method} {'returned' if self._is_back else 'under way'}>"


_making_events = Lock()
