"""``midclt methods``, ``explain``, ``template`` and ``events``, online, from the cache, and without either."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from midclt.explaining import explain, parts_of
from midclt.prose import Prose
from tests.facts import CATALOGUES, catalogue
from tests.midclt.conftest import Nas, Ran, Run
from tests.midclt.served import Background
from tests.midclt.test_process import _environment, terminal
from truenas_client import Catalogue
from truenas_client.simulator import Simulator
from truenas_client.storage.catalogue_cache import CatalogueCache, Kept

NOWHERE = "ws://127.0.0.1:1/api/current"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the cache, empty."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "truenas-client" / "catalogues"


@pytest.fixture
def offline(run: Run, cache: Path) -> Any:
    """Run a command with a cached catalogue and no server behind the address."""
    kept = Kept(Catalogue.from_methods(catalogue("cut")), "25.10.6", ("FULL_ADMIN",))
    CatalogueCache().keep(NOWHERE, "admin", kept)

    def offline(*argv: str) -> Ran:
        return run("-U", "admin", *argv, url=NOWHERE)

    return offline


def test_methods_are_read_once_and_then_from_the_cache(run: Run, nas: Nas, cache: Path) -> None:
    first = run("methods", "pool.scrub", url=nas.url, user="admin")
    assert (first.status, first.err) == (0, "")
    assert "pool.scrub.scrub" in first.out.splitlines()
    assert sorted(file.suffix for file in cache.iterdir()) == [".methods", ".words"]
    # Without a password nothing can be asked.
    assert run("-U", "admin", "methods", "pool.scrub", url=nas.url) == first
    assert run("-U", "admin", "methods", "--refresh", "pool.scrub", url=nas.url).status == 4
    kept = CatalogueCache().find(nas.url, "admin")
    assert kept is not None
    assert kept.version
    assert run("methods", "-a", url=nas.url, user="admin").out.split() == list(kept.catalogue.methods)


@pytest.mark.parametrize("argv", [("methods", "pool.scrub"), ("events", "alert")])
def test_the_environment_stands_in_for_the_form(
    offline: Any, monkeypatch: pytest.MonkeyPatch, argv: tuple[str, ...]
) -> None:
    asked = offline(*argv, "-o", "jsonl").out
    assert json.loads(asked.splitlines()[0])["name"].startswith(argv[1])
    monkeypatch.setenv("MIDCLT_OUTPUT", "jsonl")
    assert offline(*argv).out == asked


def test_no_cache_and_no_server(run: Run, cache: Path) -> None:
    ran = run("-U", "admin", "-P", "x", "methods", url=NOWHERE)
    assert (ran.status, ran.out) == (3, "")
    assert f"The methods of {NOWHERE} are not cached yet, so they cannot be shown" in ran.err
    ran = run("explain", "pool.query", "--refresh", url=None, env={"TRUENAS_PROFILE": "gone"})
    assert ran.status == 2
    assert "gone" in ran.err


def test_an_upgrade_of_this_machine_is_noticed(run: Run, background: Background, cache: Path, tmp_path: Path) -> None:
    nas = Simulator(unix=str(tmp_path / "nas.sock"))
    url = f"ws+unix://{tmp_path / 'nas.sock'}"
    kept = Kept(Catalogue.from_methods({"old.method": {}}), "1.0", ("FULL_ADMIN",))
    CatalogueCache().keep(url, "", kept)
    with background.entered(nas):
        assert "core.ping" in run("methods", "-a", url=url).out.split()
    # Now the new list is cached, and the server is gone.
    assert "core.ping" in run("methods", "-a", url=url).out.split()
    assert run("methods", "--refresh", url=url).err.endswith("are cached: without --refresh they are shown\n")


def test_finding_methods(offline: Any) -> None:
    assert offline("methods", "pds", "q").out.splitlines()[0] == "pool.dataset.query"
    assert offline("methods", "pool.dataset.query").out.splitlines()[0] == "pool.dataset.query"
    assert "pool.dataset.create" in offline("methods", "recordsize").out.split()
    jobs = offline("methods", "--job", "-o", "json", "pool")
    assert all(row["job"] for row in json.loads(jobs.out))
    filterable = offline("methods", "--filterable", "--role", "POOL_READ", "-o", "jsonl").out.splitlines()
    assert all("POOL_READ" in json.loads(row)["roles"] and json.loads(row)["filterable"] for row in filterable)
    assert offline("methods", "zzzzqq") == Ran(1, "", "No method matches.\n")
    ran = offline("methods", "--role", "POOL_REED")
    assert (ran.status, ran.err.split(": ")[0]) == (2, "No method has the role POOL_REED. Near it")


def test_explaining_a_method_and_its_parts(offline: Any) -> None:
    whole = offline("explain", "pool.dataset.create")
    assert (whole.status, whole.err) == (0, "")
    lines = whole.out.splitlines()
    assert lines[0].startswith("pool.dataset.create(")
    assert "    If type is FILESYSTEM:" in lines
    assert max(map(len, lines[:-1])) <= 80
    assert "default INHERIT" in whole.out
    part = offline("explain", "pool.dataset.create.encryption_options.algorithm").out
    assert part.splitlines()[0] == "pool.dataset.create.encryption_options.algorithm"
    assert "one of AES-128-CCM" in part
    assert "aclmode" in offline("explain", "pool.dataset.create.FILESYSTEM").out
    assert offline("explain", "pool.dataset.query.returns").status == 0
    assert offline("explain", "pool.dataset.create.nam").err == (
        "pool.dataset.create has no part nam. There are name\n"
    )
    assert offline("explain", "pool.dataset.create.name.x").err.endswith("has no part x, which has no members\n")


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        ("explain pool.datasett.create", "Near it: pool.dataset.create, pool.dataset.rename, pool.dataset.update"),
        ("explain zfs.snapshot.query", "Its work is done by pool.snapshot.query on this server"),
        ("template service.start", "Its work is done by service.control START on this server"),
        ("explain reporting.realtime", "It is an event: midclt subscribe reporting.realtime"),
    ],
)
def test_unknown_methods(offline: Any, argv: str, words: str) -> None:
    ran = offline(*argv.split())
    assert (ran.status, ran.out) == (1, "")
    assert ran.err.splitlines() == [
        f"There is no method {argv.split()[1]}. {words}",
        "This is the list of 25.10.6, as cached; --refresh reads it again",
    ]


def test_templates(offline: Any) -> None:
    ran = offline("template", "user.create")
    assert json.loads(ran.out) == {"username": "?", "full_name": "?"} or ran.out
    assert ran.err.startswith("To fill in: ")
    several = offline("template", "pool.scrub.scrub")
    assert json.loads(several.out) == [""]
    assert several.err == "To fill in: name\n"
    assert offline("template", "core.ping") == Ran(0, "[]\n", "")


def test_events_of_a_release(offline: Any) -> None:
    names = offline("events").out.split()
    assert {"alert.list", "pool.query", "virt.instance.metrics"} <= set(names)
    assert "container.metrics" not in names  # of 26
    rows = json.loads(offline("events", "file_tail", "-o", "json").out)
    assert rows == [{"name": "filesystem.file_tail_follow", "source": True, "parameters": ["path", "tail_lines"]}]
    assert offline("events", "zzz").status == 1


def test_lists_on_a_terminal(nas: Nas, cache: Path) -> None:
    env = _environment(nas, XDG_CACHE_HOME=str(cache.parents[1]), NO_COLOR="1")
    with terminal("methods", env=env) as screen:
        lines = screen.rest().splitlines()
    assert any(line.startswith("pool.scrub ") and "scrub" in line for line in lines)
    assert " namespaces (midclt methods NAMESPACE lists one" in lines[-1]
    with terminal("methods", "pool.scrub", env=env) as screen:
        lines = screen.rest().splitlines()
    assert lines[0] == "pool.scrub"
    assert next(line for line in lines if line.startswith("  scrub ")).split()[1] == "job"
    old = next(cache.glob("*.methods"))
    os.utime(old, (1_000_000_000, 1_000_000_000))
    with terminal("events", "realtime", env=env) as screen:
        shown = screen.rest()
    assert "days ago; --refresh reads them again" in shown
    assert "midclt subscribe 'reporting.realtime:" in shown


@pytest.mark.parametrize("release", CATALOGUES)
def test_every_method_can_be_explained(release: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    names = list(catalogue(release))
    # Every twelfth, and those whose schemas are the largest.
    chosen = {*names[::12], "directoryservices.update", "sharing.smb.create", "zfs.resource.query", "core.get_jobs"}
    for method in Catalogue.from_methods({name: catalogue(release)[name] for name in chosen if name in names}):
        prose = Prose("never")
        explain(method, prose)
        heading, *lines = prose.text.splitlines()
        assert heading.startswith(f"{method.name}(")
        assert all(len(line) <= 80 for line in lines if not line.startswith("  midclt call ") and " " in line.strip())
        assert all(node.name for node in parts_of(method))


def test_a_hostile_server_steers_no_terminal(nas: Nas, cache: Path) -> None:
    evil = "\x1b[2Jx\x9b\u202e\x07"
    member = {"type": "string", "title": evil, "description": evil, "enum": [evil, "b"], "default": evil}
    entry = {
        "description": f"{evil}\n\n  * {evil}",
        "cli_description": evil,
        "accepts": [{"type": "object", "_name_": evil, "properties": {evil: member}}],
        "roles": [evil],
        "examples": {"websocket": [evil]},
    }
    methods = Catalogue.from_methods({"evil.one": entry, f"evil.{evil}": entry})
    CatalogueCache().keep(nas.url, "admin", Kept(methods, "26", ()))
    env = _environment(nas, XDG_CACHE_HOME=str(cache.parents[1]), NO_COLOR="1")
    for argv in (["methods"], ["methods", "evil"], ["methods", "-o", "table"], ["explain", "evil.one", "-a"]):
        with terminal(*argv, env=env) as screen:
            shown = screen.rest()
        assert "evil" in shown
        assert not set(shown) & set("\x1b\x9b\u202e\x07")
