"""One HTTP request and its answer, streamed both ways, beside the WebSocket.

`http.client` speaks HTTP in a thread of the exchange's own, so a slow disk or server
never stops the event loop and no shared pool runs dry. The loop can stop the
exchange at any moment by shutting its socket down, which wakes the thread.

Invariants: redirects are never followed; memory is one block, whatever the size; an
answer that ends early is an error; no error text holds the request's path, headers
or anything else that could carry a token.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import socket
import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from ..endpoint import Endpoint
from ..exc import CallTimeout, ClientException, ConnectionLost, ConnectTimeout, ProtocolError
from ..trust import tls_failure

__all__ = ["BLOCK", "Answer", "HttpExchange", "Progress", "Ticker"]

BLOCK = 256 * 1024
"""Bytes read or sent at a time."""
TLS_SECONDS = 15.0
STOP_SECONDS = 5.0
"""How long a cancelled exchange may take to notice before its thread is left to itself."""
ERROR_BYTES = 2048
"""How much is read of the body of a refusal."""

T = TypeVar("T")
Progress = Callable[[int, int | None], Any]
"""Called on the event loop with the bytes so far and the total, None while nobody knows it."""


class Ticker:
    """Brings progress from the exchange's thread to a callback on the event loop.

    At most one report is under way: a callback slower than the stream sees the newest
    figure and misses what lay between. What it raises ends the transfer and reaches the caller.
    """

    def __init__(self, callback: Progress | None, failed: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._callback, self._failed = callback, failed
        self._pending = False
        self._told: tuple[int, int | None] | None = None
        self._now: tuple[int, int | None] = (0, None)
        self.error: Exception | None = None

    def at(self, done: int, total: int | None) -> None:
        """The thread's side: so much is through."""
        self._now = (done, total)
        if self._callback is not None and not self._pending:
            self._pending = True
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is there to be told
                self._loop.call_soon_threadsafe(self.tell)

    def tell(self) -> None:
        """The loop's side: report the newest figure, unless it has been."""
        self._pending = False
        if self._callback is None or self._now == self._told or self.error is not None:
            return
        self._told = self._now
        try:
            self._callback(*self._now)
        except Exception as e:  # noqa: BLE001 - raised to the caller by the exchange
            self.error = e
            self._failed()


class _LocalError(Exception):
    """Carries what the caller's own file raised past the errors of the connection."""

    def __init__(self, error: OSError) -> None:
        super().__init__(error)
        self.error = error


@contextlib.contextmanager
def _local() -> Iterator[None]:
    try:
        yield
    except OSError as e:
        raise _LocalError(e) from e


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and its body, which is empty where it was streamed; ``size`` counts what was streamed, in bytes."""

    status: int
    body: bytes
    size: int


class HttpExchange:
    """One request over a connected socket, which it owns from now on.

    Use as ``async with``; on leaving, whatever happened, ``cleanup`` is run in the thread.
    ``silence`` is how many seconds may pass without a byte in either direction, None
    waits forever.
    """

    def __init__(
        self,
        sock: socket.socket,
        endpoint: Endpoint,
        tls: ssl.SSLContext | None,
        progress: Progress | None,
        *,
        silence: float | None,
        cleanup: Callable[[], None] | None = None,
    ) -> None:
        self._sock, self._endpoint, self._tls, self._silence = sock, endpoint, tls, silence
        self._cleanup = cleanup
        # A second handle on the same connection: shutting it down is safe while the thread reads or does TLS.
        self._handle = sock.dup()
        self._pool = ThreadPoolExecutor(1, "truenas_client transfer")
        self._stopped = False
        self.progress = Ticker(progress, self.stop)

    async def __aenter__(self) -> HttpExchange:
        return self

    async def __aexit__(self, *unused: object) -> None:
        self.stop()
        closed = asyncio.get_running_loop().run_in_executor(self._pool, self._close)
        self._pool.shutdown(wait=False)
        await asyncio.wait([closed], timeout=STOP_SECONDS)
        if closed.done() and not closed.cancelled():
            closed.result()

    def stop(self) -> None:
        """End the connection now; the thread notices at its next byte. Twice is fine."""
        self._stopped = True
        with contextlib.suppress(OSError):
            self._handle.shutdown(socket.SHUT_RDWR)
        self._handle.close()

    async def run(self, work: Callable[[], T]) -> T:
        """Run something blocking in the exchange's thread.

        Cancelling stops the exchange, and waits for the thread to notice.
        """
        future = asyncio.get_running_loop().run_in_executor(self._pool, work)
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            # How the thread ends then is no news to anybody.
            future.add_done_callback(lambda done: done.cancelled() or done.exception())
            self.stop()
            await asyncio.wait([future], timeout=STOP_SECONDS)
            raise

    async def get(self, path: str, write: Callable[[bytes], Any]) -> Answer:
        """GET, handing a body of HTTP 200 to ``write`` block by block, in the thread."""
        return await self._perform(lambda connection: self._get(connection, path, write))

    async def post(self, path: str, headers: Mapping[str, str], length: int, blocks: Iterable[bytes]) -> Answer:
        """POST ``length`` bytes, taken block by block in the thread."""
        return await self._perform(lambda connection: self._post(connection, path, headers, length, blocks))

    async def _perform(self, talk: Callable[[http.client.HTTPConnection], Answer]) -> Answer:
        try:
            answer = await self.run(lambda: self._blocking(talk))
        except _LocalError as e:
            raise e.error from None
        except ClientException:
            if self.progress.error is not None:
                raise self.progress.error from None
            raise
        # The thread's last report was queued before its end, so it has been told by now.
        if self.progress.error is not None:
            raise self.progress.error
        return answer

    def _close(self) -> None:
        self._sock.close()
        if self._cleanup is not None:
            self._cleanup()

    # -- in the thread -------------------------------------------------------------------

    def _blocking(self, talk: Callable[[http.client.HTTPConnection], Answer]) -> Answer:
        endpoint = self._endpoint
        host = "localhost" if endpoint.socket else endpoint.host_text
        connection = http.client.HTTPConnection(host, endpoint.port or 80)
        connection.default_port = 80 if self._tls is None else 443
        connection.auto_open = 0
        connection.set_debuglevel(0)  # whatever the process set: it prints the token
        connection.sock = self._sock
        try:
            connection.sock = self._secure()
            return talk(connection)
        except ClientException:
            raise
        # Nothing of these errors is shown but their kind: they quote what was sent and received.
        except TimeoutError:
            raise CallTimeout(f"{endpoint.text}: the transfer stood still for {self._silence:g} s") from None
        except (http.client.IncompleteRead, OSError):
            raise self._lost() from None
        except http.client.HTTPException as e:
            raise ProtocolError(f"{endpoint.text}: the answer is not HTTP ({type(e).__name__})") from None
        finally:
            connection.close()

    def _secure(self) -> socket.socket:
        if self._tls is None:
            self._sock.settimeout(self._silence)
            return self._sock
        self._sock.settimeout(TLS_SECONDS)
        try:
            wrapped = self._tls.wrap_socket(self._sock, server_hostname=self._endpoint.host)
        except TimeoutError:
            raise ConnectTimeout(f"{self._endpoint.text}: no TLS answer in {TLS_SECONDS:g} s", "tls") from None
        except ssl.SSLError as e:
            raise tls_failure(self._endpoint, e, self._tls) from e
        wrapped.settimeout(self._silence)
        return wrapped

    def _get(self, connection: http.client.HTTPConnection, path: str, write: Callable[[bytes], Any]) -> Answer:
        connection.request("GET", path, headers={"Accept-Encoding": "identity"})
        with connection.getresponse() as response:
            if response.status != 200:
                return Answer(response.status, response.read(ERROR_BYTES), 0)
            return Answer(200, b"", self._stream(response, write))

    def _stream(self, response: http.client.HTTPResponse, write: Callable[[bytes], Any]) -> int:
        # Present only where the answer is not chunked; then nobody else notices that some is missing.
        total = response.length
        done = 0
        self.progress.at(done, total)
        while block := response.read1(BLOCK):
            with _local():
                write(block)
            done += len(block)
            self.progress.at(done, total)
        if self._stopped or (total is not None and done < total):
            raise self._lost()
        return done

    def _post(
        self,
        connection: http.client.HTTPConnection,
        path: str,
        headers: Mapping[str, str],
        length: int,
        blocks: Iterable[bytes],
    ) -> Answer:
        connection.putrequest("POST", path, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.putheader("Content-Length", str(length))
        connection.endheaders()
        sent, source = 0, iter(blocks)
        try:
            while True:
                with _local():
                    block = next(source, b"")
                if not block:
                    break
                connection.send(block)
                sent += len(block)
        except ConnectionError:
            # A server that refuses does not read to the end. Its answer may be here already.
            if self._stopped:
                raise
        with connection.getresponse() as response:
            if response.status == 200 and sent < length:
                raise self._lost()
            return Answer(response.status, response.read(ERROR_BYTES), sent)

    def _lost(self) -> ConnectionLost:
        return ConnectionLost(f"{self._endpoint.text}: the connection broke during the transfer", sent=True)
