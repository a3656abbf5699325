"""Tasks that run by the clock or by hand: replication, cloud sync, rsync, cron, snapshots."""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import Any

from .. import shapes
from ..call import Call
from ..errors import CallError
from ..extension import Extensible
from .tables import add_table, change, find_row

__all__ = ["PART"]

PART = Extensible()


def _add_run(
    namespace: str,
    action: str,
    doc: str,
    roles: tuple[str, ...],
    steps: Callable[[dict[str, Any]], list[str]],
    **further: shapes.Schema,
) -> None:
    """Add a table of tasks, and the method that runs one as a job with a log: a line for each step."""
    add_table(PART, namespace)

    async def run(call: Call, id: int, *rest: Any) -> None:
        nas, job = call.nas, call.job
        row = find_row(nas.world, namespace, id)
        if not row["enabled"]:
            raise CallError(f"Task {id} is switched off", errno.EINVAL)
        assert job is not None
        lines = steps(row)
        row["job"] = {"id": job.id, "state": "RUNNING"}
        state = "ABORTED"
        try:
            for number, line in enumerate(lines):
                call.progress(100 * number // len(lines), line)
                call.log(f"[{nas.clock.wall():%Y-%m-%d %H:%M:%S}] {line}\n")
                await call.sleep(2.0)
            state = "SUCCESS"
        finally:
            if "state" in row and state == "SUCCESS":
                row["state"] = {"state": "FINISHED", "datetime": nas.clock.wall()}
            change(nas, namespace, row, job={"id": job.id, "state": state})

    PART.job(
        f"{namespace}.{action}",
        accepts={"id": shapes.integer("Number of the task."), **further},
        returns={"type": "null"},
        roles=roles,
        abortable=True,
        logs=True,
        lock=lambda arguments: f"{namespace}:{arguments[:1]}",
        queue=1,
        description=doc,
    )(run)


def _replicate(row: dict[str, Any]) -> list[str]:
    source = row["source_datasets"][0]
    return [
        f"Looking for new snapshots of {source}",
        f"Sending {source}@auto-yesterday to {row['target_dataset']}",
        f"Sending {source}@auto-today to {row['target_dataset']}",
        "Deleting old snapshots on the other side",
    ]


def _sync(row: dict[str, Any]) -> list[str]:
    sent = [f"Transferred {part * 25} of 100 files, {part * 180} MiB" for part in range(1, 5)]
    return [f"Comparing {row['path']} with {row['attributes']['bucket']}", *sent]


_add_run(
    "replication",
    "run",
    "Run a replication task now. The job ends when all snapshots have been sent.",
    ("REPLICATION_ADMIN", "REPLICATION_TASK_WRITE"),
    _replicate,
    options=shapes.obj("Has no effect here.", {}),
)
_add_run(
    "cloudsync",
    "sync",
    "Run a cloud sync task now.",
    ("CLOUD_SYNC_WRITE",),
    _sync,
    cloud_sync_sync_options=shapes.obj("How.", {}, dry_run=shapes.boolean("Only look.", default=False)),
)
_add_run(
    "rsynctask",
    "run",
    "Run an rsync task now.",
    ("REPLICATION_ADMIN", "SNAPSHOT_TASK_WRITE"),
    lambda row: [f"Connecting to {row['remotehost']}", "Building the list of files", "Copying 17 files"],
)
_add_run(
    "cronjob",
    "run",
    "Run the command of a cron job now.",
    ("SYSTEM_CRON_WRITE",),
    lambda row: [f"Running {row['command']}"],
    skip_disabled=shapes.boolean("Do nothing when it is switched off.", default=False),
)
add_table(PART, "pool.snapshottask")
