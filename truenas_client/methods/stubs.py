"""Stubs (``.pyi``) of a server's methods, so that editors and type checkers know ``nas.api.pool.dataset.query(...)``.

A package ``truenas_api`` with a file for each service that has no other above it: ``pool.pyi`` holds the types and the
methods of ``pool``, ``pool.dataset``, ... Editors read a file when they need it. Beside it `client_stub` makes the stub
of `truenas_client` itself, whose clients have these methods in place of any.

Invariant: a method stands in the stubs if and only if the catalogue has it and Python can write its name.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping
from keyword import iskeyword

from .catalogue import Catalogue, Method
from .pytypes import Types, camel, is_plain

__all__ = ["MARK", "PACKAGE", "api_stubs", "client_stub"]

PACKAGE = "truenas_api"
MARK = "# Made by `midclt stubs`"
"""How each file begins, which tells it from one of other origin."""

_COMMON = f"""\
{MARK}: what queries take.

from collections.abc import Callable, Sequence
from typing import Any, Literal, Required, TypedDict

QueryFilters = Sequence[Sequence[Any]]
JobCallback = Callable[[dict[str, Any]], object]

class _Options(TypedDict, total=False):
    extra: dict[str, Any]
    order_by: list[str]
    offset: int
    limit: int
    force_sql_filters: bool
    relationships: bool

class QueryOptions(_Options, total=False):
    get: Literal[False]
    count: Literal[False]
    select: None

class SelectOptions(_Options, total=False):
    get: Literal[False]
    count: Literal[False]
    select: Required[Sequence[str | Sequence[str]]]

class GetOptions(_Options, total=False):
    get: Required[Literal[True]]
    count: Literal[False]
    select: Sequence[str | Sequence[str]]

class CountOptions(_Options, total=False):
    get: Literal[False]
    count: Required[Literal[True]]
    select: Sequence[str | Sequence[str]]
"""

_HIDES = frozenset({"dict", "list", "set"})
_IMPORTS = """\
from builtins import dict as _dict, list as _list, set as _set
from datetime import date, datetime, time
from typing import Any, Literal, Required, TypedDict, overload

from truenas_client.sync.jobs import Job

from ._common import CountOptions, GetOptions, JobCallback, QueryFilters, QueryOptions, SelectOptions
"""


def api_stubs(catalogue: Catalogue, version: str) -> dict[str, str]:
    """The files of the package, text by name. ``version`` is the server's."""
    tree: dict[str, dict[str, list[Method]]] = {}
    for method in catalogue:
        parts = method.name.split(".")
        if len(parts) > 1 and all(is_plain(_written(part)) and part[0] != "_" for part in parts):
            tree.setdefault(parts[0], {}).setdefault(method.namespace, []).append(method)
    files = {"_common.pyi": _COMMON, "py.typed": ""}
    origin = f"{MARK} from the methods of {ascii(version)[1:-1] or 'a server'}."
    top = [origin, ""]
    for service in sorted(tree):
        files[f"{service}.pyi"] = f"{origin}\n\n{_IMPORTS}\n{_service(tree[service])}"
        top.append(f"from . import {service} as _{service}")
    for kind, prefix in (("BlockingApi", ""), ("AsyncApi", "Async")):
        top += [
            "",
            f"class {kind}:",
            *(f"    {service}: _{service}.{prefix}{camel(service)}Methods" for service in sorted(tree)),
        ]
        top += [] if tree else ["    pass"]
    files["__init__.pyi"] = "\n".join(top) + "\n"
    return files


def client_stub(names: Iterable[str], homes: Mapping[str, str]) -> str:
    """The stub of `truenas_client`: its clients have the methods of `api_stubs`, all else is as it is.

    ``names`` are those that it exports, ``homes`` the modules in which they are.
    """
    known = sorted(names)
    own = ("AsyncClient", "Client", "JSONRPCClient", "LegacyClient")
    modules = ("ejson", "exc")
    lines = [
        f"{MARK}: the clients with the methods of one server.",
        "",
        *(f"import truenas_client.{name} as {name}" for name in modules),
        "from typing import Self",
        "",
        f"from {PACKAGE} import AsyncApi, BlockingApi",
        *(f"from truenas_client.{homes[name]} import {name} as _{name}" for name in own[:2]),
        *(
            f"from truenas_client.{homes.get(name, 'exc')} import {name}"
            for name in known
            if name not in (*own, *modules)
        ),
        "",
        f"__all__ = {known!r}",
        "",
        "__version__: str",
        "",
    ]
    for name, api, prefix in (("Client", "BlockingApi", ""), ("AsyncClient", "AsyncApi", "a")):
        lines += [
            f"class {name}(_{name}):",
            "    @property",
            f"    def api(self) -> {api}: ...  # type: ignore[override]",
            f"    {'async ' if prefix else ''}def __{prefix}enter__(self) -> Self: ...",
            "",
        ]
    return "\n".join([*lines, "class JSONRPCClient(Client): ...", "class LegacyClient(Client): ...", ""])


def _written(part: str) -> str:
    """A part of a method's name as Python writes it: ``global`` is a keyword, so ``nas.api.system.global_.id()``."""
    return f"{part}_" if iskeyword(part) else part


def _service(methods: dict[str, list[Method]]) -> str:
    """The types and the classes of one service and those below it, from the methods by namespace."""
    namespaces = _with_parents(methods)
    names: dict[str, str] = {}
    for namespace in namespaces:
        name = f"{camel(namespace)}Methods"
        while name in names.values():  # `a.b_c` after `a_b.c`
            name += "_"
        names[namespace] = name
    types = Types({f"{prefix}{name}" for name in names.values() for prefix in ("", "Async")})
    classes: list[str] = []
    signatures = {
        method.name: _Signature(method, types)
        # What a query answers gives a type its name, then what others take and answer.
        for method in sorted(
            (method for some in methods.values() for method in some),
            key=lambda method: (method.namespace, not method.name.endswith(".query"), method.name),
        )
    }
    for prefix in ("", "Async"):
        # The inner ones first, because those above have them as attributes.
        for namespace in sorted(namespaces, key=lambda name: (-name.count("."), name)):
            body: list[str] = []
            if namespace in signatures:  # `pool.scrub` is a method, and has others below it
                body += signatures[namespace].lines("__call__", bool(prefix))
            below = [one for one in namespaces if one.rpartition(".")[0] == namespace]
            body += [f"{_written(one.rpartition('.')[2])}: {prefix}{names[one]}" for one in below]
            for method in methods.get(namespace, ()):
                if method.name not in namespaces:
                    body += signatures[method.name].lines(_written(method.action), bool(prefix))
            if hidden := _HIDES & {method.action for method in methods.get(namespace, ())}:
                # In the class the method hides the type: `alert.list`.
                body = [re.sub(rf"\b({'|'.join(hidden)})\[", r"_\1[", line) for line in body]
            lines = "".join(f"    {line}\n" for line in body)
            classes.append(f"class {prefix}{names[namespace]}:\n{lines}")
    return "\n".join([*types.definitions, *classes])


def _with_parents(namespaces: Iterable[str]) -> list[str]:
    found = set()
    for namespace in namespaces:
        while namespace:
            found.add(namespace)
            namespace = namespace.rpartition(".")[0]
    return sorted(found)


class _Signature:
    """What a method takes and answers, as Python's types."""

    def __init__(self, method: Method, types: Types) -> None:
        self._method = method
        base = camel(method.name)
        self._params: list[tuple[str, str, bool]] = []
        last = max((place for place, param in enumerate(method.params) if param.required), default=-1)
        self._queries = method.filterable and not method.job and len(method.params) > 1
        for place, param in enumerate(method.params):
            own = camel(param.name)
            name = base if own.lower() in ("data", base.lower()) else f"{base}{own}"
            known = self._queries and place < 2  # filters and options: alike for all, see `_COMMON`
            kind = "Any" if known else types.of(param.schema, name, result=False)
            self._params.append(
                (_parameter(param.name, place, [one for one, _, _ in self._params]), kind, place <= last)
            )
        rows = _row(method) if self._queries else None
        if rows is not None:
            self._result = types.of(
                rows, f"{camel(method.namespace)}Row" if _is_query(method) else f"{base}Row", result=True
            )
        else:
            self._result = types.of(method.returns, f"{base}Result", result=True)

    def lines(self, name: str, is_async: bool) -> Iterator[str]:
        """The function under this name."""
        start = f"{'async ' if is_async else ''}def {name}(self"
        tail = "timeout: float | None = ..." + (", repeat: bool | None = ..." if is_async else "")
        about = ascii(self._method.summary) if self._method.summary else "..."
        # ``ascii`` writes a text of the server as one line that is nothing but a literal.
        if self._queries:
            row = self._result if self._result != "Any" else "dict[str, Any]"
            for options, answer in (
                ("options: CountOptions", "int"),
                ("options: GetOptions", row),
                ("options: SelectOptions", "list[dict[str, Any]]"),
                ("options: QueryOptions = ...", f"list[{row}]"),
            ):
                filters = "filters: QueryFilters" + (" = ..." if options.endswith("...") else "")
                more = "".join(f", {param}: {kind} = ..." for param, kind, _ in self._params[2:])
                yield "@overload"
                yield f"{start}, {filters}, {options}{more}, /, *, {tail}) -> {answer}: {about}"
            return
        params = "".join(f", {param}: {kind}{'' if needed else ' = ...'}" for param, kind, needed in self._params)
        params += ", /" if params else ""
        if self._method.job and not is_async:
            for how, answer in (
                ("job: Literal[True]", self._result),
                ('job: Literal["RETURN"]', "Job"),
                ("job: Literal[False] = ...", "int"),
            ):
                callback = "" if answer == "int" else "callback: JobCallback | None = ..., "
                yield "@overload"
                yield f"{start}{params}, *, {how}, {callback}{tail}) -> {answer}: {about}"
            return
        yield f"{start}{params}, *, {tail}) -> {'int' if self._method.job else self._result}: {about}"


def _is_query(method: Method) -> bool:
    return method.action == "query"


def _row(method: Method) -> dict[str, object] | None:
    """The schema of one row of a query; ``{}`` where the server does not say."""
    for branch in method.returns.get("anyOf", [method.returns]):
        if branch.get("type") == "array":
            items = branch.get("items")
            return items if isinstance(items, dict) else {}
    return {}


def _parameter(name: str, place: int, others: Container[str]) -> str:
    """The name of an argument in a signature, for the reader alone: arguments are given by their places."""
    made = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in name).strip("_")
    made = f"{made}_" if made in ("self", "timeout", "repeat", "job", "callback") else made
    return made if is_plain(made) and made not in others else f"arg{place + 1}_"
