"""The methods of a server, as ``core.get_methods`` lists them.

Loading is cheap. An entry stays as received until a caller asks for one of its schemas,
which is then normalised once. `Catalogue.pack` compresses the schemas that no caller has
used, for programs that run long: a whole catalogue then takes about a megabyte instead of
twenty.

A catalogue does not change. It does not change the entries given to `from_methods` either,
but refers to them until it is packed: do not change them.

Invariant: an invalid entry affects no other entry. Its unreadable parts count as missing,
and `Method.problems` names them.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from .risk import Risk, classify, inner_method, worst

# The modules that read schemas and descriptions are imported on first use: a list of methods needs none of them.
if TYPE_CHECKING:
    from .check import Problem
    from .draft import Draft
    from .normalise import Schema

__all__ = ["FLAGS", "Catalogue", "Method"]

FLAGS = ("job", "filterable", "downloadable", "uploadable", "no_auth_required")
"""The members of a server's entry that are true or false."""

_MOST_NAMES = 2000
"""The most searchable names of members, of one argument and of all. The most of a real method are 409."""
_LONGEST_ENTRY = 2_000_000
"""The most characters of JSON kept of one method. The longest real entry has 190,000."""


class Param(NamedTuple):
    """One positional argument; ``schema`` is in standard form."""

    name: str
    required: bool
    schema: Schema


class Method:
    """One method. Cheap until `params`, `returns`, `draft` or `check` is used; then cached."""

    name: str
    namespace: str
    action: str
    """The last part of the name."""
    roles: tuple[str, ...]
    job: bool
    filterable: bool
    downloadable: bool
    uploadable: bool
    no_auth_required: bool

    def __init__(self, name: str, entry: Mapping[str, Any]) -> None:
        self._problems: list[str] = []
        roles = tuple(role for role in self._given(entry, "roles", list) or () if isinstance(role, str))
        self._begin(name, {flag for flag in FLAGS if entry.get(flag)}, roles)
        self._cli_description: str | None = self._given(entry, "cli_description", str)
        self._raw: tuple[Any, Any, Any, Any] | None = (
            self._given(entry, "accepts", list),
            self._given(entry, "returns", list, dict),
            self._given(entry, "description", str),
            self._given(entry, "examples", dict),
        )
        self._packed: bytes | None = None
        self._summary: str | None = None
        self._names: tuple[str, ...] | None = None

    def _begin(self, name: str, flags: Collection[str], roles: tuple[str, ...]) -> None:
        """Set what is not kept packed, for both ways to make a method."""
        self.name = name
        self.namespace, _, self.action = name.rpartition(".")
        self.roles = roles
        for flag in FLAGS:
            setattr(self, flag, flag in flags)
        self._risk: Risk | None = None
        self._params: tuple[Param, ...] | None = None
        self._returns: Schema | None = None

    def __repr__(self) -> str:
        return f"<Method {self.name}>"

    def _given(self, entry: Mapping[str, Any], key: str, *kinds: type) -> Any:
        value = entry.get(key)
        if value is None or isinstance(value, kinds):
            return value
        self._problems.append(f"{key} is {type(value).__name__}")
        return None

    @property
    def problems(self) -> tuple[str, ...]:
        """The unreadable parts of the server's entry, a few words each. The list grows as more parts are read."""
        return tuple(dict.fromkeys(self._problems))

    @property
    def risk(self) -> Risk:
        """Read, write or risk. For ``core.bulk`` and ``core.download`` see `Catalogue.risk_of`."""
        if self._risk is None:
            self._risk = classify(self.name, filterable=self.filterable, roles=self.roles)
        return self._risk

    @property
    def summary(self) -> str:
        """One line of plain text, "" without a description."""
        if self._summary is None:
            from .doctext import first_sentence, is_cut, one_line

            line = self._cli_description or ""
            # The server cuts it at the first full stop, even inside a quoted name. An unclosed quote reveals that.
            self._summary = ("" if is_cut(line) else one_line(line)) or first_sentence(self._texts()[2])
        return self._summary

    @property
    def description(self) -> str:
        """Plain text in paragraphs, "" without a description."""
        from .doctext import plain_text, split_examples

        return plain_text(split_examples(self._texts()[2] or "")[0])

    @property
    def examples(self) -> tuple[str, ...]:
        """The server's example texts for users of this API."""
        from .doctext import split_examples

        description, examples = self._texts()[2:]
        kinds = examples if isinstance(examples, dict) else {}
        listed = (kinds.get(kind) for kind in ("__all__", "websocket"))
        texts = [text for some in listed if isinstance(some, list) for text in some]
        # 27 has them inside the description.
        texts += [told] if (told := split_examples(description or "")[1]) else []
        return tuple(text.strip("\n") for text in texts if isinstance(text, str))

    @property
    def params(self) -> tuple[Param, ...]:
        """The positional arguments, in order."""
        if self._params is None:
            from .normalise import normalise

            self._params = tuple(
                Param(_argument_name(schema, index), bool(schema.get("_required_")), normalise(schema, self._problems))
                for index, schema in enumerate(self.accepts)
            )
        return self._params

    @property
    def returns(self) -> Schema:
        """The schema of the result; ``{}`` (any value) when the server gives none."""
        if self._returns is None:
            from .normalise import normalise

            answers = self._texts()[1]
            if isinstance(answers, list):
                answers = answers[0] if answers else None
            self._returns = normalise(answers, self._problems)
        return self._returns

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the arguments and of their members (through alternatives), each once: words to search for."""
        return self._collected() if self._names is None else self._names

    def draft(self) -> list[Any]:
        """The smallest valid arguments: the required ones, in order. A fresh list each time."""
        return list(self.smallest().value)

    def smallest(self) -> Draft:
        """The smallest valid arguments, with the paths (argument index first) that the user has to fill in."""
        from .draft import Draft, draft

        # Arguments are positional, so an optional one before a required one has to be there too.
        last = max((index for index, param in enumerate(self.params) if param.required), default=-1)
        parts = [draft(param.schema) for param in self.params[: last + 1]]
        to_fill = tuple(path for index, part in enumerate(parts) for path in part.under(index))
        # A copy, so that editing a draft never changes a schema's default.
        return Draft(deepcopy([part.value for part in parts]), to_fill)

    def check(self, params: Sequence[Any]) -> list[Problem]:
        """The problems of these arguments, by their schemas. Paths start with the argument's index.

        Loads the schema validator on first use. An empty list does not promise that the server accepts them.
        """
        from .check import check_arguments

        return check_arguments([(param.name, param.required, param.schema) for param in self.params], params)

    def pack(self) -> bytes:
        """Compress the long parts and return the compressed text, from which `unpacked` makes the method again."""
        if self._packed is None:
            self._names, self._summary = self._collected(), self.summary
            try:
                text = json.dumps(self._raw, separators=(",", ":"))
            except RecursionError:
                self._problems.append("it is nested too deeply")
                text = json.dumps((None, None, self._texts()[2], None))
            if len(text) > _LONGEST_ENTRY:
                self._problems.append("it is too long")
                text = json.dumps((None, None, None, None))
            if '"$ref":' in text:
                self._problems.append("$ref leads nowhere")
            self._packed = zlib.compress(text.encode(), 1)
            self._raw = None
        return self._packed

    @classmethod
    def unpacked(
        cls,
        name: str,
        flags: Collection[str],
        roles: Sequence[str],
        summary: str,
        names: Sequence[str],
        packed: bytes,
        problems: Sequence[str] = (),
    ) -> Self:
        """Make a method from its short parts, and from the compressed text that `pack` returned.

        ``flags`` are those of `FLAGS` that it has, ``problems`` those found before packing.
        """
        method = cls.__new__(cls)  # a list of methods on disk makes hundreds of these before it is shown
        method._begin(name, flags, tuple(roles))
        method._cli_description, method._raw, method._packed = None, None, packed
        method._summary, method._names, method._problems = summary, tuple(names), list(problems)
        return method

    def _collected(self) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for index, schema in enumerate(self.accepts):
            if not isinstance(schema.get("properties", {}), dict):
                self._problems.append(f"properties is {type(schema['properties']).__name__}")
            found[_argument_name(schema, index)] = None
            found.update(dict.fromkeys(islice(_member_names(schema), _MOST_NAMES)))
        return tuple(islice(found, _MOST_NAMES))

    @property
    def accepts(self) -> list[dict[str, Any]]:
        """The schemas of the arguments as the server sent them; `params` has them in standard form."""
        accepts = self._texts()[0]
        return [schema for schema in accepts if isinstance(schema, dict)] if isinstance(accepts, list) else []

    def _texts(self) -> tuple[Any, Any, Any, Any]:
        """The server's schemas of arguments and result, its description and its examples."""
        # Read `_raw` before `_packed`: another thread may be packing, and it sets `_packed` first.
        if (raw := self._raw) is not None:
            return raw
        if self._packed is None:
            return None, None, None, None
        accepts, returns, description, examples = json.loads(zlib.decompress(self._packed))
        return accepts, returns, description, examples


def _method(name: str, entry: Any) -> Method:
    if isinstance(entry, Mapping):
        return Method(name, entry)
    method = Method(name, {})
    method._problems.append(f"its entry is {type(entry).__name__}")
    return method


def _argument_name(schema: Mapping[str, Any], index: int) -> str:
    name = schema.get("_name_") or schema.get("title")
    return name if isinstance(name, str) else f"arg{index + 1}"


def _member_names(schema: Any, depth: int = 3) -> Iterator[str]:
    if not isinstance(schema, dict) or depth == 0:
        return
    members = schema.get("properties")
    for name, member in members.items() if isinstance(members, dict) else ():
        yield name
        yield from _member_names(member, depth - 1)
    for keyword in ("anyOf", "oneOf", "items"):
        branches = schema.get(keyword)
        for branch in branches if isinstance(branches, list) else (branches,):
            yield from _member_names(branch, depth)


class Catalogue:
    """All methods of one server, sorted by name."""

    __slots__ = ("_methods", "_namespaces", "services")

    services: Mapping[str, Any]
    """The answer of ``core.get_services``, ``{}`` when it was not given."""

    def __init__(self, methods: Iterable[Method], services: Mapping[str, Any] | None = None) -> None:
        self._methods = {method.name: method for method in sorted(methods, key=lambda method: method.name)}
        self._namespaces: list[str] | None = None
        self.services = services if isinstance(services, Mapping) else {}

    @classmethod
    def from_methods(cls, methods: Mapping[str, Any], services: Mapping[str, Any] | None = None) -> Catalogue:
        """From the answers of ``core.get_methods`` and, when at hand, ``core.get_services``.

        For an entry that is not an object only the name is known. Raises TypeError when ``methods`` is not an object.
        """
        if not isinstance(methods, Mapping):
            raise TypeError(f"core.get_methods answered {type(methods).__name__}, not an object")
        return cls((_method(name, entry) for name, entry in methods.items()), services)

    @property
    def methods(self) -> Mapping[str, Method]:
        """By name, in order of names."""
        return MappingProxyType(self._methods)

    def __len__(self) -> int:
        return len(self._methods)

    def __iter__(self) -> Iterator[Method]:
        return iter(self._methods.values())

    def __contains__(self, name: object) -> bool:
        return name in self._methods

    def get(self, name: str) -> Method | None:
        """The method of this name, or None."""
        return self._methods.get(name)

    def namespaces(self) -> list[str]:
        """Every namespace that holds a method, sorted."""
        if self._namespaces is None:
            self._namespaces = sorted({method.namespace for method in self})
        return list(self._namespaces)

    def risk_of(self, name: str, params: Sequence[Any] = ()) -> Risk:
        """The risk of this call. A call that runs another method has that method's risk. Unknown methods go by rule."""
        inner = inner_method(name, params)
        if inner is not None and inner != name:
            if name == "core.bulk":
                calls = params[1] if len(params) > 1 and isinstance(params[1], list) else []
                return worst(self.risk_of(inner, call if isinstance(call, list) else ()) for call in [[], *calls])
            return self.risk_of(inner, params[1] if len(params) > 1 and isinstance(params[1], list) else ())
        method = self._methods.get(name)
        return classify(name) if method is None else method.risk

    def pack(self, *, at_a_time: int = 40) -> Iterator[int]:
        """Compress unused schemas in slices. Each step of the iterator packs ``at_a_time`` methods in about 4 ms and
        yields how many are left, so that an event loop can run other tasks in between."""
        methods = iter(list(self._methods.values()))
        left = len(self._methods)
        while left > 0:
            for method in islice(methods, at_a_time):
                method.pack()
            left -= at_a_time
            yield max(left, 0)
