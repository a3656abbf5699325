"""The command against recorded servers: what it prints is what the official client saw in the recording."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest

from tests.midclt.conftest import Run
from tests.midclt.served import Background
from tests.replay.flows import Flow, ReplayServer, read_flow


@dataclass(frozen=True)
class Case:
    """One run of the command on a recorded flow, and how it ends."""

    flow: str
    argv: list[str]
    status: int = 0
    out: str = ""
    err: str = ""
    user: str | None = "admin"
    password: str = "admin-pw"


CASES = [
    Case("job_new_style_call_without_job_flag", ["call", "wiretest.job_ok", '{"steps":1,"delay":0.2}'], out="139\n"),
    Case("job_new_style_success", ["call", "-j", "wiretest.job_ok", '{"steps": 2}'], out='{"done": 2}\n'),
    Case(
        "job_new_style_failed",
        ["call", "-j", "wiretest.job_fail", '{"extra": {"dev": "sda"}}'],
        7,
        err="[EIO] job failed\n",
    ),
    Case("job_flag_on_plain_method", ["call", "-j", "wiretest.echo", "5"], out="5\n"),
    Case("job_invalid_params", ["call", "-j", "wiretest.job_ok", "not an object"], 6),
    Case("v2510_job", ["call", "-j", "wiretest.job_ok", '{"steps": 1}'], out='{"done": 1}\n'),
    Case("call_errors", ["call", "wiretest.call_error"], 1, err="[ENOENT] Something is not there\n"),
    Case("call_errors", ["call", "wiretest.call_error", "9999", "odd errno"], 1, err="[EUNKNOWN] odd errno\n"),
    Case("call_errors", ["call", "wiretest.python_error", "k"], 1, err="'k'\n"),
    Case("method_not_found", ["call", "nope"], 1, err="Method does not exist\n"),
    Case(
        "validation_errors",
        ["call", "wiretest.create", '{"nested": {}}'],
        6,
        err="[EINVAL] wire_create.name: Field required\n[EINVAL] wire_create.nested.port: Field required\n",
    ),
    Case("login_password_wrong", ["ping"], 4, err="Failed to login: Wrong user name", password="nope"),
    Case("unauthenticated_call", ["call", "wiretest.echo", "1"], 4, err="[ENOTAUTHENTICATED]", user=None),
    Case("server_closes_going_away", ["call", "wiretest.slow", "5"], 3),
    Case("connect_set_options_ping", ["ping"], out="pong\n", user=None),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.flow}: {' '.join(case.argv)}"[:70])
def test_recorded(run: Run, background: Background, case: Case) -> None:
    async def made() -> ReplayServer:
        flow = read_flow(case.flow)
        if case.flow == "server_closes_going_away":
            # The close follows a call of another program: here the end of the recording stands for it.
            flow = Flow(flow.header, [line for line in flow.lines if not _closes_itself(line)])
        return ReplayServer(flow)

    env = {} if case.user is None else {"TRUENAS_USERNAME": case.user, "TRUENAS_PASSWORD": case.password}
    with background.entered(background.run(made())) as server:
        ran = run(*case.argv, url=server.url, env=env)
        unexpected = server.unexpected
    assert (ran.status, ran.out) == (case.status, case.out), ran.err
    assert ran.err.startswith(case.err)
    assert bool(ran.err) == bool(case.status)
    assert not unexpected


def _closes_itself(line: dict[str, object]) -> bool:
    frame = line.get("frame")
    return isinstance(frame, dict) and frame.get("method") == "wiretest.close_me"


def test_recorded_values_come_back_as_they_were_sent(run: Run, background: Background) -> None:
    async def made() -> ReplayServer:
        return ReplayServer(read_flow("ejson_types"))

    env = {"TRUENAS_USERNAME": "admin", "TRUENAS_PASSWORD": "admin-pw"}
    with background.entered(background.run(made())) as server:
        ran = run("call", "wiretest.ejson_types", url=server.url, env=env)
        sent = next(
            line["frame"]["result"]
            for line in server.flow.connections[1]
            if line["dir"] == "s2c"
            and isinstance(line.get("frame", {}).get("result"), dict)
            and "datetime" in line["frame"]["result"]
        )
    assert ran.status == 0

    def sorted_sets(value: object) -> object:
        if isinstance(value, dict):
            return {k: sorted(map(str, v)) if k == "$set" else sorted_sets(v) for k, v in value.items()}
        return [sorted_sets(item) for item in value] if isinstance(value, list) else value

    assert sorted_sets(json.loads(ran.out)) == sorted_sets(sent)
