"""``make bench``: every measurement, one after the other."""

from __future__ import annotations

from . import app, calls, flood, idle, keys, large, memory, simulator, start


def main() -> None:
    for part in (calls, flood, simulator, app, keys, large, start, idle, memory):
        part.run()


if __name__ == "__main__":
    main()
