"""How the log of a job is read: followed, read once without the role, gone on with after a loss. How it is drawn."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from tests.app.stage import HOSTILE, drawn, staged
from tests.app.waiting import resized, wait_for
from truenas_client import AsyncClient, exc
from truenas_client.simulator import Call, Simulator
from tui.model.job import Job
from tui.model.loglines import LogLines
from tui.session.joblog import JobLog, follow_name
from tui.session.jobs import JobFollower
from tui.session.jobstore import JobStore
from tui.widgets.log_view import LogView


async def come(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - a log is a value without a signal
            await asyncio.sleep(0.005)


@asynccontextmanager
async def logged(
    user: str = "admin", release: str = "26"
) -> AsyncIterator[tuple[Simulator, AsyncClient, Job, Callable[[str], None]]]:
    """A job that logs what it is told to."""
    async with Simulator(speed=100, release=release) as nas:
        nas.add_account("helper", "pw", roles=["POOL_WRITE"])
        job: Any = None

        @nas.job("demo.logged", logs=True, roles=["POOL_WRITE"])
        async def work(call: Call) -> None:
            nonlocal job
            job = call
            call.log("one\ntwo\n")
            await asyncio.Event().wait()

        async with AsyncClient(nas.legacy_url if release == "24.10" else nas.url) as client:
            await client.login_with_password(user, nas.users[user]["password"])
            started = await client.start("demo.logged")
            await come(lambda: started.fields.get("state") == "RUNNING")
            found = Job.from_fields(started.fields)
            assert found is not None
            yield nas, client, found, lambda text: job.log(text)


def quiet(value: Any) -> Any:
    return value


@pytest.mark.parametrize("release", ["24.10", "26"])
async def test_a_log_is_followed_and_after_a_loss_its_last_lines_come_once(release: str) -> None:
    async with logged(release=release) as (nas, client, job, say):
        log = JobLog(quiet)
        task = asyncio.create_task(log.read(client, job, old=release == "24.10"))
        await come(lambda: log.lines.lines == ["one", "two"])
        assert (log.how, log.problem) == ("following", "")
        say("three\nfo")
        await come(lambda: log.lines.lines[-1:] == ["fo"])
        say("ur\n")
        await come(lambda: log.lines.lines == ["one", "two", "three", "four"])
        nas.drop_connections()
        client.reconnect_now()
        say("five\n")
        await come(lambda: log.lines.lines == ["one", "two", "three", "four", "five"])
        task.cancel()


async def test_without_the_role_a_log_is_read_once_and_says_so() -> None:
    async with logged("helper") as (_nas, client, job, say):
        log = JobLog(quiet)
        await log.read(client, job)
        assert log.lines.lines == ["one", "two"]
        assert log.problem == "not followed: that needs FULL_ADMIN"
        assert log.how.startswith("as of ")
        say("three\n")
        await log.read(client, job)
        assert log.lines.lines == ["one", "two", "three"]


async def test_where_the_server_does_not_take_the_subscription_a_log_is_read_once() -> None:
    async with logged() as (_nas, client, job, _say):
        log = JobLog(quiet)
        await log.read(client, job, old=True)
        assert log.lines.lines == ["one", "two"]
        assert log.problem.startswith("not followed: ")


async def test_a_log_that_is_gone_leaves_the_excerpt() -> None:
    async with logged() as (nas, client, _job, _say):
        nas.jobs.restart()
        log = JobLog(quiet)
        await log.read(client, Job(1, "demo.logged", "SUCCESS", logs="the end of it\n", logs_path="/x"))
        assert (log.lines.lines, log.how) == (["the end of it"], "excerpt")
        assert "Job with id 1 does not exist" in log.problem


@pytest.mark.parametrize(
    ("old", "name"),
    [
        (False, 'filesystem.file_tail_follow:{"path": "/a b", "tail_lines": 1000}'),
        (True, "filesystem.file_tail_follow:/a b:1000"),
    ],
)
def test_the_name_that_follows_a_file(old: bool, name: str) -> None:
    assert follow_name("/a b", old=old) == name


async def test_jobs_are_followed_again_where_the_connection_was_lost_before_the_subscription_was() -> None:
    jobs = JobStore()
    tries = 0

    class Lost:
        async def __aenter__(self) -> Any:
            nonlocal tries
            tries += 1
            if tries == 1:
                raise exc.ConnectionLost("gone")
            raise exc.NotAuthorized("no jobs for you")

        async def __aexit__(self, *_error: object) -> None: ...

    client: Any = SimpleNamespace(subscribe=lambda *_name, **_options: Lost())
    follower = JobFollower(jobs, SimpleNamespace(online=True), quiet, lambda: None)  # type: ignore[arg-type]
    task = asyncio.create_task(follower.follow(client))
    await come(lambda: tries == 1)
    await asyncio.sleep(0)
    assert not task.done()
    follower.returned()
    await task
    assert (tries, jobs.problem) == (2, "no news of jobs: no jobs for you")


async def test_a_hostile_log_is_drawn_line_by_line() -> None:
    view, log = LogView(), LogLines()
    for text in HOSTILE:
        log.add(text + "\n")
    async with staged(view, size=(40, 10)) as pilot:
        view.set_log(log)
        await pilot.pause()
        drawn(pilot)
        view.find("evil")
        await pilot.pause()
        view.action_log_only()
        await pilot.pause()
        assert view.facts[0] == 2
        assert "evil" in drawn(pilot)[0]
        log.add("no\nmore evil\n")
        view.pull("")
        await pilot.pause()
        assert view.facts == (3, len(log))


async def test_long_lines_go_on_below_and_the_end_stays_on_screen() -> None:
    view, log = LogView(), LogLines()
    log.add("".join(f"{number} {'word ' * 20}last\n" for number in range(30)))
    async with staged(view, size=(50, 10)) as pilot:
        view.set_log(log)
        await pilot.pause()
        assert drawn(pilot)[-1].split()[-1] == "last"
        log.add("the newest\n")
        view.pull("")
        await pilot.pause()
        assert drawn(pilot)[-1].strip() == "the newest"
        await resized(pilot, 30, 10)
        await wait_for(pilot, lambda: drawn(pilot)[-1].strip() == "the newest", "the end, on another width")
        view.find("17 word")
        await wait_for(pilot, lambda: any(line.startswith("17 word") for line in drawn(pilot)), "the line found")
        top = view.scroll_offset.y
        log.add("newer\n")
        view.pull("")
        await pilot.pause()
        assert view.scroll_offset.y == top, "who reads further up stays there"
