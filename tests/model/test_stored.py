"""Where what a call is about is stored, decided from the real catalogues."""

from __future__ import annotations

from typing import Any

import pytest

from tests import facts
from tests.facts import RELEASES
from truenas_client.methods.catalogue import Catalogue
from truenas_client.methods.draft import draft
from tui.model.stored import Lookup, lookup, resource_of, title_of


def real(release: str) -> Catalogue:
    return Catalogue.from_methods(facts.catalogue(release))


@pytest.mark.parametrize("release", RELEASES)
def test_every_update_has_a_reader_that_takes_what_it_is_given(release: str) -> None:
    catalogue = real(release)
    updates = [method for method in catalogue if method.action == "update"]
    assert len(updates) > 80
    without = []
    for method in updates:
        params = [draft(param.schema).value for param in method.params]
        if params[-1] is None:  # a schema without a type
            params[-1] = {}
        found = lookup(method.name, params, catalogue)
        if found is None:
            without.append(method.name)
            continue
        reader = catalogue.get(found.method)
        assert reader is not None
        assert reader.check(list(found.params)) == [], method.name
        assert catalogue.risk_of(found.method, found.params) == "read", method.name
    # Its settings were not to be read in these releases.
    assert without == (["update.update"] if release in ("24.10", "25.04") else [])


@pytest.mark.parametrize(
    ("method", "params", "expected"),
    [
        ("pool.dataset.update", ["tank/x", {}], Lookup("pool.dataset.get_instance", ("tank/x",), 1)),
        ("ssh.update", [{"tcpport": 22}], Lookup("ssh.config", (), 0)),
        ("service.update", [3, {}], Lookup("service.get_instance", (3,), 1)),
        ("service.update", ["ssh", {}], Lookup("service.query", ([["service", "=", "ssh"]],), 1)),
        ("ipmi.lan.update", [1, {}], Lookup("ipmi.lan.query", ({"query-filters": [["channel", "=", 1]]},), 1)),
        ("app.update", ["web", {"values": {}}], Lookup("app.config", ("web",), 1, "values")),
        ("app.update", ["web", {"custom_compose_config": {}}], Lookup("app.get_instance", ("web",), 1)),
        ("user.delete", [5], Lookup("user.get_instance", (5,), None)),
        ("pool.dataset.create", [{"name": "tank/x"}], None),
        ("ssh.update", [], None),
        ("user.update", [1], None),
        ("user.update", [{"id": 1}, {}], None),
        ("user.update", [True, {}], None),
        ("no.such.update", [1, {}], None),
        ("core.ping", [], None),
    ],
)
@pytest.mark.parametrize("release", ["cut", "26"])
def test_where_it_is_stored(release: str, method: str, params: list[Any], expected: Lookup | None) -> None:
    assert lookup(method, params, real(release)) == expected


@pytest.mark.parametrize(
    ("method", "params", "name"),
    [
        ("pool.dataset.delete", ["tank/x"], "tank/x"),
        ("user.delete", [5], "5"),
        ("filesystem.setperm", [{"path": "/mnt/tank", "mode": "777"}], "/mnt/tank"),
        ("disk.wipe", ["sda", "QUICK"], "sda"),
        ("system.reboot", ["because of the update"], ""),
        ("system.shutdown", [], ""),
        ("config.reset", [{"reboot": True}], ""),
        ("core.bulk", ["pool.dataset.delete", [["tank/x"]]], "tank/x"),
        ("core.bulk", ["pool.dataset.delete", [["tank/x"], ["tank/y"]]], ""),
        ("core.download", ["config.save", [{}], "x.db"], ""),
        ("core.bulk", ["core.bulk", [[]]], ""),
        ("core.bulk", [], ""),
        ("user.delete", [True], ""),
    ],
)
@pytest.mark.parametrize("release", ["cut", "26"])
def test_what_a_risky_call_is_confirmed_with(release: str, method: str, params: list[Any], name: str) -> None:
    assert resource_of(method, params, real(release)) == name


def test_answers_of_any_shape() -> None:
    whole, part = Lookup("x.query", (), 1), Lookup("app.config", (), 1, "values")
    assert whole.stored([{"id": 1}, {"id": 2}]) == {"id": 1}
    assert whole.stored([]) is None
    assert whole.stored(None) is None
    assert part.stored({"a": 1}) == {"values": {"a": 1}}
    assert title_of({"id": 1, "username": "bob"}) == "bob"
    assert title_of({"id": 1}) == ""
    assert title_of(None) == ""
