"""API keys on the command line: from where they come, how they are used, what refuses them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from midclt import signing
from tests.auth.ways import frames
from tests.midclt.conftest import Run
from tests.midclt.served import Background, scripted
from truenas_client.auth import budget
from truenas_client.simulator import ApiKey, Simulator

__all__ = ["frames"]

SECRET = "MARKED" + "A" * 58
KEY = f"31-{SECRET}"


@pytest.fixture(scope="module", params=["26", "27"])
def secure_nas(request: pytest.FixtureRequest, background: Background) -> Iterator[Simulator]:
    async def made() -> Simulator:
        simulator = Simulator(release=request.param, demo_data=False, speed=1000.0, tls=True)
        simulator.add_account("admin", "admin")
        simulator.add_api_key(ApiKey(31, "test", "admin", SECRET, iterations=50_000))
        return simulator

    simulator = background.run(made())
    with background.entered(simulator):
        yield simulator


@pytest.fixture
def secure(secure_nas: Simulator, background: Background) -> str:
    """The simulator's address over TLS, with all calls forgotten."""

    async def fresh() -> None:
        secure_nas.rate_limit.clear()
        budget.forget_counts()

    background.run(fresh())
    assert secure_nas.secure_url is not None
    return secure_nas.secure_url


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "nas.json"
    path.write_text(json.dumps({"raw_key": KEY}))
    path.chmod(0o600)
    return path


@pytest.mark.parametrize("flags", [[], ["--no-channel-binding"], ["--plain"], ["--pl"], ["--no"]])
def test_a_key_signs_in(run: Run, secure: str, key_file: Path, frames: list[str], flags: list[str]) -> None:
    for key in (KEY, str(key_file)):
        frames.clear()
        ran = run("--insecure", "-U", "admin", "-K", key, *flags, "call", "auth.me", url=secure)
        assert (ran.status, ran.err) == (0, "")
        assert json.loads(ran.out)["pw_name"] == "admin"
        sends_it = any("--pl" in flag for flag in flags)
        assert any(KEY in frame for frame in frames) is sends_it


def test_the_environment_and_who_wins(run: Run, secure: str, key_file: Path, frames: list[str]) -> None:
    env = {"TRUENAS_USERNAME": "admin", "TRUENAS_API_KEY": str(key_file)}
    ran = run("--insecure", "call", "auth.me", url=secure, env=env)
    assert (ran.status, ran.err) == (0, "")
    # A password wins over a key, and an option over the environment.
    for argv, more, mechanism in (
        (["-P", "admin", "-K", KEY], {}, "PASSWORD_PLAIN"),
        (["-P", "admin"], {}, "PASSWORD_PLAIN"),
        (["-K", KEY], {"TRUENAS_PASSWORD": "wrong"}, "SCRAM"),
        ([], {"TRUENAS_PASSWORD": "admin"}, "PASSWORD_PLAIN"),
    ):
        frames.clear()
        ran = run("--insecure", *argv, "call", "auth.me", url=secure, env=env | more)
        assert (ran.status, ran.err) == (0, "")
        (first, *_) = [json.loads(f)["params"][0]["mechanism"] for f in frames if "auth.login" in f]
        assert first == mechanism
    ran = run("--insecure", "call", "core.ping", url=secure, env={"TRUENAS_API_KEY": str(key_file)})
    assert (ran.status, ran.out, ran.err) == (0, "pong\n", ""), "without a name nobody signs in"


def test_a_key_without_a_name(run: Run, secure: str) -> None:
    ran = run("--insecure", "-K", KEY, "call", "core.ping", url=secure)
    assert (ran.status, ran.out) == (2, "")
    assert "-U" in ran.err


@pytest.mark.parametrize(
    ("key", "words"),
    [("31-wrong", "wrong"), ("31-wr ong", "neither"), ("/no/such/file", "/no/such/file"), ("x", "neither")],
)
def test_keys_that_do_not_sign_in(run: Run, secure: str, key: str, words: str) -> None:
    ran = run("--insecure", "-U", "admin", "-K", key, "call", "core.ping", url=secure)
    assert (ran.status, ran.out) == (4, "")
    assert ran.err.startswith("Failed to login: ")
    assert words in ran.err
    assert "Traceback" not in ran.err


def test_a_file_with_something_else(run: Run, secure: str, tmp_path: Path) -> None:
    path = tmp_path / "nas.ini"
    path.write_text(f"[TRUENAS_API_KEY]\nclient_key = {SECRET}\n")
    path.chmod(0o644)
    ran = run("--insecure", "-U", "admin", "-K", str(path), "call", "core.ping", url=secure)
    assert (ran.status, ran.out) == (4, "")
    assert f"{path}: client_key: " in ran.err
    assert "MARKED" not in ran.err
    path.write_text(KEY)
    ran = run("--insecure", "-U", "admin", "-K", str(path), "call", "core.ping", url=secure)
    assert (ran.status, ran.out) == (0, "pong\n")
    assert ran.err == "", "what reads both streams of a command is no person"


def test_without_tls_a_flag_is_needed(run: Run, secure: str, secure_nas: Simulator, frames: list[str]) -> None:
    ran = run("-U", "admin", "-K", KEY, "call", "core.ping", url=secure_nas.url)
    assert (ran.status, ran.out) == (4, "")
    assert "--no-channel-binding" in ran.err
    assert not any("auth." in frame for frame in frames)
    ran = run("-U", "admin", "-K", KEY, "call", "core.ping", url=secure_nas.legacy_url)
    assert (ran.status, ran.out, ran.err) == (0, "pong\n", ""), "the old protocol of an address means the key itself"
    for flag in ("--no-channel-binding", "--plain"):
        ran = run("-U", "admin", "-K", KEY, flag, "call", "core.ping", url=secure_nas.url)
        assert (ran.status, ran.out) == (0, "pong\n")
    # From now on this server is known to do SCRAM.
    ran = run("-U", "admin", "-K", KEY, "call", "core.ping", url=secure_nas.legacy_url)
    assert (ran.status, ran.out) == (4, "")
    assert "by SCRAM before" in ran.err
    ran = run("-U", "admin", "-K", KEY, "--plain", "call", "core.ping", url=secure_nas.legacy_url)
    assert (ran.status, ran.out) == (0, "pong\n")


def test_to_another_host_the_key_is_not_sent(
    run: Run, secure: str, secure_nas: Simulator, frames: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from truenas_client.endpoint import Endpoint

    monkeypatch.setattr(Endpoint, "is_local", property(lambda self: False))
    for url, flags in ((secure_nas.url, ["--plain"]), (secure_nas.legacy_url, [])):
        ran = run("-U", "admin", "-K", KEY, *flags, "call", "core.ping", url=url)
        assert (ran.status, ran.out) == (4, "")
        assert "revoke" in ran.err
    assert not any("auth." in frame for frame in frames)


def test_a_server_without_scram_names_the_flag(run: Run, background: Background, frames: list[str]) -> None:
    data = {"error": 22, "reason": "[EINVAL] login_data: unknown", "extra": [["login_data", "unknown", 22]]}
    refused: Any = {"auth.login_ex": {"error": {"code": -32602, "message": "Invalid params", "data": data}}}
    with background.entered(scripted(refused)) as url:
        ran = run("-U", "admin", "-K", KEY, "--no-channel-binding", "call", "core.ping", url=url)
    assert (ran.status, ran.out) == (4, "")
    assert "--plain" in ran.err
    assert not any(KEY in frame for frame in frames)


def test_a_key_in_the_arguments_is_warned_of_on_a_terminal(
    run: Run, secure: str, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signing, "is_terminal", lambda stream: True)
    ran = run("--insecure", "-U", "admin", "-K", KEY, "call", "core.ping", url=secure)
    assert ran.status == 0
    assert "other users of this machine can see the value of -K" in ran.err
    ran = run("--insecure", "-U", "admin", "-K", str(key_file), "call", "core.ping", url=secure)
    assert ran.status == 0
    assert "-K" not in ran.err
