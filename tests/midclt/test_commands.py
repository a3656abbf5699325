"""Each command as a process against the simulator, with what people give it that is wrong."""

from __future__ import annotations

import json
import os
import select
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from midclt.parser import COMMANDS
from tests.facts import ROOT
from tests.midclt.conftest import Run
from tests.midclt.served import Background, scripted
from tests.midclt.test_process import loaded_by
from truenas_client.auth import budget
from truenas_client.simulator import Call, ThreadedSimulator

WEIGHT = 200_000


Shell = Callable[..., tuple[int, str, str]]
"""Runs the command in this process: status, output and errors."""


@pytest.fixture(scope="module")
def nas(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ThreadedSimulator]:
    with ThreadedSimulator(unix=tmp_path_factory.mktemp("commands") / "nas.sock", speed=1000.0) as nas:

        @nas.nas.job("test.work", abortable=True)
        async def work(call: Call, words: str = "done") -> str:
            """Report, and end."""
            call.progress(50, "half")
            return words

        @nas.nas.job("test.endless", abortable=True)
        async def endless(call: Call) -> None:
            """Run until it is aborted."""
            await call.sleep(1e9)

        yield nas


def socket_of(nas: ThreadedSimulator) -> str:
    return f"ws+unix://{nas.nas.info()['unix']}"


@pytest.fixture
def shell(run: Run, nas: ThreadedSimulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """The command for the simulator, over its UNIX socket unless another address is given."""
    budget.forget_counts()
    for name in ("CONFIG", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / ".xdg"))
    monkeypatch.setenv("TRUENAS_PASSWORD", "admin")

    def shell(
        *argv: str, stdin: str | bytes = b"", address: str | None = None, env: dict[str, str] | None = None
    ) -> tuple[int, str, str]:
        ran = run(*argv, url=socket_of(nas) if address is None else address or None, stdin=stdin, env=env)
        return ran.status, ran.out, ran.err

    return shell


@pytest.mark.parametrize(
    "argv",
    [
        ["batch", "core.ping", "--each", "[]"],
        ["bulk", "user.query", "--each", "[]"],
        ["download", "config.save", "-O", "-"],
        ["upload", "filesystem.put", __file__, "/mnt/tank/process"],
        ["watch", "-n", "1", "pool.query"],
        ["subscribe", "-n", "1", "alert.list"],
        ["jobs", "ls", "-a"],
        ["doctor"],
        ["whoami"],
        ["version"],
        ["key", "ls"],
        ["sessions"],
    ],
    ids=lambda argv: argv[0],
)
def test_each_command_is_a_process(nas: ThreadedSimulator, tmp_path: Path, argv: list[str]) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("TRUENAS_", "MIDCLT_"))}
    ran = subprocess.run(
        [sys.executable, "-m", "midclt", "-u", socket_of(nas), *argv],
        input=b"x\n", env=env | {"HOME": str(tmp_path)}, cwd=ROOT, capture_output=True, timeout=60,
    )  # fmt: skip
    assert ran.returncode == (1 if argv[0] == "batch" else 0), ran.stderr
    assert ran.stdout
    assert b"Traceback" not in ran.stderr


def rows(text: str) -> list[Any]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_call_to_this_machine_loads_no_event_loop(nas: ThreadedSimulator) -> None:
    loaded = loaded_by(f"import midclt; midclt.main(['-u', {socket_of(nas)!r}, 'call', 'core.ping'])")
    assert "truenas_client.sync.client" in loaded
    heavy = {"asyncio", "ssl", "inspect", "subprocess", "tomllib", "platformdirs", "midclt.signing", "cryptography"}
    assert not loaded & heavy


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stream_ends_with_a_signal(nas: ThreadedSimulator, number: signal.Signals) -> None:
    command = [sys.executable, "-m", "midclt", "-u", socket_of(nas), "watch", "pool.query"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(b"[{")
        process.send_signal(number)
        assert process.communicate(timeout=20) == (b"", b"")
    assert process.returncode == 128 + number


# -- do ----------------------------------------------------------------------------------------


def test_pairs_are_an_object(shell: Shell, tmp_path: Path) -> None:
    note = tmp_path / "note"
    note.write_text("from a file\n")
    words = ["name=tank/kv", f"comments=@{note}", "share_type=SMB", "user_properties:=[]", "quota:=1073741824"]
    status, out, err = shell("call", "--kv", "pool.dataset.create", *words)
    assert (status, err) == (0, "")
    assert json.loads(out)["name"] == "tank/kv"
    status, out, err = shell("call", "--kv", "--dry-run", "user.create", "a[b][c]=1", "password=hunter2", "x")
    assert status == 0
    assert json.loads(out) == {
        "method": "user.create",
        "params": [{"a": {"b": {"c": "1"}}, "password": "********"}, "x"],
    }
    assert "not known here yet" in err
    assert "hunter2" not in out + err
    assert shell("methods", "-o", "json")[0] == 0  # from now on they are
    status, out, err = shell("call", "--dry-run", "pool.dataset.create", '{"type": "FILESYSTEM"}')
    assert (status, err) == (6, "data: missing field name\n")
    # And a call as other text knows what is a job.
    status, out, err = shell("call", "--as", "midclt", "pool.scrub.scrub", "tank")
    assert (status, err) == (0, "")
    assert out.endswith(" call -j pool.scrub.scrub tank\n")
    status, out, err = shell("call", "--as", "jsonrpc", "user.update", "70", '{"password": "hunter2"}')
    assert json.loads(out)["params"] == [70, {"password": "${secret:user-update-password}"}]
    status, out, err = shell("query", "pool", "-o", "markdown", "--columns", "name,healthy")
    assert (status, out.splitlines()[:3]) == (0, ["| name  | healthy |", "| ----- | ------- |", "| tank  | true    |"])
    assert shell("call", "pool.query", "-o", "markdown")[1].startswith("| name ")
    status, out, err = shell("call", "--dry-run", "pool.dataset.creat")
    assert status == 1
    assert "pool.dataset.create" in err


def test_many_calls_after_one_login(shell: Shell, tmp_path: Path) -> None:
    failed = tmp_path / "failed.ndjson"
    lines = "a\n\nb\nno/such/parent\nc\n"
    each = '{"name": "tank/{}", "comments": "made for {}"}'
    status, out, err = shell("batch", "pool.dataset.create", "--each", each, "--failed", str(failed), stdin=lines)
    assert status == 1
    assert [(row["index"], row["ok"]) for row in rows(out)] == [(1, True), (3, True), (4, False), (5, True)]
    assert "error" in rows(out)[2]
    assert err.startswith("3 ok, 1 failed; `midclt -u ws+unix://")
    (again,) = rows(failed.read_text())
    assert (again["method"], again["params"][0]["name"]) == ("pool.dataset.create", "tank/no/such/parent")
    assert stat.S_IMODE(failed.stat().st_mode) == 0o600
    again["params"][0]["name"] = "tank/d"
    calls = [again, {"method": "core.ping"}, {"method": "test.work", "params": ["x"]}, again | {"unknown": True}]
    status, out, err = shell("batch", "-j", stdin="".join(f"{json.dumps(call)}\n" for call in calls))
    assert status == 0
    assert [row["result"] if row["index"] > 1 else row["ok"] for row in rows(out)] == [True, "pong", "x"]
    assert "Line 4 is left out" in err
    assert err.endswith("3 ok, 0 failed\n")
    status, out, err = shell("bulk", "pool.dataset.delete", "--each", "tank/{}", stdin="a\nnothing\nb\nc\nd\n")
    assert status == 1
    assert [row["ok"] for row in rows(out)] == [True, False, True, True, True]
    assert err.endswith("4 ok, 1 failed\n")


@pytest.mark.parametrize(
    ("argv", "stdin", "words"),
    [
        (["batch"], "{\n", "Line 1 is no JSON: "),
        (["batch"], '{"method": "core.ping"}\n[]\n', "Line 2 is no call"),
        (["batch", "--each", "x"], "", "there is none"),
        (["batch", "core.ping"], b"\xff\n", "Line 1 is not UTF-8"),
        (["bulk"], "", "METHOD"),
        (["call", "--kv", "x.y", "a:={no"], "", "a:= wants JSON: "),
        (["call", "--kv", "x.y", "a=1", "a=2"], "", "a is given twice"),
        (["call", "--kv", "x.y", "a=@/no/such"], "", "/no/such cannot be read"),
        (["upload", "filesystem.put", "/no/such", "/mnt/x"], "", "/no/such cannot be read"),
        (["download", "config.save"], "", "-O"),
        (["jobs", "watch", "x"], "", "'x'"),
        (["jobs", "watch"], "", "ID"),
        (["watch", "pool.query", "{}"], "", "takes filters"),
        (["subscribe", "core.get_jobs", "--filter", "state = = x"], "", "^"),
        (["sessions", "terminate"], "", "--others"),
        (["key", "create", "x", "--expires", "tomorrow"], "", "2027-01-31"),
        (["key", "rm", "nothing"], "", "midclt key ls"),
        (["--profile", "nowhere", "whoami"], "", "nowhere"),
    ],
)
def test_what_is_wrong_is_named(shell: Shell, argv: list[str], stdin: str | bytes, words: str) -> None:
    status, out, err = shell(*argv, stdin=stdin)
    assert (status, "Traceback" in err) == (2, False)
    assert words in err
    assert out == "" or argv[0] == "batch"


def test_files_go_both_ways(shell: Shell, tmp_path: Path) -> None:
    saved, sent = tmp_path / "config.tar", tmp_path / "sent"
    status, out, err = shell("download", "config.save", "-O", str(saved))
    assert (status, out) == (0, ""), err
    assert err == f"{saved}: {saved.stat().st_size} bytes\n"
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    assert shell("download", "config.save", "-O", str(saved))[0] == 2
    assert shell("download", "config.save", "-O", str(saved), "--replace")[0] == 0
    status, out, err = shell("download", "no.such", "-O", str(tmp_path / "other"))
    assert (status, [*tmp_path.glob("*")]) == (1, [saved])
    sent.write_text("hello")
    assert shell("upload", "filesystem.put", str(sent), "/mnt/tank/sent") == (0, "True\n", "")
    assert json.loads(shell("call", "filesystem.stat", "/mnt/tank/sent")[1])["size"] == 5


def test_what_is_too_long_is_not_sent(shell: Shell) -> None:
    status, out, err = shell("call", "core.ping", "-", stdin=json.dumps("x" * WEIGHT))
    assert (status, out) == (1, "")
    assert "65536" in err
    status, out, err = shell("call", "--dry-run", "core.ping", "-", stdin=json.dumps("x" * WEIGHT))
    assert status == 6


# -- follow ------------------------------------------------------------------------------------


def test_a_job_is_followed_by_its_number(shell: Shell) -> None:
    number = shell("call", "test.work", "result")[1].strip()
    assert shell("jobs", "watch", number) == (0, "result\n", "")
    assert shell("jobs", "wait", number) == (0, "result\n", "")
    status, out, err = shell("jobs", "ls", number, "-o", "csv", "--columns", "id,method,state")
    assert (status, out.splitlines()) == (0, ["id,method,state", f"{number},test.work,SUCCESS"])
    endless = shell("call", "test.endless")[1].strip()
    assert endless in shell("jobs")[1]
    assert shell("jobs", "abort", endless)[0] == 0
    status, out, err = shell("jobs", "watch", endless)
    assert (status, out) == (7, "")
    assert "abort" in err
    for action in (["ls"], ["watch"], ["logs"], ["abort"]):
        assert shell("jobs", *action, "999999")[0] == 7, action
    assert "has no log" in shell("jobs", "logs", number)[2]


def test_a_secret_that_was_put_in_is_masked_where_an_error_says_it_back(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NAS_SECRET", "s3cret-of-mine")
    word = '"/mnt/none/${env:NAS_SECRET}/x"'
    for argv in (
        ["call", "--fill", "filesystem.stat", word],
        ["download", "--fill", "-O", str(tmp_path / "file"), "filesystem.get", word],
    ):
        status, out, err = shell(*argv)
        assert (status, out) == (7 if argv[0] == "download" else 1, ""), argv
        assert "/mnt/none" in err, argv
        assert "s3cret" not in err, argv


def test_a_query_is_watched(shell: Shell, nas: ThreadedSimulator) -> None:
    argv = [sys.executable, "-m", "midclt", "-u", socket_of(nas)]
    watching = subprocess.Popen(
        [*argv, "watch", "pool.dataset.query", "--diff", "-n", "3"], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert watching.stdout is not None
    before = json.loads(watching.stdout.readline())
    assert shell("call", "pool.dataset.create", '{"name": "tank/seen"}')[0] == 0
    added = json.loads(watching.stdout.readline())
    assert (added["kind"], added["path"]) == ("added", "[id=tank/seen]")
    assert added["new"] not in before
    assert shell("call", "pool.dataset.delete", "tank/seen")[0] == 0
    removed = json.loads(watching.stdout.readline())
    assert (removed["kind"], removed["path"]) == ("removed", "[id=tank/seen]")
    assert watching.wait(20) == 0
    watching.stdout.close()
    status, out, err = shell("watch", "--every", "0.01", "-n", "2", "system.info", "--diff")
    assert (status, err) == (0, "")
    assert "uptime_seconds" in [row.get("path") for row in rows(out)[1:]]
    assert shell("watch", "no.such.query")[::2] == (1, f"There is no method no.such.query on {argv[-1]}\n")


def test_events_are_filtered(shell: Shell, nas: ThreadedSimulator) -> None:
    listening = [sys.executable, "-m", "midclt", "-u", socket_of(nas), "subscribe"]
    with subprocess.Popen(
        [*listening, "--follow", "-n", "1", "core.get_jobs", "--filter", "state = SUCCESS and method ^ test."],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as process:
        while process.poll() is None:  # until the subscription is there
            shell("call", "-j", "test.work", "x")
        out, err = process.communicate(timeout=20)
    (event,) = rows(out)
    assert (event["fields"]["state"], event["fields"]["method"], err) == ("SUCCESS", "test.work", "")


def test_events_are_followed_through_a_lost_connection(nas: ThreadedSimulator) -> None:
    nas.nas.event("test.items", roles=["READONLY_ADMIN"])
    process = subprocess.Popen(
        [sys.executable, "-m", "midclt", "-u", socket_of(nas), "subscribe", "--follow", "-n", "2", "test.items"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert process.stdout is not None

    def send_until(done: Callable[[], object]) -> None:
        while not done():
            nas.send_event("test.items", "ADDED", id=1, fields={})

    send_until(lambda: select.select([process.stdout], [], [], 0.05)[0])
    nas.drop_connections()
    send_until(lambda: select.select([], [], [], 0.05)[0] or process.poll() is not None)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, len(rows(out))) == (0, 2)
    assert "connecting again" in err
    assert "may be missing here" in err


def test_a_call_that_may_have_run_is_not_sent_again(shell: Shell, nas: ThreadedSimulator, tmp_path: Path) -> None:
    failed = tmp_path / "failed"

    @nas.nas.method("test.vanish")
    async def vanish(call: Call) -> None:
        """Lose the connection before the answer."""
        nas.nas.drop_connections()

    calls = ["core.ping", "test.vanish", *["core.ping"] * 60]
    lines = "".join(f'{{"method": "{method}"}}\n' for method in calls)
    status, out, err = shell("batch", "--failed", str(failed), stdin=lines)
    assert status == 1
    assert "not sent" in err
    again = {row["index"]: row for row in rows(failed.read_text())}
    assert again[2]["unknown"] is True
    assert "unknown" not in again[62]
    assert len(again) + len([row for row in rows(out) if row["ok"]]) == 62
    status, out, err = shell("batch", stdin=failed.read_bytes())
    assert (status, "Line" in err) == (0, True)


# -- tell --------------------------------------------------------------------------------------


@pytest.mark.parametrize("release", ["24.10", "25.04", "25.10", "27"])
def test_every_release_tells_what_it_is(shell: Shell, release: str) -> None:
    with ThreadedSimulator(release=release) as nas:
        address = nas.nas.info()["legacy"] if release == "24.10" else nas.url
        login = ("-U", "admin", "doctor", "-o", "json")
        status, out, err = shell(*login, address=str(address))
        assert (status, err) == (0, "")
        steps = json.loads(out)
        names = [step["step"] for step in steps]
        assert names[:3] == ["name", "connection", "websocket"]
        assert names[-5:] == ["sign-in", "role", "server", "clock", "speed"]
        assert all(step["ok"] for step in steps)
        assert "FULL_ADMIN" in steps[names.index("role")]["said"]


def test_the_doctor_looks_at_the_certificate(shell: Shell) -> None:
    with ThreadedSimulator(tls=True) as nas:
        assert nas.secure_url is not None
        assert nas.nas.tls is not None
        shown = nas.nas.tls.fingerprint.upper()
        login = ("-U", "admin", "doctor", "-o", "json")
        for flags, ends, words in (
            ((), 3, "self-signed"),
            (("--insecure",), 0, "any is accepted"),
            (("--ca", str(nas.nas.tls.path)), 0, "trusted; ends"),
        ):
            status, out, err = shell(*flags, *login, address=nas.secure_url)
            said = {row["step"]: row["said"] for row in json.loads(out)}["certificate"]
            assert (status, words in said, shown in said.replace(":", "")) == (ends, True, True)
            assert ("midclt profile add" in err) is (ends == 3)


def test_who_and_what(shell: Shell, nas: ThreadedSimulator) -> None:
    status, out, err = shell("whoami", address=nas.url, env={"TRUENAS_PASSWORD": ""})
    assert (status, out) == (4, "")
    assert err.endswith("Not signed in: give a user name with -U or TRUENAS_USERNAME.\n")
    status, out, err = shell("whoami")
    assert (status, err) == (0, "")
    assert json.loads(out)["roles"] == ["FULL_ADMIN"]
    status, out, err = shell("version")
    assert (status, err, json.loads(out)["protocol"]) == (0, "", "JSON-RPC")
    status, out, err = shell("version", address="ws://127.0.0.1:1")
    assert status == 3
    assert set(json.loads(out)) == {"midclt", "python"}
    assert "refuses" in err
    status, out, err = shell("doctor", address="ws://127.0.0.1:1")
    assert status == 3
    assert out.splitlines()[-1].startswith("FAIL connection")
    status, out, err = shell("-U", "admin", "doctor", address=nas.url, env={"TRUENAS_PASSWORD": "wrong"})
    assert status == 4
    assert "(the password is from TRUENAS_PASSWORD)" in err


def test_keys_and_sessions(shell: Shell, nas: ThreadedSimulator, tmp_path: Path) -> None:
    kept = tmp_path / "key"
    status, key, err = shell("key", "create", "shown", "--expires", "2027-01-31")
    assert status == 0
    assert "does not tell it again" in err
    assert key.strip() not in err
    assert shell("key", "create", "kept", "--for", "admin", "-O", str(kept))[:2] == (0, "")
    status, _, err = shell("key", "create", "lost", "-O", "/proc/key")
    assert (status, "`midclt key rm" in err) == (1, True), "the server has it, and does not tell it again"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    status, out, _ = shell("key", "ls", "-o", "csv", "--columns", "name,username")
    assert {"shown,root", "kept,admin"} <= set(out.splitlines())
    assert key.strip() not in shell("key", "ls")[1]
    login = ("-U", "admin", "-K", str(kept), "--no-channel-binding")
    assert json.loads(shell(*login, "whoami", address=nas.url)[1])["user"] == "admin"
    for name in ("shown", "kept"):
        assert shell("key", "rm", name)[0] == 0
    status, _, err = shell(*login, "call", "core.ping", address=nas.url, env={"TRUENAS_PASSWORD": ""})
    assert status == 4
    assert f"(the key is from {kept})" in err
    sessions = json.loads(shell("sessions", "ls")[1])
    assert [session["current"] for session in sessions if session["current"]] == [True]
    status, _, err = shell("sessions", "terminate", "no-such-session")
    assert (status, err) == (1, "There is no session no-such-session\n")
    assert shell("sessions", "terminate", "--others")[0] == 0


def test_every_command_says_what_it_is_for(shell: Shell) -> None:
    # `test_process` looks at what each of them loads.
    status, out, _ = shell("--help", address="")
    assert status == 0
    for name, words in COMMANDS.items():
        assert f"    {name}" in out
        assert words.partition(":")[0].split()[0] in out


def test_a_one_time_password_from_a_flag_or_a_program(shell: Shell, nas: ThreadedSimulator) -> None:
    def login(*flags: str, command: Sequence[str] = ("call", "auth.me")) -> tuple[int, str, str]:
        argv = ("-U", "guarded", *flags, *command)
        return shell(*argv, address=nas.url, env={"TRUENAS_PASSWORD": "guarded"})

    assert login("--otp", "123 456")[0] == 0
    assert login("--otp-command", "echo 123456")[0] == 0
    for flags in (("--otp", "000000"), ("--otp-command", "echo 000000")):
        status, out, err = login(*flags)
        assert (status, out) == (4, "")
        assert "one-time password for guarded was wrong" in err
    assert login("--otp-command", "/no/such/program")[2].startswith("--otp-command: There is no program")


ODD: list[Any] = [None, 5, "text", {}, {"a": None}, [None], [1, "x"], [[]], [{}], [{"id": [], "progress": 5}]]
ODD += [{"pw_name": "admin", "privilege": [1]}, {"privilege": {"roles": "abc"}, "two_factor_config": [1]}]


@pytest.mark.parametrize("answer", ODD, ids=repr)
def test_an_answer_of_another_shape_is_no_error_of_this_program(run: Run, background: Background, answer: Any) -> None:
    methods = ("core.get_jobs", "api_key.query", "api_key.create", "auth.me", "auth.sessions")
    with background.entered(scripted({method: {"result": answer} for method in methods})) as url:
        for argv in (
            *(["jobs", *words] for words in ([], ["ls", "5"], ["logs", "5"], ["abort", "5"])),
            *(["key", *words] for words in (["ls"], ["create", "new"], ["rm", "5"])),
            *(["whoami"], ["sessions"]),
        ):
            ran = run(*argv, url=url, user="admin")
            assert "error of this program" not in ran.err, argv
