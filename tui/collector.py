"""Python's garbage collector, told what stays.

It looks through everything that is alive, from time to time and while a key waits: the modules, the catalogue and the
widgets of a workspace took it a tenth of a second each time. What is kept is not looked through any more.

Invariant: what was kept and has gone can be collected, because `release` comes before it goes.
"""

import gc

__all__ = ["keep", "release", "start"]

THRESHOLDS = (5_000, 10, 20)
"""Objects made before the youngest are looked through, and how often that comes before the older ones; Python's own
numbers (700, 10, 10) are for programs that do not draw a screen of small objects at each key."""


def start() -> None:
    """Begins to collect; what was made until now is kept."""
    gc.set_threshold(*THRESHOLDS)
    gc.freeze()
    gc.enable()


def keep() -> None:
    """What is alive now stays for long."""
    gc.freeze()


def release() -> None:
    """Something that was kept is about to go, or has gone: everything is looked through again in its time."""
    gc.unfreeze()
