"""``--on`` and ``midclt compare``: several servers at once, of different releases, one down and one refusing."""

from __future__ import annotations

import csv
import io
import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from threading import current_thread, main_thread
from typing import Any

import pytest
import yaml

from midclt import asking, fleet, shared_options, signing
from tests.facts import ROOT
from tests.midclt.conftest import Ran, Run
from tests.midclt.test_process import COMMAND, _environment, terminal
from truenas_client.auth import budget
from truenas_client.secrets.value import Ask, Environment
from truenas_client.simulator import Call, CallError, ThreadedSimulator
from truenas_client.storage import Profile, Profiles

DOWN = "ws://127.0.0.1:9"
On = Callable[..., Ran]


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, ThreadedSimulator]]:
    """A server of 24.10 and one of 26."""
    with ExitStack() as stack:
        made = {
            name: stack.enter_context(ThreadedSimulator(speed=1000.0, release=release))
            for name, release in (("old", "24.10"), ("new", "26"))
        }
        for name, server in made.items():
            _extend(server, name)
        yield made


def _extend(server: ThreadedSimulator, name: str) -> None:
    server.nas.add_account("otp", "admin", otp="123456")

    @server.nas.method("test.write", roles=["FULL_ADMIN"])
    def write(call: Call, value: Any) -> Any:
        """Change something; by its roles, as the name does not tell."""
        return value

    @server.nas.method("test.info")
    def info(call: Call, kind: str) -> Any:
        """An answer of each kind."""
        return {
            "number": 3,
            "rows": [{"name": "a", "size": 1}, {"name": name, "size": 2}],
            "empty": [],
            "words": ["x", "y"],
            "own": {"nas": "mine"},
            "users": [{"id": 1 if name == "old" else 7, "username": "u", "uid": 5, "at": {"id": len(name)}}],
        }[kind]

    @server.nas.method("test.get_one")
    def one(call: Call) -> str:
        """Fails on one of them."""
        if name == "new":
            raise CallError("the disk is gone", 5)
        return "fine"

    @server.nas.job("test.endless", abortable=True)
    async def endless(call: Call) -> None:
        """Run until it is aborted."""
        call.progress(50, "half")
        await call.sleep(1e9)

    @server.nas.job("test.job")
    async def job(call: Call) -> str:
        """Report, and end."""
        call.progress(50, "half")
        return name


@pytest.fixture
def on(run: Run, servers: dict[str, ThreadedSimulator], monkeypatch: pytest.MonkeyPatch) -> On:
    """The command, with a profile for each server: ``locked`` is ``new`` again, read-only."""
    budget.forget_counts()
    for server in servers.values():
        server.run(server.nas.rate_limit.clear)
    monkeypatch.setenv("PW", "admin")
    monkeypatch.setenv("NO", "wrong")
    urls = {name: server.nas.info()["ws"] for name, server in servers.items()}
    profiles = Profiles()
    for name, url, secret, user, writes in (
        ("old", urls["old"], "PW", "admin", True),
        ("new", urls["new"], "PW", "admin", True),
        ("locked", urls["new"], "PW", "admin", False),
        ("down", DOWN, "PW", "admin", True),
        ("refused", urls["new"], "NO", "admin", True),
        ("ask", urls["new"], "", "admin", True),
        ("otp", urls["new"], "PW", "otp", True),
    ):
        where = Environment(secret) if secret else Ask()
        profiles.put(
            Profile(
                name=name, addresses=(url,), username=user, mechanism="password", secret=where, read_only=not writes
            )
        )
    return run


@pytest.fixture
def typing(monkeypatch: pytest.MonkeyPatch) -> Callable[[str | None], list[str]]:
    """Have the user type this on the terminal; the prompts that are asked."""

    def types(text: str | None) -> list[str]:
        prompts: list[str] = []
        monkeypatch.setattr(fleet, "typed", lambda prompt: prompts.append(prompt) or text)
        return prompts

    return types


def _table(lines: list[list[str]]) -> list[dict[str, str]]:
    return [dict(zip(lines[0], map(str.strip, line), strict=True)) for line in lines[1:]]


FORMS: dict[str, Callable[[str], Any]] = {
    "json": json.loads,
    "pretty": json.loads,
    "raw": json.loads,
    "jsonl": lambda text: list(map(json.loads, text.splitlines())),
    "yaml": yaml.safe_load,
    "csv": lambda text: list(csv.DictReader(io.StringIO(text))),
    "markdown": lambda text: _table([line.strip("| ").split(" | ") for line in text.splitlines() if "---" not in line]),
    "table": lambda text: _table([line.split() for line in text.splitlines()]),
}


def test_every_form_has_the_nas_first(on: On) -> None:
    rows = [("old", "a", 1), ("old", "old", 2), ("new", "a", 1), ("new", "new", 2)]
    assert set(FORMS) == set(shared_options.FORMS)
    for form, read in FORMS.items():
        ran = on("call", "test.info", "rows", "--on", "old,new", "-o", form)
        assert (ran.status, ran.err) == (0, "")
        found = [tuple(row.items()) for row in read(ran.out)]
        texts = form in ("csv", "table", "markdown")
        wanted = [(("nas", n), ("name", name), ("size", str(size) if texts else size)) for n, name, size in rows]
        assert found == wanted, form
    ran = on("--on", "new,old", "call", "test.info", "rows", "-o", "csv", "--columns", "size")
    assert ran.out.splitlines()[:2] == ["nas,size", "new,1"]
    assert on("--on", "new", "call", "test.info", "rows", "--jmespath", "[].nas").out == '["new", "new"]\n'


@pytest.mark.parametrize(
    ("kind", "rows"),
    [
        ("number", [{"nas": "old", "value": 3}]),
        ("empty", []),
        ("words", [{"nas": "old", "value": "x"}, {"nas": "old", "value": "y"}]),
        ("own", [{"nas": "old", "value": {"nas": "mine"}}]),
    ],
)
def test_an_answer_that_is_no_list_of_objects(on: On, kind: str, rows: list[Any]) -> None:
    assert json.loads(on("--on", "old", "call", "test.info", kind).out) == rows


def test_the_other_commands_that_read(on: On) -> None:
    for argv in (["query", "pool", "--select", "name"], ["whoami"], ["version"], ["ping"], ["sessions"], ["jobs"]):
        ran = on("--on", "old,new", *argv)
        assert (ran.status, ran.err) == (0, ""), argv
        assert list(dict.fromkeys(row["nas"] for row in json.loads(ran.out))) in (["old", "new"], []), argv
    assert [row["value"] for row in json.loads(on("ping", "--on", "old,new").out)] == [True, "pong"]
    ran = on("query", "pool", "--filter", "nmae = tank", "--on", "old,new")
    assert (ran.status, ran.out) == (0, "[]\n")
    assert on("query", "pool", "--filter", "name = none", "--get", "--on", "old,new").status == 1


def test_some_failed(on: On) -> None:
    ran = on("--on", "old,down,refused,new", "call", "core.ping")
    assert ran.status == 9
    assert [row["nas"] for row in json.loads(ran.out)] == ["old", "new"]
    down, refused = sorted(ran.err.splitlines())
    assert down.startswith("down: 127.0.0.1:9 refuses connections")
    assert refused.startswith("refused: Failed to login")
    ran = on("--on", "old,new", "call", "test.get_one", env={"MIDCLT_EXIT": "compat"})
    assert (ran.status, json.loads(ran.out)) == (1, [{"nas": "old", "value": "fine"}])
    assert ran.err.startswith("new: [EIO] the disk is gone")
    assert on("--on", "old,new", "call", "-q", "test.get_one").err == ""


def test_all_failed(on: On) -> None:
    for names, status in (("down", 3), ("refused", 4), ("down,refused", 1)):
        ran = on("--on", names, "ping")
        assert (ran.status, ran.out, len(ran.err.splitlines())) == (status, "", names.count(",") + 1)
    for more, status in (["--yes"], 1), ([], 2):
        ran = on("--on", "old,new", "call", "pool.qery", *more)
        assert (ran.status, ran.out) == (status, "")
        for name in ("old", "new"):
            assert f"{name}: Near it: pool.query" in ran.err


def test_the_environment_is_for_one_server(on: On) -> None:
    ran = on("--on", "old,new", "ping", env={"TRUENAS_URI": DOWN, "TRUENAS_USERNAME": "x", "TRUENAS_PASSWORD": "x"})
    assert (ran.status, ran.err) == (0, "")


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--on", "nope,old", "ping"], "nope is none, and the profiles are old, new"),
        (["--on", ",", "ping"], "names of profiles"),
        (["--on", "old", "-u", "nas", "-P", "x", "ping"], "-u, -P: with --on each server's profile says that"),
        (["--on", "old", "batch"], "midclt batch is for one server"),
        (["--on", "old", "jobs", "abort", "1"], "midclt jobs abort is for one server"),
        (["--on", "old", "jobs", "ls", "1"], "each server's own"),
        (["compare", "core.ping"], "--on lab,prod"),
        (["compare", "core.ping", "--on", "old"], "--on old,..."),
        (["compare", "pool.dataset.delete", "x", "--on", "old,new"], "may change the server"),
    ],
)
def test_bad_usage_asks_no_server(on: On, argv: list[str], words: str) -> None:
    ran = on(*argv)
    assert (ran.status, ran.out) == (2, "")
    assert words in ran.err


def test_there_are_no_profiles(run: Run) -> None:
    ran = run("--on", "all", "ping")
    assert (ran.status, ran.err) == (2, "--on takes names of profiles: there are no profiles yet\n")


@pytest.mark.parametrize("method", ["pool.dataset.delete", "test.write"])
def test_a_write_needs_names_and_agreement(on: On, typing: Callable[[str | None], list[str]], method: str) -> None:
    """One method that is known to write by its name, and one of which the servers have to be asked."""
    prompts = typing(None)
    ran = on("--on", "old,new", "call", method, "tank/none")
    assert (ran.status, ran.out) == (2, "")
    assert "--yes" in ran.err
    assert prompts
    assert set(prompts) == {f"{method} may change 2 servers (old, new). Type yes to send it: "}
    ran = on("--on", "all", "call", method, "tank/none", "--yes", "--write")
    assert (ran.out, ran.status) == ("", 2 if method != "test.write" else 1)
    assert "name them" in ran.err
    prompts = typing("y")
    ran = on("--on", "old,new", "call", method, "tank/none")
    assert len(prompts) == 1
    assert (ran.status, f"{method} was not sent" in ran.err) == (1, True)
    for text, argv in (("yes", []), (None, ["--yes"])):
        prompts = typing(text)
        ran = on("--on", "old,new", "call", method, "tank/none", *argv)
        if method == "test.write":
            assert [row["value"] for row in json.loads(ran.out)] == ["tank/none"] * 2
        else:
            assert (ran.status, "does not exist" in ran.err) == (6, True)
        assert len(prompts) == (not argv)


def test_a_dry_run_checks_the_call_for_each_server(on: On) -> None:
    on("--profile", "new", "methods")
    argv = ("--on", "old,new", "call", "--dry-run", "--kv", "user.create")
    ran = on(*argv, "password=pw", "username:=7")
    request = {"method": "user.create", "params": [{"password": "********", "username": 7}]}
    assert [json.loads(line) for line in ran.out.splitlines()] == [{"nas": name, **request} for name in ("old", "new")]
    assert ran.status == 9
    old, *new = ran.err.splitlines()
    assert old.startswith("old: Not checked")
    assert new
    assert all(line.startswith("new: ") for line in new)
    assert on("--on", "old,new", "query", "pool", "--count", "--dry-run").status == 0


def test_a_read_only_profile_stays_so(on: On) -> None:
    ran = on("--on", "old,locked", "call", "pool.dataset.delete", "x", "--yes")
    assert (ran.status, ran.out) == (4, "")
    assert "the profile locked is read-only" in ran.err
    ran = on("--on", "old,locked", "call", "test.write", "1", "--yes")
    assert (ran.status, json.loads(ran.out)) == (9, [{"nas": "old", "value": 1}])
    assert on("--on", "old,locked", "call", "test.write", "1", "--yes", "--write").status == 0


def test_a_terminal_is_told_who_is_waited_for(on: On, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet, "is_terminal", lambda stream: stream is not None)
    monkeypatch.setattr(fleet, "SAY_AFTER_SECONDS", 0.0)
    ran = on("--on", "old,new", "call", "test.info", "empty")
    first, *_, last = ran.err.splitlines()
    assert (ran.out, first, last) == ("", "Waiting for old, new", "Nothing found.")


def test_jobs(on: On) -> None:
    ran = on("--on", "old,new", "call", "-j", "-jp", "description", "test.job", "--yes")
    assert json.loads(ran.out) == [{"nas": "old", "value": "old"}, {"nas": "new", "value": "new"}]
    assert set(ran.err.splitlines()) == {"old: half", "new: half"}


def test_secrets_from_standard_input_come_first(on: On) -> None:
    env = _environment(MIDCLT_AGENT="never", PW="admin")
    command = [*COMMAND, "--on", "ask,otp,old", "call", "test.write", "-", "--yes"]
    ran = subprocess.run(
        command,
        env=env,
        cwd=ROOT,
        input="admin\n[1]",
        capture_output=True,
        text=True,
        timeout=30,
        start_new_session=True,
    )
    assert (ran.returncode, json.loads(ran.stdout)) == (9, [{"nas": "ask", "value": 1}, {"nas": "old", "value": 1}])
    assert ran.stderr.startswith("otp: Failed to login")
    assert "one-time" in ran.stderr


def test_a_terminal_is_asked_one_thing_at_a_time(on: On, monkeypatch: pytest.MonkeyPatch) -> None:
    prompts: list[str] = []

    def answer(prompt: str) -> str:
        assert current_thread() is main_thread()
        prompts.append(prompt)
        return "123456" if "One-time" in prompt else "admin"

    monkeypatch.setattr(signing, "_ask", answer)
    monkeypatch.setattr(signing, "has_terminal", lambda: True)
    monkeypatch.setattr(asking, "has_terminal", lambda: True)
    ran = on("--on", "ask,otp,old", "call", "core.ping")
    assert (ran.status, ran.err) == (0, "")
    assert sorted(prompts) == ["One-time password for otp on otp: ", "Password for admin on ask: "]


def test_prompts_on_a_terminal(on: On) -> None:
    argv = ("--on", "ask", "call", "pool.dataset.delete", "tank/none")
    with terminal(*argv, env=_environment(MIDCLT_AGENT="never")) as screen:
        for prompt, text in (
            ("pool.dataset.delete may change ask. Type yes to send it: ", "yes"),
            ("Password for admin on ask: ", "admin"),
        ):
            screen.wait_for(prompt.encode())
            screen.type(f"{text}\n".encode())
        lines = screen.rest().splitlines()
    assert screen.process.returncode == 6
    assert lines[-1].startswith("ask: [ENOENT]")


def test_ctrl_c_says_what_is_left_on_which_server(on: On) -> None:
    argv = ("--on", "old,new", "call", "-j", "-jp", "description", "test.endless", "--yes")
    with terminal(*argv, env=_environment(MIDCLT_AGENT="never", PW="admin")) as screen:
        screen.wait_for(b"old: half")
        screen.wait_for(b"new: half")
        screen.type(b"\x03")
        shown = screen.rest()
    assert screen.process.returncode == 130
    for name in ("old", "new"):
        assert f"{name}: Job " in shown
        assert f"`midclt --profile {name} jobs watch " in shown


def test_compare(on: On) -> None:
    ran = on("compare", "test.info", "users", "--on", "old,new")
    rows = [json.loads(line) for line in ran.out.splitlines()]
    assert rows == [
        {"nas": "new", "kind": "changed", "path": "[username=u].id", "old": 1, "new": 7},
    ]
    assert on("compare", "test.info", "users", "--on", "old,new", "--ignore", "id").err == "No difference.\n"
    assert on("compare", "test.info", "users", "--on", "old,new", "--columns", "uid").err == "No difference.\n"
    ran = on("compare", "test.info", "rows", "--by", "size", "--on", "old,new", "-o", "csv")
    assert ran.out == "nas,kind,path,old,new\nnew,changed,[size=2].name,old,new\n"
    ran = on("compare", "test.info", "rows", "--on", "old,down,new", "--jmespath", "[].size")
    assert (ran.status, ran.out, ran.err.splitlines()[1:]) == (9, "", ["No difference between those that answered."])
    ran = on("compare", "test.info", "rows", "--on", "old,down")
    assert (ran.status, "Only old answered" in ran.err) == (9, True)
    assert on("compare", "test.write", "1", "--on", "old,new").status == 2


def test_a_terminal_shows_differences_as_lines(on: On) -> None:
    with terminal(
        "compare", "test.info", "rows", "--on", "old,new", env=_environment(MIDCLT_AGENT="never", PW="admin")
    ) as screen:
        lines = screen.rest().splitlines()
    assert lines[0] == "old -> new"
    assert [line[:12] for line in lines[1:]] == ["  - [name=ol", "  + [name=ne"]
