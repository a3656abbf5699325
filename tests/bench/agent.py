"""``midclt call`` through the warm agent, as whole processes: beside a minimal script, and beside a cold SCRAM call.

The script is that of `commands`, over the UNIX socket of the fixed server; the profile of the agent leads to the same
server. The SCRAM calls go to a simulator of release 26 over TLS, with a raw key; each cold one signs in, so there are
few: the server takes ten SCRAM logins a minute. The sides of a pair run in turn.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from truenas_client.simulator import ThreadedSimulator

from .commands import RAW
from .peer import fixed_server

STARTS, COLD_STARTS = 31, 8
MIDCLT = [sys.executable, "-c", "from midclt.__main__ import command; command()"]


def run() -> None:
    with tempfile.TemporaryDirectory() as folder, _environment(Path(folder)) as environment:
        script, path = Path(folder, "raw.py"), str(Path(folder, "nas.sock"))
        script.write_text(RAW)
        with fixed_server(path) as url, ThreadedSimulator(release="26", tls=True) as nas:
            _write_profiles(Path(folder), url, nas)
            plain = [*MIDCLT, "--profile", "fixed", "--agent", "require", "call", "core.ping"]
            ours, raw = _pairs(environment, plain, [sys.executable, str(script), path], STARTS)
            print(f"midclt through the warm agent, medians of {STARTS} alternating starts")
            print(f"  call core.ping  {ours * 1e3:6.1f} ms, the raw script {raw * 1e3:6.1f} ms   {ours / raw:.2f}x")
            scram = [*MIDCLT, "--profile", "scram"]
            warm, cold = _pairs(
                environment,
                [*scram, "--agent", "require", "call", "core.ping"],
                [*scram, "--agent", "never", "call", "core.ping"],
                COLD_STARTS,
            )
            print(f"  SCRAM           {warm * 1e3:6.1f} ms, a cold one      {cold * 1e3:6.1f} ms   {warm / cold:.2f}x")


@contextmanager
def _environment(folder: Path) -> Iterator[dict[str, str]]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment |= {f"XDG_{name}_HOME": str(folder) for name in ("STATE", "CONFIG", "CACHE", "DATA")}
    environment |= {"XDG_RUNTIME_DIR": str(folder)}
    try:
        yield environment
    finally:
        subprocess.run([*MIDCLT, "agent", "stop"], check=True, stderr=subprocess.DEVNULL, env=environment)


def _write_profiles(folder: Path, url: str, nas: ThreadedSimulator) -> None:
    info = nas.nas.info()
    path = folder / "truenas-client" / "config.toml"
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.write_text(
        f"""
        [profile.fixed]
        address = "{url}"
        username = "admin"
        secret = {{ text = "admin" }}
        [profile.scram]
        address = "{info["wss"]}"
        username = "admin"
        mechanism = "api-key"
        secret = {{ text = "{info["api_keys"]["demo"]}" }}
        tls = {{ fingerprints = ["sha256:{info["fingerprint"]}"] }}
        """
    )
    path.chmod(0o600)


def _pairs(environment: dict[str, str], one: list[str], other: list[str], starts: int) -> tuple[float, float]:
    times: dict[str, list[float]] = {"one": [], "other": []}
    for _ in range(starts + 1):
        for name, argv in (("one", one), ("other", other)):
            began = time.perf_counter()
            subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, env=environment)
            times[name].append(time.perf_counter() - began)
    return median(times["one"][1:]), median(times["other"][1:])


if __name__ == "__main__":
    run()
