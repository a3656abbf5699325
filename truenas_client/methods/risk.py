"""The risk of a method: read, write, or risk.

The rule decides by roles and names (`by_rule`). The lists below overrule it in both directions. They were made by
reviewing every name in the catalogues of 24.10, 25.04, 25.10 and 26:

- ``RISK``: the method destroys data or keys, replaces the system's code or settings, takes the system or its network
  down, or cannot be undone;
- ``READS``: the method changes nothing on the server, though its roles and name do not show that;
- ``WRITES``: the method changes something, sends something out, or returns secrets that deserve a second look, though
  its roles say read.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

__all__ = ["READS", "RISK", "WRITES", "Risk", "by_rule", "classify", "inner_method", "worst"]

Risk = Literal["read", "write", "risk"]

_READ_NAMES = frozenset({"query", "get_instance", "config", "me", "ping", "info"})
_READ_STARTS = ("get_", "list_", "is_")


def _names(text: str) -> frozenset[str]:
    """Full names from lines of ``namespace: action action``."""
    found: set[str] = set()
    for line in text.split("\n"):
        namespace, _, actions = line.strip().partition(": ")
        found.update(f"{namespace}.{action}" for action in actions.split())
    return frozenset(found)


RISK = _names("""
    activedirectory: leave
    app: delete rollback
    app.image: delete
    boot: attach detach format replace
    boot.environment: destroy
    bootenv: delete
    cloud_backup: delete_snapshot restore
    config: reset upload
    container: delete
    core: debug
    directoryservices: leave
    disk: reset_sed resize setup_sed wipe
    docker: delete_backup restore_backup
    failover: become_passive call_remote control force_master sync_from_peer sync_to_peer upgrade
    failover.reboot: other_node
    filesystem: chown file_receive put setacl setperm
    group: delete
    interface: commit
    ipmi.sel: clear
    iscsi.extent: delete
    iscsi.target: delete
    jbof: delete
    kmip: clear_sync_pending_keys
    nvmet.namespace: delete
    pool: detach export remove replace upgrade
    pool.dataset: change_key delete destroy_snapshots
    pool.snapshot: delete rollback
    privilege: delete
    reporting: clear
    service: terminate_process
    system: reboot shutdown
    system.security: update
    update: file manual run
    user: delete
    virt.device: import_disk_image
    virt.instance: delete
    virt.volume: delete
    vm: delete import_disk_image poweroff
    vm.device: convert delete
    zfs.resource: destroy
    zfs.resource.snapshot: destroy rollback
    zfs.snapshot: delete remove rollback
""")

READS = _names("""
    app.ix_volume: exists
    auth: check_password check_user
    catalog: trains
    cloudsync: onedrive_list_drives
    cloudsync.credentials: verify
    container.image: query_registry
    core: arp debug_mode_enabled job_download_logs job_wait ping_remote set_options subscribe
    core: unsubscribe
    directoryservices: status
    disk: smart_attributes
    docker: nvidia_present
    failover: licensed status
    failover.disabled: reasons
    filesystem: can_access_as_user get
    group: has_password_enabled_user
    hardware.cpu: available_governors current_governor
    hardware.memory: error_info
    interface: checkin_waiting choices default_route_will_be_removed has_pending_changes ip_in_use
    interface: services_restarted_on_sync websocket_interface websocket_local_ip
    iscsi.target: validate_name
    keychaincredential: generate_ssh_key_pair remote_ssh_host_key_scan used_by
    mail: local_administrator_email
    nvmet.host: generate_key
    pool: import_find
    pool.snapshottask: delete_will_change_retention_for foreseen_count max_count max_total_count
    pool.snapshottask: update_will_change_retention_for
    replication: count_eligible_manual_snapshots target_unmatched_snapshots
    route: ipv4gw_reachable
    system: boot_id feature_enabled ready release_notes_url state version version_short
    system.advanced: login_banner
    system.general: checkin_waiting
    truenas: managed_by_truecommand
    user: has_local_administrator_set_up has_root_password twofactor_config verify_twofactor_token
    vm: profiles random_mac
    vmware: match_datastores_with_datasets
""")

WRITES = _names("""
    api_key: create delete update
    privilege: become_readonly
    reporting: netdataweb_generate_password
    support: attach_ticket new_ticket
""")

_CARRIERS = frozenset({"core.bulk", "core.download"})


def by_rule(name: str, *, filterable: bool = False, roles: Iterable[str] = ()) -> Risk:
    """Read or write by roles and name alone."""
    action = name.rpartition(".")[2]
    if (
        filterable
        or action in _READ_NAMES
        or action.startswith(_READ_STARTS)
        or action.endswith("_choices")
        or any(role.endswith("_READ") or role == "READONLY_ADMIN" for role in roles)
    ):
        return "read"
    return "write"


def classify(name: str, *, filterable: bool = False, roles: Iterable[str] = ()) -> Risk:
    """The risk of a method: the rule, overruled by the reviewed lists.

    Methods that run others (`inner_method`) are risk here, because they may run any method. A caller that has the
    arguments should judge the method that they name.
    """
    if name in RISK or name in _CARRIERS:
        return "risk"
    if name in WRITES:
        return "write"
    if name in READS:
        return "read"
    return by_rule(name, filterable=filterable, roles=roles)


def inner_method(name: str, params: Iterable[Any]) -> str | None:
    """The method that a call of ``core.bulk`` or ``core.download`` runs; None for other methods or when unnamed."""
    if name not in _CARRIERS:
        return None
    first = next(iter(params), None)
    return first if isinstance(first, str) and first else None


def worst(kinds: Iterable[Risk]) -> Risk:
    """The highest risk of several."""
    order: tuple[Risk, ...] = ("read", "write", "risk")
    return max(kinds, key=order.index, default="read")
