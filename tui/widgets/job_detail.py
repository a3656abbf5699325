"""A job drawn in a few lines: progress, state, times, arguments, and how it ended."""

from __future__ import annotations

from collections.abc import Iterator

from truenas_client.values.human import human_time
from tui.session.stores import Job
from tui.text import bar, safe, safe_lines, wrap
from tui.widgets.jobwords import words_of
from tui.widgets.laid_lines import LaidLines, Line
from tui.widgets.lines import Span

__all__ = ["JobDetail"]

LONGEST_BAR = 60


class JobDetail(LaidLines):
    """Draws one `Job`; give it a new one when it changed, and the same each second for its clock."""

    _job: Job | None = None

    def set_job(self, job: Job | None) -> None:
        """Shows this one as it is now."""
        self._job = job
        self.lay_anew()

    def lay(self, cells: int) -> Iterator[Line]:
        job = self._job
        if job is None:
            return
        words = words_of(job)
        facts = [text for text in (words.percent, words.elapsed, words.left and f"{words.left} left") if text]
        yield Span(words.state, f"{words.style} strong".strip()), Span("   " + "   ".join(facts) if facts else "")
        yield (Span(bar(words.fraction, min(cells, LONGEST_BAR), self.glyphs), words.style or "accent"),)
        if words.text or not job.ended:  # while it runs, what follows stays where it is
            yield from [(Span(part),) for part in wrap(words.text, cells)] if words.text else [()]
        # Before the rest: on a small screen the lines below it are off the screen.
        for text in safe_lines(job.error.rstrip()) if job.error else ():
            yield from [(Span(part, "error"),) for part in wrap(text, cells)]
        yield ()
        for label, text in (
            ("job", f"#{job.id} {job.method}"),
            ("what", job.description),
            ("arguments", job.arguments),
            ("started", human_time(job.started) if job.started else ""),
            ("ended", human_time(job.finished) if job.finished else ""),
            ("by", job.by),
        ):
            if text:
                yield from _labelled(label, text, cells)
        if job.logs:
            yield ()
            yield from [(Span(text, "dim"),) for text in safe_lines(job.logs.rstrip())]
        if job.state == "SUCCESS" and job.result:
            yield ()
            yield from _labelled("result", job.result, cells)


def _labelled(label: str, text: str, cells: int) -> Iterator[Line]:
    # Arguments and results can be large: the first few lines tell which job it is.
    for place, part in enumerate(list(wrap(safe(text[: 6 * cells]), max(cells - 12, 10)))[:6]):
        yield Span(f"{label if place == 0 else '':<12}", "dim"), Span(part)
