"""The pure rules about jobs: the filter language, the time left, what proves a job, and the lines of a log."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.model.job import Job
from tui.model.jobfilter import JobFilter
from tui.model.loglines import MOST_CHARACTERS, MOST_LINES, LogLines, places
from tui.model.pace import Pace, pace_after
from tui.session.jobstore import JobStore

SCRUB = Job(
    4211, "pool.scrub.scrub", "RUNNING", text="Scrubbing tank", by="ada", arguments='["tank", "START"]', description="x"
)


@pytest.mark.parametrize(
    ("query", "fits"),
    [
        ("", True),
        ("scrub", True),
        ("SCRUB", True),
        ("state:run", True),
        ("state:failed", False),
        ("state:failed,running", True),
        ("state:active", True),
        ("state:ended", False),
        ("-state:success", True),
        ("-state:active", False),
        ("by:ada pool", True),
        ("by:adam", False),
        ("method:pool.scrub", True),
        ("method:replication method:pool", False),
        ("id:4211", True),
        ("id:42", False),
        ("id:1,4211", True),
        ("what:tank", True),
        ("args:start", True),
        ("args:stop", False),
        ("tank x", True),
        ("tank y", False),
        ("-tank", False),
        ('"scrubbing tank"', True),
        ('what:"scrubbing tank"', True),
        ('"tank scrubbing"', False),
        ("state:", True),
        ("-", True),
        ('"', True),
        ("error:wet", False),
        ("cron:5", False),
    ],
)
def test_filtering_jobs(query: str, fits: bool) -> None:
    assert JobFilter(query).fits(SCRUB) is fits


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("state:runing", "No state is called runing: did you mean running?"),
        ("state:zz", "No state is called zz."),
        ("stat:running", "There is no field stat: did you mean state:?"),
        ("state:running method:pool cron:5", ""),
    ],
)
def test_a_filter_that_fits_no_job_says_why(query: str, problem: str) -> None:
    assert JobFilter(query).problem == problem


@given(st.text(max_size=40), st.sampled_from([*JobFilter.fields, "x"]), st.sampled_from(["", "-", '"']))
def test_no_filter_raises_and_its_negation_is_the_rest(text: str, field: str, sign: str) -> None:
    JobFilter(f"{sign}{field}:{text}").fits(SCRUB)
    word = "".join(letter for letter in text if letter.isalnum())
    if word:
        assert JobFilter(word).fits(SCRUB) is not JobFilter(f"-{word}").fits(SCRUB)


# The time left.


def paced(steps: list[tuple[float, float]], elapsed: float = 0.0) -> Pace:
    pace = None
    for at, percent in steps:
        pace = pace_after(pace, percent, elapsed + at, at)
    assert pace is not None
    return pace


@pytest.mark.parametrize(
    ("steps", "now", "left"),
    [
        ([(0, 0), (12, 4)], 12, None),  # too little of it
        ([(0, 0), (9, 50)], 9, None),  # too early
        ([(0, 0), (10, 50)], 10, 10),
        ([(0, 0), (100, 100)], 100, None),
        ([(0, 50)], 5, None),
        # It slows down: what it did long ago counts less.
        ([(0, 0), *((at, at) for at in range(1, 51)), *((50 + at * 10, 50 + at) for at in range(1, 21))], 250, 292),
        # A second part of the work has a pace of its own.
        ([(0, 0), (50, 90), (60, 0), (65, 10)], 65, None),
        ([(0, 0), (50, 90), (60, 0), (70, 10)], 70, 90),
    ],
)
def test_the_time_left_is_guessed_from_a_smoothed_rate(
    steps: list[tuple[float, float]], now: float, left: float | None
) -> None:
    guess = paced(steps).left(now)
    assert guess is None if left is None else guess == pytest.approx(left, rel=0.1)


def test_a_job_first_seen_while_it_runs_begins_with_its_average() -> None:
    assert paced([(1000, 40)], elapsed=-800).left(1000) == pytest.approx(300)
    assert pace_after(None, None, 5, 5) is None


@given(st.floats(0.01, 20), st.integers(2, 10))
def test_of_a_steady_job_the_guess_is_right_and_silence_makes_it_longer(rate: float, steps: int) -> None:
    end = max(95 / rate, 0.1)
    pace = paced([(end * at / steps, 95 * at / steps) for at in range(steps + 1)])
    if end >= 10:
        assert pace.left(end) == pytest.approx(max(5 / rate, 1), rel=0.01)
    waits = (1, 2, 6, 60, 600)  # times that it was silent before
    guesses = [guess for wait in waits if (guess := pace.left(end + max(wait * pace.gap, 10))) is not None]
    assert guesses == sorted(guesses)
    assert all(guess > 0 for guess in guesses)


# What proves a job.

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
ROW: dict[str, Any] = {
    "id": 1,
    "method": "pool.scrub.scrub",
    "state": "RUNNING",
    "message_ids": ["a"],
    "time_started": BEGAN,
}


def store_with(row: dict[str, Any] = ROW, *, watched: bool = True) -> JobStore:
    jobs = JobStore()
    jobs.fill([row])
    if watched:
        jobs.watch(1, True)
    return jobs


@pytest.mark.parametrize(
    "other",
    [
        {"method": "pool.export"},
        {"message_ids": ["b"]},
        {"time_started": datetime(2026, 1, 2, tzinfo=UTC)},
        {"message_ids": None, "time_started": datetime(2026, 1, 2, tzinfo=UTC)},
    ],
)
@pytest.mark.parametrize("by_event", [True, False])
def test_another_job_with_its_number_makes_one_that_ran_lost(other: dict[str, Any], by_event: bool) -> None:
    jobs = store_with()
    if by_event:
        job = Job.from_fields({**ROW, **other})
        assert job is not None
        jobs.put(job)
    else:
        jobs.fill([{**ROW, **other}])
    assert [(job.id, job.state) for job in jobs.newest_first()] == [(1, "RUNNING"), (1, "LOST")]
    lost = jobs.newest_first()[1]
    assert jobs.find(lost.key) is lost
    assert jobs.find("1") is jobs.get(1) is not lost
    assert [job.state for job in jobs.news] == ["LOST"]
    assert 1 not in jobs.watched, "the new one is not the user's"


@pytest.mark.parametrize("same", [{}, {"message_ids": None}, {"time_started": None}, {"message_ids": ["a", "b"]}])
def test_a_job_that_is_found_again_goes_on(same: dict[str, Any]) -> None:
    jobs = store_with()
    jobs.fill([{**ROW, **same}])
    assert [job.state for job in jobs.newest_first()] == ["RUNNING"]
    assert not jobs.news


def test_only_what_ran_is_lost_and_only_where_the_whole_list_was_read() -> None:
    jobs = store_with()
    jobs.fill([], whole=False)
    assert [job.state for job in jobs.newest_first()] == ["RUNNING"]
    jobs.fill([])
    assert [job.state for job in jobs.newest_first()] == ["LOST"]
    jobs = store_with({**ROW, "state": "SUCCESS"})
    jobs.fill([])
    assert not len(jobs)
    assert not jobs.news


def test_what_an_event_told_since_the_question_is_newer_than_the_answer() -> None:
    jobs = store_with({**ROW, "progress": {"percent": 10}})
    asked = jobs.version
    for fields in ({**ROW, "progress": {"percent": 20}}, {**ROW, "id": 2}):
        job = Job.from_fields(fields)
        assert job is not None
        jobs.put(job)
    jobs.fill([{**ROW, "progress": {"percent": 10}}], asked_at=asked)
    assert [(job.id, job.percent) for job in jobs.newest_first()] == [(2, None), (1, 20)]


@pytest.mark.parametrize("state", ["SUCCESS", "FAILED", "ABORTED"])
@pytest.mark.parametrize("watched", [True, False])
def test_the_end_of_a_watched_job_is_told_once(state: str, watched: bool) -> None:
    jobs = store_with(watched=watched)
    for _ in range(2):
        jobs.fill([{**ROW, "state": state}])
        job = Job.from_fields({**ROW, "state": state})
        assert job is not None
        jobs.put(job)
    assert [job.state for job in jobs.news] == [state] * watched


def test_a_job_started_here_is_watched_until_the_user_says_otherwise() -> None:
    jobs = store_with(watched=False)
    jobs.started_here(1)
    jobs.watch(1, False)
    jobs.started_here(1)
    assert (jobs.ours, jobs.watched) == ({1}, set())


def test_a_lost_job_has_run_as_long_as_the_server_was_heard_of() -> None:
    clock = BEGAN
    jobs = JobStore(now=lambda: clock)
    job = Job.from_fields(ROW)
    assert job is not None
    jobs.put(job, new=True)
    clock += timedelta(seconds=30)
    jobs.put(job)
    clock += timedelta(hours=1)
    jobs.fill([])
    assert [(job.state, job.elapsed()) for job in jobs.newest_first()] == [("LOST", 30)]


def test_the_clock_of_a_server_that_is_wrong_is_not_taken_for_time_that_a_job_ran() -> None:
    """A new job tells the server's clock, cut to whole seconds."""
    for ahead, ran in ((300.4, 60), (-300, 60), (2, 62)):
        here = BEGAN + timedelta(seconds=ahead)
        jobs = JobStore(now=lambda here=here: here)  # type: ignore[misc]
        job = Job.from_fields(ROW)
        assert job is not None
        jobs.put(job, new=True)
        assert jobs.newest_first()[0].elapsed(here + timedelta(seconds=60)) == ran
        jobs.fill([{**ROW, "time_finished": BEGAN + timedelta(seconds=7)}])
        assert jobs.newest_first()[0].elapsed() == 7


# A log.


@pytest.mark.parametrize(
    ("texts", "lines"),
    [
        ((), []),
        (("a\nb\n",), ["a", "b"]),
        (("a\nb", "c\n", "d"), ["a", "bc", "d"]),
        (("a\r\nb\rc\n", "\n", "d\n"), ["a", "b", "c", "", "d"]),
        (("", "x"), ["x"]),
        (("a\r", "\nb\r", "c\r"), ["a", "b", "c"]),
    ],
)
def test_texts_become_lines(texts: tuple[str, ...], lines: list[str]) -> None:
    log = LogLines()
    for text in texts:
        log.add(text)
    assert log.lines == lines


def test_a_log_is_bounded_and_counts_what_is_gone() -> None:
    log = LogLines()
    log.add("".join(f"{number}\n" for number in range(MOST_LINES + 5)))
    assert (len(log), log.dropped, log.lines[0]) == (MOST_LINES, 5, "5")
    for _ in range(1100):
        log.add("x" * 5_000 + "\n")
    assert sum(map(len, log.lines)) <= MOST_CHARACTERS
    log.clear()
    log.add("ERROR one\nerror two\n")
    assert log.fitting("error") == ["ERROR one", "error two"]
    assert log.fitting("ERROR") == ["ERROR one"]


@pytest.mark.parametrize(
    ("after", "backwards", "found"),
    [(-1, False, [0, 2]), (0, False, [2, 0]), (2, False, [0, 2]), (2, True, [0, 2]), (3, True, [2, 0])],
)
def test_lines_are_found_from_a_place_on_and_around(after: int, backwards: bool, found: list[int]) -> None:
    assert list(places(["ab", "c", "xAb", "d"], "ab", after=after, backwards=backwards)) == found
    assert list(places([], "ab", after=after, backwards=backwards)) == []
