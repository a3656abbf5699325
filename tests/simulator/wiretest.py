"""The accounts and the test service of the recordings, added by the simulator's own extension API."""

from __future__ import annotations

import errno
from datetime import UTC, date, datetime, time
from ipaddress import IPv4Interface, IPv6Interface
from typing import Any

from truenas_client.simulator import (
    ApiKey,
    Call,
    CallError,
    InstanceNotFound,
    Simulator,
    Source,
    ValidationError,
    ValidationErrors,
    shapes,
)

READONLY = ("READONLY_ADMIN",)


def install(nas: Simulator) -> None:
    """Add everything; the boot id is the recorded one."""
    nas.boot_id = "wire-boot-id"
    nas.accounts.clear()
    nas.add_account("root", "root-pw", uid=0)
    nas.add_account("admin", "admin-pw", uid=950)
    nas.add_account("otpuser", "otp-pw", uid=3001, otp="123456")
    nas.add_account("readonly", "ro-pw", uid=3002, roles=READONLY)
    nas.add_account("nopriv", "no-pw", uid=3003, roles=())
    nas.add_account("expired", "ex-pw", uid=3004, expired=True)
    nas.api_keys.clear()
    for ident, (letter, owner) in enumerate(
        (("A", "admin"), ("B", "admin"), ("C", "readonly"), ("D", "nopriv"), ("E", "admin"), ("F", "admin")), start=1
    ):
        key = nas.add_api_key(ApiKey(ident, "wire", owner, f"k{ident}".ljust(64, letter), iterations=50_000))
        key.expires = datetime(2020, 1, 1, tzinfo=UTC) if ident == 2 else None
        key.revoked = ident == 6
        key.iterations = 500_000 if ident == 5 else 50_000
    _values(nas)
    _failures(nas)
    _connections(nas)
    _jobs(nas)
    _events(nas)
    if nas.release.name == "24.10":
        _as_on_24_10(nas)


def _values(nas: Simulator) -> None:
    anything = shapes.arguments(value=shapes.any_())
    since = nas.release.api_versions[-1] if nas.release.api_versions else None

    def echo(call: Call, value: Any) -> Any:
        return value

    nas.method("wiretest.echo", accepts=anything, roles=READONLY, since=since)(echo)
    nas.method("wiretest.open_echo", accepts=anything, no_auth=True, since=since)(echo)
    nas.method("wiretest.admin_only", accepts=anything, since=since)(echo)

    @nas.method("wiretest.slow", accepts=shapes.arguments(seconds=shapes.number(default=1)))
    async def slow(call: Call, seconds: float) -> float:
        await call.sleep(seconds)
        return seconds

    @nas.method("wiretest.ejson_types")
    def ejson_types(call: Call) -> dict[str, Any]:
        return {
            "datetime": datetime(2024, 2, 29, 12, 34, 56, 789_000, tzinfo=UTC),
            "date": date(2024, 2, 29),
            "time": time(12, 34, 56, 789),
            "time_short": time(1, 2),
            "set": {3},
            "frozen": (1, None, True, 1.5),
            "ipv4_interface": IPv4Interface("192.0.2.5/24"),
            "ipv6_interface": IPv6Interface("2001:db8::5/64"),
        }

    @nas.method("wiretest.type_of", accepts=anything)
    def type_of(call: Call, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: type_of(call, member) for name, member in value.items()}
        if isinstance(value, list):
            return [type_of(call, member) for member in value]
        return f"{type(value).__name__}:{value}"


def _failures(nas: Simulator) -> None:
    @nas.method(
        "wiretest.create",
        accepts=shapes.arguments(
            wire_create=shapes.obj(
                "",
                ...,
                name=shapes.text(minLength=1, maxLength=8),
                nested=shapes.obj(
                    "",
                    ...,
                    port=shapes.integer(minimum=1, maximum=65_535),
                    mode=shapes.choice("A", "B", default="A"),
                ),
                tags=shapes.array(shapes.text(), default=[]),
            )
        ),
    )
    def create(call: Call, data: dict[str, Any]) -> dict[str, Any]:
        if data["name"] == "taken":
            errors = ValidationErrors()
            errors.add("wire_create.name", "Name is in use", errno.EEXIST)
            errors.add("wire_create.nested.port", "Port is busy")
            raise errors
        if data["name"] == "single":
            raise ValidationError("wire_create.name", "Name is in use", errno.EEXIST)
        return {"id": 7, **data}

    @nas.method("wiretest.call_error")
    def call_error(call: Call, errno: int = 2, message: str = "Something is not there", extra: Any = None) -> None:
        raise CallError(message, errno, extra)

    @nas.method("wiretest.python_error")
    def python_error(call: Call, value: Any) -> None:
        raise KeyError(value)

    @nas.method("wiretest.instance_missing")
    def instance_missing(call: Call) -> None:
        raise InstanceNotFound("Wire 9 does not exist")

    @nas.method("wiretest.unserializable")
    def unserializable(call: Call) -> object:
        return object()


def _connections(nas: Simulator) -> None:
    @nas.method("wiretest.send_event")
    def send_event(call: Call, name: str, event_type: str, kwargs: dict[str, Any] | None = None) -> bool:
        nas.send_event(name, event_type, **(kwargs or {}))
        return True

    @nas.method("wiretest.close_me")
    def close_me(call: Call, options: dict[str, Any] | None = None) -> bool:
        options = options or {}
        nas.close_connections(options.get("code", 1000), options.get("message", ""))
        return True

    @nas.method("wiretest.drop_me")
    def drop_me(call: Call) -> None:
        nas.drop_connections()


def _jobs(nas: Simulator) -> None:
    options = shapes.arguments(options=shapes.obj("", {}, True))

    @nas.job("wiretest.job_ok", accepts=options)
    async def job_ok(call: Call, options: dict[str, Any]) -> dict[str, int]:
        steps = options.get("steps", 2)
        for step in range(steps):
            call.progress(100 * step // steps, f"step {step}")
            await call.sleep(options.get("delay", 0.05))
        return {"done": steps}

    @nas.job("wiretest.job_instant", accepts=options)
    async def job_instant(call: Call, options: dict[str, Any]) -> Any:
        return options.get("value")

    @nas.job("wiretest.job_fail", accepts=options)
    async def job_fail(call: Call, options: dict[str, Any]) -> None:
        call.progress(10, "about to fail")
        kind = options.get("kind", "call")
        if kind == "call":
            raise CallError("job failed", errno.EIO, options.get("extra"))
        if kind == "validation":
            errors = ValidationErrors()
            errors.add("job.options.kind", "not good")
            errors.add("job.options", "bad", errno.ENOENT)
            raise errors
        raise RuntimeError("job crashed")

    async def sleeping(call: Call, options: dict[str, Any]) -> bool:
        call.progress(1, "sleeping")
        await call.sleep(options.get("seconds", 30))
        return True

    nas.job("wiretest.job_abortable", accepts=options, abortable=True)(sleeping)
    nas.job("wiretest.job_abortable_sync", accepts=options, abortable=True)(sleeping)

    async def locked(call: Call, options: dict[str, Any]) -> int:
        await call.sleep(options.get("seconds", 0.4))
        assert call.job is not None
        return call.job.id

    nas.job("wiretest.job_queued", accepts=options, lock="wiretest.queued", queue=1)(locked)
    nas.job("wiretest.job_exclusive", accepts=options, lock="wiretest.exclusive", queue=0)(locked)

    @nas.job("wiretest.job_transient", accepts=options, transient=True)
    async def job_transient(call: Call, options: dict[str, Any]) -> str:
        return "transient"

    @nas.job("wiretest.job_audited", accepts=options, audited=True)
    async def job_audited(call: Call, options: dict[str, Any]) -> str:
        await call.sleep(options.get("delay", 0.05))
        return "audited"

    @nas.job("wiretest.job_logs", accepts=options, logs=True, describe=lambda arguments: f"with logs {arguments[0]}")
    async def job_logs(call: Call, options: dict[str, Any]) -> int:
        call.log("line 1\nline 2\n")
        return 1

    @nas.job("wiretest.job_download", accepts=options, downloadable=True)
    async def job_download(call: Call, options: dict[str, Any]) -> str:
        for line in range(options.get("lines", 3)):
            await call.output.write(f"line {line}\n".encode())
        return "written"

    @nas.job("wiretest.job_upload", accepts=options, uploadable=True)
    async def job_upload(call: Call, options: dict[str, Any]) -> dict[str, int]:
        size = 0
        async for file in call.uploads:
            while data := await file.read():
                size += len(data)
        return {"size": size}


def _events(nas: Simulator) -> None:
    nas.event("wiretest.items")
    nas.event("wiretest.public", no_authz=True)

    @nas.source(
        "wiretest.source",
        accepts=shapes.obj(
            "",
            {},
            interval=shapes.integer(minimum=1),
            count=shapes.integer(default=2),
            fail=shapes.nullable(shapes.choice("call", "validation", "other"), default=None),
        ),
    )
    async def source(source: Source, argument: dict[str, Any]) -> None:
        for number in range(argument["count"]):
            source.send("ADDED", fields={"n": number})
            await source.sleep(argument["interval"] / 10)
        match argument["fail"]:
            case "call":
                raise CallError("source failed", errno.EIO, {"why": "disk"})
            case "validation":
                errors = ValidationErrors()
                errors.add("source.count", "bad count")
                raise errors
            case "other":
                raise RuntimeError("boom")


def _as_on_24_10(nas: Simulator) -> None:
    """What the test service of that release did differently."""

    @nas.method("wiretest.create", accepts=shapes.arguments(wire_create=shapes.any_()))
    def create(call: Call, data: dict[str, Any]) -> dict[str, Any]:
        errors = ValidationErrors()
        if "port" not in data:
            errors.add("wire_create.port", "attribute required")
        elif data["name"] == "taken":
            errors.add("wire_create.name", "Name is in use", errno.EEXIST)
        elif data["name"] == "single":
            raise ValidationError("wire_create.name", "only one")
        errors.check()
        return {"id": 7, **data}

    @nas.method("wiretest.call_error")
    def call_error(call: Call, errno: int = 2, extra: Any = None) -> None:
        raise CallError("Something failed", errno, extra)

    @nas.job("wiretest.job_ok", abortable=True)
    async def job_ok(call: Call, options: Any = None) -> str:
        call.progress(50, "half")
        await call.sleep(0.1)
        return "done"

    @nas.job("wiretest.job_fail")
    async def job_fail(call: Call, options: Any = None) -> None:
        raise CallError("job failed", errno.EIO)

    nas.event("wiretest.source")
