"""The board of a session: what the dashboard reads, and the measurements and alerts that the server sends by itself.

``reporting.realtime`` is subscribed while the dashboard is on screen, on whatever client there is then; where the user
may not have it, `Board.measures` says why, and the load average of ``system.info`` has to do.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Coroutine, Iterable
from functools import partial
from typing import Any

from truenas_client import Gap, exc
from tui.model import dashboard as model
from tui.model.failure import Failure, explain
from tui.model.realtime import Sample, sample_of
from tui.session.readings import LEAST_SECONDS, REFUSALS, Readings, Source
from tui.session.session import Session

__all__ = ["REALTIME", "SOURCES", "Board"]

REALTIME = 'reporting.realtime:{"interval": 2}'
"""Two seconds are the least that a server takes."""
MEASURING, HEARING = "measuring", "hearing"
"""The tasks besides the reading of sources."""
MOST_SAMPLES = 240
SLOW = 60.0
"""Seconds between readings of what seldom changes, or costs the server much work."""
ANY = "READONLY_ADMIN"

LARGEST = {
    "extra": {"properties": ["used", "available"]},
    "select": ["id", "used", "available"],
    "order_by": ["-used.parsed"],
    "limit": 30,
}

SOURCES = (
    Source("system", "system.info", model.system_of, every=SLOW, roles=(ANY,)),
    Source("pools", "pool.query", model.pools_of, roles=("POOL_READ", ANY)),
    Source("alerts", "alert.list", model.alerts_of, roles=("ALERT_LIST_READ", ANY)),
    Source("datasets", "pool.dataset.query", model.datasets_of, ([], LARGEST), every=SLOW, roles=("DATASET_READ", ANY)),
    Source("network", "interface.query", model.links_of, every=SLOW, roles=("NETWORK_INTERFACE_READ", ANY)),
    Source("disks", "disk.query", model.disks_of, every=SLOW, roles=("DISK_READ", ANY)),
    Source("temperatures", "disk.temperatures", model.temperatures_of, every=SLOW, roles=("REPORTING_READ", ANY)),
)


class Board(Readings):
    """`samples` are the newest measurements, oldest first; ``measures`` why there are none, None while there may be."""

    def __init__(self, session: Session, **options: Any) -> None:
        super().__init__(session, SOURCES, **options)
        self.samples: deque[Sample] = deque(maxlen=MOST_SAMPLES)
        self.measured = 0
        """How many there were so far."""
        self.measures: Failure | None = None

    def _names(self) -> Iterable[str]:
        return *super()._names(), MEASURING, HEARING

    def _work(self, name: str) -> Coroutine[Any, Any, None]:
        return {MEASURING: self._measure, HEARING: self._hear}.get(name, partial(super()._work, name))()

    async def _measure(self) -> None:
        while True:
            await self._online()
            try:
                await self._receive()
                self._tell(Failure("Ended", "The server ended reporting.realtime."))
            except exc.ConnectionLost:
                self._tell(None)
            except exc.ClientException as error:
                self._tell(explain(error, method="reporting.realtime", roles=("REPORTING_READ", ANY)))
                if isinstance(error, REFUSALS):
                    self._given_up.add(MEASURING)
                    return
            await self._pause(LEAST_SECONDS)

    async def _receive(self) -> None:
        client = self._session.life.online_client()
        async with client.subscribe(REALTIME) as events:
            self._tell(None)
            if self.samples:
                self.samples.append(Sample())  # a hole in the plots: nothing was measured meanwhile
            async for event in events:
                self.samples.append(Sample() if isinstance(event, Gap) else sample_of(event.fields))
                self.measured += 1

    async def _hear(self) -> None:
        """Reads the alerts when the server tells that they changed, so that a new one does not wait for its turn."""
        while True:
            await self._online()
            try:
                async with self._session.life.online_client().subscribe("alert.list", queue=1) as events:
                    async for _ in events:
                        self.refresh("alerts")
                        await self._pause(1.0)  # however many there are
            except REFUSALS:
                self._given_up.add(HEARING)  # they are read in turn, or refused there
                return
            except exc.ClientException:
                pass  # lost, which is told elsewhere
            await self._pause(LEAST_SECONDS)

    def _tell(self, failure: Failure | None) -> None:
        self.version += failure != self.measures
        self.measures = failure
