"""`Client` beside a raw loop over ``websockets.sync`` and json; and a whole process beside bare Python.

Both sides of a measurement run in alternating pairs, each in a process of its own; medians are compared, by wall and by
the process's own CPU, which says more on a busy machine. 1.00x is the raw loop's own speed, more is faster.
"""

from __future__ import annotations

import gc
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections import deque
from collections.abc import Callable
from pathlib import Path
from statistics import median
from threading import Event
from typing import Any

from websockets.sync.client import ClientConnection, connect, unix_connect

from truenas_client import Client
from truenas_client.endpoint import parse
from truenas_client.websocket import WebSocket

from .memory import resident
from .peer import fixed_server

PAIRS = 7
CALLS = 2000
EVENTS = 50_000
SESSIONS = 120
MEGABYTES = 50
STARTS = 11

Load = Callable[[], None]
Figures = dict[str, float]
LOGIN = {"mechanism": "PASSWORD_PLAIN", "username": "admin", "password": "x"}


class Raw:
    """What a careful programmer writes in a quarter of an hour."""

    def __init__(self, url: str) -> None:
        self.socket: ClientConnection
        if url.startswith("ws+unix://"):
            self.socket = unix_connect(url.removeprefix("ws+unix://"), compression=None, max_size=None)
        else:
            self.socket = connect(url, compression=None, max_size=None)
        self.call("core.set_options", {"legacy_jobs": False})
        self.call("auth.login_ex", LOGIN)

    def send(self, method: str, *params: Any) -> str:
        message_id = str(uuid.uuid4())
        self.socket.send(json.dumps({"jsonrpc": "2.0", "id": message_id, "method": method, "params": list(params)}))
        return message_id

    def receive(self) -> Any:
        return json.loads(self.socket.recv())

    def call(self, method: str, *params: Any) -> Any:
        message_id = self.send(method, *params)
        while (frame := self.receive()).get("id") != message_id:
            pass
        return frame["result"]

    def close(self) -> None:
        self.socket.close()


class Bare(WebSocket):
    """The same protocol without I/O in the smallest loop there is: no thread, no lock, no times, no rules."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        endpoint = parse(url)
        self.connection = socket.create_connection((endpoint.host, endpoint.port))
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.texts: deque[str] = deque()
        self.on_text, self.bound = self.texts.append, 2**30
        self.read(lambda: not self.opening)
        self.call("auth.login_ex", LOGIN)

    def read(self, until: Callable[[], object]) -> None:
        self.connection.sendall(self.to_send()[0])
        while not until():
            self.feed(self.connection.recv(65536), 0.0)
            while self.step():
                pass

    def call(self, method: str, *params: Any) -> Any:
        message_id = str(uuid.uuid4())
        self.send(json.dumps({"jsonrpc": "2.0", "id": message_id, "method": method, "params": list(params)}))
        self.read(lambda: self.texts)
        return json.loads(self.texts.popleft())["result"]


def bare_sequential(url: str, raw: bool) -> Load:
    """Beside the bare loop, and not the raw one."""
    call = Bare(url).call if raw else _open(url, raw).call

    def load() -> None:
        for _ in range(CALLS):
            call("pool.query")

    return load


def _open(url: str, raw: bool) -> Any:
    if raw:
        return Raw(url)
    client = Client(url, call_timeout=600)
    client.call("auth.login_ex", LOGIN)
    client.call("system.info")  # asks for job events, once
    return client


def sequential(url: str, raw: bool) -> Load:
    call = _open(url, raw).call

    def load() -> None:
        for _ in range(CALLS):
            call("pool.query")

    return load


def ten_in_flight(url: str, raw: bool) -> Load:
    side = _open(url, raw)

    def load_raw() -> None:
        for _ in range(10):
            side.send("pool.query")
        for number in range(CALLS):
            side.receive()
            if number < CALLS - 10:
                side.send("pool.query")

    def load() -> None:
        calls = [side.call("pool.query", background=True) for _ in range(10)]
        for number in range(CALLS):
            side.wait(calls[number % 10])
            if number < CALLS - 10:
                calls[number % 10] = side.call("pool.query", background=True)

    return load_raw if raw else load


def events(url: str, raw: bool) -> Load:
    side = _open(url, raw)
    seen: list[int] = []
    done = Event()

    def load_raw() -> None:
        side.call("core.subscribe", "flood")
        message_id = side.send("flood", EVENTS)
        while (frame := side.receive()).get("id") != message_id:
            seen.append(frame["params"]["id"])
        assert seen == list(range(EVENTS))

    def callback(mtype: str, **message: Any) -> None:
        seen.append(message["id"])
        if len(seen) == EVENTS:
            done.set()

    def load() -> None:
        side.subscribe("flood", callback)
        side.call("flood", EVENTS)
        done.wait()
        assert seen == list(range(EVENTS))

    return load_raw if raw else load


def big(url: str, raw: bool) -> Load:
    call = _open(url, raw).call

    def load() -> None:
        call("big", MEGABYTES)

    return load


def sessions(url: str, raw: bool) -> Load:
    def session() -> None:
        side = Raw(url) if raw else Client(url)
        if not raw:
            side.call("auth.login_ex", LOGIN)
        side.call("system.info")
        side.close()

    def load() -> None:
        for _ in range(SESSIONS):
            session()

    session()  # what a process does once is not what a session costs
    return load


LOADS: dict[str, Callable[[str, bool], Load]] = {
    "sequential": sequential,
    "against bare": bare_sequential,
    "10 in flight": ten_in_flight,
    "50,000 events": events,
    "50 MB result": big,
    "sessions, UNIX": sessions,
}
WORK = {
    "sequential": CALLS,
    "against bare": CALLS,
    "10 in flight": CALLS,
    "50,000 events": EVENTS,
    "sessions, UNIX": SESSIONS,
}


def _measure(name: str, url: str, raw: bool) -> Figures:
    load = LOADS[name](url, raw)
    gc.collect()
    before = resident()
    wall, cpu = time.perf_counter(), time.process_time()
    load()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {"wall": wall, "cpu": cpu, "memory": resident() - before}


def _one(name: str, url: str, raw: bool) -> Figures:
    command = [sys.executable, "-m", "tests.bench.blocking", name, url, "raw" if raw else "ours"]
    figures: Figures = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return figures


def _starts(url: str) -> None:
    script = f"from truenas_client import Client\nwith Client({url!r}) as c: c.call('core.ping')"
    codes = {"bare": "pass", "import": "import truenas_client", "call": script}
    times: dict[str, list[float]] = {name: [] for name in codes}
    # As people run it: with Python's compiled files, which some machines are told not to write.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    subprocess.run([sys.executable, "-c", script], check=True)  # writes them
    for _ in range(STARTS):
        for name, code in codes.items():
            began = time.perf_counter()
            subprocess.run([sys.executable, "-c", code], check=True)
            times[name].append(time.perf_counter() - began)
    bare, imported, called = (median(times[name]) * 1e3 for name in codes)
    print(
        f"  process        {called:6.0f} ms for connect, call, close   bare Python {bare:.0f} ms: {called / bare:.1f}x"
        f"   import truenas_client {imported - bare:+.1f} ms"
    )


def run() -> None:
    print(f"Client beside a raw loop over websockets.sync, medians of {PAIRS} alternating pairs")
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, "nas.sock"))
        with fixed_server(path) as url:
            for name in LOADS:
                address = f"ws+unix://{path}" if name.endswith("UNIX") else url
                sides: dict[bool, list[Figures]] = {False: [], True: []}
                for pair in range(PAIRS):
                    for raw in (False, True) if pair % 2 else (True, False):
                        sides[raw].append(_one(name, address, raw))
                _report(name, sides[False], sides[True])
            _starts(f"ws+unix://{path}")


def _report(name: str, ours: list[Figures], raw: list[Figures]) -> None:
    wall, their_wall = (median(row["wall"] for row in side) for side in (ours, raw))
    cpu, their_cpu = (median(row["cpu"] for row in side) for side in (ours, raw))
    speed = f"{their_wall / wall:.2f}x by wall, {their_cpu / cpu:.2f}x by CPU"
    if name in WORK:
        print(f"  {name:14} {WORK[name] / wall:8.0f}/s   raw {WORK[name] / their_wall:8.0f}/s   {speed}")
    else:
        memory = " against ".join(f"{median(row['memory'] for row in side) / 1e6:.0f} MB" for side in (ours, raw))
        print(f"  {name:14} {wall * 1e3:6.0f} ms   raw {their_wall * 1e3:6.0f} ms   {speed}, {memory}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(_measure(sys.argv[1], sys.argv[2], sys.argv[3] == "raw")))
    else:
        run()
