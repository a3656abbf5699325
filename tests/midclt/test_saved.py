"""Saved calls on the command line: run with values, asked for what is left open, listed, imported and exported."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from midclt.complete import candidates
from tests.keptfiles import files_below
from tests.midclt.conftest import Nas, Run
from tests.midclt.test_process import terminal
from truenas_client.storage import config_path
from truenas_client.storage.saved import SavedCalls, calls_folder
from truenas_client.storage.saved_call import SavedCall, Variable

MARKER = "m4rker-s3cret"


@pytest.fixture(autouse=True)
def no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("midclt.saved.has_terminal", lambda: False)


def save(name: str, params: list[object], *variables: Variable, method: str = "test.echo") -> None:
    SavedCalls().put(SavedCall(name, method, params, "", variables))


def test_a_saved_call_runs_with_values_that_are_data(run: Run, nas: Nas) -> None:
    save(
        "nightly/all",
        [{"name": "a/${var:pool}", "n": "${var:n}", "list": "${var:list}", "${var:pool}": "$${var:pool}"}],
        Variable("n", "number", default="20"),
        Variable("list", "json"),
    )
    tricky = '"}], ${env:HOME} \\ \n é ${var:n}'
    ran = run(
        "run",
        "nightly/all",
        "--set",
        f"pool={tricky}",
        "--set",
        'list=["${secret:x}", null]',
        url=nas.url,
        user="admin",
    )
    assert (ran.status, ran.err) == (0, "")
    # What the official command prints: JSON, to be read again.
    assert json.loads(ran.out) == {
        "name": f"a/{tricky}", "n": 20, "list": ["${secret:x}", None], "${var:pool}": "${var:pool}",
    }  # fmt: skip
    file = calls_folder() / "nightly" / "all.toml"
    ran = run("run", str(file), "--set", "pool=-x", "--set", "n=-1.5", "--set", "list=1", url=nas.url, user="admin")
    assert json.loads(ran.out)["n"] == -1.5


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["nightly"], "pool (which one) is not given: --set pool=VALUE"),
        (["nightly", "--set", "pool"], "--set wants NAME=VALUE"),
        (["nightly", "--set", "poll=x"], "nightly has no variable poll: did you mean pool?"),
        (["nightly", "--set", "pool=a", "--set", "pool=b"], "--set pool is given twice"),
        (["nightly", "--set", "pool=a", "--set", "n=hunter2"], "n wants a number"),
        (["nightly", "--set", "pool=a", "--set", "pw=hunter2"], "pw is a secret, and other users"),
        (["nightly", "--set", "pool=a"], "pw is not given: --set pw='${env:VARIABLE}' or "),
        (["nightly", "--set", "pool=a", "--set", "pw=${env:NOT_THERE}"], "no environment variable is named NOT_THERE"),
        (["nightly", "--set", "pool=a", "--set", "pw=${HOME}"], "pw is a secret"),
        (["nighty"], "did you mean nightly?"),
        (["./no/file.toml"], "cannot be read"),
    ],
)
def test_what_is_missing_or_wrong_is_said_before_anything_is_sent(run: Run, argv: list[str], words: str) -> None:
    save("nightly", ["${var:pool}", "${var:n}", "${var:pw}"], Variable("pool", description="which one"),
         Variable("n", "number", default="1"), Variable("pw", "secret"))  # fmt: skip
    ran = run("run", *argv, url="ws://127.0.0.1:1", user="admin")
    assert (ran.status, ran.out) == (2, "")
    assert words in ran.err
    assert "hunter2" not in ran.err


def test_a_job_a_dry_run_and_a_failure(run: Run, nas: Nas) -> None:
    save("doomed", [], method="test.doomed")
    ran = run("run", "-j", "doomed", url=nas.url, user="admin")
    assert ran.status == 7
    assert "the pool is full" in ran.err
    save("user", [{"username": "${var:name}", "password": "${secret:x}"}], method="user.create")
    calls_folder().parent.joinpath("config.toml").write_text('[secret]\nx = { env = "X" }\n')
    ran = run("run", "user", "--dry-run", "--set", "name=joe", url=nas.url, env={"X": "hunter2"})
    assert json.loads(ran.out)["params"] == [{"username": "joe", "password": "********"}]
    assert run("run", "user", "--set", "name=joe", url=nas.url).status == 2, "X is not there"


def test_calls_are_listed_shown_imported_exported_and_removed(run: Run, tmp_path: Path) -> None:
    ran = run("saved")
    assert (ran.status, ran.out) == (0, "")
    assert "No calls are saved in" in ran.err
    written = tmp_path / "team call.toml"
    written.write_text('method = "user.create"\narguments = """[{"password": "hunter2", "name": "${var:name}"}]"""\n')
    ran = run("saved", "import", str(written))
    assert ran.status == 0
    assert "hunter2" not in (calls_folder() / "team call.toml").read_text()
    assert run("saved", "import", str(written)).status == 2, "there is one already"
    assert run("saved", "import", "--replace", "--as", "users/new", str(written)).status == 0
    assert run("saved", "import", "--as", "x", "a.toml", "b.toml").status == 2
    (calls_folder() / "broken.toml").write_text("x")
    ran = run("saved", "ls")
    assert ran.status == 2
    assert ran.out == (
        "team call  user.create  asks for password, name\nusers/new  user.create  asks for password, name\n"
    )
    assert "broken.toml" in ran.err
    shown = run("saved", "show", "users/new").out
    out = tmp_path / "out.toml"
    assert run("saved", "export", "users/new", str(out)).status == 0
    assert out.read_text() == shown
    assert run("saved", "export", "users/new", str(out)).status == 2
    assert (
        run("saved", "export", "users/new", "/no/such/x.toml").err
        == "midclt: /no/such/x.toml: No such file or directory\n"
    )
    assert run("saved", "export", "--replace", "users/new", str(out)).status == 0
    assert run("saved", "export", "users/new", "-").out == shown
    assert [name for name, _ in candidates(["run", "us"])] == ["users/new"]
    assert [name for name, _ in candidates(["saved", "rm", "t"])] == ["team call"]
    assert run("saved", "rm", "users/new").status == 0
    assert not (calls_folder() / "users").exists()
    assert run("saved", "rm", "users/new").status == 2


def test_what_is_left_open_is_asked_for_on_the_terminal(nas: Nas) -> None:
    save("ask", [["${var:n}", "${var:pw}", "${var:name}"]], Variable("n", "number"), Variable("pw", "secret"),
         Variable("name", default="tank"))  # fmt: skip
    env = {name: value for name, value in os.environ.items() if not name.startswith("TRUENAS_")} | {"TERM": "xterm"}
    argv = ["run", "ask"]
    with terminal(
        "-u", nas.url, "-U", "admin", *argv, "--color", "never", "-o", "json", env=env | {"TRUENAS_PASSWORD": "admin"}
    ) as screen:
        screen.wait_for(b"n: ")
        screen.type(b"many\n")
        screen.wait_for(b"n wants a number")
        screen.wait_for(b"n: ")
        screen.type(b"5\n")
        screen.wait_for(b"pw: ")
        screen.type(b"hunter2\n")
        shown = screen.rest()
    assert screen.process.returncode == 0
    assert '[5, "hunter2", "tank"]' in shown, "the server's answer"
    assert shown.count("hunter2") == 1, "not as it was typed"


def test_no_secret_of_a_saved_call_is_written_anywhere(run: Run, nas: Nas, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    save(
        "pw",
        [{"username": "x", "password": "${var:pw}", "key": "${secret:s}"}],
        Variable("pw", "secret"),
        method="user.create",
    )
    save("odd", [[{"a": "${var:pw}"}]], Variable("pw", "secret"), method="no.such")
    save("fails", ["${var:pw}"], Variable("pw", "secret"), method="test.told")
    config_path().write_text('[secret]\ns = { env = "MARKED" }\n')

    @nas.simulator.method("test.told")
    def told(call: object, text: str) -> None:
        """Fail, and say the argument back."""
        raise ValueError(text)

    ran = [
        run("run", name, *more, "--set", "pw=${env:MARKED}", url=nas.url, user="admin", env={"MARKED": MARKER})
        for name in ("pw", "odd", "fails")
        for more in ((), ("--dry-run",))
    ]
    assert {one.status for one in ran} > {0}
    logged = [record.getMessage() for record in caplog.records if not record.name.startswith("websockets.server")]
    written = [data.decode() for data in files_below(config_path().parents[2]).values()]
    assert not [text for text in (*logged, *written, *(one.out + one.err for one in ran)) if MARKER in text]


def test_what_a_file_of_others_says_stands_in_one_harmless_line(run: Run) -> None:
    calls_folder().mkdir(parents=True, exist_ok=True)
    (calls_folder() / "theirs.toml").write_text(
        'description = "two\\nlines \\u001b]0;x\\u0007"\nmethod = "a.b"\narguments = \'["${var:v}"]\'\n'
        '[variables.v]\ndescription = "a\\n\\u001b[2Jb"\n'
    )
    assert run("saved").out == "theirs  a.b  two lines ]0;x  asks for v\n"
    assert run("run", "theirs").err == "v (a [2Jb) is not given: --set v=VALUE\n"
