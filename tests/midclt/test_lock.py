"""A profile that is read-only: which calls go, which are refused, and what allows them."""

from __future__ import annotations

from typing import Any

import pytest

from midclt import running
from midclt.parser import get_parser
from tests.auth.ways import frames
from tests.midclt.conftest import Nas, Run
from truenas_client.secrets.value import Environment
from truenas_client.storage import Profile, Profiles, config_path

__all__ = ["frames"]


@pytest.fixture(autouse=True)
def lab(nas: Nas, monkeypatch: pytest.MonkeyPatch) -> None:
    """A profile of which nothing is said but where it leads."""
    monkeypatch.setenv("NAS", "admin")
    Profiles().put(Profile(name="lab", addresses=(nas.url,), username="admin", secret=Environment("NAS")))


def sent(frames: list[str], method: str) -> bool:
    return any(f'"{method}"' in frame for frame in frames)


def test_what_is_known_to_write_is_refused_before_anything_is_connected(run: Run, frames: list[str]) -> None:
    ran = run("--profile", "lab", "call", "pool.export", "1")
    assert (ran.status, ran.out) == (4, "")
    assert "pool.export may change the server, and the profile lab is read-only: it was not sent" in ran.err
    assert "--write" in ran.err
    assert str(config_path()) in ran.err
    assert frames == []


@pytest.mark.parametrize(
    "argv",
    [
        ("pool.scrub.scrub", "tank", "START"),
        ("-j", "pool.scrub.scrub", "tank", "START"),
        ("test.echo", "1"),
        ("no.such.method",),
        ("core.bulk", "pool.scrub.scrub", '[["tank"]]'),
        ("core.bulk", "user.query", "[[]]", "x"),
    ],
)
def test_what_is_not_known_to_read_is_refused_by_the_servers_listing(
    run: Run, frames: list[str], argv: tuple[str, ...]
) -> None:
    ran = run("--profile", "lab", "call", *argv)
    method = next(word for word in argv if "." in word)
    if argv[:2] == ("core.bulk", "user.query"):
        # It only reads what it carries, so it goes; the server has its own opinion of the argument.
        assert sent(frames, "core.bulk")
        return
    assert (ran.status, ran.out) == (4, "")
    assert "is read-only" in ran.err
    assert not sent(frames, method) or method == "core.get_methods"


@pytest.mark.parametrize("argv", [("user.query",), ("test.look",), ("auth.me",)])
def test_what_reads_goes(run: Run, argv: tuple[str, ...]) -> None:
    ran = run("--profile", "lab", "call", *argv)
    assert (ran.status, ran.err) == (0, "")


def test_what_allows_it(run: Run, nas: Nas) -> None:
    for argv in (["--write", "call", "test.echo", "1"], ["call", "--write", "test.echo", "1"]):
        assert run("--profile", "lab", *argv).out == "1\n"
    # Flags and the environment alone are nobody's profile.
    assert run("call", "test.echo", "1", url=nas.url, user="admin").out == "1\n"
    # Somewhere else a profile only lends its user name.
    other = nas.url.replace("127.0.0.1", "localhost")
    assert run("--profile", "lab", "-P", "admin", "call", "test.echo", "1", url=other).out == "1\n"
    Profiles().put(
        Profile(name="lab", addresses=(nas.url,), username="admin", secret=Environment("NAS"), read_only=False)
    )
    assert run("--profile", "lab", "call", "test.echo", "1").out == "1\n"
    Profiles().use("lab")
    assert run("call", "test.echo", "1").out == "1\n"


def test_the_default_profile_is_locked_too(run: Run) -> None:
    Profiles().use("lab")
    assert run("call", "test.echo", "1").status == 4
    assert run("ping").status == 0


@pytest.mark.parametrize(
    "argv",
    [
        ("jobs", "abort", "1"),
        ("sessions", "terminate", "--others"),
        ("key", "create", "new"),
        ("key", "rm", "1"),
    ],
)
def test_a_command_that_always_writes_is_refused_before_anything_is_connected(
    run: Run, frames: list[str], argv: tuple[str, ...]
) -> None:
    ran = run("--profile", "lab", *argv)
    assert (ran.status, ran.out, frames) == (4, "", [])
    assert "is read-only" in ran.err


def test_a_second_ctrl_c_stops_no_job_of_a_read_only_profile(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(seconds: float) -> None:
        raise KeyboardInterrupt

    class Client:
        def call(self, method: str, *params: Any, **options: Any) -> None:
            called.append(method)

    monkeypatch.setattr(running, "is_terminal", lambda stream: True)
    monkeypatch.setattr(running, "sleep", interrupted)
    called: list[str] = []
    for words, stops in (([], False), (["--write"], True)):
        options = get_parser().parse_args(["--profile", "lab", *words, "jobs", "watch", "7"])
        running.leave(Client(), options, 7, "job 7")  # type: ignore[arg-type]
        assert ("Ctrl-C again" in capsys.readouterr().err) is stops
        assert called == ["core.job_abort"] * stops
