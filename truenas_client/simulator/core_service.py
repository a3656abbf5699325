"""The ``core`` service: options, subscriptions, jobs, and the listing of methods."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import rpc
from .call import Call
from .errors import CallError, ValidationError, ValidationErrors
from .registry import Method
from .shapes import any_, arguments, array, boolean, choice, integer, nullable, obj, optional, returning, text

if TYPE_CHECKING:
    from .simulator import Simulator

__all__ = ["install"]


TARGET = choice("WS", "CLI", "REST", doc="For whom the listing is.", default="WS")


def install(nas: Simulator) -> None:
    """Add the service to a simulator."""
    nas.service("core")
    nas.event("core.get_jobs", no_authz=True)
    _install_connection(nas)
    _install_listing(nas)
    _install_jobs(nas)


def _install_connection(nas: Simulator) -> None:
    @nas.method("core.ping", returns=returning(text("The word pong.")), no_auth=True)
    def ping(call: Call) -> str:
        """Answer "pong", so that a client knows that the server is there."""
        return "pong"

    @nas.method(
        "core.set_options",
        accepts=arguments(
            options=obj(
                "The options to change; those left out stay.",
                ...,
                True,
                py_exceptions=optional(boolean("Attach pickled exceptions to errors.")),
                legacy_jobs=optional(boolean("Answer calls of jobs at once with the number of the job.")),
                private_methods=optional(boolean("Do not warn in the log about private methods.")),
            )
        ),
        no_auth=True,
    )
    def set_options(call: Call, options: dict[str, Any]) -> dict[str, bool] | None:
        """Change how this connection is answered, until it ends."""
        session = call.session
        assert session is not None
        session.py_exceptions = options.get("py_exceptions", session.py_exceptions)
        if not call.facts.options_answered:
            return None
        session.legacy_jobs = options.get("legacy_jobs", session.legacy_jobs)
        session.private_methods = options.get("private_methods", session.private_methods)
        return {
            "legacy_jobs": session.legacy_jobs,
            "private_methods": session.private_methods,
            "py_exceptions": session.py_exceptions,
        }

    @nas.method(
        "core.subscribe",
        accepts=arguments(event=text("Name of the event; an event source takes its argument after a colon.")),
        returns=returning(text("The number of the subscription, for ending it.")),
        no_authz=True,
    )
    def subscribe(call: Call, event: str) -> str:
        """Have an event sent to this connection whenever it happens."""
        assert call.session is not None
        return nas.events.subscribe(call.session, event)

    @nas.method(
        "core.unsubscribe",
        accepts=arguments(id_=text("The number that subscribing answered.")),
        returns=returning({"type": "null"}),
        no_authz=True,
    )
    def unsubscribe(call: Call, id_: str) -> None:
        """End a subscription of this connection."""
        assert call.session is not None
        nas.events.unsubscribe(call.session, id_)


def _install_listing(nas: Simulator) -> None:
    cache: dict[Any, rpc.Encoded] = {}

    @nas.method(
        "core.get_methods",
        accepts=arguments(
            service=nullable(text("Only the methods of this service."), default=None),
            target=TARGET,
        ),
        no_authz=True,
    )
    def get_methods(call: Call, service: str | None, target: str) -> rpc.Encoded:
        """All methods that the caller may call, with their arguments and results as JSON Schema."""
        # 24.10 and 25.04 list before login what needs none.
        roles = call.credential.account.roles if call.credential is not None else None
        key = (nas.registry.revision, roles, service, target == "CLI")
        found = cache.get(key)
        if found is None:
            if any(revision != nas.registry.revision for revision, *_ in cache):
                cache.clear()
            found = cache[key] = rpc.Encoded(rpc.encode(_listing(nas, call, service, cli=target == "CLI")))
        return found

    def _listing(nas: Simulator, call: Call, service: str | None, *, cli: bool) -> dict[str, Any]:
        services = _services(nas, cli=cli)
        return {
            method.name: method.entry
            for method in nas.registry.listed()
            if method.name.rpartition(".")[0] in services
            and not (cli and method.entry.get("cli_private"))
            and (nas.registry.catalogue is not None or method.name not in nas.release.unlisted)
            and (service is None or method.name.rpartition(".")[0] == service)
            and _may_call(call, method)
        }

    @nas.method(
        "core.get_services",
        accepts=arguments(target=TARGET),
        no_authz=True,
    )
    def get_services(call: Call, target: str) -> dict[str, Any]:
        """All services with their kind (crud, config or service) and settings."""
        return _services(nas, cli=target == "CLI")

    def _may_call(call: Call, method: Method) -> bool:
        if call.credential is None:
            return method.no_auth
        return method.no_authz or call.credential.account.holds(method.roles)

    def _services(nas: Simulator, *, cli: bool) -> dict[str, Any]:
        """All services, or those that the command line shows."""
        found = nas.registry.all_services()
        return {name: one for name, one in found.items() if not (cli and one["config"]["cli_private"])}

    if nas.release.lists_events:

        @nas.method("core.get_events")
        def get_events(call: Call) -> dict[str, Any]:
            """All events that can be subscribed to."""
            return {name: kind.listing() for name, kind in sorted(nas.registry.events.items())}


def _install_jobs(nas: Simulator) -> None:
    @nas.method("core.get_jobs", accepts=nas.query_arguments(), no_authz=True, filterable=True)
    def get_jobs(call: Call, filters: list[Any], options: dict[str, Any]) -> Any:
        """The jobs that the caller may see, running ones and those that have ended."""
        hide = not (options.get("extra") or {}).get("raw_result")
        rows = [nas.jobs.fields(job, hide=hide) for job in nas.jobs if nas.jobs.visible(job, call.credential)]
        return call.filter_list(rows, filters, options)

    @nas.method(
        "core.job_abort",
        accepts=arguments(id=integer("The job.")),
        returns=returning({"type": "null"}),
        no_authz=True,
    )
    def job_abort(call: Call, id: int) -> None:
        """Ask a job to stop. Answers before it has."""
        job = nas.jobs.get(id)
        if not nas.jobs.visible(job, call.credential):
            nas.jobs.get(-1)
        nas.jobs.abort(job)

    @nas.job(
        "core.job_wait",
        accepts=arguments(id=integer("The job.")),
        returns=returning(any_("What the job answered.")),
        no_authz=True,
    )
    async def job_wait(call: Call, id: int) -> Any:
        """Wait for another job and answer what it answered."""
        job = nas.jobs.get(id)
        if not nas.jobs.visible(job, call.credential):
            nas.jobs.get(-1)
        assert call.job is not None
        nas.jobs.mirror(job, call.job)
        return await nas.wait_for_job(job)

    @nas.job(
        "core.bulk",
        accepts=arguments(
            method=text("The method to call."),
            params=array(array(any_()), "The arguments of each call."),
            description=nullable(
                text("A text for the progress of each, with {0} for its first argument."), default=None
            ),
        ),
        returns=returning(array(obj("", ..., True), "One answer for each call, in order.")),
        no_authz=True,
    )
    async def bulk(call: Call, method: str, params: list[list[Any]], description: str | None) -> list[dict[str, Any]]:
        """Call one method many times, one after the other. Succeeds also when calls fail: look at each answer."""
        known = nas.registry.methods.get(method)
        if known is None:
            raise nas.registry.unknown(method)
        answers = []
        for position, arguments_ in enumerate(params):
            step = f"{position} / {len(params)}"
            if description is not None:
                step += f": {_described(description, arguments_)}"
            call.progress(100 * position // len(params), step)
            answers.append(await _one_of_bulk(call, known, arguments_))
        return answers

    async def _one_of_bulk(call: Call, method: Method, arguments_: list[Any]) -> dict[str, Any]:
        inner = Call(nas, call.session, method)
        inner.credential = call.credential
        job_id = None
        try:
            inner.authorize()
            if method.job is not None:
                job = inner.start_job(arguments_)
                job_id = job.id
                result = await nas.wait_for_job(job)
            else:
                result = inner.run(arguments_)
                if method.waits:
                    result = await result
        except (CallError, ValidationError, ValidationErrors) as e:
            return {"job_id": job_id, "error": str(e), "result": None}
        except Exception as e:  # noqa: BLE001 - an item that fails is an answer of the whole
            return {"job_id": job_id, "error": str(e) or repr(e), "result": None}
        return {"job_id": job_id, "error": None, "result": result}

    @nas.job("core.job_test", accepts=arguments(options=obj("Nothing in particular.", {})), private=True)
    async def job_test(call: Call, options: dict[str, Any]) -> None:
        """A job that does nothing."""


def _described(description: str, arguments_: list[Any]) -> str:
    try:
        return description.format(*arguments_)
    except (IndexError, KeyError, ValueError, AttributeError):
        return description
