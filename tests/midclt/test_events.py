"""``midclt subscribe`` and ``midclt ping``."""

from __future__ import annotations

import json
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection

from tests.midclt.conftest import Nas, Run
from tests.midclt.served import Background, Reply, lose, scripted, update


def test_ping(run: Run, nas: Nas) -> None:
    ran = run("ping", url=nas.url)
    assert (ran.status, ran.out, ran.err) == (0, "pong\n", "")


@pytest.mark.parametrize("command", [["ping"], ["subscribe", "alert.list"]])
def test_a_wrong_password_counts_for_every_command(run: Run, nas: Nas, command: list[str]) -> None:
    ran = run("-U", "admin", "-P", "wrong", *command, url=nas.url)
    assert (ran.status, ran.out) == (4, "")
    assert ran.err == "Failed to login: Wrong user name or password for admin\n"


def test_a_ping_goes_without_a_login_where_a_part_of_it_is_missing(run: Run, nas: Nas) -> None:
    for argv, env in ((("-U", "admin"), {}), (("-K", "1-abc"), {}), ((), {"TRUENAS_PASSWORD": "x"})):
        ran = run(*argv, "ping", url=nas.url, env=env)
        assert (ran.status, ran.out) == (0, "pong\n"), ran.err


def test_an_empty_pong_is_an_error(run: Run, background: Background) -> None:
    with background.entered(scripted({"core.ping": {"result": False}})) as url:
        assert run("ping", url=url).status == 1


def test_ping_has_a_time_out(run: Run, background: Background) -> None:
    async def silent(websocket: ServerConnection, frame: dict[str, Any]) -> Reply | None:
        return None

    with background.entered(scripted({"core.ping": silent})) as url:
        ran = run("-t", "0.2", "ping", url=url)
    assert ran.status == 5
    assert "0.2 s" in ran.err


def test_each_event_is_a_line_of_json(run: Run, nas: Nas) -> None:
    ran = run("subscribe", "test.count", url=nas.url, user="admin")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out == "".join(
        f'{{"msg": "added", "collection": "test.count", "fields": {{"n": {n}}}}}\n' for n in range(3)
    )


def test_members_are_those_the_server_sent(run: Run, background: Background) -> None:
    events: list[tuple[str, dict[str, Any]]] = [
        ("added", {"id": 0, "fields": {}}),
        ("changed", {"id": "x", "fields": {"at": {"$date": 5000}}, "extra": {"cleared": ["y"]}}),
        ("removed", {"id": 2}),
        ("removed", {"extra": {"fields": {"kept": 1}}}),
    ]

    async def subscribed(websocket: ServerConnection, frame: dict[str, Any]) -> Reply | None:
        for kind, members in events:
            await websocket.send(update("e", kind, **members))
        return {"result": "id"}

    with background.entered(scripted({"core.subscribe": subscribed})) as url:
        ran = run("subscribe", "-n", "4", "e", url=url, user="admin")
    assert ran.status == 0
    assert [json.loads(line) for line in ran.out.splitlines()] == [
        {"msg": kind, "collection": "e", **members} for kind, members in events
    ]


def test_a_number_of_events_ends_with_success(run: Run, nas: Nas) -> None:
    ran = run("subscribe", "-n", "2", "test.endless", url=nas.url, user="admin")
    assert (ran.status, ran.out.count("\n"), ran.err) == (0, 2, "")


@pytest.mark.parametrize("argv", [["-t", "0.2", "subscribe", "test.quiet"], ["subscribe", "test.quiet", "-t", "0.2"]])
def test_the_time_counts_before_and_after_the_subcommand(run: Run, nas: Nas, argv: list[str]) -> None:
    ran = run(*argv, url=nas.url, user="admin")
    assert (ran.status, ran.out) == (5, "")
    assert ran.err == "test.quiet: 0.2 s are over, 0 events came\n"
    assert run(*argv, url=nas.url, user="admin", env={"MIDCLT_EXIT": "compat"}).status == 1


def test_a_source_that_fails(run: Run, nas: Nas) -> None:
    ran = run("subscribe", "test.break", url=nas.url, user="admin")
    assert (ran.status, ran.out) == (1, "")
    assert "[EIO] the disk is gone" in ran.err
    assert "Traceback" not in ran.err


def test_a_bad_argument_of_a_source(run: Run, nas: Nas) -> None:
    ran = run("subscribe", 'reporting.realtime:{"interval": 0}', url=nas.url, user="admin")
    assert (ran.status, ran.out) == (1, "")
    assert "interval" in ran.err


def test_an_event_nobody_may_have(run: Run, nas: Nas) -> None:
    ran = run("subscribe", "no.such.event", url=nas.url, user="guest")
    assert (ran.status, ran.out) == (4, "")
    ran = run("subscribe", "alert.list", url=nas.url)
    assert (ran.status, ran.out) == (4, "")
    assert "Not authenticated" in ran.err


def test_the_connection_lost_while_listening(run: Run, background: Background) -> None:
    async def subscribed(websocket: ServerConnection, frame: dict[str, Any]) -> Reply | None:
        await websocket.send(json.dumps({"jsonrpc": "2.0", "id": frame["id"], "result": "id"}))
        await websocket.send(update("e", fields={}))
        lose(websocket)
        return None

    with background.entered(scripted({"core.subscribe": subscribed})) as url:
        ran = run("subscribe", "e", url=url, user="admin")
    assert ran.status == 3
    assert ran.err
    assert "Traceback" not in ran.err


def test_events_before_the_answer_are_kept(run: Run, background: Background) -> None:
    async def subscribed(websocket: ServerConnection, frame: dict[str, Any]) -> Reply | None:
        for n in range(1200):
            await websocket.send(update("e", fields={"n": n}))
        return {"result": "id"}

    with background.entered(scripted({"core.subscribe": subscribed})) as url:
        ran = run("subscribe", "-n", "1200", "e", url=url, user="admin")
    assert (ran.status, ran.err) == (0, "")
    assert json.loads(ran.out.splitlines()[-1])["fields"] == {"n": 1199}
