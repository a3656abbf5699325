"""``midclt query`` against the simulator: what is asked, how it is shown, and what is said about mistakes."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from midclt.caret import caret_text
from midclt.queryhints import refusal_hint
from midclt.showing import has_colour
from tests.facts import ROOT
from tests.midclt.conftest import Nas, Ran, Run
from tests.midclt.served import Background
from tests.midclt.test_process import COMMAND, _environment, terminal
from truenas_client import Catalogue
from truenas_client.methods.querylocal import LocalPart
from truenas_client.methods.querywords import QueryTextError
from truenas_client.simulator import Simulator
from truenas_client.storage.catalogue_cache import CatalogueCache, Kept


@pytest.fixture
def query(run: Run, nas: Nas) -> Any:
    def query(*argv: str, **more: Any) -> Ran:
        return run("query", *argv, url=nas.url, user="admin", **more)

    return query


def rows(ran: Ran) -> list[Any]:
    assert (ran.status, ran.err) == (0, "")
    found: list[Any] = json.loads(ran.out)
    return found


def test_the_server_filters_selects_and_sorts(query: Any) -> None:
    found = rows(
        query("disk", "-f", "type = HDD and size > 10 TiB", "-s", "name,size", "--order-by", "-name", "-l", "2")
    )
    assert [list(row) for row in found] == [["name", "size"]] * 2
    assert [row["name"] for row in found] == ["sdf", "sde"]
    assert rows(query("disk.query", "-f", "name = sda", "-f", '[["name", "!=", "sda"]]')) == []
    assert rows(query("disk", "-f", "name C= SDA", "--select", "name as disk")) == [{"disk": "sda"}]


def test_sorting_is_as_written_by_several_fields_and_by_one_that_is_not_selected(query: Any) -> None:
    found = rows(query("disk", "-s", "name", "--order-by", "-type,-size,name", "-l", "3", "--offset", "1"))
    assert [list(row) for row in found] == [["name"]] * 3
    whole = rows(query("disk"))
    whole.sort(key=lambda row: row["name"])
    whole.sort(key=lambda row: row["size"], reverse=True)
    whole.sort(key=lambda row: row["type"], reverse=True)
    assert [row["name"] for row in found] == [row["name"] for row in whole[1:4]]
    biggest = rows(query("disk", "-s", "name", "--order-by", "-size", "--get"))
    assert biggest == {"name": "sda"}
    assert rows(query("disk", "--order-by", "-size,name", "--get", "-s", "name")) == biggest


def test_count_get_and_extra(query: Any) -> None:
    assert query("user", "--count", "-f", "username in root, admin").out == "2\n"
    assert rows(query("user", "--get", "-f", "username = root"))["uid"] == 0
    assert query("user", "--get", "-f", "username = nix") == Ran(1, "", "--get: no row matches\n")
    assert query("user", "--get", "-f", "username = nix", "--order-by", "uid,-id").err == "--get: no row matches\n"
    ran = query("user", "--extra", "[]")
    assert (ran.status, ran.err) == (2, "--extra takes an object\n")
    assert rows(query("core.get_jobs", "-f", "state = RUNNING")) == []


def test_the_request_can_be_looked_at(run: Run) -> None:
    ran = run("query", "pool", "-f", "size > 1T", "--order-by", "-size", "--dry-run", url="ws://127.0.0.1:1")
    request = {"method": "pool.query", "params": [[["size", ">", 1 << 40]], {"order_by": ["-size"]}]}
    assert (ran.status, json.loads(ran.out)) == (0, request)
    ran = run("query", "audit", "-f", "username = root", "--dry-run", url="ws://127.0.0.1:1")
    assert list(json.loads(ran.out)["params"][0]) == ["query-filters", "query-options"]


def test_jmespath_is_an_extra(query: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jmespath", None)
    ran = query("user", "--jmespath", "[]")
    assert (ran.status, ran.err) == (2, "--jmespath needs a package: pip install jmespath\n")


def test_forms(query: Any) -> None:
    ask = ("pool", "-f", "name = tank", "--order-by", "name")
    assert query(*ask, "-s", "name,scan.state", "-o", "table").out == "name  scan.state\ntank  FINISHED\n"
    assert query(*ask, "-s", "name,scan.state as state", "-o", "csv").out == "name,state\ntank,FINISHED\n"
    columns = ("--columns", "name,topology.data.*.type")
    assert query(*ask, *columns, "-o", "yaml").out == '- name: tank\n  "topology.data.*.type":\n    - RAIDZ2\n'
    assert json.loads(query(*ask, *columns, "-o", "jsonl").out) == {"name": "tank", "topology.data.*.type": ["RAIDZ2"]}
    assert query("user", "--jmespath", "max_by(@, &uid).username").out == "grace\n"
    assert query(*ask, "--jmespath", "[].name", env={"MIDCLT_OUTPUT": "yaml"}).out == "- tank\n"
    whole = list(csv.DictReader(io.StringIO(query("disk", "-o", "csv").out)))
    assert [row["name"] for row in whole] == [row["name"] for row in rows(query("disk"))]


@pytest.mark.parametrize(
    ("argv", "err"),
    [
        (["user", "-f", "uid == 5"], "--filter: == is no operator: write =\n  uid == 5\n      ^^\n"),
        (["user", "-f", "uid > 5 oder"], "  uid > 5 oder\n          ^^^^\n"),
        (["user", "-s", "a,,b"], "--select: expected a field before the comma\n  a,,b\n    ^\n"),
        (["user", "--order-by", "uid desc"], "--order-by: write -uid\n  uid desc\n      ^^^^\n"),
        (["user", "-f", '[["uid"'], "--filter: Expecting ',' delimiter: line 1 column 8 (char 7)\n"),
        (["user", "--columns", "a,,b"], "--columns: a column has no name: write them as name,used.parsed\n"),
        (["user", "--jmespath", "a["], "--jmespath: "),
        (["user", "--limit", "0"], "argument -l/--limit: '0' is not a number, 1 or more\n"),
        (["user", "-o", "xml"], "invalid choice: 'xml'"),
        ([], "the following arguments are required: SERVICE\n"),
    ],
)
def test_mistakes_are_pointed_at(query: Any, argv: list[str], err: str) -> None:
    ran = query(*argv)
    assert (ran.status, ran.out) == (2, "")
    assert err in ran.err


@pytest.mark.parametrize(
    ("argv", "env"),
    [(["--columns", ""], {}), (["--jmespath", "a["], {}), ([], {"MIDCLT_OUTPUT": "xml"})],
    ids=["columns", "jmespath", "environment"],
)
def test_a_mistake_in_how_to_print_is_told_before_the_call(run: Run, argv: list[str], env: dict[str, str]) -> None:
    ran = run("call", "pool.scrub.scrub", "tank", *argv, url="ws://127.0.0.1:1", env=env)
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith(argv[0] if argv else "MIDCLT_OUTPUT is 'xml'")


def test_mistakes_that_the_server_finds(query: Any) -> None:
    assert query("pol").err.startswith("There is no method pol.query. Near it: pool.query")
    ran = query("user", "-f", "username > 5")
    assert (ran.status, ran.out) == (1, "")
    assert query("user", env={"MIDCLT_OUTPUT": "xml"}).err.startswith("MIDCLT_OUTPUT is 'xml'")


def test_a_terminal_shows_a_table_for_people_that_fits(nas: Nas) -> None:
    with terminal("query", "pool", env=_environment(nas)) as screen:
        lines = screen.rest().splitlines()
    assert lines[0].startswith("\x1b[1mname   status  healthy")
    assert lines[1].split()[:3] == ["tank", "ONLINE", "yes"]
    assert "TiB" in lines[1]
    assert "more columns: " in lines[3]
    assert max(map(len, lines[1:3])) <= 60
    with terminal("query", "pool", "-f", "name = x", "--color", "never", env=_environment(nas)) as screen:
        assert screen.rest() == "Nothing found.\n"
    with terminal("query", "pool", "--get", "-o", "pretty", env=_environment(nas, NO_COLOR="1")) as screen:
        assert screen.rest().startswith('{\n  "id": 1,\n')


def test_call_prints_in_the_same_forms(run: Run, nas: Nas) -> None:
    value = '[{"a": {"b": 5}, "c": "x"}]'

    def call(*argv: str, **env: str) -> str:
        ran = run("call", *argv, "test.echo", value, url=nas.url, user="admin", env=env)
        assert (ran.status, ran.err) == (0, "")
        return ran.out

    assert call("-o", "table", "--columns", "c,a.b") == "c  a.b\nx    5\n"
    assert call("--jmespath", "[0].a.b") == "5\n"
    assert call(MIDCLT_OUTPUT="jsonl") == f"{value[1:-1]}\n"
    assert call(FORCE_COLOR="1") == f"{value}\n"
    env = _environment(nas, NO_COLOR="1")
    with terminal("call", "test.echo", value, env=env) as screen:
        assert screen.rest() == "c\nx\n1 more column: a (--columns NAMES shows others, -o pretty all)\n"
    with terminal("call", "test.echo", "[]", env=env) as screen:
        assert screen.rest() == "[]\n"


def test_a_reader_that_goes_away(nas: Nas) -> None:
    ran = subprocess.run(
        ["sh", "-c", f"{' '.join(COMMAND)} query pool.dataset -o table | head -n 1"],
        env=_environment(nas),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert (ran.stdout.split()[:2], ran.stderr) == (["name", "type"], "")


def test_colour_follows_the_option_then_the_environment_then_the_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "CLICOLOR"):
        monkeypatch.delenv(name, raising=False)
    pipe = io.StringIO()
    assert (has_colour(pipe), has_colour(pipe, "always"), has_colour(pipe, "never")) == (False, True, False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert (has_colour(pipe), has_colour(pipe, "never")) == (True, False)
    monkeypatch.setenv("NO_COLOR", "1")
    assert (has_colour(pipe), has_colour(pipe, "always")) == (False, True)


def test_carets_stand_below_what_is_wrong() -> None:
    def lines(text: str, position: int, length: int = 1) -> list[str]:
        return caret_text("--filter", text, QueryTextError("no", position, length)).splitlines()

    assert lines("漢字 = \n x", 0, 2) == ["--filter: no", "  漢字 =   x", "  ^^^^"]
    _, text, carets = lines("a" * 300 + "!!" + "b" * 300, 300, 2)
    assert text[carets.index("^") : carets.index("^") + 2] == "!!"
    assert carets.count("^") == 2
    assert len(text) <= 81
    _, text, carets = lines("abc", 3)
    assert carets == "     ^"


def test_what_is_done_here() -> None:
    options = {"select": ["a.b", "c"], "order_by": ["nulls_last:-a.x", "a.b"], "limit": 1}
    part = LocalPart.of(options)
    assert part.sent == {"select": ["a.b", "c", "a.x"]}
    assert part.columns == ("a.b", "c")
    assert part.finished([{"a": {"b": 1, "x": None}}, {"a": {"b": 2, "x": 3}, "c": 1}]) == [{"a": {"b": 2}, "c": 1}]
    assert LocalPart.of({"order_by": ["-a"], "limit": 5}).sent == {"order_by": ["-a"], "limit": 5}
    assert LocalPart.of({"order_by": ["-a", "b"], "count": True}).finished(5) == 5
    part = LocalPart.of({"select": ["b"], "order_by": ["-a.x"], "get": True})
    assert part.finished({"a": {"x": 1}, "b": 2}) == {"b": 2}


def test_a_field_that_no_row_has_is_pointed_out_when_nothing_was_found(
    query: Any, nas: Nas, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert query("user", "-f", "usernme = root").err == ""  # nothing is known of the fields
    row = {"username": {}, "uid": {}, "group": {"type": "object", "properties": {"id": {}}}}
    answer = {"anyOf": [{"type": "array", "items": [{"type": "object", "properties": row}]}, {"type": "integer"}]}
    methods = Catalogue.from_methods({"user.query": {"filterable": True, "returns": [answer]}})
    CatalogueCache().keep(nas.url, "admin", Kept(methods, "26", ()))
    assert (
        query("user", "-f", "usernme = root").err == "The rows of user.query have no field usernme. Near it: username\n"
    )
    assert query("user", "-f", "username = nix").err == ""
    assert query("user", "-s", "grup.id").err == "The rows of user.query have no field grup.id. Near it: group.id\n"
    ran = query("user", "--get", "-f", "uid = 0 and (zzz = 1 or username = root and qqq = 2)")
    assert ran.err.splitlines() == [
        "--get: no row matches",
        "The rows of user.query have no field zzz: midclt explain user.query.returns lists them",
        "The rows of user.query have no field qqq: midclt explain user.query.returns lists them",
    ]


@pytest.mark.parametrize(
    ("error", "given", "words"),
    [
        ("'<' not supported between instances of 'NoneType' and 'str'", {"order_by": ["a"]}, "nulls_last:"),
        ("'>' not supported between instances of 'NoneType' and 'int'", {}, "size != null"),
        ("'<' not supported between instances of 'str' and 'int'", {}, "quotes make a text"),
        ("can't compare offset-naive and offset-aware datetimes", {}, "2026-01-31T12:00Z"),
    ],
)
def test_what_to_write_instead_of_what_python_refuses(error: str, given: dict[str, Any], words: str) -> None:
    assert words in refusal_hint(f"[EFAULT] {error}", given)
    assert refusal_hint("[ENOENT] no such pool", given) == ""


@pytest.mark.parametrize("release", ["24.10", "25.04", "25.10", "27"])
def test_other_releases(run: Run, background: Background, release: str, tmp_path: Path) -> None:
    nas = Simulator(release=release)
    env = {"XDG_CACHE_HOME": str(tmp_path)}
    with background.entered(nas):
        url = nas.legacy_url if release == "24.10" else nas.url
        ask = ("-s", "name", "--order-by", "-type,name", "-l", "2")
        found = run("query", "disk", *ask, url=url, user="admin", env=env)
        assert rows(found) == [{"name": "nvme0n1"}, {"name": "nvme1n1"}]
        names = run("methods", "pool.scrub", url=url, user="admin", env=env).out.split()
    explained = run("-U", "admin", "explain", "pool.scrub.scrub", url=url, env=env)
    assert "pool.scrub.scrub" in names
    assert explained.out.startswith("pool.scrub.scrub(")
