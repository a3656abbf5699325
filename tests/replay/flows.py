"""Recorded conversations, and a server that plays their server side to a client of ours.

The simulator's `Playback` plays them; here is what our clients do otherwise than the recorded
ones. A client frame is matched by method and params (``login_options`` aside) with the recorded
frames of the same connection. What a client need not send in the recorded way the server answers
by itself (`_OWN`); recorded frames that never come are skipped, their answers with them. Both
protocols are played; `asked` and `answered` are all that knows them apart.
"""

from __future__ import annotations

import ssl
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.facts import require_facts
from truenas_client.simulator.playback import Playback, Player, key
from truenas_client.simulator.transcript import Flow


def read_flow(name: str) -> Flow:
    return Flow.read(require_facts() / "wire" / f"{name}.jsonl")


def sent_frames(flow: Flow, connection: int | None = None) -> list[dict[str, Any]]:
    """The objects that the recorded client sent, on all connections or on one."""
    lines = flow.lines if connection is None else flow.connections[connection]
    return [line["frame"] for line in lines if line["dir"] == "c2s" and isinstance(line.get("frame"), dict)]


Request = tuple[str, Any]
"""What a client frame asks for, in the words of JSON-RPC: a method and its arguments."""

NOTHING = object()
"""Stands for the id of a frame that answers nothing."""

_OWN = ("core.set_options", "auth.mechanism_choices", "core.ping")
_OPTIONAL = ("core.set_options", "auth.mechanism_choices", "core.subscribe")
_GREETINGS = ("connected", "failed")
_EVENTS = ("added", "changed", "removed", "nosub")


def asked(frame: Any) -> Request | None:
    """What a client frame of either protocol asks for; None for what no client of ours sends."""
    if not isinstance(frame, dict):
        return None
    kind = frame.get("msg", "method")
    if kind == "method" and isinstance(frame.get("method"), str) and isinstance(frame.get("params", []), list):
        return frame["method"], frame.get("params") or []
    if kind in ("connect", "ping"):
        return kind, []
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
    if kind in _GREETINGS:
        return None
    if kind is None:
        return NOTHING if "method" in frame else frame.get("id")
    return frame.get("id") if kind in ("result", "pong") else NOTHING


def told(frame: Any) -> bool:
    """Whether a server frame is of the server's own accord."""
    return isinstance(frame, dict) and ("method" in frame if "msg" not in frame else frame["msg"] in _EVENTS)


def _is_own(method: str, params: list[Any]) -> bool:
    """Whether the server answers this by itself when nothing is recorded for it."""
    return method in _OWN or (method == "core.subscribe" and params == ["core.get_jobs"])


def _is_optional(call: Request) -> bool:
    """Whether a client may leave this out: to wait for it would be to wait for ever."""
    return call[0] == "ping" or (call[0] in _OPTIONAL and _is_own(*call))


def _comparable(frame: Any) -> Request | None:
    request = asked(frame)
    if request is None:
        return None
    method, params = request
    return method, [
        {k: v for k, v in item.items() if k != "login_options"} if isinstance(item, dict) else item for item in params
    ]


class OurPlayer(Player):
    """Plays the server side of one recorded connection to a client that asks in its own way."""

    def find(self, frame: Any, text: str | bytes) -> int | None:
        wanted = _comparable(frame)
        if wanted is None:
            return None
        if wanted[0] == "core.ping" and self._wants_login():
            return None
        ahead = list(range(self.place, len(self.lines)))
        if _is_optional(wanted):
            # It must not jump over what the client is still to send.
            needed = (i for i in ahead if (r := self._recorded(i)) is not None and not _is_optional(r))
            ahead = list(range(self.place, next(needed, len(self.lines))))
        for index in [*ahead, *reversed(self.passed)]:
            if self._recorded(index) == wanted:
                return index
        if wanted[0] == "core.set_options":  # whatever the options, the recorded server's word on job style holds
            for index in [*self.passed, *ahead]:
                recorded = self._recorded(index)
                if recorded is not None and recorded[0] == wanted[0]:
                    return index
        return None

    def awaited(self, line: dict[str, Any]) -> bool:
        if line["dir"] == "c2s" and isinstance(line.get("frame"), dict):
            request = _comparable(line["frame"])
            return request is not None and not _is_optional(request)
        return line["dir"] == "c2s" and ("close" in line or "tcp" in line)

    def may_send(self, line: dict[str, Any]) -> bool:
        frame = line.get("frame")
        if not isinstance(frame, dict):
            return "close" in line or "tcp" in line
        return told(frame) or frame.get("msg") in _GREETINGS or key(answered(frame)) in self.ids

    def own_answer(self, frame: Any) -> dict[str, Any] | None:
        request, is_old = _comparable(frame), "msg" in frame
        if request is None or not _is_own(*request):
            self.unexpected.append(frame)
            if is_old:
                return {"msg": "result", "id": frame.get("id"), "error": {"reason": "not recorded"}}
            return {"jsonrpc": "2.0", "error": {"code": -32099, "message": "not recorded"}, "id": frame["id"]}
        result: Any = {
            "core.set_options": {"legacy_jobs": False, "private_methods": False, "py_exceptions": False},
            "auth.mechanism_choices": ["API_KEY_PLAIN", "TOKEN_PLAIN", "PASSWORD_PLAIN", "SCRAM"],
            "core.ping": "pong",
            "core.subscribe": "5b1b1c9e-0000-4000-8000-000000000000",
        }[request[0]]
        if not is_old:
            return {"jsonrpc": "2.0", "result": result, "id": frame["id"]}
        if request[0] == "core.subscribe":
            return {"msg": "ready", "subs": [frame["id"]]}
        if request[0] == "core.ping" and self._wants_login():
            # As 24.10 answers any call before the login (recorded: flow legacy_2410_errors).
            error = {"error": 207, "errname": "ENOTAUTHENTICATED", "type": None, "reason": "Not authenticated"}
            return {"msg": "result", "id": frame["id"], "error": {**error, "trace": None, "extra": None}}
        return {"msg": "result", "id": frame["id"], "result": result}

    def _wants_login(self) -> bool:
        """Whether this is 24.10 before its login, which `ping` needs there and nowhere else."""
        ahead = (self._recorded(index) for index in range(self.place, len(self.lines)))
        return self.pings and any(request is not None and request[0] == "auth.login" for request in ahead)

    @cached_property
    def pings(self) -> bool:
        """Whether the server answers the ping of the old protocol, as 24.10 alone does."""
        return any(isinstance(line.get("frame"), dict) and line["frame"].get("msg") == "pong" for line in self.lines)

    def _recorded(self, index: int) -> Request | None:
        line = self.lines[index]
        request = _comparable(line.get("frame")) if line["dir"] == "c2s" else None
        if request is not None and request[0] == "core.unsubscribe":
            # In the old protocol the handle is the client's own id of the subscription.
            return request[0], [self.ids.get(key(handle), handle) for handle in request[1]]
        return request


class ReplayServer(Playback):
    """Plays one flow on a loopback port (or a UNIX socket) to a client of ours."""

    def __init__(self, flow: Flow, socket: Path | None = None, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(flow, unix=socket, tls=tls, player=OurPlayer)
