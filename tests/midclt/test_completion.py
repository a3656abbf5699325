"""What shells are offered, and that the scripts for them offer it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from midclt.complete import candidates
from midclt.parser import COMMANDS
from tests.facts import ROOT, catalogue
from tests.midclt.conftest import Run
from truenas_client import Catalogue
from truenas_client.storage.catalogue_cache import CatalogueCache, Kept
from truenas_client.storage.word_index import read_words


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration with two profiles, and the words of one server."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    for name in ("URI", "USERNAME", "PROFILE"):
        monkeypatch.delenv(f"TRUENAS_{name}", raising=False)
    kept = Kept(Catalogue.from_methods(catalogue("cut")), "26", ())
    CatalogueCache().keep("nas", "admin", kept)
    (tmp_path / "truenas-client" / "config.toml").write_text(
        'default = "lab"\n[profile.lab]\naddress = "a"\n[profile."home nas"]\n[profile.lab.tls]\n[secret]\n'
    )
    return tmp_path


def offered(*words: str) -> list[str]:
    return [text for text, _ in candidates(words)]


def test_commands_methods_and_fixed_arguments() -> None:
    assert offered("") == list(COMMANDS)
    assert offered("ca") == ["call"]
    assert offered("call", "pool.scrub.") == ["pool.scrub." + name for name in _actions("pool.scrub")]
    assert offered("-u", "nas", "-U", "admin", "explain", "core.pin") == ["core.ping", "core.ping_remote"]
    assert offered("call", "-j", "service.control", "") == ["START", "STOP", "RESTART", "RELOAD"]
    assert offered("call", "service.control", "RE") == ["RESTART", "RELOAD"]
    assert offered("call", "service.control", "START", "") == offered("call", "no.such", "") == []
    assert "pool.dataset" in offered("query", "pool.")
    assert offered("methods", "pool.sn") == ["pool.snapshot", "pool.snapshottask"]
    assert ("core.ping", candidates(["call", "core.ping"])[0][1]) in candidates(["call", "core.p"])


def _actions(namespace: str) -> list[str]:
    return [name.rpartition(".")[2] for name in sorted(catalogue("cut")) if name.startswith(f"{namespace}.")]


def test_many_names_are_offered_by_their_parts() -> None:
    assert "pool." in offered("call", "")
    assert "pool" not in offered("call", "")
    assert {"pool.create", "pool.dataset."} <= set(offered("call", "pool."))


def test_events_profiles_options_and_choices() -> None:
    assert offered("subscribe", "reporting.re") == ["reporting.realtime"]
    assert offered("--profile", "") == offered("profile", "show", "") == ["lab", "home nas"]
    assert offered("login", "") == offered("agent", "forget", "") == ["lab", "home nas"]
    assert offered("--agent", "r") == ["require"]
    assert offered("agent", "st") == ["start", "status", "stop"]
    assert offered("--on", "") == offered("call", "core.ping", "--on", "") == ["lab", "home nas", "all"]
    assert offered("--on", "lab,") == offered("query", "--on", "lab,h") == ["lab,home nas"]
    assert offered("--on", "lab", "compare", "core.pin") == ["core.ping", "core.ping_remote"]
    assert offered("call", "--on", "lab", "core.ping_") == ["core.ping_remote"]
    assert offered("--profile=l") == ["--profile=lab"]
    assert offered("-u", "") == offered("-P", "x") == offered("no-such-command", "") == []
    assert offered("query", "pool", "-o", "j") == ["json", "jsonl"]
    assert offered("query", "pool", "--order-by", "") == []
    assert offered("query", "--order") == ["--order-by"]
    assert offered("--no-ch") == ["--no-channel-binding"]
    assert offered("completion", "") == ["bash", "zsh", "fish"]
    assert "ls" in offered("profile", "")


def test_the_words_of_the_named_server_else_the_newest(home: Path) -> None:
    folder = str(home / "truenas-client" / "catalogues")
    two = Kept(Catalogue.from_methods({"a.b": {"accepts": [{"type": "boolean"}, {}]}}), "26", ())
    CatalogueCache().keep("other", "admin", two, given=("other", "", ""))
    assert offered("-u", "other", "call", "") == ["a.b"]
    assert read_words(folder, ("other", "", "")) == [("a.b", "", [["true", "false"]])]
    assert len(read_words(folder, ("nas", "admin"))) == len(catalogue("cut"))
    assert read_words(str(home / "nothing"), ()) == []


def test_a_server_cannot_write_what_a_shell_runs(home: Path) -> None:
    choices = ["OK-1", "$(id)", "`id`", "a;b", "a b", "-x", "", "\x1b[31m", "a\tb", "a|b", "~", "*"]
    odd = {
        "a.$(id)": {},
        "a.b\x1b": {},
        "a.b c": {},
        "a.ok": {"accepts": [{"enum": choices}], "description": "x\ty\nz"},
    }
    CatalogueCache().keep("odd", "", Kept(Catalogue.from_methods(odd), "26\nx", ()), given=("odd", "", ""))
    assert candidates(["-u", "odd", "call", ""]) == [("a.ok", "x y z")]
    assert offered("-u", "odd", "call", "a.ok", "") == ["OK-1"]


def test_completing_loads_next_to_nothing() -> None:
    code = "import sys; from midclt import main; main(['__complete', 'call', 'pool.da'])"
    code += "; print(*sys.modules, file=sys.stderr)"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=30)
    assert "pool.dataset.create\t" in ran.stdout
    assert not set(ran.stderr.split()) & {"argparse", "json", "typing", "pathlib", "asyncio", "truenas_client.exc"}


def test_the_bash_script_offers_the_same(home: Path) -> None:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("no bash here")
    script = f"""
        midclt() {{ {sys.executable} -m midclt "$@"; }}
        compopt() {{ echo "compopt $*"; }}
        eval "$(midclt completion bash)"
        for typed in pool.scrub.s pool.dataset.loc; do
            COMP_WORDS=(midclt call $typed); COMP_CWORD=2; _midclt; echo "${{COMPREPLY[@]}}"
        done
        complete -p midclt
    """
    ran = subprocess.run([bash, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=30)
    assert ran.stderr == ""
    assert ran.stdout.splitlines() == [
        "pool.scrub.scrub",
        "pool.dataset.lock",
        "complete -o default -o nosort -F _midclt midclt",
    ]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_scripts_are_valid_where_the_shell_is_there(run: Run, shell: str) -> None:
    ran = run("completion", shell)
    assert (ran.status, ran.err) == (0, "")
    assert "midclt __complete" in ran.out
    if path := shutil.which(shell):
        checked = subprocess.run([path, "-n"], input=ran.out, capture_output=True, text=True, timeout=20)
        assert (checked.returncode, checked.stderr) == (0, "")
