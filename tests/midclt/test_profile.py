"""``midclt profile`` and ``--profile``: from making one to signing in with it, and never a secret in sight."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from midclt import main, profiles, signing, trusting
from tests.core import certificates
from tests.core.writers import forked
from tests.facts import ROOT
from tests.keptfiles import files_below
from tests.midclt.conftest import Nas, Run
from tests.midclt.served import Background, scripted
from tests.midclt.test_process import terminal
from tests.ring import Ring
from truenas_client.auth.budget import forget_counts
from truenas_client.secrets.value import Ask, Command, Environment, File, Keyring, Secret, Text
from truenas_client.simulator import Simulator
from truenas_client.storage import Known, Profiles, config_path
from truenas_client.storage.secret_store import resolve
from truenas_client.trust import TLS

MARKER = "m4rker-s3cret"


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the person answers to prompts, in order; with nothing left there is no terminal."""
    answers: list[str] = []

    def ask(prompt: str) -> str | None:
        return answers.pop(0) if answers else None

    monkeypatch.setattr(signing, "_ask", ask)
    monkeypatch.setattr(profiles, "ask", ask)
    monkeypatch.setattr(trusting, "confirm", lambda question: answers.pop(0) == "y" if answers else None)
    return answers


@pytest.fixture(scope="module")
def secure(background: Background) -> Iterator[Simulator]:
    async def made() -> Simulator:
        return Simulator(tls=True)

    with background.entered(background.run(made())) as nas:
        yield nas


@pytest.fixture
def wss(secure: Simulator) -> str:
    return str(secure.info()["wss"])


def test_from_making_one_to_calling_by_it(run: Run, nas: Nas, ring: Ring, typed: list[str]) -> None:
    typed += ["admin"]
    ran = run(
        "profile", "add", "lab", nas.url, "-U", "admin", "--secret", "keyring", "--colour", "red", "--use", "--write"
    )
    assert (ran.status, ran.out) == (0, "")
    assert "the keyring, as lab" in ran.err
    assert list(ring.entries.values()) == ["admin"]
    config = config_path()
    assert stat.S_IMODE(config.stat().st_mode) == 0o600
    assert stat.S_IMODE(config.parent.stat().st_mode) == 0o700
    assert run("call", "test.echo", "1").out == "1\n"
    assert run("--profile", "lab", "ping").out == "pong\n"
    assert run("ping", env={"TRUENAS_PROFILE": "lab"}).out == "pong\n"
    ran = run("profile", "test")
    assert (ran.status, ran.out) == (0, f"connected to {nas.url}\nsigned in as admin, by password\n")
    ran = run("profile", "ls")
    assert ran.out == f"*  lab  {nas.url}  admin  password\n"
    ran = run("profile", "show", "lab")
    assert "the keyring, as lab" in ran.out
    assert "red" in ran.out
    ran = run("profile", "rm", "lab")
    assert (ran.status, ring.entries, Profiles().names) == (0, {}, [])
    assert run("profile", "ls").out == ""


def test_what_wins(run: Run, nas: Nas, typed: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    run("profile", "add", "gone", "ws://127.0.0.1:1", "-U", "admin", "--secret", "env:NAS", "--use")
    env = {"NAS": "admin"}
    assert run("ping", env=env).status == 3
    # The address of a flag or of the environment wins; the profile's secret does not go there.
    ran = run("--profile", "gone", "call", "core.ping", url=nas.url, env=env)
    assert (ran.status, ran.out) == (4, "")
    assert "the one of profile gone is for its own address and user only" in ran.err
    ran = run("--profile", "gone", "-P", "admin", "call", "auth.me", url=nas.url, env=env)
    assert '"pw_name": "admin"' in ran.out
    # A default profile has no say there at all.
    ran = run("ping", url=nas.url, env=env)
    assert (ran.status, ran.out, ran.err) == (0, "pong\n", "")
    run("profile", "add", "lab", nas.url, "-U", "admin", "--secret", "env:NAS")
    ran = run("--profile", "lab", "call", "auth.me", env=env | {"TRUENAS_PROFILE": "gone"})
    assert '"pw_name": "admin"' in ran.out
    ran = run("-U", "guest", "--profile", "lab", "call", "auth.me", env=env | {"TRUENAS_PASSWORD": "guest"})
    assert '"pw_name": "guest"' in ran.out
    ran = run("-U", "guest", "--profile", "lab", "call", "auth.me", env=env)
    assert ran.status == 4


def test_a_password_that_is_asked_for(run: Run, nas: Nas, typed: list[str]) -> None:
    run("profile", "add", "lab", nas.url, "-U", "admin", "--use")
    assert Profiles().get("lab").secret == Ask()
    ran = run("call", "core.ping")
    assert (ran.status, ran.out) == (4, "")
    assert "No password for admin" in ran.err
    typed += ["admin"]
    assert run("ping").out == "pong\n"


@pytest.mark.parametrize(
    ("where", "reference"),
    [
        ("ask", Ask()),
        ("env:NAS", Environment("NAS")),
        ("command:op read 'op://my vault/nas'", Command(("op", "read", "op://my vault/nas"))),
        ("keyring:other", Keyring("other")),
        ("text", Text(Secret(MARKER))),
        ("file", None),
    ],
)
def test_where_secrets_go(run: Run, nas: Nas, ring: Ring, where: str, reference: object) -> None:
    ran = run("profile", "add", "lab", nas.url, "-U", "admin", "--secret", where, "--stdin", stdin=f"{MARKER}\n")
    assert (ran.status, ran.out) == (0, "")
    assert MARKER not in ran.err
    secret = Profiles().get("lab").secret
    if reference is not None:
        assert secret == reference
    else:
        assert isinstance(secret, File)
        assert stat.S_IMODE(Path(secret.path).stat().st_mode) == 0o600
        assert resolve(secret).reveal() == MARKER
    for action in ("show", "rm"):
        ran = run("profile", action, "lab")
        assert ran.status == 0
        assert MARKER not in ran.out + ran.err
    assert not isinstance(secret, File) or not Path(secret.path).exists()
    assert ring.entries == {}


def test_a_file_that_is_there_is_only_pointed_at(run: Run, nas: Nas, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("admin\n")
    file.chmod(0o600)
    run("profile", "add", "lab", nas.url, "-U", "admin", "--secret", f"file:{file}", "--use")
    assert run("ping").out == "pong\n"
    file.chmod(0o644)
    ran = run("ping")
    assert (ran.status, ran.out, ran.err) == (0, "pong\n", ""), "without a terminal nobody is warned"
    run("profile", "rm", "lab")
    assert file.exists()


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["add", "a b", "ws://x"], "no name for a profile"),
        (["add", "all", "ws://x"], "--on all means every profile"),
        (["add", "x", "ftp://x"], "use wss://"),
        (["add", "x", "ws://x", "--secret", MARKER], "--secret is where the secret is"),
        (["add", "x", "ws://x", "--secret", "command:op 'x"], "No closing quotation"),
        (["add", "x", "ws://x", "--mechanism", "api-key"], "username: is missing"),
        (["add", "x", "wss://x", "--fingerprint", "abc"], "no fingerprint"),
        (["add", "x", "wss://x", "--insecure", "--ca", "/x"], "give one"),
        (["add", "x", "wss://x", "--insecure", "--fingerprint", "0" * 64], "Give one"),
        (["add", "x", "ws://x", "-U", "u", "--secret", "text"], "no secret to keep"),
        (["show", "nope"], "no profile 'nope'"),
        (["rm", "nope"], "no profile 'nope'"),
        (["use", "nope"], "no profile 'nope'"),
        (["trust", "nope"], "no profile 'nope'"),
        (["test"], "no default profile"),
        (["import", "/no/such/file"], "/no/such/file cannot be read"),
    ],
)
def test_what_makes_no_sense(run: Run, typed: list[str], argv: list[str], words: str) -> None:
    ran = run("profile", *argv)
    assert (ran.status, ran.out) == (2, "")
    assert words in ran.err
    assert MARKER not in ran.err
    assert Profiles().names == []


def test_a_profile_is_not_replaced_unasked(run: Run) -> None:
    run("profile", "add", "lab", "ws://one")
    ran = run("profile", "add", "lab", "ws://two")
    assert (ran.status, Profiles().get("lab").address) == (2, "ws://one")
    assert "--replace" in ran.err
    assert run("profile", "add", "lab", "ws://two", "--replace").status == 0
    assert Profiles().get("lab").address == "ws://two"


def test_the_keyring_is_looked_for_before_anything_is_asked(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    ran = run("profile", "add", "lab", "ws://x", "-U", "u", "--secret", "keyring", "--stdin", stdin=MARKER)
    assert ran.status == 2
    assert "truenas-tui[keyring]" in ran.err


def test_a_broken_file_is_told_by_line(run: Run) -> None:
    path = config_path()
    path.parent.mkdir(parents=True)
    path.write_text("[profile.a]\n[profile.lab]\nadress = 'x'\n")
    ran = run("--profile", "lab", "ping")
    assert (ran.status, ran.out) == (2, "")
    assert f"{path}:3: profile lab: adress: there is no such key; address is meant?" in ran.err
    ran = run("profile", "ls")
    assert (ran.status, ran.out) == (1, "   a  this machine  -  none\n")
    assert run("profile", "rm", "lab").status == 0


# -- certificates ----------------------------------------------------------------------------


def test_trust_on_first_use(run: Run, secure: Simulator, wss: str, typed: list[str]) -> None:
    assert secure.tls is not None
    # Nobody to ask: nothing is trusted, nothing is kept.
    add = ["profile", "add", "lab", wss, "-U", "admin", "--secret", "env:NAS", "--use"]
    ran = run(*add)
    assert (ran.status, Profiles().names) == (3, [])
    shown = ran.err.replace(":", "").lower()
    assert secure.tls.fingerprint in shown
    assert "self-signed" in ran.err
    assert "--fingerprint" in ran.err
    typed += ["n"]
    assert run(*add).status == 3
    typed += ["y"]
    ran = run(*add)
    assert ran.status == 0
    assert Profiles().get("lab").tls.pins[0].digest == secure.tls.fingerprint
    env = {"NAS": "admin"}
    assert run("ping", env=env).out == "pong\n"
    # Another certificate: refused, both are shown, and the way to go on.
    was = secure.tls.fingerprint
    secure.tls.rotate()
    ran = run("ping", env=env)
    assert (ran.status, ran.out) == (3, "")
    assert was in ran.err
    assert secure.tls.fingerprint in ran.err
    assert "midclt profile trust lab" in ran.err
    typed += ["y"]
    assert run("profile", "trust", "lab").status == 0
    assert run("ping", env=env).out == "pong\n"
    ran = run("profile", "trust", "lab")
    assert "Nothing to change" in ran.err
    # Flags win over the profile.
    assert run("--ca", str(secure.tls.path), "ping", env=env).out == "pong\n"
    assert run("--ca", "/no/such", "ping", env=env).status == 3


def test_fingerprints_are_given_or_asked_for_never_both(run: Run, secure: Simulator, wss: str) -> None:
    assert secure.tls is not None
    ran = run("profile", "add", "lab", wss, "--fingerprint", secure.tls.fingerprint.upper(), "--use")
    assert (ran.status, Profiles().get("lab").tls) == (0, TLS.pinned(secure.tls.fingerprint))
    assert run("ping").out == "pong\n"


def test_a_server_that_is_not_there_yet(run: Run) -> None:
    ran = run("profile", "add", "lab", "wss://127.0.0.1:1")
    assert ran.status == 0
    assert "refuses connections" in ran.err
    assert "profile trust" in ran.err


def test_a_ca_file_by_flag(run: Run, background: Background, tmp_path: Path) -> None:
    authority = certificates.authority(tmp_path)
    signed = certificates.certificate(tmp_path, issuer=authority)
    with background.entered(scripted({"core.ping": {"result": "pong"}}, signed.context)) as url:
        ran = run("call", "core.ping", url=url)
        assert (ran.status, ran.out) == (3, "")
        assert "does not trust" in ran.err
        assert "--ca FILE" in ran.err
        ran = run("--ca", str(authority.path), "call", "core.ping", url=url)
        assert (ran.status, ran.out, ran.err) == (0, "pong\n", "")
        ran = run("--ca", str(authority.path), "--insecure", "call", "core.ping", url=url)
        assert ran.status == 2


# -- keys and policy -------------------------------------------------------------------------


def test_scram_is_remembered(run: Run, secure: Simulator, wss: str, tmp_path: Path) -> None:
    assert secure.tls is not None
    file = tmp_path / "key"
    file.write_text(secure.info()["api_keys"]["demo"])
    file.chmod(0o600)
    trust = ["--fingerprint", secure.tls.fingerprint]
    run("profile", "add", "k", wss, "-U", "admin", "--mechanism", "api-key", "--secret", f"file:{file}", *trust)
    ran = run("profile", "test", "k")
    assert ran.out.endswith("signed in as admin, by api-key\n")
    assert Known().scram_seen(Profiles().get("k").endpoints[0])
    run("profile", "add", "p", wss, "-U", "admin", "--mechanism", "api-key-plain", "--secret", f"file:{file}", *trust)
    ran = run("--profile", "p", "ping")
    assert (ran.status, ran.out) == (4, "")
    assert "by SCRAM before" in ran.err
    assert run("--profile", "p", "--plain", "ping").out == "pong\n"


def test_a_profile_can_forbid_passwords_in_clear(run: Run, nas: Nas, monkeypatch: pytest.MonkeyPatch) -> None:
    from truenas_client.endpoint import Endpoint

    monkeypatch.setattr(Endpoint, "is_local", property(lambda self: False))
    env = {"NAS": "admin"}
    run("profile", "add", "lab", nas.url, "-U", "admin", "--secret", "env:NAS", "--no-password-over-ws")
    ran = run("--profile", "lab", "ping", env=env)
    assert (ran.status, ran.out) == (4, "")
    assert "the password was not sent" in ran.err
    assert run("--profile", "lab", "-P", "admin", "ping", env=env).status == 4
    # Without that it is sent, and said once.
    run("profile", "add", "lab", nas.url, "-U", "admin", "--secret", "env:NAS", "--replace")
    ran = run("--profile", "lab", "ping", env=env)
    assert ran.out == "pong\n"
    assert ran.err.count("unencrypted") == 1
    assert run("--profile", "lab", "ping", env=env).err == ""


# -- importing -------------------------------------------------------------------------------


def test_import(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "truenas_tui.conf"
    text = "[main]\nserver = nas.example\nusername = me\napi_key_path = /k\nverify_ssl = no\n"
    file.write_text(text)
    ran = run("profile", "import", str(file))
    assert (ran.status, ran.out) == (0, "")
    assert "nas.example" in ran.err
    imported = Profiles().get("nas.example")
    assert (imported.mechanism, imported.secret, imported.tls) == ("api-key", File("/k"), TLS.insecure())
    assert file.read_text() == text
    assert run("profile", "import", str(file)).status == 2
    assert run("profile", "import", str(file), "--replace").status == 0


# -- the terminal ----------------------------------------------------------------------------


def test_ten_that_are_added_at_once_are_all_there() -> None:
    def work(number: int) -> None:
        use = ["--use"] if number % 2 else []
        assert main(["profile", "add", f"p{number}", f"ws://nas{number}", "-U", "admin", *use]) == 0

    forked(10, work)
    profiles = Profiles()
    assert sorted(profiles.names) == [f"p{number}" for number in range(10)]
    assert [profiles.get(f"p{number}").address for number in range(10)] == [f"ws://nas{number}" for number in range(10)]
    assert profiles.default in {f"p{number}" for number in range(1, 10, 2)}
    assert [path.name for path in config_path().parent.iterdir()] == ["config.toml"]


def test_asked_on_the_terminal(secure: Simulator, wss: str) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith("TRUENAS_")} | {"TERM": "xterm"}
    source, sink = os.pipe()
    os.close(sink)
    argv = ["profile", "add", "lab", wss, "-U", "admin", "--secret", "text", "--use"]
    with terminal(*argv, env=env, stdin=source) as screen:
        screen.wait_for(b"[y/N] ")
        screen.type(b"y\n")
        screen.wait_for(b"for lab: ")
        screen.type(b"admin\n")
        screen.rest()
    os.close(source)
    assert screen.process.returncode == 0
    ran = subprocess.run(
        [sys.executable, "-m", "midclt", "ping"], env=env, cwd=ROOT, capture_output=True, text=True, timeout=30
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "pong\n", "")


def test_taking_any_certificate_is_said_on_a_terminal(secure: Simulator, wss: str) -> None:
    env = os.environ | {"PYTHONPATH": str(ROOT), "TRUENAS_PASSWORD": "admin"}
    with terminal("--insecure", "-u", wss, "-U", "admin", "ping", env=env) as screen:
        shown = screen.rest()
    assert screen.process.returncode == 0
    assert "any certificate is accepted" in shown


def test_without_a_terminal_standard_input_gives_secrets_but_never_a_yes() -> None:
    code = "from midclt.asking import ask, confirm; print(confirm('y'), ask('x'), ask('x'), ask('x'))"
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, input="y\ny\n", start_new_session=True
    )
    assert (ran.stdout, ran.stderr) == ("None y y None\n", "")


def test_profiles_cost_nothing_where_they_are_not_used() -> None:
    script = "import sys, midclt; midclt.main(['-u', 'ws://127.0.0.1:1', 'ping']); print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, timeout=30)
    assert not {"tomlkit", "tomllib", "platformdirs", "keyring", "cryptography"} & set(ran.stdout.split())


# -- nothing is shown ------------------------------------------------------------------------


def test_no_secret_is_written_anywhere(
    run: Run, nas: Nas, ring: Ring, caplog: pytest.LogCaptureFixture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Profiles with marked secrets of each kind, through success, refusal and failing calls."""
    caplog.set_level(0)
    monkeypatch.setenv("MARKED", MARKER)
    nas.simulator.add_account("marked", MARKER)
    file = tmp_path / "kept"
    file.write_text(MARKER)
    file.chmod(0o644)
    wheres = [
        "keyring",
        f"file:{file}",
        "env:MARKED",
        f"command:{sys.executable} -c 'import os; print(os.environ[\"MARKED\"])'",
    ]
    seen = []
    for user in ("marked", "admin"):
        for number, where in enumerate(wheres):
            name = f"p{number}"
            base = ["profile", "add", name, nas.url, "-U", user, "--secret", where, "--replace", "--write"]
            seen.append(run(*base, *([] if where.startswith("file") else ["--stdin"]), stdin=MARKER))
            assert seen[-1].status == 0
            assert Profiles().get(name).username == user
            for argv in (
                ["profile", "show", name],
                ["profile", "ls"],
                ["profile", "test", name],
                ["--profile", name, "call", "test.fail"],
                ["--profile", name, "call", "no.such", '{"password": "%s"}' % MARKER],  # noqa: UP031
                ["--profile", name, "call", "user.update", '"x"', '{"password": "%s"}' % MARKER],  # noqa: UP031
                ["--profile", name, "call", "-j", "test.doomed"],
            ):
                forget_counts()
                seen.append(run(*argv))
                assert (seen[-1].status == 4) == (user == "admin" and argv[1] not in ("show", "ls")), argv
    # The log of the servers, which run in this process too, is not ours.
    logged = [record for record in caplog.records if not record.name.startswith("websockets.server")]
    text = "".join(ran.out + ran.err for ran in seen) + "".join(record.getMessage() for record in logged)
    written = files_below(config_path().parents[2])
    assert config_path() in written
    text += "".join(data.decode() for data in written.values())
    assert MARKER not in text
    assert all(MARKER in entry for entry in ring.entries.values())
