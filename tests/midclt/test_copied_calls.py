"""Copied calls are run: the command, both scripts and the frame give the answer that the client gives."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from websockets.sync.client import unix_connect

from midclt import main
from tests.facts import FULL
from tests.midclt.conftest import Run
from tests.midclt.test_process import _environment
from truenas_client import TLS, Client, ejson
from truenas_client.endpoint import parse
from truenas_client.secrets.value import Ask, Environment
from truenas_client.simulator import Call, ThreadedSimulator
from truenas_client.storage import Profile, Profiles, config_path
from truenas_client.values.copy_as import CopiedCall, Form, Server, copied, forms_of

CALLS = 200
PROCESSES = CALLS if FULL else 6
"""Copied commands that a shell runs as they are; the others get their words from the shell and run in this process."""
SCRIPTS: tuple[Form, ...] = ("python", "async")
PIECES = (
    *"'\"`\\$!#&*?~[]{}()<>|;%^=:, \t\n\r\0", "a", "Ω", "日本", "👩‍🚀", "\u202e", "\u2028", "\x1b[31m", "\x9b",
    "\ud83d", "\udc80", "-", "--write", "=@-", "true", "null", "1e5", "$HOME", "$(id)", "${x}", "\\n", "'''", '"""',
    "{", "\ufeff", "/mnt/tank",
)  # fmt: skip


def generated(random: Random, depth: int = 3) -> Any:
    kind = random.randrange(9 if depth else 7)
    if kind < 4:
        return "".join(random.choices(PIECES, k=random.randrange(6)))
    if kind == 4:
        return random.choice([True, False, None, {}, [], "", "-", "true", "5", "x", "-x", "a=@-", "/mnt/tank"])
    if kind == 5:
        return random.choice([0, -1, 2**53 + 1, -(10**30), 1.5, -1e-07, 1e300, -1e22])
    if kind == 6:
        return random.choice(
            [{"$date": 1763683200000}, {"$type": "date", "$value": "2026-01-31"}, {"$time": "10:00:00"}]
        )
    items = [generated(random, depth - 1) for _ in range(random.randrange(4))]
    if kind == 7:
        return items
    return {"".join(random.choices(PIECES, k=2)): item for item in items}


def arguments() -> list[list[Any]]:
    random = Random(17)
    return [[generated(random) for _ in range(random.randrange(4))] for _ in range(CALLS)]


@pytest.fixture(scope="module")
def nas(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ThreadedSimulator]:
    with ThreadedSimulator(unix=tmp_path_factory.mktemp("nas") / "nas.sock", tls=True, speed=100.0) as nas:

        @nas.nas.method("test.back")
        def back(call: Call, first: Any = "none", second: Any = "none", third: Any = "none") -> Any:
            return [first, second, third]

        @nas.nas.job("test.later")
        async def later(call: Call, value: Any) -> Any:
            return value

        yield nas


@pytest.fixture
def server(nas: ThreadedSimulator) -> Server:
    address = f"ws+unix://{nas.nas.info()['unix']}"
    return Server(Profile(name="", addresses=(address,)), parse(address))


def in_a_shell(script: str, env: dict[str, str] | None = None) -> str:
    ran = subprocess.run(["bash", "-eu", "-c", script], capture_output=True, timeout=120, env=env, check=False)
    assert ran.returncode == 0, ran.stderr.decode()
    return ran.stdout.decode("utf-8", "surrogateescape")


def printed_by(script: str) -> Any:
    """What a script prints, as JSON. It runs in this process."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(script, "copied", "exec"), {"__name__": "__main__"})
    return json.loads(out.getvalue())


def test_two_hundred_copied_calls_give_the_answers_of_the_client(
    server: Server, nas: ThreadedSimulator, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith(("TRUENAS_U", "TRUENAS_P", "MIDCLT_"))]:
        monkeypatch.delenv(name)
    jobs = [number % 20 == 0 for number in range(CALLS)]
    calls = [
        CopiedCall("test.later", [params], job=True) if job else CopiedCall("test.back", params)
        for params, job in zip(arguments(), jobs, strict=True)
    ]
    with Client(server.profile.address) as client:
        answers = [json.loads(ejson.dumps(client.call(call.method, *call.params, job=call.job))) for call in calls]
    for call, answer in zip(calls, answers, strict=True):
        assert answer == (call.params[0] if call.job else [*call.params, "none", "none", "none"][:3])

    # One shell reads all commands.
    words = in_a_shell(
        "midclt() { printf '%s\\0' \"$@\"; printf '\\036\\0'; }\n"
        + "\n".join(copied("midclt", call, server) for call in calls)
    )
    commands = [command.split("\0")[:-1] for command in words.split("\036\0")[:-1]]
    assert len(commands) == CALLS
    for command, answer in zip(commands, answers, strict=True):
        capfd.readouterr()
        assert main(command) == 0, command
        assert json.loads(capfd.readouterr().out) == answer

    # And some are processes.
    env = _environment() | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    some = list(zip(calls, answers, strict=True))[:PROCESSES]
    lines = in_a_shell("\n".join(copied("midclt", call, server) for call, _ in some), env).splitlines()
    assert [json.loads(line) for line in lines] == [answer for _, answer in some]

    # In turn by one script or the other, in full by both.
    for number, (call, answer) in enumerate(zip(calls, answers, strict=True)):
        for form in SCRIPTS if FULL else SCRIPTS[number % 2 :][:1]:
            assert printed_by(copied(form, call, server)) == answer

    with unix_connect(nas.nas.info()["unix"], "ws://localhost/api/current") as socket:
        for call, answer in zip(calls, answers, strict=True):
            socket.send(copied("jsonrpc", call, server))
            frames = [json.loads(socket.recv())]
            while "id" not in frames[-1]:
                frames.append(json.loads(socket.recv()))
            # Without core.set_options a job's call is answered with the job's number.
            assert isinstance(frames[-1]["result"], int) if call.job else frames[-1]["result"] == answer


PARAMS = [{"username": "ada", "password": "${secret:ada}", "note": "by ${env:WRITER}, $${env:WRITER}"}]
SENT = [{"username": "ada", "password": "hunter2", "note": "by me, ${env:WRITER}"}, "none", "none"]


def test_placeholders_are_filled_in_where_the_call_is_made(
    server: Server, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    config_path().parent.mkdir(parents=True)
    config_path().write_text('[secret]\nada = { env = "KEPT" }\n')
    call = CopiedCall("test.back", PARAMS)
    line = shlex.split(copied("midclt", call, server))
    ran = run(*line[1:], env={"KEPT": "hunter2", "WRITER": "me"})
    assert json.loads(ran.out) == SENT
    ran = run(*line[1:], env={"WRITER": "me"})
    assert (ran.status, ran.out) == (2, "")
    assert "${secret:ada}" in ran.err
    assert "KEPT" in ran.err
    # Without the option they are texts like others.
    assert json.loads(run("-u", str(server.profile.address), "call", "test.back", line[-1]).out)[0] == PARAMS[0]
    monkeypatch.setenv("ADA", "hunter2")
    monkeypatch.setenv("WRITER", "me")
    for form in ("python", "async"):
        assert printed_by(copied(form, call, server)) == SENT
    assert json.loads(copied("jsonrpc", call, server))["params"][0]["note"] == "by ${env:WRITER}, ${env:WRITER}"


def test_a_saved_connection_is_named_and_its_certificate_checked(
    nas: ThreadedSimulator, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    address, key = str(nas.secure_url), next(key.text for key in nas.nas.api_keys.values() if not key.revoked)
    saved = Profile(
        name="lab",
        addresses=(address,),
        username="admin",
        mechanism="api-key",
        secret=Environment("LAB_KEY"),
        tls=TLS.pinned(str(nas.nas.info()["fingerprint"])),
    )
    Profiles().put(saved)
    monkeypatch.setenv("LAB_KEY", key)
    monkeypatch.setenv("TRUENAS_API_KEY", key)
    monkeypatch.setenv("TRUENAS_PASSWORD", "admin")
    call = CopiedCall("test.back", ["x"], writes=True)
    for profile in (
        saved,
        replace(saved, name="", secret=Ask()),
        replace(saved, name="", mechanism="password", tls=TLS.insecure()),
    ):
        server = Server(profile, parse(address))
        for form in ("python", "async"):
            text = copied(form, call, server)
            assert printed_by(text) == ["x", "none", "none"]
            assert ("lab" if profile.name else address) in text
            assert key not in text
    assert shlex.split(copied("midclt", call, Server(saved, parse(address)))) == [
        *("midclt", "--profile", "lab", "call", "--write", "test.back", "x")
    ]
    ran = run(*shlex.split(copied("midclt", call, Server(saved, parse(address))))[1:], env={"LAB_KEY": key})
    assert json.loads(ran.out) == ["x", "none", "none"]
    # midclt prints the same of a call that it does not make.
    ran = run("--profile", "lab", "call", "--as", "python", "test.back", "x")
    assert ran.out.rstrip("\n") == copied("python", call, Server(saved, parse(address)))


def test_a_download_is_fetched_by_each_form(nas: ThreadedSimulator, run: Run, tmp_path: Path) -> None:
    authority = tmp_path / "ca.pem"
    authority.write_bytes(Path(str(nas.nas.info()["certificate"])).read_bytes())
    address = str(nas.secure_url)
    profile = Profile(name="", addresses=(address,), username="admin", tls=TLS.authority(authority))
    server, file = Server(profile, parse(address)), tmp_path / "it's.db"
    call = CopiedCall("config.save", [{"secretseed": False}], file="download", filename=str(file))
    assert forms_of(call, server) == ("midclt", "async", "curl")
    assert forms_of(call, Server(replace(profile, tls=TLS.pinned("0" * 64)), parse(address))) == ("midclt", "async")
    env = _environment(TRUENAS_PASSWORD="admin") | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    in_a_shell(f"set -o pipefail; {copied('curl', call, server)}", env)
    fetched = file.read_bytes()
    assert len(fetched) > 100
    file.unlink()
    words = shlex.split(copied("midclt", call, server))
    assert run(*words[1:], env={"TRUENAS_PASSWORD": "admin"}).status == 0
    assert file.read_bytes() == fetched
    file.unlink()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRUENAS_PASSWORD", "admin")
        printed_by(copied("async", call, server))
    assert file.read_bytes() == fetched
