"""What other people's scripts and habits rely on, from the command line to the server."""

from __future__ import annotations

from pathlib import Path

import pytest

from midclt import signing
from tests.midclt.conftest import Nas, Run
from tests.midclt.served import Background
from truenas_client import ErrnoMixin
from truenas_client.auth import budget
from truenas_client.simulator import Simulator


def test_a_key_of_the_old_protocol_needs_no_user(run: Run, nas: Nas) -> None:
    key = next(key.text for key in nas.simulator.api_keys.values() if not key.revoked)
    ran = run("-K", key, "--plain", "call", "test.echo", "1", url=nas.simulator.legacy_url)
    assert (ran.status, ran.out, ran.err) == (0, "1\n", "")
    ran = run("-K", key, "--plain", "call", "test.echo", "1", url=nas.url)
    assert ran.status == 2
    assert "-U" in ran.err


def test_damaged_json_is_told_when_the_call_fails(run: Run, nas: Nas) -> None:
    word = "[['username','=','root']]"
    ran = run("call", "user.query", word, url=nas.url, user="admin")
    assert ran.status == 6
    assert ran.err.splitlines()[-1].startswith("Argument 1 went out as text, because it is no JSON")
    assert run("call", "test.echo", word, url=nas.url, user="admin").err == ""
    assert run("call", "-q", "user.query", word, url=nas.url, user="admin").err == ""


def test_a_job_of_others_is_followed_by_its_number(run: Run, nas: Nas) -> None:
    number = run("call", "test.gated", url=nas.url, user="admin").out.strip()
    nas.open()
    ran = run("call", "-j", "-jp", "description", "core.job_wait", number, url=nas.url, user="admin")
    assert (ran.status, ran.out) == (0, '{"done": 2}\n')
    assert "second half" in ran.err


def test_an_aborted_job_of_others_is_no_success(run: Run, nas: Nas) -> None:
    number = run("call", "test.gated", url=nas.url, user="admin").out.strip()
    assert run("call", "core.job_abort", number, url=nas.url, user="admin").status == 0
    ran = run("call", "-j", "core.job_wait", number, url=nas.url, user="admin")
    assert (ran.status, ran.out) == (7, "")
    assert "aborted" in ran.err


@pytest.fixture
def old(background: Background, tmp_path: Path) -> object:
    async def made() -> Simulator:
        return Simulator(release="24.10", unix=tmp_path / "nas.sock")

    budget.forget_counts()
    simulator = background.run(made())
    with background.entered(simulator):
        yield simulator


def test_ping_needs_no_login_on_the_old_protocol(run: Run, old: Simulator) -> None:
    ran = run("ping", url=old.legacy_url)
    assert (ran.status, ran.out, ran.err) == (0, "True\n", "")


def test_the_socket_of_an_old_server_is_found(run: Run, old: Simulator, tmp_path: Path) -> None:
    for path in (tmp_path / "nas.sock", f"{tmp_path}/nas.sock:/websocket"):
        ran = run("call", "system.ready", url=f"ws+unix://{path}")
        assert (ran.status, ran.out, ran.err) == (0, "True\n", "")


def test_a_one_time_password_is_asked_for_on_the_old_protocol(
    run: Run, old: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    old.add_account("otp", "otp", otp="123456")
    asked: list[str] = []

    def ask(prompt: str) -> str | None:
        asked.append(prompt)
        return "123 456" if len(asked) < 4 else None

    monkeypatch.setattr(signing, "_ask", ask)
    monkeypatch.setattr(signing, "has_terminal", lambda: True)
    ran = run("-U", "otp", "-P", "otp", "call", "system.ready", url=old.legacy_url)
    assert (ran.status, ran.out) == (0, "True\n")
    assert asked == ["One-time password for otp (nothing, if the account has none): "]
    ran = run("-U", "admin", "-P", "wrong", "call", "system.ready", url=old.legacy_url)
    assert ran.status == 4
    assert asked[2:] == ["One-time password for admin, the last was wrong: "] * 2


def test_a_wrong_one_time_password_is_asked_for_again_where_the_server_does(
    run: Run, background: Background, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def made() -> Simulator:
        simulator = Simulator(release="25.10")
        simulator.add_account("otp", "otp", otp="123456")
        return simulator

    budget.forget_counts()
    codes = ["000000", "123-456"]
    monkeypatch.setattr(signing, "_ask", lambda prompt: codes.pop(0))
    simulator = background.run(made())
    with background.entered(simulator):
        ran = run("-U", "otp", "-P", "otp", "call", "system.ready", url=simulator.url)
    assert (ran.status, ran.out, codes) == (0, "True\n", [])


def test_a_scheme_left_out_on_a_plain_port_is_named(run: Run, nas: Nas) -> None:
    address = nas.url.split("/")[2]
    ran = run("ping", url=address)
    assert ran.status == 3
    assert f"ws://{address}" in ran.err


def test_over_plain_loopback_the_first_error_names_both_flags(run: Run, nas: Nas) -> None:
    ran = run("-U", "admin", "-K", "1-abc", "call", "system.ready", url=nas.url)
    assert ran.status == 4
    assert "--no-channel-binding" in ran.err
    assert "--plain" in ran.err


def test_the_numbers_of_the_server_have_its_names() -> None:
    assert ErrnoMixin._get_errname(209) == "EREBOOTREQUIRED"
    assert ErrnoMixin._get_errname(210) == "EHAUNAVAILABLE"


@pytest.mark.parametrize(
    ("method", "words"),
    [
        ("pool.snapshots.query", "Near it: pool.snapshot.query"),
        ("pool.snapshot.querry", "Near it: pool.snapshot.query"),
        ("zfs.snapshot.query", "Its work is done by pool.snapshot.query on this server"),
        ("alert.query", "`midclt methods alert` lists what there is"),
        ("service.start", "Its work is done by service.control START on this server"),
        ("reporting.realtime", "It is an event: midclt subscribe reporting.realtime"),
    ],
)
def test_a_method_that_is_not_there_is_told_what_comes_near(run: Run, nas: Nas, method: str, words: str) -> None:
    ran = run("call", method, url=nas.url, user="admin")
    assert ran.status == 1
    assert words in ran.err


def test_nothing_near_is_nothing_said(run: Run, nas: Nas) -> None:
    assert "Near" not in run("call", "zzz.qqq", url=nas.url, user="admin").err
    assert "Near" not in run("call", "pool.snapshot.querry", url=nas.url).err
