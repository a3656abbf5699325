"""The ``core`` service: options, subscriptions, jobs, and the listing of methods."""

from __future__ import annotations

from typing import Any

from .call import Call
from .encoding import Encoded, encode
from .extension import Extensible
from .registry import Method, Registry
from .shapes import any_, array, boolean, choice, integer, nullable, obj, optional, text

__all__ = ["PARTS"]


TARGET = choice("WS", "CLI", "REST", doc="For whom the listing is.", default="WS")


PART, JOBS = Extensible(), Extensible()
LISTED_EVENTS = Extensible(lambda release: release.lists_events)
PARTS = (PART, LISTED_EVENTS, JOBS)
PART.service("core")
PART.event("core.get_jobs", no_authz=True)


@PART.method("core.ping", returns=text("The word pong."), no_auth=True)
def ping(call: Call) -> str:
    """Answer "pong", so that a client knows that the server is there."""
    return "pong"


@PART.method(
    "core.set_options",
    accepts={
        "options": obj(
            "The options to change; those left out stay.",
            ...,
            True,
            py_exceptions=optional(boolean("Attach pickled exceptions to errors.")),
            legacy_jobs=optional(boolean("Answer calls of jobs at once with the number of the job.")),
            private_methods=optional(boolean("Do not warn in the log about private methods.")),
        )
    },
    no_auth=True,
)
def set_options(call: Call, options: dict[str, Any]) -> dict[str, bool] | None:
    """Change how this connection is answered, until it ends."""
    answered = call.facts.options_answered
    for name in call.caller.options.keys() & options.keys():
        if answered or name == "py_exceptions":
            call.caller.options[name] = options[name]
    return dict(call.caller.options) if answered else None


@PART.method(
    "core.subscribe",
    accepts={"event": text("Name of the event; an event source takes its argument after a colon.")},
    returns=text("The number of the subscription, for ending it."),
    no_authz=True,
)
def subscribe(call: Call, event: str) -> str:
    """Have an event sent to this connection whenever it happens."""
    return call.nas.events.subscribe(call.caller, event)


@PART.method(
    "core.unsubscribe",
    accepts={"id_": text("The number that subscribing answered.")},
    returns={"type": "null"},
    no_authz=True,
)
def unsubscribe(call: Call, id_: str) -> None:
    """End a subscription of this connection."""
    call.nas.events.unsubscribe(call.caller, id_)


@PART.method(
    "core.get_methods",
    accepts={"service": nullable(text("Only the methods of this service."), default=None), "target": TARGET},
    no_authz=True,
)
def get_methods(call: Call, service: str | None, target: str) -> Encoded:
    """All methods that the caller may call, with their arguments and results as JSON Schema."""
    # 24.10 and 25.04 list before login what needs none.
    roles = call.credential.account.roles if call.credential is not None else None
    key = (roles, service, target == "CLI")
    cache = call.nas.registry.listings
    if key not in cache:
        cache[key] = Encoded(encode(_listing(call, service, cli=target == "CLI")))
    return cache[key]


def _listing(call: Call, service: str | None, *, cli: bool) -> dict[str, Any]:
    registry = call.nas.registry
    services = _services(registry, cli=cli)
    return {
        method.name: method.entry
        for method in registry.listed()
        if method.name.rpartition(".")[0] in services
        and not (cli and method.entry.get("cli_private"))
        and (registry.catalogue is not None or method.name not in call.nas.release.unlisted)
        and (service is None or method.name.rpartition(".")[0] == service)
        and _may_call(call, method)
    }


@PART.method("core.get_services", accepts={"target": TARGET}, no_authz=True)
def get_services(call: Call, target: str) -> dict[str, Any]:
    """All services with their kind (crud, config or service) and settings."""
    return _services(call.nas.registry, cli=target == "CLI")


def _may_call(call: Call, method: Method) -> bool:
    if call.credential is None:
        return method.no_auth
    return method.no_authz or call.credential.account.holds(method.roles)


def _services(registry: Registry, *, cli: bool) -> dict[str, Any]:
    """All services, or those that the command line shows."""
    found = registry.all_services()
    return {name: one for name, one in found.items() if not (cli and one["config"]["cli_private"])}


@LISTED_EVENTS.method("core.get_events")
def get_events(call: Call) -> dict[str, Any]:
    """All events that can be subscribed to."""
    return {name: kind.listing() for name, kind in sorted(call.nas.registry.events.items())}


@JOBS.method("core.get_jobs", accepts=JOBS.query_arguments(), no_authz=True, filterable=True)
def get_jobs(call: Call, filters: list[Any], options: dict[str, Any]) -> Any:
    """The jobs that the caller may see, running ones and those that have ended."""
    hide = not (options.get("extra") or {}).get("raw_result")
    jobs = call.nas.jobs
    rows = [job.fields(hide=hide) for job in jobs if jobs.visible(job, call.credential)]
    return call.filter_list(rows, filters, options)


@JOBS.method("core.job_abort", accepts={"id": integer("The job.")}, returns={"type": "null"}, no_authz=True)
def job_abort(call: Call, id: int) -> None:
    """Ask a job to stop. Answers before it has."""
    job = call.nas.jobs.seen(id, call.credential)
    call.nas.jobs.abort(job)


@JOBS.job("core.job_wait", accepts={"id": integer("The job.")}, returns=any_("What the job answered."), no_authz=True)
async def job_wait(call: Call, id: int) -> Any:
    """Wait for another job and answer what it answered."""
    job = call.nas.jobs.seen(id, call.credential)
    assert call.job is not None
    call.nas.jobs.mirror(job, call.job)
    return await job.outcome()


@JOBS.job(
    "core.bulk",
    accepts={
        "method": text("The method to call."),
        "params": array(array(any_()), "The arguments of each call."),
        "description": nullable(
            text("A text for the progress of each, with {0} for its first argument."), default=None
        ),
    },
    returns=array(obj("", ..., True), "One answer for each call, in order."),
    no_authz=True,
)
async def bulk(call: Call, method: str, params: list[list[Any]], description: str | None) -> list[dict[str, Any]]:
    """Call one method many times, one after the other. Succeeds also when calls fail: look at each answer."""
    known = call.nas.registry.methods.get(method)
    if known is None:
        raise call.nas.registry.unknown(method)
    answers = []
    for position, arguments_ in enumerate(params):
        step = f"{position} / {len(params)}"
        if description is not None:
            step += f": {_described(description, arguments_)}"
        call.progress(100 * position // len(params), step)
        answers.append(await _one_of_bulk(call, known, arguments_))
    return answers


async def _one_of_bulk(call: Call, method: Method, arguments_: list[Any]) -> dict[str, Any]:
    job_id = None
    try:
        inner = call.inner(method)
        if method.job is not None:
            job = inner.start_job(arguments_)
            job_id = job.id
            result = await job.outcome()
        else:
            result = inner.run(arguments_)
            if method.waits:
                result = await result
    except Exception as e:  # noqa: BLE001 - an item that fails is an answer of the whole
        return {"job_id": job_id, "error": str(e) or repr(e), "result": None}
    return {"job_id": job_id, "error": None, "result": result}


@JOBS.job("core.job_test", accepts={"options": obj("Nothing in particular.", {})}, private=True)
async def job_test(call: Call, options: dict[str, Any]) -> None:
    """A job that does nothing."""


def _described(description: str, arguments_: list[Any]) -> str:
    try:
        return description.format(*arguments_)
    except (LookupError, ValueError, AttributeError, TypeError):
        return description
