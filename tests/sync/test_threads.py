"""Threads, Ctrl-C, fork, the garbage collector and the end of the process."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from tests.facts import ROOT
from truenas_client import CallTimeout, Client, ConnectionLost, ConnectLimits, Job, websocket
from truenas_client.engine.conversation import Vigilance
from truenas_client.simulator import Call as SimulatedCall
from truenas_client.simulator import ThreadedSimulator
from truenas_client.sync import events
from truenas_client.sync.waiting import SLICE_SECONDS, wait_on

from .nas import open_files, threads_of_ours, until
from .stress import connects, storm

SHARE = 2.0
"""Seconds of the storm here; the soak plays a minute."""


def test_many_threads_share_one_client(nas: ThreadedSimulator) -> None:
    figures = storm(nas, threads=32, seconds=SHARE, seed=1)
    assert figures.calls > 100
    assert figures.jobs > 5
    assert figures.losses > 0


def test_threads_that_start_a_dispatcher_at_once_start_one_thread() -> None:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for number in range(40):
            dispatcher, together = events.Dispatcher(f"started at once {number}"), threading.Barrier(8)

            def start(dispatcher: events.Dispatcher = dispatcher, together: threading.Barrier = together) -> None:
                together.wait()
                dispatcher.start()

            starting = [threading.Thread(target=start) for _ in range(8)]
            for thread in starting:
                thread.start()
            for thread in starting:
                thread.join()
            running = [thread for thread in threading.enumerate() if thread.name == dispatcher.name]
            dispatcher.stop()
            assert len(running) == 1
    finally:
        sys.setswitchinterval(interval)


def test_no_wait_is_so_long_that_a_signal_before_it_is_lost() -> None:
    asked: list[float] = []

    class Waiter:
        def acquire(self, timeout: float) -> bool:
            asked.append(timeout)
            return len(asked) >= 3

    assert wait_on(Waiter())
    assert wait_on(Waiter(), 100.0)
    assert len(asked) == 4
    assert max(asked) <= SLICE_SECONDS


def test_connections_leave_nothing_behind(nas: ThreadedSimulator) -> None:
    path = str(nas.nas.info()["unix"])
    connects(path, 20)
    files, threads = open_files(), threading.active_count()
    connects(path, 60)
    assert open_files() <= files + 2
    assert threading.active_count() <= threads
    assert not threads_of_ours()


def test_threads_are_bounded(client: Client, nas: ThreadedSimulator) -> None:
    for _ in range(5):
        client.subscribe("t.items", lambda mtype, **message: time.sleep(0.001))
    calls = [client.call("t.job", 1, job=True, callback=lambda job: None, background=True) for _ in range(5)]
    for number in range(200):
        nas.send_event("t.items", "ADDED", id=number, fields={})
    assert len(threads_of_ours()) <= 1 + 5 + 1
    for call in calls:
        assert client.wait(call, job=True) == 1


def test_a_slow_callback_loses_the_oldest_and_says_so(
    client: Client, nas: ThreadedSimulator, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(events, "MOST_WAITING", 10)
    go, seen = threading.Event(), []

    def callback(mtype: str, **message: Any) -> None:
        go.wait(20)
        seen.append(message["id"])

    client.subscribe("t.items", callback)
    for number in range(50):
        nas.send_event("t.items", "ADDED", id=number, fields={})
    (subscription,) = client._subscriptions._by_id.values()
    until(lambda: subscription.dropped >= 39)
    assert client.call("t.echo", 1) == 1  # the reader waits for no callback
    go.set()
    until(lambda: seen and seen[-1] == 49)
    assert len(seen) == 11
    assert seen[1:] == list(range(40, 50))
    until(lambda: "slow callback" in caplog.text)
    assert caplog.text.count("slow callback") == 1


def test_short_deadlines_hold_while_the_reader_sleeps(client: Client) -> None:
    began = time.monotonic()
    with pytest.raises(CallTimeout):
        client.call("t.slow", 3, timeout=0.1)
    assert time.monotonic() - began < 2
    assert client.call("t.echo", 1) == 1


def test_ctrl_c_leaves_the_client_usable(client: Client) -> None:
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        for wait in (
            lambda: client.call("t.slow", 5),
            lambda: client.call("t.job", 1, 5, job=True),
            lambda: client.wait(client.call("t.slow", 5, background=True)),
        ):
            threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()
            began = time.monotonic()
            with pytest.raises(KeyboardInterrupt):
                wait()
            assert time.monotonic() - began < 3
            assert client.call("t.echo", 2) == 2
    finally:
        signal.signal(signal.SIGINT, previous)


def test_a_forked_child_refuses(client: Client) -> None:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            client.call("t.echo", 1)
        except ConnectionLost as e:
            client.close()
            os.write(writing, f"{e.sent} {e} {client._closed.is_set()}".encode())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    os.close(writing)
    said = os.read(reading, 1000).decode()
    os.close(reading)
    assert said.startswith("False This process was forked")
    assert said.endswith("True")
    assert client.call("t.echo", 3) == 3
    assert client.call("t.job", 3, job=True) == 3


def test_a_forgotten_client_is_closed(nas: ThreadedSimulator) -> None:
    client = Client(nas.url)
    assert threads_of_ours()
    del client
    gc.collect()
    until(lambda: not threads_of_ours())
    until(lambda: not nas.run(lambda: [*nas.nas.sessions]))


ENDS = ("pass", "c.close()", "raise SystemExit(0)", "c.subscribe('t.items', print)")


def test_a_forgotten_client_lives_while_it_listens_or_waits(nas: ThreadedSimulator) -> None:
    seen: list[int] = []

    def begin() -> Job:
        client = Client(f"ws+unix://{nas.nas.info()['unix']}")
        client.subscribe("t.items", lambda mtype, **message: seen.append(message["id"]))
        job = client.call("t.job", "done", 0.3, job="RETURN")
        assert isinstance(job, Job)
        return job

    job = begin()
    gc.collect()
    assert job.result() == "done"
    gc.collect()
    nas.send_event("t.items", "ADDED", id=1, fields={})
    until(lambda: seen == [1])
    job.client.close()
    until(lambda: not threads_of_ours())


def test_an_idle_connection_is_kept_alive(nas: ThreadedSimulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket, "PING_INTERVAL", 0.05)
    with Client(nas.url) as client:
        until(lambda: client._connection.latency > 0)
        assert client.ping() == "pong"


@pytest.mark.parametrize("end", [*ENDS, "c.call('t.slow', 9, background=True)"])
def test_nothing_is_printed_at_exit(end: str, nas: ThreadedSimulator) -> None:
    code = f"from truenas_client import Client\nc = Client({nas.url!r})\nc.login_with_password('admin', 'admin')\n{end}"
    began = time.monotonic()
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=30)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    assert time.monotonic() - began < 10


def test_start_up_imports_little(nas: ThreadedSimulator, tmp_path: Path) -> None:
    for address in (nas.url, f"ws+unix://{nas.nas.info()['unix']}"):
        code = (
            "import sys\nfrom truenas_client import Client\n"
            f"with Client({address!r}) as c:\n    assert c.call('core.ping') == 'pong'\n"
            "print(*(name for name in ('asyncio', 'ssl', 'cryptography') if name in sys.modules))"
        )
        ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=30)
        assert (ran.stdout.strip(), ran.stderr) == ("", "")


def test_websockets_comes_without_what_is_not_used_of_it() -> None:
    code = (
        "import sys, truenas_client.light_websockets, importlib, urllib\n"
        "assert not {'importlib.metadata', 'urllib.request', 'ssl'} & sys.modules.keys()\n"
        "assert urllib.request.getproxies and importlib.metadata.version('websockets')\n"
        "import importlib.metadata, urllib.request, websockets.version\n"
        "assert sys.modules['urllib.request'] is urllib.request and urllib.request.__file__\n"
        "assert sys.modules['importlib.metadata'] is importlib.metadata and importlib.metadata.__file__\n"
        "assert websockets.version.version == importlib.metadata.version('websockets')\n"
        "import websockets.asyncio.client, websockets.sync.client"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=30)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_the_watchdogs_question_wakes_nobody(nas: ThreadedSimulator) -> None:
    asked = asyncio.Event()

    @nas.nas.method("test.slow")
    async def slow(call: SimulatedCall) -> str:
        """Answer once the server was asked whether it is there."""
        await asked.wait()
        return "done"

    @nas.nas.method("core.ping")
    def ping(call: SimulatedCall) -> str:
        """Answer."""
        asked.set()
        return "pong"

    limits = ConnectLimits(vigilance=Vigilance(silence=0.05, answer=20.0))
    with Client(nas.url, limits=limits) as client:
        client.login_with_password("admin", "admin")
        assert client.call("test.slow") == "done"
        assert client.call("system.ready") is True
