"""A believable NAS: its state and the methods that show and change it.

Each module is one part of the system and has an ``install(nas, world)``. The state
lives in `world.World`; what a method answers is made from it on each call, so the
parts agree with each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

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
from .world import World

if TYPE_CHECKING:
    from ..simulator import Simulator

__all__ = ["install"]

PARTS = (
    accounts,
    groups,
    system,
    disks,
    pools,
    datasets,
    encryption,
    snapshots,
    shares,
    services,
    network,
    tasks,
    guests,
    upkeep,
    alerts,
    reporting,
    graphs,
    folders,
)


def install(nas: Simulator, seed: int) -> None:
    """Add the whole NAS to a simulator."""
    world = World.made(seed, nas.clock.started)
    nas.configs = world.configs
    for part in PARTS:
        part.install(nas, world)
