"""Plays the client side of a recorded flow through `AsyncClient`'s public doors.

Each recorded client frame becomes the call a program would have made for it, in
the recorded order: before a frame, everything answered before it in the
recording is waited for. What the program saw is then compared with the record.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

from truenas_client import AsyncClient, AsyncSubscription, ClientException, Event, ejson

from .flows import Flow, ReplayServer, answered, asked, read_flow


@dataclass
class Saw:
    """What one operation gave: a value or an exception."""

    value: Any = None
    error: ClientException | None = None


@dataclass
class Run:
    """One connection of a flow, played."""

    client: AsyncClient
    saw: dict[Any, Saw] = field(default_factory=dict)
    tasks: dict[Any, asyncio.Task[None]] = field(default_factory=dict)
    events: dict[str, list[Event]] = field(default_factory=dict)
    ended: dict[str, ClientException | None] = field(default_factory=dict)
    subscriptions: dict[Any, AsyncSubscription] = field(default_factory=dict)
    listeners: list[asyncio.Task[None]] = field(default_factory=list)

    async def operate(self, frame_id: Any, operation: Coroutine[Any, Any, Any]) -> None:
        try:
            self.saw[frame_id] = Saw(await operation)
        except ClientException as e:
            self.saw[frame_id] = Saw(error=e)

    def spawn(self, frame_id: Any, operation: Coroutine[Any, Any, Any]) -> None:
        self.tasks[frame_id] = asyncio.create_task(self.operate(frame_id, operation))

    async def listen(self, name: str, subscription: AsyncSubscription) -> None:
        try:
            async for event in subscription:
                assert isinstance(event, Event)
                self.events.setdefault(name, []).append(event)
        except ClientException as e:
            self.ended[name] = e
        else:
            self.ended[name] = None


async def _job(client: AsyncClient, method: str, params: list[Any]) -> Any:
    job = await client.start(method, *params)
    return await job.result(20)


async def _scram(client: AsyncClient, flow: Flow, first: str) -> Any:
    """The login that the recorded first message began; its nonce is for the test to give."""
    header, _, rest = first.partition(",,")
    username, _, number = rest.partition(",r=")[0].removeprefix("n=").rpartition(":")
    secrets = flow.header.get("secrets") or {"api_key": f"{number}-unknown"}
    key = secrets.get("api_key_used_by_client", secrets["api_key"])
    return await client.login_with_api_key(username, key, channel_binding=header != "n")


async def _subscribe(run: Run, frame_id: Any, name: str) -> None:
    subscription = run.client.subscribe(name)
    await subscription.open()
    run.subscriptions[frame_id] = subscription
    run.listeners.append(asyncio.create_task(run.listen(name, subscription)))


def _answer_index(lines: list[dict[str, Any]], frame_id: Any) -> int | None:
    for index, line in enumerate(lines):
        if line["dir"] == "s2c" and answered(line.get("frame")) == frame_id:
            return index
    return None


def job_frames(lines: list[dict[str, Any]]) -> set[Any]:
    """Ids of the recorded client frames that started a job its own connection could watch."""
    watched = False
    started = set()
    subscribe: Any = None
    for line in lines:
        frame = line.get("frame")
        if line["dir"] == "c2s":
            request = asked(frame)
            if request in (("core.subscribe", ["core.get_jobs"]), ("core.subscribe", ["*"])):
                subscribe = frame["id"]
            elif watched and request is not None and request[0].startswith(("wiretest.job_", "core.bulk")):
                started.add(frame["id"])
        elif answered(frame) == subscribe is not None and "error" not in frame:
            watched = True
    return started


async def play(flow: Flow, server: ReplayServer, number: int = 1, **options: Any) -> Run:
    """Play one connection; its client, made with these options, is left open."""
    lines = flow.connections[number]
    jobs = job_frames(lines)
    client = AsyncClient(server.url, call_timeout=20, reconnect=False, **options)
    run = Run(client)
    await client.connect()
    first = True
    for index, line in enumerate(lines):
        if line["dir"] != "c2s":
            continue
        if "ping" in line:
            run.spawn(index, client.ping())
        request = asked(line.get("frame"))
        if request is None or request[0] in ("connect", "ping"):
            continue  # what our client never sends, and what it sends by itself while connecting
        method, params, frame_id = request[0], ejson.loads(json.dumps(request[1])), line["frame"].get("id")
        if method == "core.set_options" and first and client.dialect == "jsonrpc":
            first = False  # the client has sent its own while connecting
            continue
        if method == "core.subscribe" and params == ["core.get_jobs"] and flow.header["client"] != "raw":
            continue  # the official client's own; ours subscribes when it starts a job
        if method == "auth.mechanism_choices" and flow.header["client"] != "raw":
            continue  # the official client's own; ours never asks
        await _await_answered(run, lines, index)
        mechanism = params[0].get("mechanism") if method == "auth.login_ex" else None
        if mechanism == "PASSWORD_PLAIN":
            tokens = iter(_tokens(lines, index))
            operation = client.login_with_password(
                params[0]["username"], params[0]["password"], lambda tokens=tokens: next(tokens, None)
            )
            run.spawn(frame_id, operation)
        elif mechanism == "TOKEN_PLAIN":
            run.spawn(frame_id, client.login_with_token(params[0]["token"]))
        elif mechanism == "API_KEY_PLAIN":
            run.spawn(frame_id, client.login_with_api_key(params[0]["username"], params[0]["api_key"], "PLAIN"))
        elif mechanism == "SCRAM" and flow.header["client"] != "raw":
            if params[0]["scram_type"] == "CLIENT_FIRST_MESSAGE":  # the other is sent by the login itself
                run.spawn(frame_id, _scram(client, flow, params[0]["rfc_str"]))
        elif method == "auth.login_with_api_key" and client.dialect == "ddp":
            run.spawn(frame_id, client.login_with_api_key("admin", params[0]))
        elif method == "auth.login" and client.dialect == "ddp":
            run.spawn(frame_id, client.login_with_password(*params))
        elif method == "auth.login_ex_continue":
            continue  # sent by the login itself
        elif method == "core.subscribe":
            if params == ["core.get_jobs"] and frame_id in _granted(lines):
                run.saw[frame_id] = Saw()
                continue
            run.spawn(frame_id, _subscribe(run, frame_id, params[0]))
        elif method == "core.unsubscribe":
            await next(s for s in run.subscriptions.values() if s.topic is not None).close()
        elif frame_id in jobs:
            run.spawn(frame_id, _job(client, method, params))
        else:
            run.spawn(frame_id, client.call(method, *params))
        await asyncio.sleep(0)
    await _await_answered(run, lines, len(lines))
    return run


def _granted(lines: list[dict[str, Any]]) -> set[Any]:
    """Ids of the client frames that were answered without an error."""
    return {answered(line.get("frame")) for line in lines if "error" not in (line.get("frame") or ())}


def _tokens(lines: list[dict[str, Any]], index: int) -> list[str]:
    """The one-time passwords sent after the login at this place and before the next login."""
    tokens = []
    for line in lines[index + 1 :]:
        frame = line.get("frame")
        if line["dir"] == "c2s" and isinstance(frame, dict):
            if frame.get("method") == "auth.login_ex":
                break
            if frame.get("method") == "auth.login_ex_continue":
                tokens.append(frame["params"][0]["otp_token"])
    return tokens


async def _await_answered(run: Run, lines: list[dict[str, Any]], index: int) -> None:
    for frame_id, task in list(run.tasks.items()):
        answer = _answer_index(lines, frame_id)
        if answer is None and index < len(lines):
            continue
        if index == len(lines) or (answer is not None and answer < index):
            await asyncio.wait_for(task, 20)


async def played(name: str, number: int = 1) -> tuple[Flow, ReplayServer, Run]:
    flow = read_flow(name)
    async with ReplayServer(flow) as server:
        run = await play(flow, server, number)
        await run.client.close()
    return flow, server, run


def recorded_answers(flow: Flow, number: int = 1) -> dict[Any, dict[str, Any]]:
    """Recorded answers by the id of the recorded client frame."""
    lines = flow.connections[number]
    answers = {}
    for line in lines:
        frame = line.get("frame")
        if line["dir"] == "c2s" and isinstance(frame, dict) and "id" in frame:
            index = _answer_index(lines, frame["id"])
            if index is not None:
                answers[frame["id"]] = lines[index]["frame"]
    return answers
