"""The diff of two answers of 5 MB: the same rows in another order, a few of them changed."""

from __future__ import annotations

import json
import random
import time
from statistics import median
from typing import Any

from truenas_client.values.diff import diff

ROWS = 14_000
TURNS = 5


def _rows() -> list[dict[str, Any]]:
    return [
        {
            "id": number,
            "name": f"tank/{number}",
            "used": {"parsed": number * 7, "rawvalue": str(number)},
            "children": [{"id": f"{number}/{child}", "size": child, "locked": True} for child in range(6)],
            "tags": ["a", "b", "c"],
        }
        for number in range(ROWS)
    ]


def run() -> None:
    old, new = _rows(), _rows()
    random.Random(1).shuffle(new)
    for row in new[::50]:
        row["used"]["parsed"] = -1
    took = []
    for _ in range(TURNS):
        began = time.perf_counter()
        changes = diff(old, new)
        took.append(time.perf_counter() - began)
    size = len(json.dumps(old)) / 1e6
    print(f"diff of 2 x {size:.1f} MB in another order: {median(took):.2f} s, {len(changes)} changes (at most 1.5 s)")


if __name__ == "__main__":
    run()
