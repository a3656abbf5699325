"""Which job belongs to which call, and how it ended.

A call starts a job. In the new style the server answers the call when the job ends
(recorded: flow job_new_style_success), in the old style at once with the job's
number (recorded: flow job_legacy_success). Everything else comes in
``core.get_jobs`` events, which show the jobs of all sessions.

When the connection is lost, a job that runs on is *adrift*: its call will never be
answered. The driver looks for it on the next connection, by its call's id (new style)
or by its number (old style), and from then on its events alone decide.

Invariants:

* A job whose ``message_ids`` begin with the call's id belongs to the call, whatever
  arguments it shows.
* In a later place the id means that the server attached the call to a job that waited
  already (recorded: flow job_burst_merged_across_methods). Then method and arguments
  have to agree (`likeness`). So they have to in the old style, where only the number
  links them.
* An outcome is decided once and never changes.
* Jobs of other sessions leave no trace here.
* The answer and the last event may come in either order (recorded: flow
  job_instant_and_audited_order).
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

__all__ = ["LOOKUP_SECONDS", "QUERY_SECONDS", "JobBook", "other_work"]

LOOKUP_SECONDS = 1.0
"""How long a driver waits for a job's last event after a null answer, before querying ``core.get_jobs``.

The server sends both at nearly the same moment, in either order (recorded: flow job_instant_and_audited_order)."""
QUERY_SECONDS = 30.0
"""Time for a call about a job, such as that query."""


class JobBook:
    """The jobs started on one connection."""

    def __init__(self) -> None:
        self._by_message: dict[str, JobRecord] = {}
        self._by_id: dict[int, list[JobRecord]] = {}
        # Old style without message ids: events may come before the answer that gives the job's number.
        self._early: dict[int, dict[str, Any]] = {}

    def __len__(self) -> int:
        return len(self._by_message)

    def __contains__(self, message_id: str) -> bool:
        """Whether the call with this id was started as a job."""
        return message_id in self._by_message

    def start(self, record: JobRecord) -> None:
        """Take in a record whose call is about to be sent."""
        self._by_message[record.message_id] = record

    def answer(self, record: JobRecord, result: Any = None, error: ClientException | None = None) -> None:
        """Take in the answer to the call that started the job."""
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
        """Take in a job as an event or a query shows it. Return the records it changed.

        There can be several, because the server may attach further calls to a waiting job.
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
            job = f"job {fields.get('id')} ({fields.get('method')})"
            text = f"the server attached this call to {job}, which is other work; what was asked for is not done"
            self._end(record, _lost(record, text))
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
        """Take in the end of the call that started the job: its answer, or the loss of the connection.

        Do not pass a call that had not left while it can be sent again (`may_send_again`).
        """
        if not isinstance(error, ConnectionLost):
            self.answer(record, result, error)
        elif error.sent and record.method in EXPECTED:
            self.end(record)  # this method ends the connection when it succeeds
        elif error.sent and reconnect:
            self.drift(record, error)
        else:
            self.end(record, error=error)

    def lookup(self, record: JobRecord, rows: Any) -> None:
        """Take in the answer of ``core.get_jobs`` for a record that `needs_lookup`: rows, or the error."""
        if isinstance(rows, ClientException):
            text = f"how job {record.id} ended could not be asked for: {rows.error}"
            self._end(record, record._event or _lost(record, text))
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
            self._end(record, _lost(record, f"the server no longer knows job {record.id}"))

    def disconnected(self, error: ConnectionLost, *, reconnect: bool) -> list[JobRecord]:
        """Take in the loss of the connection. Return the answered jobs: each is now adrift or has ended.

        A job whose call still waits for its answer learns of the loss from the call (`settle`).
        """
        # Job numbers start again at 1 when the server restarts, so these may be other jobs on the next connection.
        self._early.clear()
        answered = [record for record in self._by_message.values() if record.answered]
        for record in answered:
            if reconnect:
                self.drift(record, error)
            else:
                self.end(record, error=error)
        return answered

    def followed(self, record: JobRecord, rows: Any) -> list[JobRecord]:
        """Take in the first query of a job that is followed by its number. Return the records that changed.

        Earlier events of the job, perhaps its last one, found no record: the rows make up for them.
        """
        changed = self.event(rows[0]) if isinstance(rows, list) and rows else []
        if not record.fields and record.outcome is None:
            self._end(record, record._event or _lost(record, f"the server does not know job {record.id} any more"))
        return changed if record in changed else [*changed, record]

    @property
    def adrift(self) -> list[JobRecord]:
        """The jobs that the driver must look for on the next connection, by their `query`."""
        return [record for record in self._by_message.values() if record.adrift]

    def drift(self, record: JobRecord, error: ClientException) -> bool:
        """Mark a job whose connection was lost after the call had left. True: the driver should look for it.

        False: the record has its outcome. An event already showed the end, or no later query
        could prove that a job it finds is this one.
        """
        if record.outcome is None and record._event is None and (record.new_style or _has_proof(record)):
            record.adrift = True
            return True
        self._end(record, record._event or Outcome(error=error))
        return False

    def end(self, record: JobRecord, result: Any = None, error: ClientException | None = None) -> None:
        """Give a record this outcome, unless an event already showed another."""
        self._end(record, record._event or Outcome(result, error))

    def found(self, record: JobRecord, rows: Any) -> None:
        """Take in the answer of ``core.get_jobs`` to the `query` of a drifting record: rows, or the error."""
        if record.outcome is not None:
            return
        if isinstance(rows, ClientException):
            self._end(
                record, _lost(record, f"the connection was lost and the job could not be asked for: {rows.error}")
            )
            return
        row = next((row for row in rows if _is_same(record, row)), None) if isinstance(rows, list) else None
        if row is not None:
            self._take(record, row)
        if record.outcome is not None:
            return
        if row is None or record.id is None:
            text = "the connection was lost and the server does not know the job now; did it restart?"
        elif row.get("transient") is True:
            text = "the connection was lost, and how a transient job ends is told to its call alone"
        else:
            return
        self._end(record, _lost(record, text))

    def lost(self, error: ClientException) -> list[JobRecord]:
        """Take in that the client is over. Records keep an end that an event showed; the others get the error."""
        records = list(self._by_message.values())
        for record in records:
            self._end(record, record._event or Outcome(error=error))
        return records

    def forget(self, record: JobRecord) -> None:
        """Drop a record: its outcome is decided, or its caller gave up."""
        self._by_message.pop(record.message_id, None)
        named = self._by_id.get(record.id, []) if record.id is not None else []
        if record in named:
            named.remove(record)
            if not named and record.id is not None:
                del self._by_id[record.id]

    def _named(self, fields: dict[str, Any]) -> list[JobRecord]:
        """The records of this job: those whose ids it names, and those whose answer gave its number."""
        if not self._by_message:
            return []
        message_ids, job_id = fields.get("message_ids"), fields.get("id")
        named: dict[JobRecord, None] = {}
        for message_id in message_ids if isinstance(message_ids, list) else ():
            record = self._by_message.get(message_id) if isinstance(message_id, str) else None
            if record is not None:
                named[record] = None
        # Old style: the answer gave the number. 24.10 and 25.04 send no message ids (recorded: flow legacy_2410_job).
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
            # An answer that equals the job's number is either the real result by chance, or a server that uses the
            # old style although it agreed to the new one. Then only the last event can tell the result.
            self._end(record, Outcome(record._answer))

    def _end(self, record: JobRecord, outcome: Outcome) -> None:
        if record.outcome is None:
            record.outcome = outcome
            self.forget(record)


def _not_a_job(record: JobRecord, result: Any) -> Outcome:
    return Outcome(error=NotAJob(f"{record.method} answered as a plain call, not as a job that can be watched", result))


def _lost(record: JobRecord, text: str) -> Outcome:
    return Outcome(error=JobLost(f"{record.method}: {text}", job_id=record.id))


def _event_outcome(record: JobRecord, fields: dict[str, Any]) -> Outcome:
    state = fields.get("state")
    if state == "SUCCESS":
        return Outcome(fields.get("result"))
    if state == "ABORTED":
        return Outcome(error=JobAborted(f"{record.method}: job {record.id} was aborted", job_id=record.id))
    return Outcome(error=_failed(record, job_error(fields.get("exc_info"), fields.get("error"))))


def _failed(record: JobRecord, error: ClientException) -> ClientException:
    """A job's error as the caller sees it. `ValidationErrors` is passed on unchanged."""
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
    """Whether a job that names our call does the work we asked for, and not that of another call."""
    if record.by_number:
        return True
    if fields.get("method") != record.method:
        return False
    message_ids = fields.get("message_ids")
    # The first id is that of the call that made the job. The server appends those of calls it attaches later
    # (recorded: flow job_queue_merge).
    made_it = isinstance(message_ids, list) and message_ids[:1] == [record.message_id]
    return made_it or extends(record.params, fields.get("arguments"))


def _has_proof(record: JobRecord) -> bool:
    """Whether we can tell an old-style job from another that got its number after a restart: by the start time."""
    return record.id is not None and record.fields.get("time_started") is not None


def _is_same(record: JobRecord, row: Any) -> bool:
    """Whether a row of ``core.get_jobs`` on a later connection is the job of this record."""
    if not isinstance(row, dict):
        return False
    if record.new_style:
        message_ids = row.get("message_ids")
        return isinstance(message_ids, list) and record.message_id in message_ids
    started = row.get("time_started") == record.fields.get("time_started")
    return row.get("id") == record.id and started and _is_ours(record, row)


def _is_other(record: JobRecord, fields: dict[str, Any]) -> bool:
    """Whether an event with our job's number belongs to another job, which got the number after a restart."""
    return record.adrift and not _is_same(record, fields)


def other_work(call: Call, params: Sequence[Any], fields: dict[str, Any]) -> ClientException | None:
    """The error for a call that the server attached to a job with other work; None when the work is its own."""
    book = JobBook()
    record = JobRecord(call.id, call.method, params, new_style=True)
    book.start(record)
    book.event(fields)
    return record.outcome.error if record.outcome is not None else None
