"""Playing the client side of a recorded conversation to a simulator and comparing what comes back.

The recording decides when a client frame is sent (when every server frame before it
has come) and what each server frame must be like. Compared are the order and all
members; left out is what a server makes up: ids, times, tokens, addresses and the
wording of traces. Ids that the server made up are mapped by first appearance.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import re
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect, unix_connect
from websockets.exceptions import ConnectionClosed

from truenas_client.simulator import Simulator
from truenas_client.simulator.transcript import Flow

PATIENCE = 15.0
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z")

# Members whose text is the server's to choose: traces, and where a connection comes from.
FREE_TEXT = {"formatted", "repr", "exception", "origin", "rfc_str", "created_at"}
# Members that belong to the stand-in accounts of the recordings, not to the protocol.
ACCOUNT_DATA = {"pw_dir", "pw_shell", "secret_configured"}
# Members whose content and length are free: frames of a trace, and marks of an account come in any order.
FREE_LISTS = {"frames", "account_attributes"}


class Difference(AssertionError):
    """The simulator answered something that the recorded server did not."""


def read_flow(path: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The header and the lines of a recording, in order of time."""
    flow = Flow.read(path)
    header, lines = flow.header, flow.lines
    steps = [line for line in lines if "conn" in line]
    # What was sent and answered stands beside the lines of plain requests, in the same order.
    for direction, key in (("c2s", "http_request"), ("s2c", "http_response")):
        whole = [line[key] for line in lines if key in line]
        plain = [
            step
            for step in steps
            if step["dir"] == direction
            and "http" in step
            and (header["endpoint"] == "HTTP" or "/api/" not in step["http"])
        ]
        if whole:
            for step, content in zip(plain, whole, strict=True):
                step[key] = content
    return header, sorted(steps, key=lambda line: line["t"])


class Player:
    """One recording being played."""

    def __init__(self, nas: Simulator, header: dict[str, Any], unix: Path | None) -> None:
        self.nas = nas
        self.header = header
        self.unix = unix
        self.connections: dict[int, ClientConnection] = {}
        self.inbox: dict[int, list[Any]] = {}
        self.requests: dict[int, asyncio.Task[tuple[int, dict[str, str], str]]] = {}
        """The plain requests under way, by connection."""
        self.readers: list[asyncio.Task[None]] = []
        self.arrived = asyncio.Condition()
        self.mapped: dict[Any, Any] = {}
        self.swapped = 0
        self.closing: set[int] = set()
        self.scram_first: dict[int, str] = {}
        self.scram_server: dict[int, str] = {}

    async def play(self, steps: list[dict[str, Any]]) -> None:
        """Play all steps. Raises `Difference`."""
        try:
            now = 0.0
            for step in steps:
                # Where the recorded client took its time, so does this one: things happen meanwhile.
                if step["dir"] == "c2s" and step["t"] - now > 0.02:
                    await self.nas.clock.sleep(step["t"] - now)
                now = step["t"]
                await self._step(step, step["conn"])
            left = [frame for inbox in self.inbox.values() for frame in inbox]
            if left:
                raise Difference(f"sent too much: {left!r:.800}")
        finally:
            for reader in self.readers:
                reader.cancel()
            for connection in self.connections.values():
                await connection.close()

    async def _step(self, step: dict[str, Any], number: int) -> None:
        if step["dir"] == "c2s":
            if "http_request" in step:
                self.requests[number] = asyncio.create_task(self._request(step["http_request"]))
            elif "http" in step:
                await self._connect(number, step["http"].split(" ")[1])
            elif "frame" in step:
                await self._send(number, self._client_text(step, number))
            elif "binary" in step:
                await self.connections[number].send(bytes.fromhex(step["binary"]))
            elif "ping" in step:
                self.pong = await self.connections[number].ping(step["ping"].encode())
            elif "close" in step:
                self.closing.add(number)
                await self.connections[number].close(step["close"]["code"])
            return
        if number in self.requests:
            if "http_response" in step:
                await self._expect_response(number, step["http_response"])
        elif step.get("tcp") and self.connections[number].close_code is None and number not in self.closing:
            await asyncio.wait_for(self.connections[number].wait_closed(), PATIENCE)
        elif "pong" in step:
            await asyncio.wait_for(self.pong, PATIENCE)
        elif "close" in step:
            await self._expect_close(number, step["close"])
        elif "frame" in step:
            await self._expect(number, step)

    async def _connect(self, number: int, path: str) -> None:
        if self.unix is not None:
            connection = await unix_connect(str(self.unix), f"ws://localhost{path}", max_size=None)
        elif self.nas.secure_url is not None:
            assert self.nas.tls is not None
            trusted = ssl.create_default_context(cafile=str(self.nas.tls.path))
            connection = await connect(self.nas.secure_url, max_size=None, ping_interval=None, ssl=trusted)
        else:
            connection = await connect(self.nas.url.replace("/api/current", path), max_size=None, ping_interval=None)
        self.connections[number] = connection
        self.inbox[number] = []
        self.readers.append(asyncio.create_task(self._read(number, connection)))

    async def _read(self, number: int, connection: ClientConnection) -> None:
        try:
            async for text in connection:
                async with self.arrived:
                    self.inbox[number].append(json.loads(text))
                    self.arrived.notify_all()
        except ConnectionClosed:
            pass
        async with self.arrived:
            self.arrived.notify_all()

    async def _send(self, number: int, text: str) -> None:
        await self.connections[number].send(text)

    # --- plain requests ------------------------------------------------------------------------

    async def _request(self, recorded: dict[str, Any]) -> tuple[int, dict[str, str], str]:
        """Send a request as it was recorded, what the server made up replaced; status, headers and body."""
        path = self._in_text(recorded["path"])
        headers = {name: self._in_text(value) for name, value in recorded["headers"].items()}
        body = recorded["body"].encode()
        if body:
            headers["Content-Length"] = str(len(body))
        status, found, content = await exchange(self.nas, f"{recorded['method']} {path}", headers, body)
        return status, found, content.decode()

    def _in_text(self, text: str) -> str:
        for (_, recorded), found in self.mapped.items():
            if isinstance(recorded, str):
                text = text.replace(recorded, found)
            elif f"/_download/{recorded}" in text:
                text = text.replace(f"/_download/{recorded}", f"/_download/{found}")
        return text

    async def _expect_response(self, number: int, recorded: dict[str, Any]) -> None:
        status, headers, body = await self.requests[number]
        wanted = recorded["body"]
        if recorded["headers"].get("Content-Type") == "application/json":
            self._compare(json.loads(wanted), json.loads(body), "frame.result")
            wanted, recorded["headers"]["Content-Length"] = body, headers["Content-Length"]
        if (status, headers, body) != (recorded["status"], recorded["headers"], wanted):
            raise Difference(f"answered {status} {headers} {body!r:.300}, recorded {recorded}")

    # --- what the client said ------------------------------------------------------------------

    def _client_text(self, step: dict[str, Any], number: int) -> str:
        frame = step["frame"]
        if isinstance(frame, str):
            if "truncated_from" in step:
                return lengthened(frame, step["truncated_from"])
            return frame
        frame = self._replace(frame)
        for argument in frame.get("params", []) if isinstance(frame.get("params"), list) else []:
            if isinstance(argument, dict) and argument.get("scram_type") == "CLIENT_FIRST_MESSAGE":
                self.scram_first[number] = argument["rfc_str"]
            elif isinstance(argument, dict) and argument.get("scram_type") == "CLIENT_FINAL_MESSAGE":
                argument["rfc_str"] = self._proof(argument["rfc_str"], number)
        return json.dumps(frame)

    def _replace(self, value: Any) -> Any:
        """The recorded client frame, with what the server made up in terms of this run."""
        if isinstance(value, dict):
            return {name: self._replace(member) for name, member in value.items()}
        if isinstance(value, list):
            return [self._replace(member) for member in value]
        if isinstance(value, (str, int)) and not isinstance(value, bool):
            return self.mapped.get(("made", value), value)
        return value

    def _proof(self, recorded: str, number: int) -> str:
        secrets = self.header.get("secrets")
        if secrets is None or number not in self.scram_server:
            return recorded
        used = secrets.get("key_used", secrets["api_key"])
        server = self.scram_server[number]
        nonce, salt, rounds = (part[2:] for part in server.split(","))
        salted = hashlib.pbkdf2_hmac("sha512", used.partition("-")[2].encode(), base64.b64decode(salt), int(rounds))
        client_key = hmac.digest(salted, b"Client Key", "sha512")
        first = self.scram_first[number].partition(",,")[2]
        header = self.scram_first[number].partition(",,")[0].encode() + b",,"
        if header.startswith(b"p=") and self.nas.tls is not None:
            header += self.nas.tls.binding
        bare = f"c={base64.b64encode(header).decode()},r={nonce}"
        signature = hmac.digest(hashlib.sha512(client_key).digest(), f"{first},{server},{bare}".encode(), "sha512")
        proof = bytes(a ^ b for a, b in zip(client_key, signature, strict=True))
        if "wrong" in self.header["flow"]:
            proof = bytes(64)
        return f"{bare},p={base64.b64encode(proof).decode()}"

    # --- what the server said ------------------------------------------------------------------

    async def _expect_close(self, number: int, close: dict[str, Any]) -> None:
        connection = self.connections[number]
        await asyncio.wait_for(connection.wait_closed(), PATIENCE)
        if (connection.close_code, connection.close_reason) != (close["code"], close["reason"]):
            raise Difference(f"closed with {connection.close_code} {connection.close_reason!r}, recorded {close}")

    async def _expect(self, number: int, step: dict[str, Any]) -> None:
        frame = step["frame"]
        inbox = self.inbox[number]
        if isinstance(frame, str):
            await self._wait(lambda: bool(inbox), number, frame)
            text = json.dumps(inbox.pop(0))
            if len(text) != step["truncated_from"] or not text.startswith(frame[: len(frame) - 3]):
                raise Difference(f"{text[:80]!r} of {len(text)} is not {frame[:80]!r} of {step['truncated_from']}")
            return
        label = self._label(frame)
        await self._wait(lambda: any(self._fits(label, found) for found in inbox), number, frame)
        position = next(place for place, found in enumerate(inbox) if self._fits(label, found))
        if any(not free_to_swap(frame, passed) for passed in inbox[:position]):
            raise Difference(f"{inbox[0]!r:.500} came before {frame!r:.500}")
        self.swapped += position
        found = inbox.pop(position)
        scram = (found.get("result") or {}) if isinstance(found.get("result"), dict) else {}
        if scram.get("scram_type") == "SERVER_FIRST_RESPONSE":
            self.scram_server[number] = scram["rfc_str"]
        self._compare(frame, found, "frame")

    async def _wait(self, arrived: Callable[[], bool], number: int, frame: Any) -> None:
        async with self.arrived:
            try:
                await asyncio.wait_for(self.arrived.wait_for(arrived), PATIENCE)
            except TimeoutError:
                raise Difference(f"waited for {frame!r:.600} but have {self.inbox[number]!r:.1500}") from None

    def _label(self, frame: dict[str, Any]) -> dict[str, Any]:
        if "msg" in frame and "collection" not in frame:
            return {name: frame[name] for name in ("msg", "id", "subs", "version") if name in frame}
        if frame.get("method") == "collection_update" or "msg" in frame:
            params = frame.get("params", frame)
            if params["msg"] == "nosub":
                return {"msg": "nosub", "collection": params["collection"]}
            label = {"collection": params["collection"], "msg": params["msg"]}
            if params["collection"] == "core.get_jobs":
                job = self.mapped.get(("made", params["id"]))
                label |= {} if job is None else {"id": job}
                label |= {} if params["msg"] != "changed" else {"state": params["fields"]["state"]}
            return label
        if "method" in frame:
            return {"method": frame["method"], "collection": frame["params"]["collection"]}
        return {"answer": frame["id"]}

    def _fits(self, label: dict[str, Any], frame: dict[str, Any]) -> bool:
        if "msg" in frame and "collection" not in frame:
            return all(name in frame and frame[name] == value for name, value in label.items()) and "msg" in label
        if "answer" in label:
            return "method" not in frame and frame.get("id") == label["answer"]
        if "method" not in frame and "msg" not in frame:
            return False
        params = frame.get("params", frame)
        state = (params.get("fields") or {}).get("state") if isinstance(params.get("fields"), dict) else None
        seen = {**params, "method": frame.get("method"), "state": state}
        return all(seen.get(name) == value for name, value in label.items())

    # --- comparing -----------------------------------------------------------------------------

    def _compare(self, recorded: Any, found: Any, path: str) -> None:
        if isinstance(recorded, dict) and isinstance(found, dict):
            self._compare_objects(recorded, found, path)
        elif isinstance(recorded, list) and isinstance(found, list):
            if len(recorded) != len(found):
                raise Difference(f"{path}: {found!r:.300} has another length than {recorded!r:.300}")
            for place, (one, other) in enumerate(zip(recorded, found, strict=True)):
                self._compare(one, other, f"{path}.{place}")
        elif type(recorded) is not type(found):
            raise Difference(f"{path}: {found!r:.300} is of another kind than {recorded!r:.300}")
        elif isinstance(recorded, str) and recorded.startswith("/_download/"):
            for one, other in zip(re.split("[/=?]", recorded), re.split("[/=?]", found), strict=True):
                self._compare(int(one) if one.isdecimal() else one, int(other) if other.isdecimal() else other, path)
        elif recorded != found and not self._made_up(recorded, found, path):
            raise Difference(f"{path}: {found!r:.300} is not {recorded!r:.300}")

    def _compare_objects(self, recorded: dict[str, Any], found: dict[str, Any], path: str) -> None:
        if list(recorded) != list(found):
            # The order of members counts in frames; answers of methods are compared as sets of members.
            in_frame = path in ("frame", "frame.params", "frame.error", "frame.error.data", "frame.error.trace")
            if in_frame or set(recorded) != set(found):
                raise Difference(f"{path}: members {list(found)} are not {list(recorded)}")
        for name, member in recorded.items():
            other = found[name]
            if name == "$date":
                if not isinstance(other, int) or other % 1000:
                    raise Difference(f"{path}: {other!r} is no whole second")
            elif name in FREE_LISTS:
                if not isinstance(other, list) or not {type(item) for item in other} <= {type(item) for item in member}:
                    raise Difference(f"{path}: {other!r:.100} is no such list as {member!r:.100}")
            elif name == "$set":
                if not isinstance(other, list) or {type(item) for item in other} != {type(item) for item in member}:
                    raise Difference(f"{path}: {other!r:.100} is no such set as {member!r:.100}")
            else:
                self._compare(member, other, f"{path}.{name}")

    def _made_up(self, recorded: Any, found: Any, path: str) -> bool:
        """Whether a value is the server's own; the first time it is learnt, later it must be the same."""
        name = path.rpartition(".")[2]
        if name in ACCOUNT_DATA or path == "frame.session":
            return True
        if isinstance(recorded, str) and (name in FREE_TEXT or (name == "reason" and "pid=" in recorded)):
            return True
        made = (
            (isinstance(recorded, str) and (UUID.match(recorded) is not None or len(recorded) == 64))
            or path.removeprefix("frame.params.").removeprefix("frame.") in ("id", "fields.id", "fields.result")
            or (
                isinstance(recorded, int)
                and re.match(r"frame\.result(\.\d+\.id|\.id|\.job_id|\.\d+\.job_id|\.[01]|)\Z", path)
            )
        )
        if not made:
            return False
        return bool(self.mapped.setdefault(("made", recorded), found) == found)


def free_to_swap(expected: dict[str, Any], passed: dict[str, Any]) -> bool:
    """Whether ``passed`` may come before ``expected``: an answer of a job and the end of jobs, or two answers."""

    def about_jobs(frame: dict[str, Any]) -> bool:
        return bool(frame.get("params", frame).get("collection") == "core.get_jobs")

    def answer(frame: dict[str, Any]) -> bool:
        return "method" not in frame and frame.get("msg", "result") == "result"

    def fields(frame: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = frame.get("params", frame)["fields"]
        return found

    if answer(expected) and answer(passed):
        return True
    if about_jobs(expected) and about_jobs(passed):
        return bool(fields(expected)["message_ids"] != fields(passed)["message_ids"])
    one, other = (expected, passed) if answer(expected) else (passed, expected)
    return answer(one) and about_jobs(other) and fields(other)["state"] != "WAITING"


async def exchange(
    nas: Simulator, request: str, headers: dict[str, str], body: bytes
) -> tuple[int, dict[str, str], bytes]:
    """Send a plain HTTP request (``GET /path``); status, headers and body of the answer."""
    host, _, port = nas.url.removeprefix("ws://").partition("/")[0].partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    lines = [f"{request} HTTP/1.1", "Host: nas", *(f"{name}: {value}" for name, value in headers.items())]
    writer.write("\r\n".join([*lines, "", ""]).encode() + body)
    head, _, content = (await asyncio.wait_for(reader.read(), PATIENCE)).partition(b"\r\n\r\n")
    writer.close()
    first, *rest = head.decode().split("\r\n")
    found = dict(line.split(": ", 1) for line in rest)
    if found.get("Transfer-Encoding") == "chunked":
        content = unchunked(content)
    return int(first.split(" ")[1]), found, content


def unchunked(body: bytes) -> bytes:
    """The content of a chunked body."""
    content = b""
    while body:
        size, _, rest = body.partition(b"\r\n")
        content += rest[: int(size, 16)]
        body = rest[int(size, 16) + 2 :]
    return content


def lengthened(text: str, length: int) -> str:
    """The text of a frame whose long filler was cut off in the recording."""
    start = text.removesuffix("...")
    end = '"]}'
    return start + start[-1] * (length - len(start) - len(end)) + end
