"""The registry of the simulated server: methods, services, events and event sources.

A `Method` is a catalogue entry in the server's form with, perhaps, a handler. A
catalogue laid over the registry (`Registry.lay`) replaces entries and adds methods
without a handler, whose answers are generated; handlers stay. Each part of the server
fills a registry of its own when its module is imported, and a simulator only includes
these, so that starting one costs next to nothing. Invariants: names are unique; an entry
always has all the keys of release 26; a registry that was included is not changed.
"""

from __future__ import annotations

import errno
import inspect
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from truenas_client.exc import ErrnoMixin
from truenas_client.methods.normalise import normalise

from . import cli, shapes
from .arguments import Parameter, parameters
from .errors import CallError, MethodNotFoundError

if TYPE_CHECKING:
    from .encoding import Encoded
    from .release import Release

__all__ = ["EventKind", "Facts", "JobOptions", "Method", "Registry", "entry", "service"]

Handler = Callable[..., Any | Awaitable[Any]]
Schema = dict[str, Any]
Schemas = Schema | list[Schema] | Callable[[], Schema | list[Schema]]
"""Arguments by name, or a result; either also as a catalogue lists it, or made when it is first asked for."""


@dataclass(frozen=True, slots=True)
class JobOptions:
    """How a job method runs: its lock, its queue and what of it is shown.

    ``lock`` is a name or a function of the arguments; ``queue`` how many calls may
    wait for that lock before the next is attached to one that waits (0: refused,
    None: no limit). ``audited``: the answer leaves before the last event.
    """

    abortable: bool = False
    lock: str | Callable[[list[Any]], str] | None = None
    queue: int | None = 5
    transient: bool = False
    audited: bool = False
    logs: bool = False
    description: Callable[[list[Any]], str] | None = None


@dataclass
class Method:
    """A method: its catalogue entry, and how to run it (``handler`` None: not implemented).

    One object serves every simulator of the process, so it never changes; it only caches derived values.
    """

    name: str
    facts: dict[str, Any]
    """The entry, in which ``accepts`` and ``returns`` may still be functions that make them."""
    handler: Handler | None = None
    job: JobOptions | None = None
    private: bool = False
    waits: bool = False
    """The handler is a coroutine function, so the call may take time."""
    since: str | None = None
    """The first API version that has the method, such as ``v26.0.0``; None for all."""
    own: Method | None = None
    """The method as it was before a catalogue was laid over it; None where no catalogue was."""

    def known_in(self, facts: Release) -> bool:
        """Whether an API version has the method."""
        return self.name not in facts.lacks and (self.since is None or self.since in facts.api_versions)

    @cached_property
    def entry(self) -> dict[str, Any]:
        """The catalogue entry. Its schemas are made when it is first asked for: most never are."""
        if self.own is not None:
            return self.facts
        accepts, returns = (made() if callable(made) else made for made in map(self.facts.get, ("accepts", "returns")))
        return self.facts | {
            "accepts": shapes.arguments(**accepts) if isinstance(accepts, dict) else accepts,
            "returns": shapes.returning(returns) if isinstance(returns, dict) else returns,
        }

    @cached_property
    def arity(self) -> int | None:
        """How many arguments the handler takes after the call; None for any number."""
        if self.handler is None:
            return None
        found = inspect.signature(self.handler).parameters.values()
        several = any(parameter.kind is parameter.VAR_POSITIONAL for parameter in found)
        return None if several else len(found) - 1

    @cached_property
    def parameters(self) -> list[Parameter]:
        """The arguments, read from the entry once."""
        return parameters(self.entry["accepts"], limited=self.own is None)

    @property
    def missing(self) -> list[Any]:
        """The arguments a laid catalogue does not know, as our own entry has them by default."""
        if self.own is None or self.arity is None:
            return []
        return [schema.get("default") for schema in self.own.entry["accepts"][len(self.parameters) : self.arity]]

    @cached_property
    def returns(self) -> Schema:
        """The schema of the result, normalised once; ``{}`` (any value) where the entry gives none."""
        return normalise((self.entry.get("returns") or [{}])[0])

    @property
    def no_auth(self) -> bool:
        return bool(self.facts["no_auth_required"])

    @property
    def no_authz(self) -> bool:
        return bool(self.facts.get("no_authz_required") or self.facts["no_auth_required"])

    @property
    def roles(self) -> Sequence[str]:
        roles: Sequence[str] = self.facts["roles"]
        return roles


@dataclass(frozen=True, slots=True)
class EventKind:
    """An event clients can subscribe to; with a ``source`` it is made for each subscription string."""

    name: str
    roles: tuple[str, ...] = ()
    no_authz: bool = False
    source: Callable[..., Awaitable[None]] | None = None
    accepts: Schema | None = None
    description: str = ""

    def listing(self) -> dict[str, Any]:
        """It as ``core.get_events`` of the releases that have that shows it."""
        service = self.name.partition(".")[0]
        return {
            "description": self.description or f"Sent when something of {service} has changed.",
            "wildcard_subscription": self.source is None,
            "accepts": [] if self.accepts is None else shapes.arguments(argument=self.accepts),
            "returns": shapes.arguments(**{self.name: shapes.any_(default=None)}),
        }


class Facts(TypedDict, total=False):
    """The facts of a method that decide what a catalogue says of it and who may call it."""

    accepts: Schemas
    returns: Schemas
    roles: Iterable[str]
    filterable: bool
    no_auth: bool
    no_authz: bool
    downloadable: bool
    uploadable: bool


def entry(
    description: str = "",
    *,
    examples: Iterable[str] = (),
    job: bool = False,
    cli_private: bool = False,
    **facts: Unpack[Facts],
) -> dict[str, Any]:
    """A catalogue entry with all keys of release 26; the command line's line is the first sentence."""
    first = description.split("\n\n")[0].replace("\n", " ").split(". ")[0].rstrip(".")
    return {
        "description": description or None,
        "cli_description": first,
        "examples": {"websocket": list(examples)} if examples else {},
        "accepts": facts.get("accepts") or [],
        "returns": facts.get("returns") or shapes.returning(shapes.any_()),
        "roles": sorted(facts.get("roles", ())),
        "job": job,
        "downloadable": facts.get("downloadable", False),
        "uploadable": facts.get("uploadable", False),
        "check_pipes": [] if job else False,
        "filterable": facts.get("filterable", False),
        "filterable_schema": None,
        "no_auth_required": facts.get("no_auth", False),
        "no_authz_required": facts.get("no_authz", False),
        "pass_application": False,
        "cli_private": cli_private,
    }


def accepts_of(handler: Handler) -> Schema:
    """Schemas for a handler without any: an argument of any kind for each parameter after the first."""
    named: dict[str, Schema] = {}
    for name, parameter in list(inspect.signature(handler).parameters.items())[1:]:
        default = parameter.default
        named[name] = shapes.any_() if default is parameter.empty else shapes.any_(default=default)
    return named


@dataclass(slots=True)
class Registry:
    """All methods, services and events by name."""

    methods: dict[str, Method] = field(default_factory=dict)
    services: dict[str, dict[str, Any]] = field(default_factory=dict)
    events: dict[str, EventKind] = field(default_factory=dict)
    catalogue: dict[str, dict[str, Any]] | None = None
    unimplemented: Handler = field(init=False)
    """What answers a call of a method that only the laid catalogue has, given the call and its arguments."""
    background: list[Callable[[Any], Any]] = field(default_factory=list)
    """Coroutine functions of the simulated NAS that run as long as it does."""
    listings: dict[Any, Encoded] = field(default_factory=dict)
    """The encoded listings of methods, by the facts that they depend on. A change of the registry drops them."""

    def include(self, part: Registry, nas: Any) -> None:
        """Take over everything that a part of the server has; its event sources are given ``nas`` first."""
        self.methods |= part.methods
        self.services |= part.services
        self.background += part.background
        for name, kind in part.events.items():
            self.events[name] = kind if kind.source is None else replace(kind, source=partial(kind.source, nas))

    def add(self, method: Method) -> None:
        """Add or replace a method; an entry of the laid catalogue wins over its own."""
        laid = (self.catalogue or {}).get(method.name)
        self.methods[method.name] = method if laid is None else replace(method, facts=laid, own=method)
        self.listings = {}

    def lay(self, catalogue: dict[str, dict[str, Any]], unimplemented: Handler) -> None:
        """Serve another ``core.get_methods`` answer; what it has and we don't ``unimplemented`` answers."""
        self.catalogue = catalogue
        self.unimplemented = unimplemented
        self.listings = {}
        for name, found in catalogue.items():
            self.add(self.methods.get(name) or Method(name, found, job=JobOptions() if found.get("job") else None))

    def unknown(self, name: str) -> CallError:
        """The error for a name that is no method."""
        service, dot, method = name.rpartition(".")
        if not dot:
            return CallError("Invalid method name", errno.EBADMSG)
        if any(known.rpartition(".")[0] == service for known in self.methods):
            return MethodNotFoundError(method, service)
        return CallError(f"Service {service!r} not found", ErrnoMixin.ENOMETHOD)

    def listed(self) -> Iterable[Method]:
        """The methods a listing shows: those of the laid catalogue, or all public ones of our own."""
        if self.catalogue is not None:
            return [self.methods[name] for name in self.catalogue]
        return [method for method in self.methods.values() if not method.private]

    def roles(self) -> set[str]:
        """Every role that any method or event names."""
        found = {role for method in self.methods.values() for role in method.roles}
        found |= {role for event in self.events.values() for role in event.roles}
        return found | {"FULL_ADMIN", "READONLY_ADMIN", "SHARING_ADMIN"}

    def all_services(self) -> dict[str, dict[str, Any]]:
        """The services, with a guess for those namespaces that only a laid catalogue has."""
        namespaces: dict[str, set[str]] = {}
        for method in self.listed():
            namespace, _, action = method.name.rpartition(".")
            namespaces.setdefault(namespace, set()).add(action)
        return {name: self.services.get(name) or _guess(name, namespaces[name]) for name in sorted(namespaces)}


def service(namespace: str, kind: str = "service", **config: Any) -> dict[str, Any]:
    """A service as ``core.get_services`` describes it; ``kind`` is crud, config or service."""
    title = "".join(part.capitalize() for part in namespace.replace("_", ".").split("."))
    return {
        "type": kind,
        "config": {
            "datastore": None,
            "datastore_prefix": "",
            "datastore_extend": None,
            "datastore_extend_context": None,
            "datastore_extend_fk": None,
            "datastore_primary_key": "id",
            "datastore_primary_key_type": "integer",
            "event_register": True,
            "event_send": True,
            "service": None,
            "service_verb": "reload",
            "service_verb_sync": True,
            "namespace": namespace,
            "namespace_alias": None,
            "private": False,
            "verbose_name": title,
            "cli_namespace": cli.namespace(namespace),
            "cli_private": namespace in cli.PRIVATE_SERVICES,
            "cli_description": None,
            "role_prefix": None,
            "role_separate_delete": False,
            "generic": False,
            **config,
        },
    }


def _guess(namespace: str, actions: set[str]) -> dict[str, Any]:
    crud = {"query", "get_instance"} <= actions
    return service(namespace, "crud" if crud else "config" if "config" in actions else "service")
