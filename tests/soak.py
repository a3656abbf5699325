"""The long runs in full: ``python -m tests.soak [RUN|all] [--scale X] [--seed N]``.

``make test`` plays a tenth of each. Ends with status 1 and the reason when a
promise is broken; otherwise prints the figures.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
import venv
from collections.abc import Callable
from pathlib import Path

from tests import mutants
from tests.app.bursts import Bursts
from tests.app.conftest import at_desk
from tests.bench.memory import resident
from tests.chaos.run import chaos
from tests.core.schedules import Figures, run
from tests.core.writers import killed_while_writing, profiles_and_marks
from tests.day.run import PASSWORD, day
from tests.facts import RELEASES, catalogue
from tests.fuzz.run import fuzz
from tests.homes import own_home
from tests.midclt.storms import steady
from tests.midclt.storms import storm as storm_of_processes
from tests.model.killed import killed_apps
from tests.model.test_form import GENERATED, go_through
from tests.sync.nas import nas_of, open_files
from tests.sync.stress import connects, storm
from truenas_client.methods.catalogue import Catalogue
from truenas_client.simulator import Simulator
from tui.settings.values import Settings
from tui.starting.start import Start

CALLS, JOBS, SUBSCRIPTIONS, DISCONNECTS = 10_000, 200, 20, 500
FRAMES = 200_000
SCHEDULES = 10_000
BURSTS = 10_000
BURSTS_A_DESK = 200
WRITERS, KILLS = 200, 500
DAY_SPEED = 200.0
"""At which a machine with other things to do keeps up with the events."""
ROUNDS = 40
"""Calls and sections that a person sees in each quarter of the day."""
AGENT_RUNS = 200
STORM_SECONDS, STORM_THREADS = 60.0, 32
CONNECTS = 10_000
MOST_OBJECTS_LEFT = 100
MOST_CONNECT_GROWTH = 2_000_000
"""What half of the connections may leave behind, in objects and bytes: the first half fills the caches."""
MOST_GROWTH = 0.05
"""From the second quarter of a run to its end, as a part of one."""


def run_chaos(scale: float, seed: int) -> None:
    """Clients through a bad network, by both protocols."""
    for legacy in (False, True):
        print(f"chaos, {'the old protocol' if legacy else 'JSON-RPC'}")
        figures = asyncio.run(
            chaos(
                calls=round(CALLS * scale),
                jobs=round(JOBS * scale),
                subscriptions=SUBSCRIPTIONS,
                disconnects=round(DISCONNECTS * scale),
                seed=seed,
                deadline=60 + 600 * scale,
                legacy=legacy,
            )
        )
        for line in figures.lines():
            print(f"  {line}")
        # A short run is all beginning: caches fill and the heap finds its size.
        assert scale < 1 or figures.growth < MOST_GROWTH, f"memory grew by {figures.growth:.1%}"


def run_fuzz(scale: float, seed: int) -> None:
    """Mutated frames through each dialect and the books behind it."""
    for dialect in ("jsonrpc", "ddp"):
        began = time.monotonic()
        figures = fuzz(dialect, round(FRAMES * scale), seed)
        words = ", ".join(f"{name} {count}" for name, count in sorted(figures.messages.items()))
        print(f"fuzz, {dialect}: {figures.frames} frames in {time.monotonic() - began:.1f} s: {words}")
        print(f"  slowest frame {figures.slowest * 1000:.1f} ms")


def run_schedules(scale: float, seed: int) -> None:
    """Random schedules on the pure engine."""
    began, total = time.monotonic(), Figures()
    count = round(SCHEDULES * scale)
    for number in range(seed, seed + count):
        try:
            total.add(run(number))
        except AssertionError as e:
            raise AssertionError(f"schedule {number}: {e}") from e
    words = ", ".join(f"{name} {count}" for name, count in sorted(total.outcomes.items()))
    print(f"schedules: {count} in {time.monotonic() - began:.1f} s, {total.steps} steps")
    print(f"  {total.calls} calls, {total.jobs} jobs, {total.losses} losses, {total.refusals} refusals: {words}")


def run_disk(scale: float, seed: int) -> None:
    """Processes that write the same files at once, and writers that are killed."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        profiles_and_marks(Path(folder), round(WRITERS * scale))
    print(f"disk: {round(WRITERS * scale)} processes lost nothing in {time.monotonic() - began:.1f} s")
    with tempfile.TemporaryDirectory() as folder:
        left = killed_while_writing(Path(folder), round(KILLS * scale), seed)
    assert left == 0, f"{left} files are left beside the file"
    print(f"  {round(KILLS * scale)} kills: the file was whole each time, and nothing is left")
    with tempfile.TemporaryDirectory() as folder:
        writes = killed_apps(Path(folder), round(KILLS * scale), seed)
    print(f"  {round(KILLS * scale)} kills of two apps: {writes} writes of state and history, none lost")


def run_forms(scale: float, seed: int) -> None:
    """Values of every method of the real catalogues through the form."""
    began, done = time.monotonic(), 0
    for release in RELEASES:
        methods = list(Catalogue.from_methods(catalogue(release)))
        done += go_through(methods, seed, round(GENERATED * scale), rewrite=4)
    print(f"forms: {done} values came back in {time.monotonic() - began:.1f} s")


async def _bursts(count: int, seed: int) -> None:
    done = calls = writes = 0
    while done < count:
        size = ((80, 24), (120, 36))[seed % 2]
        async with Simulator(speed=100.0) as nas:
            start = Start(nas.url, "admin", nas.users["admin"]["password"], writable=True, fresh=True)
            async with at_desk(start, size) as desk:
                await desk.press("enter")
                await desk.landed()
                bursts = Bursts(desk, seed)
                try:
                    figures = await bursts.go(min(BURSTS_A_DESK, count - done))
                finally:
                    bursts.close()
        calls, writes, seed = calls + figures.calls, writes + figures.writes, seed + 1
        told, done = done // 1000, done + figures.bursts
        if done >= count or done // 1000 > told:
            print(f"bursts: {done}, {calls} calls of which {writes} writes, each reviewed", flush=True)


def run_bursts(scale: float, seed: int) -> None:
    """Bursts of random keys against the app, which keeps its state in a folder of its own meanwhile."""
    with own_home():
        asyncio.run(_bursts(round(BURSTS * scale), seed))


def run_day(scale: float, seed: int) -> None:
    """24 hours at the app: jobs, alerts, measurements, restarts, another certificate, an ended login."""
    with own_home():
        os.environ[PASSWORD] = "admin"
        figures = asyncio.run(
            day(
                hours=24 * scale,
                speed=DAY_SPEED,
                rounds=max(1, round(ROUNDS * scale)),
                history=Settings().events,
                seed=seed,
            )
        )
    print("day")
    for line in figures.lines():
        print(f"  {line}")
    assert scale < 1 or figures.growth < MOST_GROWTH, f"memory grew by {figures.growth:.1%}"


def run_threads(scale: float, seed: int) -> None:
    """The blocking client: threads that share one while its connections break; connections by the thousand."""
    with tempfile.TemporaryDirectory() as folder, nas_of("26", Path(folder)) as nas:
        figures = storm(nas, threads=STORM_THREADS, seconds=STORM_SECONDS * scale, seed=seed)
        print(
            f"threads: {STORM_THREADS} for {STORM_SECONDS * scale:g} s: {figures.calls} calls, {figures.jobs} jobs, "
            f"{figures.losses} losses, {figures.most_threads} threads of the client at most"
        )
        # In a process of its own: the simulator's memory is not the client's.
        command = [sys.executable, "-m", "tests.soak", "connects", str(nas.nas.info()["unix"])]
        subprocess.run([*command, "--scale", str(scale)], check=True)


def run_connects(path: str, count: int) -> None:
    """Connect, call and close: what is left of it. Run by `run_threads`."""
    began = time.monotonic()
    connects(path, count // 2)  # the heap finds its size
    files, threads, before, objects = open_files(), threading.active_count(), resident(), len(gc.get_objects())
    connects(path, count - count // 2)
    gc.collect()
    growth, objects = resident() - before, len(gc.get_objects()) - objects
    print(f"connects: {count} in {time.monotonic() - began:.1f} s, memory {growth / 1e6:+.1f} MB, {objects:+} objects")
    assert open_files() <= files, "sockets are left"
    assert threading.active_count() <= threads, "threads are left"
    assert objects < MOST_OBJECTS_LEFT, f"{objects} objects are left"
    assert growth < MOST_CONNECT_GROWTH, f"{growth} bytes are left"


def run_agent(scale: float, seed: int) -> None:
    """The session agent of midclt: many processes with it killed in the middle, and calls by the thousand."""
    runs, calls = round(AGENT_RUNS * scale), round(CALLS * scale)
    for kill in (False, True):
        with own_home():
            os.environ.update(XDG_RUNTIME_DIR=f"{os.environ['HOME']}/run", MIDCLT_AGENT="auto")
            figures = storm_of_processes(runs, 20, kill=kill)
        print(f"agent: {runs} processes, {figures.ok} ok, {figures.lost} lost, {figures.logins} logins", flush=True)
        assert figures.logins == 1 + kill, "the agent did not keep the sign-in"
        assert figures.lost <= (20 if kill else 0), "more calls failed than were under way"
    with own_home():
        os.environ.update(XDG_RUNTIME_DIR=f"{os.environ['HOME']}/run", MIDCLT_AGENT="auto")
        before, after, threads = steady(calls, 20)
    print(f"  {calls} calls: {before} kB, then {after} kB, {threads} threads")
    assert threads <= 2, "threads are left"
    assert scale < 1 or after < before * (1 + MOST_GROWTH), "memory grew"


def run_mutants(scale: float, seed: int) -> None:
    """Rules of a connection, broken on purpose."""
    assert mutants.main() == 0, "a broken rule fails no pure test"


def run_oldest(scale: float, seed: int) -> None:
    """The tests of the core and of midclt with the oldest websockets allowed, in an environment of their own."""
    requirement = re.search(r'"websockets>=([\d.]+)"', Path("pyproject.toml").read_text())
    assert requirement is not None, "pyproject.toml names no oldest websockets"
    Path("build").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir="build", prefix="oldest-") as folder:
        venv.create(folder, with_pip=True)
        python = str(Path(folder).absolute() / "bin/python")
        for what, arguments in (
            ("installing", ["pip", "install", "-qqe", ".[test]", f"websockets=={requirement[1]}"]),
            ("testing", ["pytest", "-q", "-n", "2", "--dist", "worksteal", "tests/core", "tests/midclt", "tests/sync"]),
        ):
            print(f"oldest: {what}, websockets {requirement[1]}", flush=True)
            done = subprocess.run([python, "-m", *arguments], check=False)
            assert done.returncode == 0, f"{what} with websockets {requirement[1]} ended with {done.returncode}"


def run_shares(scale: float, seed: int) -> None:
    """Tests that take a share of their examples, methods, themes or sizes in `make test`, with all of them."""
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "worksteal"]
    places = [
        "tests/core",
        "tests/model",
        "tests/auth",
        "tests/terminal/test_hostile.py",
        "tests/midclt/test_copied_calls.py",
        "tests/midclt/test_stubs.py",
    ]
    places += [f"tests/app/test_{name}.py" for name in ("ascii", "contrast", "keys_named")]
    done = subprocess.run([*command, *places], env={**os.environ, "TEST_FULL": "1"}, check=False)
    assert done.returncode == 0, f"the tests in full ended with {done.returncode}"


RUNS: dict[str, Callable[[float, int], None]] = {
    "schedules": run_schedules,
    "forms": run_forms,
    "shares": run_shares,
    "mutants": run_mutants,
    "fuzz": run_fuzz,
    "disk": run_disk,
    "bursts": run_bursts,
    "chaos": run_chaos,
    "day": run_day,
    "threads": run_threads,
    "agent": run_agent,
    "oldest": run_oldest,
}


def main() -> int:
    """The command; its exit status."""
    if sys.argv[1:2] == ["connects"]:
        run_connects(sys.argv[2], round(CONNECTS * float(sys.argv[4])))
        return 0
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__.partition("\n")[0])
    parser.add_argument("what", nargs="?", default="all", choices=[*RUNS, "all"])
    parser.add_argument("--scale", type=float, default=1.0, help="part of the full size")
    parser.add_argument("--seed", type=int, default=0, help="where the random numbers begin")
    options = parser.parse_args()
    for name, go in RUNS.items():
        if options.what in (name, "all"):
            try:
                go(options.scale, options.seed)
            except (AssertionError, TimeoutError) as e:
                print(f"{name} FAILED: {type(e).__name__}: {e}", file=sys.stderr)
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
