"""What differs between releases, made from the real catalogues: renamed methods, and the events of each release.

``python -m tests.releases`` writes both data files of `truenas_client.methods`. No catalogue says what took a method's
place, so the rules here were reviewed; the catalogues say whether a rule is true: the old name must be gone from some
release where the new one is there. A rule for a namespace holds for each method that both have.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

from tests.facts import RELEASES, ROOT, catalogue, require_facts

__all__ = ["events", "renamed", "text_of"]

FOLDER = ROOT / "truenas_client" / "methods"

NAMESPACES = """
    zfs.snapshot pool.snapshot
    bootenv boot.environment
    virt.instance container
    virt.global lxc
    virt.global container
    virt.device container.device
    enclosure enclosure2
    activedirectory directoryservices
    ldap directoryservices
"""

METHODS = """
    service.start service.control START
    service.stop service.control STOP
    service.restart service.control RESTART
    service.reload service.control RELOAD
    zfs.snapshot.remove pool.snapshot.delete
    bootenv.create boot.environment.clone
    bootenv.delete boot.environment.destroy
    bootenv.set_attribute boot.environment.keep
    virt.instance.device_add container.device.create
    virt.instance.device_delete container.device.delete
    virt.instance.device_list container.device.query
    virt.instance.device_update container.device.update
    virt.instance.image_choices container.image.query_registry
    virt.instance.restart container.start
    virt.device.nic_choices container.device.nic_attach_choices
    vm.export_disk_image vm.device.convert
    vm.import_disk_image vm.device.convert
    vm.device.pptdev_choices vm.device.passthrough_device_choices
    enclosure.update enclosure.label.set
    idmap.query directoryservices.config
    idmap.update directoryservices.update
    directoryservices.get_state directoryservices.status
    interface.default_route_will_be_removed interface.network_config_to_be_removed
    interface.save_default_route interface.save_network_config
    ipmi.lan.get_instance ipmi.lan.query
    update.check_available update.status
    update.get_pending update.status
    update.get_trains update.available_versions
    update.get_auto_download update.config
    update.set_auto_download update.update
    update.set_train update.update
    user.has_root_password user.has_local_administrator_set_up
    core.sessions auth.sessions
    disk.get_unused disk.details
    disk.temperature disk.temperatures
    failover.reboot.required failover.reboot.info
    pool.dataset.userprop.query pool.dataset.query
    pool.dataset.userprop.create pool.dataset.update
    pool.dataset.userprop.update pool.dataset.update
    pool.dataset.userprop.delete pool.dataset.update
    pool.get_instance_by_name pool.query
    tn_connect.ip_choices tn_connect.ips_with_hostnames
    truecommand.info truecommand.config
"""


def renamed() -> dict[str, str]:
    """The successor of each method that a release lacks and an earlier one has: a name, perhaps with an argument."""
    rules = [line.split(maxsplit=1) for line in METHODS.strip().splitlines()]
    methods = [set(catalogue(release)) for release in RELEASES]
    everywhere = set.union(*methods)
    found: dict[str, str] = {}
    for old, new in rules:
        _check(old, new.split()[0], methods)
        found[old] = new
    for line in NAMESPACES.strip().splitlines():
        before, after = line.split()
        pairs = [(name, after + name.removeprefix(before)) for name in everywhere if name.startswith(f"{before}.")]
        pairs = [
            (old, new) for old, new in pairs if new in everywhere and old not in found and _true(old, new, methods)
        ]
        assert pairs, f"no method of {before} became one of {after}"
        found |= pairs
    return dict(sorted(found.items()))


def _check(old: str, new: str, methods: list[set[str]]) -> None:
    assert _true(old, new, methods), f"no release has {new} and lacks {old}, which an earlier one has"


def _true(old: str, new: str, methods: list[set[str]]) -> bool:
    had = next((at for at, names in enumerate(methods) if old in names), None)
    return had is not None and any(new in names and old not in names for names in methods[had + 1 :])


def events() -> dict[str, dict[str, Any]]:
    """Each event: the releases that register it, whether it is a source, the parameters of a subscription to it."""
    found: dict[str, dict[str, Any]] = {}
    for release in ("24.10", "25.10", "26"):
        with gzip.open(require_facts() / "api" / f"events-{release}.json.gz", "rt", encoding="utf-8") as file:
            listed = json.load(file)
        rows = listed.items() if isinstance(listed, dict) else ((row["name"], row) for row in listed)
        for name, row in rows:
            event = found.setdefault(name, {"releases": []})
            event["releases"].append(release)
            if row.get("source") or row.get("wildcard_subscription") is False:
                event["source"] = True
                event["parameters"] = _parameters(row) or event.get("parameters", [])
    return dict(sorted(found.items()))


def _parameters(row: dict[str, Any]) -> list[str]:
    """The names of the parameters; required ones end with ``!``."""
    schemas = row.get("schemas")
    schema = schemas.get("Subscription parameters") if schemas is not None else row["accepts"][0]
    members = (schema or {}).get("properties", {})
    order = (schema or {}).get("_attrs_order_", members)
    required = (schema or {}).get("required", [])
    return [f"{name}!" if name in required or members[name].get("_required_") else name for name in order]


def text_of(data: dict[str, Any]) -> str:
    """The text of a data file: one line for each name."""
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(value)}" for name, value in data.items())
    return f"{{\n{lines}\n}}\n"


def paths() -> dict[Path, Any]:
    """The data files, and what makes their content."""
    return {FOLDER / "renamed.json": renamed, FOLDER / "events.json": events}


if __name__ == "__main__":
    for path, make in paths().items():
        path.write_text(text_of(make()), encoding="utf-8")
