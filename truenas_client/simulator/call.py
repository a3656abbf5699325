"""One call of a method: its permission, its arguments, and its execution.

Every method gets a `Call` as its first argument. A method that runs as a job finds its
`job` there and reports progress through it.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Any

from truenas_client.exc import ErrnoMixin
from truenas_client.methods.filters import InvalidQuery, filter_list

from .accounts import signed_in
from .arguments import bind
from .errors import CallError, MethodNotFoundError, ValidationErrors, not_authorized, refused

if TYPE_CHECKING:
    from .accounts import Account, Credential
    from .clock import Clock
    from .jobs import Job
    from .pipes import Pipe, Spool, Uploads
    from .registry import Method
    from .release import Release
    from .session import Session
    from .state import Nas

__all__ = ["Call"]


class Call:
    """The context of a call. ``session`` is None for calls that the simulated system makes itself."""

    __slots__ = ("credential", "job", "message_id", "method", "nas", "session")

    def __init__(self, nas: Nas, session: Session | None, method: Method, message_id: Any = None) -> None:
        self.nas = nas
        self.session = session
        self.method = method
        self.message_id = message_id
        self.credential: Credential | None = None if session is None else session.credential
        self.job: Job | None = None

    @property
    def account(self) -> Account:
        """The caller's account. Raises `CallError` before login."""
        return signed_in(self.credential)

    @property
    def caller(self) -> Session:
        """The calling session, for methods that only a client can call."""
        assert self.session is not None
        return self.session

    @property
    def clock(self) -> Clock:
        return self.nas.clock

    @property
    def facts(self) -> Release:
        """The protocol facts of this caller's path and release."""
        return self.nas.release if self.session is None else self.session.facts

    async def sleep(self, seconds: float) -> None:
        """Wait simulated seconds."""
        await self.nas.clock.sleep(seconds)

    def progress(self, percent: int | None, description: str | None = None, extra: Any = None) -> None:
        """Report a step of the job this call runs in; nothing when it is no job."""
        if self.job is not None:
            self.nas.jobs.set_progress(self.job, percent, description, extra)

    def log(self, text: str) -> None:
        """Append to the log of the job."""
        if self.job is not None:
            self.job.logs += text

    @property
    def output(self) -> Pipe | Spool:
        """The pipe that a download's job writes to: ``await call.output.write(octets)``. Raises `CallError`."""
        if self.job is None or self.job.output is None:
            raise CallError("This job has nothing to write to: start it with core.download", errno.EINVAL)
        return self.job.output

    @property
    def uploads(self) -> Uploads:
        """The files sent to an upload: ``async for file in call.uploads``, each a `Pipe`. Raises `CallError`."""
        if self.job is None or self.job.uploads is None:
            raise CallError("This job has no files to read: send them to /_upload", errno.EINVAL)
        return self.job.uploads

    @property
    def open_to_all(self) -> bool:
        """Whether the release takes the call without a login."""
        name, release = self.method.name, self.nas.release
        return name in release.open or (self.method.no_auth and name not in release.closed)

    def authorize(self) -> None:
        """Raises `CallError` when the caller has no right to the method, or its API version lacks it."""
        if self.session is not None and not self.method.known_in(self.session.facts):
            service, _, name = self.method.name.rpartition(".")
            raise MethodNotFoundError(name, service)
        if self.open_to_all:
            return
        account = self.account
        if not self.method.no_authz and not account.holds(self.method.roles):
            raise not_authorized()

    def run(self, params: list[Any]) -> Any:
        """Check the arguments and run the method. Return its value, or an awaitable of it for an async method."""
        arguments = bind(self.method.parameters, params)
        if self.method.handler is None:
            return self.nas.registry.unimplemented(self, arguments)
        # A laid catalogue may have fewer arguments than the handler, or more: those are checked and dropped.
        return self.method.handler(self, *arguments[: self.method.arity], *self.method.missing)

    def filter_list(self, rows: list[Any], filters: list[Any], options: dict[str, Any]) -> Any:
        """The answer of a query of this release over ``rows``. Raises `ValidationErrors` and `FilterError`."""
        try:
            return filter_list(rows, filters, options, release=self.nas.release.name)
        except InvalidQuery as e:
            raise refused(e.part, e.reason) from e

    def _shown(self, params: list[Any]) -> list[Any]:
        """The arguments of a job as 26 and 27 tell them.

        Invalid ones are filled up with null to the number of parameters. On an older path,
        where they pass through the models of each version, valid ones have their defaults.
        """
        if not self.nas.release.tells_whole_arguments:
            return params
        try:
            bound = bind(self.method.parameters, params)
        except ValidationErrors:
            return params + [None] * (len(self.method.parameters) - len(params))
        older = self.facts.api_versions != self.nas.release.api_versions
        return bound if older else params

    def start_job(
        self, params: list[Any], *, output: Pipe | Spool | None = None, uploads: Uploads | None = None
    ) -> Job:
        """Queue the method as a job, with its output and uploads. The job checks its arguments itself."""
        job = self.nas.jobs.add(self, params, self._shown(params))
        job.output = job.output or output
        job.uploads = job.uploads or uploads
        return job

    async def call(self, name: str, params: list[Any]) -> Any:
        """Call another method on behalf of the same user, waiting for it also when it is a job."""
        method = self.nas.registry.methods.get(name)
        if method is None:
            raise CallError(f"Method {name} does not exist", ErrnoMixin.ENOMETHOD)
        value = self.inner(method).run(params)
        return await value if method.waits else value

    def inner(self, method: Method, *, authorized: bool = False) -> Call:
        """A call of another method for the same user. Raises `CallError` without the right to it."""
        inner = Call(self.nas, self.session, method)
        inner.credential = self.credential
        if not authorized:
            inner.authorize()
        return inner
