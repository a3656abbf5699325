"""A client of this machine, served over a WebSocket as the server would serve it, by calls of the session.

The client keeps its own ids, so that the server's job events name its calls. Its subscriptions are those of the
session's client, which asks the server once for each name.

Invariants: a client signs neither in nor out here; when the session's connection ends, so does the tunnel, with the
code and the reason that the server gave; a client that reads slowly loses events, as it would with a connection of its
own, and makes the agent hold no more than the queue of each subscription.
"""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from typing import Any

from truenas_client import AsyncClient, ejson
from truenas_client.aio.events import AsyncSubscription, Event
from truenas_client.exc import ClientException, ConnectionLost, SubscriptionEnded
from truenas_client.light_websocket_server import InvalidState, Request, ServerProtocol
from truenas_client.light_websockets import Frame, Opcode

from .faults import as_jsonrpc
from .session import Session
from .wire import LONGEST_LINE, is_of_the_connection

__all__ = ["Tunnel"]

_ID = re.compile(r"[0-9A-Za-z-]{1,64}")
_REFUSED = "The agent keeps the sign-in: call this without it (--agent never)"


class Tunnel:
    """One client."""

    def __init__(
        self, session: Session, client: AsyncClient, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._session, self._client = session, client
        self._reader, self._writer = reader, writer
        self._protocol = ServerProtocol(max_size=LONGEST_LINE)
        self._tasks: set[asyncio.Task[None]] = set()
        self._subscriptions: dict[str, AsyncSubscription] = {}

    async def run(self) -> None:
        """Serve the client until it or the session ends."""
        lost = asyncio.create_task(self._end_with_session())
        try:
            with self._session.used_by_one():
                while not self._protocol.close_expected():
                    data = await self._reader.read(65_536)
                    if data:
                        self._protocol.receive_data(data)
                    else:
                        self._protocol.receive_eof()
                    for event in self._protocol.events_received():
                        self._take(event)
                    await self._flush()
                    if not data:
                        return
        except ConnectionError:
            return  # the client is gone
        finally:
            for task in (lost, *self._tasks):
                task.cancel()
            await asyncio.gather(lost, *self._tasks, return_exceptions=True)
            for subscription in self._subscriptions.values():
                await subscription.close()

    async def _end_with_session(self) -> None:
        error = await self._client.wait_closed()
        code = error.code if isinstance(error, ConnectionLost) else None
        if code is None or not (1000 <= code <= 1003 or 1007 <= code <= 1014 or 3000 <= code < 5000):
            self._writer.transport.abort()
            return
        assert isinstance(error, ConnectionLost)
        with suppress(InvalidState, ConnectionError):
            self._protocol.send_close(code, error.reason)
            await self._flush()

    def _take(self, event: object) -> None:
        if isinstance(event, Request):
            self._protocol.send_response(self._protocol.accept(event))
        elif isinstance(event, Frame) and event.opcode is Opcode.TEXT and event.fin:
            task = asyncio.create_task(self._answer(bytes(event.data)))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        elif isinstance(event, Frame) and event.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            self._protocol.send_close(1003, "no whole text")  # this program's own client sends nothing else

    # -- calls ---------------------------------------------------------------------------

    async def _answer(self, text: bytes) -> None:
        try:
            frame = ejson.loads(text.decode())
            message_id, method, params = frame["id"], frame["method"], frame.get("params", [])
            if not (isinstance(message_id, str) and _ID.fullmatch(message_id) and isinstance(method, str)):
                raise TypeError
        except (ValueError, TypeError, KeyError, AttributeError):
            self._writer.transport.abort()
            return
        try:
            reply = {"result": await self._call(message_id, method, params)}
        except ConnectionLost:
            return  # the tunnel ends, which tells it
        except ClientException as e:
            reply = {"error": as_jsonrpc(e)}
        await self._send({"jsonrpc": "2.0", "id": message_id, **reply})

    async def _call(self, message_id: str, method: str, params: list[Any]) -> Any:
        match method:
            case "core.set_options":
                # 25.04 answers null, and so tells that its jobs are of the old style.
                return {"legacy_jobs": False, "private_methods": False} if self._client.new_style_jobs else None
            case "core.subscribe":
                return await self._subscribe(message_id, str(params[0]))
            case "core.unsubscribe":
                subscription = self._subscriptions.pop(str(params[0]), None)
                if subscription is not None:
                    await subscription.close()
                return None
        if is_of_the_connection(method):
            raise ClientException(_REFUSED)
        with self._session.calling():
            return await self._client.relay(method, params, message_id)

    # -- events --------------------------------------------------------------------------

    async def _subscribe(self, handle: str, name: str) -> str:
        subscription = self._client.subscribe(name)
        await subscription.open()
        self._subscriptions[handle] = subscription
        task = asyncio.create_task(self._forward(handle, subscription))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return handle

    async def _forward(self, handle: str, subscription: AsyncSubscription) -> None:
        error: dict[str, Any] | None = None
        try:
            async for item in subscription:
                if isinstance(item, Event):
                    given = {"id": item.id, "fields": item.fields, "extra": item.extra}
                    members = {name: value for name, value in given.items() if value is not None}
                    await self._tell("collection_update", msg=item.kind, collection=item.name, **members)
        except ConnectionLost:
            return  # the tunnel ends, which tells it
        except SubscriptionEnded as e:
            cause = e.__cause__ if isinstance(e.__cause__, ClientException) else e
            error = as_jsonrpc(cause)["data"]
        if self._subscriptions.pop(handle, None) is not None:
            await self._tell("notify_unsubscribed", collection=subscription.name, error=error)

    async def _tell(self, method: str, **params: Any) -> None:
        await self._send({"jsonrpc": "2.0", "method": method, "params": params})

    # -- sending -------------------------------------------------------------------------

    async def _send(self, message: dict[str, Any]) -> None:
        with suppress(InvalidState, ConnectionError):
            self._protocol.send_text(ejson.dumps(message).encode("utf-8", "surrogatepass"))
            await self._flush()

    async def _flush(self) -> None:
        data = b"".join(self._protocol.data_to_send())
        if data:
            self._writer.write(data)
        await self._writer.drain()
