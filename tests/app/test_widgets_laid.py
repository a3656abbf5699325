"""The viewers whose lines are laid out for a width: laid out anew for another one; what is said of jobs; the pulse."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from textual.widgets import Static

from tests.app.stage import HOSTILE, drawn, staged
from tests.app.waiting import resized, wait_for
from tui.model.failure import Failure, FieldProblem
from tui.session.feeds import Feeds
from tui.session.stores import Job, JobStore
from tui.session.transfers import Transfer
from tui.widgets.failure_view import FailureView
from tui.widgets.job_detail import JobDetail
from tui.widgets.jobwords import words_of
from tui.widgets.pulse import on_pulse
from tui.widgets.text_view import TextView
from tui.widgets.transfer_view import TransferView
from tui.widgets.watching import WatchingLines


def job(state: str, *, percent: float = 37, ran: float = 60, text: str = "Scrubbing, 24 s left") -> Job:
    ended = None if state == "RUNNING" else datetime.now(UTC)
    began = (ended or datetime.now(UTC)) - timedelta(seconds=ran)
    jobs = JobStore()
    jobs.put(Job(7, "pool.scrub", state, percent, text, started=began, finished=ended))
    return jobs.newest_first()[0]


async def test_a_transfer_is_laid_out_anew_on_another_width() -> None:
    view = TransferView()
    async with staged(view, size=(50, 6)) as pilot:
        view.set_transfer(Transfer("download", Path("/tmp/dump.tar"), done=500, total=1000))
        await pilot.pause()
        assert drawn(pilot)[1].rstrip() == "━" * 25 + "─" * 25
        await resized(pilot, 30, 6)
        await wait_for(pilot, lambda: drawn(pilot)[1] == "━" * 15 + "─" * 15, "a bar of this width")


async def test_what_is_watched_is_laid_out_anew_on_another_width() -> None:
    jobs, feeds = JobStore(), Feeds(lambda value: value, lambda: None)
    feeds.hold("alert.list")
    jobs.put(job("RUNNING"))
    view = WatchingLines(jobs, feeds)
    async with staged(view, size=(60, 10)) as pilot:
        view.lay_anew()
        await pilot.pause()
        assert drawn(pilot)[0].rstrip().endswith("running  1m 00s")
        await resized(pilot, 40, 10)
        await wait_for(pilot, lambda: drawn(pilot)[0].endswith("running  1m 00s"), "the clock at the edge")
        assert re.search(r"37 %  ~1m 4\ds$", drawn(pilot)[1])
        assert drawn(pilot)[4].endswith("0.0/s")


async def test_a_job_and_an_error_fit_every_width() -> None:
    detail, failure, text = JobDetail(), FailureView(), TextView()
    async with staged(detail, failure, text, size=(60, 30)) as pilot:
        for hostile in HOSTILE:
            detail.set_job(Job(1, hostile, hostile, 5, hostile, hostile, hostile, error=hostile, logs=hostile))
            failure.set_failure(Failure(hostile, hostile, hostile, (FieldProblem(hostile, hostile),), hostile))
            text.set_text(hostile)
            failure.action_fold_toggle()
            for cells in (60, 5):
                await resized(pilot, cells, 30)
                await wait_for(pilot, lambda cells=cells: detail.outer_size.width == cells, "the new width")
                drawn(pilot)


async def test_a_long_name_of_a_field_leaves_its_message_whole() -> None:
    failure = FailureView()
    message = "is not a disk of this system, or it belongs to another pool already"
    async with staged(failure, size=(50, 12)) as pilot:
        rows = (FieldProblem("pool_create.topology.data.0.disks", message), FieldProblem("name", "is taken"))
        failure.set_failure(Failure("Refused", "", "", rows))
        await pilot.pause()
        lines = [line.replace("enter: there", "").strip() for line in drawn(pilot)]
        assert lines[1] == "pool_create.topology.data.0.disks"
        assert message in " ".join(lines), lines


def test_only_what_goes_on_has_time_left() -> None:
    running = words_of(job("RUNNING"))
    assert (running.name, running.state, running.style) == ("#7 pool.scrub", "running", "accent")
    assert (running.percent, running.fraction, running.elapsed, running.left) == ("37 %", 0.37, "1m 00s", "~1m 42s")
    assert running.text == "Scrubbing, 24 s left"
    for too_early in (job("RUNNING", percent=4), job("RUNNING", ran=9)):
        assert words_of(too_early).left == ""
    aborted = words_of(job("ABORTED"))
    assert (aborted.state, aborted.percent, aborted.elapsed) == ("aborted", "37 %", "1m 00s")
    assert (aborted.left, aborted.text) == ("", ""), "what it was about to do it will not do"
    assert words_of(job("SUCCESS")).fraction == 1.0
    assert words_of(Job(1, state="[odd]")).state == "[odd]"


async def test_all_widgets_of_a_screen_feel_one_pulse_until_they_are_gone() -> None:
    first, second = Static("first"), Static("second")
    beats: list[str] = []
    async with staged(first, second) as pilot:
        on_pulse(first, lambda: beats.append("first"))
        on_pulse(second, lambda: beats.append("second"))
        await wait_for(pilot, lambda: len(beats) >= 6, "three beats")
        assert beats[:6] == ["first", "second"] * 3, "each beat is everybody's"
        await first.remove()
        beats.clear()
        await wait_for(pilot, lambda: len(beats) >= 3, "three more")
        assert set(beats) == {"second"}
