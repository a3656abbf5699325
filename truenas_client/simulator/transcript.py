"""Transcripts of sessions: what client and server said, line by line, secrets masked.

A file of JSON lines. The first is ``{"header": {"flow", "server", "endpoint", "client",
"description"}}``; each other has ``dir`` (``c2s`` or ``s2c``), ``t`` (seconds since the
first connection), ``conn`` (1, 2, ...) and one of ``http`` (request or status line),
``frame`` (the JSON object, or text that is none), ``binary`` (hexadecimal), ``close``
(``{"code", "reason"}``) or ``tcp`` (how that direction ended).

What is masked: members whose names say that they are secret, all bare texts that the
``auth`` methods take and answer, tokens in addresses, and every text that was masked
once wherever it comes again. Invariants: numbers stay numbers and extended forms stay
readable, so that a masked frame has the shape of the real one; octets of binary frames
are not kept, only how many there were.
"""

from __future__ import annotations

import json
import os
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from truenas_client.secrets.names import ARGUMENTS, NESTED, RESULTS, members_of
from truenas_client.secrets.redact import MASK, is_secret_name

__all__ = ["Flow", "Line", "Masker", "Transcript"]

Line = dict[str, Any]

SHORTEST_KNOWN = 6
"""Characters of a secret below which it is not looked for in other places."""

_FORMS = frozenset({"$date", "$time", "$type", "$value", "$ipv4_interface", "$ipv6_interface"})
_TOKEN = re.compile(r"((?:auth_)?token=)[^&\s\"']+")
_OPEN_AUTH = frozenset({"auth.me", "auth.sessions", "auth.mechanism_choices"})


class Masker:
    """Masks the frames of one connection after the other; it remembers secrets, and the method of each call."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._asked: dict[str, str] = {}

    def text(self, text: str) -> str:
        """A text with tokens in it and secrets seen before masked."""
        text = _TOKEN.sub(rf"\g<1>{MASK}", text)
        for secret in self._known:
            if secret in text:
                text = text.replace(secret, MASK)
        return text

    def message(self, text: str, *, sent: bool) -> dict[str, Any]:
        """The ``frame`` of a text message, with ``truncated_from`` where nothing of it may be shown."""
        try:
            frame = json.loads(text)
        except (ValueError, RecursionError):
            frame = None
        if isinstance(frame, dict):
            return {"frame": self._request(frame) if sent else self._reply(frame)}
        if frame is None and any(is_secret_name(word) for word in re.findall(r"\w+", text)):
            return {"frame": "*...", "truncated_from": len(text)}
        return {"frame": self.text(text) if frame is None else json.dumps(self._masked(frame))}

    # --- frames --------------------------------------------------------------------------------

    def _request(self, frame: Line) -> Line:
        method = frame.get("method")
        masked: Line = self._masked({name: member for name, member in frame.items() if name != "params"})
        if isinstance(method, str) and isinstance(frame.get("id"), (str, int)):
            self._asked[repr(frame["id"])] = method
        if "params" in frame:
            masked["params"] = self._call(method if isinstance(method, str) else "", frame["params"])
        return masked

    def _reply(self, frame: Line) -> Line:
        method = self._asked.pop(repr(frame.get("id")), "") if "method" not in frame else ""
        masked: Line = self._masked(frame, method)
        secretive = method in RESULTS or (method.startswith("auth.") and method not in _OPEN_AUTH)
        if secretive and isinstance(frame.get("result"), str):
            masked["result"] = self._secret(frame["result"])
        return masked

    def _call(self, method: str, params: Any) -> Any:
        """The arguments of a call; those of a call inside a call as its own."""
        masked = self._masked(params, method)
        if not isinstance(params, list):
            return masked
        name_at, calls_at, many = NESTED.get(method, (0, len(params), False))
        if calls_at < len(params) and isinstance(name := params[name_at], str):
            inner = params[calls_at]
            several = many and isinstance(inner, list)
            masked[calls_at] = [self._call(name, one) for one in inner] if several else self._call(name, inner)
            return masked
        bare = ARGUMENTS.get(method, ())
        texts = not bare and method.startswith("auth.") and method not in _OPEN_AUTH
        return [
            self._secret(value) if place in bare or (texts and isinstance(value, str)) else masked[place]
            for place, value in enumerate(params)
        ]

    # --- values --------------------------------------------------------------------------------

    def _masked(self, value: Any, method: str = "") -> Any:
        if isinstance(value, dict):
            if isinstance(value.get("method"), str) and isinstance(value.get("arguments"), list):
                value = {**value, "arguments": self._call(value["method"], value["arguments"])}
            secret = members_of(method)[0]
            return {
                name: self._secret(member)
                if name in secret or (is_secret_name(name) and name not in _FORMS)
                else self._masked(member, method)
                for name, member in value.items()
            }
        if isinstance(value, list):
            return [self._masked(member, method) for member in value]
        return self.text(value) if isinstance(value, str) else value

    def _secret(self, value: Any) -> Any:
        if isinstance(value, dict):
            return value if value.keys() <= _FORMS else {name: self._secret(member) for name, member in value.items()}
        if isinstance(value, list):
            return [self._secret(member) for member in value]
        if isinstance(value, str):
            if len(value) >= SHORTEST_KNOWN and value != MASK:
                self._known.add(value)
            return MASK if value else value
        return value if value is None or isinstance(value, bool) else 0


class Transcript:
    """A transcript being written; only its owner can read the file. Use it as a context manager."""

    def __init__(self, path: str | Path, *, description: str = "") -> None:
        self._masker = Masker()
        self._began: float | None = None
        self._connections = 0
        self._file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8")
        self._put(
            {
                "header": {
                    "flow": Path(path).stem,
                    "server": "unknown",
                    "endpoint": "/api/current",
                    "client": "unknown",
                    "description": description,
                }
            }
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file. Later frames are not written."""
        self._file.close()

    def connection(self, path: str) -> int:
        """Note a new connection to ``path``; its number."""
        self._connections += 1
        self.line("c2s", self._connections, http=f"GET {self._masker.text(path)} HTTP/1.1")
        return self._connections

    def message(self, direction: str, number: int, message: str | bytes) -> None:
        """Note a message of a connection."""
        if isinstance(message, str):
            self.line(direction, number, **self._masker.message(message, sent=direction == "c2s"))
        else:
            self.line(direction, number, binary="00" * min(len(message), 1024))

    def line(self, direction: str, number: int, **content: Any) -> None:
        """Note anything else; it is not masked."""
        now = time.monotonic()
        self._began = now if self._began is None else self._began
        self._put({"dir": direction, "t": round(now - self._began, 3), **content, "conn": number})

    def _put(self, line: Line) -> None:
        if not self._file.closed:
            self._file.write(json.dumps(line) + "\n")
            self._file.flush()


@dataclass(frozen=True, slots=True)
class Flow:
    """A transcript that was read: its header, and its lines in order."""

    header: Line
    lines: list[Line]

    @classmethod
    def read(cls, path: str | Path) -> Flow:
        """Read a file. Raises OSError, and ValueError when it is none."""
        text = Path(path).read_text(encoding="utf-8")
        header, *lines = [json.loads(line) for line in text.splitlines() if line] or [None]
        if not isinstance(header, dict) or "header" not in header:
            raise ValueError(f"{path} is no transcript: its first line has no header")
        if not all(isinstance(line, dict) and line.get("dir") in ("c2s", "s2c") for line in lines):
            raise ValueError(f"{path} is no transcript: a line has no direction")
        return cls(header["header"], lines)

    @property
    def connections(self) -> dict[int, list[Line]]:
        """The lines of each connection, by its number."""
        found: dict[int, list[Line]] = {}
        for line in self.lines:
            found.setdefault(line.get("conn", 1), []).append(line)
        return found
