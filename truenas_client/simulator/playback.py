"""Playing the server side of a transcript.

::

    async with Playback("session.jsonl") as nas:
        client connects to nas.url

The player recognises a client's frame by its content, without the id and with secrets
masked on both sides. It then sends all frames that the server sent after it, up to the
client's next frame, with the client's own ids. Times are not kept. Connections come in the
recorded order. A client may leave recorded frames out, and then gets no answers to them,
and it may ask in another order. A frame that is in no recording gets an error and is noted
in `unexpected`. `Player` decides how a frame is recognised and which frames a client may
leave out; a test that knows its client may subclass it. Invariants: one answer for each
call; the frames to a connection keep the recorded order.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Collection, Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any, Self

from websockets.asyncio.server import Server, ServerConnection, serve, unix_serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from .listening import PLAIN
from .rpc_dialect import METHOD_NOT_FOUND, error_frame
from .transcript import Flow, Line, Masker

__all__ = ["Playback", "Player", "key"]

_OCTETS = ("binary",)
_LONG = "long"
_ASIDE = frozenset({"id", "jsonrpc"})


class Playback:
    """Serves a transcript on a port of 127.0.0.1, with TLS or not, or on the UNIX socket ``unix``.

    ``optional`` names methods that clients leave out at will: what was sent after one is
    sent also when it does not come. Raises OSError, and ValueError for a file that is no
    transcript. Use it with ``async with``.
    """

    def __init__(
        self,
        source: str | Path | Flow,
        *,
        unix: str | Path | None = None,
        tls: ssl.SSLContext | None = None,
        optional: Collection[str] = ("core.set_options", "auth.mechanism_choices"),
        player: type[Player] | None = None,
    ) -> None:
        self.flow = source if isinstance(source, Flow) else Flow.read(source)
        self.header = self.flow.header
        self.received: list[Line] = []
        """Every frame that came, as it came."""
        self._arrival = asyncio.Condition()
        self._unix = unix
        self._tls = tls
        self.players = {
            number: (player or Player)(lines, frozenset(optional))
            for number, lines in sorted(self.flow.connections.items())
            if not _plain_http(lines)
        }
        """The recorded connections by number, in the order they are played."""
        self._next = iter(self.players.values())
        self._playing: dict[ServerConnection, Player] = {}
        self._server: Server | None = None

    async def __aenter__(self) -> Self:
        options: dict[str, Any] = {"process_request": self._open, **PLAIN}
        if self._unix is not None:
            self._server = await unix_serve(self._serve, str(self._unix), **options)
        else:
            self._server = await serve(self._serve, "127.0.0.1", 0, ssl=self._tls, **options)
        return self

    async def __aexit__(self, *exc: object) -> None:
        assert self._server is not None
        self._server.close(close_connections=True)
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        """Where clients connect."""
        if self._unix is not None:
            return f"ws+unix://{self._unix}"
        assert self._server is not None
        path = self.header.get("endpoint", "")
        path = path if path.startswith("/") and " " not in path else "/api/current"
        scheme = "ws" if self._tls is None else "wss"
        return f"{scheme}://127.0.0.1:{next(iter(self._server.sockets)).getsockname()[1]}{path}"

    @property
    def unexpected(self) -> list[Line]:
        """The frames that came and are in no recording."""
        return [frame for player in self.players.values() for frame in player.unexpected]

    async def has_received(self, count: int) -> None:
        """Wait until so many frames have come."""
        async with self._arrival:
            await self._arrival.wait_for(lambda: len(self.received) >= count)

    def _open(self, client: ServerConnection, request: Request) -> Response | None:
        player = next(self._next, None)
        if player is None:
            return client.respond(HTTPStatus.SERVICE_UNAVAILABLE, "there is no further connection in the transcript\n")
        if (status := _refusal(player.lines)) is not None:
            return client.respond(HTTPStatus(status), "")
        self._playing[client] = player
        return None

    async def _serve(self, client: ServerConnection) -> None:
        player = self._playing.pop(client)
        try:
            await self._send(client, player.follow(), player)
            async for text in client:
                try:
                    frame = json.loads(text)
                except (ValueError, RecursionError):
                    frame = text
                if isinstance(frame, dict):
                    async with self._arrival:
                        self.received.append(frame)
                        self._arrival.notify_all()
                await self._send(client, player.take(frame, text), player)
        except ConnectionClosed:
            return

    async def _send(self, client: ServerConnection, lines: Iterator[Line], player: Player) -> None:
        for line in lines:
            frame = line.get("frame")
            if isinstance(frame, dict):
                await client.send(json.dumps(player.with_own_ids(frame)))
            elif frame is not None:
                await client.send(player.text(line))
            elif "binary" in line:
                await client.send(bytes.fromhex(line["binary"]))
            elif "close" in line:
                await client.close(line["close"]["code"], line["close"]["reason"])
                return
            elif "tcp" in line:
                client.transport.abort()
                return
            await asyncio.sleep(0)


def _plain_http(lines: list[Line]) -> bool:
    """Whether this is an HTTP exchange that was never to become a WebSocket, such as a file transfer."""
    asked = next((line["http"] for line in lines if line["dir"] == "c2s" and "http" in line), "GET /api/current")
    answered = next((line["http"] for line in lines if line["dir"] == "s2c" and "http" in line), "")
    return " /_" in asked or not asked.startswith("GET ") or answered.startswith("HTTP/1.1 2")


def _refusal(lines: list[Line]) -> int | None:
    """The HTTP status with which the server refused an upgrade; None when it did not."""
    for line in lines:
        if line["dir"] == "s2c" and "http" in line:
            status = int(line["http"].split(" ")[1])
            return status if status >= 300 else None
    return None


class Player:
    """Plays one recorded connection: where it stands, and which id of the client is which recorded one."""

    def __init__(self, lines: list[Line], optional: frozenset[str]) -> None:
        self.lines = lines
        self.optional = optional
        self._masker = Masker()
        recorded = Masker()
        self._samples: dict[int, Any] = {
            index: _recorded_sample(line, recorded)
            for index, line in enumerate(lines)
            if line["dir"] == "c2s" and ("frame" in line or "binary" in line)
        }
        """The content of each client frame, masked also where the transcript is not."""
        self.place = 0
        """The first line that has not been played."""
        self.passed: list[int] = []
        """Recorded client frames that have not come, though later ones have."""
        self.ids: dict[str, Any] = {}
        """The client's ids by the `key` of the recorded ones."""
        self.unexpected: list[Line] = []
        self._last: Any = None

    # --- what a client may do, for a subclass to decide otherwise ------------------------------

    def find(self, frame: Any, text: str | bytes) -> int | None:
        """The recorded line of a client's frame; None when there is none."""
        samples: list[Any] = [_OCTETS]
        if isinstance(text, str):
            samples = [_sample(self._masker.message(text, sent=True)["frame"]), (_LONG, len(text))]
        places = [*range(self.place, len(self.lines)), *self.passed]
        return next((place for place in places if place in self._samples and self._samples[place] in samples), None)

    def awaited(self, line: Line) -> bool:
        """Whether the server sends nothing more before the client has sent this line."""
        frame = line.get("frame")
        optional = isinstance(frame, dict) and frame.get("method") in self.optional
        return line["dir"] == "c2s" and not ("http" in line or "ping" in line or optional)

    def may_send(self, line: Line) -> bool:
        """Whether a server's line is sent: not the answer of a frame that has not come."""
        answered = _answered(line)
        return "http" not in line and "pong" not in line and (answered is None or answered in self.ids)

    def own_answer(self, frame: Any) -> Line | None:
        """The answer to a frame that is not recorded; None for none."""
        if not isinstance(frame, dict) or "id" not in frame:
            return None
        if frame.get("method") == "core.ping":
            result = {"result": "pong", "id": frame["id"]}
            return {"jsonrpc": "2.0", **result} if "jsonrpc" in frame else {"msg": "result", **result}
        self.unexpected.append(frame)
        answer: Line = json.loads(error_frame(METHOD_NOT_FOUND, "This call is not in the transcript", frame["id"]))
        return answer

    # --- playing -------------------------------------------------------------------------------

    def take(self, frame: Any, text: str | bytes) -> Iterator[Line]:
        """The frames that the server sends for a frame of the client."""
        index = self.find(frame, text)
        if index is not None:
            yield from self._answer(index, frame)
        elif (own := self.own_answer(frame)) is not None:
            yield {"frame": json.dumps(own)}  # as text: its id is the client's already

    def _answer(self, index: int, frame: Any) -> Iterator[Line]:
        recorded = self.lines[index].get("frame")
        if isinstance(frame, dict) and "id" in frame:
            self._last = frame["id"]
        if isinstance(recorded, dict) and isinstance(frame, dict) and "id" in recorded and "id" in frame:
            self.ids[key(recorded["id"])] = frame["id"]
        if index < self.place:
            self.passed.remove(index)
            wanted = key(recorded.get("id")) if isinstance(recorded, dict) else None
            yield from (line for line in self.lines if wanted is not None and _answered(line) == wanted)
            return
        for place in range(self.place, index):
            yield from self._pass_over(place)
        self.place = index + 1
        yield from self.follow()

    def follow(self) -> Iterator[Line]:
        """The frames that the server sends up to the next required frame of the client."""
        while self.place < len(self.lines) and not self.awaited(self.lines[self.place]):
            self.place += 1
            yield from self._pass_over(self.place - 1)

    def _pass_over(self, place: int) -> Iterator[Line]:
        line = self.lines[place]
        if line["dir"] == "c2s":
            if place in self._samples:
                self.passed.append(place)
        elif self.may_send(line):
            yield line

    def text(self, line: Line) -> str:
        """A recorded server frame that is text; one that was cut gets its length again, and the last id."""
        frame: str = line["frame"]
        if "truncated_from" not in line:
            return frame
        start = frame.removesuffix("...")
        length: int = line["truncated_from"]
        end = f'", "id": {json.dumps(self._last)}}}' if start.startswith("{") else ""
        return start + start[-1:] * (length - len(start) - len(end)) + end

    def with_own_ids(self, frame: Line) -> Line:
        """A recorded server frame with the client's ids in it."""
        own: Line = self._mapped(frame)
        if _answered({"dir": "s2c", "frame": frame}) is not None and "id" in own:
            own["id"] = self.ids.get(key(own["id"]), own["id"])
        return own

    def _mapped(self, value: Any, name: str = "") -> Any:
        if isinstance(value, dict):
            return {name: self._mapped(member, name) for name, member in value.items()}
        if isinstance(value, list):
            if name in ("message_ids", "subs"):
                return [self.ids.get(key(ident), ident) for ident in value]
            return [self._mapped(member) for member in value]
        return value


def key(ident: Any) -> str:
    """A recorded id in a form that keeps numbers and texts apart."""
    return repr(ident)


def _answered(line: Line) -> str | None:
    """The recorded id that a server line answers; None for an event and everything else."""
    frame = line.get("frame")
    if line["dir"] != "s2c" or not isinstance(frame, dict) or "method" in frame:
        return None
    if frame.get("msg", "result") == "result" or frame.get("msg") == "pong":
        return key(frame.get("id")) if frame.get("id") is not None else None
    return key(frame["subs"][0]) if frame.get("subs") else None


def _recorded_sample(line: Line, masker: Masker) -> Any:
    if "binary" in line:
        return _OCTETS
    frame = line["frame"]
    if isinstance(frame, dict):
        return _sample(masker.message(json.dumps(frame), sent=True)["frame"])
    return (_LONG, line["truncated_from"]) if "truncated_from" in line else frame


def _sample(frame: Any) -> Any:
    return {name: member for name, member in frame.items() if name not in _ASIDE} if isinstance(frame, dict) else frame
