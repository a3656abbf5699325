"""Frames that no server sends: recorded and written ones, mutated in every way we could think of.

`mutant` makes one text from a random generator and nothing else, so a seed
brings a text back.
"""

from __future__ import annotations

import json
import random
import re
from functools import cache
from typing import Any

from tests.facts import facts

__all__ = ["OURS", "corpus", "mutant"]

OURS = ("mine-1", "mine-2", "mine-3", "mine-4")
"""Ids of calls of ours, which mutants are made to answer more often than chance would."""

LONGEST = 6000
"""Longer recorded frames are left out: it is the shapes that count."""

_WRITTEN: dict[str, list[dict[str, Any]]] = {
    "jsonrpc": [
        {"jsonrpc": "2.0", "result": {"a": [1, None, 2.5]}, "id": "mine-1"},
        {"jsonrpc": "2.0", "error": {"code": -32000, "message": "Too many"}, "id": "mine-2"},
        {"jsonrpc": "2.0", "error": {"code": -32700, "message": "What?"}, "id": None},
        {
            "jsonrpc": "2.0",
            "error": {
                "code": -32602,
                "message": "Invalid params",
                "data": {"error": 22, "reason": "[EINVAL] a.b: no", "trace": None, "extra": [["a.b", "no", 22]]},
            },
            "id": "mine-3",
        },
        {
            "jsonrpc": "2.0",
            "method": "notify_unsubscribed",
            "params": {"collection": "a", "error": {"error": 5, "reason": "gone", "extra": None}},
        },
    ],
    "ddp": [
        {"msg": "result", "id": "mine-1", "result": [1, {"b": None}]},
        {
            "msg": "result",
            "id": "mine-2",
            "error": {"error": 11, "type": "VALIDATION", "reason": "no", "trace": None, "extra": [["a", "no", 22]]},
        },
        {"msg": "ready", "subs": ["mine-3"]},
        {"msg": "nosub", "collection": "a", "error": {"error": 5, "reason": "gone", "type": None, "extra": None}},
        {"msg": "connected", "session": "5b1b1c9e"},
        {"msg": "failed", "version": "1"},
        {"msg": "pong", "id": "x"},
    ],
}


def _job(state: str) -> dict[str, Any]:
    return {
        "id": 7,
        "message_ids": ["theirs", "mine-4"],
        "method": "pool.scrub.scrub",
        "arguments": ["tank"],
        "transient": False,
        "state": state,
        "progress": {"percent": 5, "description": "x", "extra": None},
        "result": {"done": 1} if state == "SUCCESS" else None,
        "error": "[EIO] no" if state == "FAILED" else None,
        "exc_info": {"type": "CallError", "errno": 5, "extra": None, "repr": "x"} if state == "FAILED" else None,
        "time_started": {"$date": 1700000000000},
    }


@cache
def corpus(dialect: str) -> list[Any]:
    """Decoded frames to start from: ours, and the recorded ones where they are at hand."""
    frames: list[Any] = list(_WRITTEN[dialect])
    for state in ("WAITING", "RUNNING", "SUCCESS", "FAILED", "ABORTED"):
        body = {"msg": "changed", "collection": "core.get_jobs", "id": 7, "fields": _job(state)}
        frames.append(body if dialect == "ddp" else {"jsonrpc": "2.0", "method": "collection_update", "params": body})
    folder = facts()
    for path in sorted((folder / "wire").glob("*.jsonl")) if folder is not None else ():
        old = path.stem.startswith("legacy")
        if old != (dialect == "ddp"):
            continue
        for text in path.read_text().splitlines()[1:]:
            line = json.loads(text)
            frame = line.get("frame")
            if line.get("dir") == "s2c" and isinstance(frame, dict) and len(text) < LONGEST:
                frames.append(frame)
    return frames


# -- mutations -------------------------------------------------------------------------------

_SCALARS: list[Any] = [
    None, True, False, 0, -1, 1, 7, 22, 201, 207, -32000, -32001, -32602, 2**63, -(2**200), 0.5, 1e308,
    float("inf"), float("-inf"), float("nan"), "", "mine-1", "mine-4", "core.get_jobs", "a", "*", "changed",
    "SUCCESS", "FAILED", "ABORTED", "VALIDATION", "\x00", "\u202e", "\ud800", "\udfff x", "é" * 50, "x" * 2000,
    "********",
]  # fmt: skip
_FORMS: list[Any] = [
    {"$date": 0}, {"$date": "x"}, {"$date": 1e300}, {"$date": None}, {"$time": "01:02"}, {"$time": 5},
    {"$set": [1, [2], {"$set": [3]}]}, {"$set": [{}]}, {"$set": 5}, {"$type": "date", "$value": "2024-02-30"},
    {"$type": "date", "$value": "2024-02-28"}, {"$type": [], "$value": 1}, {"$ipv4_interface": "192.0.2.5/24"},
    {"$ipv4_interface": [1]}, {"$ipv6_interface": 5}, {"$date": 5, "x": 1}, {"$unknown": 1},
]  # fmt: skip
_MEMBERS = (
    "id", "result", "error", "method", "params", "msg", "collection", "fields", "extra", "code", "message", "data",
    "reason", "trace", "subs", "type", "message_ids", "arguments", "state", "progress", "exc_info", "jsonrpc",
    "version",
)  # fmt: skip


def _value(rng: random.Random, depth: int = 0) -> Any:
    pick = rng.random()
    if depth > 3 or pick < 0.6:
        return rng.choice(_SCALARS)
    if pick < 0.7:
        return _copy(rng.choice(_FORMS))
    if pick < 0.72:
        # Written out in the text: the encoder and we ourselves do not go so deep.
        return f"@{rng.choice('[{')}{rng.choice((50, 300, 600, 900, 950, 990, 2000))}@"
    if pick < 0.86:
        return [_value(rng, depth + 1) for _ in range(rng.randrange(4))]
    return {rng.choice(_MEMBERS): _value(rng, depth + 1) for _ in range(rng.randrange(4))}


def _deepened(text: str) -> str:
    """A text with its markers of depth written out."""

    def written(marker: re.Match[str]) -> str:
        levels = int(marker[2])
        return "[" * levels + "]" * levels if marker[1] == "[" else '{"a":' * levels + "1" + "}" * levels

    return re.sub(r'"@([\[{])(\d+)@"', written, text) if '"@' in text else text


def _places(value: Any, depth: int = 0) -> list[tuple[Any, Any]]:
    """Every member of every container: where something can be changed."""
    if depth > 6:
        return []
    if isinstance(value, dict):
        inner = value.items()
    elif isinstance(value, list):
        inner = enumerate(value)  # type: ignore[assignment]
    else:
        return []
    found = [(value, key) for key, _ in inner]
    children = list(value.values()) if isinstance(value, dict) else value
    for child in children:
        found += _places(child, depth + 1)
    return found


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    return [_copy(item) for item in value] if isinstance(value, list) else value


def _restructure(rng: random.Random, frame: Any) -> Any:
    frame = _copy(frame)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        places = _places(frame)
        if not places:
            return _value(rng)
        # The outer members decide most, so they are changed more often.
        container, key = places[rng.randrange(min(len(places), rng.choice((4, 12, 10_000))))]
        pick = rng.random()
        if pick < 0.25:
            del container[key]
        elif pick < 0.65:
            container[key] = _value(rng)
        elif pick < 0.72:
            container[key] = [container[key]]
        elif pick < 0.79:
            container[key] = {rng.choice(_MEMBERS): container[key]}
        elif pick < 0.9 and isinstance(container, dict):
            container[rng.choice(_MEMBERS)] = _value(rng)
        elif isinstance(container, dict):
            container[rng.choice(_MEMBERS)] = container.pop(key)
        else:
            container.append(_copy(container[key]))
    return frame


def _garble(rng: random.Random, text: str) -> str:
    """Changes that know nothing of JSON."""
    if not text:
        return rng.choice(("", " ", "\x00", "null"))
    pick, at = rng.random(), rng.randrange(len(text))
    if pick < 0.3:
        data = bytearray(text.encode("utf-8", "surrogatepass"))
        for _ in range(rng.randrange(1, 4)):
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        # The driver hands over only what is UTF-8.
        return data.decode("utf-8", "replace")
    if pick < 0.55:
        return text[:at]
    if pick < 0.65:
        end = rng.randrange(at, min(len(text), at + 40) + 1)
        return text[:at] + text[end:]
    if pick < 0.75:
        end = rng.randrange(at, min(len(text), at + 40) + 1)
        return text[:end] + text[at:]
    if pick < 0.85:
        return (
            text[:at]
            + rng.choice(('"', "{", "}", "[", "]", ",", ":", "\\", "\\u", "\\ud800", "1e999", "-"))
            + text[at:]
        )
    if pick < 0.9:
        digits = "9" * rng.choice((20, 400, 5000))
        return text.replace(rng.choice("0123456789"), digits, 1)
    if pick < 0.95:
        levels = rng.choice((100, 900, 1200, 20_000))
        return text.replace(rng.choice(("null", "[]", "{}", '""')), "[" * levels + "]" * levels, 1)
    return text + rng.choice((text, "\n", "x", "\x00"))


def _repeat_member(rng: random.Random, text: str) -> str:
    """The same member twice in an object, which JSON allows and nobody defines."""
    if not text.startswith("{"):
        return text
    name = rng.choice(_MEMBERS)
    return "{" + json.dumps(name) + ":" + _deepened(json.dumps(_value(rng))) + "," + text[1:]


def mutant(rng: random.Random, dialect: str) -> str:
    """One text."""
    frame = rng.choice(corpus(dialect))
    if rng.random() < 0.3 and isinstance(frame, dict) and "id" in frame and frame.get("msg", "result") == "result":
        frame = {**frame, "id": rng.choice(OURS)}
    pick = rng.random()
    if pick < 0.72:
        frame = _restructure(rng, frame)
    elif pick < 0.74:
        frame = _value(rng)
    text = _deepened(json.dumps(frame, ensure_ascii=rng.random() < 0.5))
    if 0.68 < pick < 0.95:
        text = _garble(rng, text)
    elif pick >= 0.95:
        text = _repeat_member(rng, text)
    return text
