"""A believable NAS: its state and the methods that show and change it.

Each module is one part of the system and has an ``install(nas, world)``. The state
lives in `world.World`; what a method answers is made from it on each call, so the
parts agree with each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import disks, pools, reporting, system
from .world import World

if TYPE_CHECKING:
    from ..simulator import Simulator

__all__ = ["install"]


def install(nas: Simulator, seed: int) -> None:
    """Add the whole NAS to a simulator."""
    world = World.made(seed, nas.clock.started)
    nas.add_account("root", "root", uid=0)
    nas.add_account("admin", "admin", uid=950)
    for part in (system, disks, pools, reporting):
        part.install(nas, world)
