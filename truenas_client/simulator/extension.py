"""The decorators that add methods, jobs, events and sources to a server.

A user adds to a simulator. Each part of the simulated server adds to its own `Extensible`
when its module is imported, with the same decorators.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any, Unpack

from . import shapes
from .cli import PRIVATE_METHODS
from .registry import EventKind, Facts, Handler, JobOptions, Method, Registry, accepts_of, entry, service

if TYPE_CHECKING:
    from .release import Release

__all__ = ["Extensible"]

Schema = dict[str, Any]
Decorator = Callable[[Handler], Handler]


class Extensible:
    """A simulator, or one part of it, to which methods and events can be added."""

    def __init__(self, suits: Callable[[Release], bool] = lambda release: True) -> None:
        self.registry = Registry()
        self.suits = suits
        """Whether a release has this part."""

    def method(
        self,
        name: str,
        *,
        description: str | None = None,
        examples: Iterable[str] = (),
        private: bool = False,
        job: JobOptions | None = None,
        since: str | None = None,
        **facts: Unpack[Facts],
    ) -> Decorator:
        """Add a method: a function or coroutine function of a `Call` and the arguments.

        ``accepts`` holds the schemas of the arguments by name, ``returns`` is the schema of the
        result; each may be a function that makes it when it is first asked for. Without ``accepts``
        it takes any values, as many as the function has parameters; ``description`` is the docstring
        unless given, ``examples`` are texts with messages in them, as servers word them. No roles:
        full administrators only. ``private`` methods are in no listing; ``since`` names the first
        API version that has it.
        """

        def add(handler: Handler) -> Handler:
            facts.setdefault("accepts", partial(accepts_of, handler))
            described = description if description is not None else (handler.__doc__ or "")
            made = entry(
                "\n".join(line.strip() for line in described.strip().splitlines()),
                examples=examples,
                job=job is not None,
                cli_private=name in PRIVATE_METHODS,
                **facts,
            )
            waits = inspect.iscoroutinefunction(handler)
            self.registry.add(Method(name, made, handler, job, private, waits, since))
            return handler

        return add

    def job(
        self,
        name: str,
        *,
        abortable: bool = False,
        lock: str | Callable[[list[Any]], str] | None = None,
        queue: int | None = 5,
        transient: bool = False,
        audited: bool = False,
        logs: bool = False,
        describe: Callable[[list[Any]], str] | None = None,
        **further: Any,
    ) -> Decorator:
        """Add a method that runs as a job; ``further`` is as for `method`."""
        options = JobOptions(abortable, lock, queue, transient, audited, logs, describe)
        return self.method(name, job=options, **further)

    def service(self, namespace: str, kind: str = "service", **config: Any) -> None:
        """Describe a service of our own (crud, config or service) in ``core.get_services``."""
        self.registry.services[namespace] = service(namespace, kind, **config)
        self.registry.listings = {}

    def event(self, name: str, *, roles: Iterable[str] = (), no_authz: bool = False, description: str = "") -> None:
        """Make an event known, so that others than full administrators can subscribe to it."""
        self.registry.events[name] = EventKind(name, tuple(roles), no_authz, description=description)

    def source(self, name: str, *, accepts: Schema | None = None, roles: Iterable[str] = ()) -> Decorator:
        """Add an event source: a coroutine function of a `Source` and the argument of the subscription.

        It runs once for each text that is subscribed to; when it returns, the source has ended.
        The function of a part of the server is given the `state.Nas` before the `Source`.
        """

        def add(handler: Handler) -> Handler:
            self.registry.events[name] = EventKind(name, tuple(roles), False, handler, accepts, handler.__doc__ or "")
            return handler

        return add

    @staticmethod
    def query_arguments() -> list[Schema]:
        """The ``accepts`` of a query method: filters and options."""
        return shapes.arguments(
            filters=shapes.array(shapes.any_(), "Filters: lists of field, operator and value.", default=[]),
            options=shapes.obj(
                "What to do with the rows that match.",
                {},
                extra=shapes.obj("Further options of the method.", {}),
                order_by=shapes.array(shapes.text(), "Fields to sort by; a minus sign before one turns it round.", []),
                select=shapes.array(shapes.any_(), "Only these fields of each row.", []),
                count=shapes.boolean("Answer the number of rows.", default=False),
                get=shapes.boolean("Answer the first row; it is an error when there is none.", default=False),
                offset=shapes.integer("Rows to leave out at the start.", default=0, minimum=0),
                limit=shapes.integer("Rows to answer at most; 0 means all.", default=0, minimum=0),
                force_sql_filters=shapes.boolean("Has no effect here.", default=False),
            ),
        )
