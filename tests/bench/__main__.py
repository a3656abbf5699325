"""``make bench``: every measurement, one after the other."""

from __future__ import annotations

from . import app, blocking, calls, commands, flood, idle, keys, large, memory, panels, simulator, start


def main() -> None:
    for part in (calls, blocking, commands, flood, simulator, app, keys, panels, large, start, idle, memory):
        part.run()


if __name__ == "__main__":
    main()
