"""Locking and unlocking encrypted datasets: ``pool.dataset.lock`` and ``.unlock``."""

from __future__ import annotations

import errno
from typing import Any

from .. import shapes
from ..call import Call
from ..errors import CallError
from ..extension import Extensible
from .datasets import WRITE, find, tell

__all__ = ["PART"]

PART = Extensible()


@PART.job(
    "pool.dataset.lock",
    accepts={
        "id": shapes.text("Path of an encrypted dataset."),
        "options": shapes.obj("How.", {}, force_umount=shapes.boolean("Even when it is in use.", default=False)),
    },
    returns=shapes.boolean("Always true."),
    roles=WRITE,
)
async def lock(call: Call, id: str, options: dict[str, Any]) -> bool:
    """Forget the key of an encrypted dataset, so that nothing in it can be read."""
    dataset = find(call.nas.world, id)
    if not dataset.encrypted or dataset.locked:
        raise CallError(f"{id} is not an unlocked, encrypted dataset", errno.EINVAL)
    call.progress(30, f"Unmounting {id}")
    await call.sleep(1)
    dataset.locked = True
    tell(call.nas, "CHANGED", dataset)
    return True


@PART.job(
    "pool.dataset.unlock",
    accepts={
        "id": shapes.text("Path of an encrypted dataset."),
        "options": shapes.obj(
            "The keys.",
            {},
            datasets=shapes.array(
                shapes.obj(
                    name=shapes.text("Path of the dataset."),
                    passphrase=shapes.optional(shapes.text("Its passphrase.")),
                    key=shapes.optional(shapes.text("Its key.")),
                ),
                "A key for each dataset.",
                default=[],
            ),
        ),
    },
    roles=WRITE,
)
async def unlock(call: Call, id: str, options: dict[str, Any]) -> dict[str, Any]:
    """Give the key of a locked dataset and mount it. The passphrase of the demo's vault is "open sesame"."""
    dataset = find(call.nas.world, id)
    given = {item["name"]: item.get("passphrase") for item in options.get("datasets") or []}
    call.progress(10, "Checking keys")
    await call.sleep(1)
    if given.get(id) != "open sesame":
        return {"unlocked": [], "failed": {id: {"error": "Invalid key", "skipped": []}}}
    dataset.locked = False
    call.progress(80, f"Mounting {id}")
    await call.sleep(1)
    tell(call.nas, "CHANGED", dataset)
    return {"unlocked": [id], "failed": {}}
