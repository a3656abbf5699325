"""Many calls of one method, as jobs of the server: ``core.bulk``.

The server limits the length of a message, so the items are sent in pieces. Each piece
is a job, and the next one starts when it has ended. Within a job the server runs the
items in order (recorded: flow core_bulk_with_failing_item).

Invariants: items run in the order given; there is one result for each item, in the same
order; when any single item is too long, nothing is sent; an item is never sent twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..engine.dialect import encode_params
from ..engine.sizes import send_limit
from ..exc import (
    CallTimeout,
    ClientException,
    ConnectionLost,
    JobError,
    NotAJob,
    PayloadTooLarge,
    ProtocolError,
)

if TYPE_CHECKING:
    from .client import AsyncClient

__all__ = ["BulkInterrupted", "BulkResult", "bulk"]

METHOD = "core.bulk"
ENVELOPE = 256
"""Characters of a message besides the arguments, in either dialect, with room to spare."""
PIECE_ITEMS = 100
"""Items of one job. Every progress event carries all arguments of the job, so the traffic of a job grows with the
square of its items."""


@dataclass(frozen=True, slots=True)
class BulkResult:
    """The outcome of one item. ``error`` is the server's text, None for a success.

    ``index`` is the item's position in the input; ``job_id`` is set when the item was a job.
    """

    index: int
    result: Any
    error: str | None
    job_id: int | None

    @property
    def ok(self) -> bool:
        return self.error is None


class BulkInterrupted(ClientException):
    """The work stopped before its end; ``__cause__`` is the error that stopped it.

    ``results`` are the known results, from the first item on. The items ``unknown`` may
    or may not have run; the items ``unsent`` did not run.
    """

    def __init__(self, cause: ClientException, results: list[BulkResult], unknown: range, unsent: range) -> None:
        where = f"items {unknown.start} to {unknown.stop - 1}" if unknown else f"item {unsent.start}"
        state = "may have run" if unknown else "did not run"
        super().__init__(f"{METHOD} stopped at {where}, which {state}: {cause.error}", cause.errno, cause.trace)
        self.results = results
        self.unknown = unknown
        self.unsent = unsent


async def bulk(
    server: AsyncClient, method: str, items: Iterable[Sequence[Any]], description: str | None = None
) -> list[BulkResult]:
    """Call ``method`` once with each of ``items`` (lists of arguments). Return one `BulkResult` for each, in order.

    A failed item does not stop the others and raises nothing: look at its ``error``.
    ``description`` is shown in the progress of the jobs; ``{0}``, ``{1}`` in it stand for
    an item's arguments. Without items nothing is called.

    Raises `PayloadTooLarge` (nothing was sent) for an item that is too long for a message,
    the error of the call when the server refused the first piece, and `BulkInterrupted`
    once an item may have run. Cancelling stops sending; a piece that has left runs on.
    """
    pieces = list(_pieces(method, items, description, send_limit(METHOD, server.signed_in)))
    total = sum(map(len, pieces))
    results: list[BulkResult] = []
    for piece in pieces:
        begin, end = len(results), len(results) + len(piece)
        try:
            rows = await _run(server, [method, piece, *([] if description is None else [description])])
            answers = _read(rows, begin, len(piece))
        except ClientException as e:
            may_have_run = _may_have_run(e)
            if not results and not may_have_run:
                raise
            unknown = range(begin, end) if may_have_run else range(begin, begin)
            raise BulkInterrupted(e, results, unknown, range(unknown.stop, total)) from e
        results += answers
    return results


async def _run(server: AsyncClient, params: list[Any]) -> Any:
    try:
        job = await server.start(METHOD, *params)
        return await job.result()
    except NotAJob as e:
        return e.result


def _may_have_run(error: ClientException) -> bool:
    if isinstance(error, ConnectionLost):
        return error.sent
    return isinstance(error, (JobError, CallTimeout, ProtocolError))


def _pieces(
    method: str, items: Iterable[Sequence[Any]], description: str | None, limit: int
) -> Iterator[list[list[Any]]]:
    room = limit - ENVELOPE - len(encode_params(METHOD, [method, [], description]))
    piece: list[list[Any]] = []
    used = 0
    for item in items:
        if isinstance(item, (str, bytes)) or not isinstance(item, Sequence):
            raise TypeError(f"an item of {METHOD} is a list of arguments, not {type(item).__name__}")
        size = len(encode_params(method, item)) + 1
        if size > room:
            raise PayloadTooLarge(method, size, room)
        if piece and (used + size > room or len(piece) == PIECE_ITEMS):
            yield piece
            piece, used = [], 0
        piece.append(list(item))
        used += size
    if piece:
        yield piece


def _read(rows: Any, begin: int, count: int) -> list[BulkResult]:
    if not isinstance(rows, list) or len(rows) != count or not all(isinstance(row, dict) for row in rows):
        raise ProtocolError(f"{METHOD}: the answer is not a list with one result for each of {count} items")
    results = []
    for index, row in enumerate(rows, begin):
        error, job_id = row.get("error"), row.get("job_id")
        # An error of an unknown form is still an error.
        text = None if error is None else error.strip() if isinstance(error, str) else str(error)
        results.append(BulkResult(index, row.get("result"), text, job_id if isinstance(job_id, int) else None))
    return results
