"""``make bench``: every measurement, one after the other."""

from __future__ import annotations

from . import app, blocking, calls, commands, diffs, flood, idle, keys, large, memory, simulator, start


def main() -> None:
    for part in (calls, blocking, commands, diffs, flood, simulator, app, keys, large, start, idle, memory):
        part.run()


if __name__ == "__main__":
    main()
