"""Tells Python's garbage collector which objects stay.

It looks through everything that is alive, from time to time and while a key waits: the modules, the catalogue and the
widgets of a workspace took it a tenth of a second each time. What is kept is not looked through any more.

Invariants: `release` is called when something that was kept goes, so that it can be collected; where `__main__` has not
taken the collector over (tests, another program), only large results are kept.
"""

import gc

__all__ = ["keep", "release", "settle", "start"]

THRESHOLDS = (5_000, 10, 20)
"""Objects made before the youngest are looked through, and how often that comes before the older ones; Python's own
numbers (700, 10, 10) are for programs that do not draw a screen of small objects at each key."""

_ours = False


def start() -> None:
    """Turns collecting on, which `__main__` had turned off; objects made until now are kept."""
    global _ours
    if not gc.isenabled():
        _ours = True
        gc.set_threshold(*THRESHOLDS)
        gc.freeze()
        gc.enable()


def settle(*, collect: bool = False) -> None:
    """Objects alive now stay for long; with ``collect`` garbage is removed first, which takes a while."""
    if _ours:
        if collect:
            gc.collect()
        gc.freeze()


def keep() -> None:
    """A large result is there: it stays until `release`."""
    gc.freeze()


def release() -> None:
    """A kept object is about to be freed, or was: the collector examines all objects again in its time."""
    gc.unfreeze()
