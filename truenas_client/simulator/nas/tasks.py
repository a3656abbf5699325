"""Tasks that run by the clock or by hand: replication, cloud sync, rsync, cron, snapshots."""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .. import shapes
from ..call import Call
from ..errors import CallError
from .tables import add_query, find_row
from .world import World

if TYPE_CHECKING:
    from ..simulator import Simulator

__all__ = ["install"]

DAILY = {"minute": "00", "hour": "02", "dom": "*", "month": "*", "dow": "*"}


def install(nas: Simulator, world: World) -> None:
    """Add the services."""
    _replication(nas, world)
    _cloud(nas, world)
    _rsync(nas, world)
    _cron(nas, world)
    _snapshots(nas, world)


def _runs(
    nas: Simulator,
    world: World,
    namespace: str,
    action: str,
    roles: tuple[str, ...],
    *,
    doc: str,
    steps: Callable[[dict[str, Any]], list[str]],
    further: dict[str, dict[str, Any]],
) -> None:
    """Add the method that runs a task as a job with a log."""

    async def run(call: Call, id: int, *rest: Any) -> None:
        row = find_row(world, namespace, id)
        if not row["enabled"]:
            raise CallError(f"Task {id} is switched off", errno.EINVAL)
        assert call.job is not None
        lines = steps(row)
        for number, line in enumerate(lines):
            call.progress(100 * number // len(lines), line)
            call.log(f"[{nas.clock.wall():%Y-%m-%d %H:%M:%S}] {line}\n")
            row["job"] = {"id": call.job.id, "state": "RUNNING"}
            await call.sleep(2.0)
        row["job"] = {"id": call.job.id, "state": "SUCCESS"}
        if "state" in row:
            row["state"] = {"state": "FINISHED", "datetime": nas.clock.wall()}
        nas.send_event(f"{namespace}.query", "CHANGED", id=id, fields=dict(row))

    nas.job(
        f"{namespace}.{action}",
        accepts=shapes.arguments(id=shapes.integer("Number of the task."), **further),
        returns=shapes.returning({"type": "null"}),
        roles=roles,
        abortable=True,
        logs=True,
        lock=lambda arguments: f"{namespace}:{arguments[:1]}",
        queue=1,
        description=doc,
    )(run)


def _replication(nas: Simulator, world: World) -> None:
    table = world.table("replication")
    table[1] = {
        "id": 1,
        "name": "documents to the shed",
        "direction": "PUSH",
        "transport": "SSH",
        "source_datasets": ["tank/documents"],
        "target_dataset": "shed/documents",
        "recursive": False,
        "auto": True,
        "enabled": True,
        "schedule": dict(DAILY),
        "retention_policy": "SOURCE",
        "readonly": "SET",
        "compression": None,
        "speed_limit": None,
        "retries": 5,
        "state": {"state": "FINISHED", "datetime": world.started},
        "job": None,
    }
    table[2] = {**table[1], "id": 2, "name": "home to tank", "transport": "LOCAL"}
    table[2] |= {"source_datasets": ["flash/home"], "target_dataset": "tank/backup/home", "recursive": True}
    read = ("READONLY_ADMIN", "REPLICATION_ADMIN", "REPLICATION_TASK_READ", "REPLICATION_TASK_WRITE")
    add_query(nas, "replication", lambda: list(table.values()), what="replication tasks", roles=read)

    def steps(row: dict[str, Any]) -> list[str]:
        source = row["source_datasets"][0]
        return [
            f"Looking for new snapshots of {source}",
            f"Sending {source}@auto-yesterday to {row['target_dataset']}",
            f"Sending {source}@auto-today to {row['target_dataset']}",
            "Deleting old snapshots on the other side",
        ]

    _runs(
        nas,
        world,
        "replication",
        "run",
        ("REPLICATION_ADMIN", "REPLICATION_TASK_WRITE"),
        doc="Run a replication task now. The job ends when all snapshots have been sent.",
        steps=steps,
        further={"options": shapes.obj("Has no effect here.", {})},
    )


def _cloud(nas: Simulator, world: World) -> None:
    table = world.table("cloudsync")
    provider = {"type": "S3", "access_key_id": "********", "secret_access_key": "********"}
    table[1] = {
        "id": 1,
        "description": "Pictures, encrypted, far away",
        "path": "/mnt/tank/media/pictures",
        "dataset": "tank/media/pictures",
        "relative_path": "",
        "credentials": {"id": 1, "name": "bucket", "provider": provider},
        "attributes": {"bucket": "example-pictures", "folder": "/"},
        "schedule": dict(DAILY),
        "direction": "PUSH",
        "transfer_mode": "SYNC",
        "encryption": True,
        "filename_encryption": True,
        "encryption_password": "********",
        "encryption_salt": "********",
        "bwlimit": [],
        "transfers": 4,
        "enabled": True,
        "locked": False,
        "job": None,
    }
    read = ("CLOUD_SYNC_READ", "CLOUD_SYNC_WRITE", "READONLY_ADMIN", "SHARING_ADMIN")
    add_query(nas, "cloudsync", lambda: list(table.values()), what="cloud sync tasks", roles=read)

    def steps(row: dict[str, Any]) -> list[str]:
        sent = [f"Transferred {part * 25} of 100 files, {part * 180} MiB" for part in range(1, 5)]
        return [f"Comparing {row['path']} with {row['attributes']['bucket']}", *sent]

    _runs(
        nas,
        world,
        "cloudsync",
        "sync",
        ("CLOUD_SYNC_WRITE",),
        doc="Run a cloud sync task now.",
        steps=steps,
        further={
            "cloud_sync_sync_options": shapes.obj("How.", {}, dry_run=shapes.boolean("Only look.", default=False))
        },
    )


def _rsync(nas: Simulator, world: World) -> None:
    table = world.table("rsynctask")
    table[1] = {
        "id": 1,
        "desc": "Web server, every night",
        "path": "/mnt/tank/backup/web",
        "user": "root",
        "mode": "SSH",
        "remotehost": "web.example.org",
        "remotepath": "/srv/www",
        "direction": "PULL",
        "schedule": dict(DAILY),
        "recursive": True,
        "compress": True,
        "archive": True,
        "delete": False,
        "enabled": True,
        "locked": False,
        "job": None,
    }
    read = ("READONLY_ADMIN", "REPLICATION_ADMIN", "SHARING_ADMIN", "SNAPSHOT_TASK_READ")
    add_query(nas, "rsynctask", lambda: list(table.values()), what="rsync tasks", roles=read)
    _runs(
        nas,
        world,
        "rsynctask",
        "run",
        ("REPLICATION_ADMIN", "SNAPSHOT_TASK_WRITE"),
        doc="Run an rsync task now.",
        steps=lambda row: [f"Connecting to {row['remotehost']}", "Building the list of files", "Copying 17 files"],
        further={},
    )


def _cron(nas: Simulator, world: World) -> None:
    table = world.table("cronjob")
    table[1] = {
        "id": 1,
        "enabled": True,
        "stderr": False,
        "stdout": True,
        "schedule": dict(DAILY),
        "command": "/root/bin/tidy-up",
        "description": "Tidy up",
        "user": "root",
    }
    read = ("READONLY_ADMIN", "SHARING_ADMIN", "SYSTEM_CRON_READ", "SYSTEM_CRON_WRITE")
    add_query(nas, "cronjob", lambda: list(table.values()), what="cron jobs", roles=read)
    _runs(
        nas,
        world,
        "cronjob",
        "run",
        ("SYSTEM_CRON_WRITE",),
        doc="Run the command of a cron job now.",
        steps=lambda row: [f"Running {row['command']}"],
        further={"skip_disabled": shapes.boolean("Do nothing when it is switched off.", default=False)},
    )


def _snapshots(nas: Simulator, world: World) -> None:
    table = world.table("pool.snapshottask")
    for ident, (dataset, recursive) in enumerate((("tank/documents", False), ("flash/home", True)), start=1):
        table[ident] = {
            "id": ident,
            "dataset": dataset,
            "recursive": recursive,
            "lifetime_value": 2,
            "lifetime_unit": "WEEK",
            "naming_schema": "auto-%Y-%m-%d_%H-%M",
            "allow_empty": True,
            "exclude": [],
            "enabled": True,
            "schedule": {**DAILY, "hour": "00", "begin": "00:00", "end": "23:59"},
            "vmware_sync": False,
            "state": {"state": "FINISHED"},
        }
    read = ("READONLY_ADMIN", "REPLICATION_ADMIN", "SHARING_ADMIN", "SNAPSHOT_TASK_READ")
    add_query(nas, "pool.snapshottask", lambda: list(table.values()), what="snapshot tasks", roles=read)
