"""One HTTP request and its answer, streamed both ways, beside the WebSocket.

Each exchange runs `http.client` in a thread of its own, so a slow disk or server never
stops the event loop and never uses up a shared thread pool. The loop can stop the
exchange at any moment: it shuts the socket down, and that wakes the thread.

Invariants: redirects are never followed; memory is one block, whatever the size; an
answer that ends early is an error; no error text contains the request's path, its
headers or anything else that could carry a token.
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
"""How long to wait for the thread of a cancelled exchange. After that it ends on its own."""
ERROR_BYTES = 2048
"""Bytes read of the body of a refusal."""

T = TypeVar("T")
Progress = Callable[[int, int | None], Any]
"""Called on the event loop with the bytes so far and the total, None while that is unknown."""


class Ticker:
    """Carries progress from the exchange's thread to a callback on the event loop.

    At most one report is pending: a callback slower than the stream gets the newest
    figure and misses those before it. An error it raises ends the transfer and reaches the caller.
    """

    def __init__(self, callback: Progress | None, failed: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._callback, self._failed = callback, failed
        self._pending = False
        self._told: tuple[int, int | None] | None = None
        self._now: tuple[int, int | None] = (0, None)
        self.error: Exception | None = None

    def at(self, done: int, total: int | None) -> None:
        """Note the progress. The thread calls this."""
        self._now = (done, total)
        if self._callback is not None and not self._pending:
            self._pending = True
            with contextlib.suppress(RuntimeError):  # the loop is closed, so no callback can run
                self._loop.call_soon_threadsafe(self.tell)

    def tell(self) -> None:
        """Report the newest figure, unless it was reported already. The loop calls this."""
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
    """Wraps an error of the caller's file, so that no handler takes it for an error of the connection."""

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
    """A status and its body, which is empty if it was streamed. ``size`` counts the streamed bytes."""

    status: int
    body: bytes
    size: int


class HttpExchange:
    """One request over a connected socket, which the exchange owns from now on.

    Use it as ``async with``. On leaving, also after an error, ``cleanup`` runs in the thread.
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
        # A second handle on the same connection. The loop may shut it down while the thread reads or does TLS.
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
        """End the connection now; the thread notices at its next byte. A second call does nothing."""
        self._stopped = True
        with contextlib.suppress(OSError):
            self._handle.shutdown(socket.SHUT_RDWR)
        self._handle.close()

    async def run(self, work: Callable[[], T]) -> T:
        """Run a blocking function in the exchange's thread.

        Cancelling stops the exchange and waits for the thread to notice.
        """
        future = asyncio.get_running_loop().run_in_executor(self._pool, work)
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            # Retrieve the thread's error so that asyncio does not log it: the caller was cancelled.
            future.add_done_callback(lambda done: done.cancelled() or done.exception())
            self.stop()
            await asyncio.wait([future], timeout=STOP_SECONDS)
            raise

    async def get(self, path: str, write: Callable[[bytes], Any]) -> Answer:
        """GET. The body of an HTTP 200 goes to ``write`` block by block, in the thread."""
        return await self._perform(lambda connection: self._get(connection, path, write))

    async def post(self, path: str, headers: Mapping[str, str], length: int, blocks: Iterable[bytes]) -> Answer:
        """POST ``length`` bytes, read from ``blocks`` in the thread."""
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
        # The thread queued its last report before it ended, so the callback has run by now.
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
        host = "localhost" if endpoint.socket else endpoint.server_name
        connection = http.client.HTTPConnection(host, endpoint.port or 80)
        connection.default_port = 80 if self._tls is None else 443
        connection.auto_open = 0
        connection.set_debuglevel(0)  # a program may have set it for the process, and it prints the token
        connection.sock = self._sock
        try:
            connection.sock = self._secure()
            return talk(connection)
        except ClientException:
            raise
        # Show only the kind of these errors: their texts quote bytes that were sent or received.
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
            wrapped = self._tls.wrap_socket(self._sock, server_hostname=self._endpoint.server_name)
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
        # Present only when the answer is not chunked. `read1` does not notice then that bytes are missing.
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
            # A server that refuses the upload does not read to its end. Its answer may have come already.
            if self._stopped:
                raise
        with connection.getresponse() as response:
            if response.status == 200 and sent < length:
                raise self._lost()
            return Answer(response.status, response.read(ERROR_BYTES), sent)

    def _lost(self) -> ConnectionLost:
        return ConnectionLost(f"{self._endpoint.text}: the connection broke during the transfer", sent=True)
