"""A believable NAS: what the demo's methods show and change.

Each module is one part of the system, an `Extensible` named ``PART`` that is filled when
the module is imported. The state lives in `..world.World`; what a method answers is made
from it on each call, so the parts agree with each other.
"""

from __future__ import annotations

from . import (
    accounts,
    alerts,
    datasets,
    disks,
    encryption,
    folders,
    graphs,
    groups,
    guests,
    network,
    pools,
    reporting,
    services,
    shares,
    snapshots,
    system,
    tasks,
    upkeep,
)

__all__ = ["PARTS"]

PARTS = tuple(
    module.PART
    for module in (
        *(accounts, groups, system, disks, pools, datasets, encryption, snapshots, shares, services),
        *(network, tasks, guests, upkeep, alerts, reporting, graphs, folders),
    )
)
"""In the order in which ``core.get_methods`` lists their methods."""
