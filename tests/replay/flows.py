"""Recorded conversations: reading them, and a server that plays their server side.

The server matches a client frame by method and params (``login_options`` aside)
with the recorded frames of the same connection, in order; it maps message ids
both ways, keeps the order of each connection, and ignores times. What a client
need not send in the recorded way it answers by itself (`_OWN`); recorded frames
that never come are skipped, their answers with them. Both protocols are played;
`asked` and `answered` are all that knows them apart.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from websockets.asyncio.server import Server, ServerConnection, serve, unix_serve
from websockets.exceptions import ConnectionClosed

from tests.facts import require_facts


@dataclass(frozen=True, slots=True)
class Flow:
    """One recorded file: its header and, by connection number, its lines in order."""

    name: str
    header: dict[str, Any]
    connections: dict[int, list[dict[str, Any]]]

    @property
    def frames(self) -> Iterator[tuple[int, dict[str, Any]]]:
        for connection, lines in self.connections.items():
            for line in lines:
                if line["dir"] == "c2s" and isinstance(line.get("frame"), dict):
                    yield connection, line["frame"]


def read_flow(name: str) -> Flow:
    lines = [json.loads(line) for line in (require_facts() / "wire" / f"{name}.jsonl").read_text().splitlines()]
    connections: dict[int, list[dict[str, Any]]] = {}
    for line in lines[1:]:
        connections.setdefault(line.get("conn", 1), []).append(line)
    return Flow(name, lines[0]["header"], connections)


Request = tuple[str, Any]
"""What a client frame asks for, in the words of JSON-RPC: a method and its arguments."""

NOTHING = object()
"""Stands for the id of a frame that answers nothing."""

_OWN = ("core.set_options", "auth.mechanism_choices", "core.ping")
_OPTIONAL = ("core.set_options", "auth.mechanism_choices", "core.subscribe")
_EVENTS = ("added", "changed", "removed", "nosub")


def asked(frame: Any) -> Request | None:
    """What a client frame of either protocol asks for; None for what no client of ours sends."""
    if not isinstance(frame, dict):
        return None
    kind = frame.get("msg", "method")
    if kind == "method" and isinstance(frame.get("method"), str) and isinstance(frame.get("params", []), list):
        return frame["method"], frame.get("params") or []
    if kind == "connect":
        return "connect", []
    if kind == "sub":
        return "core.subscribe", [frame["name"]]
    if kind == "unsub":
        return "core.unsubscribe", [frame["id"]]
    return None


def answered(frame: Any) -> Any:
    """The id of the request that a server frame answers, or `NOTHING`. The greeting's is None."""
    if not isinstance(frame, dict):
        return NOTHING
    kind = frame.get("msg")
    if kind == "ready":
        return frame["subs"][0]
    if kind in ("connected", "failed"):
        return None
    if kind is None:
        return NOTHING if "method" in frame else frame.get("id")
    return frame.get("id") if kind == "result" else NOTHING


def told(frame: Any) -> bool:
    """Whether a server frame is of the server's own accord."""
    return isinstance(frame, dict) and ("method" in frame if "msg" not in frame else frame["msg"] in _EVENTS)


def _is_own(method: str, params: list[Any]) -> bool:
    """Whether the server answers this by itself when nothing is recorded for it."""
    return method in _OWN or (method == "core.subscribe" and params == ["core.get_jobs"])


def _is_optional(call: Request) -> bool:
    """Whether a client may leave this out: to wait for it would be to wait for ever."""
    return call[0] in _OPTIONAL and _is_own(*call)


def _comparable(frame: dict[str, Any]) -> Request | None:
    request = asked(frame)
    if request is None:
        return None
    method, params = request
    return method, [
        {k: v for k, v in item.items() if k != "login_options"} if isinstance(item, dict) else item for item in params
    ]


@dataclass
class Player:
    """Plays the server side of one recorded connection."""

    lines: list[dict[str, Any]]
    ids: dict[Any, Any] = field(default_factory=dict)
    position: int = 0
    passed: list[int] = field(default_factory=list)
    unexpected: list[dict[str, Any]] = field(default_factory=list)

    def take(self, frame: dict[str, Any]) -> list[dict[str, Any]]:
        """The lines to send for a client frame."""
        index = self._match(frame)
        if index is None:
            return [self._own_answer(frame)]
        recorded = self.lines[index]["frame"]
        self.ids[recorded.get("id")] = frame.get("id")
        if index < self.position:
            self.passed.remove(index)
            return [
                line
                for line in self.lines
                if line["dir"] == "s2c" and answered(line.get("frame")) == recorded.get("id")
            ]
        out = []
        for i in range(self.position, index):
            line = self.lines[i]
            if _is_client_frame(line):
                self.passed.append(i)
            elif self._may_send(line):
                out.append(line)
        self.position = index + 1
        return [*out, *self.follow()]

    def follow(self) -> list[dict[str, Any]]:
        """The server's lines up to the next client frame that has to come first."""
        out = []
        while self.position < len(self.lines):
            line = self.lines[self.position]
            if line["dir"] == "c2s" and isinstance(line.get("frame"), dict):
                request = _comparable(line["frame"])
                if request is not None and not _is_optional(request):
                    break
                self.passed.append(self.position)
            elif line["dir"] == "c2s" and ("close" in line or "tcp" in line):
                break
            elif self._may_send(line):
                out.append(line)
            self.position += 1
        return out

    def _may_send(self, line: dict[str, Any]) -> bool:
        if line["dir"] != "s2c":
            return False
        frame = line.get("frame")
        if not isinstance(frame, dict):
            return "close" in line or "tcp" in line
        return told(frame) or answered(frame) in self.ids

    def _match(self, frame: dict[str, Any]) -> int | None:
        wanted = _comparable(frame)
        if wanted is None:
            return None
        ahead = list(range(self.position, len(self.lines)))
        if _is_optional(wanted):
            # It must not jump over what the client is still to send.
            needed = (i for i in ahead if (r := self._recorded(i)) is not None and not _is_optional(r))
            ahead = list(range(self.position, next(needed, len(self.lines))))
        for index in [*ahead, *reversed(self.passed)]:
            if self._recorded(index) == wanted:
                return index
        if wanted[0] == "core.set_options":  # whatever the options, the recorded server's word on job style holds
            for index in [*self.passed, *ahead]:
                recorded = self._recorded(index)
                if recorded is not None and recorded[0] == wanted[0]:
                    return index
        return None

    def _recorded(self, index: int) -> Request | None:
        line = self.lines[index]
        request = _comparable(line["frame"]) if _is_client_frame(line) else None
        if request is not None and request[0] == "core.unsubscribe":
            # In the old protocol the handle is the client's own id of the subscription.
            return request[0], [self.ids.get(handle, handle) for handle in request[1]]
        return request

    def _own_answer(self, frame: dict[str, Any]) -> dict[str, Any]:
        request, is_old = _comparable(frame), "msg" in frame
        if request is None or not _is_own(*request):
            self.unexpected.append(frame)
            if is_old:
                return {"frame": {"msg": "result", "id": frame.get("id"), "error": {"reason": "not recorded"}}}
            return {
                "frame": {"jsonrpc": "2.0", "error": {"code": -32099, "message": "not recorded"}, "id": frame["id"]}
            }
        result: Any = {
            "core.set_options": {"legacy_jobs": False, "private_methods": False, "py_exceptions": False},
            "auth.mechanism_choices": ["API_KEY_PLAIN", "TOKEN_PLAIN", "PASSWORD_PLAIN", "SCRAM"],
            "core.ping": "pong",
            "core.subscribe": "5b1b1c9e-0000-4000-8000-000000000000",
        }[request[0]]
        self.ids[frame["id"]] = frame["id"]
        if not is_old:
            return {"frame": {"jsonrpc": "2.0", "result": result, "id": frame["id"]}}
        if request[0] == "core.subscribe":
            return {"frame": {"msg": "ready", "subs": [frame["id"]]}}
        return {"frame": {"msg": "result", "id": frame["id"], "result": result}}

    def mapped(self, value: Any) -> Any:
        """A recorded frame with the client's own message ids in place of the recorded ones."""
        out = dict(value)
        if "subs" in out:
            out["subs"] = [self.ids.get(handle, handle) for handle in out["subs"]]
        elif "id" in out and not told(out):
            out["id"] = self.ids.get(out["id"], out["id"])
        return self._message_ids(out)

    def _message_ids(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {
                k: [self.ids.get(i, i) for i in v]
                if k == "message_ids" and isinstance(v, list)
                else self._message_ids(v)
                for k, v in value.items()
            }
        return [self._message_ids(item) for item in value] if isinstance(value, list) else value


def _is_client_frame(line: dict[str, Any]) -> bool:
    return line["dir"] == "c2s" and asked(line.get("frame")) is not None


class ReplayServer:
    """Serves one flow on a loopback port (or a UNIX socket). Connections come in the recorded order."""

    def __init__(self, flow: Flow, socket: Path | None = None, tls: ssl.SSLContext | None = None) -> None:
        self.flow = flow
        self._tls = tls
        self.players = {number: Player(lines) for number, lines in flow.connections.items()}
        self.received: list[dict[str, Any]] = []
        self._arrival = asyncio.Condition()
        self._numbers = iter(sorted(self.players))
        self._socket = socket
        self._server: Server | None = None

    async def __aenter__(self) -> Self:
        options: dict[str, Any] = {"compression": None, "max_size": None}
        if self._socket is not None:
            self._server = await unix_serve(self._serve, str(self._socket), **options)
        else:
            self._server = await serve(self._serve, "127.0.0.1", 0, ssl=self._tls, **options)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close(close_connections=True)
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        if self._socket is not None:
            return f"ws+unix://{self._socket}"
        assert self._server is not None
        path = "/websocket" if self.flow.header["endpoint"] == "/websocket" else "/api/current"
        scheme = "ws" if self._tls is None else "wss"
        return f"{scheme}://127.0.0.1:{next(iter(self._server.sockets)).getsockname()[1]}{path}"

    @property
    def unexpected(self) -> list[dict[str, Any]]:
        return [frame for player in self.players.values() for frame in player.unexpected]

    async def has_received(self, count: int) -> None:
        """Wait until so many client frames have come."""
        async with asyncio.timeout(10), self._arrival:
            await self._arrival.wait_for(lambda: len(self.received) >= count)

    async def _serve(self, websocket: ServerConnection) -> None:
        player = self.players[next(self._numbers)]
        try:
            await self._send(websocket, player, player.follow())
            async for text in websocket:
                frame = json.loads(text)
                async with self._arrival:
                    self.received.append(frame)
                    self._arrival.notify_all()
                await self._send(websocket, player, player.take(frame))
        except ConnectionClosed:
            pass

    async def _send(self, websocket: ServerConnection, player: Player, lines: list[dict[str, Any]]) -> None:
        for line in lines:
            if "frame" in line:
                await websocket.send(json.dumps(player.mapped(line["frame"])))
            elif "close" in line:
                await websocket.close(line["close"]["code"], line["close"]["reason"])
                return
            elif "tcp" in line:
                websocket.transport.abort()
                return
            await asyncio.sleep(0)
