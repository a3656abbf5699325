"""A simulator in a thread of its own, for scripts and tests that run no event loop.

::

    with ThreadedSimulator(speed=100) as nas:
        subprocess.run(["midclt", "--uri", nas.url, ...])

Invariant: only its own thread touches the simulator. A call here waits until it is done
there, and raises the same error.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import inspect
import threading
from collections.abc import Callable
from typing import Any, Self, TypeVar

from .simulator import Simulator

__all__ = ["ThreadedSimulator"]

Result = TypeVar("Result")


class ThreadedSimulator:
    """A `Simulator`, made with the same arguments, that serves in another thread between entering and leaving."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self.nas = Simulator(*args, **options)
        """The simulator itself. Any thread may add methods, events, accounts and faults; the rest is for `run`."""
        self.faults = self.nas.faults
        self.faults.run = self.run
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._started: concurrent.futures.Future[None] = concurrent.futures.Future()
        self._thread = threading.Thread(target=self._serve, name="simulated NAS", daemon=True)

    # --- life ----------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start serving. Raises ValueError or OSError for an address that can't be used."""
        self._thread.start()
        self._started.result()

    def stop(self) -> None:
        """Close everything; twice is fine."""
        if self._loop is not None and self._stop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _serve(self) -> None:
        asyncio.run(self._run())

    async def _run(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        try:
            await self.nas.start()
        except BaseException as e:  # noqa: BLE001 - it is raised where it was started
            self._started.set_exception(e)
            return
        self._started.set_result(None)
        try:
            await self._stop.wait()
        finally:
            await self.nas.stop()

    # --- what is known of it -------------------------------------------------------------------

    @property
    def url(self) -> str:
        """Address for clients; of the old protocol on a release that has no other."""
        return str(self.nas.info()["ws"])

    @property
    def secure_url(self) -> str | None:
        """Address over TLS; None without TLS."""
        return self.nas.secure_url

    @property
    def users(self) -> dict[str, dict[str, Any]]:
        """Accounts by name: password, otp, roles."""
        return self.nas.users

    @property
    def api_keys(self) -> dict[str, str]:
        """The text of the API keys by their names."""
        keys: dict[str, str] = self.nas.info()["api_keys"]
        return keys

    # --- working on it -------------------------------------------------------------------------

    def run(self, work: Callable[[], Result]) -> Result:
        """Call ``work`` in the thread of the simulator, await its answer, and return the result.

        From that thread itself it is called directly.
        """
        if self._loop is None or threading.current_thread() is self._thread:
            return work()

        async def working() -> Any:
            result = work()
            return await result if inspect.isawaitable(result) else result

        answer: Result = asyncio.run_coroutine_threadsafe(working(), self._loop).result()
        return answer

    def restart(self) -> None:
        """As after a boot: connections drop, jobs are forgotten and count from 1, the boot id is new."""
        self.run(self.nas.restart)

    def drop_connections(self) -> None:
        """End TCP of every connection at once."""
        self.run(self.nas.drop_connections)

    def send_event(self, name: str, kind: str, **members: Any) -> None:
        """Send an event (``ADDED``, ``CHANGED``, ``REMOVED``) to every session that subscribed to it."""
        self.run(lambda: self.nas.send_event(name, kind, **members))

    def advance(self, seconds: float) -> None:
        """Move the simulated clock forward."""
        self.run(lambda: self.nas.clock.advance(seconds))
