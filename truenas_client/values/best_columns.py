"""Which columns a table shows of the most used queries, reviewed by hand: the most telling first.

A narrow screen leaves out the last ones. Queries that are not named here show what `own_columns` finds.
"""

from __future__ import annotations

__all__ = ["BEST", "best_columns"]

_TABLE = """
    alert.list                  level klass formatted text datetime node dismissed
    api_key.query               id name username created_at expires_at revoked
    app.query                   name state version upgrade_available latest_version custom_app
    app.image.query             repo_tags size created dangling update_available
    app.registry.query          id name username uri description
    audit.query                 message_timestamp service username address event success
    auth.sessions               current credentials_data.username origin credentials created_at internal
    boot.environment.query      id active activated created used keep
    certificate.query           id name common until expired cert_type issuer key_type
    cloud_backup.query          id description path credentials.name enabled job.state locked
    cloudsync.query             id description direction path credentials.name enabled job.state locked
    cloudsync.credentials.query id name provider.type
    container.query             id name status.state autostart dataset description
    core.get_jobs               id method state progress.percent progress.description time_started time_finished error
    cronjob.query               id description user command enabled schedule.minute schedule.hour
    disk.query                  name size type model serial pool bus rotationrate
    docker.network.query        name driver scope id
    filesystem.acltemplate.query id name acltype builtin comment
    group.query                 gid name builtin local smb users
    initshutdownscript.query    id when type command script enabled comment
    interface.query             name state.link_state type aliases.*.address ipv4_dhcp mtu description
    iscsi.extent.query          id name type path disk filesize enabled comment
    iscsi.initiator.query       id initiators comment
    iscsi.portal.query          id tag listen.*.ip comment
    iscsi.target.query          id name mode alias
    iscsi.targetextent.query    id target extent lunid
    kerberos.realm.query        id realm primary_kdc kdc
    keychaincredential.query    id name type
    nvmet.subsys.query          id name subnqn serial allow_any_host
    pool.query                  name status healthy size allocated free fragmentation scan.state scan.end_time path
    pool.dataset.query          name type used available mountpoint quota compressratio encrypted locked
    pool.scrub.query            id pool_name threshold enabled schedule.dow schedule.hour description
    pool.snapshot.query         dataset snapshot_name properties.creation properties.used properties.referenced
    pool.snapshottask.query     id dataset recursive lifetime_value lifetime_unit enabled naming_schema state.state
    privilege.query             id name roles web_shell builtin_name
    replication.query           id name direction transport source_datasets target_dataset enabled auto state.state
    reporting.exporters.query   id name enabled attributes.exporter_type
    route.system_routes         network netmask gateway interface scope
    rsynctask.query             id path direction remotehost remotepath user enabled job.state desc
    service.query               service state enable
    sharing.nfs.query           id path enabled ro networks hosts comment
    sharing.smb.query           id name path enabled readonly purpose comment
    sharing.webshare.query      id name path enabled locked
    staticroute.query           id destination gateway description
    system.ntpserver.query      id address prefer iburst minpoll maxpoll
    tunable.query               id type var value enabled comment
    user.query                  uid username shell home full_name group.bsdgrp_group locked smb email
    virt.instance.query         name status type cpu memory autostart
    vm.query                    id name status.state vcpus cores memory autostart description
    vm.device.query             id vm attributes.dtype order attributes.path
    vmware.query                id hostname datastore filesystem state.state
    zpool.query                 name status healthy properties.size.value properties.allocated.value scan.state
"""

BEST = {method: tuple(columns) for method, *columns in (line.split() for line in _TABLE.strip().splitlines())}
"""The columns by method."""


def best_columns(method: str) -> tuple[str, ...] | None:
    """The columns of a method's table; None where none were chosen by hand."""
    return BEST.get(method)
