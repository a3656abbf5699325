"""The agent: the same answers as without it, one sign-in for all, for as long as it is used.

It runs in a thread of this process; `test_agent_process` starts it as midclt does.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from queue import Queue
from typing import Any

import pytest

from midclt import asking, signing
from midclt.access import chosen
from midclt.agent import place, quick, server
from midclt.agent.faults import as_text, from_text
from midclt.agent.joining import Way
from midclt.exits import status_of
from midclt.parser import get_parser
from tests.midclt.agents import Served, logins, serving, until, write_profile
from tests.midclt.conftest import Nas, Ran, Run
from tests.midclt.served import Background
from tests.midclt.test_process import loaded_by
from truenas_client import Client, exc, trust
from truenas_client.auth.budget import forget_counts
from truenas_client.exc import ClientException
from truenas_client.simulator import Simulator
from truenas_client.storage import config_path


@pytest.fixture(autouse=True)
def used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MIDCLT_AGENT")
    monkeypatch.setattr(signing, "_ask", lambda prompt: None)


@pytest.fixture
def agent(background: Background, run: Run) -> Iterator[Served]:
    with serving(background) as served:
        yield served


# -- the same as without -----------------------------------------------------------------------


SAME: list[tuple[str, ...]] = [
    ("call", "core.ping"),
    ("call", "test.echo", '{"a": [1, "\u00e4", {"$date": 1000}, 1.0, null]}'),
    ("call", "test.echo", "plain \U0001f40d text"),
    ("call", "test.echo", "{broken"),
    ("call", "pool.query", "1"),
    ("call", "test.fail"),
    ("call", "-q", "test.fail"),
    ("call", "test.ekko"),
    ("call", "test.echo"),
    ("-t", "1", "call", "test.hang"),
    ("call", "test.vanish"),
    ("call", "-j", "pool.scrub.scrub", "tank"),
    ("call", "pool.scrub.scrub", "tank"),
    ("call", "-j", "test.doomed"),
    ("call", "-j", "test.lost"),
    ("call", "-j", "core.ping"),
    ("call", "-j", "-jp", "description", "pool.scrub.scrub", "tank"),
    ("call", "-o", "table", "pool.query", "[]", '{"select": ["name"]}'),
    ("query", "pool", "--select", "name", "-o", "csv"),
    ("subscribe", "-n", "2", "test.count"),
    ("subscribe", "test.count"),
    ("subscribe", "test.break"),
    ("subscribe", "-t", "0.2", "test.quiet"),
    ("subscribe", "--follow", "-n", "1", "test.endless"),
    ("watch", "-n", "1", "pool.query", "[]", '{"select": ["name"]}'),
    ("jobs", "wait", "4711"),
    ("batch", "test.echo"),
    ("bulk", "core.ping", "--each", "[]"),
    ("ping",),
    ("whoami",),
]


def test_the_answers_are_those_without_an_agent(agent: Served, run: Run, nas: Nas) -> None:
    write_profile(nas.url)

    def shown(mode: str, argv: tuple[str, ...]) -> Ran:
        nas.simulator.rate_limit.clear()
        forget_counts()
        ran = run("--profile", "lab", "--agent", mode, *argv, stdin="1\n[2]\n" if "batch" in argv else "[]\n")
        return Ran(ran.status, *(re.sub(r"\b\d+\b", "N", text) for text in (ran.out, ran.err)))

    for argv in SAME:
        assert shown("require", argv) == shown("never", argv), argv
    nas.open()
    assert agent.sessions == 1


OLD_SAME: list[tuple[str, ...]] = [
    ("call", "system.version"),
    ("call", "pool.query", "1"),
    ("call", "test.ekko"),
    ("call", "-j", "pool.scrub.scrub", "tank"),
    ("call", "-j", "pool.scrub.scrub", "nothing"),
    ("subscribe", "-n", "1", 'reporting.realtime:{"interval": 2}'),
    ("watch", "-n", "1", "pool.query", "[]", '{"select": ["name"]}'),
    ("ping",),
    ("whoami",),
]


@pytest.mark.parametrize("release", ["24.10", "25.04"])
def test_old_jobs_and_the_old_protocol(agent: Served, run: Run, background: Background, release: str) -> None:
    """Both answer a job call at once with its number; 24.10 speaks no JSON-RPC, which the tunnel does all the same."""

    async def made() -> Simulator:
        return Simulator(release=release, speed=1000.0)

    with background.entered(background.run(made())) as nas:
        write_profile(nas.url.removesuffix("/api/current"))
        for argv in OLD_SAME:
            with_agent, without = (run("--profile", "lab", "--agent", mode, *argv) for mode in ("require", "never"))
            if argv[0] == "subscribe":
                assert (with_agent.status, with_agent.out[:60]) == (0, without.out[:60])
            else:
                shown = [re.sub(r":\d+", "", ran.out) for ran in (with_agent, without)]
                assert (with_agent.status, shown[0], with_agent.err) == (without.status, shown[1], without.err), argv


def test_one_login_serves_all(agent: Served, run: Run, nas: Nas, background: Background) -> None:
    write_profile(nas.url)
    write_profile(nas.url, "same")
    with logins(nas, background) as count:
        ways = [
            ("call", "core.ping"),
            ("call", "-j", "core.ping"),
            ("query", "pool"),
            ("watch", "-n", "1", "pool.query"),
        ]
        for argv in ways * 2:
            assert run("--profile", "lab", *argv).status == 0
        assert run("--profile", "same", "call", "core.ping").out == "pong\n"
        assert count() == 1
        # The lost connection is made again by the next call, with the secret that the agent keeps.
        background.run(drop(nas))
        until(lambda: not agent.agent._sessions[0].live)
        assert run("--profile", "lab", "call", "core.ping").out == "pong\n"
        assert count() == 2
        assert run("--profile", "lab", "--agent", "never", "call", "core.ping").out == "pong\n"
        assert count() == 3


def test_several_servers_at_once(
    agent: Served, run: Run, nas: Nas, background: Background, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each through its own sign-in, which is kept; a secret is asked for until the agent has it."""
    write_profile(nas.url)
    write_profile(nas.url, "viewer", "viewer", secret="")
    with logins(nas, background) as count:
        ran = run("--on", "lab,viewer", "whoami", "--columns", "user", "-o", "csv")
        assert (ran.status, ran.out) == (9, "nas,user\nlab,admin\n")
        assert "viewer: No password for viewer: have the profile say where it is" in ran.err
        with monkeypatch.context() as patch:
            patch.setattr(signing, "_ask", lambda prompt: "viewer")
            assert run("--profile", "viewer", "login").status == 0
        made = count()
        for _ in range(2):
            ran = run("--on", "all", "whoami", "--columns", "user", "-o", "csv", env={"TRUENAS_USERNAME": "nobody"})
            assert (ran.status, ran.out) == (0, "nas,user\nlab,admin\nviewer,viewer\n")
        assert count() == made
        assert run("--on", "all", "--agent", "require", "call", "core.ping").status == 0


def test_long_jobs_leave_room_for_others(agent: Served, run: Run, nas: Nas, background: Background) -> None:
    write_profile(nas.url)
    with logins(nas, background) as count:
        for _ in range(7):
            assert run("--profile", "lab", "call", "test.gated").status == 0
        assert run("--profile", "lab", "call", "core.ping").out == "pong\n"
        assert count() == 2, "past the agent"
        ran = run("--profile", "lab", "--agent", "require", "call", "core.ping")
        assert (ran.status, "take all the room" in ran.err) == (2, True)
    nas.open()
    until(lambda: not agent.agent._sessions[0].busy)
    assert run("--profile", "lab", "--agent", "require", "call", "core.ping").out == "pong\n"


def test_a_secret_that_was_changed_is_read_again(
    agent: Served, run: Run, nas: Nas, background: Background, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_profile(nas.url, secret="")
    with config_path().open("a") as file:
        file.write('secret = { env = "OF_MY_NAS" }\n')
    monkeypatch.setenv("OF_MY_NAS", "admin")
    assert run("--profile", "lab", "call", "core.ping").out == "pong\n"
    account = nas.simulator.accounts["admin"]
    before, status, logged_in = account.password, [], []
    for password, given in (("another", "another"), ("another", "another"), ("not this", "wrong")):
        account.password = password
        monkeypatch.setenv("OF_MY_NAS", given)
        background.run(drop(nas))
        until(lambda: not any(session.live for session in agent.agent._sessions))
        with logins(nas, background) as count:
            status.append(run("--profile", "lab", "call", "core.ping").status)
            logged_in.append(count())
    account.password = before
    assert status == [0, 0, 4]
    assert logged_in == [2, 1, 2], "the kept secret, then the one that is there now, and no more"
    assert agent.sessions == 0


async def drop(nas: Nas) -> None:
    nas.simulator.drop_connections()


def way_to(name: str) -> Way:
    options = get_parser().parse_args(["--profile", name, "ping"])
    return Way(options, chosen(options))


def test_many_at_once_while_it_signs_in(agent: Served, nas: Nas, background: Background, run: Run) -> None:
    write_profile(nas.url)
    with logins(nas, background) as count:
        opened: list[Any] = []

        def join() -> None:
            way = way_to("lab")
            opened.append(way.open())
            way().close()

        threads = [threading.Thread(target=join) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert len(opened) == 8
        assert count() == 1


def test_events_and_jobs_of_several_clients(agent: Served, nas: Nas, background: Background, run: Run) -> None:
    write_profile(nas.url)
    with logins(nas, background) as count, logins(nas, background, "core.subscribe") as subscribed:
        with Client(nas.url, through=way_to("lab")) as one, Client(nas.url, through=way_to("lab")) as other:
            came: Queue[str] = Queue()
            for client, name in ((one, "one"), (other, "other")):
                client.subscribe("test.endless", lambda mtype, name=name, **message: came.put(name))
            heard = {came.get(timeout=10)}
            while heard != {"one", "other"}:
                heard.add(came.get(timeout=10))
            assert subscribed() == 1, "the server sends them once"
            job = one.call("test.gated", job="RETURN")
            assert other.call("test.echo", "meanwhile") == "meanwhile"
            assert other.call("core.get_jobs", [["id", "=", job.job_id]])[0]["state"] == "RUNNING"
            nas.open()
            assert job.result(10) == {"done": 2}
            one.close()
            while not came.empty():
                came.get()
            assert came.get(timeout=10) == "other"
        assert count() == 1


def test_what_the_server_refuses_is_told_as_without(agent: Served, run: Run, nas: Nas) -> None:
    write_profile(nas.url, "wrong", secret="wrong")
    write_profile("ws://127.0.0.1:1", "gone")
    write_profile("wss://127.0.0.1:1/api/current", "nowhere", more='tls = { ca_file = "/nonexistent" }')
    for name, status in (("wrong", 4), ("gone", 3), ("nowhere", 3)):
        without = run("--profile", name, "--agent", "never", "call", "core.ping")
        assert run("--profile", name, "call", "core.ping") == without
        assert without.status == status
    assert agent.sessions == 0, "a login that was refused is not tried again"


def test_a_password_and_a_code_are_asked_for_once(
    agent: Served, run: Run, nas: Nas, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_profile(nas.url, user="otp", secret="")
    answers = ["otp", "123456"]
    monkeypatch.setattr(signing, "_ask", lambda prompt: answers.pop(0) if answers else None)
    ran = run("login", "lab")
    assert (ran.status, ran.out, answers) == (0, "", [])
    assert "lab: signed in as otp" in ran.err
    assert run("--profile", "lab", "call", "test.echo", "1").out == "1\n"
    assert run("--profile", "lab", "query", "pool", "--count").status == 0
    assert (
        run("agent", "status", "-o", "csv", "--columns", "profile,user,signed_in").out.splitlines()[1] == "lab,otp,true"
    )
    assert "signed out" in run("logout", "lab").err
    assert "no agent keeps" in run("logout", "lab").err
    assert run("--profile", "lab", "call", "test.echo", "1").status == 4


def test_a_code_on_the_old_protocol(
    agent: Served, run: Run, background: Background, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = ["guarded", "123456"]
    monkeypatch.setattr(signing, "_ask", lambda prompt: answers.pop(0) if answers else None)
    monkeypatch.setattr(signing, "has_terminal", lambda: True)

    async def made() -> Simulator:
        return Simulator(release="24.10")

    with background.entered(background.run(made())) as nas:
        write_profile(nas.url.removesuffix("/api/current"), user="guarded", secret="")
        assert run("--profile", "lab", "call", "auth.me", "-o", "json").status == 0
        assert answers == []
        assert run("--profile", "lab", "ping").out == "True\n"


def test_what_says_otherwise_keeps_the_agent_out(agent: Served, run: Run, nas: Nas) -> None:
    write_profile(nas.url)
    write_profile("", "local", user="", secret="")
    for words in (["-U", "admin"], ["-u", nas.url], ["-P", "admin"], ["--insecure"], ["--no-channel-binding"]):
        assert run("--profile", "lab", *words, "call", "test.echo", "1").out == "1\n"
        ran = run("--profile", "lab", "--agent", "require", *words, "call", "test.echo", "1")
        assert (ran.status, "says otherwise" in ran.err) == (2, True), words
    for words in (["call", "core.ping"], ["-u", nas.url, "ping"]):
        assert run("--agent", "require", *words).status == 2
    ran = run("--profile", "lab", "--agent", "require", "call", "auth.logout")
    assert (ran.status, "connection of its own" in ran.err) == (2, True)
    assert run("--profile", "lab", "call", "auth.logout").out == "True\n"
    assert run("ping", env={"MIDCLT_AGENT": "sometimes", "TRUENAS_PROFILE": "lab"}).status == 2
    assert agent.sessions == 0


def test_a_profile_that_only_reads_still_does(agent: Served, run: Run, nas: Nas) -> None:
    write_profile(nas.url)
    path = config_path()
    path.write_text(path.read_text().replace("read_only = false\n", ""))
    for _ in range(2):  # before the agent knows the profile, and after
        assert run("--profile", "lab", "call", "core.ping").out == "pong\n"
        ran = run("--profile", "lab", "call", "pool.scrub.scrub", "tank")
        assert (ran.status, "is read-only" in ran.err) == (4, True)
        assert run("--profile", "lab", "--write", "call", "test.echo", "1").out == "1\n"
    path.write_text(path.read_text().replace("admin", "guest"))
    assert "guest" in run("--profile", "lab", "whoami").out, "a changed profile is another sign-in"
    assert agent.sessions == 1


# -- how long ----------------------------------------------------------------------------------


def test_sessions_end_and_then_the_agent(background: Background, run: Run, nas: Nas) -> None:
    write_profile(nas.url)
    with serving(background, idle=0.2) as served:
        assert run("--profile", "lab", "call", "core.ping").out == "pong\n"
        until(lambda: served.sessions == 0)
        until(lambda: bool(served.task.done()))
        assert place.dial() is None
    with serving(background, idle=0.2) as served:
        assert run("--profile", "lab", "login").status == 0
        until(lambda: served.agent._sessions[0].users == 0)
        assert served.agent._end_of(served.agent._sessions[0]) > server.now() + 3600, "a login is kept without use"
    with serving(background, lifetime=0.2) as served:
        assert run("--profile", "lab", "login").status == 0
        until(lambda: served.sessions == 0)


def test_lock_forget_and_stop(agent: Served, run: Run, nas: Nas) -> None:
    write_profile(nas.url)
    write_profile(nas.url, "other", user="guest", secret="guest")
    ping = ("call", "core.ping")
    for name in ("lab", "other"):
        assert run("--profile", name, *ping).status == 0
    assert "1 sign-in dropped" in run("agent", "forget", "other").err
    assert run("agent", "forget", "other").err == "The agent keeps no sign-in of other.\n"
    assert agent.sessions == 1
    session = agent.agent._sessions[0]
    assert "Locked: 1 sign-in dropped" in run("agent", "lock").err
    assert not session._secret
    assert "locked" in run("agent").err
    assert run("--profile", "lab", *ping).out == "pong\n", "without the agent"
    ran = run("--profile", "lab", "--agent", "require", *ping)
    assert (ran.status, "agent is locked" in ran.err) == (2, True)
    assert "is unlocked" in run("agent", "start").err
    assert "runs already" in run("agent", "start").err
    assert run("--profile", "lab", "--agent", "require", *ping).out == "pong\n"
    assert run("agent", "start", "--idle", "5").status == 1
    assert "1 sign-in dropped" in run("agent", "stop").err
    until(lambda: place.dial() is None)
    assert "No agent runs" in run("agent", "lock").err


def test_a_secret_on_standard_input_is_no_argument(
    agent: Served, run: Run, nas: Nas, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a terminal the first line is the secret, as without the agent; with require the input has none."""
    write_profile(nas.url, secret="")
    monkeypatch.setattr(signing, "_ask", lambda prompt: "admin")
    assert run("login", "lab").status == 0
    monkeypatch.setattr(asking, "has_terminal", lambda: False)
    monkeypatch.setattr(signing, "_ask", asking.ask)
    echo = ("--profile", "lab", "call", "test.echo", "-")
    assert run(*echo, stdin="admin\n[1]").out == "[1]\n"
    assert run("--agent", "require", *echo, stdin="[1]").out == "[1]\n"


@pytest.mark.parametrize(
    "error",
    [
        ClientException("no such disk", 2, {"formatted": "Traceback"}, {"when": datetime(2026, 1, 31, tzinfo=UTC)}),
        exc.ValidationErrors([["a.b", "is wrong", 22], [None, "all", 5]], {"class": "x"}),
        exc.ConnectionLost("It broke", 1001, "going away", sent=True),
        exc.RateLimited("too many", retry_after=7.0),
        exc.CallTimeout("late"),
        exc.PayloadTooLarge("x.y", 70_000, 65_536),
        exc.RedirectRequired("standby", ["https://other.example"]),
        exc.HandshakeRejected("no TrueNAS", 502),
        exc.ConnectRefused("refused", "connect", 111),
        exc.JobFailed("failed", 5, job_id=7),
        exc.OTPRequired("a code"),
        trust.CertificateError("unknown", "unknown issuer", "/ca.pem"),
        trust.PinMismatch("another", ("sha256:a",), "sha256:b"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_comes_back_as_it_was(error: ClientException) -> None:
    again = from_text(as_text(error))
    assert type(again) is type(error)
    assert str(again) == str(error)
    names = {*vars(error), "error", "errno", "trace", "extra"} - {"verify_message"}
    assert {name: getattr(again, name) for name in names} == {name: getattr(error, name) for name in names}
    assert status_of(again) == status_of(error)


def test_the_quick_way_loads_next_to_nothing(agent: Served, run: Run, nas: Nas) -> None:
    """Starting Python is most of what such a call takes."""
    write_profile(nas.url)
    assert run("--profile", "lab", "call", "core.ping").status == 0
    code = "import midclt; midclt.main(['--profile', 'lab', 'call', 'core.ping'])"
    loaded = loaded_by(code) - loaded_by("pass")
    assert not loaded & {"argparse", "enum", "json", "re", "selectors", "signal", "socket", "typing"}
    names = {"midclt", "midclt.__main__", "midclt.output", "truenas_client"}
    names |= {f"midclt.agent{name}" for name in ("", ".place", ".quick", ".wire")}
    assert {name for name in loaded if name.startswith(("midclt", "truenas_client"))} == names


def test_the_quick_way_reads_the_line_as_the_parser_does() -> None:
    for words in (
        ["call", "m"],
        ["--profile", "lab", "call", "m", "a", ""],
        ["--profile=lab", "--agent=require", "-t", "5", "--write", "call", "m", "{}"],
        ["--agent", "never", "--timeout", "7", "call", "call"],
    ):
        read, parsed = quick.plain(words), get_parser().parse_args(words)
        assert read is not None
        assert [*read.words] == parsed.method
        assert (read.profile, read.agent, read.write) == (parsed.profile, parsed.agent, parsed.write)
        assert read.timeout == (parsed.timeout or 0)
    for words in (
        ["call"],
        ["call", "-j", "m"],
        ["call", "m", "-"],
        ["-t", "1.5", "call", "m"],
        ["-t", "x", "call", "m"],
        ["-U", "call", "call", "m"],
        ["--prof", "call", "call", "m"],
        ["--profile", "-x", "call", "m"],
        ["query", "call"],
        ["--profile", "call"],
    ):
        assert quick.plain(words) is None, words
