"""``make bench``: every measurement, one after the other."""

from __future__ import annotations

from . import app, calls, flood, memory, start


def main() -> None:
    for part in (calls, flood, app, start, memory):
        part.run()


if __name__ == "__main__":
    main()
