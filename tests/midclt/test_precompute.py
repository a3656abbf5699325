"""``midclt key precompute``: the form without derivation, from everywhere but an argument, and nowhere in sight."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from midclt import apikeys
from tests.auth.ways import frames
from tests.midclt.conftest import Run
from tests.midclt.served import Background
from truenas_client.auth import budget, keytext
from truenas_client.secrets.value import File
from truenas_client.simulator import ApiKey, Simulator
from truenas_client.storage import Profile, Profiles
from truenas_client.trust import TLS

__all__ = ["frames"]

SECRET = "MARKEDKEYQZX" + "B" * 52
KEY = f"31-{SECRET}"
SALT = bytes(range(16))


@pytest.fixture(scope="module")
def nas(background: Background) -> Iterator[Simulator]:
    async def made() -> Simulator:
        simulator = Simulator(demo_data=False, speed=1000.0, tls=True)
        simulator.add_account("admin", "admin")
        simulator.add_api_key(ApiKey(31, "test", "admin", SECRET, SALT, 50_000))
        return simulator

    with background.entered(background.run(made())) as simulator:
        yield simulator


@pytest.fixture
def url(nas: Simulator) -> str:
    nas.rate_limit.clear()
    budget.forget_counts()
    return str(nas.secure_url)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "raw"
    path.write_text(KEY + "\n")
    path.chmod(0o600)
    return path


def is_it(text: str) -> bool:
    return json.loads(text) == json.loads(keytext.precompute(KEY, SALT, 50_000))


def test_from_file_to_file_to_login(run: Run, url: str, file: Path, tmp_path: Path, frames: list[str]) -> None:
    made = tmp_path / "derived.json"
    ran = run("--insecure", "-U", "admin", "key", "precompute", str(file), "-o", str(made), url=url)
    assert (ran.status, ran.out) == (0, "")
    assert "derives from key 31" in ran.err
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    assert is_it(made.read_text())
    assert not any(SECRET in text for text in (ran.err, *frames)), "proved, and sent nowhere"
    ran = run("--insecure", "-U", "admin", "-K", str(made), "call", "auth.me", url=url)
    assert json.loads(ran.out)["pw_name"] == "admin"
    # What is there is not written over: it may be the key itself.
    ran = run("--insecure", "-U", "admin", "key", "precompute", str(file), "-o", str(file), url=url)
    assert (ran.status, file.read_text()) == (2, KEY + "\n")
    ran = run("--insecure", "-U", "admin", "key", "precompute", str(made), url=url)
    assert (ran.status, ran.out) == (4, "")
    assert "holds derived keys already" in ran.err


def test_from_everywhere_else(run: Run, url: str, nas: Simulator, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base = ["--insecure", "-U", "admin"]
    asked: list[str] = []
    monkeypatch.setattr(apikeys, "ask", lambda prompt: asked.append(prompt) or KEY)
    assert is_it(run(*base, "key", "precompute", "-", url=url, stdin=f"{KEY}\n").out)
    assert is_it(run(*base, "-K", str(file), "key", "precompute", url=url).out)
    assert is_it(run(*base, "key", "precompute", url=url, env={"TRUENAS_API_KEY": str(file)}).out)
    assert asked == []
    assert is_it(run(*base, "key", "precompute", url=url).out)
    assert asked == ["API key for admin: "]
    assert nas.tls is not None
    pin = TLS.pinned(nas.tls.fingerprint)
    secret = File(str(file))
    Profiles().put(Profile(name="lab", addresses=(url,), username="admin", mechanism="api-key", secret=secret, tls=pin))
    assert is_it(run("--profile", "lab", "key", "precompute").out)
    assert len(asked) == 1


def test_never_as_an_argument(run: Run, url: str, frames: list[str]) -> None:
    ran = run("--insecure", "-U", "admin", "-K", KEY, "key", "precompute", url=url)
    assert (ran.status, ran.out, frames) == (2, "", [])
    assert "Other users can see an argument" in ran.err
    assert SECRET not in ran.err


def test_what_cannot_be_done(run: Run, url: str, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apikeys, "ask", lambda prompt: None)
    base = ["--insecure", "-U", "admin"]
    assert run("--insecure", "key", "precompute", str(file), url=url).status == 2
    assert "There is no key" in run(*base, "key", "precompute", url=url).err
    wrong = run(*base, "key", "precompute", "-", url=url, stdin="31-MARKEDWRONG")
    assert (wrong.status, wrong.out) == (4, "")
    assert "Failed to login" in wrong.err
    assert "MARKEDWRONG" not in wrong.err
    none = run(*base, "key", "precompute", "-", url=url, stdin="MARKEDNONE")
    assert (none.status, "MARKEDNONE" in none.err) == (4, False)
    # Without TLS there is nothing to bind the proof to, here as everywhere.
    ran = run("-U", "admin", "key", "precompute", str(file), url=url.replace("wss", "ws"))
    assert ran.status in (3, 4)
