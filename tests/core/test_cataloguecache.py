from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.facts import SOME_RELEASES, catalogue
from tests.odd import odd_methods
from truenas_client.methods.catalogue import Catalogue, Method
from truenas_client.storage.catalogue_cache import CatalogueCache, Kept

METHODS: dict[str, Any] = {
    "pool.query": {
        "roles": ["POOL_READ"],
        "filterable": True,
        "job": False,
        "cli_description": None,
        "description": "Lists pools.\n\nTakes filters.",
        "examples": {"__all__": ["one"], "websocket": ["two"]},
        "accepts": [{"type": "array", "_name_": "filters", "_required_": False, "default": []}],
        "returns": [{"type": "array", "items": {"type": "object", "properties": {"size": {"type": "integer"}}}}],
    },
    "pool.export": {
        "roles": [],
        "job": True,
        "accepts": [
            {"type": "integer", "_name_": "id", "_required_": True},
            {"type": "object", "_name_": "options", "properties": {"destroy": {"type": "boolean"}}},
        ],
        "returns": [{"type": "null"}],
    },
}
KEPT = Kept(Catalogue.from_methods(METHODS), "25.10.1", ("FULL_ADMIN", "POOL_READ"))


def said(method: Method) -> tuple[Any, ...]:
    flags = (method.job, method.filterable, method.downloadable, method.uploadable, method.no_auth_required)
    words = (method.summary, method.description, method.examples, method.names)
    return method.name, method.roles, method.risk, flags, words, method.params, method.returns, method.draft()


@pytest.fixture
def cache(tmp_path: Path) -> CatalogueCache:
    return CatalogueCache(tmp_path / "catalogues")


@pytest.mark.parametrize("release", ["", *SOME_RELEASES])
def test_what_is_found_says_what_was_kept(cache: CatalogueCache, release: str) -> None:
    methods = catalogue(release) if release else METHODS
    cache.keep("wss://nas/api/current", "admin", Kept(Catalogue.from_methods(methods), "1", ("B", "A")))
    kept = cache.find("wss://nas/api/current", "admin")
    assert kept is not None
    assert kept.fits("1", ["A", "B"])
    assert [said(method) for method in kept.catalogue] == [said(method) for method in Catalogue.from_methods(methods)]


def test_what_could_not_be_read_is_kept_with_it(cache: CatalogueCache) -> None:
    def problems(methods: Catalogue) -> dict[str, tuple[str, ...]]:
        return {method.name: method.problems for method in methods}

    methods = Catalogue.from_methods(odd_methods())
    for method in methods:
        _ = method.params, method.returns
    cache.keep("nas", "admin", Kept(methods, "1", ()))
    kept = cache.find("nas", "admin")
    assert kept is not None
    assert problems(kept.catalogue) == problems(methods)
    assert any(problems(methods).values())


def test_it_is_found_by_address_and_user_and_is_the_owners_alone(cache: CatalogueCache, tmp_path: Path) -> None:
    cache.keep("wss://nas/api/current", "admin", KEPT)
    assert cache.find("wss://nas/api/current", "anna") is None
    assert cache.find("wss://other/api/current", "admin") is None
    files = list((tmp_path / "catalogues").iterdir())
    assert [file.stat().st_mode & 0o777 for file in files] == [0o600, 0o600]
    cache.forget("wss://nas/api/current", "admin")
    assert cache.find("wss://nas/api/current", "admin") is None


@pytest.mark.parametrize(
    ("version", "roles", "fits"),
    [
        ("25.10.1", ["POOL_READ", "FULL_ADMIN"], True),
        ("25.10.2", ["POOL_READ", "FULL_ADMIN"], False),
        ("25.10.1", ["POOL_READ"], False),
        ("", ["POOL_READ", "FULL_ADMIN"], False),
    ],
)
def test_it_fits_one_version_and_one_set_of_roles(version: str, roles: list[str], fits: bool) -> None:
    assert KEPT.fits(version, roles) is fits


@given(st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_file_that_was_cut_short_or_changed_counts_as_none(
    cache: CatalogueCache, tmp_path: Path, data: st.DataObject
) -> None:
    cache.keep("nas", "admin", KEPT)
    (file,) = (tmp_path / "catalogues").glob("*.methods")
    content = bytearray(file.read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    if data.draw(st.booleans()):
        del content[at:]
    else:
        content[at] ^= data.draw(st.integers(1, 255))
    file.write_bytes(content)
    assert cache.find("nas", "admin") is None


def test_a_list_of_methods_needs_no_schema_reader() -> None:
    code = (
        "import sys; from truenas_client.storage.catalogue_cache import CatalogueCache\n"
        "heavy = ('truenas_client.methods.normalise', 'truenas_client.methods.check', 'jsonschema', 'asyncio')\n"
        "print([name for name in sys.modules if name.startswith(heavy)])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "[]\n"
