"""A plausible value of a normalised schema: the answer of a stand-in for a server.

All randomness comes from the caller's generator, so the same seed gives the same value.
Names of members guide the choice (a ``port`` is a port, an ``id`` is small). Optional
members are filled in while the size lasts. `draft.allows` checks every part; a part that it
refuses is replaced by the smallest draft.

Times are ISO 8601 texts, as the schema says, not the extended form.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import ceil, floor
from random import Random
from typing import Any

from .draft import allows, draft
from .normalise import Schema, branches
from .pattern import example

__all__ = ["SIZE", "generate"]

SIZE = 240
"""The rough number of members and items in a whole value."""

_DEEPEST = 40
_MOST_ITEMS = 100
_LONGEST_TEXT = 4096
_WORDS = (
    "amber birch cedar delta ember fjord grove heron inlet jetty kelp larch maple north onyx pearl quartz".split()  # noqa: SIM905
)
_BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
_SCALARS = frozenset({"string", "integer", "number", "boolean", "null"})

_FORMATS = {
    "uri": "https://nas.example/",
    "email": "admin@nas.example",
    "ipvanyaddress": "192.0.2.10",
    "ipvanyinterface": "192.0.2.10/24",
    "ipvanynetwork": "192.0.2.0/24",
    "file-path": "/etc/hostname",
}
_RANGES = (
    ("port", 1, 65_535),
    ("percent", 0, 100),
    ("size", 2**30, 2**42),
    ("bytes", 2**10, 2**34),
    ("used", 2**30, 2**40),
    ("available", 2**30, 2**42),
    ("total", 2**30, 2**42),
    ("temp", 25, 55),
)


def generate(schema: Schema, random: Random, *, size: int = SIZE, name: str = "") -> Any:
    """A value that the normalised ``schema`` allows; ``size`` bounds its optional members and items.

    For a schema that no value satisfies, it is a plausible but invalid value.
    """
    return _Generation(random).value(schema, size, name, 0)


class _Generation:
    """The generation of one value."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def value(self, schema: Schema, size: int, name: str, depth: int) -> Any:
        if depth > _DEEPEST:
            return draft(schema).value
        made = self._made(schema, size, name, depth)
        return made if allows(schema, made) else draft(schema).value

    def _made(self, schema: Schema, size: int, name: str, depth: int) -> Any:
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            choices = [choice for choice in schema["enum"] if allows(schema, choice)]
            return self.random.choice(choices) if choices else schema["enum"][0]
        if schema.get("anyOf"):
            return self._alternative(schema, size, name, depth)
        examples = [one for one in schema.get("examples", ()) if not isinstance(one, (dict, list))]
        if examples and allows(schema, chosen := self.random.choice(examples)):
            return chosen
        return self._typed(schema, size, name, depth)

    def _alternative(self, schema: Schema, size: int, name: str, depth: int) -> Any:
        every = branches(schema)
        nothing = [branch for branch in every if branch.get("type") == "null"]
        others = [branch for branch in every if branch.get("type") != "null"]
        self.random.shuffle(others)
        # Now and then there is nothing, and at the end of the size nearly always.
        if nothing and self.random.random() < (0.2 if size > 0 else 0.9):
            others = nothing + others
        for branch in [*others, *nothing]:
            made = self.value(branch, size, name, depth + 1)
            if allows(schema, made):
                return made
        return None

    def _typed(self, schema: Schema, size: int, name: str, depth: int) -> Any:
        kind = schema.get("type")
        if isinstance(kind, list):
            kinds = [one for one in kind if one != "null"]
            empty = not kinds or ("null" in kind and self.random.random() < 0.2)
            kind = "null" if empty else self.random.choice(kinds)
        if kind is None and ("properties" in schema or "required" in schema):
            kind = "object"
        match kind:
            case "object":
                return self._object(schema, size, depth)
            case "array":
                return self._array(schema, size, name, depth)
            case "string" | None:
                return self._text(schema, name)
            case "integer" | "number":
                return self._number(schema, name, whole=kind == "integer")
            case "boolean":
                return self.random.random() < 0.5
        return None

    def _object(self, schema: Schema, size: int, depth: int) -> dict[str, Any]:
        members: dict[str, Schema] = schema.get("properties", {})
        required = schema.get("required", ())
        share = size // max(len(members), 1)
        made: dict[str, Any] = {}
        for name, member in members.items():
            if name in required or share > 0 or (size > 0 and _is_scalar(member)):
                made[name] = self.value(member, share, name, depth + 1)
        others = schema.get("additionalProperties")
        others = others if isinstance(others, dict) else {}
        for name in required:
            if name not in made:
                made[name] = self.value(others, share, name, depth + 1)
        names = schema.get("propertyNames") if isinstance(schema.get("propertyNames"), dict) else None
        if others and not members and size > 0:
            for number in range(2):
                key = self.value({"type": "string", **names}, 0, "", depth + 1) if names else self._word(number)
                made[str(key)] = self.value(others, size // 2, str(key), depth + 1)
        return made

    def _array(self, schema: Schema, size: int, name: str, depth: int) -> list[Any]:
        prefix = schema.get("prefixItems", ())
        items = schema.get("items")
        wanted = max(schema.get("minItems", 0), len(prefix), 2 if size > 0 and items is not False else 0)
        count = min(wanted, schema.get("maxItems", wanted), _MOST_ITEMS)
        made: list[Any] = []
        for position in range(count):
            part = prefix[position] if position < len(prefix) else items if isinstance(items, dict) else {}
            item = self.value(part, size // count, name.removesuffix("s"), depth + 1)
            for _ in range(8 if schema.get("uniqueItems") else 0):
                if item not in made:
                    break
                item = self.value(part, size // count, "", depth + 1)
            made.append(item)
        if schema.get("uniqueItems"):
            made = [item for position, item in enumerate(made) if item not in made[:position]]
        return made

    def _text(self, schema: Schema, name: str) -> str:
        shortest = min(schema.get("minLength", 0), _LONGEST_TEXT)
        longest = schema.get("maxLength", _LONGEST_TEXT)
        if schema.get("format") in ("date-time", "date", "time") or (not schema.get("pattern") and _is_time(name)):
            text = self._moment(schema.get("format"))
        elif schema.get("format") in _FORMATS:
            text = _FORMATS[schema["format"]]
        elif "pattern" in schema:
            text = example(schema["pattern"], min_length=shortest, max_length=schema.get("maxLength")) or self._word()
        elif name.endswith(("path", "mountpoint", "dir")):
            text = f"/mnt/tank/{self._word()}"
        elif name in ("uuid", "guid"):
            text = f"{self.random.getrandbits(64)}"
        else:
            text = self._word()
        return text.ljust(shortest, "x")[:longest]

    def _word(self, number: int | None = None) -> str:
        return self.random.choice(_WORDS) if number is None else _WORDS[number % len(_WORDS)]

    def _moment(self, kind: str | None) -> str:
        moment = _BEGIN + timedelta(seconds=self.random.randrange(365 * 86_400))
        match kind:
            case "date":
                return moment.date().isoformat()
            case "time":
                return moment.time().isoformat()
        return moment.isoformat()

    def _number(self, schema: Schema, name: str, *, whole: bool) -> int | float:
        low, high = next(((low, high) for part, low, high in _RANGES if part in name), (0, 9))
        if name == "id":
            low, high = 1, 99
        step = 1 if whole else 0.5
        least = _strictest(max, schema.get("minimum"), _shifted(schema.get("exclusiveMinimum"), step))
        most = _strictest(min, schema.get("maximum"), _shifted(schema.get("exclusiveMaximum"), -step))
        if least is not None and low < least:
            low, high = ceil(least), max(high, ceil(least) + 9)
        if most is not None and high > most:
            low, high = min(low, floor(most)), floor(most)
            if least is not None:
                low = max(low, ceil(least))
        value = self.random.randint(low, max(low, high))
        return value if whole else min(value + round(self.random.random(), 2), float(high))


def _strictest(choose: Any, *bounds: float | None) -> float | None:
    return choose((bound for bound in bounds if bound is not None), default=None)  # type: ignore[no-any-return]


def _shifted(bound: float | None, step: float) -> float | None:
    return None if bound is None else bound + step


def _is_scalar(schema: Schema) -> bool:
    return isinstance(schema.get("type"), str) and schema["type"] in _SCALARS


def _is_time(name: str) -> bool:
    return name.endswith(("_at", "datetime"))
