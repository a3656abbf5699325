"""Which calls take a file along, what it is called, and paths as they are typed."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import facts
from tests.facts import CATALOGUES
from truenas_client.methods.catalogue import Catalogue
from tui.model.paths import completed, expanded, shortened
from tui.model.transfers import file_wanted, is_private, suggested_name

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("method", "params", "kind"),
    [
        ("config.save", [], "download"),
        ("config.save", [{"secretseed": True}], "download"),
        ("system.debug", [], "download"),
        ("pool.dataset.export_key", ["tank/x"], None),
        ("pool.dataset.export_key", ["tank/x", True], "download"),
        ("config.upload", [], "upload"),
        ("filesystem.put", ["/mnt/tank/x", {}], "upload"),
        ("mail.send", [{"text": "x"}, {}], None),
        ("mail.send", [{"text": "x", "attachments": True}], "upload"),
        ("pool.dataset.unlock", ["tank/x", {"key_file": True}], "upload"),
        ("pool.dataset.unlock", ["tank/x", {"key_file": False}], None),
        ("pool.dataset.unlock", ["tank/x"], None),
        ("pool.query", [], None),
    ],
)
@pytest.mark.parametrize("release", CATALOGUES)
def test_a_file_goes_along_where_the_arguments_say_so(
    release: str, method: str, params: list[Any], kind: str | None
) -> None:
    found = Catalogue.from_methods(facts.catalogue(release)).get(method)
    assert found is not None
    assert file_wanted(found, params) == kind


@pytest.mark.parametrize(
    ("method", "params", "name"),
    [
        ("config.save", [], "nas-config-2026-11-22.db"),
        ("config.save", [{"secretseed": True}], "nas-config-2026-11-22.tar"),
        ("system.debug", [], "nas-debug-2026-11-22.tgz"),
        ("filesystem.get", ["/var/log/messages"], "messages"),
        ("filesystem.get", ["/"], "download"),
        ("filesystem.get", ["../../.bashrc"], "bashrc"),
        ("audit.download_report", [{"report_name": "a/b.csv"}], "b.csv"),
        ("vm.log_file_download", [3], "vm-3.log"),
        ("pool.dataset.export_keys", ["tank/x"], "tank-x.keys.json"),
        ("some.other", [], "nas-some.other-2026-11-22"),
    ],
)
def test_files_have_names_that_tell(method: str, params: list[Any], name: str) -> None:
    assert suggested_name(method, params, host="nas", today=TODAY) == name


@given(st.text(), st.text(), st.sampled_from(["config.save", "filesystem.get", "vm.log_file_download", "x.y"]))
def test_no_name_leaves_its_folder(host: str, argument: str, method: str) -> None:
    name = suggested_name(method, [argument], host=host, today=TODAY)
    assert name
    assert Path(name).name == name
    assert not name.startswith(".")
    assert name.isprintable()


def test_files_with_secrets_are_known() -> None:
    assert is_private("config.save")
    assert is_private("pool.dataset.export_keys")
    assert not is_private("vm.log_file_download")


def test_paths_go_on_as_far_as_they_are_clear(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("alpha", "alpine", "beta"):
        (tmp_path / name).mkdir()
    (tmp_path / "gamma.txt").touch()
    (tmp_path / ".hidden").touch()
    (tmp_path / "bad\x1bname").touch()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert completed("~/al") == "~/alp"
    assert completed("~/b") == "~/beta/"
    assert completed("~/g") == "~/gamma.txt"
    assert completed("~/.h") == "~/.hidden"
    assert completed("~/none") == "~/none"
    assert completed("be") == "beta/"
    assert completed("~") == "~/"
    assert completed(f"{tmp_path}/gam") == f"{tmp_path}/gamma.txt"
    assert completed("no/such/folder/x") == "no/such/folder/x"
    assert expanded("~/x") == tmp_path / "x"
    assert expanded("x") == tmp_path / "x"
    assert shortened(tmp_path / "x") == "~/x"
    assert shortened(tmp_path) == "~"
    assert shortened(Path(f"{tmp_path}x")) == f"{tmp_path}x"
