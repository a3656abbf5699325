"""One command on the servers of several profiles: ``--on lab,prod`` or ``--on all``.

Each server has a thread with a client of its own, straight to it or through the agent. The main thread alone talks to
the user: it asks what a thread wants to know, one thing at a time.

Invariants: a failed server stops no other; what may change servers goes out only if they were named and the user
agreed; answers appear in the order in which the servers were named, whichever comes first.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from threading import Thread, current_thread
from typing import Any, NamedTuple

from truenas_client.exc import ClientException, InvalidProfile
from truenas_client.secrets.value import Secret
from truenas_client.storage import Profiles
from truenas_client.sync.client import Client

from .access import logged, secret_before_input, signed_in
from .asking import typed
from .exits import CommandError, ExitStatus
from .failure import told
from .lock import Lock, may_write
from .nearest import advice_if_unlisted
from .output import is_terminal, say, speak_of
from .showing import show

__all__ = ["Fleet", "Work"]

Work = Callable[[Namespace, Client], Any]
"""What a command asks of one server, by the options for it and the signed-in client."""

SAY_AFTER_SECONDS = 3.0
"""After so long the user is told which servers have not answered."""
_OF_A_PROFILE = {
    "uri": "-u",
    "username": "-U",
    "password": "-P",
    "api_key": "-K",
    "profile": "--profile",
    "otp": "--otp",
    "otp_command": "--otp-command",
    "insecure": "--insecure",
    "ca": "--ca",
}
"""Options for which each of several servers has its profile."""


class _Event(NamedTuple):
    """What a thread has for the main thread: its end with an answer or an error, or a question with a way back."""

    name: str
    answer: Any = None
    error: Exception | None = None
    question: Callable[[], Any] | None = None
    back: SimpleQueue[Any] | None = None


class Fleet:
    """The servers that ``--on`` names. Raises `CommandError` for names that are no profiles, before anything is asked.

    ``only_reads`` refuses methods that may change a server.
    """

    def __init__(self, options: Namespace, *, only_reads: bool = False, optional: bool = False) -> None:
        given = [flag for name, flag in _OF_A_PROFILE.items() if getattr(options, name)]
        if given:
            text = f"{', '.join(given)}: with --on each server's profile says that (midclt profile add)"
            raise CommandError(text, ExitStatus.USAGE)
        profiles = Profiles()
        names = list(dict.fromkeys(name.strip() for name in options.on.split(",") if name.strip()))
        self._all = "all" in names
        unknown = [name for name in names if name not in profiles.names and name != "all"]
        if unknown or not names or not profiles.names:
            known = f"the profiles are {', '.join(profiles.names)}" if profiles.names else "there are no profiles yet"
            wrong = f"{', '.join(unknown)} is none, and " if unknown else ""
            raise CommandError(f"--on takes names of profiles: {wrong}{known}", ExitStatus.USAGE)
        self.names: list[str] = list(profiles.names) if self._all else names
        self._options, self._only_reads, self._optional = options, only_reads, optional
        self._queue: SimpleQueue[_Event] = SimpleQueue()
        self._main = current_thread()
        self._secrets: dict[str, Secret | None] | None = None
        self._agreed, self._declined = bool(getattr(options, "yes", False)), False
        self.waiting: list[str] = []
        """The servers that have not answered."""
        self.failures: dict[str, ExitStatus] = {}

    def options_of(self, name: str, *, reads_input: bool = False) -> Namespace:
        """The options for one server. ``reads_input``: a secret may be read from standard input now."""
        own = {"profile": name, "in_main": lambda ask: self._from_main(name, ask), "reads_input": reads_input}
        return Namespace(**{**vars(self._options), **own})

    @property
    def status(self) -> ExitStatus:
        """The exit status: of servers that all failed alike theirs, else that some failed."""
        if len(self.failures) < len(self.names):
            return ExitStatus.SOME_FAILED if self.failures else ExitStatus.OK
        kinds = set(self.failures.values())
        return kinds.pop() if len(kinds) == 1 else ExitStatus.ERROR

    # -- before anything is sent ----------------------------------------------------------

    def read_secrets(self) -> None:
        """Read the secrets that come from standard input, a line for each server that needs one, in their order."""
        if self._secrets is not None:
            return
        secrets = self._secrets = {}

        def read(one: Namespace) -> ExitStatus:
            try:
                secrets[one.profile] = secret_before_input(one)
            except CommandError as e:
                # Where there is no line, the agent may have the sign-in.
                if e.status is not ExitStatus.AUTHENTICATION:
                    raise
            return ExitStatus.OK

        self.each(read, reads_input=True)

    def check(self, method: str, params: Sequence[Any]) -> None:
        """Refuse a method that is known to write, unless all the profiles and the user allow it."""
        from truenas_client.methods.risk import RISK, WRITES, inner_method

        if (inner_method(method, params) or method) not in RISK | WRITES:
            return
        for name in self.names:
            try:
                Lock(self.options_of(name)).check_name(method, params)
            except InvalidProfile:
                continue  # `read_secrets` reports it
        self._agree(method)

    def permit(self, one: Namespace, client: Client, method: str, params: Sequence[Any]) -> None:
        """Refuse a call that may change this server. For a thread, before it sends the call. Raises `CommandError`."""
        lock = Lock(one)
        if lock.locked:
            lock.check(client.call, method, params)
            return
        agreed = self._agreed and not self._all and not self._only_reads
        if agreed or not may_write(client.call, method, params):
            return
        try:
            self._from_main(one.profile, lambda: self._agree(method))
        except CommandError as e:
            hint = advice_if_unlisted(client, method)  # what is in no list counts as a write
            raise CommandError(f"{e}\n{hint}" if hint else str(e), e.status) from None

    def _agree(self, method: str) -> None:
        """Have the user agree that a method may change the servers: once for all of them. Raises `CommandError`."""
        if self._declined:
            raise CommandError(f"{method} was not sent", ExitStatus.ERROR)
        if self._only_reads:
            text = f"{method} may change the server, and midclt compare is for what only reads: it was not sent"
            raise CommandError(text, ExitStatus.USAGE)
        if self._all:
            text = f"{method} may change the servers: name them, as --on all is for calls that only read"
            raise CommandError(text, ExitStatus.USAGE)
        if self._agreed:
            return
        servers = f"{len(self.names)} servers ({', '.join(self.names)})" if len(self.names) > 1 else self.names[0]
        answer = typed(f"{method} may change {servers}. Type yes to send it: ")
        if answer is None:
            raise CommandError(
                f"{method} may change {servers}: --yes sends it, or run this in a terminal", ExitStatus.USAGE
            )
        self._agreed = answer == "yes"
        if not self._agreed:
            self._declined = True
            raise CommandError(f"{method} was not sent", ExitStatus.ERROR)

    # -- asking ---------------------------------------------------------------------------

    def ask(self, work: Work, *, quiet: bool = False) -> dict[str, Any]:
        """The answers by the servers' names. Errors are printed as they come, unless ``quiet``."""
        self.read_secrets()
        answers: dict[str, Any] = {}
        self.waiting = [name for name in self.names if name not in self.failures]
        with logged():
            for name in self.waiting:
                Thread(target=self._work, args=(name, work), daemon=True, name=f"midclt on {name}").start()
            while self.waiting:
                event = self._next()
                if event.back is not None:
                    speak_of(event.name)
                    event.back.put(_outcome(event.question))
                    speak_of("")
                    continue
                self.waiting.remove(event.name)
                if event.error is None:
                    answers[event.name] = event.answer
                else:
                    self._failed(event.name, event.error, quiet=quiet)
        return {name: answers[name] for name in self.names if name in answers}

    def each(self, work: Callable[[Namespace], ExitStatus], *, reads_input: bool = False) -> ExitStatus:
        """Do what needs no connection for one server after the other; the exit status."""
        for name in self.names:
            speak_of(name)
            try:
                if status := work(self.options_of(name, reads_input=reads_input)):
                    self.failures[name] = status
            except (CommandError, ClientException) as e:
                self._failed(name, e)
            finally:
                speak_of("")
        return self.status

    def _next(self) -> _Event:
        from queue import Empty

        if not is_terminal(sys.stderr):
            return self._queue.get()
        try:
            return self._queue.get(timeout=SAY_AFTER_SECONDS)
        except Empty:
            say(f"Waiting for {', '.join(self.waiting)}")
            return self._queue.get()

    def _work(self, name: str, work: Work) -> None:
        speak_of(name)
        one = self.options_of(name)
        try:
            with signed_in(one, (self._secrets or {}).get(name), optional=self._optional) as client:
                event = _Event(name, work(one, client))
        except Exception as e:  # noqa: BLE001 - the main thread reports it
            event = _Event(name, error=e)
        finally:
            speak_of("")
        self._queue.put(event)

    def _from_main(self, name: str, question: Callable[[], Any]) -> Any:
        """What the main thread finds out for this thread. Raises what it raised."""
        if current_thread() is self._main:
            return question()
        back: SimpleQueue[Any] = SimpleQueue()
        self._queue.put(_Event(name, question=question, back=back))
        answer = back.get()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _failed(self, name: str, error: Exception, *, quiet: bool = False) -> None:
        speak_of(name)
        try:
            status = told(error, self.options_of(name), quiet=quiet)
        finally:
            speak_of("")
        if status is None:
            raise error
        self.failures[name] = status

    def show(self, answers: dict[str, Any], columns: Sequence[str] | None = None, *, method: str = "") -> None:
        """Print the answers together."""
        rows = [row for name, answer in answers.items() for row in _rows(name, answer)]
        if answers and not rows and is_terminal(sys.stdout):
            say("Nothing found.")
        elif answers:
            show(rows, self._options, columns, method=method, keys=("nas",))


def _outcome(question: Callable[[], Any] | None) -> Any:
    assert question is not None
    try:
        return question()
    except (CommandError, ClientException) as e:
        return e


def _rows(name: str, answer: Any) -> list[dict[str, Any]]:
    """The items of an answer, each with the server's name. What is no object, or has a member ``nas``, is a value."""
    items = answer if isinstance(answer, list) else [answer]
    return [
        {"nas": name, **item} if isinstance(item, dict) and "nas" not in item else {"nas": name, "value": item}
        for item in items
    ]
