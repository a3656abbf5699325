"""``midclt stubs``: what mypy and an editor know of a server's methods by the files that it writes.

``make soak`` checks the catalogues of all releases, ``make test`` one of them.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from keyword import iskeyword
from pathlib import Path
from typing import Any

import jedi
import pytest

from tests.facts import FULL, RELEASES, catalogue, facts
from tests.midclt.conftest import Ran, Run
from truenas_client import Catalogue
from truenas_client.endpoint import parse
from truenas_client.methods.forms import marked
from truenas_client.storage.catalogue_cache import CatalogueCache, Kept

Write = Callable[..., Ran]

SCRIPT = """
from typing import TYPE_CHECKING, Any

from truenas_client import AsyncClient, Client, Job, exc
if TYPE_CHECKING:
    from truenas_api.pool import PoolRow

def blocking(pools: "list[PoolRow]") -> str:
    with Client("nas") as nas:
        pools = nas.api.pool.query([["name", "=", "tank"]], {"limit": 5})
        number: int = nas.api.pool.query([], {"count": True})
        name: str = nas.api.pool.query([], {"get": True})["name"]
        rows: list[dict[str, Any]] = nas.api.pool.query([], {"select": ["name"]})
        made: str = nas.api.user.query()[0]["username"]
        job: Job = nas.api.pool.scrub.scrub("tank", "START", job="RETURN")
        number = nas.api.pool.scrub.scrub("tank", timeout=5)
        nas.api.system.global_.id()
        try:
            return f"{name}{made}{rows}{job}{number}" + nas.api.system.info()["version"]
        except exc.CallTimeout:
            return pools[0]["name"]

async def other() -> int:
    async with AsyncClient.from_profile("lab") as nas:
        first: str = (await nas.api.pool.query())[0]["name"]
        return len(first) + await nas.api.pool.scrub.scrub("tank")
"""
WRONG = {
    'nas.api.pool.query([], {"limit": "5"})': "call-overload",
    'nas.api.pool.query()[0]["nmae"]': "typeddict-item",
    "nas.api.pool.scrub.scrub(7)": "call-overload",
    'nas.api.pool.scrub.scrub("tank", "BEGIN")': "call-overload",
    "nas.api.system.info(wait=1)": "call-arg",
}


@pytest.fixture
def write(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write the stubs of a release, as for a server whose methods are cached."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mypy.ini").write_text("[mypy]\nstrict = true\nmypy_path = typings\npretty = false\n")

    def write(release: str, services: tuple[str, ...] = ()) -> Ran:
        methods = {
            name: entry
            for name, entry in catalogue(release).items()
            if not services or name.partition(".")[0] in services
        }
        CatalogueCache().keep(parse("nas").text, "admin", Kept(Catalogue.from_methods(methods), release, ()))
        monkeypatch.setenv("TRUENAS_USERNAME", "admin")
        return run("-u", "nas", "stubs")

    return write


def _path(method: str) -> str:
    return ".".join(f"{part}_" if iskeyword(part) else part for part in method.split("."))


def _plain(value: Any) -> bool:
    """Whether the value stands in Python as in JSON: no times, no sets."""
    return marked(value) == value and "$" not in repr(value)


def _mypy() -> list[tuple[str, int, str]]:
    """The errors of mypy in the scripts and the stubs: file, line and kind."""
    cache = ".mypy_cache" if FULL else os.devnull  # one run is faster without
    command = [sys.executable, "-m", "mypy", "--cache-dir", cache, *sorted(map(str, Path().glob("*.py")))]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=250)
    assert ran.returncode in (0, 1), ran.stderr
    lines = [line for line in ran.stdout.splitlines() if ": error: " in line]
    assert lines or "Success" in ran.stdout
    return [(line.split(":")[0], int(line.split(":")[1]), line.rpartition("[")[2].rstrip("]")) for line in lines]


def test_mypy_knows_the_methods_of_the_release(write: Write) -> None:
    releases = (RELEASES if FULL else ("24.10", "26")) if facts() else ("cut",)
    known = {release: catalogue(release) for release in releases}
    every = sorted({*(name for methods in known.values() for name in methods), "no.such", "pool.no_such"})
    Path("script.py").write_text(SCRIPT)
    start = "from truenas_client import Client\nnas = Client()\n"
    Path("every.py").write_text(start + "".join(f"nas.api.{_path(name)}\n" for name in every))
    Path("wrong.py").write_text(start + "".join(f"{line}\n" for line in WRONG))
    for release in releases if FULL else releases[-1:]:
        methods = known[release]
        ran = write(release)
        assert (ran.status, ran.out) == (0, "")
        assert f"the {len(methods)} methods of {release}" in ran.err
        calls = []
        for method in Catalogue.from_methods(methods):
            smallest = method.draft()
            if _plain(smallest):
                calls.append(f"nas.api.{_path(method.name)}({', '.join(map(repr, smallest))})\n")
        assert len(calls) > len(methods) * 0.99
        Path("calls.py").write_text(start + "".join(calls))
        unknown = [("every.py", line, "attr-defined") for line, name in enumerate(every, 3) if name not in methods]
        wrong = [("wrong.py", line, kind) for line, kind in enumerate(WRONG.values(), 3)]
        assert sorted(_mypy()) == sorted(unknown + wrong), release


def test_an_editor_completes_the_methods(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jedi.settings, "cache_directory", str(tmp_path / "jedi"))
    services = ("core", "pool", "system")
    write("cut", services)
    project = jedi.Project(str(tmp_path), added_sys_path=[str(tmp_path / "typings")], smart_sys_path=False)

    def offered(code: str) -> set[str]:
        found = jedi.Script(code, project=project, path=tmp_path / "x.py").complete()
        return {completion.name for completion in found if not completion.name.startswith("_")}

    names = {name for name in catalogue("cut") if name.partition(".")[0] in services}
    start = "from truenas_client import AsyncClient, Client\n"
    nas = f"{start}with Client() as nas:\n    nas.api."
    assert offered(nas) == set(services)
    below = {name[len("pool.") :].partition(".")[0] for name in names if name.startswith("pool.")}
    assert offered(f"{nas}pool.") == below
    asynchronous = f"{start}async def f():\n    async with AsyncClient() as nas:\n        nas.api."
    assert offered(f"{asynchronous}core.pi") == {"ping", "ping_remote"}


def test_old_stubs_go_and_other_files_stay(write: Write, tmp_path: Path, run: Run) -> None:
    write("cut", ("core", "pool"))
    folder = tmp_path / "typings" / "truenas_api"
    (folder / "gone.pyi").write_text((folder / "pool.pyi").read_text())
    assert write("cut", ("core", "pool")).status == 0
    assert not (folder / "gone.pyi").exists()
    (folder / "mine.pyi").write_text("class Mine: ...\n")
    ran = write("cut", ("core",))
    assert (ran.status, (folder / "mine.pyi").exists()) == (2, True)
    assert "mine.pyi was not made by midclt stubs" in ran.err
    (tmp_path / "truenas_client").mkdir()
    (tmp_path / "truenas_client" / "__init__.py").touch()
    ran = run("-u", "nas", "stubs", str(tmp_path))
    assert ran.status == 2
    assert "holds the package truenas_client itself" in ran.err
    (tmp_path / "file").touch()
    assert run("-u", "nas", "stubs", str(tmp_path / "file")).status == 1
