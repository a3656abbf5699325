"""What a server can do: its methods, as ``core.get_methods`` lists them.

Loading costs next to nothing: an entry is kept as it came until somebody asks
for one of its schemas, which are then brought into standard form (once, and
kept). `Catalogue.pack` folds untouched schemas into compressed text, for programs that stay
open: a whole catalogue then needs about a megabyte instead of twenty.

A catalogue does not change. The entries given to `from_methods` are not changed
either, but they are referred to until packed: do not change them afterwards.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self

from .plaintext import first_sentence, is_cut, one_line, plain_text, split_examples
from .risk import Risk, classify, inner_method, worst

# What reads schemas is loaded when somebody asks for one: a list of methods needs none of it.
if TYPE_CHECKING:
    from .schema.check import Problem
    from .schema.draft import Draft
    from .schema.normalise import Schema

__all__ = ["Catalogue", "Method", "Param"]


@dataclass(frozen=True, slots=True)
class Param:
    """One positional argument; ``schema`` is in standard form."""

    name: str
    required: bool
    schema: Schema


class Method:
    """One method. Cheap until `params`, `returns`, `draft` or `check` is used; then cached."""

    __slots__ = (
        "_cli_description",
        "_names",
        "_packed",
        "_params",
        "_raw",
        "_returns",
        "_summary",
        "action",
        "downloadable",
        "filterable",
        "job",
        "name",
        "namespace",
        "no_auth_required",
        "risk",
        "roles",
        "uploadable",
    )

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
    risk: Risk
    """Read, write or risk; of ``core.bulk`` and ``core.download`` see `Catalogue.risk_of`."""

    def __init__(self, name: str, entry: Mapping[str, Any]) -> None:
        self.name = name
        self.namespace, _, self.action = name.rpartition(".")
        self.roles = tuple(role for role in entry.get("roles") or () if isinstance(role, str))
        self.job = bool(entry.get("job"))
        self.filterable = bool(entry.get("filterable"))
        self.downloadable = bool(entry.get("downloadable"))
        self.uploadable = bool(entry.get("uploadable"))
        self.no_auth_required = bool(entry.get("no_auth_required"))
        self.risk = classify(name, filterable=self.filterable, roles=self.roles)
        self._cli_description: str | None = entry.get("cli_description")
        self._raw: tuple[Any, Any, Any, Any] | None = (
            entry.get("accepts"),
            entry.get("returns"),
            entry.get("description"),
            entry.get("examples"),
        )
        self._packed: bytes | None = None
        self._summary: str | None = None
        self._names: tuple[str, ...] | None = None
        self._params: tuple[Param, ...] | None = None
        self._returns: Schema | None = None

    def __repr__(self) -> str:
        return f"<Method {self.name}>"

    @property
    def summary(self) -> str:
        """One plain line, "" when the server says nothing."""
        if self._summary is None:
            line = self._cli_description or ""
            # Servers cut it at the first full stop, be it in the middle of a name: a quote that does not end tells.
            self._summary = ("" if is_cut(line) else one_line(line)) or first_sentence(self._texts()[2])
        return self._summary

    @property
    def description(self) -> str:
        """Plain text in paragraphs, "" when the server says nothing."""
        return plain_text(split_examples(self._texts()[2] or "")[0])

    @property
    def examples(self) -> tuple[str, ...]:
        """The example texts for callers of this interface, as the server words them."""
        description, examples = self._texts()[2:]
        kinds = examples if isinstance(examples, dict) else {}
        texts = [text for kind in ("__all__", "websocket") for text in kinds.get(kind) or ()]
        # 27 tells them inside the description.
        texts += [told] if (told := split_examples(description or "")[1]) else []
        return tuple(text.strip("\n") for text in texts if isinstance(text, str))

    @property
    def params(self) -> tuple[Param, ...]:
        """The positional arguments, in order."""
        if self._params is None:
            from .schema.normalise import normalise

            self._params = tuple(
                Param(_argument_name(schema, index), bool(schema.get("_required_")), normalise(schema))
                for index, schema in enumerate(self._accepts())
            )
        return self._params

    @property
    def returns(self) -> Schema:
        """The schema of the result; ``{}`` (any value) when the server gives none."""
        if self._returns is None:
            from .schema.normalise import normalise

            answers = self._texts()[1]
            self._returns = normalise(answers[0] if isinstance(answers, list) and answers else answers)
        return self._returns

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the arguments and of their members (through alternatives), each once: words to search for."""
        return self._collected() if self._names is None else self._names

    def draft(self) -> list[Any]:
        """The smallest valid arguments: what is required, in order; a fresh list each time."""
        return list(self.smallest().value)

    def smallest(self) -> Draft:
        """The smallest valid arguments, with the paths (argument index first) that wait to be filled in."""
        from .schema.draft import Draft, draft

        # An optional argument in front of a required one has to be there too.
        last = max((index for index, param in enumerate(self.params) if param.required), default=-1)
        parts = [draft(param.schema) for param in self.params[: last + 1]]
        to_fill = tuple(path for index, part in enumerate(parts) for path in part.under(index))
        return Draft([_copied(part.value) for part in parts], to_fill)

    def check(self, params: Sequence[Any]) -> list[Problem]:
        """What is wrong with these arguments, by their schemas; paths start with the argument's index.

        Loads the schema validator on first use. An empty list does not promise that the server agrees.
        """
        from .schema.check import check_arguments

        return check_arguments([(param.name, param.required, param.schema) for param in self.params], params)

    def pack(self) -> bytes:
        """Keep what is long as compressed text, which is returned: `unpacked` makes the method of it again."""
        if self._packed is None:
            self._names, self._summary = self._collected(), self.summary
            self._packed = zlib.compress(json.dumps(self._raw, separators=(",", ":")).encode(), 1)
            self._raw = None
        return self._packed

    @classmethod
    def unpacked(cls, name: str, entry: Mapping[str, Any], summary: str, names: Sequence[str], packed: bytes) -> Self:
        """A method of which ``entry`` holds only the flags and roles, and ``packed`` what `pack` returned."""
        method = cls(name, entry)
        method._summary, method._names = summary, tuple(names)
        method._raw, method._packed = None, packed
        return method

    def _collected(self) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for index, schema in enumerate(self._accepts()):
            found[_argument_name(schema, index)] = None
            found.update(dict.fromkeys(_member_names(schema)))
        return tuple(found)

    def _accepts(self) -> list[dict[str, Any]]:
        accepts = self._texts()[0]
        return [schema for schema in accepts if isinstance(schema, dict)] if isinstance(accepts, list) else []

    def _texts(self) -> tuple[Any, Any, Any, Any]:
        """What the server says of the arguments, of the result, in words, and by examples."""
        # In this order, because another thread may be packing.
        if (raw := self._raw) is not None:
            return raw
        if self._packed is None:
            return None, None, None, None
        accepts, returns, description, examples = json.loads(zlib.decompress(self._packed))
        return accepts, returns, description, examples


def _argument_name(schema: Mapping[str, Any], index: int) -> str:
    name = schema.get("_name_") or schema.get("title")
    return name if isinstance(name, str) else f"arg{index + 1}"


def _member_names(schema: Any, depth: int = 3) -> Iterator[str]:
    if not isinstance(schema, dict) or depth == 0:
        return
    for name, member in (schema.get("properties") or {}).items():
        yield name
        yield from _member_names(member, depth - 1)
    for keyword in ("anyOf", "oneOf", "items"):
        branches = schema.get(keyword)
        for branch in branches if isinstance(branches, list) else (branches,):
            yield from _member_names(branch, depth)


def _copied(value: Any) -> Any:
    """A copy of a JSON value, so that editing a draft never changes a schema's default."""
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list) else value


class Catalogue:
    """All methods of one server, sorted by name."""

    __slots__ = ("_methods", "_namespaces", "services")

    services: Mapping[str, Any]
    """The answer of ``core.get_services``, ``{}`` when it was not given."""

    def __init__(self, methods: Iterable[Method], services: Mapping[str, Any] | None = None) -> None:
        self._methods = {method.name: method for method in sorted(methods, key=lambda method: method.name)}
        self._namespaces: list[str] | None = None
        self.services = services or {}

    @classmethod
    def from_methods(cls, methods: Mapping[str, Any], services: Mapping[str, Any] | None = None) -> Catalogue:
        """From the answers of ``core.get_methods`` and, when at hand, ``core.get_services``.

        Entries that are not objects are left out. Raises TypeError when ``methods`` is not an object.
        """
        if not isinstance(methods, Mapping):
            raise TypeError(f"core.get_methods answered {type(methods).__name__}, not an object")
        return cls((Method(name, entry) for name, entry in methods.items() if isinstance(entry, Mapping)), services)

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
        """What this call may do. Calls that carry another are what that one is; of unknown methods the rule decides."""
        inner = inner_method(name, params)
        if inner is not None and inner != name:
            if name == "core.bulk":
                calls = params[1] if len(params) > 1 and isinstance(params[1], list) else []
                return worst(self.risk_of(inner, call if isinstance(call, list) else ()) for call in [[], *calls])
            return self.risk_of(inner, params[1] if len(params) > 1 and isinstance(params[1], list) else ())
        method = self._methods.get(name)
        return classify(name) if method is None else method.risk

    def pack(self, *, at_a_time: int = 40) -> Iterator[int]:
        """Compress untouched schemas in slices: each step of the iterator packs ``at_a_time`` methods and gives how
        many are left, so that an event loop can breathe in between (a step takes about 4 ms)."""
        methods = iter(list(self._methods.values()))
        left = len(self._methods)
        while left > 0:
            for method in islice(methods, at_a_time):
                method.pack()
            left -= at_a_time
            yield max(left, 0)
