"""``midclt`` as a process, beside a minimal script over ``websockets.sync`` that does the same.

The sides run in turn, from the start of the process to its end, over the UNIX socket of a server in another process;
medians are compared.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from tests.facts import catalogue, facts
from truenas_client import Catalogue
from truenas_client.storage.catalogue_cache import CatalogueCache, Kept

from .peer import fixed_server

STARTS = 21

RAW = """
import json, sys, uuid
from websockets.sync.client import unix_connect
with unix_connect(sys.argv[1], "ws://localhost/api/current", compression=None) as socket:
    message_id = str(uuid.uuid4())
    socket.send(json.dumps({"jsonrpc": "2.0", "id": message_id, "method": "core.ping", "params": []}))
    while (frame := json.loads(socket.recv())).get("id") != message_id:
        pass
    print(frame["result"])
"""


def run() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryDirectory() as folder:
        script, path = Path(folder, "raw.py"), str(Path(folder, "nas.sock"))
        script.write_text(RAW)
        command = [sys.executable, "-c", "from midclt.__main__ import command; command()"]
        address = ["-u", f"ws+unix://{path}"]
        sides = {
            "raw": [sys.executable, str(script), path],
            "call core.ping": [*command, *address, "call", "core.ping"],
            "query -o json": [*command, *address, "query", "rows", "-o", "json"],
            "query -o table": [*command, *address, "query", "rows", "-o", "table"],
            "__complete": [*command, "__complete", "call", "pool.dataset."],
            "--help": [*command, "--help"],
            "--version": [*command, "--version"],
            "bare Python": [sys.executable, "-c", "pass"],
        }
        times: dict[str, list[float]] = {name: [] for name in sides}
        environment["XDG_CACHE_HOME"] = folder
        _keep_words(Path(folder))
        with fixed_server(path):
            for _ in range(STARTS + 1):
                for name, argv in sides.items():
                    began = time.perf_counter()
                    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, env=environment)
                    times[name].append(time.perf_counter() - began)
    raw = median(times["raw"][1:])
    print(f"midclt as a process, medians of {STARTS} alternating starts; the raw script takes {raw * 1e3:.0f} ms")
    table = median(times["query -o table"][1:]) / median(times["query -o json"][1:])
    print(f"  10,000 rows as a table take {table:.2f}x what they take as JSON")
    for name in sides:
        if name != "raw":
            taken = median(times[name][1:])
            print(f"  {name:16} {taken * 1e3:6.1f} ms   {taken / raw:.2f}x")


def _keep_words(folder: Path) -> None:
    """Store the words of the largest catalogue at hand, as `midclt methods` does."""
    release = "26" if facts() else "cut"
    kept = Kept(Catalogue.from_methods(catalogue(release)), release, ())
    CatalogueCache(folder / "truenas-client" / "catalogues").keep("nas", "admin", kept)


if __name__ == "__main__":
    run()
