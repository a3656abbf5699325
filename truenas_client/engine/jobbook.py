"""Which job belongs to which call, and how it ended.

A job is started by a call. In the new style the call answers when the job ends,
in the old style at once with the job's number. Everything else is told by
``core.get_jobs`` events, which show the jobs of everybody.

When the connection is lost, a job that runs on is *adrift*: its answer will never
come. It is looked for on the next connection, by its call's id (new style) or by
its number (old style), and from then on its events alone decide.

Invariants: a job is credited to a call when the call's id is the first of its
``message_ids``, whatever arguments it shows. In a later place the server attached the call to
a job that waited already, and then the arguments have to agree (`likeness`), as they have to in the
old style, where the answer names the number. A record's outcome is decided once and never
changes; jobs of others leave no trace here. The answer and the last event may come in either order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..exc import ClientException, ConnectionLost, JobAborted, JobFailed, JobLost, NotAJob, ValidationErrors
from .errors import job_error
from .jobrecord import FINAL_STATES, JobProgress, JobRecord, Outcome
from .ledger import Call
from .likeness import extends
from .retry import EXPECTED

__all__ = ["JOB_EVENTS", "JobBook", "other_work"]

JOB_EVENTS = "core.get_jobs"
"""The collection whose events show jobs, and the method that lists them."""


class JobBook:
    """The jobs started on one connection."""

    def __init__(self) -> None:
        self._by_message: dict[str, JobRecord] = {}
        self._by_id: dict[int, list[JobRecord]] = {}
        # Old style without message ids: events may come before the answer that names the number.
        self._early: dict[int, dict[str, Any]] = {}

    def __len__(self) -> int:
        return len(self._by_message)

    def __contains__(self, message_id: str) -> bool:
        """Whether the call with this id was started as a job."""
        return message_id in self._by_message

    def start(self, record: JobRecord) -> None:
        """A job call is about to be sent."""
        self._by_message[record.message_id] = record

    def answer(self, record: JobRecord, result: Any = None, error: ClientException | None = None) -> None:
        """The call was answered."""
        if record.outcome is not None:
            return
        record.answered = True
        record._answer, record._answer_error = result, error
        if record.new_style:
            self._decide_new(record)
        elif error is not None:
            self._end(record, Outcome(error=error))
        elif isinstance(result, int) and not isinstance(result, bool):
            record.id = result
            self._by_id.setdefault(result, []).append(record)
            early = self._early.pop(result, None)
            if early is not None:
                self._take(record, early)
        else:
            self._end(record, _not_a_job(record, result))

    def event(self, fields: Any) -> list[JobRecord]:
        """Take in one job as an event (or a query) shows it; the records it changed.

        There can be several: the server attaches calls to a job that waits already.
        """
        if not isinstance(fields, dict):
            return []
        records = self._named(fields)
        self._keep_early(fields)
        for record in records:
            self._take(record, fields)
        return records

    def _take(self, record: JobRecord, fields: dict[str, Any]) -> None:
        if record.outcome is not None:
            return
        if record.by_number:
            record.method = str(fields.get("method"))
        elif not _is_ours(record, fields):
            self._end(
                record,
                Outcome(
                    error=JobLost(
                        f"{record.method}: the server attached this call to job {fields.get('id')} "
                        f"({fields.get('method')}), which is other work; what was asked for is not done",
                        job_id=record.id,
                    )
                ),
            )
            return
        record.fields = fields
        job_id = fields.get("id")
        if record.id is None and isinstance(job_id, int):
            record.id = job_id
            self._by_id.setdefault(job_id, []).append(record)
        record.state = str(fields.get("state") or record.state)
        record.progress = _progress(fields.get("progress"), record.progress)
        if record.state in FINAL_STATES:
            record._event = _event_outcome(record, fields)
            if record.new_style and not record.adrift:
                self._decide_new(record)
            else:
                self._end(record, record._event)

    def settle(
        self, record: JobRecord, result: Any = None, error: ClientException | None = None, *, reconnect: bool
    ) -> None:
        """Take in how the call that started the job ended: by its answer, or because the connection broke.

        Not for a call that had not left: that is sent again where there is another connection (`may_send_again`).
        """
        if not isinstance(error, ConnectionLost):
            self.answer(record, result, error)
        elif error.sent and record.method in EXPECTED:
            self.end(record)  # the end of the connection is what success looks like
        elif error.sent and reconnect:
            self.drift(record, error)
        else:
            self.end(record, error=error)

    def lookup(self, record: JobRecord, rows: Any) -> None:
        """Take in what ``core.get_jobs`` says of a record that `needs_lookup`; an error where it was refused."""
        if isinstance(rows, ClientException):
            text = f"{record.method}: how job {record.id} ended could not be asked for: {rows.error}"
            self.end(record, error=JobLost(text, job_id=record.id))
            return
        row = rows[0] if isinstance(rows, list) and rows else None
        if not record.new_style and (not isinstance(row, dict) or row.get("method") != record.method):
            self._end(record, _not_a_job(record, record._answer))
            return
        known = False
        if isinstance(row, dict) and record in self._named(row):
            known = True
            self._take(record, row)
        if record.outcome is None and (not known or (record.new_style and record.state in FINAL_STATES)):
            self._end(
                record,
                Outcome(
                    error=JobLost(f"{record.method}: the server no longer knows job {record.id}", job_id=record.id)
                ),
            )

    def disconnected(self, error: ConnectionLost, *, reconnect: bool) -> list[JobRecord]:
        """The connection is gone: the jobs that are told of it, each to be found again or lost.

        Numbers seen on it may be other jobs' on the next. Jobs whose call waits for its answer hear of the loss
        from the call (`settle`).
        """
        self._early.clear()
        answered = [record for record in self._by_message.values() if record.answered]
        for record in answered:
            if reconnect:
                self.drift(record, error)
            else:
                self.end(record, error=error)
        return answered

    @property
    def adrift(self) -> list[JobRecord]:
        """The jobs to be looked for on the next connection, by their `query`."""
        return [record for record in self._by_message.values() if record.adrift]

    def drift(self, record: JobRecord, error: ClientException) -> bool:
        """Its connection was lost after the call had left. True: the job is worth looking for.

        Otherwise the record has its outcome: an end that was already seen, or the loss
        where nothing could prove that a job found later is this one.
        """
        if record.outcome is None and record._event is None and (record.new_style or _has_proof(record)):
            record.adrift = True
            return True
        self._end(record, record._event or Outcome(error=error))
        return False

    def end(self, record: JobRecord, result: Any = None, error: ClientException | None = None) -> None:
        """Decide a record from outside: an end that was seen in an event still counts first."""
        self._end(record, record._event or Outcome(result, error))

    def found(self, record: JobRecord, rows: Any) -> None:
        """Take in what ``core.get_jobs`` answered to a drifting record's `query`; an error where it was refused."""
        if record.outcome is not None:
            return
        if isinstance(rows, ClientException):
            text = f"{record.method}: the connection was lost and the job could not be asked for: {rows.error}"
            self._end(record, Outcome(error=JobLost(text, job_id=record.id)))
            return
        row = next((row for row in rows if _is_same(record, row)), None) if isinstance(rows, list) else None
        if row is not None:
            self._take(record, row)
        if record.outcome is not None:
            return
        if row is None or record.id is None:
            text = f"{record.method}: the connection was lost and the server does not know the job now; did it restart?"
        elif row.get("transient") is True:
            text = f"{record.method}: the connection was lost, and how a transient job ends is told to its call alone"
        else:
            return
        self._end(record, Outcome(error=JobLost(text, job_id=record.id)))

    def lost(self, error: ClientException) -> list[JobRecord]:
        """The connection ended. Records whose end was already seen keep it; the others are lost."""
        records = list(self._by_message.values())
        for record in records:
            self._end(record, record._event or Outcome(error=error))
        return records

    def forget(self, record: JobRecord) -> None:
        """Nobody wants to know any more."""
        self._by_message.pop(record.message_id, None)
        named = self._by_id.get(record.id, []) if record.id is not None else []
        if record in named:
            named.remove(record)
            if not named and record.id is not None:
                del self._by_id[record.id]

    def _named(self, fields: dict[str, Any]) -> list[JobRecord]:
        """The records that wait for this job: those its message ids name, and those its number was answered to."""
        if not self._by_message:
            return []
        message_ids, job_id = fields.get("message_ids"), fields.get("id")
        named: dict[JobRecord, None] = {}
        for message_id in message_ids if isinstance(message_ids, list) else ():
            record = self._by_message.get(message_id) if isinstance(message_id, str) else None
            if record is not None:
                named[record] = None
        # Old style: the answer proved the number. 24.10 and 25.04 send no message ids.
        for record in self._by_id.get(job_id, ()) if isinstance(job_id, int) else ():
            if not record.new_style and not _is_other(record, fields):
                named[record] = None
        return list(named)

    def _keep_early(self, fields: dict[str, Any]) -> None:
        job_id, method = fields.get("id"), fields.get("method")
        waiting = [r for r in self._by_message.values() if not r.new_style and not r.answered]
        if not waiting:
            self._early.clear()
        elif isinstance(job_id, int) and any(r.method == method for r in waiting):
            self._early[job_id] = fields

    def _decide_new(self, record: JobRecord) -> None:
        if not record.answered:
            return
        error, seen = record._answer_error, record._event
        if seen is not None and isinstance(seen.error, JobAborted):
            self._end(record, seen)
        elif error is not None:
            self._end(record, Outcome(error=_failed(record, error) if record.id is not None else error))
        elif record.id is None:
            self._end(record, _not_a_job(record, record._answer))
        elif seen is not None and seen.error is not None:
            self._end(record, seen)
        elif seen is not None:
            self._end(record, Outcome(record._answer) if record._answer != record.id else seen)
        elif record._answer is not None and record._answer != record.id:
            # The answer is the job's number only when the server holds on to the old style
            # against its word, or by accident: the last event tells.
            self._end(record, Outcome(record._answer))

    def _end(self, record: JobRecord, outcome: Outcome) -> None:
        if record.outcome is None:
            record.outcome = outcome
            self.forget(record)


def _not_a_job(record: JobRecord, result: Any) -> Outcome:
    return Outcome(error=NotAJob(f"{record.method} answered as a plain call, not as a job that can be watched", result))


def _event_outcome(record: JobRecord, fields: dict[str, Any]) -> Outcome:
    state = fields.get("state")
    if state == "SUCCESS":
        return Outcome(fields.get("result"))
    if state == "ABORTED":
        return Outcome(error=JobAborted(f"{record.method}: job {record.id} was aborted", job_id=record.id))
    return Outcome(error=_failed(record, job_error(fields.get("exc_info"), fields.get("error"))))


def _failed(record: JobRecord, error: ClientException) -> ClientException:
    """A job's error as the caller sees it: validation rows stay what they are."""
    if isinstance(error, ValidationErrors):
        return error
    failed = JobFailed(error.error, error.errno, error.trace, error.extra, job_id=record.id)
    failed.py_exception = error.py_exception
    info = record.fields.get("exc_info")
    if isinstance(info, dict) and isinstance(info.get("type"), str):
        failed.exc_type = info["type"]
    elif isinstance(error.trace, dict):
        failed.exc_type = error.trace.get("class")
    return failed


def _progress(value: Any, before: JobProgress) -> JobProgress:
    if not isinstance(value, dict):
        return before
    percent, description = value.get("percent"), value.get("description")
    return JobProgress(
        percent if isinstance(percent, (int, float)) and not isinstance(percent, bool) else None,
        description if isinstance(description, str) else "",
        value.get("extra"),
    )


def _is_ours(record: JobRecord, fields: dict[str, Any]) -> bool:
    """Whether a job that was told as ours does what was asked for, and not what another call asked for."""
    if record.by_number:
        return True
    if fields.get("method") != record.method:
        return False
    message_ids = fields.get("message_ids")
    # The server makes the list with the id of the call that made the job, and appends those it attaches.
    made_it = isinstance(message_ids, list) and message_ids[:1] == [record.message_id]
    return made_it or extends(record.params, fields.get("arguments"))


def _has_proof(record: JobRecord) -> bool:
    """Whether an old-style job could be told from another that was given its number after a restart."""
    return record.id is not None and record.fields.get("time_started") is not None


def _is_same(record: JobRecord, row: Any) -> bool:
    """Whether a row of ``core.get_jobs`` on a later connection is the job of this record, done for us or not."""
    if not isinstance(row, dict):
        return False
    if record.new_style:
        message_ids = row.get("message_ids")
        return isinstance(message_ids, list) and record.message_id in message_ids
    started = row.get("time_started") == record.fields.get("time_started")
    return row.get("id") == record.id and started and _is_ours(record, row)


def _is_other(record: JobRecord, fields: dict[str, Any]) -> bool:
    """Whether an event with our number is of a job that took the number after a restart."""
    return record.adrift and not _is_same(record, fields)


def other_work(call: Call, params: Sequence[Any], fields: dict[str, Any]) -> ClientException | None:
    """What to tell a call whose id a job names, when that job is not the work it asked for; None when it is."""
    book = JobBook()
    record = JobRecord(call.id, call.method, params, new_style=True)
    book.start(record)
    book.event(fields)
    return record.outcome.error if record.outcome is not None else None
